"""Containers without a container engine: the part of docker-py that the emulator uses.

A container is a process: the image's files unpacked read-only, the image's command with
the sandbox's own Python first in ``PATH``, an environment with nothing of the user's, and
a port of 127.0.0.1 told through ``PORT`` and ``HOST``. What a process cannot have
(limits, users, a private file system) is listed in ``honesty.PROCESS_ENGINE``.
"""

import secrets
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from . import registry, unpacked
from .process_container import ProcessContainer, start

__all__ = ["ProcessEngine"]


class ProcessEngine:
    """The look-alike of ``docker.DockerClient``."""

    def __init__(self, state: Path, environment: Mapping[str, str]) -> None:
        """Keep images and logs under ``state``; add ``environment`` to every container."""
        self.images = _Images(state / "tasks" / "images")
        self.containers = _Containers(state, self.images, environment)

    def ping(self) -> bool:
        """Answer as a daemon would."""
        return True


class _Images:
    def __init__(self, store: Path) -> None:
        self._store = store
        self._pulled: dict[str, unpacked.Image] = {}

    def pull(self, repository: str, tag: str | None = None, **_: object) -> unpacked.Image:
        image = f"{repository}:{tag}" if tag else repository
        self._pulled[image] = unpacked.pull(image, self._store)
        return self._pulled[image]

    def find(self, name: str) -> unpacked.Image | None:
        return self._pulled.get(name)

    def get(self, name: str) -> unpacked.Image:
        if name not in self._pulled:
            from docker.errors import ImageNotFound

            raise ImageNotFound(f"No such image: {name}")
        return self._pulled[name]

    def get_registry_data(self, name: str, **_: object) -> "_RegistryData":
        return _RegistryData(registry.manifest_digest(registry.Reference.parse(name)))


class _RegistryData:
    """The look-alike of docker-py's RegistryData: a digest."""

    def __init__(self, digest: str) -> None:
        self.id = digest


class _Containers:
    def __init__(self, state: Path, images: _Images, environment: Mapping[str, str]) -> None:
        self._state = state
        self._images = images
        self._environment = environment
        self._known: dict[str, ProcessContainer] = {}
        self._lock = threading.Lock()

    def run(
        self,
        image: str,
        command: str | Sequence[str] | None = None,
        *,
        name: str = "",
        entrypoint: str | Sequence[str] | None = None,
        environment: Mapping[str, str] | None = None,
        labels: Mapping[str, str] | None = None,
        working_dir: str | None = None,
        hostname: str | None = None,
        container_ports: Sequence[int] = (),
        private_ip: str = "127.0.0.1",
        **_: object,
    ) -> ProcessContainer:
        """Start a container; arguments that a process cannot honour are ignored.

        ``container_ports`` and ``private_ip`` are ours: the ports of the container's
        definition, and the address that the task has of its subnet.
        """
        found = self._images.find(image) or self._images.pull(image)
        id = secrets.token_hex(32)
        container = start(
            found,
            id=id,
            name=name or id[:12],
            scratch=self._state / "tasks" / id[:12],
            log=self._state / "logs" / f"{name or id[:12]}.log",
            command=command,
            entrypoint=entrypoint,
            environment={**self._environment, **(environment or {})},
            labels=dict(labels or {}),
            working_dir=working_dir,
            hostname=hostname,
            ports=list(container_ports),
            private_ip=private_ip,
            forget=self._forget,
        )
        with self._lock:
            self._known[id] = container
        return container

    def get(self, id: str) -> ProcessContainer:
        with self._lock:
            found = self._known.get(id)
        if found is None:
            from docker.errors import NotFound

            raise NotFound(f"No such container: {id}")
        return found

    def list(
        self,
        *,
        all: bool = False,  # noqa: A002 - docker-py's name
        filters: Mapping[str, Any] | None = None,
        **_: object,
    ) -> list[ProcessContainer]:
        wanted = (filters or {}).get("label", [])
        wanted = [wanted] if isinstance(wanted, str) else wanted
        with self._lock:
            containers = [*self._known.values()]
        return [
            container
            for container in containers
            if (all or container.status == "running") and all_labels(container.labels, wanted)
        ]

    def _forget(self, id: str) -> None:
        with self._lock:
            self._known.pop(id, None)


def all_labels(labels: Mapping[str, str], wanted: Sequence[str]) -> bool:
    """Whether every ``key`` or ``key=value`` of ``wanted`` is among ``labels``."""
    for item in wanted:
        key, equals, value = item.partition("=")
        if key not in labels or (equals and labels[key] != value):
            return False
    return True
