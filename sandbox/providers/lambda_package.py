"""The zip that an asset or archive becomes, as Pulumi hands it to Lambda.

Knows the limits of a package, not what is in it: the emulator adds up the unzipped sizes.
"""

import io
import zipfile
from pathlib import Path
from typing import Any

from pulumi import asset

ZIP_LIMIT = 50 * 1024 * 1024
"""Bytes that one request carries (Lambda developer guide, "Lambda quotas")."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first date that a zip knows: the same files make the same bytes."""


def check_code(field: str, code: object) -> None:
    """Refuse what is no file, directory or mapping of them."""
    if not isinstance(code, asset.FileArchive | asset.AssetArchive | asset.FileAsset):
        raise ValueError(
            f"{field} is a {type(code).__name__}. Allowed: FileArchive, AssetArchive, FileAsset."
        )
    if isinstance(code, asset.FileAsset) and not zipfile.is_zipfile(code.path):
        raise ValueError(f"{field}={code.path!r} is no zip file.")


def zipped(field: str, code: Any) -> bytes:
    """The bytes to upload; a zip file as it is, everything else packed with fixed dates.

    Raises:
        ValueError: nothing is in it, or it is larger than a request may be.
    """
    path = Path(getattr(code, "path", ""))
    if not isinstance(code, asset.AssetArchive) and path.is_file():
        if not zipfile.is_zipfile(path):
            raise ValueError(f"{field}={str(path)!r} is no zip file.")
        data = path.read_bytes()
    else:
        data = _packed(field, code)
    if len(data) > ZIP_LIMIT:
        raise ValueError(
            f"{field} is {len(data):,} bytes zipped; Lambda takes {ZIP_LIMIT:,} in one request."
        )
    return data


def _packed(field: str, code: Any) -> bytes:
    files = _files(field, code)
    if not files:
        raise ValueError(f"{field} has no files.")
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            content, mode = files[name]
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = mode << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def _files(field: str, item: Any) -> dict[str, tuple[bytes, int]]:
    """Name in the archive to content and mode."""
    if isinstance(item, asset.AssetArchive):
        found: dict[str, tuple[bytes, int]] = {}
        for name, inner in item.assets.items():
            for path, file in _files(f"{field}.{name}", inner).items():
                found[f"{name}/{path}" if path else name] = file
        return found
    if isinstance(item, asset.StringAsset):
        return {"": (item.text.encode(), 0o644)}
    if not isinstance(item, asset.FileAsset | asset.FileArchive):
        raise ValueError(f"{field}: the sandbox cannot fetch a {type(item).__name__}.")
    source = Path(item.path)
    if source.is_dir():
        return {
            file.relative_to(source).as_posix(): _read(file)
            for file in source.rglob("*")
            if file.is_file()
        }
    if isinstance(item, asset.FileArchive) and zipfile.is_zipfile(source):
        with zipfile.ZipFile(source) as archive:
            return {
                info.filename: (archive.read(info), info.external_attr >> 16 or 0o644)
                for info in archive.infolist()
                if not info.is_dir()
            }
    return {"": _read(source)}


def _read(file: Path) -> tuple[bytes, int]:
    return file.read_bytes(), 0o755 if file.stat().st_mode & 0o100 else 0o644
