"""Schedules fire when they are due, and start anew when they are made anew."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from ministack.services import eventbridge

from sandbox.cloud.patches import schedules

from .functions import eventually, logged, make_function
from .world import World

pytestmark = pytest.mark.sandbox

CODE = """
import json
def handler(event, context):
    print(json.dumps({"source": event.get("source"), "kind": event.get("detail-type")}))
"""


TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "scheduler.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


def _soon() -> str:
    return f"at({datetime.now(UTC) + timedelta(seconds=1):%Y-%m-%dT%H:%M:%S})"


def test_one_that_is_made_again_under_its_name_fires_again(world: World) -> None:
    scheduler, arn = world.client("scheduler"), make_function(world, "scheduled", CODE)
    allowed = [{"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": arn}]
    role = world.role("scheduled-caller", allowed, trust=TRUST)
    for times in (1, 2):
        scheduler.create_schedule(
            Name="again",
            ScheduleExpression=_soon(),
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": arn, "RoleArn": role},
        )
        eventually(lambda: len(logged(world, "scheduled")) == times)  # noqa: B023
        scheduler.delete_schedule(Name="again")
    assert logged(world, "scheduled")[0] == {
        "source": "aws.scheduler",
        "kind": "Scheduled Event",
    }


def test_one_that_is_told_another_time_fires_then_too(world: World) -> None:
    scheduler, arn = world.client("scheduler"), make_function(world, "rescheduled", CODE)
    allowed = [{"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": arn}]
    role = world.role("rescheduled-caller", allowed, trust=TRUST)
    schedule = {
        "Name": "moved",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": arn, "RoleArn": role},
    }
    scheduler.create_schedule(**schedule, ScheduleExpression=_soon())
    eventually(lambda: len(logged(world, "rescheduled")) == 1)
    scheduler.update_schedule(**schedule, ScheduleExpression=_soon())
    eventually(lambda: len(logged(world, "rescheduled")) == 2)
    # What repeats is not due at once because it once was something else.
    scheduler.update_schedule(**schedule, ScheduleExpression="rate(1 minute)")
    time.sleep(2.5)
    assert len(logged(world, "rescheduled")) == 2
    scheduler.delete_schedule(Name="moved")


def test_a_rule_of_an_old_name_does_not_inherit_its_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    key = schedules._scoped(eventbridge._rule_key("tick", "default"))
    monkeypatch.setitem(eventbridge._rule_last_fired, key, 1.0)
    delete = schedules._rule_deleted(lambda data: f"deleted {data['Name']}")
    assert delete({"Name": "tick"}) == "deleted tick"
    assert key not in eventbridge._rule_last_fired
