"""Activities of Step Functions."""

from collections.abc import Mapping
from typing import Any

from .base import Outputs, Provider, Tagged
from .common import ignoring, pairs, physical_name
from .sfn import check_name, retag


class ActivityInputs(Tagged):
    """Inputs of an activity."""

    name: str | None = None


class Activity(Provider[ActivityInputs]):
    """Work that is fetched by whoever does it."""

    token = "aws:sfn/activity:Activity"
    inputs = ActivityInputs
    replaces = frozenset({"name"})
    outputs = frozenset({"arn", "creationDate", "name", "tagsAll"})

    def check(self, name: str, properties: Mapping[str, Any]) -> ActivityInputs:
        inputs = super().check(name, properties)
        if inputs.name is not None:
            check_name(inputs.name)
        return inputs

    def create(self, name: str, inputs: ActivityInputs) -> tuple[str, Outputs]:
        title, tags = physical_name(name, inputs.name, limit=80), self.tags(inputs)
        check_name(title)
        made = self.context.client("stepfunctions").create_activity(
            name=title, tags=pairs(tags, "key", "value")
        )
        return made["activityArn"], {
            "arn": made["activityArn"],
            "creationDate": made["creationDate"].isoformat(),
            "name": title,
            "tagsAll": tags,
        }

    def update(
        self, id: str, old: ActivityInputs, new: ActivityInputs, outputs: Outputs
    ) -> Outputs:
        tags = self.tags(new)
        retag(self.context.client("stepfunctions"), outputs, tags)
        return outputs | {"tagsAll": tags}

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("ActivityDoesNotExist"):
            self.context.client("stepfunctions").delete_activity(activityArn=id)
