"""A checked REST API: everything that can be wrong is found here."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ....checks import integer, listed, one_of
from ....errors import invalid
from ....web_app import ResolvedDomain
from ..base import Subject
from ..http_api.domain import checked_domain
from ..names import check_names
from ..throttle import Limit, checked_throttle
from .args import RestApi, RestCache, RestQuota
from .authorizers import Authorizer, checked_authorizer
from .cors import CorsHeaders, checked_headers
from .route import BUILT_IN, Route, check_auth, checked_routes
from .schemas import check_models, whole

WHERE = "triggers.rest_api"
TIMEOUT_SECONDS = 29
"""API Gateway answers 504 after that, while the function runs on (developer guide, "Quotas for
REST APIs"); the quota can be raised, to LONGEST_TIMEOUT."""
LONGEST_TIMEOUT = 300
CACHE_SIZES = ("0.5", "1.6", "6.1", "13.5", "28.4", "58.2", "118", "237")
PERIODS = ("DAY", "WEEK", "MONTH")
STAGE = "live"
_STAGE = re.compile(r"[A-Za-z0-9_-]{1,128}")


@dataclass(frozen=True)
class Quota:
    """Requests a period."""

    limit: int
    period: str


@dataclass(frozen=True)
class Cache:
    """Memory for answers."""

    size: str
    encrypted: bool


@dataclass(frozen=True)
class Settings:
    """A checked RestApi."""

    routes: Sequence[Route]
    authorizers: Mapping[str, Authorizer]
    cors: CorsHeaders | None
    api_keys: Sequence[str]
    quota: Quota | None
    key_throttle: Limit | None
    throttle: Limit | None
    cache: Cache | None
    models: Mapping[str, Mapping[str, Any]]
    binary_media_types: Sequence[str]
    timeout_seconds: int
    stage: str
    access_logs: bool
    log_level: str
    metrics: bool
    tracing: bool
    domain: ResolvedDomain | None


def checked(subject: Subject, given: RestApi) -> Settings:
    """Check a REST API and fill in its defaults.

    Raises:
        ValueError: a value that API Gateway would refuse, or that could not work.
    """
    who = subject.who
    timeout = _timeout(subject, given)
    authorizers = _authorizers(subject, given)
    models = given.get("models") or {}
    check_models(who, f"{WHERE}.models", models)
    default = given.get("auth") or "none"
    check_auth(who, f"{WHERE}.auth", default, authorizers)
    routes = checked_routes(who, f"{WHERE}.routes", given["routes"], default, authorizers, models)
    keys = _keys(subject, given, routes)
    throttle = checked_throttle(who, f"{WHERE}.throttle", given.get("throttle"))
    key_throttle = checked_throttle(who, f"{WHERE}.key_throttle", given.get("key_throttle"))
    return Settings(
        routes=routes,
        authorizers=authorizers,
        cors=checked_headers(who, f"{WHERE}.cors", given.get("cors"), routes),
        api_keys=keys,
        quota=_quota(who, given.get("quota")),
        key_throttle=key_throttle or throttle,
        throttle=throttle,
        cache=_cache(who, given.get("cache"), routes),
        models=whole(models),
        binary_media_types=_media_types(who, given.get("binary_media_types") or ()),
        timeout_seconds=timeout,
        stage=_stage(who, given.get("stage") or STAGE),
        access_logs=bool(given.get("access_logs")),
        log_level=one_of(
            who, f"{WHERE}.log_level", given.get("log_level") or "OFF", ("OFF", "ERROR", "INFO")
        ),
        metrics=bool(given.get("metrics")),
        tracing=bool(given.get("tracing")),
        domain=checked_domain(who, f"{WHERE}.domain", given.get("domain")),
    )


def _timeout(subject: Subject, given: RestApi) -> int:
    value, field = given.get("timeout_seconds"), f"{WHERE}.timeout_seconds"
    seconds = integer(
        subject.who, field, TIMEOUT_SECONDS if value is None else value, 1, LONGEST_TIMEOUT
    )
    function = subject.timeout_seconds
    if function > seconds:
        hint = f"Set timeout_seconds={seconds}"
        if function <= TIMEOUT_SECONDS:
            hint += f", or {field}={function}."
        elif function <= LONGEST_TIMEOUT:
            hint += (
                f"; or, once AWS has raised the quota of the integration timeout, {field}="
                f"{function}; or use the url trigger, which waits."
            )
        else:
            hint += ", or use the url trigger, which waits."
        raise invalid(
            subject.who,
            "timeout_seconds",
            function,
            f"1 to {seconds} with {WHERE}, which waits no longer",
            hint,
        )
    return seconds


def _authorizers(subject: Subject, given: RestApi) -> Mapping[str, Authorizer]:
    items, field = given.get("authorizers") or {}, f"{WHERE}.authorizers"
    check_names(subject, "rest_api.authorizers", items, "api", limit=100)
    for name in items:
        if name in BUILT_IN:
            hint = f"{name!r} is there already."
            raise invalid(subject.who, field, name, "other names", hint)
    return {
        name: checked_authorizer(subject.who, f"{field}.{name}", item)
        for name, item in items.items()
    }


def _keys(subject: Subject, given: RestApi, routes: Sequence[Route]) -> Sequence[str]:
    """The names of the keys, which must be asked for and exist, or neither."""
    who, names = subject.who, list(given.get("api_keys") or ())
    check_names(subject, "rest_api.api_keys", dict.fromkeys(names), "api", limit=1024)
    for name in names:
        if names.count(name) > 1:
            raise invalid(who, f"{WHERE}.api_keys", name, "each name once", "Remove one.")
    wanting = [number for number, route in enumerate(routes) if route.api_key]
    if wanting and not names:
        hint = f"Set {WHERE}.api_keys=['partner'], or leave api_key out."
        field = f"{WHERE}.routes[{wanting[0]}].api_key"
        raise invalid(who, field, True, "with api_keys only: nobody could call it", hint)
    if names and not wanting:
        hint = "Set 'api_key': True on a route, or leave api_keys out."
        raise invalid(who, f"{WHERE}.api_keys", names, "with a route that asks for one", hint)
    for key in ("quota", "key_throttle"):
        if given.get(key) is not None and not names:
            hint = "It counts requests of a key. For all callers together there is throttle."
            raise invalid(who, f"{WHERE}.{key}", given.get(key), "with api_keys only", hint)
    return names


def _quota(who: str, given: RestQuota | None) -> Quota | None:
    if given is None:
        return None
    field, period = f"{WHERE}.quota", given.get("period") or "MONTH"
    return Quota(
        integer(who, f"{field}.limit", given["limit"], 1, 2**31 - 1),
        one_of(who, f"{field}.period", period, PERIODS),
    )


def _cache(who: str, given: RestCache | None, routes: Sequence[Route]) -> Cache | None:
    field = f"{WHERE}.cache"
    cached = [number for number, route in enumerate(routes) if route.cache_seconds]
    if given is None:
        if cached:
            raise invalid(
                who,
                f"{WHERE}.routes[{cached[0]}].cache_seconds",
                routes[cached[0]].cache_seconds,
                f"with {field} only, since the memory for it is paid by the hour",
                f"Set {field}={{'size_gb': {CACHE_SIZES[0]}}}.",
            )
        return None
    if not cached:
        hint = "Set cache_seconds on a route, or leave cache out: it is paid by the hour."
        raise invalid(who, field, dict(given), "with a route that is cached", hint)
    size = given.get("size_gb")
    text = f"{size:g}" if isinstance(size, int | float) else size or CACHE_SIZES[0]
    if text not in CACHE_SIZES:
        raise invalid(who, f"{field}.size_gb", size, ", ".join(CACHE_SIZES))
    return Cache(text, given.get("encrypted") is not False)


def _media_types(who: str, given: Sequence[str]) -> Sequence[str]:
    for item in given:
        if not re.fullmatch(r"[\w*+.-]+/[\w*+.-]+", item):
            raise invalid(who, f"{WHERE}.binary_media_types", item, "types such as 'image/png'")
    return sorted(set(given))


def _stage(who: str, given: str) -> str:
    if not _STAGE.fullmatch(given):
        allowed = f"letters, digits, '-' and '_', such as {listed((STAGE, 'v1'))}"
        raise invalid(who, f"{WHERE}.stage", given, allowed, "It is the first part of every path.")
    return given
