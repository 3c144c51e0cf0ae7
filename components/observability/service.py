"""One service as Observability sees it: its things with their final formulas, and its alarms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..watched import Watched

if TYPE_CHECKING:
    import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class Service:
    """A watched component, or one thing that was not made by Slipway."""

    name: str
    """What it is called in ``components``; the alarms' keys begin with it."""
    things: Sequence[Watched]
    """What it is made of. Their formulas are the final ones: numbers of ``overrides`` are in them,
    alarms that are switched off are not, and ``insights`` is what dashboards may draw."""
    alarms: "Mapping[str, aws.cloudwatch.MetricAlarm]" = field(default_factory=dict)
    """Every alarm, by ``thing.key(role)``: those that the component made and Observability's."""
    composite: "aws.cloudwatch.CompositeAlarm | None" = None
    """Rings while any of them does; None where there is none."""
    title: str = ""
    """What a dashboard calls it; the name where it is empty."""
