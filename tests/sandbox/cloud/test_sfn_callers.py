"""Rules and schedules start executions with their role."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from .functions import eventually, make_queue, received
from .machines import allow, ended, make_machine
from .world import World

pytestmark = pytest.mark.sandbox

STATES = {"A": {"Type": "Pass", "End": True}}


def _trust(service: str) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def _inputs(world: World, machine: str) -> list[Any]:
    found = world.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
    return [ended(world, item["executionArn"])["output"] for item in found]


@pytest.mark.parametrize("may", ["start", "nothing"])
def test_a_rule_starts_what_its_role_may_start(world: World, may: str) -> None:
    name = f"rule-{may}"
    machine = make_machine(world, name, STATES)
    url, dead = make_queue(world, name)
    letters = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": dead,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [letters]})
    world.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    events = world.client("events")
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    statements = [allow("states:StartExecution", machine)] if may == "start" else None
    role = world.role(f"{name}-caller", statements, trust=_trust("events.amazonaws.com"))
    target = {"Id": "1", "Arn": machine, "RoleArn": role, "DeadLetterConfig": {"Arn": dead}}
    events.put_targets(Rule=name, Targets=[target])
    events.put_events(Entries=[{"Source": name, "DetailType": "x", "Detail": '{"n": 1}'}])
    if may == "start":
        (given,) = eventually(lambda: _inputs(world, machine))
        assert given["detail"] == {"n": 1}
        assert received(world, url) == []
    else:
        (body,) = eventually(lambda: received(world, url))
        assert json.loads(body)["detail"] == {"n": 1}
        assert _inputs(world, machine) == []


@pytest.mark.parametrize("may", ["start", "nothing"])
def test_a_schedule_starts_what_its_role_may_start(world: World, may: str) -> None:
    name = f"sched-{may}"
    machine = make_machine(world, name, STATES)
    url, dead = make_queue(world, name)
    statements = [allow("sqs:SendMessage", dead)]
    if may == "start":
        statements.append(allow("states:StartExecution", machine))
    soon = datetime.now(UTC) + timedelta(seconds=1)
    world.client("scheduler").create_schedule(
        Name=name,
        ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": machine,
            "RoleArn": world.role(
                f"{name}-caller", statements, trust=_trust("scheduler.amazonaws.com")
            ),
            "Input": json.dumps({"from": name}),
            "DeadLetterConfig": {"Arn": dead},
        },
    )
    if may == "start":
        assert eventually(lambda: _inputs(world, machine)) == [{"from": name}]
    else:
        assert [json.loads(body) for body in eventually(lambda: received(world, url))] == [
            {"from": name}
        ]
        assert _inputs(world, machine) == []
