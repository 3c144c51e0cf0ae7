"""Which provider serves a resource, configured as the program's explicit provider says.

``opts.provider`` arrives as ``urn::id`` of a resource of its own, whose inputs are in the
state like any other's: so deleting and destroying, which run no program, find them too.
"""

import json
import threading
from dataclasses import replace
from typing import Any

import pydantic

from sandbox.providers import Registry
from sandbox.providers.base import Context, Inputs, Provider

from .assets import decode
from .events import DeployError
from .state import Record, State


class Serving:
    """The providers of one run; one for each type and configuration."""

    def __init__(self, registry: Registry, context: Context, state: State) -> None:
        self.registry = registry
        self._context = context
        self._state = state
        self._made: dict[tuple[str, str], Provider[Any]] = {}
        self._lock = threading.Lock()

    def provider(self, type: str, name: str, reference: str) -> Provider[Any]:
        """What serves a type on behalf of the explicit provider ``reference``, if there is one."""
        served = self.registry.provider(type, name)
        settings, key = None, (type, "")
        if reference:
            explicit = self._state.provider(reference)
            if explicit is None:
                urn = reference.rpartition("::")[0]
                raise DeployError(f"{type} '{name}': its provider is not deployed any more: {urn}")
            settings = decode(explicit.checked)
            key = (type, json.dumps(explicit.checked, sort_keys=True))
        with self._lock:
            if key not in self._made:
                self._made[key] = served(replace(self._context, provider=settings))
            return self._made[key]

    def of(self, record: Record) -> Provider[Any]:
        """What serves something that is in the state."""
        return self.provider(record.type, record.name, record.provider)

    def moves(self, before: str, now: str) -> bool:
        """Whether another explicit provider means another place for what it serves."""
        if before.rpartition("::")[2] == now.rpartition("::")[2]:
            return False
        old, new = self._state.provider(before), self._state.provider(now)
        if old is None or new is None or old.urn == new.urn or old.type != new.type:
            return True
        kind = self.of(new)
        inputs, target = restored(kind, old), restored(kind, new)
        if inputs is None or target is None:
            return True
        return kind.must_replace(kind.changed(inputs, target), inputs, target)

    def goes_with(self, record: Record, old: Record) -> bool:
        """Whether ``record`` cannot keep standing when ``old`` is deleted to be made anew."""
        if record.provider and self._state.provider(record.provider) is old:
            return True
        tied = {key for key, urns in record.property_dependencies.items() if old.urn in urns}
        return bool(tied & self.registry.provider(record.type, record.name).replaces)


def restored(provider: Provider[Any], old: Record) -> Inputs | None:
    """The typed inputs of the last run; None when another version of the provider wrote them."""
    try:
        return provider.inputs.model_validate(decode(old.checked))
    except pydantic.ValidationError:
        return None
