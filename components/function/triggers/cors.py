"""Which web pages may call the function from a browser."""

import re
from collections.abc import Sequence
from typing import Any, NotRequired, TypedDict

from ...checks import integer, one_of
from ...errors import invalid

MAX_AGE_SECONDS = 86_400
METHODS = ("*", "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_ORIGIN = re.compile(r"\*|[a-z][a-z0-9+.-]*://[^/\s]+")


class Cors(TypedDict):
    """Which web pages may call; without it, browsers keep all pages of other sites away::

        "cors": {"origins": ["https://shop.example.com"], "methods": ["GET", "POST"]}

    It keeps nobody out who is not a browser: that is what authorizers are for.
    """

    origins: Sequence[str]
    """Sites, each with its scheme and port: ``https://shop.example.com``; ``*`` means all."""
    methods: NotRequired[Sequence[str]]
    """HTTP methods, or ``*`` (default): the routes decide what exists."""
    headers: NotRequired[Sequence[str]]
    """Request headers that a page may set, beyond the few that it always may; ``*`` means all.
    Default ``content-type`` and ``authorization``, which a JSON API needs."""
    expose_headers: NotRequired[Sequence[str]]
    """Response headers that a page may read. None by default."""
    max_age_seconds: NotRequired[int]
    """How long a browser remembers the answer, 0 to 86400. Default 600: a change arrives within
    ten minutes."""
    credentials: NotRequired[bool]
    """Whether a page may send cookies and the like. Default False; True needs named origins."""


HEADERS = ("authorization", "content-type")
REMEMBERED_SECONDS = 600


def checked_cors(
    who: str, field: str, given: Cors | None, methods: Sequence[str] = METHODS
) -> dict[str, Any] | None:
    """The settings by the names that AWS's HTTP APIs and function URLs have for them.

    Args:
        who: class and name of the component, for messages.
        field: where it stands, such as ``triggers.url.cors``.
        given: as the caller wrote it.
        methods: those that the kind takes.

    Raises:
        ValueError: a browser or AWS would refuse it.
    """
    if given is None:
        return None
    origins = list(given["origins"])
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            hint = "No path and no slash at the end: browsers compare the text."
            raise invalid(
                who, f"{field}.origins", origin, "sites such as 'https://shop.example.com'", hint
            )
    if not origins:
        raise invalid(who, f"{field}.origins", origins, "at least one site")
    credentials, headers = bool(given.get("credentials")), list(given.get("headers") or HEADERS)
    if credentials and "*" in (*origins, *headers):
        hint = "Name them: browsers take '*' literally when credentials are sent."
        raise invalid(
            who, f"{field}.credentials", True, "False with '*' in origins or headers", hint
        )
    chosen = [
        one_of(who, f"{field}.methods", method.upper(), methods)
        for method in given.get("methods") or ("*",)
    ]
    age = given.get("max_age_seconds")
    return {
        "allow_origins": origins,
        "allow_methods": chosen,
        "allow_headers": headers,
        "expose_headers": list(given.get("expose_headers") or ()),
        "allow_credentials": credentials,
        "max_age": integer(
            who,
            f"{field}.max_age_seconds",
            REMEMBERED_SECONDS if age is None else age,
            0,
            MAX_AGE_SECONDS,
        ),
    }
