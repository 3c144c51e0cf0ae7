"""Documents that are read, and documents that are refused by the path of what is wrong."""

import copy
import json
from typing import Any

import pytest

from sandbox.providers.openapi import read

from .apis import INTEGRATION, document, invoke_arn, mock, proxy

ARN = "arn:aws:lambda:us-east-1:123456789012:function:f:live"
STATES = "arn:aws:apigateway:us-east-1:states:action"
GET = proxy(ARN)
KEY = {"type": "apiKey", "name": "x-api-key", "in": "header"}
IAM = {
    "type": "apiKey",
    "name": "Authorization",
    "in": "header",
    "x-amazon-apigateway-authtype": "awsSigv4",
}
PEOPLE = {
    "type": "apiKey",
    "name": "Authorization",
    "in": "header",
    "x-amazon-apigateway-authtype": "cognito_user_pools",
    "x-amazon-apigateway-authorizer": {"type": "cognito_user_pools", "providerARNs": ["arn:p"]},
}
GUARD = {
    "type": "apiKey",
    "name": "x-token",
    "in": "header",
    "x-amazon-apigateway-authorizer": {"type": "token", "authorizerUri": invoke_arn(ARN)},
}
SCHEMES = {"key": KEY, "iam": IAM, "people": PEOPLE, "guard": GUARD}


def _body(path: str = "/a", verb: str = "get", method: Any = GET, **more: Any) -> dict[str, Any]:
    given: dict[str, Any] = json.loads(document({path: {verb: method}}, **more))
    return given


def _secured(requirements: list[Any], **schemes: Any) -> dict[str, Any]:
    components = {"securitySchemes": {**SCHEMES, **schemes}}
    return _body(method={**GET, "security": requirements}, components=components)


def _integration(**changes: Any) -> dict[str, Any]:
    given = {**GET[INTEGRATION], **changes}
    return _body(method={INTEGRATION: {k: v for k, v in given.items() if v is not None}})


def _mock(**changes: Any) -> dict[str, Any]:
    method = copy.deepcopy(mock(200, X="1"))
    method[INTEGRATION].update(changes)
    return _body(method=method)


def _service(**changes: Any) -> dict[str, Any]:
    integration = {
        "type": "aws",
        "httpMethod": "POST",
        "uri": "arn:aws:apigateway:us-east-1:states:action/StartExecution",
        "credentials": "arn:aws:iam::123456789012:role/r",
        "requestTemplates": {"application/json": "{}"},
        "responses": {"default": {"statusCode": "200"}},
    }
    given = {k: v for k, v in {**integration, **changes}.items() if v is not None}
    return _body(method={"responses": {"200": {"description": "d"}}, INTEGRATION: given})


def _template(template: str) -> dict[str, Any]:
    return _service(requestTemplates={"application/json": template})


def _answer(**changes: Any) -> dict[str, Any]:
    return _mock(responses={"default": {"statusCode": "200", **changes}})


def _schema(**schema: Any) -> dict[str, Any]:
    return _body(components={"schemas": {"Order": schema}})


def test_a_method_that_names_no_scheme_inherits_the_documents() -> None:
    paths = {"/a": {"get": GET}, "/b": {"get": {**GET, "security": []}}}
    routes = read(
        document(paths, components={"securitySchemes": SCHEMES}, security=[{"key": [], "iam": []}])
    ).routes
    assert routes["/a", "GET"].method["authorizationType"] == "AWS_IAM"
    assert routes["/a", "GET"].method["apiKeyRequired"]
    assert routes["/b", "GET"].method["authorizationType"] == "NONE"
    assert not routes["/b", "GET"].method["apiKeyRequired"]


def test_parameters_of_a_path_are_those_of_its_methods() -> None:
    shared = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]
    own = {**GET, "parameters": [{"name": "q", "in": "query"}]}
    routes = read(document({"/a/{id}": {"parameters": shared, "get": own, "put": GET}})).routes
    assert routes["/a/{id}", "GET"].method["requestParameters"] == {
        "method.request.path.id": True,
        "method.request.querystring.q": False,
    }
    assert routes["/a/{id}", "PUT"].method["requestParameters"] == {"method.request.path.id": True}


def test_an_inline_schema_becomes_a_model() -> None:
    content = {"application/json": {"schema": {"type": "object"}}}
    method = {**GET, "requestBody": {"required": True, "content": content}}
    found = read(json.dumps(_body(method=method)))
    assert found.models == {"Inline0": {"type": "object"}}
    assert found.routes["/a", "GET"].method["requestModels"] == {"application/json": "Inline0"}


def test_scopes_are_for_a_user_pool() -> None:
    found = read(json.dumps(_secured([{"people": ["read"]}])))
    assert found.routes["/a", "GET"].method["authorizationScopes"] == ["read"]
    assert found.routes["/a", "GET"].authorizer == "people"


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({**_body(), "openapi": "2.0"}, "body.openapi", "imports 3.0.x"),
    ({**_body(), "servers": []}, "body.servers", "cannot honour"),
    ({**_body(), "x-amazon-apigateway-cors": {}}, "body.x-amazon-apigateway-cors", "cannot"),
    ({**_body(), "paths": {}}, "body.paths", "has no method"),
    ({**_body(), "x-amazon-apigateway-api-key-source": "AUTHORIZER"}, "key-source", "header only"),
    (_body("a"), "body.paths.a", "begins with /"),
    (_body("/a/"), 'body.paths["/a/"]', "does not end"),
    (_body("/a b"), 'body.paths["/a b"]', "is not a path part"),
    (_body("/{p+}/a"), "{p+}", "nothing may follow"),
    ({**_body(), "paths": {"/{a}": {"get": GET}, "/{b}/c": {"get": GET}}}, "{b}", "same place"),
    (_body(verb="trace"), 'body.paths["/a"].trace', "cannot honour"),
    (_body(method={}), f'body.paths["/a"].get.{INTEGRATION}', "is missing"),
    (_body(method={**GET, "callbacks": {}}), 'body.paths["/a"].get.callbacks', "cannot honour"),
    (
        _body(method={**GET, "parameters": [{"name": "c", "in": "cookie"}]}),
        'body.paths["/a"].get.parameters[0].in',
        "query, header, path",
    ),
    (
        _body(method={**GET, "x-amazon-apigateway-request-validator": "all"}),
        'body.paths["/a"].get.x-amazon-apigateway-request-validator',
        "'all' is not among",
    ),
    (_secured([{"nobody": []}]), "security[0]", "'nobody' is not among"),
    (_secured([{"iam": []}, {"people": []}]), "security[1]", "one authorizer: iam or people"),
    (_secured([{"guard": ["read"]}]), "security[0]", "only a Cognito authorizer reads scopes"),
    (
        _secured([], other={"type": "http", "scheme": "bearer"}),
        "securitySchemes.other.type",
        "http",
    ),
    (_secured([], other={**KEY, "name": "Authorization"}), "other", "let everyone in"),
    (_secured([], other={**KEY, "in": "query"}), "other.in", "from a header"),
    (
        _secured([], other={**GUARD, "x-amazon-apigateway-authorizer": {"type": "jwt"}}),
        "other.x-amazon-apigateway-authorizer.type",
        "Allowed: token, request, cognito_user_pools",
    ),
    (
        _secured(
            [],
            other={
                **GUARD,
                "x-amazon-apigateway-authorizer": {"type": "request", "authorizerUri": "u"},
            },
        ),
        "other.x-amazon-apigateway-authorizer.identitySource",
        "a cached answer needs one",
    ),
    (_integration(type="http"), f"{INTEGRATION}.type", "aws, aws_proxy, http_proxy, mock"),
    (_integration(uri="https://x"), f"{INTEGRATION}.uri", "not a function's invoke ARN"),
    (_integration(uri=ARN), f"{INTEGRATION}.uri", "not a function's invoke ARN"),
    (_integration(uri=None), f"{INTEGRATION}.uri", "is missing"),
    (_integration(httpMethod="GET"), f"{INTEGRATION}.httpMethod", "invoked by POST"),
    (_integration(timeoutInMillis=30000), f"{INTEGRATION}.timeoutInMillis", "50 to 29000"),
    (_integration(connectionType="VPC_LINK"), f"{INTEGRATION}.connectionType", "INTERNET"),
    (_integration(passthroughBehavior="x"), f"{INTEGRATION}.passthroughBehavior", "Allowed"),
    (_integration(requestTemplates={"a": "b"}), f"{INTEGRATION}.requestTemplates", "cannot"),
    (_integration(responses={"default": {}}), f"{INTEGRATION}.responses", "passes the answer on"),
    (_mock(requestTemplates={}), f"{INTEGRATION}.requestTemplates", "AWS answers 500"),
    (_mock(responses={}), f"{INTEGRATION}.responses", "AWS answers 500"),
    (_answer(statusCode="404"), "default.statusCode", "not among the method's responses"),
    (
        _answer(responseParameters={"method.response.header.Y": "'1'"}),
        "default.responseParameters",
        "declares no such header",
    ),
    (
        _answer(responseParameters={"method.response.header.X": "integration.response.header.X"}),
        "default.responseParameters",
        "a fixed text",
    ),
    (
        _answer(responseTemplates={"application/json": "$context.requestId"}),
        "default.responseTemplates",
        "fixed application/json only",
    ),
    (_service(uri=f"{STATES}/StopExecution"), f"{INTEGRATION}.uri", "serves no other"),
    (_service(uri=STATES.replace("states", "sqs")), f"{INTEGRATION}.uri", "serves no other"),
    (_service(uri=None), f"{INTEGRATION}.uri", "is missing"),
    (_service(httpMethod="GET"), f"{INTEGRATION}.httpMethod", "called by POST"),
    (_service(credentials=None), f"{INTEGRATION}.credentials", "is missing"),
    (_service(credentials="arn:aws:iam::*:user/*"), f"{INTEGRATION}.credentials", "not a role's"),
    (_service(requestParameters={"a": "b"}), f"{INTEGRATION}.requestParameters", "cannot honour"),
    (_service(responses={}), f"{INTEGRATION}.responses", "AWS answers 500"),
    (_service(responses={"(": {"statusCode": "200"}}), 'responses["("]', "no regular expression"),
    (
        _service(responses={"default": {"statusCode": "200"}, "4..": {"statusCode": "200"}}),
        'responses["4.."].statusCode',
        "200 is taken",
    ),
    (
        _service(
            responses={
                "default": {
                    "statusCode": "200",
                    "responseTemplates": {"application/json": "$util.sort()"},
                }
            }
        ),
        "default.responseTemplates",
        "$util.sort() is not served",
    ),
    (_template("#macro(x)#end"), f"{INTEGRATION}.requestTemplates", "#macro is not served"),
    (_template("#if(true)"), f"{INTEGRATION}.requestTemplates", "or #end in if directive"),
    (_schema(nullable=True), "schemas.Order.nullable", "draft 4"),
    (_schema(items={"$ref": "#/components/schemas/None"}), "schemas.Order", "leads nowhere"),
    (_body(components={"schemas": {"a-b": {}}}), "schemas.a-b", "letters and digits only"),
]


@pytest.mark.parametrize(("body", "path", "text"), REFUSED)
def test_what_cannot_be_honoured_is_refused_by_its_path(
    body: dict[str, Any], path: str, text: str
) -> None:
    with pytest.raises(ValueError, match=r"^body") as error:
        read(json.dumps(body))
    where, _, problem = str(error.value).partition(": ")
    assert where.endswith(path) or path in str(error.value)
    assert text in problem


@pytest.mark.parametrize("text", ["{", "[]", '"x"'])
def test_a_body_is_a_json_object(text: str) -> None:
    with pytest.raises(ValueError, match=r"^body: is"):
        read(text)
