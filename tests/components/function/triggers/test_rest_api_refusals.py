"""What a REST API refuses, before anything is registered."""

from typing import Any

import pytest

from components.function.triggers import rest_api

from .deployed import made, refused

POOL = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_shop"
INVOKE = (
    "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
    "arn:aws:lambda:us-east-1:123456789012:function:guard/invocations"
)
GET = {"method": "GET", "path": "/"}
POST = {"method": "POST", "path": "/"}
KEYED = {"path": "/", "api_key": True}


def route(**given: Any) -> dict[str, Any]:
    return {"routes": [{**GET, **given}]}


def guard(**given: Any) -> dict[str, Any]:
    return {"routes": [GET], "authorizers": {"guard": given}}


@pytest.mark.parametrize(
    ("given", "timeout", "text"),
    [
        (
            {},
            30,
            "MultiTriggerFunction 'shop': timeout_seconds=30 is not valid. Allowed: 1 to 29 with "
            "triggers.rest_api, which waits no longer. Set timeout_seconds=29; or, once AWS has "
            "raised the quota of the integration timeout, triggers.rest_api.timeout_seconds=30; "
            "or use the url trigger, which waits.",
        ),
        (
            {"timeout_seconds": 5},
            10,
            "MultiTriggerFunction 'shop': timeout_seconds=10 is not valid. Allowed: 1 to 5 with "
            "triggers.rest_api, which waits no longer. Set timeout_seconds=5, or "
            "triggers.rest_api.timeout_seconds=10.",
        ),
        (
            {},
            900,
            "MultiTriggerFunction 'shop': timeout_seconds=900 is not valid. Allowed: 1 to 29 with "
            "triggers.rest_api, which waits no longer. Set timeout_seconds=29, or use the url "
            "trigger, which waits.",
        ),
        (
            {"timeout_seconds": 301},
            29,
            "MultiTriggerFunction 'shop': triggers.rest_api.timeout_seconds=301 is not valid. "
            "Allowed: whole numbers from 1 to 300. Nearest: 300.",
        ),
    ],
)
def test_a_function_that_may_take_longer_than_the_api_waits(
    given: dict[str, Any], timeout: int, text: str
) -> None:
    assert refused(rest_api, {"routes": [GET], **given}, timeout=timeout) == text


def test_a_raised_quota_is_taken_at_its_word() -> None:
    made(rest_api, {"routes": [GET], "timeout_seconds": 120.0}, timeout=120)


@pytest.mark.parametrize(
    ("given", "texts"),
    [
        ({}, ["missing required argument 'triggers.rest_api.routes'"]),
        ({"routes": []}, ["triggers.rest_api.routes=[]", "at least one route"]),
        ({"routes": [{}]}, ["'triggers.rest_api.routes[0].path'"]),
        (
            {"routes": [GET], "quotas": {}},
            ["unknown argument 'triggers.rest_api.quotas'", "'triggers.rest_api.quota'?"],
        ),
        (
            guard(issuer="https://x"),
            ["'triggers.rest_api.authorizers.guard.issuer' does not exist", "only http_api has"],
        ),
        (route(method="FETCH"), ["routes[0].method='FETCH'", "'ANY', 'GET'"]),
        (route(path="hello"), ["routes[0].path='hello'", "Did you mean '/hello'?"]),
        (route(path="/a/~b"), ["routes[0].path='/a/~b'", "'~b' is neither"]),
        (route(path="/{rest+}/a"), ["'{rest+}' takes all that follows"]),
        (
            {"routes": [GET, {"method": "get", "path": "/"}]},
            ["routes[1]='GET /'", "'GET /' of triggers.rest_api.routes[0] takes the same"],
        ),
        (
            {"routes": [route(path="/items/{id}")["routes"][0], {**GET, "path": "/items/{name}"}]},
            ["routes[1]='GET /items/{name}'", "'GET /items/{id}' of triggers.rest_api.routes[0]"],
        ),
        (
            {"routes": [{**GET, "path": "/items/{id}"}, {**POST, "path": "/items/{name}/x"}]},
            ["routes[1].path='/items/{name}/x'", "'/items/{id}' has '{id}'", "the same name"],
        ),
        (
            {"routes": [{"path": "/{rest+}"}, {**GET, "path": "/{id}"}]},
            ["routes[1].path='/{id}'", "'/{rest+}' has '{rest+}'"],
        ),
        (
            {**guard(user_pool_arns=[POOL]), **route(auth="gard")},
            ["routes[0].auth='gard'", "'none', 'iam', 'guard'", "Did you mean 'guard'?"],
        ),
        (
            {"routes": [GET], "auth": "customers"},
            ["triggers.rest_api.auth='customers'", "Add 'customers' to authorizers."],
        ),
        (
            {**guard(invoke_arn=INVOKE), **route(auth="guard", scopes=["a"])},
            ["routes[0].scopes=['a']", "with user pools only"],
        ),
        (route(scopes=["a"]), ["routes[0].scopes=['a']", "has user pools"]),
        (route(throttle={"rate": 0}), ["routes[0].throttle.rate=0"]),
        (
            {"routes": [GET], "throttle": {"rate": 20_000}},
            ["triggers.rest_api.throttle.rate=20000"],
        ),
        (route(required_query=["a b"]), ["routes[0].required_query='a b'"]),
        (route(required_headers=["a:"]), ["routes[0].required_headers='a:'"]),
    ],
)
def test_routes_that_could_not_work(given: dict[str, Any], texts: list[str]) -> None:
    message = refused(rest_api, given, timeout=29)
    assert message.startswith("MultiTriggerFunction 'shop': ")
    for text in texts:
        assert text in message


@pytest.mark.parametrize(
    ("given", "texts"),
    [
        (
            {"routes": [KEYED]},
            ["routes[0].api_key=True", "nobody could call it", "api_keys=['partner']"],
        ),
        (
            {"routes": [GET], "api_keys": ["partner"]},
            ["triggers.rest_api.api_keys=['partner']", "Set 'api_key': True on a route"],
        ),
        ({"routes": [KEYED], "api_keys": ["a", "a"]}, ["api_keys='a'", "each name once"]),
        (
            {"routes": [KEYED], "api_keys": ["my partner"]},
            ["triggers.rest_api.api_keys='my partner'", "letters, digits"],
        ),
        (
            {"routes": [GET], "quota": {"limit": 5}},
            ["triggers.rest_api.quota={'limit': 5}", "with api_keys only", "there is throttle"],
        ),
        (
            {"routes": [GET], "key_throttle": {"rate": 5}},
            ["triggers.rest_api.key_throttle={'rate': 5}", "with api_keys only"],
        ),
        (
            {"routes": [KEYED], "api_keys": ["a"], "quota": {"limit": 0}},
            ["triggers.rest_api.quota.limit=0", "from 1 to"],
        ),
        (
            {"routes": [KEYED], "api_keys": ["a"], "quota": {"limit": 1, "period": "YEAR"}},
            ["triggers.rest_api.quota.period='YEAR'", "'DAY', 'WEEK', 'MONTH'"],
        ),
    ],
)
def test_keys_that_open_nothing_and_routes_without_keys(
    given: dict[str, Any], texts: list[str]
) -> None:
    message = refused(rest_api, given, timeout=29)
    for text in texts:
        assert text in message


@pytest.mark.parametrize(
    ("given", "texts"),
    [
        (
            route(cache_seconds=60),
            ["routes[0].cache_seconds=60", "triggers.rest_api.cache only", "{'size_gb': 0.5}"],
        ),
        ({"routes": [GET], "cache": {}}, ["triggers.rest_api.cache={}", "Set cache_seconds"]),
        (
            {"routes": [{**POST, "cache_seconds": 60}], "cache": {}},
            ["routes[0].cache_seconds=60", "with GET only, not POST", "cache_any_method=True"],
        ),
        (
            {"routes": [{"path": "/", "cache_seconds": 60}], "cache": {}},
            ["with GET only, not ANY"],
        ),
        (
            {**route(cache_seconds=3601), "cache": {}},
            ["routes[0].cache_seconds=3601", "from 1 to 3600"],
        ),
        ({**route(cache_seconds=0), "cache": {}}, ["Leave it out for no cache."]),
        (
            {**route(cache_seconds=60), "cache": {"size_gb": 2}},
            ["triggers.rest_api.cache.size_gb=2", "0.5, 1.6, 6.1, 13.5, 28.4, 58.2, 118, 237"],
        ),
        (route(cache_query=["a"]), ["routes[0].cache_query=['a']", "with cache_seconds only"]),
        (route(cache_headers=["a"]), ["routes[0].cache_headers=['a']"]),
        (route(cache_any_method=True), ["routes[0].cache_any_method=True"]),
    ],
)
def test_a_cache_that_could_not_work(given: dict[str, Any], texts: list[str]) -> None:
    message = refused(rest_api, given, timeout=29)
    for text in texts:
        assert text in message


def test_more_than_get_is_cached_where_somebody_says_so() -> None:
    cached = {**POST, "cache_seconds": 60, "cache_any_method": True}
    made(rest_api, {"routes": [cached], "cache": {}}, timeout=29)


@pytest.mark.parametrize(
    ("given", "texts"),
    [
        (guard(), ["authorizers.guard=[]", "one of 'user_pool_arns', 'invoke_arn'"]),
        (
            guard(user_pool_arns=[POOL], invoke_arn=INVOKE),
            ["authorizers.guard=['user_pool_arns', 'invoke_arn']", "one of"],
        ),
        (
            guard(user_pool_arns=[POOL], cache_seconds=5),
            ["authorizers.guard.cache_seconds=5", "with invoke_arn only"],
        ),
        (guard(user_pool_arns=[POOL], role_arn="a"), ["authorizers.guard.role_arn='a'"]),
        (guard(user_pool_arns=[POOL], type="token"), ["authorizers.guard.type='token'"]),
        (
            guard(invoke_arn="arn:aws:lambda:us-east-1:123456789012:function:guard"),
            ["authorizers.guard.invoke_arn=", "It is not the function's arn."],
        ),
        (guard(invoke_arn=INVOKE, type="jwt"), ["guard.type='jwt'", "'request', 'token'"]),
        (
            guard(invoke_arn=INVOKE, token_pattern="x"),
            ["guard.token_pattern='x'", "with type='token' only"],
        ),
        (
            guard(invoke_arn=INVOKE, cache_seconds=3601),
            ["guard.cache_seconds=3601", "0 to 3600"],
        ),
        (
            guard(invoke_arn=INVOKE, identity_sources=["$request.header.X"]),
            ["identity_sources='$request.header.X'", "Did you mean 'method.request.header.X'?"],
        ),
        (
            guard(
                invoke_arn=INVOKE,
                type="token",
                identity_sources=["method.request.querystring.key"],
            ),
            ["one header", "An authorizer of type 'request' takes more."],
        ),
        (
            {"routes": [GET], "authorizers": {"iam": {"user_pool_arns": [POOL]}}},
            ["triggers.rest_api.authorizers='iam'", "is there already"],
        ),
        (
            {"routes": [GET], "authorizers": {"a_b": {"user_pool_arns": [POOL]}}},
            ["triggers.rest_api.authorizers='a_b'", "letters, digits"],
        ),
    ],
)
def test_authorizers_that_could_not_work(given: dict[str, Any], texts: list[str]) -> None:
    message = refused(rest_api, given, timeout=29)
    for text in texts:
        assert text in message


@pytest.mark.parametrize(
    ("cors", "texts"),
    [
        ({"origins": ["*"], "credentials": True}, ["triggers.rest_api.cors.credentials=True"]),
        ({"origins": []}, ["triggers.rest_api.cors.origins=[]"]),
        ({"origins": ["https://a.b/"]}, ["triggers.rest_api.cors.origins='https://a.b/'"]),
        ({"origins": ["https://a'b"]}, ['cors.origins="https://a\'b"', "quotes"]),
        ({"origins": ["*"], "headers": ["a b"]}, ["cors.headers='a b'"]),
        ({"origins": ["*"], "expose_headers": ["$x"]}, ["cors.expose_headers='$x'"]),
        ({"origins": ["*"], "methods": ["GETT"]}, ["cors.methods='GETT'", "'GET'"]),
        ({"origins": ["*"], "max_age_seconds": 86_401}, ["cors.max_age_seconds=86401"]),
    ],
)
def test_cors_that_a_browser_would_not_take(cors: dict[str, Any], texts: list[str]) -> None:
    message = refused(rest_api, {"routes": [GET], "cors": cors}, timeout=29)
    for text in texts:
        assert text in message


def test_options_are_answered_by_the_api_or_by_the_function() -> None:
    routes = [GET, {"method": "options", "path": "/"}]
    message = refused(rest_api, {"routes": routes, "cors": {"origins": ["*"]}}, timeout=29)
    assert "triggers.rest_api.routes[1]='OPTIONS /'" in message
    assert "remove one of the two" in message
    made(rest_api, {"routes": routes}, timeout=29)


REFERENCE = {"$ref": "#/components/schemas/Ordr"}


@pytest.mark.parametrize(
    ("given", "texts"),
    [
        (
            route(body_schema={"type": "object"}),
            ["routes[0].body_schema='for GET'", "'POST', 'PUT', 'PATCH'"],
        ),
        ({"routes": [{"path": "/", "body_schema": {"type": "object"}}]}, ["'for ANY'"]),
        ({"routes": [{**POST, "body_schema": {}}]}, ["routes[0].body_schema={}", "JSON Schema"]),
        (
            {"routes": [{**POST, "body_schema": {"properties": {"a": {"const": 1}}}}]},
            ["body_schema.properties.a='const'", "Use 'enum' with one value."],
        ),
        (
            {"routes": [{**POST, "body_schema": {"allOf": [{"if": {}}]}}]},
            ["body_schema.allOf[0]='if'", "draft 4"],
        ),
        (
            {"routes": [{**POST, "body_schema": REFERENCE}]},
            ["body_schema.$ref='#/components/schemas/Ordr'", "none without models"],
        ),
        (
            {
                "routes": [{**POST, "body_schema": {"items": REFERENCE}}],
                "models": {"Order": {"type": "object"}},
            },
            ["body_schema.items.$ref=", "Did you mean '#/components/schemas/Order'?"],
        ),
        (
            {"routes": [GET], "models": {"my-order": {"type": "object"}}},
            ["triggers.rest_api.models='my-order'", "letters and digits"],
        ),
        (
            {"routes": [GET], "models": {"A": {"nullable": True}}},
            ["triggers.rest_api.models.A='nullable'", "['string', 'null']"],
        ),
    ],
)
def test_schemas_that_api_gateway_would_not_understand(
    given: dict[str, Any], texts: list[str]
) -> None:
    message = refused(rest_api, given, timeout=29)
    for text in texts:
        assert text in message


def test_a_property_may_have_the_name_of_a_word() -> None:
    schema = {"properties": {"if": {"enum": [{"const": 1}]}, "const": {"type": "string"}}}
    made(rest_api, {"routes": [{**POST, "body_schema": schema}]}, timeout=29)


@pytest.mark.parametrize(
    ("given", "texts"),
    [
        ({"stage": "v 1"}, ["triggers.rest_api.stage='v 1'", "'live', 'v1'"]),
        ({"log_level": "DEBUG"}, ["triggers.rest_api.log_level='DEBUG'", "'OFF', 'ERROR', 'INFO'"]),
        ({"binary_media_types": ["png"]}, ["binary_media_types='png'", "'image/png'"]),
        (
            {"domain": {"name": "https://api.example.com", "zone_id": "Z"}},
            ["triggers.rest_api.domain.name='https://api.example.com'"],
        ),
        ({"domain": {"name": "a.example.com"}}, ["'triggers.rest_api.domain.zone_id'"]),
    ],
)
def test_settings_of_the_api_that_aws_would_not_take(
    given: dict[str, Any], texts: list[str]
) -> None:
    message = refused(rest_api, {"routes": [GET], **given}, timeout=29)
    for text in texts:
        assert text in message
