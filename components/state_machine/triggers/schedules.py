"""Schedules of EventBridge Scheduler: the clock starts executions.

It owns the schedules, the group they are in, and the role with which the Scheduler starts the
alias. What a schedule may say is checked where functions have theirs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from ...function.triggers import schedules
from ...policy import allow
from .base import Plan, Subject, Target

PRINCIPAL = schedules.PRINCIPAL


class WorkflowSchedule(TypedDict):
    """Start an execution by the clock::

    "schedules": {
        "nightly": {"expression": "cron(0 2 * * ? *)", "timezone": "Europe/Berlin",
                    "input": {"report": "daily"}},
    }
    """

    expression: str
    """``rate(5 minutes)``, ``cron(minutes hours day-of-month month day-of-week year)`` or, for
    one execution, ``at(2030-01-31T08:00:00)``. The five fields of a Unix cron are translated."""
    timezone: NotRequired[str]
    """IANA name of the zone whose clock counts, such as ``Europe/Berlin``. Default ``UTC``."""
    input: NotRequired[Mapping[str, Any]]
    """Input of the execution, as JSON; outputs may be values. By default the Scheduler's own
    event, with source ``aws.scheduler`` and detail-type ``Scheduled Event``."""
    flexible_minutes: NotRequired[int]
    """Minutes by which a start may be late, 0 to 1440. Default 0: on time."""
    start: NotRequired[str]
    """First moment of a schedule that repeats, in UTC: ``2030-01-01T00:00:00Z``. By default
    now."""
    end: NotRequired[str]
    """Last moment of a schedule that repeats, in UTC, after ``start``. By default never."""
    retries: NotRequired[int]
    """How often the Scheduler tries again to start it, 0 to 185. Default 185."""
    max_age_seconds: NotRequired[int]
    """How long it does so, 60 to 86400 seconds. Default 86400, a day; then the run goes to the
    failure queue."""
    enabled: NotRequired[bool]
    """Whether it runs. Default True."""


def plan(subject: Subject, given: Mapping[str, WorkflowSchedule]) -> Plan:
    """Check the schedules of a machine.

    Raises:
        ValueError: a name, an expression, a zone or a limit that the Scheduler would refuse.
    """
    same_fields: Any = given
    checked: Any = schedules.plan(subject.as_function(), same_fields)
    return _Plan(checked.schedules)


@dataclass(frozen=True)
class _Plan(Plan):
    schedules: Mapping[str, Any]
    """As the function's kind has checked them."""
    may_fail = True

    def connect(self, target: Target) -> Mapping[str, Any]:
        role = "schedules"
        name = f"{target.name}-{role}"
        group = aws.scheduler.ScheduleGroup(name, tags=target.tags, opts=target.opts)
        # The group is the narrowest source that the Scheduler names.
        starter, policy = target.starter(
            role,
            PRINCIPAL,
            source_account=target.account_id,
            source_arn=group.arn,
            more=[allow("sqs:SendMessage", target.failures.arn)],
        )
        for key, item in self.schedules.items():
            window: Any = {"mode": "OFF"}
            if item.flexible_minutes:
                window = {"mode": "FLEXIBLE", "maximum_window_in_minutes": item.flexible_minutes}
            aws.scheduler.Schedule(
                f"{target.name}-schedule-{key}",
                description=f"Starts {target.name}: {key}",
                group_name=group.name,
                schedule_expression=item.expression.text,
                schedule_expression_timezone=item.timezone,
                start_date=item.start,
                end_date=item.end,
                flexible_time_window=window,
                state="ENABLED" if item.enabled else "DISABLED",
                target={
                    "arn": target.alias.arn,
                    "role_arn": starter.arn,
                    "dead_letter_config": {"arn": target.failures.arn},
                    "input": (
                        None
                        if item.input is None
                        else pulumi.Output.json_dumps(item.input, sort_keys=True)
                    ),
                    "retry_policy": item.retry_policy,
                },
                opts=target.after(policy),
            )
        return {}
