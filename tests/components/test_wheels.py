"""Packages for a Lambda runtime, from an index of wheels that are made here."""

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from components import wheels

from .wheelhouse import Wheelhouse

WHO = "PythonLayer 'analytics'"


@pytest.fixture
def install(tmp_path: Path) -> Callable[..., Path]:
    """Installs these lines, for a runtime and architecture."""

    def one(*lines: str, runtime: str = "python3.13", architecture: str = "arm64") -> Path:
        # A file of its own: a thread must not read what another one is writing.
        file = Path(tempfile.mkdtemp(dir=tmp_path)) / "layer.txt"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return wheels.install(WHO, file, runtime=runtime, architecture=architecture)

    return one


@pytest.fixture
def installs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The installers that were started."""
    started: list[str] = []
    run = wheels._run

    def counted(who: str, requirements: Path, command: Sequence[str]) -> None:
        started.append(Path(command[0]).name)
        run(who, requirements, command)

    monkeypatch.setattr(wheels, "_run", counted)
    return started


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_what_is_installed_is_the_packages_and_nothing_of_the_installer_s(
    wheelhouse: Wheelhouse, install: Any
) -> None:
    wheelhouse.add(
        "alpha",
        files={"alpha/testing.py": "", "alpha/data.bin": "x", "alpha/core/tests/test_deep.py": ""},
    )
    assert content(install("alpha==1.0")).keys() == {
        "alpha/__init__.py",
        "alpha/data.bin",
        "alpha/testing.py",
        "alpha-1.0.dist-info/METADATA",
        "alpha-1.0.dist-info/WHEEL",
        "alpha-1.0.dist-info/entry_points.txt",
    }


def test_uv_and_pip_leave_the_same_files(
    wheelhouse: Wheelhouse,
    install: Any,
    installs: list[str],
    use_pip: Callable[[], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wheelhouse.add("alpha", needs=["beta>=1"])
    wheelhouse.add("beta", "2.5", tag="cp313-cp313-manylinux_2_28_aarch64")
    wheelhouse.add("beta", "2.5", tag="cp311-cp311-manylinux_2_28_x86_64")
    by_uv = content(install("alpha==1.0", "beta==2.5"))
    use_pip()
    monkeypatch.setenv("SLIPWAY_CACHE", str(tmp_path / "second"))
    assert content(install("alpha==1.0", "beta==2.5")) == by_uv
    assert installs == ["uv", "python"]


def test_the_bytecode_that_an_installer_compiled_is_taken_out(
    wheelhouse: Wheelhouse, install: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheelhouse.add("alpha")
    monkeypatch.setenv("UV_COMPILE_BYTECODE", "1")
    folder = install("alpha==1.0")
    assert not [*folder.rglob("__pycache__"), *folder.rglob("*.pyc")]


def test_the_same_set_is_installed_once(
    wheelhouse: Wheelhouse, install: Any, installs: list[str]
) -> None:
    wheelhouse.add("alpha")
    wheelhouse.add("beta")
    first = install("alpha==1.0  # why", "", "beta==1.0")
    assert install("# other words", "beta==1.0", "alpha==1.0") == first
    assert installs == ["uv"]


@pytest.mark.parametrize(
    "change",
    [{"runtime": "python3.12"}, {"architecture": "x86_64"}, {"lines": ["alpha==2.0"]}],
    ids=str,
)
def test_another_version_runtime_or_architecture_is_another_set(
    wheelhouse: Wheelhouse, install: Any, installs: list[str], change: dict[str, Any]
) -> None:
    wheelhouse.add("alpha")
    wheelhouse.add("alpha", "2.0")
    first = install("alpha==1.0")
    lines = change.pop("lines", ["alpha==1.0"])
    assert install(*lines, **change) != first
    assert len(installs) == 2


def test_builds_at_the_same_time_end_with_one_whole_set(
    wheelhouse: Wheelhouse, install: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheelhouse.add("alpha")
    builders = 4
    together, run = threading.Barrier(builders), wheels._run

    def all_at_once(who: str, requirements: Path, command: Sequence[str]) -> None:
        run(who, requirements, command)
        together.wait(timeout=60)

    monkeypatch.setattr(wheels, "_run", all_at_once)
    with ThreadPoolExecutor(builders) as pool:
        jobs = [pool.submit(install, "alpha==1.0") for _ in range(builders)]
    (folder,) = {job.result() for job in jobs}
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
    assert (folder / "alpha" / "__init__.py").exists()


@pytest.mark.parametrize(
    ("runtime", "architecture", "expected"),
    [
        ("python3.11", "arm64", "1.0"),
        ("python3.12", "arm64", "2.0"),
        ("python3.13", "x86_64", "3.0"),
    ],
)
def test_markers_are_read_for_lambda_and_not_for_this_machine(
    wheelhouse: Wheelhouse, install: Any, runtime: str, architecture: str, expected: str
) -> None:
    for version in ("1.0", "2.0", "3.0"):
        wheelhouse.add("alpha", version)
    folder = install(
        "alpha==1.0 ; python_version < '3.12'",
        "alpha==2.0; python_version >= '3.12' and platform_machine == 'aarch64'",
        "alpha==3.0 ; python_version >= '3.12' and platform_machine == 'x86_64'",
        "absent==1.0 ; sys_platform == 'win32'",
        runtime=runtime,
        architecture=architecture,
    )
    assert list(wheels.installed(folder)) == [("alpha", expected)]


@pytest.mark.parametrize("installer", ["uv", "pip"])
@pytest.mark.parametrize(
    ("runtime", "architecture", "tag"),
    [
        ("python3.13", "arm64", "cp313-cp313-manylinux_2_34_aarch64"),
        ("python3.12", "x86_64", "cp312-cp312-manylinux_2_28_x86_64"),
        ("python3.13", "x86_64", "cp313-cp313-manylinux_2_12_x86_64"),
        ("python3.13", "x86_64", "cp313-cp313-manylinux_2_5_x86_64"),
        ("python3.11", "x86_64", "cp311-cp311-manylinux_2_17_x86_64"),
        ("python3.10", "arm64", "cp39-abi3-manylinux2014_aarch64"),
    ],
)
def test_wheels_are_those_of_the_runtime_s_python_system_and_processor(
    wheelhouse: Wheelhouse,
    install: Any,
    use_pip: Callable[[], None],
    installer: str,
    runtime: str,
    architecture: str,
    tag: str,
) -> None:
    if installer == "pip":
        use_pip()
    wheelhouse.add("alpha", tag=tag)
    folder = install("alpha==1.0", runtime=runtime, architecture=architecture)
    assert f"Tag: {tag}" in (folder / "alpha-1.0.dist-info" / "WHEEL").read_text()


@pytest.mark.parametrize("installer", ["uv", "pip"])
@pytest.mark.parametrize(
    ("runtime", "tag"),
    [
        ("python3.11", "cp311-cp311-manylinux_2_28_aarch64"),  # newer than Amazon Linux 2
        ("python3.11", "cp311-cp311-manylinux_2_26_aarch64"),  # uv does not know this one
        ("python3.13", "cp313-cp313-manylinux_2_35_aarch64"),  # than Amazon Linux 2023
        ("python3.13", "cp312-cp312-manylinux_2_17_aarch64"),
        ("python3.13", "cp313-cp313-manylinux_2_17_x86_64"),
        ("python3.13", "cp313-cp313-macosx_11_0_arm64"),
    ],
)
def test_a_wheel_that_lambda_could_not_load_is_not_taken(
    wheelhouse: Wheelhouse,
    install: Any,
    use_pip: Callable[[], None],
    tmp_path: Path,
    installer: str,
    runtime: str,
    tag: str,
) -> None:
    if installer == "pip":
        use_pip()
    wheelhouse.add("alpha", tag=tag)
    with pytest.raises(ValueError, match="could not be installed as wheels"):
        install("alpha==1.0", runtime=runtime)
    assert not list((tmp_path / "cache" / "wheels").iterdir())


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_a_package_that_is_not_there_is_told_in_the_installer_s_words(
    wheelhouse: Wheelhouse, install: Any, use_pip: Callable[[], None], installer: str
) -> None:
    if installer == "pip":
        use_pip()
    with pytest.raises(ValueError, match="absent") as caught:
        install("absent==1.0")
    text = str(caught.value)
    said = {"uv": "uv said:\n", "pip": "pip said:\n"}[installer]
    assert text.startswith(
        f"{WHO}: the packages of layer.txt could not be installed as wheels. {said}"
    )
    assert "absent" in text.partition(said)[2]
    assert len(text.splitlines()) <= 1 + wheels.INSTALLER_LINES


def test_without_any_installer_it_is_told_how_to_get_one(
    wheelhouse: Wheelhouse, install: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = tmp_path / "bare" / "bin" / "python"
    make = [sys.executable, "-m", "venv", "--without-pip", str(bare.parents[1])]
    subprocess.run(make, check=True)
    monkeypatch.setattr(sys, "executable", str(bare))
    monkeypatch.setenv("PATH", str(bare.parent))
    with pytest.raises(ValueError, match="neither uv nor pip") as caught:
        install("alpha==1.0")
    assert str(caught.value) == (
        f"{WHO}: there is neither uv nor pip to install the packages of layer.txt with. Next "
        f"step: `{bare} -m ensurepip`, or put uv on the PATH (https://docs.astral.sh/uv)."
    )


def test_the_environment_s_own_uv_comes_before_another_on_the_path(
    wheelhouse: Wheelhouse, install: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheelhouse.add("alpha")
    other = tmp_path / "bin" / "uv"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\nexit 1\n")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", str(other.parent), prepend=os.pathsep)
    assert install("alpha==1.0")


@pytest.mark.parametrize(
    ("line", "shown", "write"),
    [
        ("requests", "requests", "requests==<version>"),
        ("requests>=2", "requests>=2", "requests==<version>"),
        ("requests~=2.0 ; python_version > '3.9'", "requests~=2.0", "requests==<version>"),
        ("requests<3", "requests<3", "requests==<version>"),
        ("requests==2.*", "requests==2.*", "requests==<version>"),
        ("requests[socks]!=2", "requests[socks]!=2", "requests[socks]==<version>"),
        ("-r other.txt", "-r other.txt", "name==<version>"),
        ("./wheel.whl", "./wheel.whl", "name==<version>"),
    ],
)
def test_a_line_that_is_not_pinned_is_refused_with_its_number(
    wheelhouse: Wheelhouse, install: Any, line: str, shown: str, write: str
) -> None:
    with pytest.raises(ValueError, match="is not pinned") as caught:
        install("# first", "alpha==1.0", line)
    assert str(caught.value) == (
        f"{WHO}: layer.txt, line 3: {shown!r} is not pinned, so the package would change without "
        "a change here. Allowed: name==version, and a marker after ';'. Next step: write "
        f"{write}."
    )


def test_a_marker_that_nobody_can_read_is_refused_with_its_line(
    wheelhouse: Wheelhouse, install: Any
) -> None:
    with pytest.raises(ValueError, match="marker") as caught:
        install("alpha==1.0 ; python_versoin < '3.12'")
    assert str(caught.value).startswith(
        f"{WHO}: layer.txt, line 1: the marker \"python_versoin < '3.12'\" is not valid"
    )


def test_packages_that_come_along_are_refused_with_the_lines_to_add(
    wheelhouse: Wheelhouse, install: Any, tmp_path: Path
) -> None:
    wheelhouse.add("alpha", needs=["beta_two>=1", "gamma"])
    wheelhouse.add("beta_two", "2.5")
    wheelhouse.add("gamma", "0.3")
    with pytest.raises(ValueError, match="does not name everything") as caught:
        install("alpha==1.0")
    text, _, lines = str(caught.value).partition("Next step: add these lines:\n")
    assert text.startswith(f"{WHO}: layer.txt does not name everything that its packages need")
    assert lines.splitlines() == ["beta_two==2.5", "gamma==0.3"]
    assert not list((tmp_path / "cache" / "wheels").iterdir())
    assert install("alpha==1.0", *lines.splitlines())


def test_names_are_compared_as_the_index_compares_them(
    wheelhouse: Wheelhouse, install: Any
) -> None:
    wheelhouse.add("beta_two")
    assert install("Beta.Two==1.0")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    missing = tmp_path / "layer.txt"
    with pytest.raises(ValueError, match="does not exist") as caught:
        wheels.install(WHO, missing, runtime="python3.13", architecture="arm64")
    assert str(caught.value) == (
        f"{WHO}: requirements='{missing}' does not exist. Next step: create it, with a line such "
        "as 'requests==2.32.5' for each package."
    )
