"""Versions, aliases, and what executions under way run."""

import json
from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .functions import eventually, make_function
from .machines import TRUST, allow, document, ended, kinds, make_machine, start
from .world import World

pytestmark = pytest.mark.sandbox


def _says(text: str, seconds: int = 0) -> dict[str, Any]:
    wait = {"Wait": {"Type": "Wait", "Seconds": seconds, "Next": "Say"}} if seconds else {}
    return {**wait, "Say": {"Type": "Pass", "Result": text, "End": True}}


def _released(world: World, name: str, *texts: str, seconds: int = 0) -> tuple[str, list[str]]:
    """A machine and its versions, one for each text."""
    client = world.client("stepfunctions")
    machine = make_machine(world, name, _says("first", seconds))
    versions = []
    for text in texts:
        made = client.update_state_machine(
            stateMachineArn=machine, definition=document(_says(text, seconds)), publish=True
        )
        versions.append(made["stateMachineVersionArn"])
    return machine, versions


def test_an_execution_runs_the_version_that_it_was_started_with(world: World) -> None:
    client = world.client("stepfunctions")
    machine, (one, two) = _released(world, "released", "one", "two", seconds=2)
    alias = client.create_state_machine_alias(
        name="live", routingConfiguration=[{"stateMachineVersionArn": one, "weight": 100}]
    )["stateMachineAliasArn"]
    runs = {arn: start(world, arn) for arn in (machine, one, two, alias)}
    client.update_state_machine(stateMachineArn=machine, definition=document(_says("three")))
    client.update_state_machine_alias(
        stateMachineAliasArn=alias,
        routingConfiguration=[{"stateMachineVersionArn": two, "weight": 100}],
    )
    told = {arn: ended(world, execution) for arn, execution in runs.items()}
    assert {arn: item["output"] for arn, item in told.items()} == {
        machine: "two",
        one: "one",
        two: "two",
        alias: "one",
    }
    assert "stateMachineVersionArn" not in told[machine]
    assert told[one]["stateMachineVersionArn"] == one
    assert told[alias]["stateMachineVersionArn"] == one
    assert told[alias]["stateMachineAliasArn"] == alias
    assert all(item["stateMachineArn"] == machine for item in told.values())
    described = client.describe_state_machine_for_execution(executionArn=runs[one])
    assert json.loads(described["definition"])["States"]["Say"]["Result"] == "one"
    assert ended(world, start(world, machine))["output"] == "three"
    listed = client.list_executions(stateMachineArn=alias)["executions"]
    assert [item["executionArn"] for item in listed] == [runs[alias]]
    assert len(client.list_executions(stateMachineArn=machine)["executions"]) == 5


def test_an_alias_shares_executions_out_by_weight(world: World) -> None:
    client = world.client("stepfunctions")
    _, (one, two) = _released(world, "weighted", "one", "two")
    alias = client.create_state_machine_alias(
        name="live",
        routingConfiguration=[
            {"stateMachineVersionArn": one, "weight": 60},
            {"stateMachineVersionArn": two, "weight": 40},
        ],
    )["stateMachineAliasArn"]
    runs = [start(world, alias) for _ in range(60)]
    seen = Counter(ended(world, execution)["output"] for execution in runs)
    # Less likely than one in 10,000 to be outside by chance.
    assert 8 <= seen["two"] <= 42, seen


def test_the_role_of_the_version_is_asked(world: World) -> None:
    client = world.client("stepfunctions")
    arn = make_function(world, "versioned", "def handler(event, context):\n    return 1")
    states = {
        "Wait": {"Type": "Wait", "Seconds": 1, "Next": "Work"},
        "Work": {"Type": "Task", "Resource": arn, "End": True},
    }
    may = [allow("lambda:InvokeFunction", arn)]
    machine = make_machine(world, "versioned", states, may, settings={"publish": True})
    under_way, old = start(world, machine), start(world, f"{machine}:1")
    none = world.role("versioned-none", trust=TRUST)
    client.update_state_machine(stateMachineArn=machine, roleArn=none)
    assert ended(world, start(world, machine))["error"] == "Lambda.AWSLambdaException"
    for execution in (under_way, old, start(world, f"{machine}:1")):
        assert ended(world, execution)["output"] == 1


def test_a_version_in_use_stays_and_a_revision_is_published_once(world: World) -> None:
    client = world.client("stepfunctions")
    machine, (one,) = _released(world, "published", "one")
    again = client.publish_state_machine_version(stateMachineArn=machine)
    assert again["stateMachineVersionArn"] == one
    alias = client.create_state_machine_alias(
        name="live", routingConfiguration=[{"stateMachineVersionArn": one, "weight": 100}]
    )["stateMachineAliasArn"]
    with pytest.raises(ClientError, match="ConflictException"):
        client.delete_state_machine_version(stateMachineVersionArn=one)
    client.delete_state_machine_alias(stateMachineAliasArn=alias)
    client.delete_state_machine_version(stateMachineVersionArn=one)
    with pytest.raises(client.exceptions.StateMachineDoesNotExist):
        start(world, one)


def test_a_deleted_machine_takes_its_executions_and_versions_along(world: World) -> None:
    client = world.client("stepfunctions")
    machine, (one,) = _released(world, "deleted", "one", seconds=60)
    execution = start(world, one)
    eventually(lambda: "WaitStateEntered" in kinds(world, execution))
    client.delete_state_machine(stateMachineArn=machine)
    for arn in (machine, one):
        with pytest.raises(client.exceptions.StateMachineDoesNotExist):
            start(world, arn)
