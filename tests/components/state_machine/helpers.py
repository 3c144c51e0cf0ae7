"""What the tests of StateMachine share: one workflow deployed in memory."""

import json
from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from components.state_machine import StateMachine
from components.testing import Deployment, deploy

MACHINE = "aws:sfn/stateMachine:StateMachine"
ALIAS = "aws:sfn/alias:Alias"
ROLE = "aws:iam/role:Role"
POLICY = "aws:iam/rolePolicy:RolePolicy"
QUEUE = "aws:sqs/queue:Queue"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
TAGS = {"slipway:component": "StateMachine/orders"}
REGION = "us-east-1:123456789012"
MACHINE_ARN = f"arn:aws:states:{REGION}:stateMachine:orders"
ALIAS_ARN = f"{MACHINE_ARN}:live"
EXECUTIONS = f"arn:aws:states:{REGION}:execution:orders:*"
FUNCTION = f"arn:aws:lambda:{REGION}:function:charge"
TABLE = f"arn:aws:dynamodb:{REGION}:table/orders"
QUEUE_ARN = f"arn:aws:sqs:{REGION}:jobs"
TOPIC = f"arn:aws:sns:{REGION}:news"
CHILD = f"arn:aws:states:{REGION}:stateMachine:child"
PASS: dict[str, Any] = {"StartAt": "Done", "States": {"Done": {"Type": "Pass", "End": True}}}


def task(resource: str, parameters: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A Task state at the end of a workflow."""
    full = resource if resource.startswith(("arn:", "${")) else f"arn:aws:states:::{resource}"
    state: dict[str, Any] = {"Type": "Task", "Resource": full, "TimeoutSeconds": 60, "End": True}
    return state | ({} if parameters is None else {"Parameters": parameters}) | more


def one(state: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A workflow of one state."""
    return {"StartAt": "Step", "States": {"Step": state}, **more}


CHARGE = task("lambda:invoke", {"FunctionName": "${Charge}", "Payload.$": "$"})
CHARGING: dict[str, Any] = {
    "definition": one(CHARGE),
    "functions": {"Charge": {"arn": f"{FUNCTION}:live", "timeout_seconds": 20}},
}


def undoing(**more: Any) -> dict[str, Any]:
    """Arguments of a workflow with a step that is undone when the next one fails."""
    charge = {**CHARGE, "Next": "Ship"}
    del charge["End"]
    ship = task("lambda:invoke", {"FunctionName": "${Ship}", "Payload.$": "$"})
    refund = task("lambda:invoke", {"FunctionName": "${Charge}", "Payload": {"refund.$": "$"}})
    del refund["End"]
    both = {"timeout_seconds": 20}
    return {
        "definition": {"StartAt": "Charge", "States": {"Charge": charge, "Ship": ship}},
        "functions": {
            "Charge": {"arn": f"{FUNCTION}:live", **both},
            "Ship": {"arn": f"{FUNCTION}-ship:live", **both},
        },
        "undo": {"Charge": {"task": refund}},
        **more,
    }


def made(name: str = "orders", **args: Any) -> StateMachine:
    """The component, inside a program."""
    if "definition_file" not in args:
        args = {"definition": PASS, **args}
    return StateMachine(name, args)  # type: ignore[arg-type]


def machine(*, known: bool = True, name: str = "orders", **args: Any) -> Deployment:
    """One workflow deployed in memory; ``result`` holds its outputs."""
    return deploy(lambda: made(name, **args), known=known)


def refusal(*, name: str = "orders", **args: Any) -> str:
    """The message with which the constructor refuses; nothing may be registered by then."""
    registered: list[str] = []

    def record(seen: pulumi.ResourceTransformationArgs) -> None:
        registered.append(seen.name)

    def program() -> None:
        pulumi.runtime.register_stack_transformation(record)
        made(name, **args)

    with pytest.raises(ValueError, match=name) as error:
        deploy(program)
    assert not registered
    text = str(error.value)
    start = f"StateMachine '{name}': "
    assert text.startswith(start)
    return text.removeprefix(start)


def granted(grant: Callable[[StateMachine], Any], **args: Any) -> Any:
    """What a grant method returns, with ARNs resolved."""
    return deploy(lambda: grant(made(**args))).result


def definition(deployment: Deployment) -> Any:
    """The workflow as Step Functions gets it."""
    return json.loads(deployment.one(MACHINE).inputs["definition"])


def statements(deployment: Deployment, name: str = "orders") -> list[dict[str, Any]]:
    """What a role is allowed."""
    return list(json.loads(deployment.one(POLICY, name).inputs["policy"])["Statement"])


def trusted(deployment: Deployment, name: str = "orders") -> dict[str, Any]:
    """Who may take a role."""
    (found,) = json.loads(deployment.one(ROLE, name).inputs["assumeRolePolicy"])["Statement"]
    return dict(found)


def allowed(deployment: Deployment, name: str = "orders") -> dict[str, set[str]]:
    """ARNs that a role may touch, by action, but for writing logs."""
    found: dict[str, set[str]] = {}
    for statement in statements(deployment, name):
        for action in statement["Action"]:
            if not action.startswith("logs:"):
                found.setdefault(action, set()).update(statement["Resource"])
    return found
