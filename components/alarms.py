"""Alarms: a formula is plain data, a resource comes last.

Every threshold is computed from the watched thing's own settings or is a named constant
with its reason; the formulas stand beside what they watch. As data (``Formula``) they serve
dashboards and composite alarms as well. Who is told belongs to the caller (a topic).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

PERIOD_SECONDS = 60
"""AWS services publish once a minute; shorter periods see gaps."""


@dataclass(frozen=True)
class Formula:
    """One alarm as data; dimensions are filled in by name."""

    role: str
    """Suffix of the alarm's name."""
    description: str
    metric: str
    namespace: str
    statistic: str
    """``Average``, ``Maximum``, or a percentile such as ``p95``; unused with an expression."""
    threshold: float
    comparison: str
    periods: int
    to_alarm: int
    missing: str
    """How missing data count; the reason stands where the formula is written."""
    fails_deployment: bool
    """Whether ECS rolls back when it rings during a deployment."""
    expression: str | None = None
    """Metric math over ``parts`` instead of one metric."""
    parts: tuple[tuple[str, str], ...] = ()
    """Ids and metrics of the expression; each a sum."""


def make_alarms(
    name: str,
    formulas: Sequence[Formula],
    dimensions: Mapping[str, pulumi.Input[str]],
    topic_arn: pulumi.Input[str] | None,
    tags: Mapping[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> "list[aws.cloudwatch.MetricAlarm]":
    """One alarm a formula, all with the same dimensions."""
    actions = [topic_arn] if topic_arn is not None else []
    alarms = []
    for item in formulas:
        common: dict[str, Any] = {
            "alarm_description": item.description,
            "comparison_operator": item.comparison,
            "threshold": item.threshold,
            "evaluation_periods": item.periods,
            "datapoints_to_alarm": item.to_alarm,
            "treat_missing_data": item.missing,
            "alarm_actions": actions,
            "ok_actions": actions,
            "tags": tags,
            "opts": opts,
        }
        if item.expression is not None:
            measured: dict[str, Any] = {"metric_queries": _queries(item, dimensions)}
        else:
            percentile = item.statistic.startswith("p")
            measured = {
                "namespace": item.namespace,
                "metric_name": item.metric,
                "dimensions": dimensions,
                "period": PERIOD_SECONDS,
                "extended_statistic" if percentile else "statistic": item.statistic,
            }
            if percentile:
                # With a handful of requests a percentile is one slow request.
                measured["evaluate_low_sample_count_percentiles"] = "ignore"
        alarms.append(aws.cloudwatch.MetricAlarm(f"{name}-{item.role}", **common, **measured))
    return alarms


def _queries(
    item: Formula, dimensions: Mapping[str, pulumi.Input[str]]
) -> "list[aws.cloudwatch.MetricAlarmMetricQueryArgsDict]":
    queries: list[aws.cloudwatch.MetricAlarmMetricQueryArgsDict] = [
        {
            "id": "value",
            "expression": item.expression,
            "label": item.description,
            "return_data": True,
        }
    ]
    queries.extend(
        {
            "id": part,
            "metric": {
                "namespace": item.namespace,
                "metric_name": metric,
                "dimensions": dimensions,
                "period": PERIOD_SECONDS,
                "stat": "Sum",
            },
        }
        for part, metric in item.parts
    )
    return queries
