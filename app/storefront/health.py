"""Liveness and readiness. `/health` depends on nothing; `/ready` on all that serving needs."""

from flask import Blueprint, Response, jsonify, make_response

from .services import services

bp = Blueprint("health", __name__)


@bp.get("/health")
def health() -> Response:
    """Answer that the process lives."""
    return jsonify(status="healthy")


@bp.get("/ready")
def ready() -> Response:
    """Answer 200 when requests may come, 503 with the reasons when not."""
    failures = services().readiness.failures()
    if not failures:
        return jsonify(status="ready")
    return make_response(jsonify(status="not ready", failures=failures), 503)
