"""Schedules fire when they are due, and start anew when they are made anew."""

from datetime import UTC, datetime, timedelta

import pytest

from .functions import eventually, logged, make_function
from .world import World

pytestmark = pytest.mark.sandbox

CODE = """
import json
def handler(event, context):
    print(json.dumps({"source": event.get("source"), "kind": event.get("detail-type")}))
"""


def test_one_that_is_made_again_under_its_name_fires_again(world: World) -> None:
    scheduler, arn = world.client("scheduler"), make_function(world, "scheduled", CODE)
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "scheduler.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    allowed = [{"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": arn}]
    role = world.role("scheduled-caller", allowed, trust=trust)
    for times in (1, 2):
        soon = datetime.now(UTC) + timedelta(seconds=1)
        scheduler.create_schedule(
            Name="again",
            ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": arn, "RoleArn": role},
        )
        # The emulator itself looks every ten seconds.
        eventually(lambda: len(logged(world, "scheduled")) == times, seconds=6)  # noqa: B023
        scheduler.delete_schedule(Name="again")
    assert logged(world, "scheduled")[0] == {
        "source": "aws.scheduler",
        "kind": "Scheduled Event",
    }
