"""What may start executions: one module a kind, and the table of kinds."""

from collections.abc import Callable, Mapping
from typing import Any

from ...errors import invalid
from . import api, events, schedules, sqs
from .base import Plan, Subject

PLANNERS: Mapping[str, Callable[[Subject, Any], Plan]] = {
    "schedules": schedules.plan,
    "events": events.plan,
    "api": api.plan,
    "sqs": sqs.plan,
}
"""By the key of ``triggers``, in the order in which their resources are made."""


def plan_all(subject: Subject, triggers: Mapping[str, Any]) -> dict[str, Plan]:
    """The checked triggers of a machine, by kind.

    Raises:
        ValueError: a kind refuses what it was given.
    """
    plans = {}
    for kind, planner in PLANNERS.items():
        given = triggers.get(kind)
        if given is None:
            continue
        if not isinstance(given, Mapping):
            raise invalid(subject.who, f"triggers.{kind}", given, "a mapping")
        if given or kind == "api":
            plans[kind] = planner(subject, given)
    return plans
