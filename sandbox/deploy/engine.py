"""What becomes of a registered resource: created, updated, replaced, left alone, deleted.

Called from worker threads, one per resource; what is shared is behind a lock.
"""

import contextlib
import threading
import time
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

from sandbox.providers import Registry
from sandbox.providers.base import Context, Inputs, Tagged

from .assets import decode, encode, pin
from .events import Deployed, DeployError, Event, Op, Reporter
from .ignored import keep_ignored
from .operations import Change, Operations, Registration, failure
from .serving import Serving, restored
from .state import Record, State, dependents_first


class Engine:
    """Serves one deploy, or one destroy."""

    def __init__(
        self,
        registry: Registry,
        context: Context,
        state: State,
        report: Reporter,
        directory: Path | None = None,
        parallel: int = 1,
    ) -> None:
        self.failure: DeployError | None = None
        """The first thing that went wrong."""
        self.deployed: dict[str, Deployed] = {}
        self.exports: dict[str, Any] = {}
        self.secret_exports: frozenset[str] = frozenset()
        self.busy = 0
        """Operations in flight; the watchdog reads it."""
        self._operations = Operations(state, report)
        self.hooks = self._operations.hooks
        self._registry = registry
        self._context = context
        self._state = state
        self._report = report
        self._directory = directory or Path.cwd()
        self._serve = Serving(registry, context, state)
        self._seen: set[str] = set()
        self._stopped = False
        self._slots = threading.BoundedSemaphore(parallel)
        self._lock = threading.RLock()
        self._cascade = threading.RLock()

    def stop(self) -> None:
        """Let what is in flight finish and start nothing more."""
        self._stopped = True

    def claim(self, urn: str, type: str, name: str) -> None:
        """Note that the program has a resource of this URN; a second one is an error."""
        with self._lock:
            if urn in self._seen:
                raise DeployError(f"{type} '{name}' is declared twice: give one another name")
            self._seen.add(urn)

    def register(self, goal: Registration) -> dict[str, Any]:
        """Bring one resource to what the program declares; its ``id`` is among the outputs."""
        with self._serving("check", goal.urn, goal.type, goal.name):
            started = time.monotonic()
            self.claim(goal.urn, goal.type, goal.name)
            change = self._change(goal)
            op = self._bring(change)
            new = change.new
            missing = change.provider.outputs - new.outputs.keys()
            if missing:
                raise DeployError(
                    f"{goal.type} '{goal.name}': its provider did not return "
                    f"{', '.join(sorted(missing))}"
                )
            self.deployed[new.urn] = described(new, op)
            seconds = time.monotonic() - started
            self._report(Event(op, new.urn, new.type, new.name, seconds, new.recorded))
            return {**new.outputs, "id": new.id}

    def read(self, urn: str, type: str, name: str, id: str, provider: str = "") -> dict[str, Any]:
        """Outputs of a resource that exists already (``X.get``)."""
        with self._serving("read", urn, type, name):
            try:
                return dict(self._serve.provider(type, name, provider).read(id))
            except KeyError as error:
                raise DeployError(f"{type} '{name}': there is no '{id}'") from error

    def invoke(self, token: str, args: Mapping[str, Any]) -> dict[str, Any]:
        """Call a function of a provider."""
        # Not limited: a hook that holds up an operation may call it.
        with self._clearly("invoke", "", token, ""):
            return self._registry.invoke(token)(self._context, args)

    def finish(self, stack_prefix: str = "") -> None:
        """Delete what the program no longer declares and what was replaced, last made first."""
        gone = [
            record
            for record in dependents_first(self._state)
            if record.urn.startswith(stack_prefix)
            and (record.replaced or record.urn not in self._seen)
        ]
        for record in gone:
            _refuse_protected(record)
        leaving = {record.urn for record in gone}
        for record in gone:
            with self._serving("delete", record.urn, record.type, record.name):
                self._delete(record, leaving)

    def _change(self, goal: Registration) -> Change:
        provider = self._serve.provider(goal.type, goal.name, goal.provider)
        old = self._former(goal)
        inputs = pin(goal.inputs, self._directory)
        if old and goal.ignore_changes:
            inputs = keep_ignored(inputs, decode(old.inputs), goal.ignore_changes)
        given = inputs
        if issubclass(provider.inputs, Tagged) and self._context.default_tags:
            # Here and not only in Provider.tags, so that a changed default is a change.
            given = {**inputs, "tags": {**self._context.default_tags, **inputs.get("tags", {})}}
        checked = provider.ignoring(provider.check(goal.name, given), goal.ignore_changes)
        new = Record(
            goal.urn,
            goal.type,
            goal.name,
            id=old.id if old else "",
            inputs=encode(inputs),
            checked=encode(checked.model_dump(by_alias=True)),
            outputs=old.outputs if old else {},
            dependencies=sorted(goal.dependencies),
            property_dependencies=goal.property_dependencies,
            recorded=provider.recorded or "",
            protect=goal.protect,
            retain=goal.retain,
            deleted_with=goal.deleted_with,
            provider=goal.provider,
            hooks=goal.hooks,
        )
        return Change(goal, provider, inputs, checked, new, old)

    def _bring(self, change: Change) -> Op:
        goal, provider, old, checked = change.goal, change.provider, change.old, change.checked
        if old is None:
            self._operations.create(change)
            return "created"
        before = restored(provider, old) if old.type == goal.type else None
        elsewhere = self._serve.moves(old.provider, goal.provider)
        if before is None or elsewhere or provider.outputs - old.outputs.keys():
            # To another place, or left by another version of the provider.
            self._replace(change, old, before)
            return "replaced"
        changed = provider.changed(before, checked)
        if not changed and not old.unsettled:
            self._state.touch(change.new)
            return "unchanged"
        forced = {path.split(".")[0].split("[")[0] for path in goal.replace_on_changes}
        if changed & forced or "*" in forced or provider.must_replace(changed, before, checked):
            self._replace(change, old, before)
            return "replaced"
        self._operations.update(change, before)
        return "updated"

    def _replace(self, change: Change, old: Record, before: Inputs | None) -> None:
        if change.goal.protect:
            _refuse_protected(old)
        old.protect = False  # the program has lifted it
        first = change.goal.delete_before_replace
        if first is None:
            first = change.provider.deletes_first(before, change.checked)
        if first:
            with self._cascade:
                self._delete_dependents(old)
                self._delete(old, {old.urn})
            self._operations.create(change)
        else:
            self._operations.create(change, superseding=old)

    def _delete_dependents(self, old: Record) -> None:
        """Delete what could not keep standing on ``old``: its replacement is forced by it."""
        for record in reversed(list(self._state)):
            if record.replaced or record.urn in self._seen:
                continue
            if self._serve.goes_with(record, old):
                self._delete_dependents(record)
                self._delete(record, {record.urn})

    def _delete(self, record: Record, leaving: set[str]) -> None:
        _refuse_protected(record)
        if record.retain or (record.deleted_with in leaving and record.deleted_with != record.urn):
            self._state.remove(record)
            return
        superseded = record.urn in self._seen
        provider = self._serve.of(record)
        self._operations.delete(record, provider, superseded=superseded)
        if not superseded:
            self.deployed[record.urn] = described(record, "deleted")

    def _former(self, goal: Registration) -> Record | None:
        with self._lock:
            if record := self._state.get(goal.urn):
                return record
            for urn in goal.former_urns:
                record = self._state.get(urn)
                if record and urn not in self._seen:
                    self._state.rename(record, goal.urn, goal.name)
                    return record
            return None

    @contextlib.contextmanager
    def _serving(self, verb: str, urn: str, type: str, name: str) -> Generator[None]:
        """Limit and count what is in flight; turn what goes wrong into one clear error."""
        with self._slots:
            if self._stopped:
                raise DeployError("the deploy has been stopped", urn=urn, type=type, name=name)
            with self._lock:
                self.busy += 1
            try:
                with self._clearly(verb, urn, type, name):
                    yield
            finally:
                with self._lock:
                    self.busy -= 1

    @contextlib.contextmanager
    def _clearly(self, verb: str, urn: str, type: str, name: str) -> Generator[None]:
        try:
            yield
        except Exception as error:
            clear = failure(verb, urn, type, name, error)
            with self._lock:
                self.failure = self.failure or clear
                self._stopped = True
            self._report(Event("failed", urn, type, name, detail=str(clear)))
            if clear is error:
                raise
            raise clear from error


def described(record: Record, op: Op) -> Deployed:
    """A record as the caller sees it."""
    verdict: Any = "recorded" if record.recorded else "real"
    return Deployed(record.urn, record.type, record.name, op, verdict, record.recorded)


def _refuse_protected(record: Record) -> None:
    if record.protect:
        raise DeployError(
            f"{record.type} '{record.name}' is protected and would be deleted. Deploy once with "
            "protect=False first.",
            urn=record.urn,
            type=record.type,
            name=record.name,
        )
