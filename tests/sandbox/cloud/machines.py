"""State machines and their executions, for the tests of Step Functions."""

import json
from collections.abc import Mapping
from typing import Any

from .functions import eventually
from .world import PATIENCE_SECONDS, World

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "states.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
States = Mapping[str, Any]


def allow(action: str, *resources: str) -> dict[str, Any]:
    """A statement."""
    return {"Effect": "Allow", "Action": action, "Resource": list(resources)}


def document(states: States, **top: Any) -> str:
    """A definition that starts at its first state."""
    return json.dumps({"StartAt": next(iter(states)), "States": states, **top})


def make_machine(
    world: World,
    name: str,
    states: States,
    statements: list[dict[str, Any]] | None = None,
    *,
    settings: Mapping[str, Any] | None = None,
    **top: Any,
) -> str:
    """The ARN of a machine; ``top`` goes to the definition, ``settings`` to the machine."""
    made = world.client("stepfunctions").create_state_machine(
        name=name,
        definition=document(states, **top),
        roleArn=world.role(f"{name}-states", statements, trust=TRUST),
        **(settings or {}),
    )
    return str(made["stateMachineArn"])


def start(world: World, machine: str, given: Any = None, **more: Any) -> str:
    """The ARN of an execution that has begun."""
    made = world.client("stepfunctions").start_execution(
        stateMachineArn=machine, input=json.dumps({} if given is None else given), **more
    )
    return str(made["executionArn"])


def ended(world: World, execution: str, seconds: float = PATIENCE_SECONDS) -> dict[str, Any]:
    """An execution once it has ended; its output is parsed."""
    client = world.client("stepfunctions")

    def found() -> Any:
        told = client.describe_execution(executionArn=execution)
        return told if told["status"] != "RUNNING" else None

    told: dict[str, Any] = eventually(found, seconds)
    if "output" in told:
        told["output"] = json.loads(told["output"])
    return told


def run(world: World, machine: str, given: Any = None) -> dict[str, Any]:
    """Start an execution and wait for its end."""
    return ended(world, start(world, machine, given))


def result(world: World, machine: str, given: Any = None) -> Any:
    """The output of an execution that must succeed."""
    told = run(world, machine, given)
    assert told["status"] == "SUCCEEDED", (told.get("error"), told.get("cause"))
    return told["output"]


def history(world: World, execution: str) -> list[dict[str, Any]]:
    """All events, oldest first."""
    pages = world.client("stepfunctions").get_paginator("get_execution_history")
    return [event for page in pages.paginate(executionArn=execution) for event in page["events"]]


def kinds(world: World, execution: str) -> list[str]:
    """The types of all events."""
    return [event["type"] for event in history(world, execution)]
