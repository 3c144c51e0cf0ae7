"""JSONPath as Step Functions reads it: the input ``$``, the context ``$$``, variables ``$name``.

A *path* may select several values and call functions; a *reference path* selects one. Names in
the context object are checked too, since a misspelt one fails only when the state runs.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .problems import suggestion

CONTEXT: Mapping[str, Mapping[str, Any]] = {
    "Execution": dict.fromkeys(
        ("Id", "Input", "Name", "RoleArn", "StartTime", "RedriveCount", "RedriveTime")
    ),
    "State": dict.fromkeys(("EnteredTime", "Name", "RetryCount")),
    "StateMachine": dict.fromkeys(("Id", "Name")),
    "Task": dict.fromkeys(("Token",)),
    "Map": {"Item": dict.fromkeys(("Index", "Key", "Value", "Source"))},
}
"""What the context object holds; None is where a document of the user begins."""

_ROOT = re.compile(r"\$\$|\$(?P<variable>[^\W\d]\w*)?")
_NAME = re.compile(r"(?:\\.|[^\s.\[\]()*\\])+")
_ESCAPE = re.compile(r"\\(.)")
_INDEX = re.compile(r"\s*\d+\s*")
_QUOTED = re.compile(r"""\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*""")
_NUMBERS = re.compile(r"\s*-?\d*\s*(?:[:,]\s*-?\d*\s*)*")


class BadPath(Exception):  # noqa: N818 - not an error yet: the caller names state and field
    """What is wrong with a path, to be put after the field's name."""


@dataclass(frozen=True)
class Path:
    """A path that was read."""

    root: str
    """``$``, ``$$`` or ``$variable``."""
    names: Sequence[str]
    """The names that follow the root, up to the first index, wildcard or filter."""

    @property
    def variable(self) -> str:
        """The workflow variable that it starts from, or ``""``."""
        return self.root[1:] if self.root not in ("$", "$$") else ""


@lru_cache(maxsize=4096)  # a machine says the same few hundred times
def read(text: str, *, single: bool = False, functions: bool = True) -> Path:
    """The path in ``text``.

    Args:
        text: the whole path.
        single: only what selects a single value, as a reference path does.
        functions: ``length()`` and its like are allowed.

    Raises:
        BadPath: AWS would not take it, or it names what the context object does not have.
    """
    root = _ROOT.match(text)
    if root is None:
        raise BadPath(f"{text!r} is no path. A path starts with '$', as in '$.order.id'.")
    names: list[str] = []
    plain, position = True, root.end()
    while position < len(text):
        position, name = _segment(text, position, single=single, functions=functions)
        plain = plain and name is not None
        if plain and name is not None:
            names.append(name)
    path = Path(root.group(), tuple(names))
    if path.root == "$$":
        check_context(path.names, "$$.")
    return path


def check_context(names: Sequence[str], prefix: str) -> None:
    """Refuse names that the context object does not have.

    Args:
        names: what follows the context object, as in ``Execution``, ``Name``.
        prefix: how the names were written: ``$$.`` or ``$states.context.``.

    Raises:
        BadPath: names the nearest one.
    """
    known: Mapping[str, Any] | None = CONTEXT
    for index, name in enumerate(names):
        if known is None:
            return
        if name not in known:
            before = prefix + "".join(f"{earlier}." for earlier in names[:index])
            raise BadPath(f"the context object has no {before}{name}. {suggestion(name, known)}")
        known = known[name]


def _segment(text: str, position: int, *, single: bool, functions: bool) -> tuple[int, str | None]:
    """The end of the segment at ``position``, and its name when it is a plain one."""
    if text[position] == "[":
        return _bracket(text, position, single=single)
    if text[position] != ".":
        raise BadPath(
            f"{text!r} goes wrong at {text[position:]!r}. After {text[:position]!r} comes '.name' "
            "or '[...]'."
        )
    after = position + 1
    deep = text.startswith(".", after)
    if deep:
        _one_value(text, "..", single)
        after += 1
    if text.startswith("*", after):
        _one_value(text, "*", single)
        return after + 1, None
    if deep and text.startswith("[", after):
        return _bracket(text, after, single=single)
    name = _NAME.match(text, after)
    if name is None:
        if after < len(text) and text[after].isspace():
            raise BadPath(f"{text!r} has a blank in a name. Write ['the name'] with brackets.")
        raise BadPath(f"{text!r} has no name after '.'. Write '.name', or leave the dot out.")
    if text.startswith("(", name.end()):
        if not functions:
            raise BadPath(
                f"{text!r} calls {name.group()}(), which a reference path cannot. Compute it in a "
                "Pass state before."
            )
        return _closing(text, name.end(), "(", ")"), None
    return name.end(), None if deep else _ESCAPE.sub(r"\1", name.group())


def _bracket(text: str, position: int, *, single: bool) -> tuple[int, str | None]:
    end = _closing(text, position, "[", "]")
    inside = text[position + 1 : end - 1]
    if quoted := _QUOTED.fullmatch(inside):
        return end, quoted.group(1) if quoted.group(1) is not None else quoted.group(2)
    if _INDEX.fullmatch(inside):
        return end, None
    if inside.strip() == "*":
        _one_value(text, "*", single)
    elif inside.lstrip().startswith("?"):
        _one_value(text, "?", single)
        if not re.fullmatch(r"\s*\?\s*\(.+\)\s*", inside, re.DOTALL):
            raise BadPath(f"{text!r} has a filter that is none. Write '[?(@.price > 10)]'.")
    elif inside.strip() and _NUMBERS.fullmatch(inside):
        _one_value(text, f"[{inside}]", single)
    elif "," in inside and all(_QUOTED.fullmatch(part) for part in inside.split(",")):
        _one_value(text, ",", single)
    else:
        raise BadPath(
            f"{text!r} has [{inside}]. In brackets stands an index, a name in quotes, '*', a "
            "slice or a filter."
        )
    return end, None


def _closing(text: str, position: int, opening: str, closing: str) -> int:
    """Behind the bracket that closes the one at ``position``."""
    depth, quote, index = 0, "", position
    while index < len(text):
        char = text[index]
        if char == "\\":
            index += 1
        elif quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char == opening:
            depth += 1
        elif char == closing:
            depth -= 1
            if depth == 0:
                return index + 1
        index += 1
    missing = f"the quote {quote}" if quote else repr(closing)
    raise BadPath(f"{text!r} is cut off: {missing} is missing.")


def _one_value(text: str, what: str, single: bool) -> None:
    if single:
        raise BadPath(
            f"{text!r} is no reference path: with {what!r} it may select several values. Name one "
            "field, as in '$.order.id'."
        )
