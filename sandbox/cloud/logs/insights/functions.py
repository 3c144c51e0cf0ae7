"""The functions of expressions, by their names in lower case."""

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from ..words import SyntaxWrongError
from .events import Moment, number, shown

MILLISECONDS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
Function = Callable[..., Any]


def duration(text: str) -> int:
    """Milliseconds of ``5m``, ``1h`` …"""
    found = re.fullmatch(r"(\d+)(ms|s|m|h|d|w)", text)
    if found is None or not int(found[1]):
        raise SyntaxWrongError(f"{text!r} is no period such as 30s, 5m, 1h or 1d")
    return int(found[1]) * MILLISECONDS[found[2]]


def _floor(moment: Any, period: int) -> Any:
    return None if moment is None else Moment(int(moment) // period * period)


def _ceil(moment: Any, period: int) -> Any:
    return None if moment is None else Moment(-(-int(moment) // period) * period)


def _numeric(compute: Callable[..., float]) -> Function:
    def function(*values: Any) -> Any:
        numbers = [number(value) for value in values]
        if any(item is None for item in numbers):
            return None
        try:
            return compute(*numbers)
        except (ValueError, OverflowError):
            return None

    return function


def _texts(compute: Callable[..., Any]) -> Function:
    def function(*values: Any) -> Any:
        if any(value is None for value in values):
            return None
        return compute(*(shown(value) for value in values))

    return function


def _is_present(value: Any) -> bool:
    return value is not None


def _is_empty(value: Any) -> bool:
    return value is None or value == ""


def _is_blank(value: Any) -> bool:
    return value is None or not shown(value).strip()


def _contains(text: str, part: str) -> int:
    return int(part in text)


def _absolute(value: float) -> float:
    return abs(value)


def _to_milliseconds(value: Any) -> Any:
    return None if value is None else int(value)


def _from_milliseconds(value: Any) -> Any:
    return None if value is None else Moment(int(value))


def _substring(text: str, start: str, length: str = "") -> str:
    begin = int(float(start))
    return text[begin : begin + int(float(length))] if length else text[begin:]


FUNCTIONS: dict[str, tuple[Function, int, int]] = {
    # General
    "ispresent": (_is_present, 1, 1),
    "isempty": (_is_empty, 1, 1),
    "isblank": (_is_blank, 1, 1),
    "coalesce": (lambda *values: next((v for v in values if v is not None), None), 1, 99),
    # Numbers
    "abs": (_numeric(_absolute), 1, 1),
    "ceil": (_numeric(math.ceil), 1, 1),
    "floor": (_numeric(math.floor), 1, 1),
    "sqrt": (_numeric(math.sqrt), 1, 1),
    "log": (_numeric(math.log), 1, 1),
    "greatest": (_numeric(max), 1, 99),
    "least": (_numeric(min), 1, 99),
    # Texts
    "concat": (lambda *values: "".join(shown(v) for v in values if v is not None), 1, 99),
    "strlen": (_texts(len), 1, 1),
    "tolower": (_texts(str.lower), 1, 1),
    "toupper": (_texts(str.upper), 1, 1),
    "trim": (_texts(str.strip), 1, 1),
    "ltrim": (_texts(str.lstrip), 1, 1),
    "rtrim": (_texts(str.rstrip), 1, 1),
    "strcontains": (_texts(_contains), 2, 2),
    "replace": (_texts(str.replace), 3, 3),
    "substr": (_texts(_substring), 2, 3),
    # Dates
    "datefloor": (_floor, 2, 2),
    "dateceil": (_ceil, 2, 2),
    "tomillis": (_to_milliseconds, 1, 1),
    "frommillis": (_from_milliseconds, 1, 1),
}
"""Each with the fewest and the most arguments it takes."""


def aggregate(name: str, values: Sequence[Any], share: float = 0.0) -> Any:
    """One statistic over the values that there are; None over none."""
    if name == "count":
        return len(values)
    if name == "count_distinct":
        return len({shown(value) for value in values})
    if not values:
        return None
    if name in ("earliest", "latest"):  # rows come newest first
        return values[-1] if name == "earliest" else values[0]
    if all(isinstance(value, Moment) for value in values) and name in ("min", "max"):
        return Moment((min if name == "min" else max)(values))
    numbers = sorted(item for value in values if (item := number(value)) is not None)
    if not numbers:
        if name in ("min", "max"):
            texts = [shown(value) for value in values]
            return min(texts) if name == "min" else max(texts)
        return None
    mean = math.fsum(numbers) / len(numbers)
    if name == "pct":
        return percentile(numbers, share)
    if name == "stddev":
        return math.sqrt(math.fsum((item - mean) ** 2 for item in numbers) / len(numbers))
    return {
        "sum": math.fsum(numbers),
        "avg": mean,
        "min": numbers[0],
        "max": numbers[-1],
    }[name]


AGGREGATES = frozenset(
    ("count", "count_distinct", "sum", "avg", "min", "max", "pct", "stddev", "earliest", "latest")
)


def percentile(ordered: Sequence[float], share: float) -> float:
    """Between the two nearest of ``ordered``; ``share`` in percent."""
    rank = share / 100 * (len(ordered) - 1)
    low = math.floor(rank)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (rank - low)
