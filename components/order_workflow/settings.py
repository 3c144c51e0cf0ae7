"""Checks what the caller wrote and fills in the defaults, before a resource exists."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import pulumi

from ..architecture import checked_architecture
from ..checks import integer, workflow_name
from ..environment import checked_environment
from ..errors import check_keys, invalid
from ..logs import checked_retention
from ..runtimes import checked_runtime
from ..shipped import function_code
from ..state_machine import WorkflowRelease
from ..state_machine.composed import Composed
from . import watching
from .args import OrderWorkflowArgs

KIND = "OrderWorkflow"
APPROVAL_SECONDS = 24 * 3600
"""A day: whoever approves has been at work once."""
FUNCTIONS = ("validate_order", "process_payment", "fulfill_order")
RESERVED = (
    "ORDERS_TABLE",
    "PAYMENTS_TABLE",
    "POWERTOOLS_METRICS_NAMESPACE",
    "POWERTOOLS_SERVICE_NAME",
)
"""Variables of the functions that say what the component has made and watches."""


@dataclass(frozen=True)
class Settings:
    """An OrderWorkflow's arguments, checked, in Python's types."""

    who: str
    runtime: str
    architecture: str
    code: Mapping[str, str]
    """Folders of the three functions."""
    environment: Mapping[str, pulumi.Input[str]]
    approval_above: float | None
    approval_seconds: int
    release: WorkflowRelease
    tracing: bool
    log_retention_days: int
    alarms: bool
    alarm_topic_arn: pulumi.Input[str] | None
    composed: Composed
    """Its alarms, and which of the overrides are whose."""
    force_delete: bool
    tags: Mapping[str, pulumi.Input[str]]


def resolve(name: str, args: OrderWorkflowArgs) -> Settings:
    """Check every argument of the component ``name``.

    Raises:
        ValueError: naming component, field, given value, what is allowed, and the next step.
    """
    who = f"{KIND} '{name}'"
    check_keys(who, args, OrderWorkflowArgs)
    given: Mapping[str, Any] = {key: value for key, value in args.items() if value is not None}
    workflow_name(who, name)
    environment = given.get("environment", {})
    for variable in RESERVED:
        if variable in environment:
            raise ValueError(
                f"{who}: environment[{variable!r}] is set by the component, which makes the "
                "tables and watches the metrics. Next step: leave it out."
            )
    own = {key: value for key, value in given.get("functions", {}).items() if value is not None}
    above, seconds = _amount(who, given.get("approval_above")), _approval_seconds(who, given)
    composed = watching.composed(
        who,
        name,
        given.get("alarm_overrides"),
        approval_above=above,
        approval_seconds=seconds,
    )
    return Settings(
        who=who,
        runtime=checked_runtime(who, "runtime", given.get("runtime")),
        architecture=checked_architecture(who, "architecture", given.get("architecture")),
        code={key: own.get(key) or function_code(key) for key in FUNCTIONS},
        environment=checked_environment(who, environment, {}),
        approval_above=above,
        approval_seconds=seconds,
        release=cast(WorkflowRelease, given.get("release", {})),
        tracing=given.get("tracing", False),
        log_retention_days=checked_retention(who, given.get("log_retention_days")),
        alarms=given.get("alarms", True),
        alarm_topic_arn=given.get("alarm_topic_arn"),
        composed=composed,
        force_delete=given.get("force_delete", False),
        tags=given.get("tags", {}),
    )


def _amount(who: str, given: object) -> float | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given < 1e12:
        raise invalid(
            who,
            "approval_above",
            given,
            "an amount of 0 or more",
            "Leave it out, and nobody is asked.",
        )
    return float(given)


def _approval_seconds(who: str, given: Mapping[str, Any]) -> int:
    field, seconds = "approval_seconds", given.get("approval_seconds")
    if seconds is None:
        return APPROVAL_SECONDS
    if "approval_above" not in given:
        raise invalid(
            who, field, seconds, "with approval_above only", "Nobody is asked without it."
        )
    return integer(who, field, seconds, 60, 30 * 24 * 3600)
