"""From a clone of the repository to a running shop, by phase: cold, warm, and again.

Cold is what a newcomer has: a clone of the last commit, no environment, empty caches of uv
and pip. Warm is the same clone after `make down`: the environment and its bytecode are there,
the cloud is not. Again is `make up` on a sandbox that runs and has nothing to do.
"""

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.measure import ROOT, Say, environment, run, summarize

COLD_ROUNDS = 2
WARM_ROUNDS = 2
"""Warm starts in each clone."""
PHASES = ("clone", "environment", "cloud", "deploy", "journeys", "other", "total")
"""`other` is what `make` and Python's own start take besides the phases that `up` measures."""


def measure(say: Say, *, quick: bool = False, repository: Path = ROOT) -> dict[str, Any]:
    """Seconds by phase for each engine that this machine has."""
    engines = usable_engines()
    runs: dict[tuple[str, str], list[dict[str, float]]] = {}
    for _ in range(1 if quick else COLD_ROUNDS):
        for engine in engines:
            for kind, seconds in _one_clone(say, repository, engine, 1 if quick else WARM_ROUNDS):
                runs.setdefault((engine, kind), []).append(seconds)
    changed = run(["git", "status", "--porcelain"], cwd=repository).strip()
    return {
        "commit": run(["git", "rev-parse", "--short", "HEAD"], cwd=repository).strip(),
        "uncommitted_changes_left_out": bool(changed),
        "uv": "on PATH" if shutil.which("uv") else "installed into the environment by pip",
        "rows": report(runs),
    }


def report(runs: Mapping[tuple[str, str], Sequence[Mapping[str, float]]]) -> list[dict[str, Any]]:
    """A row for each engine and kind of start; a phase that it does not have is left out."""
    return [
        {
            "engine": engine,
            "start": kind,
            **{
                phase: vars(summarize([seconds[phase] for seconds in measured]))
                for phase in PHASES
                if phase in measured[0]
            },
        }
        for (engine, kind), measured in runs.items()
    ]


def usable_engines() -> list[str]:
    """`process` always; `docker` where an engine answers and a base image is named.

    The default base image comes from a public registry, whose speed is not what we measure.
    """
    if not os.environ.get("SANDBOX_BASE_IMAGE") or not shutil.which("docker"):
        return ["process"]
    answer = subprocess.run(["docker", "info"], capture_output=True, check=False)
    return ["process", "docker"] if answer.returncode == 0 else ["process"]


def _one_clone(
    say: Say, repository: Path, engine: str, warm_rounds: int
) -> list[tuple[str, dict[str, float]]]:
    results = []
    with tempfile.TemporaryDirectory(prefix="bench-start-") as folder:
        clone, cache = Path(folder) / "clone", Path(folder) / "cache"
        env = environment(
            SANDBOX_ENGINE=engine,
            UV_CACHE_DIR=str(cache / "uv"),
            PIP_CACHE_DIR=str(cache / "pip"),
            # MAKEFLAGS and MAKELEVEL of a `make bench` are not the clone's business.
            MAKEFLAGS="",
            MAKELEVEL="0",
        )

        def timed(*command: str, cwd: Path) -> tuple[float, str]:
            began = time.perf_counter()
            output = run(command, cwd=cwd, env=env)
            return time.perf_counter() - began, output

        def up(kind: str, before: Mapping[str, float]) -> None:
            say(f"start: {kind}, {engine}")
            environment_seconds, _ = timed("make", ".venv/sandbox.stamp", cwd=clone)
            wall, output = timed("make", "up", "ARGS=--json", cwd=clone)
            phases = json.loads(output)["seconds"]
            results.append((kind, laps(before, environment_seconds, phases, wall)))

        clone_seconds, _ = timed(
            "git", "clone", "--quiet", "--no-local", str(repository), str(clone), cwd=Path(folder)
        )
        try:
            up("cold", {"clone": clone_seconds})
            for _ in range(warm_rounds):
                timed("make", "down", cwd=clone)
                up("warm", {})
            up("again", {})
        finally:
            timed("make", "down", cwd=clone)
    return results


def laps(
    before: Mapping[str, float], environment: float, phases: Mapping[str, float], wall: float
) -> dict[str, float]:
    """One start as `PHASES` has it, from what was measured around and inside `make up`."""
    measured = {**before, "environment": environment, **phases}
    total = sum(before.values()) + environment + wall
    return {**measured, "other": wall - sum(phases.values()), "total": total}
