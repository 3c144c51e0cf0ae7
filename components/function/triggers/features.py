"""Which of the three HTTP front doors has what; who asks the wrong one is told the right one.

No kind has fields that it could not honour. A plain "unknown argument" would leave the caller
of an HTTP API alone with API keys that its documentation mentions.
"""

from collections.abc import Iterator, Mapping
from typing import Any

KINDS = ("rest_api", "http_api", "url")
_APIS = ("rest_api", "http_api")
_REST, _HTTP, _URL = ("rest_api",), ("http_api",), ("url",)
_Table = Mapping[str, tuple[str, ...]]
_API: _Table = {
    **dict.fromkeys(("routes", "authorizers", "throttle", "access_logs", "domain"), _APIS),
    **dict.fromkeys(("api_keys", "key_throttle", "quota", "usage_plan", "cache", "models"), _REST),
    **dict.fromkeys(("validation", "body_schema", "tracing", "metrics", "log_level"), _REST),
    **dict.fromkeys(("binary_media_types", "stage", "timeout_seconds"), _REST),
    **dict.fromkeys(("invoke_mode", "callers"), _URL),
}
_ROUTE: _Table = {
    **dict.fromkeys(("api_key", "body_schema", "validation", "cache", "cache_seconds"), _REST),
    **dict.fromkeys(("cache_query", "cache_headers", "cache_any_method"), _REST),
    **dict.fromkeys(("required_query", "required_headers"), _REST),
}
_AUTHORIZER: _Table = {
    **dict.fromkeys(("issuer", "audience", "jwt"), _HTTP),
    **dict.fromkeys(("role_arn", "token_pattern", "type"), _REST),
}
"""Fields to the kinds that have them, where not all do, with the words that AWS has for some.
API Gateway developer guide, "Choose between REST APIs and HTTP APIs"; Lambda developer guide,
"Function URLs"."""


def check_features(who: str, triggers: object) -> None:
    """Refuse what another kind has. Call it before ``check_keys``, which knows one kind only.

    Args:
        who: class and name of the component.
        triggers: the caller's ``triggers``; what is no mapping is left to ``check_keys``.

    Raises:
        ValueError: says which kind has it.
    """
    for kind in KINDS:
        for path, part, table in _parts(f"triggers.{kind}", _get(triggers, kind)):
            for key in part:
                kinds = table.get(key, KINDS)
                if kind not in kinds:
                    verb = "has" if len(kinds) == 1 else "have"
                    raise ValueError(
                        f"{who}: '{path}.{key}' does not exist: only {' and '.join(kinds)} {verb} "
                        f"{key!r}. Declare {kinds[0]} instead of {kind}, or leave it out."
                    )


def _parts(path: str, api: object) -> Iterator[tuple[str, Mapping[str, object], _Table]]:
    """An API, its routes and its authorizers, each with where it stands and its table."""
    if isinstance(api, Mapping):
        yield path, api, _API
    routes, authorizers = _get(api, "routes"), _get(api, "authorizers")
    if isinstance(routes, list | tuple):
        for number, route in enumerate(routes):
            if isinstance(route, Mapping):
                yield f"{path}.routes[{number}]", route, _ROUTE
    if isinstance(authorizers, Mapping):
        for name, item in authorizers.items():
            if isinstance(item, Mapping):
                yield f"{path}.authorizers.{name}", item, _AUTHORIZER


def _get(mapping: object, key: str) -> Any:
    return mapping.get(key) if isinstance(mapping, Mapping) else None
