"""GetMetricData, GetMetricStatistics and ListMetrics: exact dimensions, metric math, AWS's order.

The emulator adds up all dimensions where none are named, and answers no expressions. Periods are
real seconds here; only alarms are hurried.
"""

import math
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ministack.services import cloudwatch

from . import expressions
from .protocol import RefusedError, moment
from .series import STATISTICS, Metric, Query, Window, dimensions, known_statistic, query, value_of

MOST_QUERIES = 500
MOST_DATAPOINTS = 100_800
MOST_STATISTICS = 1440


def data(given: dict[str, Any]) -> dict[str, Any]:
    """GetMetricData."""
    start, end = _span(given)
    end = max(start + 1, min(end, time.time() + 1))  # the future has no periods to fill
    queries = [query(item) for item in given.get("MetricDataQueries") or []]
    if not 0 < len(queries) <= MOST_QUERIES:
        raise RefusedError("ValidationError", f"MetricDataQueries must be 1 to {MOST_QUERIES}.")
    if not any(item.returns for item in queries):
        raise RefusedError("ValidationError", "At least one element must have ReturnData true.")
    try:
        expressions.check(queries)
        windows = {item.id: _window(start, end, _period(item, queries)) for item in queries}
        values = expressions.evaluate(queries, windows)
    except expressions.ExpressionError as error:
        raise RefusedError("ValidationError", str(error)) from None
    oldest_first = given.get("ScanBy") == "TimestampAscending"
    results = []
    for item in queries:
        if not item.returns:
            continue
        for series in expressions.as_series(values[item.id], windows[item.id]):
            ordered = sorted(series, reverse=not oldest_first)
            results.append(
                {
                    "Id": item.id,
                    "Label": item.label or (item.metric.name if item.metric else item.id),
                    "Timestamps": [datetime.fromtimestamp(at, UTC) for at in ordered],
                    "Values": [series[at] for at in ordered],
                    "StatusCode": "Complete",
                }
            )
    return {"MetricDataResults": results, "Messages": []}


def metric_statistics(given: dict[str, Any]) -> dict[str, Any]:
    """GetMetricStatistics."""
    start, end = _span(given)
    period = _checked_period(given.get("Period"), "Period")
    named = [*(given.get("Statistics") or []), *(given.get("ExtendedStatistics") or [])]
    if not named:
        raise RefusedError(
            "InvalidParameterCombination",
            "At least one of the parameters Statistics and ExtendedStatistics must be specified.",
        )
    for stat in named:
        _check_statistic(stat)
    window = _window(start, end, period)
    if window.count > MOST_STATISTICS:
        raise RefusedError(
            "InvalidParameterCombination",
            f"You have requested up to {window.count:,} datapoints, which exceeds the limit of "
            f"{MOST_STATISTICS:,}. You may reduce the datapoints requested by increasing Period, "
            "or decreasing the time range.",
        )
    metric = Metric(
        namespace=given.get("Namespace") or "",
        name=given.get("MetricName") or "",
        stat="",
        dimensions=dimensions(given.get("Dimensions")),
        unit=given.get("Unit"),
    )
    datapoints = []
    for at, there in zip(window.starts, metric.points(window), strict=True):
        if not there:
            continue
        datapoint: dict[str, Any] = {
            "Timestamp": datetime.fromtimestamp(at, UTC),
            "Unit": there[0]["Unit"],
        }
        for stat in named:
            value = value_of(stat, there)
            if value is None:
                continue
            if stat in STATISTICS:
                datapoint[stat] = value
            else:
                datapoint.setdefault("ExtendedStatistics", {})[stat] = value
        datapoints.append(datapoint)
    return {"Datapoints": datapoints, "Label": metric.name}


def listed(given: dict[str, Any]) -> dict[str, Any]:
    """ListMetrics; all on one page."""
    wanted = given.get("Dimensions") or []
    found = []
    for (namespace, name, _), points in cloudwatch._metrics.items():
        facts: Mapping[str, str] = points[0].get("Dimensions", {}) if points else {}
        if given.get("Namespace") in (None, "", namespace) and given.get("MetricName") in (
            None,
            "",
            name,
        ):
            fits = (
                item["Name"] in facts and item.get("Value") in (None, facts[item["Name"]])
                for item in wanted
            )
            if all(fits):
                pairs = [{"Name": key, "Value": value} for key, value in facts.items()]
                found.append({"Namespace": namespace, "MetricName": name, "Dimensions": pairs})
    return {"Metrics": found}


def _span(given: Mapping[str, Any]) -> tuple[float, float]:
    start, end = (
        moment(given.get("StartTime"), "StartTime"),
        moment(given.get("EndTime"), "EndTime"),
    )
    if start >= end:
        raise RefusedError(
            "ValidationError", "The parameter StartTime must be less than the parameter EndTime."
        )
    return start, end


def _window(start: float, end: float, period: int) -> Window:
    first = math.floor(start / period) * period
    count = math.ceil((end - first) / period)
    if count > MOST_DATAPOINTS:
        raise RefusedError(
            "ValidationError", f"More than {MOST_DATAPOINTS:,} datapoints are asked for."
        )
    return Window(start=first, width=period, count=count, period=period)


def _period(item: Query, queries: list[Query]) -> int:
    """Of a metric its own; of an expression its own or the longest of the metrics beside it."""
    if item.metric is not None:
        _check_statistic(item.metric.stat)
        return _checked_period(item.period, f"Period of {item.id}")
    if item.period:
        return _checked_period(item.period, f"Period of {item.id}")
    return max((other.period or 0 for other in queries if other.metric), default=0) or 300


def _checked_period(value: Any, name: str) -> int:
    period = int(value or 0)
    if period in (1, 5, 10, 20, 30) or (period > 0 and period % 60 == 0):
        return period
    raise RefusedError(
        "ValidationError", f"{name} is {period}; it must be 1, 5, 10, 20, 30 or a multiple of 60."
    )


def _check_statistic(stat: str) -> None:
    if not known_statistic(stat):
        raise RefusedError(
            "ValidationError",
            f"The sandbox computes no statistic {stat!r}: {', '.join(STATISTICS)} and percentiles "
            "(p0 to p100) are there.",
        )
