"""API Gateway counts requests, and writes a line for each into the log group of the stage.

The emulator stores the setting. Requests that are refused for their signature never reach a
stage here, and are not logged.
"""

import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from ministack.core.responses import get_account_id, new_uuid
from ministack.services import apigateway as http
from ministack.services import apigateway_v1 as rest
from ministack.services import cloudwatch_logs

from sandbox.cloud.settings import Settings

from . import guard, log_groups, metric_apis

_log = logging.getLogger("slipway")
_facts: ContextVar[dict[str, Any] | None] = ContextVar("facts", default=None)
"""What is known of the request that is being served, by the names of the format's variables."""
_HTTP_NAMES = {
    "http.method": "httpMethod",
    "http.path": "path",
    "http.protocol": "protocol",
    "http.sourceIp": "identity.sourceIp",
    "http.userAgent": "identity.userAgent",
    "time": "requestTime",
    "timeEpoch": "requestTimeEpoch",
}
"""How an HTTP API's variables are called that its events name otherwise."""


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Write access logs."""
    guard.replace(
        rest,
        "_handle_execute_in_scope",
        "(api_id, stage_name, method, path, headers, body, query_params, owner_account_id, "
        "owner_region)",
        _rest,
    )
    signature = "(api_id, stage, path, method, headers, body, query_params, raw_query_string=None)"
    guard.wrap(http, "handle_execute", signature, _http)
    signature = "(fn, *args, thread_name: str = 'ministack-reentrant')"
    for module in (rest, http):
        guard.wrap(module, "run_reentrant", signature, _told)


def note(**facts: Any) -> None:
    """Remember something of the request that is being served; dots are written as ``__``."""
    known = _facts.get()
    if known is not None:
        known.update({key.replace("__", "."): value for key, value in facts.items()})


def measured(original: Callable[..., Any]) -> Callable[..., Any]:
    """Remember how an integration answered, and after how long."""

    async def invoke(*args: Any, **named: Any) -> Any:
        began = time.monotonic()
        answer = await original(*args, **named)
        milliseconds = int((time.monotonic() - began) * 1000)
        note(integrationLatency=milliseconds, integration__latency=milliseconds)
        if isinstance(answer, tuple):
            # Lambda answers 200 to API Gateway whatever the function's own status is.
            note(integrationStatus=200, integration__integrationStatus=200)
            note(integration__status=answer[0])
        return answer

    return invoke


def _told(original: Callable[..., Any]) -> Callable[..., Any]:
    async def run(function: Any, *args: Any, **named: Any) -> Any:
        event = args[-1] if args else None
        if isinstance(event, dict) and isinstance(context := event.get("requestContext"), dict):
            found = dict(_flat(context))
            note(**{_HTTP_NAMES.get(key, key): value for key, value in found.items()})
        return await original(function, *args, **named)

    return run


def _flat(context: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in context.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def _begin(api: str, stage: str, method: str, path: str, headers: Mapping[str, Any]) -> Any:
    now = datetime.now(UTC)
    facts = {
        "accountId": get_account_id(),
        "apiId": api,
        "httpMethod": method,
        "identity.sourceIp": "127.0.0.1",
        "identity.userAgent": headers.get("user-agent"),
        "path": path,
        "protocol": "HTTP/1.1",
        "requestId": new_uuid(),
        "requestTime": f"{now:%d/%b/%Y:%H:%M:%S +0000}",
        "requestTimeEpoch": int(now.timestamp() * 1000),
        "stage": stage,
        "began": time.monotonic(),
    }
    return _facts.set(facts)


def _end(stage: Mapping[str, Any] | None, answer: Any) -> None:
    facts = _facts.get()
    if facts is None or stage is None:
        return
    facts["responseLatency"] = int((time.monotonic() - facts["began"]) * 1000)
    metric_apis.served(facts, int(answer[0]))
    settings = stage.get("accessLogSettings") or {}
    if not settings.get("destinationArn"):
        return
    facts["extendedRequestId"] = facts["requestId"]
    facts["status"], facts["responseLength"] = answer[0], len(answer[2])
    group = settings["destinationArn"].partition(":log-group:")[2].removesuffix(":*")
    if group in cloudwatch_logs._log_groups:
        name = f"{facts['apiId']}/{facts['stage']}"
        log_groups.write(group, name, [_line(settings.get("format", ""), facts)])
    else:
        _log.warning("there is no log group %s for the requests of %s", group, facts["apiId"])


def _line(text: str, facts: Mapping[str, Any]) -> str:
    def value(found: re.Match[str]) -> str:
        known = facts.get(found[1])
        return "-" if known is None or known == "" else str(known)

    return re.sub(r"\$context\.(\w+(?:\.[\w:]+)*)", value, text)


async def _rest(
    api_id: str,
    stage_name: str,
    method: str,
    path: str,
    headers: Mapping[str, Any],
    body: bytes,
    query_params: Mapping[str, Any],
    owner_account_id: str,
    owner_region: str,
) -> Any:
    """As the emulator's, with a line written at the end."""
    request: dict[str, Any] = {
        "api_id": api_id,
        "stage_name": stage_name,
        "stage": None,
        "headers": headers or {},
        "query_params": query_params or {},
        "path_params": {},
        "resource_path": "",
        "request_id": new_uuid(),
    }
    token = _begin(api_id, stage_name, method, f"/{stage_name}{path}", headers or {})
    try:
        note(requestId=request["request_id"])
        scope = owner_account_id, owner_region
        answer = await rest._execute_in_scope(
            request, api_id, stage_name, method, path, headers, body, query_params, *scope
        )
        note(resourcePath=request["resource_path"])
        if isinstance(answer, rest._GatewayError):
            note(error__responseType=answer.response_type, error__message=answer.message)
            note(error__messageString=f'"{answer.message}"')
            answer = rest._gateway_error_response(answer, request)
        _end(request["stage"], answer)
    finally:
        _facts.reset(token)
    return answer


def _http(original: Callable[..., Any]) -> Callable[..., Any]:
    async def execute(
        api_id: str,
        stage: str,
        path: str,
        method: str,
        headers: Mapping[str, Any],
        body: bytes,
        query_params: Mapping[str, Any],
        raw_query_string: Any = None,
    ) -> Any:
        token = _begin(api_id, stage, method, path, headers)
        try:
            more = headers, body, query_params, raw_query_string
            answer = await original(api_id, stage, path, method, *more)
            scope = http.find_api_scope(api_id)
            if scope is not None:
                with http.request_scope(*scope):
                    route = http._match_route(api_id, method, "/" + path.lstrip("/")) or {}
                    note(routeKey=route.get("routeKey"))
                    _end(http._stages.get(api_id, {}).get(stage), answer)
        finally:
            _facts.reset(token)
        return answer

    return execute
