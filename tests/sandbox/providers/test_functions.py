"""The functions of aws that a program may ask."""

import base64
from typing import Any

import pytest

from .world import World

pytestmark = pytest.mark.sandbox


def _ask(world: World, token: str, **args: Any) -> dict[str, Any]:
    return world.registry.invoke(token)(world.context, args)


def test_a_program_learns_where_it_is_and_who_it_is(world: World) -> None:
    region = _ask(world, "aws:index/getRegion:getRegion")
    assert (region["name"], region["region"]) == ("us-east-1", "us-east-1")
    assert _ask(world, "aws:index/getPartition:getPartition")["partition"] == "aws"
    caller = _ask(world, "aws:index/getCallerIdentity:getCallerIdentity")
    assert caller["accountId"] == "123456789012"
    assert caller["arn"].startswith("arn:aws:")


def test_zones_are_sorted_and_filters_nobody_honours_are_refused(world: World) -> None:
    token = "aws:index/getAvailabilityZones:getAvailabilityZones"
    zones = _ask(world, token, state="available")
    assert zones["names"][:2] == ["us-east-1a", "us-east-1b"]
    assert len(zones["names"]) == len(zones["zoneIds"])
    assert _ask(world, token, state="impaired")["names"] == []
    with pytest.raises(ValueError, match="cannot honour excludeNames"):
        _ask(world, token, excludeNames=["us-east-1a"])


def test_a_program_gets_credentials_for_the_registry(world: World) -> None:
    token = _ask(world, "aws:ecr/getAuthorizationToken:getAuthorizationToken")
    assert token["userName"] == "AWS"
    pair = base64.b64decode(token["authorizationToken"]).decode()
    assert pair == f"AWS:{token['password']}"
    credentials = _ask(world, "aws:ecr/getCredentials:getCredentials", registryId="123456789012")
    assert credentials["authorizationToken"]


@pytest.mark.parametrize("by", ["name", "zoneId"])
def test_a_zone_is_found_by_name_and_by_id(world: World, by: str) -> None:
    wanted = {"name": "world.example.com.", "zoneId": world.zone}[by]
    found = _ask(world, "aws:route53/getZone:getZone", **{by: wanted})
    assert (found["zoneId"], found["name"]) == (world.zone, "world.example.com")
    assert found["nameServers"]


def test_a_zone_that_is_not_there_is_an_error(world: World) -> None:
    with pytest.raises(ValueError, match="no hosted zone matches"):
        _ask(world, "aws:route53/getZone:getZone", name="none.example.com")
