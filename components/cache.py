"""Where packages are kept between runs, so that nothing is built twice."""

import os
from pathlib import Path


def directory() -> Path:
    """``SLIPWAY_CACHE``, or ``slipway`` in the user's cache folder; made if missing."""
    if own := os.environ.get("SLIPWAY_CACHE"):
        path = Path(own)
    else:
        base = os.environ.get("XDG_CACHE_HOME")
        path = (Path(base) if base else Path.home() / ".cache") / "slipway"
    path.mkdir(parents=True, exist_ok=True)
    return path.resolve()
