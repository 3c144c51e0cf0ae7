"""Checks what the caller wrote and turns it into plain settings with every default filled in.

Everything that can be wrong is found here, before a resource exists; the code is packed as
well. The rules of one concern stand with it: ``release.py``, ``failures.py``,
``surroundings.py``, and each trigger kind's ``plan``.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pulumi

from .. import packaging, policy
from ..alarms.watch import Formulas, checked
from ..architecture import checked_architecture
from ..checks import integer, one_of
from ..errors import check_keys, invalid
from ..logs import checked_retention
from ..packaging import Package
from ..policy import Statement
from ..runtimes import checked_runtime
from . import failures, release, surroundings, watching
from .args import MultiTriggerFunctionArgs
from .failures import Failures
from .release import Release
from .surroundings import FileSystem, Vpc
from .triggers.base import Plan, Subject
from .triggers.features import check_features
from .triggers.kinds import plan_all

KIND = "MultiTriggerFunction"
NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*")
LONGEST_NAME = 46
"""A role's name has at most 64 characters, of which Pulumi takes eight to make it unique and the
role of schedules ten."""
HANDLER = "handler.handler"
MEMORY = 256
"""MiB: at the smallest size, 128, the import of boto3 alone takes seconds of the CPU share that
comes with it."""
TIMEOUT_SECONDS = 29
"""The longest that a REST API waits for an answer; an HTTP API waits a second longer."""
EPHEMERAL_STORAGE = 512
"""MiB, what is free."""
MOST_LAYERS = 5
LOG_LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
LOG_LEVEL = "INFO"
_LAYER = re.compile(r"arn:[a-z-]+:lambda:[a-z0-9-]+:\d{12}:layer:[A-Za-z0-9_-]+:\d+")


@dataclass(frozen=True)
class Settings:
    """A MultiTriggerFunction's arguments, checked, in Python's types."""

    who: str
    name: str
    package: Package
    handler: str
    runtime: str
    architecture: str
    memory: int
    timeout_seconds: int
    ephemeral_storage: int
    variables: Mapping[str, pulumi.Input[str]]
    secrets: Mapping[str, pulumi.Input[str]]
    layers: Sequence[pulumi.Input[str]]
    permissions: Sequence[Statement]
    vpc: Vpc | None
    file_system: FileSystem | None
    reserved_concurrency: int | None
    release: Release
    failures: Failures
    idempotency: bool
    tracing: bool
    log_retention_days: int
    log_level: str
    alarms: bool
    alarm_topic_arn: pulumi.Input[str] | None
    formulas: Formulas
    """Every alarm that the function should have, by thing, overrides included."""
    force_delete: bool
    triggers: Mapping[str, Any]
    """As they were given, by kind."""
    plans: Mapping[str, Plan]
    """What becomes of them, by kind."""
    tags: Mapping[str, pulumi.Input[str]]


def resolve(name: str, args: MultiTriggerFunctionArgs) -> Settings:
    """Check every argument of the component ``name``, and pack its code.

    Raises:
        ValueError: naming component, field, given value, what is allowed, and the next step.
    """
    who = f"{KIND} '{name}'"
    given = cast(object, args)
    if isinstance(given, Mapping):
        check_features(who, given.get("triggers"))  # it knows which other kind has a field
    check_keys(who, args, MultiTriggerFunctionArgs)
    # None means "not given", as it does in other languages.
    args = cast(MultiTriggerFunctionArgs, _without_none(args))
    _check_name(who, name)
    runtime = checked_runtime(who, "runtime", args.get("runtime"))
    architecture = checked_architecture(who, "architecture", args.get("architecture"))
    timeout = integer(who, "timeout_seconds", args.get("timeout_seconds", TIMEOUT_SECONDS), 1, 900)
    storage = integer(
        who, "ephemeral_storage", args.get("ephemeral_storage", EPHEMERAL_STORAGE), 512, 10_240
    )
    memory = integer(who, "memory", args.get("memory", MEMORY), 128, 10_240)
    reserved = None
    if "reserved_concurrency" in args:
        reserved = integer(who, "reserved_concurrency", args["reserved_concurrency"], 0)
    environment, secrets = args.get("environment", {}), args.get("secrets", {})
    idempotency, permissions = args.get("idempotency", False), args.get("permissions", ())
    variables = surroundings.checked_variables(who, environment, secrets, idempotency=idempotency)
    _check_permissions(who, permissions)
    vpc = surroundings.checked_vpc(who, args.get("vpc"))
    file_system = surroundings.checked_file_system(who, args.get("file_system"), vpc)
    around = release.Surroundings(
        runtime=runtime,
        reserved_concurrency=reserved,
        ephemeral_storage=storage,
        file_system=file_system is not None,
    )
    released = release.resolve(who, args.get("release", {}), around)
    failed = failures.resolve(who, args.get("failures", {}))
    layers = _checked_layers(who, args.get("layers", ()))
    days = checked_retention(who, args.get("log_retention_days"))
    level = one_of(who, "log_level", args.get("log_level", LOG_LEVEL), LOG_LEVELS)
    handler = args.get("handler", HANDLER)
    package = packaging.package(
        who, args["code"], runtime=runtime, architecture=architecture, handler=handler
    )
    # Last: a function that is refused claims no bucket's events.
    triggers, subject = args.get("triggers", {}), Subject(who, name, timeout, reserved)
    plans = plan_all(subject, triggers)
    formulas = watching.formulas(subject, plans.values(), idempotency=idempotency)
    if vpc is not None:
        surroundings.hint_of_endpoints(who, vpc, permissions, secrets)
    return Settings(
        who=who,
        name=name,
        package=package,
        handler=handler,
        runtime=runtime,
        architecture=architecture,
        memory=memory,
        timeout_seconds=timeout,
        ephemeral_storage=storage,
        variables=variables,
        secrets=secrets,
        layers=layers,
        permissions=permissions,
        vpc=vpc,
        file_system=file_system,
        reserved_concurrency=reserved,
        release=released,
        failures=failed,
        idempotency=idempotency,
        tracing=args.get("tracing", False),
        log_retention_days=days,
        log_level=level,
        alarms=args.get("alarms", True),
        alarm_topic_arn=args.get("alarm_topic_arn"),
        formulas=checked(who, formulas, args.get("alarm_overrides")),
        force_delete=args.get("force_delete", False),
        triggers=triggers,
        plans=plans,
        tags=args.get("tags", {}),
    )


def _without_none(given: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in given.items() if value is not None}


def _check_name(who: str, name: str) -> None:
    if not NAME.fullmatch(name):
        raise invalid(
            who, "name", name, "letters, digits and single hyphens between them, a letter first"
        )
    if len(name) > LONGEST_NAME:
        raise invalid(
            who,
            "name",
            name,
            f"at most {LONGEST_NAME} characters, not {len(name)}",
            "It names the role, which AWS limits to 64 with what Pulumi adds.",
        )


def _check_permissions(who: str, permissions: Sequence[Statement]) -> None:
    for number, statement in enumerate(permissions):
        try:
            policy.check(statement)
        except ValueError as error:
            raise ValueError(f"{who}: permissions[{number}]: {error}") from None


def _checked_layers(who: str, layers: Sequence[pulumi.Input[str]]) -> Sequence[pulumi.Input[str]]:
    if len(layers) > MOST_LAYERS:
        raise invalid(
            who,
            "layers",
            f"{len(layers)} layers",
            f"at most {MOST_LAYERS}",
            "One PythonLayer holds any number of packages: put several into one.",
        )
    for number, layer in enumerate(layers):
        if isinstance(layer, str) and not _LAYER.fullmatch(layer):
            raise invalid(
                who,
                f"layers[{number}]",
                layer,
                "the ARN of a layer's version, which ends in its number",
                "Use PythonLayer.arn.",
            )
    return layers
