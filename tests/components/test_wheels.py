"""Packages for Lambda's Python from wheels, with wheels of the tests' own and no network."""

import base64
import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from components import packaging, wheels

WHO = "PythonLayer 'tiny'"
MACHINE = {"runtime": "python3.13", "architecture": "arm64"}


@pytest.fixture(autouse=True)
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels that stands in for the package index, and a cache of the test's own."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("SLIPWAY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    _wheel(folder, "tiny", "1.0", needs=["leaf"])
    _wheel(folder, "leaf", "2.5")
    _wheel(folder, "native", "1.0", tag="cp313-cp313-manylinux_2_28_aarch64")
    return folder


def _wheel(
    index: Path, name: str, version: str, *, needs: Sequence[str] = (), tag: str = "py3-none-any"
) -> None:
    info = f"{name}-{version}.dist-info"
    metadata = [
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}",
        *(f"Requires-Dist: {other}" for other in needs),
    ]
    files = {
        f"{name}/__init__.py": f"version = {version!r}\n",
        f"{name}/tests/__init__.py": "raise ImportError\n",
        f"{name}/testing.py": "",
        f"{info}/METADATA": "\n".join(metadata) + "\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    record = [f"{path},{_digest(text)},{len(text)}" for path, text in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,"]) + "\n"
    with zipfile.ZipFile(index / f"{name}-{version}-{tag}.whl", "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)


def _digest(text: str) -> str:
    raw = hashlib.sha256(text.encode()).digest()
    return "sha256=" + base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@pytest.fixture
def requirements(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        file = tmp_path / "layer.txt"
        file.write_text(text)
        return file

    return write


Requirements = Callable[[str], Path]


def _names(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def test_packages_are_there_without_what_no_function_needs(requirements: Requirements) -> None:
    made = wheels.install(WHO, requirements("tiny==1.0\nleaf==2.5  # for tiny\n"), **MACHINE)
    assert _names(made) == [
        "leaf-2.5.dist-info/METADATA",
        "leaf-2.5.dist-info/WHEEL",
        "leaf/__init__.py",
        "leaf/testing.py",
        "tiny-1.0.dist-info/METADATA",
        "tiny-1.0.dist-info/WHEEL",
        "tiny/__init__.py",
        "tiny/testing.py",
    ]
    assert sorted(wheels.installed(made)) == [("leaf", "2.5"), ("tiny", "1.0")]


def test_the_second_time_nobody_installs(
    requirements: Requirements, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = requirements("leaf==2.5\n")
    made = wheels.install(WHO, file, **MACHINE)
    monkeypatch.setattr(wheels, "_run", None)  # whoever installs again fails
    assert wheels.install(WHO, file, **MACHINE) == made
    file.write_text("# only a comment more\nleaf==2.5\n")
    assert wheels.install(WHO, file, **MACHINE) == made


def test_another_runtime_is_another_folder(requirements: Requirements) -> None:
    file = requirements("leaf==2.5\n")
    assert wheels.install(WHO, file, **MACHINE) != wheels.install(
        WHO, file, **{**MACHINE, "runtime": "python3.12"}
    )


def test_several_at_once_get_one_and_the_same(requirements: Requirements) -> None:
    file = requirements("tiny==1.0\nleaf==2.5\n")
    with ThreadPoolExecutor(4) as pool:
        made = set(pool.map(lambda _: wheels.install(WHO, file, **MACHINE), range(4)))
    assert len(made) == 1
    (folder,) = made
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]  # no half-built rest


def test_what_comes_along_unasked_is_listed_ready_to_paste(requirements: Requirements) -> None:
    with pytest.raises(ValueError, match="does not name everything") as caught:
        wheels.install(WHO, requirements("tiny==1.0\n"), **MACHINE)
    assert str(caught.value).endswith("Next step: add these lines:\nleaf==2.5")


@pytest.mark.parametrize("line", ["tiny", "tiny>=1.0", "tiny==1.*", "-r other.txt"])
def test_a_line_that_is_not_pinned_is_refused(requirements: Requirements, line: str) -> None:
    with pytest.raises(ValueError, match=r"layer.txt, line 2: .* is not pinned") as caught:
        wheels.install(WHO, requirements(f"leaf==2.5\n{line}\n"), **MACHINE)
    assert "name==version" in str(caught.value)


def test_markers_are_read_for_the_function_s_python(requirements: Requirements) -> None:
    file = requirements(
        'leaf==2.5\ntiny==1.0 ; python_version < "3.13"\nnative==1.0; python_version >= "3.13"\n'
    )
    newer = wheels.install(WHO, file, **MACHINE)
    older = wheels.install(WHO, file, **{**MACHINE, "runtime": "python3.12"})
    assert dict(wheels.installed(newer)) == {"leaf": "2.5", "native": "1.0"}
    assert dict(wheels.installed(older)) == {"leaf": "2.5", "tiny": "1.0"}


@pytest.mark.parametrize(
    "machine",
    [
        {"runtime": "python3.13", "architecture": "x86_64"},
        {"runtime": "python3.12", "architecture": "arm64"},
    ],
)
def test_a_wheel_for_another_machine_is_not_taken(
    requirements: Requirements, machine: dict[str, str]
) -> None:
    file = requirements("native==1.0\n")
    assert wheels.install(WHO, file, **MACHINE)
    with pytest.raises(ValueError, match=r"could not be installed as wheels. uv said:") as caught:
        wheels.install(WHO, file, **machine)
    assert "native" in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"requirements='.*/none.txt' does not exist"):
        wheels.install(WHO, tmp_path / "none.txt", **MACHINE)


def test_pip_leaves_the_same_files_as_uv(
    requirements: Requirements, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = requirements("tiny==1.0\nleaf==2.5\nnative==1.0\n")
    by_uv = _bytes(wheels.install(WHO, file, **MACHINE))
    pip = _pip(tmp_path)
    monkeypatch.setenv("SLIPWAY_CACHE", str(tmp_path / "second"))
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    monkeypatch.setattr(sys, "executable", pip)
    assert _bytes(wheels.install(WHO, file, **MACHINE)) == by_uv


def _pip(tmp_path: Path) -> str:
    """An interpreter that has pip: an environment of its own."""
    made = subprocess.run(
        [sys.executable, "-m", "venv", str(tmp_path / "venv")], capture_output=True, check=False
    )
    if made.returncode != 0:
        pytest.skip("this Python cannot make an environment with pip")
    return str(tmp_path / "venv" / "bin" / "python")


def _bytes(folder: Path) -> bytes:
    files = dict(packaging.files_of(folder))
    return packaging.packed(WHO, "layer", files).path.read_bytes()
