"""Network: a VPC with a public and a private subnet in each zone, and the ways out of them.

It owns the VPC, subnets, route tables, internet and NAT gateways, and the gateway endpoints
of S3 and DynamoDB. It also empties the VPC's default security group, because everything that
names no group lands in it and its members may all talk to each other. Left out: interface
endpoints (each costs about 7 USD a month and zone; only the app's owner knows which pay),
network ACLs (security groups do their work and can be read), peering, VPN and IPv6.
"""

from collections.abc import Sequence

import pulumi
from pulumi_aws import ec2, get_region_output

# ``ec2`` loads when it is first used: annotations quote its names, or importing the library
# would cost half a second.
from .. import checks, tags
from ..errors import check_keys
from . import zones
from .addresses import plan
from .args import NetworkArgs, Placement

NAT_MODES = ("none", "single", "per_zone")
DEFAULT_CIDR = "10.0.0.0/16"
DEFAULT_NAT = "none"
"""NAT is often the largest part of a small stack's bill, so it is never made unasked."""
GATEWAY_ENDPOINTS = ("s3", "dynamodb")
"""Both cost nothing and keep the traffic off NAT; image layers come from S3."""
_ANYWHERE = "0.0.0.0/0"


class Network(pulumi.ComponentResource):
    """A VPC with a public and a private subnet in each zone."""

    vpc_id: pulumi.Output[str]
    """Id of the VPC."""
    public_subnet_ids: pulumi.Output[Sequence[str]]
    """Ids of the public subnets, in the order of the zones."""
    private_subnet_ids: pulumi.Output[Sequence[str]]
    """Ids of the private subnets, in the order of the zones."""

    def __init__(
        self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        owner = f"Network '{name}'"
        check_keys(owner, args, NetworkArgs)
        named = zones.named(owner, args)
        count = len(named) if named else zones.count(owner, args)
        self._nat = checks.one_of(owner, "nat", args.get("nat") or DEFAULT_NAT, NAT_MODES)
        layout = plan(
            owner,
            args.get("cidr") or DEFAULT_CIDR,
            count,
            args.get("public_subnet_cidrs"),
            args.get("private_subnet_cidrs"),
        )
        super().__init__("slipway:index:Network", name, None, opts)
        self._prefix = name
        self._tags = tags.merged("Network", name, args.get("tags"))
        self._child = pulumi.ResourceOptions(parent=self)

        self._vpc = ec2.Vpc(
            name,
            cidr_block=str(layout.vpc),
            # Interface endpoints and private DNS names resolve only with both.
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags=self._named(name),
            opts=self._child,
        )
        ec2.DefaultSecurityGroup(
            f"{name}-default",
            vpc_id=self._vpc.id,
            ingress=[],
            egress=[],
            tags=self._named(f"{name}-default"),
            opts=self._child,
        )
        internet = ec2.InternetGateway(
            f"{name}-internet", vpc_id=self._vpc.id, tags=self._named(name), opts=self._child
        )
        # Where AWS chose the zones, one that it opens later must not replace subnets.
        frozen = [] if named else ["availabilityZone"]
        places: Sequence[pulumi.Input[str]] = named or zones.first(owner, count, self)
        public = [
            self._subnet(f"{name}-public-{number}", place, str(block), "elb", frozen)
            for number, (place, block) in enumerate(zip(places, layout.public, strict=True), 1)
        ]
        private = [
            self._subnet(f"{name}-private-{number}", place, str(block), "internal-elb", frozen)
            for number, (place, block) in enumerate(zip(places, layout.private, strict=True), 1)
        ]
        public_table = self._route_table(f"{name}-public")
        way_out = ec2.Route(
            f"{name}-public-internet",
            route_table_id=public_table.id,
            destination_cidr_block=_ANYWHERE,
            gateway_id=internet.id,
            opts=self._child,
        )
        # One a zone whatever the NAT mode, so that changing the mode changes routes only.
        private_tables = [
            self._route_table(f"{name}-private-{number}") for number in range(1, count + 1)
        ]
        nat_routes = self._translate(public, private_tables, internet)
        self._endpoints([public_table, *private_tables])

        self._public_ids = [
            self._ready(f"{name}-public-{number}", subnet, public_table, [way_out])
            for number, subnet in enumerate(public, 1)
        ]
        self._private_ids = [
            self._ready(f"{name}-private-{number}", subnet, table, nat_routes[number - 1 : number])
            for number, (subnet, table) in enumerate(zip(private, private_tables, strict=True), 1)
        ]
        self.vpc_id = self._vpc.id
        self.public_subnet_ids = pulumi.Output.all(*self._public_ids)
        self.private_subnet_ids = pulumi.Output.all(*self._private_ids)
        self.register_outputs(
            {
                "vpc_id": self.vpc_id,
                "public_subnet_ids": self.public_subnet_ids,
                "private_subnet_ids": self.private_subnet_ids,
            }
        )

    @property
    def placement(self) -> Placement:
        """What a service needs to know to run here."""
        return Placement(
            vpc_id=self.vpc_id,
            public_subnet_ids=self._public_ids,
            private_subnet_ids=self._private_ids,
            nat=self._nat,
        )

    def _named(self, name: str) -> dict[str, pulumi.Input[str]]:
        # The console shows the Name tag, and nothing but ids without one.
        return {"Name": name, **self._tags}

    def _subnet(
        self, name: str, zone: pulumi.Input[str], cidr: str, role: str, frozen: list[str]
    ) -> "ec2.Subnet":
        return ec2.Subnet(
            name,
            vpc_id=self._vpc.id,
            cidr_block=cidr,
            availability_zone=zone,
            # The AWS Load Balancer Controller of Kubernetes finds subnets by these tags alone.
            tags={f"kubernetes.io/role/{role}": "1", **self._named(name)},
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=frozen),
        )

    def _route_table(self, name: str) -> "ec2.RouteTable":
        return ec2.RouteTable(
            f"{name}-routes", vpc_id=self._vpc.id, tags=self._named(name), opts=self._child
        )

    def _translate(
        self,
        public: "Sequence[ec2.Subnet]",
        private_tables: "Sequence[ec2.RouteTable]",
        internet: "ec2.InternetGateway",
    ) -> "list[ec2.Route]":
        """NAT gateways, as many as the mode says, and a route through one for each zone."""
        if self._nat == "none":
            return []
        gateways = []
        for number, subnet in enumerate(public if self._nat == "per_zone" else public[:1], 1):
            name = f"{self._prefix}-nat-{number}"
            address = ec2.Eip(
                f"{name}-address", domain="vpc", tags=self._named(name), opts=self._child
            )
            gateways.append(
                ec2.NatGateway(
                    name,
                    allocation_id=address.id,
                    subnet_id=subnet.id,
                    tags=self._named(name),
                    # Without a way out the gateway is made and fails.
                    opts=pulumi.ResourceOptions(parent=self, depends_on=[internet]),
                )
            )
        return [
            ec2.Route(
                f"{self._prefix}-private-{index + 1}-nat",
                route_table_id=table.id,
                destination_cidr_block=_ANYWHERE,
                nat_gateway_id=gateways[min(index, len(gateways) - 1)].id,
                opts=self._child,
            )
            for index, table in enumerate(private_tables)
        ]

    def _endpoints(self, tables: "Sequence[ec2.RouteTable]") -> None:
        region = get_region_output(opts=pulumi.InvokeOutputOptions(parent=self)).region
        for service in GATEWAY_ENDPOINTS:
            name = f"{self._prefix}-{service}"
            ec2.VpcEndpoint(
                name,
                vpc_id=self._vpc.id,
                service_name=pulumi.Output.concat("com.amazonaws.", region, ".", service),
                vpc_endpoint_type="Gateway",
                route_table_ids=[table.id for table in tables],
                tags=self._named(name),
                opts=self._child,
            )

    def _ready(
        self,
        name: str,
        subnet: "ec2.Subnet",
        table: "ec2.RouteTable",
        routes: "Sequence[ec2.Route]",
    ) -> pulumi.Output[str]:
        """Attach ``table`` to ``subnet``; the subnet's id, for those who need its routes."""
        association = ec2.RouteTableAssociation(
            f"{name}-association",
            route_table_id=table.id,
            subnet_id=subnet.id,
            opts=self._child,
        )
        # A task that starts before the route cannot fetch its image. URNs, unlike ids, are known
        # on every preview: a new route does not make the id of an old subnet unknown.
        needed = [association.urn, *(route.urn for route in routes)]
        return pulumi.Output.all(subnet.id, *needed).apply(lambda known: str(known[0]))
