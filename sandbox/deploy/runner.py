"""Runs a Pulumi program in this process against the embedded cloud."""

import asyncio
import dataclasses
import logging
import runpy
import time
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime.mocks import MockEngine
from pulumi.runtime.settings import (
    Settings,
    _get_rpc_manager,
    configure,
    set_root_resource,
)
from pulumi.runtime.stack import run_in_stack

from sandbox.providers import Registry, discover
from sandbox.providers.base import Context

from .config import StackConfig, load_config
from .engine import Engine, described
from .events import DeployError, Event, Reporter, Result
from .monitor import Monitor
from .state import State
from .surroundings import surroundings
from .watchdog import Watchdog

TRACE = "hang.txt"


def deploy(
    program: Path,
    *,
    stack: str,
    state: Path,
    context: Context,
    boot: str = "",
    config_file: Path | None = None,
    config: Mapping[str, Any] | None = None,
    on_event: Callable[[Event], None] | None = None,
    parallel: int = 32,
    hang_seconds: float = 300,
    registry: Registry | None = None,
) -> Result:
    """Bring the embedded cloud to what ``program`` (a directory or file) declares.

    ``state`` is the directory of the state file, ``boot`` the cloud's boot id: a state of
    another boot is ignored. ``config`` overrides the stack's values. ``parallel`` is how
    many operations run at once, ``hang_seconds`` how long the program may do nothing at
    all. What was done before a DeployError is kept in the state.
    """
    started = time.monotonic()
    settings = load_config(program, stack, config_file=config_file, overrides=config)
    if settings.region not in (None, context.region):
        raise DeployError(
            f"stack '{stack}' is for {settings.region} (aws:region), the embedded cloud was "
            f"connected for {context.region}. Make them the same."
        )
    context = dataclasses.replace(context, default_tags=settings.default_tags)
    report = Reporter(on_event)
    records = _open(state, boot, report)
    engine = Engine(registry or discover(), context, records, report, settings.directory, parallel)
    run = _Run(settings, engine, report, hang_seconds, state.resolve() / TRACE)
    with surroundings(settings.directory, context):
        try:
            run()
        finally:
            records.save()
    records.outputs, records.secret_outputs = engine.exports, engine.secret_exports
    records.save()
    return Result(
        engine.exports,
        engine.secret_exports,
        list(engine.deployed.values()),
        time.monotonic() - started,
    )


def destroy(
    state: Path,
    *,
    context: Context,
    boot: str = "",
    on_event: Callable[[Event], None] | None = None,
    registry: Registry | None = None,
) -> None:
    """Delete everything in the state, dependents first. No program runs, so no hooks do."""
    report = Reporter(on_event)
    records = _open(state, boot, report)
    Engine(registry or discover(), context, records, report).finish()
    records.outputs, records.secret_outputs = {}, frozenset()
    records.save()


def deployed(state: Path, *, boot: str = "") -> Result | None:
    """What the last deploy left behind; None when there is nothing of this boot."""
    records = State(state.resolve(), boot)
    resources = [described(record, "unchanged") for record in records if not record.replaced]
    if not resources and not records.outputs:
        return None
    return Result(records.outputs, records.secret_outputs, resources)


def _open(state: Path, boot: str, report: Reporter) -> State:
    records = State(state.resolve(), boot)
    if records.foreign:
        report(Event("note", detail="the cloud has been restarted: its old state is ignored"))
    return records


class _Run:
    """One run of a program, on an event loop of its own."""

    def __init__(
        self,
        settings: StackConfig,
        engine: Engine,
        report: Reporter,
        hang_seconds: float,
        trace: Path,
    ) -> None:
        self._settings = settings
        self._engine = engine
        self._report = report
        self._hang_seconds = hang_seconds
        self._trace = trace
        self._watchdog: Watchdog | None = None
        self._raised: BaseException | None = None

    def __call__(self) -> None:
        """Run to the end; what goes wrong is one DeployError."""
        try:
            # One loop for everything: the SDK waits for ever for work of another loop.
            asyncio.run(self._main())
        except BaseException as error:
            if self._watchdog and self._watchdog.hung:
                raise DeployError(
                    f"the program did nothing for {self._hang_seconds:g} seconds and was ended. "
                    f"Where every thread stood: {self._trace}"
                ) from error
            if isinstance(error, KeyboardInterrupt):
                raise
            cause = self._engine.failure or self._raised or error
            if isinstance(cause, DeployError):
                raise cause from cause.__cause__
            raise DeployError(self._describe(cause)) from cause

    async def _main(self) -> None:
        loop = asyncio.get_running_loop()
        # The engine limits what runs at once. Threads are not scarce: a hook may need one
        # while the operations that it holds up wait in theirs.
        loop.set_default_executor(ThreadPoolExecutor(1024, thread_name_prefix="deploy"))
        loop.set_exception_handler(self._unretrieved)
        settings, engine = self._settings, self._engine
        configure(
            Settings(
                project=settings.project,
                stack=settings.stack,
                monitor=Monitor(engine, settings.project, settings.stack),
                engine=MockEngine(_ProgramLog(self._report)),
                dry_run=False,
                organization="organization",
                root_directory=str(settings.directory),
            )
        )
        pulumi.runtime.set_all_config(dict(settings.values), list(settings.secrets))
        set_root_resource(None)  # type: ignore[arg-type]  # how the SDK resets it itself
        self._watchdog = Watchdog(engine, self._report, self._hang_seconds, self._trace)
        self._watchdog.start()
        try:
            await run_in_stack(self._program)
            prefix = f"urn:pulumi:{settings.stack}::{settings.project}::"
            await loop.run_in_executor(None, engine.finish, prefix)
        except Exception:
            # What surfaces has often lost its place on the way; the first failure has not.
            calls = _get_rpc_manager()
            if calls.unhandled_exception and not self._raised:
                place = calls.exception_traceback
                self._raised = calls.unhandled_exception.with_traceback(place)
            raise
        finally:
            engine.stop()
            self._watchdog.stop()
            await loop.shutdown_default_executor()

    def _program(self) -> None:
        try:
            runpy.run_path(str(self._settings.main), run_name="__main__")
        except BaseException as error:
            # The SDK would still create what was registered before the mistake.
            self._engine.stop()
            self._raised = error
            raise

    def _describe(self, error: BaseException) -> str:
        """A mistake in the configuration in its own words; a bug with its place."""
        if isinstance(error, ValueError | pulumi.RunError):
            return str(error).strip()
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if Path(frame.filename).is_relative_to(self._directory)]
        place = f" at {Path(own[-1].filename).name}:{own[-1].lineno}" if own else ""
        return f"the program failed{place}: {type(error).__name__}: {error}"

    @property
    def _directory(self) -> Path:
        return self._settings.directory

    def _unretrieved(self, loop: asyncio.AbstractEventLoop, problem: dict[str, Any]) -> None:
        # After a failure every waiting task fails as well; the first one is what is reported.
        if not self._engine.failure and not self._raised:
            loop.default_exception_handler(problem)


class _ProgramLog(logging.Logger):
    """What the program says with ``pulumi.log``, as events."""

    def __init__(self, report: Reporter) -> None:
        super().__init__("program", logging.INFO)
        self._report = report

    def handle(self, record: logging.LogRecord) -> None:
        """Report it; the SDK's own debug messages are below the level."""
        text = record.getMessage().strip()
        self._report(Event("log", detail=text, level=record.levelname.lower()))
