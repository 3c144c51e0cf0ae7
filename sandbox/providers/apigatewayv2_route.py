"""What an HTTP API does with a call: routes, integrations, authorizers."""

import re
from collections.abc import Mapping
from typing import Any

from .base import Inputs, Outputs, Provider
from .common import ignoring, one_of, physical_name, present, within

_ROUTE_KEY = re.compile(
    r"^(\$default|(ANY|GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) /(?:[\w.~:-]+|\{[\w.-]+\+?\}|/)*)$",
    re.ASCII,
)
_SOURCE = re.compile(
    r"^\$(request\.(header|querystring)\.[\w-]+|context\.\w+|stageVariables\.\w+)$"
)
_FUNCTION = re.compile(r"(?:^|/functions/)arn:[\w-]+:lambda:[^/]+")
INTEGRATIONS = "integrations/"


class IntegrationInputs(Inputs):
    """Inputs of an integration."""

    api_id: str
    integration_type: str
    integration_uri: str
    integration_method: str | None = None
    payload_format_version: str = "1.0"
    timeout_milliseconds: int = 30_000
    description: str = ""


class Integration(Provider[IntegrationInputs]):
    """A function or an address behind routes."""

    token = "aws:apigatewayv2/integration:Integration"
    inputs = IntegrationInputs
    replaces = frozenset({"apiId", "integrationType"})

    def check(self, name: str, properties: Mapping[str, Any]) -> IntegrationInputs:
        inputs = super().check(name, properties)
        one_of("integrationType", inputs.integration_type, ("AWS_PROXY", "HTTP_PROXY"))
        within("timeoutMilliseconds", inputs.timeout_milliseconds, 50, 30_000)
        if inputs.integration_type == "AWS_PROXY":
            if not _FUNCTION.search(inputs.integration_uri):
                raise ValueError(
                    f"integrationUri={inputs.integration_uri!r} is not a function's ARN."
                )
            one_of("integrationMethod", inputs.integration_method, (None, "POST"))
            hint = "The sandbox hands functions format 2.0; Pulumi's default is 1.0."
            one_of("payloadFormatVersion", inputs.payload_format_version, ("2.0",), hint)
        elif not inputs.integration_uri.startswith(("http://", "https://")):
            raise ValueError(f"integrationUri={inputs.integration_uri!r} is not an http address.")
        elif inputs.integration_method is None:
            raise ValueError(
                "integrationMethod is missing; HTTP_PROXY wants one, ANY for the same."
            )
        elif inputs.payload_format_version != "1.0":
            raise ValueError("payloadFormatVersion is 1.0 for HTTP_PROXY.")
        return inputs

    def create(self, name: str, inputs: IntegrationInputs) -> tuple[str, Outputs]:
        made = self.context.client("apigatewayv2").create_integration(
            ApiId=inputs.api_id, IntegrationType=inputs.integration_type, **_integration(inputs)
        )
        return made["IntegrationId"], {
            "apiId": inputs.api_id,
            "integrationResponseSelectionExpression": "",
        }

    def update(
        self, id: str, old: IntegrationInputs, new: IntegrationInputs, outputs: Outputs
    ) -> Outputs:
        self.context.client("apigatewayv2").update_integration(
            ApiId=new.api_id, IntegrationId=id, **_integration(new)
        )
        return outputs

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("NotFoundException"):
            self.context.client("apigatewayv2").delete_integration(
                ApiId=outputs["apiId"], IntegrationId=id
            )


class JwtConfiguration(Inputs):
    """Whose tokens are good."""

    issuer: str
    audiences: list[str]


class AuthorizerInputs(Inputs):
    """Inputs of an authorizer."""

    api_id: str
    name: str | None = None
    authorizer_type: str
    identity_sources: list[str] = []
    jwt_configuration: JwtConfiguration | None = None
    authorizer_uri: str | None = None
    authorizer_payload_format_version: str | None = None
    authorizer_result_ttl_in_seconds: int = 0
    enable_simple_responses: bool = False


class Authorizer(Provider[AuthorizerInputs]):
    """Lets calls in by a token, or by a function's word."""

    token = "aws:apigatewayv2/authorizer:Authorizer"
    inputs = AuthorizerInputs
    replaces = frozenset({"apiId", "authorizerType"})
    outputs = frozenset({"name"})

    def check(self, name: str, properties: Mapping[str, Any]) -> AuthorizerInputs:
        inputs = super().check(name, properties)
        one_of("authorizerType", inputs.authorizer_type, ("JWT", "REQUEST"))
        for source in inputs.identity_sources:
            if not _SOURCE.match(source):
                raise ValueError(
                    f"identitySources: {source!r} is not of the form $request.header.Authorization."
                )
        within("authorizerResultTtlInSeconds", inputs.authorizer_result_ttl_in_seconds, 0, 3600)
        if inputs.authorizer_type == "JWT":
            _check_jwt(inputs)
        else:
            _check_request(inputs)
        return inputs

    def create(self, name: str, inputs: AuthorizerInputs) -> tuple[str, Outputs]:
        title = physical_name(name, inputs.name, limit=128)
        made = self.context.client("apigatewayv2").create_authorizer(
            ApiId=inputs.api_id,
            AuthorizerType=inputs.authorizer_type,
            **_authorizer(title, inputs),
        )
        return made["AuthorizerId"], {"apiId": inputs.api_id, "name": title}

    def update(
        self, id: str, old: AuthorizerInputs, new: AuthorizerInputs, outputs: Outputs
    ) -> Outputs:
        title = new.name or outputs["name"]
        self.context.client("apigatewayv2").update_authorizer(
            ApiId=new.api_id, AuthorizerId=id, **_authorizer(title, new)
        )
        return outputs | {"name": title}

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("NotFoundException"):
            self.context.client("apigatewayv2").delete_authorizer(
                ApiId=outputs["apiId"], AuthorizerId=id
            )


class RouteInputs(Inputs):
    """Inputs of a route."""

    api_id: str
    route_key: str
    target: str
    authorization_type: str = "NONE"
    authorizer_id: str | None = None
    authorization_scopes: list[str] = []
    operation_name: str = ""


class Route(Provider[RouteInputs]):
    """A method and path, and where its calls go."""

    token = "aws:apigatewayv2/route:Route"
    inputs = RouteInputs
    replaces = frozenset({"apiId"})

    def check(self, name: str, properties: Mapping[str, Any]) -> RouteInputs:
        inputs = super().check(name, properties)
        if not _ROUTE_KEY.match(inputs.route_key):
            raise ValueError(
                f"routeKey={inputs.route_key!r} is neither $default nor like 'GET /orders/{{id}}'."
            )
        if not inputs.target.startswith(INTEGRATIONS):
            raise ValueError(f"target={inputs.target!r} is not of the form integrations/<id>.")
        kinds = ("NONE", "AWS_IAM", "JWT", "CUSTOM")
        one_of("authorizationType", inputs.authorization_type, kinds)
        if (inputs.authorization_type in ("JWT", "CUSTOM")) != (inputs.authorizer_id is not None):
            raise ValueError(
                f"authorizationType={inputs.authorization_type!r}: authorizerId belongs to JWT and "
                "CUSTOM, and to them only."
            )
        if inputs.authorization_scopes and inputs.authorization_type != "JWT":
            raise ValueError("authorizationScopes belong to authorizationType JWT.")
        return inputs

    def create(self, name: str, inputs: RouteInputs) -> tuple[str, Outputs]:
        self._look(inputs, None)
        made = self.context.client("apigatewayv2").create_route(
            ApiId=inputs.api_id, **_route(inputs)
        )
        return made["RouteId"], {"apiId": inputs.api_id}

    def update(self, id: str, old: RouteInputs, new: RouteInputs, outputs: Outputs) -> Outputs:
        self._look(new, id)
        request = {"AuthorizerId": "", **_route(new)}
        self.context.client("apigatewayv2").update_route(ApiId=new.api_id, RouteId=id, **request)
        return outputs

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("NotFoundException"):
            self.context.client("apigatewayv2").delete_route(ApiId=outputs["apiId"], RouteId=id)

    def _look(self, inputs: RouteInputs, id: str | None) -> None:
        """Refuse what AWS refuses after a look at the API."""
        client, api = self.context.client("apigatewayv2"), inputs.api_id
        for route in client.get_routes(ApiId=api)["Items"]:
            if route["RouteKey"] == inputs.route_key and route["RouteId"] != id:
                raise ValueError(f"API {api} already has a route {inputs.route_key!r}.")
        client.get_integration(ApiId=api, IntegrationId=inputs.target.removeprefix(INTEGRATIONS))
        if inputs.authorizer_id is not None:
            found = client.get_authorizer(ApiId=api, AuthorizerId=inputs.authorizer_id)
            wanted = "JWT" if inputs.authorization_type == "JWT" else "REQUEST"
            if found["AuthorizerType"] != wanted:
                raise ValueError(
                    f"authorizationType={inputs.authorization_type!r} needs an authorizer of type "
                    f"{wanted}; {inputs.authorizer_id} is {found['AuthorizerType']}."
                )


def _integration(inputs: IntegrationInputs) -> dict[str, Any]:
    return {
        "IntegrationUri": inputs.integration_uri,
        "IntegrationMethod": inputs.integration_method or "POST",
        "PayloadFormatVersion": inputs.payload_format_version,
        "TimeoutInMillis": inputs.timeout_milliseconds,
        "Description": inputs.description,
    }


def _route(inputs: RouteInputs) -> dict[str, Any]:
    return {
        "RouteKey": inputs.route_key,
        "Target": inputs.target,
        "AuthorizationType": inputs.authorization_type,
        "AuthorizationScopes": inputs.authorization_scopes,
        "OperationName": inputs.operation_name,
        **present(AuthorizerId=inputs.authorizer_id),
    }


def _authorizer(name: str, inputs: AuthorizerInputs) -> dict[str, Any]:
    jwt = inputs.jwt_configuration
    return {
        "Name": name,
        "IdentitySource": inputs.identity_sources,
        **present(
            JwtConfiguration=jwt and {"Issuer": jwt.issuer, "Audience": jwt.audiences},
            AuthorizerUri=inputs.authorizer_uri,
            AuthorizerPayloadFormatVersion=inputs.authorizer_payload_format_version,
        ),
        **(
            {
                "AuthorizerResultTtlInSeconds": inputs.authorizer_result_ttl_in_seconds,
                "EnableSimpleResponses": inputs.enable_simple_responses,
            }
            if inputs.authorizer_type == "REQUEST"
            else {}
        ),
    }


def _check_jwt(inputs: AuthorizerInputs) -> None:
    if inputs.jwt_configuration is None:
        raise ValueError("jwtConfiguration is missing; authorizerType JWT wants one.")
    if not inputs.jwt_configuration.issuer.startswith("https://"):
        raise ValueError(
            f"jwtConfiguration.issuer={inputs.jwt_configuration.issuer!r} is not https."
        )
    if len(inputs.identity_sources) != 1:
        raise ValueError("identitySources has one entry for authorizerType JWT.")
    if inputs.authorizer_uri is not None or inputs.enable_simple_responses:
        raise ValueError(
            "authorizerUri and enableSimpleResponses belong to authorizerType REQUEST."
        )


def _check_request(inputs: AuthorizerInputs) -> None:
    if inputs.jwt_configuration is not None:
        raise ValueError("jwtConfiguration belongs to authorizerType JWT.")
    if inputs.authorizer_uri is None or "/functions/" not in inputs.authorizer_uri:
        raise ValueError(f"authorizerUri={inputs.authorizer_uri!r} is not a function's invoke ARN.")
    one_of(
        "authorizerPayloadFormatVersion", inputs.authorizer_payload_format_version, ("1.0", "2.0")
    )
    if inputs.enable_simple_responses and inputs.authorizer_payload_format_version != "2.0":
        raise ValueError("enableSimpleResponses needs authorizerPayloadFormatVersion 2.0.")
    if inputs.authorizer_result_ttl_in_seconds and not inputs.identity_sources:
        raise ValueError("authorizerResultTtlInSeconds needs identitySources to tell calls apart.")
