"""Schedules: what the Scheduler is told, what it may do, and what is refused."""

import json
from collections.abc import Mapping
from typing import Any

import pulumi_aws as aws
import pytest

from components.function.triggers import schedules
from components.testing import ACCOUNT, UNKNOWN, deploy

from .deployed import TAGS, Function, made, statements

SCHEDULE = "aws:scheduler/schedule:Schedule"
GROUP = "aws:scheduler/scheduleGroup:ScheduleGroup"


def tick(expression: Any = "rate(5 minutes)", **more: Any) -> Mapping[str, Any]:
    return {"tick": {"expression": expression, **more}}


def refusal(given: Mapping[str, Any]) -> str:
    with pytest.raises(ValueError, match="MultiTriggerFunction 'shop': ") as caught:
        made(schedules, given)
    return str(caught.value).removeprefix("MultiTriggerFunction 'shop': ")


def test_a_schedule_calls_the_alias_and_gives_up_into_the_failure_queue() -> None:
    deployment = made(schedules, tick())
    schedule = deployment.one(SCHEDULE, "shop-schedule-tick").inputs
    queue = deployment.one("aws:sqs/queue:Queue", "shop-failures").outputs["arn"]
    assert schedule["scheduleExpression"] == "rate(5 minutes)"
    assert schedule["scheduleExpressionTimezone"] == "UTC"
    assert schedule["flexibleTimeWindow"] == {"mode": "OFF"}
    assert schedule["state"] == "ENABLED"
    assert schedule["groupName"] == deployment.one(GROUP, "shop-schedules").outputs["name"]
    assert schedule["target"] == {
        "arn": deployment.one("aws:lambda/alias:Alias").outputs["arn"],
        "roleArn": deployment.one("aws:iam/role:Role", "shop-schedules").outputs["arn"],
        "deadLetterConfig": {"arn": queue},
        "retryPolicy": {"maximumRetryAttempts": 185, "maximumEventAgeInSeconds": 86_400},
    }
    assert deployment.warnings == ()


def test_the_role_is_for_this_groups_schedules_and_may_do_two_things() -> None:
    deployment = made(schedules, tick())
    role = deployment.one("aws:iam/role:Role", "shop-schedules").inputs
    (trust,) = json.loads(role["assumeRolePolicy"])["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnLike": {"aws:SourceArn": deployment.one(GROUP).outputs["arn"]},
    }
    queue = deployment.one("aws:sqs/queue:Queue", "shop-failures").outputs["arn"]
    alias = deployment.one("aws:lambda/alias:Alias").outputs["arn"]
    assert {
        (*found["Action"], *found["Resource"]) for found in statements(deployment, "shop-schedules")
    } == {("lambda:InvokeFunction", alias), ("sqs:SendMessage", queue)}
    policy = deployment.one("aws:iam/rolePolicy:RolePolicy", "shop-schedules")
    assert policy.urn in deployment.one(SCHEDULE).depends_on
    assert role["tags"] == TAGS
    assert deployment.one(GROUP).inputs["tags"] == TAGS
    assert deployment.of("aws:lambda/permission:Permission") == []


def test_several_schedules_share_group_and_role() -> None:
    deployment = made(schedules, {**tick(), "tock": {"expression": "cron(0 2 * * *)"}})
    assert len(deployment.of(SCHEDULE)) == 2
    assert len(deployment.of(GROUP)) == 1
    tock = deployment.one(SCHEDULE, "shop-schedule-tock").inputs
    assert tock["scheduleExpression"] == "cron(0 2 * * ? *)"


def test_no_schedule_needs_no_role() -> None:
    deployment = made(schedules, {})
    assert deployment.of(GROUP) == []
    assert len(deployment.of("aws:iam/role:Role")) == 1


def test_everything_that_is_given_arrives() -> None:
    deployment = made(
        schedules,
        tick(
            timezone="Europe/Berlin",
            input={"report": "daily", "n": 1},
            flexible_minutes=15.0,
            start="2030-01-01T00:00:00Z",
            end="2031-01-01T00:00:00Z",
            retries=0,
            max_age_seconds=60,
            enabled=False,
        ),
    )
    schedule = deployment.one(SCHEDULE).inputs
    assert schedule["scheduleExpressionTimezone"] == "Europe/Berlin"
    assert schedule["flexibleTimeWindow"] == {"mode": "FLEXIBLE", "maximumWindowInMinutes": 15}
    assert (schedule["startDate"], schedule["endDate"]) == (
        "2030-01-01T00:00:00Z",
        "2031-01-01T00:00:00Z",
    )
    assert schedule["state"] == "DISABLED"
    assert schedule["target"]["input"] == '{"n": 1, "report": "daily"}'
    assert schedule["target"]["retryPolicy"] == {
        "maximumRetryAttempts": 0,
        "maximumEventAgeInSeconds": 60,
    }


def test_an_empty_input_is_an_input() -> None:
    assert made(schedules, tick(input={})).one(SCHEDULE).inputs["target"]["input"] == "{}"


def test_on_a_first_preview_the_schedule_is_known_and_arns_are_not() -> None:
    deployment = made(schedules, tick("at(2030-01-31T08:00:00)"), known=False)
    schedule = deployment.one(SCHEDULE).inputs
    assert schedule["scheduleExpression"] == "at(2030-01-31T08:00:00)"
    assert schedule["target"]["arn"] is UNKNOWN
    assert schedule["target"]["roleArn"] is UNKNOWN
    assert deployment.one("aws:iam/rolePolicy:RolePolicy", "shop-schedules").inputs["policy"] is (
        UNKNOWN
    )


@pytest.mark.parametrize("known", [True, False])
def test_an_input_may_hold_what_only_a_deployment_knows(known: bool) -> None:
    def program() -> None:
        queue = aws.sqs.Queue("orders")
        Function("shop", schedules, tick(input={"queue": queue.arn}))

    target = deploy(program, known=known).one(SCHEDULE).inputs["target"]
    if known:
        assert target["input"] == '{"queue": "arn:aws:sqs:us-east-1:123456789012:orders"}'
    else:
        assert target["input"] is UNKNOWN


@pytest.mark.parametrize(
    ("expression", "timeout", "seconds"),
    [
        ("rate(1 minute)", 61, 60),
        ("rate(5 minutes)", 900, 300),
        ("cron(0/2 * * * ? *)", 300, 120),
        ("cron(58,0 * * * *)", 300, 120),
    ],
)
def test_runs_that_may_overlap_are_warned_of(expression: str, timeout: int, seconds: int) -> None:
    (warning,) = made(schedules, tick(expression), timeout=timeout).warnings
    assert f"runs every {seconds} seconds, and timeout_seconds={timeout} lets" in warning
    assert warning.startswith("MultiTriggerFunction 'shop': triggers.schedules.tick.expression=")
    assert warning.endswith(
        "runs may overlap. Lower the timeout, or make sure that two runs at once do no harm."
    )


@pytest.mark.parametrize(
    ("expression", "timeout"),
    [("rate(1 minute)", 60), ("cron(0 2 * * ? *)", 900), ("at(2030-01-31T08:00:00)", 900)],
)
def test_runs_that_cannot_overlap_are_not(expression: str, timeout: int) -> None:
    assert made(schedules, tick(expression), timeout=timeout).warnings == ()


S = "triggers.schedules.tick"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            tick("rate(1 minutes)"),
            f"{S}.expression='rate(1 minutes)' is not valid. Allowed: rate(value unit): a whole "
            "number, 1 or more, and minutes, hours or days. Did you mean 'rate(1 minute)'?",
        ),
        (
            tick(timezone="Europe/Berln"),
            f"{S}.timezone='Europe/Berln' is not valid. Allowed: IANA names such as 'UTC' or "
            "'Europe/Berlin'. Did you mean 'Europe/Berlin'?",
        ),
        (tick(timezone="../etc"), f"{S}.timezone='../etc' is not valid."),
        (
            tick(flexible_minutes=1441),
            f"{S}.flexible_minutes=1441 is not valid. Allowed: whole numbers from 0 to 1440.",
        ),
        (tick(retries=186), f"{S}.retries=186 is not valid."),
        (tick(max_age_seconds=1), f"{S}.max_age_seconds=1 is not valid."),
        (
            tick(start="2030-01-01"),
            f"{S}.start='2030-01-01' is not valid. Allowed: a moment in UTC such as "
            "'2030-01-01T00:00:00Z'. The zone of the clock is 'timezone'.",
        ),
        (tick(end="2030-13-01T00:00:00Z"), f"{S}.end='2030-13-01T00:00:00Z' is not valid."),
        (
            tick(start="2030-01-01T00:00:00Z", end="2030-01-01T00:00:00Z"),
            f"{S}.end='2030-01-01T00:00:00Z' is not valid. Allowed: moments after "
            "start='2030-01-01T00:00:00Z'.",
        ),
        (
            tick("at(2030-01-31T08:00:00)", start="2030-01-01T00:00:00Z"),
            f"{S}.start='2030-01-01T00:00:00Z' is not valid. Allowed: with rate(...) and "
            "cron(...). at(...) is the moment already.",
        ),
        ({"tick": {}}, f"missing required argument '{S}.expression'."),
        (tick(timezon="UTC"), f"unknown argument '{S}.timezon'. Did you mean '{S}.timezone'?"),
        ({"tick_tock": {"expression": "rate(1 day)"}}, "triggers.schedules='tick_tock' is not"),
    ],
)
def test_what_a_schedule_cannot_have_is_refused(given: Mapping[str, Any], words: str) -> None:
    assert refusal(given).startswith(words)


def test_a_machine_without_a_database_of_zones_takes_every_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("zoneinfo.available_timezones", set)
    schedule = made(schedules, tick(timezone="Europe/Nowhere")).one(SCHEDULE).inputs
    assert schedule["scheduleExpressionTimezone"] == "Europe/Nowhere"
