"""Limits of time, heartbeats, and waits that the sandbox shortens."""

import json
import time
import urllib.request
from collections.abc import Iterator

import pytest

from .functions import eventually, make_function, make_queue, received
from .machines import allow, ended, history, kinds, make_machine, start
from .world import World

pytestmark = pytest.mark.sandbox


@pytest.fixture
def hundredfold(world: World) -> Iterator[None]:
    """Waits last a hundredth of their time."""

    def scale(value: float) -> None:
        request = urllib.request.Request(
            f"{world.cloud.endpoint}/_ministack/config",
            data=json.dumps({"stepfunctions._SFN_WAIT_SCALE": value}).encode(),
        )
        urllib.request.urlopen(request).close()

    scale(0.01)
    yield
    scale(1)


def test_a_machine_that_lasts_too_long_times_out_uncaught(world: World) -> None:
    states = {
        "Both": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 600, "End": True}}}
            ],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Never"}],
            "End": True,
        },
        "Never": {"Type": "Pass", "End": True},
    }
    url, queue = make_queue(world, "timed-out")
    events = world.client("events")
    machine = make_machine(world, "timed-out", states, TimeoutSeconds=1)
    pattern = {"source": ["aws.states"], "detail": {"stateMachineArn": [machine]}}
    rule = events.put_rule(Name="timed-out", EventPattern=json.dumps(pattern))["RuleArn"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": queue,
                "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
            }
        ],
    }
    world.client("sqs").set_queue_attributes(
        QueueUrl=url, Attributes={"Policy": json.dumps(policy)}
    )
    events.put_targets(Rule="timed-out", Targets=[{"Id": "1", "Arn": queue}])
    began = time.monotonic()
    execution = start(world, machine)
    told = ended(world, execution)
    assert time.monotonic() - began > 0.9
    assert told["status"] == "TIMED_OUT"
    assert kinds(world, execution)[-1] == "ExecutionTimedOut"
    bodies: list[str] = []

    def both() -> bool:
        bodies.extend(received(world, url))
        return len(bodies) == 2

    eventually(both)
    details = [json.loads(body)["detail"] for body in bodies]
    assert [detail["status"] for detail in details] == ["RUNNING", "TIMED_OUT"]
    assert details[1]["redriveStatus"] == "REDRIVABLE"
    assert details[1]["stopDate"] > details[1]["startDate"]


def test_a_task_that_lasts_too_long_is_told_so(world: World) -> None:
    code = "import time\ndef handler(event, context):\n    time.sleep(300)"
    arn = make_function(world, "too-slow", code, Timeout=600)
    states = {
        "Work": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": arn},
            "TimeoutSeconds": 1,
            "Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "Done"}],
            "End": True,
        },
        "Done": {"Type": "Pass", "End": True},
    }
    machine = make_machine(world, "too-slow", states, [allow("lambda:InvokeFunction", arn)])
    execution = start(world, machine)
    assert ended(world, execution)["output"]["Error"] == "States.Timeout"
    (event,) = [event for event in history(world, execution) if event["type"] == "TaskTimedOut"]
    assert event["taskTimedOutEventDetails"]["error"] == "States.Timeout"


@pytest.mark.usefixtures("hundredfold")
def test_shortened_waits_keep_their_length_in_the_history(world: World) -> None:
    arn = make_function(world, "fails-once", "def handler(event, context):\n    raise KeyError")
    branch = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 50, "End": True}}}
    states = {
        "Wait": {"Type": "Wait", "Seconds": 100, "Next": "Both"},
        "Both": {"Type": "Parallel", "Branches": [branch, branch], "Next": "Try"},
        "Try": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": arn},
            "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 20, "MaxAttempts": 2}],
            "End": True,
        },
    }
    machine = make_machine(world, "shortened", states, [allow("lambda:InvokeFunction", arn)])
    began = time.monotonic()
    execution = start(world, machine)
    told = ended(world, execution)  # no one waits the 210 seconds for it
    lasted = (told["stopDate"] - told["startDate"]).total_seconds()
    assert 209.9 < lasted < 210.1 + time.monotonic() - began
    events = history(world, execution)
    failed = [event["timestamp"] for event in events if event["type"] == "TaskFailed"]
    again = [event["timestamp"] for event in events if event["type"] == "TaskScheduled"][1:]
    waits = [(there - here).total_seconds() for here, there in zip(failed, again, strict=False)]
    assert [wait >= shortest for wait, shortest in zip(waits, (19.9, 39.9), strict=True)] == [
        True
    ] * 2
    assert sum(waits) < 60.1 + time.monotonic() - began


@pytest.mark.usefixtures("hundredfold")
def test_shortened_waits_count_in_full_for_the_machine_s_limit(world: World) -> None:
    states = {
        "First": {"Type": "Wait", "Seconds": 100, "Next": "Second"},
        "Second": {"Type": "Wait", "Seconds": 100, "End": True},
    }
    execution = start(world, make_machine(world, "shortened-limit", states, TimeoutSeconds=150))
    told = ended(world, execution)
    assert told["status"] == "TIMED_OUT"
    assert (told["stopDate"] - told["startDate"]).total_seconds() == pytest.approx(150, abs=5)
