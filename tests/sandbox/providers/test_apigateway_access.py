"""Who may call a REST API: signatures, user pools, functions that decide."""

import pytest

from .apis import call, document, function, proxy, serve
from .people import Person, signed, user
from .world import World

pytestmark = pytest.mark.sandbox
GUARD = """
def handler(event, context):
    token = event.get("authorizationToken") or event["headers"].get("x-token", "")
    if token == "broken":
        raise RuntimeError("no")
    if token == "unknown":
        raise Exception("Unauthorized")
    effect = "Allow" if token == "good" else "Deny"
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
    return {"principalId": "someone", "context": {"plan": "gold"},
            "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
"""


def test_a_signed_route_asks_iam(world: World) -> None:
    scheme = {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "awsSigv4",
    }
    echo = proxy(function(world), security=[{"iam": []}])
    api = serve(
        world,
        document(
            {"/a": {"get": echo}, "/b": {"get": echo}},
            components={"securitySchemes": {"iam": scheme}},
        ),
    )
    allowed = user(world, "may-call-a", f"{api.stage['executionArn']}/GET/a")
    stranger = user(world, "may-call-nothing", None)
    assert call(f"{api.url}/a").status == 403
    assert signed(f"{api.url}/a", *allowed).status == 200
    assert signed(f"{api.url}/b", *allowed).status == 403
    assert signed(f"{api.url}/a", *stranger).status == 403
    assert signed(f"{api.url}/a", allowed[0], "wrong").status == 403


def test_a_user_pool_lets_its_people_in(world: World) -> None:
    person = Person.make(world, "rest")
    other = Person.make(world, "elsewhere")
    scheme = {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "cognito_user_pools",
        "x-amazon-apigateway-authorizer": {
            "type": "cognito_user_pools",
            "providerARNs": [person.pool_arn],
        },
    }
    echo = proxy(function(world))
    api = serve(
        world,
        document(
            {"/me": {"get": echo}, "/open": {"get": {**echo, "security": []}}},
            components={"securitySchemes": {"people": scheme}},
            security=[{"people": []}],
        ),
    )
    assert call(f"{api.url}/open").status == 200
    assert call(f"{api.url}/me").status == 401
    assert call(f"{api.url}/me", headers={"Authorization": "nonsense"}).status == 401
    assert call(f"{api.url}/me", headers={"Authorization": other.id_token}).status == 401
    answer = call(f"{api.url}/me", headers={"Authorization": person.id_token})
    assert answer.status == 200
    assert answer.body["authorizer"]["claims"]["cognito:username"] == person.name


@pytest.mark.parametrize("kind", ["token", "request"])
def test_a_function_decides_who_calls(world: World, kind: str) -> None:
    guard = {
        "type": kind,
        "authorizerUri": proxy(function(world, "api-guard", GUARD))[
            "x-amazon-apigateway-integration"
        ]["uri"],
        "authorizerResultTtlInSeconds": 0,
    }
    if kind == "request":
        guard["identitySource"] = "method.request.header.x-token"
    scheme = {
        "type": "apiKey",
        "name": "x-token",
        "in": "header",
        "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": guard,
    }
    paths = {"/": {"get": proxy(function(world), security=[{"guard": []}])}}
    api = serve(world, document(paths, components={"securitySchemes": {"guard": scheme}}))
    for token, status in (("good", 200), ("bad", 403), ("unknown", 401), ("broken", 500)):
        answer = call(f"{api.url}/", headers={"x-token": token})
        assert answer.status == status, token
        if status == 200:
            assert answer.body["authorizer"] == {"principalId": "someone", "plan": "gold"}
    if kind == "token":
        assert call(f"{api.url}/").status == 401
        guard["identityValidationExpression"] = "^go.*"
        api.update(body=document(paths, components={"securitySchemes": {"guard": scheme}}))
        assert call(f"{api.url}/", headers={"x-token": "bad"}).status == 401
        assert call(f"{api.url}/", headers={"x-token": "good"}).status == 200
    ids = world.client("apigateway").get_authorizers(restApiId=api.id)["items"]
    assert len(ids) == 1
    api.update(body=document({"/": {"get": proxy(function(world))}}))
    assert call(f"{api.url}/").status == 200
    assert world.client("apigateway").get_authorizers(restApiId=api.id)["items"] == []
