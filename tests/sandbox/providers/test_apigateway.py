"""REST APIs, really called: what a document becomes, and what an update leaves behind."""

import json

import pytest

from .apis import call, document, function, mock, proxy, serve
from .world import World

pytestmark = pytest.mark.sandbox
ANY = "x-amazon-apigateway-any-method"


def test_routes_of_a_document_answer(world: World) -> None:
    echo = proxy(function(world))
    api = serve(
        world,
        document(
            {
                "/": {ANY: echo},
                "/hello": {"get": echo},
                "/orders/{id}": {"get": echo},
                "/files/{proxy+}": {ANY: echo},
            }
        ),
        stage={"variables": {"colour": "green"}},
    )
    assert api.url == f"{world.context.endpoint}/_aws/execute-api/{api.id}/dev"
    first = call(f"{api.url}/hello")
    assert (first.status, first.body["path"]) == (200, "/hello")
    assert first.body["variables"] == {"colour": "green"}
    assert call(f"{api.url}/", "DELETE").body["httpMethod"] == "DELETE"
    assert call(f"{api.url}/orders/7").body["resource"] == "/orders/{id}"
    assert call(f"{api.url}/files/a/b").body["resource"] == "/files/{proxy+}"
    assert call(f"{api.url}/hello", "POST").status == 403
    assert call(f"{api.url}/nothing").status == 403


def test_an_update_keeps_the_id_and_takes_routes_away(world: World) -> None:
    echo = proxy(function(world))
    api = serve(world, document({"/a/b": {"get": echo}, "/c": {"get": echo, "post": echo}}))
    before = {
        item["path"]: item["id"]
        for item in world.client("apigateway").get_resources(restApiId=api.id)["items"]
    }
    api.update(body=document({"/c": {"get": echo}, "/d": {"get": echo}}), name="renamed")
    assert call(f"{api.url}/c").status == call(f"{api.url}/d").status == 200
    assert call(f"{api.url}/a/b").status == call(f"{api.url}/c", "POST").status == 403
    after = {
        item["path"]: item["id"]
        for item in world.client("apigateway").get_resources(restApiId=api.id)["items"]
    }
    assert after.keys() == {"/", "/c", "/d"}
    assert after["/c"] == before["/c"]
    assert world.client("apigateway").get_rest_api(restApiId=api.id)["name"] == "renamed"


def test_a_failed_creation_leaves_no_api_behind(world: World) -> None:
    bad = document(
        {"/": {"get": proxy(function(world))}},
        **{"x-amazon-apigateway-gateway-responses": {"NO_SUCH_TYPE": {"statusCode": 400}}},
    )
    client = world.client("apigateway")
    before = len(client.get_rest_apis(limit=500)["items"])
    with pytest.raises(client.exceptions.BadRequestException):
        world.make("aws:apigateway/restApi:RestApi", body=bad)
    assert len(client.get_rest_apis(limit=500)["items"]) == before


def test_a_fixed_answer_serves_a_preflight(world: World) -> None:
    allowed = {"Access-Control-Allow-Origin": "https://a.example", "Access-Control-Max-Age": "60"}
    api = serve(
        world,
        document({"/hello": {"options": mock(204, **allowed), "get": proxy(function(world))}}),
    )
    answer = call(f"{api.url}/hello", "OPTIONS", headers={"Origin": "https://a.example"})
    assert answer.status == 204
    assert {name: answer.headers[name] for name in allowed} == allowed


def _validated(world: World, **order: object) -> str:
    return document(
        {
            "/orders": {
                "post": proxy(
                    function(world),
                    parameters=[{"name": "shop", "in": "query", "required": True}],
                    requestBody={
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Order"}}
                        }
                    },
                    **{"x-amazon-apigateway-request-validator": "all"},
                )
            }
        },
        components={
            "schemas": {
                "Line": {"type": "object", "required": ["sku"]},
                "Order": {
                    "type": "object",
                    "required": ["lines"],
                    "properties": {
                        "lines": {"type": "array", "items": {"$ref": "#/components/schemas/Line"}},
                        **order,
                    },
                },
            }
        },
        **{
            "x-amazon-apigateway-request-validators": {
                "all": {"validateRequestBody": True, "validateRequestParameters": True}
            }
        },
    )


def test_requests_are_validated_by_model_and_parameters(world: World) -> None:
    api = serve(world, _validated(world))
    good = {"lines": [{"sku": "a"}]}
    assert call(f"{api.url}/orders?shop=1", "POST", good).status == 200
    for url, body in (
        (f"{api.url}/orders", good),
        (f"{api.url}/orders?shop=1", {}),
        (f"{api.url}/orders?shop=1", {"lines": [{}]}),
        (f"{api.url}/orders?shop=1", b"no json"),
    ):
        assert call(url, "POST", body).status == 400
    client = world.client("apigateway")
    first = client.get_model(restApiId=api.id, modelName="Order")["id"]
    api.update(body=_validated(world, note={"type": "string"}))
    assert client.get_model(restApiId=api.id, modelName="Order")["id"] == first
    assert call(f"{api.url}/orders?shop=1", "POST", {**good, "note": 1}).status == 400
    relaxed = json.loads(_validated(world))
    relaxed["x-amazon-apigateway-request-validators"]["all"]["validateRequestBody"] = False
    api.update(body=json.dumps(relaxed))
    assert call(f"{api.url}/orders?shop=1", "POST", {}).status == 200
    assert call(f"{api.url}/orders", "POST", {}).status == 400
    api.update(body=document({"/orders": {"post": proxy(function(world))}}))
    assert call(f"{api.url}/orders", "POST", {}).status == 200
    assert client.get_models(restApiId=api.id)["items"] == []
    assert client.get_request_validators(restApiId=api.id)["items"] == []


def test_gateway_responses_shape_errors(world: World) -> None:
    paths = {"/hello": {"get": proxy(function(world))}}
    shaped = {
        "MISSING_AUTHENTICATION_TOKEN": {
            "statusCode": 404,
            "responseTemplates": {"application/json": '{"error": "no such route"}'},
            "responseParameters": {"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"},
        }
    }
    api = serve(world, document(paths, **{"x-amazon-apigateway-gateway-responses": shaped}))
    answer = call(f"{api.url}/nothing")
    assert (answer.status, answer.body) == (404, {"error": "no such route"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    api.update(body=document(paths))
    assert call(f"{api.url}/nothing").status == 403


def test_a_policy_denies_who_is_not_meant(world: World) -> None:
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "execute-api:Invoke",
                "Resource": "execute-api:/dev/GET/open",
            }
        ],
    }
    echo = proxy(function(world))
    paths = {"/open": {"get": echo}, "/closed": {"get": echo}}
    api = serve(world, document(paths, **{"x-amazon-apigateway-policy": policy}))
    assert call(f"{api.url}/open").status == 200
    assert call(f"{api.url}/closed").status == 403
    api.update(body=document(paths))
    assert call(f"{api.url}/closed").status == 200


def test_a_stage_needs_a_deployment_that_exists(world: World) -> None:
    api = serve(world, document({"/": {"get": mock()}}))
    with pytest.raises(world.client("apigateway").exceptions.NotFoundException):
        world.make(
            "aws:apigateway/stage:Stage", restApi=api.id, deployment="none", stageName="other"
        )
    with pytest.raises(ValueError, match="already has a stage 'dev'"):
        world.make(
            "aws:apigateway/stage:Stage",
            restApi=api.id,
            deployment=api.deployment,
            stageName="dev",
        )


def test_a_served_deployment_is_not_deleted(world: World) -> None:
    api = serve(world, document({"/": {"get": mock()}}))
    with pytest.raises(ValueError, match="is served by stage 'dev'"):
        world.provider("aws:apigateway/deployment:Deployment").delete(
            api.deployment, {"restApi": api.id}
        )


def test_a_domain_name_serves_what_is_mapped(world: World) -> None:
    api = serve(world, document({"/hello": {"get": proxy(function(world))}}))
    world.make(
        "aws:apigateway/domainName:DomainName",
        domainName="shop.example.com",
        regionalCertificateArn=world.certificates[0],
        endpointConfiguration={"types": "REGIONAL"},
    )
    world.make(
        "aws:apigateway/basePathMapping:BasePathMapping",
        domainName="shop.example.com",
        restApi=api.id,
        stageName="dev",
        basePath="v1",
    )
    host = {"Host": "shop.example.com"}
    assert call(f"{world.context.endpoint}/v1/hello", headers=host).body["path"] == "/hello"
    with pytest.raises(ValueError, match="already has a mapping for 'v1'"):
        world.make(
            "aws:apigateway/basePathMapping:BasePathMapping",
            domainName="shop.example.com",
            restApi=api.id,
            basePath="v1",
        )
