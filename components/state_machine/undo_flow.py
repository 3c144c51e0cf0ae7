"""Where an execution can go, and which steps it has completed by then: what ``undo`` rests on.

Knows the top level only: a Parallel or a Map is one state. It reads ``Next``, ``Default``,
``Choices`` and ``Catch``, and so wants every way an execution can take written out.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

State = dict[str, Any]

FALLIBLE = ("Task", "Parallel", "Map")
"""The types whose errors can be caught."""


@dataclass(frozen=True)
class Edge:
    """One way out of a state."""

    source: str
    path: tuple[str | int, ...]
    """Where in the state the target is written: ``("Catch", 0, "Next")``."""
    target: str

    @property
    def catcher(self) -> int | None:
        """The catcher that sends an execution this way."""
        return int(self.path[1]) if self.path[0] == "Catch" else None


@dataclass(frozen=True)
class Done:
    """What an execution has behind it at some point."""

    may: frozenset[str] = frozenset()
    """Steps completed on one way here at least."""
    must: frozenset[str] = frozenset()
    """Steps completed on every way here."""
    listed: str = ""
    """The Parallel or Map whose list the document here may be."""


class Graph:
    """The top level of a machine.

    Args:
        start: name of the first state.
        states: by name.
        took_effect: catchers, by state and number, whose errors leave the state's effect behind.
    """

    def __init__(
        self,
        start: str,
        states: Mapping[str, State],
        took_effect: Collection[tuple[str, int]] = (),
    ) -> None:
        self._start = start
        self._states = states
        self._took_effect = took_effect
        self._out = {
            name: [edge for edge in _edges(name, state) if edge.target in states]
            for name, state in states.items()
        }
        self._after = {name: self._reach(name) for name in states}

    def in_cycle(self, name: str) -> bool:
        """Whether an execution can come back to the state."""
        return name in self._after[name]

    def doomed(self, name: str) -> bool:
        """Whether an execution that enters the state can only end in failure."""
        return not any(_succeeds(self._states[one]) for one in {name, *self._after[name]})

    def in_order(self, steps: Collection[str]) -> list[str]:
        """Steps that are in no cycle in the order in which an execution completes them: whatever
        comes after a later one comes after an earlier one as well, and the later one itself."""
        return sorted(steps, key=lambda step: (-len(self._after[step]), step))

    def crossings(self, steps: Collection[str]) -> dict[Edge, Done]:
        """The ways on which an execution becomes doomed, with what it has completed on each."""
        entered: dict[str, Done] = {self._start: Done()}
        found: dict[Edge, Done] = {}
        # Without loops a state's turn comes when everything before it is known.
        waiting = {self._start}
        while waiting:
            name = max(waiting, key=lambda one: (len(self._after[one]), one))
            waiting.remove(name)
            for edge in self._out[name]:
                done = self._along(edge, entered[name], steps)
                found[edge] = done
                known = entered.get(edge.target)
                joined = done if known is None else _join(known, done)
                if joined != known:
                    entered[edge.target] = joined
                    waiting.add(edge.target)
        return {
            edge: found[edge]
            for edges in self._out.values()
            for edge in edges
            if edge in found and not self.doomed(edge.source) and self.doomed(edge.target)
        }

    def effects(self, name: str) -> Iterator[Edge]:
        """The ways out of a step on which it counts as completed."""
        for edge in self._out[name]:
            if edge.catcher is None or (name, edge.catcher) in self._took_effect:
                yield edge

    def _along(self, edge: Edge, done: Done, steps: Collection[str]) -> Done:
        name = edge.source
        new = {name} if name in steps and edge in self.effects(name) else set[str]()
        listed = _listed(edge, self._states[name], done.listed)
        return Done(done.may | new, done.must | new, listed)

    def _reach(self, name: str) -> set[str]:
        found: set[str] = set()
        waiting = [name]
        while waiting:
            new = {edge.target for edge in self._out[waiting.pop()]} - found
            found |= new
            waiting += new
        return found


def nested(states: Mapping[str, State]) -> Iterator[tuple[str, str]]:
    """The states inside the given ones, however deep, each with the outermost it is in."""
    for name, state in states.items():
        branches = [*state.get("Branches", ()), state.get("ItemProcessor"), state.get("Iterator")]
        for branch in branches:
            inner = (branch or {}).get("States", {})
            yield from ((one, name) for one in inner)
            yield from ((one, name) for one, _ in nested(inner))


def _edges(name: str, state: State) -> Iterator[Edge]:
    for field in ("Next", "Default"):
        if field in state:
            yield Edge(name, (field,), state[field])
    for field in ("Choices", "Catch"):
        for number, one in enumerate(state.get(field, ())):
            yield Edge(name, (field, number, "Next"), one["Next"])


def _succeeds(state: State) -> bool:
    return state["Type"] == "Succeed" or bool(state.get("End"))


def _join(one: Done, other: Done) -> Done:
    return Done(one.may | other.may, one.must & other.must, one.listed or other.listed)


def _listed(edge: Edge, state: State, before: str) -> str:
    """Whether the document is a list: what a Parallel or Map gives, until a state gives another."""
    if edge.catcher is not None:
        return "" if state["Catch"][edge.catcher].get("ResultPath", "$") == "$" else before
    if state["Type"] not in FALLIBLE:
        return "" if {"InputPath", "OutputPath", "Parameters", "Result"} & set(state) else before
    if "OutputPath" in state:
        return ""
    if state.get("ResultPath", "$") != "$":
        return before
    known = state["Type"] == "Task" or {"ResultSelector", "ResultWriter"} & set(state)
    return "" if known else edge.source
