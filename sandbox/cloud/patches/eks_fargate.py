"""Fargate profiles, which the emulator does not have."""

from functools import partial
from typing import Any

from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region, new_uuid
from ministack.services import eks

from sandbox.kubernetes.eks_fargate import (
    COMPUTE,
    CPU,
    INSTANCE_TYPE,
    MEMORY_MIB,
    PROFILE,
    TAINT,
    Placer,
)
from sandbox.kubernetes.nodes import Node

from . import eks_checks, eks_nodes, eks_records
from .eks_records import Record, in_use, invalid, issue, missing

MOST_SELECTORS = 5

_profiles = AccountRegionScopedDict()
_placers: dict[tuple[eks_records.Key, str], Placer] = {}


def profiles(cluster: str) -> list[str]:
    """The names of a cluster's profiles."""
    eks_records.cluster(cluster)
    return [record["fargateProfileName"] for key, record in _profiles.items()
            if key.startswith(f"{cluster}/")]  # fmt: skip


def end(key: eks_records.Key) -> None:
    """Stop placing pods of a cluster that is gone."""
    for place in [place for place in _placers if place[0] == key]:
        _placers.pop(place).halt()


def forget() -> None:
    """Drop all profiles."""
    _profiles.clear()


def create(cluster: str, body: Record) -> Record:
    """CreateFargateProfile: ACTIVE once its nodes are there."""
    owner = eks_records.usable(cluster)
    name = str(body.get("fargateProfileName", ""))
    if not name:
        raise invalid("fargateProfileName is required.")
    if f"{cluster}/{name}" in _profiles:
        raise in_use(f"A Fargate Profile already exists with this name: {name}")
    selectors = body.get("selectors") or []
    if not 1 <= len(selectors) <= MOST_SELECTORS:
        raise invalid(f"Fargate Profile {name} must have 1 to {MOST_SELECTORS} selectors.")
    if not all(selector.get("namespace") for selector in selectors):
        raise invalid("Fargate Profile selectors must have a namespace.")
    role = str(body.get("podExecutionRoleArn", ""))
    if not eks_checks.trusts(role, eks_checks.FARGATE, cluster):
        raise invalid(
            "Misconfigured PodExecutionRole Trust Policy; Please add the "
            f"{eks_checks.FARGATE} Service Principal"
        )
    wanted = body.get("subnets") or owner["resourcesVpcConfig"]["subnetIds"]
    found = eks_checks.subnets(wanted)
    for subnet in found:
        if eks_checks.public(subnet):
            raise invalid(
                f"Subnet {subnet['SubnetId']} provided in Fargate Profile is not a private subnet"
            )
    record: Record = {
        "fargateProfileName": name,
        "fargateProfileArn": (
            f"arn:aws:eks:{get_region()}:{get_account_id()}:fargateprofile/{cluster}/{name}/"
            f"{new_uuid()}"
        ),
        "clusterName": cluster,
        "createdAt": eks._now(),
        "podExecutionRoleArn": role,
        "subnets": list(wanted),
        "selectors": selectors,
        "status": "CREATING",
        "tags": body.get("tags") or {},
        "health": {"issues": []},
    }
    _profiles[f"{cluster}/{name}"] = record
    if record["tags"]:
        eks._tags[record["fargateProfileArn"]] = dict(record["tags"])
    eks_nodes.admit(owner, role, "FARGATE_LINUX")
    answer = {"fargateProfile": dict(record)}
    eks_records.work(f"{cluster}-{name}", partial(_start, record), partial(_failed, record))
    return answer


def listed(cluster: str) -> Record:
    """ListFargateProfiles."""
    return {"fargateProfileNames": profiles(cluster)}


def described(cluster: str, name: str) -> Record:
    """DescribeFargateProfile."""
    return {"fargateProfile": _profile(cluster, name)}


def delete(cluster: str, name: str) -> Record:
    """DeleteFargateProfile: its pods go with it."""
    record = _profile(cluster, name)
    if record["status"] in ("CREATING", "DELETING"):
        raise in_use(f"Fargate Profile {name} is in {record['status']} status")
    record["status"] = "DELETING"
    answer = {"fargateProfile": dict(record)}

    def remove() -> None:
        if (placer := _placers.pop((eks_records.key(cluster), name), None)) is not None:
            placer.stop()
        _profiles.pop(f"{cluster}/{name}", None)
        eks._tags.pop(record["fargateProfileArn"], None)
        others = [_profiles[key] for key in _profiles if key.startswith(f"{cluster}/")]
        if all(other["podExecutionRoleArn"] != record["podExecutionRoleArn"] for other in others):
            eks_nodes.dismiss(cluster, record["podExecutionRoleArn"])

    def failed(why: str) -> None:
        record["status"] = "DELETE_FAILED"
        record["health"] = {"issues": [issue("InternalFailure", why, name)]}

    eks_records.work(f"{cluster}-{name}", remove, failed)
    return answer


def tagged(arn: str) -> Record | None:
    """The profile of that ARN, if there is one."""
    return next(
        (record for record in _profiles.values() if record["fargateProfileArn"] == arn), None
    )


def _profile(cluster: str, name: str) -> Record:
    eks_records.cluster(cluster)
    found: Record | None = _profiles.get(f"{cluster}/{name}")
    if found is None:
        raise missing(f"No Fargate Profile found with name: {name}.")
    return found


def _start(record: Record) -> None:
    cluster, name = record["clusterName"], record["fargateProfileName"]
    plane = eks_records.planes.get(eks_records.key(cluster))
    if plane is not None and plane.schedules:
        placer = Placer(plane.api, record["selectors"], _machines(cluster, record))
        _placers[eks_records.key(cluster), name] = placer
        placer.start()
    record["status"] = "ACTIVE"


def _failed(record: Record, why: str) -> None:
    name = record["fargateProfileName"]
    record["health"] = {"issues": [issue("InternalFailure", why, name)]}
    record["status"] = "CREATE_FAILED"


def _machines(cluster: str, record: Record) -> list[Node]:
    """One node in each zone of the profile's subnets."""
    zones: dict[str, Any] = {}
    for subnet in eks_checks.subnets(record["subnets"]):
        zones.setdefault(subnet["AvailabilityZone"], subnet)
    return [
        Node(
            name=eks_nodes.named("fargate-ip-", eks_nodes.address(cluster, subnet)),
            zone=zone,
            region=get_region(),
            instance_type=INSTANCE_TYPE,
            architecture="amd64",  # Fargate for EKS has no Arm
            group="",
            cpu=str(CPU),
            memory_mib=MEMORY_MIB,
            labels={COMPUTE: "fargate", PROFILE: record["fargateProfileName"]},
            taints=[TAINT],
        )
        for zone, subnet in zones.items()
    ]
