"""The Lambda function itself, with what it runs in and with."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from .settings import Settings
from .surroundings import IDEMPOTENCY_VARIABLE, make_security_group

SYSTEM_LOG_LEVEL = "INFO"
"""Lambda tells of memory used and of cold starts at this level only."""


def make_function(
    made: Settings,
    role: "aws.iam.Role",
    policy: "aws.iam.RolePolicy",
    log_group: "aws.cloudwatch.LogGroup",
    table: "aws.dynamodb.Table | None",
    tags: Mapping[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> "tuple[aws.lambda_.Function, pulumi.Output[str] | None]":
    """The function, and the security group that was made for it, if one was.

    Args:
        made: the function's settings.
        role: what the handler may do.
        policy: what makes it so; the first call must find it.
        log_group: what it writes to.
        table: of processed calls, if there is one.
        tags: of everything.
        opts: with the component as ``parent``.
    """
    before: list[pulumi.Resource] = [policy]
    more: dict[str, Any] = {}
    variables = dict(made.variables)
    if table is not None:
        variables[IDEMPOTENCY_VARIABLE] = table.name
    if variables:
        more["environment"] = {"variables": variables}
    group_id: pulumi.Output[str] | None = None
    if made.vpc is not None:
        groups = made.vpc.security_group_ids
        if groups is None:
            group, way_out = make_security_group(made.name, made.vpc, tags, opts)
            group_id, groups = group.id, [group.id]
            before.append(way_out)
        more["vpc_config"] = {
            "subnet_ids": list(made.vpc.subnet_ids),
            "security_group_ids": list(groups),
        }
    if made.file_system is not None:
        more["file_system_config"] = {
            "arn": made.file_system.access_point_arn,
            "local_mount_path": made.file_system.mount_path,
        }
    if made.release.snap_start:
        more["snap_start"] = {"apply_on": "PublishedVersions"}
    if made.failures.dead_letter_arn is not None:
        more["dead_letter_config"] = {"target_arn": made.failures.dead_letter_arn}
    function = aws.lambda_.Function(
        made.name,
        role=role.arn,
        code=pulumi.FileArchive(str(made.package.path)),
        source_code_hash=made.package.hash,
        handler=made.handler,
        runtime=made.runtime,
        architectures=[made.architecture],
        memory_size=made.memory,
        timeout=made.timeout_seconds,
        ephemeral_storage={"size": made.ephemeral_storage},
        layers=list(made.layers) or None,
        # A group of another name than Lambda would choose: what it writes late, after the group
        # was deleted, cannot bring the group back without retention.
        logging_config={
            "log_format": "JSON",
            "log_group": log_group.name,
            "application_log_level": made.log_level,
            "system_log_level": SYSTEM_LOG_LEVEL,
        },
        tracing_config={"mode": "Active" if made.tracing else "PassThrough"},
        reserved_concurrent_executions=made.reserved_concurrency,
        publish=True,
        tags=tags,
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=before)),
        **more,
    )
    return function, group_id
