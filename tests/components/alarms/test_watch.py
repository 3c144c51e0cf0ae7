"""Overrides by key, and the alarms that a component makes of its own formulas."""

from typing import Any

import pulumi
import pytest

from components.alarms import AlarmOverride, functions, queues
from components.alarms.watch import Watch, checked, keys, part, within
from components.testing import Deployment, deploy
from components.watched import Watched, inside

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
WHO = "MultiTriggerFunction 'events'"
FORMULAS = {
    "": functions.formulas(timeout_seconds=30),
    "failures": [functions.failures_formula("events")],
    "queue-jobs": queues.formulas(visibility_seconds=174, retention_seconds=345_600),
}


def test_an_alarm_is_known_by_its_thing_and_its_role() -> None:
    assert keys(FORMULAS) == [
        "errors",
        "duration",
        "throttles",
        "failures/depth",
        "queue-jobs/oldest",
    ]


def test_an_override_changes_the_one_alarm_that_it_names() -> None:
    found = checked(WHO, FORMULAS, {"queue-jobs/oldest": {"threshold": 60}})
    (oldest,) = found["queue-jobs"]
    assert oldest.threshold == 60
    assert [*found[""]] == [*FORMULAS[""]]


def test_what_is_none_is_not_given() -> None:
    override: Any = {"errors": {"threshold": 9, "statistic": None}, "duration": None}
    errors = checked(WHO, FORMULAS, override)[""][0]
    assert (errors.threshold, errors.expression) == (9, FORMULAS[""][0].expression)


def test_an_alarm_can_be_left_out() -> None:
    found = checked(WHO, FORMULAS, {"duration": {"enabled": False}})
    assert keys(found) == [key for key in keys(FORMULAS) if key != "duration"]


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (
            {"durations": {"threshold": 1}},
            ["alarm_overrides='durations'", "queue-jobs/oldest", "Did you mean 'duration'?"],
        ),
        ({"depth": {"threshold": 1}}, ["alarm_overrides='depth'", "failures/depth"]),
        ({"errors": {"period_seconds": 45}}, ["alarm_overrides['errors'].period_seconds", "60"]),
        ({"errors": {"statistic": "Sum"}}, ["alarm_overrides['errors'].threshold", "share"]),
        ({"failures/depth": {"threshold": "1"}}, ["['failures/depth'].threshold", "number"]),
    ],
    ids=str,
)
def test_a_wrong_override_is_told(overrides: Any, words: list[str]) -> None:
    with pytest.raises(ValueError, match="MultiTriggerFunction 'events': ") as error:
        checked(WHO, FORMULAS, overrides)
    for word in words:
        assert word in str(error.value)


def test_a_component_inside_another_gets_its_own_overrides_under_its_own_names() -> None:
    overrides: dict[str, AlarmOverride] = {
        "payment/errors": {"threshold": 1},
        "payment-failures/depth": {"threshold": 2},
        "failed": {"threshold": 3},
    }
    known = keys(within("payment", FORMULAS))
    assert "payment/duration" in known
    assert "payment-queue-jobs/oldest" in known
    assert part("payment", FORMULAS, overrides) == {
        "errors": {"threshold": 1},
        "failures/depth": {"threshold": 2},
    }
    assert part("validate", FORMULAS, overrides) == {}
    assert part("", FORMULAS, {"errors": {"threshold": 4}}) == {"errors": {"threshold": 4}}


def test_formulas_and_things_of_a_component_inside_are_called_the_same() -> None:
    things = [Watched(kind="function", name=name, formulas=f) for name, f in FORMULAS.items()]
    told = [thing.key(f.role) for thing in inside("payment", things) for f in thing.formulas]
    assert told == keys(within("payment", FORMULAS))


class Component(pulumi.ComponentResource):
    """Tells of a function and its failure queue, as a component does."""

    def __init__(self, *, alarms: bool) -> None:
        super().__init__("slipway:index:MultiTriggerFunction", "events")
        opts = pulumi.ResourceOptions(parent=self)
        self.watch = Watch("events", FORMULAS, alarms, "arn:aws:sns:us-east-1:1:ops", {}, opts)
        self.watch.add("queue", "queue-jobs", {"QueueName": "jobs"}, made=("oldest",))
        self.watch.add("dead_letter_queue", "failures", {"QueueName": "lost"}, made=("depth",))
        dimensions = {"FunctionName": "events", "Resource": "events:live"}
        self.watch.add("function", "", dimensions, made=("errors", "throttles"))


def watched(*, alarms: bool) -> tuple[Deployment, list[Watched]]:
    told: list[Watched] = []
    deployment = deploy(lambda: told.extend(Component(alarms=alarms).watch.told()))
    return deployment, told


def test_what_is_told_has_all_formulas_and_the_alarms_that_were_made() -> None:
    deployment, things = watched(alarms=True)
    assert [thing.name for thing in things] == ["", "failures", "queue-jobs"]
    assert [{*thing.made} for thing in things] == [{"errors", "throttles"}, {"depth"}, {"oldest"}]
    assert [len(thing.formulas) for thing in things] == [3, 1, 1]
    # A queue that should be empty has one alarm, named like the queue.
    assert [alarm.name for alarm in deployment.of(ALARM)] == [
        "events-errors",
        "events-failures",
        "events-queue-jobs-oldest",
        "events-throttles",
    ]
    throttles = deployment.one(ALARM, "events-throttles").inputs
    assert throttles["dimensions"] == {"FunctionName": "events"}  # for all aliases alike
    assert throttles["alarmActions"] == throttles["okActions"] == ["arn:aws:sns:us-east-1:1:ops"]


def test_without_alarms_the_formulas_are_told_and_nothing_is_made() -> None:
    deployment, things = watched(alarms=False)
    assert deployment.of(ALARM) == []
    assert [thing.made for thing in things] == [{}, {}, {}]
    assert [len(thing.formulas) for thing in things] == [3, 1, 1]
