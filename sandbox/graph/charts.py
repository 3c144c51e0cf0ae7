"""A chart as SVG: lines, thresholds, deployments."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from . import text
from .boards import Series, Shown
from .cards import label, number
from .colours import SERIES

HEIGHT = 150.0
LEFT, RIGHT, TOP, BOTTOM = 46.0, 8.0, 10.0, 20.0
UNIT = 52.0
"""Pixels of a column of the grid."""
TINY = 10.0
ROUND = (1, 2, 3, 4, 5, 6, 8, 10)
"""Where an axis may end, times a power of ten."""


def chart(shown: Shown, span: tuple[float, float]) -> str:
    """The chart of a metric widget.

    Args:
        shown: the widget with its data.
        span: the first and the last moment of all charts of the page.
    """
    properties = shown.properties
    width = UNIT * float(shown.widget.get("width", 6))
    annotations: Mapping[str, Any] = properties.get("annotations") or {}
    lines = [one for one in annotations.get("horizontal") or [] if "value" in one]
    axis: Mapping[str, Any] = (properties.get("yAxis") or {}).get("left") or {}
    top = _top(shown.series, [float(one["value"]) for one in lines], axis)
    root = Element(
        "svg",
        {
            "viewBox": f"0 0 {number(width)} {number(HEIGHT)}",
            "role": "img",
            "class": "chart",
        },
    )
    SubElement(root, "title").text = _said(shown)
    start, end = span
    wide, tall = width - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def x(moment: float) -> float:
        return LEFT + wide * (moment - start) / max(end - start, 1.0)

    def y(value: float) -> float:
        return TOP + tall * (1 - min(max(value / top, 0.0), 1.0))

    for tick in (0.0, top / 2, top):
        path = f"M{number(LEFT)} {number(y(tick))}H{number(width - RIGHT)}"
        SubElement(root, "path", {"class": "grid", "d": path})
        label(root, LEFT - 6, y(tick) + 3.5, short(tick), "tick", **{"text-anchor": "end"})
    for moment, anchor in ((start, "start"), (end, "end")):
        words = datetime.fromtimestamp(moment, UTC).strftime("%H:%M:%S")
        label(root, x(moment), HEIGHT - 5, words, "tick", **{"text-anchor": anchor})
    for mark in annotations.get("vertical") or []:
        _deployment(root, mark, start, end, x)
    for place, one in enumerate(shown.series):
        _line(root, one, f"line-{SERIES[place % len(SERIES)]}", x, y, start)
    taken: list[float] = []
    for line in lines:
        height = y(float(line["value"]))
        path = f"M{number(LEFT)} {number(height)}H{number(width - RIGHT)}"
        SubElement(root, "path", {"class": "threshold", "d": path})
        base = height + 11 if height < TOP + 12 else height - 4
        # Two lines this close: the second one says its words at the other end.
        beside = any(abs(base - other) < TINY for other in taken)
        taken.append(base)
        words = text.fitted(str(line.get("label", "")), TINY, wide / 2 - 8)
        at, anchor = (LEFT + 3, "start") if beside else (width - RIGHT - 3, "end")
        label(root, at, base, words, "limit", **{"text-anchor": anchor})
    return tostring(root, encoding="unicode")


def short(value: float) -> str:
    """A number on an axis."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            scale = 1e3 if letter == "k" else size
            return f"{value / scale:.3g}{letter}"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _said(shown: Shown) -> str:
    last = [
        f"{one.label or 'value'} {short(one.points[-1][1])}" for one in shown.series if one.points
    ]
    return f"{shown.properties.get('title', '')}: {', '.join(last) or 'no data'}"


def _top(series: Sequence[Series], limits: Sequence[float], axis: Mapping[str, Any]) -> float:
    """Where the axis ends: a round number above everything."""
    if "max" in axis:
        return float(axis["max"]) or 1.0
    most = max([value for one in series for _, value in one.points] + list(limits), default=0.0)
    if most <= 0:
        return 1.0
    most *= 1.05
    step = 10.0 ** math.floor(math.log10(most))
    return next(step * factor for factor in ROUND if step * factor >= most)


def _line(root: Element, series: Series, css: str, x: Any, y: Any, start: float) -> None:
    """A line with gaps where there are no data; a point alone is a dot."""
    runs: list[list[tuple[float, float]]] = []
    for moment, value in series.points:
        if moment < start:
            continue
        if not runs or moment - runs[-1][-1][0] > 2.5 * series.period:
            runs.append([])
        runs[-1].append((moment, value))
    for run in runs:
        if len(run) == 1:
            at = {"cx": number(x(run[0][0])), "cy": number(y(run[0][1])), "r": "2.2"}
            SubElement(root, "circle", {"class": f"dot {css}", **at})
            continue
        points = " ".join(f"{number(x(moment))},{number(y(value))}" for moment, value in run)
        SubElement(root, "polyline", {"class": f"line {css}", "points": points})


def _deployment(root: Element, mark: Mapping[str, Any], start: float, end: float, x: Any) -> None:
    try:
        moment = datetime.fromisoformat(str(mark.get("value"))).timestamp()
    except ValueError:
        return
    if start <= moment <= end:
        path = f"M{number(x(moment))} {number(TOP)}V{number(HEIGHT - BOTTOM)}"
        SubElement(root, "path", {"class": "mark", "d": path})
        label(root, x(moment) + 3, TOP + 9, str(mark.get("label", "")), "limit")
