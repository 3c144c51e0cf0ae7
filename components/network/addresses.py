"""Where the subnets of a network lie: arithmetic and checks, no resources.

The layout by default cuts the VPC into 16 equal blocks and never moves one:

- zone ``i`` (from 0) has block ``i`` for its private subnet and block ``8 + i`` for its
  public one;
- blocks 6, 7, 14 and 15 stay free.

A zone that is added later takes blocks that nobody had, so existing subnets stay where they
are. In a /16 each subnet has 4,091 usable addresses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, ip_network

from ..errors import invalid

MAX_ZONES = 6
"""us-east-1 has the most zones of all regions: six."""
LARGEST_VPC = 16
SMALLEST_VPC = 28
"""What a VPC may span (Amazon VPC user guide, "VPC CIDR blocks")."""
SMALLEST_PUBLIC = 27
"""A load balancer wants a /27 with 8 free addresses in each of its subnets (Elastic Load
Balancing user guide, "Subnets for your load balancer")."""
SMALLEST_PRIVATE = 28
_BITS = 4
_FIRST_PUBLIC = 8
SMALLEST_DIVISIBLE = SMALLEST_PUBLIC - _BITS
"""The smallest VPC whose sixteenth still holds a load balancer."""


@dataclass(frozen=True)
class Layout:
    """The address ranges of one network; public and private by zone, in the order of zones."""

    vpc: IPv4Network
    public: tuple[IPv4Network, ...]
    private: tuple[IPv4Network, ...]


def plan(
    owner: str,
    cidr: str,
    zones: int,
    public: Sequence[str] | None = None,
    private: Sequence[str] | None = None,
) -> Layout:
    """The layout for ``zones`` zones, or for the subnets that the caller chose.

    Args:
        owner: class and name of the component, for the messages.
        cidr: range of the VPC.
        zones: number of zones, already checked.
        public: ranges of the public subnets, one a zone; by the layout unless given.
        private: ranges of the private subnets, likewise.

    Raises:
        ValueError: a range is malformed, too large, too small, outside the VPC or overlaps
            another; names the field, the range and a good one.
    """
    vpc = _parse(owner, "cidr", cidr)
    if not LARGEST_VPC <= vpc.prefixlen <= SMALLEST_VPC:
        good = LARGEST_VPC if vpc.prefixlen < LARGEST_VPC else SMALLEST_DIVISIBLE
        raise invalid(
            owner,
            "cidr",
            cidr,
            f"a range from /{LARGEST_VPC} to /{SMALLEST_VPC}",
            f"Nearest: {IPv4Network((vpc.network_address, good), strict=False)}.",
        )
    ranges: dict[str, tuple[IPv4Network, ...]] = {}
    for field, given, first, smallest in (
        ("public_subnet_cidrs", public, _FIRST_PUBLIC, SMALLEST_PUBLIC),
        ("private_subnet_cidrs", private, 0, SMALLEST_PRIVATE),
    ):
        if given is None:
            ranges[field] = _blocks(owner, vpc, first, zones)
        else:
            ranges[field] = _chosen(owner, field, given, zones, vpc, smallest)
    _refuse_overlaps(owner, ranges)
    return Layout(vpc, ranges["public_subnet_cidrs"], ranges["private_subnet_cidrs"])


def _parse(owner: str, field: str, text: object) -> IPv4Network:
    example = "an IPv4 range such as '10.0.0.0/16'"
    if not isinstance(text, str) or text.count("/") != 1:
        raise invalid(owner, field, text, example, "Write the first address, '/' and the bits.")
    try:
        return IPv4Network(text)
    except ValueError:
        pass
    try:
        lenient = ip_network(text, strict=False)
    except ValueError as error:
        raise invalid(owner, field, text, example, f"It says: {error}.") from None
    if isinstance(lenient, IPv4Network):
        raise invalid(
            owner, field, text, "the first address of its range", f"Nearest: '{lenient}'."
        )
    raise invalid(owner, field, text, example, "IPv6 ranges are assigned by AWS, not chosen.")


def _blocks(owner: str, vpc: IPv4Network, first: int, zones: int) -> tuple[IPv4Network, ...]:
    if vpc.prefixlen > SMALLEST_DIVISIBLE:
        good = IPv4Network((vpc.network_address, SMALLEST_DIVISIBLE), strict=False)
        raise invalid(
            owner,
            "cidr",
            str(vpc),
            f"/{LARGEST_VPC} to /{SMALLEST_DIVISIBLE}: each subnet is a sixteenth of it, and a "
            f"load balancer needs a /{SMALLEST_PUBLIC}",
            f"Nearest: '{good}'. Or give public_subnet_cidrs and private_subnet_cidrs.",
        )
    return tuple(vpc.subnets(prefixlen_diff=_BITS))[first : first + zones]


def _chosen(
    owner: str,
    field: str,
    given: Sequence[str],
    zones: int,
    vpc: IPv4Network,
    smallest: int,
) -> tuple[IPv4Network, ...]:
    if len(given) != zones:
        raise invalid(
            owner, field, list(given), f"one range a zone, {zones} here", f"It has {len(given)}."
        )
    chosen = []
    for index, text in enumerate(given):
        place = f"{field}[{index}]"
        subnet = _parse(owner, place, text)
        if not subnet.subnet_of(vpc):
            raise invalid(
                owner, place, text, f"ranges inside the VPC's cidr {vpc}", "Move it inside."
            )
        if subnet.prefixlen > smallest:
            good = IPv4Network((subnet.network_address, smallest), strict=False)
            raise invalid(owner, place, text, f"/{smallest} or larger", f"Nearest: '{good}'.")
        chosen.append(subnet)
    return tuple(chosen)


def _refuse_overlaps(owner: str, ranges: dict[str, tuple[IPv4Network, ...]]) -> None:
    named = [
        (f"{field}[{index}]", subnet)
        for field, subnets in ranges.items()
        for index, subnet in enumerate(subnets)
    ]
    for position, (field, subnet) in enumerate(named):
        for other_field, other in named[position + 1 :]:
            if subnet.overlaps(other):
                raise ValueError(
                    f"{owner}: {field} ({subnet}) overlaps {other_field} ({other}). Give each "
                    "subnet addresses of its own; ranges chosen for one kind only must also keep "
                    "clear of the default layout of the other."
                )
