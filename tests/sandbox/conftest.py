"""The command line as a user types it, on a sandbox of the test's own."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox.cloud.lifecycle import hostname

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_SECONDS = 600
WITHOUT_KUBERNETES = ("-c", "kubernetes=false")
"""For what is not about it: a control plane takes seconds and memory."""


@dataclass(frozen=True)
class Finished:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)

    @property
    def text(self) -> str:
        """Both streams, white space folded, as a person reads them."""
        return " ".join(f"{self.out}\n{self.err}".split())


@dataclass(frozen=True)
class Sandbox:
    """`python -m sandbox` on one state folder."""

    state: Path
    environment: Mapping[str, str]

    def command(self, name: str, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "sandbox", name, *arguments, "--state", str(self.state)]

    def run(self, name: str, *arguments: str, **environment: str) -> Finished:
        done = subprocess.run(
            self.command(name, *arguments),
            cwd=ROOT,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        return Finished(done.returncode, done.stdout, done.stderr)

    def start(self, name: str, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            self.command(name, *arguments),
            cwd=ROOT,
            env=dict(self.environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def processes(self) -> list[str]:
        """Command lines of the cloud's processes and of every task it started as a process."""
        found = []
        state = str(self.state.resolve())
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                where = str((folder / "cwd").readlink())
                environment = (folder / "environ").read_bytes().decode(errors="replace")
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
            except OSError:
                continue
            if line and (where.startswith(state) or f"={state}" in environment):
                found.append(line)
        return found

    def containers(self) -> list[str]:
        """Names of the containers, running or not, that this sandbox has made."""
        import docker

        client = docker.from_env()
        try:
            label = f"ministack.instance={hostname(self.state)}"
            return [
                item.name or ""
                for item in client.containers.list(all=True, filters={"label": "ministack"})
                if label in "\n".join(f"{key}={value}" for key, value in item.labels.items())
            ]
        finally:
            client.close()


def images_of(registry: str) -> list[str]:
    """Names under which Docker knows images of this registry."""
    import docker

    client = docker.from_env()
    try:
        return [
            name
            for image in client.images.list()
            for name in [*image.attrs["RepoTags"], *image.attrs["RepoDigests"]]
            if name.startswith(f"{registry}/")
        ]
    finally:
        client.close()


def environment_of(engine: str) -> dict[str, str]:
    """The command line's environment: no AWS settings, this engine, plain output."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return {**kept, "SANDBOX_ENGINE": engine, "COLUMNS": "200", "NO_COLOR": "1"}


def _docker_missing() -> str | None:
    """Why the Docker engine cannot be tested here, or None."""
    import docker

    try:
        client = docker.from_env(timeout=60)
        try:
            client.ping()
            base = os.environ.get("SANDBOX_BASE_IMAGE") or _default_base()
            if not client.images.list(name=base):
                return f"base image {base} is not on this machine (set SANDBOX_BASE_IMAGE)"
        finally:
            client.close()
    except docker.errors.DockerException:
        return "no usable Docker engine"
    return None


def _default_base() -> str:
    match = re.search(r"ARG PYTHON_IMAGE=(\S+)", (ROOT / "app/Dockerfile").read_text())
    assert match
    return match[1]


@pytest.fixture(
    scope="session", params=["process", pytest.param("docker", marks=pytest.mark.docker)]
)
def engine(request: pytest.FixtureRequest) -> str:
    """Every test that uses it runs without Docker and, where it can be had, with it."""
    if request.param == "docker" and (reason := _docker_missing()):
        pytest.skip(f"Docker: {reason}")
    return str(request.param)


@pytest.fixture
def fresh_sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox that nothing runs in yet, without Docker; stopped afterwards."""
    sandbox = Sandbox(tmp_path / "state", environment_of("process"))
    yield sandbox
    sandbox.run("down")
    assert sandbox.processes() == []


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Path]:
    """Make a copy of the program in which a test may break things."""

    def copy(**replaced: str) -> Path:
        target = tmp_path / "project"
        target.mkdir()
        for name in ("components", "app", "functions"):
            shutil.copytree(
                ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        for pattern in ("*.yaml", "*.py"):
            for file in ROOT.glob(pattern):
                shutil.copy(file, target)
        for path, text in replaced.items():
            (target / path).write_text(text)
        return target

    return copy
