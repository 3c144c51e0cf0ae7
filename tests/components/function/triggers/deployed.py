"""A function around the plans of one kind of trigger, deployed in memory."""

import json
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components import policy, queues
from components.alarms.watch import Watch
from components.function.triggers.base import Scope, Subject, Target
from components.testing import ACCOUNT, UNKNOWN, Deployment, deploy

TAGS = {"slipway:component": "MultiTriggerFunction/shop"}


class Function(pulumi.ComponentResource):
    """What MultiTriggerFunction does around the triggers of one kind."""

    def __init__(
        self,
        name: str,
        kind: ModuleType,
        given: Mapping[str, Any],
        *,
        timeout: int = 30,
        reserved: int | None = None,
        **scope: Any,
    ) -> None:
        subject = Subject(f"MultiTriggerFunction {name!r}", name, timeout, reserved)
        self.plan = kind.plan(subject, given)
        super().__init__("slipway:index:MultiTriggerFunction", name)
        opts = pulumi.ResourceOptions(parent=self)
        alarms, topic = scope.pop("alarms", True), scope.pop("alarm_topic_arn", None)
        common: dict[str, Any] = {
            "name": name,
            "tags": TAGS,
            "opts": opts,
            "log_retention_days": 30,
            "watch": Watch(name, self.plan.formulas(subject), alarms, topic, TAGS, opts),
            "force_delete": False,
        }
        self.failures = queues.make_queue(f"{name}-failures", opts=opts, tags=TAGS, policy=False)
        self.scope = Scope(**(common | scope), failure_queue=self.failures)
        statements = self.plan.make_sources(self.scope)
        trust = policy.trust("lambda.amazonaws.com")
        role = aws.iam.Role(name, assume_role_policy=trust, opts=opts)
        document = policy.document(statements or [policy.allow("logs:PutLogEvents", "arn:x")])
        ready = aws.iam.RolePolicy(name, role=role.id, policy=document, opts=opts)
        function = aws.lambda_.Function(name, role=role.arn, tags=TAGS, opts=opts)
        alias = aws.lambda_.Alias(
            name,
            function_name=function.name,
            function_version=function.version,
            opts=opts,
        )
        account = pulumi.Output.from_input(ACCOUNT)
        self.target = Target(self.scope, function, alias, account, [ready])
        self.outputs = self.plan.connect(self.target)
        self.register_outputs({})


def made(
    kind: ModuleType, given: Mapping[str, Any], *, known: bool = True, **options: Any
) -> Deployment:
    """One function ``shop`` with these triggers; the result is the component's outputs."""
    return deploy(lambda: Function("shop", kind, given, **options).outputs, known=known)


def refused(kind: ModuleType, given: Mapping[str, Any], **options: Any) -> str:
    """What the caller reads; nothing may have been registered by then."""
    registered: list[str] = []

    def note(args: pulumi.ResourceTransformationArgs) -> None:
        registered.append(args.name)

    def program() -> None:
        pulumi.runtime.register_stack_transformation(note)
        Function("shop", kind, given, **options)

    with pytest.raises(ValueError, match="shop") as error:
        deploy(program)
    assert not registered
    return str(error.value)


def statements(deployment: Deployment, name: str = "shop") -> Sequence[Mapping[str, Any]]:
    """What the function's role is allowed."""
    text = deployment.one("aws:iam/rolePolicy:RolePolicy", name).inputs["policy"]
    found: Sequence[Mapping[str, Any]] = json.loads(text)["Statement"]
    return found


def allowed(deployment: Deployment, name: str = "shop") -> dict[str, set[str]]:
    """ARNs that the role may touch, by action."""
    found: dict[str, set[str]] = {}
    for statement in statements(deployment, name):
        for action in statement["Action"]:
            found.setdefault(action, set()).update(statement["Resource"])
    return found


__all__ = ["ACCOUNT", "TAGS", "UNKNOWN", "Function", "allowed", "made", "refused", "statements"]
