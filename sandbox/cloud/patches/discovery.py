"""Cloud Map instances of running tasks, so that services find each other.

The address told is one that answers: a container's own with a Docker engine on Linux, a
port of 127.0.0.1 otherwise.
"""

from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import ecs, servicediscovery

from sandbox.cloud import addresses
from sandbox.cloud.settings import Settings

from . import guard


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Follow the membership of target groups, which changes at the same moments."""

    def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
        def sync(cluster_name: str, svc: dict[str, Any]) -> None:
            original(cluster_name, svc)
            for registry in svc.get("serviceRegistries") or []:
                _register(cluster_name, svc, registry)

        return sync

    guard.checked(servicediscovery, "_register_instance", "(data)")
    guard.checked(servicediscovery, "_deregister_instance", "(data)")
    guard.wrap(ecs, "_sync_service_targets", "(cluster_name, svc)", wrap)


def _register(cluster: str, svc: dict[str, Any], registry: Mapping[str, Any]) -> None:
    """Make the instances of one registry the running tasks of one service."""
    service_id = str(registry["registryArn"]).rsplit("/", 1)[-1]
    ledger: dict[str, list[str]] = svc.setdefault("_registered_instances", {})
    before = set(ledger.get(service_id, []))
    wanted = {
        task["taskArn"].rsplit("/", 1)[-1]: task
        for task in list(ecs._tasks.values())
        if svc.get("status") == "ACTIVE"
        and task.get("group") == f"service:{svc['serviceName']}"
        and task.get("clusterArn") == svc.get("clusterArn")
        and task.get("lastStatus") == "RUNNING"
        and ecs._task_ip(task)
    }
    ledger[service_id] = list(wanted)
    for id in before - set(wanted):
        servicediscovery._deregister_instance({"ServiceId": service_id, "InstanceId": id})
    for id in set(wanted) - before:
        attributes = _attributes(cluster, svc, registry, wanted[id])
        servicediscovery._register_instance(
            {"ServiceId": service_id, "InstanceId": id, "Attributes": attributes}
        )


def _attributes(
    cluster: str, svc: Mapping[str, Any], registry: Mapping[str, Any], task: Mapping[str, Any]
) -> dict[str, str]:
    td = ecs._task_defs.get(ecs._resolve_td_key(task["taskDefinitionArn"])) or {}
    ports = [
        mapping["containerPort"]
        for cdef in td.get("containerDefinitions", [])
        for mapping in cdef.get("portMappings", [])
    ]
    wanted = registry.get("containerPort") or registry.get("port") or next(iter(ports), 0)
    host, port = addresses.resolve(str(ecs._task_ip(task)), int(wanted))
    return {
        "AWS_INSTANCE_IPV4": host,
        "AWS_INSTANCE_PORT": str(port),
        "AVAILABILITY_ZONE": str(task.get("availabilityZone", "")),
        "ECS_CLUSTER_NAME": cluster,
        "ECS_SERVICE_NAME": svc["serviceName"],
        "ECS_TASK_DEFINITION_FAMILY": str(td.get("family", "")),
        "REGION": ecs.get_region(),
    }
