"""How a task's containers are started: what the task definition says, as Fargate does it.

The emulator passes on image, command, environment and little else. Here the rest gets its
effect with a Docker engine, and the process engine gets what it can use.
"""

import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import ecs

from sandbox.cloud import addresses
from sandbox.cloud.settings import Settings

from . import guard, private_addresses

_BUILD = (
    "(cdef, td, env, port_bindings, ecs_network, host_mode, task_id, task_arn, "
    "ministack_net_ip, cluster_arn)"
)
_CPU_UNITS = 1024
_MIB = 1024 * 1024


def apply(settings: Settings) -> None:
    """Complete the arguments of every container's start."""
    complete = _docker if settings.engine == "docker" else _process

    def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
        def build(*given: Any) -> dict[str, Any]:
            cdef, td, env = given[0], given[1], given[2]
            env["AWS_REGION"] = env["AWS_DEFAULT_REGION"] = ecs.get_region()
            env["AWS_EXECUTION_ENV"] = "AWS_ECS_FARGATE"
            kwargs: dict[str, Any] = original(*given)
            task = ecs._tasks.get(given[7]) or {}
            kwargs["entrypoint"] = cdef.get("entryPoint") or None
            kwargs["working_dir"] = cdef.get("workingDirectory") or None
            kwargs["labels"].update(cdef.get("dockerLabels") or {})
            complete(kwargs, cdef, td, task)
            return kwargs

        return build

    guard.wrap(ecs, "_build_run_kwargs", _BUILD, wrap)
    if settings.engine == "docker" and sys.platform != "linux":
        _published_ports()


def _docker(
    kwargs: dict[str, Any], cdef: Mapping[str, Any], td: Mapping[str, Any], task: Mapping[str, Any]
) -> None:
    from docker.types import Mount

    linux = cdef.get("linuxParameters") or {}
    # ECS ignores an image's own HEALTHCHECK; the definition's is evaluated by container_health.
    kwargs["healthcheck"] = {"test": ["NONE"]}
    kwargs["read_only"] = bool(cdef.get("readonlyRootFilesystem"))
    kwargs["init"] = bool(linux.get("initProcessEnabled"))
    if cdef.get("user"):
        kwargs["user"] = cdef["user"]
    memory = cdef.get("memory") or td.get("memory")
    if memory:
        kwargs["mem_limit"] = int(memory) * _MIB
    units = int(cdef.get("cpu") or td.get("cpu") or 0)
    if units:
        share = min(units / _CPU_UNITS, os.cpu_count() or 1)
        kwargs["nano_cpus"] = int(share * 1_000_000_000)
    on_host = {
        volume.get("name")
        for volume in td.get("volumes", [])
        if (volume.get("host") or {}).get("sourcePath")
    }
    kwargs["mounts"] = [
        Mount(point["containerPath"], None, type="volume", read_only=point.get("readOnly", False))
        for point in cdef.get("mountPoints", [])
        if point.get("sourceVolume") not in on_host
    ]
    first = next(iter(task.get("_docker_ids") or []), None)
    if first and td.get("networkMode") == "awsvpc":
        # The containers of an awsvpc task share one network interface.
        for name in ("network", "ports", "extra_hosts"):
            kwargs.pop(name, None)
        kwargs["network_mode"] = f"container:{first}"
    elif sys.platform != "linux":
        kwargs["ports"] = {
            f"{mapping['containerPort']}/tcp": ("127.0.0.1", None)
            for mapping in cdef.get("portMappings", [])
        }


def _process(
    kwargs: dict[str, Any],
    cdef: Mapping[str, Any],
    td: Mapping[str, Any],  # noqa: ARG001 - the same shape as _docker
    task: dict[str, Any],
) -> None:
    kwargs["container_ports"] = [
        int(mapping["containerPort"]) for mapping in cdef.get("portMappings", [])
    ]
    kwargs["private_ip"] = private_addresses.of_task(task)


def _published_ports() -> None:
    """Where containers have no reachable address, connect to their published ports."""

    def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
        def record(task: dict[str, Any], container: Any, ecs_network: Any) -> None:
            original(task, container, ecs_network)
            ip = str(ecs._container_ip(container, ecs_network))
            for port, places in (container.attrs["NetworkSettings"].get("Ports") or {}).items():
                for place in places or []:
                    number = int(port.partition("/")[0])
                    addresses.publish(ip, number, "127.0.0.1", int(place["HostPort"]))

        return record

    guard.wrap(ecs, "_record_task_ip", "(task, container, ecs_network)", wrap)
