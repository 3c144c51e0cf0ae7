"""Executions as they run: one loop for all of them, a clock and a history for each.

The emulator keeps a thread for every execution, waiting or not; here only a task that works has
one. Waits may be shortened by ``SFN_WAIT_SCALE``, and then an execution's own clock runs ahead of
the world's by what it did not wait: its history tells the intervals that its document says.
"""

import asyncio
import concurrent.futures
import contextlib
import contextvars
import json
import os
import threading
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from ministack import app
from ministack.services import stepfunctions as sfn

T = TypeVar("T")
DATA_BYTES = 262_144
"""The most that a state takes or gives."""
MOST_EVENTS = 25_000
"""Of a standard execution's history."""
TASKS_AT_ONCE = max(16, 8 * (os.cpu_count() or 1))
"""Tasks that work at the same time; more of them take turns. Each function that runs beside
another is one more process to start, which for hundreds takes longer than running them in turn."""
PATIENCE_SECONDS = 5
"""A task that has waited so long for its turn works anyway: those before it may wait for it."""
MOST_THREADS = 256
ExecutionError: type[Exception] = sfn._ExecutionError
_threads = concurrent.futures.ThreadPoolExecutor(MOST_THREADS, "slipway-tasks")
_starting = threading.Lock()
_loop: list[asyncio.AbstractEventLoop] = []
_turns: list[asyncio.Semaphore] = []


class TimedOutError(Exception):
    """The machine's own ``TimeoutSeconds`` are over; nothing catches that."""


class LateError(Exception):
    """What was waited for did not come in time."""


class Run:
    """One execution: its record in the emulator's store, and what it runs."""

    def __init__(
        self,
        record: dict[str, Any],
        definition: Mapping[str, Any],
        role: str,
        told: Callable[["Run", dict[str, Any]], None],
        ended: Callable[["Run"], None],
    ) -> None:
        self.record, self.definition, self.role = record, definition, role
        self.express = bool(record.get("express"))
        self.done: concurrent.futures.Future[None] = concurrent.futures.Future()
        self.task: asyncio.Task[None] | None = None
        self.began = time.time()
        limit = 300 if self.express else None
        seconds = definition.get("TimeoutSeconds", limit)
        self.deadline = self.began + min(seconds, limit or seconds) if seconds else None
        self._told, self._ended, self._lock = told, ended, threading.Lock()

    @property
    def session(self) -> str:
        """The name under which its tasks call AWS."""
        return str(self.record["name"])[:64]

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return bool(self.record["status"] == "RUNNING")

    def tell(self, kind: str, previous: int, when: float, details: Mapping[str, Any]) -> int:
        """Write an event into the history; returns its number."""
        with self._lock:
            if not self.running:
                raise asyncio.CancelledError
            if not self.express and len(self.record["events"]) >= MOST_EVENTS - 1:
                raise ExecutionError(
                    "States.Runtime",
                    f"The execution reached the maximum number of history events ({MOST_EVENTS}).",
                )
            event = self._written(kind, previous, when, details)
        self._told(self, event)
        return int(event["id"])

    def close(self, status: str, when: float, previous: int | None = None, **outcome: Any) -> bool:
        """End it, once; False if it had ended already."""
        with self._lock:
            if not self.running:
                return False
            events = self.record["events"]
            if events:  # the world's clock may be behind the execution's
                when = max(when, events[-1]["timestamp"])
            previous = len(events) if previous is None else previous
            self.record.update(outcome, status=status, stopDate=iso(when))
            given = {key: value for key, value in outcome.items() if value is not None}
            name = {"SUCCEEDED": "Succeeded", "FAILED": "Failed", "ABORTED": "Aborted"}.get(
                status, "TimedOut"
            )
            event = self._written(
                f"Execution{name}", previous, when, {f"execution{name}EventDetails": given}
            )
        self._told(self, event)
        self._ended(self)
        self.done.set_result(None)
        if self.task is not None:
            loop().call_soon_threadsafe(self.task.cancel)
        return True

    def _written(
        self, kind: str, previous: int, when: float, details: Mapping[str, Any]
    ) -> dict[str, Any]:
        events = self.record["events"]
        event = {
            "id": len(events) + 1,
            "previousEventId": previous,
            "type": kind,
            "timestamp": round(when, 3),
            **details,
        }
        events.append(event)
        return event


class Strand:
    """A line of states: the machine's own, a branch's or an iteration's."""

    def __init__(self, run: Run, context: dict[str, Any], last: int, skew: float = 0.0) -> None:
        self.run, self.context, self.last, self.skew = run, context, last, skew

    def branch(self, **context: Any) -> "Strand":
        """A line beside this one. It reads this one's variables and keeps its own to itself."""
        return Strand(self.run, {**self.context, **context}, self.last, self.skew)

    def joined(self, branches: Sequence["Strand"]) -> None:
        """Go on when the last of them did."""
        self.skew = max([self.skew, *(branch.skew for branch in branches)])

    @property
    def now(self) -> float:
        """The time by the execution's own clock."""
        return time.time() + self.skew

    def record(self, kind: str, **details: Any) -> int:
        """Write an event that follows on the last one of this line."""
        self.last = self.run.tell(kind, self.last, self.now, details)
        return self.last

    async def pause(self, seconds: float) -> None:
        """Wait, by the execution's own clock."""
        deadline = self.run.deadline
        over = deadline is not None and self.now + seconds >= deadline
        if over and deadline is not None:
            seconds = max(0.0, deadline - self.now)
        scaled = seconds * sfn._SFN_WAIT_SCALE
        began = time.monotonic()
        await asyncio.sleep(max(0.0, scaled))
        self.skew += max(0.0, seconds - (time.monotonic() - began))
        if over:
            raise TimedOutError

    async def within(self, what: Awaitable[T], seconds: float | None) -> T:
        """Wait for something, no longer than this and than the machine lasts.

        Raises:
            LateError: it did not come in time.
            TimedOutError: the machine's time is over.
        """
        left = None if self.run.deadline is None else self.run.deadline - self.now
        limits = [limit for limit in (seconds, left) if limit is not None]
        try:
            return await asyncio.wait_for(what, max(0.0, min(limits)) if limits else None)
        except TimeoutError:
            if left is not None and (seconds is None or left <= seconds):
                raise TimedOutError from None
            raise LateError from None

    def check_time(self) -> None:
        """End the execution if its time is over."""
        if self.run.deadline is not None and self.now >= self.run.deadline:
            raise TimedOutError


def loop() -> asyncio.AbstractEventLoop:
    """The loop on which all executions run, on a thread of its own."""
    with _starting:
        if not _loop:
            made = asyncio.new_event_loop()
            _turns.append(asyncio.Semaphore(TASKS_AT_ONCE))
            threading.Thread(target=made.run_forever, daemon=True, name="slipway-states").start()
            _loop.append(made)
        return _loop[0]


def launch(run: Run, live: Callable[[Run], Coroutine[Any, Any, None]]) -> None:
    """Let an execution begin, in the caller's account and region."""

    def begin() -> None:
        if run.running:
            run.task = asyncio.get_running_loop().create_task(live(run))

    loop().call_soon_threadsafe(begin)


@contextlib.asynccontextmanager
async def turn() -> AsyncGenerator[None]:
    """Hold one of the turns, or work without one after a while."""
    try:
        await asyncio.wait_for(_turns[0].acquire(), PATIENCE_SECONDS)
    except TimeoutError:
        yield
        return
    try:
        yield
    finally:
        _turns[0].release()


async def on_thread(function: Callable[..., T], *args: Any) -> T:
    """Call what may block, away from the loop."""
    context = contextvars.copy_context()
    return await asyncio.get_running_loop().run_in_executor(
        _threads, lambda: context.run(function, *args)
    )


async def on_gateway(function: Callable[..., T], *args: Any) -> T:
    """Call a service where requests are answered, so that both do not write at the same time."""

    async def call() -> T:
        return function(*args)

    gateway: Any = app._MAIN_LOOP
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(call(), gateway))


def soon(function: Callable[..., None], *args: Any) -> None:
    """The same, in the caller's account and region, without waiting for it."""
    gateway: Any = app._MAIN_LOOP
    context: Any = contextvars.copy_context()
    gateway.call_soon_threadsafe(context.run, function, *args)


def text_of(value: Any) -> str:
    """JSON as histories hold it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def fitting(text: str, what: str) -> str:
    """``text``, if a state may hold it.

    Raises:
        ExecutionError: States.DataLimitExceeded.
    """
    if len(text) * 4 > DATA_BYTES and len(text.encode()) > DATA_BYTES:
        raise ExecutionError(
            "States.DataLimitExceeded",
            f"{what} returned a result with a size exceeding the maximum number of bytes service "
            "limit.",
        )
    return text


def iso(moment: float) -> str:
    """A time as the emulator's records hold it."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
