"""The formulas: each threshold follows from the settings of what is watched."""

from collections.abc import Sequence

import pytest

from components.alarms import (
    AlarmOverride,
    Formula,
    apis,
    functions,
    overridden,
    queues,
    streams,
    tables,
    workflows,
)

SOURCE: AlarmOverride = {
    "statistic": "Sum",
    "threshold": 5,
    "period_seconds": 300,
    "periods": 2,
}
"""Errors as the source material has them: more than five in 300 s, twice."""


def by_role(formulas: Sequence[Formula]) -> dict[str, Formula]:
    found = {item.role: item for item in formulas}
    assert len(found) == len(formulas), "a role is there twice"
    return found


EVERY = [
    *functions.formulas(timeout_seconds=30, reserved_concurrency=10),
    functions.iterator_age_formula(3600),
    functions.failures_formula("events"),
    *queues.formulas(visibility_seconds=30, retention_seconds=3600, max_receives=5),
    *streams.formulas(),
    *apis.rest_formulas(timeout_seconds=29),
    *apis.http_formulas(timeout_seconds=29),
    *tables.formulas(),
    *workflows.formulas(express=False, timeout_seconds=60),
    *workflows.formulas(express=True, timeout_seconds=60),
    workflows.callback_formula(60),
]


@pytest.mark.parametrize("formula", EVERY, ids=lambda item: f"{item.namespace} {item.role}")
def test_each_is_one_that_cloudwatch_takes(formula: Formula) -> None:
    assert formula.description
    assert 1 <= formula.to_alarm <= formula.periods
    assert formula.period_seconds * formula.periods <= 24 * 3600
    assert formula.missing == "notBreaching"  # all of these publish nothing while nothing happens
    if formula.expression is not None:
        assert all(part.id in formula.expression and part.id.islower() for part in formula.parts)
        assert formula.metric in {part.metric for part in formula.parts}


def test_a_function_of_30_seconds_rings_at_the_source_s_10000_ms() -> None:
    duration = by_role(functions.formulas(timeout_seconds=30))["duration"]
    assert duration.threshold == 10_000
    assert (duration.statistic, duration.comparison) == ("Average", "GreaterThanThreshold")
    assert "10000 ms" in duration.description


def test_the_source_s_errors_come_out_of_an_override() -> None:
    formulas = functions.formulas(timeout_seconds=30)
    errors = by_role(overridden("Observability 'shop'", "overrides", formulas, {"errors": SOURCE}))[
        "errors"
    ]
    assert errors.expression is None
    assert (errors.metric, errors.statistic, errors.threshold) == ("Errors", "Sum", 5)
    assert errors.comparison == "GreaterThanThreshold"
    assert (errors.period_seconds, errors.periods, errors.to_alarm) == (300, 2, 2)


@pytest.mark.parametrize(("reserved", "threshold"), [(10, 8), (100, 80), (5, 4)])
def test_concurrency_rings_before_what_is_reserved_is_used_up(
    reserved: int, threshold: float
) -> None:
    formulas = functions.formulas(timeout_seconds=30, reserved_concurrency=reserved)
    formula = by_role(formulas)["concurrency"]
    assert (formula.threshold, formula.statistic) == (threshold, "Maximum")
    assert formula.comparison == "GreaterThanOrEqualToThreshold"
    assert formula.by == ("FunctionName",)


@pytest.mark.parametrize("reserved", [None, 0, 1, 4])
def test_without_a_reservation_that_has_room_nothing_rings_on_concurrency(
    reserved: int | None,
) -> None:
    formulas = functions.formulas(timeout_seconds=30, reserved_concurrency=reserved)
    assert by_role(formulas).keys() == {"errors", "duration", "throttles"}


def test_the_iterator_age_rings_at_half_of_what_is_left_to_a_record() -> None:
    assert functions.iterator_age_formula(21_600).threshold == 10_800 * 1000


@pytest.mark.parametrize(
    ("visibility", "retention", "receives", "seconds"),
    [
        (174, 345_600, 5, 870),  # five receptions, each as long as the visibility timeout
        (43_200, 86_400, 5, 43_200),  # the retention bounds it: ten times 12 hours never pass
        (30, 345_600, None, 172_800),  # no dead-letter queue: half of the retention
        (0, 345_600, 3, 3),
    ],
)
def test_the_oldest_message_is_one_that_should_be_gone(
    visibility: int, retention: int, receives: int | None, seconds: int
) -> None:
    (formula,) = queues.formulas(
        visibility_seconds=visibility, retention_seconds=retention, max_receives=receives
    )
    assert (formula.metric, formula.threshold) == ("ApproximateAgeOfOldestMessage", seconds)


def test_an_api_rings_on_shares_with_a_floor_and_on_half_of_the_wait() -> None:
    rest = by_role(apis.rest_formulas(timeout_seconds=29))
    http = by_role(apis.http_formulas(timeout_seconds=10))
    assert rest.keys() == http.keys() == {"server-errors", "client-errors", "latency"}
    assert rest["server-errors"].expression == "IF(bad >= 2, 100 * bad / requests, 0)"
    assert rest["client-errors"].expression == "IF(bad >= 20, 100 * bad / requests, 0)"
    assert [part.metric for part in rest["server-errors"].parts] == ["5XXError", "Count"]
    assert [part.metric for part in http["client-errors"].parts] == ["4xx", "Count"]
    assert (rest["latency"].threshold, http["latency"].threshold) == (14_500, 5000)


def test_a_table_rings_on_what_it_refuses() -> None:
    metrics = [item.metric for item in tables.formulas()]
    assert metrics == ["ReadThrottleEvents", "WriteThrottleEvents"]


def test_a_stream_rings_on_what_it_refuses() -> None:
    (formula,) = streams.formulas()
    assert formula.metric == "WriteProvisionedThroughputExceeded"


def test_an_execution_rings_when_it_nearly_ran_out_of_time() -> None:
    standard = by_role(workflows.formulas(express=False, timeout_seconds=1800))["execution-time"]
    assert (standard.statistic, standard.threshold) == ("Maximum", 1_440_000)
    express = by_role(workflows.formulas(express=True, timeout_seconds=100))["execution-time"]
    assert (express.statistic, express.threshold) == ("p95", 80_000)
    assert "execution-time" not in by_role(workflows.formulas(express=False))


def test_a_callback_is_measured_by_its_integration_and_rings_before_its_time_is_over() -> None:
    formula = workflows.callback_formula(86_400)
    assert formula.threshold == 69_120_000
    assert formula.by == ("ServiceIntegrationResourceArn",)
