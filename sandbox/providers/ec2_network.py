"""VPCs and what stands in them: subnets, gateways, addresses, endpoints.

Routes are in ``ec2_routes``, security groups in ``ec2_security``. Subnets and gateways
carry no packets in the embedded cloud: tasks run on loopback.
"""

import ipaddress
import threading
from collections.abc import Mapping
from typing import Any, ClassVar

from .base import Outputs, Provider, Tagged
from .common import difference, ignoring, one_of, pairs, present, tag_changes
from .policies import parse

_PLACING_SUBNETS = threading.Lock()
"""Two subnets are never placed at once, or neither would see that they overlap."""


def tagged(kind: str, tags: Mapping[str, str]) -> dict[str, Any]:
    """The ``TagSpecifications`` of a create call, empty without tags."""
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": pairs(tags)}]} if tags else {}


def retag(ec2: Any, id: str, outputs: Outputs, wanted: dict[str, str]) -> Outputs:
    """Bring the tags of an EC2 resource to ``wanted``; the outputs that changed."""
    put, drop = tag_changes(outputs, wanted)
    if drop:
        ec2.delete_tags(Resources=[id], Tags=[{"Key": key} for key in drop])
    if put:
        ec2.create_tags(Resources=[id], Tags=pairs(put))
    return {"tagsAll": wanted}


def network(field: str, cidr: str, shortest: int, longest: int) -> ipaddress.IPv4Network:
    """An IPv4 range of a size that EC2 takes, without host bits."""
    try:
        range_ = ipaddress.IPv4Network(cidr)
    except ValueError as error:
        raise ValueError(f"{field}={cidr!r} is not an IPv4 range: {error}") from None
    if not shortest <= range_.prefixlen <= longest:
        raise ValueError(f"{field}={cidr!r}: EC2 takes /{shortest} to /{longest}.")
    return range_


class VpcInputs(Tagged):
    """Inputs of a VPC."""

    cidr_block: str
    enable_dns_hostnames: bool = False
    enable_dns_support: bool = True
    instance_tenancy: str = "default"


class Vpc(Provider[VpcInputs]):
    """A VPC; AWS makes its default security group, route table and network ACL with it."""

    token = "aws:ec2/vpc:Vpc"
    inputs = VpcInputs
    replaces = frozenset({"cidrBlock"})
    outputs = frozenset({"arn", "ownerId", "defaultSecurityGroupId", "mainRouteTableId", "tagsAll"})
    inert: ClassVar[Mapping[str, str]] = {
        "enableDnsHostnames": "stored; the sandbox has no VPC resolver",
        "enableDnsSupport": "stored; the sandbox has no VPC resolver",
        "instanceTenancy": "stored; nothing is placed on hosts",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> VpcInputs:
        inputs = super().check(name, properties)
        network("cidrBlock", inputs.cidr_block, 16, 28)
        one_of("instanceTenancy", inputs.instance_tenancy, ("default", "dedicated"))
        if inputs.enable_dns_hostnames and not inputs.enable_dns_support:
            raise ValueError("enableDnsHostnames=True needs enableDnsSupport=True.")
        return inputs

    def must_replace(self, changed: frozenset[str], old: VpcInputs, new: VpcInputs) -> bool:
        to_dedicated = "instanceTenancy" in changed and new.instance_tenancy == "dedicated"
        return to_dedicated or super().must_replace(changed, old, new)

    def create(self, name: str, inputs: VpcInputs) -> tuple[str, Outputs]:
        ec2, tags = self.context.client("ec2"), self.tags(inputs)
        vpc = ec2.create_vpc(
            CidrBlock=inputs.cidr_block,
            InstanceTenancy=inputs.instance_tenancy,
            **tagged("vpc", tags),
        )["Vpc"]
        id = vpc["VpcId"]
        self._set_dns(id, inputs)
        mine = [{"Name": "vpc-id", "Values": [id]}]
        groups = ec2.describe_security_groups(Filters=mine)["SecurityGroups"]
        tables = ec2.describe_route_tables(Filters=mine)["RouteTables"]
        acls = ec2.describe_network_acls(Filters=mine)["NetworkAcls"]
        main = next(
            table["RouteTableId"]
            for table in tables
            if any(link.get("Main") for link in table["Associations"])
        )
        return id, {
            "arn": f"arn:aws:ec2:{self.context.region}:{vpc['OwnerId']}:vpc/{id}",
            "ownerId": vpc["OwnerId"],
            "dhcpOptionsId": vpc["DhcpOptionsId"],
            "defaultSecurityGroupId": next(
                group["GroupId"] for group in groups if group["GroupName"] == "default"
            ),
            "mainRouteTableId": main,
            "defaultRouteTableId": main,
            "defaultNetworkAclId": next(acl["NetworkAclId"] for acl in acls if acl["IsDefault"]),
            "tagsAll": tags,
        }

    def update(self, id: str, old: VpcInputs, new: VpcInputs, outputs: Outputs) -> Outputs:
        self._set_dns(id, new)
        return outputs | retag(self.context.client("ec2"), id, outputs, self.tags(new))

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("InvalidVpcID.NotFound"):
            self.context.client("ec2").delete_vpc(VpcId=id)

    def _set_dns(self, id: str, inputs: VpcInputs) -> None:
        for attribute, value in (
            ("EnableDnsSupport", inputs.enable_dns_support),
            ("EnableDnsHostnames", inputs.enable_dns_hostnames),
        ):
            self.context.client("ec2").modify_vpc_attribute(
                **{"VpcId": id, attribute: {"Value": value}}
            )


class SubnetInputs(Tagged):
    """Inputs of a subnet."""

    vpc_id: str
    cidr_block: str
    availability_zone: str | None = None
    map_public_ip_on_launch: bool = False


class Subnet(Provider[SubnetInputs]):
    """A subnet inside its VPC's range, beside its neighbours."""

    token = "aws:ec2/subnet:Subnet"
    inputs = SubnetInputs
    replaces = frozenset({"vpcId", "cidrBlock", "availabilityZone"})
    outputs = frozenset({"arn", "ownerId", "availabilityZone", "availabilityZoneId", "tagsAll"})
    inert: ClassVar[Mapping[str, str]] = {
        "mapPublicIpOnLaunch": "stored; tasks listen on loopback only",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> SubnetInputs:
        inputs = super().check(name, properties)
        network("cidrBlock", inputs.cidr_block, 16, 28)
        zone = inputs.availability_zone
        if zone is not None and not zone.startswith(self.context.region):
            raise ValueError(f"availabilityZone={zone!r} is not in region {self.context.region}.")
        return inputs

    def create(self, name: str, inputs: SubnetInputs) -> tuple[str, Outputs]:
        ec2, tags = self.context.client("ec2"), self.tags(inputs)
        with _PLACING_SUBNETS:
            self._check_place(inputs)
            subnet = ec2.create_subnet(
                VpcId=inputs.vpc_id,
                CidrBlock=inputs.cidr_block,
                **present(AvailabilityZone=inputs.availability_zone),
                **tagged("subnet", tags),
            )["Subnet"]
        id = subnet["SubnetId"]
        self._set_public(id, inputs)
        return id, {
            "arn": subnet["SubnetArn"],
            "ownerId": subnet["OwnerId"],
            "availabilityZone": subnet["AvailabilityZone"],
            "availabilityZoneId": subnet["AvailabilityZoneId"],
            "tagsAll": tags,
        }

    def update(self, id: str, old: SubnetInputs, new: SubnetInputs, outputs: Outputs) -> Outputs:
        self._set_public(id, new)
        return outputs | retag(self.context.client("ec2"), id, outputs, self.tags(new))

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("InvalidSubnetID.NotFound"):
            self.context.client("ec2").delete_subnet(SubnetId=id)

    def _set_public(self, id: str, inputs: SubnetInputs) -> None:
        self.context.client("ec2").modify_subnet_attribute(
            SubnetId=id, MapPublicIpOnLaunch={"Value": inputs.map_public_ip_on_launch}
        )

    def _check_place(self, inputs: SubnetInputs) -> None:
        ec2, mine = self.context.client("ec2"), ipaddress.IPv4Network(inputs.cidr_block)
        vpc = ec2.describe_vpcs(VpcIds=[inputs.vpc_id])["Vpcs"][0]
        if not mine.subnet_of(ipaddress.IPv4Network(vpc["CidrBlock"])):
            raise ValueError(
                f"cidrBlock={inputs.cidr_block!r} is outside the range {vpc['CidrBlock']} "
                f"of {inputs.vpc_id}."
            )
        filters = [{"Name": "vpc-id", "Values": [inputs.vpc_id]}]
        for other in ec2.describe_subnets(Filters=filters)["Subnets"]:
            if mine.overlaps(ipaddress.IPv4Network(other["CidrBlock"])):
                raise ValueError(
                    f"cidrBlock={inputs.cidr_block!r} overlaps {other['CidrBlock']} "
                    f"of {other['SubnetId']}."
                )


class EndpointInputs(Tagged):
    """Inputs of a VPC endpoint."""

    vpc_id: str
    service_name: str
    vpc_endpoint_type: str = "Gateway"
    route_table_ids: list[str] = []
    policy: str | None = None


class VpcEndpoint(Provider[EndpointInputs]):
    """A gateway endpoint; interface endpoints need network interfaces and are refused."""

    token = "aws:ec2/vpcEndpoint:VpcEndpoint"
    inputs = EndpointInputs
    replaces = frozenset({"vpcId", "serviceName", "vpcEndpointType"})
    outputs = frozenset({"arn", "ownerId", "state", "tagsAll"})
    inert: ClassVar[Mapping[str, str]] = {
        "policy": "stored; traffic to AWS services never leaves loopback",
        "routeTableIds": "stored; the sandbox routes no packets",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> EndpointInputs:
        inputs = super().check(name, properties)
        one_of(
            "vpcEndpointType", inputs.vpc_endpoint_type, ("Gateway",), "The sandbox has no ENIs."
        )
        gateways = [f"com.amazonaws.{self.context.region}.{name}" for name in ("s3", "dynamodb")]
        one_of("serviceName", inputs.service_name, gateways)
        if inputs.policy is not None:
            parse("policy", inputs.policy)
        return inputs

    def create(self, name: str, inputs: EndpointInputs) -> tuple[str, Outputs]:
        ec2, tags = self.context.client("ec2"), self.tags(inputs)
        endpoint = ec2.create_vpc_endpoint(
            VpcId=inputs.vpc_id,
            ServiceName=inputs.service_name,
            VpcEndpointType=inputs.vpc_endpoint_type,
            RouteTableIds=inputs.route_table_ids,
            **present(PolicyDocument=inputs.policy),
            **tagged("vpc-endpoint", tags),
        )["VpcEndpoint"]
        id, owner = endpoint["VpcEndpointId"], endpoint["OwnerId"]
        return id, {
            "arn": f"arn:aws:ec2:{self.context.region}:{owner}:vpc-endpoint/{id}",
            "ownerId": owner,
            "state": endpoint["State"],
            "tagsAll": tags,
        }

    def update(
        self, id: str, old: EndpointInputs, new: EndpointInputs, outputs: Outputs
    ) -> Outputs:
        ec2 = self.context.client("ec2")
        add, remove = difference(old.route_table_ids, new.route_table_ids)
        ec2.modify_vpc_endpoint(
            VpcEndpointId=id,
            AddRouteTableIds=add,
            RemoveRouteTableIds=remove,
            **({"ResetPolicy": True} if new.policy is None else {"PolicyDocument": new.policy}),
        )
        return outputs | retag(ec2, id, outputs, self.tags(new))

    def delete(self, id: str, outputs: Outputs) -> None:
        self.context.client("ec2").delete_vpc_endpoints(VpcEndpointIds=[id])
