"""Programs of one Observability, and small components that it watches."""

from collections.abc import Callable, Sequence
from typing import Any

import pulumi

from components import Observability
from components.alarms import make_alarms
from components.alarms.functions import formulas
from components.alarms.queues import depth_formula
from components.testing import Deployment, deploy
from components.watched import Watched

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
COMPOSITE = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
DASHBOARD = "aws:cloudwatch/dashboard:Dashboard"
FILTER = "aws:cloudwatch/logMetricFilter:LogMetricFilter"
QUERY = "aws:cloudwatch/queryDefinition:QueryDefinition"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
GROUP = "aws:xray/group:Group"
RULE = "aws:xray/samplingRule:SamplingRule"


class Fake(pulumi.ComponentResource):
    """A component of the things it is given."""

    def __init__(self, name: str, make: Callable[[pulumi.ResourceOptions], Sequence[Watched]]):
        super().__init__("test:index:Fake", name)
        self._things = make(pulumi.ResourceOptions(parent=self))

    def watched(self) -> Sequence[Watched]:
        return self._things


def function(name: str = "", **more: Any) -> Watched:
    """A function of 30 s whose name AWS chooses."""
    physical = pulumi.Output.from_input("fn")
    given = {"formulas": formulas(timeout_seconds=30), "check": {"function": physical}, **more}
    return Watched(kind="function", name=name, dimensions={"FunctionName": physical}, **given)


def guarded(opts: pulumi.ResourceOptions) -> list[Watched]:
    """A function whose component rings for errors itself, and its failure queue."""
    one = function(log_group_name="group", json_logs=True)
    errors = [item for item in one.formulas if item.role == "errors"]
    made = make_alarms("events", errors, one.dimensions, None, {}, opts)
    depth = [depth_formula("depth", "There are failures")]
    queue = Watched(
        kind="dead_letter_queue",
        name="failures",
        dimensions={"QueueName": "failed"},
        formulas=depth,
        check={"queue_url": "https://sqs/failed"},
    )
    return [function(log_group_name="group", json_logs=True, made=made), queue]


LEGACY: Any = {"legacy": {"name": "old", "timeout_seconds": 30}}


def watch(
    args: Any = None,
    fakes: dict[str, Callable[[pulumi.ResourceOptions], Sequence[Watched]]] | None = None,
    *,
    known: bool = True,
) -> Deployment:
    """An Observability ``shop`` over ``fakes`` and what ``args`` say; LEGACY where neither does.

    Outputs belong to one run of a program: ``args`` may be what makes them.
    """

    def program() -> Observability:
        given: Any = dict(args() if callable(args) else args or {})
        if fakes:
            given["components"] = {name: Fake(name, make) for name, make in fakes.items()}
        elif args is None:
            given["functions"] = LEGACY
        return Observability("shop", given)

    return deploy(program, known=known)


def names(deployment: Deployment, type: str) -> list[str]:
    return [resource.name for resource in deployment.of(type)]
