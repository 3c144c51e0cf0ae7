"""The commands of a query, and the table that they work on one after another."""

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..words import SyntaxWrongError, Words
from .events import Event, number, shown
from .expressions import KINDS, SKIPPED, Value, condition, name_of, sum_of, text_of
from .functions import AGGREGATES, aggregate

MOST_LIMIT = 10_000


@dataclass
class Table:
    """Rows and the columns that are shown of them."""

    rows: list[Event]
    columns: list[str] = field(default_factory=list)
    displayed: bool = False
    grouped: bool = False
    """Whether the rows are those of a statistic."""


@dataclass(frozen=True)
class Stage:
    """One command."""

    apply: Callable[[Table], None]
    narrows_table: bool = False
    """Whether rows after it are no longer the events that matched."""


def parse(query: str) -> Sequence[Stage]:
    """The commands of ``query``."""
    words = Words(query, KINDS, SKIPPED)
    stages: list[Stage] = []
    while True:
        token = words.peek()
        if token.kind == "parsed":
            words.take()
            stages.append(_parse(token.text))
        else:
            command = token.text.lower()
            if command not in _COMMANDS:
                known = ", ".join(sorted([*_COMMANDS, "parse"]))
                raise SyntaxWrongError(
                    f"the command {token.text!r} is not known here; known are {known}"
                )
            words.take()
            stages.append(_COMMANDS[command](words))
        if not words.take_if("|"):
            break
    words.expect_kind("end")
    return stages


def _named(words: Words) -> list[tuple[str, Value]]:
    """``expression [as name]``, several of them; a column is called as it is written."""
    found: list[tuple[str, Value]] = []
    while not found or words.take_if(","):
        begin = words.peek().at
        value = condition(words)
        name = words.written(begin).strip("`")
        found.append((name_of(words) if words.take_if("as") else name, value))
    return found


def _fields(words: Words) -> Stage:
    named = _named(words)

    def apply(table: Table) -> None:
        _compute(table, named)
        if not table.displayed:
            table.columns += [name for name, _ in named if name not in table.columns]

    return Stage(apply)


def _display(words: Words) -> Stage:
    named = _named(words)

    def apply(table: Table) -> None:
        _compute(table, named)
        table.columns, table.displayed = [name for name, _ in named], True

    return Stage(apply)


def _compute(table: Table, named: Sequence[tuple[str, Value]]) -> None:
    for event in table.rows:
        for name, value in named:
            event.put(name, value(event))


def _filter(words: Words) -> Stage:
    wanted = condition(words)

    def apply(table: Table) -> None:
        table.rows = [event for event in table.rows if wanted(event)]

    return Stage(apply)


def _sort(words: Words) -> Stage:
    keys: list[tuple[Value, bool]] = []
    while not keys or words.take_if(","):
        begin = words.peek().at
        value = _column_or(words, begin)
        descending = words.take_if("desc")
        if not descending:
            words.take_if("asc")
        keys.append((value, descending))

    def apply(table: Table) -> None:
        for value, descending in reversed(keys):
            table.rows.sort(key=functools.partial(_order, value), reverse=descending)

    return Stage(apply)


def _column_or(words: Words, begin: int) -> Value:
    """A field, a column that is called like a call (``count(*)``), or an expression."""
    if words.peek().text.lower() in AGGREGATES and words.peek(1).text == "(":
        depth = 0
        while True:
            token = words.take()
            if token.kind == "end":
                raise SyntaxWrongError("sort: a bracket is not closed")
            depth += {"(": 1, ")": -1}.get(token.text, 0)
            if token.text == ")" and depth == 0:
                break
        name = words.written(begin)
        return lambda event: event.get(name)
    value = sum_of(words)
    name = words.written(begin)
    return lambda event: found if (found := event.get(name)) is not None else value(event)


def _order(of: Value, event: Event) -> tuple[int, float, str]:
    """Numbers before texts, nothing first."""
    value = of(event)
    if value is None:
        return (0, 0.0, "")
    if (found := number(value)) is not None:
        return (1, found, "")
    return (2, 0.0, shown(value))


def _limit(words: Words) -> Stage:
    most = _count(words)

    def apply(table: Table) -> None:
        del table.rows[most:]

    return Stage(apply, narrows_table=True)


def _tail(words: Words) -> Stage:
    most = _count(words)

    def apply(table: Table) -> None:
        table.rows = table.rows[::-1][:most]

    return Stage(apply, narrows_table=True)


def _count(words: Words) -> int:
    count = int(float(words.expect_kind("number").text))
    if not 1 <= count <= MOST_LIMIT:
        raise SyntaxWrongError(f"limit is {count} and must be from 1 to {MOST_LIMIT}")
    return count


def _dedup(words: Words) -> Stage:
    names = [name_of(words)]
    while words.take_if(","):
        names.append(name_of(words))

    def apply(table: Table) -> None:
        kept: dict[tuple[str, ...], Event] = {}
        for event in table.rows:
            values = [event.get(name) for name in names]
            if all(value is not None for value in values):
                kept.setdefault(tuple(map(shown, values)), event)
        table.rows = list(kept.values())

    return Stage(apply, narrows_table=True)


def _stats(words: Words) -> Stage:
    wanted: list[tuple[str, Callable[[Sequence[Event]], Any]]] = []
    while not wanted or words.take_if(","):
        begin = words.peek().at
        compute = _aggregate(words)
        name = words.written(begin)
        wanted.append((name_of(words) if words.take_if("as") else name, compute))
    by = _named(words) if words.take_if("by") else []

    def apply(table: Table) -> None:
        groups: dict[tuple[str, ...], list[Event]] = {}
        for event in table.rows:
            key = tuple(shown(value(event)) for _, value in by)
            groups.setdefault(key, []).append(event)
        if not groups and not by:
            groups[()] = []
        rows: list[Event] = []
        for events in groups.values():
            fields = {name: value(events[0]) for name, value in by}
            fields |= {name: compute(events) for name, compute in wanted}
            rows.append(Event(fields))
        table.rows, table.grouped, table.displayed = rows, True, False
        table.columns = [*(name for name, _ in by), *(name for name, _ in wanted)]

    return Stage(apply, narrows_table=True)


def _aggregate(words: Words) -> Callable[[Sequence[Event]], Any]:
    name = words.expect_kind("name").text.lower()
    if name not in AGGREGATES:
        raise SyntaxWrongError(f"{name} is no statistic; known are {', '.join(sorted(AGGREGATES))}")
    words.expect("(")
    if name == "count" and (words.take_if("*") or words.peek().text == ")"):
        words.expect(")")
        return len
    value, share = sum_of(words), 0.0
    if name == "pct":
        words.expect(",")
        share = float(words.expect_kind("number").text)
    words.expect(")")

    def compute(events: Sequence[Event]) -> Any:
        values = [found for event in events if (found := value(event)) is not None]
        return aggregate(name, values, share)

    return compute


def _parse(text: str) -> Stage:
    """``parse field "glob * of *" as a, b`` or ``parse field /(?<a>regex)/``."""
    found = re.fullmatch(
        r"(?is)parse\s+(?:([@\w.]+|`[^`]+`)\s+)?(/.*/|'.*'|\".*\")(?:\s+as\s+(.*))?", text
    )
    if found is None:
        raise SyntaxWrongError(f"{text!r} is not understood")
    source, shape = (found[1] or "@message").strip("`"), found[2]
    names = [name.strip() for name in (found[3] or "").split(",") if name.strip()]
    try:
        if shape.startswith("/"):
            pattern = re.compile(re.sub(r"\(\?<(?![=!])", "(?P<", shape[1:-1]))
            names = names or list(pattern.groupindex)
        else:
            parts = [re.escape(part) for part in text_of(shape).split("*")]
            end = r"\Z" if shape[-2] == "*" else ""
            pattern = re.compile("(.*?)".join(parts) + end, re.DOTALL)
    except re.error as error:
        raise SyntaxWrongError(f"{shape} is no regular expression: {error}") from None
    if not names or pattern.groups != len(names):
        raise SyntaxWrongError(f"parse finds {pattern.groups} values and names {len(names)}")

    def apply(table: Table) -> None:
        for event in table.rows:
            match = pattern.search(shown(event.get(source) or ""))
            if match is not None:
                for name, value in zip(names, match.groups(), strict=True):
                    event.put(name, value)

    return Stage(apply)


_COMMANDS: Mapping[str, Callable[[Words], Stage]] = {
    "dedup": _dedup,
    "display": _display,
    "fields": _fields,
    "filter": _filter,
    "head": _limit,
    "limit": _limit,
    "sort": _sort,
    "stats": _stats,
    "tail": _tail,
}
