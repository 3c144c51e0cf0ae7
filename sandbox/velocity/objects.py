"""What templates may ask of values: Java's methods of texts, lists, maps and numbers."""

# pyright: reportUnknownLambdaType=false
# Tables of one-line methods; their values come out of a template, so they have no types.

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from .nodes import TemplateError

Method = Callable[..., Any]


def _replace_all(text: str, pattern: str, replacement: str) -> str:
    def put(match: re.Match[str]) -> str:
        # Java: a backslash makes the next character plain, $n is a group.
        return re.sub(
            r"\\(.)|\$(\d)",
            lambda part: part[1] if part[1] else match[int(part[2])] or "",
            replacement,
            flags=re.DOTALL,
        )

    return re.sub(pattern, put, text)


def _substring(text: str, start: int, end: int | None = None) -> str:
    return text[start:end]


def _put(given: dict[str, Any], key: str, value: Any) -> Any:
    before, given[key] = given.get(key), value
    return before


def _add(given: list[Any], value: Any) -> bool:
    given.append(value)
    return True


_TEXT: Mapping[str, Method] = {
    "concat": lambda text, more: text + more,
    "contains": lambda text, part: part in text,
    "endsWith": lambda text, part: text.endswith(part),
    "equalsIgnoreCase": lambda text, other: text.lower() == printed(other).lower(),
    "indexOf": lambda text, part: text.find(part),
    "isEmpty": lambda text: not text,
    "length": len,
    "matches": lambda text, pattern: re.fullmatch(pattern, text) is not None,
    "replace": lambda text, old, new: text.replace(old, new),
    "replaceAll": _replace_all,
    "split": lambda text, pattern: re.split(pattern, text),
    "startsWith": lambda text, part: text.startswith(part),
    "substring": _substring,
    "toLowerCase": lambda text: text.lower(),
    "toUpperCase": lambda text: text.upper(),
    "trim": lambda text: text.strip(),
}
_LIST: Mapping[str, Method] = {
    "add": _add,
    "contains": lambda given, item: item in given,
    "get": lambda given, index: given[index],
    "isEmpty": lambda given: not given,
    "size": len,
}
_MAP: Mapping[str, Method] = {
    "containsKey": lambda given, key: key in given,
    "entrySet": lambda given: [{"key": key, "value": value} for key, value in given.items()],
    "get": lambda given, key: given.get(key),
    "isEmpty": lambda given: not given,
    "keySet": list,
    "put": _put,
    "size": len,
    "values": lambda given: list(given.values()),
}
_ALL: Mapping[str, Method] = {
    "equals": lambda value, other: type(value) is type(other) and value == other,
    "toString": lambda value: printed(value),
}
METHODS = frozenset({*_TEXT, *_LIST, *_MAP, *_ALL})
"""Every method that some value has."""


def call(value: Any, name: str, arguments: list[Any]) -> Any:
    """The answer of a method; None, as Velocity has it, where the value has no such method."""
    kind = _TEXT if isinstance(value, str) else _LIST if isinstance(value, list) else {}
    kind = _MAP if isinstance(value, dict) else kind
    method = kind.get(name) or _ALL.get(name)
    if method is None or value is None:
        return None
    try:
        return method(value, *arguments)
    except (TypeError, IndexError, re.error) as error:
        raise TemplateError(f"{name}: {error}") from None


def printed(value: Any) -> str:
    """A value as API Gateway prints it: a list is JSON, a map is not."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        items = (
            f"{key}={printed(item) if item is not None else 'null'}" for key, item in value.items()
        )
        return "{" + ", ".join(items) + "}"
    if isinstance(value, list):
        return compact(value)
    return str(value)


def compact(value: Any) -> str:
    """A value as JSON without spaces."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
