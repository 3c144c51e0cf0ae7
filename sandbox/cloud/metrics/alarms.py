"""The evaluator: every minute of the sandbox, what each alarm's data mean.

The emulator looks when somebody puts a datum, at one value over all dimensions together.
"""

import json
import logging
import math
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import cloudwatch

from . import clock, expressions
from .series import Metric, Query, Series, Window, dimensions, query, samples
from .verdicts import Rule, Verdict, judge, range_of

Alarm = dict[str, Any]
HISTORY_KEPT = 5000
_log = logging.getLogger("slipway")


def evaluate(full: bool) -> None:
    """Look at the alarms of every account and region; those above 30 s when a minute is full."""
    now = time.time()
    for (account, region, name), alarm in cloudwatch._alarms.all_items():
        if not full and period_of(alarm) >= 60:
            continue
        with request_scope(account, region):
            try:
                look(alarm, now)
            except Exception:  # noqa: BLE001 - one alarm must not keep others from being looked at
                _log.exception("alarm %s", name)


def look(alarm: Alarm, now: float) -> None:
    """Evaluate one alarm, and act if its state changes."""
    rule, window = rule_of(alarm), window_of(alarm, now)
    queries = queries_of(alarm)
    values, counted = _read(alarm, queries, window)
    if counted is not None and _too_few(alarm, queries[0], window, counted):
        return
    verdict = judge(rule, [(at, values.get(at)) for at in window.starts])
    if verdict.state is not None and verdict.state != alarm["StateValue"]:
        _change(alarm, verdict, window, counted)


def rule_of(alarm: Mapping[str, Any]) -> Rule:
    """What it compares."""
    periods = int(alarm.get("EvaluationPeriods") or 1)
    # Alarms on AWS/DynamoDB ignore missing data unless they are told otherwise.
    default = "ignore" if alarm.get("Namespace") == "AWS/DynamoDB" else "missing"
    return Rule(
        operator=str(alarm["ComparisonOperator"]),
        threshold=float(alarm["Threshold"]),
        periods=periods,
        needed=int(alarm.get("DatapointsToAlarm") or periods),
        missing=alarm.get("TreatMissingData") or default,
    )


def queries_of(alarm: Mapping[str, Any]) -> list[Query]:
    """What it reads; the one that returns data is compared."""
    if alarm.get("Metrics"):
        return [query(item) for item in alarm["Metrics"]]
    metric = Metric(
        namespace=str(alarm.get("Namespace")),
        name=str(alarm.get("MetricName")),
        stat=alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average",
        dimensions=dimensions(alarm.get("Dimensions")),
        unit=alarm.get("Unit"),
    )
    return [Query(id="m1", metric=metric, period=int(alarm.get("Period") or 60))]


def period_of(alarm: Mapping[str, Any]) -> int:
    """Its period as it says it: the longest of what it reads."""
    if not alarm.get("Metrics"):
        return int(alarm.get("Period") or 60)
    return max((item.period or 0 for item in queries_of(alarm)), default=0) or 60


def window_of(alarm: Mapping[str, Any], now: float) -> Window:
    """The periods that it looks at: up to the last full minute, sliding with it."""
    period = period_of(alarm)
    count, width = range_of(rule_of(alarm), period), clock.scaled(period)
    step = clock.scaled(min(period, 60))
    end = math.floor(now / step + 1e-6) * step
    return Window(start=end - count * width, width=width, count=count, period=period)


def _read(
    alarm: Mapping[str, Any], queries: list[Query], window: Window
) -> tuple[Series, dict[float, float] | None]:
    """Values by period, and how many samples each is of where it is one metric's."""
    if not alarm.get("Metrics"):
        metric = queries[0].metric
        assert metric is not None  # queries_of made it
        found = zip(window.starts, metric.points(window), strict=True)
        return metric.read(window), {at: samples(there) for at, there in found}
    values = expressions.evaluate(queries, {item.id: window for item in queries})
    returned = next(item for item in queries if item.returns)
    series = expressions.as_series(values[returned.id], window)
    return (series[0] if series else {}), None


def _too_few(
    alarm: Mapping[str, Any], item: Query, window: Window, counted: Mapping[float, float]
) -> bool:
    """Whether a percentile is of too few samples to say anything, and the alarm cares."""
    stat = item.metric.stat if item.metric else ""
    if alarm.get("EvaluateLowSampleCountPercentile") != "ignore" or not stat.startswith("p"):
        return False
    share = float(stat[1:]) / 100
    # "10/(1-percentile)" from the median up, "10/percentile" below it.
    edge = (1 - share) if share >= 0.5 else share
    needed = round(10 / edge, 6) if edge else 0
    recent = [counted[at] for at in window.starts if counted[at]][-rule_of(alarm).periods :]
    return any(count < needed for count in recent)


def _change(
    alarm: Alarm, verdict: Verdict, window: Window, counted: Mapping[float, float] | None
) -> None:
    old, new = alarm["StateValue"], str(verdict.state)
    data = _reason_data(alarm, verdict, window, counted)
    now = int(time.time())
    alarm.update(
        StateValue=new,
        StateReason=verdict.reason,
        StateReasonData=json.dumps(data, separators=(",", ":")),
        StateUpdatedTimestamp=now,
        StateTransitionedTimestamp=now,
    )
    cloudwatch._record_history(alarm["AlarmName"], old, new, verdict.reason, "MetricAlarm", data)
    del cloudwatch._history_entries()[:-HISTORY_KEPT]
    cloudwatch._dispatch_alarm_actions(alarm, old, new, verdict.reason)
    cloudwatch._evaluate_parent_alarms(alarm)


def _reason_data(
    alarm: Mapping[str, Any],
    verdict: Verdict,
    window: Window,
    counted: Mapping[float, float] | None,
) -> dict[str, Any]:
    evaluated = []
    for at, value in verdict.evaluated:
        counts = {"sampleCount": counted[at]} if counted else {}
        evaluated.append({"timestamp": stamp(at), **counts, "value": value})
    data: dict[str, Any] = {
        "version": "1.0",
        "queryDate": stamp(time.time()),
        "startDate": stamp(window.start),
        "period": window.period,
        "recentDatapoints": [value for _, value in reversed(verdict.evaluated)],
        "threshold": float(alarm["Threshold"]),
        "evaluatedDatapoints": evaluated,
    }
    if not alarm.get("Metrics"):
        data["statistic"] = alarm.get("ExtendedStatistic") or alarm.get("Statistic")
    return data


def stamp(at: float) -> str:
    """A moment as CloudWatch writes it into reasons and messages."""
    moment = datetime.fromtimestamp(at, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"
