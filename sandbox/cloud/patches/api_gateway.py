"""What API Gateway does and the emulator only stores: deployments, time-outs, throttling.

A REST API's stage serves the routes that its deployment has seen, not the newest ones; an
integration that is too slow is cut off; an HTTP API's stage must exist and may be throttled;
a function that fails, or does not answer as a proxy must, is an internal error to its caller;
a body of a type that has no model is not checked.
"""

import asyncio
import copy
import json
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

from ministack.services import apigateway as http
from ministack.services import apigateway_v1 as rest
from ministack.services import lambda_svc

from sandbox.cloud.settings import Settings

from . import api_cache, api_logs, guard, lambda_permissions

_FAILED = "Internal server error"
_CRASHED = json.dumps({"message": "Internal Server Error"})
"""What callers of a function URL or an HTTP API are told of a function's error."""
_snapshots: dict[tuple[str, str], dict[str, Any]] = {}
"""Resources by API and deployment, as they were when it was made."""
_serving: ContextVar[dict[str, Any] | None] = ContextVar("serving", default=None)


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Give these settings their effect."""
    _deployments()
    _bodies()
    _timeouts()
    _answers()
    _stages()


def _deployments() -> None:
    def taken(original: Callable[..., Any]) -> Callable[..., Any]:
        def create(api_id: str, data: Any) -> Any:
            answer = original(api_id, data)
            if answer[0] < 300:
                made = json.loads(answer[2])["id"]
                _snapshots[api_id, made] = copy.deepcopy(rest._resources.get(api_id, {}))
            return answer

        return create

    def forgotten(original: Callable[..., Any]) -> Callable[..., Any]:
        def delete(api_id: str, deployment_id: str) -> Any:
            _snapshots.pop((api_id, deployment_id), None)
            return original(api_id, deployment_id)

        return delete

    def served(original: Callable[..., Any]) -> Callable[..., Any]:
        async def execute(request: Any, api_id: str, stage_name: str, *rest_: Any) -> Any:
            token = _serving.set(_snapshot(api_id, stage_name))
            try:
                return await original(request, api_id, stage_name, *rest_)
            finally:
                _serving.reset(token)

        return execute

    def asked(original: Callable[..., Any]) -> Callable[..., Any]:
        def kind(api_id: str, stage_name: str, method: str, path: str) -> Any:
            scope = rest.find_api_scope(api_id)
            if scope is None:
                return None
            with rest.request_scope(*scope):
                token = _serving.set(_snapshot(api_id, stage_name))
            try:
                return original(api_id, stage_name, method, path)
            finally:
                _serving.reset(token)

        return kind

    def matched(original: Callable[..., Any]) -> Callable[..., Any]:
        def match(api_id: str, *what: Any) -> Any:
            snapshot = _serving.get()
            if snapshot is None:
                return original(api_id, *what)
            live = rest._resources
            # Nothing awaits in here, so no other request sees the exchange.
            rest._resources = {api_id: snapshot}
            try:
                return original(api_id, *what)
            finally:
                rest._resources = live

        return match

    guard.wrap(rest, "_create_deployment", "(api_id, data)", taken)
    guard.wrap(rest, "_delete_deployment", "(api_id, deployment_id)", forgotten)
    signature = (
        "(request, api_id, stage_name, method, path, headers, body, query_params, "
        "owner_account_id, owner_region)"
    )
    guard.wrap(rest, "_execute_in_scope", signature, served)
    guard.wrap(rest, "method_authorization_type", "(api_id, stage_name, method, path)", asked)
    guard.wrap(rest, "_match_resource_tree", "(api_id, segments)", matched)
    guard.wrap(rest, "_match_greedy_fallback", "(api_id, segments, http_method)", matched)


def _snapshot(api: str, stage: str) -> dict[str, Any] | None:
    found = rest._stages_v1.get(api, {}).get(stage) or {}
    return _snapshots.get((api, found.get("deploymentId", "")))


def _bodies() -> None:
    def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
        def check(
            method: dict[str, Any], api_id: str, request: Any, headers: dict[str, str], *more: Any
        ) -> Any:
            # The emulator takes the model for JSON where no other fits.
            given = rest._header_ci(headers, "content-type") or "application/json"
            kind = given.partition(";")[0].strip()
            models = method.get("requestModels") or {}
            model = models.get(kind) or models.get("$default")
            method = {**method, "requestModels": {kind: model} if model else {}}
            return original(method, api_id, request, headers, *more)

        return check

    signature = "(method_obj, api_id, request, headers, body, query_params)"
    guard.wrap(rest, "_check_request_validation", signature, wrap)


def _timeouts() -> None:
    def limited(late: Callable[[], Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
            async def invoke(integration: Any, *args: Any, **more: Any) -> Any:
                seconds = int(integration.get("timeoutInMillis") or 29_000) / 1000
                try:
                    # The function runs on, as it does on AWS.
                    call = asyncio.ensure_future(original(integration, *args, **more))
                    answer = await asyncio.wait_for(asyncio.shield(call), seconds)
                    # An HTTP API says 500 where a function's own URL says 502.
                    crashed = isinstance(answer, tuple) and answer[2] == _CRASHED.encode()
                    return (500, *answer[1:]) if crashed else answer
                except TimeoutError:
                    api_logs.note(integrationErrorMessage="Endpoint request timed out")
                    return late()

            return invoke

        return wrap

    def rest_late() -> Any:
        return rest._gw_error("INTEGRATION_TIMEOUT", "Endpoint request timed out")

    def http_late() -> Any:
        return _answer(503, "Service Unavailable")

    guard.wrap(
        rest,
        "_invoke_lambda_proxy_v1",
        "(integration, api_id, stage_name, stage, resource, request_path, method, headers, body, "
        "query_params, path_params, *, owner_account_id=None, owner_region=None, "
        "binary_media_types=None, authorizer_context=None, caller_identity=None)",
        lambda original: api_cache.cached(api_logs.measured(limited(rest_late)(original))),
    )

    def let_in(original: Callable[..., Any]) -> Callable[..., Any]:
        async def invoke(
            integration: Any,
            api_id: str,
            stage: str,
            path: str,
            method: str,
            *args: Any,
            **more: Any,
        ) -> Any:
            function = http._extract_lambda_ref_from_integration_uri(
                integration.get("integrationUri", "")
            )
            source = lambda_permissions.execution_arn(api_id, f"{stage}/{method}{path}")
            if not lambda_permissions.lets_in(function, lambda_permissions.API_GATEWAY, source):
                return _answer(500, "Internal Server Error")
            return await original(integration, api_id, stage, path, method, *args, **more)

        return invoke

    guard.wrap(
        http,
        "_invoke_lambda_proxy",
        "(integration, api_id, stage, path, method, headers, body, query_params, "
        "route_key='$default', path_params=None, *, authorizer_claims=None, "
        "authorizer_scopes=None, authorizer_lambda_context=None, authorizer_iam=None, "
        "owner_account_id=None, owner_region=None, raw_query_string=None)",
        lambda original: let_in(api_logs.measured(limited(http_late)(original))),
    )


def _answers() -> None:
    def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
        def shaped(result: Any) -> Any:
            answer, error = original(result)
            body = result.get("body")
            if error or not (isinstance(body, dict) and "statusCode" in body):
                api_logs.note(integrationErrorMessage=_why(result))
                return None, _FAILED
            return answer, None

        return shaped

    def discreet(original: Callable[..., Any]) -> Callable[..., Any]:
        def shape(exec_result: dict[str, Any]) -> Any:
            if exec_result.get("error") and not exec_result.get("throttle"):
                headers = {"Content-Type": "application/json"}
                return {"statusCode": 502, "headers": headers, "body": _CRASHED}, None
            return original(exec_result)

        return shape

    guard.wrap(rest, "_lambda_proxy_response", "(result)", wrap)
    guard.wrap(
        lambda_svc,
        "lambda_execute_result_to_api_proxy_response",
        "(exec_result: dict) -> tuple[dict | None, str | None]",
        discreet,
    )


def _why(result: Mapping[str, Any]) -> str:
    if result.get("error"):
        return "Lambda execution failed with status 200 due to customer function error"
    return "Execution failed due to configuration error: Malformed Lambda proxy response"


def _stages() -> None:
    def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
        async def execute(
            api_id: str, stage: str, path: str, method: str, *more: Any, **named: Any
        ) -> Any:
            found = http._stages.get(api_id, {}).get(stage)
            if found is None:
                return _answer(404, "Not Found")
            route = http._match_route(api_id, method, "/" + path.lstrip("/")) or {}
            key = route.get("routeKey", "")
            limits = found.get("routeSettings", {}).get(key) or found["defaultRouteSettings"]
            bucket = {
                "rateLimit": limits.get("throttlingRateLimit"),
                "burstLimit": limits.get("throttlingBurstLimit"),
            }
            if not rest._take_token(("http", api_id, stage, key), bucket):
                return _answer(429, "Too Many Requests")
            return await original(api_id, stage, path, method, *more, **named)

        return execute

    signature = (
        "(api_id, stage, path, method, headers, body, query_params, owner_account_id, "
        "owner_region, raw_query_string=None)"
    )
    guard.wrap(http, "_handle_execute_in_scope", signature, wrap)


def _answer(status: int, message: str) -> Any:
    headers = {"Content-Type": "application/json"}
    return status, headers, json.dumps({"message": message}).encode()
