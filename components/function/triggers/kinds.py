"""The table of trigger kinds: what plans each."""

from collections.abc import Callable, Mapping
from typing import Any

from ...errors import invalid
from . import (
    events,
    function_url,
    http_api,
    rest_api,
    s3,
    schedules,
    sns,
    sqs,
    streams,
    tables,
)
from .base import Plan, Subject

PLANNERS: Mapping[str, Callable[[Subject, Any], Plan]] = {
    "rest_api": rest_api.plan,
    "http_api": http_api.plan,
    "url": function_url.plan,
    "s3": s3.plan,
    "sqs": sqs.plan,
    "sns": sns.plan,
    "events": events.plan,
    "schedules": schedules.plan,
    "tables": tables.plan,
    "streams": streams.plan,
}
"""By the key of ``triggers``, in the order in which their resources are made."""


def plan_all(subject: Subject, triggers: Mapping[str, Any]) -> dict[str, Plan]:
    """The checked triggers of a function, by kind.

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
        plans[kind] = planner(subject, given)
    return plans
