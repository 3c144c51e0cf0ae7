"""Start, find and stop the embedded cloud.

The cloud is one child process (``python -m sandbox.cloud``) in a session of its own. All
it writes lives in the state directory: ``cloud.json`` (who it is), ``cloud.log``,
``listeners.json`` (load balancer listener -> loopback address), ``logs/``, ``tasks/``.
"""

import contextlib
import dataclasses
import fcntl
import hashlib
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from . import engines, sessions
from .errors import CloudError
from .minute import DEFAULT_SECONDS, seconds

__all__ = ["ACCOUNT", "REGION", "Cloud", "CloudError", "hostname", "running", "start", "stop"]

ACCOUNT, REGION = "123456789012", "us-east-1"
PORT = 4566
NEEDED_BYTES = 200 * 1024 * 1024
"""Free disk space without which a start is refused: images, logs and state need it."""
START_SECONDS, STOP_SECONDS = 120, 20
LOG_LINES = 12
"""How much of the log an error quotes."""

_ROOT = Path(__file__).resolve().parents[2]
_children: dict[int, "subprocess.Popen[bytes]"] = {}


@dataclass(frozen=True)
class Cloud:
    """A running cloud, as ``cloud.json`` remembers it."""

    pid: int
    port: int
    boot: str
    """Random id of this start; state made against another boot is worthless."""
    engine: str
    """``docker`` or ``process``."""
    engine_note: str
    started: str
    """Identity of the process beside its pid, which the system may reuse."""
    account: str = ACCOUNT
    region: str = REGION
    minute: float = DEFAULT_SECONDS
    port_note: str = ""
    """Said when the wanted port was taken; empty otherwise."""
    fresh: bool = True
    """False if ``start`` found the cloud already running."""

    @property
    def endpoint(self) -> str:
        """Where every AWS client is pointed."""
        return f"http://127.0.0.1:{self.port}"


def start(state: Path, *, port: int = PORT, engine: str | None = None) -> Cloud:
    """Start the cloud that keeps its state in ``state``, or return the one that runs.

    Args:
        state: the state directory, made if missing.
        port: the wanted gateway port; the next free one is used if it is taken.
        engine: ``auto``, ``docker`` or ``process``; default ``SANDBOX_ENGINE``.

    Raises:
        CloudError: nothing was started, and the message says what to mend.
    """
    if (found := running(state)) is not None:
        return dataclasses.replace(found, fresh=False)
    _prepare(state)
    stop(state)
    chosen, minute = engines.choose(engine), seconds()
    free, port_note, lock = _free_port(port)
    boot, log = secrets.token_hex(8), state / "cloud.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox.cloud"],
            cwd=_ROOT,
            env=_environment(state, free, boot, chosen.name),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # The cloud holds its port's lock for as long as it lives, however it ends.
            pass_fds=(lock,),
        )
    os.close(lock)
    _children[process.pid] = process
    cloud = Cloud(
        pid=process.pid,
        port=free,
        boot=boot,
        engine=chosen.name,
        engine_note=chosen.note,
        minute=minute,
        started=sessions.started(process.pid) or "",
        port_note=port_note,
    )
    try:
        _write(state / "cloud.json", dataclasses.asdict(cloud))
        _await_health(cloud, process, log)
    except BaseException:
        stop(state)
        raise
    return cloud


def running(state: Path) -> Cloud | None:
    """The cloud that runs on ``state``, or None (a stale file is not a cloud)."""
    cloud = _remembered(state)
    if cloud is None or sessions.started(cloud.pid) != cloud.started:
        return None
    return cloud


def stop(state: Path) -> None:
    """End the cloud of ``state`` and everything it ever started; no cloud is no error."""
    cloud = _remembered(state)
    if cloud is not None:
        _end(cloud)
        if cloud.engine == "docker":
            engines.remove_containers(hostname(state))
            engines.remove_images(cloud.port)
    for name in ("cloud.json", "listeners.json"):
        (state / name).unlink(missing_ok=True)
    for name in ("tasks", "kubernetes"):
        shutil.rmtree(state / name, ignore_errors=True)


def hostname(state: Path) -> str:
    """The name that marks this state directory's containers among all others."""
    return f"slipway-{hashlib.sha256(str(state.resolve()).encode()).hexdigest()[:12]}"


def _end(cloud: Cloud) -> None:
    if sessions.started(cloud.pid) == cloud.started:
        sessions.send([cloud.pid], signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while sessions.started(cloud.pid) == cloud.started and time.monotonic() < deadline:
            time.sleep(0.02)
    sessions.kill_session(cloud.pid, cloud.boot)
    if (child := _children.pop(cloud.pid, None)) is not None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=STOP_SECONDS)


def _remembered(state: Path) -> Cloud | None:
    try:
        return Cloud(**json.loads((state / "cloud.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _prepare(state: Path) -> None:
    try:
        state.mkdir(parents=True, exist_ok=True)
        for folder in ("logs", "tmp"):
            (state / folder).mkdir(exist_ok=True)
        probe = state / f".probe-{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise CloudError(
            f"The state directory {state} cannot be written ({error.strerror}). "
            "Make it writable for this user, or choose another one."
        ) from None
    free = shutil.disk_usage(state).free
    if free < NEEDED_BYTES:
        raise CloudError(
            f"The disk of {state} has {free // 1024**2} MB free and the sandbox needs "
            f"{NEEDED_BYTES // 1024**2} MB. Free some space, or choose another state directory."
        )


def _free_port(wanted: int) -> tuple[int, str, int]:
    """A port, what to say about it, and the lock by which no other sandbox takes it too."""
    for port in range(wanted, wanted + 100):
        if _bindable(port) and (lock := _lock(port)) is not None:
            note = f"port {wanted} is taken, so the cloud listens on {port}"
            return port, note if port != wanted else "", lock
    raise CloudError(f"No free port between {wanted} and {wanted + 99} on 127.0.0.1.")


def _lock(port: int) -> int | None:
    """Between choosing a port and listening on it, a second sandbox could choose it as well."""
    path = Path(tempfile.gettempdir()) / f"slipway-sandbox-{port}-{os.getuid()}.lock"
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def _bindable(port: int) -> bool:
    # Connecting first finds a listener on 0.0.0.0 even where binding would be allowed.
    with socket.socket() as probe:
        probe.settimeout(0.2)
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _environment(state: Path, port: int, boot: str, engine: str) -> dict[str, str]:
    """The child's environment: the user's, without any AWS setting of theirs."""
    inherited = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("AWS_", "MINISTACK_", "LAMBDA_"))
    }
    environment = {
        **inherited,
        "AUTH": "true",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_HOSTNAME": hostname(state),
        "MINISTACK_REGION": REGION,
        "PYTHONUNBUFFERED": "1",
        "SANDBOX_ENGINE": engine,
        "SANDBOX_STATE": str(state.resolve()),
        "SFTP_ENABLED": "0",
        "TMPDIR": str((state / "tmp").resolve()),
        sessions.BOOT_VARIABLE: boot,
    }
    if kubeconfig := environment.get("SANDBOX_KUBECONFIG"):
        # The user's working directory is not the cloud's.
        environment["SANDBOX_KUBECONFIG"] = str(Path(kubeconfig).expanduser().resolve())
    if engine == "process":
        # No service of the emulator may start a container behind the user's back.
        environment["DOCKER_HOST"] = "unix:///nonexistent/docker.sock"
    return environment


def _await_health(cloud: Cloud, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise CloudError(
                f"The embedded cloud ended during its start (code {process.returncode}). "
                f"The last lines of {log}:\n{_tail(log)}"
            )
        if _healthy(cloud.port):
            return
        time.sleep(0.02)
    raise CloudError(
        f"The embedded cloud did not answer within {START_SECONDS} s. "
        f"The last lines of {log}:\n{_tail(log)}"
    )


def _healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/_ministack/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def last_words(state: Path) -> str:
    """The end of the cloud's log."""
    return _tail(state / "cloud.log")


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-LOG_LINES:])


def _write(path: Path, document: object) -> None:
    """Replace ``path`` in one step, so that no reader ever sees half of it."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(document, indent=2))
    part.replace(path)
