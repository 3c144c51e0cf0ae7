"""Filter patterns over JSON: ``{ $.level = "ERROR" && $.took > 1000 }``."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from .words import COMPARISONS, SyntaxWrongError, Words

_KINDS = [
    ("space", r"\s+"),
    ("selector", r"\$(?:\.[\w@-]+|\.?\['[^']+'\]|\.?\[\"[^\"]+\"\]|\[(?:\d+|\*)\])+"),
    ("string", r'"(?:\\.|[^"\\])*"'),
    ("regex", r"%[^%]*%"),
    ("number", r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.*:/@-])"),
    ("operator", r"&&|\|\||!=|<=|>=|[=<>(){}]"),
    ("word", r"[\w*.?:/@#+-]+"),
]
_STEP = re.compile(r"\.?\['([^']+)'\]|\.?\[\"([^\"]+)\"\]|\.([\w@-]+)|\[(\d+|\*)\]")
Test = Callable[[Any], bool]


class JsonPattern:
    """See ``patterns.Pattern``."""

    def __init__(self, text: str) -> None:
        words = Words(text, _KINDS, ["space"])
        words.expect("{")
        self._test = _either(words)
        words.expect("}")
        words.expect_kind("end")

    def match(self, message: str) -> Callable[[str], object] | None:
        """The values of the object that ``message`` is."""
        if not message.lstrip().startswith("{"):
            return None
        try:
            document = json.loads(message)
        except ValueError:
            return None
        if not isinstance(document, dict) or not self._test(document):
            return None
        return lambda selector: next(iter(select(document, selector)), None)


def select(document: object, selector: str) -> list[Any]:
    """The values at ``selector``: one, none, or several where it says ``[*]``."""
    found: list[Any] = [document]
    for single, double, plain, index in _STEP.findall(selector[1:]):
        key = single or double or plain
        following: list[Any] = []
        for value in found:
            if key and isinstance(value, Mapping) and key in value:
                following.append(value[key])
            elif index == "*" and isinstance(value, list):
                following.extend(value)
            elif index.isdigit() and isinstance(value, list) and int(index) < len(value):
                following.append(value[int(index)])
        found = following
    return found


def _either(words: Words) -> Test:
    tests = [_both(words)]
    while words.take_if("||"):
        tests.append(_both(words))
    return tests[0] if len(tests) == 1 else lambda document: any(test(document) for test in tests)


def _both(words: Words) -> Test:
    tests = [_one(words)]
    while words.take_if("&&"):
        tests.append(_one(words))
    return tests[0] if len(tests) == 1 else lambda document: all(test(document) for test in tests)


def _one(words: Words) -> Test:
    if words.take_if("("):
        test = _either(words)
        words.expect(")")
        return test
    selector = words.expect_kind("selector").text
    if words.take_if("IS"):
        constant = words.take().text.upper()
        if constant not in ("TRUE", "FALSE", "NULL"):
            raise SyntaxWrongError(f"IS takes TRUE, FALSE or NULL, not {constant}")
        wanted = {"TRUE": True, "FALSE": False, "NULL": None}[constant]
        return lambda document: any(value is wanted for value in select(document, selector))
    if words.take_if("NOT", "EXISTS"):
        return lambda document: not select(document, selector)
    if words.take_if("EXISTS"):
        return lambda document: bool(select(document, selector))
    operator = words.expect_kind("operator").text
    if operator not in COMPARISONS:
        raise SyntaxWrongError(f"{operator!r} compares nothing")
    return _comparison(selector, operator, words)


def _comparison(selector: str, operator: str, words: Words) -> Test:
    token = words.expect_kind("number", "string", "regex", "word")
    equal = operator in ("=", "!=")
    if token.kind == "number":
        number, compare = float(token.text), COMPARISONS[operator]
        return lambda document: any(
            compare(float(value), number) for value in select(document, selector) if _number(value)
        )
    if not equal:
        raise SyntaxWrongError(f"{operator} compares numbers, not {token.text}")
    if token.kind == "regex":
        from .patterns import regex

        pattern = regex(token.text[1:-1])
        return _text(selector, operator, lambda text: pattern.search(text) is not None)
    text = token.text
    if token.kind == "string":
        text = re.sub(r"\\(.)", r"\1", text[1:-1])
    return _text(selector, operator, wildcard(text))


def _text(selector: str, operator: str, fits: Callable[[str], bool]) -> Test:
    wanted = operator == "="

    def test(document: Any) -> bool:
        values = [
            value for value in select(document, selector) if isinstance(value, str | int | float)
        ]
        return any(fits(as_text(value)) is wanted for value in values)

    return test


def as_text(value: object) -> str:
    """A value as it stands in JSON; a string without its quotes."""
    return value if isinstance(value, str) else json.dumps(value)


def wildcard(text: str) -> Callable[[str], bool]:
    """Whether a value is ``text``, in which ``*`` stands for anything."""
    if "*" not in text:
        return lambda value: value == text
    pattern = re.compile(".*".join(map(re.escape, text.split("*"))), re.DOTALL)
    return lambda value: pattern.fullmatch(value) is not None


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
