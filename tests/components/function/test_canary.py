"""The canary: who gets which share when, what ends it, and what its message says."""

from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from components.alarms import functions as alarms
from components.function import CanaryError
from components.function.canary import Canary, follow

from .fakes import FakeAws, FakeClock

WHO = "MultiTriggerFunction 'events'"
CANARY = Canary(WHO, "events", "live", "8", steps=[10, 50], bake_seconds=60)
STREAM = "2026/01/01/events[8][abc]"


def run(aws: FakeAws, canary: Canary = CANARY, clock: FakeClock | None = None) -> str:
    clock = clock or FakeClock()
    return follow(canary, aws.clients, sleep=clock.sleep, now=clock.now)


def failure(aws: FakeAws, canary: Canary = CANARY) -> str:
    with pytest.raises(CanaryError) as error:
        run(aws, canary)
    return str(error.value)


def test_a_good_version_gets_a_growing_share_and_the_update_does_the_rest() -> None:
    aws, clock = FakeAws(), FakeClock()
    assert run(aws, clock=clock) == ""
    assert aws.shares == [("7", {"8": 0.1}), ("7", {"8": 0.5})]
    assert clock.time - 1_000_000 == 120


def test_only_what_the_new_version_did_for_the_alias_counts() -> None:
    aws = FakeAws()
    run(aws, clock=FakeClock(1_000_030.0))
    asked = aws.called("get_metric_statistics")
    assert {item["MetricName"] for item in asked} == {"Errors", "Invocations"}
    for item in asked:
        assert item["Namespace"] == "AWS/Lambda"
        assert item["Statistics"] == ["Sum"]
        assert {entry["Name"]: entry["Value"] for entry in item["Dimensions"]} == {
            "FunctionName": "events",
            "Resource": "events:live",
            "ExecutedVersion": "8",
        }
        # The datum of the minute in which it began begins before it.
        assert item["StartTime"] == datetime.fromtimestamp(1_000_020, UTC)
        assert item["EndTime"] > item["StartTime"]
    assert asked[-1]["EndTime"].timestamp() > 1_000_150


def test_a_bad_version_gives_all_calls_back_and_says_why() -> None:
    lines = [f"line {number}" for number in range(30)]
    aws = FakeAws([(0, 20), (6, 60)], logs={"2026/01/01/events[7][old]": ["fine"], STREAM: lines})
    clock = FakeClock()
    with pytest.raises(CanaryError) as error:
        run(aws, clock=clock)
    text = str(error.value)
    assert aws.shares == [("7", {"8": 0.1}), ("7", {})]
    assert clock.time - 1_000_000 == 20  # it does not bake to the end
    assert text.startswith(
        f"{WHO}: version 8 failed 6 of 60 invocations with 10 % of the calls of 'live'; version 7 "
        "has all calls again.\n"
    )
    assert "limit: fewer than 2 errors, or at most 5 % of the invocations" in text
    assert f"last 20 log lines (events-1a2b3c4, {STREAM}):" in text
    assert "    | line 29\n" in text
    assert "line 9\n" not in text
    assert "fine" not in text
    assert "Next step: mend the handler and run `pulumi up`" in text


def test_a_version_that_fails_at_a_later_step_is_found_as_well() -> None:
    aws = FakeAws([(1, 100)] * 6 + [(40, 400)])
    assert "version 8 failed 40 of 400 invocations with 50 % of the calls" in failure(aws)
    assert aws.shares == [("7", {"8": 0.1}), ("7", {"8": 0.5}), ("7", {})]


def test_errors_that_come_at_the_very_end_of_a_step_count() -> None:
    aws = FakeAws([(0, 5)] * 11 + [(5, 5)])
    assert "5 of 5" in failure(aws)


@pytest.mark.parametrize(
    ("errors", "invocations", "bad"),
    [
        (0, 0, False),
        (1, 1, False),  # a single failure is chance
        (2, 2, True),
        (2, 40, False),  # 5 %
        (2, 39, True),
        (50, 1000, False),
        (51, 1000, True),
    ],
)
def test_it_takes_more_than_one_error_and_more_than_five_percent(
    errors: int, invocations: int, bad: bool
) -> None:
    assert alarms.too_many(errors, invocations) is bad
    value = 100 * errors / invocations if errors >= alarms.ERROR_FLOOR else 0
    assert (value > alarms.errors_formula().threshold) is bad


def test_a_version_that_nobody_called_proves_nothing_and_that_is_said() -> None:
    note = run(FakeAws([(0, 0)]))
    assert note.startswith(f"{WHO}: nobody called version 8 while it had a share of 'live'")
    assert "raise release.bake_seconds" in note


def test_a_release_that_was_interrupted_at_the_end_is_not_repeated() -> None:
    aws = FakeAws(version="8")
    assert run(aws) == ""
    assert aws.shares == []


def test_what_a_killed_run_left_is_not_restored_and_what_the_user_wanted_is() -> None:
    aws = FakeAws([(9, 9)], weights={"8": 0.5})
    failure(aws)
    assert aws.shares[-1] == ("7", {})
    aws = FakeAws([(9, 9)], weights={"6": 0.2})
    failure(aws)
    assert aws.shares[-1] == ("7", {"6": 0.2})


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, ClientError({}, "x")])
def test_whatever_ends_it_early_gives_all_calls_back(
    interruption: BaseException | type[BaseException],
) -> None:
    def sleep(_: float) -> None:
        raise interruption

    aws = FakeAws()
    with pytest.raises((KeyboardInterrupt, ClientError)):
        follow(CANARY, aws.clients, sleep=sleep, now=FakeClock().now)
    assert aws.shares == [("7", {"8": 0.1}), ("7", {})]


def test_metrics_that_cannot_be_read_stop_the_release() -> None:
    aws = FakeAws()
    aws.denied = {"get_metric_statistics"}
    with pytest.raises(ClientError):
        run(aws)
    assert aws.shares[-1] == ("7", {})


def test_log_lines_that_cannot_be_read_never_hide_the_failure() -> None:
    aws = FakeAws([(9, 9)])
    aws.denied = {"describe_log_streams"}
    text = failure(aws)
    assert "version 8 failed 9 of 9" in text
    assert "log lines: could not be read (An error occurred (AccessDeniedException)" in text


def test_a_version_that_wrote_nothing_is_not_given_another_one_s_lines() -> None:
    text = failure(FakeAws([(9, 9)], logs={"2026/01/01/events[18][abc]": ["other"]}))
    assert "log lines: version 8 wrote none to events-1a2b3c4" in text


def test_a_function_without_a_group_of_its_own_writes_to_lambda_s() -> None:
    aws = FakeAws([(9, 9)], logs={STREAM: ["boom"]})
    aws.log_group = None
    assert f"last 1 log lines (/aws/lambda/events, {STREAM}):" in failure(aws)
