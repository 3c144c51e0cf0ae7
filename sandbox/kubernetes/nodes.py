"""Nodes of the sandbox's clusters: described as EKS's are, played by KWOK."""

import contextlib
import hashlib
import ipaddress
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..cloud.errors import CloudError
from . import annotations, kwok
from .client import Api, Refused

READY_SECONDS = 120
"""For KWOK to see a new node; it needs milliseconds."""
LEAVE_SECONDS = 120
"""For the pods of a leaving node to end; as long as their grace periods usually are."""
PODS = {"large": 29, "medium": 17, "small": 11, "micro": 4, "nano": 4, "xlarge": 58}
"""Pods on a node by the size of its instance: addresses of its network interfaces (EKS's
eni-max-pods table for t3 and t4g; larger ones bear 58 and more)."""
SYSTEM_MEMORY_MIB = 100 + 255
"""What EKS keeps back on each node: the eviction threshold and the kubelet's own share, the
latter growing by 11 MiB a pod."""
_MANAGER = "sandbox-nodes"


@dataclass(frozen=True)
class Node:
    """One machine of a node group."""

    name: str
    """``ip-10-0-1-23.ec2.internal``; a name of that form gives the node's address as well."""
    zone: str
    region: str
    instance_type: str
    architecture: str
    """``amd64`` or ``arm64``."""
    group: str
    """The node group's name; empty for a node that belongs to none (Fargate)."""
    cpu: str
    """vCPUs, as a quantity: ``2``."""
    memory_mib: int
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    """More labels, as the node group asks; they win."""
    taints: Sequence[Mapping[str, str]] = ()
    """As Kubernetes writes them: ``key``, ``value``, ``effect`` (``NoSchedule``)."""


def join(api: Api, node: Node) -> dict[str, Any]:
    """Make the node, and return it once it is Ready."""
    api.apply(_manifest(node), manager=_MANAGER, force=True)
    version = str(api.version()["gitVersion"])
    with contextlib.suppress(Refused):  # a second join: the taint has gone already
        _remove_taint(api, node)
    api.patch(
        "v1", "Node", node.name, patch={"status": _status(node, version)}, subresource="status"
    )
    deadline = time.monotonic() + READY_SECONDS
    while True:
        found = api.get("v1", "Node", node.name)
        if found is not None and is_ready(found):
            return found
        if time.monotonic() > deadline:
            raise CloudError(
                f"The node {node.name} was not Ready within {READY_SECONDS} s. "
                "KWOK plays its kubelet; see logs/kwok.log beside the cluster's other logs."
            )
        time.sleep(0.05)


def leave(api: Api, name: str, *, seconds: float = LEAVE_SECONDS) -> None:
    """Drain the node and remove it; no such node is no error.

    Pods go by eviction, which heeds disruption budgets as EKS does; what is left after
    ``seconds`` goes by force, as EKS's forced update does.
    """
    if api.get("v1", "Node", name) is None:
        return
    api.patch("v1", "Node", name, patch={"spec": {"unschedulable": True}}, manager=_MANAGER)
    deadline = time.monotonic() + seconds
    while pods := api.list("v1", "Pod", fields=f"spec.nodeName={name}"):
        overdue = time.monotonic() > deadline
        for pod in pods:
            if overdue:
                _remove(api, pod)
            elif not pod["metadata"].get("deletionTimestamp"):
                _evict(api, pod)
        time.sleep(0.2)
    api.delete("v1", "Node", name)


def is_ready(node: Mapping[str, Any]) -> bool:
    """Whether the node's Ready condition is True."""
    conditions = node.get("status", {}).get("conditions") or []
    return any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)


def _manifest(node: Node) -> dict[str, Any]:
    labels = {
        "kubernetes.io/arch": node.architecture,
        "kubernetes.io/os": "linux",
        "kubernetes.io/hostname": node.name,
        "node.kubernetes.io/instance-type": node.instance_type,
        "topology.kubernetes.io/region": node.region,
        "topology.kubernetes.io/zone": node.zone,
        # The names before 1.17, which EKS still sets and old manifests select by.
        "beta.kubernetes.io/arch": node.architecture,
        "beta.kubernetes.io/os": "linux",
        "beta.kubernetes.io/instance-type": node.instance_type,
        "failure-domain.beta.kubernetes.io/region": node.region,
        "failure-domain.beta.kubernetes.io/zone": node.zone,
    }
    if node.group:
        labels["eks.amazonaws.com/nodegroup"] = node.group
        labels["eks.amazonaws.com/capacityType"] = "ON_DEMAND"
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": node.name,
            "labels": {**labels, **node.labels},
            "annotations": {
                annotations.NODE: annotations.NODE_VALUE,
                "metrics.k8s.io/resource-metrics-path": kwok.METRICS_PATH.format(
                    nodeName=node.name
                ),
            },
        },
        "spec": {
            "providerID": f"aws:///{node.zone}/i-{_digest(node.name)[:17]}",
            "taints": [dict(taint) for taint in node.taints],
        },
    }


def _status(node: Node, version: str) -> dict[str, Any]:
    pods = PODS.get(node.instance_type.rpartition(".")[2], 58)
    memory = node.memory_mib - SYSTEM_MEMORY_MIB - 11 * pods
    return {
        "addresses": [
            {"type": "InternalIP", "address": _address(node.name)},
            # Where its kubelet, KWOK's server, really answers; the API server asks it there.
            {"type": "ExternalIP", "address": "127.0.0.1"},
            {"type": "Hostname", "address": node.name},
        ],
        "capacity": {"cpu": node.cpu, "memory": f"{node.memory_mib}Mi", "pods": str(pods)},
        "allocatable": {
            "cpu": f"{int(float(node.cpu) * 1000) - 70}m",
            "memory": f"{max(memory, 128)}Mi",
            "pods": str(pods),
        },
        "nodeInfo": {
            "architecture": node.architecture,
            "operatingSystem": "linux",
            "osImage": "Slipway sandbox",
            "kernelVersion": "none",
            "containerRuntimeVersion": "kwok://0.8.0",
            "kubeletVersion": version,
            "kubeProxyVersion": "",
            "machineID": _digest(node.name)[:32],
            "systemUUID": _digest(node.name)[:32],
            "bootID": _digest(node.name)[:32],
        },
    }


def _remove_taint(api: Api, node: Node) -> None:
    """Take away the not-ready taint that admission puts on every new node, at once.

    The node controller would do so too, seconds later.
    """
    patch = {"spec": {"taints": [dict(taint) for taint in node.taints]}}
    api.patch("v1", "Node", node.name, patch=patch, manager=_MANAGER)


def _evict(api: Api, pod: Mapping[str, Any]) -> None:
    metadata = pod["metadata"]
    namespace, name = metadata["namespace"], metadata["name"]
    body = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": name, "namespace": namespace},
    }
    # 429: a disruption budget says not now; 404: it has gone meanwhile.
    with contextlib.suppress(Refused):
        api.request("POST", f"/api/v1/namespaces/{namespace}/pods/{name}/eviction", body=body)


def _remove(api: Api, pod: Mapping[str, Any]) -> None:
    metadata = pod["metadata"]
    api.delete("v1", "Pod", metadata["name"], metadata["namespace"], grace_seconds=0)


def _address(name: str) -> str:
    """The address in a name like EC2's (``ip-10-0-1-23…``), else one derived from the name."""
    text = name.partition(".")[0].removeprefix("ip-").replace("-", ".")
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return f"10.0.{int(_digest(name)[:2], 16)}.{int(_digest(name)[2:4], 16)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
