"""Workflow variables: who assigns them, their names, and whether a name that is read exists."""

from collections.abc import Iterator
from typing import Any

from ..errors import nearest
from .document import Machine, State
from .problems import Report, Steps
from .values import objects

MAX_VARIABLE = 80
"""Characters of a variable's name."""


class Variables:
    """The workflow variables that some state assigns."""

    def __init__(self, machine: Machine) -> None:
        self.names = {
            name.removesuffix(".$")
            for state in machine.states
            for _, assigned in assignments(state)
            if isinstance(assigned, dict)
            for name in assigned
        }

    def problem(self, name: str) -> str:
        """Why a variable cannot be read; ``""`` when it can."""
        if not name or name in self.names or name == "states":
            return ""
        close = nearest(name, self.names)
        hint = f"Did you mean '${close}'?" if close else f"For the input write '$.{name}'."
        return f"no state assigns the variable '${name}'. {hint}"


def assignments(state: State) -> Iterator[tuple[Steps, Any]]:
    """Every ``Assign`` of a state: its own, and those of its catchers and choice rules."""
    if "Assign" in state.fields:
        yield ("Assign",), state.fields["Assign"]
    for name in ("Catch", "Choices"):
        for index, entry in objects(state.fields.get(name)):
            if "Assign" in entry:
                yield (name, index, "Assign"), entry["Assign"]


def check_assignments(state: State, report: Report) -> None:
    """Names of variables, in either query language."""
    for steps, assigned in assignments(state):
        if not isinstance(assigned, dict):
            if not (state.jsonata and isinstance(assigned, str)):
                report.error(state, steps, "must be an object of variable names to values.")
            continue
        for key in assigned:
            name = key if state.jsonata else key.removesuffix(".$")
            if name == "states":
                report.error(state, (*steps, key), "the name 'states' is reserved. Use another.")
            elif not name.isidentifier() or len(name) > MAX_VARIABLE:
                report.error(
                    state,
                    (*steps, key),
                    f"is no name of a variable. Use letters, digits and '_', at most "
                    f"{MAX_VARIABLE}, not a digit first.",
                )
