"""The two pages: what was deployed, and how it fares. Each is one file that needs nothing else."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from . import charts, colours
from .boards import SPAN_SECONDS, Board, Shown
from .model import Program
from .program import picture

_LINK = re.compile(r"\[([^\]]+)\]\((https?://[^)\s]+)\)")


def program_page(program: Program, title: str, *, dashboards: bool) -> str:
    """The picture, what flows, and every resource."""
    return _render(
        "program.html",
        title=title,
        program=program,
        picture=picture(program, title, heading=False),
        dashboards=dashboards,
    )


def dashboards_page(boards: Sequence[Board], title: str, minute: float, now: float) -> str:
    """Every dashboard as CloudWatch lays it out; those that look over the others first."""
    boards = sorted(boards, key=lambda one: ("overview" not in one.name, one.name))
    span = _span(boards, now, minute)
    ringing = {
        board.name
        for board in boards
        if any(alarm.state == "ALARM" for shown in board.widgets for alarm in shown.alarms)
    }

    def chart(shown: Shown) -> Markup:
        return Markup(charts.chart(shown, span))  # noqa: S704 - made by ElementTree

    return _render(
        "dashboards.html",
        title=title,
        boards=boards,
        ringing=ringing,
        rows=_rows(boards),
        minute=f"{minute:g}",
        moment=datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M:%S"),
        series=colours.SERIES,
        short=charts.short,
        chart=chart,
        markdown=_markdown,
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _render(template: str, **values: object) -> str:
    page = _environment().get_template(template)
    sheet = Markup(colours.variables(":root"))  # noqa: S704 - constants
    return page.render(variables=sheet, sans=Markup(colours.SANS), **values)  # noqa: S704


def _span(boards: Sequence[Board], now: float, minute: float) -> tuple[float, float]:
    """From the first datum to now: a cloud that is young is not drawn as mostly nothing."""
    firsts = [
        one.points[0][0]
        for board in boards
        for shown in board.widgets
        for one in shown.series
        if one.points
    ]
    start = max(min(firsts, default=now - 60), now - SPAN_SECONDS)
    return min(start, now - 12 * minute), now


def _rows(boards: Sequence[Board]) -> dict[tuple[int, str], int]:
    """The row of each widget: widgets of one height on the grid stand in one row of the page."""
    found: dict[tuple[int, str], int] = {}
    for board in boards:
        tops = sorted({_top(shown) for shown in board.widgets})
        for number, shown in enumerate(board.widgets):
            found[number, board.name] = tops.index(_top(shown)) + 1
    return found


def _top(shown: Shown) -> int:
    return int(shown.widget.get("y", 0))


def _markdown(source: str) -> Markup:
    """Headings, paragraphs and links: what the text widgets here are made of."""
    found = Markup()
    for line in source.splitlines():
        marks = len(line) - len(line.lstrip("#"))
        words = _linked(line[marks:].strip())
        if words:
            tag = f"h{min(marks + 2, 6)}" if marks else "p"
            found += Markup(f"<{tag}>") + words + Markup(f"</{tag}>")  # noqa: S704 - tags alone
    return found


def _linked(words: str) -> Markup:
    parts, end = Markup(), 0
    for link in _LINK.finditer(words):
        parts += escape(words[end : link.start()])
        parts += Markup('<a href="{}">{}</a>').format(link[2], link[1])
        end = link.end()
    return parts + escape(words[end:])
