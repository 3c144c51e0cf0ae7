"""What is served: a snapshot of the API, the stage that serves it, and limits of its methods."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from ..base import Scope
from ..throttle import Limit
from .route import Route, methods_of
from .settings import Settings

LOG_FIELDS = {
    "requestId": "$context.requestId",
    "time": "$context.requestTime",
    "ip": "$context.identity.sourceIp",
    "caller": "$context.identity.caller",
    "apiKeyId": "$context.identity.apiKeyId",
    "method": "$context.httpMethod",
    "path": "$context.path",
    "route": "$context.resourcePath",
    "status": "$context.status",
    "responseLength": "$context.responseLength",
    "latencyMs": "$context.responseLatency",
    "integrationLatencyMs": "$context.integrationLatency",
    "integrationStatus": "$context.integration.integrationStatus",
    "refusal": "$context.error.responseType",
    "authorizerError": "$context.authorizer.error",
    "integrationError": "$context.integrationErrorMessage",
    "trace": "$context.xrayTraceId",
}


def make_stage(
    scope: Scope,
    settings: Settings,
    api: "aws.apigateway.RestApi",
    body: pulumi.Output[str],
    permissions: Sequence[pulumi.Resource],
) -> "tuple[aws.apigateway.Stage, aws.cloudwatch.LogGroup | None]":
    """Serve the API as the document ``body`` describes it, once it may call the function.

    Returns:
        The stage, and the log group of its requests where there is one.
    """
    name = f"{scope.name}-api"
    deployment = aws.apigateway.Deployment(
        name,
        rest_api=api.id,
        # Another document is another deployment. The stage moves to it before the old one goes,
        # since Pulumi makes replacements first.
        triggers={
            "document": body.apply(lambda text: hashlib.sha256(text.encode()).hexdigest()),
            # Not in the document, and served only from the next deployment on.
            "address": "closed" if settings.domain else "open",
        },
        opts=scope.opts,
    )
    more: dict[str, Any] = {}
    group = None
    if settings.access_logs:
        group = aws.cloudwatch.LogGroup(
            name, retention_in_days=scope.log_retention_days, tags=scope.tags, opts=scope.opts
        )
        more["access_log_settings"] = {
            "destination_arn": group.arn,
            "format": json.dumps(LOG_FIELDS),
        }
    if settings.cache is not None:
        more |= {"cache_cluster_enabled": True, "cache_cluster_size": settings.cache.size}
    stage = aws.apigateway.Stage(
        name,
        rest_api=api.id,
        deployment=deployment.id,
        stage_name=settings.stage,
        xray_tracing_enabled=settings.tracing,
        tags=scope.tags,
        opts=pulumi.ResourceOptions.merge(
            scope.opts, pulumi.ResourceOptions(depends_on=list(permissions))
        ),
        **more,
    )
    _limit(scope, settings, stage)
    return stage, group


def _limit(scope: Scope, settings: Settings, stage: "aws.apigateway.Stage") -> None:
    """Settings of the stage, and of the methods that differ: theirs take the place of its own,
    all of them."""
    common: dict[str, Any] = {
        "metrics_enabled": settings.metrics,
        "logging_level": settings.log_level,
        # Bodies and headers in the log: never.
        "data_trace_enabled": False,
    }
    wanted: dict[str, Any] = {}
    if settings.throttle or settings.cache or settings.metrics or settings.log_level != "OFF":
        wanted["*/*"] = common | _throttle(settings.throttle) | {"caching_enabled": False}
    for route in settings.routes:
        if route.throttle is None and route.cache_seconds is None:
            continue
        own = common | _throttle(route.throttle or settings.throttle) | _cached(settings, route)
        wanted |= dict.fromkeys(_method_paths(settings, route), own)
    for path, options in wanted.items():
        suffix = "" if path == "*/*" else f"-{path.replace('~1', '')}"
        aws.apigateway.MethodSettings(
            f"{scope.name}-api{suffix}",
            rest_api=stage.rest_api,
            stage_name=stage.stage_name,
            method_path=path,
            settings=options,
            opts=scope.opts,
        )


def _method_paths(settings: Settings, route: Route) -> Sequence[str]:
    """``orders/{id}/GET``, and ``~1/GET`` for the root.

    A stage knows ``ANY`` as the methods that it stands for. OPTIONS is the API's with ``cors``.
    """
    path = route.path.removeprefix("/") or "~1"
    methods = methods_of(route, settings.routes)
    return [f"{path}/{m}" for m in methods if settings.cors is None or m != "OPTIONS"]


def _throttle(limit: Limit | None) -> dict[str, Any]:
    if limit is None:
        return {}
    return {"throttling_rate_limit": limit.rate, "throttling_burst_limit": limit.burst}


def _cached(settings: Settings, route: Route) -> dict[str, Any]:
    if route.cache_seconds is None or settings.cache is None:
        return {"caching_enabled": False}
    return {
        "caching_enabled": True,
        "cache_ttl_in_seconds": route.cache_seconds,
        "cache_data_encrypted": settings.cache.encrypted,
        # Otherwise anybody empties the cache with a header.
        "require_authorization_for_cache_control": True,
    }
