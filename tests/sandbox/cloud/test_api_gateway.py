"""API Gateway's deployments, time-outs, throttling and answers, asked over HTTP."""

import json
from typing import Any

import pytest
import requests

from .functions import eventually, make_function
from .world import World

pytestmark = pytest.mark.sandbox

CODE = """
import time
def handler(event, context):
    query = event.get("queryStringParameters") or {}
    if "sleep" in query:
        time.sleep(float(query["sleep"]))
    if "raise" in query:
        raise ValueError("the inside of the function")
    if "odd" in query:
        return ["no", "status"]
    return {"statusCode": 200, "body": "fine"}
"""


@pytest.fixture(scope="module")
def function(world: World) -> str:
    arn = make_function(world, "behind-apis", CODE, Timeout=20)
    # Whoever calls: who may is tested with the permissions.
    world.client("lambda").add_permission(
        FunctionName=arn,
        StatementId="apis",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    return arn


class Rest:
    """A REST API and its stage `live`."""

    def __init__(self, world: World, function: str, name: str) -> None:
        self.api, self.function = world.client("apigateway"), function
        self.id = self.api.create_rest_api(name=name)["id"]
        self.root = self.api.get_resources(restApiId=self.id)["items"][0]["id"]
        self.url = f"{world.cloud.endpoint}/_aws/execute-api/{self.id}/live"

    def route(self, path: str, verb: str = "GET", **integration: Any) -> None:
        made = self.api.create_resource(restApiId=self.id, parentId=self.root, pathPart=path)
        where = {"restApiId": self.id, "resourceId": made["id"], "httpMethod": verb}
        self.api.put_method(**where, authorizationType="NONE")
        self.api.put_integration(
            **where,
            type="AWS_PROXY",
            integrationHttpMethod="POST",
            uri="arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
            f"{self.function}/invocations",
            **integration,
        )

    def checked(self, path: str, *kinds: str) -> None:
        """A POST route whose body must be an object with ``id``, by content type."""
        made = self.api.create_resource(restApiId=self.id, parentId=self.root, pathPart=path)
        schema = json.dumps({"type": "object", "required": ["id"]})
        self.api.create_model(
            restApiId=self.id, name=path, contentType="application/json", schema=schema
        )
        validator = self.api.create_request_validator(
            restApiId=self.id, name=path, validateRequestBody=True
        )
        where = {"restApiId": self.id, "resourceId": made["id"], "httpMethod": "POST"}
        self.api.put_method(
            **where,
            authorizationType="NONE",
            requestValidatorId=validator["id"],
            requestModels=dict.fromkeys(kinds, path),
        )
        self.api.put_integration(
            **where,
            type="AWS_PROXY",
            integrationHttpMethod="POST",
            uri="arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
            f"{self.function}/invocations",
        )

    def get(self, path: str) -> requests.Response:
        return requests.get(f"{self.url}/{path}", timeout=60)


@pytest.fixture(scope="module")
def rest(world: World, function: str) -> Rest:
    made = Rest(world, function, "behaving")
    made.route("old")
    made.route("slow", timeoutInMillis=1000)
    made.checked("json", "application/json")
    made.checked("any", "$default")
    made.api.create_deployment(restApiId=made.id, stageName="live")
    return made


def test_a_stage_serves_the_routes_of_its_deployment_alone(rest: Rest) -> None:
    assert rest.get("old").text == "fine"
    rest.route("new")
    assert rest.get("new").status_code == 403
    deployment = rest.api.create_deployment(restApiId=rest.id)["id"]
    assert rest.get("new").status_code == 403  # made, but no stage points to it
    rest.api.update_stage(
        restApiId=rest.id,
        stageName="live",
        patchOperations=[{"op": "replace", "path": "/deploymentId", "value": deployment}],
    )
    assert (rest.get("new").text, rest.get("old").text) == ("fine", "fine")


@pytest.mark.parametrize(
    ("path", "kind", "status"),
    [
        ("json", "application/json; charset=utf-8", 400),
        # No model fits, so nothing is checked (developer guide, "Request validation").
        ("json", "text/plain", 200),
        ("any", "text/plain", 400),
    ],
)
def test_a_body_is_checked_by_the_model_of_its_type(
    rest: Rest, path: str, kind: str, status: int
) -> None:
    url, headers = f"{rest.url}/{path}", {"Content-Type": kind}
    assert requests.post(url, data="{}", headers=headers, timeout=60).status_code == status
    good = requests.post(url, data='{"id": 1}', headers=headers, timeout=60)
    assert good.status_code == 200


def test_a_slow_function_is_cut_off(rest: Rest) -> None:
    answer = rest.get("slow?sleep=300")  # longer than the request itself may last
    assert (answer.status_code, answer.json()) == (504, {"message": "Endpoint request timed out"})
    eventually(lambda: rest.get("slow?sleep=0").status_code == 200)  # a first call may be slow too


@pytest.mark.parametrize("query", ["raise=1", "odd=1"])
def test_what_goes_wrong_inside_stays_inside(rest: Rest, query: str) -> None:
    answer = rest.get(f"old?{query}")
    assert (answer.status_code, answer.json()) == (502, {"message": "Internal server error"})


def test_without_permission_the_caller_learns_nothing_of_it(world: World) -> None:
    forbidden = Rest(world, make_function(world, "not-for-apis", CODE), "forbidden")
    forbidden.route("shut")
    forbidden.api.create_deployment(restApiId=forbidden.id, stageName="live")
    answer = forbidden.get("shut")
    assert (answer.status_code, answer.json()) == (500, {"message": "Internal server error"})


@pytest.fixture(scope="module")
def http_url(world: World, function: str) -> str:
    """An HTTP API with a slow and a throttled route."""
    api = world.client("apigatewayv2")
    made = api.create_api(Name="behaving", ProtocolType="HTTP")["ApiId"]
    for key, milliseconds in (("GET /slow", 1000), ("GET /few", 30_000)):
        integration = api.create_integration(
            ApiId=made,
            IntegrationType="AWS_PROXY",
            IntegrationUri=function,
            PayloadFormatVersion="2.0",
            TimeoutInMillis=milliseconds,
        )["IntegrationId"]
        api.create_route(ApiId=made, RouteKey=key, Target=f"integrations/{integration}")
    api.create_stage(
        ApiId=made,
        StageName="$default",
        AutoDeploy=True,
        RouteSettings={"GET /few": {"ThrottlingRateLimit": 0.001, "ThrottlingBurstLimit": 2}},
    )
    return f"{world.cloud.endpoint}/_aws/execute-api/{made}"


def test_an_http_api_cuts_off_a_slow_function(http_url: str) -> None:
    answer = requests.get(f"{http_url}/slow?sleep=300", timeout=60)
    assert (answer.status_code, answer.json()) == (503, {"message": "Service Unavailable"})


def test_an_http_api_keeps_what_goes_wrong_inside_too(http_url: str) -> None:
    # A first call may be too slow for this route; then it says 503.
    eventually(lambda: requests.get(f"{http_url}/slow?raise=1", timeout=60).status_code == 500)
    answer = requests.get(f"{http_url}/slow?raise=1", timeout=60)
    assert (answer.status_code, answer.json()) == (500, {"message": "Internal Server Error"})


def test_an_http_api_is_throttled_by_route(http_url: str) -> None:
    statuses = [requests.get(f"{http_url}/few", timeout=60).status_code for _ in range(8)]
    assert set(statuses) == {200, 429}, statuses
    slow = f"{http_url}/slow?sleep=0"
    eventually(lambda: requests.get(slow, timeout=60).status_code == 200)


def test_an_http_api_without_the_stage_answers_nothing(world: World, function: str) -> None:
    api = world.client("apigatewayv2")
    made = api.create_api(Name="stageless", ProtocolType="HTTP", Target=function)["ApiId"]
    for stage in api.get_stages(ApiId=made)["Items"]:
        api.delete_stage(ApiId=made, StageName=stage["StageName"])
    answer = requests.get(f"{world.cloud.endpoint}/_aws/execute-api/{made}/", timeout=60)
    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})
