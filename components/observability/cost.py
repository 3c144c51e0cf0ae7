"""What watching costs a month: one dated table, and the sum of what is made.

Left out, since they are billed by use: logs that are stored and searched, traces, messages, and
Container Insights. So is the free tier, which an account has once and not each stack.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ..watched import Watched
from .settings import Group, counts_errors

PRICES_OF = "2026-11"
"""Month of the table."""
USD_A_MONTH = {
    "alarm metric": 0.10,
    "high-resolution alarm metric": 0.30,
    "composite alarm": 0.50,
    "custom metric": 0.30,
    "dashboard": 3.00,
    "key": 1.00,
}
"""Amazon CloudWatch pricing and AWS KMS pricing, US East (N. Virginia), first tier. An alarm on
metric math is billed for each metric that it looks at."""
HIGH_RESOLUTION_SECONDS = 60
"""Alarms with shorter periods are billed as of high resolution."""


@dataclass(frozen=True)
class Cost:
    """How many of each, and the sum."""

    alarms: int
    alarm_metrics: int
    high_resolution: int
    """Of the alarms' metrics, those with periods below a minute."""
    composites: int
    custom_metrics: int
    dashboards: int

    @property
    def usd(self) -> float:
        """US dollars a month."""
        price = USD_A_MONTH
        ordinary = self.alarm_metrics - self.high_resolution
        total = (
            ordinary * price["alarm metric"]
            + self.high_resolution * price["high-resolution alarm metric"]
            + self.composites * price["composite alarm"]
            + self.custom_metrics * price["custom metric"]
            + self.dashboards * price["dashboard"]
            + price["key"]
        )
        return round(total, 2)

    def line(self) -> str:
        """One line for whoever previews."""
        return (
            f"{self.alarms} alarms on {self.alarm_metrics} metrics, {self.composites} composite "
            f"alarms, {self.custom_metrics} custom metrics, {self.dashboards} dashboards and a "
            f"key: {self.usd:.2f} USD a month (prices of {PRICES_OF}, us-east-1; without logs, "
            "traces, Container Insights and the free tier)"
        )


def cost(groups: Sequence[Group]) -> Cost:
    """What ``groups`` cost, the alarms that components made themselves included."""
    things = [thing for group in groups for thing in group.things]
    metrics = [
        (item, len(item.parts) or 1, item.period_seconds < HIGH_RESOLUTION_SECONDS)
        for thing in things
        for item in thing.formulas
    ]
    return Cost(
        alarms=len(metrics),
        alarm_metrics=sum(count for _, count, _ in metrics),
        high_resolution=sum(count for _, count, high in metrics if high),
        composites=sum(any(thing.formulas for thing in group.things) for group in groups),
        custom_metrics=sum(_custom(thing) for thing in things),
        dashboards=len(groups) + 1,
    )


def _custom(thing: Watched) -> int:
    """Metrics of its own, each at its smallest: once, whatever currencies there are."""
    return len(thing.metrics) + counts_errors(thing)
