"""One id for each request: in the response, in every log line, in error messages."""

import re
import uuid
from typing import cast

from flask import Flask, Response, g, has_request_context, request

ENVIRON_KEY = "storefront.request_id"

# What may be copied from a header into logs and answers; anything else gets a fresh id.
_SAFE = re.compile(r"[A-Za-z0-9=;:._/+-]{1,200}")


def register(app: Flask) -> None:
    """Give each request of `app` an id."""
    app.before_request(_assign)
    app.after_request(_announce)


def request_id() -> str | None:
    """Return the current request's id, or None outside a request."""
    return cast(str | None, g.get("request_id")) if has_request_context() else None


def _assign() -> None:
    # The caller's own id, else the load balancer's trace id, else a new one.
    given = request.headers.get("X-Request-Id") or request.headers.get("X-Amzn-Trace-Id") or ""
    g.request_id = given if _SAFE.fullmatch(given) else uuid.uuid4().hex
    request.environ[ENVIRON_KEY] = g.request_id  # for the access log, which sees no Flask context


def _announce(response: Response) -> Response:
    response.headers["X-Request-Id"] = request_id() or ""
    return response
