"""Who runs containers: a Docker engine, or processes on this machine.

``SANDBOX_ENGINE`` (``auto``, ``docker``, ``process``) decides. ``auto`` takes Docker if
its daemon answers within two seconds, else processes, and says why.
"""

import contextlib
import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import CloudError

VARIABLE = "SANDBOX_ENGINE"
CHOICES = ("auto", "docker", "process")
PATIENCE_SECONDS = 10
"""How long the daemon may take to answer a ping; milliseconds, unless the machine is very busy."""
INSTANCE_LABEL = "ministack.instance"
"""Label that the emulator puts on every container: ``<hostname>:<gateway port>``."""


@dataclass(frozen=True)
class Engine:
    """The engine in use."""

    name: str
    """``docker`` or ``process``."""
    note: str
    """One line: why this one, and what would change it."""


def docker_client(timeout: int = 60) -> Any:
    """A docker-py client of the engine that the environment names."""
    import docker

    return docker.from_env(timeout=timeout)


def ping() -> None:
    """Ask the daemon whether it is there; raises whatever went wrong."""
    client = docker_client(timeout=PATIENCE_SECONDS)
    try:
        client.ping()
    finally:
        client.close()


def choose(wanted: str | None = None, *, probe: Callable[[], None] = ping) -> Engine:
    """Pick the engine: the argument, else ``SANDBOX_ENGINE``, else ``auto``.

    Raises CloudError for an unknown name, and for ``docker`` when it cannot be used.
    """
    name = wanted or os.environ.get(VARIABLE) or "auto"
    if name not in CHOICES:
        raise CloudError(f"{VARIABLE}={name!r} is not an engine. Allowed: {', '.join(CHOICES)}.")
    if name == "process":
        return Engine("process", "tasks run as processes on this machine, as asked")
    problem = _problem(probe)
    if problem is None:
        return Engine("docker", "tasks run as containers of the Docker engine")
    if name == "docker":
        raise CloudError(
            f"{VARIABLE}=docker, but {problem}. "
            f"Mend it, or use {VARIABLE}=process to run tasks as plain processes."
        )
    return Engine("process", f"tasks run as processes on this machine: {problem}")


def _problem(probe: Callable[[], None]) -> str | None:
    """Why Docker cannot be used and what would help; None if it can."""
    socket = _socket()
    if socket is not None:
        try:
            mode = socket.stat().st_mode
        except FileNotFoundError:
            return f"no Docker engine is running here (no socket at {socket}); start one to use it"
        except PermissionError:
            return _denied(socket)
        if not stat.S_ISSOCK(mode):
            return f"{socket} is not a socket; start a Docker engine or correct DOCKER_HOST"
    try:
        probe()
    except ImportError:
        return "the Python package 'docker' is missing; install the sandbox's requirements"
    except Exception as error:  # noqa: BLE001 - whatever the SDK raises is an answer
        chain = f"{error!r} {error.__cause__!r} {error.__context__!r}".lower()
        if "permission" in chain:
            return _denied(socket)
        if "timed out" in chain or "timeout" in chain:
            return (
                f"the Docker daemon did not answer within {PATIENCE_SECONDS} s; "
                "restart it to use it ('docker info' must answer)"
            )
        return "the Docker daemon does not answer; start it to use it ('docker info' must answer)"
    return None


def _denied(socket: Path | None) -> str:
    return (
        f"Docker is present but {socket or 'its daemon'} refuses this user (permission denied); "
        "join the group 'docker' ('sudo usermod -aG docker $USER', then log in again) to use it"
    )


def _socket() -> Path | None:
    """The daemon's unix socket, or None if it is reached over the network."""
    host = os.environ.get("DOCKER_HOST", "") or "unix:///var/run/docker.sock"
    return Path(host.removeprefix("unix://")) if host.startswith("unix://") else None


def remove_containers(hostname: str) -> int:
    """Remove every container that the sandbox called ``hostname`` ever started.

    Returns how many; 0 if no daemon answers.
    """
    try:
        client = docker_client(timeout=60)
    except Exception:  # noqa: BLE001 - no daemon, no containers
        return 0
    with contextlib.closing(client):
        try:
            listed = client.containers.list(
                all=True, sparse=True, filters={"label": INSTANCE_LABEL}
            )
        except Exception:  # noqa: BLE001 - it went away meanwhile
            return 0
        ours = [
            container
            for container in listed
            if str((container.attrs.get("Labels") or {}).get(INSTANCE_LABEL, "")).startswith(
                f"{hostname}:"
            )
        ]

        def remove(container: Any) -> None:
            with contextlib.suppress(Exception):
                container.remove(force=True, v=True)

        with ThreadPoolExecutor(max_workers=8) as pool:
            list(pool.map(remove, ours))
        return len(ours)


def remove_images(port: int) -> None:
    """Drop the names under which the registry on ``port`` gave images to the engine.

    The layers that the next build starts from stay, as the engine's build cache.
    """
    prefix = f"127.0.0.1:{port}/"
    try:
        client = docker_client(timeout=60)
    except Exception:  # noqa: BLE001 - no daemon, no images
        return
    with contextlib.closing(client), contextlib.suppress(Exception):
        for image in client.images.list():
            for name in [*image.attrs["RepoTags"], *image.attrs["RepoDigests"]]:
                if name.startswith(prefix):
                    with contextlib.suppress(Exception):
                        client.api.remove_image(name, noprune=True)
