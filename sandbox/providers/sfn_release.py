"""What stands between callers and versions of a state machine."""

import re
from collections.abc import Mapping
from typing import Any

from .base import Inputs, Outputs, Provider
from .common import ignoring, physical_name, within

_ALIAS = re.compile(r"^(?!\d+$)[\w-]{1,80}$", re.ASCII)
_VERSION = re.compile(r"^(arn:[\w-]+:states:[\w-]+:\d{12}:stateMachine:[\w-]+):\d+$")


class RoutingConfiguration(Inputs):
    """A version, and its share of the executions that the alias starts, in percent."""

    state_machine_version_arn: str
    weight: int


class AliasInputs(Inputs):
    """Inputs of an alias."""

    name: str | None = None
    description: str = ""
    routing_configurations: list[RoutingConfiguration]


class Alias(Provider[AliasInputs]):
    """A name for a version of a state machine, or for two of them by weight."""

    token = "aws:sfn/alias:Alias"
    inputs = AliasInputs
    replaces = frozenset({"name"})
    outputs = frozenset({"arn", "creationDate", "name"})

    def check(self, name: str, properties: Mapping[str, Any]) -> AliasInputs:
        inputs = super().check(name, properties)
        if inputs.name is not None:
            _check_alias(inputs.name)
        if len(inputs.description) > 256:
            raise ValueError("description has more than 256 characters.")
        routes = inputs.routing_configurations
        if len(routes) not in (1, 2):
            raise ValueError("routingConfigurations has one or two versions.")
        machines: set[str] = set()
        for route in routes:
            match = _VERSION.match(route.state_machine_version_arn)
            if match is None:
                raise ValueError(
                    f"routingConfigurations.stateMachineVersionArn="
                    f"{route.state_machine_version_arn!r} is not a version's ARN. Set publish on "
                    "the machine and use its stateMachineVersionArn."
                )
            machines.add(match[1])
            within("routingConfigurations.weight", route.weight, 0, 100)
        if len(machines) > 1:
            raise ValueError("routingConfigurations: both versions belong to one machine.")
        if len({route.state_machine_version_arn for route in routes}) < len(routes):
            raise ValueError("routingConfigurations names the same version twice.")
        if (total := sum(route.weight for route in routes)) != 100:
            raise ValueError(f"routingConfigurations: the weights add up to {total}, not 100.")
        return inputs

    def create(self, name: str, inputs: AliasInputs) -> tuple[str, Outputs]:
        title = physical_name(name, inputs.name, limit=80)
        _check_alias(title)
        client = self.context.client("stepfunctions")
        arn = client.create_state_machine_alias(name=title, **_routing(inputs))[
            "stateMachineAliasArn"
        ]
        found = client.describe_state_machine_alias(stateMachineAliasArn=arn)
        return arn, {
            "arn": arn,
            "creationDate": found["creationDate"].isoformat(),
            "name": title,
        }

    def update(self, id: str, old: AliasInputs, new: AliasInputs, outputs: Outputs) -> Outputs:
        self.context.client("stepfunctions").update_state_machine_alias(
            stateMachineAliasArn=id, **_routing(new)
        )
        return outputs

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("ResourceNotFound"):
            self.context.client("stepfunctions").delete_state_machine_alias(stateMachineAliasArn=id)


def _check_alias(name: str) -> None:
    if not _ALIAS.match(name):
        raise ValueError(
            f"name={name!r}: up to 80 letters, digits, hyphens and _ are taken, not a number."
        )


def _routing(inputs: AliasInputs) -> dict[str, Any]:
    return {
        "description": inputs.description,
        "routingConfiguration": [
            {"stateMachineVersionArn": route.state_machine_version_arn, "weight": route.weight}
            for route in inputs.routing_configurations
        ],
    }
