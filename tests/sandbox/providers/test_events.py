"""Rules and buses: which events reach which target, and as what."""

import json
import time
from typing import Any

import pytest

from .apis import queue
from .world import World

pytestmark = pytest.mark.sandbox
RULE = "aws:cloudwatch/eventRule:EventRule"
TARGET = "aws:cloudwatch/eventTarget:EventTarget"
BUS = "aws:cloudwatch/eventBus:EventBus"


def received(world: World, url: str, seconds: float = 90) -> list[Any]:
    """Bodies of what comes into a queue until it stays empty."""
    sqs, deadline = world.client("sqs"), time.monotonic() + seconds
    bodies: list[Any] = []
    while not bodies and time.monotonic() < deadline:
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        for message in answer.get("Messages", []):
            bodies.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return bodies


def _put(world: World, source: str, detail: Any, bus: str = "default") -> None:
    entry = {"Source": source, "DetailType": "t", "Detail": json.dumps(detail)}
    answer = world.client("events").put_events(Entries=[{**entry, "EventBusName": bus}])
    assert answer["FailedEntryCount"] == 0


def test_a_rule_lets_fitting_events_through(world: World) -> None:
    url, arn = queue(world, "rule-fits")
    pattern = json.dumps({"source": ["fits"], "detail": {"amount": [{"numeric": [">", 10]}]}})
    _, rule = world.make(RULE, "fits", eventPattern=pattern)
    world.make(TARGET, "fits", rule=rule["name"], arn=arn)
    _put(world, "fits", {"amount": 5})
    _put(world, "fits", {"amount": 50})
    assert [item["detail"] for item in received(world, url)] == [{"amount": 50}]


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ({"input": '{"fixed": true}'}, {"fixed": True}),
        ({"inputPath": "$.detail"}, {"id": "7"}),
        (
            {
                "inputTransformer": {
                    "inputPaths": {"id": "$.detail.id"},
                    "inputTemplate": '{"order": <id>}',
                }
            },
            {"order": "7"},
        ),
    ],
)
def test_a_target_gets_what_it_asks_for(world: World, given: Any, seen: Any) -> None:
    name = f"shaped-{next(iter(given))}"
    url, arn = queue(world, name)
    _, rule = world.make(RULE, name, eventPattern=json.dumps({"source": [name]}))
    world.make(TARGET, name, rule=rule["name"], arn=arn, **given)
    _put(world, name, {"id": "7"})
    assert received(world, url) == [seen]


def test_a_disabled_rule_is_silent_until_it_is_enabled(world: World) -> None:
    url, arn = queue(world, "sleepy")
    provider = world.provider(RULE)
    off, on = (
        provider.check("sleepy", {"eventPattern": '{"source": ["sleepy"]}', "state": state})
        for state in ("DISABLED", "ENABLED")
    )
    id, outputs = provider.create("sleepy", off)
    world.make(TARGET, "sleepy", rule=outputs["name"], arn=arn)
    _put(world, "sleepy", {"n": 1})
    provider.update(id, off, on, outputs)
    _put(world, "sleepy", {"n": 2})
    assert [item["detail"] for item in received(world, url)] == [{"n": 2}]


def test_a_bus_of_ones_own_keeps_its_events(world: World) -> None:
    (mine, mine_arn), (theirs, theirs_arn) = queue(world, "own-bus"), queue(world, "default-bus")
    bus, told = world.make(BUS, name="own")
    pattern = '{"source": ["own"]}'
    _, rule = world.make(RULE, "own", eventBusName=told["arn"], eventPattern=pattern)
    world.make(TARGET, "own", rule=rule["name"], eventBusName=bus, arn=mine_arn)
    _, other = world.make(RULE, "not-own", eventPattern=pattern)
    world.make(TARGET, "not-own", rule=other["name"], arn=theirs_arn)
    _put(world, "own", {"n": 1}, bus="own")
    assert len(received(world, mine)) == 1
    assert received(world, theirs, seconds=1) == []
    with pytest.raises(ValueError, match="still has rules"):
        world.provider(BUS).delete(bus, told)


def test_a_rule_with_targets_stays_and_takes_five(world: World) -> None:
    arn = queue(world, "five")[1]
    id, rule = world.make(RULE, "five", eventPattern='{"source": ["five"]}')
    for number in range(5):
        world.make(TARGET, rule=rule["name"], arn=arn, targetId=f"t{number}")
    with pytest.raises(ValueError, match="already has 5 targets"):
        world.make(TARGET, rule=rule["name"], arn=arn, targetId="t5")
    with pytest.raises(ValueError, match="still has targets"):
        world.provider(RULE).delete(id, rule)
