"""What a component does for whoever watches it: it tells its things, and guards itself.

The formulas of all its things are computed before anything is registered, so that a wrong
override is told in time (``checked``). While it is made, each thing is told once (``Watch.add``),
with the alarms that the component makes of some of its formulas.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pulumi
import pulumi_aws as aws

from ..watched import Watched
from .formula import Formula
from .overrides import AlarmOverride, given_overrides, overridden, refuse_unknown
from .queues import DEPTH
from .resources import make_alarms

Formulas = Mapping[str, Sequence[Formula]]
"""By the name of the thing, which is empty for what the component itself is."""
FIELD = "alarm_overrides"
"""The argument with which a component is given other numbers."""


def keys(formulas: Formulas) -> list[str]:
    """What the alarms are called within the component: ``duration``, ``payment/duration``."""
    return [_key(thing, item.role) for thing, items in formulas.items() for item in items]


def checked(
    component: str, formulas: Formulas, overrides: Mapping[str, AlarmOverride] | None
) -> dict[str, Sequence[Formula]]:
    """The formulas with the numbers of ``alarm_overrides``.

    Raises:
        ValueError: an override is of no alarm of the component, or CloudWatch would refuse it.
    """
    given = given_overrides(overrides)
    refuse_unknown(component, FIELD, given, keys(formulas))
    return {
        thing: overridden(component, FIELD, items, given, prefix=_key(thing, ""))
        for thing, items in formulas.items()
    }


def within(name: str, formulas: Formulas) -> dict[str, Sequence[Formula]]:
    """The formulas of a component inside another, named as ``watched.inside`` names its things."""
    return {_inner(name, thing): items for thing, items in formulas.items()}


def part(
    name: str, formulas: Formulas, overrides: Mapping[str, AlarmOverride] | None
) -> dict[str, AlarmOverride]:
    """The overrides that are of the component ``name`` inside another, as it knows them.

    Args:
        name: empty where its things have the same names in both.
        formulas: of the component inside.
        overrides: of the one around it.
    """
    return {
        _key(thing, item.role): (overrides or {})[outer]
        for thing, items in formulas.items()
        for item in items
        if (outer := _key(_inner(name, thing), item.role)) in (overrides or {})
    }


@dataclass(frozen=True)
class Watch:
    """The things of one component, as far as they have been made."""

    name: str
    """The component's; alarms are named ``f"{name}-{thing}-{role}"``."""
    formulas: Formulas
    alarms: bool
    """Whether the component guards itself."""
    topic_arn: pulumi.Input[str] | None
    tags: Mapping[str, pulumi.Input[str]]
    opts: pulumi.ResourceOptions
    things: list[Watched] = field(default_factory=list)

    def add(
        self,
        kind: str,
        thing: str,
        dimensions: Mapping[str, pulumi.Input[str]],
        *,
        made: Iterable[str] = (),
        **more: Any,
    ) -> None:
        """Tell of one thing, and make its alarms that the component makes itself.

        Args:
            kind: one of ``watched.KINDS``.
            thing: its name within the component; empty for what the component itself is.
            dimensions: of its metrics.
            made: roles of the alarms to make.
            more: further fields of ``Watched``.
        """
        formulas = self.formulas.get(thing, ())
        chosen = [item for item in formulas if item.role in made] if self.alarms else []
        alarms = {item.role: self._alarm(thing, item, dimensions) for item in chosen}
        self.things.append(
            Watched(
                kind=kind,
                name=thing,
                dimensions=dimensions,
                formulas=formulas,
                made=alarms,
                **more,
            )
        )

    def told(self) -> list[Watched]:
        """The things, in the order of the formulas: the component itself comes first."""
        order = {thing: place for place, thing in enumerate(self.formulas)}
        return sorted(self.things, key=lambda thing: order.get(thing.name, len(order)))

    def add_dead_letters(self, thing: str, queue: "aws.sqs.Queue") -> None:
        """Tell of a queue that should be empty, and ring while it is not."""
        self.add(
            "dead_letter_queue",
            thing,
            {"QueueName": queue.name},
            made=(DEPTH,),
            check={"queue_url": queue.url},
        )

    def add_table(self, thing: str, table: "aws.dynamodb.Table") -> None:
        """Tell of a table."""
        self.add("table", thing, {"TableName": table.name}, check={"table": table.name})

    def _alarm(
        self, thing: str, item: Formula, dimensions: Mapping[str, pulumi.Input[str]]
    ) -> "aws.cloudwatch.MetricAlarm":
        stem = f"{self.name}-{thing}" if thing else self.name
        if thing and item.role == DEPTH:
            # A queue that should be empty has no other alarm: it is named like the queue.
            stem, item = self.name, replace(item, role=thing)
        (alarm,) = make_alarms(
            stem, [item], dimensions, self.topic_arn, self.tags, self.opts
        ).values()
        return alarm


def _key(thing: str, role: str) -> str:
    return f"{thing}/{role}" if thing else role


def _inner(name: str, thing: str) -> str:
    return "-".join(filter(None, (name, thing)))
