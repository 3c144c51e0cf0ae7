"""The three operations on one resource, with their hooks, retries and records.

Decides nothing: the engine says what is to be done with a ``Change``.
"""

import contextlib
import json
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from sandbox.providers import Unserved
from sandbox.providers.base import Inputs, Provider, Unfinished, UnsupportedInput

from .assets import decode
from .events import DeployError, Event, Reporter, explain, lost_connection
from .hooks import Hooks, Secret
from .state import Record, State

_DOING = {
    "check": "checking",
    "create": "creating",
    "update": "updating",
    "delete": "deleting",
    "read": "reading",
    "invoke": "calling",
}


@dataclass(frozen=True)
class Registration:
    """A custom resource as the program declares it."""

    urn: str
    type: str
    name: str
    inputs: dict[str, Any]
    secrets: frozenset[str] = frozenset()
    """Top-level inputs that are secret."""
    dependencies: list[str] = field(default_factory=list)
    property_dependencies: dict[str, list[str]] = field(default_factory=dict)
    ignore_changes: list[str] = field(default_factory=list)
    replace_on_changes: list[str] = field(default_factory=list)
    delete_before_replace: bool | None = None
    protect: bool = False
    retain: bool = False
    deleted_with: str = ""
    provider: str = ""
    """Its explicit provider: ``urn::id``."""
    hooks: dict[str, list[str]] = field(default_factory=dict)
    former_urns: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Change:
    """One resource: as it was, and as it is to be."""

    goal: Registration
    provider: Provider[Any]
    inputs: dict[str, Any]
    """The goal's inputs with pinned assets and ignored changes undone."""
    checked: Inputs
    new: Record
    old: Record | None

    def shown(self, *, after: bool = False) -> dict[str, Any]:
        """What hooks see of inputs and outputs; ``after`` with the new outputs."""
        properties = {"new_inputs": self._marked(self.inputs)}
        if self.old:
            old_inputs = decode(self.old.inputs)
            properties["old_inputs"] = self._marked(old_inputs)
            properties["old_outputs"] = self._marked({**old_inputs, **self.old.outputs})
        if after:
            properties["new_outputs"] = self._marked({**self.inputs, **self.new.outputs})
        return properties

    def _marked(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        secrets = self.goal.secrets
        return {key: Secret(val) if key in secrets else val for key, val in properties.items()}


class Operations:
    """Creates, updates and deletes through providers, and records what came of it."""

    def __init__(self, state: State, report: Reporter) -> None:
        self.hooks = Hooks(report)
        self._state = state
        self._report = report

    def create(self, change: Change, *, superseding: Record | None = None) -> None:
        """Make it; in the place of ``superseding``, which is left to be deleted later."""
        new = change.new
        new.id, new.outputs = "", {}
        shown = {"new_inputs": change.shown()["new_inputs"]}
        self._run_hooks("before_create", new, shown)
        make = lambda: change.provider.create(new.name, change.checked)  # noqa: E731
        self._start("replace" if superseding else "create", new)
        with self._remembering(new, superseding):
            made = self._attempt("create", new, make, shown)
        new.id, new.outputs = made[0], _json_only(new, made[1])
        new.unsettled = bool(new.hooks.get("after_create"))
        self._state.put(new, superseding=superseding)
        if not new.id:
            raise DeployError(f"{new.type} '{new.name}': its provider returned no id")
        shown["new_outputs"] = change.shown(after=True)["new_outputs"]
        self._run_hooks("after_create", new, shown)
        self._settle(new)

    def update(self, change: Change, before: Inputs) -> None:
        """Change it in place."""
        new, shown = change.new, change.shown()
        self._run_hooks("before_update", new, shown)
        outputs = dict(new.outputs)
        make = lambda: change.provider.update(new.id, before, change.checked, outputs)  # noqa: E731
        self._start("update", new)
        with self._remembering(new):
            made = self._attempt("update", new, make, shown)
        new.outputs = _json_only(new, made)
        new.unsettled = bool(new.hooks.get("after_update"))
        self._state.put(new)
        self._run_hooks("after_update", new, change.shown(after=True))
        self._settle(new)

    def delete(self, record: Record, provider: Provider[Any], *, superseded: bool) -> None:
        """Remove it from the cloud and from the state."""
        started = time.monotonic()
        inputs = decode(record.inputs)
        shown = {"old_inputs": inputs, "old_outputs": {**inputs, **record.outputs}}
        self._run_hooks("before_delete", record, shown)
        remove = lambda: provider.delete(record.id, dict(record.outputs))  # noqa: E731
        self._start("delete", record)
        self._attempt("delete", record, remove, shown)
        self._state.remove(record)
        self._run_hooks("after_delete", record, shown)
        seconds, detail = time.monotonic() - started, "replaced" if superseded else ""
        self._report(Event("deleted", record.urn, record.type, record.name, seconds, detail))

    @contextlib.contextmanager
    def _remembering(self, new: Record, superseding: Record | None = None) -> Generator[None]:
        """Record what was made although its operation failed; the next deploy finishes it."""
        try:
            yield
        except DeployError as error:
            if isinstance(made := error.__cause__, Unfinished):
                new.id, new.outputs = made.id, _json_only(new, made.outputs)
                new.unsettled = True
                self._state.put(new, superseding=superseding)
            raise

    def _settle(self, record: Record) -> None:
        if record.unsettled:
            record.unsettled = False
            self._state.put(record)

    def _run_hooks(self, moment: str, record: Record, shown: dict[str, Any]) -> None:
        self.hooks.run(moment, record.hooks.get(moment, []), record, shown)

    def _attempt(
        self, verb: str, record: Record, operation: Callable[[], Any], shown: dict[str, Any]
    ) -> Any:
        """Do it; while an error hook says so, do it again."""
        errors: list[str] = []
        while True:
            try:
                return operation()
            except Exception as error:
                errors.insert(0, explain(error))
                names = record.hooks.get("on_error", [])
                again = not lost_connection(error) and self.hooks.retry(
                    names, record, verb, list(errors), shown
                )
                if not again:
                    raise failure(verb, record.urn, record.type, record.name, error) from error

    def _start(self, verb: str, record: Record) -> None:
        self._report(Event("start", record.urn, record.type, record.name, detail=verb))


def failure(verb: str, urn: str, type: str, name: str, error: Exception) -> DeployError:
    """One clear error about what went wrong with a resource."""
    subject = f"{type} '{name}'" if name else type
    if isinstance(error, DeployError):
        if not error.urn:
            error.urn, error.type, error.name = urn, type, name
        return error
    if lost_connection(error):
        message = f"the embedded cloud stopped answering while {_DOING[verb]} {subject}"
    elif isinstance(error, UnsupportedInput | Unserved):
        message = str(error)
    else:
        message = f"{subject}: {verb} failed: {explain(error)}"
    return DeployError(message, urn=urn, type=type, name=name)


def _json_only(record: Record, outputs: Any) -> dict[str, Any]:
    try:
        plain = cast("dict[str, Any]", json.loads(json.dumps(outputs)))
    except TypeError as error:
        raise DeployError(
            f"{record.type} '{record.name}': its provider returned what is not JSON: {error}"
        ) from error
    return {key: value for key, value in plain.items() if value is not None}
