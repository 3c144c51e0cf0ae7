"""Assets and archives: absolute paths, compared by content, storable as JSON.

Providers get Pulumi's own asset objects, of the subclasses here.
"""

import hashlib
from pathlib import Path
from typing import Any

from pulumi import asset

from sandbox.providers.base import fingerprint

_MARK = "$asset"


class _ByContent:
    """Equality by content: what was deployed last time and what is to be deployed now."""

    fingerprint: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByContent) and other.fingerprint == self.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)


class FileAsset(_ByContent, asset.FileAsset):
    """A file; ``path`` is absolute."""


class StringAsset(_ByContent, asset.StringAsset):
    """A text."""


class RemoteAsset(_ByContent, asset.RemoteAsset):
    """A URI; its content is not looked at."""


class FileArchive(_ByContent, asset.FileArchive):
    """A directory or an archive file; ``path`` is absolute."""


class RemoteArchive(_ByContent, asset.RemoteArchive):
    """A URI; its content is not looked at."""


class AssetArchive(_ByContent, asset.AssetArchive):
    """Named assets and archives."""


_KINDS: dict[str, tuple[type[Any], str]] = {
    "FileAsset": (FileAsset, "path"),
    "StringAsset": (StringAsset, "text"),
    "RemoteAsset": (RemoteAsset, "uri"),
    "FileArchive": (FileArchive, "path"),
    "RemoteArchive": (RemoteArchive, "uri"),
    "AssetArchive": (AssetArchive, "assets"),
}


def pin(value: Any, directory: Path) -> Any:
    """``value`` with every asset in it made absolute and fingerprinted; OSError when missing."""
    if isinstance(value, dict):
        return {key: pin(item, directory) for key, item in value.items()}
    if isinstance(value, list):
        return [pin(item, directory) for item in value]
    if not isinstance(value, asset.Asset | asset.Archive):
        return value
    kind = type(value).__name__
    attribute = _KINDS[kind][1]
    content = getattr(value, attribute)
    if attribute == "path":
        path = (directory / content).resolve()
        return _make(kind, str(path), _digest(path))
    if attribute == "assets":
        content = pin(content, directory)
        marks = {name: item.fingerprint for name, item in content.items()}
        return _make(kind, content, fingerprint([kind, marks]))
    return _make(kind, content, fingerprint([kind, content]))


def encode(value: Any) -> Any:
    """``value`` as JSON data; TypeError names what cannot be stored."""
    if isinstance(value, dict):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [encode(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(encode(item) for item in value)
    if isinstance(value, _ByContent):
        kind = type(value).__name__
        content = encode(getattr(value, _KINDS[kind][1]))
        return {_MARK: kind, "content": content, "fingerprint": value.fingerprint}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"{value!r} of type {type(value).__name__} is not JSON")


def decode(value: Any) -> Any:
    """What ``encode`` stored, with assets as objects again."""
    if isinstance(value, dict):
        if _MARK in value:
            return _make(value[_MARK], decode(value["content"]), value["fingerprint"])
        return {key: decode(item) for key, item in value.items()}
    if isinstance(value, list):
        return [decode(item) for item in value]
    return value


def _make(kind: str, content: Any, digest: str) -> Any:
    made = _KINDS[kind][0](content)
    made.fingerprint = digest
    return made


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_dir():
            continue
        name, content = file.relative_to(path).as_posix(), file.read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:16]
