"""Access logs of API Gateway's stages, their cache, and the limits of usage plans."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from .functions import eventually, make_function
from .test_api_gateway import Rest
from .world import World

pytestmark = pytest.mark.sandbox

CODE = """
import json, uuid
def handler(event, context):
    if "raise" in (event.get("queryStringParameters") or {}):
        raise ValueError("inside")
    request = event["requestContext"]["requestId"]
    return {"statusCode": 201, "body": json.dumps({"request": request, "new": str(uuid.uuid4())})}
"""
NAMES = ("requestId", "status", "httpMethod", "path", "resourcePath", "routeKey")
LENGTHS = ("responseLength", "responseLatency", "integrationLatency", "integration.status")
OTHERS = ("identity.sourceIp", "integrationErrorMessage", "error.responseType")
NEVER = "authorizer.principalId"
FORMAT = json.dumps({name: f"$context.{name}" for name in (*NAMES, *LENGTHS, *OTHERS, NEVER)})


def _group(world: World, name: str) -> str:
    world.client("logs").create_log_group(logGroupName=name)
    return f"arn:aws:logs:us-east-1:123456789012:log-group:{name}"


def _lines(world: World, name: str) -> list[Any]:
    found = world.client("logs").filter_log_events(logGroupName=name)["events"]
    return [json.loads(item["message"]) for item in found]


@pytest.fixture(scope="module")
def function(world: World) -> str:
    arn = make_function(world, "logged-apis", CODE)
    world.client("lambda").add_permission(
        FunctionName=arn,
        StatementId="apis",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    return arn


def test_a_rest_stage_logs_each_request_in_its_format(world: World, function: str) -> None:
    destination = _group(world, "/api/rest")
    api = Rest(world, function, "logged")
    api.route("orders")
    deployment = api.api.create_deployment(restApiId=api.id)["id"]
    api.api.create_stage(restApiId=api.id, stageName="live", deploymentId=deployment)
    settings = {"destinationArn": destination, "format": FORMAT}
    api.api.update_stage(
        restApiId=api.id,
        stageName="live",
        patchOperations=[
            {"op": "replace", "path": f"/accessLogSettings/{key}", "value": value}
            for key, value in settings.items()
        ],
    )
    served = api.get("orders").json()
    api.get("orders?raise=1")
    api.get("nowhere")
    good, failed, unknown = eventually(lambda: _three(world, "/api/rest"))
    assert good["requestId"] == served["request"]
    assert (good["status"], good["httpMethod"], good["path"]) == ("201", "GET", "/live/orders")
    assert (good["resourcePath"], good["identity.sourceIp"]) == ("/orders", "127.0.0.1")
    assert int(good["responseLength"]) == len(json.dumps(served))
    assert int(good["responseLatency"]) >= int(good["integrationLatency"]) > 0
    assert (good["integration.status"], good[NEVER]) == ("201", "-")
    assert failed["status"] == "502"
    assert "customer function error" in failed["integrationErrorMessage"]
    assert unknown["status"] == "403"
    assert unknown["error.responseType"] == "MISSING_AUTHENTICATION_TOKEN"


def _three(world: World, group: str) -> list[Any]:
    found = _lines(world, group)
    return found if len(found) == 3 else []


def test_an_http_stage_logs_each_request_too(world: World, function: str) -> None:
    destination = _group(world, "/api/http")
    api = world.client("apigatewayv2")
    made = api.create_api(Name="logged", ProtocolType="HTTP")["ApiId"]
    integration = api.create_integration(
        ApiId=made,
        IntegrationType="AWS_PROXY",
        IntegrationUri=function,
        PayloadFormatVersion="2.0",
    )["IntegrationId"]
    api.create_route(ApiId=made, RouteKey="GET /{id}", Target=f"integrations/{integration}")
    api.create_stage(
        ApiId=made,
        StageName="$default",
        AutoDeploy=True,
        AccessLogSettings={"DestinationArn": destination, "Format": FORMAT},
    )
    url = f"{world.cloud.endpoint}/_aws/execute-api/{made}"
    served = requests.get(f"{url}/17", timeout=60).json()
    requests.get(f"{url}/17?raise=1", timeout=60)
    requests.get(f"{url}/no/such/path", timeout=60)
    good, failed, unknown = eventually(lambda: _three(world, "/api/http"))
    assert (good["requestId"], good["status"]) == (served["request"], "201")
    assert (good["path"], good["routeKey"]) == ("/17", "GET /{id}")
    assert (good["identity.sourceIp"], good["httpMethod"]) == ("127.0.0.1", "GET")
    assert (failed["status"], unknown["status"], unknown["routeKey"]) == ("500", "404", "-")


def test_the_log_says_that_the_function_does_not_let_the_api_in(world: World) -> None:
    destination = _group(world, "/api/refused")
    api = Rest(world, make_function(world, "closed", CODE), "refused")
    api.route("orders")
    api.api.create_deployment(restApiId=api.id, stageName="live")
    settings = {"destinationArn": destination, "format": FORMAT}
    operations = [
        {"op": "replace", "path": f"/accessLogSettings/{key}", "value": value}
        for key, value in settings.items()
    ]
    api.api.update_stage(restApiId=api.id, stageName="live", patchOperations=operations)
    assert api.get("orders").status_code == 500
    (line,) = eventually(lambda: _lines(world, "/api/refused"))
    assert line["error.responseType"] == "API_CONFIGURATION_ERROR"
    assert "Invalid permissions on Lambda function" in line["integrationErrorMessage"]


@pytest.fixture
def kept(world: World, function: str) -> Iterator[Rest]:
    """An API of which one route is kept for two seconds, by the query parameter `page`."""
    api = Rest(world, function, "kept")
    api.route("kept", cacheKeyParameters=["method.request.querystring.page"])
    api.route("fresh")
    api.api.create_deployment(restApiId=api.id, stageName="live")
    settings = {
        "/cacheClusterEnabled": "true",
        "/cacheClusterSize": "0.5",
        "/~1kept/GET/caching/enabled": "true",
        "/~1kept/GET/caching/ttlInSeconds": "10",
    }
    operations = [{"op": "replace", "path": key, "value": value} for key, value in settings.items()]
    api.api.update_stage(restApiId=api.id, stageName="live", patchOperations=operations)
    yield api
    api.api.delete_rest_api(restApiId=api.id)


def test_a_stage_s_cache_answers_for_as_long_as_it_may(kept: Rest) -> None:
    first = kept.get("kept?page=1").json()
    assert kept.get("kept?page=1&other=2").json() == first
    assert kept.get("kept?page=2").json() != first
    assert kept.get("fresh").json() != kept.get("fresh").json()
    eventually(lambda: kept.get("kept?page=1").json() != first)


def test_a_whole_stage_s_cache_is_one_of_get_alone(world: World, function: str) -> None:
    api = Rest(world, function, "kept-whole")
    api.route("orders", verb="ANY")
    api.api.create_deployment(restApiId=api.id, stageName="live")
    settings = {"/cacheClusterEnabled": "true", "/*/*/caching/enabled": "true"}
    operations = [{"op": "replace", "path": key, "value": value} for key, value in settings.items()]
    api.api.update_stage(restApiId=api.id, stageName="live", patchOperations=operations)
    assert api.get("orders").json() == api.get("orders").json()
    first, second = (requests.post(f"{api.url}/orders", timeout=60).json() for _ in range(2))
    assert first != second


def test_an_error_is_not_kept(kept: Rest) -> None:
    assert kept.get("kept?page=3&raise=1").status_code == 502
    assert kept.get("kept?page=3").status_code == 201


def test_a_usage_plan_limits_the_key_s_calls(world: World, function: str) -> None:
    api = Rest(world, function, "planned")
    made = api.api.create_resource(restApiId=api.id, parentId=api.root, pathPart="orders")
    where = {"restApiId": api.id, "resourceId": made["id"], "httpMethod": "GET"}
    api.api.put_method(**where, authorizationType="NONE", apiKeyRequired=True)
    api.api.put_integration(
        **where,
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations",
    )
    api.api.create_deployment(restApiId=api.id, stageName="live")
    stage = [{"apiId": api.id, "stage": "live"}]

    def key(name: str, **limits: Any) -> dict[str, str]:
        plan = api.api.create_usage_plan(name=name, apiStages=stage, **limits)["id"]
        record = api.api.create_api_key(name=name, enabled=True)
        api.api.create_usage_plan_key(usagePlanId=plan, keyId=record["id"], keyType="API_KEY")
        return {"x-api-key": record["value"]}

    def statuses(headers: dict[str, str], times: int) -> list[int]:
        url = f"{api.url}/orders"
        return [requests.get(url, headers=headers, timeout=60).status_code for _ in range(times)]

    assert statuses({}, 1) == [403]
    assert statuses(key("few", quota={"limit": 2, "period": "DAY"}), 4) == [201, 201, 429, 429]
    slow = statuses(key("slow", throttle={"rateLimit": 0.01, "burstLimit": 3}), 5)
    assert slow == [201, 201, 201, 429, 429]
