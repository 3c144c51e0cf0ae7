"""An alias shares its calls out to two versions, and metrics tell which one served.

The emulator stores the weights and always runs the main version. Its metrics know the
function's name only, and only of calls through the Invoke API; a canary is watched by alias
and version, whoever calls.
"""

import os
import random
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from ministack.services import cloudwatch, lambda_svc

from sandbox.cloud.settings import Settings

from . import guard

_dice = random.Random(os.environ.get("SANDBOX_SEED"))  # noqa: S311 - shares of calls, no secret
"""Decides which version serves; a seed makes the sequence the same every time."""
_described: ContextVar[bool] = ContextVar("described", default=False)
"""Set while a configuration is read, not run."""
_alias: ContextVar[str] = ContextVar("alias", default="")
"""ARN of the alias of a call that goes to the version with the smaller share."""


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Choose by weight, and publish what each version did."""
    guard.wrap(
        lambda_svc,
        "_effective_func_record_for_qualifier",
        "(func: dict | None, qualifier: str | None) -> tuple[dict | None, dict | None]",
        _weighted,
    )
    guard.wrap(
        lambda_svc,
        "_get_function",
        "(name: str, qualifier: str | None = None)",
        _described_only,
    )
    guard.wrap(
        lambda_svc,
        "_get_function_config",
        "(name: str, qualifier: str | None = None)",
        _described_only,
    )
    guard.wrap(
        lambda_svc,
        "_invoke",
        "(name: str, event: dict, headers: dict, path_qualifier: str | None = None, "
        "query_params: dict | None = None)",
        _invoked,
    )
    guard.wrap(
        lambda_svc,
        "_execute_function_dispatch",
        "(func: dict, config: dict, event: dict, request_id: str, started: float) -> dict",
        _measured,
    )


def called_as(config: dict[str, Any]) -> str:
    """The ARN by which the caller named the function that this is the configuration of."""
    return _alias.get() or str(config.get("FunctionArn", ""))


def chosen(alias: dict[str, Any]) -> str:
    """The version that a call of the alias runs this time."""
    weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    point = _dice.random()
    for version, weight in weights.items():
        if point < float(weight):
            return str(version)
        point -= float(weight)
    return str(alias.get("FunctionVersion", "$LATEST"))


def _weighted(original: Callable[..., Any]) -> Callable[..., Any]:
    def resolve(func: dict[str, Any] | None, qualifier: str | None) -> Any:
        alias = ((func or {}).get("aliases") or {}).get(qualifier)
        if func is None or alias is None:
            return original(func, qualifier)
        version = alias.get("FunctionVersion") if _described.get() else chosen(alias)
        record, config = original(func, version)
        if record is None:
            return record, config
        # The caller's name for it stays: contexts, failure records and metrics show the alias.
        config = {**config, "FunctionArn": f"{func['config']['FunctionArn']}:{qualifier}"}
        return {**record, "config": config}, config

    return resolve


def _described_only(original: Callable[..., Any]) -> Callable[..., Any]:
    def read(name: str, qualifier: str | None = None) -> Any:
        token = _described.set(True)
        try:
            return original(name, qualifier)
        finally:
            _described.reset(token)

    return read


def _invoked(original: Callable[..., Any]) -> Callable[..., Any]:
    async def invoke(
        name: str,
        event: Any,
        headers: dict[str, str],
        path_qualifier: str | None = None,
        query_params: dict[str, Any] | None = None,
    ) -> Any:
        qualifier = (
            path_qualifier
            or lambda_svc._qp_first(query_params or {}, "Qualifier")
            or lambda_svc._qp_first(headers, "x-amz-qualifier")
        )
        func = lambda_svc._functions.get(name) or {}
        alias = (func.get("aliases") or {}).get(qualifier)
        version = chosen(alias) if alias else qualifier
        if alias is None or version == alias.get("FunctionVersion"):
            return await original(name, event, headers, path_qualifier, query_params)
        token = _alias.set(f"{func['config']['FunctionArn']}:{qualifier}")
        try:
            return await original(name, event, headers, version, query_params)
        finally:
            _alias.reset(token)

    return invoke


def _measured(original: Callable[..., Any]) -> Callable[..., Any]:
    def execute(
        func: dict[str, Any],
        config: dict[str, Any],
        event: Any,
        request_id: str,
        started: float,
    ) -> Any:
        if alias := _alias.get():
            config = {**config, "FunctionArn": alias}
            func = {**func, "config": config}
        began = time.monotonic()
        result = original(func, config, event, request_id, started)
        _publish(config, (time.monotonic() - began) * 1000, failed=bool(result.get("error")))
        return result

    return execute


def _publish(config: dict[str, Any], milliseconds: float, *, failed: bool) -> None:
    name = config.get("FunctionName", "unknown")
    qualifier = config.get("FunctionArn", "").split(":")[7:]
    sets: list[dict[str, str]] = [{"FunctionName": name}]
    if qualifier and qualifier[0] != "$LATEST":
        resource = {"FunctionName": name, "Resource": f"{name}:{qualifier[0]}"}
        version = str(config.get("Version", "$LATEST"))
        sets += [resource, {**resource, "ExecutedVersion": version}]
    for dimensions in sets:
        for metric, value, unit in (
            ("Invocations", 1, "Count"),
            ("Errors", int(failed), "Count"),
            ("Throttles", 0, "Count"),
            ("Duration", milliseconds, "Milliseconds"),
        ):
            cloudwatch.record_metric("AWS/Lambda", metric, value, unit, dimensions)
