"""What PutMetricAlarm and PutMetricData refuse, and the alarm that the first of them makes."""

import math
import time
from collections.abc import Mapping
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch

from . import expressions
from .protocol import RefusedError, truth
from .series import STATISTICS, Query, known_statistic, query
from .verdicts import OPERATORS, TREATMENTS

DAY, WEEK = 86_400, 604_800
MOST_QUERIES = 10
MOST_ACTIONS = 5
MOST_DIMENSIONS = 30
_TEXTS = (
    "AlarmDescription", "MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Unit",
    "TreatMissingData", "EvaluateLowSampleCountPercentile",
)  # fmt: skip
_STATE = ("StateValue", "StateReason", "StateReasonData", "StateUpdatedTimestamp",
          "StateTransitionedTimestamp")  # fmt: skip


def metric_alarm(given: Mapping[str, Any]) -> dict[str, Any]:
    """The alarm that a request describes, as DescribeAlarms shows it.

    Raises:
        RefusedError: CloudWatch would not make it.
    """
    name = str(given.get("AlarmName") or "")
    if not 1 <= len(name) <= 255:
        raise _invalid("AlarmName must be 1 to 255 characters.")
    alarm: dict[str, Any] = {
        "AlarmName": name,
        "AlarmArn": f"arn:aws:cloudwatch:{get_region()}:{get_account_id()}:alarm:{name}",
        "ActionsEnabled": truth(given.get("ActionsEnabled", True)),
        "EvaluationPeriods": int(given.get("EvaluationPeriods") or 0),
        "ComparisonOperator": given.get("ComparisonOperator"),
        "AlarmConfigurationUpdatedTimestamp": int(time.time()),
        **{key: str(given[key]) for key in _TEXTS if given.get(key)},
    }
    for key in ("AlarmActions", "OKActions", "InsufficientDataActions"):
        alarm[key] = list(given.get(key) or [])
        if len(alarm[key]) > MOST_ACTIONS:
            raise _invalid(f"{key} must have at most {MOST_ACTIONS} entries.")
    for key in ("DatapointsToAlarm", "Period"):
        if given.get(key) is not None:
            alarm[key] = int(given[key])
    if given.get("Threshold") is not None:
        alarm["Threshold"] = float(given["Threshold"])
    if given.get("Metrics"):
        alarm["Metrics"] = [dict(item) for item in given["Metrics"]]
    else:
        alarm["Dimensions"] = [dict(item) for item in given.get("Dimensions") or []]
    _check_rule(alarm, given)
    if "Metrics" in alarm:
        _check_queries(alarm)
    else:
        _check_metric(alarm)
    old = cloudwatch._alarms.get(name)
    now = int(time.time())
    fresh = {
        "StateValue": "INSUFFICIENT_DATA",
        "StateReason": "Unchecked: Initial alarm creation",
        "StateUpdatedTimestamp": now,
        "StateTransitionedTimestamp": now,
    }
    alarm.update({key: old[key] for key in _STATE if key in old} if old else fresh)
    return alarm


def check_data(given: Mapping[str, Any]) -> None:
    """Refuse what PutMetricData does."""
    namespace = str(given.get("Namespace") or "")
    if not namespace:
        raise RefusedError("MissingParameter", "The parameter Namespace is required.")
    if namespace.startswith(("AWS/", ":")):
        raise RefusedError(
            "InvalidParameterValue", f"The value {namespace} for parameter Namespace is invalid."
        )
    for index, item in enumerate(given.get("MetricData") or [], 1):
        where = f"MetricData.member.{index}"
        if not item.get("MetricName"):
            raise RefusedError("MissingParameter", f"{where}.MetricName is required.")
        if len(item.get("Dimensions") or []) > MOST_DIMENSIONS:
            raise RefusedError(
                "InvalidParameterValue", f"{where}.Dimensions has more than {MOST_DIMENSIONS}."
            )
        value = item.get("Value")
        if value not in (None, "") and not math.isfinite(float(value)):
            raise RefusedError(
                "InvalidParameterValue",
                f"The value {value} for parameter {where}.Value is invalid.",
            )


def _check_rule(alarm: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    operator, periods = alarm["ComparisonOperator"], alarm["EvaluationPeriods"]
    if given.get("ThresholdMetricId") or "Band" in str(operator) or "Upper" in str(operator):
        raise _invalid("The sandbox has no anomaly detection: give Threshold.")
    if operator not in OPERATORS:
        raise _invalid(f"ComparisonOperator is {operator!r}; allowed: {', '.join(OPERATORS)}.")
    if periods < 1:
        raise _invalid("EvaluationPeriods must be at least 1.")
    if not 1 <= alarm.get("DatapointsToAlarm", periods) <= periods:
        raise _invalid(
            "DatapointsToAlarm must be at least 1 and not greater than EvaluationPeriods."
        )
    if "Threshold" not in alarm:
        raise _invalid("Threshold is required.")
    missing = alarm.get("TreatMissingData", "missing")
    if missing not in TREATMENTS:
        raise _invalid(f"Option '{missing}' for TreatMissingData is not one of {TREATMENTS}.")
    low = alarm.get("EvaluateLowSampleCountPercentile", "evaluate")
    if low not in ("evaluate", "ignore"):
        raise _invalid(f"Option {low} is not supported for EvaluateLowSampleCountPercentile.")


def _check_metric(alarm: Mapping[str, Any]) -> None:
    for key in ("MetricName", "Namespace"):
        if not alarm.get(key):
            raise _invalid(f"{key} is required for an alarm on a metric.")
    statistic, extended = alarm.get("Statistic"), alarm.get("ExtendedStatistic")
    if bool(statistic) == bool(extended):
        raise RefusedError(
            "InvalidParameterCombination",
            "Exactly one of the parameters Statistic and ExtendedStatistic must be given.",
        )
    if statistic and statistic not in STATISTICS:
        raise _invalid(f"Statistic is {statistic!r}; allowed: {', '.join(STATISTICS)}.")
    if extended and (extended in STATISTICS or not known_statistic(extended)):
        raise _invalid(f"The value {extended} for parameter ExtendedStatistic is not supported.")
    if alarm.get("EvaluateLowSampleCountPercentile") and not extended:
        raise _invalid("EvaluateLowSampleCountPercentile is for percentiles.")
    _check_period(alarm.get("Period"), alarm["EvaluationPeriods"])


def _check_queries(alarm: Mapping[str, Any]) -> None:
    if alarm.get("MetricName") or alarm.get("Namespace") or alarm.get("Period"):
        raise RefusedError(
            "InvalidParameterCombination",
            "Metrics excludes MetricName, Namespace, Dimensions, Period, Unit and Statistic.",
        )
    queries = [query(item) for item in alarm["Metrics"]]
    if sum(item.metric is not None for item in queries) > MOST_QUERIES:
        raise _invalid(f"An alarm can look at {MOST_QUERIES} metrics at most.")
    try:
        expressions.check(queries)
    except expressions.ExpressionError as error:
        raise _invalid(str(error)) from None
    returned = [item for item in queries if item.returns]
    if len(returned) != 1:
        raise _invalid("Exactly one element of the metrics list should return data.")
    if not any(item.metric for item in queries):
        raise _invalid("An expression of an alarm must look at a metric at least.")
    for item in queries:
        if item.metric is not None or item.period:
            _check_period(item.period, alarm["EvaluationPeriods"])
        if item.metric is not None and not known_statistic(item.metric.stat):
            raise _invalid(f"The value {item.metric.stat} for parameter Stat is not supported.")
    _check_same_period(queries)


def _check_same_period(queries: list[Query]) -> None:
    periods = {item.period for item in queries if item.period}
    if len(periods) > 1:
        raise _invalid(f"Period must be the same for all metrics of an alarm; given: {periods}.")


def _check_period(period: int | None, periods: int) -> None:
    if period is None or not (period in (10, 20, 30) or (period >= 60 and period % 60 == 0)):
        raise _invalid(f"Period must be 10, 20, 30 or a multiple of 60; given: {period}.")
    most, words = (WEEK, "a week") if period >= 3600 else (DAY, "a day")
    if period * periods > most:
        raise _invalid(
            "Metrics cannot be checked across more than "
            f"{words} (EvaluationPeriods * Period must be <= {most}); given: {period * periods}."
        )


def _invalid(message: str) -> RefusedError:
    return RefusedError("ValidationError", message)
