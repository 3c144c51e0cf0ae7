"""What the tests of Step Functions stand on: roles, definitions and machines."""

import json
import time
from collections.abc import Sequence
from typing import Any

from .world import World

MACHINE = "aws:sfn/stateMachine:StateMachine"
ECHO = json.dumps({"StartAt": "Echo", "States": {"Echo": {"Type": "Pass", "End": True}}})
SLEEP = json.dumps(
    {"StartAt": "Sleep", "States": {"Sleep": {"Type": "Wait", "Seconds": 3, "End": True}}}
)
FAIL = json.dumps(
    {"StartAt": "Fail", "States": {"Fail": {"Type": "Fail", "Error": "Sold", "Cause": "out"}}}
)


def trust(*services: str, **condition: Any) -> str:
    """A trust policy that lets these services in, on that condition."""
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": [f"{service}.amazonaws.com" for service in services]},
    }
    if condition:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def allowing(*statements: tuple[Sequence[str], str]) -> str:
    """A policy that allows actions on a resource each."""
    listed = [
        {"Effect": "Allow", "Action": list(actions), "Resource": resource}
        for actions, resource in statements
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": listed})


def role(world: World, name: str, trusted: str, policy: str | None = None) -> str:
    """The ARN of a role with this trust and policy; made once."""
    iam = world.client("iam")
    try:
        arn = str(iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted)["Role"]["Arn"])
    except iam.exceptions.EntityAlreadyExistsException:
        return str(iam.get_role(RoleName=name)["Role"]["Arn"])
    if policy is not None:
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy)
    return arn


def states_role(world: World) -> str:
    """A role that Step Functions may assume, and that may log."""
    allowed = allowing((["logs:*"], "*"), (["events:*"], "*"))
    return role(world, "workflow", trust("states"), allowed)


def machine(world: World, name: str, definition: str = ECHO, **more: Any) -> str:
    """The ARN of a machine; made once."""
    key = f"machine-{name}"
    if key not in world.__dict__:
        given = {"definition": definition, "roleArn": states_role(world), **more}
        world.__dict__[key] = world.make(MACHINE, name, name=name, **given)
    return str(world.__dict__[key][0])


def executions(world: World, arn: str, *, seconds: float = 90) -> list[dict[str, Any]]:
    """What ran on a machine, once there is something and nothing of it runs any more."""
    client, deadline = world.client("stepfunctions"), time.monotonic() + seconds
    while True:
        found = client.list_executions(stateMachineArn=arn)["executions"]
        running = [item for item in found if item["status"] == "RUNNING"]
        if (found and not running) or time.monotonic() > deadline:
            return [client.describe_execution(executionArn=i["executionArn"]) for i in found]
        time.sleep(0.1)
