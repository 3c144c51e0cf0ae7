"""Metric math: what expressions come to, and what is refused."""

import pytest
from ministack.services import cloudwatch

from sandbox.cloud.metrics import expressions, store
from sandbox.cloud.metrics.functions import Value
from sandbox.cloud.metrics.series import Metric, Query, Series, Window

WINDOW = Window(start=0, width=10, count=4, period=60)
SERIES = {"m1": {0: 2.0, 10: 4.0, 30: 8.0}, "m2": {0: 1.0, 10: 0.0, 20: 5.0}}


@pytest.fixture(autouse=True)
def _stored() -> None:
    cloudwatch.reset()
    for name, values in SERIES.items():
        for at, value in values.items():
            store.put("N", name, value, {}, at=at + 1)


def _value(expression: str) -> Value:
    queries = [Query(id=name, metric=Metric("N", name, "Sum")) for name in SERIES]
    queries.append(Query(id="e1", expression=expression))
    expressions.check(queries)
    return expressions.evaluate(queries, {item.id: WINDOW for item in queries})["e1"]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("m1 + m2", {0: 3, 10: 4}),
        ("m1 / m2", {0: 2}),  # nothing by nothing
        ("-m1 * 2", {0: -4, 10: -8, 30: -16}),
        ("m1 ^ 2", {0: 4, 10: 16, 30: 64}),
        ("100 * (m1 - 1) / m1", {0: 50, 10: 75, 30: 87.5}),
        ("m1 > 3", {0: 0, 10: 1, 30: 1}),
        ("m1 > 3 AND m2 < 1", {0: 0, 10: 1}),
        ("m1 > 3 || m2 == 1", {0: 1, 10: 1}),
        ("FILL(m1, 0)", {0: 2, 10: 4, 20: 0, 30: 8}),
        ("FILL(m1, REPEAT)", {0: 2, 10: 4, 20: 4, 30: 8}),
        ("FILL(m1, LINEAR)", {0: 2, 10: 4, 20: 6, 30: 8}),
        ("FILL(m1, m2)", {0: 2, 10: 4, 20: 5, 30: 8}),
        ("IF(m1 >= 4, m1, 0)", {0: 0, 10: 4, 30: 8}),
        ("IF(m1 >= 4, m1)", {10: 4, 30: 8}),
        ("IF(FILL(m2, 0), 1, 7)", {0: 1, 10: 7, 20: 1, 30: 7}),
        ("SUM([m1, m2])", {0: 3, 10: 4, 20: 5, 30: 8}),
        ("SUM(METRICS())", {0: 3, 10: 4, 20: 5, 30: 8}),
        ('SUM(METRICS("m2"))', {0: 1, 10: 0, 20: 5}),
        ("AVG([m1, m2])", {0: 1.5, 10: 2, 20: 2.5, 30: 4}),
        ("MAX([m1, m2])", {0: 2, 10: 4, 20: 5, 30: 8}),
        ("MIN([FILL(m1, 9), FILL(m2, 9)])", {0: 1, 10: 0, 20: 5, 30: 8}),
        ("SUM(m1)", 14),
        ("AVG(m1)", 14 / 3),
        ("CEIL(m1 / 3)", {0: 1, 10: 2, 30: 3}),
        ("FLOOR(m1 / 3)", {0: 0, 10: 1, 30: 2}),
        ("ABS(m1 - 4)", {0: 2, 10: 0, 30: 4}),
        ("PERIOD(m1)", 60),
        ("RATE(m1)", {10: 2 / 60, 30: 4 / 120}),
        ("DIFF(m1)", {10: 2, 30: 4}),
        ("RUNNING_SUM(m1)", {0: 2, 10: 6, 30: 14}),
        ("METRIC_COUNT(METRICS())", 2),
        ("DATAPOINT_COUNT(m1)", 3),
        ("FIRST([m1, m2]) + LAST([m1, m2])", {0: 3, 10: 4}),
        ("TIME_SERIES(3)", {0: 3, 10: 3, 20: 3, 30: 3}),
        ("FIRST([m1 * 10, m2])", {0: 20, 10: 40, 30: 80}),
        ("SUM([m1, m2] * 2)", {0: 6, 10: 8, 20: 10, 30: 16}),
    ],
)
def test_an_expression_comes_to(expression: str, expected: Series | float) -> None:
    found = _value(expression)
    if isinstance(expected, dict):
        assert isinstance(found, dict)
        assert found == pytest.approx(expected)
    else:
        assert found == pytest.approx(expected)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("m1 +", "Invalid syntax"),
        ("FOO(m1)", r"Unknown function\(s\): FOO"),
        ("m9 + 1", "Metric or expression 'm9' not found"),
        ("e1 + 1", "depends on itself"),
        ("__import__('os')", "Invalid syntax"),
        ("m1.real", "Invalid syntax"),
        ("[x for x in m1]", "Invalid syntax"),
        ("'text'", "Invalid syntax"),
        ("m1[0]", "Invalid syntax"),
        ("lambda: 1", "Invalid syntax"),
        ("SUM(METRICS('m', 'n'), key=1)", "Invalid syntax"),
        ("SEARCH('{AWS/Lambda}', 'Sum')", "Invalid syntax|the sandbox has no SEARCH"),
        ("ANOMALY_DETECTION_BAND(m1)", "the sandbox has no ANOMALY_DETECTION_BAND"),
        ("SELECT AVG(x) FROM y", "Metrics Insights"),
        ("True", "Invalid syntax"),
        ("m1 + " * 1000 + "1", "longer than"),
        ("(" * 500 + "m1" + ")" * 500, "Invalid syntax"),
    ],
)
def test_what_is_no_expression_is_refused(expression: str, message: str) -> None:
    with pytest.raises(expressions.ExpressionError, match=message):
        _value(expression)


@pytest.mark.parametrize("expression", ["FILL(m1)", "SUM(3)", "RATE(5)", "[m1] + [m2]"])
def test_arguments_that_do_not_fit_are_told(expression: str) -> None:
    with pytest.raises(expressions.ExpressionError, match="does not fit"):
        _value(expression)


@pytest.mark.parametrize(
    ("queries", "message"),
    [
        ([Query(id="M1", expression="1")], "must start with a lowercase letter"),
        ([Query(id="a", expression="1"), Query(id="a", expression="2")], "not unique: a"),
        ([Query(id="a")], "Exactly one of Expression and MetricStat"),
    ],
)
def test_queries_that_make_no_sense_are_refused(queries: list[Query], message: str) -> None:
    with pytest.raises(expressions.ExpressionError, match=message):
        expressions.check(queries)
