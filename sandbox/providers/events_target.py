"""What a rule calls, and how a call is delivered."""

import json
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from .base import Inputs, Outputs, Provider, auto_name
from .common import ignoring, present, within
from .events import DEFAULT, bus_name
from .role_checks import check_trust

TARGETS = 5
"""How many targets a rule has at most."""
_SERVICE = "events.amazonaws.com"
_QUEUE = re.compile(r"^arn:[\w-]+:sqs:[\w-]+:\d{12}:(?!.*\.fifo$)[\w-]+$")


class DeadLetterConfig(Inputs):
    """Where events go that cannot be delivered."""

    arn: str


class RetryPolicy(Inputs):
    """How long delivery is tried."""

    maximum_event_age_in_seconds: int = 86_400
    maximum_retry_attempts: int = 185


class SqsTarget(Inputs):
    """For FIFO queues."""

    message_group_id: str | None = None


def check_delivery(label: str, dead: DeadLetterConfig | None, retry: RetryPolicy | None) -> None:
    """Refuse a dead-letter queue or a retry policy that AWS does not take."""
    if dead is not None and not _QUEUE.match(dead.arn):
        raise ValueError(f"{label}deadLetterConfig.arn={dead.arn!r} is not a standard queue's ARN.")
    if retry is not None:
        label += "retryPolicy."
        age, attempts = retry.maximum_event_age_in_seconds, retry.maximum_retry_attempts
        within(f"{label}maximumEventAgeInSeconds", age, 60, 86_400)
        within(f"{label}maximumRetryAttempts", attempts, 0, 185)


class InputTransformer(Inputs):
    """A text with values of the event in it."""

    input_paths: dict[str, str] = {}
    input_template: str


class EventTargetInputs(Inputs):
    """Inputs of a target."""

    rule: str
    arn: str
    event_bus_name: str = DEFAULT
    target_id: str | None = None
    role_arn: str | None = None
    input: str | None = None
    input_path: str | None = None
    input_transformer: InputTransformer | None = None
    sqs_target: SqsTarget | None = None
    dead_letter_config: DeadLetterConfig | None = None
    retry_policy: RetryPolicy | None = None


class EventTarget(Provider[EventTargetInputs]):
    """What a rule calls."""

    token = "aws:cloudwatch/eventTarget:EventTarget"
    inputs = EventTargetInputs
    replaces = frozenset({"rule", "eventBusName", "targetId"})
    outputs = frozenset({"targetId"})
    inert: ClassVar[Mapping[str, str]] = {
        "deadLetterConfig": "what functions and state machines refuse goes there; what others "
        "refuse is dropped",
        "retryPolicy": "stored; delivery is tried once",
        "roleArn": "state machines are started with it; others are called without it",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> EventTargetInputs:
        inputs = super().check(name, properties)
        if not inputs.arn.startswith("arn:"):
            raise ValueError(f"arn={inputs.arn!r} is not an ARN.")
        given = {
            "input": inputs.input,
            "inputPath": inputs.input_path,
            "inputTransformer": inputs.input_transformer,
        }
        if len(chosen := [key for key, value in given.items() if value is not None]) > 1:
            raise ValueError(
                f"a target takes one of {', '.join(given)}; given: {', '.join(chosen)}."
            )
        if inputs.input is not None:
            check_json("input", inputs.input)
        if inputs.input_path is not None and not inputs.input_path.startswith("$"):
            raise ValueError(f"inputPath={inputs.input_path!r} does not begin with $.")
        if ".fifo" in inputs.arn and not (inputs.sqs_target and inputs.sqs_target.message_group_id):
            raise ValueError("sqsTarget.messageGroupId is missing; a FIFO queue wants one.")
        if inputs.arn.split(":")[2:3] == ["states"] and inputs.role_arn is None:
            raise ValueError("roleArn is missing; a state machine is started by a role.")
        check_delivery("", inputs.dead_letter_config, inputs.retry_policy)
        return inputs

    def create(self, name: str, inputs: EventTargetInputs) -> tuple[str, Outputs]:
        target, bus = inputs.target_id or auto_name(name, limit=64), bus_name(inputs.event_bus_name)
        events = self.context.client("events")
        found = events.list_targets_by_rule(Rule=inputs.rule, EventBusName=bus)["Targets"]
        if target in [item["Id"] for item in found]:
            raise ValueError(f"rule {inputs.rule} already has a target {target!r}.")
        if len(found) >= TARGETS:
            raise ValueError(
                f"rule {inputs.rule} already has {TARGETS} targets; AWS takes no more."
            )
        self._check_role(inputs)
        self._put(target, inputs)
        id = f"{inputs.rule}-{target}" if bus == DEFAULT else f"{bus}-{inputs.rule}-{target}"
        return id, {"targetId": target, "rule": inputs.rule, "eventBusName": bus}

    def update(
        self, id: str, old: EventTargetInputs, new: EventTargetInputs, outputs: Outputs
    ) -> Outputs:
        self._check_role(new)
        self._put(outputs["targetId"], new)
        return outputs

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("ResourceNotFoundException"):
            self.context.client("events").remove_targets(
                Rule=outputs["rule"],
                EventBusName=outputs["eventBusName"],
                Ids=[outputs["targetId"]],
            )

    def _check_role(self, inputs: EventTargetInputs) -> None:
        """Refuse a role that EventBridge may not assume; it names the rule as the source."""
        if inputs.role_arn is not None:
            bus = bus_name(inputs.event_bus_name)
            rule = inputs.rule if bus == DEFAULT else f"{bus}/{inputs.rule}"
            source = f"arn:aws:events:{self.context.region}:{self.context.account}:rule/{rule}"
            check_trust(self.context, "roleArn", inputs.role_arn, _SERVICE, source)

    def _put(self, target: str, inputs: EventTargetInputs) -> None:
        transformer, retry = inputs.input_transformer, inputs.retry_policy
        dead, sqs = inputs.dead_letter_config, inputs.sqs_target
        request = {
            "Id": target,
            "Arn": inputs.arn,
            **present(
                RoleArn=inputs.role_arn,
                Input=inputs.input,
                InputPath=inputs.input_path,
                InputTransformer=transformer
                and {
                    "InputPathsMap": transformer.input_paths,
                    "InputTemplate": transformer.input_template,
                },
                SqsParameters=sqs and present(MessageGroupId=sqs.message_group_id),
                DeadLetterConfig=dead and {"Arn": dead.arn},
                RetryPolicy=retry and retry_request(retry),
            ),
        }
        answer = self.context.client("events").put_targets(
            Rule=inputs.rule, EventBusName=bus_name(inputs.event_bus_name), Targets=[request]
        )
        if answer["FailedEntryCount"]:
            raise ValueError(f"target {target}: {answer['FailedEntries'][0]['ErrorMessage']}")


def retry_request(retry: RetryPolicy) -> dict[str, int]:
    """A retry policy as boto3 wants it."""
    return {
        "MaximumEventAgeInSeconds": retry.maximum_event_age_in_seconds,
        "MaximumRetryAttempts": retry.maximum_retry_attempts,
    }


def check_json(field: str, text: str) -> None:
    """Refuse what is not JSON."""
    try:
        json.loads(text)
    except ValueError as error:
        raise ValueError(f"{field} is not JSON: {error}") from None
