"""Metrics of EKS clusters with a real control plane: its own, and Container Insights with the
add-on.

They are asked over the network, on a thread beside the clock; a cluster that answers late misses
a minute. A mock has no metrics: its API server is not one.
"""

import logging
import re
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import eks

from sandbox.cloud.errors import CloudError
from sandbox.cloud.metrics import every_minute, record
from sandbox.cloud.metrics.sources import just_ended
from sandbox.cloud.settings import Settings
from sandbox.kubernetes.client import Api

from . import eks_records

NAMESPACE, INSIGHTS = "AWS/EKS", "ContainerInsights"
ADDON = "amazon-cloudwatch-observability"
_CODE = re.compile(r'[{,]code="(\d)')
_PRESSURES = ("DiskPressure", "MemoryPressure", "PIDPressure", "NetworkUnavailable")
_busy = threading.Lock()
_before: dict[eks_records.Key, Mapping[str, float]] = {}
"""Counters of each API server at the look before."""
_restarts: dict[eks_records.Key, Counter[tuple[str, str]]] = {}
_log = logging.getLogger("slipway")


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Ask every control plane once a minute."""
    every_minute(_begin)


def _begin() -> None:
    if eks_records.planes and _busy.acquire(blocking=False):
        threading.Thread(target=_look, args=(just_ended(),), daemon=True).start()


def _look(at: float) -> None:
    try:
        for key, plane in list(eks_records.planes.items()):
            if plane.kind == "mock":
                continue
            account, region, name = key
            try:
                with request_scope(account, region):
                    _control_plane(key, plane.api, at)
                    addon = eks._addons.get(f"{name}/{ADDON}") or {}
                    if addon.get("status") == "ACTIVE":
                        _insights(key, plane.api, at)
            except CloudError as error:
                _log.warning("no metrics of the cluster %s: %s", name, error)
    finally:
        _busy.release()


def _control_plane(key: eks_records.Key, api: Api, at: float) -> None:
    told = counted(api.text("/metrics").splitlines())
    before, _before[key] = _before.get(key), told
    dimensions = {"ClusterName": key[2]}
    waiting = sum(map(unschedulable, api.list("v1", "Pod", fields="status.phase=Pending")))
    size = told["apiserver_storage_size_bytes"]
    for metric, value, unit in (
        ("apiserver_storage_size_bytes", size, "Bytes"),
        ("scheduler_pending_pods_UNSCHEDULABLE", waiting, "Count"),
    ):
        record(NAMESPACE, metric, value, dimensions, unit, at)
    for metric in ("apiserver_request_total", "apiserver_request_total_5XX"):
        # Of the first look nobody knows since when it counts.
        grown = max(0.0, told[metric] - before[metric]) if before else 0.0
        record(NAMESPACE, metric, grown, dimensions, "Count", at)


def counted(lines: Iterable[str]) -> dict[str, float]:
    """What is published of an API server's own metrics."""
    total = failed = size = 0.0
    for line in lines:
        if line.startswith("apiserver_request_total{"):
            value = float(line.rpartition(" ")[2])
            total += value
            code = _CODE.search(line)
            failed += value if code is not None and code[1] == "5" else 0.0
        elif line.startswith("apiserver_storage_size_bytes{"):
            size += float(line.rpartition(" ")[2])
    return {
        "apiserver_request_total": total,
        "apiserver_request_total_5XX": failed,
        "apiserver_storage_size_bytes": size,
    }


def unschedulable(pod: Mapping[str, Any]) -> bool:
    """Whether the scheduler found no node for it."""
    return any(
        item["type"] == "PodScheduled" and item.get("reason") == "Unschedulable"
        for item in (pod.get("status") or {}).get("conditions") or []
    )


def _insights(key: eks_records.Key, api: Api, at: float) -> None:
    cluster = {"ClusterName": key[2]}
    nodes, pods = api.list("v1", "Node"), api.list("v1", "Pod")
    running = sum((pod.get("status") or {}).get("phase") == "Running" for pod in pods)
    for metric, value in (
        ("cluster_node_count", len(nodes)),
        ("cluster_failed_node_count", sum(map(failed, nodes))),
        ("cluster_number_of_running_pods", running),
    ):
        record(INSIGHTS, metric, value, cluster, "Count", at)
    now: Counter[tuple[str, str]] = Counter()
    for pod in pods:
        states = (pod.get("status") or {}).get("containerStatuses") or []
        now[owner(pod)] += sum(int(item.get("restartCount", 0)) for item in states)
    before, _restarts[key] = _restarts.get(key, now), now
    for (namespace, name), count in now.items():
        dimensions = {**cluster, "Namespace": namespace, "PodName": name}
        grown = max(0, count - before[namespace, name])
        record(INSIGHTS, "pod_number_of_container_restarts", grown, dimensions, "Count", at)


def failed(node: Mapping[str, Any]) -> bool:
    """Whether a node is not ready, or short of something."""
    conditions = {
        item["type"]: item["status"] for item in (node.get("status") or {}).get("conditions") or []
    }
    short = any(conditions.get(name) == "True" for name in _PRESSURES)
    return short or conditions.get("Ready") != "True"


def owner(pod: Mapping[str, Any]) -> tuple[str, str]:
    """Namespace and name as Container Insights calls a pod: after its Deployment or whatever
    made it."""
    metadata = pod["metadata"]
    made_by: Mapping[str, Any] = next(iter(metadata.get("ownerReferences") or []), {})
    name = str(made_by.get("name") or metadata["name"])
    if made_by.get("kind") == "ReplicaSet":
        name = name.rpartition("-")[0]
    return str(metadata["namespace"]), name
