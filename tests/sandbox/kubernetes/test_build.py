"""The control plane is built once from its pins, whole or not at all."""

import os
import re
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sandbox.cloud.errors import CloudError
from sandbox.kubernetes import build

NAMES = [part.name for part in build.PARTS]
FAKE_GO = """#!/bin/sh
# Stands for Go: answers `go env`, and "builds" by writing its arguments into the output.
if [ "$1" = env ]; then echo "go${FAKE_VERSION:-1.99.0}"; echo "${FAKE_TOOLCHAIN:-auto}"; exit; fi
echo "$PWD $* GOFLAGS=$GOFLAGS CGO_ENABLED=$CGO_ENABLED" >> "$FAKE_LOG"
while [ "$1" != -o ]; do shift; done
sleep "${FAKE_SECONDS:-0}"
case "$2" in */"$FAKE_FAILS") echo "go: downloading noise"; echo "undefined: Foo"; exit 2;; esac
echo built > "$2"
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def go_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `go` that takes no time, and what it was asked for."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "go"
    program.write_text(FAKE_GO)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("FAKE_LOG", str(tmp_path / "go.log"))
    return tmp_path / "go.log"


def test_nothing_is_built_in_an_empty_cache() -> None:
    assert build.binaries() is None


def test_builds_every_part_once_and_says_how_long_each_took(go_log: Path, cache: Path) -> None:
    said: list[str] = []
    folder = build.build(said.append)

    assert folder.parent == cache / "slipway/kubernetes"
    assert build.binaries() == folder
    assert sorted(path.name for path in folder.iterdir()) == sorted(NAMES)
    assert [line.split()[1] for line in said[1:]] == NAMES
    assert all(re.search(r": \d+ s$", line) for line in said[1:])

    calls = len(go_log.read_text().splitlines())
    assert build.build(said.append) == folder
    assert calls == len(NAMES) == len(go_log.read_text().splitlines())


def test_gives_go_the_pins_the_version_and_the_users_flags(
    go_log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOFLAGS", "-buildvcs=false")
    build.build(lambda line: None)
    lines = go_log.read_text().splitlines()
    server = next(
        line for line in lines if line.partition(" GOFLAGS")[0].endswith("kube-apiserver")
    )

    assert f"{build.MODULES}/control-plane build -mod=readonly -trimpath" in server
    assert f"version.gitVersion=v{build.kubernetes_version()}" in server
    assert "GOFLAGS=-buildvcs=false CGO_ENABLED=0" in server


def test_a_failed_build_shows_its_last_lines_and_leaves_nothing(
    go_log: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_FAILS", "kube-scheduler")
    with pytest.raises(CloudError, match="kube-scheduler could not be built") as failure:
        build.build(lambda line: None)

    assert str(failure.value).endswith("Its last lines:\nundefined: Foo")
    assert build.binaries() is None
    assert [path for path in (cache / "slipway/kubernetes").iterdir() if path.is_dir()] == []


def test_an_incomplete_folder_does_not_count(go_log: Path) -> None:
    folder = build.build(lambda line: None)
    (folder / "kwok").unlink()
    assert build.binaries() is None
    assert (build.build(lambda line: None) / "kwok").is_file()


def test_other_pins_are_another_build(
    go_log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = build.build(lambda line: None)
    copy = tmp_path / "modules"
    for file in build.MODULES.glob("*/go.*"):
        target = copy / file.relative_to(build.MODULES)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(file.read_text())
    monkeypatch.setattr(build, "MODULES", copy)
    assert build.binaries() == first
    with (copy / "nodes/go.sum").open("a") as sums:
        sums.write("example.com/new v1.0.0 h1:x=\n")
    assert build.binaries() is None


def test_two_builds_at_once_do_the_work_once(go_log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_SECONDS", "0.1")
    said: list[str] = []
    builds = [threading.Thread(target=build.build, args=[said.append]) for _ in range(2)]
    for thread in builds:
        thread.start()
    for thread in builds:
        thread.join()
    assert len(go_log.read_text().splitlines()) == len(NAMES)
    assert "Another build is under way; waiting for it." in said


def test_without_go_says_which_one_and_what_else_would_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(CloudError) as failure:
        build.build(lambda line: None)
    assert f"Go {build.wanted_go()} or newer" in str(failure.value)
    assert "SANDBOX_KUBECONFIG" in str(failure.value)


@pytest.mark.parametrize(("toolchain", "refused"), [("local", True), ("auto", False)])
def test_an_old_go_is_refused_where_it_may_not_fetch_another(
    go_log: Path, monkeypatch: pytest.MonkeyPatch, toolchain: str, refused: bool
) -> None:
    monkeypatch.setenv("FAKE_VERSION", "1.22.5")
    monkeypatch.setenv("FAKE_TOOLCHAIN", toolchain)
    if not refused:
        assert build.build(lambda line: None)
        return
    with pytest.raises(CloudError, match=r"this is Go 1\.22\.5, and GOTOOLCHAIN=local"):
        build.build(lambda line: None)
    assert not go_log.exists()


def test_the_command_prints_the_error_without_a_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sandbox.kubernetes", "build"],
        env={**os.environ, "PATH": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("The Kubernetes control plane is built by Go")
    assert "Traceback" not in done.stderr


def test_every_part_is_pinned_with_its_sum_and_no_registry_is_named() -> None:
    for part in build.PARTS:
        folder = build.MODULES / part.modules
        version = build._version(part)
        assert f"{part.module} v{version} h1:" in (folder / "go.sum").read_text(), part
        assert f"\t{part.module}{part.package}\n" in (folder / "go.mod").read_text(), part
    for file in build.MODULES.glob("*/*"):
        assert "://" not in file.read_text()


def test_every_staging_module_is_replaced_by_the_kubernetes_version() -> None:
    text = (build.MODULES / "control-plane/go.mod").read_text()
    minor_and_patch = build.kubernetes_version().partition(".")[2]
    replaced = dict(re.findall(r"^\t(k8s\.io/\S+) => \1 v0\.(\S+)$", text, re.MULTILINE))
    assert set(replaced.values()) == {minor_and_patch}
    assert set(re.findall(r"^\t(k8s\.io/\S+) v0\.0\.0(?: |$)", text, re.MULTILINE)) <= set(replaced)


@pytest.mark.sandbox
def test_what_is_built_runs_and_knows_its_version(
    binaries: Path,
) -> None:
    for name in NAMES:
        assert (binaries / name).stat().st_mode & stat.S_IXUSR
    for name in NAMES[1:4]:
        said = subprocess.run([binaries / name, "--version"], capture_output=True, text=True)
        assert said.stdout.strip() == f"Kubernetes v{build.kubernetes_version()}"
