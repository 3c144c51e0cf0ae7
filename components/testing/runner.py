"""Runs a program against the monitor in memory, and leaves Pulumi's settings as they were.

The program gets a thread of its own, hence an event loop and a context of its own, in which
Pulumi keeps its settings: a test may itself run in a loop, and a program that never settles
can be given up.
"""

import asyncio
import logging
import sys
import threading
import traceback
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pulumi
from pulumi.runtime import mocks, set_all_config, settings
from pulumi.runtime.stack import run_in_stack

from .answers import Answer
from .deployment import UNKNOWN, Deployment
from .monitor import Monitor, plain

_GRACE = 5.0
"""Seconds beyond the timeout until a thread that does not even reach its loop is given up."""


def deploy(
    program: Callable[[], Any],
    *,
    known: bool = True,
    config: Mapping[str, str] | None = None,
    project: str = "test",
    stack: str = "test",
    invokes: Mapping[str, Answer] | None = None,
    timeout: float = 60.0,
) -> Deployment:
    """Run ``program`` in memory and return what it registered, exported and returned.

    Args:
        program: makes resources, may ``pulumi.export`` and may return outputs or components
            to look at. A coroutine function is awaited.
        known: False makes it a first preview: ``pulumi.runtime.is_dry_run()`` is true and
            every id, ARN and other computed value is ``UNKNOWN``.
        config: the stack's configuration; a key without a namespace is the project's.
        project: name of the project.
        stack: name of the stack.
        invokes: answers to calls such as ``aws:ec2/getAmi:getAmi``, by token. The account, the
            region, the partition, the zones and an ECR token are answered anyway.
        timeout: seconds until the program is given up.

    Raises:
        TimeoutError: the program did not end, or an output never got a value.
        Exception: what the program raises, as it is.
    """
    monitor = Monitor(known=known, invokes=invokes or {})
    values = {
        key if ":" in key else f"{project}:{key}": value for key, value in (config or {}).items()
    }
    ambient = {"project": project, "stack": stack, "preview": not known}
    done: list[Deployment] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(asyncio.run(_run(program, monitor, ambient, values, timeout)))
        except BaseException as error:  # noqa: BLE001 - handed to the caller's thread
            failed.append(error)

    thread = threading.Thread(target=run, name="deploy", daemon=True)
    thread.start()
    thread.join(timeout + _GRACE)
    if thread.is_alive():
        frame = sys._current_frames().get(thread.ident or 0)
        where = "".join(traceback.format_stack(frame)[-3:]) if frame else ""
        raise TimeoutError(f"{_gave_up(monitor, timeout)} It is at:\n{where}")
    if failed:
        raise failed[0]
    return done[0]


async def _run(
    program: Callable[[], Any],
    monitor: Monitor,
    ambient: Mapping[str, Any],
    config: Mapping[str, str],
    timeout: float,
) -> Deployment:
    loop = asyncio.get_running_loop()
    # One worker, so that registrations are recorded one after the other. It shares the loop,
    # which Pulumi looks for when an input is a resource.
    worker = ThreadPoolExecutor(1, initializer=asyncio.set_event_loop, initargs=(loop,))
    loop.set_default_executor(worker)
    # What depends on a failed resource fails as well; the first failure is the one to report.
    loop.set_exception_handler(_ignore)
    returned: list[Any] = []

    async def main() -> None:
        result = program()
        returned.append(await result if asyncio.iscoroutine(result) else result)

    async def settle(warnings: list[str]) -> Deployment:
        await run_in_stack(main)
        exports, secret_exports = {}, set()
        root: Any = settings.get_root_resource()
        for key, value in root.outputs.items():
            exports[key] = await _resolved(value)
            if isinstance(value, pulumi.Output) and await value.is_secret():
                secret_exports.add(key)
        return Deployment(
            resources=monitor.resources_recorded(),
            outputs=exports,
            secret_outputs=frozenset(secret_exports),
            result=await _resolved(returned[0]),
            warnings=tuple(warnings),
        )

    with _settings(monitor, ambient) as warnings:
        set_all_config(dict(config), [])
        settled = asyncio.ensure_future(settle(warnings))
        finished, _ = await asyncio.wait([settled], timeout=timeout)
    if not finished:
        settled.cancel()
        raise TimeoutError(
            f"{_gave_up(monitor, timeout)} An output that never gets a value, or a coroutine "
            "that never ends, keeps it waiting."
        )
    return settled.result()


def _ignore(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Say nothing."""


async def _resolved(value: Any) -> Any:
    if isinstance(value, pulumi.Output):
        # Partly known counts as unknown, as it does for apply().
        known = await value.is_known()
        return plain(await value.future(with_unknowns=True)) if known else UNKNOWN
    if isinstance(value, pulumi.Resource):
        return {
            key: await _resolved(item)
            for key, item in vars(value).items()
            if isinstance(item, pulumi.Output) and not key.startswith("_")
        }
    if isinstance(value, Mapping):
        return {key: await _resolved(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [await _resolved(item) for item in value]
    return value


def _gave_up(monitor: Monitor, timeout: float) -> str:
    names = [f"{item.type} {item.name!r}" for item in monitor.recorded.values()]
    return (
        f"the program did not settle within {timeout:g} s. "
        f"Registered so far: {', '.join(names) or 'nothing'}."
    )


class _Warnings(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@contextmanager
def _settings(monitor: Monitor, ambient: Mapping[str, Any]) -> Generator[list[str], None, None]:
    """Pulumi's settings for one deployment; afterwards nothing of it is left.

    The settings live in context variables, and this deployment has a context of its own. Yet
    setting one that has no value also makes the value its default in every other context, so
    the values from before are put back in the same way.
    """
    names = [
        name
        for name, member in vars(settings.Settings).items()
        if type(member).__name__ == "ContextProperty"
    ]
    before = {name: getattr(settings.SETTINGS, name) for name in names}
    warnings = _Warnings()
    logger = logging.Logger("deploy")
    logger.addHandler(warnings)
    try:
        # All contexts share the set by default; what a failed program left in it never ends.
        setattr(settings.SETTINGS, "outputs", set())  # noqa: B010 - its declared type is wrong
        mocks.set_mocks(
            monitor.mocks, monitor=monitor, logger=logger, organization="organization", **ambient
        )
        # set_mocks makes a root stack unless there is one; run_in_stack wants to make its own.
        settings.set_root_resource(None)  # type: ignore[arg-type]  # the SDK resets it so as well
        yield warnings.messages
    finally:
        for name, value in before.items():
            setattr(settings.SETTINGS, name, None)
            setattr(settings.SETTINGS, name, value)
