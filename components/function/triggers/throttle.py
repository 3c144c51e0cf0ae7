"""How many requests an API lets through."""

import math
from dataclasses import dataclass
from typing import NotRequired, TypedDict

from ...checks import integer
from ...errors import invalid

LARGEST_RATE = 10_000
LARGEST_BURST = 5_000
"""What an account has for all its APIs of a region without a raised quota (API Gateway developer
guide, "Quotas"); API Gateway would take more and never grant it."""


class Throttle(TypedDict):
    """How many requests are let through; those above get 429 and do not reach the function."""

    rate: float
    """Requests per second in the long run, above 0 to 10000, the account's own limit."""
    burst: NotRequired[int]
    """Requests at once, 1 to 5000. Default: those of one second, rounded up."""


@dataclass(frozen=True)
class Limit:
    """A checked Throttle."""

    rate: float
    burst: int


def checked_throttle(who: str, field: str, given: Throttle | None) -> Limit | None:
    """Check a throttle and fill in its burst.

    Raises:
        ValueError: the rate or burst is out of range.
    """
    if given is None:
        return None
    rate = given["rate"]
    if not _possible(rate):
        allowed = f"requests per second above 0, to {LARGEST_RATE}"
        raise invalid(who, f"{field}.rate", rate, allowed, "To stop all calls, remove the route.")
    burst = given.get("burst")
    if burst is None:
        burst = min(math.ceil(rate), LARGEST_BURST)
    return Limit(rate, integer(who, f"{field}.burst", burst, 1, LARGEST_BURST))


def _possible(rate: object) -> bool:
    """Whether it is a number that an account may have."""
    if isinstance(rate, bool) or not isinstance(rate, int | float):
        return False
    return 0 < rate <= LARGEST_RATE
