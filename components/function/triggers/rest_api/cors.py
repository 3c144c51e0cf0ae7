"""What a browser is told: the answers to OPTIONS, and headers on the API's own refusals.

Answers of the function pass through unchanged; the handler writes theirs.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ....errors import invalid
from ..cors import HEADERS, Cors, checked_cors
from ..routes import ANY, METHODS
from .route import Route

ALLOW_ORIGIN = "Access-Control-Allow-Origin"
STATUS = 204
_PLAIN = re.compile(r"[\w.:/*+-]+")
"""What may stand in the document between quotes, and in a template, without meaning something."""


@dataclass(frozen=True)
class CorsHeaders:
    """A checked Cors."""

    origins: Sequence[str]
    methods: Sequence[str]
    """As given; ``*`` stands for those of the path."""
    common: Mapping[str, str]
    """Headers of every answer to OPTIONS, besides origin and methods."""
    readable: Mapping[str, str]
    """Headers of refusals that let a page read them; none where that cannot be decided."""

    def preflight(self, methods: Sequence[str]) -> Mapping[str, Any]:
        """The OPTIONS operation of a path that has these methods."""
        allowed = methods if "*" in self.methods else self.methods
        headers = {
            ALLOW_ORIGIN: self.origins[0],
            "Access-Control-Allow-Methods": ",".join(allowed),
            **self.common,
        }
        answer: dict[str, Any] = {
            "statusCode": str(STATUS),
            "responseParameters": {
                f"method.response.header.{name}": f"'{value}'" for name, value in headers.items()
            },
        }
        if len(self.origins) > 1:
            answer["responseTemplates"] = {"application/json": _chosen(self.origins)}
        return {
            "responses": {
                str(STATUS): {
                    "description": "What a page may do",
                    "headers": {name: {"schema": {"type": "string"}} for name in headers},
                }
            },
            "security": [],
            "x-amazon-apigateway-integration": {
                "type": "mock",
                "passthroughBehavior": "when_no_match",
                "requestTemplates": {"application/json": json.dumps({"statusCode": STATUS})},
                "responses": {"default": answer},
            },
        }

    def refusals(self) -> Mapping[str, Any]:
        """Gateway responses: what the API answers where it does not ask the function."""
        parameters = {
            f"gatewayresponse.header.{name}": f"'{value}'" for name, value in self.readable.items()
        }
        kinds = ("DEFAULT_4XX", "DEFAULT_5XX") if parameters else ()
        return {kind: {"responseParameters": parameters} for kind in kinds}


def checked_headers(
    who: str, field: str, given: Cors | None, routes: Sequence[Route]
) -> CorsHeaders | None:
    """Check which pages may call.

    Raises:
        ValueError: a browser would not take it, or a route answers OPTIONS already.
    """
    found: Any = checked_cors(who, field, given)
    if given is None or found is None:
        return None
    for number, route in enumerate(routes):
        if route.method == "OPTIONS":
            where = f"triggers.rest_api.routes[{number}]"
            hint = f"{field} answers OPTIONS of every path: remove one of the two."
            raise invalid(who, where, f"OPTIONS {route.path}", "other methods with cors", hint)
    origins, headers = found["allow_origins"], found["allow_headers"]
    if "*" in origins:
        origins = ["*"]
    if given.get("headers") is None and any(route.api_key for route in routes):
        headers = [*HEADERS, "x-api-key"]
    for key, values in (
        ("origins", origins),
        ("headers", headers),
        ("expose_headers", found["expose_headers"]),
    ):
        for value in values:
            if not _PLAIN.fullmatch(value):
                raise invalid(who, f"{field}.{key}", value, "without spaces, quotes and signs")
    several, credentials = len(origins) > 1, found["allow_credentials"]
    shared = {"Access-Control-Allow-Credentials": "true"} if credentials else {}
    vary = {"Vary": "Origin"} if several else {}
    readable: dict[str, str] = {}
    if not (several and credentials):
        # A refusal says nothing of a caller who sends no cookies, so any page may read it.
        readable = {ALLOW_ORIGIN: "*" if several else origins[0], **shared}
        if found["expose_headers"]:
            readable["Access-Control-Expose-Headers"] = ",".join(found["expose_headers"])
    return CorsHeaders(
        origins=origins,
        methods=found["allow_methods"],
        common={
            "Access-Control-Allow-Headers": ",".join(headers),
            "Access-Control-Max-Age": str(found["max_age"]),
            **shared,
            **vary,
        },
        readable=readable,
    )


def methods_by_path(routes: Sequence[Route]) -> Mapping[str, Sequence[str]]:
    """Which methods a page may use on each path."""
    found: dict[str, set[str]] = {}
    for route in routes:
        methods = METHODS if route.method == ANY else (route.method,)
        found.setdefault(route.path, set()).update(methods)
    return {path: [m for m in METHODS if m in methods] for path, methods in found.items()}


def _chosen(origins: Sequence[str]) -> str:
    """A template that names the asking origin where it is one of ``origins``: the header takes
    one only. Browsers spell the request's header in either case."""
    return "\n".join(
        (
            f"#set($allowed = {json.dumps(list(origins))})",
            '#set($origin = $input.params().header.get("origin"))',
            '#if(!$origin || $origin == "")',
            '#set($origin = $input.params().header.get("Origin"))',
            "#end",
            "#if($allowed.contains($origin))",
            f"#set($context.responseOverride.header.{ALLOW_ORIGIN} = $origin)",
            "#end",
        )
    )
