"""What a case of the corpus is, and the machines that most of them start from."""

from typing import Any, NamedTuple

from ..machines import Machine, distributed, invoke, jsonata, machine, passes

ALL = ["States.ALL"]


class Wrong(NamedTuple):
    document: Any
    says: str
    """The beginning of what is said."""
    also: str = ""
    """Something further on in it: the next step."""
    options: dict[str, Any] = {}  # noqa: RUF012 - never changed
    warning: bool = False


def one(state: Machine) -> Machine:
    return machine(A=state)


def path(key: str, value: Any) -> Machine:
    return one(passes(Parameters={key: value}))


def expr(text: str) -> Machine:
    return jsonata(A=passes(Output=f"{{% {text} %}}"))


def task(resource: str, **parameters: Any) -> Machine:
    return one({"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True})


def retry(*retriers: Any, **more: Any) -> Machine:
    return one(invoke(Retry=list(retriers), **more))


def catch(*catchers: Any, **more: Any) -> Machine:
    return machine(A=invoke(Catch=list(catchers), **more), B={"Type": "Fail"})


def caught(*errors: str, **more: Any) -> Machine:
    return {"ErrorEquals": list(errors), "ResultPath": "$.error", "Next": "B", **more}


def without(state: Machine, *fields: str) -> Machine:
    return {name: value for name, value in state.items() if name not in fields}


def reader(**more: Any) -> Machine:
    return one(distributed(ItemReader={"Resource": "arn:aws:states:::s3:getObject", **more}))
