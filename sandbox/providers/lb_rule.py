"""Listener rules: which requests go where, in order of priority."""

import threading
from collections.abc import Mapping
from typing import Any

from .base import Inputs, Outputs, Provider, Tagged
from .common import ignoring, pairs, pascal, wire, within
from .lb_actions import Action, check_actions, to_actions
from .lb_balancer import retag

_PLACING_RULES = threading.Lock()
"""Two rules are never placed at once, or neither would see the other's priority."""


class Values(Inputs):
    """Patterns of a condition."""

    values: list[str]


class Header(Values):
    """A header and its patterns."""

    http_header_name: str


class Condition(Inputs):
    """When a rule applies: exactly one member is set."""

    path_pattern: Values | None = None
    host_header: Values | None = None
    http_header: Header | None = None
    http_request_method: Values | None = None


class ListenerRuleInputs(Tagged):
    """Inputs of a rule."""

    listener_arn: str
    priority: int | None = None
    actions: list[Action]
    conditions: list[Condition]


_FIELDS = {
    "path_pattern": ("path-pattern", "PathPatternConfig"),
    "host_header": ("host-header", "HostHeaderConfig"),
    "http_header": ("http-header", "HttpHeaderConfig"),
    "http_request_method": ("http-request-method", "HttpRequestMethodConfig"),
}


def _conditions(conditions: list[Condition]) -> list[dict[str, Any]]:
    return [
        {"Field": field, config: pascal(wire(getattr(condition, member)))}
        for condition in conditions
        for member, (field, config) in _FIELDS.items()
        if getattr(condition, member) is not None
    ]


class ListenerRule(Provider[ListenerRuleInputs]):
    """A rule of a listener; the lowest priority number that matches wins."""

    token = "aws:lb/listenerRule:ListenerRule"
    inputs = ListenerRuleInputs
    replaces = frozenset({"listenerArn"})
    outputs = frozenset({"arn", "priority", "tagsAll"})

    def check(self, name: str, properties: Mapping[str, Any]) -> ListenerRuleInputs:
        inputs = super().check(name, properties)
        if inputs.priority is not None:
            within("priority", inputs.priority, 1, 50000)
        check_actions("actions", inputs.actions)
        if not inputs.conditions:
            raise ValueError("conditions is empty: a rule needs at least one.")
        if len(_conditions(inputs.conditions)) != len(inputs.conditions):
            raise ValueError("conditions: each entry needs exactly one kind of condition.")
        if sum(len(_patterns(item)) for item in inputs.conditions) > 5:
            raise ValueError("conditions: a rule takes at most five values in all.")
        return inputs

    def create(self, name: str, inputs: ListenerRuleInputs) -> tuple[str, Outputs]:
        tags = self.tags(inputs)
        with _PLACING_RULES:
            priority = self._free(inputs.listener_arn, inputs.priority)
            arn = self.context.client("elbv2").create_rule(
                ListenerArn=inputs.listener_arn,
                Priority=priority,
                Conditions=_conditions(inputs.conditions),
                Actions=to_actions(inputs.actions),
                Tags=pairs(tags),
            )["Rules"][0]["RuleArn"]
        return arn, {"arn": arn, "priority": priority, "tagsAll": tags}

    def update(
        self, id: str, old: ListenerRuleInputs, new: ListenerRuleInputs, outputs: Outputs
    ) -> Outputs:
        elb, priority = self.context.client("elbv2"), outputs["priority"]
        if new.priority not in (None, priority):
            with _PLACING_RULES:
                priority = self._free(new.listener_arn, new.priority)
                elb.set_rule_priorities(RulePriorities=[{"RuleArn": id, "Priority": priority}])
        elb.modify_rule(
            RuleArn=id, Conditions=_conditions(new.conditions), Actions=to_actions(new.actions)
        )
        tagged = retag(elb, id, outputs, self.tags(new))
        return outputs | tagged | {"priority": priority}

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("RuleNotFound"):
            self.context.client("elbv2").delete_rule(RuleArn=id)

    def _free(self, listener: str, wanted: int | None) -> int:
        """The wanted priority if nobody has it, else the next above all."""
        rules = self.context.client("elbv2").describe_rules(ListenerArn=listener)["Rules"]
        taken = {int(rule["Priority"]): rule["RuleArn"] for rule in rules if not rule["IsDefault"]}
        if wanted in taken:
            raise ValueError(
                f"priority={wanted} is taken by {taken[wanted]}. Taken: {sorted(taken)}."
            )
        return wanted or max(taken, default=0) + 1


def _patterns(condition: Condition) -> list[str]:
    return [
        value
        for member in _FIELDS
        if getattr(condition, member) is not None
        for value in getattr(condition, member).values
    ]
