"""What ``undo`` refuses, each with what to do instead."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..checks import listed
from ..errors import invalid, nearest
from .undo_chain import key, variable
from .undo_flow import FALLIBLE, Done, Edge, Graph, State, nested

_OURS = ("Next", "End", "Catch", "ResultPath", "OutputPath")
"""What an undo task leaves to the chain that it stands in."""

Declared = Mapping[str, Mapping[str, Any]]


def check_machine(who: str, document: Mapping[str, Any], undo: Declared) -> None:
    """What can be seen without following the machine."""
    states: Mapping[str, State] = document["States"]
    for name, query_language in (
        ("the machine", document.get("QueryLanguage")),
        *((f"state {name!r}", state.get("QueryLanguage")) for name, state in states.items()),
    ):
        if query_language == "JSONata":
            raise invalid(
                who,
                "undo",
                list(undo),
                f"in JSONPath machines, and {name} is JSONata",
                "Remove its QueryLanguage, or undo in states of your own.",
            )
    variables, inside = set(_assigned(document)), dict(nested(states))
    kept: dict[str, str] = {}
    for step, one in undo.items():
        _check_step(who, step, states, inside)
        _check_task(who, f"undo.{step}.task", one["task"])
        _check_definite(who, f"undo.{step}.definite", one)
        if variable(step) in variables:
            raise ValueError(
                f"{who}: undo.{step} needs the variable '{variable(step)}', which the machine "
                "assigns itself. Give that one another name."
            )
        other = kept.setdefault(key(step), step)
        if other != step:
            raise ValueError(
                f"{who}: the undo results of {other!r} and {step!r} would both be kept at "
                f"$.undone.{key(step)}. Rename one of the steps."
            )


def _check_step(
    who: str, step: str, states: Mapping[str, State], inside: Mapping[str, str]
) -> None:
    if (outer := inside.get(step)) is not None:
        raise invalid(
            who,
            "undo",
            step,
            "steps at the top level",
            f"It is inside {outer!r}: declare the undo on {outer!r}, for all that is in it.",
        )
    if step not in states:
        close = nearest(step, states)
        hint = f"Did you mean {close!r}?" if close else ""
        fallible = listed(name for name, state in states.items() if state["Type"] in FALLIBLE)
        raise invalid(who, "undo", step, f"the machine's steps, {fallible}", hint)
    if states[step]["Type"] not in FALLIBLE:
        raise invalid(
            who,
            "undo",
            step,
            f"steps of type {', '.join(FALLIBLE)}; this one is a {states[step]['Type']}",
            "Remove it: it takes no effect that could be undone.",
        )


def _check_task(who: str, field: str, task: Mapping[str, Any]) -> None:
    if task.get("Type") != "Task":
        raise invalid(who, f"{field}.Type", task.get("Type"), "'Task'")
    for name in _OURS:
        if name in task:
            raise invalid(
                who,
                f"{field}.{name}",
                task[name],
                f"a Task state without {', '.join(_OURS)}",
                f"Remove {name}: what comes after the undo, and where its result is kept, is "
                "generated.",
            )
    if task.get("QueryLanguage") == "JSONata":
        raise invalid(who, f"{field}.QueryLanguage", "JSONata", "'JSONPath'")


def _check_definite(who: str, field: str, one: Mapping[str, Any]) -> None:
    definite: Sequence[str] = one.get("definite") or ()
    if definite and not one.get("unsure"):
        raise invalid(
            who,
            field,
            list(definite),
            "with unsure=True only",
            "Without it the step is not undone after any error of its own.",
        )
    if "States.ALL" in definite:
        raise invalid(
            who, field, list(definite), "names of errors", "If all are definite, remove unsure."
        )


def check_steps(who: str, graph: Graph, undo: Iterable[str]) -> None:
    """Steps that the order of undoing makes no sense for."""
    for step in undo:
        if graph.in_cycle(step):
            raise invalid(
                who,
                "undo",
                step,
                "steps that an execution completes once; this one can run again",
                "Repeat it by Retry, or put the loop into an execution of its own.",
            )
        if graph.doomed(step):
            raise invalid(
                who,
                "undo",
                step,
                "steps from which an execution can still succeed",
                "What is done before is undone before this step runs; nothing would undo this one.",
            )


def check_document(
    who: str, states: Mapping[str, State], edge: Edge, done: Done, catcher: int | None
) -> None:
    """What the undo tasks are given must be the document, and take their results.

    Args:
        catcher: the number that the catcher of ``edge`` has in the given document.
    """
    if edge.catcher is not None:
        path = states[edge.source]["Catch"][edge.catcher].get("ResultPath", "$")
        if path == "$":
            raise invalid(
                who,
                f"definition.States.{edge.source}.Catch[{catcher}].ResultPath",
                path,
                "a place in the document, since the error would replace what undoing "
                f"{', '.join(sorted(done.may))} needs",
                "For instance '$.error'.",
            )
    if done.listed:
        raise invalid(
            who,
            f"definition.States.{done.listed}.ResultPath",
            "$",
            "a place in the document, since its list would replace what undoing "
            f"{', '.join(sorted(done.may))} needs",
            f"For instance '$.{key(done.listed)}'.",
        )


def check_names(who: str, document: Mapping[str, Any], generated: Iterable[str]) -> None:
    """State names are unique in the whole machine, branches included."""
    states: Mapping[str, State] = document["States"]
    taken = {*states, *(name for name, _ in nested(states))}
    for name in generated:
        if name in taken:
            raise ValueError(
                f"{who}: undo generates a state {name!r}, and the machine has one of that name. "
                "Rename yours."
            )


def _assigned(value: object) -> Iterator[str]:
    """Names of all variables that anything in the document assigns."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name == "Assign" and isinstance(inner, Mapping):
                yield from (str(one).removesuffix(".$") for one in inner)
            yield from _assigned(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _assigned(inner)
