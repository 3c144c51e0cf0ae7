"""The objects that API Gateway gives a template, and what it makes of the outcome."""

# pyright: reportUnknownLambdaType=false
# One-line functions of values that come out of a template.

import base64
import json
import re
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from .nodes import Literal, Reference, Set, TemplateError
from .objects import METHODS, compact, printed
from .render import Scope, rendered
from .syntax import parse

_ESCAPES = {
    '"': '\\"',
    "'": "\\'",
    "/": "\\/",
    "\\": "\\\\",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
}
_PATH_STEP = re.compile(r"\.([\w-]+)|\.(\*)|\[(\d+)\]|\[(\*)\]|\[(?:'([^']*)'|\"([^\"]*)\")\]")
_INPUT = ("body", "json", "params", "path")
_UTIL: Mapping[str, Callable[..., Any]] = {
    "base64Decode": lambda text: base64.b64decode(text).decode(),
    "base64Encode": lambda text: base64.b64encode(text.encode()).decode(),
    "escapeJavaScript": lambda text: "".join(_escaped(mark) for mark in printed(text)),
    "parseJson": lambda text: _parsed(text),
    "urlDecode": lambda text: urllib.parse.unquote_plus(text),
    "urlEncode": lambda text: urllib.parse.quote_plus(printed(text), safe="*"),
}


class BadBody(TemplateError):  # noqa: N818 - says what it is
    """The body is no JSON and the template wants some; the caller gets a 400."""


@dataclass(frozen=True)
class Request:
    """What a template may ask for."""

    body: str
    path: Mapping[str, str] = field(default_factory=dict)
    querystring: Mapping[str, str] = field(default_factory=dict)
    header: Mapping[str, str] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)
    stage_variables: Mapping[str, str] = field(default_factory=dict)


def render(template: str, request: Request) -> tuple[str, dict[str, Any]]:
    """The text that a template makes, and what it put into ``$context.responseOverride``."""
    override: dict[str, Any] = {"header": {}}
    scope = Scope(
        functions={"input": _input(request), "util": _UTIL},
        given={
            "context": {**request.context, "responseOverride": override},
            "stageVariables": dict(request.stage_variables),
        },
    )
    return rendered(parse(template), scope), override


def check(template: str) -> None:
    """TemplateError unless the template can be read and asks for nothing that is not served."""
    for node in _everything(parse(template)):
        if isinstance(node, Set) and node.target.root == "context":
            parts = [step.name for step in node.target.steps]
            if parts[:1] != ["responseOverride"] or parts[1:2] not in (["status"], ["header"]):
                raise TemplateError(f"{node.target.source} cannot be set.")
        if not isinstance(node, Reference):
            continue
        known = {"input": _INPUT, "util": tuple(_UTIL)}.get(node.root)
        first = node.steps[0] if node.steps else None
        if known is not None and (first is None or first.name not in known):
            raise TemplateError(f"{node.source} is not served. Allowed: {', '.join(known)}.")
        for step in node.steps[1 if known else 0 :]:
            if step.arguments is not None and step.name not in METHODS:
                raise TemplateError(f"{node.source}: {step.name}() is not served.")
        asks = node.root == "input" and first is not None and first.name in ("json", "path")
        path = first.arguments[0] if asks and first and first.arguments else None
        if isinstance(path, Literal):
            _steps(str(path.value))


def _everything(part: Any) -> Iterator[Any]:
    """A node, and every node in it."""
    if isinstance(part, tuple):
        for item in part:
            yield from _everything(item)
    elif is_dataclass(part):
        yield part
        for each in fields(part):
            yield from _everything(getattr(part, each.name))


def _input(request: Request) -> dict[str, Callable[..., Any]]:
    def params(name: str | None = None) -> Any:
        groups = {
            "path": dict(request.path),
            "querystring": dict(request.querystring),
            "header": dict(request.header),
        }
        if name is None:
            return groups
        headers = {key.lower(): value for key, value in request.header.items()}
        for group in (request.path, request.querystring):
            if name in group:
                return group[name]
        return headers.get(name.lower(), "")

    def path(expression: str) -> Any:
        return _at(_json(request.body or "{}"), _steps(expression))

    def as_json(expression: str) -> str:
        found = path(expression)
        return compact("" if found is None else found)

    return {"body": lambda: request.body or "{}", "json": as_json, "params": params, "path": path}


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise BadBody("Could not parse request body into json") from None


def _parsed(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        raise TemplateError(f"$util.parseJson: {text!r} is no JSON.") from None


def _at(value: Any, steps: list[str | int]) -> Any:
    """What a JSONPath leads to; None where there is nothing."""
    for position, step in enumerate(steps):
        if step == "*":
            items = list(value.values()) if isinstance(value, dict) else value
            rest = steps[position + 1 :]
            found = [_at(item, rest) for item in (items if isinstance(items, list) else [])]
            return [item for item in found if item is not None]
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and step < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def _steps(expression: str) -> list[str | int]:
    if not expression.startswith("$"):
        raise TemplateError(f"{expression!r} is no JSONPath; it begins with $.")
    position, steps = 1, list[str | int]()
    while position < len(expression):
        match = _PATH_STEP.match(expression, position)
        if match is None:
            raise TemplateError(f"{expression!r}: names, indices and * are served in a JSONPath.")
        name = next(group for group in match.groups() if group is not None)
        steps.append(int(name) if match[3] else name)
        position = match.end()
    return steps


def _escaped(mark: str) -> str:
    if mark in _ESCAPES:
        return _ESCAPES[mark]
    if " " <= mark <= "~":
        return mark
    units = mark.encode("utf-16-be")
    return "".join(f"\\u{units[i]:02X}{units[i + 1]:02X}" for i in range(0, len(units), 2))
