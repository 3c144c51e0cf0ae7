"""Other languages see FargateWebService as Pulumi infers it."""

from pulumi.provider.experimental.analyzer import Analyzer

from components.fargate import FargateWebService


def test_the_schema_can_be_inferred_and_every_field_is_described() -> None:
    found = Analyzer("slipway").analyze([FargateWebService])
    component = found["component_definitions"]["FargateWebService"]
    assert component.description
    assert {"app", "network"} == {
        key for key, value in component.inputs.items() if not value.optional
    }
    silent = [
        f"{owner}.{key}"
        for owner, properties in [
            ("inputs", component.inputs),
            ("outputs", component.outputs),
            *((name, item.properties) for name, item in found["type_definitions"].items()),
        ]
        for key, value in properties.items()
        if not value.description
    ]
    assert silent == []


def test_what_decides_which_resources_exist_is_plain() -> None:
    inputs = (
        Analyzer("slipway")
        .analyze([FargateWebService])["component_definitions"]["FargateWebService"]
        .inputs
    )
    for key in ("spotPercent", "alarms", "containerInsights", "beforeDeploy", "attach"):
        assert inputs[key].plain, key
    for key in ("clusterArn", "alarmTopicArn"):
        assert not inputs[key].plain, key
