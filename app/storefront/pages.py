"""The front door: one address that greets programs in JSON and browsers with the shop."""

import os
import socket
from datetime import UTC, datetime

from flask import Blueprint, Response, jsonify, make_response, render_template

from .errors import wants_html
from .services import services

bp = Blueprint("pages", __name__)

# The container's own name: it cannot change while the process runs. Container engines set
# HOSTNAME; a plain process asks the machine.
HOSTNAME = os.environ.get("HOSTNAME") or socket.gethostname()


@bp.get("/")
def index() -> Response:
    """Answer with the greeting, or with the shop page where text/html is preferred."""
    version = services().settings.version
    if wants_html():
        response = make_response(render_template("shop.html", hostname=HOSTNAME, version=version))
    else:
        response = jsonify(
            message="Hello from ECS Fargate!",
            hostname=HOSTNAME,
            timestamp=datetime.now(UTC).isoformat(),
            version=version,
        )
    response.vary.add("Accept")
    return response
