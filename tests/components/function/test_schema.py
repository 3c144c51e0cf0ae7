"""Other languages see MultiTriggerFunction as Pulumi infers it."""

from pulumi.provider.experimental.analyzer import Analyzer

from components.function import MultiTriggerFunction, MultiTriggerFunctionArgs
from components.function.args import Triggers
from components.function.triggers.kinds import PLANNERS

FOUND = Analyzer("slipway").analyze([MultiTriggerFunction])
COMPONENT = FOUND["component_definitions"]["MultiTriggerFunction"]


def test_the_schema_can_be_inferred_and_every_field_is_described() -> None:
    assert COMPONENT.description
    assert [key for key, value in COMPONENT.inputs.items() if not value.optional] == ["code"]
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
    assert len(COMPONENT.inputs) == len(MultiTriggerFunctionArgs.__annotations__)
    assert len(COMPONENT.outputs) == len(MultiTriggerFunction.__annotations__)


def test_every_kind_of_trigger_can_be_written_and_planned() -> None:
    assert Triggers.__annotations__.keys() == PLANNERS.keys()


def test_what_decides_which_resources_exist_is_plain() -> None:
    for key in ("code", "memory", "triggers", "release", "failures", "vpc", "idempotency"):
        assert COMPONENT.inputs[key].plain, key
    assert not COMPONENT.inputs["alarmTopicArn"].plain
