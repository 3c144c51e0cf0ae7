"""The nodes of the node groups: where they stand, what they are called, who comes and goes."""

import ipaddress
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from ministack.core.responses import get_region
from ministack.services import ec2, eks

from sandbox.kubernetes import nodes
from sandbox.kubernetes.eks_instances import Instance
from sandbox.kubernetes.eks_plane import Plane

from . import eks_records
from .eks_records import Record

RESERVED_ADDRESSES = 4
"""AWS keeps the first four addresses of a subnet, and one at its end."""
JOINING = 4
"""Nodes that join at the same time."""

_joined: dict[tuple[eks_records.Key, str], list[nodes.Node]] = {}
_numbers: Counter[eks_records.Key] = Counter()
_lock = threading.Lock()


@dataclass(frozen=True)
class Wanted:
    """The nodes of one group, as they should be."""

    cluster: str
    group: str
    size: int
    instance: Instance
    subnets: Sequence[str]
    labels: Mapping[str, str]
    taints: Sequence[Mapping[str, str]]


def scale(record: Record, wanted: Wanted) -> None:  # noqa: ARG001 - the same shape as renew
    """Let nodes join or leave until there are as many as wanted; relabel those that stay."""
    plane, have = _place(wanted)
    if plane is None:
        return
    for old in list(have):
        _relabel(plane, have, old, wanted)
    while len(have) > wanted.size:
        # Each joined where the fewest were, so that without the last they are spread as well.
        nodes.leave(plane.api, have[-1].name)
        have.pop()
    _join(plane, have, wanted, wanted.size - len(have))


def renew(record: Record, wanted: Wanted) -> None:
    """Replace every node: as many as may be missing join, then as many leave."""
    plane, have = _place(wanted)
    if plane is None:
        return
    step = max(1, _unavailable(record["updateConfig"], len(have)))
    old = list(have)
    for start in range(0, len(old), step):
        part = old[start : start + step]
        _join(plane, have, wanted, len(part), leaving=part)
        for node in part:
            nodes.leave(plane.api, node.name)
            have.remove(node)


def empty(record: Record) -> None:
    """Drain and remove every node of the group."""
    key = eks_records.key(record["clusterName"]), record["nodegroupName"]
    plane = eks_records.planes.get(key[0])
    for node in _joined.pop(key, []):
        if plane is not None:
            nodes.leave(plane.api, node.name)


def forget(key: eks_records.Key) -> None:
    """Drop what is known of a cluster that is gone."""
    for place in [place for place in _joined if place[0] == key]:
        del _joined[place]
    _numbers.pop(key, None)


def address(cluster: str, subnet: Mapping[str, Any]) -> str:
    """A node's private address in its subnet, each once."""
    with _lock:
        _numbers[eks_records.key(cluster)] += 1
        number = _numbers[eks_records.key(cluster)]
    network = ipaddress.ip_network(subnet["CidrBlock"])
    usable = network.num_addresses - RESERVED_ADDRESSES - 1
    return str(network[RESERVED_ADDRESSES + number % usable])


def named(prefix: str, address: str) -> str:
    """A node's name: that of its private address."""
    region = get_region()
    domain = "ec2.internal" if region == "us-east-1" else f"{region}.compute.internal"
    return f"{prefix}{address.replace('.', '-')}.{domain}"


def admit(cluster: Record, role: str, type: str) -> None:
    """The access entry by which nodes join, which EKS makes where there are access entries."""
    if cluster["accessConfig"]["authenticationMode"] == "CONFIG_MAP":
        return
    key = eks._ae_key(cluster["name"], role)
    if key not in eks._access_entries:
        body = {
            "type": type,
            "username": "system:node:{{EC2PrivateDNSName}}",
            "kubernetesGroups": ["system:nodes"],
        }
        entry = eks._build_access_entry(cluster["name"], role, body)
        eks._access_entries[key] = {**entry, "_made_by_eks": True}


def dismiss(cluster: str, role: str) -> None:
    """Take the access entry away once no node group needs it."""
    groups = [eks._nodegroups[key] for key in eks._nodegroups if key.startswith(f"{cluster}/")]
    entry = eks._access_entries.get(eks._ae_key(cluster, role)) or {}
    if entry.get("_made_by_eks") and all(group["nodeRole"] != role for group in groups):
        eks._access_entries.pop(eks._ae_key(cluster, role), None)


def _place(wanted: Wanted) -> tuple[Plane | None, list[nodes.Node]]:
    """The control plane, if it takes nodes of ours, and those of the group."""
    key = eks_records.key(wanted.cluster)
    plane = eks_records.planes.get(key)
    have = _joined.setdefault((key, wanted.group), [])
    return (plane if plane is not None and plane.schedules else None), have


def _join(
    plane: Plane,
    have: list[nodes.Node],
    wanted: Wanted,
    count: int,
    leaving: Sequence[nodes.Node] = (),
) -> None:
    """Let ``count`` more join, each where the fewest stay."""
    zones = Counter(node.zone for node in have if node not in leaving)
    subnets: list[dict[str, Any]] = [ec2._subnets[id] for id in wanted.subnets]
    new: list[nodes.Node] = []
    for _ in range(count):
        zone = min((subnet["AvailabilityZone"] for subnet in subnets), key=zones.__getitem__)
        subnet = next(subnet for subnet in subnets if subnet["AvailabilityZone"] == zone)
        zones[zone] += 1
        new.append(
            nodes.Node(
                name=named("ip-", address(wanted.cluster, subnet)),
                zone=zone,
                region=get_region(),
                instance_type=wanted.instance.type,
                architecture=wanted.instance.architecture,
                group=wanted.group,
                cpu=str(wanted.instance.cpu),
                memory_mib=wanted.instance.memory_mib,
                labels=wanted.labels,
                taints=wanted.taints,
            )
        )
    have.extend(new)
    with ThreadPoolExecutor(max_workers=JOINING) as pool:
        list(pool.map(partial(nodes.join, plane.api), new))


def _relabel(plane: Plane, have: list[nodes.Node], old: nodes.Node, wanted: Wanted) -> None:
    new = replace(old, labels=wanted.labels, taints=wanted.taints)
    if new == old:
        return
    gone = dict.fromkeys(set(old.labels) - set(new.labels))
    live = plane.api.get("v1", "Node", old.name) or {}
    ours = {(taint["key"], taint["effect"]) for taint in old.taints}
    others = [
        taint
        for taint in (live.get("spec") or {}).get("taints") or []
        if (taint["key"], taint["effect"]) not in ours
    ]
    patch = {
        "metadata": {"labels": {**gone, **new.labels}},
        "spec": {"taints": [*others, *(dict(taint) for taint in new.taints)]},
    }
    plane.api.patch("v1", "Node", old.name, patch=patch)
    have[have.index(old)] = new


def _unavailable(config: Mapping[str, Any], size: int) -> int:
    if percentage := config.get("maxUnavailablePercentage"):
        return size * int(percentage) // 100
    return int(config.get("maxUnavailable") or 1)
