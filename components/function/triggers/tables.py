"""Changes of a DynamoDB table that call the function, in the order in which they happened.

A table with a stream is made unless a stream is given. A record that fails after all retries is
named in the function's failure queue; see ``failures_bucket_arn`` for what that leaves out.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi

from ...alarms.tables import formulas as table_formulas
from ...alarms.watch import Formulas
from ...errors import check_keys, invalid
from ...policy import Statement, allow
from ...tables import make_table
from .base import Plan, Scope, Subject, Target
from .mappings import (
    DAY_SECONDS,
    Reading,
    checked_arn,
    checked_reading,
    failure_statements,
    read_stream,
)
from .names import check_names

_NAME_LIMIT = 255
_ATTRIBUTE = re.compile(r".{1,255}")
_ARN = re.compile(
    r"arn:[a-z-]+:dynamodb:[a-z0-9-]+:\d{12}:table/[A-Za-z0-9_.-]{3,255}/stream/[^/]+"
)
_READ = (
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    # Lambda asks for it when the mapping is made; on the stream's own ARN, as in AWS's example
    # (DynamoDB developer guide, "IAM policy to allow a Lambda function to access streams").
    "dynamodb:ListStreams",
)
_WRITE = (
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:BatchWriteItem",
)


class TableTrigger(TypedDict):
    """Changes of one table that call the function.

    A table that is made, of which only new items matter::

        "tables": {"orders": {"filters": [{"eventName": ["INSERT"]}]}}

    A table that exists, with every given-up record kept whole::

        "tables": {"orders": {"stream_arn": table.stream_arn, "failures_bucket_arn": bucket.arn}}
    """

    stream_arn: NotRequired[pulumi.Input[str]]
    """``stream_arn`` of a table with a stream, in this account and region. By default a table
    is made: pay per request, point-in-time recovery, protected from deletion unless
    ``force_delete``, and a stream with the item before and after."""
    partition_key: NotRequired[str]
    """Key attribute (text) of the table that is made. Default ``id``. Not with ``stream_arn``."""
    batch_size: NotRequired[int]
    """Most records an invocation gets, 1 to 10000. Default 100."""
    batch_window_seconds: NotRequired[int]
    """How long to wait for a batch to fill, 0 to 300 seconds. Default 0."""
    starting_position: NotRequired[str]
    """``TRIM_HORIZON`` (default): all that the stream still has, up to 24 hours. ``LATEST``:
    what comes once the mapping works, which is some minutes after the deployment."""
    parallelization: NotRequired[int]
    """Batches of one shard at a time, 1 to 10; the order of each item is kept. Default 1."""
    retries: NotRequired[int]
    """How often a failing batch is tried again, 0 to 10000, while its shard stands still. All
    tries, each as long as the function's timeout, must end within ``max_age_seconds``.
    Default 5."""
    max_age_seconds: NotRequired[int]
    """Records older than this are given up, 60 to 86400 seconds, or -1: after 24 hours. Default
    21600, which leaves 18 hours to read from the stream what was given up."""
    filters: NotRequired[Sequence[Mapping[str, Any]]]
    """Patterns such as ``{"dynamodb": {"NewImage": {"status": {"S": ["paid"]}}}}``, 1 to 10 (5
    without a raised quota); one that matches is enough. By default everything comes."""
    failures_bucket_arn: NotRequired[pulumi.Input[str]]
    """Bucket for the records that were given up, whole. By default the function's failure queue
    gets a message, which says where in the stream they are but not what they were: they must
    be read from there before the stream drops them, 24 hours after they happened."""
    enabled: NotRequired[bool]
    """False stops reading; what the stream drops meanwhile is lost. Default True."""


class _Tables(TypedDict):
    tables: Mapping[str, TableTrigger]


def plan(subject: Subject, given: Mapping[str, TableTrigger]) -> "TablePlan":
    """Check the tables of a function.

    Raises:
        ValueError: a value is not allowed, or retries could take longer than records may wait.
    """
    check_keys(subject.who, {"tables": given}, _Tables, prefix="triggers.")
    check_names(subject, "tables", given, "table", limit=_NAME_LIMIT)
    readings, arns, keys = {}, {}, {}
    for key, item in given.items():
        where = f"triggers.tables.{key}"
        readings[key] = checked_reading(subject, where, item, DAY_SECONDS)
        keys[key] = _partition_key(subject.who, f"{where}.partition_key", item)
        if (arn := item.get("stream_arn")) is not None:
            arns[key] = checked_arn(
                subject.who,
                f"{where}.stream_arn",
                arn,
                _ARN,
                "the ARN of a table's stream",
                "Use table.stream_arn of a table with stream_enabled=True.",
            )
    return TablePlan(readings, arns, keys)


def _partition_key(who: str, field: str, given: TableTrigger) -> str:
    value: Any = given.get("partition_key")
    if value is None:
        return "id"
    if given.get("stream_arn") is not None:
        raise invalid(who, field, value, "only for a table that is made here", "Leave it out.")
    if not isinstance(value, str) or not _ATTRIBUTE.fullmatch(value):
        raise invalid(who, field, value, "a name of 1 to 255 characters")
    return value


class TablePlan(Plan):
    """The checked tables of one function."""

    def __init__(
        self,
        readings: Mapping[str, Reading],
        arns: Mapping[str, pulumi.Input[str]],
        partition_keys: Mapping[str, str],
    ) -> None:
        self._readings = readings
        self._streams = {key: pulumi.Output.from_input(arn) for key, arn in arns.items()}
        self._partition_keys = partition_keys
        self._tables: dict[str, pulumi.Output[str]] = {}
        self._names: dict[str, pulumi.Output[str]] = {}

    def formulas(self, subject: Subject) -> Formulas:  # noqa: ARG002 - they are the same for all
        """Alarms of the tables that are made; a given one has an owner."""
        made = self._readings.keys() - self._streams.keys()
        return {f"table-{key}": table_formulas() for key in self._readings if key in made}

    def give_up_seconds(self) -> Sequence[int]:
        """As the mapping says, within the day that the stream of a table keeps records."""
        readings = self._readings.values()
        return [item.give_up_seconds(DAY_SECONDS) for item in readings if item.enabled]

    def make_sources(self, scope: Scope) -> Sequence[Statement]:
        """Make the tables; the role may read their streams."""
        statements: list[Statement] = []
        for key, reading in self._readings.items():
            if key in self._streams:
                arn = self._streams[key]
                self._tables[key] = arn.apply(lambda known: known.partition("/stream/")[0])
                self._names[key] = arn.apply(lambda known: known.split("/")[1])
            else:
                table = make_table(
                    f"{scope.name}-table-{key}",
                    partition_key=self._partition_keys[key],
                    stream=True,
                    force_delete=scope.force_delete,
                    tags=scope.tags,
                    opts=scope.opts,
                )
                self._streams[key] = table.stream_arn
                self._tables[key], self._names[key] = table.arn, table.name
                scope.watch.add_table(f"table-{key}", table)
            statements += failure_statements(scope, reading)
        if self._streams:
            statements.append(allow(_READ, list(self._streams.values())))
        return statements

    def connect(self, target: Target) -> Mapping[str, Any]:
        """Have Lambda read the streams."""
        for key, reading in self._readings.items():
            read_stream(target, f"table-{key}", self._streams[key], reading)
        return {"table_names": self._names}

    def write_policy(self, key: str) -> Statement:
        """Change items of one of the tables; after ``make_sources``."""
        return allow(_WRITE, self._tables[key])
