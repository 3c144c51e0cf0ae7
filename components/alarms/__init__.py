"""Alarms whose thresholds are computed: formulas as data, resources last.

One module a kind of thing that is watched (``functions``, ``queues``, …) holds its formulas, each
once, with its reason and source. Components make alarms of them for themselves; ``Observability``
makes the rest, and dashboards draw the same thresholds.
"""

from .formula import PERIOD_SECONDS, Formula, Part
from .overrides import AlarmOverride, given_overrides, overridden, refuse_unknown
from .resources import make_alarms

__all__ = [
    "PERIOD_SECONDS",
    "AlarmOverride",
    "Formula",
    "Part",
    "given_overrides",
    "make_alarms",
    "overridden",
    "refuse_unknown",
]
