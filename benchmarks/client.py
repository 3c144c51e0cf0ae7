"""A cheap HTTP client for loopback: `wrk` where it is installed, else a small one of our own.

Ours is one process on asyncio (uvloop where installed) that sends ready-made bytes over
keep-alive connections and reads no more of an answer than its status and its length. `serve`
is the other end for its ceiling: a server that does nothing, so that what the client can do
at most stands beside what it measured.

`python -m benchmarks.client load URL CONNECTIONS SECONDS` or `… serve BYTES`.
"""

import asyncio
import json
import math
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from benchmarks.measure import fresh, run

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
_WRK_REPORT = """
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format('\\n{"requests":%d,"seconds":%f,"errors":%d,"p50_ms":%f,"p99_ms":%f}',
    summary.requests, summary.duration / 1e6, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
"""


def name() -> str:
    """Which client `load` uses."""
    return "wrk" if shutil.which("wrk") else "benchmarks.client"


def load(url: str, *, connections: int, seconds: float) -> dict[str, float]:
    """Ask for `url` over as many connections as fast as answers come.

    Returns:
        requests, seconds, errors (also answers other than 2xx and 3xx), p50_ms, p99_ms, and
        cpu_s that the client itself took.
    """
    if name() == "wrk":
        return _wrk(url, connections, seconds)
    return dict(fresh("benchmarks.client", "load", url, str(connections), str(seconds)))


def _wrk(url: str, connections: int, seconds: float) -> dict[str, float]:
    import resource

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_WRK_REPORT)
        script.flush()
        output = run(
            ["wrk", "-t1", f"-c{connections}", f"-d{math.ceil(seconds)}s", "-s", script.name, url]
        )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {**json.loads(output.splitlines()[-1]), "cpu_s": cpu}


# -- our own client ----------------------------------------------------------------------


class _Load:
    """What all connections of one run have in common."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.address = (parts.hostname or "127.0.0.1", parts.port or 80)
        self.request = (
            f"GET {parts.path or '/'} HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept: */*\r\n\r\n"
        ).encode()
        self.latencies: list[float] = []
        self.errors = 0
        self.running = True
        self.tasks: set[asyncio.Task[None]] = set()

    async def connect(self) -> None:
        try:
            await asyncio.get_running_loop().create_connection(
                lambda: _Connection(self), *self.address
            )
        except OSError:
            self.errors += 1

    def reconnect(self) -> None:
        if self.running:
            task = asyncio.ensure_future(self.connect())
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)


class _Connection(asyncio.Protocol):
    """One connection with one request at a time."""

    def __init__(self, load: _Load) -> None:
        self._load = load
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def _send(self) -> None:
        if self._transport is not None and self._load.running:
            self._received = b""
            self._sent = time.perf_counter()
            self._transport.write(self._load.request)

    def data_received(self, data: bytes) -> None:
        received = self._received = self._received + data if self._received else data
        if not complete(received):
            return
        if self._load.running:
            self._load.latencies.append(time.perf_counter() - self._sent)
            if received[9:10] not in (b"2", b"3"):
                self._load.errors += 1
        self._send()

    def connection_lost(self, _: Exception | None) -> None:
        if self._load.running:
            self._load.errors += 1
            self._load.reconnect()


def complete(answer: bytes) -> bool:
    """Whether the bytes are a whole answer."""
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return False
    length = _LENGTH.search(answer, 0, end + 2)
    if length:
        return len(answer) >= end + 4 + int(length[1])
    return answer.endswith(b"\r\n0\r\n\r\n")


async def _drive(url: str, connections: int, seconds: float) -> dict[str, float]:
    load = _Load(url)
    began, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(load.connect() for _ in range(connections)))
    await asyncio.sleep(seconds)
    load.running = False
    taken = time.perf_counter() - began
    return {
        "requests": len(load.latencies),
        "seconds": taken,
        "errors": load.errors,
        "p50_ms": percentile(load.latencies, 50) * 1000,
        "p99_ms": percentile(load.latencies, 99) * 1000,
        "cpu_s": time.process_time() - cpu,
    }


def percentile(values: Sequence[float], percent: float) -> float:
    """Smallest value that `percent` of all are not above; nan without values."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


# -- its ceiling -------------------------------------------------------------------------


class _Nothing(asyncio.Protocol):
    """Answers every request with the same bytes."""

    answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, _: bytes) -> None:
        self._transport.write(self.answer)


async def _serve(size: int) -> None:
    _Nothing.answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (size, b"x" * size)
    server = await asyncio.get_running_loop().create_server(_Nothing, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def ceiling(*, connections: int, seconds: float, size: int) -> dict[str, float]:
    """`load` against a server that does nothing but send `size` bytes."""
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.client", "serve", str(size)],
        cwd=Path(__file__).resolve().parents[1],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        return load(f"http://127.0.0.1:{port}/", connections=connections, seconds=seconds)
    finally:
        server.kill()
        server.communicate()


def main(action: str, *args: str) -> None:
    """The process on either end."""
    try:
        import uvloop
    except ImportError:  # it has no wheel for some systems
        start: Any = asyncio.run
    else:
        start = uvloop.run
    if action == "serve":
        start(_serve(int(args[0])))
    else:
        print(json.dumps(start(_drive(args[0], int(args[1]), float(args[2])))))


if __name__ == "__main__":
    main(*sys.argv[1:])
