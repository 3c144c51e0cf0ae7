"""The objects that API Gateway gives a template, and what it makes of the outcome."""

# pyright: reportUnknownLambdaType=false
# One-line functions of values that come out of a template.

import base64
import json
import re
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .language import TemplateError, compact, printed, rendered

_PATH_STEP = re.compile(r"\.([\w-]+)|\.(\*)|\[(\d+)\]|\[(\*)\]|\[(?:'([^']*)'|\"([^\"]*)\")\]")
INPUT = ("body", "json", "params", "path")
UTIL: Mapping[str, Callable[..., Any]] = {
    "base64Decode": lambda text: base64.b64decode(text).decode(),
    "base64Encode": lambda text: base64.b64encode(text.encode()).decode(),
    "escapeJavaScript": lambda text: "".join(_escaped(mark) for mark in printed(text)),
    "parseJson": lambda text: _json(text, TemplateError(f"{text!r} is no JSON.")),
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
    names = {
        "context": {**request.context, "responseOverride": override},
        "input": _input(request),
        "stageVariables": dict(request.stage_variables),
        "util": dict(UTIL),
    }
    return rendered(template, names), override


def _input(request: Request) -> dict[str, Any]:
    groups = {
        "path": dict(request.path),
        "querystring": dict(request.querystring),
        "header": dict(request.header),
    }
    headers = {key.lower(): value for key, value in request.header.items()}

    unread = BadBody("Could not parse request body into json")

    def params(name: str | None = None) -> Any:
        if name is None:
            return groups
        found = {**request.querystring, **request.path}
        return found.get(name, headers.get(name.lower(), ""))

    def path(expression: str) -> Any:
        return _at(_json(request.body or "{}", unread), json_path(expression))

    def as_json(expression: str) -> str:
        found = path(expression)
        return compact("" if found is None else found)

    return {"body": request.body or "{}", "json": as_json, "params": params, "path": path}


def _json(text: Any, wrong: TemplateError) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        raise wrong from None


def _at(value: Any, steps: list[str | int]) -> Any:
    """What a JSONPath leads to; None where there is nothing."""
    if not steps:
        return value
    step, *rest = steps
    if step == "*":
        items = list(value.values()) if isinstance(value, dict) else value
        found = [_at(item, rest) for item in (items if isinstance(items, list) else [])]
        return [item for item in found if item is not None]
    if isinstance(step, int):
        return _at(value[step], rest) if isinstance(value, list) and step < len(value) else None
    return _at(value.get(step), rest) if isinstance(value, dict) else None


def json_path(expression: str) -> list[str | int]:
    """The steps of a JSONPath; TemplateError if it has others than are served."""
    if not expression.startswith("$") or _PATH_STEP.sub("", expression[1:]):
        raise TemplateError(
            f"{expression!r} is no JSONPath; it begins with $, and names, indices and * are served."
        )
    steps = [
        (match.lastindex, match[match.lastindex or 0]) for match in _PATH_STEP.finditer(expression)
    ]
    return [int(step) if group == 3 else step for group, step in steps]


def _escaped(mark: str) -> str:
    if mark in "'/":
        return f"\\{mark}"
    code = json.dumps(mark)[1:-1]
    return code.upper().replace("U", "u") if code.startswith("\\u") else code
