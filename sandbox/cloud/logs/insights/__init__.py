"""Logs Insights queries: an honest part of the language, the rest refused by name.

Written after "CloudWatch Logs Insights query syntax" of the User Guide.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..words import SyntaxWrongError
from . import stages
from .events import Event, shown

__all__ = ["MOST_ROWS", "Event", "Found", "SyntaxWrongError", "run"]

MOST_ROWS = 10_000
_DEFAULT_COLUMNS = ("@timestamp", "@message")


@dataclass(frozen=True)
class Found:
    """What a query found."""

    rows: Sequence[Sequence[dict[str, str]]]
    matched: int
    """Events that passed the filters."""


def run(query: str, events: Iterable[Event], limit: int = MOST_ROWS) -> Found:
    """The rows of ``query`` over ``events``.

    Raises:
        SyntaxWrongError: CloudWatch Logs would refuse the query, or it is not understood here.
    """
    plan = stages.parse(query)
    # As in the console, the newest come first until the query says otherwise.
    table = stages.Table(sorted(events, key=lambda event: event.milliseconds, reverse=True))
    matched: int | None = None
    for stage in plan:
        if stage.narrows_table and matched is None:
            matched = len(table.rows)
        stage.apply(table)
    matched = len(table.rows) if matched is None else matched
    columns = list(table.columns or _DEFAULT_COLUMNS)
    if not table.grouped:
        columns.append("@ptr")
    rows = []
    for event in table.rows[: min(limit, MOST_ROWS)]:
        values = {column: event.get(column) for column in columns}
        rows.append(
            [
                {"field": column, "value": shown(value)}
                for column, value in values.items()
                if value is not None
            ]
        )
    return Found(rows, matched)
