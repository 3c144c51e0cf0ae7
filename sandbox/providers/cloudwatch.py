"""Alarms on metrics; those on other alarms are in ``cloudwatch_composite``."""

from collections.abc import Mapping
from typing import Any

from .base import Inputs, Outputs, Provider, Tagged
from .common import (
    ignoring,
    one_of,
    pairs,
    pascal,
    physical_name,
    present,
    tag_changes,
    wire,
    within,
)

_STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
_COMPARISONS = (
    "GreaterThanThreshold",
    "GreaterThanOrEqualToThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
)
_MISSING = ("missing", "ignore", "breaching", "notBreaching")


class Metric(Inputs):
    """A metric inside a query."""

    namespace: str | None = None
    metric_name: str
    dimensions: dict[str, str] = {}
    period: int
    stat: str
    unit: str | None = None


class Query(Inputs):
    """One entry of ``metricQueries``: a metric or an expression over the others."""

    id: str
    expression: str | None = None
    label: str | None = None
    return_data: bool = False
    metric: Metric | None = None
    period: int | None = None


class AlarmInputs(Tagged):
    """Inputs of a metric alarm."""

    name: str | None = None
    alarm_description: str | None = None
    comparison_operator: str
    evaluation_periods: int
    threshold: float | None = None
    datapoints_to_alarm: int | None = None
    treat_missing_data: str = "missing"
    actions_enabled: bool = True
    alarm_actions: list[str] = []
    ok_actions: list[str] = []
    insufficient_data_actions: list[str] = []
    namespace: str | None = None
    metric_name: str | None = None
    dimensions: dict[str, str] = {}
    period: int | None = None
    statistic: str | None = None
    extended_statistic: str | None = None
    evaluate_low_sample_count_percentiles: str | None = None
    unit: str | None = None
    metric_queries: list[Query] = []


class MetricAlarm(Provider[AlarmInputs]):
    """An alarm on one metric, or on an expression over several."""

    token = "aws:cloudwatch/metricAlarm:MetricAlarm"
    inputs = AlarmInputs
    replaces = frozenset({"name"})
    outputs = frozenset({"arn", "name", "tagsAll"})

    def check(self, name: str, properties: Mapping[str, Any]) -> AlarmInputs:
        inputs = super().check(name, properties)
        one_of("comparisonOperator", inputs.comparison_operator, _COMPARISONS)
        one_of("treatMissingData", inputs.treat_missing_data, _MISSING)
        within("evaluationPeriods", inputs.evaluation_periods, 1, 1440)
        if (inputs.datapoints_to_alarm or 1) > inputs.evaluation_periods:
            raise ValueError(
                f"datapointsToAlarm={inputs.datapoints_to_alarm} is above "
                f"evaluationPeriods={inputs.evaluation_periods}."
            )
        if inputs.metric_queries:
            _check_queries(inputs)
        else:
            _check_metric(inputs)
        if inputs.threshold is None:
            raise ValueError("threshold is missing.")
        return inputs

    def create(self, name: str, inputs: AlarmInputs) -> tuple[str, Outputs]:
        alarm, tags = physical_name(name, inputs.name, limit=255), self.tags(inputs)
        self._put(alarm, inputs, Tags=pairs(tags))
        found = self.context.client("cloudwatch").describe_alarms(AlarmNames=[alarm])
        arn = found["MetricAlarms"][0]["AlarmArn"]
        return alarm, {"arn": arn, "name": alarm, "tagsAll": tags}

    def update(self, id: str, old: AlarmInputs, new: AlarmInputs, outputs: Outputs) -> Outputs:
        self._put(id, new)
        cloudwatch, tags = self.context.client("cloudwatch"), self.tags(new)
        put, drop = tag_changes(outputs, tags)
        if drop:
            cloudwatch.untag_resource(ResourceARN=outputs["arn"], TagKeys=drop)
        if put:
            cloudwatch.tag_resource(ResourceARN=outputs["arn"], Tags=pairs(put))
        return outputs | {"tagsAll": tags}

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("ResourceNotFound", "ResourceNotFoundException"):
            self.context.client("cloudwatch").delete_alarms(AlarmNames=[id])

    def _put(self, alarm: str, inputs: AlarmInputs, **more: Any) -> None:
        if inputs.metric_queries:
            more["Metrics"] = [_query(query) for query in inputs.metric_queries]
        else:
            more["Dimensions"] = _dimensions(inputs.dimensions)
        self.context.client("cloudwatch").put_metric_alarm(
            AlarmName=alarm,
            ComparisonOperator=inputs.comparison_operator,
            EvaluationPeriods=inputs.evaluation_periods,
            Threshold=inputs.threshold,
            TreatMissingData=inputs.treat_missing_data,
            ActionsEnabled=inputs.actions_enabled,
            AlarmActions=inputs.alarm_actions,
            OKActions=inputs.ok_actions,
            InsufficientDataActions=inputs.insufficient_data_actions,
            **present(
                AlarmDescription=inputs.alarm_description,
                DatapointsToAlarm=inputs.datapoints_to_alarm,
                Namespace=inputs.namespace,
                MetricName=inputs.metric_name,
                Period=inputs.period,
                Statistic=inputs.statistic,
                ExtendedStatistic=inputs.extended_statistic,
                EvaluateLowSampleCountPercentile=inputs.evaluate_low_sample_count_percentiles,
                Unit=inputs.unit,
            ),
            **more,
        )


def _check_metric(inputs: AlarmInputs) -> None:
    if inputs.metric_name is None or inputs.namespace is None:
        raise ValueError("an alarm needs namespace and metricName, or metricQueries.")
    if (inputs.statistic is None) == (inputs.extended_statistic is None):
        raise ValueError("an alarm needs either statistic or extendedStatistic.")
    if inputs.statistic is not None:
        one_of("statistic", inputs.statistic, _STATISTICS)
    _check_period(inputs.period)


def _check_queries(inputs: AlarmInputs) -> None:
    if inputs.metric_name is not None or inputs.namespace is not None:
        raise ValueError("metricQueries excludes namespace and metricName.")
    returned = [query.id for query in inputs.metric_queries if query.return_data]
    if len(returned) != 1:
        raise ValueError(f"one metric query must have returnData=True; given: {returned}.")
    for query in inputs.metric_queries:
        if (query.expression is None) == (query.metric is None):
            raise ValueError(f"metric query {query.id!r} needs either expression or metric.")
        if query.metric is not None:
            _check_period(query.metric.period)


def _check_period(period: int | None) -> None:
    if period is None or not (period in (10, 20, 30) or (period >= 60 and period % 60 == 0)):
        raise ValueError(f"period={period} is not valid. Allowed: 10, 20, 30, multiples of 60.")


def _dimensions(dimensions: Mapping[str, str]) -> list[dict[str, str]]:
    return pairs(dimensions, key="Name")


def _query(query: Query) -> dict[str, Any]:
    given: dict[str, Any] = pascal(wire(query.model_copy(update={"metric": None})))
    if query.metric is not None:
        metric = query.metric
        given["MetricStat"] = {
            "Metric": present(
                Namespace=metric.namespace,
                MetricName=metric.metric_name,
                Dimensions=_dimensions(metric.dimensions),
            ),
            "Period": metric.period,
            "Stat": metric.stat,
            **present(Unit=metric.unit),
        }
    return given
