"""Records of a Kinesis stream that call the function, in order within each partition key.

A stream is made unless one is given. A record that fails after all retries is named in the
function's failure queue; see ``failures_bucket_arn`` for what that leaves out. Left out:
consumers with a throughput of their own (enhanced fan-out).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from ...alarms.streams import formulas as stream_formulas
from ...alarms.watch import Formulas
from ...checks import integer
from ...errors import check_keys, invalid
from ...policy import Statement, allow
from .base import Plan, Scope, Subject, Target
from .mappings import Reading, checked_arn, checked_reading, failure_statements, read_stream
from .names import check_names

KEY = "alias/aws/kinesis"
"""Kinesis's own key: whoever may write or read in this account needs no permission for it."""
RETENTION_HOURS = 24
"""The shortest, and the only one at no extra cost."""
_NAME_LIMIT = 128
_ARN = re.compile(r"arn:[a-z-]+:kinesis:[a-z0-9-]+:\d{12}:stream/[A-Za-z0-9_.-]{1,128}")
_READ = (
    "kinesis:DescribeStream",
    "kinesis:DescribeStreamSummary",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
)


class StreamTrigger(TypedDict):
    """Records of one Kinesis stream that call the function.

    A stream that is made, with one shard::

        "streams": {"clicks": {"shards": 1}}

    A stream that exists, read from now on, four batches of a shard at a time::

        "streams": {"clicks": {"stream_arn": stream.arn, "starting_position": "LATEST",
                               "parallelization": 4}}
    """

    stream_arn: NotRequired[pulumi.Input[str]]
    """ARN of a stream of this account and region. With a key of one's own the function needs
    ``kms:Decrypt`` in ``permissions``. By default a stream is made, encrypted."""
    shards: NotRequired[int]
    """Shards of the stream that is made, 1 to 500; each takes 1 MiB or 1000 records a second. By
    default the stream scales by itself, at about twice the price of one shard when idle. Not
    with ``stream_arn``."""
    retention_hours: NotRequired[int]
    """How long the stream that is made keeps records, 24 to 8760 hours; more than 24 cost extra.
    Default 24. Not with ``stream_arn``."""
    batch_size: NotRequired[int]
    """Most records an invocation gets, 1 to 10000. Default 100."""
    batch_window_seconds: NotRequired[int]
    """How long to wait for a batch to fill, 0 to 300 seconds. Default 0."""
    starting_position: NotRequired[str]
    """``TRIM_HORIZON`` (default): all that the stream still has. ``LATEST``: what comes once the
    mapping works, which is some minutes after the deployment."""
    parallelization: NotRequired[int]
    """Batches of one shard at a time, 1 to 10; the order within a partition key is kept.
    Default 1."""
    retries: NotRequired[int]
    """How often a failing batch is tried again, 0 to 10000, while its shard stands still. All
    tries, each as long as the function's timeout, must end within ``max_age_seconds``.
    Default 5."""
    max_age_seconds: NotRequired[int]
    """Records older than this are given up, 60 to 604800 seconds and no more than the stream
    keeps them, or -1: when the stream drops them. Default 21600, which leaves 18 of 24 hours
    to read from the stream what was given up."""
    filters: NotRequired[Sequence[Mapping[str, Any]]]
    """Patterns on JSON records such as ``{"data": {"kind": ["click"]}}``, 1 to 10 (5 without a
    raised quota); one that matches is enough. By default everything comes."""
    failures_bucket_arn: NotRequired[pulumi.Input[str]]
    """Bucket for the records that were given up, whole. By default the function's failure queue
    gets a message, which says where in the stream they are but not what they were: they must
    be read from there before the stream drops them."""
    enabled: NotRequired[bool]
    """False stops reading; what the stream drops meanwhile is lost. Default True."""


class _Streams(TypedDict):
    streams: Mapping[str, StreamTrigger]


@dataclass(frozen=True)
class _Trigger:
    reading: Reading
    arn: pulumi.Input[str] | None
    shards: int | None
    retention_hours: int


def plan(subject: Subject, given: Mapping[str, StreamTrigger]) -> "StreamPlan":
    """Check the streams of a function.

    Raises:
        ValueError: a value is not allowed, or retries could take longer than records may wait.
    """
    check_keys(subject.who, {"streams": given}, _Streams, prefix="triggers.")
    check_names(subject, "streams", given, "stream", limit=_NAME_LIMIT)
    return StreamPlan({key: _checked(subject, key, item) for key, item in given.items()})


def _checked(subject: Subject, key: str, given: StreamTrigger) -> _Trigger:
    who, where = subject.who, f"triggers.streams.{key}"
    arn, shards, hours = (
        given.get("stream_arn"),
        given.get("shards"),
        given.get("retention_hours"),
    )
    if arn is not None:
        arn = checked_arn(
            who,
            f"{where}.stream_arn",
            arn,
            _ARN,
            "the ARN of a Kinesis stream",
            "Use stream.arn; a consumer's ARN (enhanced fan-out) is not supported.",
        )
        for field, value in (("shards", shards), ("retention_hours", hours)):
            if value is not None:
                raise invalid(
                    who,
                    f"{where}.{field}",
                    value,
                    "only for a stream that is made here",
                    "Set it where the stream is made.",
                )
    if shards is not None:
        shards = integer(who, f"{where}.shards", shards, 1, 500)
    kept = RETENTION_HOURS if hours is None else hours
    kept = integer(who, f"{where}.retention_hours", kept, 24, 8760)
    reading = checked_reading(subject, where, given, kept * 3600 if arn is None else None)
    return _Trigger(reading, arn, shards, kept)


class StreamPlan(Plan):
    """The checked streams of one function."""

    def __init__(self, triggers: Mapping[str, _Trigger]) -> None:
        self._triggers = triggers
        self._arns: dict[str, pulumi.Output[str]] = {}
        self._names: dict[str, pulumi.Output[str]] = {}

    def formulas(self, subject: Subject) -> Formulas:  # noqa: ARG002 - they are the same for all
        """Alarms of the streams that are made; a given one has an owner."""
        return {
            f"stream-{key}": stream_formulas()
            for key, trigger in self._triggers.items()
            if trigger.arn is None
        }

    def give_up_seconds(self) -> Sequence[int]:
        """As the mapping or the stream says, whichever comes first."""
        return [
            item.reading.give_up_seconds(item.retention_hours * 3600 if item.arn is None else None)
            for item in self._triggers.values()
            if item.reading.enabled
        ]

    def make_sources(self, scope: Scope) -> Sequence[Statement]:
        """Make the streams; the role may read them."""
        statements: list[Statement] = []
        for key, trigger in self._triggers.items():
            if trigger.arn is None:
                stream = _make_stream(f"{scope.name}-stream-{key}", trigger, scope)
                self._arns[key], self._names[key] = stream.arn, stream.name
                scope.watch.add("stream", f"stream-{key}", {"StreamName": stream.name})
            else:
                arn = self._arns[key] = pulumi.Output.from_input(trigger.arn)
                self._names[key] = arn.apply(lambda known: known.split("/")[1])
            statements += failure_statements(scope, trigger.reading)
        if self._arns:
            statements.append(allow(_READ, list(self._arns.values())))
        return statements

    def connect(self, target: Target) -> Mapping[str, Any]:
        """Have Lambda read the streams."""
        for key, trigger in self._triggers.items():
            read_stream(target, f"stream-{key}", self._arns[key], trigger.reading)
        return {"stream_names": self._names}

    def write_policy(self, key: str) -> Statement:
        """Put records into one of the streams; after ``make_sources``."""
        return allow(("kinesis:PutRecord", "kinesis:PutRecords"), self._arns[key])


def _make_stream(name: str, trigger: _Trigger, scope: Scope) -> "aws.kinesis.Stream":
    mode = "ON_DEMAND" if trigger.shards is None else "PROVISIONED"
    return aws.kinesis.Stream(
        name,
        shard_count=trigger.shards,
        stream_mode_details={"stream_mode": mode},
        retention_period=trigger.retention_hours,
        encryption_type="KMS",
        kms_key_id=KEY,
        tags=scope.tags,
        opts=scope.opts,
    )
