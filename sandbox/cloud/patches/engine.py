"""Which client the emulator starts containers with, and what it may sweep away."""

from typing import Any

from ministack import app
from ministack.services import ecs

from sandbox.cloud import sessions
from sandbox.cloud.engines import docker_client
from sandbox.cloud.processes import ProcessEngine
from sandbox.cloud.settings import Settings

from . import guard


def apply(settings: Settings) -> None:
    """Hand ECS the engine of this cloud; sweep only what is this cloud's own."""
    client: Any
    if settings.engine == "docker":
        client = docker_client()
    else:
        client = ProcessEngine(settings.state, {sessions.BOOT_VARIABLE: settings.boot})
    guard.replace(ecs, "_get_docker", "()", lambda: client)

    def swept(original: Any) -> Any:
        def sweep(include_unlabelled: bool = False) -> None:  # noqa: ARG001
            # Containers without an owner's label are somebody else's: leave them.
            if settings.engine == "docker":
                original(False)

        return sweep

    guard.wrap(app, "_stop_docker_containers", "(include_unlabelled: bool = False)", swept)
