"""Alarms of a workflow that has functions of its own, and which of the overrides are whose.

Its alarms are known by one name each, ``payment/duration`` or ``failed``; the components inside
know them as ``duration`` of a function and ``failed`` of a machine.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..alarms import AlarmOverride, watch
from ..alarms.watch import Formulas
from ..function import watching as function_watching
from ..function.triggers.base import Subject as FunctionSubject
from . import watching
from .triggers.base import Subject


@dataclass(frozen=True)
class Composed:
    """The alarms of such a workflow, checked, before anything is made."""

    formulas: Formulas
    """Of all things, overrides included."""
    machine: Mapping[str, AlarmOverride]
    """The overrides that are the state machine's."""
    functions: Mapping[str, Mapping[str, AlarmOverride]]
    """The overrides of each function."""


def compose(
    who: str,
    name: str,
    document: Mapping[str, Any],
    timeouts: Mapping[str, int],
    overrides: Mapping[str, AlarmOverride] | None,
    *,
    undo: bool = False,
    own: Formulas | None = None,
) -> Composed:
    """Tell the alarms of the workflow ``name`` from those of what is inside.

    Args:
        who: class and name, for messages.
        name: the component's.
        document: the workflow.
        timeouts: of its functions in seconds, by what they are called within the component.
        overrides: as the caller gave them.
        undo: whether the machine undoes steps.
        own: formulas of what the component makes besides.

    Raises:
        ValueError: an override is of no alarm there is, or CloudWatch would refuse it.
    """
    subject = Subject(who, name, express=False, timeout_seconds=document.get("TimeoutSeconds"))
    machine = watching.formulas(subject, document, undo=undo)
    functions = {
        step: function_watching.formulas(FunctionSubject(who, f"{name}-{step}", seconds, None))
        for step, seconds in timeouts.items()
    }
    all_of_them = dict(machine) | dict(own or {})
    for step, formulas in functions.items():
        all_of_them |= watch.within(step, formulas)
    return Composed(
        formulas=watch.checked(who, all_of_them, overrides),
        machine=watch.part("", machine, overrides),
        functions={
            step: watch.part(step, formulas, overrides) for step, formulas in functions.items()
        },
    )
