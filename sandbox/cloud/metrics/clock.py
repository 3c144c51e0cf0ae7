"""The sandbox's minute: one thread that calls publishers, then the alarms' evaluator."""

import logging
import threading
import time
from collections.abc import Callable

from sandbox.cloud import minute

PARTS = 6
"""A minute's tenths of AWS: alarms of 10 and 30 seconds look that often."""
_log = logging.getLogger("slipway")


MINUTE = minute.seconds()
"""Seconds of a minute of CloudWatch here."""

_publishers: list[Callable[[], None]] = []
_evaluators: list[Callable[[bool], None]] = []


def scaled(period: float) -> float:
    """Real seconds of a period that an alarm names."""
    return period * MINUTE / minute.REAL_SECONDS


def every_minute(publish: Callable[[], None]) -> Callable[[], None]:
    """Call ``publish`` once a minute, shortly before alarms are looked at.

    On the clock's thread, one after another: it should take milliseconds. What it raises is
    logged, and it is called again. Returned as it is, so that it serves as a decorator.
    """
    _publishers.append(publish)
    return publish


def evaluate_by(evaluate: Callable[[bool], None]) -> None:
    """Call ``evaluate`` six times a minute; its argument tells whether a minute is full."""
    _evaluators.append(evaluate)


def start() -> None:
    """Let the clock run until the process ends."""
    threading.Thread(target=_run, daemon=True, name="sandbox-minute").start()


def tick(full: bool) -> None:
    """One step of the clock."""
    for call in _publishers if full else ():
        _safely(call)
    for evaluate in _evaluators:
        _safely(evaluate, full)


def _run() -> None:
    step, number = MINUTE / PARTS, 0
    while True:
        # Aligned, so that a minute is looked at as soon as it is over.
        now = time.time()
        due = (now // step + 1) * step
        time.sleep(due - now)
        number = round(due / step)
        tick(number % PARTS == 0)


def _safely(call: Callable[..., None], *args: bool) -> None:
    try:
        call(*args)
    except Exception:  # noqa: BLE001 - the clock goes on; the log keeps it
        _log.exception("%s", getattr(call, "__qualname__", call))
