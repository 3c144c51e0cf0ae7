"""Metrics of functions that the emulator does not publish, or twice.

Invocations, errors and durations come from ``lambda_aliases``, the age of streams from
``event_sources``, and what became of asynchronous events from ``lambda_async``.
A call that is throttled is no invocation on AWS; the emulator counts it as one, and twice where
a program called.
"""

import functools
import threading
from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import lambda_svc

from sandbox.cloud.metrics import every_minute, record
from sandbox.cloud.metrics.sources import just_ended
from sandbox.cloud.settings import Settings

from . import guard, lambda_aliases

NAMESPACE = "AWS/Lambda"
_lock = threading.Lock()
_peaks: dict[str, int] = {}
"""Most calls at once in this minute, by function; the empty name stands for all functions."""


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Count what runs at once and what was refused."""
    guard.wrap(lambda_svc, "_acquire_execution_slot", "(func: dict, config: dict)", _counted)
    guard.checked(lambda_svc, "executions_in_flight", "() -> tuple[int, dict]")
    guard.checked(lambda_svc, "_inflight_key", "(config: dict) -> str")
    guard.replace(
        lambda_svc,
        "_emit_lambda_metrics",
        "(function_name: str, duration_ms: float, error: bool, throttle: bool) -> None",
        lambda *_, **__: None,
    )
    every_minute(_publish_concurrency)


def count(config: Mapping[str, Any], metric: str, value: float = 1, unit: str = "Count") -> None:
    """Publish a value for the function, and for the alias or version that it was called by."""
    name = str(config.get("FunctionName", "unknown"))
    record(NAMESPACE, metric, value, {"FunctionName": name}, unit)
    qualifier = lambda_aliases.called_as(dict(config)).split(":")[7:]
    if qualifier and qualifier[0] != "$LATEST":
        resource = {"FunctionName": name, "Resource": f"{name}:{qualifier[0]}"}
        record(NAMESPACE, metric, value, resource, unit)


def _counted(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def acquire(func: dict[str, Any], config: dict[str, Any]) -> Any:
        slot, limit = original(func, config)
        if slot is None:
            count(config, "Throttles")
        else:
            name, running = str(config.get("FunctionName", "unknown")), lambda_svc._inflight
            with _lock:
                for key, now in ((name, running.get(slot, 0)), ("", lambda_svc._inflight_total)):
                    _peaks[key] = max(_peaks.get(key, 0), now)
        return slot, limit

    return acquire


def _publish_concurrency() -> None:
    total, running = lambda_svc.executions_in_flight()
    with _lock:
        peaks = dict(_peaks)
        _peaks.clear()
    if total:  # what runs since an earlier minute runs in this one as well
        peaks[""] = max(peaks.get("", 0), total)
    for key, now in running.items():
        name = key.rpartition(":")[2]
        peaks[name] = max(peaks.get(name, 0), now)
    for name, peak in peaks.items():
        dimensions = {"FunctionName": name} if name else {}
        record(NAMESPACE, "ConcurrentExecutions", peak, dimensions, "Count", just_ended())
