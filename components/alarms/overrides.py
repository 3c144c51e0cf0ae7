"""Numbers of single alarms that somebody knows better than the formula."""

import dataclasses
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

from ..checks import integer, listed, one_of
from ..errors import check_keys, invalid, nearest
from .formula import AT_LEAST, FEWER_THAN, MORE_THAN, Formula

STATISTICS = ("Average", "Maximum", "Minimum", "SampleCount", "Sum")
MISSING = ("breaching", "ignore", "missing", "notBreaching")
PERIODS = (10, 20, 30)
"""Seconds, beside multiples of 60: what CloudWatch takes (API reference, PutMetricAlarm)."""
LONGEST_SECONDS = 24 * 3600
"""Periods of up to an hour together look back a day at most (PutMetricAlarm); longer ones a
week, which nobody needs for an alarm."""

_PERCENTILE = re.compile(r"p\d{1,2}(\.\d{1,10})?|p100")


class AlarmOverride(TypedDict):
    """Numbers of one alarm that stand in for the computed ones; the rest stays computed."""

    threshold: NotRequired[float]
    """What it is compared with, in the unit of the metric; percent where the formula is a share.
    With ``statistic`` it is of the metric itself."""
    statistic: NotRequired[str]
    """``Average``, ``Maximum``, ``Minimum``, ``SampleCount``, ``Sum`` or a percentile (``p99``). An
    alarm on a share becomes one on its metric alone: ``{"statistic": "Sum", "threshold": 5}`` on
    errors rings for more than five, however many calls there were."""
    period_seconds: NotRequired[int]
    """10, 20, 30 or a multiple of 60. AWS services publish once a minute: shorter periods serve
    custom metrics of high resolution alone."""
    periods: NotRequired[int]
    """How many periods are looked at; by default all of them must be over the threshold."""
    datapoints: NotRequired[int]
    """How many of the periods must be over the threshold, 1 to ``periods``."""
    missing_data: NotRequired[str]
    """``breaching``, ``notBreaching``, ``ignore`` or ``missing``."""
    enabled: NotRequired[bool]
    """False makes no such alarm."""


def overridden(
    component: str,
    field: str,
    formulas: Sequence[Formula],
    overrides: Mapping[str, AlarmOverride],
    *,
    prefix: str = "",
) -> list[Formula]:
    """The formulas with the numbers of ``overrides``, by role (``prefix`` before it).

    Keys that do not begin with one of the roles are another's; who knows all of them checks
    that none is nobody's (``refuse_unknown``).

    Raises:
        ValueError: a number that CloudWatch refuses; the message names it.
    """
    found = []
    for formula in formulas:
        key = f"{prefix}{formula.role}"
        given = overrides.get(key)
        if given is None:
            found.append(formula)
            continue
        changed = _changed(component, f"{field}[{key!r}]", formula, given)
        if changed is not None:
            found.append(changed)
    return found


def given_overrides(overrides: Mapping[str, Any] | None) -> dict[str, AlarmOverride]:
    """Without what is None, which means "not given", as it does in other languages."""
    found: dict[str, Any] = {
        key: {name: value for name, value in item.items() if value is not None}
        for key, item in (overrides or {}).items()
        if item is not None
    }
    return found


def refuse_unknown(
    component: str, field: str, overrides: Mapping[str, Any], known: Sequence[str]
) -> None:
    """Refuse a key of ``overrides`` that names none of the alarms ``known``.

    Raises:
        ValueError: names the nearest, and all.
    """
    for key in overrides:
        if key not in known:
            near = nearest(key, known)
            raise invalid(
                component,
                field,
                key,
                ", ".join(sorted(known)) or "none: there is no alarm",
                f"Did you mean {near!r}?" if near else "",
            )


def _changed(component: str, field: str, formula: Formula, given: AlarmOverride) -> Formula | None:
    check_keys(component, given, AlarmOverride, prefix=f"{field}.")
    if given.get("enabled") is False:
        return None
    change: dict[str, Any] = {}
    if "statistic" in given:
        change |= {
            "statistic": _statistic(component, f"{field}.statistic", given["statistic"]),
            "expression": None,
            "parts": (),
        }
    if "threshold" in given:
        change["threshold"] = _number(component, f"{field}.threshold", given["threshold"])
    elif "statistic" in given and formula.expression is not None:
        raise invalid(
            component,
            f"{field}.threshold",
            None,
            "a number in the unit of the metric",
            f"The computed {formula.threshold:g} is a share; a statistic needs its own.",
        )
    if "period_seconds" in given:
        change["period_seconds"] = _period(
            component, f"{field}.period_seconds", given["period_seconds"]
        )
    periods = formula.periods
    if "periods" in given:
        periods = integer(component, f"{field}.periods", given["periods"], 1, 1440)
        change |= {"periods": periods, "to_alarm": periods}
    if "datapoints" in given:
        change["to_alarm"] = integer(
            component, f"{field}.datapoints", given["datapoints"], 1, periods
        )
    if "missing_data" in given:
        change["missing"] = one_of(
            component, f"{field}.missing_data", given["missing_data"], MISSING
        )
    result = dataclasses.replace(formula, **change)
    if change.keys() - {"missing"}:
        result = dataclasses.replace(result, description=_described(result, formula))
    seconds = result.period_seconds * result.periods
    if seconds > LONGEST_SECONDS:
        raise invalid(
            component,
            f"{field}.periods",
            result.periods,
            f"at most {LONGEST_SECONDS // result.period_seconds} of {result.period_seconds} s",
            "CloudWatch looks back a day.",
        )
    return result


def _described(given: Formula, computed: Formula) -> str:
    """What is the case when it rings, in the numbers that were given."""
    sign = {MORE_THAN: ">", AT_LEAST: ">=", FEWER_THAN: "<"}[given.comparison]
    what = f"{given.statistic} of {given.metric}"
    if given.expression is not None:
        what = f"The value computed from {given.metric}"
    return (
        f"{what} {sign} {given.threshold:g} in {given.to_alarm} of {given.periods} x "
        f"{given.period_seconds} s (numbers given; computed were: {computed.description})"
    )


def _statistic(component: str, field: str, value: object) -> str:
    if isinstance(value, str) and (value in STATISTICS or _PERCENTILE.fullmatch(value)):
        return value
    allowed = f"{listed(STATISTICS)} or a percentile such as 'p99'"
    raise invalid(component, field, value, allowed)


def _number(component: str, field: str, value: object) -> float:
    good = isinstance(value, int | float) and not isinstance(value, bool)
    if not good or not math.isfinite(value):  # type: ignore[arg-type]  # `good` has just said so
        raise invalid(component, field, value, "a finite number")
    return float(value)  # type: ignore[arg-type]


def _period(component: str, field: str, value: object) -> int:
    seconds = integer(component, field, value, min(PERIODS), LONGEST_SECONDS)
    if seconds not in PERIODS and seconds % 60:
        allowed = f"{', '.join(map(str, PERIODS))} or a multiple of 60"
        raise invalid(
            component, field, seconds, allowed, f"Nearest: {max(60, round(seconds / 60) * 60)}."
        )
    return seconds
