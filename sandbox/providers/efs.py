"""File systems and where they can be mounted. Nothing is mounted here."""

from collections.abc import Mapping
from typing import Any, ClassVar

from .base import Inputs, Outputs, Provider, Tagged, auto_name
from .common import (
    difference,
    ignoring,
    one_of,
    pairs,
    present,
    tag_changes,
    until,
    wire,
    within,
)

GONE = ("FileSystemNotFound", "MountTargetNotFound", "AccessPointNotFound")
_SECONDS = 120
_DAYS = (1, 7, 14, 30, 60, 90, 180, 270, 365)
_AFTER = tuple(f"AFTER_{days}_DAY{'S' * (days > 1)}" for days in _DAYS)


class LifecyclePolicy(Inputs):
    """When files move to another storage class; one member each."""

    transition_to_archive: str | None = None
    transition_to_ia: str | None = None
    transition_to_primary_storage_class: str | None = None


class FileSystemInputs(Tagged):
    """Inputs of a file system."""

    availability_zone_name: str | None = None
    creation_token: str | None = None
    encrypted: bool = False
    kms_key_id: str | None = None
    lifecycle_policies: list[LifecyclePolicy] = []
    performance_mode: str = "generalPurpose"
    provisioned_throughput_in_mibps: float | None = None
    throughput_mode: str = "bursting"


class FileSystem(Provider[FileSystemInputs]):
    """A file system."""

    token = "aws:efs/fileSystem:FileSystem"
    inputs = FileSystemInputs
    replaces = frozenset(
        {"availabilityZoneName", "creationToken", "encrypted", "kmsKeyId", "performanceMode"}
    )
    outputs = frozenset(
        {
            "arn",
            "availabilityZoneId",
            "dnsName",
            "name",
            "numberOfMountTargets",
            "ownerId",
            "sizeInBytes",
            "tagsAll",
        }
    )
    inert: ClassVar[Mapping[str, str]] = dict.fromkeys(
        (
            "availabilityZoneName",
            "encrypted",
            "kmsKeyId",
            "lifecyclePolicies",
            "performanceMode",
            "provisionedThroughputInMibps",
            "throughputMode",
        ),
        "stored; there are no files",
    )

    def check(self, name: str, properties: Mapping[str, Any]) -> FileSystemInputs:
        inputs = super().check(name, properties)
        if inputs.creation_token is not None and not 0 < len(inputs.creation_token) <= 64:
            raise ValueError(f"creationToken={inputs.creation_token!r}: 1 to 64 characters.")
        one_of("performanceMode", inputs.performance_mode, ("generalPurpose", "maxIO"))
        modes = ("bursting", "elastic", "provisioned")
        one_of("throughputMode", inputs.throughput_mode, modes)
        if inputs.throughput_mode == "elastic" and inputs.performance_mode == "maxIO":
            raise ValueError("throughputMode elastic needs performanceMode generalPurpose.")
        throughput = inputs.provisioned_throughput_in_mibps
        if (throughput is not None) != (inputs.throughput_mode == "provisioned"):
            raise ValueError(
                "throughputMode provisioned and provisionedThroughputInMibps go together."
            )
        if throughput is not None:
            within("provisionedThroughputInMibps", throughput, 1, 3414)
        if inputs.kms_key_id is not None and not inputs.encrypted:
            raise ValueError("kmsKeyId needs encrypted.")
        for policy in inputs.lifecycle_policies:
            given = wire(policy)
            if len(given) != 1:
                raise ValueError("lifecyclePolicies: one transition an entry.")
            back = "transitionToPrimaryStorageClass" in given
            allowed = ("AFTER_1_ACCESS",) if back else _AFTER
            one_of(f"lifecyclePolicies.{next(iter(given))}", next(iter(given.values())), allowed)
        return inputs

    def create(self, name: str, inputs: FileSystemInputs) -> tuple[str, Outputs]:
        efs, tags, token = self.context.client("efs"), self.tags(inputs), inputs.creation_token
        if token and efs.describe_file_systems(CreationToken=token)["FileSystems"]:
            raise ValueError(f"creationToken={token!r}: there is a file system made with it.")
        made = efs.create_file_system(
            CreationToken=token or auto_name(name, limit=64),
            Encrypted=inputs.encrypted,
            PerformanceMode=inputs.performance_mode,
            ThroughputMode=inputs.throughput_mode,
            Tags=pairs(tags),
            **present(
                AvailabilityZoneName=inputs.availability_zone_name,
                KmsKeyId=inputs.kms_key_id,
                ProvisionedThroughputInMibps=inputs.provisioned_throughput_in_mibps,
            ),
        )
        id = str(made["FileSystemId"])
        until(
            lambda: self._found(id)["LifeCycleState"] == "available",
            seconds=_SECONDS,
            what=f"file system {id}",
        )
        self._keep(id, inputs)
        return id, self._outputs(id, tags)

    def update(
        self, id: str, old: FileSystemInputs, new: FileSystemInputs, outputs: Outputs
    ) -> Outputs:
        efs, tags = self.context.client("efs"), self.tags(new)
        if {"throughputMode", "provisionedThroughputInMibps"} & self.changed(old, new):
            throughput = new.provisioned_throughput_in_mibps
            efs.update_file_system(
                FileSystemId=id,
                ThroughputMode=new.throughput_mode,
                **present(ProvisionedThroughputInMibps=throughput),
            )
        if old.lifecycle_policies != new.lifecycle_policies:
            self._keep(id, new)
        retag(efs, id, outputs, tags)
        return self._outputs(id, tags)

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring(*GONE):
            self.context.client("efs").delete_file_system(FileSystemId=id)

    def _found(self, id: str) -> dict[str, Any]:
        found = self.context.client("efs").describe_file_systems(FileSystemId=id)["FileSystems"]
        return dict(found[0])

    def _keep(self, id: str, inputs: FileSystemInputs) -> None:
        self.context.client("efs").put_lifecycle_configuration(
            FileSystemId=id,
            LifecyclePolicies=[
                {_lifecycle(key): value for key, value in wire(policy).items()}
                for policy in inputs.lifecycle_policies
            ],
        )

    def _outputs(self, id: str, tags: Mapping[str, str]) -> Outputs:
        found = self._found(id)
        size = found["SizeInBytes"]
        return {
            "arn": found["FileSystemArn"],
            "availabilityZoneId": found.get("AvailabilityZoneId", ""),
            "dnsName": f"{id}.efs.{self.context.region}.amazonaws.com",
            "name": tags.get("Name", ""),
            "numberOfMountTargets": found["NumberOfMountTargets"],
            "ownerId": found["OwnerId"],
            "sizeInBytes": [
                {
                    "value": size["Value"],
                    "valueInIa": size["ValueInIA"],
                    "valueInStandard": size["ValueInStandard"],
                }
            ],
            "tagsAll": dict(tags),
        }


class MountTargetInputs(Inputs):
    """Inputs of a mount target."""

    file_system_id: str
    subnet_id: str
    ip_address: str | None = None
    security_groups: list[str] = []


class MountTarget(Provider[MountTargetInputs]):
    """A file system's address in one subnet."""

    token = "aws:efs/mountTarget:MountTarget"
    inputs = MountTargetInputs
    replaces = frozenset({"fileSystemId", "ipAddress", "subnetId"})
    delete_before_replace = True  # a zone has one
    outputs = frozenset(
        {
            "availabilityZoneId",
            "availabilityZoneName",
            "dnsName",
            "fileSystemArn",
            "ipAddress",
            "mountTargetDnsName",
            "ownerId",
        }
    )
    inert: ClassVar[Mapping[str, str]] = {
        "securityGroups": "checked and stored; nothing listens at the address",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> MountTargetInputs:
        inputs = super().check(name, properties)
        within("the number of securityGroups", len(inputs.security_groups), 0, 5)
        return inputs

    def create(self, name: str, inputs: MountTargetInputs) -> tuple[str, Outputs]:
        efs, system = self.context.client("efs"), inputs.file_system_id
        made = efs.create_mount_target(
            FileSystemId=system,
            SubnetId=inputs.subnet_id,
            **present(IpAddress=inputs.ip_address, SecurityGroups=inputs.security_groups or None),
        )
        id = str(made["MountTargetId"])
        region, zone = self.context.region, made["AvailabilityZoneName"]
        arn = f"arn:aws:elasticfilesystem:{region}:{made['OwnerId']}:file-system/{system}"
        return id, {
            "availabilityZoneId": made["AvailabilityZoneId"],
            "availabilityZoneName": zone,
            "dnsName": f"{system}.efs.{region}.amazonaws.com",
            "fileSystemArn": arn,
            "ipAddress": made["IpAddress"],
            "mountTargetDnsName": f"{zone}.{system}.efs.{region}.amazonaws.com",
            "ownerId": made["OwnerId"],
        }

    def update(
        self, id: str, old: MountTargetInputs, new: MountTargetInputs, outputs: Outputs
    ) -> Outputs:
        if any(difference(old.security_groups, new.security_groups)):
            self.context.client("efs").modify_mount_target_security_groups(
                MountTargetId=id, SecurityGroups=new.security_groups
            )
        return outputs

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring(*GONE):
            self.context.client("efs").delete_mount_target(MountTargetId=id)


def _lifecycle(wire_name: str) -> str:
    """boto3 writes IA in capitals."""
    return (wire_name[0].upper() + wire_name[1:]).replace("ToIa", "ToIA")


def retag(efs: Any, id: str, outputs: Outputs, tags: Mapping[str, str]) -> None:
    """Bring the tags of a file system or access point to ``tags``."""
    put, drop = tag_changes(outputs, tags)
    for key in drop:  # the embedded cloud removes one at a time
        efs.untag_resource(ResourceId=id, TagKeys=[key])
    if put:
        efs.tag_resource(ResourceId=id, Tags=pairs(put))
