"""Functions of ``aws`` itself: where the program is and who it is."""

from collections.abc import Mapping
from typing import Any

from .base import Context


def _region(context: Context, args: Mapping[str, Any]) -> dict[str, Any]:
    name = args.get("region") or args.get("name") or context.region
    return {
        "id": name,
        "name": name,
        "region": name,
        "endpoint": f"ec2.{name}.amazonaws.com",
        "description": f"{name} (embedded)",
    }


def _identity(context: Context, _args: Mapping[str, Any]) -> dict[str, Any]:
    caller = context.client("sts").get_caller_identity()
    return {
        "id": caller["Account"],
        "accountId": caller["Account"],
        "arn": caller["Arn"],
        "userId": caller["UserId"],
    }


def _partition(_context: Context, _args: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": "aws",
        "partition": "aws",
        "dnsSuffix": "amazonaws.com",
        "reverseDnsPrefix": "com.amazonaws",
    }


_ZONE_FILTERS = {
    "opt-in-status": "OptInStatus",
    "region-name": "RegionName",
    "state": "State",
    "zone-id": "ZoneId",
    "zone-name": "ZoneName",
    "zone-type": "ZoneType",
}


def _zones(context: Context, args: Mapping[str, Any]) -> dict[str, Any]:
    """Zones in the given ``state`` that pass the ``filters``; the emulator filters nothing."""
    known = {"state", "filters", "region"}
    unknown = sorted(key for key, value in args.items() if key not in known and value is not None)
    if unknown:
        raise ValueError(f"getAvailabilityZones: the sandbox cannot honour {', '.join(unknown)}.")
    wanted = {"State": [args.get("state") or "available"]}
    for item in args.get("filters") or ():
        if item["name"] not in _ZONE_FILTERS:
            raise ValueError(
                f"getAvailabilityZones: the sandbox cannot honour the filter '{item['name']}'. "
                f"It knows {', '.join(_ZONE_FILTERS)}."
            )
        wanted[_ZONE_FILTERS[item["name"]]] = list(item["values"])
    found = context.client("ec2").describe_availability_zones()["AvailabilityZones"]
    zones = sorted(
        (
            zone
            for zone in found
            if all(zone.get(field) in values for field, values in wanted.items())
        ),
        key=lambda zone: str(zone["ZoneName"]),
    )
    return {
        "id": context.region,
        "names": [zone["ZoneName"] for zone in zones],
        "zoneIds": [zone["ZoneId"] for zone in zones],
        "groupNames": [context.region] if zones else [],
    }


INVOKES = {
    "aws:index/getRegion:getRegion": _region,
    "aws:index/getCallerIdentity:getCallerIdentity": _identity,
    "aws:index/getPartition:getPartition": _partition,
    "aws:index/getAvailabilityZones:getAvailabilityZones": _zones,
}
