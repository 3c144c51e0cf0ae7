"""Where metrics of AWS services come from.

A hot path adds to a tally, which is published once a minute; what is a state and no event, such
as the length of a queue, is looked at once a minute, just before alarms are.
"""

import math
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from typing import Generic, TypeVar

from .. import MINUTE, every_minute
from ..store import put_datum

__all__ = ["MINUTE", "Tally", "just_ended", "rounded"]

_DIGITS = 2
P = TypeVar("P")


def just_ended() -> float:
    """A moment of the minute that has just ended, for what publishers say of it."""
    return (time.time() // MINUTE) * MINUTE - MINUTE / 2


def rounded(value: float) -> float:
    """Two significant digits: what percentiles need, and few enough values to count them."""
    if not value:
        return 0.0
    return round(value, _DIGITS - 1 - math.floor(math.log10(abs(value))))


class Tally(Generic[P]):
    """What happened this minute at each place: values of metrics and how often each was seen.

    ``add`` only keeps its arguments, so that every request of a load balancer can be counted.
    """

    def __init__(self, namespace: str, sets: Callable[[P], Iterable[Mapping[str, str]]]) -> None:
        """``sets`` tells the dimension sets of a place; it is asked when a minute is over."""
        self._namespace, self._sets = namespace, sets
        self._seen: deque[tuple[P, str, str, float]] = deque()
        every_minute(self.publish)

    def add(self, place: P, name: str, value: float = 1, unit: str = "Count") -> None:
        """Count ``value``."""
        self._seen.append((place, name, unit, value))

    def publish(self) -> None:
        """Hand over what was counted in the minute that has just ended."""
        at, grouped = just_ended(), dict[tuple[P, str, str], Counter[float]]()
        # What comes meanwhile is of the next minute.
        seen = Counter(self._seen.popleft() for _ in range(len(self._seen)))
        for (place, name, unit, value), times in seen.items():
            values = grouped.setdefault((place, name, unit), Counter())
            values[value if unit == "Count" else rounded(value)] += times
        for (place, name, unit), values in grouped.items():
            told, counts = list(values), list(values.values())
            for dimensions in self._sets(place):
                put_datum(self._namespace, name, dimensions, at, unit, None, told, counts, None)
