"""Branches, iterations, and children of distributed maps."""

from typing import Any

import pytest

from .functions import make_function
from .machines import allow, ended, history, kinds, make_machine, result, run, start
from .world import World

pytestmark = pytest.mark.sandbox


def test_branches_work_beside_one_another_and_the_first_error_stops_them(world: World) -> None:
    def branch(*states: tuple[str, dict[str, Any]]) -> dict[str, Any]:
        return {"StartAt": states[0][0], "States": dict(states)}

    slow = branch(("Slow", {"Type": "Wait", "Seconds": 600, "End": True}))
    bad = branch(("Bad", {"Type": "Fail", "Error": "Mine", "Cause": "as asked"}))
    states = {
        "Both": {
            "Type": "Parallel",
            "Branches": [slow, bad],
            "Catch": [{"ErrorEquals": ["Mine"], "ResultPath": "$.error", "Next": "Done"}],
            "End": True,
        },
        "Done": {"Type": "Pass", "End": True},
    }
    machine = make_machine(world, "both", states)
    execution = start(world, machine, {"a": 1})
    told = ended(world, execution)
    assert told["output"] == {"a": 1, "error": {"Error": "Mine", "Cause": "as asked"}}
    assert "WaitStateEntered" in kinds(world, execution)
    assert "WaitStateExited" not in kinds(world, execution)
    assert "ParallelStateFailed" in kinds(world, execution)


def test_a_map_runs_so_many_at_once_in_order_and_tells_each(world: World) -> None:
    states = {
        "Each": {
            "Type": "Map",
            "ItemsPath": "$.items",
            "MaxConcurrency": 2,
            "ItemSelector": {
                "n.$": "$$.Map.Item.Value",
                "i.$": "$$.Map.Item.Index",
                "all.$": "$.name",
            },
            "ItemProcessor": {
                "StartAt": "Wait",
                "States": {"Wait": {"Type": "Wait", "Seconds": 1, "End": True}},
            },
            "ResultPath": "$.done",
            "End": True,
        }
    }
    machine = make_machine(world, "each", states)
    execution = start(world, machine, {"items": [5, 6, 7], "name": "x"})
    told = ended(world, execution)["output"]
    assert _most_at_once(kinds(world, execution)) == 2
    assert told["done"] == [{"n": n, "i": i, "all": "x"} for i, n in enumerate((5, 6, 7))]
    seen = [
        event["mapIterationStartedEventDetails"]["index"]
        for event in history(world, execution)
        if event["type"] == "MapIterationStarted"
    ]
    assert seen == [0, 1, 2]
    assert run(world, machine, {"items": {"no": 1}, "name": "x"})["error"] == "States.Runtime"


def _most_at_once(events: list[str]) -> int:
    """How many iterations had begun and not ended, at most."""
    running = most = 0
    for kind in events:
        running += {"MapIterationStarted": 1, "MapIterationSucceeded": -1}.get(kind, 0)
        most = max(most, running)
    return most


def test_a_distributed_map_runs_its_children_with_the_role(world: World) -> None:
    arn = make_function(world, "child", "def handler(event, context):\n    return event * 2")
    states = {
        "Each": {
            "Type": "Map",
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "Work",
                "States": {"Work": {"Type": "Task", "Resource": arn, "End": True}},
            },
            "ResultSelector": {"all.$": "$"},
            "End": True,
        }
    }
    machine = make_machine(world, "children", states, [allow("lambda:InvokeFunction", arn)])
    assert result(world, machine, [1, 2, 3]) == {"all": [2, 4, 6]}
    told = run(world, make_machine(world, "children-not", states), [1])
    assert told["error"] == "States.ExceedToleratedFailureThreshold"
