"""What a function runs in and with besides its code: variables, a VPC, a file system."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from ..checks import one_of
from ..environment import checked_environment
from ..errors import invalid
from ..network.component import DEFAULT_NAT, NAT_MODES
from ..policy import Statement
from .args import FunctionFileSystem, FunctionVpc

ENVIRONMENT_BYTES = 4096
"""All variables together (Lambda quotas); Lambda measures them as JSON."""
IDEMPOTENCY_VARIABLE = "IDEMPOTENCY_TABLE"
RESERVED = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }
)
"""What Lambda sets itself and lets nobody else set (Lambda developer guide, "Defined runtime
environment variables")."""
MOUNT_PATH = re.compile(r"/mnt/[A-Za-z0-9._-]+")
LONGEST_MOUNT_PATH = 160
MOST_GROUPS = 5
GATEWAY_SERVICES = ("s3", "dynamodb")
"""What ``Network`` gives a way to without NAT."""
_NO_ENDPOINT = ("xray", "logs", "iam")
"""Lambda sends traces and logs itself, outside the VPC; IAM answers in one region only."""
_ENDPOINTS = {
    "cloudwatch": "monitoring",
    "firehose": "kinesis-firehose",
    "kinesis": "kinesis-streams",
    "ses": "email",
}
"""Endpoints that are not called as the prefix of the service's actions is."""


@dataclass(frozen=True)
class Vpc:
    """Where a function has its network interfaces, checked."""

    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    security_group_ids: Sequence[pulumi.Input[str]] | None
    """None: one is made."""
    offline: bool
    """Whether there is no way to the internet."""


@dataclass(frozen=True)
class FileSystem:
    """An EFS file system to mount, checked."""

    access_point_arn: pulumi.Input[str]
    mount_path: str
    read_only: bool


def checked_variables(
    who: str,
    environment: Mapping[str, pulumi.Input[str]],
    secrets: Mapping[str, pulumi.Input[str]],
    *,
    idempotency: bool,
) -> dict[str, pulumi.Input[str]]:
    """Every variable of the function that the caller decides; secrets as their ARNs.

    Raises:
        ValueError: Lambda would refuse a name, or all of them for their size.
    """
    checked = {**checked_environment(who, environment, secrets), **secrets}
    for field, names in (("environment", environment), ("secrets", secrets)):
        for name in names:
            if name in RESERVED:
                raise invalid(
                    who, field, name, "names that Lambda does not set itself", "Rename it."
                )
            if len(name) < 2 or name.startswith("_"):
                raise invalid(
                    who, field, name, "names of two characters or more that start with a letter"
                )
            if idempotency and name == IDEMPOTENCY_VARIABLE:
                raise ValueError(
                    f"{who}: {field}[{name!r}] is what idempotency=True sets. Remove one of the "
                    "two."
                )
    known = {name: value for name, value in checked.items() if isinstance(value, str)}
    size = len(json.dumps(known, ensure_ascii=False).encode())
    if size > ENVIRONMENT_BYTES:
        longest = max(known, key=lambda name: len(known[name]))
        raise invalid(
            who,
            "environment",
            f"{size} bytes",
            f"{ENVIRONMENT_BYTES} bytes, as JSON, for all variables",
            f"The longest is {longest}: keep it in a file of the code, in SSM or in S3.",
        )
    return checked


def checked_vpc(who: str, given: FunctionVpc | None) -> Vpc | None:
    """The VPC of a function, if it has one.

    Raises:
        ValueError: there is no subnet for it, or it has no or too many security groups.
    """
    if given is None:
        return None
    network, groups = given["network"], given.get("security_group_ids")
    nat = one_of(who, "vpc.network.nat", network.get("nat") or DEFAULT_NAT, NAT_MODES)
    if not network["private_subnet_ids"]:
        raise invalid(
            who,
            "vpc.network.private_subnet_ids",
            [],
            "at least one subnet",
            "A function gets no public address: in a public subnet it would reach nothing outside.",
        )
    if groups is not None and not 1 <= len(groups) <= MOST_GROUPS:
        raise invalid(
            who,
            "vpc.security_group_ids",
            f"{len(groups)} groups",
            f"1 to {MOST_GROUPS}",
            "Leave it out and one is made.",
        )
    return Vpc(
        vpc_id=network["vpc_id"],
        subnet_ids=network["private_subnet_ids"],
        security_group_ids=groups,
        offline=nat == "none",
    )


def checked_file_system(
    who: str, given: FunctionFileSystem | None, vpc: Vpc | None
) -> FileSystem | None:
    """The file system of a function, if it has one.

    Raises:
        ValueError: it has no VPC to reach it through, or the path is not below ``/mnt``.
    """
    if given is None:
        return None
    if vpc is None:
        raise ValueError(
            f"{who}: file_system needs vpc: EFS is reached through a subnet only. Set vpc to the "
            "network of the file system's mount targets."
        )
    path, arn = given["mount_path"], given["access_point_arn"]
    if not MOUNT_PATH.fullmatch(path) or len(path) > LONGEST_MOUNT_PATH:
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", path.removeprefix("/mnt")).strip("-") or "files"
        raise invalid(
            who,
            "file_system.mount_path",
            path,
            f"/mnt/<name>, up to {LONGEST_MOUNT_PATH} characters",
            f"Write '/mnt/{name[:100]}'.",
        )
    if isinstance(arn, str) and ":access-point/" not in arn:
        raise invalid(
            who,
            "file_system.access_point_arn",
            arn,
            "the ARN of an EFS access point",
            "Use its arn.",
        )
    return FileSystem(arn, path, bool(given.get("read_only")))


def hint_of_endpoints(
    who: str, vpc: Vpc, permissions: Sequence[Statement], secrets: Mapping[str, Any]
) -> None:
    """Warn of services that the handler is allowed to use and cannot reach."""
    services = {action.partition(":")[0] for item in permissions for action in item["actions"]}
    for arn in secrets.values():
        services.add(arn.split(":")[2] if isinstance(arn, str) else "ssm or secretsmanager")
    missing = sorted(services - {*GATEWAY_SERVICES, *_NO_ENDPOINT})
    if not vpc.offline or not missing:
        return
    endpoints = ", ".join(f"com.amazonaws.<region>.{_ENDPOINTS.get(s, s)}" for s in missing)
    pulumi.log.warn(
        f"{who}: vpc.network has nat='none', so the function reaches the VPC, "
        f"{' and '.join(GATEWAY_SERVICES)} and nothing else, and it is allowed to use "
        f"{', '.join(missing)}. Next step: make interface endpoints in the VPC ({endpoints}), "
        "or give the network nat='single'."
    )


def make_security_group(
    name: str, vpc: Vpc, tags: Mapping[str, pulumi.Input[str]], opts: pulumi.ResourceOptions
) -> "tuple[aws.ec2.SecurityGroup, aws.vpc.SecurityGroupEgressRule]":
    """A way out and none in."""
    group = aws.ec2.SecurityGroup(
        name,
        description=f"Function {name}: reached by nobody, reaches everything",
        vpc_id=vpc.vpc_id,
        tags=tags,
        opts=opts,
    )
    # A group made by Pulumi has no way out by itself; which databases and APIs the handler calls
    # is its own affair, and those have groups of their own that let it in.
    way_out = aws.vpc.SecurityGroupEgressRule(
        f"{name}-out",
        security_group_id=group.id,
        cidr_ipv4="0.0.0.0/0",
        ip_protocol="-1",
        description="What the handler calls",
        tags=tags,
        opts=opts,
    )
    return group, way_out
