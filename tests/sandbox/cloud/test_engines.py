"""Which engine is chosen, with daemons that answer, hang, refuse or are absent."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.cloud import CloudError
from sandbox.cloud.engines import choose


@pytest.fixture
def daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A socket where Docker's would be."""
    monkeypatch.delenv("SANDBOX_ENGINE", raising=False)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"{tmp_path}/docker.sock")
        yield


def fails(error: Exception) -> Callable[[], None]:
    def probe() -> None:
        raise error

    return probe


def works() -> None:
    """A daemon that answers."""


@pytest.mark.usefixtures("daemon")
def test_docker_is_taken_if_its_daemon_answers() -> None:
    assert choose(probe=works).name == "docker"


@pytest.mark.usefixtures("daemon")
def test_without_permission_processes_are_used_and_the_group_is_named() -> None:
    engine = choose(probe=fails(PermissionError("Permission denied")))
    assert engine.name == "process"
    assert "permission denied" in engine.note
    assert "usermod -aG docker" in engine.note


@pytest.mark.usefixtures("daemon")
def test_a_daemon_that_hangs_is_not_waited_for() -> None:
    engine = choose(probe=fails(TimeoutError("timed out")))
    assert engine.name == "process"
    assert "did not answer within 10 s" in engine.note


def test_without_a_socket_nothing_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    engine = choose("auto", probe=fails(AssertionError("must not be asked")))
    assert engine.name == "process"
    assert "no Docker engine is running here" in engine.note


@pytest.mark.usefixtures("daemon")
def test_docker_asked_for_and_unusable_is_an_error() -> None:
    with pytest.raises(CloudError, match="SANDBOX_ENGINE=docker, but Docker is present"):
        choose("docker", probe=fails(PermissionError("Permission denied")))


@pytest.mark.usefixtures("daemon")
def test_processes_asked_for_are_used_although_docker_is_there() -> None:
    assert choose("process", probe=works).name == "process"


@pytest.mark.usefixtures("daemon")
def test_the_variable_decides_where_no_argument_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_ENGINE", "process")
    assert choose(probe=works).name == "process"


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(CloudError, match=r"'podman' is not an engine. Allowed: auto, docker"):
        choose("podman")
