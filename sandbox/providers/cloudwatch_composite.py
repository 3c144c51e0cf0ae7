"""Alarms over other alarms: one incident, one message."""

import re
from collections.abc import Mapping
from typing import Any

from .base import Outputs, Provider, Tagged
from .common import ignoring, pairs, present, tag_changes

RULE_LIMIT = 10_240
ACTIONS_LIMIT = 5
_STATE = re.compile(r"\b(ALARM|OK|INSUFFICIENT_DATA)\s*\(|\b(TRUE|FALSE)\b")


class CompositeInputs(Tagged):
    """Inputs of a composite alarm."""

    alarm_name: str
    alarm_rule: str
    alarm_description: str | None = None
    actions_enabled: bool = True
    alarm_actions: list[str] = []
    ok_actions: list[str] = []
    insufficient_data_actions: list[str] = []


class CompositeAlarm(Provider[CompositeInputs]):
    """An alarm on the states of others, which must exist."""

    token = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
    inputs = CompositeInputs
    replaces = frozenset({"alarmName", "actionsEnabled"})
    delete_before_replace = True
    outputs = frozenset({"arn", "tagsAll"})

    def check(self, name: str, properties: Mapping[str, Any]) -> CompositeInputs:
        inputs = super().check(name, properties)
        if not 1 <= len(inputs.alarm_name) <= 255:
            raise ValueError(f"alarmName={inputs.alarm_name!r}: 1 to 255 characters are taken.")
        if len(inputs.alarm_rule) > RULE_LIMIT:
            raise ValueError(
                f"alarmRule has {len(inputs.alarm_rule)} characters; CloudWatch takes up to "
                f"{RULE_LIMIT}. Make an alarm over several composite alarms."
            )
        if not _STATE.search(inputs.alarm_rule):
            raise ValueError(
                f'alarmRule={inputs.alarm_rule!r} names no alarm: write ALARM("name") OR …'
            )
        for field, actions in (
            ("alarmActions", inputs.alarm_actions),
            ("okActions", inputs.ok_actions),
            ("insufficientDataActions", inputs.insufficient_data_actions),
        ):
            if len(actions) > ACTIONS_LIMIT:
                raise ValueError(
                    f"{field} has {len(actions)} entries; CloudWatch takes up to {ACTIONS_LIMIT}."
                )
        return inputs

    def create(self, name: str, inputs: CompositeInputs) -> tuple[str, Outputs]:
        alarm, tags = inputs.alarm_name, self.tags(inputs)
        self._put(inputs, Tags=pairs(tags))
        found = self.context.client("cloudwatch").describe_alarms(
            AlarmNames=[alarm], AlarmTypes=["CompositeAlarm"]
        )
        return alarm, {"arn": found["CompositeAlarms"][0]["AlarmArn"], "tagsAll": tags}

    def update(
        self, id: str, old: CompositeInputs, new: CompositeInputs, outputs: Outputs
    ) -> Outputs:
        self._put(new)
        cloudwatch, tags = self.context.client("cloudwatch"), self.tags(new)
        put, drop = tag_changes(outputs, tags)
        if drop:
            cloudwatch.untag_resource(ResourceARN=outputs["arn"], TagKeys=drop)
        if put:
            cloudwatch.tag_resource(ResourceARN=outputs["arn"], Tags=pairs(put))
        return outputs | {"tagsAll": tags}

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("ResourceNotFound", "ResourceNotFoundException"):
            self.context.client("cloudwatch").delete_alarms(AlarmNames=[id])

    def _put(self, inputs: CompositeInputs, **more: Any) -> None:
        self.context.client("cloudwatch").put_composite_alarm(
            AlarmName=inputs.alarm_name,
            AlarmRule=inputs.alarm_rule,
            ActionsEnabled=inputs.actions_enabled,
            AlarmActions=inputs.alarm_actions,
            OKActions=inputs.ok_actions,
            InsufficientDataActions=inputs.insufficient_data_actions,
            **present(AlarmDescription=inputs.alarm_description),
            **more,
        )
