"""A small interpreter of ASL: enough to run what ``with_undo`` makes, strict where AWS is.

Pass, Task, Choice, Wait, Succeed, Fail, Parallel; ``Catch`` with ``ResultPath`` and ``Assign``;
variables; JSONPath as far as it names fields. ``Retry`` is ignored: an error is what is left
after all attempts. Left out: Map, JSONata, intrinsic functions.
"""

import copy
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


class StatesError(Exception):
    """An error by its name, as a task raises it."""

    def __init__(self, error: str, cause: str = "because") -> None:
        super().__init__(error, cause)
        self.error, self.cause = error, cause


class UncatchableError(StatesError):
    """``States.Runtime``: the document asks for what is not there. No Catch helps."""

    def __init__(self, cause: str) -> None:
        super().__init__("States.Runtime", cause)


class EndlessError(Exception):
    """The execution was given up after ``LIMIT`` states."""


LIMIT = 300
Work = Callable[[str, Any], Any]
"""A task: the state's name and its input to a result, or a ``StatesError``."""


@dataclass
class Run:
    """An execution that is over."""

    status: str
    output: Any = None
    error: str | None = None
    cause: str | None = None
    path: list[str] = field(default_factory=list[str])
    """Names of the states in the order they were entered; those in branches as well."""


def run(machine: Mapping[str, Any], document: Any, work: Work) -> Run:
    """Run ``machine`` on ``document`` with ``work`` for its tasks."""
    path: list[str] = []
    try:
        output = _machine(machine, document, {}, work, path)
    except StatesError as error:
        return Run("FAILED", None, error.error, error.cause, path)
    return Run("SUCCEEDED", output, None, None, path)


def _machine(
    machine: Mapping[str, Any],
    document: Any,
    variables: dict[str, Any],
    work: Work,
    path: list[str],
) -> Any:
    name, data = machine["StartAt"], copy.deepcopy(document)
    while True:
        if len(path) >= LIMIT:
            raise EndlessError
        path.append(name)
        state = machine["States"][name]
        assigned: Mapping[str, Any] = {}
        after: str | None = None
        match state["Type"]:
            case "Succeed":
                return data
            case "Fail":
                raise _failure(state, data, variables)
            case "Choice":
                after = _choose(state, data, variables)
            case "Wait":
                after, assigned = state.get("Next"), state.get("Assign", {})
            case "Pass" | "Task" | "Parallel":
                try:
                    data = _do(name, state, data, variables, work, path)
                    after, assigned = state.get("Next"), state.get("Assign", {})
                except UncatchableError:
                    raise
                except StatesError as error:
                    catcher = _catcher(state, error.error)
                    if catcher is None:
                        raise
                    caught = {"Error": error.error, "Cause": error.cause}
                    data = _placed(catcher.get("ResultPath", "$"), data, caught)
                    after, assigned = catcher["Next"], catcher.get("Assign", {})
            case other:
                raise AssertionError(f"no {other} here")
        variables |= _template(assigned, data, variables)
        if after is None:
            assert state["End"] is True, name
            return data
        name = after


def _do(
    name: str,
    state: Mapping[str, Any],
    data: Any,
    variables: dict[str, Any],
    work: Work,
    path: list[str],
) -> Any:
    given = _read(state.get("InputPath", "$"), data, variables)
    if "Parameters" in state:
        given = _template(state["Parameters"], given, variables)
    match state["Type"]:
        case "Pass":
            result = state.get("Result", given)
        case "Task":
            result = work(name, copy.deepcopy(given))
        case _:
            result = [
                _machine(branch, given, dict(variables), work, path) for branch in state["Branches"]
            ]
    if "ResultSelector" in state:
        result = _template(state["ResultSelector"], result, variables)
    placed = _placed(state.get("ResultPath", "$"), data, result)
    return _read(state.get("OutputPath", "$"), placed, variables)


def _choose(state: Mapping[str, Any], data: Any, variables: Mapping[str, Any]) -> str:
    for rule in state["Choices"]:
        if _holds(rule, data, variables):
            return str(rule["Next"])
    if "Default" not in state:
        raise StatesError("States.NoChoiceMatched")
    return str(state["Default"])


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "NumericEquals": operator.eq,
    "NumericGreaterThan": operator.gt,
    "NumericLessThanEquals": operator.le,
    "StringEquals": operator.eq,
    "BooleanEquals": operator.is_,
}


def _holds(rule: Mapping[str, Any], data: Any, variables: Mapping[str, Any]) -> bool:
    if "And" in rule:
        return all(_holds(one, data, variables) for one in rule["And"])
    if "Not" in rule:
        return not _holds(rule["Not"], data, variables)
    if "IsPresent" in rule or "IsString" in rule:
        try:
            value = _read(rule["Variable"], data, variables)
        except UncatchableError:
            return not rule.get("IsPresent", True)
        return bool(rule["IsPresent"] if "IsPresent" in rule else isinstance(value, str))
    value = _read(rule["Variable"], data, variables)
    (comparison,) = set(rule) & set(_COMPARISONS)
    return type(value) is type(rule[comparison]) and _COMPARISONS[comparison](
        value, rule[comparison]
    )


def _catcher(state: Mapping[str, Any], error: str) -> Mapping[str, Any] | None:
    for catcher in state.get("Catch", ()):
        names = catcher["ErrorEquals"]
        if "States.ALL" in names:
            assert names == ["States.ALL"], "States.ALL stands alone"
            assert catcher is state["Catch"][-1], "States.ALL stands last"
        everything = "States.ALL" in names
        failed = "States.TaskFailed" in names and error != "States.Timeout"
        if everything or failed or error in names:
            return catcher  # type: ignore[no-any-return]  # out of a document
    return None


def _failure(state: Mapping[str, Any], data: Any, variables: Mapping[str, Any]) -> StatesError:
    def text(name: str) -> str:
        if f"{name}Path" not in state:
            return str(state.get(name, ""))
        value = _read(state[f"{name}Path"], data, variables)
        if not isinstance(value, str):
            raise UncatchableError(f"{name}Path gives {value!r}")
        return value

    return StatesError(text("Error"), text("Cause"))


_CONTEXT = {
    "Execution": {"Id": "arn:execution", "Name": "execution"},
    "State": {"EnteredTime": "now"},
}


def _read(path: str | None, data: Any, variables: Mapping[str, Any]) -> Any:
    if path is None:
        return {}
    if path.startswith("$$."):
        return _read(path[1:], _CONTEXT, {})
    first, *fields = path.split(".")
    if first == "$":
        found = data
    elif first[1:] in variables:
        found = variables[first[1:]]
    else:
        raise UncatchableError(f"variable {first} was never assigned")
    for name in fields:
        if not isinstance(found, Mapping) or name not in found:
            raise UncatchableError(f"{path} is not in the document")
        found = found[name]
    return copy.deepcopy(found)


def _template(value: Any, data: Any, variables: Mapping[str, Any]) -> Any:
    if isinstance(value, Mapping):
        return {
            name.removesuffix(".$"): _read(inner, data, variables)
            if name.endswith(".$")
            else _template(inner, data, variables)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_template(one, data, variables) for one in value]
    return value


def _placed(path: str | None, data: Any, result: Any) -> Any:
    if path is None:
        return data
    if path == "$":
        return result
    whole = copy.deepcopy(data)
    *through, last = path.split(".")[1:]
    place = whole
    for name in through:
        if isinstance(place, dict):
            place = place.setdefault(name, {})
    if not isinstance(place, dict):
        raise StatesError("States.ResultPathMatchFailure", f"{path} has no place in {data!r}")
    place[last] = result
    return whole
