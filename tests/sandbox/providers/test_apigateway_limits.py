"""API keys, usage plans and throttling: who is let in, and how often."""

from typing import Any

import pytest

from .apis import Served, call, document, function, proxy, serve
from .world import World

pytestmark = pytest.mark.sandbox
KEYED = {
    "components": {
        "securitySchemes": {"key": {"type": "apiKey", "name": "x-api-key", "in": "header"}}
    }
}
PLAN = "aws:apigateway/usagePlan:UsagePlan"
KEY = "aws:apigateway/apiKey:ApiKey"
SETTINGS = "aws:apigateway/methodSettings:MethodSettings"


def _keyed(world: World) -> Served:
    echo = proxy(function(world))
    paths = {"/open": {"get": echo}, "/status": {"get": {**echo, "security": [{"key": []}]}}}
    return serve(world, document(paths, **KEYED))


def _plan(world: World, api: Served, **more: Any) -> tuple[dict[str, str], Any]:
    """A key in a plan of its own; returns the header to send, and the plan."""
    key, told = world.make(KEY)
    plan, outputs = world.make(PLAN, apiStages=[{"apiId": api.id, "stage": "dev"}], **more)
    world.make(
        "aws:apigateway/usagePlanKey:UsagePlanKey", usagePlanId=plan, keyId=key, keyType="API_KEY"
    )
    return {"x-api-key": told["value"]}, (key, told, plan, outputs)


def test_a_method_with_a_key_needs_one_of_a_plan(world: World) -> None:
    api = _keyed(world)
    header, (key, told, plan, _) = _plan(world, api)
    stranger = world.make(KEY, "stranger")[1]["value"]
    url = f"{api.url}/status"
    assert call(f"{api.url}/open").status == 200
    assert call(url).status == 403
    assert call(url, headers={"x-api-key": "x" * 20}).status == 403
    assert call(url, headers={"x-api-key": stranger}).status == 403
    assert call(url, headers=header).status == 200
    keys = world.provider(KEY)
    on, off = keys.check("thing", {}), keys.check("thing", {"enabled": False})
    told = keys.update(key, on, off, told)
    assert call(url, headers=header).status == 403
    keys.update(key, off, on, told)
    assert call(url, headers=header).status == 200
    membership = world.provider("aws:apigateway/usagePlanKey:UsagePlanKey")
    membership.delete(key, {"usagePlanId": plan})
    assert call(url, headers=header).status == 403


def test_a_plan_throttles_its_keys(world: World) -> None:
    api = _keyed(world)
    header, _ = _plan(world, api, throttleSettings={"burstLimit": 2, "rateLimit": 0.01})
    assert [call(f"{api.url}/status", headers=header).status for _ in "abc"] == [200, 200, 429]


def test_a_quota_ends_and_may_be_raised(world: World) -> None:
    api = _keyed(world)
    given = {"quotaSettings": {"limit": 2, "period": "DAY"}}
    header, (_, _, plan, outputs) = _plan(world, api, **given)
    assert [call(f"{api.url}/status", headers=header).status for _ in "abc"] == [200, 200, 429]
    provider = world.provider(PLAN)
    stages = [{"apiId": api.id, "stage": "dev"}]
    old = provider.check("thing", {"apiStages": stages, **given})
    new = provider.check(
        "thing", {"apiStages": stages, "quotaSettings": {"limit": 3, "period": "DAY"}}
    )
    provider.update(plan, old, new, outputs)
    assert [call(f"{api.url}/status", headers=header).status for _ in "ab"] == [200, 429]


def test_a_plan_throttles_one_method(world: World) -> None:
    api = _keyed(world)
    key, told = world.make(KEY, "narrow")
    limits = {"path": "/status/GET", "burstLimit": 1, "rateLimit": 0.01}
    plan = world.make(PLAN, apiStages=[{"apiId": api.id, "stage": "dev", "throttles": [limits]}])[0]
    world.make(
        "aws:apigateway/usagePlanKey:UsagePlanKey", usagePlanId=plan, keyId=key, keyType="API_KEY"
    )
    header = {"x-api-key": told["value"]}
    # Without throttleSettings the plan as a whole has no limit.
    assert [call(f"{api.url}/status", headers=header).status for _ in "ab"] == [200, 429]


@pytest.mark.parametrize("path", ["*/*", "a/b/GET", "a~1b/GET"])
def test_a_stage_throttles_and_stops_throttling(world: World, path: str) -> None:
    api = serve(world, document({"/a/b": {"get": proxy(function(world))}}))
    settings = {"throttlingBurstLimit": 2, "throttlingRateLimit": 0.01}
    given = {"restApi": api.id, "stageName": "dev", "methodPath": path}
    id, outputs = world.make(SETTINGS, **given, settings=settings)
    assert [call(f"{api.url}/a/b").status for _ in "abc"] == [200, 200, 429]
    provider = world.provider(SETTINGS)
    old = provider.check("thing", {**given, "settings": settings})
    free = provider.check("thing", {**given, "settings": {"metricsEnabled": True}})
    outputs = provider.update(id, old, free, outputs)
    assert call(f"{api.url}/a/b").status == 200
    provider.update(id, free, old, outputs)
    assert call(f"{api.url}/a/b").status == 429
    provider.delete(id, outputs)
    assert call(f"{api.url}/a/b").status == 200


def test_settings_of_the_root_are_meant_for_the_root(world: World) -> None:
    echo = proxy(function(world))
    api = serve(world, document({"/": {"get": echo}, "/a": {"get": echo}}))
    settings = {"throttlingBurstLimit": 0, "throttlingRateLimit": 0}
    world.make(SETTINGS, restApi=api.id, stageName="dev", methodPath="~1/GET", settings=settings)
    assert call(f"{api.url}/").status == 429
    assert call(f"{api.url}/a").status == 200


def test_settings_of_a_method_that_is_not_there_are_refused(world: World) -> None:
    api = serve(world, document({"/a": {"get": proxy(function(world))}}))
    for path in ("a/POST", "b/GET"):
        with pytest.raises(ValueError, match="the API has no such method"):
            world.make(SETTINGS, restApi=api.id, stageName="dev", methodPath=path, settings={})


def test_the_value_of_a_key_is_unique(world: World) -> None:
    world.make(KEY, value="v" * 20)
    with pytest.raises(ValueError, match="that of another key") as error:
        world.make(KEY, value="v" * 20)
    assert "vvv" not in str(error.value)
