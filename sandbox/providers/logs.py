"""Log groups."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from .base import Outputs, Provider, Tagged
from .common import ignoring, one_of, physical_name, present, tag_changes

_NAME = re.compile(r"^[\w./#-]{1,512}$", re.ASCII)
_DAYS = (0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731)
_YEARS = (1096, 1827, 2192, 2557, 2922, 3288, 3653)
"""Retention that CloudWatch Logs knows, in days; 0 keeps for ever."""


class LogGroupInputs(Tagged):
    """Inputs of a log group."""

    name: str | None = None
    name_prefix: str | None = None
    retention_in_days: int = 0
    kms_key_id: str | None = None
    log_group_class: str = "STANDARD"
    skip_destroy: bool = False


class LogGroup(Provider[LogGroupInputs]):
    """A log group; containers and functions really write to it.

    The embedded cloud cannot change a group's key, so here another key means a new group.
    """

    token = "aws:cloudwatch/logGroup:LogGroup"
    inputs = LogGroupInputs
    replaces = frozenset({"name", "namePrefix", "logGroupClass", "kmsKeyId"})
    outputs = frozenset({"arn", "name", "tagsAll"})
    inert: ClassVar[Mapping[str, str]] = {
        "retentionInDays": "stored; nothing expires while the sandbox runs",
        "kmsKeyId": "stored; log events lie in memory as they are",
        "logGroupClass": "stored; every group behaves as STANDARD",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> LogGroupInputs:
        inputs = super().check(name, properties)
        one_of("retentionInDays", inputs.retention_in_days, (*_DAYS, *_YEARS))
        one_of("logGroupClass", inputs.log_group_class, ("STANDARD", "INFREQUENT_ACCESS"))
        if inputs.name is not None and not _NAME.match(inputs.name):
            raise ValueError(
                f"name={inputs.name!r}: 1 to 512 letters, digits and any of _ - / . # are taken."
            )
        return inputs

    def create(self, name: str, inputs: LogGroupInputs) -> tuple[str, Outputs]:
        logs, tags = self.context.client("logs"), self.tags(inputs)
        group = physical_name(name, inputs.name, inputs.name_prefix, limit=512)
        logs.create_log_group(
            logGroupName=group,
            logGroupClass=inputs.log_group_class,
            tags=tags,
            **present(kmsKeyId=inputs.kms_key_id),
        )
        self._retain(group, inputs.retention_in_days)
        return group, {
            "arn": f"arn:aws:logs:{self.context.region}:{self.context.account}:log-group:{group}",
            "name": group,
            "skipDestroy": inputs.skip_destroy,
            "tagsAll": tags,
        }

    def update(
        self, id: str, old: LogGroupInputs, new: LogGroupInputs, outputs: Outputs
    ) -> Outputs:
        logs, tags = self.context.client("logs"), self.tags(new)
        self._retain(id, new.retention_in_days)
        put, drop = tag_changes(outputs, tags)
        if drop:
            logs.untag_resource(resourceArn=outputs["arn"], tagKeys=drop)
        if put:
            logs.tag_resource(resourceArn=outputs["arn"], tags=put)
        return outputs | {"tagsAll": tags, "skipDestroy": new.skip_destroy}

    def delete(self, id: str, outputs: Outputs) -> None:
        if not outputs["skipDestroy"]:
            with ignoring("ResourceNotFoundException"):
                self.context.client("logs").delete_log_group(logGroupName=id)

    def _retain(self, group: str, days: int) -> None:
        logs = self.context.client("logs")
        if days:
            logs.put_retention_policy(logGroupName=group, retentionInDays=days)
        else:
            logs.delete_retention_policy(logGroupName=group)
