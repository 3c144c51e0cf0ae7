"""How long EventBridge and its Scheduler keep trying to reach Lambda; they have the same limits."""

from collections.abc import Mapping
from typing import Any

from ...checks import integer

RETRIES = 185
"""The most there is: an outage of Lambda then loses nothing."""
MAX_AGE_SECONDS = 86_400
"""A day, the most there is; who wants to skip what is late says so."""


def checked_retries(who: str, field: str, given: Mapping[str, Any]) -> Any:
    """The retry policy of a target, from ``retries`` and ``max_age_seconds``.

    Raises:
        ValueError: outside 0 to 185 attempts or 60 to 86400 seconds (API references of both).
    """
    retries, age = given.get("retries"), given.get("max_age_seconds")
    return {
        "maximum_retry_attempts": integer(
            who, f"{field}.retries", RETRIES if retries is None else retries, 0, 185
        ),
        "maximum_event_age_in_seconds": integer(
            who, f"{field}.max_age_seconds", MAX_AGE_SECONDS if age is None else age, 60, 86_400
        ),
    }
