"""Ends a program that stopped making progress, and says where it stands.

A wrong use of the SDK's event loop, or a program that waits for what never comes, is
silence rather than an error. Operations in flight are progress: they have time-outs of
their own.
"""

import asyncio
import faulthandler
import signal
import threading
import time
from pathlib import Path

from .engine import Engine
from .events import Reporter


class Watchdog(threading.Thread):
    """Watches one run; start it on the run's event loop, and stop it."""

    def __init__(self, engine: Engine, report: Reporter, seconds: float, trace: Path) -> None:
        super().__init__(name="deploy-watchdog", daemon=True)
        self.hung = False
        self._engine = engine
        self._report = report
        self._seconds = seconds
        self._trace = trace
        self._over = threading.Event()
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        self._in_main = threading.current_thread() is threading.main_thread()

    def stop(self) -> None:
        """The run is over."""
        self._over.set()
        self.join()

    def run(self) -> None:
        """Wait for silence, write every thread's stack, then end the run."""
        while not self._over.wait(min(1.0, self._seconds / 4)):
            if self._engine.busy:
                self._report.last = time.monotonic()
            elif time.monotonic() - self._report.last > self._seconds:
                break
        else:
            return
        self.hung = True
        self._engine.stop()
        self._trace.parent.mkdir(parents=True, exist_ok=True)
        with self._trace.open("w", encoding="utf-8") as stream:
            faulthandler.dump_traceback(stream)
        alive = threading.Event()
        while not self._over.is_set():
            self._loop.call_soon_threadsafe(self._cancel, alive)
            if not alive.wait(1.0) and self._in_main:
                # The program blocks its own event loop: two interrupts end asyncio.run.
                for _ in range(2):
                    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
                    time.sleep(0.1)
            self._over.wait(0.5)

    def _cancel(self, alive: threading.Event) -> None:
        alive.set()
        if self._task:
            self._task.cancel()
