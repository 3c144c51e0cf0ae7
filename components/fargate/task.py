"""The task definition: one container, its log options, its check, its writable /tmp."""

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from .clients import region_of
from .settings import Settings

NO_CHECK = ("NONE",)
"""ECS's own word for "no container health check"."""
SCRATCH = "tmp"
"""Name of the volume mounted at /tmp while the root file system is read-only."""
LONGEST_START_SECONDS = 300
"""ECS's limit for a container check's start period; the service's own grace goes further."""
SHORTEST_STOP_SECONDS = 2
"""ECS's least ``stopTimeout``."""
ARCHITECTURES = {"arm64": "ARM64", "x86_64": "X86_64"}


def check_command(port: int, path: str, timeout_seconds: int) -> list[str]:
    """Ask the health path with the image's own Python: slim images have neither curl nor wget.

    ``urlopen`` raises, so Python exits with 1, on a refused connection, a timeout and
    any status of 400 and above.
    """
    url = f"http://127.0.0.1:{port}{path}"
    script = f"import urllib.request as r; r.urlopen({url!r}, timeout={timeout_seconds})"
    return ["CMD", "python3", "-c", script]


def container(settings: Settings, log_group: "aws.cloudwatch.LogGroup") -> dict[str, Any]:
    """The container definition, in ECS's own words; values may be Outputs."""
    app = settings.app
    definition: dict[str, Any] = {
        "name": settings.name,
        "image": app.image,
        "essential": True,
        "portMappings": [{"containerPort": app.port, "protocol": "tcp"}],
        "environment": [
            {"name": key, "value": value} for key, value in sorted(app.environment.items())
        ],
        "secrets": [
            {"name": key, "valueFrom": value} for key, value in sorted(app.secrets.items())
        ],
        "readonlyRootFilesystem": app.read_only_root,
        # A proper init reaps the children that a worker leaves behind and passes SIGTERM on.
        "linuxParameters": {"initProcessEnabled": True},
        "stopTimeout": max(app.drain_seconds, SHORTEST_STOP_SECONDS),
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": log_group.name,
                "awslogs-region": log_group.arn.apply(region_of),
                "awslogs-stream-prefix": settings.name,
            },
        },
    }
    if app.command:
        definition["command"] = list(app.command)
    if app.read_only_root:
        definition["mountPoints"] = [
            {"sourceVolume": SCRATCH, "containerPath": "/tmp", "readOnly": False}  # noqa: S108 - in the task
        ]
    if (check := _check(settings)) is not None:
        definition["healthCheck"] = check
    return definition


def _check(settings: Settings) -> dict[str, Any] | None:
    health = settings.app.health
    command: Sequence[str] | None = settings.container_check_command
    if command is not None and tuple(command) == NO_CHECK:
        return None
    return {
        "command": list(command)
        if command is not None
        else check_command(settings.app.port, health.path, health.timeout_seconds),
        "interval": health.interval_seconds,
        "timeout": health.timeout_seconds,
        "retries": health.unhealthy_threshold,
        "startPeriod": min(health.grace_seconds, LONGEST_START_SECONDS),
    }


def make_task_definition(
    settings: Settings,
    log_group: "aws.cloudwatch.LogGroup",
    execution_role: "aws.iam.Role",
    task_role: "aws.iam.Role",
    tags: dict[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> "aws.ecs.TaskDefinition":
    """One revision. The ones before stay registered: a rollback needs them."""
    app = settings.app
    return aws.ecs.TaskDefinition(
        settings.name,
        family=f"{settings.name}-{pulumi.get_stack()}",
        cpu=str(app.cpu),
        memory=str(app.memory),
        network_mode="awsvpc",
        requires_compatibilities=["FARGATE"],
        runtime_platform={
            "operating_system_family": "LINUX",
            "cpu_architecture": ARCHITECTURES[app.architecture],
        },
        execution_role_arn=execution_role.arn,
        task_role_arn=task_role.arn,
        container_definitions=pulumi.Output.json_dumps([container(settings, log_group)]),
        volumes=[{"name": SCRATCH}] if app.read_only_root else None,
        skip_destroy=True,
        tags=tags,
        opts=opts,
    )
