"""What a caller of Network writes, and what a service that runs in one needs to know."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi


class NetworkArgs(TypedDict):
    """Settings of a Network."""

    cidr: NotRequired[str]
    """IPv4 range of the VPC, /16 to /23 (to /28 with both lists of subnets given). Default
    ``10.0.0.0/16``, the largest. It cannot be changed without replacing everything in it, so
    keep it apart from networks that are to be connected one day."""
    zones: NotRequired[Sequence[str]]
    """Names of the availability zones, 1 to 6, such as ``["us-east-1a", "us-east-1b"]``. The
    order places the subnets: append only. By default the region's first ones that need no
    opt-in."""
    zone_count: NotRequired[int]
    """How many zones where ``zones`` does not name them, 1 to 6. Default 2: one can fail, and
    a load balancer needs two. Raising it moves no subnet."""
    nat: NotRequired[str]
    """How private subnets reach the internet. ``none`` (default): not at all, and what needs it
    runs in the public subnets. ``single``: one NAT gateway for all zones, about 33 USD a month
    and 0.045 USD a GB; its zone takes all others down with it. ``per_zone``: one in each zone,
    that price each. (us-east-1 list prices of 2025: 0.045 USD an hour, and 0.005 USD an hour
    for the public address.)"""
    public_subnet_cidrs: NotRequired[Sequence[str]]
    """Ranges of the public subnets, one a zone, /27 or larger. By default a sixteenth of
    ``cidr`` each."""
    private_subnet_cidrs: NotRequired[Sequence[str]]
    """Ranges of the private subnets, one a zone, /28 or larger. By default a sixteenth of
    ``cidr`` each."""
    tags: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Tags of everything in the network, over the component's own. None by default."""


class Placement(TypedDict):
    """Where things run: a Network's, or that of a VPC which somebody else made."""

    vpc_id: pulumi.Input[str]
    """Id of the VPC."""
    public_subnet_ids: Sequence[pulumi.Input[str]]
    """Ids of the subnets with a route to the internet, one a zone."""
    private_subnet_ids: Sequence[pulumi.Input[str]]
    """Ids of the subnets without one, or with one through NAT."""
    nat: NotRequired[str]
    """``none`` (default), ``single`` or ``per_zone``. With ``none`` tasks run in the public
    subnets and get a public address, or they could not fetch their image."""
