"""The sandbox's own folder: one user at a time, and what a shell needs to look around."""

import fcntl
import json
import os
import shlex
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sandbox.cloud.lifecycle import Cloud
from sandbox.deploy import aws_environment, connect

DEFAULT = Path(".sandbox")


class Busy(Exception):  # noqa: N818 - it reads as what is the case
    """Another command is changing this sandbox."""


@contextmanager
def exclusive(state: Path) -> Generator[None]:
    """Hold the sandbox for one command; the lock goes with the process, however it ends."""
    state.mkdir(parents=True, exist_ok=True)
    path = state / "lock"
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            owner = file.read().strip() or "unknown"
            raise Busy(
                f"Another sandbox command (pid {owner}) is working in {state}. "
                "Wait until it has finished, or stop it with Ctrl-C in its terminal."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
        file.truncate(0)


def forget(state: Path) -> None:
    """Drop what was kept about a cloud that is gone."""
    for name in ("state.json", "env", "kubeconfig", "outputs.json"):
        (state / name).unlink(missing_ok=True)


def write_environment(state: Path, cloud: Cloud, outputs: Mapping[str, Any]) -> Path:
    """Write `env` for `. .sandbox/env`: endpoint, region, the sandbox's administrator.

    Where the program exports a kubeconfig, it is kept beside it, and kubectl finds it.
    """
    variables = aws_environment(connect(cloud.endpoint, region=cloud.region, account=cloud.account))
    kubeconfig = state / "kubeconfig"
    kubeconfig.unlink(missing_ok=True)
    if outputs.get("kubeconfig"):
        kubeconfig.touch(mode=0o600)
        kubeconfig.write_text(outputs["kubeconfig"])
        variables["KUBECONFIG"] = str(kubeconfig.resolve())
    path = state / "env"
    path.write_text(
        "# Points the AWS CLI, boto3 and kubectl at the embedded cloud: . .sandbox/env\n"
        + "".join(f"export {key}={shlex.quote(value)}\n" for key, value in variables.items())
    )
    path.chmod(0o600)
    return path


def write_outputs(state: Path, outputs: Mapping[str, Any]) -> None:
    """Keep the program's exports beside the state, for scripts."""
    path = state / "outputs.json"
    path.write_text(json.dumps(outputs, indent=2, sort_keys=True) + "\n")
    path.chmod(0o600)
