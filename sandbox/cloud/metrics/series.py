"""What is asked for: queries for metrics and expressions, and their values by period."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ministack.services import cloudwatch

from .store import Point, points

STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
Series = dict[float, float]
"""Values by the start of their period; a period without data has none."""


@dataclass(frozen=True)
class Window:
    """Periods next to one another."""

    start: float
    width: float
    """Real seconds of a period."""
    count: int
    period: float
    """Seconds of a period as it was asked for: an alarm's are shorter here than they say."""

    @property
    def end(self) -> float:
        """When the last period ends."""
        return self.start + self.width * self.count

    @property
    def starts(self) -> list[float]:
        """When each period starts."""
        return [self.start + self.width * index for index in range(self.count)]


@dataclass(frozen=True)
class Metric:
    """One metric and the statistic of it."""

    namespace: str
    name: str
    stat: str
    dimensions: Mapping[str, str] = field(default_factory=dict)
    unit: str | None = None

    def points(self, window: Window) -> list[list[Point]]:
        """The data of each period."""
        found: list[list[Point]] = [[] for _ in range(window.count)]
        for point in points(
            self.namespace, self.name, self.dimensions, window.start, window.end + 1e-6
        ):
            index = math.floor((point["Timestamp"] - window.start) / window.width + 1e-9)
            if 0 <= index < window.count and self.unit in (None, point["Unit"]):
                found[index].append(point)
        return found

    def read(self, window: Window) -> Series:
        """Its values."""
        values: Series = {}
        for start, there in zip(window.starts, self.points(window), strict=True):
            if (value := value_of(self.stat, there)) is not None:
                values[start] = value
        return values


@dataclass(frozen=True)
class Query:
    """One entry of MetricDataQueries or of an alarm's Metrics."""

    id: str
    metric: Metric | None = None
    expression: str = ""
    period: int | None = None
    returns: bool = True
    label: str = ""


def value_of(stat: str, there: Sequence[Point]) -> float | None:
    """A statistic of data; None if they have none."""
    totals = cloudwatch._calc_stats(there)
    if not totals:
        return None
    value = cloudwatch._stat_value(totals, stat, there)
    return None if value is None else float(value)


def samples(there: Sequence[Point]) -> float:
    """How many values these data are."""
    return float(cloudwatch._calc_stats(there).get("SampleCount", 0.0))


def known_statistic(stat: str) -> bool:
    """Whether it is one that is computed here: the five, and percentiles."""
    if stat in STATISTICS:
        return True
    return bool(re.fullmatch(r"p(100(\.0+)?|\d{1,2}(\.\d+)?)", stat))


def query(given: Mapping[str, Any]) -> Query:
    """A query as a request names it."""
    found = given.get("MetricStat") or {}
    metric = None
    if found:
        named = found.get("Metric") or {}
        metric = Metric(
            namespace=named.get("Namespace") or "",
            name=named.get("MetricName") or "",
            stat=found.get("Stat") or "",
            dimensions=dimensions(named.get("Dimensions")),
            unit=found.get("Unit"),
        )
    period = found.get("Period") or given.get("Period")
    return Query(
        id=str(given.get("Id") or ""),
        metric=metric,
        expression=given.get("Expression") or "",
        period=int(period) if period else None,
        returns=str(given.get("ReturnData", True)).lower() != "false",
        label=given.get("Label") or "",
    )


def dimensions(given: Sequence[Mapping[str, str]] | None) -> dict[str, str]:
    """Name to value."""
    return {item["Name"]: item.get("Value", "") for item in given or []}
