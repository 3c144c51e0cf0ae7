"""EventBridge Pipes: from a queue to a state machine.

Left out, and refused: other sources and targets, enrichment, logs and keys of one's own.
"""

import re
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from .base import Inputs, Outputs, Provider, Tagged
from .common import ignoring, one_of, physical_name, tag_changes, until, within
from .policies import parse
from .role_checks import check_allowed, check_trust

SERVICE = "pipes.amazonaws.com"
FILTERS = 5
QUEUE_ACTIONS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
"""What a pipe's role must be allowed on its queue."""
_NAME = re.compile(r"^[\w.-]{1,64}$", re.ASCII)
_QUEUE = re.compile(r"^arn:[\w-]+:sqs:[\w-]+:\d{12}:([\w.-]+)$")
_MACHINE = re.compile(r"^arn:[\w-]+:states:[\w-]+:\d{12}:stateMachine:[\w-]+(:[\w-]+)?$")
_TYPES = ("FIRE_AND_FORGET", "REQUEST_RESPONSE")
_SECONDS = 60


class Filter(Inputs):
    """A pattern of messages that are let through."""

    pattern: str


class FilterCriteria(Inputs):
    """A message passes that fits one of them."""

    filters: list[Filter] = []


class SqsQueueParameters(Inputs):
    """How messages are taken together."""

    batch_size: int = 10
    maximum_batching_window_in_seconds: int = 0


class SourceParameters(Inputs):
    """What is taken from the source."""

    filter_criteria: FilterCriteria | None = None
    sqs_queue_parameters: SqsQueueParameters | None = None


class StateMachineParameters(Inputs):
    """Whether the pipe waits for the execution."""

    invocation_type: str


class TargetParameters(Inputs):
    """What the target is given."""

    input_template: str | None = None
    step_function_state_machine_parameters: StateMachineParameters | None = None


class PipeInputs(Tagged):
    """Inputs of a pipe."""

    name: str | None = None
    name_prefix: str | None = None
    description: str = "Managed by Pulumi"
    desired_state: str = "RUNNING"
    role_arn: str
    source: str
    source_parameters: SourceParameters | None = None
    target: str
    target_parameters: TargetParameters | None = None

    @property
    def batch(self) -> SqsQueueParameters:
        """How messages are taken together; by itself ten, without waiting for them."""
        given = self.source_parameters and self.source_parameters.sqs_queue_parameters
        return given or SqsQueueParameters()

    @property
    def patterns(self) -> list[str]:
        """The patterns of its filter; every message passes where there is none."""
        criteria = self.source_parameters and self.source_parameters.filter_criteria
        return [item.pattern for item in criteria.filters] if criteria else []

    @property
    def input_template(self) -> str:
        """What of a batch the machine is given; all of it where there is none."""
        return (self.target_parameters and self.target_parameters.input_template) or ""

    @property
    def invocation_type(self) -> str:
        """As AWS has it where none is given."""
        given = self.target_parameters
        machine = given and given.step_function_state_machine_parameters
        return machine.invocation_type if machine else "REQUEST_RESPONSE"


class Pipe(Provider[PipeInputs]):
    """Takes messages from a queue and starts an execution for each batch."""

    token = "aws:pipes/pipe:Pipe"
    inputs = PipeInputs
    replaces = frozenset({"name", "namePrefix", "source"})
    outputs = frozenset({"arn", "name", "tagsAll"})

    def check(self, name: str, properties: Mapping[str, Any]) -> PipeInputs:
        inputs = super().check(name, properties)
        if inputs.name is not None:
            _check_name(inputs.name)
        if len(inputs.description) > 512:
            raise ValueError("description has more than 512 characters.")
        one_of("desiredState", inputs.desired_state, ("RUNNING", "STOPPED"))
        if not _QUEUE.match(inputs.source):
            raise ValueError(f"source={inputs.source!r}: the sandbox's pipes read queues only.")
        if not _MACHINE.match(inputs.target):
            raise ValueError(
                f"target={inputs.target!r}: the sandbox's pipes start state machines only."
            )
        _check_source(inputs)
        one_of(
            "targetParameters.stepFunctionStateMachineParameters.invocationType",
            inputs.invocation_type,
            _TYPES,
        )
        if len(inputs.input_template) > 8192:
            raise ValueError("targetParameters.inputTemplate has more than 8192 characters.")
        return inputs

    def create(self, name: str, inputs: PipeInputs) -> tuple[str, Outputs]:
        title = physical_name(name, inputs.name, inputs.name_prefix, limit=64)
        _check_name(title)
        arn = f"arn:aws:pipes:{self.context.region}:{self.context.account}:pipe/{title}"
        self._check_surroundings(arn, inputs)
        tags = self.tags(inputs)
        self.context.client("pipes").create_pipe(
            Name=title, Source=inputs.source, Tags=tags, **_request(inputs)
        )
        self._settled(title, inputs)
        return title, {"arn": arn, "name": title, "tagsAll": tags}

    def update(self, id: str, old: PipeInputs, new: PipeInputs, outputs: Outputs) -> Outputs:
        client, tags = self.context.client("pipes"), self.tags(new)
        if self.changed(old, new) - {"tags"}:
            self._check_surroundings(outputs["arn"], new)
            client.update_pipe(Name=id, **_request(new))
            self._settled(id, new)
        put, drop = tag_changes(outputs, tags)
        if drop:
            client.untag_resource(resourceArn=outputs["arn"], tagKeys=drop)
        if put:
            client.tag_resource(resourceArn=outputs["arn"], tags=put)
        return outputs | {"tagsAll": tags}

    def delete(self, id: str, outputs: Outputs) -> None:
        client = self.context.client("pipes")
        with ignoring("NotFoundException"):
            client.delete_pipe(Name=id)
            until(lambda: not client.describe_pipe(Name=id), seconds=_SECONDS, what=f"end of {id}")

    def _settled(self, name: str, inputs: PipeInputs) -> None:
        client = self.context.client("pipes")
        until(
            lambda: client.describe_pipe(Name=name)["CurrentState"] == inputs.desired_state,
            seconds=_SECONDS,
            what=f"pipe {name} to be {inputs.desired_state}",
        )

    def _check_surroundings(self, arn: str, inputs: PipeInputs) -> None:
        """What the pipe could not start without: its role, its queue, its machine."""
        context, role = self.context, inputs.role_arn
        check_trust(context, "roleArn", role, SERVICE, arn)
        check_allowed(context, "roleArn", role, QUEUE_ACTIONS, inputs.source, "The pipe's source")
        try:
            context.client("sqs").get_queue_url(QueueName=inputs.source.rpartition(":")[2])
        except ClientError:
            raise ValueError(f"source={inputs.source!r}: there is no such queue.") from None
        try:
            machine = context.client("stepfunctions").describe_state_machine(
                stateMachineArn=inputs.target
            )
        except ClientError:
            raise ValueError(f"target={inputs.target!r}: there is no such machine.") from None
        if machine["type"] == "STANDARD" and inputs.invocation_type != "FIRE_AND_FORGET":
            raise ValueError(
                "targetParameters.stepFunctionStateMachineParameters.invocationType must be "
                "FIRE_AND_FORGET: nobody waits for a standard workflow."
            )


def _check_name(name: str) -> None:
    if not _NAME.match(name):
        raise ValueError(f"name={name!r}: up to 64 letters, digits and . - _ are taken.")


def _check_source(inputs: PipeInputs) -> None:
    batch, label = inputs.batch, "sourceParameters.sqsQueueParameters."
    fifo = inputs.source.endswith(".fifo")
    window = batch.maximum_batching_window_in_seconds
    within(f"{label}batchSize", batch.batch_size, 1, 10 if fifo else 10_000)
    within(f"{label}maximumBatchingWindowInSeconds", window, 0, 0 if fifo else 300)
    if batch.batch_size > 10 and window < 1:
        raise ValueError(f"{label}batchSize above 10 needs maximumBatchingWindowInSeconds.")
    if len(inputs.patterns) > FILTERS:
        raise ValueError(f"sourceParameters.filterCriteria takes {FILTERS} filters.")
    for pattern in inputs.patterns:
        parse("sourceParameters.filterCriteria.filters.pattern", pattern, limit=4096)


def _request(inputs: PipeInputs) -> dict[str, Any]:
    """Every setting each time: an update leaves alone what it does not name."""
    batch = inputs.batch
    return {
        "Description": inputs.description,
        "DesiredState": inputs.desired_state,
        "RoleArn": inputs.role_arn,
        "Target": inputs.target,
        "SourceParameters": {
            "FilterCriteria": {"Filters": [{"Pattern": pattern} for pattern in inputs.patterns]},
            "SqsQueueParameters": {
                "BatchSize": batch.batch_size,
                "MaximumBatchingWindowInSeconds": batch.maximum_batching_window_in_seconds,
            },
        },
        "TargetParameters": {
            "InputTemplate": inputs.input_template,
            "StepFunctionStateMachineParameters": {"InvocationType": inputs.invocation_type},
        },
    }
