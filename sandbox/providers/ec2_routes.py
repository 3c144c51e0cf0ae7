"""Route tables, their routes and the subnets that use them.

The embedded cloud stores routes and routes nothing by them. It loses IPv6 and prefix list
destinations, so only IPv4 destinations are served.
"""

from collections.abc import Mapping
from typing import Any

from .base import Inputs, Outputs, Provider, Tagged
from .common import exactly_one, ignoring, present
from .ec2_network import network, retag, tagged


class RouteTarget(Inputs):
    """Where a route leads: exactly one of these."""

    gateway_id: str | None = None
    nat_gateway_id: str | None = None
    transit_gateway_id: str | None = None
    vpc_peering_connection_id: str | None = None

    def check_target(self) -> None:
        """Refuse none and several targets, which AWS refuses too."""
        targets = self.model_dump(by_alias=True, include=set(RouteTarget.model_fields))
        exactly_one("a route", targets)

    def parameters(self) -> dict[str, str]:
        """The target as EC2's request parameter."""
        return present(
            GatewayId=self.gateway_id,
            NatGatewayId=self.nat_gateway_id,
            TransitGatewayId=self.transit_gateway_id,
            VpcPeeringConnectionId=self.vpc_peering_connection_id,
        )


class InlineRoute(RouteTarget):
    """One entry of a route table's ``routes``."""

    cidr_block: str


class RouteTableInputs(Tagged):
    """Inputs of a route table."""

    vpc_id: str
    routes: list[InlineRoute] = []


class RouteTable(Provider[RouteTableInputs]):
    """A route table with the routes that are written in it."""

    token = "aws:ec2/routeTable:RouteTable"
    inputs = RouteTableInputs
    replaces = frozenset({"vpcId"})
    outputs = frozenset({"arn", "ownerId", "tagsAll"})

    def check(self, name: str, properties: Mapping[str, Any]) -> RouteTableInputs:
        inputs = super().check(name, properties)
        for route in inputs.routes:
            network("routes.cidrBlock", route.cidr_block, 0, 32)
            route.check_target()
        return inputs

    def create(self, name: str, inputs: RouteTableInputs) -> tuple[str, Outputs]:
        ec2, tags = self.context.client("ec2"), self.tags(inputs)
        table = ec2.create_route_table(VpcId=inputs.vpc_id, **tagged("route-table", tags))
        id, owner = table["RouteTable"]["RouteTableId"], table["RouteTable"]["OwnerId"]
        self._set_routes(id, [], inputs.routes)
        return id, {
            "arn": f"arn:aws:ec2:{self.context.region}:{owner}:route-table/{id}",
            "ownerId": owner,
            "tagsAll": tags,
        }

    def update(
        self, id: str, old: RouteTableInputs, new: RouteTableInputs, outputs: Outputs
    ) -> Outputs:
        self._set_routes(id, old.routes, new.routes)
        return outputs | retag(self.context.client("ec2"), id, outputs, self.tags(new))

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("InvalidRouteTableID.NotFound"):
            self.context.client("ec2").delete_route_table(RouteTableId=id)

    def _set_routes(self, id: str, old: list[InlineRoute], new: list[InlineRoute]) -> None:
        ec2 = self.context.client("ec2")
        for route in old:
            if route not in new:
                ec2.delete_route(RouteTableId=id, DestinationCidrBlock=route.cidr_block)
        for route in new:
            if route not in old:
                ec2.create_route(
                    RouteTableId=id, DestinationCidrBlock=route.cidr_block, **route.parameters()
                )


class RouteInputs(RouteTarget):
    """Inputs of one route."""

    route_table_id: str
    destination_cidr_block: str


class Route(Provider[RouteInputs]):
    """One route of a table made elsewhere."""

    token = "aws:ec2/route:Route"
    inputs = RouteInputs
    replaces = frozenset({"routeTableId", "destinationCidrBlock"})
    outputs = frozenset({"origin", "state"})

    def check(self, name: str, properties: Mapping[str, Any]) -> RouteInputs:
        inputs = super().check(name, properties)
        network("destinationCidrBlock", inputs.destination_cidr_block, 0, 32)
        inputs.check_target()
        return inputs

    def create(self, name: str, inputs: RouteInputs) -> tuple[str, Outputs]:
        for route in self._routes(inputs.route_table_id):
            if route.get("DestinationCidrBlock") == inputs.destination_cidr_block:
                raise ValueError(
                    f"{inputs.route_table_id} already has a route to "
                    f"{inputs.destination_cidr_block}."
                )
        self.context.client("ec2").create_route(
            RouteTableId=inputs.route_table_id,
            DestinationCidrBlock=inputs.destination_cidr_block,
            **inputs.parameters(),
        )
        id = f"{inputs.route_table_id}/{inputs.destination_cidr_block}"
        return id, {"origin": "CreateRoute", "state": "active"}

    def update(self, id: str, old: RouteInputs, new: RouteInputs, outputs: Outputs) -> Outputs:
        self.context.client("ec2").replace_route(
            RouteTableId=new.route_table_id,
            DestinationCidrBlock=new.destination_cidr_block,
            **new.parameters(),
        )
        return outputs

    def delete(self, id: str, outputs: Outputs) -> None:
        table, _, destination = id.partition("/")
        with ignoring("InvalidRouteTableID.NotFound", "InvalidRoute.NotFound"):
            self.context.client("ec2").delete_route(
                RouteTableId=table, DestinationCidrBlock=destination
            )

    def _routes(self, table: str) -> list[dict[str, Any]]:
        found = self.context.client("ec2").describe_route_tables(RouteTableIds=[table])
        return [route for item in found["RouteTables"] for route in item["Routes"]]


class AssociationInputs(Inputs):
    """Inputs of the link between a subnet and its route table."""

    route_table_id: str
    subnet_id: str


class RouteTableAssociation(Provider[AssociationInputs]):
    """Which route table a subnet uses.

    A subnet has one at a time and a moved link gets a new id, so a change deletes the old link
    first instead of moving it.
    """

    token = "aws:ec2/routeTableAssociation:RouteTableAssociation"
    inputs = AssociationInputs
    replaces = frozenset({"subnetId", "routeTableId"})
    delete_before_replace = True

    def create(self, name: str, inputs: AssociationInputs) -> tuple[str, Outputs]:
        ec2 = self.context.client("ec2")
        taken = ec2.describe_route_tables(
            Filters=[{"Name": "association.subnet-id", "Values": [inputs.subnet_id]}]
        )["RouteTables"]
        if taken:
            raise ValueError(
                f"{inputs.subnet_id} already uses {taken[0]['RouteTableId']}; a subnet has one "
                "route table."
            )
        link = ec2.associate_route_table(
            RouteTableId=inputs.route_table_id, SubnetId=inputs.subnet_id
        )
        return link["AssociationId"], {}

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("InvalidAssociationID.NotFound"):
            self.context.client("ec2").disassociate_route_table(AssociationId=id)
