"""A package index in a folder, of wheels made here: neither network nor somebody's release."""

import base64
import hashlib
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest


class Wheelhouse:
    """The folder, and what puts a wheel into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(
        self,
        name: str,
        version: str = "1.0",
        *,
        needs: Sequence[str] = (),
        tag: str = "py3-none-any",
        files: Mapping[str, str] | None = None,
    ) -> Path:
        """A wheel with the module ``name``, a script, tests and whatever ``files`` has."""
        info = f"{name}-{version}.dist-info"
        wanted = "".join(f"Requires-Dist: {need}\n" for need in needs)
        pure = "true" if tag.endswith("-any") else "false"
        content = {
            f"{name}/__init__.py": f"VERSION = {version!r}\n",
            f"{name}/tests/test_it.py": "assert True\n",
            **(files or {}),
            f"{info}/METADATA": (
                f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{wanted}"
            ),
            f"{info}/WHEEL": (
                f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: {pure}\nTag: {tag}\n"
            ),
            f"{info}/entry_points.txt": f"[console_scripts]\n{name} = {name}:main\n",
        }
        rows = [f"{path},{_digest(text)},{len(text.encode())}" for path, text in content.items()]
        content[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,", ""])
        path = self.folder / f"{name}-{version}-{tag}.whl"
        with zipfile.ZipFile(path, "w") as archive:
            for inside, text in content.items():
                archive.writestr(inside, text)
        return path


def _digest(text: str) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
    return f"sha256={digest.decode().rstrip('=')}"


@pytest.fixture
def wheelhouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wheelhouse:
    """The only index that uv and pip know in this test, and an empty cache of packages."""
    folder = tmp_path / "wheelhouse"
    folder.mkdir()
    monkeypatch.setenv("SLIPWAY_CACHE", str(tmp_path / "cache"))
    for name, value in {
        "UV_OFFLINE": "1",
        "UV_FIND_LINKS": str(folder),
        "UV_CACHE_DIR": str(tmp_path / "uv"),
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(folder),
        "PIP_NO_CACHE_DIR": "1",
    }.items():
        monkeypatch.setenv(name, value)
    return Wheelhouse(folder)
