"""``ignoreChanges``: the old value of a property path stays, whatever the program says."""

import copy
import re
from typing import Any

_PART = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.\[\]]+)')
_ABSENT: Any = object()


def keep_ignored(new: dict[str, Any], old: dict[str, Any], paths: list[str]) -> dict[str, Any]:
    """``new`` with the values of ``old`` at paths like ``tags.owner``, ``rules[0].port``, ``*``."""
    kept = copy.copy(new)
    for path in paths:
        if path == "*":
            return old
        kept = _keep(
            kept, old, [quoted or number or key for quoted, number, key in _PART.findall(path)]
        )
    return kept


def _keep(new: Any, old: Any, path: list[str]) -> Any:
    """A copy of ``new`` along the path; assets beside it are shared, not copied."""
    if not path:
        return old
    head, *rest = path
    if isinstance(new, dict) and (old is _ABSENT or isinstance(old, dict)):
        before = _ABSENT if old is _ABSENT else old.get(head, _ABSENT)
        value = _keep(new.get(head, _ABSENT if rest else None), before, rest)
        result = {**new, head: value}
        if value is _ABSENT:
            del result[head]
        return result
    if isinstance(new, list) and isinstance(old, list) and head.isdigit():
        index = int(head)
        if index < min(len(new), len(old)):
            return [*new[:index], _keep(new[index], old[index], rest), *new[index + 1 :]]
    return new
