"""What the tests of OrderWorkflow share: one workflow deployed in memory."""

import json
from typing import Any

import pulumi
import pytest

from components.order_workflow import OrderWorkflow
from components.testing import Deployment, deploy

MACHINE = "aws:sfn/stateMachine:StateMachine"
POLICY = "aws:iam/rolePolicy:RolePolicy"


def made(name: str = "orders", **args: Any) -> OrderWorkflow:
    """The component, inside a program."""
    return OrderWorkflow(name, {**args})  # type: ignore[typeddict-item]


def workflow(*, known: bool = True, name: str = "orders", **args: Any) -> Deployment:
    """One workflow deployed in memory; ``result`` holds the component."""
    return deploy(lambda: made(name, **args), known=known)


def refusal(*, name: str = "orders", **args: Any) -> str:
    """The message with which the constructor refuses; nothing may be registered by then."""
    registered: list[str] = []

    def record(seen: pulumi.ResourceTransformationArgs) -> None:
        registered.append(seen.name)

    def program() -> None:
        pulumi.runtime.register_stack_transformation(record)
        made(name, **args)

    with pytest.raises(ValueError, match="OrderWorkflow") as error:
        deploy(program)
    assert not registered
    return str(error.value)


def statements(deployment: Deployment, name: str) -> list[dict[str, Any]]:
    """What the role of this name is allowed."""
    text = deployment.one(POLICY, name).inputs["policy"]
    return list(json.loads(text)["Statement"])
