"""A pod's container as the engine's ``run`` takes it, the same engine that runs ECS tasks.

With Docker the pod's limits, user, capabilities and read-only root file system hold; the
process engine has none of them (``honesty.PROCESS_ENGINE``).
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...cloud import addresses
from ...cloud.settings import Settings
from . import spec as pod_spec

POLL_SECONDS, DOCKER_POLL_SECONDS = 0.2, 1.0
"""How soon the end of a container is noticed; each look at Docker is a request to its daemon."""
_PREFIX = "eks"


class Engine:
    """Starts containers of pods and knows where their ports are."""

    def __init__(self, client: Any, settings: Settings, cluster: str) -> None:
        self._client, self._settings, self._cluster = client, settings, cluster
        self.registry = f"127.0.0.1:{settings.port}"
        self.scheme = settings.engine
        host = "host.docker.internal" if settings.engine == "docker" else "127.0.0.1"
        self.endpoint = f"http://{host}:{settings.port}"
        """Where a container reaches the embedded cloud."""
        self.poll_seconds = DOCKER_POLL_SECONDS if self.scheme == "docker" else POLL_SECONDS

    def pull(self, image: str) -> str:
        """Fetch the image, return its id; raises whatever the engine raises."""
        return str(self._client.images.pull(image).id)

    def start(
        self,
        pod: Mapping[str, Any],
        spec: Mapping[str, Any],
        environment: Mapping[str, str],
        restarts: int,
    ) -> Any:
        """Run a container; raises whatever the engine raises. Each run has a log of its own."""
        metadata = pod["metadata"]
        words = [_PREFIX, self._cluster, metadata["namespace"], metadata["name"], spec["name"]]
        arguments: dict[str, Any] = {
            "detach": True,
            "name": "-".join([*words, str(restarts)] if restarts else words),
            "entrypoint": pod_spec.words(spec.get("command"), environment),
            "command": pod_spec.words(spec.get("args"), environment),
            "environment": {"AWS_ENDPOINT_URL": self.endpoint, **environment},
            "hostname": metadata["name"][:63],
            "working_dir": spec.get("workingDir"),
            "labels": {
                "io.kubernetes.pod.name": metadata["name"],
                "io.kubernetes.pod.namespace": metadata["namespace"],
                "io.kubernetes.pod.uid": metadata["uid"],
                "io.kubernetes.container.name": spec["name"],
            },
        }
        wanted = pod_spec.ports(spec)
        if self.scheme == "process":
            arguments |= {"container_ports": wanted, "private_ip": place(metadata["uid"])}
        else:
            arguments = _for_docker(arguments, pod, spec, wanted)
        container = self._client.containers.run(spec["image"], **arguments)
        if self.scheme == "docker":
            container.reload()
            published = container.attrs["NetworkSettings"].get("Ports") or {}
            for port, hosts in published.items():
                for host in hosts or []:
                    number = int(port.partition("/")[0])
                    real = int(host["HostPort"])
                    addresses.publish(place(metadata["uid"]), number, "127.0.0.1", real)
        return container

    def alive(self, container: Any) -> bool:
        """Whether it still runs."""
        container.reload()
        return str(container.status) in ("running", "created", "restarting")

    def execute(self, container: Any, command: Sequence[str], seconds: float) -> tuple[int, str]:
        """Run a command in the container."""
        # docker-py has no time-out of its own, a process must have one to be ended.
        limit = {"timeout": seconds} if self.scheme == "process" else {}
        code, output = container.exec_run(list(command), **limit)
        return int(code), output.decode(errors="replace")

    def keep_log(self, container: Any) -> None:
        """Leave a container's output where that of processes is, before it is removed."""
        if self.scheme == "docker":
            folder = Path(self._settings.state) / "logs"
            with (folder / f"{container.name}.log").open("ab") as file:
                file.write(container.logs())


def place(uid: str) -> str:
    """Under which address a pod's ports are published: clusters use the same pod addresses."""
    return f"pod-{uid}"


def where(uid: str, port: int) -> tuple[str, int]:
    """Where a pod's port really is; one that refuses connections if it is nowhere."""
    found = addresses.resolve(place(uid), port)
    return addresses.UNREACHABLE if found[0] == place(uid) else found


def withdraw(uid: str, spec: Mapping[str, Any]) -> None:
    """Forget the ports of a container that has ended."""
    for port in pod_spec.ports(spec):
        addresses.withdraw(place(uid), port)


def _for_docker(
    arguments: dict[str, Any], pod: Mapping[str, Any], spec: Mapping[str, Any], wanted: list[int]
) -> dict[str, Any]:
    from docker.types import Mount
    from ministack.core import container_reaper

    secure = {**(pod["spec"].get("securityContext") or {}), **(spec.get("securityContext") or {})}
    limits = (spec.get("resources") or {}).get("limits") or {}
    capabilities = secure.get("capabilities") or {}
    arguments |= {
        "labels": {**container_reaper.own_labels("eks"), **arguments["labels"]},
        "extra_hosts": {"host.docker.internal": "host-gateway"},
        "ports": {f"{port}/tcp": ("127.0.0.1", None) for port in wanted},
        "healthcheck": {"test": ["NONE"]},  # Kubernetes ignores an image's own
        "read_only": bool(secure.get("readOnlyRootFilesystem")),
        "privileged": bool(secure.get("privileged")),
        "cap_drop": capabilities.get("drop") or [],
        "cap_add": capabilities.get("add") or [],
        "mounts": [
            Mount(mount["mountPath"], None, type="volume", read_only=mount.get("readOnly", False))
            for mount in spec.get("volumeMounts") or []
            if not mount["name"].startswith("kube-api-access-")
        ],
    }
    if secure.get("allowPrivilegeEscalation") is False:
        arguments["security_opt"] = ["no-new-privileges"]
    if secure.get("runAsUser") is not None:
        group = secure.get("runAsGroup")
        arguments["user"] = f"{secure['runAsUser']}" + (f":{group}" if group is not None else "")
    if memory := limits.get("memory"):
        arguments["mem_limit"] = int(pod_spec.quantity(memory))
    if cpu := limits.get("cpu"):
        share = min(pod_spec.quantity(cpu), os.cpu_count() or 1)
        arguments["nano_cpus"] = int(share * 1_000_000_000)
    return arguments
