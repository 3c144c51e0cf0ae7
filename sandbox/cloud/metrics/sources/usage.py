"""What containers use of processor and memory, by either engine."""

import contextlib
import logging
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil

Used = tuple[float, float]
"""Processors (1.0 is one of them all the time) and bytes of memory."""
ANSWER_SECONDS = 2
"""An engine that takes longer is left out this minute."""
_log = logging.getLogger("slipway")


class _Rates:
    """Turns growing seconds of work into the share since the look before."""

    def __init__(self) -> None:
        self._before: dict[str, tuple[float, float]] = {}

    def since(self, id: str, worked: float, began: float) -> float:
        """Processors in use; of what is new, since it ``began``."""
        now = time.time()
        before, when = self._before.get(id, (0.0, began))
        self._before[id] = worked, now
        return max(0.0, worked - before) / max(now - when, 0.001)

    def keep(self, ids: Sequence[str]) -> None:
        """Forget all others."""
        self._before = {id: self._before[id] for id in ids if id in self._before}


class ProcessUsage:
    """Of the process engine: everything in the process group of a container's first process."""

    def __init__(self) -> None:
        self._rates = _Rates()

    def of(self, engine: Any, ids: Sequence[str]) -> dict[str, Used]:
        """By container id; those that ended meanwhile are left out."""
        groups: dict[int, str] = {}
        for id in ids:
            with contextlib.suppress(Exception):  # it is gone
                groups[int(engine.containers.get(id).attrs["State"]["Pid"])] = id
        worked = dict.fromkeys(groups.values(), 0.0)
        memory = dict.fromkeys(groups.values(), 0.0)
        began: dict[str, float] = {}
        for pid in psutil.pids():
            with contextlib.suppress(OSError, psutil.Error):
                if (group := os.getpgid(pid)) not in groups:
                    continue
                id, process = groups[group], psutil.Process(pid)
                with process.oneshot():
                    times = process.cpu_times()
                    worked[id] += times.user + times.system
                    memory[id] += process.memory_info().rss
                    began[id] = min(began.get(id, time.time()), process.create_time())
        self._rates.keep(ids)
        return {
            id: (self._rates.since(id, worked[id], began[id]), memory[id])
            for id in groups.values()
            if id in began
        }


class DockerUsage:
    """Of a Docker engine: what it says itself."""

    def __init__(self) -> None:
        self._rates = _Rates()
        self._pool = ThreadPoolExecutor(8, "sandbox-usage")

    def of(self, engine: Any, ids: Sequence[str]) -> dict[str, Used]:
        """By container id; those that do not answer in time are left out."""
        asked = {id: self._pool.submit(self._one, engine, id) for id in ids}
        self._rates.keep(ids)
        deadline = time.monotonic() + ANSWER_SECONDS
        used: dict[str, Used] = {}
        for id, answer in asked.items():
            try:
                used[id] = answer.result(max(0.0, deadline - time.monotonic()))
            except Exception as error:  # noqa: BLE001 - it has ended, or the engine is busy
                _log.debug("no statistics of %s: %s", id[:12], error)
        return used

    def _one(self, engine: Any, id: str) -> Used:
        stats = engine.api.stats(id, stream=False, one_shot=True)
        worked = float(stats["cpu_stats"]["cpu_usage"]["total_usage"]) / 1e9
        memory = stats.get("memory_stats") or {}
        cached = float((memory.get("stats") or {}).get("inactive_file", 0))
        # Its first look has nothing to compare with and tells the last five seconds' at most.
        processors = self._rates.since(id, worked, time.time() - max(worked, 5.0))
        return processors, float(memory.get("usage", 0)) - cached
