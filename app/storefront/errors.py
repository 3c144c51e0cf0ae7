"""Errors as the caller wants them: JSON for programs and on /api, a page for browsers."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from flask import Flask, Response, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException, InternalServerError

from .request_ids import request_id

log = logging.getLogger(__name__)

# Where Werkzeug's own words do not help.
MESSAGES = {
    404: "There is nothing at this address.",
    413: "The body of the request is too long.",
}

NEXT_STEPS = {
    404: "Check the address. The shop is at /, its products at /api/products.",
    405: "Use a method that the Allow header names.",
    413: "Send a shorter body: at most 64 KiB.",
    500: "Try again in a moment. If it happens again, report it with the request id.",
}


class ApiError(Exception):
    """An answer of the API other than success.

    `fields` are (field, what is wrong with it) pairs; `headers` go to the response.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        next_step: str,
        *,
        fields: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.next_step = next_step
        self.fields = fields
        self.headers = headers or {}


def wants_html() -> bool:
    """Say whether the caller prefers a page to JSON. `*/*`, or no preference, means JSON."""
    accept = request.accept_mimetypes
    return accept["text/html"] > accept["application/json"]


def register(app: Flask) -> None:
    """Handle every error of `app` here."""
    app.register_error_handler(ApiError, respond)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def respond(problem: ApiError) -> Response:
    """Return the answer that `problem` describes."""
    response = _json(
        problem.status, problem.code, problem.message, problem.next_step, problem.fields
    )
    response.headers.update(problem.headers)
    return response


def _http_error(error: HTTPException) -> Response:
    if error.code is None or error.code < 400:  # a redirect that the router asks for
        return make_response(error.get_response())
    message = MESSAGES.get(error.code) or error.description or error.name
    next_step = NEXT_STEPS.get(error.code, "")
    if request.path.startswith("/api/"):
        response = _json(error.code, _code(error.code), message, next_step)
    elif wants_html():
        page = render_template(
            "error.html",
            status=error.code,
            title=error.name,
            message=message,
            next_step=next_step,
            request_id=request_id(),
        )
        response = make_response(page, error.code)
        response.vary.add("Accept")
    else:
        response = _json(error.code, _code(error.code), message, next_step)
        response.vary.add("Accept")
    for name, value in error.get_headers(request.environ):
        if name not in {"Content-Type", "Content-Length"}:  # Allow, Retry-After and the like
            response.headers[name] = value
    return response


def _unexpected(error: Exception) -> Response:
    # The traceback is for the log; the caller gets the request id to find it by.
    log.error("unhandled error", exc_info=error)
    return _http_error(
        InternalServerError("The storefront made a mistake; the request was not carried out.")
    )


def _json(
    status: int, code: str, message: str, next_step: str, fields: Sequence[tuple[str, str]] = ()
) -> Response:
    error: dict[str, object] = {"code": code, "message": message}
    if next_step:
        error["nextStep"] = next_step
    if fields:
        error["fields"] = [{"field": field, "message": text} for field, text in fields]
    error["requestId"] = request_id()
    return make_response(jsonify(error=error), status)


def _code(status: int) -> str:
    return HTTPStatus(status).phrase.lower().replace(" ", "_").replace("-", "_")
