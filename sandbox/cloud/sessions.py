"""Operating-system processes: who is alive, since when, and who belongs to a session.

The cloud runs in a session of its own and marks its environment with the boot id, so
that everything it ever started can be found and ended, whatever happened to the cloud
itself. Linux answers from ``/proc``; elsewhere ``ps`` does.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

BOOT_VARIABLE = "SANDBOX_BOOT"
"""Environment variable that every process of one cloud carries."""

_LINUX = sys.platform == "linux"


def started(pid: int) -> str | None:
    """An identity of process ``pid`` that no later process can have; None if it is dead."""
    if _LINUX:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (OSError, ValueError):
            return None
        return None if fields[0] in "ZX" else fields[19]
    shown = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return None if not shown or shown.startswith("Z") else shown.partition(" ")[2].strip()


def members(session: int, boot: str) -> list[int]:
    """Living processes of ``session`` that carry ``boot``, this process left out."""
    return [
        pid
        for pid in _all_pids()
        if pid != os.getpid() and _in_session(pid, session) and _carries(pid, boot)
    ]


def kill_session(session: int, boot: str, *, patience: float = 20.0) -> None:
    """SIGKILL every member until none is left, for at most ``patience`` seconds."""
    deadline = time.monotonic() + patience
    while (alive := members(session, boot)) and time.monotonic() < deadline:
        send(alive, signal.SIGKILL)
        time.sleep(0.02)


def send(pids: Iterable[int], number: signal.Signals) -> None:
    """Signal each of ``pids`` that still exists."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _all_pids() -> list[int]:
    if _LINUX:
        return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]  # noqa: PTH208
    shown = subprocess.run(["ps", "-axo", "pid="], capture_output=True, text=True, check=False)
    return [int(line) for line in shown.stdout.split()]


def _in_session(pid: int, session: int) -> bool:
    try:
        return os.getsid(pid) == session and started(pid) is not None
    except (ProcessLookupError, PermissionError):
        return False


def _carries(pid: int, boot: str) -> bool:
    """Whether the process was started by this very boot; a session number may be reused."""
    if not _LINUX:
        return True
    try:
        environment = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False
    return f"{BOOT_VARIABLE}={boot}".encode() in environment.split(b"\0")
