"""Velocity as API Gateway has it: airspeed, with Java's values in place of Python's.

airspeed offers a template whatever Python's objects have (``$order.items`` of an order without
items would be a method of ``dict``) and prints lists and maps as Python does. And API Gateway
knows no null: what is missing is an empty text, which Velocity takes for true.
"""

# pyright: reportUnknownLambdaType=false
# One-line methods of values that come out of a template, so they have no types.

import json
import re
from collections.abc import Callable, Mapping
from functools import partial, partialmethod
from types import SimpleNamespace
from typing import Any

import airspeed
import airspeed.operators

operators: Any = airspeed.operators


class TemplateError(ValueError):
    """The template cannot be read, or asks for what is not served."""


def parsed(template: str) -> Any:
    """The template with its tree in ``root_element``."""
    found = airspeed.Template(template)
    try:
        found.ensure_compiled()
    except airspeed.TemplateError as error:
        raise TemplateError(f"{error}".replace("\n", " ")) from None
    return found


def rendered(template: str, names: Mapping[str, Any]) -> str:
    """The text that a template makes with the objects of these names."""
    found = parsed(template)
    try:
        return str(found.merge(dict(names)))
    except airspeed.TemplateExecutionError as error:
        cause = error.__cause__
        if isinstance(cause, TemplateError):
            raise cause from None
        where = error.element.my_text().partition("\n")[0]
        raise TemplateError(f"{where}: {cause}") from None


def printed(value: Any) -> str:
    """A value as API Gateway prints it: a list is JSON, a map is not."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={printed(item)}" for key, item in value.items()) + "}"
    return compact(value) if isinstance(value, list) else str(value)


def compact(value: Any) -> str:
    """A value as JSON without spaces."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _replace_all(text: str, pattern: str, replacement: str) -> str:
    """Java: a backslash makes the next character plain, $n is a group."""
    put = re.sub(
        r"\\(.)|\$(\d)",
        lambda part: rf"\g<{part[2]}>" if part[2] else part[1].replace("\\", r"\\"),
        replacement,
    )
    return re.sub(pattern, put, text)


_ALL: Mapping[str, Callable[..., Any]] = {
    "equals": lambda value, other: type(value) is type(other) and value == other,
    "toString": printed,
}
_METHODS: Mapping[type, Mapping[str, Callable[..., Any]]] = {
    str: {
        "concat": lambda text, more: text + more,
        "endsWith": lambda text, part: text.endswith(part),
        "equalsIgnoreCase": lambda text, other: text.lower() == printed(other).lower(),
        "indexOf": lambda text, part: text.find(part),
        "isEmpty": lambda text: not text,
        "replace": lambda text, old, new: text.replace(old, new),
        "replaceAll": _replace_all,
        "split": lambda text, pattern: re.split(pattern, text),
        "toLowerCase": lambda text: text.lower(),
        "toUpperCase": lambda text: text.upper(),
        "trim": lambda text: text.strip(),
    },
    list: {"add": lambda given, item: given.append(item) is None},
    dict: {
        "containsKey": lambda given, key: key in given,
        "entrySet": lambda given: [{"key": key, "value": item} for key, item in given.items()],
        "get": lambda given, key: given.get(key),
        "isEmpty": lambda given: not given,
        "keySet": list,
        "size": len,
        "values": lambda given: list(given.values()),
    },
    int: {},
    float: {},
    bool: {},
}
"""What airspeed's own methods lack, or do as Python does."""


def _compared(compare: Callable[[Any, Any], bool], left: Any, right: Any) -> bool:
    try:
        return compare(left, right)
    except TypeError:
        return False  # a number and a missing value, say


def _followed(follow: Callable[..., Any], *given: Any) -> Any:
    found = follow(*given)
    return "" if found is None else found


def _sub_expression(self: Any, value: Any, loader: Any, top: Any) -> Any:
    """What follows a dot or stands in brackets; airspeed knows no variables in the latter."""
    if not isinstance(self.expression, operators.ArrayIndex):
        return self.expression.calculate(value, loader, top)
    try:
        found = value[self.expression.calculate(top, loader)]
    except (LookupError, TypeError):
        found = ""
    return self.subexpression.calculate(found, loader, top) if self.subexpression else found


def _set(self: Any, name: str, value: Any) -> None:
    """A variable that a loop sets is there after the loop."""
    scope = self
    while name not in scope and isinstance(scope.parent, operators.LocalNamespace):
        scope = scope.parent
    scope[name] = value


def _looped(loop: Callable[..., Any], self: Any, stream: Any, *given: Any) -> None:
    """A loop goes through a map's values, and not through the letters of a text."""
    items = self.value.calculate(*given)
    items = list(items.values()) if isinstance(items, dict) else items
    value = SimpleNamespace(calculate=lambda *_: [] if isinstance(items, str) else items)
    loop(SimpleNamespace(**{**vars(self), "value": value}), stream, *given)


def _extend() -> None:
    for kind, methods in _METHODS.items():
        operators.__additional_methods__.setdefault(kind, {}).update({**methods, **_ALL})
    operators.getattr = lambda _value, _name: None
    operators.value_to_string = printed
    operators.boolean_value = lambda value: value is not False
    operators.UnaryOperatorValue.OPERATORS = dict.fromkeys(("!", "not"), lambda it: it is False)
    operators.Condition.calculate = lambda it, *given: it.expression.calculate(*given) is not False
    operators.LocalNamespace.set_inherited = _set
    operators.SubExpression.calculate = _sub_expression
    follows, loops = operators.VariableExpression, operators.ForeachDirective
    follows.calculate = partialmethod(partial(_followed, follows.calculate))
    loops.evaluate_raw = partialmethod(partial(_looped, loops.evaluate_raw))
    table = operators.BinaryOperator.OPERATORS
    for name in (">", "gt", ">=", "ge", "<", "lt", "<=", "le"):
        table[name] = partial(_compared, table[name])
    table["+"] = lambda a, b: printed(a) + printed(b) if str in (type(a), type(b)) else a + b
    table["/"] = lambda a, b: a / b if float in (type(a), type(b)) else int(a / b)
    table["%"] = lambda a, b: a - b * int(a / b)


_extend()
METHODS = frozenset(name for each in operators.__additional_methods__.values() for name in each)
"""Every method that some value has."""
