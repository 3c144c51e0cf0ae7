"""Which state an alarm's data points mean, as "Configuring how CloudWatch alarms treat missing
data" in CloudWatch's guide tells it, and how CloudWatch words the reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

OPERATORS = {
    "GreaterThanThreshold": "greater than",
    "GreaterThanOrEqualToThreshold": "greater than or equal to",
    "LessThanThreshold": "less than",
    "LessThanOrEqualToThreshold": "less than or equal to",
}
"""How a comparison is worded."""
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
EXTRA_PERIODS = 2
"""How many more data points than EvaluationPeriods are asked for: as in the guide's examples."""
EXTRA_LONG_PERIODS = 1
"""The same for periods above a minute; the guide says that the number depends on the length."""


@dataclass(frozen=True)
class Rule:
    """What an alarm compares."""

    operator: str
    threshold: float
    periods: int
    """EvaluationPeriods."""
    needed: int
    """DatapointsToAlarm."""
    missing: str
    """TreatMissingData."""

    def breached(self, value: float) -> bool:
        """Whether a value is beyond the threshold."""
        return {
            "GreaterThanThreshold": value > self.threshold,
            "GreaterThanOrEqualToThreshold": value >= self.threshold,
            "LessThanThreshold": value < self.threshold,
            "LessThanOrEqualToThreshold": value <= self.threshold,
        }[self.operator]


@dataclass(frozen=True)
class Verdict:
    """What an evaluation came to."""

    state: str | None
    """None leaves the alarm as it is."""
    reason: str = ""
    evaluated: Sequence[tuple[float, float]] = ()
    """Start and value of the data points that counted, newest first."""


def range_of(rule: Rule, period: float) -> int:
    """How many data points are asked for."""
    return rule.periods + (EXTRA_PERIODS if period <= 60 else EXTRA_LONG_PERIODS)


def judge(rule: Rule, values: Sequence[tuple[float, float | None]]) -> Verdict:
    """The state for these periods, oldest first: the start of each and its value, if it has one."""
    there = [(at, value) for at, value in reversed(values) if value is not None]
    if len(there) >= rule.periods:  # enough real data: how missing ones are treated is ignored
        counted = there[: rule.periods]
        breaching = sum(rule.breached(value) for _, value in counted)
        return _decided(rule, counted, 0, breaching >= rule.needed)
    gaps = rule.periods - len(there)
    breaching = sum(rule.breached(value) for _, value in there)
    if rule.missing in ("breaching", "notBreaching"):
        bad = breaching + (gaps if rule.missing == "breaching" else 0)
        return _decided(rule, there, gaps, bad >= rule.needed)
    if breaching >= rule.needed:
        return _decided(rule, there, gaps, alarm=True)
    if breaching < len(there):  # some value is within the threshold
        return _decided(rule, there, gaps, alarm=False)
    if rule.missing == "ignore":
        return Verdict(None)
    if not there:
        return Verdict("INSUFFICIENT_DATA", _unknown(rule.periods))
    # Nothing but breaching values: an alarm once the first of them is old enough.
    age = 1 + sum(at > there[-1][0] for at, _ in values)
    if age >= rule.needed:
        return _decided(rule, there, gaps, alarm=True)
    return Verdict(None)


def _decided(rule: Rule, counted: Sequence[tuple[float, float]], gaps: int, alarm: bool) -> Verdict:
    return Verdict("ALARM" if alarm else "OK", _reason(rule, counted, gaps, alarm), counted)


def _reason(rule: Rule, counted: Sequence[tuple[float, float]], gaps: int, alarm: bool) -> str:
    treated = {"breaching": "Breaching", "notBreaching": "NonBreaching"}.get(
        rule.missing, "Missing"
    )
    lost = f"{gaps} missing datapoint{'' if gaps == 1 else 's'}"
    missing = f"{lost} {_was(gaps)} treated as [{treated}]"
    if not counted:
        periods = f"{rule.periods} period{'' if rule.periods == 1 else 's'}"
        return f"Threshold Crossed: no datapoints were received for {periods} and {missing}."
    told = [(at, value) for at, value in counted if rule.breached(value) == alarm]
    listed = ", ".join(f"{value} ({_moment(at)})" for at, value in told)
    compared = (
        f"{_was(len(told))}{'' if alarm else ' not'} {OPERATORS[rule.operator]} the threshold "
    )
    ending = f"{compared}({rule.threshold})"
    if gaps and treated != "Missing":
        points = f"{len(told)} datapoint{'' if len(told) == 1 else 's'} [{listed}] {ending}"
        return f"Threshold Crossed: {points} and {missing}."
    needed = rule.needed if alarm else rule.periods - rule.needed + 1
    least = f"minimum {needed} datapoint{'' if needed == 1 else 's'}"
    change = "OK -> ALARM" if alarm else "ALARM -> OK"
    return (
        f"Threshold Crossed: {len(told)} out of the last {rule.periods} datapoints [{listed}] "
        f"{ending} ({least} for {change} transition)."
    )


def _unknown(count: int) -> str:
    return f"Insufficient Data: {count} datapoint{'' if count == 1 else 's'} {_was(count)} unknown."


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


def _moment(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%d/%m/%y %H:%M:%S}"
