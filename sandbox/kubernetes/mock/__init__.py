"""An API server in memory, for machines on which no real control plane was built.

It keeps objects, validates them against the schema of Kubernetes 1.34, and serves
server-side apply and watches. ``NOTE`` says what it does not do.
"""

import json
import secrets
import subprocess
import sys
import time
from dataclasses import dataclass, field
from os import environ
from pathlib import Path
from typing import Any

from ...cloud.errors import CloudError

CLUSTER = "sandbox-mock"
"""Name of the cluster in the kubeconfig, by which everybody knows that nothing runs behind it."""
VERSION = "v1.34.4+sandbox-mock"
"""What ``/version`` says; the schema is that of 1.34."""
NOTE = (
    "manifests are checked against the schema and kept; nothing is admitted, defaulted, scheduled "
    "or controlled, so no pod ever runs"
)
"""For the terminal and the documentation, as the end of a sentence."""

ADDRESS = "mock.json"
"""In the folder, once the server listens: its port."""
TOKEN_VARIABLE = "SANDBOX_MOCK_TOKEN"  # noqa: S105 - the name of a variable
START_SECONDS = 120.0
STOP_SECONDS = 20.0
LOG_LINES = 12
"""How much of the log an error quotes."""

_ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class MockPlane:
    """A running mock; the fields are those of a control plane."""

    name: str
    endpoint: str
    kubeconfig: dict[str, Any]
    _process: "subprocess.Popen[bytes]" = field(repr=False)
    ca: bytes = b""
    """Empty: it speaks plain HTTP, on loopback, to whoever has the kubeconfig's token."""
    version: str = VERSION

    def stop(self) -> None:
        """End it; what it kept is gone."""
        _end(self._process)


def is_mock(kubeconfig: dict[str, Any]) -> bool:
    """Whether nothing runs behind the kubeconfig's cluster."""
    return any(item.get("name") == CLUSTER for item in kubeconfig.get("clusters") or [])


def start(folder: Path, name: str) -> MockPlane:
    """Start a mock in a process of its own that ends with this one; logs go under ``folder``.

    Raises:
        CloudError: it ended during its start or did not answer, with its last words.
    """
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    address, log = folder / ADDRESS, folder / "logs" / "mock.log"
    address.unlink(missing_ok=True)
    token = secrets.token_urlsafe(24)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox.kubernetes.mock.server", str(folder.resolve())],
            cwd=_ROOT,
            env={**environ, TOKEN_VARIABLE: token},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        endpoint = f"http://127.0.0.1:{_port(process, address, log)}"
    except BaseException:
        _end(process)
        raise
    return MockPlane(name, endpoint, _kubeconfig(name, endpoint, token), process)


def _port(process: "subprocess.Popen[bytes]", address: Path, log: Path) -> int:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if address.exists():
            return int(json.loads(address.read_text())["port"])
        if process.poll() is not None:
            raise CloudError(
                f"The Kubernetes mock ended during its start (code {process.returncode}). The "
                f"last lines of {log}:\n{_tail(log)}"
            )
        time.sleep(0.02)
    raise CloudError(
        f"The Kubernetes mock did not answer within {START_SECONDS:g} s. The last lines of "
        f"{log}:\n{_tail(log)}"
    )


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.stdin is not None:
        process.stdin.close()
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-LOG_LINES:])


def _kubeconfig(name: str, endpoint: str, token: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [{"name": CLUSTER, "cluster": {"server": endpoint}}],
        "contexts": [{"name": name, "context": {"cluster": CLUSTER, "user": name}}],
        "users": [{"name": name, "user": {"token": token}}],
    }
