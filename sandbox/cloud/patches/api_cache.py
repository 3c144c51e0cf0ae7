"""A REST API's stage answers from its cache: where the method's setting says so, and how long.

What tells two requests apart are the parameters that the integration declares, and nothing else.
Left out: the cache's size, its encryption, flushing it, and callers who may go past it.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import apigateway_v1 as rest

DEFAULT_SECONDS = 300
"""API Gateway's own."""
_kept: dict[tuple[Any, ...], tuple[float, Any]] = {}
"""Until when an answer holds, and the answer."""


def cached(original: Callable[..., Any]) -> Callable[..., Any]:
    """Put the stage's cache before a REST API's integration."""

    async def invoke(
        integration: Mapping[str, Any],
        api_id: str,
        stage_name: str,
        stage: Mapping[str, Any],
        resource: Mapping[str, Any],
        request_path: str,
        method: str,
        headers: Mapping[str, Any],
        body: bytes,
        query_params: Mapping[str, Any],
        path_params: Mapping[str, Any],
        **named: Any,
    ) -> Any:
        given = (headers, body, query_params, path_params)
        request = (integration, api_id, stage_name, stage, resource, request_path, method, *given)
        seconds = _seconds(stage, resource["path"], method)
        if not seconds:
            return await original(*request, **named)
        where = {"querystring": query_params, "header": headers, "path": path_params}
        values = [_value(where, name) for name in integration.get("cacheKeyParameters") or []]
        key = (api_id, stage_name, stage.get("deploymentId"), resource["path"], method, *values)
        until, answer = _kept.get(key, (0.0, None))
        if until > time.monotonic():
            return answer
        answer = await original(*request, **named)
        if isinstance(answer, tuple) and answer[0] < 300:
            _kept[key] = (time.monotonic() + seconds, answer)
        return answer

    return invoke


def _seconds(stage: Mapping[str, Any], path: str, method: str) -> float:
    """How long an answer of this method is kept; 0 if it is not."""
    if not stage.get("cacheClusterEnabled"):
        return 0
    settings = stage.get("methodSettings") or {}
    names = [f"{path}/{method}", f"{path.lstrip('/')}/{method}"]
    if method == "GET":  # other methods are kept only if they are named
        names.append("*/*")
    entry: Mapping[str, Any] = next((settings[name] for name in names if name in settings), {})
    return float(
        entry.get("cacheTtlInSeconds", DEFAULT_SECONDS) if entry.get("cachingEnabled") else 0
    )


def _value(where: Mapping[str, Mapping[str, Any] | None], name: str) -> str:
    """The value of ``method.request.querystring.page``."""
    kind, _, key = name.removeprefix("method.request.").partition(".")
    found = where.get(kind) or {}
    return rest._header_ci(found, key) if kind == "header" else str(found.get(key))
