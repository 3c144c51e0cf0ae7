"""What data points mean to an alarm: the tables of CloudWatch's guide, and its words."""

import dataclasses
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from ministack.services import cloudwatch

from sandbox.cloud import CloudError, minute
from sandbox.cloud.metrics import alarms, clock, store
from sandbox.cloud.metrics.verdicts import Rule, judge

RULE = Rule("GreaterThanThreshold", 5.0, 3, 3, "missing")
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")


def _state(points: str, rule: Rule) -> str | None:
    """X is breaching, 0 is not, - is missing; oldest first."""
    values = {"X": 9.0, "0": 1.0, "-": None}
    return judge(rule, [(60.0 * i, values[mark]) for i, mark in enumerate(points)]).state


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ("0-X-X", ("OK", "OK", "OK", "OK")),
        ("----0", ("OK", "OK", "OK", "OK")),
        ("-----", ("INSUFFICIENT_DATA", None, "ALARM", "OK")),
        ("0XX-X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("--X--", ("ALARM", None, "ALARM", "OK")),
    ],
)
def test_three_of_three_is_as_the_guide_has_it(points: str, expected: tuple[Any, ...]) -> None:
    found = [_state(points, dataclasses.replace(RULE, missing=how)) for how in TREATMENTS]
    assert tuple(found) == expected


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ("0-X-X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("00X0X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("0-X--", ("OK", "OK", "ALARM", "OK")),
        ("----0", ("OK", "OK", "ALARM", "OK")),
        ("---X-", ("ALARM", None, "ALARM", "OK")),
    ],
)
def test_two_of_three_is_as_the_guide_has_it(points: str, expected: tuple[Any, ...]) -> None:
    rule = dataclasses.replace(RULE, needed=2)
    found = [_state(points, dataclasses.replace(rule, missing=how)) for how in TREATMENTS]
    assert tuple(found) == expected


def test_one_breaching_value_alone_is_too_young_for_two_of_three() -> None:
    assert _state("----X", dataclasses.replace(RULE, needed=2)) is None


@pytest.mark.parametrize(
    ("operator", "below", "equal", "above"),
    [
        ("GreaterThanThreshold", False, False, True),
        ("GreaterThanOrEqualToThreshold", False, True, True),
        ("LessThanThreshold", True, False, False),
        ("LessThanOrEqualToThreshold", True, True, False),
    ],
)
def test_each_comparison(operator: str, below: bool, equal: bool, above: bool) -> None:
    rule = dataclasses.replace(RULE, operator=operator)
    assert [rule.breached(value) for value in (4.9, 5.0, 5.1)] == [below, equal, above]


def test_reasons_are_worded_as_on_aws() -> None:
    one = Rule("GreaterThanThreshold", 5.0, 1, 1, "notBreaching")
    assert judge(one, [(0.0, 9.0)]).reason == (
        "Threshold Crossed: 1 out of the last 1 datapoints [9.0 (01/01/70 00:00:00)] was greater "
        "than the threshold (5.0) (minimum 1 datapoint for OK -> ALARM transition)."
    )
    assert judge(one, [(0.0, 1.0)]).reason == (
        "Threshold Crossed: 1 out of the last 1 datapoints [1.0 (01/01/70 00:00:00)] was not "
        "greater than the threshold (5.0) (minimum 1 datapoint for ALARM -> OK transition)."
    )
    assert judge(one, [(0.0, None)]).reason == (
        "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was "
        "treated as [NonBreaching]."
    )
    three = dataclasses.replace(RULE, missing="breaching")
    assert judge(three, [(0.0, None), (60.0, None), (120.0, 9.0)]).reason == (
        "Threshold Crossed: 1 datapoint [9.0 (01/01/70 00:02:00)] was greater than the threshold "
        "(5.0) and 2 missing datapoints were treated as [Breaching]."
    )
    assert judge(RULE, [(0.0, None)]).reason == "Insufficient Data: 3 datapoints were unknown."


# -- from the store ---------------------------------------------------------------------------


@pytest.fixture
def acted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """States that alarms went to, in a store of the test's own."""
    states: list[str] = []

    def act(_alarm: Any, _old: str, new: str, _reason: str) -> None:
        states.append(new)

    monkeypatch.setattr(cloudwatch, "_dispatch_alarm_actions", act)
    cloudwatch.reset()
    yield states
    cloudwatch.reset()


def _alarm(**more: Any) -> dict[str, Any]:
    return {
        "AlarmName": "a",
        "AlarmArn": "arn:a",
        "Namespace": "Shop",
        "MetricName": "M",
        "Statistic": "Sum",
        "Dimensions": [{"Name": "of", "Value": "x"}],
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 5.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "StateValue": "OK",
        **more,
    }


def _minutes_ago(count: float, now: float) -> float:
    """The middle of a minute that is over."""
    return now - clock.MINUTE * (count - 0.5)


NOW = (1_800_000_000.0 // clock.MINUTE + 7) * clock.MINUTE
"""The end of a minute, and of no longer period."""


def test_a_minute_of_alarms_is_the_sandboxs(acted: list[str]) -> None:
    store.put("Shop", "M", 3, {"of": "x"}, at=_minutes_ago(1, NOW))
    store.put("Shop", "M", 4, {"of": "x"}, at=_minutes_ago(1, NOW) + 0.5)
    alarm = _alarm()
    alarms.look(alarm, NOW + 0.01)
    assert acted == ["ALARM"]
    data = json.loads(alarm["StateReasonData"])
    assert (data["recentDatapoints"], data["period"], data["statistic"]) == ([7.0], 60, "Sum")
    assert data["evaluatedDatapoints"][0]["sampleCount"] == 2
    assert alarms.window_of(_alarm(Period=300), NOW).width == clock.MINUTE * 5


def test_a_minute_that_is_not_over_does_not_count(acted: list[str]) -> None:
    store.put("Shop", "M", 9, {"of": "x"}, at=NOW + 0.2)
    alarms.look(_alarm(TreatMissingData="notBreaching"), NOW + 0.5)
    assert acted == []


def test_long_periods_slide_with_the_minute(acted: list[str]) -> None:
    store.put("Shop", "M", 9, {"of": "x"}, at=_minutes_ago(1, NOW))
    alarms.look(_alarm(Period=3600, EvaluationPeriods=1), NOW + 0.01)
    assert acted == ["ALARM"]  # without waiting for the hour to be over


@pytest.mark.parametrize("dimensions", [{}, {"of": "y"}, {"of": "x", "and": "z"}])
def test_another_metric_of_the_same_name_does_not_count(
    acted: list[str], dimensions: dict[str, str]
) -> None:
    store.put("Shop", "M", 9, dimensions, at=_minutes_ago(1, NOW))
    alarms.look(_alarm(TreatMissingData="notBreaching"), NOW + 0.01)
    assert acted == []


def test_tables_ignore_missing_data_unless_told_otherwise() -> None:
    assert alarms.rule_of(_alarm(Namespace="AWS/DynamoDB")).missing == "ignore"
    told = _alarm(Namespace="AWS/DynamoDB", TreatMissingData="notBreaching")
    assert alarms.rule_of(told).missing == "notBreaching"
    assert alarms.rule_of(_alarm()).missing == "missing"


@pytest.mark.parametrize(("low", "expected"), [("ignore", []), ("evaluate", ["ALARM"])])
def test_a_percentile_of_few_samples_says_nothing_if_the_alarm_ignores_them(
    acted: list[str], low: str, expected: list[str]
) -> None:
    store.put("Shop", "M", 9, {"of": "x"}, at=_minutes_ago(1, NOW))
    alarm = _alarm(ExtendedStatistic="p90", EvaluateLowSampleCountPercentile=low)
    alarms.look(alarm, NOW + 0.01)
    assert acted == expected


def test_a_percentile_of_enough_samples_counts(acted: list[str]) -> None:
    for number in range(100):
        value = 9 if number > 80 else 1
        store.put("Shop", "M", value, {"of": "x"}, at=_minutes_ago(1, NOW))
    alarms.look(
        _alarm(ExtendedStatistic="p90", EvaluateLowSampleCountPercentile="ignore"), NOW + 0.01
    )
    assert acted == ["ALARM"]


def test_an_expression_is_compared(acted: list[str]) -> None:
    store.put("Shop", "Errors", 3, {"of": "x"}, at=_minutes_ago(1, NOW))
    store.put("Shop", "Calls", 10, {"of": "x"}, at=_minutes_ago(1, NOW))
    metrics = [
        {
            "Id": key,
            "ReturnData": False,
            "MetricStat": {
                "Metric": {
                    "Namespace": "Shop",
                    "MetricName": name,
                    "Dimensions": [{"Name": "of", "Value": "x"}],
                },
                "Period": 60,
                "Stat": "Sum",
            },
        }
        for key, name in (("errors", "Errors"), ("calls", "Calls"))
    ]
    rate = {"Id": "rate", "Expression": "IF(calls >= {}, 100 * errors / calls, 0)"}
    alarm = {**_alarm(Metrics=[]), "Threshold": 20.0}
    enough = {**rate, "Expression": rate["Expression"].format(10)}
    alarms.look({**alarm, "Metrics": [*metrics, enough]}, NOW + 0.01)
    assert acted == ["ALARM"]
    floor = {**rate, "Expression": rate["Expression"].format(11)}
    alarms.look({**alarm, "Metrics": [*metrics, floor]}, NOW + 0.01)
    assert acted == ["ALARM"]


# -- the store itself -------------------------------------------------------------------------


@pytest.mark.usefixtures("acted")
def test_data_are_kept_in_order_and_merged_where_they_are_equal() -> None:
    for at in (10.0, 5.0, 10.01, 10.02):
        store.put("Shop", "M", 1, {}, at=at)
    store.put("Shop", "M", 2, {}, at=10.03)
    found = store.points("Shop", "M", {}, 0, 100)
    assert [(item["Timestamp"], item.get("Count", 1)) for item in found] == [
        (5.0, 1),
        (10.0, 3),
        (10.03, 1),
    ]


@pytest.mark.usefixtures("acted")
def test_what_cannot_be_kept_is_dropped(caplog: pytest.LogCaptureFixture) -> None:
    store.put("Shop", "M", float("nan"), {})
    assert store.points("Shop", "M", {}, 0, time.time() + 1) == []
    assert "no datum of Shop M" in caplog.text


@pytest.mark.parametrize("given", ["x", "0", "61", "-5"])
def test_a_minute_that_is_no_number_of_seconds_is_refused(
    given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(minute.VARIABLE, given)
    with pytest.raises(CloudError, match=rf"SANDBOX_MINUTE_SECONDS is '{given}' and must be"):
        minute.seconds()


def test_a_publisher_that_fails_keeps_nobody_from_being_called(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    called: list[str] = []
    monkeypatch.setattr(clock, "_publishers", [])
    monkeypatch.setattr(clock, "_evaluators", [])

    @clock.every_minute
    def broken() -> None:
        raise RuntimeError("no")

    clock.every_minute(lambda: called.append("published"))
    clock.evaluate_by(lambda full: called.append(f"evaluated {full}"))
    clock.tick(True)
    clock.tick(False)
    assert called == ["published", "evaluated True", "evaluated False"]
    assert "broken" in caplog.text
