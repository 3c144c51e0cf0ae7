"""The role of a function: one inline policy in which each statement has a part that needs it.

No managed policy: AWS's own would let the function write to every log group of the account.
Nobody else's function can take the role: it is handed to Lambda with ``iam:PassRole``, which
works within an account only. Lambda's documentation names no ``aws:SourceArn`` or
``aws:SourceAccount`` that it would send when it takes a role, so the trust has no such condition.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from ..environment import secret_statements
from ..policy import Statement, allow, document, trust
from . import failures
from .settings import Settings
from .surroundings import FileSystem

PRINCIPAL = "lambda.amazonaws.com"
TABLE_ACTIONS = (
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
)
_TRACING_REASON = "X-Ray knows no resource for the segments that are sent to it"
_INTERFACE_REASON = (
    "Lambda makes the interfaces before anything names them, and describing them works on all "
    "resources only (Lambda developer guide, 'Giving Lambda functions access to resources in an "
    "Amazon VPC')"
)
_INTERFACE_ACTIONS = (
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
)


def make_role(
    made: Settings,
    log_group_arn: pulumi.Output[str],
    failure_queue_arn: pulumi.Output[str],
    table_arn: pulumi.Output[str] | None,
    sources: Sequence[Statement],
    tags: Mapping[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> "tuple[aws.iam.Role, aws.iam.RolePolicy]":
    """The role and its policy.

    Args:
        made: the function's settings.
        log_group_arn: the one log group that it writes to.
        failure_queue_arn: where its failed asynchronous calls go, unless elsewhere.
        table_arn: of the idempotency table, if there is one.
        sources: what the triggers need.
        tags: of the role.
        opts: with the component as ``parent``.
    """
    fixed = [
        allow(
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            pulumi.Output.concat(log_group_arn, ":*"),
        ),
        *sources,
        *made.permissions,
    ]
    if made.tracing:
        fixed.append(
            allow(
                ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*", reason=_TRACING_REASON
            )
        )
    if made.vpc is not None:
        fixed.append(
            allow(
                _INTERFACE_ACTIONS,
                "*",
                # Lambda itself asks without this key, the handler's code always with it (developer
                # guide, "Using source function ARN"): it is not the code's permission.
                condition={"Null": {"lambda:SourceFunctionArn": "true"}},
                reason=_INTERFACE_REASON,
            )
        )
    if made.file_system is not None:
        fixed.append(_mount(made.file_system))
    if made.failures.to_failure_queue:
        fixed.append(allow("sqs:SendMessage", failure_queue_arn))
    if table_arn is not None:
        fixed.append(allow(TABLE_ACTIONS, table_arn))

    # Which action a secret or a destination needs is in its ARN, which a first preview does not
    # know.
    def render(known: Mapping[str, Mapping[str, str]]) -> pulumi.Input[str]:
        return document(
            [
                *fixed,
                *secret_statements(
                    f"{made.who}: secrets",
                    list(known["secrets"].values()),
                    parameter_action="ssm:GetParameter",
                ),
                *failures.statements(made.who, known["destinations"]),
            ]
        )

    later: pulumi.Output[Any] = pulumi.Output.from_input(
        {"secrets": dict(made.secrets), "destinations": made.failures.targets()}
    )
    role = aws.iam.Role(
        made.name,
        description=f"What the function {made.name} may do",
        assume_role_policy=trust(PRINCIPAL),
        tags=tags,
        opts=opts,
    )
    policy = aws.iam.RolePolicy(made.name, role=role.id, policy=later.apply(render), opts=opts)
    return role, policy


def _mount(file_system: FileSystem) -> Statement:
    actions = ["elasticfilesystem:ClientMount"]
    if not file_system.read_only:
        actions.append("elasticfilesystem:ClientWrite")
    arn: pulumi.Output[str] = pulumi.Output.from_input(file_system.access_point_arn)
    return allow(
        actions,
        # The access point's ARN does not say which file system it is of; only that one has it.
        arn.apply(lambda known: f"{known.partition(':access-point/')[0]}:file-system/*"),
        condition={"StringEquals": {"elasticfilesystem:AccessPointArn": arn}},
    )
