"""Alarm resources, made of formulas.

Who is told belongs to the caller: a topic, or nobody where a composite alarm tells for all.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from .formula import Formula


def make_alarms(
    name: str,
    formulas: Sequence[Formula],
    dimensions: Mapping[str, pulumi.Input[str]],
    topic_arn: pulumi.Input[str] | None,
    tags: Mapping[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> "dict[str, aws.cloudwatch.MetricAlarm]":
    """One alarm a formula, by its role.

    Args:
        name: what the alarms' names begin with; the formula's role follows.
        dimensions: of the thing; a formula takes those that it is ``by``.
        topic_arn: told when an alarm rings and when it is over; nobody if None.
    """
    actions = [topic_arn] if topic_arn is not None else []
    alarms = {}
    for item in formulas:
        chosen = _chosen(item, dimensions)
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
            measured: dict[str, Any] = {"metric_queries": _queries(item, chosen)}
        else:
            percentile = item.statistic.startswith("p")
            measured = {
                "namespace": item.namespace,
                "metric_name": item.metric,
                "dimensions": chosen,
                "period": item.period_seconds,
                "extended_statistic" if percentile else "statistic": item.statistic,
            }
            if percentile:
                # With a handful of requests a percentile is one slow request.
                measured["evaluate_low_sample_count_percentiles"] = "ignore"
        alarms[item.role] = aws.cloudwatch.MetricAlarm(f"{name}-{item.role}", **common, **measured)
    return alarms


def _chosen(
    item: Formula, dimensions: Mapping[str, pulumi.Input[str]]
) -> Mapping[str, pulumi.Input[str]]:
    if item.by is None:
        return dimensions
    return {key: dimensions[key] for key in item.by}


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
            "id": part.id,
            "metric": {
                "namespace": item.namespace,
                "metric_name": part.metric,
                "dimensions": dimensions,
                "period": item.period_seconds,
                "stat": part.statistic,
            },
        }
        for part in item.parts
    )
    return queries
