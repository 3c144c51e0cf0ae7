"""Lives of what stands in a VPC."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from sandbox.providers.base import Outputs

from .world import Case, World, tags_of

T1, T2 = {"team": "a", "old": "1"}, {"team": "b"}
SEEN1, SEEN2 = {"stack": "test", "team": "a", "old": "1"}, {"stack": "test", "team": "b"}


def described(operation: str, parameter: str, key: str, *fields: str) -> Any:  # a Look
    """Look at one EC2 resource by id: these fields and its tags."""

    def look(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
        try:
            found = getattr(world.client("ec2"), operation)(**{parameter: [id]})[key]
        except ClientError as error:
            assert "NotFound" in str(error)
            return None
        found = [item for item in found if item.get("State") != "deleted"]
        if not found:
            return None
        return {
            **{name: found[0].get(name) for name in fields},
            "tags": tags_of(found[0].get("Tags", [])),
        }

    return look


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
    owners = {group["SecurityGroups"][0]["VpcId"], table["RouteTables"][0]["VpcId"]}
    return {**seen, **dns, "defaults": owners == {id}}


def _route(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    table, _, destination = id.partition("/")
    found = world.client("ec2").describe_route_tables(RouteTableIds=[table])["RouteTables"][0]
    routes = [item for item in found["Routes"] if item.get("DestinationCidrBlock") == destination]
    return routes[0] if routes else None


def _link(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    filters = [{"Name": "association.route-table-association-id", "Values": [id]}]
    found = world.client("ec2").describe_route_tables(Filters=filters)["RouteTables"]
    return {"RouteTableId": found[0]["RouteTableId"]} if found else None


def _rules(group: Mapping[str, Any], key: str) -> list[tuple[Any, ...]]:
    return [
        (
            rule["IpProtocol"],
            rule.get("FromPort"),
            [item["CidrIp"] for item in rule["IpRanges"]],
            [item["CidrIpv6"] for item in rule["Ipv6Ranges"]],
            [item["GroupId"] for item in rule["UserIdGroupPairs"]],
            [item.get("Description") for item in rule["IpRanges"]],
        )
        for rule in group[key]
    ]


def _group(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    try:
        found = world.client("ec2").describe_security_groups(GroupIds=[id])["SecurityGroups"]
    except ClientError as error:
        assert "NotFound" in str(error)
        return None
    if not found:
        return None
    group = found[0]
    return {
        "name": group["GroupName"],
        "description": group["Description"],
        "vpc": group["VpcId"],
        "in": _rules(group, "IpPermissions"),
        "out": _rules(group, "IpPermissionsEgress"),
        "tags": tags_of(group.get("Tags", [])),
    }


def _rule(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    found = world.client("ec2").describe_security_group_rules(SecurityGroupRuleIds=[id])
    if not found["SecurityGroupRules"]:
        return None
    rule = found["SecurityGroupRules"][0]
    return {**rule, "tags": tags_of(rule.get("Tags", []))}


HTTP = {"protocol": "tcp", "fromPort": 80, "toPort": 80}
INGRESS, EGRESS = (
    f"aws:vpc/securityGroup{side}Rule:SecurityGroup{side}Rule" for side in ("Ingress", "Egress")
)

CASES = [
    Case(
        "aws:ec2/vpc:Vpc",
        lambda w: {
            "cidrBlock": "10.9.0.0/16",
            "enableDnsHostnames": True,
            "enableDnsSupport": True,
            "instanceTenancy": "default",
            "tags": T1,
        },
        _vpc,
        lambda w: {
            "CidrBlock": "10.9.0.0/16",
            "InstanceTenancy": "default",
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
        ),  # fmt: skip
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
        ),  # fmt: skip
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
    Case(
        "aws:ec2/routeTable:RouteTable",
        lambda w: {
            "vpcId": w.vpc,
            "routes": [{"cidrBlock": "0.0.0.0/0", "gatewayId": w.gateway}],
            "tags": T1,
        },
        lambda w, id, outputs: (
            (
                seen := described(
                    "describe_route_tables", "RouteTableIds", "RouteTables", "VpcId", "Routes"
                )(w, id, outputs)
            )
            and {
                "VpcId": seen["VpcId"],
                "tags": seen["tags"],
                "to": [route["DestinationCidrBlock"] for route in seen["Routes"]],
                "by": [
                    next(text for key, text in route.items() if key.endswith("Id"))
                    for route in seen["Routes"]
                ],
            }
        ),
        lambda w: {
            "VpcId": w.vpc,
            "to": ["10.0.0.0/16", "0.0.0.0/0"],
            "by": ["local", w.gateway],
            "tags": SEEN1,
        },
        lambda w: {
            "routes": [
                {"cidrBlock": "172.16.0.0/12", "natGatewayId": "nat-1"},
                {"cidrBlock": "172.32.0.0/16", "transitGatewayId": "tgw-1"},
                {"cidrBlock": "172.33.0.0/16", "vpcPeeringConnectionId": "pcx-1"},
            ],
            "tags": T2,
        },
        lambda w: {
            "to": ["10.0.0.0/16", "172.16.0.0/12", "172.32.0.0/16", "172.33.0.0/16"],
            "by": ["local", "nat-1", "tgw-1", "pcx-1"],
            "tags": SEEN2,
        },
    ),
    Case(
        "aws:ec2/route:Route",
        lambda w: {
            "routeTableId": w.route_tables[0],
            "destinationCidrBlock": "0.0.0.0/0",
            "gatewayId": w.gateway,
        },
        _route,
        lambda w: {"GatewayId": w.gateway, "State": "active"},
        lambda w: {"gatewayId": None, "natGatewayId": "nat-0123"},
        lambda w: {"NatGatewayId": "nat-0123"},
    ),
    *(
        Case(
            "aws:ec2/route:Route",
            lambda w, wire=wire: {  # type: ignore[misc]
                "routeTableId": w.route_tables[0],
                "destinationCidrBlock": "192.168.0.0/16",
                wire: "target-1",
            },
            _route,
            lambda w, seen=seen: {seen: "target-1"},  # type: ignore[misc]
            label=wire,
        )
        for wire, seen in (
            ("transitGatewayId", "TransitGatewayId"),
            ("vpcPeeringConnectionId", "VpcPeeringConnectionId"),
        )
    ),
    Case(
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        lambda w: {"routeTableId": w.route_tables[0], "subnetId": w.subnets[2]},
        _link,
        lambda w: {"RouteTableId": w.route_tables[0]},
    ),
    Case(
        "aws:ec2/securityGroup:SecurityGroup",
        lambda w: {
            "name": "open-web",
            "description": "the web",
            "vpcId": w.vpc,
            "revokeRulesOnDelete": True,
            "ingress": [{**HTTP, "cidrBlocks": ["0.0.0.0/0"], "description": "all"}],
            "egress": [{**HTTP, "ipv6CidrBlocks": ["::/0"]}],
            "tags": T1,
        },
        _group,
        lambda w: {
            "name": "open-web",
            "description": "the web",
            "vpc": w.vpc,
            "in": [("tcp", 80, ["0.0.0.0/0"], [], [], ["all"])],
            "out": [("tcp", 80, [], ["::/0"], [], [])],
            "tags": SEEN1,
        },
        lambda w: {
            "ingress": [{**HTTP, "securityGroups": w.groups[:1]}],
            "egress": [],
            "tags": T2,
        },
        lambda w: {
            "in": [("tcp", 80, [], [], w.groups[:1], [])],
            "out": [],
            "tags": SEEN2,
        },
    ),
    Case(
        "aws:ec2/securityGroup:SecurityGroup",
        lambda w: {"namePrefix": "pre-", "vpcId": w.vpc, "ingress": [{**HTTP, "self": True}]},
        lambda w, id, outputs: (
            (seen := _group(w, id, outputs))
            and {
                "prefix": seen["name"][:4],
                "self": seen["in"][0][4] == [id],
                "out": seen["out"],
                "description": seen["description"],
            }
        ),
        lambda w: {
            "prefix": "pre-",
            "self": True,
            "out": [],
            "description": "Managed by Pulumi",
        },
        label="closed",
    ),
    Case(
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        lambda w: {"vpcId": w.vpc, "ingress": [], "egress": [], "tags": T1},
        _group,
        lambda w: {"name": "default", "in": [], "out": [], "tags": SEEN1},
        lambda w: {"ingress": [{**HTTP, "cidrBlocks": ["10.0.0.0/8"]}], "tags": T2},
        lambda w: {"in": [("tcp", 80, ["10.0.0.0/8"], [], [], [None])], "tags": SEEN2},
        stays=True,
    ),
    Case(
        INGRESS,
        lambda w: {
            "securityGroupId": w.groups[0],
            "ipProtocol": "tcp",
            "fromPort": 443,
            "toPort": 444,
            "cidrIpv4": "0.0.0.0/0",
            "description": "first",
            "tags": T1,
        },
        _rule,
        lambda w: {
            "GroupId": w.groups[0],
            "IsEgress": False,
            "IpProtocol": "tcp",
            "FromPort": 443,
            "ToPort": 444,
            "CidrIpv4": "0.0.0.0/0",
            "Description": "first",
            "tags": SEEN1,
        },
        lambda w: {"description": "second", "tags": T2},
        lambda w: {"Description": "second", "tags": SEEN2},
    ),
    Case(
        INGRESS,
        lambda w: {
            "securityGroupId": w.groups[0],
            "ipProtocol": "tcp",
            "fromPort": 5000,
            "toPort": 5000,
            "referencedSecurityGroupId": w.groups[1],
        },
        _rule,
        lambda w: {"FromPort": 5000, "ReferencedGroupInfo": {"GroupId": w.groups[1]}},
        label="from-group",
    ),
    Case(
        EGRESS,
        lambda w: {
            "securityGroupId": w.groups[0],
            "ipProtocol": "-1",
            "cidrIpv6": "::/0",
            "description": "out",
            "tags": T1,
        },
        _rule,
        lambda w: {"IsEgress": True, "IpProtocol": "-1", "CidrIpv6": "::/0", "tags": SEEN1},
        lambda w: {"description": None, "tags": T2},
        lambda w: {"tags": SEEN2},
    ),
]
