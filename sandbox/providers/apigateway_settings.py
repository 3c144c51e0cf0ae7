"""Settings of one method of a stage, or of all: throttling, logging, caching."""

from collections.abc import Mapping
from typing import Any, ClassVar

from .base import Inputs, Outputs, Provider
from .common import ignoring, one_of, within

UNLIMITED = -1
"""Pulumi's default: the account's limit applies."""
ACCOUNT_BURST, ACCOUNT_RATE = 5000, 10000
"""Calls at once, and a second, of an account without a raised quota."""
_LEVELS = ("OFF", "ERROR", "INFO")
_UNAUTHORIZED = (
    "FAIL_WITH_403",
    "SUCCEED_WITH_RESPONSE_HEADER",
    "SUCCEED_WITHOUT_RESPONSE_HEADER",
)


class Settings(Inputs):
    """What may be set."""

    metrics_enabled: bool = False
    logging_level: str = "OFF"
    data_trace_enabled: bool = False
    throttling_burst_limit: int = UNLIMITED
    throttling_rate_limit: float = UNLIMITED
    caching_enabled: bool = False
    cache_ttl_in_seconds: int = 300
    cache_data_encrypted: bool = False
    require_authorization_for_cache_control: bool = True
    unauthorized_cache_control_header_strategy: str = "SUCCEED_WITH_RESPONSE_HEADER"


class MethodSettingsInputs(Inputs):
    """Inputs of a method's settings."""

    rest_api: str
    stage_name: str
    method_path: str
    settings: Settings


class MethodSettings(Provider[MethodSettingsInputs]):
    """Settings of ``path/METHOD`` or, as ``*/*``, of the whole stage."""

    token = "aws:apigateway/methodSettings:MethodSettings"
    inputs = MethodSettingsInputs
    replaces = frozenset({"restApi", "stageName", "methodPath"})
    inert: ClassVar[Mapping[str, str]] = {
        "settings.metricsEnabled": "stored; API Gateway publishes no metrics here",
        "settings.loggingLevel": "stored; there is no execution log",
        "settings.dataTraceEnabled": "stored; there is no execution log",
        "settings.cacheDataEncrypted": "stored; answers lie in memory as they are",
        "settings.requireAuthorizationForCacheControl": "stored; no caller gets past the cache",
        "settings.unauthorizedCacheControlHeaderStrategy": "stored; no caller gets past the cache",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> MethodSettingsInputs:
        inputs = super().check(name, properties)
        settings = inputs.settings
        one_of("settings.loggingLevel", settings.logging_level, _LEVELS)
        strategy = settings.unauthorized_cache_control_header_strategy
        one_of("settings.unauthorizedCacheControlHeaderStrategy", strategy, _UNAUTHORIZED)
        within("settings.cacheTtlInSeconds", settings.cache_ttl_in_seconds, 0, 3600)
        within("settings.throttlingBurstLimit", settings.throttling_burst_limit, -1, ACCOUNT_BURST)
        within("settings.throttlingRateLimit", settings.throttling_rate_limit, -1, ACCOUNT_RATE)
        if inputs.method_path.startswith("/") or "/" not in inputs.method_path:
            raise ValueError(
                f"methodPath={inputs.method_path!r}: path/METHOD without a slash in front, "
                "~1/METHOD for the root, or */* is taken."
            )
        return inputs

    def create(self, name: str, inputs: MethodSettingsInputs) -> tuple[str, Outputs]:
        client = self.context.client("apigateway")
        path, method = _split(inputs.method_path)
        if path != "*":
            found = client.get_resources(restApiId=inputs.rest_api, limit=500)["items"]
            verbs = [list(r.get("resourceMethods", {})) for r in found if r["path"] == f"/{path}"]
            if not verbs or not {method, "ANY"} & set(verbs[0]):
                raise ValueError(f"methodPath={inputs.method_path!r}: the API has no such method.")
        self._put(inputs)
        return f"{inputs.rest_api}-{inputs.stage_name}-{inputs.method_path}", {
            "restApi": inputs.rest_api,
            "stageName": inputs.stage_name,
            "methodPath": inputs.method_path,
        }

    def update(
        self, id: str, old: MethodSettingsInputs, new: MethodSettingsInputs, outputs: Outputs
    ) -> Outputs:
        self._put(new)
        return outputs

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("NotFoundException"):
            self.context.client("apigateway").update_stage(
                restApiId=outputs["restApi"],
                stageName=outputs["stageName"],
                patchOperations=[{"op": "remove", "path": _pointer(outputs["methodPath"])}],
            )

    def _put(self, inputs: MethodSettingsInputs) -> None:
        settings, start = inputs.settings, _pointer(inputs.method_path)
        values: dict[str, object] = {
            "metrics/enabled": settings.metrics_enabled,
            "logging/loglevel": settings.logging_level,
            "logging/dataTrace": settings.data_trace_enabled,
            "caching/enabled": settings.caching_enabled,
            "caching/ttlInSeconds": settings.cache_ttl_in_seconds,
            "caching/dataEncrypted": settings.cache_data_encrypted,
            "caching/requireAuthorizationForCacheControl": (
                settings.require_authorization_for_cache_control
            ),
            "caching/unauthorizedCacheControlHeaderStrategy": (
                settings.unauthorized_cache_control_header_strategy
            ),
            "throttling/burstLimit": settings.throttling_burst_limit,
            "throttling/rateLimit": settings.throttling_rate_limit,
        }
        if settings.throttling_rate_limit != UNLIMITED and values["throttling/burstLimit"] == -1:
            values["throttling/burstLimit"] = ACCOUNT_BURST
        if settings.throttling_burst_limit != UNLIMITED and values["throttling/rateLimit"] == -1:
            values["throttling/rateLimit"] = ACCOUNT_RATE
        operations: list[dict[str, str]] = [
            {"op": "remove", "path": f"{start}/{key}"}
            if value == UNLIMITED
            else {"op": "replace", "path": f"{start}/{key}", "value": _text(value)}
            for key, value in values.items()
        ]
        self.context.client("apigateway").update_stage(
            restApiId=inputs.rest_api, stageName=inputs.stage_name, patchOperations=operations
        )


def _split(method_path: str) -> tuple[str, str]:
    """The path without its first slash, and the method."""
    path, _, method = method_path.rpartition("/")
    return path.replace("~1", "/").strip("/"), method


def _pointer(method_path: str) -> str:
    """The method as a stage's patch names it: slashes of the path escaped."""
    path, method = _split(method_path)
    return f"/{path.replace('/', '~1') or '~1'}/{method}"


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
