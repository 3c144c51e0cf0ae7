"""HTTP APIs: routes, who may call them, how often, under which name; and what only others have."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pulumi_aws as aws
import pytest

from components.function.triggers import function_url, http_api, rest_api
from components.function.triggers.features import check_features
from components.testing import ACCOUNT, UNKNOWN, Deployment, deploy

from .deployed import TAGS, Function, made

API = "aws:apigatewayv2/api:Api"
STAGE = "aws:apigatewayv2/stage:Stage"
ROUTE = "aws:apigatewayv2/route:Route"
AUTHORIZER = "aws:apigatewayv2/authorizer:Authorizer"
PERMISSION = "aws:lambda/permission:Permission"
HELLO = {"method": "GET", "path": "/hello"}
POOL = f"arn:aws:cognito-idp:eu-west-1:{ACCOUNT}:userpool/eu-west-1_abc"
ALIAS = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:guard:live"
INVOKE = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{ALIAS}/invocations"


def api(*routes: Mapping[str, Any], **more: Any) -> Mapping[str, Any]:
    return {"routes": list(routes) or [HELLO], **more}


def refusal(given: Any, **options: Any) -> str:
    with pytest.raises(ValueError, match="MultiTriggerFunction 'shop': ") as caught:
        made(http_api, given, **options)
    return str(caught.value).removeprefix("MultiTriggerFunction 'shop': ")


def routes(deployment: Deployment) -> dict[str, Mapping[str, Any]]:
    return {item.inputs["routeKey"]: item.inputs for item in deployment.of(ROUTE)}


def test_routes_reach_the_alias_with_events_of_format_2() -> None:
    deployment = made(http_api, api(HELLO, {"path": "/orders/{id}"}, {"path": "$default"}))
    found = deployment.one(API, "shop-http")
    assert found.inputs["protocolType"] == "HTTP"
    assert found.inputs["tags"] == TAGS
    assert "corsConfiguration" not in found.inputs
    assert found.inputs["disableExecuteApiEndpoint"] is False
    integration = deployment.one("aws:apigatewayv2/integration:Integration")
    alias = deployment.one("aws:lambda/alias:Alias").outputs
    assert integration.inputs["integrationUri"] == alias["invokeArn"]
    assert integration.inputs["payloadFormatVersion"] == "2.0"
    assert set(routes(deployment)) == {"GET /hello", "ANY /orders/{id}", "$default"}
    for route in routes(deployment).values():
        assert route["target"] == f"integrations/{integration.id}"
        assert route["authorizationType"] == "NONE"


def test_a_route_keeps_its_place_when_only_a_parameter_is_renamed() -> None:
    names = {
        made(http_api, api({"path": f"/orders/{{{parameter}}}/a-b"})).one(ROUTE).name
        for parameter in ("id", "order")
    }
    assert names == {"shop-http-ANY/orders/{}/a-b"}


def test_one_permission_for_the_stage_and_no_other() -> None:
    deployment = made(http_api, api(HELLO, {"path": "/orders"}))
    permission = deployment.one(PERMISSION, "shop-http")
    stage = deployment.one(STAGE)
    assert permission.inputs["principal"] == "apigateway.amazonaws.com"
    assert permission.inputs["sourceArn"] == f"{stage.outputs['executionArn']}/*"
    assert permission.inputs["sourceAccount"] == ACCOUNT


def test_the_stage_deploys_by_itself_and_writes_who_called() -> None:
    deployment = made(http_api, api(), log_retention_days=7)
    stage = deployment.one(STAGE, "shop-http")
    group = deployment.one("aws:cloudwatch/logGroup:LogGroup")
    assert stage.inputs["name"] == "$default"
    assert stage.inputs["autoDeploy"] is True
    assert "defaultRouteSettings" not in stage.inputs
    assert stage.inputs["tags"] == TAGS
    assert group.inputs["name"] == f"/aws/vendedlogs/apis/{deployment.one(API).id}"
    assert group.inputs["retentionInDays"] == 7
    logs = stage.inputs["accessLogSettings"]
    assert logs["destinationArn"] == group.outputs["arn"]
    assert json.loads(logs["format"])["requestId"] == "$context.requestId"
    url = stage.outputs["invokeUrl"].rstrip("/")
    assert deployment.result["http_api_url"] == url


def test_access_logs_can_be_switched_off() -> None:
    deployment = made(http_api, api(access_logs=False))
    assert deployment.of("aws:cloudwatch/logGroup:LogGroup") == []
    assert "accessLogSettings" not in deployment.one(STAGE).inputs


def test_limits_of_the_api_and_of_a_route_are_set_once_the_routes_exist() -> None:
    slow = {"method": "POST", "path": "/hooks", "throttle": {"rate": 0.5, "burst": 2.0}}
    deployment = made(http_api, api(HELLO, slow, throttle={"rate": 12.5}))
    stage = deployment.one(STAGE)
    assert stage.inputs["defaultRouteSettings"] == {
        "throttlingRateLimit": 12.5,
        "throttlingBurstLimit": 13,
    }
    assert stage.inputs["routeSettings"] == [
        {"routeKey": "POST /hooks", "throttlingRateLimit": 0.5, "throttlingBurstLimit": 2}
    ]
    for route in deployment.of(ROUTE):
        assert route.urn in stage.depends_on


def test_tokens_of_an_issuer_or_a_user_pool_open_routes() -> None:
    deployment = made(
        http_api,
        api(
            {"path": "/a", "auth": "staff", "scopes": ["orders:read"]},
            {"path": "/b", "auth": "customers"},
            {"path": "/c", "auth": "none"},
            {"path": "/d"},
            auth="iam",
            authorizers={
                "staff": {"issuer": "https://login.example.com", "audience": ["shop"]},
                "customers": {"user_pool_arn": POOL, "audience": ["client"]},
            },
        ),
    )
    staff = deployment.one(AUTHORIZER, "shop-http-staff")
    assert staff.inputs["authorizerType"] == "JWT"
    assert staff.inputs["identitySources"] == ["$request.header.Authorization"]
    assert staff.inputs["jwtConfiguration"] == {
        "issuer": "https://login.example.com",
        "audiences": ["shop"],
    }
    customers = deployment.one(AUTHORIZER, "shop-http-customers")
    assert customers.inputs["jwtConfiguration"] == {
        "issuer": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_abc",
        "audiences": ["client"],
    }
    found = routes(deployment)
    assert found["ANY /a"]["authorizationType"] == "JWT"
    assert found["ANY /a"]["authorizerId"] == staff.id
    assert found["ANY /a"]["authorizationScopes"] == ["orders:read"]
    assert found["ANY /b"]["authorizerId"] == customers.id
    assert "authorizationScopes" not in found["ANY /b"]
    assert found["ANY /c"]["authorizationType"] == "NONE"
    assert found["ANY /d"]["authorizationType"] == "AWS_IAM"
    assert len(deployment.of(PERMISSION)) == 1


def test_a_pool_in_china_has_its_issuer_there() -> None:
    arn = f"arn:aws-cn:cognito-idp:cn-north-1:{ACCOUNT}:userpool/cn-north-1_abc"
    issuer = http_api.authorizers.issuer_of_pool(arn)
    assert issuer == "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_abc"


@pytest.mark.parametrize(
    ("invoke", "qualifier"), [(INVOKE, "live"), (INVOKE.replace(":live", ""), None)]
)
def test_a_function_may_decide_and_only_this_authorizer_may_ask_it(
    invoke: str, qualifier: str | None
) -> None:
    guard = {
        "invoke_arn": invoke,
        "identity_sources": ["$request.header.x-key", "$context.identity.sourceIp"],
        "cache_seconds": 60.0,
    }
    deployment = made(http_api, api({"path": "/a", "auth": "guard"}, authorizers={"guard": guard}))
    found = deployment.one(AUTHORIZER)
    assert found.inputs["authorizerType"] == "REQUEST"
    assert found.inputs["authorizerUri"] == invoke
    assert found.inputs["authorizerPayloadFormatVersion"] == "2.0"
    assert found.inputs["enableSimpleResponses"] is True
    assert found.inputs["authorizerResultTtlInSeconds"] == 60
    assert found.inputs["identitySources"] == guard["identity_sources"]
    assert routes(deployment)["ANY /a"]["authorizationType"] == "CUSTOM"
    permission = deployment.one(PERMISSION, "shop-http-guard").inputs
    execution = deployment.one(API).outputs["executionArn"]
    assert permission["function"] == ALIAS.removesuffix(":live")
    assert permission.get("qualifier") == qualifier
    assert permission["sourceArn"] == f"{execution}/authorizers/{found.id}"
    assert permission["sourceAccount"] == ACCOUNT


def test_an_address_that_is_no_functions_is_refused_when_it_is_known() -> None:
    guard = {"invoke_arn": "arn:aws:lambda:us-east-1:1:function:guard"}
    with pytest.raises(ValueError, match="invoke_arn of a function or an alias"):
        made(http_api, api({"path": "/", "auth": "guard"}, authorizers={"guard": guard}))


def test_a_domain_gets_certificate_and_record_and_closes_the_other_address() -> None:
    domain = {"name": "api.example.com", "zone_id": "Z1"}
    deployment = made(http_api, api(domain=domain))
    certificate = deployment.one("aws:acm/certificateValidation:CertificateValidation")
    custom = deployment.one("aws:apigatewayv2/domainName:DomainName", "shop-http")
    assert custom.inputs["domainName"] == "api.example.com"
    assert custom.inputs["domainNameConfiguration"] == {
        "certificateArn": certificate.outputs["certificateArn"],
        "endpointType": "REGIONAL",
        "securityPolicy": "TLS_1_2",
    }
    mapping = deployment.one("aws:apigatewayv2/apiMapping:ApiMapping").inputs
    assert mapping["domainName"] == "api.example.com"
    assert mapping["stage"] == "$default"
    record = deployment.one("aws:route53/record:Record", "shop-http-alias").inputs
    assert (record["name"], record["type"], record["zoneId"]) == ("api.example.com", "A", "Z1")
    assert deployment.one(API).inputs["disableExecuteApiEndpoint"] is True
    assert deployment.result["http_api_url"] == "https://api.example.com"


def test_a_given_certificate_is_used_as_it_is() -> None:
    domain = {"name": "api.example.com", "zone_id": "Z1", "certificate_arn": "arn:c"}
    deployment = made(http_api, api(domain=domain))
    assert deployment.of("aws:acm/certificate:Certificate") == []
    custom = deployment.one("aws:apigatewayv2/domainName:DomainName").inputs
    assert custom["domainNameConfiguration"]["certificateArn"] == "arn:c"


@pytest.mark.parametrize("domain", [None, {"name": "api.example.com", "zone_id": "Z1"}])
def test_a_first_preview_shows_every_route(domain: Any) -> None:
    def program() -> Any:
        pool = aws.cognito.UserPool("customers")
        users = {"user_pool_arn": pool.arn, "audience": [pool.id]}
        guard = aws.lambda_.Alias("guard", function_name="guard", function_version="1")
        given = api(
            HELLO,
            {"path": "/orders", "auth": "users"},
            {"path": "/carts", "auth": "guard"},
            authorizers={"users": users, "guard": {"invoke_arn": guard.invoke_arn}},
            domain=domain,
        )
        return Function("shop", http_api, given).outputs

    deployment = deploy(program, known=False)
    assert set(routes(deployment)) == {"GET /hello", "ANY /orders", "ANY /carts"}
    assert deployment.one(PERMISSION, "shop-http").inputs["sourceArn"] is UNKNOWN
    assert deployment.one(PERMISSION, "shop-http-guard").inputs["function"] is UNKNOWN
    assert (
        deployment.one(AUTHORIZER, "shop-http-users").inputs["jwtConfiguration"]["issuer"]
        is UNKNOWN
    )
    url = UNKNOWN if domain is None else "https://api.example.com"
    assert deployment.result["http_api_url"] == url


def test_web_pages_may_call_when_they_are_named() -> None:
    cors = {"origins": ["https://shop.example.com"], "methods": ["OPTIONS", "GET"]}
    found = made(http_api, api(cors=cors)).one(API).inputs["corsConfiguration"]
    assert found["allowOrigins"] == ["https://shop.example.com"]
    assert found["allowMethods"] == ["OPTIONS", "GET"]


H = "triggers.http_api"
JWT = {"issuer": "https://x.example.com", "audience": ["a"]}


def test_a_function_that_runs_longer_than_the_api_waits_is_refused() -> None:
    assert refusal(api(), timeout=31) == (
        "timeout_seconds=31 is not valid. Allowed: 1 to 30 with triggers.http_api, which waits "
        "no longer. Set timeout_seconds=30, or use the url trigger, which waits."
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, f"missing required argument '{H}.routes'."),
        ({"routes": []}, f"{H}.routes='0 routes' is not valid. Allowed: 1 to 300."),
        (
            api({"method": "FETCH", "path": "/"}),
            f"{H}.routes[0].method='FETCH' is not valid. Allowed: 'ANY', 'GET', 'POST', 'PUT', "
            "'PATCH', 'DELETE', 'HEAD', 'OPTIONS'.",
        ),
        (
            api({"method": "GET", "path": "$default"}),
            f"{H}.routes[0].method='GET' is not valid. Allowed: 'ANY' with path '$default'.",
        ),
        (
            api({"path": "hello"}),
            f"{H}.routes[0].path='hello' is not valid. Allowed: paths that begin with /. "
            "Did you mean '/hello'?",
        ),
        (
            api({"path": "/hello/"}),
            f"{H}.routes[0].path='/hello/' is not valid. Allowed: paths without a slash at the "
            "end. Did you mean '/hello'?",
        ),
        (
            api({"path": "/a b"}),
            f"{H}.routes[0].path='/a b' is not valid. Allowed: parts of text or a whole {{name}}, "
            "and {name+} at the end. 'a b' is neither.",
        ),
        (api({"path": "/a//b"}), "'' is neither."),
        (api({"path": "/v{id}"}), "'v{id}' is neither."),
        (
            api({"path": "/{rest+}/a"}),
            f"{H}.routes[0].path='/{{rest+}}/a' is not valid. Allowed: one {{name+}}, at the end. "
            "'{rest+}' takes all that follows: put it last.",
        ),
        (
            api({"path": "/{id}/{id}"}),
            f"{H}.routes[0].path='/{{id}}/{{id}}' is not valid. Allowed: each name once. Name the "
            "parameters differently.",
        ),
        (
            api({"method": "GET", "path": "/o/{id}"}, {"method": "get", "path": "/o/{name}"}),
            f"{H}.routes[1]='GET /o/{{name}}' is not valid. Allowed: each route once. "
            f"'GET /o/{{id}}' of {H}.routes[0] takes the same requests: remove one.",
        ),
        (
            api({"path": "/", "auth": "user"}, authorizers={"users": JWT}),
            f"{H}.routes[0].auth='user' is not valid. Allowed: 'none', 'iam', 'users'. Did you "
            "mean 'users'?",
        ),
        (
            api(auth="google"),
            f"{H}.auth='google' is not valid. Allowed: 'none', 'iam'. Add 'google' to "
            "triggers.http_api.authorizers.",
        ),
        (
            api({"path": "/", "auth": "iam", "scopes": ["x"]}),
            f"{H}.routes[0].scopes=['x'] is not valid. Allowed: with a JWT authorizer only. Name "
            "an authorizer that has an issuer or a user pool.",
        ),
        (
            api(authorizers={"iam": JWT}),
            f"{H}.authorizers='iam' is not valid. Allowed: other names. 'iam' is there already.",
        ),
        (
            api(authorizers={"a": {}}),
            f"{H}.authorizers.a=[] is not valid. Allowed: one of 'issuer', 'user_pool_arn', "
            "'invoke_arn'. It says who decides.",
        ),
        (
            api(authorizers={"a": {**JWT, "user_pool_arn": POOL}}),
            f"{H}.authorizers.a=['issuer', 'user_pool_arn'] is not valid.",
        ),
        (
            api(authorizers={"a": {"issuer": "https://x.example.com"}}),
            f"{H}.authorizers.a.audience=[] is not valid. Allowed: at least one client or app. "
            "Without one, tokens for any other app of the issuer would do.",
        ),
        (
            api(authorizers={"a": {"issuer": "x.example.com", "audience": ["a"]}}),
            f"{H}.authorizers.a.issuer='x.example.com' is not valid. Allowed: an https URL. It is "
            "the token's 'iss'; its keys are found below it.",
        ),
        (
            api(authorizers={"a": {"invoke_arn": INVOKE, "audience": ["a"]}}),
            f"{H}.authorizers.a.audience=['a'] is not valid. Allowed: with issuer or "
            "user_pool_arn only.",
        ),
        (
            api(authorizers={"a": {**JWT, "cache_seconds": 5}}),
            f"{H}.authorizers.a.cache_seconds=5 is not valid. Allowed: with invoke_arn only. A "
            "token says itself how long it is good.",
        ),
        (
            api(authorizers={"a": {"invoke_arn": INVOKE, "cache_seconds": 3601}}),
            f"{H}.authorizers.a.cache_seconds=3601 is not valid. Allowed: whole numbers from 0 to",
        ),
        (
            api(authorizers={"a": {**JWT, "identity_sources": ["Authorization"]}}),
            f"{H}.authorizers.a.identity_sources='Authorization' is not valid. Allowed: sources "
            "such as '$request.header.Authorization' or '$request.querystring.key'.",
        ),
        (
            api(authorizers={"my users": JWT}),
            f"{H}.authorizers='my users' is not valid. Allowed: names of letters, digits and "
            "single hyphens between them.",
        ),
        (
            api(throttle={"rate": 0}),
            f"{H}.throttle.rate=0 is not valid. Allowed: requests per second above 0, to 10000. "
            "To stop all calls, remove the route.",
        ),
        (api(throttle={"rate": "5"}), f"{H}.throttle.rate='5' is not valid."),
        (
            api({"path": "/", "throttle": {"rate": 5, "burst": 5001}}),
            f"{H}.routes[0].throttle.burst=5001 is not valid. Allowed: whole numbers from 1 to",
        ),
        (api(throttle={"burst": 5}), f"missing required argument '{H}.throttle.rate'."),
        (
            api(domain={"name": "https://x.example.com", "zone_id": "Z"}),
            f"{H}.domain.name='https://x.example.com' is not valid. Allowed: a host name such as "
            "'api.example.com'. Use lower case and leave scheme, port and path out.",
        ),
        (api(corse={}), f"unknown argument '{H}.corse'. Did you mean '{H}.cors'?"),
        (
            api(api_keys=["partner"]),
            f"'{H}.api_keys' does not exist: only rest_api has 'api_keys'. Declare rest_api "
            "instead of http_api, or leave it out.",
        ),
        (
            api({"path": "/", "api_key": True}),
            f"'{H}.routes[0].api_key' does not exist: only rest_api has 'api_key'.",
        ),
        *(
            (api(**{key: {}}), f"only rest_api has {key!r}.")
            for key in ("usage_plan", "quota", "cache", "validation", "models", "tracing")
        ),
        (api({"path": "/", "body_schema": {}}), "only rest_api has 'body_schema'."),
        (api(invoke_mode="buffered"), "only url has 'invoke_mode'. Declare url instead of"),
    ],
)
def test_what_an_http_api_cannot_have_is_refused(given: Any, words: str) -> None:
    assert words in refusal(given)


@pytest.mark.parametrize("key", ["issuer", "audience", "jwt"])
def test_a_rest_api_is_told_where_tokens_of_an_issuer_are_checked(key: str) -> None:
    given = {"rest_api": {"routes": [], "authorizers": {"users": {key: "x"}}}}
    with pytest.raises(ValueError, match=f"only http_api has '{key}'"):
        check_features("MultiTriggerFunction 'shop'", given)


_PARTS = [
    (rest_api.RestApi, http_api.HttpApi, lambda key: {key: 1}),
    (rest_api.RestRoute, http_api.HttpRoute, lambda key: {"routes": [{key: 1}]}),
    (
        rest_api.RestAuthorizer,
        http_api.HttpAuthorizer,
        lambda key: {"authorizers": {"a": {key: 1}}},
    ),
]
_NEAR = {"user_pool_arn", "user_pool_arns"}  # so close that the other check says what is meant


@pytest.mark.parametrize(("rest", "http", "given"), _PARTS)
def test_whatever_one_kind_of_api_has_alone_the_other_kind_knows_of(
    rest: type, http: type, given: Callable[[str], Any]
) -> None:
    alone = {"http_api": rest.__annotations__.keys() - http.__annotations__.keys()}
    alone["rest_api"] = http.__annotations__.keys() - rest.__annotations__.keys()
    for kind, keys in alone.items():
        for key in keys - _NEAR:
            with pytest.raises(ValueError, match=f"does not exist: only .*'{key}'"):
                check_features("MultiTriggerFunction 'shop'", {kind: given(key)})


def test_whatever_apis_have_the_url_knows_of() -> None:
    url = function_url.FunctionUrl.__annotations__.keys()
    for key in (
        rest_api.RestApi.__annotations__.keys() | http_api.HttpApi.__annotations__.keys()
    ) - url:
        with pytest.raises(ValueError, match=f"does not exist: only .*'{key}'"):
            check_features("MultiTriggerFunction 'shop'", {"url": {key: 1}})


@pytest.mark.parametrize(
    "given",
    [None, [], {"rest_api": None}, {"url": "yes"}, {"http_api": {"routes": "/"}}],
)
def test_what_is_no_mapping_is_left_to_the_other_check(given: Any) -> None:
    check_features("MultiTriggerFunction 'shop'", given)
