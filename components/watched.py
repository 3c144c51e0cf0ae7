"""What a component tells of itself to whoever watches it.

A component is one *service* for ``Observability``; it is made of *things* that CloudWatch measures.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import pulumi

from .alarms.formula import Formula

if TYPE_CHECKING:
    import pulumi_aws as aws

KINDS = (
    "business",
    "callback",
    "cluster",
    "dead_letter_queue",
    "function",
    "http_api",
    "load_balancer",
    "queue",
    "rest_api",
    "service",
    "stream",
    "table",
    "workflow",
)
"""What a thing may be; a dashboard knows how to draw each."""


@dataclass(frozen=True, kw_only=True)
class Watched:
    """One thing that CloudWatch measures."""

    kind: str
    """One of ``KINDS``."""
    name: str = ""
    """Within its component, such as ``payment`` or ``queue-jobs``; empty for what the component
    itself is. Alarms are known by it: ``payment/duration``, or ``duration`` where it is empty."""
    title: str = ""
    """What a dashboard calls it; the name where it is empty."""
    dimensions: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """CloudWatch's dimensions of its metrics."""
    formulas: Sequence[Formula] = ()
    """Every alarm that it should have, those that the component made itself included."""
    made: "Mapping[str, aws.cloudwatch.MetricAlarm]" = field(default_factory=dict)
    """Alarms that the component made itself, by role."""
    log_group_name: pulumi.Input[str] | None = None
    """Where it logs; the component made the group, with retention."""
    json_logs: bool = False
    """Whether a line is a JSON object with a ``level``: errors can be counted and told apart."""
    traced: bool = False
    """Whether it sends traces to X-Ray."""
    insights: str | None = None
    """Container Insights of a ``service`` or ``cluster``: ``off``, ``on`` or ``enhanced``; None
    where that is not known."""
    metrics: Sequence[str] = ()
    """Of ``business``: names of the metrics of its own, in ``namespace``."""
    namespace: str = ""
    """Of ``business``: the namespace of its metrics."""
    check: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """What a health check asks, by what it is: ``url``, ``cluster`` and ``service``, ``function``
    and ``alias``, ``queue_url``, ``state_machine_arn``, ``table``, ``kubernetes``."""

    def key(self, role: str) -> str:
        """What the alarm ``role`` is called within the component."""
        return f"{self.name}/{role}" if self.name else role


@runtime_checkable
class Watchable(Protocol):
    """A component that ``Observability`` knows."""

    def watched(self) -> Sequence[Watched]:
        """The things it is made of."""
        ...


def inside(name: str, things: Sequence[Watched]) -> list[Watched]:
    """The things of a component inside another, ``name`` before each."""
    return [replace(thing, name=f"{name}-{thing.name}" if thing.name else name) for thing in things]
