"""The settings of an event source mapping, and what Lambda refuses of them."""

from typing import Any

from .base import Inputs, Tagged
from .common import one_of, present, within
from .lambda_common import check_destination, split_function
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


def check_mapping(inputs: MappingInputs) -> None:
    """Refuse what Lambda refuses of a mapping, before anything is asked of it."""
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


def mapping_request(inputs: MappingInputs) -> dict[str, Any]:
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
