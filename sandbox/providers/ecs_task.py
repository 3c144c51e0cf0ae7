"""Task definitions: checked as Fargate checks them, registered as they stand."""

import json
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from .base import Inputs, Outputs, Provider, Tagged
from .common import ignoring, one_of, present, wire, within
from .ecs_cluster import check_name, ecs_tags, retag

_FARGATE_MEMORY: dict[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4097, 1024)),
    1024: tuple(range(2048, 8193, 1024)),
    2048: tuple(range(4096, 16385, 1024)),
    4096: tuple(range(8192, 30721, 1024)),
    8192: tuple(range(16384, 61441, 4096)),
    16384: tuple(range(32768, 122881, 8192)),
}
"""CPU units and the MiB that Fargate sells with them."""

_IMAGE = re.compile(
    r"^(?:[a-zA-Z0-9.-]+(?::\d+)?/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*"
    r"(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$",
    re.ASCII,
)


class Platform(Inputs):
    """Operating system and architecture."""

    operating_system_family: str = "LINUX"
    cpu_architecture: str = "X86_64"


class Volume(Inputs):
    """A scratch volume of the task."""

    name: str


class Storage(Inputs):
    """Ephemeral storage."""

    size_in_gib: int


class TaskDefinitionInputs(Tagged):
    """Inputs of a task definition; ``containerDefinitions`` is JSON text."""

    family: str
    container_definitions: str
    cpu: str | None = None
    memory: str | None = None
    network_mode: str | None = None
    requires_compatibilities: list[str] = []
    execution_role_arn: str | None = None
    task_role_arn: str | None = None
    runtime_platform: Platform | None = None
    volumes: list[Volume] = []
    ephemeral_storage: Storage | None = None
    skip_destroy: bool = False
    track_latest: bool = False


class TaskDefinition(Provider[TaskDefinitionInputs]):
    """A revision of a task family. It never changes: other content is the next revision."""

    token = "aws:ecs/taskDefinition:TaskDefinition"
    inputs = TaskDefinitionInputs
    replaces = frozenset(
        {
            "family",
            "containerDefinitions",
            "cpu",
            "memory",
            "networkMode",
            "requiresCompatibilities",
            "executionRoleArn",
            "taskRoleArn",
            "runtimePlatform",
            "volumes",
            "ephemeralStorage",
        }
    )
    outputs = frozenset({"arn", "arnWithoutRevision", "family", "revision", "tagsAll"})
    inert: ClassVar[Mapping[str, str]] = {
        "cpu": "limits a container of a Docker engine; a process is not limited",
        "memory": "limits a container of a Docker engine; a process is not limited",
        "ephemeralStorage": "stored; the machine's own disk is used",
        "trackLatest": "concerns a refresh, which the sandbox does not do",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> TaskDefinitionInputs:
        inputs = super().check(name, properties)
        check_name("family", inputs.family)
        for item in inputs.requires_compatibilities:
            one_of("requiresCompatibilities", item, ("FARGATE", "EC2"))
        _check_containers(inputs)
        if "FARGATE" in inputs.requires_compatibilities:
            _check_fargate(inputs)
        if inputs.runtime_platform is not None:
            architecture = inputs.runtime_platform.cpu_architecture
            one_of("cpuArchitecture", architecture, ("X86_64", "ARM64"))
            system = inputs.runtime_platform.operating_system_family
            one_of("operatingSystemFamily", system, ("LINUX",))
        if inputs.ephemeral_storage is not None:
            within("ephemeralStorage.sizeInGib", inputs.ephemeral_storage.size_in_gib, 21, 200)
        return inputs

    def create(self, name: str, inputs: TaskDefinitionInputs) -> tuple[str, Outputs]:
        tags, storage, platform = (
            self.tags(inputs),
            inputs.ephemeral_storage,
            inputs.runtime_platform,
        )
        definition = self.context.client("ecs").register_task_definition(
            family=inputs.family,
            containerDefinitions=json.loads(inputs.container_definitions),
            requiresCompatibilities=inputs.requires_compatibilities,
            volumes=[wire(volume) for volume in inputs.volumes],
            tags=ecs_tags(tags),
            **present(
                cpu=inputs.cpu,
                memory=inputs.memory,
                networkMode=inputs.network_mode,
                executionRoleArn=inputs.execution_role_arn,
                taskRoleArn=inputs.task_role_arn,
                runtimePlatform=wire(platform) if platform else None,
                ephemeralStorage={"sizeInGiB": storage.size_in_gib} if storage else None,
            ),
        )["taskDefinition"]
        arn = definition["taskDefinitionArn"]
        return inputs.family, {
            "arn": arn,
            "arnWithoutRevision": arn.rpartition(":")[0],
            "family": inputs.family,
            "revision": definition["revision"],
            "skipDestroy": inputs.skip_destroy,
            "tagsAll": tags,
        }

    def update(
        self, id: str, old: TaskDefinitionInputs, new: TaskDefinitionInputs, outputs: Outputs
    ) -> Outputs:
        changed = retag(self.context.client("ecs"), outputs["arn"], outputs, self.tags(new))
        return outputs | changed | {"skipDestroy": new.skip_destroy}

    def delete(self, id: str, outputs: Outputs) -> None:
        """Deregister this revision, unless it was told to stay for a rollback."""
        if not outputs["skipDestroy"]:
            with ignoring("ClientException"):
                self.context.client("ecs").deregister_task_definition(taskDefinition=outputs["arn"])


def _check_containers(inputs: TaskDefinitionInputs) -> None:
    try:
        containers = json.loads(inputs.container_definitions)
    except ValueError as error:
        raise ValueError(f"containerDefinitions is not JSON: {error}") from None
    if not isinstance(containers, list) or not containers:
        raise ValueError("containerDefinitions must be a JSON list of at least one container.")
    if not any(item.get("essential", True) for item in containers):
        raise ValueError("containerDefinitions: one container must be essential.")
    volumes = [volume.name for volume in inputs.volumes]
    for container in containers:
        check_name("containerDefinitions.name", container.get("name", ""))
        image = container.get("image", "")
        if not _IMAGE.match(image):
            raise ValueError(
                f"container {container['name']!r}: image {image!r} is not a reference such as "
                "registry/repository:tag or registry/repository@sha256:…"
            )
        for port in container.get("portMappings", []):
            within("containerPort", port.get("containerPort", 0), 1, 65535)
        for mount in container.get("mountPoints", []):
            one_of("mountPoints.sourceVolume", mount.get("sourceVolume"), volumes)
        if container.get("secrets") and inputs.execution_role_arn is None:
            raise ValueError(
                f"container {container['name']!r} has secrets: they need an executionRoleArn."
            )


def _check_fargate(inputs: TaskDefinitionInputs) -> None:
    one_of("networkMode", inputs.network_mode, ("awsvpc",), "Fargate has no other mode.")
    if not (inputs.cpu or "").isdigit() or not (inputs.memory or "").isdigit():
        raise ValueError(
            f"cpu={inputs.cpu!r} and memory={inputs.memory!r}: Fargate needs both, as whole "
            "numbers of CPU units and MiB."
        )
    cpu, memory = int(inputs.cpu or 0), int(inputs.memory or 0)
    one_of("cpu", cpu, tuple(_FARGATE_MEMORY))
    one_of("memory", memory, _FARGATE_MEMORY[cpu], f"(MiB with cpu={cpu})")
