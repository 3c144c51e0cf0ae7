"""What Lambda reads by itself for a function: queues, streams of tables, Kinesis streams."""

from collections.abc import Mapping
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from .base import Inputs, Outputs, Provider, Tagged
from .common import ignoring, one_of, present, tag_changes, until, within
from .lambda_common import GONE, check_destination, may_reach, split_function
from .policies import parse

QUEUES, TABLES, STREAMS = "sqs", "dynamodb", "kinesis"
PATTERN_LIMIT = 4_096
FILTERS = 5
"""How many filters a mapping has (Lambda developer guide; a quota that AWS raises to 10)."""
_STREAMS_ONLY = (
    "bisectBatchOnFunctionError",
    "destinationConfig",
    "maximumRecordAgeInSeconds",
    "maximumRetryAttempts",
    "parallelizationFactor",
    "startingPosition",
)
_SECONDS = 30


class OnFailure(Inputs):
    """Where the record of a given up batch goes."""

    destination_arn: str


class DestinationConfig(Inputs):
    """Where records of failures go."""

    on_failure: OnFailure | None = None


class Filter(Inputs):
    """A pattern that a record must match."""

    pattern: str


class FilterCriteria(Inputs):
    """Patterns of which a record must match one."""

    filters: list[Filter] = []


class ScalingConfig(Inputs):
    """How many invocations a queue may cause at once."""

    maximum_concurrency: int | None = None


class MappingInputs(Tagged):
    """Inputs of an event source mapping."""

    function_name: str
    event_source_arn: str
    enabled: bool = True
    batch_size: int | None = None
    maximum_batching_window_in_seconds: int = 0
    function_response_types: list[str] = []
    filter_criteria: FilterCriteria | None = None
    scaling_config: ScalingConfig | None = None
    bisect_batch_on_function_error: bool | None = None
    destination_config: DestinationConfig | None = None
    maximum_record_age_in_seconds: int | None = None
    maximum_retry_attempts: int | None = None
    parallelization_factor: int | None = None
    starting_position: str | None = None

    @property
    def service(self) -> str:
        """``sqs``, ``dynamodb`` or ``kinesis``."""
        return self.event_source_arn.split(":")[2]

    @property
    def on_failure(self) -> str | None:
        """The ARN of where failures are told."""
        given = self.destination_config
        return given.on_failure.destination_arn if given and given.on_failure else None


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
        split_function("functionName", inputs.function_name)
        parts = inputs.event_source_arn.split(":")
        if parts[0] != "arn" or len(parts) < 6 or parts[2] not in (QUEUES, TABLES, STREAMS):
            raise ValueError(
                f"eventSourceArn={inputs.event_source_arn!r} is not the ARN of a queue, of a "
                "table's stream or of a Kinesis stream."
            )
        within("batchSize", _batch_size(inputs), 1, 10_000)
        within("maximumBatchingWindowInSeconds", inputs.maximum_batching_window_in_seconds, 0, 300)
        for kind in inputs.function_response_types:
            one_of("functionResponseTypes", kind, ("ReportBatchItemFailures",))
        _check_filters(inputs.filter_criteria)
        if inputs.service == QUEUES:
            _check_queue(inputs)
        else:
            _check_stream(inputs)
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
            **_request(inputs),
        )
        return made["UUID"], self._outputs(made["UUID"], inputs, tags)

    def update(self, id: str, old: MappingInputs, new: MappingInputs, outputs: Outputs) -> Outputs:
        client, tags = self.context.client("lambda"), self.tags(new)
        self._check_function(new, new=False)
        client.update_event_source_mapping(UUID=id, FunctionName=new.function_name, **_request(new))
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


def _batch_size(inputs: MappingInputs) -> int:
    default = 10 if inputs.service == QUEUES else 100
    return default if inputs.batch_size is None else inputs.batch_size


def _check_filters(criteria: FilterCriteria | None) -> None:
    filters = criteria.filters if criteria else []
    if len(filters) > FILTERS:
        raise ValueError(f"filterCriteria has {len(filters)} filters; Lambda takes {FILTERS}.")
    for item in filters:
        parse("filterCriteria.filters.pattern", item.pattern, limit=PATTERN_LIMIT)


def _check_queue(inputs: MappingInputs) -> None:
    given = inputs.model_dump(by_alias=True)
    for field in _STREAMS_ONLY:
        if given[field] is not None:
            raise ValueError(f"{field} is for streams; a queue has a redrive policy instead.")
    size, window = _batch_size(inputs), inputs.maximum_batching_window_in_seconds
    if inputs.event_source_arn.endswith(".fifo"):
        within("batchSize of a FIFO queue", size, 1, 10)
        if window:
            raise ValueError("maximumBatchingWindowInSeconds is not for FIFO queues.")
    elif size > 10 and window < 1:
        raise ValueError(
            f"batchSize={size} needs maximumBatchingWindowInSeconds of at least 1; a batch is 10 "
            "messages otherwise."
        )
    limit = inputs.scaling_config.maximum_concurrency if inputs.scaling_config else None
    if limit is not None:
        within("scalingConfig.maximumConcurrency", limit, 2, 1000)


def _check_stream(inputs: MappingInputs) -> None:
    if inputs.scaling_config is not None:
        raise ValueError("scalingConfig is for queues; a stream has a parallelizationFactor.")
    if inputs.starting_position is None:
        raise ValueError("startingPosition is missing; a stream is read from somewhere.")
    one_of("startingPosition", inputs.starting_position, ("TRIM_HORIZON", "LATEST"))
    if inputs.maximum_record_age_in_seconds not in (None, -1):
        age = inputs.maximum_record_age_in_seconds
        within("maximumRecordAgeInSeconds", age, 60, 604_800)
    for field, value, low, high in (
        ("maximumRetryAttempts", inputs.maximum_retry_attempts, -1, 10_000),
        ("parallelizationFactor", inputs.parallelization_factor, 1, 10),
    ):
        if value is not None:
            within(field, value, low, high)
    if inputs.on_failure is not None:
        field = "destinationConfig.onFailure.destinationArn"
        check_destination(field, inputs.on_failure, ("sqs", "sns", "s3"))


def _request(inputs: MappingInputs) -> dict[str, Any]:
    """The settings that create and update share; what is left out is emptied."""
    common = {
        "Enabled": inputs.enabled,
        "BatchSize": _batch_size(inputs),
        "MaximumBatchingWindowInSeconds": inputs.maximum_batching_window_in_seconds,
        "FunctionResponseTypes": inputs.function_response_types,
        "FilterCriteria": {
            "Filters": [
                {"Pattern": item.pattern}
                for item in (inputs.filter_criteria.filters if inputs.filter_criteria else [])
            ]
        },
    }
    if inputs.service == QUEUES:
        limit = inputs.scaling_config.maximum_concurrency if inputs.scaling_config else None
        return {**common, "ScalingConfig": present(MaximumConcurrency=limit)}

    def or_default(value: int | None, default: int) -> int:
        return default if value is None else value

    return {
        **common,
        "BisectBatchOnFunctionError": bool(inputs.bisect_batch_on_function_error),
        "DestinationConfig": {"OnFailure": present(Destination=inputs.on_failure)},
        "MaximumRecordAgeInSeconds": or_default(inputs.maximum_record_age_in_seconds, -1),
        "MaximumRetryAttempts": or_default(inputs.maximum_retry_attempts, -1),
        "ParallelizationFactor": or_default(inputs.parallelization_factor, 1),
    }
