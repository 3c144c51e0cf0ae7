"""Reads a template into nodes; says where it stops making sense."""

import re
from collections.abc import Iterator

from .nodes import (
    ForEach,
    If,
    Listed,
    Literal,
    Mapped,
    Node,
    Operation,
    Quoted,
    Reference,
    Set,
    Step,
    TemplateError,
    Text,
    Value,
)

_NAME = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)
_WORDS = "set|if|elseif|else|end|foreach|macro|include|parse|evaluate|stop|break|define"
_DIRECTIVE = re.compile(rf"#(?:\{{({_WORDS})\}}|({_WORDS})(?!\w))")
_COMMENT = re.compile(r"##[^\n]*\n?|#\*.*?\*#", re.DOTALL)
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_SPACE = re.compile(r"\s*")
_LINE_END = re.compile(r"[ \t]*\r?\n")
_OPERATORS: tuple[tuple[str, ...], ...] = (
    ("||", "or"),
    ("&&", "and"),
    ("==", "!=", "eq", "ne"),
    ("<=", ">=", "<", ">", "le", "ge", "lt", "gt"),
    ("+", "-"),
    ("*", "/", "%"),
)
"""What binds less comes first."""
SAME = {
    "or": "||",
    "and": "&&",
    "eq": "==",
    "ne": "!=",
    "le": "<=",
    "ge": ">=",
    "lt": "<",
    "gt": ">",
}


def parse(text: str) -> tuple[Node, ...]:
    """The nodes of a template."""
    reader = _Reader(text)
    nodes, end = reader.nodes()
    if end is not None:
        raise reader.wrong(f"#{end} without its beginning")
    return nodes


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def wrong(self, problem: str) -> TemplateError:
        line = self.text.count("\n", 0, self.at) + 1
        return TemplateError(f"line {line}: {problem}.")

    def nodes(self) -> tuple[tuple[Node, ...], str | None]:
        """Nodes until the text or the block ends; and the directive that ended it."""
        found: list[Node] = []
        plain: list[str] = []

        def flush() -> None:
            if plain:
                found.append(Text("".join(plain)))
                plain.clear()

        while self.at < len(self.text):
            if comment := _COMMENT.match(self.text, self.at):
                self.at = comment.end()
            elif (directive := _DIRECTIVE.match(self.text, self.at)) is not None:
                self._drop_indent(plain)
                flush()
                name = directive[1] or directive[2]
                self.at = directive.end()
                if name in ("end", "else", "elseif"):
                    if name != "elseif":
                        self._drop_line_end()
                    return tuple(found), name
                found.append(self._directive(name))
            elif (reference := self._reference()) is not None:
                flush()
                found.append(reference)
            else:
                plain.append(self.text[self.at])
                self.at += 1
        flush()
        return tuple(found), None

    def _directive(self, name: str) -> Node:
        if name == "set":
            return self._set()
        if name == "if":
            return self._if()
        if name == "foreach":
            return self._foreach()
        raise self.wrong(f"#{name} is not served. Allowed: #set, #if, #elseif, #else, #foreach")

    def _set(self) -> Set:
        self._expect("(")
        target = self._need_reference()
        self._expect("=")
        value = self.value()
        self._close()
        return Set(target, value)

    def _if(self) -> If:
        branches: list[tuple[Value | None, tuple[Node, ...]]] = []
        condition: Value | None = self._condition()
        while True:
            body, end = self.nodes()
            branches.append((condition, body))
            if end == "end":
                return If(tuple(branches))
            if end is None or condition is None:
                raise self.wrong("#if without its #end")
            condition = self._condition() if end == "elseif" else None

    def _condition(self) -> Value:
        self._expect("(")
        value = self.value()
        self._close()
        return value

    def _foreach(self) -> ForEach:
        self._expect("(")
        name = self._need_reference().root
        self._expect("in")
        items = self.value()
        self._close()
        body, end = self.nodes()
        if end != "end":
            raise self.wrong("#foreach without its #end")
        return ForEach(name, items, body)

    def value(self, level: int = 0) -> Value:
        """An expression; operators of a higher level bind more."""
        if level == len(_OPERATORS):
            return self._operand()
        left = self.value(level + 1)
        while (operator := self._operator(level)) is not None:
            left = Operation(SAME.get(operator, operator), (left, self.value(level + 1)))
        return left

    def _operator(self, level: int) -> str | None:
        self._skip()
        for operator in _OPERATORS[level]:
            after = self.text[self.at + len(operator) : self.at + len(operator) + 1]
            word = operator.isalpha() and (after.isalnum() or after == "_")
            if self.text.startswith(operator, self.at) and not word:
                self.at += len(operator)
                return operator
        return None

    def _operand(self) -> Value:
        self._skip()
        rest = self.text[self.at : self.at + 1]
        if rest == "(":
            self.at += 1
            value = self.value()
            self._expect(")")
            return value
        if rest == "!":
            self.at += 1
            return Operation("!", (self._operand(),))
        if rest in ("'", '"'):
            return self._quoted(rest)
        if rest == "[":
            return Listed(tuple(self._items("]")))
        if rest == "{":
            return Mapped(tuple(self._entries()))
        if number := _NUMBER.match(self.text, self.at):
            self.at = number.end()
            return Literal(float(number[0]) if number[1] else int(number[0]))
        if (reference := self._reference()) is not None:
            return reference
        word = _NAME.match(self.text, self.at)
        if word and word[0] in ("true", "false", "null"):
            self.at = word.end()
            return Literal({"true": True, "false": False}.get(word[0]))
        raise self.wrong(f"a value is missing before {self.text[self.at : self.at + 10]!r}")

    def _quoted(self, mark: str) -> Value:
        end = self.at + 1
        while self.text[end : end + 1] != mark or self.text[end + 1 : end + 2] == mark:
            if end >= len(self.text):
                raise self.wrong(f"a text begins with {mark} and does not end")
            end += 2 if self.text[end] == mark else 1
        inner = self.text[self.at + 1 : end].replace(mark * 2, mark)
        self.at = end + 1
        return Literal(inner) if mark == "'" else Quoted(parse(inner))

    def _items(self, end: str) -> Iterator[Value]:
        """Values between the bracket that is next and ``end``."""
        self.at += 1
        while not self._took(end):
            yield self.value()
            if not self._took(","):
                self._expect(end)
                return

    def _entries(self) -> Iterator[tuple[Value, Value]]:
        self.at += 1
        while not self._took("}"):
            key = self.value()
            self._expect(":")
            yield key, self.value()
            if not self._took(","):
                self._expect("}")
                return

    def _need_reference(self) -> Reference:
        self._skip()
        if (reference := self._reference()) is None:
            raise self.wrong("a variable is missing")
        return reference

    def _reference(self) -> Reference | None:
        start = self.at
        if not self.text.startswith("$", start):
            return None
        position = start + 1
        position += self.text.startswith("!", position)  # nothing is printed anyway
        braced = self.text.startswith("{", position)
        position += braced
        root = _NAME.match(self.text, position)
        if root is None:
            return None
        self.at = root.end()
        steps = tuple(self._steps())
        if braced:
            if not self.text.startswith("}", self.at):
                raise self.wrong("a reference in braces does not end")
            self.at += 1
        return Reference(self.text[start : self.at], root[0], steps)

    def _steps(self) -> Iterator[Step]:
        while True:
            name = None
            if self.text.startswith(".", self.at):
                name = _NAME.match(self.text, self.at + 1)
            if name is not None:
                self.at = name.end()
                called = self.text.startswith("(", self.at)
                yield Step(name[0], tuple(self._items(")")) if called else None)
            elif self.text.startswith("[", self.at):
                (index,) = self._items("]")
                yield Step("", index=index)
            else:
                return

    def _skip(self) -> None:
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def _took(self, what: str) -> bool:
        self._skip()
        if not self.text.startswith(what, self.at):
            return False
        self.at += len(what)
        return True

    def _expect(self, what: str) -> None:
        if not self._took(what):
            raise self.wrong(f"{what!r} is missing before {self.text[self.at : self.at + 10]!r}")

    def _close(self) -> None:
        self._expect(")")
        self._drop_line_end()

    def _drop_line_end(self) -> None:
        """A directive takes the end of its line along."""
        if found := _LINE_END.match(self.text, self.at):
            self.at = found.end()

    @staticmethod
    def _drop_indent(plain: list[str]) -> None:
        while plain and plain[-1] in " \t":
            plain.pop()
