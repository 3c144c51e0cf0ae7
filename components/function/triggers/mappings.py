"""What queues, tables and streams share: Lambda reads them itself, through a mapping.

Here are the ARNs and filters of all three, and how a stream is read: in order, so that what
fails holds up what is behind it. Left out: tumbling windows, whose state a handler would have
to carry, and reading with a throughput of one's own (enhanced fan-out).
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from ...checks import integer, one_of
from ...errors import invalid
from ...policy import Statement, allow
from . import patterns
from .base import Scope, Subject, Target

MOST_FILTERS = 10
"""5 unless AWS raises the account's quota (Lambda developer guide, "Control which events
Lambda sends to your function")."""
LONGEST_WINDOW = 300
BATCH_SIZE = 100
"""Lambda's own default for streams."""
RETRIES = 5
"""Lambda's own default is to try until the record expires, which holds up its shard for a day.
Five attempts more outlast what passes by itself."""
MAX_AGE_SECONDS = 6 * 3600
"""A failure tells where in the stream the records are, not what they were: of the 24 hours that
streams keep them, this leaves 18 to read them. Also the default for asynchronous calls."""
DAY_SECONDS = 24 * 3600
POSITIONS = ("TRIM_HORIZON", "LATEST")
_NO_OPERATORS = frozenset({"wildcard", "cidr"})
"""What EventBridge's patterns have and Lambda's filters do not."""


def checked_arn(
    who: str, field: str, given: pulumi.Input[str], shape: re.Pattern[str], allowed: str, hint: str
) -> pulumi.Input[str]:
    """``given`` when it looks like ``shape``; an output is looked at when it has its value.

    Raises:
        ValueError: it is the ARN of something else.
    """
    if isinstance(given, str):
        if not shape.fullmatch(given):
            raise invalid(who, field, given, allowed, hint)
        return given
    later: pulumi.Output[str] = pulumi.Output.from_input(given)
    return later.apply(lambda arn: str(checked_arn(who, field, arn, shape, allowed, hint)))


def checked_filters(
    who: str, field: str, given: Any
) -> "aws.lambda_.EventSourceMappingFilterCriteriaArgsDict | None":
    """Filter criteria of a mapping, or None where everything comes.

    Raises:
        ValueError: a pattern is one that Lambda would refuse, or there are too many.
    """
    if given is None:
        return None
    if not isinstance(given, list | tuple) or not 1 <= len(given) <= MOST_FILTERS:
        raise invalid(
            who, field, given, f"a list of 1 to {MOST_FILTERS} patterns; one that matches is enough"
        )
    filters: list[aws.lambda_.EventSourceMappingFilterCriteriaFilterArgsDict] = []
    for number, item in enumerate(given):
        pattern = patterns.checked(who, f"{field}[{number}]", item)
        if found := _NO_OPERATORS & set(_operators(pattern)):
            raise invalid(
                who,
                f"{field}[{number}]",
                sorted(found)[0],
                "prefix, suffix, equals-ignore-case, numeric, exists, anything-but",
                "Only EventBridge has this operator: check it in the handler.",
            )
        filters.append({"pattern": pulumi.Output.json_dumps(pattern, sort_keys=True)})
    return {"filters": filters}


def _operators(node: object) -> Iterator[str]:
    if isinstance(node, Mapping):
        for value in node.values():
            yield from _operators(value)
    elif isinstance(node, list):
        for item in node:
            if isinstance(item, Mapping):
                yield from item
                yield from _operators(item)


@dataclass(frozen=True)
class Reading:
    """How a stream is read; checked."""

    batch_size: int
    batch_window: int
    starting_position: str
    parallelization: int
    retries: int
    max_age: int
    filters: "aws.lambda_.EventSourceMappingFilterCriteriaArgsDict | None"
    failures_bucket_arn: pulumi.Input[str] | None
    enabled: bool

    def give_up_seconds(self, kept: int | None) -> int:
        """After which time a record is given up, of a stream that keeps it for ``kept``."""
        if self.max_age != -1:
            return self.max_age  # no longer than the stream keeps it, as has been checked
        return DAY_SECONDS if kept is None else kept


def checked_reading(
    subject: Subject, field: str, given: Mapping[str, Any], kept_seconds: int | None
) -> Reading:
    """Check the part of a trigger that all streams have.

    Args:
        subject: the function.
        field: ``triggers.tables.orders``.
        given: the trigger.
        kept_seconds: how long the stream keeps records; None where its owner decided.

    Raises:
        ValueError: a value is not allowed, or retries could take longer than records may wait.
    """
    who = subject.who

    def number(key: str, default: int, low: int, high: int) -> int:
        value = given.get(key)
        return integer(who, f"{field}.{key}", default if value is None else value, low, high)

    reading = Reading(
        batch_size=number("batch_size", BATCH_SIZE, 1, 10_000),
        batch_window=number("batch_window_seconds", 0, 0, LONGEST_WINDOW),
        starting_position=one_of(
            who,
            f"{field}.starting_position",
            given.get("starting_position") or POSITIONS[0],
            POSITIONS,
        ),
        parallelization=number("parallelization", 1, 1, 10),
        retries=number("retries", RETRIES, 0, 10_000),
        max_age=_checked_age(who, f"{field}.max_age_seconds", given, kept_seconds),
        filters=checked_filters(who, f"{field}.filters", given.get("filters")),
        failures_bucket_arn=given.get("failures_bucket_arn"),
        enabled=given.get("enabled") is not False,
    )
    _check_time(subject, field, reading, kept_seconds or DAY_SECONDS)
    return reading


def _checked_age(who: str, field: str, given: Mapping[str, Any], kept: int | None) -> int:
    value = given.get("max_age_seconds")
    if value is None:
        return MAX_AGE_SECONDS
    if value == -1:
        return -1
    hint = "" if kept is None else f"The stream keeps records for {kept} seconds."
    return integer(who, field, value, 60, min(kept or 604_800, 604_800), hint or "Or -1.")


def _check_time(subject: Subject, field: str, reading: Reading, kept: int) -> None:
    """Refuse retries that could outlast what the records behind may wait.

    While a batch is tried again, its shard stands still. If that can take longer than
    ``max_age``, good records grow too old before their first turn and are given up untried.
    A failing batch is halved until the bad record is alone; halving is not counted as a retry
    (Lambda developer guide, "Retain discarded records"), so it comes on top.
    """
    limit = kept if reading.max_age == -1 else reading.max_age
    timeout = subject.timeout_seconds
    halvings = math.ceil(math.log2(reading.batch_size))
    longest = reading.batch_window + (1 + reading.retries + halvings) * timeout
    if longest <= limit:
        return
    fitting = (limit - reading.batch_window) // timeout - 1 - halvings
    steps = [f"retries={fitting}"] if fitting >= 0 else []
    if longest <= kept:
        steps.append(f"max_age_seconds={longest}")
    raise invalid(
        subject.who,
        f"{field}.retries",
        reading.retries,
        f"what ends before the records behind are {limit} seconds old; 1 + {reading.retries} "
        f"attempts and {halvings} halvings of the batch, each up to {timeout} s (the function's "
        f"timeout), take {longest} s",
        f"Next step: set {' or '.join(steps or ['a smaller batch_size or timeout_seconds'])}.",
    )


def failure_statements(scope: Scope, reading: Reading) -> Sequence[Statement]:
    """What the role needs to say which records were given up."""
    bucket = reading.failures_bucket_arn
    if bucket is None:
        return [allow("sqs:SendMessage", scope.failure_queue.arn)]
    # Lambda developer guide, "Retain discarded records": permissions for an S3 destination.
    objects = pulumi.Output.concat(bucket, "/*")
    return [allow("s3:PutObject", objects), allow("s3:ListBucket", bucket)]


def read_stream(target: Target, role: str, arn: pulumi.Input[str], reading: Reading) -> None:
    """Have the alias called with the records of a stream."""
    scope = target.scope
    aws.lambda_.EventSourceMapping(
        f"{scope.name}-{role}",
        function_name=target.alias.arn,
        event_source_arn=arn,
        enabled=reading.enabled,
        batch_size=reading.batch_size,
        maximum_batching_window_in_seconds=reading.batch_window,
        starting_position=reading.starting_position,
        parallelization_factor=reading.parallelization,
        maximum_retry_attempts=reading.retries,
        maximum_record_age_in_seconds=reading.max_age,
        bisect_batch_on_function_error=True,
        function_response_types=["ReportBatchItemFailures"],
        filter_criteria=reading.filters,
        destination_config={
            "on_failure": {
                "destination_arn": reading.failures_bucket_arn or scope.failure_queue.arn
            }
        },
        tags=scope.tags,
        opts=after(target),
    )


def after(target: Target) -> pulumi.ResourceOptions:
    """Options of a mapping: Lambda tries the role's permissions when it is made."""
    return pulumi.ResourceOptions.merge(
        target.scope.opts, pulumi.ResourceOptions(depends_on=list(target.ready))
    )
