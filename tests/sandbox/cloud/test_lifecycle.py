"""Start, stop and everything that may be in the way."""

import dataclasses
import json
import os
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.cloud import Cloud, CloudError, lifecycle, running, sessions, start, stop

from .world import World, until

pytestmark = pytest.mark.sandbox
PORT = 4870


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "state"
    stop(tmp_path / "state")


def test_a_start_answers_and_a_stop_leaves_nothing(state: Path) -> None:
    cloud = start(state, port=PORT, engine="process")
    assert cloud.fresh
    assert cloud.engine == "process"
    assert running(state) == cloud
    members = sessions.members(cloud.pid, cloud.boot)
    assert len(members) >= 2  # the cloud and its janitor
    stop(state)
    assert running(state) is None
    assert sessions.members(cloud.pid, cloud.boot) == []
    assert not (state / "cloud.json").exists()


def test_a_second_start_finds_the_first(state: Path) -> None:
    first = start(state, port=PORT, engine="process")
    second = start(state, port=PORT, engine="process")
    assert not second.fresh
    assert dataclasses.replace(second, fresh=True) == first


def test_a_taken_port_is_avoided_and_said(state: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        cloud = start(state, port=taken, engine="process")
    assert cloud.port > taken
    assert cloud.port_note == f"port {taken} is taken, so the cloud listens on {cloud.port}"


def test_a_stale_file_is_not_a_cloud(state: Path) -> None:
    state.mkdir()
    # This very process is alive, but it is not the one that the file means.
    stale = Cloud(os.getpid(), PORT, "boot", "process", "", started="1")
    (state / "cloud.json").write_text(json.dumps(dataclasses.asdict(stale)))
    assert running(state) is None
    stop(state)
    assert start(state, port=PORT, engine="process").fresh


def test_a_killed_cloud_takes_its_tasks_with_it(state: Path) -> None:
    cloud = start(state, port=PORT, engine="process")
    world = World(cloud, state)
    world.service("victim", world.definition("victim"), desiredCount=1)
    world.rollout("victim")
    before = sessions.members(cloud.pid, cloud.boot)
    assert len(before) >= 3
    os.kill(cloud.pid, signal.SIGKILL)
    until(lambda: not sessions.members(cloud.pid, cloud.boot))
    assert running(state) is None
    assert start(state, port=PORT, engine="process").fresh


def test_a_child_that_dies_is_quoted(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = lifecycle._environment

    def broken(*given: object) -> dict[str, str]:
        environment = real(*given)  # type: ignore[arg-type]
        del environment["SANDBOX_STATE"]
        return environment

    monkeypatch.setattr(lifecycle, "_environment", broken)
    with pytest.raises(CloudError, match=r"(?s)ended during its start .*SANDBOX_STATE"):
        start(state, port=PORT, engine="process")
    assert not (state / "cloud.json").exists()


def test_a_state_directory_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CloudError, match="cannot be written"):
        start(tmp_path / "file" / "state", port=PORT, engine="process")


def test_a_full_disk_is_refused(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(Path("/"))._replace(free=5 * 1024 * 1024)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(CloudError, match="5 MB free and the sandbox needs 200 MB"):
        start(state, port=PORT, engine="process")


def test_nothing_of_the_users_aws_settings_reaches_the_cloud(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "theirs")
    environment = lifecycle._environment(state, PORT, "boot", "process")
    assert {key: value for key, value in environment.items() if key.startswith("AWS_")} == {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }


def test_only_loopback_listens(state: Path) -> None:
    cloud = start(state, port=PORT, engine="process")
    time.sleep(0.2)
    listening = {
        line.split()[1]
        for name in ("tcp", "tcp6")
        for line in Path(f"/proc/{cloud.pid}/net/{name}").read_text().splitlines()[1:]
        if line.split()[3] == "0A" and line.split()[9] in _inodes(cloud.pid)
    }
    assert listening == {f"0100007F:{cloud.port:04X}"}


def _inodes(pid: int) -> set[str]:
    links = []
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            links.append(str(entry.readlink()))
        except OSError:
            continue
    return {link[8:-1] for link in links if link.startswith("socket:[")}


def test_a_port_that_another_sandbox_has_chosen_is_not_chosen_again() -> None:
    first, _, lock = lifecycle._free_port(46100)
    try:
        second, note, other = lifecycle._free_port(46100)
        os.close(other)
    finally:
        os.close(lock)
    assert second > first
    assert f"port 46100 is taken, so the cloud listens on {second}" in note
    third, _, again = lifecycle._free_port(46100)
    os.close(again)
    assert third == first
