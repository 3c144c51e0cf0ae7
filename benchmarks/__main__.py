"""`make bench`: runs the measurements one after the other and prints what came of them.

The numbers are for people to read, side by side; none of them makes it fail.
"""

import json
import os
import platform
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks import evaluation, handlers, kubernetes, start, storefront, triggers, workflows


class Part(StrEnum):
    """What can be measured alone."""

    EVALUATION = "evaluation"
    START = "start"
    REQUESTS = "requests"
    HANDLERS = "handlers"
    TRIGGERS = "triggers"
    WORKFLOWS = "workflows"
    KUBERNETES = "kubernetes"


WIDTH = 120
"""Columns of the tables where there is no terminal."""
MEASURE: dict[Part, Callable[..., Any]] = {
    Part.EVALUATION: evaluation.measure,
    Part.START: start.measure,
    Part.REQUESTS: storefront.measure,
    Part.HANDLERS: handlers.measure,
    Part.TRIGGERS: triggers.measure,
    Part.WORKFLOWS: workflows.measure,
    Part.KUBERNETES: kubernetes.measure,
}


def bench(
    only: Annotated[
        list[Part] | None, typer.Option(help="Measure this part alone. Repeatable.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer and shorter rounds.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Measure, and print the results side by side; no number makes it fail.

    Exit code 1 means that something could not be measured at all.
    """
    progress = Console(stderr=True, highlight=False, soft_wrap=True)
    results: dict[str, Any] = {
        "machine": {
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.machine()}",
            "cores": os.cpu_count(),
            "load_before": round(os.getloadavg()[0], 2),
        }
    }
    with progress.status("") as status:

        def say(line: str) -> None:
            status.update(line)
            if not progress.is_terminal:
                progress.print(line)

        for part in only or list(Part):
            try:
                results[part.value] = MEASURE[part](say, quick=quick)
            except RuntimeError as error:  # what the other parts took minutes for is kept
                results[part.value] = {"error": str(error)}
    if as_json:
        print(json.dumps(results, indent=2))
    else:
        console = Console(highlight=False, soft_wrap=True)
        if not console.is_terminal:  # a file or a log has room
            console.width = WIDTH
        show(results, console)
    if any("error" in results[part] for part in Part if part in results):
        raise typer.Exit(1)


def show(results: Mapping[str, Any], console: Console) -> None:
    """Print every table that the results have."""
    machine = results["machine"]
    console.print(
        f"Python {machine['python']}, {machine['system']}, {machine['cores']} cores, "
        f"load {machine['load_before']} before. Medians (minima).\n"
        "Read the ratios; the absolute numbers are this machine's."
    )
    tables = {
        Part.EVALUATION: _evaluation,
        Part.START: _start,
        Part.REQUESTS: _requests,
        Part.HANDLERS: _handlers,
        Part.TRIGGERS: _triggers,
        Part.WORKFLOWS: _workflows,
        Part.KUBERNETES: _kubernetes,
    }
    for part, draw in tables.items():
        if "error" in results.get(part, {}):
            console.print(f"{part} could not be measured: {results[part]['error']}", markup=False)
        elif part in results:
            draw(results[part], console)


def _evaluation(result: Mapping[str, Any], console: Console) -> None:
    table = _table(
        f"Evaluation in memory: {result['layout']}",
        *("N", "resources", "variant", "CPU s", "import", "register", "wall s", "ms each", "MiB"),
    )
    for row in result["rows"]:
        table.add_row(
            *(str(row["services"]), str(row["resources"]), row["variant"]),
            _cell(row["cpu_s"]),
            *(f"{row[key]['median']:.2f}" for key in ("import_cpu_s", "register_cpu_s")),
            _cell(row["wall_s"]),
            f"{row['per_resource_ms']:.2f}",
            f"{row['rss_mib']['median']:.0f}",
        )
    console.print(table)
    for ratio in result["ratios"]:
        console.print(
            f"  {ratio['services']:>3} services: components / bare = "
            f"{ratio['cpu_s_median']:.2f} ({ratio['cpu_s_minimum']:.2f}) CPU, "
            f"{ratio['wall_s_median']:.2f} ({ratio['wall_s_minimum']:.2f}) wall, "
            f"{ratio['rss_mib_median']:.2f} memory"
        )
    for step in result["growth"]:
        console.print(
            f"  {step['from_services']:>3} → {step['to_services']:>3} services, "
            f"{step['variant']}: {step['ms_per_further_resource']:.2f} ms CPU "
            "for each further resource"
        )
    if idle := result["packages_without_a_resource"]:
        console.print(f"  imported, yet no resource is made of it: {', '.join(idle)}")


def _start(result: Mapping[str, Any], console: Console) -> None:
    left_out = " (uncommitted changes left out)" if result["uncommitted_changes_left_out"] else ""
    table = _table(
        f"Clone to running, seconds; commit {result['commit']}{left_out}, uv {result['uv']}",
        *("engine", "start", *start.PHASES, "runs"),
    )
    for row in result["rows"]:
        table.add_row(
            *(row["engine"], row["start"]),
            *(f"{row[phase]['median']:.1f}" if phase in row else "" for phase in start.PHASES[:-1]),
            _cell(row["total"], 1),
            str(row["total"]["runs"]),
        )
    console.print(table)


def _requests(result: Mapping[str, Any], console: Console) -> None:
    table = _table(
        f"{result['request']} with {result['client']}, {result['connections']} connections, "
        f"{result['seconds_each']:g} s each",
        *("way", "requests/s", "p50 ms", "p99 ms", "errors", "of bare"),
        *("CPU ms: client", "forwarding", "storefront"),
    )
    for row in result["rows"]:
        cpu = row["cpu_ms_per_request"]
        ratio = result["ratios_to_bare"].get(row["way"])
        table.add_row(
            row["way"],
            f"{row['per_s']['median']:.0f}",
            *(f"{row[key]['median']:.1f}" for key in ("p50_ms", "p99_ms")),
            f"{row['errors']} of {row['requests']}",
            "" if ratio is None else _cell(ratio),
            *(f"{cpu[part]:.3f}" if cpu else "" for part in storefront.PARTS),
        )
    console.print(table)
    console.print(
        f"  the client's ceiling, against a server that does nothing: "
        f"{result['client_ceiling_per_s']:.0f} requests/s"
    )


def _handlers(result: Mapping[str, Any], console: Console) -> None:
    table = _table("Packages", "what", "cold s", "warm s", "zip MB", "unpacked MB")
    for what, made in result["packages"].items():
        numbers = (made[key] for key in ("cold_s", "warm_s", "zip_mb", "unzipped_mb"))
        table.add_row(what, *(f"{number:.2f}" for number in numbers))
    console.print(table)
    table = _table("Imports, CPU of a fresh process", "what", "ms", "of bare", "of its own needs")
    for row in result["rows"]:
        table.add_row(
            row["what"], _cell(row["cpu_ms"], 1), _cell(row["of_bare"]), _cell(row["of_own"])
        )
    console.print(table)


def _triggers(result: Mapping[str, Any], console: Console) -> None:
    table = _table(
        f"Events a second: {result['messages']} messages; API with {result['client']}, "
        f"{result['connections']} connections",
        *("path", "way", "events/s", "of the emulator by hand"),
    )
    for row in result["rows"]:
        table.add_row(row["path"], row["way"], _cell(row["per_s"], 0), _cell(row["of_ceiling"]))
    console.print(table)
    if any(result["errors"].values()):
        console.print(f"  failed API calls: {result['errors']}")


def _workflows(result: Mapping[str, Any], console: Console) -> None:
    table = _table(
        f"Orders: {result['orders']} a round, {result['together']} at a time",
        *("way", "orders/s", "of the emulator by hand", "start to end: p50 s", "p95 s", "p99 s"),
    )
    for row in result["rows"]:
        table.add_row(
            *(row["way"], _cell(row["per_s"], 1), _cell(row["of_ceiling"])),
            *(f"{row[key]:.3f}" for key in ("p50_s", "p95_s", "p99_s")),
        )
    console.print(table)
    linter = result["linter"]
    console.print(
        f"  the linter's command on {linter['states']:,} states: "
        f"{_cell(linter['beyond_start_ms'], 0)} ms beyond the start of Python"
    )


def _kubernetes(result: Mapping[str, Any], console: Console) -> None:
    table = _table("Kubernetes in the sandbox", "what", "s")
    for kind, seconds in result["start_s"].items():
        table.add_row(f"start of the {kind}", _cell(seconds))
    table.add_row("k8s/ applied to pods ready", _cell(result["apply_to_ready_s"]))
    console.print(table)
    _evaluation(result["evaluation"], console)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        words = column in ("variant", "engine", "start", "way", "path", "what")
        table.add_column(column, justify="left" if words else "right", no_wrap=True)
    return table


def _cell(summary: Mapping[str, float], digits: int = 2) -> str:
    return f"{summary['median']:.{digits}f} ({summary['minimum']:.{digits}f})"


if __name__ == "__main__":
    typer.run(bench)
