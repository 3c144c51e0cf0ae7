"""Schedules: they start the alias with a role of their own."""

from typing import Any

import pytest

from components.testing import ACCOUNT

from ..helpers import ALARM, ALIAS_ARN, MACHINE_ARN, QUEUE, allowed, machine, refusal, trusted

SCHEDULE = "aws:scheduler/schedule:Schedule"
GROUP = "aws:scheduler/scheduleGroup:ScheduleGroup"


def tick(expression: str = "rate(5 minutes)", **more: Any) -> dict[str, Any]:
    return {"triggers": {"schedules": {"tick": {"expression": expression, **more}}}}


def test_a_schedule_starts_the_alias_and_gives_up_into_the_failure_queue() -> None:
    deployment = machine(**tick(input={"report": "daily"}, flexible_minutes=5))
    schedule = deployment.one(SCHEDULE, "orders-schedule-tick").inputs
    queue = deployment.one(QUEUE, "orders-failures").outputs
    assert schedule["scheduleExpression"] == "rate(5 minutes)"
    assert schedule["flexibleTimeWindow"] == {"mode": "FLEXIBLE", "maximumWindowInMinutes": 5}
    assert schedule["target"] == {
        "arn": ALIAS_ARN,
        "roleArn": deployment.one("aws:iam/role:Role", "orders-schedules").outputs["arn"],
        "input": '{"report": "daily"}',
        "deadLetterConfig": {"arn": queue["arn"]},
        "retryPolicy": {"maximumRetryAttempts": 185, "maximumEventAgeInSeconds": 86_400},
    }
    assert deployment.result["failure_queue_url"] == queue["url"]
    assert deployment.one(ALARM, "orders-failures")


def test_the_role_is_for_this_groups_schedules_and_may_do_two_things() -> None:
    deployment = machine(**tick())
    assert trusted(deployment, "orders-schedules")["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnLike": {"aws:SourceArn": deployment.one(GROUP).outputs["arn"]},
    }
    assert allowed(deployment, "orders-schedules") == {
        "states:StartExecution": {ALIAS_ARN, MACHINE_ARN},
        "sqs:SendMessage": {deployment.one(QUEUE, "orders-failures").outputs["arn"]},
    }
    policy = deployment.one("aws:iam/rolePolicy:RolePolicy", "orders-schedules").urn
    assert policy in deployment.one(SCHEDULE).depends_on


def test_runs_may_overlap_since_starting_takes_no_time() -> None:
    assert machine(**tick("rate(1 minute)")).warnings == ()


def test_no_schedule_needs_no_queue() -> None:
    deployment = machine(triggers={"schedules": {}, "events": {}})
    assert deployment.of(QUEUE) == []
    assert deployment.of(GROUP) == []


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (tick("rate(1 week)"), "triggers.schedules.tick.expression='rate(1 week)' is not valid."),
        (tick(timezone="Europe/Berln"), "Did you mean 'Europe/Berlin'?"),
        (tick(retries=186), "triggers.schedules.tick.retries=186 is not valid."),
        (tick(flexible=1), "unknown argument 'triggers.schedules.tick.flexible'"),
    ],
)
def test_what_the_scheduler_would_refuse_is_refused_here(args: Any, words: str) -> None:
    assert words in refusal(**args)
