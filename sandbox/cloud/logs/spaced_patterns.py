"""Filter patterns over words: ``[ip, user, time, request, status = 4*, bytes > 1000]``."""

import re
from collections.abc import Callable, Sequence

from .json_patterns import wildcard
from .words import COMPARISONS, SyntaxWrongError

_FIELDS = re.compile(r'"((?:\\.|[^"\\])*)"|\[([^\]]*)\]|(\S+)')
_CONDITION = re.compile(
    r"\s*(?P<name>\w+)\s*(?P<operator>!=|<=|>=|=|<|>)\s*(?P<value>.+?)\s*", re.DOTALL
)
Test = Callable[[str], bool]


class SpacedPattern:
    """See ``patterns.Pattern``. A field may have several conditions, joined by && or ||."""

    def __init__(self, text: str) -> None:
        if not text.endswith("]"):
            raise SyntaxWrongError(f"Invalid filter pattern: {text!r} does not end with ]")
        self._fields = [_field(part.strip()) for part in _split(text[1:-1])]
        if [name for name, _ in self._fields].count("...") > 1:
            raise SyntaxWrongError("Invalid filter pattern: there can be only one ellipsis")

    def match(self, message: str) -> Callable[[str], object] | None:
        """The words of ``message`` by the names that the pattern gives them."""
        words = ["".join(found) for found in _FIELDS.findall(message)]
        fields = self._spread(len(words))
        if fields is None:
            return None
        values: dict[str, str] = {}
        for (name, test), word in zip(fields, words, strict=True):
            if test is not None and not test(word):
                return None
            values[f"${name}"] = word
        return values.get

    def _spread(self, count: int) -> Sequence[tuple[str, Test | None]] | None:
        """One field for each of ``count`` words; None if there are too many or too few."""
        names = [name for name, _ in self._fields]
        if "..." not in names:
            return self._fields if len(names) == count else None
        place, missing = names.index("..."), count - len(names) + 1
        if missing < 0:
            return None
        filler: list[tuple[str, Test | None]] = [("", None)] * missing
        return [*self._fields[:place], *filler, *self._fields[place + 1 :]]


def _split(text: str) -> list[str]:
    return re.findall(r'(?:"(?:\\.|[^"\\])*"|%[^%]*%|[^,"%])+', text)


def _field(text: str) -> tuple[str, Test | None]:
    if text == "..." or re.fullmatch(r"\w+", text):
        return text, None
    any_of: list[list[Test]] = []
    name = ""
    for alternative in text.split("||"):
        tests: list[Test] = []
        for part in alternative.split("&&"):
            found = _CONDITION.fullmatch(part.strip().strip("()"))
            if found is None:
                raise SyntaxWrongError(f"Invalid filter pattern: {part.strip()!r}")
            name = found["name"]
            tests.append(_condition(found["operator"], found["value"]))
        any_of.append(tests)
    return name, lambda word: any(all(test(word) for test in tests) for tests in any_of)


def _condition(operator: str, value: str) -> Test:
    if value.startswith("%"):
        from .patterns import regex

        pattern = regex(value.strip("%"))
        return lambda word: (pattern.search(word) is not None) is (operator == "=")
    try:
        number = float(value)
    except ValueError:
        if operator not in ("=", "!="):
            raise SyntaxWrongError(f"{operator} compares numbers, not {value}") from None
        fits = wildcard(value.strip('"'))
        return lambda word: fits(word) is (operator == "=")
    compare = COMPARISONS[operator]

    def test(word: str) -> bool:
        try:
            return compare(float(word), number)
        except ValueError:
            return operator == "!="

    return test
