"""Who retries and who catches, and how long a retry waits.

The emulator lets ``States.ALL`` catch what AWS says it never does, waits a minute at most, and
knows neither ``MaxDelaySeconds`` nor ``JitterStrategy``.
"""

import os
import random
from collections.abc import Mapping, Sequence
from typing import Any

RUNTIME, LIMIT = "States.Runtime", "States.DataLimitExceeded"
TIMEOUT, HEARTBEAT = "States.Timeout", "States.HeartbeatTimeout"
_dice = random.Random(os.environ.get("SANDBOX_SEED"))  # noqa: S311 - jitter, no secret


def matches(names: Sequence[str], error: str) -> bool:
    """Whether a retrier or catcher is for this error (developer guide, "Error names").

    ``States.Runtime`` ends the execution whoever wants it; ``States.DataLimitExceeded`` must be
    named. A missed heartbeat is a time-out as well.
    """
    if error == RUNTIME:
        return False
    if error in names or (error == HEARTBEAT and TIMEOUT in names):
        return True
    if "States.ALL" in names:
        return error != LIMIT
    return "States.TaskFailed" in names and error not in (TIMEOUT, HEARTBEAT, LIMIT)


class Retries:
    """The retriers of one visit to a state, each with a count of its own."""

    def __init__(self, state: Mapping[str, Any]) -> None:
        self._retriers: Sequence[Mapping[str, Any]] = state.get("Retry", [])
        self._used = [0] * len(self._retriers)

    @property
    def count(self) -> int:
        """Retries so far: ``$$.State.RetryCount``."""
        return sum(self._used)

    def wait(self, error: str) -> float | None:
        """Seconds to wait before the next attempt; None if there is none.

        The first retrier that matches decides, even if it has no attempt left.
        """
        for index, retrier in enumerate(self._retriers):
            if matches(retrier["ErrorEquals"], error):
                if self._used[index] >= retrier.get("MaxAttempts", 3):
                    return None
                self._used[index] += 1
                return seconds(retrier, self._used[index] - 1)
        return None


def seconds(retrier: Mapping[str, Any], earlier: int) -> float:
    """How long to wait after so many earlier retries by this retrier."""
    rate = float(retrier.get("BackoffRate", 2.0))
    longest = float(retrier.get("MaxDelaySeconds", 31_622_400))
    # The exponent is bounded: what it yields beyond is more than the longest anyway.
    wait = min(float(retrier.get("IntervalSeconds", 1)) * rate ** min(earlier, 64), longest)
    return _dice.uniform(0, wait) if retrier.get("JitterStrategy") == "FULL" else wait


def catcher(state: Mapping[str, Any], error: str) -> Mapping[str, Any] | None:
    """The first catcher for this error."""
    for one in state.get("Catch", []):
        if matches(one["ErrorEquals"], error):
            return dict(one)
    return None
