"""What the components' tests share: the library's own fixture, as an importer would use it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from components.testing import slipway

from .wheelhouse import wheelhouse

__all__ = ["python_with_pip", "slipway", "use_pip", "wheelhouse"]


@pytest.fixture(scope="session")
def python_with_pip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python of its own that has pip and no uv beside it."""
    folder = tmp_path_factory.mktemp("pip") / "environment"
    made = subprocess.run(
        [sys.executable, "-m", "venv", str(folder)], capture_output=True, text=True, check=False
    )
    if made.returncode:  # Debian keeps ensurepip in a package of its own
        uv = [sys.executable, "-m", "uv", "venv", "--quiet", "--clear", "--seed", str(folder)]
        subprocess.run(uv, check=True)
    return folder / "bin" / "python"


@pytest.fixture
def use_pip(python_with_pip: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From its call on there is no uv on this machine."""

    def gone() -> None:
        monkeypatch.setattr(sys, "executable", str(python_with_pip))
        monkeypatch.setenv("PATH", os.defpath)

    return gone
