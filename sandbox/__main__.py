"""`python -m sandbox`: the program in an embedded cloud, on this machine alone.

Exit codes: 0 done, 1 the deployment or a journey failed, 2 the request cannot be carried out.
"""

import json
import signal
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from sandbox import session, workspace
from sandbox.cloud.lifecycle import CloudError, running, stop
from sandbox.deploy import DeployError, connect, deployed
from sandbox.journeys import PATIENCE_SECONDS, Report
from sandbox.terminal import Terminal

DEFAULT_PORT = 4566
"""The port that AWS emulators have in common."""

app = typer.Typer(
    help="The program in an embedded cloud, on this machine alone.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

State = Annotated[Path, typer.Option(help="Folder of the sandbox's state.")]
Stack = Annotated[str, typer.Option(help="Stack whose Pulumi.<stack>.yaml is deployed.")]
Program = Annotated[Path, typer.Option(help="Folder of the Pulumi program.")]
Config = Annotated[
    list[str] | None,
    typer.Option("--config", "-c", help="Override a configuration value: key=value. Repeatable."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@app.command()
def up(
    stack: Stack = session.LOCAL,
    program: Program = Path(),
    config: Config = None,
    state: State = workspace.DEFAULT,
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port of the cloud; another one if it is taken.")
    ] = DEFAULT_PORT,
    fresh: Annotated[bool, typer.Option("--fresh", help="Start from an empty cloud.")] = False,
    verify: Annotated[bool, typer.Option(help="Drive every entry point afterwards.")] = True,
    as_json: Json = False,
) -> None:
    """Start the cloud, deploy the program, drive every entry point, print the addresses."""
    terminal = Terminal(as_json=as_json)
    with _answering(terminal), workspace.exclusive(state):
        clock = session.Clock()
        overrides = session.overrides(stack, program, config or [])
        if fresh:
            stop(state)
        cloud, mine = session.bring_up(terminal, state, port)
        clock.lap("cloud")
        with session.stopped_on_failure(terminal, state, mine=mine):
            result = session.deploy_into(terminal, cloud, state, stack, program, overrides)
        clock.lap("deploy")
        reports = session.drive(terminal, cloud, result) if verify else []
        clock.lap("journeys")
        session.pictures(terminal, cloud, state)
        clock.lap("pictures")
        terminal.addresses(session.addresses(cloud, state, result))
        terminal.emit(
            {
                **session.document(cloud, result),
                "journeys": [vars(report) for report in reports],
                "seconds": clock.laps,
            }
        )
        _fail_on(terminal, reports)


@app.command()
def deploy(
    stack: Stack = session.LOCAL,
    program: Program = Path(),
    config: Config = None,
    state: State = workspace.DEFAULT,
    as_json: Json = False,
) -> None:
    """Deploy into the cloud that runs; what is unchanged is left alone."""
    terminal = Terminal(as_json=as_json)
    with _answering(terminal), workspace.exclusive(state):
        overrides = session.overrides(stack, program, config or [])
        cloud = session.require(state)
        result = session.deploy_into(terminal, cloud, state, stack, program, overrides)
        terminal.emit(session.document(cloud, result))


@app.command()
def verify(
    state: State = workspace.DEFAULT,
    patience: Annotated[
        float, typer.Option(min=0.1, help="Seconds to wait for what arrives by itself.")
    ] = PATIENCE_SECONDS,
    as_json: Json = False,
) -> None:
    """Drive every entry point of what is deployed."""
    terminal = Terminal(as_json=as_json)
    with _answering(terminal):
        cloud = session.require(state)
        reports = session.drive(terminal, cloud, session.require_deployed(state, cloud), patience)
        terminal.emit({"journeys": [vars(report) for report in reports]})
        _fail_on(terminal, reports)


@app.command()
def storm(
    orders: Annotated[int, typer.Option(min=1, max=100_000, help="How many orders.")] = 200,
    seed: Annotated[int, typer.Option(help="The same seed is the same storm.")] = 0,
    state: State = workspace.DEFAULT,
    as_json: Json = False,
) -> None:
    """Send a storm of orders with faults, and say whether a cent or an order is missing."""
    terminal = Terminal(as_json=as_json)
    with _answering(terminal):
        cloud = session.require(state)
        finding = session.weather(
            terminal, cloud, session.require_deployed(state, cloud), orders, seed
        )
        terminal.emit(vars(finding))
        if finding.problems:
            terminal.fail(f"{len(finding.problems)} things are wrong after the storm.")
            raise typer.Exit(1)


@app.command()
def graph(state: State = workspace.DEFAULT, as_json: Json = False) -> None:
    """Draw what is deployed, and its dashboards with what they show now."""
    terminal = Terminal(as_json=as_json)
    with _answering(terminal):
        cloud = session.require(state)
        session.require_deployed(state, cloud)
        written = session.pictures(terminal, cloud, state)
        terminal.addresses({path.name: path.resolve().as_uri() for path in written})
        terminal.emit({"pictures": [str(path) for path in written]})


@app.command()
def status(state: State = workspace.DEFAULT, as_json: Json = False) -> None:
    """What runs, and where."""
    terminal = Terminal(as_json=as_json)
    with _answering(terminal):
        cloud = running(state)
        if cloud is None:
            terminal.say("No sandbox runs here. `make up` starts one.")
            terminal.emit({"running": False})
            return
        result = deployed(state, boot=cloud.boot)
        terminal.addresses(session.addresses(cloud, state, result))
        terminal.emit({"running": True, **session.document(cloud, result)})


@app.command()
def outputs(
    name: Annotated[str | None, typer.Argument(help="One output; all of them by default.")] = None,
    state: State = workspace.DEFAULT,
    show_secrets: Annotated[bool, typer.Option(help="Print secret outputs too.")] = False,
    as_json: Json = False,
) -> None:
    """The program's exports, as `pulumi stack output` prints them."""
    terminal = Terminal(as_json=as_json)
    with _answering(terminal):
        result = session.require_deployed(state, session.require(state))
        values = session.shown(result, secrets=show_secrets)
        if name is None:
            terminal.addresses({key: session.in_a_line(key, values[key]) for key in sorted(values)})
            terminal.emit(values)
        elif name in values:
            plain = isinstance(values[name], str)
            print(values[name] if plain else json.dumps(values[name], indent=2, sort_keys=True))
        else:
            raise CloudError(
                f"This stack exports no '{name}'. It exports: {', '.join(sorted(values))}."
            )


@app.command()
def logs(
    state: State = workspace.DEFAULT,
    group: Annotated[str | None, typer.Option(help="Log group; default: the storefront's.")] = None,
    lines: Annotated[int, typer.Option(min=1, max=10_000, help="Last lines to print.")] = 50,
) -> None:
    """The last lines of a log group."""
    terminal = Terminal(as_json=False)
    with _answering(terminal):
        cloud = session.require(state)
        name = group or session.require_deployed(state, cloud).outputs.get("storefront_log_group")
        if not name:
            raise CloudError("The program exports no storefront_log_group; name one: --group.")
        client = connect(cloud.endpoint, region=cloud.region).client("logs")
        try:
            events = client.filter_log_events(logGroupName=name, limit=10_000)["events"]
        except client.exceptions.ResourceNotFoundException:
            raise CloudError(f"There is no log group '{name}'.") from None
        for event in sorted(events, key=lambda item: item["timestamp"])[-lines:]:
            print(event["message"])


@app.command()
def down(state: State = workspace.DEFAULT) -> None:
    """Stop the cloud and everything that it started."""
    terminal = Terminal(as_json=False)
    with _answering(terminal), workspace.exclusive(state):
        was_running = running(state) is not None
        stop(state)
        workspace.forget(state)
        terminal.say("The sandbox is down." if was_running else "No sandbox was running.")


@contextmanager
def _answering(terminal: Terminal) -> Generator[None]:
    """One clear message and an exit code for everything that a user can meet."""
    try:
        yield
    except DeployError as error:
        terminal.fail(str(error))
        raise typer.Exit(1) from None
    except (CloudError, workspace.Busy) as error:
        terminal.fail(str(error))
        raise typer.Exit(2) from None
    except OSError as error:
        terminal.fail(f"{error.filename or 'the sandbox'}: {error.strerror or error}")
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        terminal.fail("Interrupted.")
        raise typer.Exit(130) from None


def _fail_on(terminal: Terminal, reports: Sequence[Report]) -> None:
    if failed := [report.title for report in reports if report.verdict == "failed"]:
        terminal.fail(f"{len(failed)} of {len(reports)} journeys failed: {'; '.join(failed)}.")
        raise typer.Exit(1)


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def main() -> None:
    """Run the command line; SIGTERM ends a command as Ctrl-C does."""
    signal.signal(signal.SIGTERM, _interrupt)
    app(prog_name="python -m sandbox")


if __name__ == "__main__":
    main()
