"""The OpenAPI 3.0.1 document that is the whole API, with API Gateway's extensions.

Each extension is described in the API Gateway developer guide, "OpenAPI extensions for API
Gateway". Nothing in the document depends on the API itself, so it is known before the API is.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from ..routes import ANY
from .cors import methods_by_path
from .route import Route
from .settings import Settings

VERSION = "3.0.1"
"""What API Gateway itself exports; it imports no 3.1."""
_ANY_METHOD = "x-amazon-apigateway-any-method"
_VALIDATORS = {
    (True, True): "all",
    (True, False): "body",
    (False, True): "parameters",
}
"""Names of validators, by whether they look at the body and at the parameters."""
_PLACES = {"querystring": "query"}
_API_KEY = {"type": "apiKey", "name": "x-api-key", "in": "header"}
_IAM = {
    "type": "apiKey",
    "name": "Authorization",
    "in": "header",
    "x-amazon-apigateway-authtype": "awsSigv4",
}


def document(title: str, settings: Settings, invoke_arn: pulumi.Input[str]) -> Mapping[str, Any]:
    """The document; ARNs in it may be outputs.

    Args:
        title: of the API.
        settings: what it is to have.
        invoke_arn: what every route calls.
    """
    routes = settings.routes
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        verb = _ANY_METHOD if route.method == ANY else route.method.lower()
        paths.setdefault(route.path, {})[verb] = _operation(settings, route, invoke_arn)
    if settings.cors is not None:
        for path, methods in methods_by_path(routes).items():
            paths[path]["options"] = {
                **settings.cors.preflight(methods),
                **_parameters([n for r in routes if r.path == path for n in r.path_parameters]),
            }
    found: dict[str, Any] = {
        "openapi": VERSION,
        "info": {"title": title, "version": "1"},
        "paths": paths,
        "components": {"schemas": settings.models, "securitySchemes": _schemes(settings)},
        "x-amazon-apigateway-request-validators": {
            name: {"validateRequestBody": body, "validateRequestParameters": parameters}
            for (body, parameters), name in _VALIDATORS.items()
        },
    }
    if settings.cors is not None:
        found["x-amazon-apigateway-gateway-responses"] = settings.cors.refusals()
    if settings.binary_media_types:
        found["x-amazon-apigateway-binary-media-types"] = settings.binary_media_types
    return found


def _operation(
    settings: Settings, route: Route, invoke_arn: pulumi.Input[str]
) -> Mapping[str, Any]:
    integration: dict[str, Any] = {
        "type": "aws_proxy",
        "httpMethod": "POST",  # how Lambda is invoked, whatever the route's method
        "uri": invoke_arn,
        "timeoutInMillis": settings.timeout_seconds * 1000,
    }
    if route.cache_keys:
        integration["cacheKeyParameters"] = route.cache_keys
    operation: dict[str, Any] = {
        "responses": {"200": {"description": "What the function answers"}},
        "x-amazon-apigateway-integration": integration,
        **_parameters(route.parameters),
    }
    if security := _security(route):
        operation["security"] = security
    if route.body_schema is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": route.body_schema}},
        }
    wanted = any(
        required for name, required in route.parameters.items() if name not in route.path_parameters
    )
    if validator := _VALIDATORS.get((route.body_schema is not None, wanted)):
        operation["x-amazon-apigateway-request-validator"] = validator
    return operation


def _parameters(names: Mapping[str, bool] | Sequence[str]) -> Mapping[str, Any]:
    """``method.request.querystring.page`` as OpenAPI says it; those of a path are required."""
    required = names if isinstance(names, Mapping) else dict.fromkeys(names, True)
    found: list[Mapping[str, Any]] = []
    for full in sorted(required):
        place, name = full.removeprefix("method.request.").split(".", 1)
        found.append(
            {
                "name": name,
                "in": _PLACES.get(place, place),
                "required": required[full],
                "schema": {"type": "string"},
            }
        )
    return {"parameters": found} if found else {}


def _security(route: Route) -> list[Mapping[str, Sequence[str]]]:
    """API Gateway asks for all of these, where OpenAPI means one of them; it exports them so."""
    wanted: list[Mapping[str, Sequence[str]]] = []
    if route.auth != "none":
        wanted.append({route.auth: route.scopes})
    if route.api_key:
        wanted.append({"api_key": []})
    return wanted


def _schemes(settings: Settings) -> Mapping[str, Any]:
    """Those that are used and all authorizers: what a route no longer names may come back."""
    schemes: dict[str, Any] = {name: item.scheme() for name, item in settings.authorizers.items()}
    if any(route.auth == "iam" for route in settings.routes):
        schemes["iam"] = _IAM
    if settings.api_keys:
        schemes["api_key"] = _API_KEY
    return schemes
