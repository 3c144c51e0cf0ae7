"""Health checks of a target, with a target group's own settings.

As on AWS, one success makes a new target healthy and ``unhealthy_threshold`` failures in
a row make it unhealthy. To keep local deployments fast a new target is probed every
second (or faster, if its interval is shorter); those extra probes can only find it
healthy: failures count at the group's own interval.
"""

import asyncio
import contextlib
from collections.abc import Callable

from .targets import CHECKING, DISABLED, HEALTHY, UNUSED, GroupSettings, Health, Target

INITIAL_INTERVAL = 1.0
"""Longest pause between probes of a target that was never healthy, in seconds."""
_FIRST_INTERVAL = 0.1
"""Pause after the first probe; it grows to INITIAL_INTERVAL, since most starts are fast."""


def matches(code: int, codes: str) -> bool:
    """Whether ``code`` is among ``200``, ``200,302`` or ``200-299``."""
    for part in codes.split(","):
        low, _, high = part.strip().partition("-")
        if int(low) <= code <= int(high or low):
            return True
    return False


async def probe(settings: GroupSettings, target: Target) -> Health:
    """Ask once; returns HEALTHY or why not."""
    host, port = target.address
    if settings.check_port not in ("", "traffic-port"):
        host, port = target.ip, int(settings.check_port)
    try:
        async with asyncio.timeout(settings.timeout):
            code = await _status(host, port, settings.check_path, f"{target.ip}:{target.port}")
    except TimeoutError:
        return Health("unhealthy", "Target.Timeout", "Request timed out")
    except (OSError, ValueError, EOFError):
        return Health("unhealthy", "Target.FailedHealthChecks", "Health checks failed")
    if matches(code, settings.codes):
        return HEALTHY
    return Health(
        "unhealthy",
        "Target.ResponseCodeMismatch",
        f"Health checks failed with these codes: [{code}]",
    )


async def _status(host: str, port: int, path: str, name: str) -> int:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: {name}\r\nUser-Agent: ELB-HealthChecker/2.0\r\n"
            "Connection: close\r\nAccept-Encoding: gzip, compressed\r\n\r\n".encode()
        )
        line = await reader.readline()
        if not line.startswith(b"HTTP/1."):
            raise ValueError("not an HTTP answer")
        return int(line[9:12])
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def watch(settings: GroupSettings, target: Target, changed: Callable[[], None]) -> None:
    """Keep ``target.health`` true until cancelled; calls ``changed`` after each change."""

    def set_health(health: Health) -> None:
        if health != target.health:
            target.health = health
            changed()

    if not settings.in_use or not settings.check_enabled:
        set_health(DISABLED if settings.in_use else UNUSED)
        return
    if target.health.state not in ("healthy", "unhealthy"):
        set_health(CHECKING)
    if target.health == CHECKING:
        await _first(settings, target, set_health)
    while True:
        await _turns(settings, target, set_health)


async def _first(
    settings: GroupSettings, target: Target, set_health: Callable[[Health], None]
) -> None:
    """Probe a new target fast until it is healthy or has failed for long enough."""
    loop = asyncio.get_running_loop()
    begin, pause = loop.time(), _FIRST_INTERVAL
    patience = (settings.unhealthy_threshold - 1) * settings.interval
    while True:
        result = await probe(settings, target)
        if result is HEALTHY:
            set_health(HEALTHY)
            return
        waited = loop.time() - begin
        if waited >= patience:
            set_health(result)
            return
        await asyncio.sleep(min(pause, settings.interval, max(0.05, patience - waited)))
        pause = min(pause * 1.5, INITIAL_INTERVAL)


async def _turns(
    settings: GroupSettings, target: Target, set_health: Callable[[Health], None]
) -> None:
    """Count results in a row at the group's interval until the state turns once."""
    healthy = target.health is HEALTHY
    needed = settings.unhealthy_threshold if healthy else settings.healthy_threshold
    in_a_row = 0
    while True:
        await asyncio.sleep(settings.interval)
        result = await probe(settings, target)
        opposite = (result is HEALTHY) != healthy
        in_a_row = in_a_row + 1 if opposite else 0
        if in_a_row >= needed:
            set_health(result)
            return
        if not healthy and result is not HEALTHY:
            set_health(result)  # still unhealthy, perhaps for another reason
