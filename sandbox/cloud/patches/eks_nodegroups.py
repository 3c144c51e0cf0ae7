"""Managed node groups with nodes: they join, are scaled, replaced and drained.

The emulator keeps the record. Here a group is CREATING until its nodes are Ready in the
cluster, spread over the zones of its subnets, and CREATE_FAILED where they could not join.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from ministack.services import eks

from sandbox.cloud.settings import Settings
from sandbox.kubernetes.eks_instances import instance

from . import eks_checks, eks_machines, eks_nodes, eks_records, guard
from .eks_records import Record, in_use, invalid, issue, missing

_EFFECTS = {
    "NO_SCHEDULE": "NoSchedule",
    "NO_EXECUTE": "NoExecute",
    "PREFER_NO_SCHEDULE": "PreferNoSchedule",
}


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Replace what makes and removes node groups."""
    guard.wrap(eks, "_create_nodegroup", "(cluster_name, body)", _create)
    guard.wrap(eks, "_delete_nodegroup", "(cluster_name, ng_name)", _delete)


def group(cluster: str, name: str) -> Record:
    """The record of a node group; refused if there is none."""
    eks_records.cluster(cluster)
    found: Record | None = eks._nodegroups.get(f"{cluster}/{name}")
    if found is None:
        raise missing(f"No node group found for name: {name}.")
    return found


def _create(original: Callable[..., Any]) -> Callable[..., Any]:
    def create(cluster_name: str, body: Record) -> Any:
        cluster = eks_records.usable(cluster_name)
        name = str(body.get("nodegroupName", ""))
        template = eks_machines.template(body.get("launchTemplate"))
        types, ami = eks_machines.machines(body, template)
        scaling = _scaling(body.get("scalingConfig") or {})
        found = eks_checks.subnets(body.get("subnets") or [])
        if not found:
            raise invalid("Subnets are required.")
        role = str(body.get("nodeRole", ""))
        if not eks_checks.trusts(role, eks_checks.NODES, cluster_name):
            raise invalid(
                f"Following required service principals [{eks_checks.NODES}] were not found in "
                f"the trust relationships of nodeRole {role}"
            )
        if body.get("version") not in (None, cluster["version"]) and not template.get("ImageId"):
            raise invalid(f"Nodegroup version {body['version']} is not {cluster['version']}")
        answer = original(cluster_name, body)
        if answer[0] != 200:
            return answer
        record = eks._nodegroups[f"{cluster_name}/{name}"]
        record |= {"status": "CREATING", "scalingConfig": scaling, "amiType": ami}
        record |= {"updateConfig": {"maxUnavailable": 1, **(body.get("updateConfig") or {})}}
        record |= {"instanceTypes": types, "releaseVersion": body.get("releaseVersion", "sandbox")}
        if body.get("launchTemplate"):
            record["launchTemplate"] = eks_machines.named(body["launchTemplate"])
            record.pop("diskSize", None)
            if template.get("InstanceType"):
                record.pop("instanceTypes")
        if not body.get("remoteAccess"):
            record["resources"].pop("remoteAccessSecurityGroup", None)
        eks_nodes.admit(cluster, role, "EC2_LINUX")
        reason = eks_machines.cannot_join(role, found, template)
        eks_records.work(
            f"{cluster_name}-{name}", partial(_fill, record, reason), partial(_failed, record)
        )
        return eks._json_resp(200, {"nodegroup": record})

    return create


def _fill(record: Record, reason: tuple[str, str] | None) -> None:
    if reason is not None:
        code, message = reason
        record["health"] = {"issues": [issue(code, message, *record["subnets"])]}
        record["status"] = "CREATE_FAILED"
        return
    eks_nodes.scale(record, wanted(record))
    record["status"] = "ACTIVE"


def _failed(record: Record, why: str) -> None:
    record["health"] = {"issues": [issue("NodeCreationFailure", why, record["nodegroupName"])]}
    created = record["status"] == "CREATING"
    record["status"] = "CREATE_FAILED" if created else "DEGRADED"


def wanted(record: Record) -> eks_nodes.Wanted:
    """The nodes that a group's record asks for."""
    template = eks_machines.template(record.get("launchTemplate"))
    types = record.get("instanceTypes") or [template.get("InstanceType", eks_machines.DEFAULT_TYPE)]
    kind = instance(types[0])
    assert kind is not None
    return eks_nodes.Wanted(
        cluster=record["clusterName"],
        group=record["nodegroupName"],
        size=int(record["scalingConfig"]["desiredSize"]),
        instance=kind,
        subnets=record["subnets"],
        labels={
            **(record.get("labels") or {}),
            "eks.amazonaws.com/capacityType": record["capacityType"],
        },
        taints=[
            {
                "key": taint["key"],
                "effect": _EFFECTS[taint["effect"]],
                **({"value": taint["value"]} if taint.get("value") else {}),
            }
            for taint in record.get("taints") or []
        ],
    )


def _delete(original: Callable[..., Any]) -> Callable[..., Any]:
    def delete(cluster_name: str, ng_name: str) -> Any:
        record = group(cluster_name, ng_name)
        if record["status"] in ("CREATING", "DELETING", "UPDATING"):
            raise in_use(f"Nodegroup {ng_name} is in {record['status']} status")
        record["status"] = "DELETING"
        answer = eks._json_resp(200, {"nodegroup": dict(record)})

        def drain() -> None:
            eks_nodes.empty(record)
            original(cluster_name, ng_name)
            eks_nodes.dismiss(cluster_name, record["nodeRole"])

        def failed(why: str) -> None:
            record["status"] = "DELETE_FAILED"
            record["health"] = {"issues": [issue("InternalFailure", why, ng_name)]}

        eks_records.work(f"{cluster_name}-{ng_name}", drain, failed)
        return answer

    return delete


def configure(cluster: str, name: str, body: Record) -> Record:
    """UpdateNodegroupConfig: size, labels, taints, how many may be missing."""
    record = _idle(cluster, name)
    if "scalingConfig" in body:
        record["scalingConfig"] = _scaling({**record["scalingConfig"], **body["scalingConfig"]})
    labels = body.get("labels") or {}
    gone = set(labels.get("removeLabels") or [])
    record["labels"] = {
        key: value
        for key, value in {**record["labels"], **(labels.get("addOrUpdateLabels") or {})}.items()
        if key not in gone
    }
    record["taints"] = _tainted(record.get("taints") or [], body.get("taints") or {})
    if "updateConfig" in body:
        record["updateConfig"] = body["updateConfig"]
    given = {key: value for key, value in body.items() if key != "clientRequestToken"}
    return _changed(record, "ConfigUpdate", given, eks_nodes.scale)


def renew(cluster: str, name: str, body: Record) -> Record:
    """UpdateNodegroupVersion: every node is replaced, a new one before an old one goes."""
    record = _idle(cluster, name)
    if body.get("launchTemplate"):
        if not record.get("launchTemplate"):
            raise invalid("A node group made without a launch template cannot be given one.")
        template = eks_machines.template(body["launchTemplate"])
        kept = {"instanceTypes": record.get("instanceTypes"), "amiType": record["amiType"]}
        eks_machines.machines(kept, template)
        record["launchTemplate"] = eks_machines.named(body["launchTemplate"])
    record["version"] = body.get("version") or eks_records.cluster(cluster)["version"]
    given = {key: value for key, value in body.items() if key != "clientRequestToken"}
    return _changed(record, "VersionUpdate", given, eks_nodes.renew)


def _changed(
    record: Record,
    type: str,
    given: Mapping[str, Any],
    change: Callable[[Record, eks_nodes.Wanted], None],
) -> Record:
    cluster, name = record["clusterName"], record["nodegroupName"]
    update = eks_records.update(cluster, type, given, "InProgress")
    record["status"], answer = "UPDATING", {"update": dict(update)}

    def run() -> None:
        change(record, wanted(record))
        record["modifiedAt"] = eks._now()
        record["status"], update["status"] = "ACTIVE", "Successful"

    def failed(why: str) -> None:
        _failed(record, why)
        update["status"] = "Failed"
        update["errors"] = [{"errorCode": "NodeCreationFailure", "errorMessage": why}]

    eks_records.work(f"{cluster}-{name}", run, failed)
    return answer


def _idle(cluster: str, name: str) -> Record:
    record = group(cluster, name)
    if record["status"] not in ("ACTIVE", "DEGRADED"):
        raise in_use(f"Nodegroup {name} is in {record['status']} status")
    return record


def _scaling(config: Mapping[str, Any]) -> Record:
    low, high = int(config.get("minSize", 1)), int(config.get("maxSize", 2))
    size = int(config.get("desiredSize", low))
    if low > size:
        raise invalid(f"Minimum capacity {low} can't be greater than desired size {size}")
    if size > high:
        raise invalid(f"desired capacity {size} can't be greater than max size {high}")
    return {"minSize": low, "maxSize": high, "desiredSize": size}


def _tainted(taints: Sequence[Mapping[str, Any]], change: Mapping[str, Any]) -> list[Any]:
    def place(taint: Mapping[str, Any]) -> tuple[Any, Any]:
        return taint.get("key"), taint.get("effect")

    kept = {place(taint): taint for taint in taints}
    kept |= {place(taint): taint for taint in change.get("addOrUpdateTaints") or []}
    for taint in change.get("removeTaints") or []:
        kept.pop(place(taint), None)
    return list(kept.values())
