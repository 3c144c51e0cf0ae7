"""The functions of metric math that the sandbox knows."""

import itertools
import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .series import Series, Window

Several = list[Series]
Value = float | Series | Several


@dataclass(frozen=True)
class Context:
    """Over what a function is computed."""

    window: Window
    metrics: Mapping[str, Value]
    """By id, for METRICS."""


def each(change: Callable[[float], float | None], value: Value) -> Value:
    """The same for every number of a value."""
    if isinstance(value, list):
        return [_changed(change, item) for item in value]
    if isinstance(value, dict):
        return _changed(change, value)
    return change(value) or 0.0


def pairwise(operate: Callable[[float, float], float | None], left: Value, right: Value) -> Value:
    """An operation on two values: where both have a number, and for each of several series."""
    if isinstance(left, list) or isinstance(right, list):
        if isinstance(left, list) and isinstance(right, list):
            raise TypeError("an operation on several series and several series")
        several = left if isinstance(left, list) else right
        result: Several = []
        for item in several if isinstance(several, list) else []:
            pair = (item, right) if several is left else (left, item)
            found = pairwise(operate, *pair)
            result.append(found if isinstance(found, dict) else {})
        return result
    if isinstance(left, dict) and isinstance(right, dict):
        both = {at: operate(value, right[at]) for at, value in left.items() if at in right}
        return {at: value for at, value in both.items() if value is not None}
    if isinstance(left, dict):
        number = _number(right)
        return _changed(lambda value: operate(value, number), left)
    if isinstance(right, dict):
        number = _number(left)
        return _changed(lambda value: operate(number, value), right)
    return operate(_number(left), _number(right)) or 0.0


def _changed(change: Callable[[float], float | None], series: Series) -> Series:
    changed = {at: change(value) for at, value in series.items()}
    return {at: value for at, value in changed.items() if value is not None}


def _number(value: Any) -> float:
    if isinstance(value, list | dict):
        raise TypeError("a number is wanted")
    return float(value)


def _over(
    compute: Callable[[Sequence[float]], float], *, missing_is_zero: bool = False
) -> Callable[..., Value]:
    """One series gives a number; several give a series."""

    def function(_: Context, value: Value) -> Value:
        if isinstance(value, dict):
            return compute(list(value.values())) if value else {}
        if not isinstance(value, list):
            raise TypeError("a series is wanted")
        result: Series = {}
        for at in sorted({at for item in value for at in item}):
            there = [item[at] for item in value if at in item]
            if missing_is_zero:
                there += [0.0] * (len(value) - len(there))
            result[at] = compute(there)
        return result

    return function


def _fill(context: Context, value: Value, by: Value | str) -> Value:
    if isinstance(value, list):
        filled = [_fill(context, item, by) for item in value]
        return [item for item in filled if isinstance(item, dict)]
    if not isinstance(value, dict):
        raise TypeError("a series is wanted")
    result: Series = {}
    for at in context.window.starts:
        if at in value:
            result[at] = value[at]
        elif by == "REPEAT":
            before = [other for other in value if other < at]
            if before:
                result[at] = value[max(before)]
        elif by == "LINEAR":
            before, after = [o for o in value if o < at], [o for o in value if o > at]
            if before and after:
                low, high = max(before), min(after)
                share = (at - low) / (high - low)
                result[at] = value[low] + share * (value[high] - value[low])
        elif isinstance(by, dict):
            if at in by:
                result[at] = by[at]
        else:
            result[at] = _number(by)
    return result


def _if(context: Context, condition: Value, then: Value, other: Value | None = None) -> Value:
    if not isinstance(condition, dict | list):
        chosen = then if condition else other
        return {} if chosen is None else chosen
    if isinstance(condition, list):
        raise TypeError("a series is wanted")
    result: Series = {}
    for at in context.window.starts:
        if at not in condition:
            continue
        chosen = then if condition[at] else other
        if isinstance(chosen, dict):
            if at in chosen:
                result[at] = chosen[at]
        elif chosen is not None:
            result[at] = _number(chosen)
    return result


def _steps(context: Context, value: Value, compute: Callable[[float, float], float]) -> Value:
    """Something of each value, the one before it and the seconds between them."""
    if isinstance(value, list):
        found = [_steps(context, item, compute) for item in value]
        return [item for item in found if isinstance(item, dict)]
    if not isinstance(value, dict):
        raise TypeError("a series is wanted")
    ordered, result = sorted(value), dict[float, float]()
    for before, at in itertools.pairwise(ordered):
        periods = round((at - before) / context.window.width)
        result[at] = compute(value[at] - value[before], periods * context.window.period)
    return result


def _running_sum(_: Context, value: Value) -> Value:
    if not isinstance(value, dict):
        raise TypeError("a series is wanted")
    total, result = 0.0, dict[float, float]()
    for at in sorted(value):
        total += value[at]
        result[at] = total
    return result


def _picked(index: int) -> Callable[..., Value]:
    def function(_: Context, value: Value) -> Value:
        if not isinstance(value, list):
            raise TypeError("several series are wanted")
        return value[index] if value else {}

    return function


def _count(_: Context, value: Value) -> Value:
    return float(len(value)) if isinstance(value, list) else 1.0


def _datapoints(_: Context, value: Value) -> Value:
    if isinstance(value, list):
        at_each = [at for item in value for at in item]
        return {at: float(at_each.count(at)) for at in at_each}
    return float(len(value)) if isinstance(value, dict) else 1.0


def _of_each(change: Callable[[float], float | None]) -> Callable[..., Value]:
    def function(_: Context, value: Value) -> Value:
        return each(change, value)

    return function


def _stepwise(compute: Callable[[float, float], float]) -> Callable[..., Value]:
    def function(context: Context, value: Value) -> Value:
        return _steps(context, value, compute)

    return function


def _more(more: float, _: float) -> float:
    return more


def _took(_: float, took: float) -> float:
    return took


def _rate(more: float, took: float) -> float:
    return more / took


def _mean(there: Sequence[float]) -> float:
    return sum(there) / len(there)


def _log(value: float) -> float | None:
    return math.log(value) if value > 0 else None


def _log10(value: float) -> float | None:
    return math.log10(value) if value > 0 else None


def _period(context: Context, _: Value) -> Value:
    return float(context.window.period)


def _time_series(context: Context, value: Value) -> Value:
    return dict.fromkeys(context.window.starts, _number(value))


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "ABS": _of_each(abs),
    "AVG": _over(_mean, missing_is_zero=True),
    "CEIL": _of_each(math.ceil),
    "DATAPOINT_COUNT": _datapoints,
    "DIFF": _stepwise(_more),
    "DIFF_TIME": _stepwise(_took),
    "FILL": _fill,
    "FIRST": _picked(0),
    "FLOOR": _of_each(math.floor),
    "IF": _if,
    "LAST": _picked(-1),
    "LOG": _of_each(_log),
    "LOG10": _of_each(_log10),
    "MAX": _over(max),
    "METRIC_COUNT": _count,
    "MIN": _over(min),
    "PERIOD": _period,
    "RATE": _stepwise(_rate),
    "RUNNING_SUM": _running_sum,
    "STDDEV": _over(statistics.pstdev),
    "SUM": _over(sum),
    "TIME_SERIES": _time_series,
}
"""By name; the arguments follow the context."""
