"""What a dashboard's metric widget asks CloudWatch for.

The body names metrics as the console draws them; ``GetMetricData`` wants queries. A ``SEARCH`` is
answered here, from ``ListMetrics``: the console does the same.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PERIODS = (1, 5, 10, 30)
"""Seconds, beside multiples of 60, that CloudWatch takes."""
_SEARCH = re.compile(r"""\s*SEARCH\('(?P<terms>.*)',\s*'(?P<stat>[^']+)'(,\s*\d+)?\)\s*""")
_TERM = re.compile(r"""([\w.]+)="([^"]*)\"""")


@dataclass(frozen=True)
class Query:
    """One line of a chart, or a part of one."""

    id: str
    """As the widget's expressions call it."""
    label: str
    shown: bool
    statistic: str
    period: int
    expression: str = ""
    namespace: str = ""
    metric: str = ""
    dimensions: tuple[tuple[str, str], ...] = ()

    def asked(self, prefix: str, ids: Sequence[str]) -> dict[str, Any]:
        """The query as ``GetMetricData`` takes it, its name made unique by ``prefix``."""
        found: dict[str, Any] = {
            "Id": f"{prefix}_{self.id}",
            "Label": self.label,
            "ReturnData": self.shown,
        }
        if self.expression:
            expression = self.expression
            for id_ in ids:
                expression = re.sub(rf"\b{re.escape(id_)}\b", f"{prefix}_{id_}", expression)
            return {**found, "Expression": expression, "Period": self.period}
        dimensions = [{"Name": name, "Value": value} for name, value in self.dimensions]
        metric = {
            "Namespace": self.namespace,
            "MetricName": self.metric,
            "Dimensions": dimensions,
        }
        stat = {"Metric": metric, "Period": self.period, "Stat": self.statistic}
        return {**found, "MetricStat": stat}


def real_period(period: float, minute: float) -> int:
    """Seconds that a period of CloudWatch's takes here, as one that it can be asked for."""
    seconds = period * minute / 60
    for allowed in PERIODS:
        if seconds <= allowed:
            return allowed
    return math.ceil(seconds / 60) * 60


def queries(properties: Mapping[str, Any], client: Any, minute: float) -> list[Query]:
    """What a metric widget shows, hidden parts included.

    Args:
        properties: of the widget.
        client: of CloudWatch, for ``SEARCH``.
        minute: how long CloudWatch's minute takes, in seconds.
    """
    found: list[Query] = []
    for number, (words, options) in enumerate(_rows(properties.get("metrics") or [])):
        period = real_period(float(options.get("period") or properties.get("period") or 60), minute)
        id_ = str(options.get("id") or f"m{number}")
        shown = options.get("visible", True) is not False
        label = str(options.get("label") or "")
        if expression := str(options.get("expression") or ""):
            if search := _SEARCH.fullmatch(expression):
                found += _found(client, search, id_, label, period)
            else:
                shown_as = label or expression
                found.append(Query(id_, shown_as, shown, "", period, expression=expression))
            continue
        pairs = tuple(zip(words[2::2], words[3::2], strict=False))
        statistic = str(options.get("stat") or properties.get("stat") or "Average")
        found.append(
            Query(
                id_,
                label or words[1],
                shown,
                statistic,
                period,
                namespace=words[0],
                metric=words[1],
                dimensions=pairs,
            )
        )
    return found


def _rows(metrics: Sequence[Sequence[Any]]) -> Iterator[tuple[list[str], Mapping[str, Any]]]:
    """Each metric with its options; ``.`` and ``...`` stand for what is in the line before."""
    before: list[str] = []
    for row in metrics:
        options = row[-1] if row and isinstance(row[-1], dict) else {}
        words = [str(word) for word in row if not isinstance(word, dict)]
        if "..." in words:
            at = words.index("...")
            after = words[at + 1 :]
            words = [*words[:at], *before[at : len(before) - len(after)], *after]
        words = [
            before[place] if word == "." and place < len(before) else word
            for place, word in enumerate(words)
        ]
        before = words or before
        yield words, options


def _found(client: Any, search: re.Match[str], id_: str, label: str, period: int) -> list[Query]:
    terms = dict(_TERM.findall(search["terms"]))
    namespace, metric = terms.pop("Namespace", ""), terms.pop("MetricName", "")
    if not namespace or not metric:
        return []
    pages = client.get_paginator("list_metrics").paginate(
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in sorted(terms.items())],
    )
    series = sorted(
        {
            tuple(sorted((one["Name"], one["Value"]) for one in item.get("Dimensions", [])))
            for page in pages
            for item in page["Metrics"]
        }
    )
    found = []
    for number, dimensions in enumerate(series):
        further = [value for name, value in dimensions if name not in terms]
        words = " ".join([label, *further]).strip() or metric
        found.append(
            Query(
                f"{id_}n{number}",
                words,
                True,
                search["stat"],
                period,
                namespace=namespace,
                metric=metric,
                dimensions=dimensions,
            )
        )
    return found
