"""One chart, as data."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One metric of a chart, for each of the things."""

    metric: str
    statistic: str = "Sum"
    label: str = ""
    """What tells it from the chart's other lines."""
    by: tuple[str, ...] | None = None
    """Names of the dimensions that it has, where it does not have all of the thing's."""


@dataclass(frozen=True)
class Chart:
    """Metrics of one unit, that are read together."""

    title: str
    namespace: str
    lines: tuple[Line, ...]
    unit: str = ""
    """Beside the axis."""
    headline: bool = False
    """Whether the overview shows it too."""
    insights: str = "off"
    """What Container Insights must be for its metrics to exist."""
    percent: bool = False
    """Whether the axis ends at 100."""


SECTIONS: Mapping[str, str] = {
    "business": "Business",
    "load_balancer": "Load balancer",
    "rest_api": "API",
    "http_api": "API (HTTP)",
    "service": "Service",
    "cluster": "Cluster",
    "function": "Functions",
    "workflow": "Workflow",
    "callback": "Callbacks",
    "queue": "Queues",
    "stream": "Streams",
    "dead_letter_queue": "What nobody could process",
    "table": "Tables",
}
"""Kinds in the order in which requests flow, and what a dashboard calls them."""

INSIGHTS = ("off", "on", "enhanced")
"""Container Insights, from few to many metrics."""
