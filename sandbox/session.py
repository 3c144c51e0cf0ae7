"""What the commands have in common: a cloud, a deployment in it, the way to look at both."""

import json
import os
import platform
import sys
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from botocore.exceptions import BotoCoreError, ClientError

from sandbox import journeys, workspace
from sandbox.cloud.lifecycle import Cloud, CloudError, last_words, running, start, stop
from sandbox.deploy import DeployError, Result, connect, deploy, deployed, load_config
from sandbox.deploy.config import StackConfig
from sandbox.kubernetes import eks_plane
from sandbox.terminal import Terminal

if TYPE_CHECKING:
    from sandbox.storm import Finding

LOCAL = "local"
"""The stack that this machine's architecture and base image are filled into."""

LONGEST_CELL = 100
"""Characters of an export that the table of addresses shows whole, if it is no text."""

FIRST = ("sandbox.journeys.health", "sandbox.journeys.storefront")
"""The journeys that are taken before all others."""


class Clock:
    """Seconds that each phase took."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.monotonic()

    def lap(self, phase: str) -> None:
        """End the current phase under this name."""
        now = time.monotonic()
        self.laps[phase] = round(now - self._last, 2)
        self._last = now


def overrides(stack: str, program: Path, pairs: list[str]) -> dict[str, str]:
    """Configuration from the command line, over what only this machine knows.

    The local stack gets this machine's architecture, this Python as the functions' runtime
    (it is what runs them here), and ``SANDBOX_BASE_IMAGE`` as the base of the image, unless
    its file or the command line says otherwise.
    """
    given: dict[str, str] = {}
    for pair in pairs:
        key, separator, value = pair.partition("=")
        if not separator or not key:
            raise CloudError(f"--config {pair}: expected key=value, for instance appVersion=2.0.")
        given[key] = value
    # Read before the cloud starts, so that a mistake in it is answered at once.
    declared = load_config(program, stack, overrides=given)
    if stack != LOCAL:
        return given
    machine = {
        "architecture": _architecture(),
        "runtime": f"python{sys.version_info.major}.{sys.version_info.minor}",
        "baseImage": os.environ.get("SANDBOX_BASE_IMAGE", ""),
    }
    open_keys = declared.values.keys() - _chosen(declared)
    fitting = {f"{declared.project}:{key}": value for key, value in machine.items()}
    return {**{key: value for key, value in fitting.items() if key in open_keys}, **given}


def _chosen(declared: StackConfig) -> set[str]:
    """Keys that the stack's file sets itself, with the project's namespace."""
    stack_file = declared.directory / f"Pulumi.{declared.stack}.yaml"
    document = yaml.safe_load(stack_file.read_text()) if stack_file.exists() else None
    keys = (document or {}).get("config") or {}
    return {key if ":" in key else f"{declared.project}:{key}" for key in keys}


def _architecture() -> str:
    machine = platform.machine().lower()
    return "arm64" if machine in ("arm64", "aarch64") else "x86_64"


def bring_up(terminal: Terminal, state: Path, port: int) -> tuple[Cloud, bool]:
    """The cloud, and whether this command started it."""
    cloud = start(state, port=port)
    if not cloud.fresh:
        terminal.say(
            f"The embedded cloud already runs at {cloud.endpoint} (pid {cloud.pid}); updating it "
            "in place. `make up ARGS=--fresh` starts from an empty one."
        )
        return cloud, False
    if cloud.port_note:
        terminal.warn(f"Note: {cloud.port_note}.")
    terminal.say(f"The embedded cloud runs at {cloud.endpoint} (pid {cloud.pid}), IAM enforced.")
    terminal.say(f"{cloud.engine_note[:1].upper()}{cloud.engine_note[1:]}.")
    return cloud, True


def require(state: Path) -> Cloud:
    """The cloud that runs on `state`; none is the user's mistake."""
    cloud = running(state)
    if cloud is None:
        raise CloudError("No sandbox runs here. Start it: make up.")
    return cloud


def require_deployed(state: Path, cloud: Cloud) -> Result:
    """What is deployed in `cloud`; nothing is the user's mistake."""
    result = deployed(state, boot=cloud.boot)
    if result is None:
        raise CloudError("Nothing is deployed in the sandbox. Deploy: make up.")
    return result


@contextmanager
def stopped_on_failure(terminal: Terminal, state: Path, *, mine: bool) -> Generator[None]:
    """A cloud that was started for a deployment that failed does not outlive it."""
    try:
        yield
    except BaseException:
        if not mine and running(state) is not None:
            terminal.warn("The cloud ran before this command and is left running.")
        else:
            stop(state)
            workspace.forget(state)
            terminal.warn("The embedded cloud was stopped; nothing is left running.")
        raise


def deploy_into(
    terminal: Terminal, cloud: Cloud, state: Path, stack: str, program: Path, config: dict[str, str]
) -> Result:
    """Deploy the program with progress on the terminal; keep its exports in the state."""
    stack_config = load_config(program, stack, overrides=config)
    context = connect(
        cloud.endpoint,
        region=_region(stack_config, cloud),
        account=cloud.account,
        engine=cloud.engine,
    )
    try:
        with terminal:
            result = deploy(
                program,
                stack=stack,
                state=state,
                context=context,
                boot=cloud.boot,
                config=config,
                on_event=terminal.progress,
            )
    except DeployError as error:
        if running(state) is None:
            raise DeployError(
                f"The embedded cloud ended in mid-deploy. {error}\n"
                f"The last lines of {state / 'cloud.log'}:\n{last_words(state)}"
            ) from error
        raise
    terminal.summary(result)
    for note in {path.read_text() for path in (state / "kubernetes").glob(f"*/{eks_plane.NOTE}")}:
        terminal.say(note)
    workspace.write_environment(state, cloud, result.outputs)
    workspace.write_outputs(state, result.outputs)
    return result


def _region(stack: StackConfig, cloud: Cloud) -> str:
    # Unsigned calls (a browser at a load balancer) reach the cloud's own region alone.
    region = stack.region or cloud.region
    if region != cloud.region:
        raise CloudError(
            f"aws:region is {region}, and the sandbox serves {cloud.region} alone. Set "
            f"aws:region to {cloud.region} in Pulumi.{stack.stack}.yaml for the sandbox."
        )
    return region


def drive(
    terminal: Terminal,
    cloud: Cloud,
    result: Result,
    patience: float = journeys.PATIENCE_SECONDS,
) -> list[journeys.Report]:
    """Take every journey that fits the stack, a thread a module, and print them in their order.

    What is there is looked at first: later journeys cause failures on purpose.
    """
    context = connect(cloud.endpoint, region=cloud.region, account=cloud.account)
    fitting = [one for one in journeys.every_journey() if not one.is_pointless(result.outputs)]
    ways = [list(way) for _, way in groupby(fitting, lambda one: one.module)]
    first = [way for way in ways if way[0].module in FIRST]
    rest = [way for way in ways if way[0].module not in FIRST]

    def travel(way: list[journeys.Journey]) -> list[journeys.Report]:
        visit = journeys.Visit(result.outputs, context.client, patience=patience)
        return [journeys.take(journey, visit) for journey in way]

    reports: list[journeys.Report] = []
    for together in (first, rest):
        with ThreadPoolExecutor(len(together) or 1) as pool:
            for taken in pool.map(travel, together):
                for report in taken:
                    terminal.journey(report)
                reports += taken
    return reports


def weather(terminal: Terminal, cloud: Cloud, result: Result, orders: int, seed: int) -> "Finding":
    """Send a storm of ``orders``, then read the books; ``seed`` is told by the clock if 0."""
    from sandbox import storm  # it imports the library, which a deployment must find for itself

    seed = seed or int(time.time())
    context = connect(cloud.endpoint, region=cloud.region, account=cloud.account)
    storming = storm.Storm(context.client, result.outputs)
    terminal.say(f"A storm of {orders} orders, seed {seed}. Ctrl-C ends it.")
    with terminal.counting("orders", orders) as count:
        sent = storming.rage(storm.planned(orders, seed), lambda _: count())
    finding = storm.audited(context.client, result.outputs, sent, storming.kept.counts())
    storming.kept.settle({one.order.order_id for one in sent})
    terminal.storm(finding, throttled=storming.throttled, redriven=storming.redriven)
    return finding


def pictures(terminal: Terminal, cloud: Cloud, state: Path) -> list[Path]:
    """Draw what is deployed and its dashboards; what cannot be drawn fails nothing else."""
    from sandbox import graph  # templates and charts: no other command needs them

    context = connect(cloud.endpoint, region=cloud.region, account=cloud.account)
    try:
        return graph.draw(state, cloud.boot, context.client, cloud.minute)
    except (BotoCoreError, ClientError) as error:
        terminal.warn(f"No picture of the dashboards: {error}")
        return []


def shown(result: Result, *, secrets: bool = False) -> dict[str, Any]:
    """The exports as they may be shown."""
    return {
        key: "[secret]" if key in result.secret_outputs and not secrets else value
        for key, value in result.outputs.items()
    }


def addresses(cloud: Cloud, state: Path, result: Result | None) -> dict[str, str]:
    """Where to look, for the table that a command ends with."""
    rows: dict[str, str] = {}
    if result is not None:
        rows.update({key: in_a_line(key, val) for key, val in sorted(shown(result).items())})
    drawn = state / "pictures"
    for title, name in (("the program", "program.html"), ("the dashboards", "dashboards.html")):
        if (drawn / name).exists():
            rows[title] = (drawn / name).resolve().as_uri()
    rows["AWS endpoint"] = cloud.endpoint
    rows["AWS tools"] = f". {state / 'env'} && aws ecs list-clusters"
    if (state / "kubeconfig").exists():
        rows["kubectl"] = f". {state / 'env'} && kubectl get pods -A"
    rows["cloud's log"] = str(state / "cloud.log")
    return rows


def in_a_line(name: str, value: Any) -> str:
    """An export as a table has room for it."""
    if isinstance(value, dict | list) and len(str(value)) > LONGEST_CELL:
        return f"{len(value)} entries: python -m sandbox outputs {name}"
    return str(value)


def document(cloud: Cloud, result: Result | None) -> dict[str, Any]:
    """The same for `--json`."""
    described: dict[str, Any] = {
        "cloud": {
            "endpoint": cloud.endpoint,
            "pid": cloud.pid,
            "engine": cloud.engine,
            "engine_note": cloud.engine_note,
        }
    }
    if result is not None:
        described["outputs"] = shown(result)
        described["resources"] = [
            {
                "urn": item.urn,
                "type": item.type,
                "name": item.name,
                "op": item.op,
                "verdict": item.verdict,
                "reason": item.reason,
            }
            for item in result.resources
        ]
    return json.loads(json.dumps(described, default=str))  # type: ignore[no-any-return]
