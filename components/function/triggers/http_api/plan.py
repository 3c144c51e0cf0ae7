"""Makes what a checked HTTP API describes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

import pulumi
import pulumi_aws as aws

from ....alarms.apis import http_formulas
from ....alarms.watch import Formulas
from ....errors import check_keys
from ..base import Plan, Subject, Target
from ..features import check_features
from ..routes import signature
from ..throttle import Limit
from .args import HttpApi
from .authorizers import make_authorizers
from .domain import make_domain
from .settings import BUILT_IN, TIMEOUT_SECONDS, Route, Settings, checked

THING = "http"
"""What the API is called among the things of the function."""
STAGE = "$default"
"""The stage without a name in its address."""
LOG_FIELDS = {
    "requestId": "$context.requestId",
    "time": "$context.requestTime",
    "ip": "$context.identity.sourceIp",
    "method": "$context.httpMethod",
    "path": "$context.path",
    "route": "$context.routeKey",
    "status": "$context.status",
    "latencyMs": "$context.responseLatency",
    "integrationStatus": "$context.integrationStatus",
    "authorizerError": "$context.authorizer.error",
    "error": "$context.integrationErrorMessage",
}
LOG_PREFIX = "/aws/vendedlogs/"
"""Groups with this prefix share one statement in CloudWatch Logs' resource policy, which has
room for few others (CloudWatch Logs user guide, "Logs sent to CloudWatch Logs")."""


class _Given(TypedDict):
    http_api: HttpApi


def plan(subject: Subject, given: HttpApi) -> Plan:
    """Check the HTTP API of a function.

    Raises:
        ValueError: a value that API Gateway would refuse, or what only another kind has.
    """
    check_features(subject.who, {"http_api": given})
    check_keys(subject.who, {"http_api": given}, _Given, prefix="triggers.")
    return _Plan(checked(subject, given))


@dataclass(frozen=True)
class _Plan(Plan):
    settings: Settings

    def formulas(self, subject: Subject) -> Formulas:
        return {THING: http_formulas(timeout_seconds=min(subject.timeout_seconds, TIMEOUT_SECONDS))}

    def connect(self, target: Target) -> Mapping[str, Any]:
        settings, scope = self.settings, target.scope
        name = f"{scope.name}-http"
        api = aws.apigatewayv2.Api(
            name,
            protocol_type="HTTP",
            description=f"Calls {scope.name}",
            cors_configuration=settings.cors,
            # Whoever knew the other address would get around what guards the domain.
            disable_execute_api_endpoint=settings.domain is not None,
            tags=scope.tags,
            opts=scope.opts,
        )
        integration = aws.apigatewayv2.Integration(
            name,
            api_id=api.id,
            integration_type="AWS_PROXY",
            integration_method="POST",
            integration_uri=target.alias.invoke_arn,
            payload_format_version="2.0",
            opts=scope.opts,
        )
        authorizers = make_authorizers(target, api, settings.authorizers)
        routes = [
            self._route(target, api, integration, route, authorizers) for route in settings.routes
        ]
        stage, requests = self._stage(target, api, routes)
        target.allow_invoke(
            "http",
            "apigateway.amazonaws.com",
            pulumi.Output.concat(stage.execution_arn, "/*"),
        )
        if settings.domain is None:
            url = stage.invoke_url.apply(lambda known: known.rstrip("/"))
        else:
            url = make_domain(name, settings.domain, stage, scope)
        scope.watch.add(
            "http_api",
            THING,
            {"ApiId": api.id, "Stage": stage.name},
            log_group_name=None if requests is None else requests.name,
            check={"url": url},
        )
        return {
            "http_api_url": url,
            "http_api_execution_arn": stage.execution_arn,
        }

    def _route(
        self,
        target: Target,
        api: "aws.apigatewayv2.Api",
        integration: "aws.apigatewayv2.Integration",
        route: Route,
        authorizers: "Mapping[str, aws.apigatewayv2.Authorizer]",
    ) -> "aws.apigatewayv2.Route":
        guard: dict[str, Any] = {"authorization_type": BUILT_IN.get(route.auth)}
        if route.auth in authorizers:
            jwt = self.settings.authorizers[route.auth].kind == "JWT"
            guard = {
                "authorization_type": "JWT" if jwt else "CUSTOM",
                "authorizer_id": authorizers[route.auth].id,
                "authorization_scopes": route.scopes or None,
            }
        return aws.apigatewayv2.Route(
            f"{target.scope.name}-http-{route.method}{signature(route.path)}",
            api_id=api.id,
            route_key=route.key,
            target=pulumi.Output.concat("integrations/", integration.id),
            opts=target.scope.opts,
            **guard,
        )

    def _stage(
        self,
        target: Target,
        api: "aws.apigatewayv2.Api",
        routes: "list[aws.apigatewayv2.Route]",
    ) -> "tuple[aws.apigatewayv2.Stage, aws.cloudwatch.LogGroup | None]":
        settings, scope = self.settings, target.scope
        logs: Any = None
        group = None
        limits: list[Any] = [
            {"route_key": route.key, **_limits(route.throttle)}
            for route in settings.routes
            if route.throttle
        ]
        if settings.access_logs:
            group = aws.cloudwatch.LogGroup(
                f"{scope.name}-http",
                name=api.id.apply(lambda id: f"{LOG_PREFIX}apis/{id}"),
                retention_in_days=scope.log_retention_days,
                tags=scope.tags,
                opts=scope.opts,
            )
            logs = {"destination_arn": group.arn, "format": json.dumps(LOG_FIELDS)}
        stage = aws.apigatewayv2.Stage(
            f"{scope.name}-http",
            api_id=api.id,
            name=STAGE,
            auto_deploy=True,
            access_log_settings=logs,
            default_route_settings=_limits(settings.throttle),
            route_settings=limits,
            tags=scope.tags,
            # A stage may set limits only for routes that exist.
            opts=pulumi.ResourceOptions.merge(
                scope.opts, pulumi.ResourceOptions(depends_on=routes)
            ),
        )
        return stage, group


def _limits(throttle: Limit | None) -> Any:
    if throttle is None:
        return None
    return {
        "throttling_rate_limit": throttle.rate,
        "throttling_burst_limit": throttle.burst,
    }
