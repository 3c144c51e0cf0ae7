"""Static files under `/static/<digest>/`, where the digest is that of all of them together.

A changed file changes every address, so browsers may keep what they have for ever; and because
the digest is a folder, a script's relative imports are covered as well.
"""

import hashlib
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, send_from_directory, url_for

FOLDER = Path(__file__).parent / "static"

bp = Blueprint("assets", __name__)


@cache
def digest() -> str:
    """Return the digest of the folder: names and contents, 16 hexadecimal digits."""
    total = hashlib.sha256()
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            total.update(f"{path.relative_to(FOLDER).as_posix()} {content}\n".encode())
    return total.hexdigest()[:16]


@bp.app_template_global("asset")
def asset(name: str) -> str:
    """Return the address of the static file `name`."""
    return url_for("assets.serve", version=digest(), name=name)


@bp.get("/static/<version>/<path:name>")
def serve(version: str, name: str) -> Response:
    """Serve a file; 404 when there is none of that name."""
    response = send_from_directory(FOLDER, name)
    # While a new version rolls out, its page can ask an old task for a file. The answer is then
    # the best there is, but it must not stay in a cache under the new address.
    current = version == digest()
    response.headers["Cache-Control"] = (
        "public, max-age=31536000, immutable" if current else "no-store"
    )
    return response


@bp.get("/favicon.ico")
def favicon() -> Response:
    """Serve the icon at the address that browsers ask for unprompted."""
    response = send_from_directory(FOLDER, "favicon.svg")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response
