"""What ECS does with the execution role before a task starts, and how it fails.

Pulling from ECR, reading secrets and writing logs happen with that role on AWS. Here the
same permissions are asked of the emulator's IAM, and a refusal stops the task with AWS's
words. Policies on the secrets themselves are not consulted.
"""

from collections.abc import Callable, Mapping
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch_logs, ecs, ssm

from sandbox.cloud.settings import Settings

from . import guard, roles

_ECR_ACTIONS = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
_SECRETS = "ResourceInitializationError: unable to pull secrets or registry auth: "
_LOGGER = (
    "ResourceInitializationError: failed to validate logger args: create stream has been "
    "retried 1 times: failed to create Cloudwatch log stream: "
)


def apply(settings: Settings) -> None:
    """Check before each start; hand out secure parameters decrypted."""
    registry = f"127.0.0.1:{settings.port}/"

    def start(original: Callable[..., Any]) -> Callable[..., Any]:
        def worker(task: dict[str, Any], td: Any, overrides: Any, client: Any) -> None:
            if reason := problem(task, td, registry):
                ecs._fail_task_start(task, client, reason)
            else:
                original(task, td, overrides, client)

        return worker

    def secrets(original: Callable[..., Any]) -> Callable[..., Any]:
        def resolve(cdef: Mapping[str, Any]) -> dict[str, str]:
            resolved: dict[str, str] = original(cdef)
            for secret in cdef.get("secrets", []):
                if "secretsmanager" not in secret["valueFrom"]:
                    plain = ssm.resolve_parameter_value(secret["valueFrom"], decrypt=True)
                    resolved[secret["name"]] = str(plain)
            return resolved

        return resolve

    guard.checked(ssm, "resolve_parameter_value", "(name_or_arn, version=None, decrypt=False)")
    guard.checked(ecs, "_fail_task_start", "(task, docker_client, reason)")
    guard.wrap(ecs, "_start_task_worker", "(task, td, container_overrides, docker_client)", start)
    guard.wrap(ecs, "_resolve_container_secrets", "(cdef)", secrets)


def problem(task: Mapping[str, Any], td: Mapping[str, Any], registry: str) -> str | None:
    """Why the task cannot be started, or None."""
    role, session = td.get("executionRoleArn") or "", task["taskArn"].rsplit("/", 1)[-1]
    for given in (role, td.get("taskRoleArn") or ""):
        if given and not roles.trusts_tasks(given):
            return (
                f"ECS was unable to assume the role '{given}' that was "
                "provided for this task. Please verify that the role being passed has the "
                "proper trust relationship and permissions and that your IAM user has "
                "permissions to pass this role."
            )
    for cdef in td.get("containerDefinitions", []):
        found = (
            _image(cdef, role, session, registry)
            or _secret(cdef, role, session)
            or _logs(cdef, role, session)
        )
        if found:
            return found
    return None


def _image(cdef: Mapping[str, Any], role: str, session: str, registry: str) -> str | None:
    image = str(cdef["image"])
    if not image.startswith(registry):
        return None
    if not role:
        return (
            f"{_SECRETS}execution resource retrieval failed: unable to retrieve ecr registry "
            "auth: the task definition has no execution role"
        )
    if refused := roles.refusal(role, session, "ecr:GetAuthorizationToken", "*"):
        return (
            f"{_SECRETS}execution resource retrieval failed: unable to retrieve ecr registry "
            f"auth: service call has been retried 3 time(s): {refused}"
        )
    name = image.removeprefix(registry).partition("@")[0].partition(":")[0]
    arn = f"arn:aws:ecr:{get_region()}:{get_account_id()}:repository/{name}"
    for action in _ECR_ACTIONS:
        if refused := roles.refusal(role, session, action, arn):
            return f"CannotPullContainerError: failed to resolve ref {image}: {refused}"
    return None


def _secret(cdef: Mapping[str, Any], role: str, session: str) -> str | None:
    for secret in cdef.get("secrets", []):
        source = str(secret["valueFrom"])
        if "secretsmanager" in source:
            action, resource, store = (
                "secretsmanager:GetSecretValue", ":".join(source.split(":")[:7]), "asm",
            )  # fmt: skip
        else:
            name = source if source.startswith("/") else f"/{source}"
            arn = f"arn:aws:ssm:{get_region()}:{get_account_id()}:parameter{name}"
            resource = source if source.startswith("arn:") else arn
            action, store = "ssm:GetParameters", "ssm"
        refused = (
            roles.refusal(role, session, action, resource)
            if role
            else "the task definition has no execution role"
        )
        if refused:
            return (
                f"{_SECRETS}execution resource retrieval failed: unable to retrieve secret from "
                f"{store}: service call has been retried 1 time(s): failed to fetch secret "
                f"{source}: {refused}"
            )
    return None


def _logs(cdef: Mapping[str, Any], role: str, session: str) -> str | None:
    config = cdef.get("logConfiguration") or {}
    options = config.get("options") or {}
    group = options.get("awslogs-group")
    if config.get("logDriver") != "awslogs" or not group:
        return None
    region = options.get("awslogs-region") or get_region()
    arn = f"arn:aws:logs:{region}:{get_account_id()}:log-group:{group}"
    creates = str(options.get("awslogs-create-group", "")).lower() == "true"
    stream = f"{arn}:log-stream:{options.get('awslogs-stream-prefix', '')}/{cdef['name']}/{session}"
    wanted = [("logs:CreateLogStream", f"{arn}:*"), ("logs:PutLogEvents", stream)]
    if creates:
        wanted.insert(0, ("logs:CreateLogGroup", f"{arn}:*"))
    for action, resource in wanted:
        if not role:
            return f"{_LOGGER}the task definition has no execution role"
        # Policies name the group's streams as <group>:*, or the group itself.
        if roles.refusal(role, session, action, arn) and (
            refused := roles.refusal(role, session, action, resource)
        ):
            return _LOGGER + refused
    groups = cloudwatch_logs._log_groups
    if not creates and not groups.contains_scoped(get_account_id(), region, group):
        return f"{_LOGGER}ResourceNotFoundException: The specified log group does not exist."
    return None
