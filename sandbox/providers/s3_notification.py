"""What a bucket tells of its objects, and whom."""

import fnmatch
import itertools
import json
from collections.abc import Mapping, Sequence
from typing import Any

from .base import Inputs, Outputs, Provider, auto_name
from .common import ignoring, present
from .lambda_common import split_function
from .s3_bucket import GONE

EVENTS = (
    "s3:IntelligentTiering",
    "s3:LifecycleExpiration:*",
    "s3:LifecycleExpiration:Delete",
    "s3:LifecycleExpiration:DeleteMarkerCreated",
    "s3:LifecycleTransition",
    "s3:ObjectAcl:Put",
    "s3:ObjectCreated:*",
    "s3:ObjectCreated:CompleteMultipartUpload",
    "s3:ObjectCreated:Copy",
    "s3:ObjectCreated:Post",
    "s3:ObjectCreated:Put",
    "s3:ObjectRemoved:*",
    "s3:ObjectRemoved:Delete",
    "s3:ObjectRemoved:DeleteMarkerCreated",
    "s3:ObjectRestore:*",
    "s3:ObjectRestore:Completed",
    "s3:ObjectRestore:Delete",
    "s3:ObjectRestore:Post",
    "s3:ObjectTagging:*",
    "s3:ObjectTagging:Delete",
    "s3:ObjectTagging:Put",
    "s3:ReducedRedundancyLostObject",
    "s3:Replication:*",
    "s3:Replication:OperationFailedReplication",
    "s3:Replication:OperationMissedThreshold",
    "s3:Replication:OperationNotTracked",
    "s3:Replication:OperationReplicatedAfterThreshold",
)
"""What S3 can notify of (S3 user guide, "Supported event types")."""


class Entry(Inputs):
    """Which events of which objects."""

    id: str | None = None
    events: list[str]
    filter_prefix: str = ""
    filter_suffix: str = ""


class FunctionEntry(Entry):
    """For a function."""

    lambda_function_arn: str


class QueueEntry(Entry):
    """For a queue."""

    queue_arn: str


class TopicEntry(Entry):
    """For a topic."""

    topic_arn: str


class NotificationInputs(Inputs):
    """Inputs of the notification of a bucket."""

    bucket: str
    eventbridge: bool = False
    lambda_functions: list[FunctionEntry] = []
    queues: list[QueueEntry] = []
    topics: list[TopicEntry] = []


class BucketNotification(Provider[NotificationInputs]):
    """The one notification document of a bucket."""

    token = "aws:s3/bucketNotification:BucketNotification"
    inputs = NotificationInputs
    replaces = frozenset({"bucket"})

    def check(self, name: str, properties: Mapping[str, Any]) -> NotificationInputs:
        inputs = super().check(name, properties)
        entries = [*inputs.lambda_functions, *inputs.queues, *inputs.topics]
        for entry in entries:
            for event in entry.events or [""]:
                if event not in EVENTS:
                    raise ValueError(f"events: {event!r} is not an event of S3.")
        for item in inputs.lambda_functions:
            _check_arn("lambdaFunctionArn", item.lambda_function_arn, "lambda")
        for queue in inputs.queues:
            _check_arn("queueArn", queue.queue_arn, "sqs")
        for topic in inputs.topics:
            _check_arn("topicArn", topic.topic_arn, "sns")
        _check_overlap(entries)
        return inputs

    def create(self, name: str, inputs: NotificationInputs) -> tuple[str, Outputs]:
        self._put(inputs.bucket, inputs)
        return inputs.bucket, {}

    def update(
        self, id: str, old: NotificationInputs, new: NotificationInputs, outputs: Outputs
    ) -> Outputs:
        self._put(id, new)
        return outputs

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring(GONE):
            self.context.client("s3").put_bucket_notification_configuration(
                Bucket=id, NotificationConfiguration={}
            )

    def _put(self, bucket: str, inputs: NotificationInputs) -> None:
        for item in inputs.lambda_functions:
            if not self._may_invoke(item.lambda_function_arn, bucket):
                raise ValueError(
                    f"lambdaFunctionArn={item.lambda_function_arn!r}: its policy does not let "
                    f"s3.amazonaws.com invoke it for {bucket}. Add an aws.lambda_.Permission, and "
                    "make the notification after it."
                )
        request: dict[str, Any] = {
            "LambdaFunctionConfigurations": [
                {**_entry(item), "LambdaFunctionArn": item.lambda_function_arn}
                for item in inputs.lambda_functions
            ],
            "QueueConfigurations": [
                {**_entry(item), "QueueArn": item.queue_arn} for item in inputs.queues
            ],
            "TopicConfigurations": [
                {**_entry(item), "TopicArn": item.topic_arn} for item in inputs.topics
            ],
        }
        if inputs.eventbridge:
            request["EventBridgeConfiguration"] = {}
        self.context.client("s3").put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration=request
        )

    def _may_invoke(self, function: str, bucket: str) -> bool:
        """S3 looks at the policy when it is told whom to call; the embedded cloud when it calls."""
        client, account = self.context.client("lambda"), self.context.account
        name, qualifier = split_function("lambdaFunctionArn", function)
        with ignoring("ResourceNotFoundException"):
            found = client.get_policy(FunctionName=name, **present(Qualifier=qualifier))
            statements = json.loads(found["Policy"])["Statement"]
            return any(_lets_in(statement, function, bucket, account) for statement in statements)
        return False


def _lets_in(statement: Mapping[str, Any], function: str, bucket: str, account: str) -> bool:
    conditions = {
        (operator, key): value
        for operator, pairs in statement.get("Condition", {}).items()
        for key, value in pairs.items()
    }
    source = conditions.pop(("ArnLike", "AWS:SourceArn"), "*")
    owner = conditions.pop(("StringEquals", "AWS:SourceAccount"), account)
    return (
        statement["Resource"] == function
        and statement["Principal"] in ("*", {"Service": "s3.amazonaws.com"})
        and statement["Action"] in ("lambda:InvokeFunction", "lambda:*", "*")
        and fnmatch.fnmatchcase(f"arn:aws:s3:::{bucket}", source)
        and owner == account
        and not conditions  # what else is asked, S3 does not bring along
    )


def _check_arn(field: str, arn: str, service: str) -> None:
    if arn.split(":")[2:3] != [service] or arn.endswith(".fifo"):
        raise ValueError(f"{field}={arn!r} is not an ARN of {service} that S3 can call.")


def _check_overlap(entries: Sequence[Entry]) -> None:
    """S3 refuses two entries that one event could match."""
    for one, two in itertools.combinations(entries, 2):
        prefixes, suffixes = (
            sorted((one.filter_prefix, two.filter_prefix), key=len),
            sorted((one.filter_suffix, two.filter_suffix), key=len),
        )
        same = [a for a in one.events for b in two.events if _covers(a, b) or _covers(b, a)]
        if same and prefixes[1].startswith(prefixes[0]) and suffixes[1].endswith(suffixes[0]):
            raise ValueError(
                f"{same[0]} of {prefixes[1]!r}…{suffixes[1]!r} matches two entries of the "
                "notification. S3 wants prefixes or suffixes that cannot overlap."
            )


def _covers(wide: str, event: str) -> bool:
    return wide == event or (wide.endswith("*") and event.startswith(wide[:-1]))


def _entry(entry: Entry) -> dict[str, Any]:
    rules = [
        {"Name": name, "Value": value}
        for name, value in (("prefix", entry.filter_prefix), ("suffix", entry.filter_suffix))
        if value
    ]
    request = {"Id": entry.id or auto_name("tf-s3", limit=255), "Events": entry.events}
    return {**request, "Filter": {"Key": {"FilterRules": rules}}} if rules else request
