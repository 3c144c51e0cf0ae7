"""What a function costs before its first event: packing, the layer, and the handler's import.

Imports are measured in fresh processes, in turns, as CPU seconds of the whole process. The
handler's aim is 1.3 times a bare interpreter that loads what the handler's own code needs of the
standard library; beside it stand the same handler with Powertools loaded at once, and boto3,
which is what a handler pays that makes its clients at the top.

The layer is built cold with an empty cache of ours; the installer's own cache of downloads stays
as it is, so cold means: resolved, unpacked and zipped, not downloaded.
"""

import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.measure import ROOT, Say, environment, fresh, in_turns, run, summarize

BARE = "bare interpreter"
OWN = "standard library that the handler needs"
HANDLER = "handler"
BATCHES = "handler, with Powertools at once"
BOTO3 = "boto3"
CLIENT = "boto3 and a client"
IMPORTS: Mapping[str, str] = {
    BARE: "pass",
    OWN: "import json, datetime",
    HANDLER: "import handler",
    BATCHES: "import handler, batches, once",
    BOTO3: "import boto3",
    CLIENT: "import boto3; boto3.client('sqs', region_name='us-east-1')",
}
FUNCTION = ROOT / "functions" / "multi_trigger"
LAYER = ROOT / "functions" / "report" / "layer.txt"
ROUNDS = 9
STARTS = 5
"""Interpreters of one measurement, for the clock of CPU time is coarse."""


def measure(say: Say, *, quick: bool = False) -> dict[str, Any]:
    """Sizes and seconds of packages, CPU seconds of imports and their ratios to a bare start."""
    say("handlers: packing")
    with tempfile.TemporaryDirectory(prefix="bench-handlers-") as cache:
        packages = _packages(cache)
        folder = _unpacked(Path(cache), packages["function"].pop("path"))

        def one(key: str) -> float:
            say(f"handlers: {key}")
            return _import_seconds(IMPORTS[key], folder)

        for key in IMPORTS:  # bytecode is made before anything is measured
            one(key)
        seconds = in_turns(list(IMPORTS), 3 if quick else ROUNDS, one)
    return {"packages": packages, **report(seconds)}


def report(seconds: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """CPU time of each import, over a bare interpreter and over what the handler must have."""
    return {
        "rows": [
            {
                "what": key,
                "cpu_ms": vars(summarize([value * 1000 for value in runs])),
                "of_bare": vars(summarize(_ratios(runs, seconds[BARE]))),
                "of_own": vars(summarize(_ratios(runs, seconds[OWN]))),
            }
            for key, runs in seconds.items()
        ]
    }


def _ratios(runs: Sequence[float], base: Sequence[float]) -> list[float]:
    """Of the same round: both met the same noise."""
    return [one / other for one, other in zip(runs, base, strict=True)]


def _packages(cache: str) -> dict[str, dict[str, Any]]:
    """Seconds and sizes of the function and the layer, each cold and warm, in a fresh process."""
    made = fresh("benchmarks.handlers", "pack", cache)
    again = fresh("benchmarks.handlers", "pack", cache)
    return {
        name: {**made[name], "warm_s": again[name].pop("cold_s")} for name in ("function", "layer")
    }


def pack(cache: str) -> dict[str, dict[str, Any]]:
    """Pack both with this cache; cold if it is empty."""
    os.environ["SLIPWAY_CACHE"] = cache
    from components import packaging, python_layer, wheels

    machine = {"runtime": _runtime(), "architecture": _architecture()}

    def function() -> packaging.Package:
        return packaging.package("bench", str(FUNCTION), **machine)

    def layer() -> packaging.Package:
        folder = wheels.install("bench", LAYER, **machine)
        files = {f"python/{name}": path for name, path in packaging.files_of(folder)}
        known_as = f"{python_layer.FOLDER}-{folder.name}"
        return packaging.packed("bench", "layer", files, known_as=known_as)

    results = {}
    for name, build in (("function", function), ("layer", layer)):
        began = time.perf_counter()
        made = build()
        results[name] = {
            "cold_s": round(time.perf_counter() - began, 3),
            "zip_mb": round(made.zip_bytes / 1e6, 2),
            "unzipped_mb": round(made.unzipped_bytes / 1e6, 2),
            "path": str(made.path),
        }
    return results


def _unpacked(folder: Path, package: str) -> Path:
    """The function as Lambda has it: its code beside its packages."""
    import zipfile

    target = folder / "unpacked"
    with zipfile.ZipFile(package) as archive:
        archive.extractall(target)
    return target


def _import_seconds(code: str, folder: Path) -> float:
    """CPU seconds of a fresh interpreter that runs ``code``, start and end included."""
    program = (
        "import resource, subprocess, sys\n"
        "for _ in range(int(sys.argv[2])):\n"
        "    subprocess.run([sys.executable, '-c', sys.argv[1]], check=True)\n"
        "spent = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print((spent.ru_utime + spent.ru_stime) / int(sys.argv[2]))\n"
    )
    env = environment(PYTHONPATH=str(folder))
    return float(run([sys.executable, "-c", program, code, str(STARTS)], env=env))


def _runtime() -> str:
    return f"python{sys.version_info.major}.{sys.version_info.minor}"


def _architecture() -> str:
    return "arm64" if os.uname().machine in ("arm64", "aarch64") else "x86_64"


if __name__ == "__main__":
    import json

    print(json.dumps(pack(sys.argv[2])))
