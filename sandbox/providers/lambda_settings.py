"""The configuration of a function: what a program may set, and what Lambda refuses of it."""

import re
import shutil
from typing import Any

from .base import Inputs, Tagged
from .common import exactly_one, one_of, present, within
from .lambda_common import ARCHITECTURES, check_destination
from .lambda_package import check_code

PYTHON = ("python3.10", "python3.11", "python3.12", "python3.13", "python3.14")
NODE = ("nodejs20.x", "nodejs22.x", "nodejs24.x")
PROVIDED = ("provided.al2", "provided.al2023")
IN_IMAGES = (
    "java11",
    "java17",
    "java21",
    "java25",
    "dotnet8",
    "dotnet10",
    "ruby3.2",
    "ruby3.3",
    "ruby3.4",
)
"""Runtimes that the emulator has as container images only."""
RUNTIMES = (*PYTHON, *NODE, *PROVIDED, *IN_IMAGES)
ENVIRONMENT_LIMIT = 4096
"""Bytes of all names and values together (Lambda developer guide, "Lambda quotas")."""
LOG_LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
SYSTEM_LEVELS = ("DEBUG", "INFO", "WARN")
_RESERVED = frozenset(
    {
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
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
    }
)
"""Variables that Lambda sets itself (developer guide, "Defined runtime environment variables")."""
_NAME = re.compile(r"^[\w-]{1,64}$", re.ASCII)
_VARIABLE = re.compile(r"^[A-Za-z][A-Za-z0-9_]+$")
_GROUP = re.compile(r"^[\w.#/-]{1,512}$", re.ASCII)
_ACCESS_POINT = re.compile(r"^arn:[\w-]+:elasticfilesystem:[\w-]+:\d{12}:access-point/fsap-\w+$")
_MOUNT = re.compile(r"^/mnt/[\w.-]+$", re.ASCII)
_LAYER = re.compile(r"^arn:[\w-]+:lambda:[\w-]+:\d{12}:layer:[\w-]{1,140}:\d+$", re.ASCII)


class DeadLetterConfig(Inputs):
    """Where an event goes that failed in every attempt."""

    target_arn: str


class Environment(Inputs):
    """Variables."""

    variables: dict[str, str] = {}


class EphemeralStorage(Inputs):
    """MiB of /tmp."""

    size: int = 512


class FileSystemConfig(Inputs):
    """An access point and where it is mounted."""

    arn: str
    local_mount_path: str


class LoggingConfig(Inputs):
    """Where logs go, and how they look."""

    log_format: str
    log_group: str | None = None
    application_log_level: str | None = None
    system_log_level: str | None = None


class SnapStart(Inputs):
    """Whether published versions start from a snapshot."""

    apply_on: str


class TracingConfig(Inputs):
    """Whether invocations are sampled."""

    mode: str


class VpcConfig(Inputs):
    """The network a function is in."""

    subnet_ids: list[str] = []
    security_group_ids: list[str] = []
    ipv6_allowed_for_dual_stack: bool = False


class FunctionInputs(Tagged):
    """Inputs of a function."""

    role: str
    name: str | None = None
    runtime: str
    handler: str
    code: Any = None
    s3_bucket: str | None = None
    s3_key: str | None = None
    s3_object_version: str | None = None
    source_code_hash: str | None = None
    architectures: list[str] = ["x86_64"]
    description: str = ""
    memory_size: int = 128
    timeout: int = 3
    environment: Environment | None = None
    ephemeral_storage: EphemeralStorage | None = None
    layers: list[str] = []
    kms_key_arn: str | None = None
    dead_letter_config: DeadLetterConfig | None = None
    file_system_config: FileSystemConfig | None = None
    logging_config: LoggingConfig | None = None
    snap_start: SnapStart | None = None
    tracing_config: TracingConfig | None = None
    vpc_config: VpcConfig | None = None
    publish: bool = False
    reserved_concurrent_executions: int = -1
    skip_destroy: bool = False


def settings(function: str, inputs: FunctionInputs) -> dict[str, Any]:
    """The whole configuration as boto3 wants it: what is left out is what it is by default."""
    logs, vpc = inputs.logging_config, inputs.vpc_config
    dead, files = inputs.dead_letter_config, inputs.file_system_config
    return {
        "Role": inputs.role,
        "Runtime": inputs.runtime,
        "Handler": inputs.handler,
        "Description": inputs.description,
        "MemorySize": inputs.memory_size,
        "Timeout": inputs.timeout,
        "Environment": {"Variables": inputs.environment.variables if inputs.environment else {}},
        "EphemeralStorage": {
            "Size": inputs.ephemeral_storage.size if inputs.ephemeral_storage else 512
        },
        "Layers": inputs.layers,
        "KMSKeyArn": inputs.kms_key_arn or "",
        "DeadLetterConfig": {"TargetArn": dead.target_arn if dead else ""},
        "FileSystemConfigs": [{"Arn": files.arn, "LocalMountPath": files.local_mount_path}]
        if files
        else [],
        "LoggingConfig": present(
            LogFormat=logs.log_format if logs else "Text",
            LogGroup=(logs.log_group if logs else None) or f"/aws/lambda/{function}",
            ApplicationLogLevel=logs.application_log_level if logs else None,
            SystemLogLevel=logs.system_log_level if logs else None,
        ),
        "SnapStart": {"ApplyOn": inputs.snap_start.apply_on if inputs.snap_start else "None"},
        "TracingConfig": {
            "Mode": inputs.tracing_config.mode if inputs.tracing_config else "PassThrough"
        },
        "VpcConfig": {
            "SubnetIds": vpc.subnet_ids if vpc else [],
            "SecurityGroupIds": vpc.security_group_ids if vpc else [],
            "Ipv6AllowedForDualStack": vpc.ipv6_allowed_for_dual_stack if vpc else False,
        },
    }


def check_settings(inputs: FunctionInputs, engine: str) -> None:
    """Refuse what Lambda refuses of a configuration, before anything is asked of it.

    Args:
        engine: ``docker`` or ``process``; some runtimes are images only.
    """
    if inputs.name is not None and not _NAME.match(inputs.name):
        raise ValueError(
            f"name={inputs.name!r}: up to 64 letters, digits, hyphens and _ are taken."
        )
    _check_runtime(inputs.runtime, engine)
    if not 0 < len(inputs.handler) <= 128 or re.search(r"\s", inputs.handler):
        raise ValueError(f"handler={inputs.handler!r}: 1 to 128 characters, no space.")
    if exactly_one("a function", {"code": inputs.code, "s3Bucket": inputs.s3_bucket}) == "code":
        check_code("code", inputs.code)
    elif inputs.s3_key is None:
        raise ValueError("s3Bucket needs s3Key.")
    if len(inputs.architectures) != 1:
        raise ValueError(f"architectures={inputs.architectures!r}: one is taken.")
    one_of("architectures", inputs.architectures[0], ARCHITECTURES)
    if len(inputs.description) > 256:
        raise ValueError(f"description has {len(inputs.description)} characters; AWS takes 256.")
    within("memorySize", inputs.memory_size, 128, 10_240)
    within("timeout", inputs.timeout, 1, 900)
    within("reservedConcurrentExecutions", inputs.reserved_concurrent_executions, -1, 900)
    if inputs.environment is not None:
        _check_environment(inputs.environment.variables)
    if len(inputs.layers) > 5:
        raise ValueError(f"layers has {len(inputs.layers)} entries; Lambda takes 5.")
    for layer in inputs.layers:
        if not _LAYER.match(layer):
            raise ValueError(f"layers: {layer!r} is not the ARN of a layer's version.")
    if inputs.dead_letter_config is not None:
        target = inputs.dead_letter_config.target_arn
        check_destination("deadLetterConfig.targetArn", target, ("sqs", "sns"))
    if inputs.tracing_config is not None:
        one_of("tracingConfig.mode", inputs.tracing_config.mode, ("Active", "PassThrough"))
    if inputs.logging_config is not None:
        _check_logging(inputs.logging_config)
    _check_places(inputs)


def _check_runtime(runtime: str, engine: str) -> None:
    one_of("runtime", runtime, RUNTIMES)
    if runtime in IN_IMAGES and engine != "docker":
        raise ValueError(f"runtime={runtime!r} runs in a container here, and there is no Docker.")
    if runtime in NODE and shutil.which("node") is None:
        raise ValueError(f"runtime={runtime!r} runs with this machine's node, and there is none.")


def _check_environment(variables: dict[str, str]) -> None:
    for name in variables:
        if name in _RESERVED:
            raise ValueError(f"environment.variables.{name} is set by Lambda itself.")
        if not _VARIABLE.match(name):
            raise ValueError(
                f"environment.variables: {name!r} must be two or more letters, digits and _, and "
                "begin with a letter."
            )
    size = sum(len(name.encode()) + len(value.encode()) for name, value in variables.items())
    if size > ENVIRONMENT_LIMIT:
        raise ValueError(
            f"environment.variables has {size} bytes; Lambda takes {ENVIRONMENT_LIMIT}."
        )


def _check_logging(logs: LoggingConfig) -> None:
    one_of("loggingConfig.logFormat", logs.log_format, ("Text", "JSON"))
    if logs.log_group is not None and not _GROUP.match(logs.log_group):
        raise ValueError(f"loggingConfig.logGroup={logs.log_group!r} is not a log group's name.")
    for field, level, allowed in (
        ("applicationLogLevel", logs.application_log_level, LOG_LEVELS),
        ("systemLogLevel", logs.system_log_level, SYSTEM_LEVELS),
    ):
        if level is not None:
            one_of(f"loggingConfig.{field}", level, allowed)
            if logs.log_format != "JSON":
                raise ValueError(f"loggingConfig.{field} needs logFormat JSON.")


def _check_places(inputs: FunctionInputs) -> None:
    """Network, file system, /tmp and snapshots, which depend on each other."""
    vpc, files = inputs.vpc_config, inputs.file_system_config
    if vpc is not None:
        if bool(vpc.subnet_ids) != bool(vpc.security_group_ids):
            raise ValueError("vpcConfig needs subnetIds and securityGroupIds, or neither.")
        within("the number of vpcConfig.subnetIds", len(vpc.subnet_ids), 0, 16)
        within("the number of vpcConfig.securityGroupIds", len(vpc.security_group_ids), 0, 5)
    if files is not None:
        if not _ACCESS_POINT.match(files.arn):
            raise ValueError(f"fileSystemConfig.arn={files.arn!r} is not an access point's ARN.")
        if not _MOUNT.match(files.local_mount_path):
            raise ValueError(
                f"fileSystemConfig.localMountPath={files.local_mount_path!r} must be /mnt/NAME."
            )
        if vpc is None or not vpc.subnet_ids:
            raise ValueError("fileSystemConfig needs vpcConfig: the file system is in a network.")
    storage = inputs.ephemeral_storage.size if inputs.ephemeral_storage else 512
    within("ephemeralStorage.size", storage, 512, 10_240)
    if inputs.snap_start is None:
        return
    one_of("snapStart.applyOn", inputs.snap_start.apply_on, ("PublishedVersions", "None"))
    if inputs.snap_start.apply_on == "None":
        return
    if files is not None:
        raise ValueError("snapStart and fileSystemConfig exclude each other.")
    if storage > 512:
        raise ValueError("snapStart and an ephemeralStorage above 512 exclude each other.")
