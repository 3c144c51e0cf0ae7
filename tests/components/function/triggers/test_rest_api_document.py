"""The OpenAPI document of a REST API."""

import json
from typing import Any

import pytest

from components.function.triggers import rest_api
from sandbox.providers import openapi

from .deployed import made

API = "aws:apigateway/restApi:RestApi"
INTEGRATION = "x-amazon-apigateway-integration"
INVOKE = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{}/invocations"
FUNCTION = INVOKE.format("arn:aws:lambda:us-east-1:123456789012:function:guard:live")
POOL = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_shop"
ANY = "x-amazon-apigateway-any-method"


def document(given: dict[str, Any], timeout: int = 29) -> dict[str, Any]:
    """The document, once a reader that takes nothing it does not know has taken it."""
    deployment = made(rest_api, given, timeout=timeout)
    text = deployment.one(API).inputs["body"]
    alias = deployment.one("aws:lambda/alias:Alias").outputs["invokeArn"]
    if "responseOverride" not in text:  # the sandbox has no templates
        openapi.read(text.replace(alias, INVOKE.format("arn:aws:lambda:us-east-1:1:function:f:l")))
    found: dict[str, Any] = json.loads(text)
    return found


def operation(route: dict[str, Any], **api: Any) -> dict[str, Any]:
    """The one operation of an API with this route."""
    methods = document({"routes": [route], **api})["paths"][route["path"]]
    (found,) = [item for verb, item in methods.items() if verb != "options"]
    result: dict[str, Any] = found
    return result


def names(item: dict[str, Any]) -> dict[tuple[str, str], bool]:
    """Parameters by place and name, and whether they must be there."""
    return {(p["in"], p["name"]): p["required"] for p in item.get("parameters", [])}


def test_routes_become_operations_that_call_the_alias() -> None:
    found = document(
        {"routes": [{"method": "GET", "path": "/hello"}, {"path": "/"}, {"path": "/x/{rest+}"}]}
    )
    assert found["openapi"] == "3.0.1"
    assert {path: list(item) for path, item in found["paths"].items()} == {
        "/": [ANY],
        "/hello": ["get"],
        "/x/{rest+}": [ANY],
    }
    integration = found["paths"]["/hello"]["get"][INTEGRATION]
    assert integration.pop("uri").endswith("alias/shop")
    assert integration == {"type": "aws_proxy", "httpMethod": "POST", "timeoutInMillis": 29_000}
    assert names(found["paths"]["/x/{rest+}"][ANY]) == {("path", "rest"): True}


def test_every_operation_has_an_answer_and_its_paths_parameters() -> None:
    cors = {"origins": ["https://shop.example.com"]}
    found = document({"routes": [{"method": "PUT", "path": "/a/{b}/{c}"}], "cors": cors})
    for item in found["paths"]["/a/{b}/{c}"].values():
        assert item["responses"]
        assert names(item) == {("path", "b"): True, ("path", "c"): True}


def test_any_stands_beside_a_method_of_the_same_path() -> None:
    found = document({"routes": [{"path": "/"}, {"method": "post", "path": "/"}]})
    assert set(found["paths"]["/"]) == {ANY, "post"}


def test_the_api_waits_as_long_as_it_is_told() -> None:
    route = {"path": "/", "method": "GET"}
    found = document({"routes": [route], "timeout_seconds": 5}, timeout=5)
    assert found["paths"]["/"]["get"][INTEGRATION]["timeoutInMillis"] == 5_000


def test_a_key_and_an_authorizer_are_both_asked_for() -> None:
    item = operation({"path": "/", "auth": "iam", "api_key": True}, api_keys=["partner"])
    assert item["security"] == [{"iam": []}, {"api_key": []}]


def test_what_a_route_says_goes_before_the_apis_default() -> None:
    routes = [{"path": "/a"}, {"path": "/b", "auth": "none"}, {"path": "/c", "auth": "pool"}]
    found = document(
        {
            "auth": "iam",
            "authorizers": {"pool": {"user_pool_arns": [POOL]}},
            "routes": [*routes, {"path": "/d", "auth": "pool", "scopes": ["shop/read"]}],
        }
    )
    security = {path: item[ANY].get("security") for path, item in found["paths"].items()}
    assert security == {
        "/a": [{"iam": []}],
        "/b": None,
        "/c": [{"pool": []}],
        "/d": [{"pool": ["shop/read"]}],
    }
    assert found["components"]["securitySchemes"] == {
        "iam": {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "x-amazon-apigateway-authtype": "awsSigv4",
        },
        "pool": {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "x-amazon-apigateway-authtype": "cognito_user_pools",
            "x-amazon-apigateway-authorizer": {
                "type": "cognito_user_pools",
                "providerARNs": [POOL],
            },
        },
    }


@pytest.mark.parametrize(
    ("given", "name", "details"),
    [
        (
            {},
            "Unused",
            {"type": "request", "identitySource": "method.request.header.Authorization"},
        ),
        (
            {
                "identity_sources": ["method.request.querystring.key", "context.path"],
                "cache_seconds": 60.0,
                "role_arn": "arn:aws:iam::123456789012:role/ask",
            },
            "Unused",
            {
                "type": "request",
                "identitySource": "method.request.querystring.key,context.path",
                "authorizerResultTtlInSeconds": 60,
                "authorizerCredentials": "arn:aws:iam::123456789012:role/ask",
            },
        ),
        (
            {
                "type": "token",
                "identity_sources": ["method.request.header.X-Token"],
                "token_pattern": "^t-",
            },
            "X-Token",
            {"type": "token", "identityValidationExpression": "^t-"},
        ),
    ],
)
def test_a_function_may_decide(given: dict[str, Any], name: str, details: dict[str, Any]) -> None:
    api = {
        "auth": "guard",
        "authorizers": {"guard": {"invoke_arn": FUNCTION, **given}},
        "routes": [{"path": "/"}],
    }
    scheme = document(api)["components"]["securitySchemes"]["guard"]
    assert (scheme["name"], scheme["x-amazon-apigateway-authtype"]) == (name, "custom")
    common = {"authorizerUri": FUNCTION, "authorizerResultTtlInSeconds": 0}
    assert scheme["x-amazon-apigateway-authorizer"] == common | details


def test_required_parameters_and_bodies_are_validated() -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string", "minLength": 1.0}}}
    route = {"method": "POST", "path": "/{id}", "body_schema": schema}
    validator = "x-amazon-apigateway-request-validator"
    item = operation(route)
    assert item[validator] == "body"
    body = item["requestBody"]["content"]["application/json"]["schema"]
    assert body == schema
    assert isinstance(body["properties"]["name"]["minLength"], int)
    item = operation({**route, "required_query": ["page"], "required_headers": ["X-Shop"]})
    assert item[validator] == "all"
    assert names(item) == {
        ("path", "id"): True,
        ("query", "page"): True,
        ("header", "X-Shop"): True,
    }
    assert operation({"path": "/", "required_query": ["q"]})[validator] == "parameters"
    assert validator not in operation({"path": "/{id}"})


def test_models_are_shared_by_reference() -> None:
    found = document(
        {
            "models": {"Order": {"type": "object"}},
            "routes": [
                {
                    "method": "PUT",
                    "path": "/",
                    "body_schema": {"$ref": "#/components/schemas/Order"},
                }
            ],
        }
    )
    assert found["components"]["schemas"] == {"Order": {"type": "object"}}


def test_cached_answers_are_told_apart_by_all_that_a_route_names() -> None:
    route = {
        "method": "GET",
        "path": "/a/{id}",
        "auth": "pool",
        "cache_seconds": 60,
        "required_query": ["page"],
        "cache_query": ["sort", "page"],
        "cache_headers": ["Accept-Language"],
    }
    item = operation(route, cache={}, authorizers={"pool": {"user_pool_arns": [POOL]}})
    assert item[INTEGRATION]["cacheKeyParameters"] == [
        "method.request.header.Accept-Language",
        "method.request.header.Authorization",
        "method.request.path.id",
        "method.request.querystring.page",
        "method.request.querystring.sort",
    ]
    assert names(item) == {
        ("header", "Accept-Language"): False,
        ("header", "Authorization"): False,
        ("path", "id"): True,
        ("query", "page"): True,
        ("query", "sort"): False,
    }


def _headers(preflight: dict[str, Any]) -> dict[str, str]:
    (answer,) = preflight[INTEGRATION]["responses"].values()
    start = "method.response.header."
    found = {k.removeprefix(start): v for k, v in answer["responseParameters"].items()}
    assert set(preflight["responses"]["204"]["headers"]) == set(found)
    return found


def _refusal(found: dict[str, Any]) -> dict[str, str]:
    kinds = found["x-amazon-apigateway-gateway-responses"]
    assert kinds.get("DEFAULT_4XX") == kinds.get("DEFAULT_5XX")
    given: dict[str, str] = kinds.get("DEFAULT_4XX", {}).get("responseParameters", {})
    return {key.removeprefix("gatewayresponse.header."): value for key, value in given.items()}


def test_the_api_answers_browsers_that_ask_first() -> None:
    found = document(
        {
            "cors": {"origins": ["https://shop.example.com"], "credentials": True},
            "routes": [
                {"method": "GET", "path": "/a", "auth": "iam"},
                {"method": "POST", "path": "/a"},
                {"path": "/b"},
            ],
        }
    )
    preflight = found["paths"]["/a"]["options"]
    assert preflight["security"] == []
    assert _headers(preflight) == {
        "Access-Control-Allow-Origin": "'https://shop.example.com'",
        "Access-Control-Allow-Methods": "'GET,POST'",
        "Access-Control-Allow-Headers": "'authorization,content-type'",
        "Access-Control-Allow-Credentials": "'true'",
        "Access-Control-Max-Age": "'600'",
    }
    everything = "'GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS'"
    methods = _headers(found["paths"]["/b"]["options"])["Access-Control-Allow-Methods"]
    assert methods == everything
    assert _refusal(found) == {
        "Access-Control-Allow-Origin": "'https://shop.example.com'",
        "Access-Control-Allow-Credentials": "'true'",
    }


def test_a_page_may_send_the_key_that_a_route_wants() -> None:
    api: dict[str, Any] = {"routes": [{"path": "/", "api_key": True}], "api_keys": ["page"]}
    allowed = "Access-Control-Allow-Headers"
    found = document({**api, "cors": {"origins": ["*"]}})
    assert _headers(found["paths"]["/"]["options"])[allowed] == (
        "'authorization,content-type,x-api-key'"
    )
    found = document({**api, "cors": {"origins": ["*"], "headers": ["x-mine"]}})
    assert _headers(found["paths"]["/"]["options"])[allowed] == "'x-mine'"


@pytest.mark.parametrize("credentials", [False, True])
def test_of_several_origins_the_asking_one_is_named(credentials: bool) -> None:
    origins = ["https://a.example.com", "https://b.example.com"]
    cors = {
        "origins": origins,
        "credentials": credentials,
        "methods": ["get"],
        "expose_headers": ["x-total"],
    }
    found = document({"routes": [{"path": "/"}], "cors": cors})
    preflight = found["paths"]["/"]["options"]
    headers = _headers(preflight)
    assert headers["Access-Control-Allow-Origin"] == "'https://a.example.com'"
    assert headers["Access-Control-Allow-Methods"] == "'GET'"
    assert headers["Vary"] == "'Origin'"
    template = preflight[INTEGRATION]["responses"]["default"]["responseTemplates"]
    assert f"#set($allowed = {json.dumps(origins)})" in template["application/json"]
    assert _refusal(found) == (
        {}
        if credentials
        else {
            "Access-Control-Allow-Origin": "'*'",
            "Access-Control-Expose-Headers": "'x-total'",
        }
    )


def test_all_origins_include_each() -> None:
    found = document({"routes": [{"path": "/"}], "cors": {"origins": ["https://a.b", "*"]}})
    headers = _headers(found["paths"]["/"]["options"])
    assert headers["Access-Control-Allow-Origin"] == "'*'"
    assert "Vary" not in headers


def test_without_cors_nobody_answers_options() -> None:
    found = document({"routes": [{"method": "GET", "path": "/"}]})
    assert list(found["paths"]["/"]) == ["get"]
    assert "x-amazon-apigateway-gateway-responses" not in found


def test_binary_types_are_the_documents() -> None:
    found = document({"routes": [{"path": "/"}], "binary_media_types": ["image/png", "*/*"]})
    assert found["x-amazon-apigateway-binary-media-types"] == ["*/*", "image/png"]
