"""The role of a state machine: one inline policy with a statement for each thing its tasks do.

Left out is who may answer a task that waits for its token: that is ``callback_policy()`` for
the role of whoever does. What cannot be narrowed to a resource has its reason.
"""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from ..policy import Statement, allow, document, trust
from . import maps, needs
from .arns import account_of, beside
from .definition import PLACEHOLDER
from .settings import Settings

PRINCIPAL = "states.amazonaws.com"
LOG_ACTIONS = (
    *("logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:GetLogDelivery"),
    *("logs:ListLogDeliveries", "logs:UpdateLogDelivery", "logs:PutResourcePolicy"),
    *("logs:DescribeResourcePolicies", "logs:DescribeLogGroups"),
)
LOG_REASON = (
    "log deliveries and the policies of log groups have no resource that could be named (Step "
    "Functions developer guide, 'Using CloudWatch Logs to log execution history')"
)
TRACING_ACTIONS = (
    *("xray:PutTraceSegments", "xray:PutTelemetryRecords"),
    *("xray:GetSamplingRules", "xray:GetSamplingTargets"),
)
TRACING_REASON = "X-Ray knows no resource for segments and sampling rules"


def make_role(
    made: Settings,
    own: Mapping[str, pulumi.Input[str]],
    log_group_arn: pulumi.Output[str],
    tags: Mapping[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> "tuple[aws.iam.Role, list[aws.iam.RolePolicy]]":
    """The role, and its policy unless it needs none.

    Args:
        made: the machine's settings.
        own: ARNs of what the component makes itself, by placeholder.
        log_group_arn: the group that it writes to; it also tells account and region.
        tags: of the role.
        opts: with the component as ``parent``.
    """
    fixed = list(made.permissions)
    if made.log_level != "OFF":
        fixed.append(allow(LOG_ACTIONS, "*", reason=LOG_REASON))
    if made.tracing:
        fixed.append(allow(TRACING_ACTIONS, "*", reason=TRACING_REASON))
    arns: dict[str, pulumi.Input[str]] = {**made.arns, **own}
    wanted = {name for need in made.needs for name in PLACEHOLDER.findall(need.target)}

    def render(known: Mapping[str, Any]) -> pulumi.Input[str]:
        return document(
            [*fixed, *needs.statements(made.who, made.needs, known["arns"], known["own"])]
        )

    later: pulumi.Output[Any] = pulumi.Output.from_input(
        {"arns": {name: arns[name] for name in sorted(wanted)}, "own": log_group_arn}
    )
    role = aws.iam.Role(
        made.name,
        description=f"What the state machine {made.name} may do",
        # Any state machine of the account and region: this one's ARN comes after its role.
        assume_role_policy=trust(
            PRINCIPAL,
            source_account=log_group_arn.apply(account_of),
            source_arn=log_group_arn.apply(lambda arn: beside(arn, "states", "stateMachine:*")),
        ),
        tags=tags,
        opts=opts,
    )
    if not fixed and not made.needs:
        return role, []
    policy = aws.iam.RolePolicy(made.name, role=role.id, policy=later.apply(render), opts=opts)
    return role, [policy]


def allow_own_maps(
    made: Settings,
    role: "aws.iam.Role",
    machine: "aws.sfn.StateMachine",
    opts: pulumi.ResourceOptions,
) -> None:
    """What distributed Maps need on the machine itself, once there is one."""

    def render(arn: str) -> pulumi.Input[str]:
        found: list[Statement] = [allow(*item) for item in maps.statements(arn)]
        return document(found)

    aws.iam.RolePolicy(
        f"{made.name}-maps", role=role.id, policy=machine.arn.apply(render), opts=opts
    )
