"""One alarm as plain data."""

from dataclasses import dataclass

PERIOD_SECONDS = 60
"""AWS services publish once a minute; shorter periods see gaps."""
FEWER_THAN = "LessThanThreshold"
MORE_THAN = "GreaterThanThreshold"
AT_LEAST = "GreaterThanOrEqualToThreshold"


@dataclass(frozen=True)
class Part:
    """One metric of an expression."""

    id: str
    """What the expression calls it; lower case."""
    metric: str
    statistic: str = "Sum"


@dataclass(frozen=True, kw_only=True)
class Formula:
    """One alarm as data; dimensions are filled in by name.

    Each is written once, in the module of what it watches, beside its reason and source.
    """

    role: str
    """Suffix of the alarm's name; unique among the formulas of one thing."""
    description: str
    """One line for whoever is woken by it: what is the case when it rings."""
    metric: str
    """The metric; of an expression the one that it is about."""
    namespace: str
    statistic: str
    """``Average``, ``Maximum``, ``SampleCount`` …, or a percentile such as ``p95``; unused with an
    expression."""
    threshold: float
    comparison: str = MORE_THAN
    period_seconds: int = PERIOD_SECONDS
    periods: int
    """How many periods are looked at."""
    to_alarm: int
    """How many of them must be over the threshold."""
    missing: str
    """How missing data count; the reason stands where the formula is written."""
    fails_deployment: bool = False
    """Whether ECS or the canary rolls back when it rings during a deployment."""
    expression: str | None = None
    """Metric math over ``parts`` instead of one metric."""
    parts: tuple[Part, ...] = ()
    by: tuple[str, ...] | None = None
    """Names of the dimensions that the metric has, where it does not have all of the thing's."""
