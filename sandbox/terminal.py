"""What a person sees: progress while the program deploys, journeys, and where to look.

Everything for the person goes to standard error while `--json` owns standard output.
"""

import json
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from sandbox.deploy import Event, Result
from sandbox.journeys import Report

if TYPE_CHECKING:
    from sandbox.storm import Finding

_MARK = {"passed": "[green]✓[/]", "failed": "[red]✗[/]", "skipped": "[yellow]-[/]"}
_DONE = {"created": "green", "updated": "cyan", "replaced": "magenta", "deleted": "yellow"}


class Terminal:
    """Rich output for a person, or one JSON document for a program."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.console = Console(stderr=as_json, highlight=False, soft_wrap=True)
        self._errors = Console(stderr=True, highlight=False, soft_wrap=True)
        self._status = self.console.status("")
        self._under_way: dict[str, str] = {}

    def say(self, text: str) -> None:
        """One line."""
        self.console.print(escape(text))

    def warn(self, text: str) -> None:
        """A line that stands out."""
        self.console.print(f"[yellow]{escape(text)}[/]")

    def fail(self, text: str) -> None:
        """A user's answer to what went wrong, without a traceback."""
        self._errors.print(f"[bold red]error:[/] {escape(text)}")

    def progress(self, event: Event) -> None:
        """Follow a deployment; what is unchanged is not worth a line."""
        label = f"{event.type.rpartition(':')[2]} {event.name}"
        if event.kind == "start":
            self._under_way[event.urn] = f"{event.detail} {label}"
        elif event.kind in ("log", "note"):
            (self.warn if event.level in ("warning", "error") else self.say)(f"  {event.detail}")
        else:
            self._under_way.pop(event.urn, None)
        if event.kind in _DONE:
            color = _DONE[event.kind]
            self.console.print(
                f"  [{color}]{event.kind:9}[/] {escape(label)} [dim]{event.seconds:.1f} s[/]"
            )
        self._status.update(
            escape(
                f"{len(self._under_way)} under way: {', '.join(list(self._under_way.values())[:3])}"
            )
            if self._under_way
            else "…"
        )

    def __enter__(self) -> "Terminal":
        self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._status.stop()

    def summary(self, result: Result) -> None:
        """How many resources did what, and which of them are recorded only."""
        counts = ", ".join(f"{count} {op}" for op, count in result.counts.items() if count)
        self.say(f"Deployed in {result.seconds:.1f} s: {counts or 'nothing to do'}.")
        recorded = sorted(
            {
                f"{item.type}: {item.reason}"
                for item in result.resources
                if item.verdict == "recorded"
            }
        )
        for line in recorded:
            self.warn(f"  recorded only: {line}")

    def journey(self, report: Report) -> None:
        """A journey with what was seen."""
        self.console.print(f"{_MARK[report.verdict]} {escape(report.title)}")
        for line in report.evidence:
            style = "red" if report.verdict == "failed" and line is report.evidence[-1] else "dim"
            self.console.print(f"    [{style}]{escape(line)}[/]")

    @contextmanager
    def counting(self, what: str, total: int) -> Generator[Callable[[], None]]:
        """A bar that moves on with each call of what it yields."""
        with Progress(console=self.console, transient=True) as progress:
            task = progress.add_task(what, total=total)
            yield lambda: progress.advance(task)

    def storm(self, finding: "Finding", *, throttled: int, redriven: int) -> None:
        """How a storm's orders ended, and whether the books are right."""
        table = Table(box=None, header_style="bold")
        for title in ("what befell them", "shipped", "failed", "other"):
            table.add_column(title, justify="left" if title.startswith("what") else "right")
        for name, ends in sorted(finding.by_weather.items()):
            shipped, failed = ends.get("shipped", 0), ends.get("failed", 0)
            other = sum(ends.values()) - shipped - failed
            table.add_row(name, *(str(count or "") for count in (shipped, failed, other)))
        self.console.print(table)
        self.say(
            f"{finding.orders} orders, {finding.executions} executions, {redriven} redriven, "
            f"payments throttled {throttled} times."
        )
        self.say(
            f"{finding.shipped} shipped and {finding.failed} failed, {finding.kept} of these in "
            "the queue of failed orders."
        )
        self.say(
            f"{finding.charged / 100:,.2f} charged - {finding.refunded / 100:,.2f} given back "
            f"= {(finding.charged - finding.refunded) / 100:,.2f}; what was shipped is worth "
            f"{finding.worth / 100:,.2f}."
        )
        for problem in finding.problems:
            self.warn(f"  {problem}")
        if not finding.problems:
            self.say("Every order is in one final state, and not a cent is missing.")

    def addresses(self, rows: Mapping[str, str]) -> None:
        """The table that a person goes on from."""
        width = max(len(name) for name in rows)
        self.console.print()
        for name, value in rows.items():
            # Never folded: an address must survive being copied.
            self.console.print(f"  [bold]{name:{width}}[/]  {escape(value)}", soft_wrap=True)

    def emit(self, document: Mapping[str, Any]) -> None:
        """The JSON document of `--json`."""
        if self.as_json:
            print(json.dumps(document, indent=2, default=str))
