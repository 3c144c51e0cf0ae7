"""Which availability zones a network spans: named by the caller, or the region's first ones."""

import re
from collections.abc import Sequence
from functools import partial

import pulumi
from pulumi_aws import get_availability_zones_output

from .. import checks
from ..errors import invalid
from .addresses import MAX_ZONES
from .args import NetworkArgs

DEFAULT_ZONES = 2
"""The fewest in which one can fail; a load balancer wants two as well."""

_ZONE = re.compile(r"[a-z]{2}(-[a-z]+)+-\d([a-z]|(-[a-z]+)+-\d[a-z])")


def named(owner: str, args: NetworkArgs) -> list[str]:
    """The zones that the caller names; empty when AWS is to choose."""
    zones = args.get("zones")
    if zones is None:
        return []
    names = list(zones)
    allowed = f"1 to {MAX_ZONES} different zone names such as 'us-east-1a'"
    if not 1 <= len(names) <= MAX_ZONES or len(set(names)) != len(names):
        raise invalid(owner, "zones", names, allowed, "Name each zone once.")
    for index, name in enumerate(names):
        if not _ZONE.fullmatch(name):
            raise invalid(
                owner,
                f"zones[{index}]",
                name,
                allowed,
                "'aws ec2 describe-availability-zones' lists them.",
            )
    number = args.get("zone_count")
    if number is not None and number != len(names):
        raise ValueError(
            f"{owner}: zone_count={number:g} contradicts zones, which names {len(names)}. "
            "Remove zone_count."
        )
    return names


def count(owner: str, args: NetworkArgs) -> int:
    """How many zones AWS is to choose."""
    given = args.get("zone_count")
    return checks.integer(
        owner, "zone_count", DEFAULT_ZONES if given is None else given, 1, MAX_ZONES
    )


def first(owner: str, number: int, parent: pulumi.Resource) -> list[pulumi.Output[str]]:
    """The first ``number`` zones of the region, by name, that need no opt-in.

    Raises:
        ValueError: when the outputs resolve, if the region has fewer.
    """
    zones = get_availability_zones_output(
        state="available",
        filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}],
        opts=pulumi.InvokeOutputOptions(parent=parent),
    )

    def pick(names: Sequence[str], index: int) -> str:
        if index >= len(names):
            raise invalid(
                owner,
                "zone_count",
                number,
                f"1 to {len(names)}, the zones of this region",
                f"It has {', '.join(sorted(names))}.",
            )
        return sorted(names)[index]

    return [zones.names.apply(partial(pick, index=index)) for index in range(number)]
