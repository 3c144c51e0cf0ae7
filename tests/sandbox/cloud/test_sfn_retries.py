"""Retries and catches: whom they are for, and how long they wait."""

import json

import pytest

from sandbox.cloud.patches.sfn_retries import Retries, matches, seconds

from .functions import make_function
from .machines import allow, ended, history, kinds, make_machine, start
from .world import World

pytestmark = pytest.mark.sandbox

CODE = """
import os, time
class Flaky(Exception):
    pass
def handler(event, context):
    if event.get("die"):
        os._exit(event["die"])
    if event.get("sleep"):
        time.sleep(event["sleep"])
    if event.get("text"):
        return "5"
    raise Flaky("as asked")
"""


@pytest.mark.parametrize(
    ("names", "error", "expected"),
    [
        (["States.ALL"], "Boom", True),
        (["States.ALL"], "States.Runtime", False),
        (["States.Runtime"], "States.Runtime", False),
        (["States.ALL"], "States.DataLimitExceeded", False),
        (["States.DataLimitExceeded"], "States.DataLimitExceeded", True),
        (["States.TaskFailed"], "Boom", True),
        (["States.TaskFailed"], "States.Timeout", False),
        (["States.Timeout"], "States.HeartbeatTimeout", True),
        (["States.HeartbeatTimeout"], "States.Timeout", False),
        (["Boom", "Bang"], "Bang", True),
        (["Boom"], "Bang", False),
    ],
)
def test_whom_a_list_of_errors_is_for(names: list[str], error: str, expected: bool) -> None:
    assert matches(names, error) is expected


def test_intervals_grow_up_to_the_longest_and_jitter_stays_below() -> None:
    retrier = {"IntervalSeconds": 2, "BackoffRate": 3, "MaxDelaySeconds": 100}
    assert [seconds(retrier, earlier) for earlier in range(5)] == [2, 6, 18, 54, 100]
    assert seconds({"IntervalSeconds": 30, "BackoffRate": 2}, 3) == 240
    full = {**retrier, "JitterStrategy": "FULL"}
    drawn = [seconds(full, 3) for _ in range(200)]
    assert all(0 <= one <= 54 for one in drawn)
    assert min(drawn) < 20 < 34 < max(drawn)


def test_each_retrier_counts_for_itself_and_the_first_that_matches_decides() -> None:
    retries = Retries(
        {
            "Retry": [
                {"ErrorEquals": ["No"], "MaxAttempts": 0},
                {"ErrorEquals": ["A"], "IntervalSeconds": 1, "MaxAttempts": 1},
                {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 10, "MaxAttempts": 1},
            ]
        }
    )
    assert retries.wait("No") is None
    assert retries.wait("A") == 1
    assert retries.wait("B") == 10
    assert retries.wait("A") is None
    assert retries.count == 2


def test_the_history_shows_every_attempt_and_the_wait_between(world: World) -> None:
    arn = make_function(world, "flaky", CODE)
    states = {
        "Try": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": arn, "Payload": {"n.$": "$$.State.RetryCount"}},
            "Retry": [
                {
                    "ErrorEquals": ["Flaky"],
                    "IntervalSeconds": 1,
                    "BackoffRate": 2,
                    "MaxAttempts": 2,
                }
            ],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Done"}],
            "End": True,
        },
        "Done": {"Type": "Succeed"},
    }
    machine = make_machine(world, "retrying", states, [allow("lambda:InvokeFunction", arn)])
    execution = start(world, machine)
    assert ended(world, execution)["output"]["Error"] == "Flaky"
    assert kinds(world, execution) == [
        "ExecutionStarted",
        "TaskStateEntered",
        *["TaskScheduled", "TaskStarted", "TaskFailed"] * 3,
        "TaskStateExited",
        "SucceedStateEntered",
        "SucceedStateExited",
        "ExecutionSucceeded",
    ]
    events = history(world, execution)
    failed = [event["timestamp"] for event in events if event["type"] == "TaskFailed"]
    again = [event for event in events if event["type"] == "TaskScheduled"]
    waits = [
        (there["timestamp"] - here).total_seconds()
        for here, there in zip(failed, again[1:], strict=False)
    ]
    assert waits == [pytest.approx(1, abs=0.3), pytest.approx(2, abs=0.3)]
    sent = [json.loads(event["taskScheduledEventDetails"]["parameters"]) for event in again]
    assert [one["Payload"]["n"] for one in sent] == [0, 1, 2]
    assert [event["previousEventId"] for event in events] == [0, 0, *range(2, len(events))]


def test_how_functions_end_is_told_by_the_error(world: World) -> None:
    arn = make_function(world, "ending", CODE, Timeout=1)
    functions = world.client("lambda")
    states = {
        "Try": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": arn, "Payload.$": "$"},
            "End": True,
        }
    }
    machine = make_machine(world, "ending", states, [allow("lambda:InvokeFunction", arn)])
    told = ended(world, start(world, machine, {"die": 3}))
    assert told["error"] == "Runtime.ExitError"
    assert "Runtime exited" in told["cause"]
    assert ended(world, start(world, machine, {"sleep": 5}))["error"] == "Sandbox.Timedout"
    assert ended(world, start(world, machine, {"text": 1}))["output"]["Payload"] == "5"
    functions.put_function_concurrency(FunctionName="ending", ReservedConcurrentExecutions=0)
    told = ended(world, start(world, machine))
    assert told["error"] == "Lambda.TooManyRequestsException"
    functions.delete_function(FunctionName="ending")
    assert ended(world, start(world, machine))["error"] == "Lambda.ResourceNotFoundException"
