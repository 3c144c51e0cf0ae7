"""What a template is made of."""

from dataclasses import dataclass


class TemplateError(ValueError):
    """The template cannot be read, or asks for what is not served."""


@dataclass(frozen=True)
class Text:
    """What stands as it is."""

    text: str


@dataclass(frozen=True)
class Literal:
    """A number, a truth value or a text in single quotes."""

    value: object


@dataclass(frozen=True)
class Quoted:
    """A text in double quotes, which has references in it."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True)
class Listed:
    """A list in brackets."""

    items: "tuple[Value, ...]"


@dataclass(frozen=True)
class Mapped:
    """A map in braces."""

    items: "tuple[tuple[Value, Value], ...]"


@dataclass(frozen=True)
class Step:
    """A property, a call (``arguments``) or an index after a reference."""

    name: str
    arguments: "tuple[Value, ...] | None" = None
    index: "Value | None" = None


@dataclass(frozen=True)
class Reference:
    """``$root.step(...)``; ``source`` is how it is written, for errors."""

    source: str
    root: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Operation:
    """An operator and its one or two sides."""

    operator: str
    sides: "tuple[Value, ...]"


@dataclass(frozen=True)
class Set:
    """``#set($target = value)``."""

    target: Reference
    value: "Value"


@dataclass(frozen=True)
class If:
    """``#if``, ``#elseif`` and, without a condition, ``#else``."""

    branches: "tuple[tuple[Value | None, tuple[Node, ...]], ...]"


@dataclass(frozen=True)
class ForEach:
    """``#foreach($name in items)``."""

    name: str
    items: "Value"
    body: "tuple[Node, ...]"


Value = Literal | Quoted | Listed | Mapped | Reference | Operation
Node = Text | Reference | Set | If | ForEach
