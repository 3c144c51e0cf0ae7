"""What the tests of FargateWebService share: a network, and one service deployed in memory."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from components.fargate import FargateWebService, FargateWebServiceArgs
from components.network import Placement
from components.testing import Deployment, deploy
from components.web_app import WebApp

SERVICE = "aws:ecs/service:Service"
IMAGE = "registry.example.com/web@sha256:" + "0" * 64


def placement(nat: str = "none") -> Placement:
    return {
        "vpc_id": "vpc-1",
        "public_subnet_ids": ["subnet-a", "subnet-b"],
        "private_subnet_ids": ["subnet-c", "subnet-d"],
        "nat": nat,
    }


def settings(app: Mapping[str, Any] | None = None, **args: Any) -> FargateWebServiceArgs:
    """The least that a service needs, and what a test adds."""
    whole: WebApp = {"image": IMAGE, **(app or {})}  # type: ignore[typeddict-item]
    return {"app": whole, "network": placement(), **args}  # type: ignore[typeddict-item]


def web(
    app: Mapping[str, Any] | None = None,
    *,
    known: bool = True,
    name: str = "web",
    stack: str = "dev",
    **args: Any,
) -> Deployment:
    """One service deployed in memory; ``result`` holds its outputs."""
    return deploy(lambda: FargateWebService(name, settings(app, **args)), known=known, stack=stack)


def refusal(app: Mapping[str, Any] | None = None, *, name: str = "web", **args: Any) -> str:
    """The message with which the constructor refuses; nothing may be registered."""
    with pytest.raises(ValueError, match=name) as error:
        web(app, name=name, **args)
    return str(error.value)


def container(deployment: Deployment) -> dict[str, Any]:
    """The container definition of the only task definition."""
    definition = deployment.one("aws:ecs/taskDefinition:TaskDefinition")
    (found,) = json.loads(definition.inputs["containerDefinitions"])
    return dict(found)


def statements(deployment: Deployment, role: str) -> list[dict[str, Any]]:
    """The statements of a role's inline policy."""
    policy = deployment.one("aws:iam/rolePolicy:RolePolicy", role)
    return list(json.loads(policy.inputs["policy"])["Statement"])


def names(deployment: Deployment, type: str) -> Sequence[str]:
    return sorted(resource.name for resource in deployment.of(type))
