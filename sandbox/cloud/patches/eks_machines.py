"""The machines of a node group: instance types, images and launch templates that fit together."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ministack.services import ec2

from sandbox.kubernetes.eks_instances import FAMILIES, Instance, instance

from . import eks_checks
from .eks_records import Record, invalid

DEFAULT_TYPE = "t3.medium"
DEFAULT_AMI = "AL2023_x86_64_STANDARD"


def machines(body: Mapping[str, Any], template: Mapping[str, Any]) -> tuple[list[str], str]:
    """Instance types and AMI type, if they fit each other and the launch template."""
    given = list(body.get("instanceTypes") or [])
    if given and template.get("InstanceType"):
        raise invalid(
            "You cannot specify an instance type in both the launch template and the request."
        )
    if body.get("diskSize") and template:
        raise invalid("Disk size must be specified within the launch template.")
    types = given or [template.get("InstanceType") or DEFAULT_TYPE]
    kinds = [instance(type) for type in types]
    if unknown := [type for type, kind in zip(types, kinds, strict=True) if kind is None]:
        raise invalid(
            f"The following supplied instance types do not exist: [{', '.join(unknown)}] (the "
            f"embedded cloud knows those of {', '.join(sorted(FAMILIES))})"
        )
    ami = str(body.get("amiType") or ("CUSTOM" if template.get("ImageId") else DEFAULT_AMI))
    if template.get("ImageId") and ami != "CUSTOM":
        raise invalid(
            "You cannot specify an AMI Type when specifying an image ID in your launch template."
        )
    for kind in kinds:
        _fits(kind, ami)
    return types, ami


def cannot_join(
    role: str, subnets: Sequence[dict[str, Any]], template: Mapping[str, Any]
) -> tuple[str, str] | None:
    """Why instances would not join the cluster: code and message of the health issue."""
    interfaces = template.get("NetworkInterfaces") or [{}]
    assigned = interfaces[0].get("AssociatePublicIpAddress")
    for subnet in subnets:
        if why := eks_checks.no_way_out(subnet, assigned):
            public = eks_checks.public(subnet)
            return "Ec2SubnetInvalidConfiguration" if public else "NodeCreationFailure", why
    if why := eks_checks.node_role(role):
        return "NodeCreationFailure", f"Instances failed to join the kubernetes cluster: {why}"
    return None


def template(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the launch template says; refused if it or its version does not exist."""
    return dict(_found(given)[1]["LaunchTemplateData"]) if given else {}


def named(given: Mapping[str, Any]) -> Record:
    """A launch template as DescribeNodegroup tells it: id, name and number."""
    whole, version = _found(given)
    return {
        "id": whole["LaunchTemplateId"],
        "name": whole["LaunchTemplateName"],
        "version": str(version["VersionNumber"]),
    }


def _found(given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The launch template and the version of it that a request names."""
    for whole in ec2._launch_templates.values():
        if given.get("id") != whole["LaunchTemplateId"] and (
            given.get("id") or given.get("name") != whole["LaunchTemplateName"]
        ):
            continue
        wanted = str(given.get("version") or "$Default")
        numbers = {"$Latest": "LatestVersionNumber", "$Default": "DefaultVersionNumber"}
        number = str(whole[numbers[wanted]]) if wanted in numbers else wanted
        for version in whole["Versions"]:
            if str(version["VersionNumber"]) == number:
                return whole, version
    raise invalid(f"Launch template {json.dumps(dict(given))} does not exist")


def _fits(kind: Instance | None, ami: str) -> None:
    assert kind is not None
    arm = "ARM" in ami.upper()
    if ami != "CUSTOM" and arm is not (kind.architecture == "arm64"):
        raise invalid(f"[{kind.type}] is not a valid instance type for requested amiType {ami}")
