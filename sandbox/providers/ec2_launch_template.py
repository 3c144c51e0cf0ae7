"""Launch templates: what the machines of a node group are made from."""

from collections.abc import Mapping
from typing import Any, ClassVar

from .base import Inputs, Outputs, Provider, Tagged
from .common import ignoring, one_of, pairs, pascal, physical_name, present, wire, within
from .ec2_network import retag, tagged

_GONE = ("InvalidLaunchTemplateId.NotFoundException", "InvalidLaunchTemplateId.NotFound")


class Metadata(Inputs):
    """How machines reach the instance metadata service."""

    http_endpoint: str | None = None
    http_tokens: str | None = None
    http_put_response_hop_limit: int | None = None
    instance_metadata_tags: str | None = None


class Disk(Inputs):
    """An EBS volume; its switches are text, as pulumi_aws has them."""

    volume_size: int | None = None
    volume_type: str | None = None
    encrypted: bool | None = None
    delete_on_termination: bool | None = None


class Mapped(Inputs):
    """A volume and where it is seen."""

    device_name: str
    ebs: Disk | None = None


class Interface(Inputs):
    """A network interface."""

    device_index: int = 0
    associate_public_ip_address: bool | None = None
    delete_on_termination: bool | None = None
    security_groups: list[str] = []


class Specification(Inputs):
    """Tags of what is made from the template."""

    resource_type: str
    tags: dict[str, str]


class TemplateInputs(Tagged):
    """Inputs of a launch template."""

    name: str | None = None
    name_prefix: str | None = None
    description: str | None = None
    image_id: str | None = None
    instance_type: str | None = None
    metadata_options: Metadata | None = None
    block_device_mappings: list[Mapped] = []
    network_interfaces: list[Interface] = []
    tag_specifications: list[Specification] = []
    vpc_security_group_ids: list[str] = []
    update_default_version: bool = False


class LaunchTemplate(Provider[TemplateInputs]):
    """A launch template; every change is a new version of it."""

    token = "aws:ec2/launchTemplate:LaunchTemplate"
    inputs = TemplateInputs
    replaces = frozenset({"name", "namePrefix"})
    outputs = frozenset({"arn", "name", "defaultVersion", "latestVersion", "tagsAll"})
    inert: ClassVar[Mapping[str, str]] = {
        "metadataOptions": "stored; nodes are simulated and have no metadata service",
        "blockDeviceMappings": "stored; nodes are simulated and have no disk",
        "tagSpecifications": "stored; no machine is made that could carry tags",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> TemplateInputs:
        inputs = super().check(name, properties)
        if inputs.metadata_options is not None:
            options = inputs.metadata_options
            if options.http_tokens is not None:
                one_of("metadataOptions.httpTokens", options.http_tokens, ("optional", "required"))
            if options.http_put_response_hop_limit is not None:
                hops = options.http_put_response_hop_limit
                within("metadataOptions.httpPutResponseHopLimit", hops, 1, 64)
        if inputs.network_interfaces and inputs.vpc_security_group_ids:
            raise ValueError(
                "vpcSecurityGroupIds and networkInterfaces exclude each other: name the security "
                "groups of each interface."
            )
        return inputs

    def deletes_first(self, old: TemplateInputs | None, new: TemplateInputs) -> bool:
        return new.name is not None and (old is None or old.name == new.name)

    def create(self, name: str, inputs: TemplateInputs) -> tuple[str, Outputs]:
        ec2, tags = self.context.client("ec2"), self.tags(inputs)
        template = ec2.create_launch_template(
            LaunchTemplateName=physical_name(name, inputs.name, inputs.name_prefix, limit=128),
            LaunchTemplateData=_data(inputs),
            **present(VersionDescription=inputs.description),
            **tagged("launch-template", tags),
        )["LaunchTemplate"]
        id = template["LaunchTemplateId"]
        return id, {
            "arn": f"arn:aws:ec2:{self.context.region}:{self.context.account}:launch-template/{id}",
            "name": template["LaunchTemplateName"],
            "defaultVersion": template["DefaultVersionNumber"],
            "latestVersion": template["LatestVersionNumber"],
            "tagsAll": tags,
        }

    def update(
        self, id: str, old: TemplateInputs, new: TemplateInputs, outputs: Outputs
    ) -> Outputs:
        ec2, versions = self.context.client("ec2"), {}
        if self.changed(old, new) - {"tags", "updateDefaultVersion"}:
            made = ec2.create_launch_template_version(
                LaunchTemplateId=id,
                LaunchTemplateData=_data(new),
                **present(VersionDescription=new.description),
            )["LaunchTemplateVersion"]
            versions["latestVersion"] = made["VersionNumber"]
        latest = versions.get("latestVersion", outputs["latestVersion"])
        if new.update_default_version and outputs["defaultVersion"] != latest:
            ec2.modify_launch_template(LaunchTemplateId=id, DefaultVersion=str(latest))
            versions["defaultVersion"] = latest
        return outputs | versions | retag(ec2, id, outputs, self.tags(new))

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring(*_GONE):
            self.context.client("ec2").delete_launch_template(LaunchTemplateId=id)


def _data(inputs: TemplateInputs) -> dict[str, Any]:
    """The template as EC2 has it."""
    return present(
        ImageId=inputs.image_id,
        InstanceType=inputs.instance_type,
        MetadataOptions=inputs.metadata_options and pascal(wire(inputs.metadata_options)),
        BlockDeviceMappings=[pascal(wire(item)) for item in inputs.block_device_mappings] or None,
        NetworkInterfaces=[_interface(item) for item in inputs.network_interfaces] or None,
        SecurityGroupIds=inputs.vpc_security_group_ids or None,
        TagSpecifications=[
            {"ResourceType": item.resource_type, "Tags": pairs(item.tags)}
            for item in inputs.tag_specifications
        ]
        or None,
    )


def _interface(inputs: Interface) -> dict[str, Any]:
    """An interface, whose list of groups has another name than everywhere else."""
    return present(
        DeviceIndex=inputs.device_index,
        AssociatePublicIpAddress=inputs.associate_public_ip_address,
        DeleteOnTermination=inputs.delete_on_termination,
        Groups=inputs.security_groups or None,
    )
