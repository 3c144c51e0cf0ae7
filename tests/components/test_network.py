"""Network: where subnets lie, what is made, and the mistakes that it refuses."""

from ipaddress import IPv4Network
from itertools import combinations
from typing import Any

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_aws import ec2

from components import Network
from components.network.addresses import plan
from components.testing import UNKNOWN, Deployment, Resource, deploy

SUBNET = "aws:ec2/subnet:Subnet"
ROUTE = "aws:ec2/route:Route"
NAT = "aws:ec2/natGateway:NatGateway"
ZONES = "aws:index/getAvailabilityZones:getAvailabilityZones"


def network(*, known: bool = True, **args: Any) -> Deployment:
    return deploy(lambda: Network("shop", args), known=known)  # type: ignore[arg-type]  # any mistake


def subnets(deployment: Deployment) -> dict[str, Resource]:
    return {subnet.name: subnet for subnet in deployment.of(SUBNET)}


# ---- addresses -----------------------------------------------------------------------------

VPCS = st.builds(
    lambda prefix, address: IPv4Network((address, prefix), strict=False),
    st.integers(16, 23),
    st.integers(0, 2**32 - 1),
)


@given(VPCS, st.integers(1, 6))
def test_subnets_never_overlap_stay_inside_and_hold_a_load_balancer(
    vpc: IPv4Network, zones: int
) -> None:
    layout = plan("Network 'shop'", str(vpc), zones)
    all_subnets = [*layout.public, *layout.private]
    assert len(layout.public) == len(layout.private) == zones
    assert all(subnet.subnet_of(vpc) and subnet.prefixlen <= 27 for subnet in all_subnets)
    assert not any(a.overlaps(b) for a, b in combinations(all_subnets, 2))


@given(VPCS, st.integers(1, 5))
def test_a_zone_more_moves_no_subnet(vpc: IPv4Network, zones: int) -> None:
    before = plan("Network 'shop'", str(vpc), zones)
    after = plan("Network 'shop'", str(vpc), zones + 1)
    assert after.public[:zones] == before.public
    assert after.private[:zones] == before.private


# ---- what is made --------------------------------------------------------------------------


def test_by_default_two_zones_have_a_public_and_a_private_subnet_each() -> None:
    found = {
        name: (subnet.inputs["cidrBlock"], subnet.inputs["availabilityZone"])
        for name, subnet in subnets(network()).items()
    }
    assert found == {
        "shop-public-1": ("10.0.128.0/20", "us-east-1a"),
        "shop-public-2": ("10.0.144.0/20", "us-east-1b"),
        "shop-private-1": ("10.0.0.0/20", "us-east-1a"),
        "shop-private-2": ("10.0.16.0/20", "us-east-1b"),
    }


def test_the_vpc_resolves_names() -> None:
    vpc = network(cidr="10.9.0.0/16").one("aws:ec2/vpc:Vpc")
    assert vpc.inputs["cidrBlock"] == "10.9.0.0/16"
    assert vpc.inputs["enableDnsSupport"] is True
    assert vpc.inputs["enableDnsHostnames"] is True


def test_outputs_and_placement_name_the_subnets_in_the_order_of_the_zones() -> None:
    def program() -> Any:
        made = Network("shop", {"nat": "single"})
        return [made, made.placement]

    outputs, placement = deploy(program).result
    assert outputs["vpc_id"] == placement["vpc_id"] == "shop-id"
    for kind in ("public", "private"):
        ids = [f"shop-{kind}-1-id", f"shop-{kind}-2-id"]
        assert outputs[f"{kind}_subnet_ids"] == placement[f"{kind}_subnet_ids"] == ids
    assert placement["nat"] == "single"


def test_what_runs_in_a_subnet_waits_for_its_routes() -> None:
    def program() -> None:
        placement = Network("shop", {"nat": "single"}).placement
        for kind in ("public", "private"):
            ids: Any = placement[f"{kind}_subnet_ids"]  # type: ignore[literal-required]
            ec2.NetworkInterface(kind, subnet_id=ids[1])

    deployment = deploy(program)
    needed = {
        name: deployment.one("aws:ec2/networkInterface:NetworkInterface", name).depends_on
        for name in ("public", "private")
    }
    association = "aws:ec2/routeTableAssociation:RouteTableAssociation"
    for kind, route in (("public", "shop-public-internet"), ("private", "shop-private-2-nat")):
        assert deployment.one(ROUTE, route).urn in needed[kind]
        assert deployment.one(association, f"shop-{kind}-2-association").urn in needed[kind]


def test_load_balancers_find_their_subnets_by_role() -> None:
    found = subnets(network())
    assert found["shop-public-1"].inputs["tags"]["kubernetes.io/role/elb"] == "1"
    assert found["shop-private-1"].inputs["tags"]["kubernetes.io/role/internal-elb"] == "1"


def test_public_subnets_lead_to_the_internet() -> None:
    deployment = network()
    assert deployment.one(ROUTE, "shop-public-internet").inputs == {
        "routeTableId": "shop-public-routes-id",
        "destinationCidrBlock": "0.0.0.0/0",
        "gatewayId": "shop-internet-id",
    }
    associations = deployment.of("aws:ec2/routeTableAssociation:RouteTableAssociation")
    assert {(a.inputs["subnetId"], a.inputs["routeTableId"]) for a in associations} == {
        ("shop-public-1-id", "shop-public-routes-id"),
        ("shop-public-2-id", "shop-public-routes-id"),
        ("shop-private-1-id", "shop-private-1-routes-id"),
        ("shop-private-2-id", "shop-private-2-routes-id"),
    }


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(("mode", "gateways"), [("none", 0), ("single", 1), ("per_zone", 3)])
def test_there_are_as_many_nat_gateways_as_asked_for(mode: str, gateways: int, known: bool) -> None:
    deployment = network(nat=mode, zone_count=3, known=known)
    assert len(deployment.of(NAT)) == len(deployment.of("aws:ec2/eip:Eip")) == gateways
    assert len(deployment.of(ROUTE)) == (1 if mode == "none" else 4)


def test_each_zone_uses_its_own_gateway_or_the_only_one() -> None:
    def used(mode: str) -> list[Any]:
        routes = network(nat=mode).of(ROUTE)
        return [r.inputs["natGatewayId"] for r in routes if "natGatewayId" in r.inputs]

    assert used("single") == ["shop-nat-1-id"] * 2
    assert used("per_zone") == ["shop-nat-1-id", "shop-nat-2-id"]


def test_a_nat_gateway_stands_in_a_public_subnet_behind_the_internet_gateway() -> None:
    deployment = network(nat="single")
    gateway = deployment.one(NAT)
    assert gateway.inputs["subnetId"] == "shop-public-1-id"
    assert deployment.one("aws:ec2/internetGateway:InternetGateway").urn in gateway.depends_on


def test_s3_and_dynamodb_are_reached_without_nat_from_every_subnet() -> None:
    endpoints = network().of("aws:ec2/vpcEndpoint:VpcEndpoint")
    assert {endpoint.inputs["serviceName"] for endpoint in endpoints} == {
        "com.amazonaws.us-east-1.s3",
        "com.amazonaws.us-east-1.dynamodb",
    }
    for endpoint in endpoints:
        assert endpoint.inputs["vpcEndpointType"] == "Gateway"
        assert endpoint.inputs["routeTableIds"] == [
            "shop-public-routes-id",
            "shop-private-1-routes-id",
            "shop-private-2-routes-id",
        ]


def test_the_default_security_group_lets_nothing_in_or_out() -> None:
    group = network().one("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
    assert (group.inputs["ingress"], group.inputs["egress"]) == ([], [])


def test_named_zones_are_taken_as_they_are_and_need_no_call() -> None:
    def answer(args: Any) -> Any:
        raise AssertionError("asked for zones")

    deployment = deploy(
        lambda: Network("shop", {"zones": ["eu-west-1c", "eu-west-1a"]}), invokes={ZONES: answer}
    )
    found = subnets(deployment)
    assert found["shop-public-1"].inputs["availabilityZone"] == "eu-west-1c"
    assert found["shop-private-2"].inputs["availabilityZone"] == "eu-west-1a"
    assert found["shop-public-1"].ignore_changes == ()


def test_chosen_zones_need_no_opt_in_are_sorted_and_never_replace_a_subnet() -> None:
    asked: list[Any] = []

    def answer(args: Any) -> Any:
        asked.append(args)
        return {"names": ["xx-b-1b", "xx-b-1a", "xx-b-1c"]}

    found = subnets(deploy(lambda: Network("shop", {}), invokes={ZONES: answer}))
    assert asked[0]["state"] == "available"
    assert asked[0]["filters"] == [{"name": "opt-in-status", "values": ["opt-in-not-required"]}]
    assert found["shop-public-1"].inputs["availabilityZone"] == "xx-b-1a"
    assert found["shop-public-1"].ignore_changes == ("availabilityZone",)


def test_a_region_with_fewer_zones_is_said_to_be_so() -> None:
    def answer(args: Any) -> Any:
        return {"names": ["us-west-1b", "us-west-1a"]}

    with pytest.raises(
        ValueError, match=r"zone_count=3 is not valid. Allowed: 1 to 2, .*us-west-1a"
    ):
        deploy(lambda: Network("shop", {"zone_count": 3}), invokes={ZONES: answer})


def test_chosen_subnets_are_taken() -> None:
    found = subnets(
        network(
            cidr="10.0.0.0/24",
            zone_count=2.0,
            public_subnet_cidrs=["10.0.0.0/27", "10.0.0.32/27"],
            private_subnet_cidrs=["10.0.0.64/28", "10.0.0.80/28"],
        )
    )
    assert found["shop-private-2"].inputs["cidrBlock"] == "10.0.0.80/28"


def test_a_first_preview_shows_the_same_resources() -> None:
    def shape(known: bool) -> list[tuple[str, str]]:
        return [(item.type, item.name) for item in network(nat="per_zone", known=known).resources]

    assert shape(known=False) == shape(known=True)
    result = network(known=False).result
    assert result["vpc_id"] is UNKNOWN
    assert result["public_subnet_ids"] is UNKNOWN


@pytest.mark.parametrize("known", [True, False])
def test_every_child_belongs_to_the_network_and_carries_its_name(known: bool) -> None:
    deployment = network(nat="per_zone", known=known)
    component = deployment.one("slipway:index:Network")
    children = deployment.children(component)
    assert len(children) == len(deployment.resources) - 1
    for child in children:
        assert "slipway:index:Network$" in child.urn
        assert child.name == "shop" or child.name.startswith("shop-")


UNTAGGABLE = {ROUTE, "aws:ec2/routeTableAssociation:RouteTableAssociation"}


def test_everything_that_takes_tags_has_the_components_and_the_callers() -> None:
    deployment = network(nat="single", tags={"team": "web"})
    children = deployment.children(deployment.one("slipway:index:Network"))
    assert {child.type for child in children if "tags" not in child.inputs} == UNTAGGABLE
    for child in children:
        if child.type not in UNTAGGABLE:
            tags = child.inputs["tags"]
            assert tags["slipway:component"] == "Network/shop"
            assert tags["team"] == "web"
            assert tags["Name"].startswith("shop")


def test_what_is_registered_is_what_is_declared() -> None:
    registered = network().one("slipway:index:Network").outputs
    assert set(registered) == set(Network.__annotations__)


# ---- mistakes ------------------------------------------------------------------------------

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"cdir": "10.0.0.0/16"}, "unknown argument 'cdir'. Did you mean 'cidr'?"),
    ({"cidr": "10.0.0.0"}, "cidr='10.0.0.0' is not valid. Allowed: an IPv4 range such as"),
    ({"cidr": "10.0.0/16"}, "cidr='10.0.0/16' is not valid"),
    ({"cidr": "10.0.0.300/16"}, "cidr='10.0.0.300/16' is not valid"),
    ({"cidr": "10.0.0.1/16"}, "the first address of its range. Nearest: '10.0.0.0/16'."),
    ({"cidr": "fd00::/64"}, "IPv6 ranges are assigned by AWS"),
    ({"cidr": "10.0.0.0/8"}, "a range from /16 to /28. Nearest: 10.0.0.0/16."),
    ({"cidr": "10.0.0.0/29"}, "a range from /16 to /28. Nearest: 10.0.0.0/23."),
    ({"cidr": "10.0.0.0/24"}, "cidr='10.0.0.0/24' is not valid. Allowed: /16 to /23: each subnet"),
    ({"cidr": "10.0.1.0/24"}, "Nearest: '10.0.0.0/23'. Or give public_subnet_cidrs"),
    (
        {"zone_count": 0},
        "zone_count=0 is not valid. Allowed: whole numbers from 1 to 6. Nearest: 1",
    ),
    (
        {"zone_count": 7},
        "zone_count=7 is not valid. Allowed: whole numbers from 1 to 6. Nearest: 6",
    ),
    ({"zones": []}, "zones=[] is not valid. Allowed: 1 to 6 different zone names"),
    ({"zones": ["us-east-1a"] * 2}, "Name each zone once."),
    ({"zones": ["us-east-1"]}, "zones[0]='us-east-1' is not valid"),
    ({"zones": ["us-east-1a"], "zone_count": 2}, "zone_count=2 contradicts zones, which names 1."),
    (
        {"nat": "singel"},
        "nat='singel' is not valid. Allowed: 'none', 'single', 'per_zone'. Did you",
    ),
    (
        {"public_subnet_cidrs": ["10.0.0.0/24"]},
        "Allowed: one range a zone, 2 here. It has 1.",
    ),
    (
        {"zone_count": 1, "public_subnet_cidrs": ["10.1.0.0/24"]},
        "public_subnet_cidrs[0]='10.1.0.0/24' is not valid. Allowed: ranges inside the VPC's cidr "
        "10.0.0.0/16.",
    ),
    (
        {"zone_count": 1, "public_subnet_cidrs": ["10.0.0.0/28"]},
        "public_subnet_cidrs[0]='10.0.0.0/28' is not valid. Allowed: /27 or larger. Nearest: "
        "'10.0.0.0/27'.",
    ),
    (
        {"zone_count": 1, "private_subnet_cidrs": ["10.0.0.0/29"]},
        "private_subnet_cidrs[0]='10.0.0.0/29' is not valid. Allowed: /28 or larger.",
    ),
    (
        {"public_subnet_cidrs": ["10.0.200.0/24", "10.0.200.128/25"]},
        "public_subnet_cidrs[0] (10.0.200.0/24) overlaps public_subnet_cidrs[1] (10.0.200.128/25)",
    ),
    (
        {"zone_count": 1, "public_subnet_cidrs": ["10.0.1.0/24"]},
        "public_subnet_cidrs[0] (10.0.1.0/24) overlaps private_subnet_cidrs[0] (10.0.0.0/20)",
    ),
    (
        {"zone_count": 1, "public_subnet_cidrs": ["10.0.0.5/24"]},
        "public_subnet_cidrs[0]='10.0.0.5/24' is not valid. Allowed: the first address",
    ),
]


@pytest.mark.parametrize(("args", "message"), REFUSED)
def test_a_mistake_is_answered_before_anything_is_made(args: dict[str, Any], message: str) -> None:
    made: list[Deployment] = []
    caught: list[ValueError] = []

    def program() -> None:
        try:
            Network("shop", args)  # type: ignore[arg-type]  # the mistake
        except ValueError as error:
            caught.append(error)

    made.append(deploy(program))
    assert caught, "nothing was refused"
    assert message in str(caught[0])
    assert str(caught[0]).startswith("Network 'shop': ")
    assert made[0].resources == ()


def test_the_callers_options_reach_the_network_alone() -> None:
    def program() -> None:
        Network("shop", {}, pulumi.ResourceOptions(protect=True))

    deployment = deploy(program)
    assert deployment.one("slipway:index:Network").protect
