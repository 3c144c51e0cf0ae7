"""Compensation declared on a step: what a failed execution has done is undone, latest first.

A state is *doomed* when an execution that enters it can only end in failure. On every way from
a state that is not doomed to one that is, and wherever an error would end the execution
uncaught, the undo tasks of the steps completed so far run in between. Where the graph says
which steps those are, the chain holds just them; where it does not, a variable of the execution
says it. An undo that fails leaves the whole document in a queue for a person, and the rest is
still undone.

Left out, since no state of a machine can catch it: an execution that is stopped or runs into the
machine's own ``TimeoutSeconds``, and ``States.Runtime`` and ``States.DataLimitExceeded``.
"""

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .undo_chain import Chains, fitted, variable
from .undo_checks import check_document, check_machine, check_names, check_steps
from .undo_flow import FALLIBLE, Edge, Graph, State

if TYPE_CHECKING:
    from .args import Undo

START = "Nothing to undo yet"
FAIL = "Fail with the same error"
REASON = "$.undo_reason"
"""Where the document keeps an error that was caught for the undoing only."""


@dataclass
class _Catcher:
    """One catcher, while every way out of a state is spelt out."""

    body: State
    origin: int | None
    """Its number in the given document; None: it was added."""
    took_effect: bool


_Catchers = dict[str, list[_Catcher]]


def with_undo(
    who: str,
    document: Mapping[str, Any],
    undo: Mapping[str, "Undo"],
    *,
    queue: str = "${UndoQueueUrl}",
) -> dict[str, Any]:
    """The document with the states that undo; the given one stays as it is.

    Args:
        who: class and name of the component, for messages.
        document: one that ``asl.lint`` finds no errors in.
        undo: by name of the step: a Task, Parallel or Map at the top level.
        queue: URL of the queue for what could not be undone.

    Raises:
        ValueError: a step cannot be undone as it is declared, or a name is taken.
    """
    result = copy.deepcopy(dict(document))
    if not undo:
        return result
    check_machine(who, result, undo)

    states: dict[str, State] = dict(result["States"])
    catchers, fails = _spell_out(states, undo)
    check_names(who, result, [START, *fails])
    graph = _graph(result["StartAt"], {**states, **fails}, catchers)
    check_steps(who, graph, undo)
    order = graph.in_order(undo)
    crossings = {edge: done for edge, done in graph.crossings(undo).items() if done.may}
    for edge, done in crossings.items():
        origin = None if edge.catcher is None else catchers[edge.source][edge.catcher].origin
        check_document(who, states, edge, done, origin)
    open_questions = {step for done in crossings.values() for step in done.may - done.must}
    unclear = [step for step in order if step in open_questions]

    chains = Chains(crossings, order)
    for edge, name in chains.first.items():
        _write(states, edge, name)
    for edge in (edge for step in unclear for edge in graph.effects(step)):
        _assign(states, edge, variable(edge.source))
    ends = _tidy(document["States"], states, catchers, crossings)
    generated = chains.states({step: undo[step]["task"] for step in undo}, queue)
    generated |= {name: fails[name] for name in ends}
    first = _nothing_yet(unclear, result["StartAt"])
    check_names(who, result, generated)
    result["States"] = {**first, **states, **generated}
    result["StartAt"] = next(iter(first), result["StartAt"])
    return result


def _spell_out(
    states: dict[str, State], undo: Mapping[str, "Undo"]
) -> tuple[_Catchers, dict[str, State]]:
    """Write out every way an execution can go, in ``states``; catchers of unsure steps part into
    those of definite errors and of all others. Also gives the Fail states that this leads to."""
    catchers: _Catchers = {}
    fails: dict[str, State] = {
        FAIL: {
            "Type": "Fail",
            "Comment": "The error that was caught for the undoing only",
            "ErrorPath": f"{REASON}.Error",
            "CausePath": f"{REASON}.Cause",
        }
    }
    for name, state in states.items():
        if state["Type"] in FALLIBLE:
            catchers[name] = list(_parts(state.get("Catch", []), undo.get(name)))
            state["Catch"] = [one.body for one in catchers[name]]
        elif state["Type"] == "Choice" and "Default" not in state:
            state["Default"] = _unmatched(name)
            fails[_unmatched(name)] = {
                "Type": "Fail",
                "Error": "States.NoChoiceMatched",
                "Cause": f"No choice of {name!r} matched, and it has no Default",
            }
    return catchers, fails


def _parts(given: Sequence[State], undo: "Undo | None") -> Iterator[_Catcher]:
    unsure = undo is not None and bool(undo.get("unsure"))
    definite = list(undo.get("definite") or ()) if undo is not None else []
    uncaught: State = {"ErrorEquals": ["States.ALL"], "ResultPath": REASON, "Next": FAIL}
    earlier: list[str] = []
    for number, body in enumerate([*given, uncaught]):
        errors: list[str] = body["ErrorEquals"]
        origin = number if number < len(given) else None
        if origin is None and "States.ALL" in earlier:
            return
        sure = [one for one in definite if _catch(errors, one) and not _catch(earlier, one)]
        rest = [one for one in errors if not _covered(definite, one)]
        if sure and rest:
            yield _Catcher({**copy.deepcopy(body), "ErrorEquals": sure}, origin, False)
        errors = rest if sure and rest else errors
        yield _Catcher({**body, "ErrorEquals": errors}, origin, unsure and bool(rest))
        earlier += body["ErrorEquals"]


def _catch(errors: Sequence[str], one: str) -> bool:
    """Whether a catcher of ``errors`` catches ``one``."""
    if "States.ALL" in errors or one in errors:
        return True
    return "States.TaskFailed" in errors and one != "States.Timeout"


def _covered(definite: Sequence[str], one: str) -> bool:
    """Whether everything that ``one`` stands for in a catcher is definite."""
    return one in definite or (
        "States.TaskFailed" in definite and one not in ("States.ALL", "States.Timeout")
    )


def _graph(start: str, states: Mapping[str, State], catchers: _Catchers) -> Graph:
    took_effect = {
        (name, number)
        for name, several in catchers.items()
        for number, one in enumerate(several)
        if one.took_effect
    }
    return Graph(start, states, took_effect)


def _write(states: Mapping[str, State], edge: Edge, target: str) -> None:
    """Lead ``edge`` to ``target``."""
    holder: Any = states[edge.source]
    for part in edge.path[:-1]:
        holder = holder[part]
    holder[edge.path[-1]] = target


def _assign(states: Mapping[str, State], edge: Edge, name: str) -> None:
    """Set the variable ``name`` on the way along ``edge``."""
    state = states[edge.source]
    holder = state if edge.catcher is None else state["Catch"][edge.catcher]
    holder["Assign"] = {**holder.get("Assign", {}), name: True}


def _tidy(
    given: Mapping[str, State],
    states: Mapping[str, State],
    catchers: _Catchers,
    undone: Mapping[Edge, object],
) -> list[str]:
    """Take back what was spelt out in vain; gives the Fail states that are still led to."""
    used = {(edge.source, edge.catcher) for edge in undone}
    ends: list[str] = []
    for name, several in catchers.items():
        added = [number for number, one in enumerate(several) if one.origin is None]
        kept = _merged(given[name].get("Catch", []), several)
        if any((name, number) in used for number in added):
            kept += [several[number].body for number in added]
            ends.append(FAIL)
        states[name]["Catch"] = kept
        if not kept and "Catch" not in given[name]:
            del states[name]["Catch"]
    for name, state in states.items():
        if state["Type"] == "Choice" and "Default" not in given[name]:
            if state["Default"] != _unmatched(name):
                ends.append(_unmatched(name))
            else:
                del state["Default"]
    return ends


def _merged(given: Sequence[State], several: Sequence[_Catcher]) -> list[State]:
    """The given catchers; those in two parts only where the parts came to differ."""
    found: list[State] = []
    for number, body in enumerate(given):
        parts = [one.body for one in several if one.origin == number]
        same = all({**one, "ErrorEquals": []} == {**parts[0], "ErrorEquals": []} for one in parts)
        found += [{**parts[0], "ErrorEquals": body["ErrorEquals"]}] if same else parts
    return found


def _nothing_yet(unclear: Sequence[str], start: str) -> dict[str, State]:
    if not unclear:
        return {}
    return {
        START: {
            "Type": "Pass",
            "Comment": "From where the execution fails, it is not clear which of these are done",
            "Assign": {variable(step): False for step in unclear},
            "Next": start,
        }
    }


def _unmatched(choice: str) -> str:
    return fitted("No match in ", choice)
