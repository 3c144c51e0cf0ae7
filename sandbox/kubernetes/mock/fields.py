"""Who owns which field of an object: server-side apply, as far as the mock has it.

Maps are merged key by key; a list is one field, owned and replaced whole. A real API server
merges many lists by a key as well, so two managers can share one there and not here.
"""

import copy
import datetime
from collections.abc import Collection, Mapping
from typing import Any

Path = tuple[str, ...]
Object = dict[str, Any]

APPLY = "Apply"
UPDATE = "Update"
_IDENTITY: frozenset[Path] = frozenset(
    [("apiVersion",), ("kind",)]
    + [
        ("metadata", key)
        for key in (
            "creationTimestamp",
            "deletionTimestamp",
            "generateName",
            "generation",
            "managedFields",
            "name",
            "namespace",
            "resourceVersion",
            "uid",
        )
    ]
)
"""Nobody owns what says which object it is, nor what the server writes."""


class FieldConflict(Exception):  # noqa: N818 - the API's own word
    """Other managers own what was applied; the text is the API server's."""

    def __init__(self, owners: Collection[tuple[str, Path]]) -> None:
        count = f"{len(owners)} conflict{'s' if len(owners) > 1 else ''}"
        each = ", ".join(
            f'conflict with "{manager}": .{".".join(path)}' for manager, path in sorted(owners)
        )
        super().__init__(f"Apply failed with {count}: {each}")


def leaves(value: Mapping[str, Any], at: Path = ()) -> dict[Path, Any]:
    """Every field that can be owned; an empty map is a field of its own."""
    found: dict[Path, Any] = {}
    for key, item in value.items():
        path = (*at, key)
        if path in _IDENTITY:
            continue
        if isinstance(item, Mapping) and item:
            found |= leaves(item, path)
        else:
            found[path] = item
    return found


def without_nulls(value: Any) -> Any:
    """The manifest as the API server reads it: a null is a field that is not there."""
    if isinstance(value, Mapping):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


def applied(live: Object, patch: Mapping[str, Any], manager: str, *, force: bool) -> Object:
    """The object after ``manager`` applied ``patch``: set what is in it, drop what it let go.

    Raises FieldConflict when someone else owns a field with another value, unless ``force``.
    """
    owners = _owners(live)
    mine = owners.setdefault((manager, APPLY), set())
    others = {key: paths for key, paths in owners.items() if key != (manager, APPLY)}
    wanted, have = leaves(patch), leaves(live)
    disputed = {
        (key[0], path)
        for key, paths in others.items()
        for path, value in wanted.items()
        if path in paths and have.get(path) != value
    }
    if disputed and not force:
        raise FieldConflict(disputed)
    for _, path in disputed:
        for paths in others.values():
            paths.discard(path)
    result = copy.deepcopy(live)
    for path in mine - wanted.keys():
        if not any(path in paths for paths in others.values()):
            _remove(result, path)
    for path, value in wanted.items():
        _set(result, path, value)
    owners[manager, APPLY] = set(wanted)
    return _with_owners(result, owners, since=live)


def updated(live: Object, result: Object, manager: str) -> Object:
    """``result`` with ``manager`` as the owner of everything that it changed in ``live``."""
    before, after = leaves(live), leaves(result)
    changed = {path for path, value in after.items() if before.get(path, ...) != value}
    owners = _owners(live)
    for paths in owners.values():
        paths -= changed
        paths &= after.keys()
    owners.setdefault((manager, UPDATE), set()).update(changed)
    return _with_owners(result, owners, since=live)


def merged(value: Any, patch: Any) -> Any:
    """A JSON merge patch (RFC 7396)."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(value) if isinstance(value, Mapping) else {}
    for key, item in patch.items():
        if item is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), item)
    return result


def _owners(live: Mapping[str, Any]) -> dict[tuple[str, str], set[Path]]:
    entries = live.get("metadata", {}).get("managedFields", [])
    return {(item["manager"], item["operation"]): _paths(item["fieldsV1"]) for item in entries}


def _with_owners(
    result: Object, owners: Mapping[tuple[str, str], set[Path]], *, since: Mapping[str, Any]
) -> Object:
    known = {
        (item["manager"], item["operation"]): item
        for item in since.get("metadata", {}).get("managedFields", [])
    }
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    entries: list[Object] = []
    for (manager, operation), paths in owners.items():
        if not paths:
            continue
        old = known.get((manager, operation))
        if old is not None and _paths(old["fieldsV1"]) == paths:
            entries.append(old)
            continue
        entries.append(
            {
                "manager": manager,
                "operation": operation,
                "apiVersion": result["apiVersion"],
                "time": now,
                "fieldsType": "FieldsV1",
                "fieldsV1": _tree(paths),
            }
        )
    return {**result, "metadata": {**result["metadata"], "managedFields": entries}}


def _tree(paths: Collection[Path]) -> Object:
    """``{("spec", "replicas")}`` → ``{"f:spec": {"f:replicas": {}}}``."""
    root: Object = {}
    for path in sorted(paths):
        node = root
        for key in path:
            node = node.setdefault(f"f:{key}", {})
        if any(other[: len(path)] == path and other != path for other in paths):
            node["."] = {}
    return root


def _paths(tree: Mapping[str, Any], at: Path = ()) -> set[Path]:
    found: set[Path] = set()
    for key, inner in tree.items():
        path = at if key == "." else (*at, key.removeprefix("f:"))
        found |= _paths(inner, path) if inner else {path}
    return found


def _set(root: Object, path: Path, value: Any) -> None:
    node = root
    for key in path[:-1]:
        if not isinstance(node.get(key), dict):
            node[key] = {}
        node = node[key]
    if value == {} and isinstance(node.get(path[-1]), dict):
        return  # owning a map says nothing of what others put in it
    node[path[-1]] = copy.deepcopy(value)


def _remove(root: Object, path: Path) -> None:
    """Take a field out, and the maps that it leaves empty."""
    key, *rest = path
    if rest:
        node = root.get(key)
        if not isinstance(node, dict):
            return
        _remove(node, tuple(rest))
        if node:
            return
    root.pop(key, None)
