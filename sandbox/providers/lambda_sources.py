"""What Lambda reads by itself for a function: queues, streams of tables, Kinesis streams."""

from collections.abc import Mapping
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from .base import Outputs, Provider
from .common import ignoring, present, tag_changes, until
from .lambda_common import GONE, may_reach, split_function
from .lambda_mapping import QUEUES, STREAMS, MappingInputs, check_mapping, mapping_request

_SECONDS = 120


class EventSourceMapping(Provider[MappingInputs]):
    """A poller that calls a function with batches."""

    token = "aws:lambda/eventSourceMapping:EventSourceMapping"
    inputs = MappingInputs
    replaces = frozenset({"eventSourceArn", "startingPosition"})
    outputs = frozenset(
        {
            "arn",
            "functionArn",
            "lastModified",
            "lastProcessingResult",
            "state",
            "stateTransitionReason",
            "tagsAll",
            "uuid",
        }
    )
    inert: ClassVar[Mapping[str, str]] = {
        "parallelizationFactor": "stored; one batch of a shard at a time",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> MappingInputs:
        inputs = super().check(name, properties)
        check_mapping(inputs)
        return inputs

    def create(self, name: str, inputs: MappingInputs) -> tuple[str, Outputs]:
        client, tags = self.context.client("lambda"), self.tags(inputs)
        self._check_source(inputs)
        self._check_function(inputs, new=True)
        made = client.create_event_source_mapping(
            FunctionName=inputs.function_name,
            EventSourceArn=inputs.event_source_arn,
            Tags=tags,
            **present(StartingPosition=inputs.starting_position),
            **mapping_request(inputs),
        )
        return made["UUID"], self._outputs(made["UUID"], inputs, tags)

    def update(self, id: str, old: MappingInputs, new: MappingInputs, outputs: Outputs) -> Outputs:
        client, tags = self.context.client("lambda"), self.tags(new)
        self._check_function(new, new=False)
        client.update_event_source_mapping(
            UUID=id, FunctionName=new.function_name, **mapping_request(new)
        )
        put, drop = tag_changes(outputs, tags)
        if drop:
            client.untag_resource(Resource=outputs["arn"], TagKeys=drop)
        if put:
            client.tag_resource(Resource=outputs["arn"], Tags=put)
        return self._outputs(id, new, tags)

    def delete(self, id: str, outputs: Outputs) -> None:
        client = self.context.client("lambda")
        with ignoring(GONE):
            client.delete_event_source_mapping(UUID=id)
            until(lambda: not client.get_event_source_mapping(UUID=id), seconds=_SECONDS, what=id)

    def _outputs(self, id: str, inputs: MappingInputs, tags: Mapping[str, str]) -> Outputs:
        client, wanted = self.context.client("lambda"), "Enabled" if inputs.enabled else "Disabled"
        until(
            lambda: client.get_event_source_mapping(UUID=id)["State"] == wanted,
            seconds=_SECONDS,
            what=f"event source mapping {id} to be {wanted.lower()}",
        )
        found = client.get_event_source_mapping(UUID=id)
        return {
            "arn": found["EventSourceMappingArn"],
            "functionArn": found["FunctionArn"],
            "lastModified": found["LastModified"].isoformat(),
            "lastProcessingResult": found["LastProcessingResult"],
            "state": found["State"],
            "stateTransitionReason": found["StateTransitionReason"],
            "tagsAll": dict(tags),
            "uuid": id,
        }

    def _check_source(self, inputs: MappingInputs) -> None:
        """The source must exist; the embedded cloud would wait for it in silence."""
        arn, service = inputs.event_source_arn, inputs.service
        resource = arn.split(":", 5)[5]
        try:
            if service == QUEUES:
                self.context.client("sqs").get_queue_url(QueueName=resource)
            elif service == STREAMS:
                self.context.client("kinesis").describe_stream_summary(StreamARN=arn)
            else:
                table = resource.split("/")[1]
                found = self.context.client("dynamodb").describe_table(TableName=table)["Table"]
                if found.get("LatestStreamArn") != arn:
                    raise ValueError(f"eventSourceArn={arn!r}: the table has no such stream.")
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if "NonExistentQueue" not in code and "NotFound" not in code:
                raise
            raise ValueError(f"eventSourceArn={arn!r}: there is no such source.") from None

    def _check_function(self, inputs: MappingInputs, *, new: bool) -> None:
        client = self.context.client("lambda")
        function, qualifier = split_function("functionName", inputs.function_name)
        where = present(FunctionName=function, Qualifier=qualifier)
        found = client.get_function_configuration(**where)
        if inputs.on_failure is not None:
            field = "destinationConfig.onFailure.destinationArn"
            may_reach(self.context, found["Role"], field, inputs.on_failure)
        if not new:
            return
        suffix = f":function:{function}:{qualifier}" if qualifier else f":function:{function}"
        for other in client.list_event_source_mappings(
            EventSourceArn=inputs.event_source_arn, FunctionName=function
        )["EventSourceMappings"]:
            if other["FunctionArn"].endswith(suffix):
                raise ValueError(
                    f"{inputs.event_source_arn} is mapped to {inputs.function_name} already, by "
                    f"{other['UUID']}."
                )
        if inputs.service == QUEUES:
            self._check_visibility(inputs.event_source_arn, found["Timeout"])

    def _check_visibility(self, queue: str, timeout: int) -> None:
        """Lambda looks when a mapping is made, and not again when the queue changes."""
        sqs = self.context.client("sqs")
        url = sqs.get_queue_url(QueueName=queue.rpartition(":")[2])["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
        visibility = int(attributes["Attributes"]["VisibilityTimeout"])
        if visibility < timeout:
            raise ValueError(
                f"the queue's visibility timeout of {visibility} s is less than the function's "
                f"timeout of {timeout} s. Set visibilityTimeoutSeconds to {6 * timeout} or more."
            )
