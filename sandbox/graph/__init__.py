"""Pictures of what was deployed: the program, and its dashboards.

From the sandbox's state and the embedded cloud's answers alone; nothing of the program is run, and
nothing of the library is known but the tag that names a resource's component.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sandbox.deploy.state import State

from . import boards, pages
from .model import understood
from .program import picture

FOLDER = "pictures"
PROGRAM = "program.html"
PICTURE = "program.svg"
DASHBOARDS = "dashboards.html"

__all__ = ["DASHBOARDS", "FOLDER", "PICTURE", "PROGRAM", "draw"]


def draw(state: Path, boot: str, client: Callable[[str], Any], minute: float) -> list[Path]:
    """Write the pictures of what is deployed.

    Args:
        state: folder of the sandbox's state; the pictures go into its ``pictures``.
        boot: of the cloud that the state was made against.
        client: makes a client of an AWS service.
        minute: how long CloudWatch's minute takes, in seconds.

    Returns:
        The program's page and picture, and the dashboards' page if there are dashboards.
    """
    records = list(State(state, boot))
    program = understood(records)
    title = records[0].urn.split("::")[1] if records else "program"
    now = time.time()
    found = boards.read(client, minute, now=now)
    folder = state / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    written = [
        _write(folder / PROGRAM, pages.program_page(program, title, dashboards=bool(found))),
        _write(folder / PICTURE, picture(program, title)),
    ]
    if found:
        page = pages.dashboards_page(found, title, minute, now)
        written.append(_write(folder / DASHBOARDS, page))
    else:
        (folder / DASHBOARDS).unlink(missing_ok=True)
    return written


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path
