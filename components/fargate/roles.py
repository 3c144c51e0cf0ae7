"""The two roles: what ECS may do to start a task, and what the app in it may do.

Secrets and image pulls belong to the execution role; the app never sees it.
"""

import pulumi
import pulumi_aws as aws

from ..environment import secret_statements
from ..policy import allow, document, trust
from .settings import Settings

EXEC_REASON = "ECS Exec opens its channels before anything names them; they have no ARN"
EXEC_ACTIONS = (
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
)


def trust_of_tasks(cluster_arn: pulumi.Output[str]) -> pulumi.Output[str]:
    """Tasks of the cluster's account and region may take the role, nobody else's.

    ECS supports no narrower source than that (developer guide, "Amazon ECS task IAM
    role", confused deputy).
    """
    parts = cluster_arn.apply(lambda arn: arn.split(":"))
    return pulumi.Output.from_input(
        trust(
            "ecs-tasks.amazonaws.com",
            source_account=parts.apply(lambda found: found[4]),
            source_arn=parts.apply(lambda found: ":".join([*found[:5], "*"])),
        )
    )


def execution_role(
    settings: Settings,
    cluster_arn: pulumi.Output[str],
    log_group_arn: pulumi.Output[str],
    tags: dict[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> "tuple[aws.iam.Role, aws.iam.RolePolicy]":
    """Pull the image, read the secrets, write to the log group; nothing else."""
    name = f"{settings.name}-execution"
    role = aws.iam.Role(
        name,
        description=f"ECS starts the tasks of {settings.name} with it",
        assume_role_policy=trust_of_tasks(cluster_arn),
        tags=tags,
        opts=opts,
    )
    fixed = [
        allow(
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            pulumi.Output.concat(log_group_arn, ":*"),
        ),
        *settings.execution_permissions,
    ]
    # Which action a secret needs is in its ARN, which a first preview does not know.
    arns: pulumi.Output[list[str]] = pulumi.Output.all(*settings.app.secrets.values())

    def render(known: list[str]) -> pulumi.Input[str]:
        return document([*fixed, *secret_statements("FargateWebService: app.secrets", known)])

    policy = aws.iam.RolePolicy(
        name,
        role=role.id,
        policy=arns.apply(render),
        opts=opts,
    )
    return role, policy


def task_role(
    settings: Settings,
    cluster_arn: pulumi.Output[str],
    tags: dict[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> "tuple[aws.iam.Role, aws.iam.RolePolicy | None]":
    """What ``app.permissions`` says, and ECS Exec's channels where it is on."""
    name = f"{settings.name}-task"
    role = aws.iam.Role(
        name,
        description=f"What the app in {settings.name} may do",
        assume_role_policy=trust_of_tasks(cluster_arn),
        tags=tags,
        opts=opts,
    )
    statements = list(settings.app.permissions)
    if settings.app.exec:
        statements.append(allow(list(EXEC_ACTIONS), "*", reason=EXEC_REASON))
    if not statements:
        return role, None
    policy = aws.iam.RolePolicy(name, role=role.id, policy=document(statements), opts=opts)
    return role, policy
