"""HTTP APIs, really called: routes, payloads, CORS, authorizers, names of one's own."""

from dataclasses import dataclass
from typing import Any

import pytest

from .apis import call, function, invoke_arn
from .people import Person, signed, user
from .world import World

pytestmark = pytest.mark.sandbox
API = "aws:apigatewayv2/api:Api"
ROUTE = "aws:apigatewayv2/route:Route"
STAGE = "aws:apigatewayv2/stage:Stage"
AUTHORIZER = "aws:apigatewayv2/authorizer:Authorizer"
INTEGRATION = "aws:apigatewayv2/integration:Integration"
GUARD = """
def handler(event, context):
    return {"isAuthorized": event["headers"].get("x-token") == "good", "context": {"plan": "gold"}}
"""


@dataclass
class Http:
    """An HTTP API with a function behind it."""

    world: World
    id: str
    outputs: Any
    integration: str

    @property
    def url(self) -> str:
        return str(self.outputs["apiEndpoint"])

    def route(self, key: str, **more: Any) -> tuple[str, Any]:
        target = f"integrations/{self.integration}"
        return self.world.make(ROUTE, apiId=self.id, routeKey=key, target=target, **more)


def _serve(world: World, stage: str = "$default", **api: Any) -> Http:
    id, outputs = world.make(API, protocolType="HTTP", **api)
    integration = world.make(
        INTEGRATION,
        apiId=id,
        integrationType="AWS_PROXY",
        integrationUri=function(world),
        payloadFormatVersion="2.0",
    )[0]
    world.make(STAGE, apiId=id, name=stage, autoDeploy=True)
    return Http(world, id, outputs, integration)


def test_routes_answer_without_a_stage_in_the_address(world: World) -> None:
    api = _serve(world)
    api.route("GET /hello")
    wide = api.route("ANY /files/{proxy+}")
    answer = call(f"{api.url}/hello")
    assert (answer.status, answer.body["rawPath"], answer.body["version"]) == (200, "/hello", "2.0")
    assert call(f"{api.url}/files/a/b", "PUT").status == 200
    assert call(f"{api.url}/hello", "POST").status == 404
    api.world.provider(ROUTE).delete(*wide)
    assert call(f"{api.url}/files/a/b", "PUT").status == 404
    api.route("$default")
    assert call(f"{api.url}/anything").status == 200


def test_a_named_stage_is_part_of_the_address(world: World) -> None:
    api = _serve(world, stage="dev")
    api.route("GET /hello")
    assert call(f"{api.url}/dev/hello").body["rawPath"] == "/hello"
    assert call(f"{api.url}/hello").status == 404


def test_a_route_changes_in_place(world: World) -> None:
    api = _serve(world)
    id, outputs = api.route("GET /old")
    provider = world.provider(ROUTE)
    old, new = (
        provider.check(
            "r", {"apiId": api.id, "routeKey": key, "target": f"integrations/{api.integration}"}
        )
        for key in ("GET /old", "GET /new")
    )
    provider.update(id, old, new, outputs)
    assert call(f"{api.url}/new").status == 200
    assert call(f"{api.url}/old").status == 404


def test_a_second_route_of_the_same_key_is_refused(world: World) -> None:
    api = _serve(world)
    api.route("GET /hello")
    with pytest.raises(ValueError, match="already has a route 'GET /hello'"):
        api.route("GET /hello")


def test_cors_answers_the_origins_that_are_meant(world: World) -> None:
    cors = {
        "allowOrigins": ["https://a.example"],
        "allowMethods": ["GET"],
        "allowHeaders": ["x-token"],
        "exposeHeaders": ["x-count"],
        "allowCredentials": True,
        "maxAge": 60,
    }
    api = _serve(world, corsConfiguration=cors)
    api.route("GET /hello")
    preflight = call(f"{api.url}/hello", "OPTIONS", headers={"Origin": "https://a.example"})
    assert preflight.status == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == "https://a.example"
    assert preflight.headers["Access-Control-Allow-Methods"] == "GET"
    assert preflight.headers["Access-Control-Max-Age"] == "60"
    stranger = call(f"{api.url}/hello", headers={"Origin": "https://b.example"})
    assert "Access-Control-Allow-Origin" not in stranger.headers
    provider = world.provider(API)
    old = provider.check("a", {"protocolType": "HTTP", "corsConfiguration": cors})
    provider.update(api.id, old, provider.check("a", {"protocolType": "HTTP"}), api.outputs)
    assert "CorsConfiguration" not in world.client("apigatewayv2").get_api(ApiId=api.id)


def test_a_token_of_the_pool_opens_a_route(world: World) -> None:
    api, person, other = _serve(world), Person.make(world, "http"), Person.make(world, "nobody")
    jwt = {"issuer": f"https://{person.endpoint}", "audiences": [person.client]}
    authorizer = world.make(
        AUTHORIZER,
        apiId=api.id,
        authorizerType="JWT",
        identitySources=["$request.header.Authorization"],
        jwtConfiguration=jwt,
    )[0]
    api.route("GET /me", authorizationType="JWT", authorizerId=authorizer)
    scoped = ["aws.cognito.signin.user.admin"]
    api.route(
        "GET /scoped", authorizationType="JWT", authorizerId=authorizer, authorizationScopes=scoped
    )
    assert call(f"{api.url}/me").status == 401
    assert call(f"{api.url}/me", headers={"Authorization": other.id_token}).status == 401
    answer = call(f"{api.url}/me", headers={"Authorization": f"Bearer {person.id_token}"})
    assert answer.status == 200
    assert answer.body["authorizer"]["jwt"]["claims"]["cognito:username"] == person.name
    assert call(f"{api.url}/scoped", headers={"Authorization": person.id_token}).status == 403
    assert call(f"{api.url}/scoped", headers={"Authorization": person.access_token}).status == 200


def test_a_function_decides_who_calls(world: World) -> None:
    api = _serve(world)
    authorizer = world.make(
        AUTHORIZER,
        apiId=api.id,
        authorizerType="REQUEST",
        identitySources=["$request.header.x-token"],
        authorizerUri=invoke_arn(function(world, "http-guard", GUARD)),
        authorizerPayloadFormatVersion="2.0",
        enableSimpleResponses=True,
    )[0]
    api.route("GET /", authorizationType="CUSTOM", authorizerId=authorizer)
    assert call(f"{api.url}/", headers={"x-token": "good"}).body["authorizer"] == {
        "lambda": {"plan": "gold"}
    }
    assert call(f"{api.url}/", headers={"x-token": "bad"}).status == 403
    assert call(f"{api.url}/").status == 401
    with pytest.raises(ValueError, match="needs an authorizer of type JWT"):
        api.route("GET /x", authorizationType="JWT", authorizerId=authorizer)


def test_a_signed_route_asks_iam(world: World) -> None:
    api = _serve(world)
    api.route("GET /a", authorizationType="AWS_IAM")
    execution = f"{api.outputs['executionArn']}/$default/GET/a"
    allowed, stranger = user(world, "may-http", execution), user(world, "may-not-http", None)
    assert call(f"{api.url}/a").status == 403
    assert signed(f"{api.url}/a", *allowed).status == 200
    assert signed(f"{api.url}/a", *stranger).status == 403


def test_a_domain_name_serves_what_is_mapped(world: World) -> None:
    api = _serve(world)
    api.route("GET /hello")
    outputs = world.make(
        "aws:apigatewayv2/domainName:DomainName",
        domainName="http.example.com",
        domainNameConfiguration={
            "certificateArn": world.certificates[0],
            "endpointType": "REGIONAL",
            "securityPolicy": "TLS_1_2",
        },
    )[1]
    assert outputs["domainNameConfiguration"]["targetDomainName"].endswith("amazonaws.com")
    assert outputs["domainNameConfiguration"]["hostedZoneId"]
    world.make(
        "aws:apigatewayv2/apiMapping:ApiMapping",
        apiId=api.id,
        domainName="http.example.com",
        stage="$default",
        apiMappingKey="v1",
    )
    host = {"Host": "http.example.com"}
    assert call(f"{world.context.endpoint}/v1/hello", headers=host).status == 200
