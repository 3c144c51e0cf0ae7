"""What a state machine tells whoever watches it, and the numbers that it can be given."""

from typing import Any

import pytest

from components.state_machine import watching
from components.testing import UNKNOWN, deploy
from components.watched import Watchable, Watched

from .helpers import ALARM, MACHINE_ARN, REGION, machine, made, one, refusal, task, undoing

BOTH = pytest.mark.parametrize("known", [True, False], ids=["known", "first preview"])
TOKEN = {"token.$": "$$.Task.Token"}
JOBS: dict[str, Any] = {
    "substitutions": {"Jobs": f"https://sqs.{REGION}/jobs"},
    "arns": {"Jobs": f"arn:aws:sqs:{REGION}:jobs"},
}


def asking(seconds: int | None = 600, **more: Any) -> dict[str, Any]:
    """Arguments of a workflow that waits for an answer to a message."""
    state = task("sqs:sendMessage.waitForTaskToken", {"QueueUrl": "${Jobs}", "MessageBody": TOKEN})
    if seconds is None:
        del state["TimeoutSeconds"]
    else:
        state["TimeoutSeconds"] = seconds
    return {"definition": one(state, **more), **JOBS}


def watched(*, known: bool = True, **args: Any) -> dict[str, Watched]:
    """The things of one machine, by name; dimensions are resolved."""
    told: list[Watched] = []

    def program() -> list[dict[str, Any]]:
        component = made(**args)
        assert isinstance(component, Watchable)
        told.extend(component.watched())
        return [dict(thing.dimensions) for thing in told]

    deployment = deploy(program, known=known)
    for thing, dimensions in zip(told, deployment.result, strict=True):
        object.__setattr__(thing, "dimensions", dimensions)
    return {thing.name: thing for thing in told}


@BOTH
def test_it_tells_of_itself_and_makes_the_alarms_on_what_goes_wrong(known: bool) -> None:
    (thing,) = watched(known=known, tracing=True).values()
    assert (thing.kind, thing.name, thing.traced) == ("workflow", "", True)
    assert thing.dimensions == {"StateMachineArn": MACHINE_ARN if known else UNKNOWN}
    assert thing.log_group_name is not None
    assert [*thing.made] == ["failed", "timed-out", "aborted", "throttled"]
    assert [item.role for item in thing.formulas] == [*thing.made]


def test_its_time_is_held_against_what_the_workflow_allows() -> None:
    thing = watched(
        definition={**one(task("sns:publish")), "TimeoutSeconds": 1000}
        | {"StartAt": "Done", "States": {"Done": {"Type": "Pass", "End": True}}}
    )[""]
    formulas = {item.role: item for item in thing.formulas}
    assert formulas["execution-time"].threshold == 800_000
    assert "execution-time" not in thing.made


@BOTH
def test_a_callback_is_a_thing_of_its_own(known: bool) -> None:
    things = watched(known=known, **asking())
    thing = things["callback-sqs-sendmessage"]
    assert thing.kind == "callback"
    arn = f"arn:aws:states:{REGION}:sqs:sendMessage.waitForTaskToken"
    assert thing.dimensions == {"ServiceIntegrationResourceArn": arn if known else UNKNOWN}
    (formula,) = thing.formulas
    assert formula.threshold == 480_000


def test_of_several_callbacks_the_shortest_counts_wherever_it_stands() -> None:
    def waiting(resource: str, seconds: int) -> dict[str, Any]:
        call = f"arn:aws:states:::{resource}.waitForTaskToken"
        return {"Type": "Task", "Resource": call, "TimeoutSeconds": seconds}

    def scope(*states: dict[str, Any]) -> dict[str, Any]:
        return {"States": {str(number): state for number, state in enumerate(states)}}

    document = scope(
        waiting("sqs:sendMessage", 600),
        {"Type": "Parallel", "Branches": [scope(waiting("sqs:sendMessage", 60))]},
        {"Type": "Map", "ItemProcessor": scope(waiting("aws-sdk:sqs:sendMessage", 30))},
        {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "TimeoutSeconds": 5},
        waiting("sqs:sendMessage", 900),
    )
    assert watching.callbacks(document) == {
        "sqs:sendMessage.waitForTaskToken": 60,
        "aws-sdk:sqs:sendMessage.waitForTaskToken": 30,
    }


def test_a_callback_without_a_time_has_the_workflow_s_or_none() -> None:
    assert watching.callbacks(asking(None)["definition"]) == {}
    assert [*watching.callbacks(asking(None, TimeoutSeconds=50)["definition"]).values()] == [50]


def test_what_it_makes_besides_is_told() -> None:
    triggers = {
        "sqs": {"jobs": {}},
        "api": {},
        "schedules": {"nightly": {"expression": "rate(1 day)"}},
    }
    things = watched(**undoing(triggers=triggers))
    assert {name: thing.kind for name, thing in things.items()} == {
        "": "workflow",
        "undo": "dead_letter_queue",
        "failures": "dead_letter_queue",
        "api": "rest_api",
        "queue-jobs": "queue",
        "dead-letter-jobs": "dead_letter_queue",
    }
    assert all(thing.formulas for thing in things.values())
    assert things["api"].dimensions == {"ApiName": "orders-api", "Stage": "live"}
    for name in ("undo", "failures", "dead-letter-jobs"):
        assert [*things[name].made] == ["depth"]


@pytest.mark.parametrize(("kind", "milliseconds"), [("express", 5000), ("standard", 14_500)])
def test_who_calls_the_api_waits_for_an_express_workflow_only(kind: str, milliseconds: int) -> None:
    document = {
        "StartAt": "Done",
        "TimeoutSeconds": 10,
        "States": {"Done": {"Type": "Pass", "End": True}},
    }
    things = watched(kind=kind, definition=document, triggers={"api": {}})
    latency = {item.role: item for item in things["api"].formulas}["latency"]
    assert latency.threshold == milliseconds


@BOTH
def test_an_override_is_for_what_it_makes_and_for_what_it_tells(known: bool) -> None:
    overrides = {"failed": {"threshold": 3}, "undo/depth": {"threshold": 7}}
    deployment = machine(known=known, **undoing(alarm_overrides=overrides))
    assert deployment.one(ALARM, "orders-failed").inputs["threshold"] == 3
    assert deployment.one(ALARM, "orders-undo").inputs["threshold"] == 7
    assert deployment.one(ALARM, "orders-aborted").inputs["threshold"] == 0
    callback = watched(
        **asking(), alarm_overrides={"callback-sqs-sendmessage/age": {"threshold": 1000}}
    )["callback-sqs-sendmessage"]
    assert callback.formulas[0].threshold == 1000


def test_a_wrong_override_is_told_before_anything_is_registered() -> None:
    text = refusal(alarm_overrides={"fail": {"threshold": 1}})
    assert "alarm_overrides='fail'" in text
    assert "Did you mean 'failed'?" in text
    assert "undo/depth" not in text  # nothing is undone here
