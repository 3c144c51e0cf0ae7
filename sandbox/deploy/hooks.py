"""Resource hooks and error hooks, called when and how the official engine calls them.

The SDK registers each hook with a callback server that the engine would call over gRPC.
Here the engine lives in the same process, so the hook is taken from the callback and
called directly: in the worker thread of its resource, so that a hook that waits does not
hold up the others; what is awaitable is awaited on the program's event loop.
"""

import asyncio
import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pulumi
from pulumi.runtime._callbacks import _CallbackServicer

from .events import DeployError, Event, Reporter, explain
from .state import Record

MAX_RETRIES = 100
"""After so many retries of one operation an error hook is no longer asked."""


class Hooks:
    """The hooks that the running program has defined, by name."""

    def __init__(self, report: Reporter) -> None:
        self._report = report
        self._hooks: dict[str, _Hook] = {}

    def define(self, request: Any) -> None:
        """Keep the hook of a RegisterResourceHook or RegisterErrorHook request."""
        if request.name in self._hooks:
            raise DeployError(f"two hooks of the program are named '{request.name}'")
        token = request.callback.token
        for servicer in _CallbackServicer._servicers:
            if token in servicer._callbacks:
                hook = inspect.getclosurevars(servicer._callbacks[token]).nonlocals["hook"]
                ignore = getattr(request, "ignore_errors", False)
                self._hooks[request.name] = _Hook(hook.callback, servicer._loop, ignore)
                return
        raise DeployError(f"hook '{request.name}' has no callback")

    def run(self, moment: str, names: list[str], subject: Record, shown: dict[str, Any]) -> None:
        """Call these hooks in order; DeployError names the one that raised."""
        for name in names:
            event = Event("note", subject.urn, subject.type, subject.name)
            if name not in self._hooks:
                # Its definition went with the resource, or ``destroy`` runs no program.
                text = f"{moment} hook '{name}' is not defined by the program: skipped"
                self._report(replace(event, detail=text))
                continue
            try:
                self._call(name, pulumi.ResourceHookArgs, subject, shown)
            except Exception as error:
                text = f"{moment} hook '{name}' failed: {explain(error)}"
                if not self._hooks[name].ignore_errors:
                    raise DeployError(f"{subject.type} '{subject.name}': {text}") from error
                self._report(replace(event, kind="log", detail=text, level="warning"))

    def retry(
        self,
        names: list[str],
        subject: Record,
        operation: str,
        errors: list[str],
        shown: dict[str, Any],
    ) -> bool:
        """Whether an error hook wants the failed operation tried again; newest error first."""
        if len(errors) > MAX_RETRIES:
            return False
        more = {**shown, "failed_operation": operation, "errors": errors}
        answers = [
            self._call(name, pulumi.ErrorHookArgs, subject, more)
            for name in names
            if name in self._hooks
        ]
        return any(answers)

    def _call(self, name: str, kind: Any, subject: Record, shown: dict[str, Any]) -> Any:
        hook = self._hooks[name]

        async def prepared() -> Any:
            # On the program's loop: that is where the Outputs of secret values belong.
            values = {key: _outputs(value) for key, value in shown.items()}
            return kind(subject.urn, subject.id, subject.name, subject.type, **values)

        async def awaited() -> Any:
            return await answer

        answer = hook.callback(asyncio.run_coroutine_threadsafe(prepared(), hook.loop).result())
        if inspect.isawaitable(answer):
            return asyncio.run_coroutine_threadsafe(awaited(), hook.loop).result()
        return answer


@dataclass(frozen=True)
class Secret:
    """A value that hooks get as a secret Output, as they would from the engine."""

    value: Any


@dataclass(frozen=True)
class _Hook:
    callback: Callable[[Any], Any]
    loop: asyncio.AbstractEventLoop
    ignore_errors: bool


def _outputs(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {
        key: pulumi.Output.secret(item.value) if isinstance(item, Secret) else item
        for key, item in value.items()
    }
