"""Metric filters: lines of a log group as numbers."""

import re
from collections.abc import Mapping
from typing import Any

from .base import Inputs, Outputs, Provider
from .common import ignoring, physical_name, present

_NAME = re.compile(r"^[^:*]{1,512}$")
_PATTERN_LIMIT = 1024
_DIMENSIONS_LIMIT = 3


class Transformation(Inputs):
    """What a line that matches is worth, and as which metric."""

    name: str
    namespace: str
    value: str
    default_value: str | None = None
    dimensions: dict[str, str] = {}
    unit: str | None = None


class MetricFilterInputs(Inputs):
    """Inputs of a metric filter."""

    name: str | None = None
    log_group_name: str
    pattern: str
    metric_transformation: Transformation


class LogMetricFilter(Provider[MetricFilterInputs]):
    """Counts the lines of a log group that match."""

    token = "aws:cloudwatch/logMetricFilter:LogMetricFilter"
    inputs = MetricFilterInputs
    replaces = frozenset({"name", "logGroupName"})

    def check(self, name: str, properties: Mapping[str, Any]) -> MetricFilterInputs:
        inputs = super().check(name, properties)
        metric = inputs.metric_transformation
        if inputs.name is not None and not _NAME.match(inputs.name):
            raise ValueError(f"name={inputs.name!r}: 1 to 512 characters but : and * are taken.")
        if len(inputs.pattern) > _PATTERN_LIMIT:
            raise ValueError(
                f"pattern has {len(inputs.pattern)} characters; Logs takes up to {_PATTERN_LIMIT}."
            )
        if metric.namespace.startswith("AWS/"):
            raise ValueError(
                f"metricTransformation.namespace={metric.namespace!r}: AWS/ belongs to AWS."
            )
        if metric.dimensions and metric.default_value is not None:
            raise ValueError(
                "metricTransformation: defaultValue and dimensions exclude each other, since a "
                "line that does not match has no values for them."
            )
        if len(metric.dimensions) > _DIMENSIONS_LIMIT:
            raise ValueError(
                f"metricTransformation has {len(metric.dimensions)} dimensions; Logs takes up to "
                f"{_DIMENSIONS_LIMIT}."
            )
        if metric.default_value is not None:
            try:
                float(metric.default_value)
            except ValueError:
                raise ValueError(
                    f"metricTransformation.defaultValue={metric.default_value!r} is no number."
                ) from None
        return inputs

    def create(self, name: str, inputs: MetricFilterInputs) -> tuple[str, Outputs]:
        id = physical_name(name, inputs.name, limit=512)
        self._put(id, inputs)
        return id, {"name": id, "logGroupName": inputs.log_group_name}

    def update(
        self, id: str, old: MetricFilterInputs, new: MetricFilterInputs, outputs: Outputs
    ) -> Outputs:
        self._put(id, new)
        return outputs

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("ResourceNotFoundException"):
            self.context.client("logs").delete_metric_filter(
                logGroupName=outputs["logGroupName"], filterName=id
            )

    def _put(self, id: str, inputs: MetricFilterInputs) -> None:
        metric = inputs.metric_transformation
        default = None if metric.default_value is None else float(metric.default_value)
        self.context.client("logs").put_metric_filter(
            logGroupName=inputs.log_group_name,
            filterName=id,
            filterPattern=inputs.pattern,
            metricTransformations=[
                {
                    "metricName": metric.name,
                    "metricNamespace": metric.namespace,
                    "metricValue": metric.value,
                    **present(
                        defaultValue=default,
                        dimensions=metric.dimensions or None,
                        unit=metric.unit,
                    ),
                }
            ],
        )
