"""The states that undo: one task for each step, what happens if it fails, and their names.

Chains that end alike share their states: undoing C, B, A and undoing B, A differ in C alone.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Union

from .undo_flow import Done, Edge, State

NAME_LENGTH = 80
"""Of a state and of a variable, at most (Step Functions developer guide, "Quotas")."""
RETRY = {
    "ErrorEquals": ["States.ALL"],
    "IntervalSeconds": 2,
    "MaxAttempts": 6,
    "BackoffRate": 2.0,
    "MaxDelaySeconds": 60,
    "JitterStrategy": "FULL",
}
"""About two minutes in all: longer than most hiccups, and giving up needs a person."""
SEND_SECONDS = 30
UNDO_ERROR = "$.undo_error"


@dataclass(frozen=True, eq=False)
class Link:
    """The undo of one step, and what comes after it. There is one of each kind only."""

    step: str
    certain: bool
    """Whether the step is completed for sure; otherwise its variable is asked first."""
    then: Union["Link", str]
    """The next one, or the state that the execution was on its way to."""
    end: str
    """The state after the whole chain."""


class Chains:
    """All chains of a machine, with names for their states.

    A step that is undone in one place is undone by ``Undo <Step>``; where there are several, the
    state that follows the chain is named as well.

    Args:
        crossings: where executions become doomed, with what is completed on each way.
        order: the steps in the order of completion.
    """

    def __init__(self, crossings: Mapping[Edge, Done], order: Sequence[str]) -> None:
        self._links: dict[tuple[str, bool, Link | str], Link] = {}
        first = {edge: self._chain(done, order, edge.target) for edge, done in crossings.items()}
        # The longest first, so that the states stand in the order in which they run.
        ways = sorted(crossings, key=lambda edge: -len(crossings[edge].may))
        self._running = list(self._walk(first[edge] for edge in ways))
        places: dict[str, list[Link]] = {}
        for link in self._running:
            if link.certain:
                places.setdefault(link.step, []).append(link)
        self._labels = {link: label for tasks in places.values() for link, label in _labels(tasks)}
        self.first = {edge: self._name(link) for edge, link in first.items()}
        """The state that each way leads to instead."""

    def states(self, tasks: Mapping[str, Mapping[str, Any]], queue: str) -> dict[str, State]:
        """The states by name; ``tasks`` are the undo tasks by step."""
        found: dict[str, State] = {}
        for link in self._running:
            name, then = self._name(link), self._name(link.then)
            if not link.certain:
                found[name] = _question(link.step, yes=self._name(self._task(link)), no=then)
                continue
            failed = fitted("Undo ", self._labels[link], " failed")
            found[name] = _undo(link.step, tasks[link.step], failed=failed, then=then)
            found[failed] = _report(link.step, queue, then=then)
        return found

    def _chain(self, done: Done, order: Sequence[str], target: str) -> Link | str:
        link: Link | str = target
        for step in order:
            if step in done.may:
                link = self._link(step, step in done.must, link, target)
        return link

    def _link(self, step: str, certain: bool, then: Link | str, end: str) -> Link:
        return self._links.setdefault((step, certain, then), Link(step, certain, then, end))

    def _task(self, link: Link) -> Link:
        """The undo itself, without the question."""
        return self._link(link.step, True, link.then, link.end)

    def _walk(self, chains: Iterable[Link | str]) -> Iterator[Link]:
        """Every link once, with the undo after its question."""
        seen: set[Link] = set()
        for link in chains:
            while not isinstance(link, str):
                for one in dict.fromkeys((link, self._task(link))):
                    if one not in seen:
                        seen.add(one)
                        yield one
                link = link.then

    def _name(self, link: Link | str) -> str:
        """The state that ``link`` begins with."""
        if isinstance(link, str):
            return link
        return fitted("Undo ", self._labels[self._task(link)], "" if link.certain else "?")


def _labels(tasks: Sequence[Link]) -> Iterator[tuple[Link, str]]:
    """What tells the undos of one step apart."""
    taken: dict[str, int] = {}
    for link in tasks:
        label = link.step if len(tasks) == 1 else f"{link.step} before {link.end}"
        taken[label] = count = taken.get(label, 0) + 1
        yield link, label if count == 1 else f"{label} ({count})"


def key(step: str) -> str:
    """The step's name as part of a path or a variable."""
    plain = re.sub(r"\W", "_", step, flags=re.ASCII)
    if plain[:1].isdigit():
        plain = f"_{plain}"
    room = NAME_LENGTH - len("undo_")
    return plain if len(plain) <= room else f"{plain[: room - 7]}_{_digest(step)}"


def variable(step: str) -> str:
    """The variable that is true once the step is completed."""
    return f"undo_{key(step)}"


def fitted(before: str, label: str, after: str = "") -> str:
    """A state's name; what is too long is cut, and still the same every time and no other's."""
    room = NAME_LENGTH - len(before) - len(after)
    if len(label) > room:
        label = f"{label[: room - 7]}~{_digest(label)}"
    return f"{before}{label}{after}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:6]


def _question(step: str, *, yes: str, no: str) -> State:
    return {
        "Type": "Choice",
        "Comment": f"Only if {step} has taken effect",
        "Choices": [{"Variable": f"${variable(step)}", "BooleanEquals": True, "Next": yes}],
        "Default": no,
    }


def _undo(step: str, task: Mapping[str, Any], *, failed: str, then: str) -> State:
    return {
        "Type": "Task",
        "Comment": f"Undoes {step}, since the execution can only fail from here on",
        "Retry": [dict(RETRY)],
        **task,
        "ResultPath": f"$.undone.{key(step)}",
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": UNDO_ERROR, "Next": failed}],
        "Next": then,
    }


def _report(step: str, queue: str, *, then: str) -> State:
    return {
        "Type": "Task",
        "Comment": f"Hands {step} to a person to undo, and goes on with the rest",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {
            "QueueUrl": queue,
            "MessageBody": {
                "step": step,
                "execution.$": "$$.Execution.Id",
                # As a whole: an error without a cause must not keep the rest from being undone.
                "error.$": UNDO_ERROR,
                "document.$": "$",
            },
        },
        "ResultPath": None,
        "TimeoutSeconds": SEND_SECONDS,
        "Retry": [dict(RETRY)],
        # Even then the rest is undone; the execution's history has what was to be sent.
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.undo_unsent", "Next": then}],
        "Next": then,
    }
