"""Filter patterns of metric filters, subscriptions and FilterLogEvents.

Written after "Filter pattern syntax" of the CloudWatch Logs User Guide: terms, JSON and
space-delimited patterns. Matching is case-sensitive, as there.
"""

import functools
import re
from collections.abc import Callable, Mapping
from typing import Protocol

from . import json_patterns, spaced_patterns
from .words import SyntaxWrongError


class Pattern(Protocol):
    """A pattern that can be asked."""

    def match(self, message: str) -> Callable[[str], object] | None:
        """None, or what gives the value of a selector such as ``$.took`` or ``$size``."""
        ...


@functools.lru_cache(maxsize=512)
def compiled(text: str) -> Pattern:
    """The pattern of ``text``.

    Raises:
        SyntaxWrongError: CloudWatch Logs would refuse it.
    """
    stripped = text.strip()
    if stripped.startswith("{"):
        return json_patterns.JsonPattern(stripped)
    if stripped.startswith("["):
        return spaced_patterns.SpacedPattern(stripped)
    return _Terms(stripped)


def matches(text: str, message: str) -> bool:
    """Whether ``message`` fits the pattern ``text``."""
    return compiled(text).match(message) is not None


def metric_value(text: str, selected: Callable[[str], object]) -> float | None:
    """What a metric filter publishes for a match: a number, or the value of a selector."""
    value = selected(text) if text.startswith("$") else text
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def dimensions(
    wanted: Mapping[str, str], selected: Callable[[str], object]
) -> dict[str, str] | None:
    """The dimensions of a match; None if one of them is not there, and no metric is made."""
    found = {name: selected(selector) for name, selector in wanted.items()}
    if any(value is None or value == "" for value in found.values()):
        return None
    return {name: str(value) for name, value in found.items()}


_TERM = re.compile(
    r'\s*(?P<sign>[?-]?)(?:"(?P<phrase>(?:\\.|[^"\\])*)"|%(?P<regex>[^%]*)%|(?P<word>[^\s"%]+))'
)


class _Terms:
    """Words that must all be there, ``?words`` of which one must be, ``-words`` that must not."""

    def __init__(self, text: str) -> None:
        self._all: list[Callable[[str], bool]] = []
        self._any: list[Callable[[str], bool]] = []
        self._none: list[Callable[[str], bool]] = []
        place = 0
        while text[place:].strip():
            found = _TERM.match(text, place)
            if found is None:
                raise SyntaxWrongError(f"Invalid filter pattern at {place}: {text[place:]!r}")
            place = found.end()
            group = {"": self._all, "?": self._any, "-": self._none}[found["sign"]]
            group.append(_term(found))

    def match(self, message: str) -> Callable[[str], object] | None:
        """See ``Pattern``; a text has no selectors."""
        # "?terms" count only where there is no other term that must be there.
        one = not self._any or bool(self._all) or any(test(message) for test in self._any)
        every = all(test(message) for test in self._all)
        if one and every and not any(test(message) for test in self._none):
            return lambda _: None
        return None


def _term(found: "re.Match[str]") -> Callable[[str], bool]:
    if found["regex"] is not None:
        compiled_regex = regex(found["regex"])
        return lambda message: compiled_regex.search(message) is not None
    if found["phrase"] is not None:
        phrase = re.sub(r"\\(.)", r"\1", found["phrase"])
        return lambda message: phrase in message
    word = found["word"]
    if not re.fullmatch(r"\w+", word):
        raise SyntaxWrongError(
            f"Invalid character(s) in term {word!r}: other than letters, digits and underscore "
            "they stand in double quotes"
        )
    return lambda message: word in message


def regex(text: str) -> "re.Pattern[str]":
    """What stands between two ``%``."""
    try:
        return re.compile(text)
    except re.error as error:
        raise SyntaxWrongError(f"Invalid regular expression {text!r}: {error}") from None
