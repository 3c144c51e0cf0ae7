"""Plain statistics, fair turns, and processes that are measured from a clean start.

A machine is never quiet, so what is compared takes turns (A B A B …) within one run, each
time in a fresh process, and medians and minima are reported. Nothing here judges a number.
"""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).resolve().parents[1]

K = TypeVar("K")
R = TypeVar("R")

Say = Callable[[str], None]
"""Takes one line of progress for a person."""


@dataclass(frozen=True)
class Summary:
    """Several measurements of the same thing."""

    median: float
    minimum: float
    runs: int


def summarize(values: Sequence[float]) -> Summary:
    """Median and minimum, rounded to what a noisy machine can tell (four digits after the point).

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("nothing was measured, so there is nothing to summarize")
    return Summary(round(statistics.median(values), 4), round(min(values), 4), len(values))


def in_turns(keys: Sequence[K], rounds: int, measure: Callable[[K], R]) -> dict[K, list[R]]:
    """Measure each key once a round; every other round goes backwards, so none is always first."""
    results: dict[K, list[R]] = {key: [] for key in keys}
    for number in range(rounds):
        for key in keys if number % 2 == 0 else reversed(keys):
            results[key].append(measure(key))
    return results


def environment(**extra: str) -> dict[str, str]:
    """This process's environment as `make` gives it to the commands: bytecode is kept.

    Nothing of an activated environment is left, so that a clone makes its own.
    """
    dropped = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "VIRTUAL_ENV")
    kept = {key: value for key, value in os.environ.items() if key not in dropped}
    return {**kept, **extra}


def run(command: Sequence[str], *, cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> str:
    """Standard output of a command that ends well.

    Raises:
        RuntimeError: it did not; the message has the end of what it wrote.
    """
    done = subprocess.run(
        command,
        cwd=cwd,
        env=dict(env) if env is not None else environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        end = (done.stdout + done.stderr)[-2000:]
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{end}")
    return done.stdout


def fresh(module: str, *args: str) -> Any:
    """The JSON document that ``python -m <module> <args>`` prints, in a new process."""
    return json.loads(run([sys.executable, "-m", module, *args]))


def peak_memory_mib() -> float:
    """Most resident memory that this process has had, in MiB.

    Linux remembers in ``ru_maxrss`` what the parent had before it started this process, so
    the kernel's own line is read where there is one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return round(int(line.split()[1]) / 1024, 1)
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20, 1)
