"""Changes of a cluster: what UpdateClusterConfig and UpdateClusterVersion do to its record.

The emulator has neither, nor DescribeUpdate, by which everybody waits for them.
"""

from typing import Any

from ministack.services import eks

from . import eks_checks, eks_logs, eks_records
from .eks_clusters import MODES, VERSIONS
from .eks_records import Record, invalid, missing, not_now

_ENDPOINT = ("endpointPublicAccess", "endpointPrivateAccess", "publicAccessCidrs")
_NETWORK = ("subnetIds", "securityGroupIds")
UNSERVED = (
    "computeConfig",
    "storageConfig",
    "remoteNetworkConfig",
    "kubernetesNetworkConfig",
    "controlPlaneScalingConfig",
    "kubeApiServerConfig",
    "kubeSchedulerConfig",
    "kubeControllerManagerConfig",
)


def configure(name: str, body: Record) -> Record:
    """UpdateClusterConfig: one kind of change a call, as on AWS."""
    record = eks_records.usable(name)
    given = {key: value for key, value in body.items() if key != "clientRequestToken"}
    if unserved := [key for key in UNSERVED if key in given]:
        raise invalid(f"{unserved[0]} cannot be changed in the embedded cloud.")
    if len(given) != 1:
        raise invalid("The type for cluster update was not provided or is more than one.")
    kind, value = next(iter(given.items()))
    if kind == "logging":
        record["logging"] = _merged_logging(record, value)
        eks_logs.prepare(record)
        type = "LoggingUpdate"
    elif kind == "resourcesVpcConfig":
        type = _network(record, value)
    elif kind == "accessConfig":
        record["accessConfig"] = {**record["accessConfig"], **_mode(record, value)}
        type = "AccessConfigUpdate"
    elif kind == "deletionProtection":
        record["deletionProtection"] = bool(value)
        type = "DeletionProtectionUpdate"
    elif kind in ("upgradePolicy", "zonalShiftConfig"):
        record[kind] = {**(record.get(kind) or {}), **value}
        type = "UpgradePolicyUpdate" if kind == "upgradePolicy" else "ZonalShiftConfigUpdate"
    else:
        raise invalid(f"{kind} cannot be changed.")
    return {"update": eks_records.update(name, type, given, "Successful")}


def upgrade(name: str, body: Record) -> Record:
    """UpdateClusterVersion: one minor version up a call."""
    record = eks_records.usable(name)
    old, new = record["version"], str(body.get("version", ""))
    if new not in VERSIONS:
        raise invalid(f"unsupported Kubernetes version {new}: {', '.join(VERSIONS)}")
    if VERSIONS.index(new) != VERSIONS.index(old) + 1:
        raise invalid(f"Unsupported Kubernetes minor version update from {old} to {new}")
    record["version"] = new
    return {"update": eks_records.update(name, "VersionUpdate", {"Version": new}, "Successful")}


def described(name: str, id: str) -> Record:
    """DescribeUpdate."""
    eks_records.cluster(name)
    found = eks_records.updates(name).get(id)
    if found is None:
        raise missing(f"No update found for ID: {id}")
    return {"update": found}


def listed(name: str) -> Record:
    """ListUpdates."""
    eks_records.cluster(name)
    return {"updateIds": list(eks_records.updates(name))}


def versions(query: dict[str, Any]) -> Record:
    """DescribeClusterVersions."""
    from .eks_clusters import DEFAULT_VERSION, STANDARD

    wanted = query.get("clusterVersions") or VERSIONS
    wanted = [wanted] if isinstance(wanted, str) else wanted
    return {
        "clusterVersions": [
            {
                "clusterVersion": version,
                "clusterType": "eks",
                "defaultVersion": version == DEFAULT_VERSION,
                "versionStatus": "STANDARD_SUPPORT" if version in STANDARD else "EXTENDED_SUPPORT",
            }
            for version in reversed(VERSIONS)
            if version in wanted
        ]
    }


def _merged_logging(record: Record, value: Record) -> Record:
    entries = (value or {}).get("clusterLogging") or []
    for kind in [kind for entry in entries for kind in entry.get("types") or []]:
        if kind not in eks_logs.TYPES:
            raise invalid(f"{kind} is no log type: {', '.join(eks_logs.TYPES)}")
    before = (record.get("logging") or {}).get("clusterLogging") or []
    on = eks_logs.enabled({"logging": {"clusterLogging": [*before, *entries]}})
    parts = (([kind for kind in eks_logs.TYPES if (kind in on) is state], state)
             for state in (True, False))  # fmt: skip
    return {
        "clusterLogging": [{"types": types, "enabled": state} for types, state in parts if types]
    }


def _network(record: Record, value: Record) -> str:
    config = {**record["resourcesVpcConfig"]}
    if any(key in value for key in _NETWORK) and any(key in value for key in _ENDPOINT):
        raise invalid("Endpoint access and subnets cannot be changed in one update.")
    config |= {key: value[key] for key in (*_ENDPOINT, *_NETWORK) if key in value}
    if not config["endpointPublicAccess"] and not config["endpointPrivateAccess"]:
        raise invalid("Private and public endpoint access cannot be false")
    found = eks_checks.subnets(config["subnetIds"])
    eks_checks.security_groups(config["securityGroupIds"])
    if found[0]["VpcId"] != config["vpcId"]:
        raise invalid(f"Provided subnets are not in the cluster's VPC {config['vpcId']}")
    record["resourcesVpcConfig"] = config
    return "EndpointAccessUpdate" if any(key in value for key in _ENDPOINT) else "VpcConfigUpdate"


def _mode(record: Record, value: Record) -> Record:
    old, new = record["accessConfig"]["authenticationMode"], value.get("authenticationMode")
    if new not in MODES:
        raise invalid(f"authenticationMode {new} is not one of {', '.join(MODES)}")
    if MODES.index(new) <= MODES.index(old):
        raise not_now(f"Unsupported authentication mode update from {old} to {new}")
    return {"authenticationMode": new}


def remember(name: str, answer: Any) -> None:
    """Keep the update in an answer of the emulator's, which it forgets."""
    body = eks.json.loads(answer[2])
    if isinstance(body, dict) and "id" in (body.get("update") or {}):
        eks_records.remember(name, body["update"])
