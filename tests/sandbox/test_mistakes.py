"""A user's mistakes: one clear message each, and nothing left running."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.sandbox.conftest import ROOT, WITHOUT_KUBERNETES, Sandbox

pytestmark = pytest.mark.sandbox


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        ("storefrontCPU=256", "unknown key slipway:storefrontCPU. Did you mean"),
        ("storefrontCpu=300", "cpu"),
        ("storefrontPort=70000", "storefrontPort"),
        ("vpcCidr=10.0.0.0/30", "cidr"),
        ("certificateArn=arn:aws:acm:us-east-1:123456789012:certificate/x", "without domain"),
        ("nat=two", "slipway:nat = 'two' is not valid"),
    ],
)
def test_a_wrong_value_is_refused_before_anything_is_created(
    fresh_sandbox: Sandbox, setting: str, text: str
) -> None:
    done = fresh_sandbox.run("up", "-c", setting)
    assert done.code == 1, done.text
    assert text in done.text
    assert "Traceback" not in done.text
    assert "created" not in done.text
    assert fresh_sandbox.processes() == []


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (["readOnlyRoot=true", "exec=true"], "read_only_root"),
        (["scaling=true", "scalingMin=5", "scalingMax=2"], "scalingMin (5) is above"),
    ],
)
def test_values_that_exclude_each_other_are_refused(
    fresh_sandbox: Sandbox, settings: list[str], text: str
) -> None:
    done = fresh_sandbox.run("up", *(word for item in settings for word in ("-c", item)))
    assert done.code == 1
    assert text in done.text
    assert "created" not in done.text


def test_an_image_path_that_does_not_exist_is_named(
    fresh_sandbox: Sandbox, project: Callable[..., Path]
) -> None:
    copy = project()
    (copy / "app").rename(copy / "elsewhere")
    done = fresh_sandbox.run("up", "--program", str(copy))
    assert done.code == 1
    assert "context" in done.text
    assert "app" in done.text
    assert "created" not in done.text


def test_overlapping_subnets_are_refused(
    fresh_sandbox: Sandbox, project: Callable[..., Path]
) -> None:
    copy = project()
    settings = (copy / "settings.py").read_text()
    edited = settings.replace(
        '"cidr": self.vpc_cidr,',
        '"cidr": self.vpc_cidr, "public_subnet_cidrs": ["10.0.0.0/24", "10.0.0.128/25"],',
    )
    assert edited != settings
    (copy / "settings.py").write_text(edited)
    done = fresh_sandbox.run("up", "--program", str(copy))
    assert done.code == 1
    assert "overlap" in done.text
    assert "created" not in done.text


def test_a_taken_port_is_said_and_another_one_used(fresh_sandbox: Sandbox) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = fresh_sandbox.run("up", "--no-verify", *WITHOUT_KUBERNETES, "--port", str(port))
    assert done.code == 0, done.text
    assert f"port {port} is taken, so the cloud listens on" in done.text


def test_two_commands_at_once_do_not_meet(fresh_sandbox: Sandbox) -> None:
    first = fresh_sandbox.start("up", "--no-verify", *WITHOUT_KUBERNETES)
    try:
        _until(lambda: (fresh_sandbox.state / "cloud.json").exists())
        second = fresh_sandbox.run("up")
        assert second.code == 2
        assert "Another sandbox command" in second.text
    finally:
        first.communicate(timeout=120)
    assert first.returncode == 0


def test_docker_that_is_there_but_not_usable_is_said(fresh_sandbox: Sandbox) -> None:
    nowhere = f"unix://{fresh_sandbox.state}/no.sock"
    arguments = ("up", "--no-verify", *WITHOUT_KUBERNETES)
    auto = fresh_sandbox.run(*arguments, SANDBOX_ENGINE="auto", DOCKER_HOST=nowhere)
    assert auto.code == 0, auto.text
    assert "processes" in auto.text
    assert "Docker" in auto.text
    fresh_sandbox.run("down")
    wanted = fresh_sandbox.run("up", SANDBOX_ENGINE="docker", DOCKER_HOST=nowhere)
    assert wanted.code == 2
    assert "Docker" in wanted.text
    assert fresh_sandbox.processes() == []


def test_a_full_disk_is_said_before_anything_starts(fresh_sandbox: Sandbox) -> None:
    script = (
        "import shutil, sys\n"
        "from collections import namedtuple\n"
        "usage = namedtuple('usage', 'total used free')\n"
        "shutil.disk_usage = lambda path: usage(10**9, 10**9 - 1000, 1000)\n"
        "from sandbox.__main__ import main\n"
        "main()\n"
    )
    done = _scripted(fresh_sandbox, script, "up")
    assert done.returncode == 2
    assert "MB free and the sandbox needs" in " ".join(done.stderr.split())
    assert fresh_sandbox.processes() == []


def test_a_state_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    done = subprocess.run(
        [sys.executable, "-m", "sandbox", "up", "--state", str(blocked)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert str(blocked) in done.stderr.replace("\n", "")
    assert "Traceback" not in done.stderr


def test_killing_the_cloud_in_mid_deploy_names_the_resource_and_leaves_nothing(
    fresh_sandbox: Sandbox,
) -> None:
    deploying = fresh_sandbox.start("up", "--no-verify")
    state = fresh_sandbox.state / "state.json"
    _until(lambda: state.exists() and "loadBalancer" in state.read_text())
    pid = json.loads((fresh_sandbox.state / "cloud.json").read_text())["pid"]
    os.kill(pid, signal.SIGKILL)
    output = " ".join(deploying.communicate(timeout=120)[0].split())
    assert deploying.returncode == 1, output
    assert "The embedded cloud ended in mid-deploy" in output
    assert re.search(r"\b(aws|docker):[\w/]+:\w+ '", output), output
    assert "Traceback" not in output
    _until(lambda: fresh_sandbox.processes() == [])
    again = fresh_sandbox.run("up", *WITHOUT_KUBERNETES)
    assert again.code == 0, again.text


def test_a_provider_that_raises_names_the_resource_and_leaves_nothing(
    fresh_sandbox: Sandbox,
) -> None:
    script = (
        "import sandbox.providers.ecs_cluster as module\n"
        "def broken(self, name, inputs):\n"
        "    raise RuntimeError('no capacity today')\n"
        "module.Cluster.create = broken\n"
        "from sandbox.__main__ import main\n"
        "main()\n"
    )
    done = _scripted(fresh_sandbox, script, "up")
    text = " ".join(f"{done.stdout} {done.stderr}".split())
    assert done.returncode == 1, text
    assert "aws:ecs/cluster:Cluster" in text
    assert "storefront" in text
    assert "no capacity today" in text
    assert fresh_sandbox.processes() == []
    again = fresh_sandbox.run("up", *WITHOUT_KUBERNETES)
    assert again.code == 0, again.text


@pytest.mark.parametrize(
    ("file", "old", "new", "reasons"),
    [
        (
            "app/storefront/__init__.py",
            "def create_app(",
            "raise SystemExit('the shop is closed')\n\n\ndef create_app(",
            ["exit code", "the shop is closed"],
        ),
    ],
)
def test_a_service_that_cannot_start_is_explained(
    fresh_sandbox: Sandbox,
    project: Callable[..., Path],
    file: str,
    old: str,
    new: str,
    reasons: list[str],
) -> None:
    copy = project()
    text = (copy / file).read_text()
    assert old in text
    (copy / file).write_text(text.replace(old, new, 1))
    done = fresh_sandbox.run("up", *WITHOUT_KUBERNETES, "--program", str(copy))
    assert done.code == 1, done.text
    for reason in reasons:
        assert reason in done.text, done.text
    assert fresh_sandbox.processes() == []


def test_a_new_version_that_fails_its_checks_is_rolled_back_and_explained(
    fresh_sandbox: Sandbox, project: Callable[..., Path]
) -> None:
    import requests

    copy = project()
    first = fresh_sandbox.run("up", "--json", *WITHOUT_KUBERNETES, "--program", str(copy))
    assert first.code == 0, first.text
    url = first.document["outputs"]["storefront_url"]
    health = copy / "app/storefront/health.py"
    text = health.read_text()
    broken = text.replace('"healthy"', '"sick"').replace("200", "500")
    health.write_text(broken + "\n\nraise RuntimeError('a broken release')\n")
    second = fresh_sandbox.run("deploy", *WITHOUT_KUBERNETES, "--program", str(copy))
    assert second.code == 1, second.text
    assert "rolled back" in second.text or "circuit breaker" in second.text
    assert "a broken release" in second.text
    assert requests.get(f"{url}/health", timeout=60).json() == {"status": "healthy"}


def _scripted(sandbox: Sandbox, script: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command line with something broken under it."""
    return subprocess.run(
        [sys.executable, "-c", script, *arguments, "--state", str(sandbox.state)],
        cwd=ROOT,
        env=dict(sandbox.environment),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def _until(met: Callable[[], bool], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
