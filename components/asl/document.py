"""The document as machines, states and the scopes they live in.

A scope is what has ``StartAt`` and ``States``: the machine, each branch of a Parallel state, the
item processor of a Map state. Whatever is too broken to be walked is reported here; the rest of
the linter can rely on states being objects with string keys.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .problems import Place, Report, Steps, a, suggestion

MAX_DEPTH = 150
"""Levels of objects and arrays; a Parallel state in a Parallel state is five more."""
MAX_NUMBER = sys.float_info.max
TYPES = ("Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map")
SCOPES = ("Branches", "ItemProcessor", "Iterator")
"""Fields that hold scopes."""
LANGUAGES = ("JSONPath", "JSONata")


class NotJson(Exception):  # noqa: N818 - not an error yet: the caller reports it
    """A value that JSON does not have."""

    def __init__(self, message: str, steps: Steps = ()) -> None:
        super().__init__(message)
        self.message, self.steps = message, steps

    def inside(self, step: str | int) -> "NotJson":
        """The same, as whoever holds the value sees it."""
        return NotJson(self.message, (step, *self.steps))


@dataclass(frozen=True)
class State(Place):
    """One state. ``name`` is its path, ``key`` what it is called in its scope."""

    key: str = ""
    type: str = ""
    """``""`` when it has none that is known."""
    jsonata: bool = False
    fields: Mapping[str, Any] = field(default_factory=dict)
    express: bool = False
    """It runs in an Express workflow: the machine is one, or the distributed map around it."""


@dataclass(frozen=True)
class Scope:
    """Something with ``StartAt`` and ``States``."""

    place: Place
    """The machine, or the state that contains the scope."""
    prefix: Steps
    """The way from there: ``()`` or ``("Branches", 0)``."""
    kind: str
    """How a person calls it: ``machine``, ``branch``, ``item processor``."""
    fields: Mapping[str, Any]
    states: Mapping[str, State]
    express: bool


@dataclass
class Machine:
    """The whole document, flat and in its own order."""

    fields: Mapping[str, Any]
    jsonata: bool
    scopes: list[Scope] = field(default_factory=list)
    states: list[State] = field(default_factory=list)
    """Every state of every scope; a state stands before those inside it."""


_BYTES = (bytes, bytearray, memoryview)


def plain(value: object, depth: int = 0) -> Any:
    """A copy of ``value`` in dicts, lists, strings, numbers, booleans and None.

    Raises:
        NotJson: something else is in it.
    """
    # Tuples and dict first: this runs for every value of a large document.
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, (int, float)):
        if not -MAX_NUMBER <= value <= MAX_NUMBER:
            raise NotJson("is no number that JSON can carry. Give a finite one.")
        return value
    if depth > MAX_DEPTH:
        raise NotJson(f"is nested more than {MAX_DEPTH} levels deep. Make it flatter.")
    if isinstance(value, (dict, Mapping)):
        copy: dict[str, Any] = {}
        for key, item in value.items():
            if not isinstance(key, str):
                raise NotJson(f"has the key {key!r}. Keys are strings.")
            try:
                copy[key] = plain(item, depth + 1)
            except NotJson as problem:
                raise problem.inside(key) from None
        return copy
    if isinstance(value, (list, Sequence)) and not isinstance(value, _BYTES):
        items: list[Any] = []
        for index, item in enumerate(value):
            try:
                items.append(plain(item, depth + 1))
            except NotJson as problem:
                raise problem.inside(index) from None
        return items
    raise NotJson(
        f"is a {type(value).__name__}, which JSON does not have. Put a placeholder such as "
        "'${Name}' there and give its value beside the document."
    )


def read(document: Mapping[str, Any], report: Report, *, express: bool) -> Machine:
    """The machine in ``document``; what cannot be walked is reported and left out."""
    language = document.get("QueryLanguage", "JSONPath")
    machine = Machine(document, jsonata=language == "JSONata")
    _read_scope(machine, report, document, Place(), (), "machine", express)
    return machine


def nested(state: State) -> Iterator[tuple[Steps, str, Any]]:
    """The scopes inside a state as they are written: the way, what it is called, the value."""
    branches = state.fields.get("Branches")
    if state.type == "Parallel" and isinstance(branches, list):
        for index, branch in enumerate(branches):
            yield ("Branches", index), "branch", branch
    if state.type == "Map":
        for name in ("ItemProcessor", "Iterator"):
            if name in state.fields:
                yield (name,), "item processor", state.fields[name]


def mode(fields: Mapping[str, Any]) -> tuple[Any, Any]:
    """Mode and execution type of an item processor; None for what is not said."""
    config = fields.get("ProcessorConfig")
    return (
        (config.get("Mode"), config.get("ExecutionType"))
        if isinstance(config, dict)
        else (None, None)
    )


def _read_scope(
    machine: Machine,
    report: Report,
    fields: Mapping[str, Any],
    place: Place,
    prefix: Steps,
    kind: str,
    express: bool,
) -> None:
    written = fields.get("States")
    if written is None:
        report.error(place, (*prefix, "States"), f"is missing. It is what {a(kind)} is made of.")
    elif not isinstance(written, dict):
        report.error(place, (*prefix, "States"), "must be an object of state names to states.")
    elif not written:
        report.error(place, (*prefix, "States"), "is empty. Give at least one state.")
    around = f"{place.name}/" if place.name else ""
    if prefix and prefix[0] == "Branches":
        around += f"branch {int(prefix[1]) + 1}/"
    states = {
        key: _read_state(
            machine,
            report,
            f"{around}{key}",
            key,
            value,
            (*place.location, *prefix, "States", key),
            express,
        )
        for key, value in (written.items() if isinstance(written, dict) else ())
    }
    machine.scopes.append(Scope(place, prefix, kind, fields, states, express))
    for state in states.values():
        machine.states.append(state)
        for steps, inner, value in nested(state):
            if isinstance(value, dict):
                child_express = express or mode(value) == ("DISTRIBUTED", "EXPRESS")
                _read_scope(machine, report, value, state, steps, inner, child_express)
            else:
                report.error(
                    state, steps, f"must be an object: {a(inner)} with StartAt and States."
                )


def _read_state(
    machine: Machine,
    report: Report,
    name: str,
    key: str,
    value: Any,
    location: Steps,
    express: bool,
) -> State:
    fields = value if isinstance(value, dict) else {}
    given, language = fields.get("Type"), fields.get("QueryLanguage")
    known = given if isinstance(given, str) and given in TYPES else ""
    # A JSONata machine has no JSONPath states; that field is refused with the others.
    jsonata = machine.jsonata or language == "JSONata"
    state = State(name, location, key, known, jsonata, fields, express)
    if not isinstance(value, dict):
        report.error(state, (), "must be an object with a Type. There is " + ", ".join(TYPES) + ".")
    elif given is None:
        report.error(state, ("Type",), "is missing. There is " + ", ".join(TYPES) + ".")
    elif not known:
        report.error(
            state, ("Type",), f"{given!r} is no type of state. {suggestion(str(given), TYPES)}"
        )
    return state
