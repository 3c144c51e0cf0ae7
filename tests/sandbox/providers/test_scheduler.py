"""Schedules: when they fire, and as whom."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from .apis import queue, role
from .test_events import received
from .world import World

pytestmark = pytest.mark.sandbox
SCHEDULE = "aws:scheduler/schedule:Schedule"
GROUP = "aws:scheduler/scheduleGroup:ScheduleGroup"


def _given(world: World, arn: str, **more: Any) -> dict[str, Any]:
    return {
        "scheduleExpression": "rate(5 minutes)",
        "flexibleTimeWindow": {"mode": "OFF"},
        "target": {"arn": arn, "roleArn": role(world), "input": '{"tick": true}'},
        **more,
    }


def test_a_schedule_fires_once_and_goes(world: World) -> None:
    url, arn = queue(world, "once")
    moment = (datetime.now(UTC) - timedelta(seconds=1)).strftime("at(%Y-%m-%dT%H:%M:%S)")
    given = _given(world, arn, scheduleExpression=moment, actionAfterCompletion="DELETE")
    id, outputs = world.make(SCHEDULE, "once", **given)
    assert received(world, url, seconds=15) == [{"tick": True}]
    scheduler = world.client("scheduler")
    with pytest.raises(scheduler.exceptions.ResourceNotFoundException):
        scheduler.get_schedule(Name=outputs["name"])
    world.provider(SCHEDULE).delete(id, outputs)


def test_a_role_that_scheduler_may_not_assume_is_refused(world: World) -> None:
    given = _given(world, queue(world, "trust")[1])
    stranger = {**given["target"], "roleArn": world.role["arn"]}
    with pytest.raises(ValueError, match=r"does not let scheduler\.amazonaws\.com assume it"):
        world.make(SCHEDULE, **{**given, "target": stranger})
    nobody = {**given["target"], "roleArn": "arn:aws:iam::123456789012:role/none"}
    with pytest.raises(ValueError, match="there is no such role"):
        world.make(SCHEDULE, **{**given, "target": nobody})


def test_a_group_takes_its_schedules_along(world: World) -> None:
    group, told = world.make(GROUP, "nightly")
    arn = queue(world, "grouped")[1]
    name = world.make(SCHEDULE, "grouped", **_given(world, arn, groupName=group))[1]["name"]
    world.provider(GROUP).delete(group, told)
    scheduler = world.client("scheduler")
    with pytest.raises(scheduler.exceptions.ResourceNotFoundException):
        scheduler.get_schedule(Name=name, GroupName=group)
