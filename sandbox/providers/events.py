"""EventBridge: buses and rules. What rules call is in ``events_target``."""

import json
import re
from collections.abc import Mapping
from typing import Any

from .base import Outputs, Provider, Tagged
from .common import ignoring, one_of, pairs, physical_name, present, tag_changes
from .events_expressions import check_expression
from .policies import parse

DEFAULT = "default"
_NAME = re.compile(r"^[\w./-]{1,256}$", re.ASCII)
_STATES = ("ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")


class EventBusInputs(Tagged):
    """Inputs of a bus."""

    name: str
    description: str = ""


class EventBus(Provider[EventBusInputs]):
    """A bus of one's own."""

    token = "aws:cloudwatch/eventBus:EventBus"
    inputs = EventBusInputs
    replaces = frozenset({"name"})
    outputs = frozenset({"arn", "tagsAll"})

    def check(self, name: str, properties: Mapping[str, Any]) -> EventBusInputs:
        inputs = super().check(name, properties)
        if inputs.name == DEFAULT or not _NAME.match(inputs.name):
            raise ValueError(f"name={inputs.name!r}: letters, digits and . - _ / are taken.")
        return inputs

    def create(self, name: str, inputs: EventBusInputs) -> tuple[str, Outputs]:
        tags = self.tags(inputs)
        arn = self.context.client("events").create_event_bus(
            Name=inputs.name, Description=inputs.description, Tags=pairs(tags)
        )["EventBusArn"]
        return inputs.name, {"arn": arn, "tagsAll": tags}

    def update(
        self, id: str, old: EventBusInputs, new: EventBusInputs, outputs: Outputs
    ) -> Outputs:
        events = self.context.client("events")
        events.update_event_bus(Name=id, Description=new.description)
        return outputs | _retag(events, outputs, self.tags(new))

    def delete(self, id: str, outputs: Outputs) -> None:
        events = self.context.client("events")
        if rules := events.list_rules(EventBusName=id)["Rules"]:
            raise ValueError(f"bus {id} still has rules: {', '.join(r['Name'] for r in rules)}.")
        with ignoring("ResourceNotFoundException"):
            events.delete_event_bus(Name=id)


class EventRuleInputs(Tagged):
    """Inputs of a rule."""

    name: str | None = None
    name_prefix: str | None = None
    event_bus_name: str = DEFAULT
    event_pattern: str | None = None
    schedule_expression: str | None = None
    description: str = ""
    state: str = "ENABLED"


class EventRule(Provider[EventRuleInputs]):
    """Events that fit a pattern, or a schedule."""

    token = "aws:cloudwatch/eventRule:EventRule"
    inputs = EventRuleInputs
    replaces = frozenset({"name", "namePrefix", "eventBusName"})
    outputs = frozenset({"arn", "name", "tagsAll"})

    def check(self, name: str, properties: Mapping[str, Any]) -> EventRuleInputs:
        inputs = super().check(name, properties)
        one_of("state", inputs.state, _STATES)
        if inputs.event_pattern is None and inputs.schedule_expression is None:
            raise ValueError("a rule needs eventPattern or scheduleExpression.")
        if inputs.event_pattern is not None:
            _check_pattern(parse("eventPattern", inputs.event_pattern, limit=4096))
        if inputs.schedule_expression is not None:
            check_expression("scheduleExpression", inputs.schedule_expression)
            if bus_name(inputs.event_bus_name) != DEFAULT:
                raise ValueError("scheduleExpression works on the default bus only.")
        return inputs

    def create(self, name: str, inputs: EventRuleInputs) -> tuple[str, Outputs]:
        rule, tags = (
            physical_name(name, inputs.name, inputs.name_prefix, limit=64),
            self.tags(inputs),
        )
        arn = self._put(rule, inputs, Tags=pairs(tags))
        bus = bus_name(inputs.event_bus_name)
        id = rule if bus == DEFAULT else f"{bus}/{rule}"
        return id, {"arn": arn, "name": rule, "tagsAll": tags, "eventBusName": bus}

    def update(
        self, id: str, old: EventRuleInputs, new: EventRuleInputs, outputs: Outputs
    ) -> Outputs:
        self._put(outputs["name"], new)
        return outputs | _retag(self.context.client("events"), outputs, self.tags(new))

    def delete(self, id: str, outputs: Outputs) -> None:
        events, bus = self.context.client("events"), outputs["eventBusName"]
        with ignoring("ResourceNotFoundException"):
            if events.list_targets_by_rule(Rule=outputs["name"], EventBusName=bus)["Targets"]:
                raise ValueError(f"rule {outputs['name']} still has targets; AWS keeps it.")
            events.delete_rule(Name=outputs["name"], EventBusName=bus)

    def _put(self, rule: str, inputs: EventRuleInputs, **more: Any) -> str:
        return str(
            self.context.client("events").put_rule(
                Name=rule,
                EventBusName=bus_name(inputs.event_bus_name),
                State=inputs.state,
                Description=inputs.description,
                **present(
                    EventPattern=inputs.event_pattern, ScheduleExpression=inputs.schedule_expression
                ),
                **more,
            )["RuleArn"]
        )


def bus_name(name_or_arn: str) -> str:
    """The bus's name; AWS takes its ARN as well."""
    return name_or_arn.rpartition("/")[2] if name_or_arn.startswith("arn:") else name_or_arn


def _check_pattern(pattern: Mapping[str, Any], path: str = "eventPattern") -> None:
    """Every leaf of a pattern is a list; an empty pattern or list matches nothing."""
    if not pattern:
        raise ValueError(f"{path} is empty.")
    for key, value in pattern.items():
        where = f"{path}.{key}"
        if isinstance(value, dict):
            _check_pattern(value, where)
        elif not isinstance(value, list) or not value:
            raise ValueError(f"{where} is {json.dumps(value)}; AWS wants a list with values.")


def _retag(events: Any, outputs: Outputs, wanted: Mapping[str, str]) -> Outputs:
    put, drop = tag_changes(outputs, wanted)
    if drop:
        events.untag_resource(ResourceARN=outputs["arn"], TagKeys=drop)
    if put:
        events.tag_resource(ResourceARN=outputs["arn"], Tags=pairs(put))
    return {"tagsAll": dict(wanted)}
