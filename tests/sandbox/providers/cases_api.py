"""Lives of REST APIs: the API, its stages, keys, plans and names."""

import json
from collections.abc import Mapping
from typing import Any

from sandbox.providers.base import Outputs

from .apis import document, function, mock, proxy, shared
from .looks import SEEN1, SEEN2, T1, T2, unless_gone
from .world import Case, World, resource_policy

LOGS = "arn:aws:logs:us-east-1:123456789012:log-group:/api"
FORMAT = '{"id": "$context.requestId"}'


def _tags(world: World, outputs: Outputs) -> dict[str, str]:
    tags: dict[str, str] = world.client("apigateway").get_tags(resourceArn=outputs["arn"])["tags"]
    return tags


@unless_gone
def _api(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    client = world.client("apigateway")
    found = client.get_rest_api(restApiId=id)
    resources = client.get_resources(restApiId=id)["items"]
    return {
        **found,
        "policy": json.loads(json.loads(f'"{found["policy"]}"')) if found.get("policy") else None,
        "paths": sorted(
            [item["path"], *sorted(item.get("resourceMethods", {}))] for item in resources
        ),
        "tags": _tags(world, outputs),
    }


@unless_gone
def _deployment(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    client = world.client("apigateway")
    return dict(client.get_deployment(restApiId=outputs["restApi"], deploymentId=id))


@unless_gone
def _stage(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    found = world.client("apigateway").get_stage(
        restApiId=outputs["restApi"], stageName=outputs["stageName"]
    )
    variables = sorted(found.get("variables", {}).items())
    return {**found, "variables": variables, "tags": _tags(world, outputs)}


def _settings(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    stage = world.client("apigateway").get_stage(
        restApiId=outputs["restApi"], stageName=outputs["stageName"]
    )
    found: Mapping[str, Any] | None = stage["methodSettings"].get(outputs["methodPath"])
    return found


@unless_gone
def _key(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    found = world.client("apigateway").get_api_key(apiKey=id, includeValue=True)
    return {**found, "enabled": bool(found["enabled"]), "tags": _tags(world, outputs)}


@unless_gone
def _plan(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    found = world.client("apigateway").get_usage_plan(usagePlanId=id)
    return {
        **found,
        "throttle": {key: float(value) for key, value in found.get("throttle", {}).items()},
        "limit": int(found.get("quota", {}).get("limit", 0)),
        "tags": _tags(world, outputs),
    }


@unless_gone
def _plan_key(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    client = world.client("apigateway")
    return dict(client.get_usage_plan_key(usagePlanId=outputs["usagePlanId"], keyId=id))


@unless_gone
def _domain(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    found = world.client("apigateway").get_domain_name(domainName=id)
    return {**found, "tags": _tags(world, outputs)}


@unless_gone
def _mapping(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    return dict(
        world.client("apigateway").get_base_path_mapping(
            domainName=outputs["domainName"], basePath=outputs["basePath"]
        )
    )


def _made(world: World, key: str, token: str, **properties: Any) -> str:
    """The id of something that a case needs; made once."""
    if key not in world.__dict__:
        world.__dict__[key] = world.make(token, key, **properties)[0]
    return str(world.__dict__[key])


def _plan_id(world: World) -> str:
    return _made(world, "_plan_id", "aws:apigateway/usagePlan:UsagePlan")


def _key_id(world: World) -> str:
    return _made(world, "_key_id", "aws:apigateway/apiKey:ApiKey")


def _domain_id(world: World) -> str:
    return _made(
        world,
        "_domain_id",
        "aws:apigateway/domainName:DomainName",
        domainName="mapped.example.com",
        regionalCertificateArn=world.certificates[0],
        endpointConfiguration={"types": "REGIONAL"},
    )


CASES = [
    Case(
        "aws:apigateway/restApi:RestApi",
        lambda w: {
            "name": "shop",
            "description": "one",
            "body": document({"/a": {"get": mock()}}),
            "putRestApiMode": "overwrite",
            "endpointConfiguration": {"types": "REGIONAL", "ipAddressType": "ipv4"},
            "binaryMediaTypes": ["image/png"],
            "policy": resource_policy("execute-api:Invoke"),
            "apiKeySource": "HEADER",
            "tags": T1,
        },
        _api,
        lambda w: {
            "name": "shop",
            "description": "one",
            "paths": [["/"], ["/a", "GET"]],
            "endpointConfiguration": {"types": ["REGIONAL"]},
            "binaryMediaTypes": ["image/png"],
            "policy": json.loads(resource_policy("execute-api:Invoke")),
            "apiKeySource": "HEADER",
            "tags": SEEN1,
        },
        lambda w: {
            "name": "store",
            "description": "two",
            "body": document({"/b": {"post": proxy(function(w))}}),
            "policy": None,
            "tags": T2,
        },
        lambda w: {
            "name": "store",
            "description": "two",
            "paths": [["/"], ["/b", "POST"]],
            "policy": None,
            "tags": SEEN2,
        },
    ),
    Case(
        "aws:apigateway/deployment:Deployment",
        lambda w: {"restApi": shared(w).id, "description": "one", "triggers": {"hash": "a"}},
        _deployment,
        lambda w: {"description": "one"},
        lambda w: {"description": "two"},
        lambda w: {"description": "two"},
    ),
    Case(
        "aws:apigateway/stage:Stage",
        lambda w: {
            "restApi": shared(w).id,
            "deployment": shared(w).deployment,
            "stageName": "live",
            "description": "one",
            "variables": {"colour": "green", "old": "1"},
            "accessLogSettings": {"destinationArn": LOGS, "format": FORMAT},
            "cacheClusterEnabled": True,
            "cacheClusterSize": "0.5",
            "xrayTracingEnabled": True,
            "tags": T1,
        },
        _stage,
        lambda w: {
            "deploymentId": shared(w).deployment,
            "stageName": "live",
            "description": "one",
            "variables": [("colour", "green"), ("old", "1")],
            "accessLogSettings": {"destinationArn": LOGS, "format": FORMAT},
            "cacheClusterEnabled": True,
            "cacheClusterSize": "0.5",
            "tracingEnabled": True,
            "tags": SEEN1,
        },
        lambda w: {
            "description": "two",
            "variables": {"colour": "blue", "new": "2"},
            "accessLogSettings": None,
            "cacheClusterEnabled": False,
            "cacheClusterSize": None,
            "xrayTracingEnabled": False,
            "tags": T2,
        },
        lambda w: {
            "description": "two",
            "variables": [("colour", "blue"), ("new", "2")],
            "accessLogSettings": None,
            "cacheClusterEnabled": False,
            "tracingEnabled": False,
            "tags": SEEN2,
        },
    ),
    Case(
        "aws:apigateway/methodSettings:MethodSettings",
        lambda w: {
            "restApi": shared(w).id,
            "stageName": "dev",
            "methodPath": "hello/GET",
            "settings": {"throttlingBurstLimit": 2.0, "throttlingRateLimit": 1.5},
        },
        _settings,
        lambda w: {"throttlingBurstLimit": 2, "throttlingRateLimit": 1.5, "metricsEnabled": False},
        lambda w: {
            "settings": {
                "metricsEnabled": True,
                "loggingLevel": "INFO",
                "dataTraceEnabled": True,
                "throttlingRateLimit": 3,
                "cachingEnabled": True,
                "cacheTtlInSeconds": 60,
                "cacheDataEncrypted": True,
                "requireAuthorizationForCacheControl": False,
                "unauthorizedCacheControlHeaderStrategy": "FAIL_WITH_403",
            }
        },
        lambda w: {
            "metricsEnabled": True,
            "loggingLevel": "INFO",
            "dataTraceEnabled": True,
            "throttlingRateLimit": 3,
            "throttlingBurstLimit": 5000,
            "cachingEnabled": True,
            "cacheTtlInSeconds": 60,
            "cacheDataEncrypted": True,
            "requireAuthorizationForCacheControl": False,
            "unauthorizedCacheControlHeaderStrategy": "FAIL_WITH_403",
        },
    ),
    Case(
        "aws:apigateway/apiKey:ApiKey",
        lambda w: {
            "name": "partner",
            "description": "one",
            "value": "a-value-of-twenty-characters",
            "enabled": True,
            "tags": T1,
        },
        _key,
        lambda w: {
            "name": "partner",
            "description": "one",
            "value": "a-value-of-twenty-characters",
            "enabled": True,
            "tags": SEEN1,
        },
        lambda w: {"name": "other", "description": "two", "enabled": False, "tags": T2},
        lambda w: {"name": "other", "description": "two", "enabled": False, "tags": SEEN2},
    ),
    Case(
        "aws:apigateway/usagePlan:UsagePlan",
        lambda w: {
            "name": "gold",
            "description": "one",
            "apiStages": [
                {
                    "apiId": shared(w).id,
                    "stage": "dev",
                    "throttles": [{"path": "/hello/GET", "burstLimit": 1, "rateLimit": 2}],
                }
            ],
            "throttleSettings": {"burstLimit": 3, "rateLimit": 4},
            "quotaSettings": {"limit": 5, "period": "DAY", "offset": 0},
            "tags": T1,
        },
        _plan,
        lambda w: {
            "name": "gold",
            "description": "one",
            "apiStages": [
                {
                    "apiId": shared(w).id,
                    "stage": "dev",
                    "throttle": {"/hello/GET": {"burstLimit": 1, "rateLimit": 2}},
                }
            ],
            "throttle": {"burstLimit": 3, "rateLimit": 4},
            "limit": 5,
            "tags": SEEN1,
        },
        lambda w: {
            "name": "silver",
            "description": "two",
            "throttleSettings": {"burstLimit": 1, "rateLimit": 1},
            "quotaSettings": None,
            "tags": T2,
        },
        lambda w: {
            "name": "silver",
            "description": "two",
            "throttle": {"burstLimit": 1, "rateLimit": 1},
            "limit": 0,
            "tags": SEEN2,
        },
    ),
    Case(
        "aws:apigateway/usagePlanKey:UsagePlanKey",
        lambda w: {"usagePlanId": _plan_id(w), "keyId": _key_id(w), "keyType": "API_KEY"},
        _plan_key,
        lambda w: {"id": _key_id(w), "type": "API_KEY"},
    ),
    Case(
        "aws:apigateway/domainName:DomainName",
        lambda w: {
            "domainName": "api.example.com",
            "regionalCertificateArn": w.certificates[0],
            "endpointConfiguration": {"types": "REGIONAL"},
            "securityPolicy": "TLS_1_2",
            "tags": T1,
        },
        _domain,
        lambda w: {
            "domainName": "api.example.com",
            "regionalCertificateArn": w.certificates[0],
            "securityPolicy": "TLS_1_2",
            "tags": SEEN1,
        },
        lambda w: {"regionalCertificateArn": w.certificates[1], "tags": T2},
        lambda w: {"regionalCertificateArn": w.certificates[1], "tags": SEEN2},
    ),
    Case(
        "aws:apigateway/basePathMapping:BasePathMapping",
        lambda w: {
            "domainName": _domain_id(w),
            "basePath": "v1",
            "restApi": shared(w).id,
            "stageName": "dev",
        },
        _mapping,
        lambda w: {"basePath": "v1", "restApiId": shared(w).id, "stage": "dev"},
        lambda w: {"stageName": None},
        lambda w: {"basePath": "v1", "restApiId": shared(w).id, "stage": ""},
    ),
]
