"""EventBridge Scheduler: schedules and their groups."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from .base import Inputs, Outputs, Provider, Tagged
from .common import ignoring, one_of, pairs, physical_name, present, tag_changes, within
from .events_expressions import check_expression, check_zone
from .events_target import (
    DeadLetterConfig,
    RetryPolicy,
    SqsTarget,
    check_delivery,
    check_json,
    retry_request,
)
from .role_checks import check_trust

DEFAULT = "default"
_NAME = re.compile(r"^[\w.-]{1,64}$", re.ASCII)
_SERVICE = "scheduler.amazonaws.com"


class FlexibleTimeWindow(Inputs):
    """How late a schedule may fire."""

    mode: str
    maximum_window_in_minutes: int | None = None


class Target(Inputs):
    """What a schedule calls, and as whom."""

    arn: str
    role_arn: str
    input: str | None = None
    dead_letter_config: DeadLetterConfig | None = None
    retry_policy: RetryPolicy | None = None
    sqs_parameters: SqsTarget | None = None


class ScheduleInputs(Inputs):
    """Inputs of a schedule."""

    name: str | None = None
    name_prefix: str | None = None
    group_name: str = DEFAULT
    description: str = ""
    schedule_expression: str
    schedule_expression_timezone: str = "UTC"
    flexible_time_window: FlexibleTimeWindow
    start_date: str | None = None
    end_date: str | None = None
    state: str = "ENABLED"
    action_after_completion: str = "NONE"
    target: Target


class Schedule(Provider[ScheduleInputs]):
    """One call, or many, at times of one's own."""

    token = "aws:scheduler/schedule:Schedule"
    inputs = ScheduleInputs
    replaces = frozenset({"name", "namePrefix", "groupName"})
    outputs = frozenset({"arn", "name"})
    inert: ClassVar[Mapping[str, str]] = {
        "scheduleExpressionTimezone": "stored; cron and at are read as UTC",
        "flexibleTimeWindow": "stored; a schedule fires when it is due",
        "target.roleArn": "functions and state machines are called with it, others without it",
        "target.deadLetterConfig": "what functions and state machines refuse goes there; what "
        "others refuse is dropped",
        "target.retryPolicy": "stored; delivery is tried once",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> ScheduleInputs:
        inputs = super().check(name, properties)
        check_expression("scheduleExpression", inputs.schedule_expression, once=True)
        check_zone("scheduleExpressionTimezone", inputs.schedule_expression_timezone)
        one_of("state", inputs.state, ("ENABLED", "DISABLED"))
        one_of("actionAfterCompletion", inputs.action_after_completion, ("NONE", "DELETE"))
        window, target = inputs.flexible_time_window, inputs.target
        one_of("flexibleTimeWindow.mode", window.mode, ("OFF", "FLEXIBLE"))
        if (window.mode == "FLEXIBLE") != (window.maximum_window_in_minutes is not None):
            raise ValueError("flexibleTimeWindow.maximumWindowInMinutes belongs to mode FLEXIBLE.")
        if window.maximum_window_in_minutes is not None:
            field = "flexibleTimeWindow.maximumWindowInMinutes"
            within(field, window.maximum_window_in_minutes, 1, 1440)
        for field, arn in (("target.arn", target.arn), ("target.roleArn", target.role_arn)):
            if not arn.startswith("arn:"):
                raise ValueError(f"{field}={arn!r} is not an ARN.")
        if target.arn.split(":")[2:3] in (["lambda"], ["states"]) and target.input is not None:
            check_json("target.input", target.input)
        check_delivery("target.", target.dead_letter_config, target.retry_policy)
        return inputs

    def create(self, name: str, inputs: ScheduleInputs) -> tuple[str, Outputs]:
        title = physical_name(name, inputs.name, inputs.name_prefix, limit=64)
        if not _NAME.match(title):
            raise ValueError(f"name={title!r}: up to 64 letters, digits and . - _ are taken.")
        self._check_role(inputs)
        arn = self.context.client("scheduler").create_schedule(Name=title, **_request(inputs))[
            "ScheduleArn"
        ]
        return f"{inputs.group_name}/{title}", {"arn": arn, "name": title}

    def update(
        self, id: str, old: ScheduleInputs, new: ScheduleInputs, outputs: Outputs
    ) -> Outputs:
        if old.target.role_arn != new.target.role_arn:
            self._check_role(new)
        self.context.client("scheduler").update_schedule(Name=outputs["name"], **_request(new))
        return outputs

    def delete(self, id: str, outputs: Outputs) -> None:
        group, _, name = id.partition("/")
        with ignoring("ResourceNotFoundException"):
            self.context.client("scheduler").delete_schedule(Name=name, GroupName=group)

    def _check_role(self, inputs: ScheduleInputs) -> None:
        """Refuse a role that Scheduler may not assume; it names the group as the source."""
        group = (
            f"arn:aws:scheduler:{self.context.region}:{self.context.account}:schedule-group/"
            f"{inputs.group_name}"
        )
        check_trust(self.context, "target.roleArn", inputs.target.role_arn, _SERVICE, group)


class ScheduleGroupInputs(Tagged):
    """Inputs of a group."""

    name: str | None = None
    name_prefix: str | None = None


class ScheduleGroup(Provider[ScheduleGroupInputs]):
    """Schedules that belong, and go, together."""

    token = "aws:scheduler/scheduleGroup:ScheduleGroup"
    inputs = ScheduleGroupInputs
    replaces = frozenset({"name", "namePrefix"})
    outputs = frozenset({"arn", "creationDate", "lastModificationDate", "name", "state", "tagsAll"})

    def create(self, name: str, inputs: ScheduleGroupInputs) -> tuple[str, Outputs]:
        scheduler, tags = self.context.client("scheduler"), self.tags(inputs)
        title = physical_name(name, inputs.name, inputs.name_prefix, limit=64)
        scheduler.create_schedule_group(Name=title, Tags=pairs(tags))
        found = scheduler.get_schedule_group(Name=title)
        return title, {
            "arn": found["Arn"],
            "creationDate": found["CreationDate"].isoformat(),
            "lastModificationDate": found["LastModificationDate"].isoformat(),
            "name": title,
            "state": found["State"],
            "tagsAll": tags,
        }

    def update(
        self, id: str, old: ScheduleGroupInputs, new: ScheduleGroupInputs, outputs: Outputs
    ) -> Outputs:
        scheduler, tags = self.context.client("scheduler"), self.tags(new)
        put, drop = tag_changes(outputs, tags)
        if drop:
            scheduler.untag_resource(ResourceArn=outputs["arn"], TagKeys=drop)
        if put:
            scheduler.tag_resource(ResourceArn=outputs["arn"], Tags=pairs(put))
        return outputs | {"tagsAll": tags}

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("ResourceNotFoundException"):
            self.context.client("scheduler").delete_schedule_group(Name=id)


def _request(inputs: ScheduleInputs) -> dict[str, Any]:
    target, window = inputs.target, inputs.flexible_time_window
    dead, retry, sqs = target.dead_letter_config, target.retry_policy, target.sqs_parameters
    return {
        "GroupName": inputs.group_name,
        "Description": inputs.description,
        "ScheduleExpression": inputs.schedule_expression,
        "ScheduleExpressionTimezone": inputs.schedule_expression_timezone,
        "State": inputs.state,
        "ActionAfterCompletion": inputs.action_after_completion,
        "FlexibleTimeWindow": present(
            Mode=window.mode, MaximumWindowInMinutes=window.maximum_window_in_minutes
        ),
        "Target": {
            "Arn": target.arn,
            "RoleArn": target.role_arn,
            **present(
                Input=target.input,
                DeadLetterConfig=dead and {"Arn": dead.arn},
                RetryPolicy=retry and retry_request(retry),
                SqsParameters=sqs and present(MessageGroupId=sqs.message_group_id),
            ),
        },
        **present(
            StartDate=inputs.start_date and _moment(inputs.start_date),
            EndDate=inputs.end_date and _moment(inputs.end_date),
        ),
    }


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
