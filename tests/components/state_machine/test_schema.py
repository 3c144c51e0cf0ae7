"""Other languages see StateMachine as Pulumi infers it."""

from pulumi.provider.experimental.analyzer import Analyzer

from components.function.triggers.events import EventTrigger
from components.function.triggers.schedules import ScheduleTrigger
from components.state_machine import StateMachine, StateMachineArgs, WorkflowTriggers
from components.state_machine.triggers import PLANNERS
from components.state_machine.triggers.events import WorkflowEvent
from components.state_machine.triggers.schedules import WorkflowSchedule

FOUND = Analyzer("slipway").analyze([StateMachine])
COMPONENT = FOUND["component_definitions"]["StateMachine"]


def test_the_schema_can_be_inferred_and_every_field_is_described() -> None:
    assert COMPONENT.description
    assert [key for key, value in COMPONENT.inputs.items() if not value.optional] == []
    silent = [
        f"{owner}.{key}"
        for owner, properties in [
            ("inputs", COMPONENT.inputs),
            ("outputs", COMPONENT.outputs),
            *((name, item.properties) for name, item in FOUND["type_definitions"].items()),
        ]
        for key, value in properties.items()
        if not value.description
    ]
    assert silent == []


def test_it_has_every_argument_and_every_output() -> None:
    assert len(COMPONENT.inputs) == len(StateMachineArgs.__annotations__)
    assert len(COMPONENT.outputs) == len(StateMachine.__annotations__)


def test_every_kind_of_trigger_can_be_written_and_planned() -> None:
    assert WorkflowTriggers.__annotations__.keys() == PLANNERS.keys()


def test_schedules_and_events_are_those_of_functions() -> None:
    for own, functions in ((WorkflowSchedule, ScheduleTrigger), (WorkflowEvent, EventTrigger)):
        assert own.__annotations__ == functions.__annotations__


def test_what_decides_which_resources_exist_is_plain() -> None:
    for key in ("definition", "definitionFile", "triggers", "release", "undo", "kind"):
        assert COMPONENT.inputs[key].plain, key
    assert not COMPONENT.inputs["alarmTopicArn"].plain
