"""What the tests of MultiTriggerFunction share: one function deployed in memory."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.function import MultiTriggerFunction
from components.testing import Deployment, deploy

FUNCTION = "aws:lambda/function:Function"
ALIAS = "aws:lambda/alias:Alias"
CODE = str(Path(__file__).parent / "code")
ACCOUNT_ARN = "us-east-1:123456789012"
ALIAS_ARN = f"arn:aws:lambda:{ACCOUNT_ARN}:alias/live"
FAILURES_ARN = f"arn:aws:sqs:{ACCOUNT_ARN}:events-failures"
SECRET = f"arn:aws:secretsmanager:{ACCOUNT_ARN}:secret:key-a1b2c3"
PARAMETER = f"arn:aws:ssm:{ACCOUNT_ARN}:parameter/key"
NETWORK: dict[str, Any] = {
    "vpc_id": "vpc-1",
    "public_subnet_ids": ["subnet-a", "subnet-b"],
    "private_subnet_ids": ["subnet-c", "subnet-d"],
    "nat": "single",
}
EVERY_TRIGGER: dict[str, Any] = {
    "rest_api": {"routes": [{"method": "GET", "path": "/hello"}]},
    "http_api": {"routes": [{"method": "GET", "path": "/hello"}]},
    "url": {},
    "s3": {"uploads": {}},
    "sqs": {"jobs": {}},
    "sns": {"news": {}},
    "events": {"orders": {"pattern": {"source": ["shop"]}}},
    "schedules": {"tick": {"expression": "rate(5 minutes)"}},
    "tables": {"stock": {}},
    "streams": {"clicks": {}},
}


def made(name: str = "events", **args: Any) -> MultiTriggerFunction:
    """The component, inside a program."""
    return MultiTriggerFunction(name, {"code": CODE, **args})  # type: ignore[typeddict-item]


def function(*, known: bool = True, name: str = "events", **args: Any) -> Deployment:
    """One function deployed in memory; ``result`` holds its outputs."""
    return deploy(lambda: made(name, **args), known=known)


def refusal(*, name: str = "events", **args: Any) -> str:
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
    assert text.startswith(f"MultiTriggerFunction '{name}': ")
    return text


def granted(grant: Callable[[MultiTriggerFunction], Any], **args: Any) -> Any:
    """What a grant method of a function returns, with ARNs resolved."""
    return deploy(lambda: grant(made(**args))).result


def statements(deployment: Deployment, name: str = "events") -> list[dict[str, Any]]:
    """What the function's role is allowed."""
    text = deployment.one("aws:iam/rolePolicy:RolePolicy", name).inputs["policy"]
    return list(json.loads(text)["Statement"])


def allowed(deployment: Deployment) -> dict[str, set[str]]:
    """ARNs that the role may touch, by action."""
    found: dict[str, set[str]] = {}
    for statement in statements(deployment):
        for action in statement["Action"]:
            found.setdefault(action, set()).update(statement["Resource"])
    return found
