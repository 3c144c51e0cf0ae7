"""Expressions of queries: read into functions of an event."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from ..words import COMPARISONS, SyntaxWrongError, Words
from .events import Event, number, shown
from .functions import AGGREGATES, FUNCTIONS, duration

Value = Callable[[Event], Any]
_STRING = r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\""
_REGEX = r"/(?:\\.|[^/\\])+/"
KINDS = [
    ("space", r"\s+"),
    ("comment", r"#[^\n]*"),
    (
        "parsed",
        rf"(?i:parse)\s+(?:(?:[@\w.]+|`[^`]+`)\s+)?(?:{_REGEX}|{_STRING})(?:\s+(?i:as)\s+[\w.@]+(?:\s*,\s*[\w.@]+)*)?",
    ),
    ("liked", rf"(?i:(?:not\s+)?like\b|=~)\s*{_REGEX}i?"),
    ("string", _STRING),
    ("period", r"\d+(?:ms|s|m|h|d|w)\b"),
    ("number", r"\d+(?:\.\d+)?"),
    ("quoted", r"`[^`]+`"),
    ("name", r"[@A-Za-z_][\w.@]*"),
    ("operator", r"!=|<=|>=|[=<>+\-*/^%()\[\],|]"),
]
SKIPPED = ("space", "comment")
_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
    "%": lambda left, right: left % right,
    "^": lambda left, right: left**right,
}


def text_of(token: str) -> str:
    """A string without its quotes."""
    return re.sub(r"\\(.)", r"\1", token[1:-1])


def name_of(words: Words) -> str:
    """The field that is next."""
    token = words.expect_kind("name", "quoted")
    return token.text.strip("`")


def condition(words: Words) -> Value:
    """``a and (b or not c)``."""
    return _chain(words, "or", any, lambda: _chain(words, "and", all, lambda: _negated(words)))


def _chain(
    words: Words, word: str, of: Callable[[Any], bool], operand: Callable[[], Value]
) -> Value:
    parts = [operand()]
    while words.take_if(word):
        parts.append(operand())
    return parts[0] if len(parts) == 1 else lambda event: of(part(event) for part in parts)


def _negated(words: Words) -> Value:
    if words.take_if("not"):
        inner = _negated(words)
        return lambda event: not inner(event)
    return _compared(words)


def _compared(words: Words) -> Value:
    left = sum_of(words)
    token = words.peek()
    if token.kind == "liked":
        words.take()
        return _like(left, token.text)
    negative = token.text.lower() == "not" and words.peek(1).text.lower() in ("like", "in")
    if negative:
        words.take()
    if words.take_if("like"):
        part = text_of(words.expect_kind("string").text)
        return lambda event: (part in _text(left(event))) is not negative
    if words.take_if("in"):
        choices = _listed(words)
        return lambda event: any(_equal(left(event), c(event)) for c in choices) is not negative
    if token.text in COMPARISONS:
        words.take()
        return _comparison(left, token.text, sum_of(words))
    return left


def _like(left: Value, text: str) -> Value:
    found = re.fullmatch(r"(?is)(not\s+)?(?:like|=~)\s*/(.*)/(i?)", text)
    assert found is not None
    try:
        pattern = re.compile(found[2], re.IGNORECASE if found[3] else 0)
    except re.error as error:
        raise SyntaxWrongError(f"/{found[2]}/ is no regular expression: {error}") from None
    wanted = not found[1]
    return lambda event: (pattern.search(_text(left(event))) is not None) is wanted


def _text(value: Any) -> str:
    return "" if value is None else shown(value)


def _listed(words: Words) -> Sequence[Value]:
    words.expect("[")
    choices = [sum_of(words)]
    while words.take_if(","):
        choices.append(sum_of(words))
    words.expect("]")
    return choices


def _equal(left: Any, right: Any) -> bool:
    return _compare("=", left, right)


def _comparison(left: Value, operator: str, right: Value) -> Value:
    return lambda event: _compare(operator, left(event), right(event))


def _compare(operator: str, left: Any, right: Any) -> bool:
    if left is None or right is None:
        return operator == "!=" and left is not right
    one, other = number(left), number(right)
    if one is not None and other is not None:
        return COMPARISONS[operator](one, other)
    return COMPARISONS[operator](shown(left), shown(right))


def sum_of(words: Words) -> Value:
    """An expression without comparison."""
    return _binary(
        words, ("+", "-"), lambda: _binary(words, ("*", "/", "%"), lambda: _power(words))
    )


def _binary(words: Words, operators: Sequence[str], operand: Callable[[], Value]) -> Value:
    left = operand()
    while words.peek().text in operators and words.peek().kind == "operator":
        left = _computed(words.take().text, left, operand())
    return left


def _power(words: Words) -> Value:
    base = _single(words)
    return _computed("^", base, _power(words)) if words.take_if("^") else base


def _computed(operator: str, left: Value, right: Value) -> Value:
    compute = _ARITHMETIC[operator]

    def value(event: Event) -> Any:
        one, other = number(left(event)), number(right(event))
        if one is None or other is None:
            return None
        try:
            return compute(one, other)
        except (ZeroDivisionError, OverflowError):
            return None

    return value


def _single(words: Words) -> Value:
    if words.take_if("("):
        inner = condition(words)
        words.expect(")")
        return inner
    if words.take_if("-"):
        return _computed("-", lambda _: 0, _single(words))
    token = words.peek()
    if token.kind == "number":
        words.take()
        given = float(token.text) if "." in token.text else int(token.text)
        return lambda _: given
    if token.kind == "string":
        words.take()
        text = text_of(token.text)
        return lambda _: text
    if token.kind == "name" and words.peek(1).text == "(":
        return _call(words)
    name = name_of(words)
    return lambda event: event.get(name)


def _call(words: Words) -> Value:
    name = words.take().text
    words.expect("(")
    if name.lower() == "bin":
        period = duration(words.expect_kind("period").text)
        words.expect(")")
        floor = FUNCTIONS["datefloor"][0]
        return lambda event: floor(event.get("@timestamp"), period)
    if name.lower() in AGGREGATES:
        raise SyntaxWrongError(f"{name}() stands in stats only")
    if name.lower() not in FUNCTIONS:
        known = ", ".join(sorted(FUNCTIONS))
        raise SyntaxWrongError(f"the function {name} is not known here; known are bin, {known}")
    function, fewest, most = FUNCTIONS[name.lower()]
    given: list[Value] = []
    while not words.take_if(")"):
        if given:
            words.expect(",")
        given.append(_argument(words))
    if not fewest <= len(given) <= most:
        raise SyntaxWrongError(f"{name} does not take {len(given)} arguments")
    return lambda event: function(*(item(event) for item in given))


def _argument(words: Words) -> Value:
    if words.peek().kind == "period":
        period = duration(words.take().text)
        return lambda _: period
    return condition(words)
