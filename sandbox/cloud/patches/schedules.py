"""Schedules fire within a second, and a new one of an old name starts anew.

The emulator looks every ten seconds, and remembers when a schedule fired last that has since
been deleted or told another time.
"""

import time
from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import eventbridge, scheduler

from sandbox.cloud.settings import Settings

from . import guard

TICK_SECONDS = 1


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Look more often; forget what is gone."""
    guard.checked(scheduler, "_ticker_loop", "()")
    guard.checked(eventbridge, "_scheduler_loop", "()")
    guard.number(scheduler, "_SCHEDULE_TICK_INTERVAL", TICK_SECONDS)
    guard.number(eventbridge, "_SCHEDULER_TICK_INTERVAL", TICK_SECONDS)
    guard.wrap(scheduler, "_delete_schedule", "(name, query)", _deleted)
    guard.wrap(scheduler, "_update_schedule", "(name, body)", _updated)
    guard.wrap(eventbridge, "_delete_rule", "(data)", _rule_deleted)


def _deleted(original: Callable[..., Any]) -> Callable[..., Any]:
    def delete(name: str, query: dict[str, Any]) -> Any:
        scheduler._schedule_last_fired.pop(
            _scoped(f"{query.get('groupName', 'default')}/{name}"), None
        )
        return original(name, query)

    return delete


def _updated(original: Callable[..., Any]) -> Callable[..., Any]:
    def update(name: str, body: dict[str, Any]) -> Any:
        key = f"{body.get('GroupName', 'default')}/{name}"
        before = (scheduler._schedules.get(key) or {}).get("ScheduleExpression")
        answer = original(name, body)
        after = (scheduler._schedules.get(key) or {}).get("ScheduleExpression", "")
        if after != before:
            scheduler._schedule_last_fired.pop(_scoped(key), None)
            if not after.startswith("at("):  # what repeats counts from now
                scheduler._schedule_last_fired[_scoped(key)] = time.time()
        return answer

    return update


def _rule_deleted(original: Callable[..., Any]) -> Callable[..., Any]:
    def delete(data: dict[str, Any]) -> Any:
        key = eventbridge._rule_key(data.get("Name", ""), data.get("EventBusName", "default"))
        eventbridge._rule_last_fired.pop(_scoped(key), None)
        return original(data)

    return delete


def _scoped(key: str) -> tuple[str, str, str]:
    return get_account_id(), get_region(), key
