"""Metrics of services of ECS: use of processor and memory, and with Container Insights counts.

Each running task is one sample a minute, as on Fargate. The process engine limits nothing, so a
task may use more than it reserved; more than 100 % is told as 100 %, which is where a limit would
have stopped it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import ecs

from sandbox.cloud.metrics import every_minute, record
from sandbox.cloud.metrics.sources import just_ended
from sandbox.cloud.metrics.sources.usage import DockerUsage, ProcessUsage, Used
from sandbox.cloud.settings import Settings

NAMESPACE = "AWS/ECS"
INSIGHTS = "ECS/ContainerInsights"
_CPU_UNITS = 1024
_MIB = 1024 * 1024
_usage: ProcessUsage | DockerUsage


def apply(settings: Settings) -> None:
    """Look at all tasks once a minute."""
    global _usage
    _usage = DockerUsage() if settings.engine == "docker" else ProcessUsage()
    every_minute(_look)


def _look() -> None:
    running = [
        (scope, task)
        for (*scope, _), task in ecs._tasks.all_items()
        if task.get("lastStatus") == "RUNNING"
    ]
    containers = [id for _, task in running for id in task.get("_docker_ids") or []]
    used = _usage.of(ecs._get_docker(), containers) if containers else {}
    by_service: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for scope, task in running:
        kind, _, name = str(task.get("group") or "").partition(":")
        cluster = ecs._cluster_name_from_arn(task.get("clusterArn", ""))
        if kind == "service":
            by_service.setdefault((*scope, cluster, name), []).append(task)
    for (account, region, cluster, name), tasks in by_service.items():
        with request_scope(account, region):
            _publish_use(cluster, name, tasks, used)
    for (account, region, name), cluster in ecs._clusters.all_items():
        if insights(cluster) != "disabled":
            with request_scope(account, region):
                _publish_counts(name, running, used)


def insights(cluster: Mapping[str, Any]) -> str:
    """Container Insights of a cluster: ``disabled``, ``enabled`` or ``enhanced``."""
    settings = cluster.get("settings") or []
    found = [item["value"] for item in settings if item.get("name") == "containerInsights"]
    return str(found[0]) if found else "disabled"


def _publish_use(
    cluster: str, service: str, tasks: Iterable[dict[str, Any]], used: Mapping[str, Used]
) -> None:
    at, dimensions = just_ended(), {"ClusterName": cluster, "ServiceName": service}
    for task in tasks:
        processor, memory = _of_task(task, used)
        units, size = _reserved(task)
        for metric, share in (
            ("CPUUtilization", processor * _CPU_UNITS / units),
            ("MemoryUtilization", memory / _MIB / size),
        ):
            percent = round(min(share, 1.0) * 100, 2)
            record(NAMESPACE, metric, percent, dimensions, "Percent", at)
            record(NAMESPACE, metric, percent, {"ClusterName": cluster}, "Percent", at)


def _publish_counts(
    cluster: str, running: Iterable[tuple[Any, dict[str, Any]]], used: Mapping[str, Used]
) -> None:
    at = just_ended()
    services = [
        svc
        for key, svc in list(ecs._services.items())
        if key.partition("/")[0] == cluster and svc.get("status") == "ACTIVE"
    ]
    inside = [
        task for _, task in running if ecs._cluster_name_from_arn(task["clusterArn"]) == cluster
    ]
    for metric, count in (("ServiceCount", len(services)), ("TaskCount", len(inside))):
        record(INSIGHTS, metric, count, {"ClusterName": cluster}, "Count", at)
    for svc in services:
        name = svc["serviceName"]
        dimensions = {"ClusterName": cluster, "ServiceName": name}
        tasks = [task for task in inside if task.get("group") == f"service:{name}"]
        counts: dict[str, int] = {
            "DesiredTaskCount": int(svc.get("desiredCount", 0)),
            "RunningTaskCount": len(tasks),
            "PendingTaskCount": int(svc.get("pendingCount", 0)),
            "DeploymentCount": len(svc.get("deployments") or []),
        }
        for metric, count in counts.items():
            record(INSIGHTS, metric, count, dimensions, "Count", at)
        uses, sizes = [_of_task(task, used) for task in tasks], [_reserved(task) for task in tasks]
        for metric, value, unit in (
            ("CpuUtilized", sum(use[0] for use in uses) * _CPU_UNITS, "None"),
            ("CpuReserved", sum(size[0] for size in sizes), "None"),
            ("MemoryUtilized", sum(use[1] for use in uses) / _MIB, "Megabytes"),
            ("MemoryReserved", sum(size[1] for size in sizes), "Megabytes"),
        ):
            record(INSIGHTS, metric, round(value, 2), dimensions, unit, at)


def _of_task(task: Mapping[str, Any], used: Mapping[str, Used]) -> Used:
    """Processors and bytes of all the task's containers."""
    found = [used[id] for id in task.get("_docker_ids") or [] if id in used]
    return sum(one[0] for one in found), sum(one[1] for one in found)


def _reserved(task: Mapping[str, Any]) -> tuple[int, int]:
    """CPU units and MiB."""
    td = ecs._task_defs.get(ecs._resolve_td_key(task.get("taskDefinitionArn", ""))) or {}
    containers = td.get("containerDefinitions") or []
    units = td.get("cpu") or sum(int(item.get("cpu") or 0) for item in containers)
    size = td.get("memory") or sum(int(item.get("memory") or 0) for item in containers)
    return int(units or 0) or _CPU_UNITS, int(size or 0) or 512
