"""Images of the process engine: pulled by digest, unpacked once, shared read-only."""

import gzip
import io
import os
import shutil
import stat
import tarfile
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import registry

_lock = threading.Lock()


@dataclass(frozen=True)
class Image:
    """One unpacked image; the look-alike of docker-py's Image."""

    id: str
    """Manifest digest."""
    root: Path
    """Where the image's ``/`` is on this machine."""
    config: dict[str, Any]
    """The ``config`` member of the OCI configuration (Cmd, Env, WorkingDir, …)."""

    def tag(self, repository: str, tag: str | None = None) -> bool:
        """Accept a local tag: references are resolved by the registry each time."""
        return bool(repository) and tag != ""


def pull(image: str, store: Path) -> Image:
    """Fetch ``image`` into ``store`` unless its digest is there already.

    Raises registry.RegistryError.
    """
    reference = registry.Reference.parse(image)
    digest, config, layers = registry.pull(reference)
    root = store / digest.replace(":", "-")
    with _lock:
        if not root.exists():
            _unpack(layers, root)
    return Image(digest, root, config.get("config") or {})


def _unpack(layers: list[bytes], root: Path) -> None:
    root.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix="unpacking-", dir=root.parent))
    try:
        for layer in layers:
            with tarfile.open(fileobj=io.BytesIO(gzip.decompress(layer))) as archive:
                archive.extractall(part, filter="data")
        for folder, _, files in os.walk(part):
            for name in files:
                path = Path(folder, name)
                path.chmod(stat.S_IMODE(path.stat().st_mode) & ~0o222)
        part.rename(root)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
