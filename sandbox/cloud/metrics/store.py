"""Where data are kept: in the emulator's own store, in order of time and safe from any thread.

The emulator appends without a lock and throws away whole lists while others append; and it keeps
every datum of two weeks, which a day of invocations a second would notice.
"""

import bisect
import logging
import math
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from ministack.services import cloudwatch

from . import clock

Point = dict[str, Any]
"""A datum as the emulator keeps it: Timestamp, Value, Unit, Dimensions, and Count or _stat."""

KEPT = 20_000
"""Data of one metric; the oldest go first."""
KEPT_SECONDS = clock.scaled(36 * 3600)
"""A day and a half of the sandbox, of which an alarm may look at one; AWS keeps 15 months."""
MERGED_SECONDS = 0.1
"""Equal values this close together are one entry with a count."""
EVICTED_EVERY_SECONDS = 60
_log = logging.getLogger("slipway")
_lock = threading.RLock()
_evicted: list[float] = [0.0]


def put(
    namespace: str,
    name: str,
    value: float,
    dimensions: Mapping[str, str] | None,
    unit: str = "None",
    at: float | None = None,
) -> None:
    """Keep one value; see ``record``."""
    try:
        number = float(value)
        if not math.isfinite(number):
            raise ValueError(f"{value} is no value of a metric")
        facts = {str(key): str(item) for key, item in (dimensions or {}).items()}
        moment = time.time() if at is None else float(at)
        point = {"Timestamp": moment, "Value": number, "Unit": unit, "Dimensions": facts}
        _keep(_key(namespace, name, facts), [point])
    except Exception:  # noqa: BLE001 - no service fails over its metrics
        _log.exception("no datum of %s %s", namespace, name)


def put_datum(  # the emulator's own signature
    namespace: str,
    name: str,
    dims: Mapping[str, str],
    ts: float,
    unit: str,
    value: float | None,
    values: Sequence[float] | None,
    counts: Sequence[float] | None,
    stat_values: Mapping[str, float] | None,
) -> None:
    """Keep one MetricDatum of PutMetricData: a value, values with counts, or a statistic set."""
    base = {"Timestamp": ts, "Unit": unit, "Dimensions": dict(dims)}
    points: list[Point]
    if values is not None:
        pairs = zip(values, counts or [1.0] * len(values), strict=False)
        points = [{**base, "Value": float(item), "Count": float(count)} for item, count in pairs]
    elif stat_values is not None:
        count = float(stat_values.get("SampleCount", 0))
        mean = float(stat_values.get("Sum", 0)) / count if count else 0.0
        points = [{**base, "Value": mean, "_stat": dict(stat_values)}]
    else:
        points = [{**base, "Value": float(value or 0)}]
    _keep(_key(namespace, name, dims), points)


def points(
    namespace: str, name: str, dimensions: Mapping[str, str], start: float, end: float
) -> list[Point]:
    """The data of exactly this metric from ``start`` to before ``end``, oldest first."""
    with _lock:
        found: list[Point] = cloudwatch._metrics.get(_key(namespace, name, dimensions), [])
        first = bisect.bisect_left(found, start, key=_moment)
        return found[first : bisect.bisect_left(found, end, key=_moment)]


def evict() -> None:
    """Drop what is too old, now and then."""
    now = time.time()
    with _lock:
        if now - _evicted[0] < EVICTED_EVERY_SECONDS:
            return
        _evicted[0] = now
        store = cloudwatch._metrics._data  # every account and region
        for key, found in list(store.items()):
            del found[: bisect.bisect_left(found, now - KEPT_SECONDS, key=_moment)]
            if not found:
                del store[key]


def _key(namespace: str, name: str, dimensions: Mapping[str, str]) -> tuple[str, str, str]:
    return namespace, name, str(cloudwatch._dims_key(dict(dimensions)))


def _keep(key: tuple[str, str, str], new: Sequence[Point]) -> None:
    with _lock:
        found: list[Point] = cloudwatch._metric_bucket(key)
        for point in new:
            if found:
                point["Dimensions"] = found[0]["Dimensions"]  # one for all: there are many
            if found and _same(found[-1], point):
                found[-1]["Count"] = found[-1].get("Count", 1.0) + point.get("Count", 1.0)
            elif not found or found[-1]["Timestamp"] <= point["Timestamp"]:
                found.append(point)
            else:
                bisect.insort(found, point, key=_moment)
        if len(found) > KEPT:
            del found[: len(found) - KEPT + KEPT // 10]


def _same(last: Point, point: Point) -> bool:
    return (
        0 <= point["Timestamp"] - last["Timestamp"] < MERGED_SECONDS
        and last["Value"] == point["Value"]
        and last["Unit"] == point["Unit"]
        and "_stat" not in last
        and "_stat" not in point
    )


def _moment(point: Point) -> float:
    return float(point["Timestamp"])
