"""Numbers that stand in for computed ones, and what CloudWatch would refuse."""

from typing import Any

import pytest

from components.alarms import (
    AlarmOverride,
    Formula,
    functions,
    overridden,
    refuse_unknown,
    services,
)

WHO = "MultiTriggerFunction 'events'"


def _one(role: str, override: Any, formulas: Any = None) -> Formula:
    given = formulas or functions.formulas(timeout_seconds=30)
    found = overridden(WHO, "alarm_overrides", given, {role: override})
    return next(item for item in found if item.role == role)


def test_the_source_materials_numbers_come_out() -> None:
    override: AlarmOverride = {
        "statistic": "Sum",
        "threshold": 5,
        "period_seconds": 300,
        "periods": 2,
    }
    errors = _one("errors", override)
    assert (errors.namespace, errors.metric, errors.statistic) == ("AWS/Lambda", "Errors", "Sum")
    assert (errors.comparison, errors.threshold) == ("GreaterThanThreshold", 5)
    assert (errors.period_seconds, errors.periods, errors.to_alarm) == (300, 2, 2)
    assert errors.expression is None
    duration = _one("duration", {})
    assert (duration.statistic, duration.comparison, duration.threshold) == (
        "Average",
        "GreaterThanThreshold",
        10_000,
    )


def test_whoever_is_woken_reads_the_numbers_that_ring() -> None:
    text = _one("errors", {"statistic": "Sum", "threshold": 5, "periods": 2}).description
    assert text.startswith("Sum of Errors > 5 in 2 of 2 x 60 s (numbers given; computed were: 2 or")
    text = _one("running", {"threshold": 1}, services.formulas(2, insights="off")).description
    assert text.startswith("SampleCount of CPUUtilization < 1 in 3 of 3 x 60 s")
    text = _one("errors", {"threshold": 1}).description
    assert text.startswith("The value computed from Errors > 1 in 2 of 3 x 60 s")
    computed = _one("duration", {"missing_data": "breaching"})
    assert (computed.missing, computed.description) == (
        "breaching",
        _one("duration", {}).description,
    )


def test_one_that_is_not_wanted_is_not_made() -> None:
    given = functions.formulas(timeout_seconds=30)
    found = overridden(WHO, "alarm_overrides", given, {"errors": {"enabled": False}})
    assert [item.role for item in found] == ["duration", "throttles"]


@pytest.mark.parametrize(
    ("override", "text"),
    [
        ({"treshold": 5}, "Did you mean 'alarm_overrides['errors'].threshold'?"),
        ({"threshold": "5"}, "['errors'].threshold='5' is not valid. Allowed: a finite number."),
        ({"threshold": float("nan")}, "threshold=nan is not valid. Allowed: a finite number."),
        ({"statistic": "Median", "threshold": 1}, "or a percentile such as 'p99'."),
        ({"statistic": "Sum"}, "threshold=None is not valid. Allowed: a number in the unit of the"),
        ({"period_seconds": 45}, "Allowed: 10, 20, 30 or a multiple of 60. Nearest: 60."),
        ({"period_seconds": 5}, "whole numbers from 10 to 86400"),
        ({"periods": 0}, "periods=0 is not valid."),
        ({"datapoints": 4}, "datapoints=4 is not valid. Allowed: whole numbers from 1 to 3."),
        ({"missing_data": "notbreaching"}, "Did you mean 'notBreaching'?"),
        (
            {"period_seconds": 3600, "periods": 25},
            "periods=25 is not valid. Allowed: at most 24 of 3600 s. CloudWatch looks back a day.",
        ),
    ],
)
def test_what_cloudwatch_refuses_is_refused_first(override: Any, text: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is compared below
        _one("errors", override)
    assert str(caught.value).startswith(f"{WHO}: ")
    assert text in str(caught.value)


def test_an_override_of_no_alarm_is_refused_and_the_nearest_named() -> None:
    with pytest.raises(ValueError, match="Did you mean 'duration'") as caught:
        refuse_unknown(WHO, "overrides", {"durations": {}}, ["duration", "errors"])
    assert "Allowed: duration, errors." in str(caught.value)
