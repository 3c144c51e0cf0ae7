"""Schedules of EventBridge Scheduler: the clock calls the function.

It owns the schedules, the group they are in, and the role with which the Scheduler calls the
function's alias, and nothing else. Left out: the older rules with a schedule, which know no
time zone and no single run.
"""

import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from ...checks import integer
from ...errors import check_keys, invalid, nearest
from ...policy import allow, document, trust
from . import expressions
from .base import Plan, Subject, Target
from .names import check_names
from .retries import checked_retries

PRINCIPAL = "scheduler.amazonaws.com"
TIMEZONE = "UTC"
"""Summer time skips or repeats an hour; whoever wants the wall clock names its zone."""


class ScheduleTrigger(TypedDict):
    """Call the function by the clock::

    "schedules": {
        "tick": {"expression": "rate(5 minutes)"},
        "report": {"expression": "cron(0 8 ? * MON-FRI *)", "timezone": "Europe/Berlin",
                   "input": {"report": "daily"}},
    }
    """

    expression: str
    """``rate(5 minutes)``, ``cron(minutes hours day-of-month month day-of-week year)`` or, for
    one run, ``at(2030-01-31T08:00:00)``. The five fields of a Unix cron are translated:
    ``cron(0 2 * * *)`` becomes ``cron(0 2 * * ? *)``, and in them Sunday is 0."""
    timezone: NotRequired[str]
    """IANA name of the zone whose clock counts, such as ``Europe/Berlin``. Default ``UTC``."""
    input: NotRequired[Mapping[str, Any]]
    """What the function gets, as JSON; outputs may be values. By default the Scheduler's own
    event, with source ``aws.scheduler`` and detail-type ``Scheduled Event``."""
    flexible_minutes: NotRequired[int]
    """Minutes by which a run may be late, 0 to 1440, so that not everything starts on the
    hour. Default 0: on time."""
    start: NotRequired[str]
    """First moment of a schedule that repeats, in UTC: ``2030-01-01T00:00:00Z``. By default
    now."""
    end: NotRequired[str]
    """Last moment of a schedule that repeats, in UTC, after ``start``. By default never."""
    retries: NotRequired[int]
    """How often the Scheduler tries again when it cannot reach Lambda, 0 to 185. Default 185."""
    max_age_seconds: NotRequired[int]
    """How long it does so, 60 to 86400 seconds. Default 86400, a day; then the run goes to the
    failure queue."""
    enabled: NotRequired[bool]
    """Whether it runs. Default True."""


class _Schedules(TypedDict):
    schedules: Mapping[str, ScheduleTrigger]


@dataclass(frozen=True)
class _Schedule:
    expression: expressions.Expression
    timezone: str
    input: Mapping[str, Any] | None
    flexible_minutes: int
    start: str | None
    end: str | None
    retry_policy: Any
    enabled: bool


def plan(subject: Subject, given: Mapping[str, ScheduleTrigger]) -> Plan:
    """Check the schedules of a function; warn of runs that may overlap.

    Raises:
        ValueError: a name, an expression, a zone or a limit that the Scheduler would refuse.
    """
    check_keys(subject.who, {"schedules": given}, _Schedules, prefix="triggers.")
    check_names(subject, "schedules", given, "schedule")
    checked = {
        name: _checked(subject.who, f"triggers.schedules.{name}", item)
        for name, item in given.items()
    }
    for name, item in checked.items():
        _warn_of_overlap(subject, f"triggers.schedules.{name}", item)
    return _Plan(checked)


@dataclass(frozen=True)
class _Plan(Plan):
    schedules: Mapping[str, _Schedule]

    def connect(self, target: Target) -> Mapping[str, Any]:
        if not self.schedules:
            return {}
        scope = target.scope
        group = aws.scheduler.ScheduleGroup(
            f"{scope.name}-schedules", tags=scope.tags, opts=scope.opts
        )
        role, policy = _role(target, group)
        for name, schedule in self.schedules.items():
            aws.scheduler.Schedule(
                f"{scope.name}-schedule-{name}",
                description=f"Calls {scope.name}: {name}",
                group_name=group.name,
                schedule_expression=schedule.expression.text,
                schedule_expression_timezone=schedule.timezone,
                start_date=schedule.start,
                end_date=schedule.end,
                flexible_time_window=(
                    {
                        "mode": "FLEXIBLE",
                        "maximum_window_in_minutes": schedule.flexible_minutes,
                    }
                    if schedule.flexible_minutes
                    else {"mode": "OFF"}
                ),
                state="ENABLED" if schedule.enabled else "DISABLED",
                target={
                    "arn": target.alias.arn,
                    "role_arn": role.arn,
                    "input": (
                        None
                        if schedule.input is None
                        else pulumi.Output.json_dumps(schedule.input, sort_keys=True)
                    ),
                    "dead_letter_config": {"arn": scope.failure_queue.arn},
                    "retry_policy": schedule.retry_policy,
                },
                # The first run must find the permission.
                opts=pulumi.ResourceOptions.merge(
                    scope.opts, pulumi.ResourceOptions(depends_on=[policy])
                ),
            )
        return {}


def _role(
    target: Target, group: "aws.scheduler.ScheduleGroup"
) -> "tuple[aws.iam.Role, aws.iam.RolePolicy]":
    """The Scheduler calls with a role rather than by a permission of the function.

    The group is the narrowest source that its trust policy may name (Scheduler user guide,
    "Confused deputy prevention"); that is what the group is for.
    """
    scope = target.scope
    name = f"{scope.name}-schedules"
    role = aws.iam.Role(
        name,
        description=f"The Scheduler calls {scope.name} with it",
        assume_role_policy=trust(PRINCIPAL, source_account=target.account_id, source_arn=group.arn),
        tags=scope.tags,
        opts=scope.opts,
    )
    policy = aws.iam.RolePolicy(
        name,
        role=role.id,
        policy=document(
            [
                allow("lambda:InvokeFunction", target.alias.arn),
                allow("sqs:SendMessage", scope.failure_queue.arn),
            ]
        ),
        opts=scope.opts,
    )
    return role, policy


def _checked(who: str, field: str, given: ScheduleTrigger) -> _Schedule:
    expression = expressions.parse(who, f"{field}.expression", given["expression"])
    start, end = given.get("start"), given.get("end")
    for key, moment in (("start", start), ("end", end)):
        if moment is None:
            continue
        if expression.one_time:
            hint = "at(...) is the moment already."
            raise invalid(who, f"{field}.{key}", moment, "with rate(...) and cron(...)", hint)
        _check_moment(who, f"{field}.{key}", moment)
    # Both have one form and one zone, so that text compares as time does.
    if start is not None and end is not None and end <= start:
        raise invalid(who, f"{field}.end", end, f"moments after start={start!r}")
    enabled, minutes = given.get("enabled"), given.get("flexible_minutes")
    return _Schedule(
        expression,
        _checked_zone(who, f"{field}.timezone", given.get("timezone") or TIMEZONE),
        given.get("input"),
        integer(who, f"{field}.flexible_minutes", 0 if minutes is None else minutes, 0, 1440),
        start,
        end,
        checked_retries(who, field, given),
        enabled is None or enabled,
    )


def _check_moment(who: str, field: str, given: str) -> None:
    try:
        exists = datetime.fromisoformat(given)
    except ValueError:
        exists = None
    if exists is None or not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", given):
        allowed = "a moment in UTC such as '2030-01-01T00:00:00Z'"
        raise invalid(who, field, given, allowed, "The zone of the clock is 'timezone'.")


def _checked_zone(who: str, field: str, given: str) -> str:
    try:
        zoneinfo.ZoneInfo(given)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        known = zoneinfo.available_timezones()
        if known:  # a machine without the database cannot tell
            close = nearest(given, known)
            hint = f"Did you mean {close!r}?" if close else ""
            raise invalid(
                who, field, given, "IANA names such as 'UTC' or 'Europe/Berlin'", hint
            ) from None
    return given


def _warn_of_overlap(subject: Subject, field: str, schedule: _Schedule) -> None:
    interval = schedule.expression.smallest_interval
    if interval is None or interval.total_seconds() >= subject.timeout_seconds:
        return
    pulumi.log.warn(
        f"{subject.who}: {field}.expression={schedule.expression.text!r} runs every "
        f"{interval.total_seconds():.0f} seconds, and timeout_seconds={subject.timeout_seconds} "
        "lets a run take longer: runs may overlap. Lower the timeout, or make sure that two "
        "runs at once do no harm."
    )
