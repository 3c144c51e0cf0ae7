"""Lives of HTTP APIs: the API, its routes, stages and names."""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.providers.base import Outputs

from .apis import function, http_api, invoke_arn
from .cases_api import FORMAT, LOGS
from .looks import SEEN1, SEEN2, T1, T2, unless_gone
from .world import Case, World

Looking = Callable[[World, str, Outputs], Mapping[str, Any] | None]


def _tags(world: World, outputs: Outputs) -> dict[str, str]:
    client = world.client("apigatewayv2")
    tags: dict[str, str] = client.get_tags(ResourceArn=outputs["arn"])["Tags"]
    return tags


@unless_gone
def _api(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    found = world.client("apigatewayv2").get_api(ApiId=id)
    return {**found, "tags": _tags(world, outputs)}


def _part(operation: str, key: str) -> Looking:
    """Look at one part of the shared API."""

    @unless_gone
    def look(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
        client = world.client("apigatewayv2")
        return dict(getattr(client, operation)(ApiId=outputs["apiId"], **{key: id}))

    return look


@unless_gone
def _stage(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    found = world.client("apigatewayv2").get_stage(ApiId=outputs["apiId"], StageName=id)
    whole = ("StageVariables", "RouteSettings", "DefaultRouteSettings")
    # As lists, since of an object only the members that a case names are compared.
    lists = {key: sorted(found.get(key, {}).items()) for key in whole}
    return {**found, **lists, "tags": _tags(world, outputs)}


@unless_gone
def _domain(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    found = world.client("apigatewayv2").get_domain_name(DomainName=id)
    return {**found["DomainNameConfigurations"][0], "tags": _tags(world, outputs)}


@unless_gone
def _mapping(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    client = world.client("apigatewayv2")
    return dict(client.get_api_mapping(ApiMappingId=id, DomainName=outputs["domainName"]))


def _configuration(world: World, index: int) -> dict[str, str]:
    return {
        "certificateArn": world.certificates[index],
        "endpointType": "REGIONAL",
        "securityPolicy": "TLS_1_2",
    }


def _domain_name(world: World) -> str:
    if "_http_domain" not in world.__dict__:
        world.__dict__["_http_domain"] = world.make(
            "aws:apigatewayv2/domainName:DomainName",
            domainName="mapped-http.example.com",
            domainNameConfiguration=_configuration(world, 0),
        )[0]
    return str(world.__dict__["_http_domain"])


CASES = [
    Case(
        "aws:apigatewayv2/api:Api",
        lambda w: {
            "name": "shop",
            "protocolType": "HTTP",
            "description": "one",
            "version": "1",
            "corsConfiguration": {
                "allowCredentials": True,
                "allowHeaders": ["x-a"],
                "allowMethods": ["GET"],
                "allowOrigins": ["https://a.example"],
                "exposeHeaders": ["x-b"],
                "maxAge": 60.0,
            },
            "tags": T1,
        },
        _api,
        lambda w: {
            "Name": "shop",
            "ProtocolType": "HTTP",
            "Description": "one",
            "Version": "1",
            "CorsConfiguration": {
                "AllowCredentials": True,
                "AllowHeaders": ["x-a"],
                "AllowMethods": ["GET"],
                "AllowOrigins": ["https://a.example"],
                "ExposeHeaders": ["x-b"],
                "MaxAge": 60,
            },
            "tags": SEEN1,
        },
        lambda w: {
            "name": "store",
            "description": "two",
            "version": "2",
            "corsConfiguration": {"allowOrigins": ["*"]},
            "tags": T2,
        },
        lambda w: {
            "Name": "store",
            "Description": "two",
            "Version": "2",
            "CorsConfiguration": {"AllowOrigins": ["*"], "AllowCredentials": False},
            "tags": SEEN2,
        },
    ),
    Case(
        "aws:apigatewayv2/integration:Integration",
        lambda w: {
            "apiId": http_api(w)["api"],
            "integrationType": "HTTP_PROXY",
            "integrationUri": "https://a.example",
            "integrationMethod": "GET",
            "payloadFormatVersion": "1.0",
            "description": "one",
        },
        _part("get_integration", "IntegrationId"),
        lambda w: {
            "IntegrationType": "HTTP_PROXY",
            "IntegrationUri": "https://a.example",
            "IntegrationMethod": "GET",
            "PayloadFormatVersion": "1.0",
            "Description": "one",
        },
        lambda w: {
            "integrationUri": "https://b.example",
            "integrationMethod": "ANY",
            "timeoutMilliseconds": 1000,
            "description": "two",
        },
        lambda w: {
            "IntegrationUri": "https://b.example",
            "IntegrationMethod": "ANY",
            "TimeoutInMillis": 1000,
            "Description": "two",
        },
    ),
    Case(
        "aws:apigatewayv2/authorizer:Authorizer",
        lambda w: {
            "apiId": http_api(w)["api"],
            "name": "guard",
            "authorizerType": "REQUEST",
            "identitySources": ["$request.header.x-token"],
            "authorizerUri": invoke_arn(function(w)),
            "authorizerPayloadFormatVersion": "2.0",
            "authorizerResultTtlInSeconds": 60,
            "enableSimpleResponses": True,
        },
        _part("get_authorizer", "AuthorizerId"),
        lambda w: {
            "Name": "guard",
            "AuthorizerType": "REQUEST",
            "IdentitySource": ["$request.header.x-token"],
            "AuthorizerUri": invoke_arn(function(w)),
            "AuthorizerPayloadFormatVersion": "2.0",
            "AuthorizerResultTtlInSeconds": 60,
            "EnableSimpleResponses": True,
        },
        lambda w: {
            "name": "warden",
            "authorizerPayloadFormatVersion": "1.0",
            "authorizerResultTtlInSeconds": 0,
            "enableSimpleResponses": False,
        },
        lambda w: {
            "Name": "warden",
            "AuthorizerPayloadFormatVersion": "1.0",
            "AuthorizerResultTtlInSeconds": 0,
            "EnableSimpleResponses": False,
        },
    ),
    Case(
        "aws:apigatewayv2/authorizer:Authorizer",
        lambda w: {
            "apiId": http_api(w)["api"],
            "authorizerType": "JWT",
            "identitySources": ["$request.header.Authorization"],
            "jwtConfiguration": {"issuer": "https://a.example", "audiences": ["a"]},
        },
        _part("get_authorizer", "AuthorizerId"),
        lambda w: {"JwtConfiguration": {"Issuer": "https://a.example", "Audience": ["a"]}},
        lambda w: {"jwtConfiguration": {"issuer": "https://a.example", "audiences": ["b"]}},
        lambda w: {"JwtConfiguration": {"Issuer": "https://a.example", "Audience": ["b"]}},
        label="jwt",
    ),
    Case(
        "aws:apigatewayv2/route:Route",
        lambda w: {
            "apiId": http_api(w)["api"],
            "routeKey": "GET /a/{id}",
            "target": http_api(w)["integration"],
            "authorizationType": "JWT",
            "authorizerId": http_api(w)["authorizer"],
            "authorizationScopes": ["read"],
            "operationName": "one",
        },
        _part("get_route", "RouteId"),
        lambda w: {
            "RouteKey": "GET /a/{id}",
            "Target": http_api(w)["integration"],
            "AuthorizationType": "JWT",
            "AuthorizerId": http_api(w)["authorizer"],
            "AuthorizationScopes": ["read"],
            "OperationName": "one",
        },
        lambda w: {
            "routeKey": "$default",
            "authorizationType": "AWS_IAM",
            "authorizerId": None,
            "authorizationScopes": [],
            "operationName": "two",
        },
        lambda w: {
            "RouteKey": "$default",
            "AuthorizationType": "AWS_IAM",
            "AuthorizerId": None,
            "AuthorizationScopes": [],
            "OperationName": "two",
        },
    ),
    Case(
        "aws:apigatewayv2/stage:Stage",
        lambda w: {
            "apiId": http_api(w)["api"],
            "name": "live",
            "autoDeploy": True,
            "description": "one",
            "stageVariables": {"colour": "green"},
            "defaultRouteSettings": {
                "detailedMetricsEnabled": True,
                "throttlingBurstLimit": 5,
                "throttlingRateLimit": 2.5,
            },
            "routeSettings": [
                {
                    "routeKey": "GET /a",
                    "detailedMetricsEnabled": True,
                    "throttlingBurstLimit": 1,
                    "throttlingRateLimit": 0.5,
                }
            ],
            "accessLogSettings": {"destinationArn": LOGS, "format": FORMAT},
            "tags": T1,
        },
        _stage,
        lambda w: {
            "StageName": "live",
            "AutoDeploy": True,
            "Description": "one",
            "StageVariables": [("colour", "green")],
            "DefaultRouteSettings": [
                ("DetailedMetricsEnabled", True),
                ("ThrottlingBurstLimit", 5),
                ("ThrottlingRateLimit", 2.5),
            ],
            "RouteSettings": [
                (
                    "GET /a",
                    {
                        "ThrottlingBurstLimit": 1,
                        "ThrottlingRateLimit": 0.5,
                        "DetailedMetricsEnabled": True,
                    },
                )
            ],
            "AccessLogSettings": {"DestinationArn": LOGS, "Format": FORMAT},
            "tags": SEEN1,
        },
        lambda w: {
            "description": "two",
            "stageVariables": {},
            "defaultRouteSettings": None,
            "routeSettings": [],
            "accessLogSettings": None,
            "tags": T2,
        },
        lambda w: {
            "Description": "two",
            "StageVariables": [],
            "DefaultRouteSettings": [],
            "RouteSettings": [],
            "AccessLogSettings": None,
            "tags": SEEN2,
        },
    ),
    Case(
        "aws:apigatewayv2/domainName:DomainName",
        lambda w: {
            "domainName": "http-api.example.com",
            "domainNameConfiguration": _configuration(w, 0),
            "tags": T1,
        },
        _domain,
        lambda w: {
            "CertificateArn": w.certificates[0],
            "EndpointType": "REGIONAL",
            "SecurityPolicy": "TLS_1_2",
            "tags": SEEN1,
        },
        lambda w: {"domainNameConfiguration": _configuration(w, 1), "tags": T2},
        lambda w: {"CertificateArn": w.certificates[1], "tags": SEEN2},
    ),
    Case(
        "aws:apigatewayv2/apiMapping:ApiMapping",
        lambda w: {
            "apiId": http_api(w)["api"],
            "domainName": _domain_name(w),
            "stage": http_api(w)["stage"],
            "apiMappingKey": "v1",
        },
        _mapping,
        lambda w: {"ApiId": http_api(w)["api"], "Stage": "dev", "ApiMappingKey": "v1"},
        lambda w: {"apiMappingKey": "v2"},
        lambda w: {"ApiMappingKey": "v2"},
    ),
]
