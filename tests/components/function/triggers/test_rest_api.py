"""A REST API in front of the function."""

from typing import Any

import pulumi
import pytest

from components import policy
from components.function.triggers import rest_api
from components.testing import ACCOUNT, UNKNOWN, Deployment, deploy

from .deployed import TAGS, made

API = "aws:apigateway/restApi:RestApi"
DEPLOYMENT = "aws:apigateway/deployment:Deployment"
STAGE = "aws:apigateway/stage:Stage"
SETTINGS = "aws:apigateway/methodSettings:MethodSettings"
PERMISSION = "aws:lambda/permission:Permission"
KEY = "aws:apigateway/apiKey:ApiKey"
PLAN = "aws:apigateway/usagePlan:UsagePlan"
PARAMETER = "aws:ssm/parameter:Parameter"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
DOMAIN = "aws:apigateway/domainName:DomainName"
GUARD = (
    "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
    "arn:aws:lambda:us-east-1:123456789012:function:guard{}/invocations"
)
HELLO = {"method": "GET", "path": "/hello"}
EVERYTHING: dict[str, Any] = {
    "routes": [
        HELLO,
        {"path": "/", "throttle": {"rate": 5}},
        {"method": "GET", "path": "/a/{id}", "api_key": True, "cache_seconds": 60},
        {"method": "POST", "path": "/a/{id}", "auth": "guard", "body_schema": {"type": "object"}},
    ],
    "authorizers": {"guard": {"invoke_arn": GUARD.format("")}},
    "cors": {"origins": ["*"]},
    "api_keys": ["partner", "shop"],
    "quota": {"limit": 100.0},
    "throttle": {"rate": 10, "burst": 20},
    "cache": {},
    "access_logs": True,
    "domain": {"name": "api.example.com", "zone_id": "Z1"},
}


def api(*routes: dict[str, Any], timeout: int = 29, known: bool = True, **given: Any) -> Deployment:
    return made(
        rest_api, {"routes": list(routes) or [HELLO], **given}, timeout=timeout, known=known
    )


def hash_of(deployment: Deployment) -> str:
    found: str = deployment.one(DEPLOYMENT).inputs["triggers"]["document"]
    return found


def test_an_api_is_served_by_a_stage_of_its_own() -> None:
    deployment = api()
    assert deployment.one(API).inputs["endpointConfiguration"] == {"types": "REGIONAL"}
    stage = deployment.one(STAGE).inputs
    assert stage["deployment"] == deployment.one(DEPLOYMENT).id
    assert (stage["stageName"], stage["xrayTracingEnabled"]) == ("live", False)
    assert deployment.result == {
        "api_url": "shop-api-invokeUrl",
        "api_id": "shop-api-id",
        "api_stage": "live",
        "api_execution_arn": deployment.one(STAGE).outputs["executionArn"],
        "api_key_parameter_arns": {},
    }


@pytest.mark.parametrize("type", [SETTINGS, KEY, PLAN, PARAMETER, LOG_GROUP, DOMAIN])
def test_nothing_is_made_that_nobody_asked_for(type: str) -> None:
    assert not api().of(type)


def test_the_accounts_own_settings_are_left_alone() -> None:
    assert not made(rest_api, EVERYTHING, timeout=29).of("aws:apigateway/account:Account")


def test_a_route_that_goes_is_deployed_and_the_same_routes_are_not() -> None:
    two = api(HELLO, {"path": "/"})
    assert hash_of(two) == hash_of(api(dict(reversed(HELLO.items())), {"path": "/"}))
    assert hash_of(two) == hash_of(api({"path": "/"}, HELLO))
    assert hash_of(two) != hash_of(api(HELLO))


@pytest.mark.parametrize(
    "given",
    [
        {"cors": {"origins": ["*"]}},
        {"binary_media_types": ["image/png"]},
        {"auth": "iam"},
        {"models": {"A": {"type": "object"}}},
        {"timeout_seconds": 30, "authorizers": {"a": {"invoke_arn": GUARD.format("")}}},
    ],
)
def test_whatever_the_document_says_is_deployed_when_it_changes(given: dict[str, Any]) -> None:
    assert hash_of(api()) != hash_of(api(**given))


@pytest.mark.parametrize(
    "given", [{"throttle": {"rate": 1}}, {"tracing": True}, {"access_logs": True}]
)
def test_what_a_stage_says_needs_no_deployment(given: dict[str, Any]) -> None:
    assert hash_of(api()) == hash_of(api(**given))


def test_closing_the_address_is_deployed() -> None:
    closed = api(domain={"name": "api.example.com", "zone_id": "Z1"})
    assert closed.one(DEPLOYMENT).inputs["triggers"]["address"] == "closed"
    assert api().one(DEPLOYMENT).inputs["triggers"]["address"] == "open"


def test_a_new_deployment_is_made_before_the_old_one_goes() -> None:
    deployment = api().one(DEPLOYMENT)
    assert deployment.delete_before_replace is None
    assert not deployment.ignore_changes


def test_the_document_hangs_on_nothing_but_what_it_calls() -> None:
    deployment = made(rest_api, EVERYTHING, timeout=29)
    kinds = {urn.split("::")[2].split("$")[-1] for urn in deployment.one(API).depends_on}
    assert kinds == {"aws:lambda/alias:Alias"}


def test_one_permission_lets_the_stage_call_the_alias_before_it_serves() -> None:
    deployment = api(HELLO, {"path": "/"}, stage="v1")
    permission = deployment.one(PERMISSION)
    assert permission.inputs == {
        "action": "lambda:InvokeFunction",
        "function": "shop",
        "qualifier": "shop",
        "principal": "apigateway.amazonaws.com",
        "sourceArn": f"{deployment.one(API).outputs['executionArn']}/v1/*",
        "sourceAccount": ACCOUNT,
    }
    assert permission.urn in deployment.one(STAGE).depends_on


@pytest.mark.parametrize(("alias", "qualifier"), [("", None), (":live", "live")])
def test_this_api_alone_may_ask_a_function_that_decides(alias: str, qualifier: str | None) -> None:
    deployment = api(auth="guard", authorizers={"guard": {"invoke_arn": GUARD.format(alias)}})
    permission = deployment.one(PERMISSION, "shop-api-guard")
    function = "arn:aws:lambda:us-east-1:123456789012:function:guard"
    assert permission.inputs.get("qualifier") == qualifier
    assert permission.inputs["function"] == function
    assert permission.inputs["principal"] == "apigateway.amazonaws.com"
    assert permission.inputs["sourceAccount"] == ACCOUNT
    execution = deployment.one(API).outputs["executionArn"]
    assert permission.inputs["sourceArn"] == f"{execution}/authorizers/*"
    assert permission.urn in deployment.one(STAGE).depends_on


@pytest.mark.parametrize(
    "given",
    [
        {"invoke_arn": GUARD.format(""), "role_arn": "arn:aws:iam::123456789012:role/ask"},
        {"user_pool_arns": ["arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_x"]},
    ],
)
def test_who_is_asked_otherwise_needs_no_permission(given: dict[str, Any]) -> None:
    deployment = api(auth="guard", authorizers={"guard": given})
    assert [item.name for item in deployment.of(PERMISSION)] == ["shop-api"]


def test_a_caller_may_be_allowed_this_stage_only() -> None:
    statements = rest_api.call_statements
    deployment = deploy(lambda: policy.document(statements(pulumi.Output.from_input("arn:x/live"))))
    assert deployment.result == (
        '{"Statement": [{"Action": ["execute-api:Invoke"], "Effect": "Allow", '
        '"Resource": ["arn:x/live/*"]}], "Version": "2012-10-17"}'
    )


def test_each_key_is_of_the_plan_and_lies_in_a_secret_parameter() -> None:
    deployment = api(
        {"path": "/", "api_key": True},
        api_keys=["partner", "shop"],
        quota={"limit": 1_000.0, "period": "DAY"},
        key_throttle={"rate": 2.5},
    )
    plan = deployment.one(PLAN).inputs
    assert plan["apiStages"] == [{"apiId": "shop-api-id", "stage": "live"}]
    assert plan["quotaSettings"] == {"limit": 1_000, "period": "DAY"}
    assert plan["throttleSettings"] == {"rateLimit": 2.5, "burstLimit": 3}
    assert deployment.one(STAGE).urn in deployment.one(PLAN).depends_on
    for name in ("partner", "shop"):
        child = f"shop-api-{name}"
        member = deployment.one("aws:apigateway/usagePlanKey:UsagePlanKey", child)
        assert member.inputs["keyId"] == deployment.one(KEY, child).id
        parameter = deployment.one(PARAMETER, child)
        assert parameter.inputs["name"] == f"/test/test/shop/api-keys/{name}"
        assert parameter.inputs["type"] == "SecureString"
        assert parameter.inputs["value"] == deployment.one(KEY, child).outputs["value"]
        assert "value" in parameter.secrets
        assert member.urn in parameter.depends_on
        arn = deployment.result["api_key_parameter_arns"][name]
        assert arn == parameter.outputs["arn"]


def test_a_keys_limit_is_the_apis_unless_it_has_its_own() -> None:
    given: dict[str, Any] = {"api_keys": ["partner"]}
    route = {"path": "/", "api_key": True}
    limited = api(route, **given, throttle={"rate": 5, "burst": 7}).one(PLAN).inputs
    assert limited["throttleSettings"] == {"rateLimit": 5, "burstLimit": 7}
    plan = api(route, **given).one(PLAN).inputs
    assert "throttleSettings" not in plan
    assert "quotaSettings" not in plan


def settings(deployment: Deployment) -> dict[str, dict[str, Any]]:
    """What differs from API Gateway's own settings, by method."""
    found: dict[str, dict[str, Any]] = {}
    for item in deployment.of(SETTINGS):
        assert item.inputs["stageName"] == "live"
        assert deployment.one(STAGE).urn in item.depends_on
        given = dict(item.inputs["settings"])
        assert given.pop("dataTraceEnabled") is False
        found[item.inputs["methodPath"]] = {
            key: value for key, value in given.items() if value not in (False, "OFF")
        }
    return found


def test_a_route_with_its_own_limit_keeps_the_rest_of_the_stages() -> None:
    route = {"method": "POST", "path": "/a/{id}", "throttle": {"rate": 1, "burst": 2}}
    deployment = api(HELLO, route, throttle={"rate": 10}, metrics=True, log_level="ERROR")
    shared = {"metricsEnabled": True, "loggingLevel": "ERROR"}
    assert settings(deployment) == {
        "*/*": {**shared, "throttlingRateLimit": 10, "throttlingBurstLimit": 10},
        "a/{id}/POST": {**shared, "throttlingRateLimit": 1, "throttlingBurstLimit": 2},
    }


@pytest.mark.parametrize(
    "given",
    [{"metrics": True}, {"log_level": "INFO"}, {"throttle": {"rate": 1}}],
)
def test_a_setting_of_the_whole_stage_is_set_once(given: dict[str, Any]) -> None:
    assert list(settings(api(**given))) == ["*/*"]


def test_any_is_limited_as_the_methods_that_it_stands_for() -> None:
    routes: list[dict[str, Any]] = [
        {"path": "/", "throttle": {"rate": 1}},
        {"method": "GET", "path": "/"},
    ]
    limits = settings(api(*routes, cors={"origins": ["*"]}))
    assert sorted(limits) == ["~1/DELETE", "~1/HEAD", "~1/PATCH", "~1/POST", "~1/PUT"]


def test_only_the_routes_that_say_so_are_cached() -> None:
    cached = {"method": "GET", "path": "/a", "cache_seconds": 60}
    deployment = api(HELLO, cached, cache={"size_gb": 118.0})
    stage = deployment.one(STAGE).inputs
    assert (stage["cacheClusterEnabled"], stage["cacheClusterSize"]) == (True, "118")
    assert settings(deployment) == {
        "*/*": {},
        "a/GET": {
            "cachingEnabled": True,
            "cacheTtlInSeconds": 60,
            "cacheDataEncrypted": True,
            "requireAuthorizationForCacheControl": True,
        },
    }
    plain = api(cached, cache={"encrypted": False}, throttle={"rate": 3})
    assert settings(plain)["a/GET"]["throttlingRateLimit"] == 3
    assert plain.one(STAGE).inputs["cacheClusterSize"] == "0.5"
    assert "cacheDataEncrypted" not in settings(plain)["a/GET"]


def test_each_request_is_logged_where_the_component_keeps_logs() -> None:
    deployment = api(access_logs=True)
    group = deployment.one(LOG_GROUP)
    assert group.inputs["retentionInDays"] == 30
    logs = deployment.one(STAGE).inputs["accessLogSettings"]
    assert logs["destinationArn"] == group.outputs["arn"]
    assert '"requestId": "$context.requestId"' in logs["format"]
    assert "\n" not in logs["format"]


def test_traces_begin_at_the_api_where_asked() -> None:
    assert api(tracing=True).one(STAGE).inputs["xrayTracingEnabled"] is True


def test_a_domain_is_the_only_way_in() -> None:
    deployment = api(domain={"name": "api.example.com", "zone_id": "Z1"})
    assert deployment.one(API).inputs["disableExecuteApiEndpoint"] is True
    certificate = deployment.one("aws:acm/certificateValidation:CertificateValidation")
    domain = deployment.one(DOMAIN)
    assert domain.inputs["regionalCertificateArn"] == certificate.outputs["certificateArn"]
    assert domain.inputs["endpointConfiguration"] == {"types": "REGIONAL"}
    assert domain.inputs["securityPolicy"] == "TLS_1_2"
    mapping = deployment.one("aws:apigateway/basePathMapping:BasePathMapping").inputs
    assert mapping == {
        "domainName": "api.example.com",
        "restApi": "shop-api-id",
        "stageName": "live",
    }
    record = deployment.one("aws:route53/record:Record", "shop-api-alias").inputs
    assert (record["zoneId"], record["name"], record["type"]) == ("Z1", "api.example.com", "A")
    assert record["aliases"] == [
        {
            "name": domain.outputs["regionalDomainName"],
            "zoneId": domain.outputs["regionalZoneId"],
            "evaluateTargetHealth": False,
        }
    ]
    assert deployment.result["api_url"] == "https://api.example.com"


def test_a_certificate_that_is_given_is_used() -> None:
    arn = "arn:aws:acm:us-east-1:123456789012:certificate/x"
    given = {"name": "api.example.com", "zone_id": "Z1", "certificate_arn": arn}
    deployment = api(domain=given)
    assert deployment.one(DOMAIN).inputs["regionalCertificateArn"] == arn
    assert not deployment.of("aws:acm/certificate:Certificate")


def test_everything_is_the_components_and_carries_its_tags() -> None:
    deployment = made(rest_api, EVERYTHING, timeout=29)
    (component,) = deployment.of("slipway:index:MultiTriggerFunction")
    taggable = {API, STAGE, KEY, PLAN, PARAMETER, LOG_GROUP, DOMAIN}
    taggable.add("aws:acm/certificate:Certificate")
    seen = set()
    for item in deployment.resources:
        if item.custom and item.name.startswith("shop-api"):
            assert item.parent == component.urn
        if item.type in taggable:
            assert item.inputs["tags"] == TAGS
            seen.add(item.type)
    assert seen == taggable


def test_a_first_preview_knows_what_will_be_made() -> None:
    preview = made(rest_api, EVERYTHING, timeout=29, known=False)
    deployment = made(rest_api, EVERYTHING, timeout=29)
    names = [(item.type, item.name) for item in deployment.resources]
    assert sorted((item.type, item.name) for item in preview.resources) == sorted(names)
    assert preview.one(API).inputs["body"] is UNKNOWN
    assert hash_of(preview) is UNKNOWN
    assert preview.one(PERMISSION, "shop-api").inputs["sourceArn"] is UNKNOWN
    assert preview.one(PERMISSION, "shop-api-guard").inputs.get("qualifier") is None
    assert preview.result["api_url"] == "https://api.example.com"
    assert preview.result["api_execution_arn"] is UNKNOWN
    assert preview.result["api_key_parameter_arns"] == {"partner": UNKNOWN, "shop": UNKNOWN}
