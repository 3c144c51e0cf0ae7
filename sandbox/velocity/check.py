"""Refuses, before it is used, a template that asks for what is not served."""

import inspect
import re
from collections.abc import Iterator
from typing import Any

from airspeed import operators

from .gateway import INPUT, UTIL, json_path
from .language import METHODS, TemplateError, parsed

_SERVED = {"input": INPUT, "util": tuple(UTIL)}
_KNOWN = METHODS.union(INPUT, UTIL)
_REFUSED = (
    operators.IncludeDirective,
    operators.ParseDirective,
    operators.ReturnDirective,  # AppSync's
    operators.EvaluateDirective,
    operators.MacroDefinition,  # API Gateway has no macros: it prints their calls
    operators.MacroCall,
)
_OBJECT = re.compile(r"\$!?\{?(input|util)(?![\w-])(?:\.(\w+)(\()?)?")
_FIXED = re.compile(
    r"\s*\(\s*(\$(?:input|util|stageVariables|context(?!\.responseOverride\.(?:status|header)\b))"
    r"(?![\w-])[^=]*?)\s*="
)
_UNREAD = re.compile(
    r"#\{?(?:if|foreach|set|macro|define|include|parse|evaluate|return|stop|break)\b"
)
"""airspeed takes a directive that it cannot read for text."""


def check(template: str) -> None:
    """TemplateError unless the template can be read and asks for nothing that is not served."""
    for line, part in _everything(parsed(template).root_element):
        try:
            problem = _problem(part)
        except TemplateError as error:  # of a JSONPath
            problem = str(error)
        if problem:
            raise TemplateError(f"line {line}: {problem}")


def _problem(part: Any) -> str | None:
    text = part.my_text()
    if isinstance(part, _REFUSED):
        return f"{text.partition('(')[0].strip()} is not served."
    if isinstance(part, operators.FallthroughHashText):
        unread = _UNREAD.match(part.full_text(), part.start)
        return f"{unread[0]} cannot be read." if unread else None
    if isinstance(part, operators.Assignment):
        fixed = _FIXED.match(text)
        return f"{fixed[1]} cannot be set." if fixed else None
    if isinstance(part, operators.FormalReference) and (asked := _OBJECT.match(text)):
        known = _SERVED[asked[1]]
        if asked[2] not in known or (asked[2] == "body") is bool(asked[3]):
            return f"{text} is not served. Allowed: {', '.join(known)}; all but body with ()."
    if isinstance(part, operators.NameOrCall) and part.parameters is not None:
        given = getattr(part.parameters.values, "values", None)
        if part.name in ("json", "path") and given:
            path = given[0].expression
            json_path(path.value if type(path) is operators.StringLiteral else "$")
        return None if part.name in _KNOWN else f"{text}: {part.name}() is not served."
    return None


def _everything(part: Any, line: int = 1, seen: set[int] | None = None) -> Iterator[Any]:
    """An element, and every element in it, with their lines."""
    seen = set() if seen is None else seen
    part = part.__self__ if inspect.ismethod(part) else part
    if isinstance(part, list | dict):
        for item in (*part, *(part.values() if isinstance(part, dict) else ())):
            yield from _everything(item, line, seen)
    elif isinstance(part, operators._Element) and id(part) not in seen:
        seen.add(id(part))
        here = line + part.full_text().count("\n", 0, part.start)
        yield here, part
        quoted = isinstance(part, operators.InterpolatedStringLiteral)
        for item in vars(part).values():
            yield from _everything(item, here if quoted else line, seen)
