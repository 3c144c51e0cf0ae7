"""Schedules fire within a second, and a new one of an old name starts anew.

The emulator looks every ten seconds, and remembers when a schedule that was deleted fired
last.
"""

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
    guard.wrap(scheduler, "_delete_schedule", "(name, query)", _forgetting)


def _forgetting(original: Callable[..., Any]) -> Callable[..., Any]:
    def delete(name: str, query: dict[str, Any]) -> Any:
        known = f"{query.get('groupName', 'default')}/{name}"
        scheduler._schedule_last_fired.pop((get_account_id(), get_region(), known), None)
        return original(name, query)

    return delete
