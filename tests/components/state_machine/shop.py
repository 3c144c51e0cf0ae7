"""What the tests of undo run: steps that note what they did, and can be told to fail."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from components.asl import lint
from components.state_machine.undo import with_undo

from .interpreter import Run, StatesError, run

WHO = "StateMachine 'shop'"
ALL = ["States.ALL"]
State = dict[str, Any]


def step(name: str, *, catch: Mapping[str, str] | None = None, **more: Any) -> State:
    """A task that takes effect. ``catch``: error, or several with commas, to the next state."""
    state: State = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "${Do}", "Payload": {"step": name}},
        "TimeoutSeconds": 10,
        "ResultPath": None,
        **({"End": True} if not {"Next", "End"} & set(more) else {}),
        **more,
    }
    if catch:
        state["Catch"] = [
            {"ErrorEquals": errors.split(","), "ResultPath": "$.error", "Next": then}
            for errors, then in catch.items()
        ]
    return state


def undoing(name: str, **more: Any) -> dict[str, Any]:
    """The declaration that undoes ``name``; ``more``: ``unsure``, ``definite``."""
    task: State = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "${Do}", "Payload": {"undo": name, "document.$": "$"}},
        "ResultSelector": {"answer.$": "$.Payload"},
        "TimeoutSeconds": 10,
    }
    return {"task": task, **more}


def machine(start: str, **states: State) -> dict[str, Any]:
    """A machine; a state's name may be written with ``_`` for a blank."""
    return {"StartAt": start, "States": {name.replace("_", " "): s for name, s in states.items()}}


@dataclass
class Played:
    """One execution, and what it left behind."""

    run: Run
    done: list[str] = field(default_factory=list[str])
    """Steps that took effect, or may have, in order."""
    undone: list[str] = field(default_factory=list[str])
    sent: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """Messages for a person."""
    seen: list[Any] = field(default_factory=list[Any])
    """The documents that the undo tasks were given."""


def play(
    document: Mapping[str, Any],
    fails: Mapping[str, str] | Callable[[str], str | None] = {},  # noqa: B006  # never changed
    *,
    undo: Mapping[str, Any] | None = None,
    given: Any = None,
    queue_is_down: bool = False,
) -> Played:
    """Run a document.

    Args:
        fails: error by step; ``undo <Step>`` for an undo.
        undo: the declarations that say after which errors of its own a step may have taken
            effect; the document holds the undoing already.
        given: the execution's input.
    """
    fail = fails if callable(fails) else fails.get
    played = Played(Run("RUNNING"))

    def work(name: str, parameters: Any) -> Any:
        if "QueueUrl" in parameters:
            assert parameters["QueueUrl"] == "${UndoQueueUrl}"
            if queue_is_down:
                raise StatesError("SQS.SqsException")
            played.sent.append(parameters["MessageBody"])
            return {"MessageId": "1"}
        payload = parameters["Payload"]
        if "undo" in payload:
            played.seen.append(payload["document"])
            if error := fail(f"undo {payload['undo']}"):
                raise StatesError(error)
            played.undone.append(payload["undo"])
            return {"Payload": f"{payload['undo']} is undone"}
        one = payload["step"]
        if error := fail(one):
            if undo and one in undo and may_have_taken_effect(undo[one], error):
                played.done.append(one)
            raise StatesError(error, f"{one} failed")
        played.done.append(one)
        return {"Payload": f"{one} is done"}

    played.run = run(document, {"order": 7} if given is None else given, work)
    return played


def may_have_taken_effect(one: Mapping[str, Any], error: str) -> bool:
    """What ``unsure`` and ``definite`` say of an error."""
    definite = one.get("definite", ())
    sure = error in definite or ("States.TaskFailed" in definite and error != "States.Timeout")
    return bool(one.get("unsure")) and not sure


def made(document: Mapping[str, Any], undo: Mapping[str, Any]) -> dict[str, Any]:
    """``with_undo``, which must leave what it is given as it is, and give the linter no more to
    say than it had to say before."""
    before = copy.deepcopy((document, undo))
    result = with_undo(WHO, document, undo)
    assert (document, undo) == before
    known = lint(document)
    assert [problem for problem in lint(result) if problem not in known] == []
    return result
