"""Lives of VPCs, subnets and gateways."""

from collections.abc import Mapping
from typing import Any

from sandbox.providers.base import Outputs

from .looks import SEEN1, SEEN2, T1, T2, described
from .world import Case, World


def _vpc(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    seen = described("describe_vpcs", "VpcIds", "Vpcs", "CidrBlock", "InstanceTenancy")(
        world, id, outputs
    )
    if seen is None:
        return None
    ec2 = world.client("ec2")
    dns = {
        name: ec2.describe_vpc_attribute(VpcId=id, Attribute=name[:1].lower() + name[1:])[name][
            "Value"
        ]
        for name in ("EnableDnsSupport", "EnableDnsHostnames")
    }
    group = ec2.describe_security_groups(GroupIds=[outputs["defaultSecurityGroupId"]])
    table = ec2.describe_route_tables(RouteTableIds=[outputs["mainRouteTableId"]])
    acl = ec2.describe_network_acls(NetworkAclIds=[outputs["defaultNetworkAclId"]])
    owners = {
        group["SecurityGroups"][0]["VpcId"],
        table["RouteTables"][0]["VpcId"],
        acl["NetworkAcls"][0]["VpcId"],
    }
    return {**seen, **dns, "defaults": owners == {id}}


CASES = [
    Case(
        "aws:ec2/vpc:Vpc",
        lambda w: {
            "cidrBlock": "10.9.0.0/16",
            "enableDnsHostnames": True,
            "enableDnsSupport": True,
            "instanceTenancy": "dedicated",
            "tags": T1,
        },
        _vpc,
        lambda w: {
            "CidrBlock": "10.9.0.0/16",
            "InstanceTenancy": "dedicated",
            "EnableDnsSupport": True,
            "EnableDnsHostnames": True,
            "defaults": True,
            "tags": SEEN1,
        },
        lambda w: {"enableDnsHostnames": False, "enableDnsSupport": False, "tags": T2},
        lambda w: {"EnableDnsSupport": False, "EnableDnsHostnames": False, "tags": SEEN2},
    ),
    Case(
        "aws:ec2/subnet:Subnet",
        lambda w: {
            "vpcId": w.vpc,
            "cidrBlock": "10.0.200.0/24",
            "availabilityZone": "us-east-1b",
            "mapPublicIpOnLaunch": True,
            "tags": T1,
        },
        described(
            "describe_subnets",
            "SubnetIds",
            "Subnets",
            "CidrBlock",
            "AvailabilityZone",
            "MapPublicIpOnLaunch",
            "VpcId",
        ),
        lambda w: {
            "CidrBlock": "10.0.200.0/24",
            "AvailabilityZone": "us-east-1b",
            "MapPublicIpOnLaunch": True,
            "VpcId": w.vpc,
            "tags": SEEN1,
        },
        lambda w: {"mapPublicIpOnLaunch": False, "tags": T2},
        lambda w: {"MapPublicIpOnLaunch": False, "tags": SEEN2},
    ),
    Case(
        "aws:ec2/internetGateway:InternetGateway",
        lambda w: {"vpcId": w.vpc, "tags": T1},
        described(
            "describe_internet_gateways", "InternetGatewayIds", "InternetGateways", "Attachments"
        ),
        lambda w: {"Attachments": [{"VpcId": w.vpc, "State": "available"}], "tags": SEEN1},
        lambda w: {"vpcId": None, "tags": T2},
        lambda w: {"Attachments": [], "tags": SEEN2},
    ),
    Case(
        "aws:ec2/eip:Eip",
        lambda w: {"domain": "vpc", "tags": T1},
        described("describe_addresses", "AllocationIds", "Addresses", "Domain"),
        lambda w: {"Domain": "vpc", "tags": SEEN1},
        lambda w: {"tags": T2},
        lambda w: {"tags": SEEN2},
    ),
    Case(
        "aws:ec2/natGateway:NatGateway",
        lambda w: {
            "subnetId": w.subnets[0],
            "allocationId": w.address,
            "connectivityType": "public",
            "tags": T1,
        },
        described("describe_nat_gateways", "NatGatewayIds", "NatGateways", "SubnetId", "State"),
        lambda w: {"SubnetId": w.subnets[0], "State": "available", "tags": SEEN1},
        lambda w: {"tags": T2},
        lambda w: {"tags": SEEN2},
    ),
    Case(
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        lambda w: {
            "vpcId": w.vpc,
            "serviceName": "com.amazonaws.us-east-1.s3",
            "vpcEndpointType": "Gateway",
            "routeTableIds": w.route_tables[:1],
            "policy": '{"Statement": []}',
            "tags": T1,
        },
        described(
            "describe_vpc_endpoints",
            "VpcEndpointIds",
            "VpcEndpoints",
            "VpcId",
            "ServiceName",
            "VpcEndpointType",
            "RouteTableIds",
        ),
        lambda w: {
            "VpcId": w.vpc,
            "ServiceName": "com.amazonaws.us-east-1.s3",
            "VpcEndpointType": "Gateway",
            "RouteTableIds": w.route_tables[:1],
            "tags": SEEN1,
        },
        lambda w: {"routeTableIds": w.route_tables[1:], "tags": T2},
        lambda w: {"RouteTableIds": w.route_tables[1:], "tags": SEEN2},
    ),
]
