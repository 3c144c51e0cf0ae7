"""Manifests as plain data: paths into them, whose a field is, what a program gets to see."""

import base64
import re
from collections.abc import Iterable, Mapping
from typing import Any

Manifest = dict[str, Any]

_PART = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.\[\]]+)')
_MISSING: Any = object()


def plain(value: Any) -> Any:
    """Data as an API server wants it: no nulls, and whole numbers without a fraction.

    Every number on Pulumi's wire is a float.
    """
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def at(value: Any, path: str) -> Any:
    """What stands at a dotted path; None if nothing does."""
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def parts(path: str) -> list[str]:
    """The steps of a path as ``ignore_changes`` has it: ``metadata.labels["a.b/c"]``."""
    return [quoted or index or key for quoted, index, key in _PART.findall(path)]


def encoded(properties: Mapping[str, Any]) -> dict[str, Any]:
    """A Secret's properties with ``stringData`` moved into ``data``.

    The API server would do it too, but then a key taken out of ``stringData`` stays.
    """
    rest = {key: value for key, value in properties.items() if key != "stringData"}
    if texts := properties.get("stringData"):
        moved = {key: base64.b64encode(str(text).encode()).decode() for key, text in texts.items()}
        rest["data"] = {**(rest.get("data") or {}), **moved}
    return rest


def shown(live: Manifest, manager: str) -> dict[str, Any]:
    """A live object as outputs; the bookkeeping of who owns which field stays out of them."""
    metadata = {key: value for key, value in live["metadata"].items() if key != "managedFields"}
    return {**live, "metadata": metadata, "fieldManager": manager}


def shared(
    manifest: Manifest, live: Manifest, paths: Iterable[str], manager: str
) -> tuple[Manifest, bool]:
    """The manifest to apply where some paths are to be left as others have set them.

    A field that another manager owns is left out, so that it is theirs alone; one that is
    ours alone keeps its live value, since leaving it out would unset it. Also says
    whether the result holds such values: they may be out of date when they arrive.
    """
    others: list[Mapping[str, Any]] = [
        entry.get("fieldsV1") or {}
        for entry in live["metadata"].get("managedFields") or []
        if entry.get("manager") != manager
    ]
    held = False
    for path in paths:
        steps = parts(path)
        if steps and "*" not in steps:
            manifest, kept = _settled(manifest, live, others, steps)
            held = held or kept
    return manifest, held


def _settled(
    wanted: Any, live: Any, others: list[Mapping[str, Any]], steps: list[str]
) -> tuple[Any, bool]:
    """``wanted`` with what is at ``steps`` given up or held; lists are kept as they are."""
    if not isinstance(wanted, Mapping):
        return wanted, False
    keys = steps[:1] or list(wanted)
    result, held = dict(wanted), False
    for key in keys:
        if key not in wanted:
            continue
        now = live.get(key, _MISSING) if isinstance(live, Mapping) else _MISSING
        owning = [fields[f"f:{key}"] for fields in others if f"f:{key}" in fields]
        if isinstance(wanted[key], Mapping) and wanted[key]:
            result[key], kept = _settled(wanted[key], now, owning, steps[1:])
            held = held or kept
        elif steps[1:] or now is _MISSING:
            continue
        elif owning:
            del result[key]
        else:
            result[key], held = now, True
    return result, held
