"""Functions as Lambda runs them: their folder and their packages on ``sys.path``.

Both functions have a module ``handler``, so each test imports its own and forgets it again.
The packages are those that the functions are deployed with, built for this machine.
"""

import importlib
import json
import platform
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from components import wheels

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = ROOT / "functions"
EVENTS = ROOT / "tests/events"
HOST = {
    "runtime": f"python{sys.version_info.major}.{sys.version_info.minor}",
    "architecture": "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64",
}


@pytest.fixture(scope="session")
def multi_trigger_packages() -> Iterator[Path]:
    """What is vendored into the function's zip file, importable for the session."""
    yield from _importable("multi_trigger/requirements.txt")


@pytest.fixture(scope="session")
def report_packages() -> Iterator[Path]:
    """What the report's layer holds, importable for the session."""
    yield from _importable("report/layer.txt")


def _importable(requirements: str) -> Iterator[Path]:
    made = wheels.install("tests", FUNCTIONS / requirements, **HOST)
    sys.path.append(str(made))
    yield made
    sys.path.remove(str(made))


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ModuleType]]:
    """Imports the ``handler`` of a function's folder freshly, and nothing of the one before."""
    own = {path.stem for path in FUNCTIONS.rglob("*.py")}

    def forget() -> None:
        for name in own & sys.modules.keys():
            del sys.modules[name]

    def imported(name: str) -> ModuleType:
        monkeypatch.syspath_prepend(FUNCTIONS / name)
        return importlib.import_module("handler")

    forget()
    yield imported
    forget()


@pytest.fixture
def event() -> Callable[[str], dict[str, Any]]:
    """A real event by the name of its file in ``tests/events``."""

    def read(name: str) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
        return parsed

    return read


@pytest.fixture
def context() -> SimpleNamespace:
    """What Lambda tells a function of its invocation."""
    return SimpleNamespace(
        aws_request_id="8f507cfc-xmpl-4697-b07a-ac58fc914c95",
        function_name="shop",
        function_version="7",
        invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:shop:live",
        memory_limit_in_mb=256,
        log_group_name="/slipway/shop",
        log_stream_name="2026/03/12/[7]0123456789abcdef",
        get_remaining_time_in_millis=lambda: 29_000,
    )
