"""Pipes: what must be there before one runs, and that messages become executions."""

import json
from typing import Any

import pytest

from .apis import queue
from .workflows import allowing, executions, machine, role, trust
from .world import World

pytestmark = pytest.mark.sandbox
PIPE = "aws:pipes/pipe:Pipe"
FORGET = {"stepFunctionStateMachineParameters": {"invocationType": "FIRE_AND_FORGET"}}


def _role(world: World, name: str, *, reads: bool = True, trusted: str = "pipes") -> str:
    actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    allowed = allowing((actions if reads else actions[:1], "*"), (["states:StartExecution"], "*"))
    return role(world, name, trust(trusted), allowed)


def _given(world: World, name: str, **more: Any) -> dict[str, Any]:
    return {
        "roleArn": _role(world, "piping"),
        "source": queue(world, name)[1],
        "target": machine(world, name),
        "targetParameters": FORGET,
        **more,
    }


def test_messages_start_executions(world: World) -> None:
    given = _given(world, "piped")
    world.make(PIPE, "piped", **given)
    url = queue(world, "piped")[0]
    world.client("sqs").send_message(QueueUrl=url, MessageBody='{"id": 7}')
    (ran,) = executions(world, given["target"], seconds=15)
    assert [item["body"] for item in json.loads(ran["input"])] == ['{"id": 7}']


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            lambda w: {"roleArn": _role(w, "not-piping", trusted="events")},
            r"does not let pipes\.amazonaws\.com assume it",
        ),
        (
            lambda w: {"roleArn": _role(w, "half-piping", reads=False)},
            "may not sqs:DeleteMessage, sqs:GetQueueAttributes",
        ),
        (
            lambda w: {"source": "arn:aws:sqs:us-east-1:123456789012:none"},
            "there is no such queue",
        ),
        (
            lambda w: {"target": "arn:aws:states:us-east-1:123456789012:stateMachine:none"},
            "there is no such machine",
        ),
        (lambda w: {"targetParameters": None}, "nobody waits for a standard workflow"),
    ],
    ids=["trust", "queue's permissions", "queue", "machine", "waiting"],
)
def test_what_could_not_run_is_refused(world: World, change: Any, text: str) -> None:
    given = {**_given(world, "unpiped"), **change(world)}
    with pytest.raises(ValueError, match=text):
        world.make(PIPE, **{key: value for key, value in given.items() if value is not None})


def test_an_update_is_asked_the_same(world: World) -> None:
    provider = world.provider(PIPE)
    given = _given(world, "repiped")
    old = provider.check("p", given)
    id, outputs = provider.create("repiped", old)
    new = provider.check("p", {**given, "roleArn": _role(world, "not-piping", trusted="events")})
    with pytest.raises(ValueError, match="does not let pipes"):
        provider.update(id, old, new, outputs)
