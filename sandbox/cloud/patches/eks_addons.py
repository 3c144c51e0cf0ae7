"""Add-ons of EKS: known ones only, and what they change.

``metrics-server`` makes the metrics API of a control plane of ours available, which is
missing until then, as on EKS. ``eks-pod-identity-agent`` gives pods their role's sessions.
The others are recorded: what they do, the sandbox's nodes do already, or nothing does.
"""

import json
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import yaml
from ministack.services import eks

from sandbox.cloud.settings import Settings

from . import eks_pods, eks_records, guard
from .eks_records import Record, invalid, issue

# `aws eks describe-addon-versions`, the default for Kubernetes 1.35.
ADDONS = {
    "vpc-cni": "v1.21.1-eksbuild.1",
    "coredns": "v1.13.1-eksbuild.1",
    "kube-proxy": "v1.35.0-eksbuild.2",
    "eks-pod-identity-agent": "v1.3.10-eksbuild.2",
    "metrics-server": "v0.8.1-eksbuild.1",
    "aws-ebs-csi-driver": "v1.54.0-eksbuild.1",
    "aws-efs-csi-driver": "v2.2.0-eksbuild.1",
    "aws-mountpoint-s3-csi-driver": "v2.3.0-eksbuild.1",
    "snapshot-controller": "v8.4.0-eksbuild.1",
    "eks-node-monitoring-agent": "v1.5.0-eksbuild.1",
    "amazon-cloudwatch-observability": "v4.8.0-eksbuild.1",
    "adot": "v0.131.0-eksbuild.1",
    "aws-guardduty-agent": "v1.12.1-eksbuild.2",
    "cert-manager": "v1.19.2-eksbuild.1",
    "external-dns": "v0.20.0-eksbuild.1",
    "kube-state-metrics": "v2.17.0-eksbuild.1",
    "prometheus-node-exporter": "v1.10.2-eksbuild.1",
}
METRICS = "metrics-server"
NAMESPACES = {"amazon-cloudwatch-observability": "amazon-cloudwatch"}
"""Where an add-on's service accounts are, if not with all the others."""
_VERSION = re.compile(r"v\d+\.\d+\.\d+-eksbuild\.\d+")


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Replace what makes, changes and removes add-ons."""
    guard.wrap(eks, "_create_addon", "(cluster_name, body)", _create)
    guard.wrap(eks, "_update_addon", "(cluster_name, addon_name, body)", _update)
    guard.wrap(eks, "_delete_addon", "(cluster_name, addon_name)", _delete)


def _create(original: Callable[..., Any]) -> Callable[..., Any]:
    def create(cluster_name: str, body: Record) -> Any:
        cluster = eks_records.usable(cluster_name)
        name = str(body.get("addonName", ""))
        if name not in ADDONS:
            raise invalid(
                f"Addon {name} specified is not supported in {cluster['version']} kubernetes "
                f"version. The embedded cloud knows {', '.join(ADDONS)}."
            )
        _checked(body)
        wanted = body.get("podIdentityAssociations") or []
        _pod_roles(cluster_name, name, wanted)
        body = {"addonVersion": ADDONS[name], **body}
        answer = original(cluster_name, body)
        if answer[0] != 200:
            return answer
        record = eks._addons[f"{cluster_name}/{name}"]
        record["status"] = "CREATING"
        record["podIdentityAssociations"] = _associated(cluster_name, record, wanted)
        response = eks._json_resp(200, {"addon": record})
        eks_records.work(
            f"{cluster_name}-{name}", partial(_start, record), partial(_failed, record)
        )
        return response

    return create


def _update(original: Callable[..., Any]) -> Callable[..., Any]:
    def update(cluster_name: str, addon_name: str, body: Record) -> Any:
        eks_records.cluster(cluster_name)
        _checked(body)
        record = eks._addons.get(f"{cluster_name}/{addon_name}")
        if record is not None and "podIdentityAssociations" in body:
            wanted = body["podIdentityAssociations"] or []
            _pod_roles(cluster_name, addon_name, wanted)
            _parted(cluster_name, record)
            made = _associated(cluster_name, record, wanted)
            body = {**body, "podIdentityAssociations": made}
        return original(cluster_name, addon_name, body)

    return update


def _delete(original: Callable[..., Any]) -> Callable[..., Any]:
    def delete(cluster_name: str, addon_name: str) -> Any:
        eks_records.cluster(cluster_name)
        record = eks._addons.get(f"{cluster_name}/{addon_name}")
        # There is none any more while the cluster itself is deleted.
        plane = eks_records.planes.get(eks_records.key(cluster_name))
        if record is not None:
            _parted(cluster_name, record)
            if addon_name == METRICS and plane is not None and plane.schedules:
                plane.control.metrics(on=False)
        return original(cluster_name, addon_name)

    return delete


def _start(record: Record) -> None:
    plane = eks_records.planes.get(eks_records.key(record["clusterName"]))
    if record["addonName"] == METRICS and plane is not None and plane.schedules:
        plane.control.metrics(on=True)
    record["status"] = "ACTIVE"


def _failed(record: Record, why: str) -> None:
    record["health"] = {"issues": [issue("InternalFailure", why, record["addonName"])]}
    record["status"] = "CREATE_FAILED"


def versions(query: Mapping[str, Any]) -> Record:
    """DescribeAddonVersions: the one version that the sandbox tells of each."""
    from .eks_clusters import VERSIONS

    wanted, kubernetes = query.get("addonName"), query.get("kubernetesVersion")
    if wanted and wanted not in ADDONS:
        raise invalid(f"Addon {wanted} specified is not supported.")
    return {
        "addons": [
            {
                "addonName": name,
                "owner": "aws",
                "publisher": "eks",
                "addonVersions": [
                    {
                        "addonVersion": version,
                        "architecture": ["amd64", "arm64"],
                        "compatibilities": [
                            {"clusterVersion": cluster, "defaultVersion": True}
                            for cluster in VERSIONS
                            if kubernetes in (None, cluster)
                        ],
                    }
                ],
            }
            for name, version in ADDONS.items()
            if wanted in (None, name)
        ]
    }


def _checked(body: Mapping[str, Any]) -> None:
    version = body.get("addonVersion")
    if version is not None and not _VERSION.fullmatch(version):
        raise invalid(f"Addon version specified is not supported: {version} (v1.2.3-eksbuild.1)")
    if values := body.get("configurationValues"):
        try:
            document = json.loads(values) if values.lstrip()[:1] == "{" else yaml.safe_load(values)
        except (ValueError, yaml.YAMLError) as error:
            document, why = None, " ".join(str(error).split())
        else:
            why = "it is no mapping"
        if not isinstance(document, dict):
            raise invalid(f"ConfigurationValue provided in request is not supported: {why}")


def _pod_roles(cluster: str, addon: str, wanted: list[Record]) -> None:
    namespace = NAMESPACES.get(addon, eks_pods.SYSTEM)
    for item in wanted:
        eks_pods.check(cluster, namespace, item["serviceAccount"], item["roleArn"], addon)


def _associated(cluster: str, record: Record, wanted: list[Record]) -> list[str]:
    """Make the associations that the add-on asks for; their ARNs, as DescribeAddon has them."""
    made: list[str] = []
    namespace = NAMESPACES.get(record["addonName"], eks_pods.SYSTEM)
    for item in wanted:
        _, _, body = eks._create_pod_identity_association(cluster, {**item, "namespace": namespace})
        association = json.loads(body)["association"]
        kept = eks._pod_identity_associations[eks._pia_key(cluster, association["associationId"])]
        kept["ownerArn"] = record["addonArn"]
        made.append(association["associationArn"])
    return made


def _parted(cluster: str, record: Record) -> None:
    for arn in record["podIdentityAssociations"]:
        eks._pod_identity_associations.pop(eks._pia_key(cluster, str(arn).rpartition("/")[2]), None)
