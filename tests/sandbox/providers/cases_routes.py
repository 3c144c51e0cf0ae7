"""Lives of route tables and their routes."""

from collections.abc import Mapping
from typing import Any

from sandbox.providers.base import Outputs

from .looks import SEEN1, SEEN2, T1, T2, described
from .world import Case, World


def _route(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    table, _, destination = id.partition("/")
    found = world.client("ec2").describe_route_tables(RouteTableIds=[table])["RouteTables"][0]
    routes = [item for item in found["Routes"] if item.get("DestinationCidrBlock") == destination]
    return routes[0] if routes else None


def _link(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    filters = [{"Name": "association.route-table-association-id", "Values": [id]}]
    found = world.client("ec2").describe_route_tables(Filters=filters)["RouteTables"]
    return {"RouteTableId": found[0]["RouteTableId"]} if found else None


CASES = [
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
]
