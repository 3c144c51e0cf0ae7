"""The widgets of a dashboard, without a place."""

from collections.abc import Sequence
from typing import Any

import pulumi

from .layout import COLUMNS, Widget

LOG_QUERY = "fields @timestamp, @message | sort @timestamp desc | limit 100"
"""The last 100 entries."""
MOST_ALARMS = 100
"""Of one alarm widget."""
MOST_LOG_GROUPS = 50
"""Of one query (CloudWatch Logs user guide, quotas)."""
CHART_HEIGHT = 6
ALARMS_IN_A_ROW = 4
"""An alarm widget draws that many over the whole width."""


def text(markdown: str, *, height: int = 1) -> Widget:
    """A line of text over the whole width, without a frame."""
    return Widget("text", COLUMNS, height, {"markdown": markdown, "background": "transparent"})


def alarms(title: str, arns: Sequence[pulumi.Input[str]]) -> list[Widget]:
    """The states of alarms, composite ones included; more than one widget for very many."""
    found = []
    for start in range(0, len(arns), MOST_ALARMS):
        some = arns[start : start + MOST_ALARMS]
        rows = -(-len(some) // ALARMS_IN_A_ROW)
        properties = {"title": title, "alarms": list(some), "sortBy": "stateUpdatedTimestamp"}
        found.append(Widget("alarm", COLUMNS, 1 + rows, properties))
    return found


def log(
    title: str, groups: Sequence[pulumi.Input[str]], *, region: pulumi.Input[str]
) -> list[Widget]:
    """A table of the last entries of log groups."""
    if not groups:
        return []
    sources: list[pulumi.Input[str]] = []
    for group in groups[:MOST_LOG_GROUPS]:
        sources += ["SOURCE '", group, "' | "]
    properties = {
        "title": title,
        "query": pulumi.Output.concat(*sources, LOG_QUERY),
        "region": region,
        "view": "table",
    }
    return [Widget("log", COLUMNS, 8, properties)]


def metric(
    title: str,
    metrics: Sequence[Sequence[Any]],
    *,
    region: pulumi.Input[str],
    annotations: dict[str, Any] | None = None,
    unit: str = "",
    percent: bool = False,
    single: bool = False,
) -> Widget:
    """Metrics over time; ``single``: their last values as numbers."""
    axis: dict[str, Any] = {"min": 0, "showUnits": False}
    if unit:
        axis["label"] = unit
    if percent:
        axis["max"] = 100
    properties: dict[str, Any] = {
        "title": title,
        "metrics": metrics,
        "region": region,
        "period": 60,
        "view": "singleValue" if single else "timeSeries",
    }
    if single:
        # The sum of what is shown, and not of its last minute.
        properties |= {"setPeriodToTimeRange": True, "sparkline": True}
    else:
        properties |= {"stacked": False, "yAxis": {"left": axis}, "legend": {"position": "bottom"}}
    if annotations and not single:
        properties["annotations"] = annotations
    return Widget("metric", COLUMNS // 3, CHART_HEIGHT, properties)
