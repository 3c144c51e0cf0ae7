"""Cuts a text into tokens, for the languages of CloudWatch Logs."""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
"""What the signs of these languages mean."""


class SyntaxWrongError(ValueError):
    """A pattern or query that CloudWatch Logs would refuse, or that is not understood here."""


@dataclass(frozen=True)
class Token:
    """One word of a text."""

    kind: str
    text: str
    at: int


class Words:
    """The tokens of a text and how far they have been read."""

    def __init__(self, text: str, kinds: Sequence[tuple[str, str]], skipped: Sequence[str]) -> None:
        """Cut ``text`` by the first of ``kinds`` (name, regular expression) that fits."""
        pattern = re.compile("|".join(f"(?P<{name}>{what})" for name, what in kinds))
        self.text, self._tokens, self._next = text, list[Token](), 0
        place = 0
        while place < len(text):
            found = pattern.match(text, place)
            if found is None or found.end() == place:
                raise SyntaxWrongError(f"unexpected {text[place : place + 12]!r} at {place}")
            if found.lastgroup and found.lastgroup not in skipped:
                self._tokens.append(Token(found.lastgroup, found.group(), place))
            place = found.end()

    def peek(self, ahead: int = 0) -> Token:
        """The next token, or one further on; kind ``end`` past the last."""
        index = self._next + ahead
        if index < len(self._tokens):
            return self._tokens[index]
        return Token("end", "the end", len(self.text))

    def take(self) -> Token:
        """The next token, which is read by that."""
        token = self.peek()
        self._next += 1
        return token

    def written(self, begin: int) -> str:
        """The text from ``begin`` to the end of the token that was read last."""
        last = self._tokens[self._next - 1]
        return self.text[begin : last.at + len(last.text)]

    def take_if(self, *texts: str) -> bool:
        """Read the next tokens if they are these words, in any case."""
        for ahead, text in enumerate(texts):
            if self.peek(ahead).text.lower() != text.lower():
                return False
        self._next += len(texts)
        return True

    def expect(self, text: str) -> None:
        """Read the next token, which must be this."""
        if not self.take_if(text):
            raise self.wrong(f"{text!r} expected")

    def expect_kind(self, *kinds: str) -> Token:
        """Read the next token, which must be of one of these kinds."""
        if self.peek().kind not in kinds:
            raise self.wrong(f"{' or '.join(kinds)} expected")
        return self.take()

    def wrong(self, message: str) -> SyntaxWrongError:
        """An error at the next token."""
        token = self.peek()
        return SyntaxWrongError(f"{message} instead of {token.text!r} at {token.at}")
