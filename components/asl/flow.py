"""Where a machine goes: names, transitions, what cannot be reached and what never ends."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import nearest
from .document import Machine, Scope, State
from .problems import Report, Steps
from .values import objects, shown

MAX_NAME = 80
"""Characters of a state's name."""
_LEADS_ON = ("Task", "Pass", "Wait", "Parallel", "Map")
_ENDS = ("Succeed", "Fail")
_SHOWN = 5


def transitions(state: State) -> Iterator[tuple[Steps, Any]]:
    """Every field of a state that names the one to go to, and what it says."""
    fields = state.fields
    if state.type in _LEADS_ON and "Next" in fields:
        yield ("Next",), fields["Next"]
    if state.type == "Choice":
        for index, rule in objects(fields.get("Choices")):
            if "Next" in rule:
                yield ("Choices", index, "Next"), rule["Next"]
        if "Default" in fields:
            yield ("Default",), fields["Default"]
    for index, catcher in objects(fields.get("Catch")):
        if "Next" in catcher:
            yield ("Catch", index, "Next"), catcher["Next"]


def check_names(machine: Machine, report: Report) -> None:
    """Names are short, and unique over every scope."""
    first: dict[str, State] = {}
    for state in machine.states:
        if not state.key:
            report.error(state, (), "has an empty name. Give it one of 1 to 80 characters.")
        elif len(state.key) > MAX_NAME:
            report.error(
                state, (), f"its name has {len(state.key)} characters. Use {MAX_NAME} at most."
            )
        other = first.setdefault(state.key, state)
        if other is not state:
            report.error(
                state,
                (),
                f"the name is taken by {other.name!r}. Names are unique over the whole machine, "
                "branches included: rename one.",
            )


def check_state(state: State, report: Report) -> None:
    """``Next`` or ``End``, one of the two."""
    if state.type not in _LEADS_ON:
        return
    fields = state.fields
    if "End" in fields and fields["End"] is not True:
        report.error(
            state, ("End",), f"may only be true, not {shown(fields['End'])}. Leave it out."
        )
    elif "Next" in fields and "End" in fields:
        report.error(state, ("End",), "cannot stand beside Next. Keep the one that is meant.")
    elif "Next" not in fields and "End" not in fields:
        report.error(state, ("Next",), "is missing. Name the next state, or set End to true.")


def check_scope(scope: Scope, report: Report) -> None:
    """Every target exists, every state can be reached, and an end can be."""
    if not scope.states:
        return  # reported where the document was read
    steps = (*scope.prefix, "StartAt")
    start = ""
    if "StartAt" not in scope.fields:
        report.error(scope.place, steps, f"is missing. Name the first state of the {scope.kind}.")
    else:
        start, message = _target(scope, scope.fields["StartAt"])
        if message:
            report.error(scope.place, steps, message)
    leads: dict[str, set[str]] = {key: set() for key in scope.states}
    ends = {key for key, state in scope.states.items() if _ends(state)}
    for key, state in scope.states.items():
        for field, given in transitions(state):
            target, message = _target(scope, given)
            if message:
                report.error(state, field, message)
                ends.add(key)  # where it leads is not known, so nothing more is said about it
            if target:
                leads[key].add(target)
    if start:
        reached = _closure({start}, leads)
        _check_unreachable(scope, reached, report)
        _check_endless(scope, reached, leads, ends, report)


def _ends(state: State) -> bool:
    """Whether it ends its scope, or does not say how it goes on, which is reported elsewhere."""
    return (
        state.type in _ENDS
        or state.fields.get("End") is True
        or (state.type == "Choice" and "Choices" not in state.fields)
        or next(transitions(state), None) is None
    )


def _target(scope: Scope, given: Any) -> tuple[str, str]:
    """The state that is meant, ``""`` when it cannot be told, and what is wrong with the name."""
    if not isinstance(given, str):
        return "", f"must be the name of a state, not {shown(given)}."
    if given in scope.states:
        return given, ""
    where = "this machine" if scope.kind == "machine" else f"the same {scope.kind}"
    close = nearest(given, scope.states)
    few = ", ".join([*scope.states][:_SHOWN]) + (", ..." if len(scope.states) > _SHOWN else "")
    hint = f"Did you mean {close!r}?" if close else f"There is {few}."
    return close or "", f"there is no state {given!r} in {where}. {hint}"


def _check_unreachable(scope: Scope, reached: set[str], report: Report) -> None:
    for key, state in scope.states.items():
        if key not in reached:
            report.error(
                state,
                (),
                "cannot be reached: no state that runs leads to it. Name it in a Next, Default or "
                "Catch, or remove it.",
            )


def _check_endless(
    scope: Scope, reached: set[str], leads: Mapping[str, set[str]], ends: set[str], report: Report
) -> None:
    """One problem for all states from which no end can be reached."""
    backwards: dict[str, set[str]] = {key: set() for key in leads}
    for key, targets in leads.items():
        for target in targets:
            backwards[target].add(key)
    endless = reached - _closure(ends, backwards)
    names = [key for key in scope.states if key in endless]
    if names:
        listed = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
        circle = f"{listed} only lead to each other" if names[1:] else f"{listed} leads to itself"
        report.error(
            scope.states[names[0]],
            ("Next",),
            f"from here no end can be reached: {circle}. Set End to true on "
            "one, or lead to a Succeed or Fail state.",
        )


def _closure(start: set[str], leads: Mapping[str, set[str]]) -> set[str]:
    seen, waiting = set(start), list(start)
    while waiting:
        for target in leads[waiting.pop()]:
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return seen
