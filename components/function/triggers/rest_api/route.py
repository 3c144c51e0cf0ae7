"""A checked route of a REST API."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ....checks import integer, listed
from ....errors import invalid, nearest
from ..routes import (
    ANY,
    METHODS,
    check_distinct,
    checked_method,
    checked_path,
    parts_of,
)
from ..throttle import Limit, checked_throttle
from .args import RestRoute
from .authorizers import POOL, Authorizer
from .schemas import check_schema, whole

BUILT_IN = ("none", "iam")
_TEXT = re.compile(r"[A-Za-z0-9._:-]+")
_NAME = re.compile(r"[A-Za-z0-9._$-]+")
_WITH_BODY = ("POST", "PUT", "PATCH")
"""Of the others a body means nothing (RFC 9110), and ``ANY`` would refuse GET without one."""


@dataclass(frozen=True)
class Route:
    """A route with its defaults in place."""

    method: str
    path: str
    auth: str
    """``none``, ``iam`` or the name of an authorizer."""
    scopes: Sequence[str]
    api_key: bool
    throttle: Limit | None
    cache_seconds: int | None
    cache_keys: Sequence[str]
    """What tells cached answers apart: ``method.request.path.id``."""
    parameters: Mapping[str, bool]
    """What API Gateway looks at, ``method.request.querystring.page``, and whether it must be
    there."""
    body_schema: Mapping[str, Any] | None

    @property
    def path_parameters(self) -> Sequence[str]:
        """Those that are part of the path."""
        return [name for name in self.parameters if name.startswith("method.request.path.")]


def checked_routes(
    who: str,
    field: str,
    given: Sequence[RestRoute],
    default: str,
    authorizers: Mapping[str, Authorizer],
    models: Mapping[str, Mapping[str, Any]],
) -> Sequence[Route]:
    """Check the routes, one by one and together.

    Raises:
        ValueError: there is none, one is not valid, or two do not go together.
    """
    if not given:
        raise invalid(
            who, field, list(given), "at least one route", "{'path': '/'} takes all of /."
        )
    routes = [
        _route(who, f"{field}[{number}]", item, default, authorizers, models)
        for number, item in enumerate(given)
    ]
    check_distinct(who, field, [(route.method, route.path) for route in routes])
    _check_siblings(who, field, routes)
    return routes


def check_auth(who: str, field: str, auth: str, authorizers: Mapping[str, Authorizer]) -> None:
    """Refuse an authorizer that does not exist."""
    names = [*BUILT_IN, *authorizers]
    if auth not in names:
        close = nearest(auth, names)
        hint = f"Did you mean {close!r}?" if close else f"Add {auth!r} to authorizers."
        raise invalid(who, field, auth, listed(names), hint)


def methods_of(route: Route, routes: Sequence[Route]) -> Sequence[str]:
    """The HTTP methods that reach the route: of ``ANY``, those that its path names nowhere."""
    if route.method != ANY:
        return (route.method,)
    named = {other.method for other in routes if other.path == route.path}
    return [method for method in METHODS if method not in named]


def _route(
    who: str,
    field: str,
    given: RestRoute,
    default: str,
    authorizers: Mapping[str, Authorizer],
    models: Mapping[str, Mapping[str, Any]],
) -> Route:
    method = checked_method(who, f"{field}.method", given.get("method"))
    names = checked_path(who, f"{field}.path", given["path"], _TEXT)
    auth, scopes = given.get("auth") or default, list(given.get("scopes") or ())
    check_auth(who, f"{field}.auth", auth, authorizers)
    if scopes and (auth in BUILT_IN or authorizers[auth].kind != POOL):
        hint = "Name an authorizer that has user pools."
        raise invalid(who, f"{field}.scopes", scopes, "with user pools only", hint)
    schema = given.get("body_schema")
    if schema is not None:
        check_schema(who, f"{field}.body_schema", schema, models)
        if method not in _WITH_BODY:
            hint = f"Name the method: {listed(_WITH_BODY)}."
            raise invalid(who, f"{field}.body_schema", f"for {method}", "methods with a body", hint)
    parameters = {f"method.request.path.{name}": True for name in names}
    parameters |= _named(who, field, given, "required_query", "required_headers", True)
    optional = _named(who, field, given, "cache_query", "cache_headers", False)
    seconds = _cache_seconds(who, field, given, method)
    if seconds is not None and auth in authorizers:
        sources = authorizers[auth].identity_sources
        optional |= {source: False for source in sources if source.startswith("method.")}
    parameters = optional | parameters
    return Route(
        method=method,
        path=given["path"],
        auth=auth,
        scopes=scopes,
        api_key=bool(given.get("api_key")),
        throttle=checked_throttle(who, f"{field}.throttle", given.get("throttle")),
        cache_seconds=seconds,
        cache_keys=sorted(parameters) if seconds is not None else (),
        parameters=parameters,
        body_schema=whole(schema),
    )


def _named(
    who: str, field: str, given: RestRoute, query: str, headers: str, required: bool
) -> dict[str, bool]:
    found: dict[str, bool] = {}
    for key, place in ((query, "querystring"), (headers, "header")):
        names: Any = given.get(key) or ()
        for name in names:
            if not _NAME.fullmatch(name):
                raise invalid(who, f"{field}.{key}", name, "letters, digits and . _ $ -")
            found[f"method.request.{place}.{name}"] = required
    return found


def _cache_seconds(who: str, field: str, given: RestRoute, method: str) -> int | None:
    value = given.get("cache_seconds")
    if value is None:
        for key in ("cache_query", "cache_headers", "cache_any_method"):
            if given.get(key):
                raise invalid(who, f"{field}.{key}", given.get(key), "with cache_seconds only")
        return None
    if method != "GET" and not given.get("cache_any_method"):
        hint = "Set cache_any_method=True where repeated requests may go unseen by the function."
        raise invalid(who, f"{field}.cache_seconds", value, f"with GET only, not {method}", hint)
    return integer(who, f"{field}.cache_seconds", value, 1, 3600, "Leave it out for no cache.")


def _check_siblings(who: str, field: str, routes: Sequence[Route]) -> None:
    """API Gateway keeps paths as a tree in which one parameter at most hangs from each node."""
    found: dict[tuple[str, ...], tuple[str, str]] = {}
    for number, route in enumerate(routes):
        for above, part in _parameters(route.path):
            first, path = found.setdefault(above, (part, route.path))
            if first != part:
                raise invalid(
                    who,
                    f"{field}[{number}].path",
                    route.path,
                    f"one parameter in the place where {path!r} has {first!r}",
                    "API Gateway's REST APIs take no second one beside it: give both the same "
                    "name and form.",
                )


def _parameters(path: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each parameter and the path above it."""
    parts = parts_of(path)
    for index, part in enumerate(parts):
        if part.startswith("{"):
            yield tuple(parts[:index]), part
