"""EKS clusters that have a Kubernetes behind them.

The emulator starts k3s where there is Docker and pretends elsewhere. Here every cluster gets
what ``sandbox.kubernetes`` has to offer, is CREATING until it answers, FAILED with the reason
if it does not come up, and leaves nothing behind when it goes.
"""

import re
import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import ec2, ecs, eks

from sandbox.cloud.settings import Settings
from sandbox.kubernetes import eks_plane

from . import eks_checks, eks_logs, eks_records, guard
from .eks_records import Record, in_use, invalid, issue, not_now

# https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html
VERSIONS = ("1.31", "1.32", "1.33", "1.34", "1.35", "1.36")
"""What EKS offers: the last three in standard support, the others in extended support."""
STANDARD = VERSIONS[-3:]
DEFAULT_VERSION = "1.35"
MODES = ("CONFIG_MAP", "API_AND_CONFIG_MAP", "API")
"""Authentication modes; a cluster only ever moves to the right."""
SERVICES = "10.100.0.0/16"
"""Where a cluster's services have their addresses, unless the VPC is there."""
ZONES = 2
"""A cluster's subnets are in that many zones at least."""

_settings: Settings
_attendants: dict[eks_records.Key, Any] = {}
_groups: dict[eks_records.Key, str] = {}
"""The security group that EKS made for the cluster."""


def apply(settings: Settings) -> None:
    """Replace what makes and removes clusters."""
    global _settings
    _settings = settings
    shutil.rmtree(folder(), ignore_errors=True)
    # Whatever asks for Docker here would start a k3s container that nobody wants.
    guard.replace(eks, "_get_docker", "()", lambda: None)
    guard.wrap(eks, "_create_cluster", "(body, creator_arn=None)", _create)
    guard.wrap(eks, "_delete_cluster", "(name)", _delete)
    guard.wrap(eks, "reset", "()", _reset)


def folder() -> Path:
    """Where the files of all control planes are."""
    return _settings.state / "kubernetes"


def place(key: eks_records.Key) -> Path:
    """Where the files of one cluster are; names are unique within account and region only."""
    account, region, name = key
    own = account == _settings.account and region == _settings.region
    return folder() / (name if own else f"{account}-{region}-{name}")


def _create(original: Callable[..., Any]) -> Callable[..., Any]:
    def create(body: Record, creator_arn: str | None = None) -> Any:
        name = str(body.get("name", ""))
        if name in eks._clusters:
            raise in_use(f"Cluster already exists with name: {name}")
        network = _checked(name, body)
        body = {"version": DEFAULT_VERSION, **body}
        answer = original(body, creator_arn)
        if answer[0] != 200:
            return answer
        # The emulator's own thread goes on with the record that it made; ours is another.
        record = dict(eks._clusters[name])
        record |= {
            "resourcesVpcConfig": {**record["resourcesVpcConfig"], **network},
            "endpoint": "",
            "status": "CREATING",
            "platformVersion": "eks.1",
            "health": {"issues": []},
            "accessConfig": {
                "bootstrapClusterCreatorAdminPermissions": True,
                "authenticationMode": "CONFIG_MAP",
                **(body.get("accessConfig") or {}),
            },
            "deletionProtection": bool(body.get("deletionProtection", False)),
            "upgradePolicy": {"supportType": "EXTENDED", **(body.get("upgradePolicy") or {})},
        }
        record["resourcesVpcConfig"]["clusterSecurityGroupId"] = _security_group(record)
        eks._clusters[name] = record
        eks_records.work(name, partial(_start, record), partial(_failed, record))
        return eks._json_resp(200, {"cluster": eks._sanitize(record)})

    return create


def _checked(name: str, body: Record) -> Record:
    """What is known of the network; refused if EKS would not make the cluster."""
    if not re.fullmatch(r"[0-9A-Za-z][A-Za-z0-9_-]{0,99}", name):
        raise invalid(f"The cluster name {name!r} is not valid: letters, digits, - and _.")
    if body.get("version", DEFAULT_VERSION) not in VERSIONS:
        raise invalid(f"unsupported Kubernetes version {body['version']}: {', '.join(VERSIONS)}")
    for unserved in ("outpostConfig", "remoteNetworkConfig"):
        if body.get(unserved):
            raise invalid(f"{unserved} is not served by the embedded cloud.")
    if _automatic(body):
        raise invalid("EKS Auto Mode is not served by the embedded cloud.")
    services = body.get("kubernetesNetworkConfig") or {}
    if services.get("serviceIpv4Cidr", SERVICES) != SERVICES or "ipv6" in services.values():
        raise invalid(f"The embedded cloud has service addresses of {SERVICES} only.")
    role = str(body.get("roleArn", ""))
    if not eks_checks.trusts(role, eks_checks.CLUSTER, name):
        raise invalid(
            f"Role with arn: {role}, could not be assumed because it does not exist or the "
            "trusted entity is not correct"
        )
    mode = (body.get("accessConfig") or {}).get("authenticationMode", MODES[0])
    if mode not in MODES:
        raise invalid(f"authenticationMode {mode} is not one of {', '.join(MODES)}")
    wanted = body.get("resourcesVpcConfig") or {}
    found = eks_checks.subnets(wanted.get("subnetIds") or [])
    if len({subnet["AvailabilityZone"] for subnet in found}) < ZONES:
        raise invalid("Subnets specified must be in at least two different AZs")
    eks_checks.security_groups(wanted.get("securityGroupIds") or [])
    eks_checks.encryption(body.get("encryptionConfig") or [])
    if not wanted.get("endpointPublicAccess", True) and not wanted.get("endpointPrivateAccess"):
        raise invalid("Private and public endpoint access cannot be false")
    return {"vpcId": found[0]["VpcId"]}


def _automatic(body: Record) -> bool:
    """Whether the request asks for EKS Auto Mode."""
    compute, storage = body.get("computeConfig") or {}, body.get("storageConfig") or {}
    return bool(compute.get("enabled") or (storage.get("blockStorage") or {}).get("enabled"))


def _start(record: Record) -> None:
    name = record["name"]
    key = eks_records.key(name)
    account, region, _ = key
    webhook = (
        f"http://127.0.0.1:{_settings.port}/_ministack/eks-auth/"
        f"{account}/{region}/{name}/{record['_auth_token']}"
    )
    plane = eks_plane.start(name, place(key), token_webhook=webhook)
    eks_records.planes[key] = plane
    try:
        if plane.schedules:
            _attendants[key] = _attend(plane, name)
        eks_logs.follow(record, plane)
    except BaseException:
        _end(key)
        raise
    record |= {"endpoint": plane.endpoint, "certificateAuthority": {"data": plane.ca}}
    record["status"] = "ACTIVE"
    eks._schedule_access_policy_reconcile(name, account, region)


def _attend(plane: eks_plane.Plane, name: str) -> Any:
    from sandbox.kubernetes.pods import attendant

    return attendant.attend(plane.api, cluster=name, engine=ecs._get_docker(), settings=_settings)


def _failed(record: Record, why: str) -> None:
    record["health"] = {"issues": [issue("Other", why, record["name"])]}
    record["status"] = "FAILED"


def _delete(original: Callable[..., Any]) -> Callable[..., Any]:
    def delete(name: str) -> Any:
        from . import eks_fargate

        record = eks_records.cluster(name)
        if record["status"] in ("CREATING", "DELETING"):
            raise in_use(f"Cluster is in {record['status']} status: {name}")
        if record.get("deletionProtection"):
            raise not_now(f"Cluster {name} has deletion protection; switch it off first.")
        if any(key.startswith(f"{name}/") for key in eks._nodegroups):
            raise in_use(f"Cluster has nodegroups attached: {name}")
        if eks_fargate.profiles(name):
            raise in_use(f"Cluster has fargate profiles attached: {name}")
        record["status"] = "DELETING"
        answer = eks._json_resp(200, {"cluster": eks._sanitize(record)})
        eks_records.work(name, lambda: _remove(original, name), partial(_failed, record))
        return answer

    return delete


def _remove(original: Callable[..., Any], name: str) -> None:
    key = eks_records.key(name)
    _end(key)
    for addon in [item for item in eks._addons if item.startswith(f"{name}/")]:
        eks._delete_addon(name, addon.partition("/")[2])
    for provider in [item for item in eks._idp_configs if item.startswith(f"{name}\x00")]:
        eks._idp_configs.pop(provider)
    group = _groups.pop(key, "")
    ec2._security_groups.pop(group, None)
    ec2._tags.pop(group, None)
    eks_records.forget(key)
    original(name)


def _end(key: eks_records.Key) -> None:
    """Stop what runs for the cluster: pods first, then its control plane."""
    from . import eks_fargate, eks_nodes

    eks_fargate.end(key)
    eks_nodes.forget(key)
    if (attendant := _attendants.pop(key, None)) is not None:
        attendant.stop()
    if (plane := eks_records.planes.pop(key, None)) is not None:
        plane.stop()
    eks_logs.end(key)
    shutil.rmtree(place(key), ignore_errors=True)


def _reset(original: Callable[[], None]) -> Callable[[], None]:
    def reset() -> None:
        from . import eks_fargate

        original()
        for key in list(eks_records.planes):
            _end(key)
            eks_records.forget(key)
        eks_fargate.forget()
        _groups.clear()

    return reset


def _security_group(record: Record) -> str:
    """The group that EKS makes: everything that carries it may talk to everything else in it."""
    id, name = ec2._new_sg_id(), record["name"]
    itself = {
        "IpProtocol": "-1",
        "IpRanges": [],
        "Ipv6Ranges": [],
        "PrefixListIds": [],
        "UserIdGroupPairs": [{"GroupId": id, "UserId": get_account_id()}],
    }
    anywhere = {**itself, "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "UserIdGroupPairs": []}
    ec2._security_groups[id] = {
        "GroupId": id,
        "GroupName": f"eks-cluster-sg-{name}-{int(time.time())}",
        "Description": "EKS created security group applied to ENI that is attached to EKS "
        "Control Plane master nodes, as well as any managed workloads.",
        "VpcId": record["resourcesVpcConfig"]["vpcId"],
        "OwnerId": get_account_id(),
        "IpPermissions": [itself],
        "IpPermissionsEgress": [anywhere],
    }
    tags = {"aws:eks:cluster-name": name, f"kubernetes.io/cluster/{name}": "owned"}
    ec2._tags[id] = [{"Key": key, "Value": value} for key, value in tags.items()]
    _groups[eks_records.key(name)] = id
    return str(id)
