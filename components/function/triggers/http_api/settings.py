"""A checked HTTP API: everything that can be wrong is found here."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ....checks import listed
from ....errors import invalid, nearest
from ....web_app import ResolvedDomain
from ..base import Subject
from ..cors import checked_cors
from ..names import check_names
from ..routes import ANY, check_distinct, checked_method, checked_path
from ..throttle import Limit, checked_throttle
from .args import HttpApi, HttpRoute
from .authorizers import Authorizer, checked_authorizer
from .domain import checked_domain

WHERE = "triggers.http_api"
TIMEOUT_SECONDS = 30
"""API Gateway answers 503 after that, while the function runs on (developer guide, "Quotas for
HTTP APIs")."""
MOST_ROUTES = 300
DEFAULT = "$default"
"""As a path: all that no other route takes."""
_TEXT = re.compile(r"[A-Za-z0-9._~!$&'()*,;=:@%+-]+")
BUILT_IN = {"none": "NONE", "iam": "AWS_IAM"}


@dataclass(frozen=True)
class Route:
    """A route with its defaults in place."""

    method: str
    path: str
    auth: str
    """``none``, ``iam`` or the name of an authorizer."""
    scopes: Sequence[str]
    throttle: Limit | None

    @property
    def key(self) -> str:
        """``GET /orders/{id}``, or ``$default``."""
        return DEFAULT if self.path == DEFAULT else f"{self.method} {self.path}"


@dataclass(frozen=True)
class Settings:
    """A checked HttpApi."""

    routes: Sequence[Route]
    authorizers: Mapping[str, Authorizer]
    cors: Any
    """The argument of ``aws.apigatewayv2.Api``, or None."""
    throttle: Limit | None
    access_logs: bool
    domain: ResolvedDomain | None


def checked(subject: Subject, given: HttpApi) -> Settings:
    """Check an HTTP API and fill in its defaults.

    Raises:
        ValueError: a value that API Gateway would refuse, or that could not work.
    """
    who = subject.who
    if subject.timeout_seconds > TIMEOUT_SECONDS:
        raise invalid(
            who,
            "timeout_seconds",
            subject.timeout_seconds,
            f"1 to {TIMEOUT_SECONDS} with triggers.http_api, which waits no longer",
            f"Set timeout_seconds={TIMEOUT_SECONDS}, or use the url trigger, which waits.",
        )
    check_names(subject, "http_api.authorizers", given.get("authorizers") or {}, "http", 128)
    authorizers = {
        name: checked_authorizer(who, f"{WHERE}.authorizers.{name}", item)
        for name, item in (given.get("authorizers") or {}).items()
    }
    for name in authorizers:
        if name in BUILT_IN:
            raise invalid(
                who, f"{WHERE}.authorizers", name, "other names", f"{name!r} is there already."
            )
    logs = given.get("access_logs")
    return Settings(
        _routes(who, given, authorizers),
        authorizers,
        checked_cors(who, f"{WHERE}.cors", given.get("cors")),
        checked_throttle(who, f"{WHERE}.throttle", given.get("throttle")),
        logs is None or logs,
        checked_domain(who, f"{WHERE}.domain", given.get("domain")),
    )


def _routes(who: str, given: HttpApi, authorizers: Mapping[str, Authorizer]) -> Sequence[Route]:
    default = given.get("auth") or "none"
    _check_auth(who, f"{WHERE}.auth", default, authorizers)
    listed_routes = list(given["routes"])
    if not 1 <= len(listed_routes) <= MOST_ROUTES:
        raise invalid(
            who,
            f"{WHERE}.routes",
            f"{len(listed_routes)} routes",
            f"1 to {MOST_ROUTES}",
            "A path such as '/{rest+}' takes many requests.",
        )
    field = f"{WHERE}.routes"
    routes = [
        _route(who, f"{field}[{number}]", item, default, authorizers)
        for number, item in enumerate(listed_routes)
    ]
    check_distinct(who, field, [(route.method, route.path) for route in routes])
    return routes


def _route(
    who: str,
    field: str,
    given: HttpRoute,
    default: str,
    authorizers: Mapping[str, Authorizer],
) -> Route:
    method, path = checked_method(who, f"{field}.method", given.get("method")), given["path"]
    if path != DEFAULT:
        checked_path(who, f"{field}.path", path, _TEXT)
    elif method != ANY:
        raise invalid(who, f"{field}.method", method, f"'ANY' with path {DEFAULT!r}")
    auth, scopes = given.get("auth") or default, list(given.get("scopes") or ())
    _check_auth(who, f"{field}.auth", auth, authorizers)
    if scopes and (auth in BUILT_IN or authorizers[auth].kind != "JWT"):
        hint = "Name an authorizer that has an issuer or a user pool."
        raise invalid(who, f"{field}.scopes", scopes, "with a JWT authorizer only", hint)
    limit = checked_throttle(who, f"{field}.throttle", given.get("throttle"))
    return Route(method, path, auth, scopes, limit)


def _check_auth(who: str, field: str, auth: str, authorizers: Mapping[str, Authorizer]) -> None:
    names = [*BUILT_IN, *authorizers]
    if auth not in names:
        close = nearest(auth, names)
        hint = f"Did you mean {close!r}?" if close else f"Add {auth!r} to {WHERE}.authorizers."
        raise invalid(who, field, auth, listed(names), hint)
