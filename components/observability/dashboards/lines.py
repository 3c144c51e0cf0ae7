"""Lines of a chart as CloudWatch's ``metrics`` array, and the thresholds of its alarms."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from ...alarms.formula import PERIOD_SECONDS, Formula
from ...watched import Watched
from .chart import Chart, Line

RED = "#d13212"
"""What an alarm's threshold is drawn in."""
_SIGNS = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": "≥",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "≤",
}

Named = tuple[str, Watched]
"""A thing, with what it is called on this dashboard."""


def line_metrics(
    chart: Chart, things: Sequence[tuple[str, Watched, Sequence[Formula]]]
) -> list[list[Any]]:
    """A metric for each line and thing, with those statistics that only alarms look at.

    Args:
        chart: what is drawn.
        things: each with its name and those of its formulas that the chart shows.
    """
    found = []
    for label, thing, formulas in things:
        for line, period in _with_alarms(chart, formulas):
            if not thing.dimensions.keys() >= set(line.by or ()):
                continue  # such as a load balancer of which no target group is known
            options: dict[str, Any] = {"stat": line.statistic, "label": _label(label, line, chart)}
            if period != PERIOD_SECONDS:
                options["period"] = period
            found.append(
                [chart.namespace, line.metric, *_pairs(thing.dimensions, line.by), options]
            )
    return found


def expression_metrics(
    number: int, label: str, thing: Watched, formula: Formula
) -> list[list[Any]]:
    """The metric math of an alarm, its parts hidden.

    Args:
        number: tells it from the chart's other expressions.
        label: what the thing is called here.
        thing: what the alarm watches.
        formula: of the alarm.
    """
    expression = formula.expression or ""
    for part in formula.parts:
        expression = re.sub(rf"\b{part.id}\b", f"{part.id}{number}", expression)
    shown = {"expression": expression, "id": f"value{number}", "label": label or formula.role}
    found: list[list[Any]] = [[shown]]
    for part in formula.parts:
        options: dict[str, Any] = {
            "id": f"{part.id}{number}",
            "stat": part.statistic,
            "visible": False,
        }
        if formula.period_seconds != PERIOD_SECONDS:
            options["period"] = formula.period_seconds
        dimensions = _pairs(thing.dimensions, formula.by)
        found.append([formula.namespace, part.metric, *dimensions, options])
    return found


def search_metrics(metric: str, things: Sequence[Named]) -> list[list[Any]]:
    """A metric of one's own, whatever further dimensions it has (revenue by currency)."""
    found: list[list[Any]] = []
    for number, (label, thing) in enumerate(things):
        if metric not in thing.metrics:
            continue
        words: list[pulumi.Input[str]] = [
            f'SEARCH(\'Namespace="{thing.namespace}" MetricName="{metric}"'
        ]
        for key, value in sorted(thing.dimensions.items()):
            words += [f' {key}="', value, '"']
        expression = pulumi.Output.concat(*words, "', 'Sum')")
        named = {"label": label} if label else {}
        found.append([{"expression": expression, "id": f"search{number}", **named}])
    return found


def home(charts: Sequence[Chart], formula: Formula) -> Chart | None:
    """The chart that shows what the alarm looks at; the one with its very statistic first."""
    if formula.expression is not None:
        return None
    able = [
        (chart, line)
        for chart in charts
        for line in chart.lines
        if (chart.namespace, line.metric) == (formula.namespace, formula.metric)
    ]
    able.sort(key=lambda one: one[1].statistic != formula.statistic)
    return able[0][0] if able else None


def chart_of(formula: Formula) -> Chart:
    """A chart of what the alarm looks at alone."""
    line = Line(formula.metric, formula.statistic, by=formula.by)
    return Chart(formula.role, formula.namespace, (line,))


def thresholds(named: Sequence[tuple[str, Formula]]) -> list[dict[str, Any]]:
    """A line for each threshold; one for all things and roles that have the same.

    Args:
        named: formulas, each with its thing's name.
    """
    shared: dict[tuple[str, str, float], list[str]] = {}
    for name, formula in named:
        key = (formula.role, _SIGNS.get(formula.comparison, ""), float(formula.threshold))
        shared.setdefault(key, []).append(name)
    everybody = {name for name, _ in named}
    roles: dict[tuple[str, float, str], list[str]] = {}
    for (role, sign, value), names in sorted(shared.items()):
        who = "" if set(names) == everybody else f"{', '.join(sorted(set(names)))}: "
        roles.setdefault((sign, value, who), []).append(role)
    return [
        {
            "label": f"{who}{', '.join(words)} {sign} {plain(value):,}",
            "value": plain(value),
            "color": RED,
        }
        for (sign, value, who), words in sorted(roles.items())
    ]


def plain(value: float) -> float | int:
    """The number as a person writes it."""
    return int(value) if float(value).is_integer() else float(value)


def _with_alarms(chart: Chart, formulas: Sequence[Formula]) -> list[tuple[Line, int]]:
    found = []
    for line in chart.lines:
        own = [formula for formula in formulas if formula.metric == line.metric]
        # The alarm knows which dimensions the metric has.
        by = own[0].by if own and own[0].by is not None else line.by
        exact = [formula for formula in own if formula.statistic == line.statistic]
        period = exact[0].period_seconds if exact else PERIOD_SECONDS
        found.append((Line(line.metric, line.statistic, line.label, by), period))
    drawn = {(line.metric, line.statistic) for line, _ in found}
    for formula in formulas:
        if (formula.metric, formula.statistic) not in drawn:
            label = f"{formula.role} ({formula.statistic})"
            added = Line(formula.metric, formula.statistic, label, formula.by)
            found.append((added, formula.period_seconds))
            drawn.add((formula.metric, formula.statistic))
    return found


def _label(name: str, line: Line, chart: Chart) -> str:
    if not line.label:
        return name or chart.title.lower()
    return f"{name}: {line.label}" if name else line.label


def _pairs(
    dimensions: Mapping[str, pulumi.Input[str]], by: tuple[str, ...] | None
) -> list[pulumi.Input[str]]:
    names = sorted(dimensions) if by is None else by
    return [part for name in names for part in (name, dimensions[name])]
