"""Lives of queues, tables and streams, and of what reads them for a function."""

import json
from collections.abc import Mapping
from typing import Any

from sandbox.providers.base import Outputs

from .functions import SPACE, shared
from .looks import SEEN1, SEEN2, T1, T2, unless_gone
from .world import Case, World, resource_policy, tags_of

QUEUE = "aws:sqs/queue:Queue"
TABLE = "aws:dynamodb/table:Table"
STREAM = "aws:kinesis/stream:Stream"
MAPPING = f"{SPACE}eventSourceMapping:EventSourceMapping"


STREAMING: dict[str, Any] = {
    "hashKey": "id",
    "attributes": [{"name": "id", "type": "S"}],
    "billingMode": "PAY_PER_REQUEST",
    "streamEnabled": True,
    "streamViewType": "NEW_IMAGE",
}
SOURCES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "queue": (QUEUE, "arn", {}),
    "url": (QUEUE, "url", {}),
    "dead": (QUEUE, "arn", {}),
    "dead.fifo": (QUEUE, "arn", {"fifoQueue": True}),
    "stream": (STREAM, "arn", {"shardCount": 1}),
    "table": (TABLE, "streamArn", STREAMING),
}


def source(world: World, kind: str) -> str:
    """The ARN, or the URL, of a queue, table's stream or Kinesis stream; made once."""
    key = f"_source_{kind}"
    if key not in world.__dict__:
        token, output, properties = SOURCES[kind]
        world.__dict__[key] = world.make(token, "source", **properties)[1][output]
    return str(world.__dict__[key])


def redrive(arn: str, count: int = 5) -> str:
    return json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": count})


def allow(arn: str) -> str:
    return json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": [arn]})


def _attributes(world: World, url: str) -> dict[str, Any] | None:
    sqs = world.client("sqs")
    try:
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    except sqs.exceptions.QueueDoesNotExist:
        return None
    return dict(found)


def _queue(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    found = _attributes(world, id)
    if found is None:
        return None
    tags = world.client("sqs").list_queue_tags(QueueUrl=id).get("Tags", {})
    return {**found, "tags": tags, "arn": outputs["arn"], "name": outputs["name"]}


def _one(attribute: str) -> Any:
    def look(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
        found = _attributes(world, id)
        return {attribute: found[attribute]} if found and attribute in found else None

    return look


@unless_gone
def _mapping(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    client = world.client("lambda")
    found = client.get_event_source_mapping(UUID=id)
    return {**found, "tags": client.list_tags(Resource=outputs["arn"])["Tags"]}


@unless_gone
def _table(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    dynamodb = world.client("dynamodb")
    found = dynamodb.describe_table(TableName=id)["Table"]
    backups = dynamodb.describe_continuous_backups(TableName=id)["ContinuousBackupsDescription"]
    expiry = dynamodb.describe_time_to_live(TableName=id)["TimeToLiveDescription"]
    return {
        **found,
        "indexes": {
            item["IndexName"]: (
                [key["AttributeName"] for key in item["KeySchema"]],
                item["Projection"],
                item["ProvisionedThroughput"]["ReadCapacityUnits"],
                item["ProvisionedThroughput"]["WriteCapacityUnits"],
            )
            for item in found.get("GlobalSecondaryIndexes", [])
        },
        "local": [item["IndexName"] for item in found.get("LocalSecondaryIndexes", [])],
        "recovery": backups["PointInTimeRecoveryDescription"],
        "expiry": (expiry["TimeToLiveStatus"], expiry.get("AttributeName")),
        "stream": outputs["streamArn"] == found.get("LatestStreamArn", ""),
        "tags": tags_of(dynamodb.list_tags_of_resource(ResourceArn=found["TableArn"])["Tags"]),
    }


def _stream(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    kinesis = world.client("kinesis")
    try:
        found = kinesis.describe_stream_summary(StreamARN=id)["StreamDescriptionSummary"]
    except kinesis.exceptions.ResourceNotFoundException:
        return None
    return {**found, "tags": tags_of(kinesis.list_tags_for_stream(StreamARN=id)["Tags"])}


INDEX = {"name": "by-day", "hashKey": "day", "rangeKey": "at", "projectionType": "ALL"}
CAPACITY = {"readCapacity": 1, "writeCapacity": 2}
KEYS = [{"name": "id", "type": "S"}, {"name": "at", "type": "N"}, {"name": "day", "type": "S"}]

CASES = [
    Case(
        QUEUE,
        lambda w: {
            "name": "jobs",
            "delaySeconds": 1,
            "kmsDataKeyReusePeriodSeconds": 60,
            "kmsMasterKeyId": w.keys[0],
            "maxMessageSize": 2048,
            "messageRetentionSeconds": 60,
            "policy": resource_policy("sqs:SendMessage"),
            "receiveWaitTimeSeconds": 2,
            "redriveAllowPolicy": '{"redrivePermission": "denyAll"}',
            "redrivePolicy": redrive(source(w, "dead")),
            "tags": T1,
            "visibilityTimeoutSeconds": 40.0,
        },
        _queue,
        lambda w: {
            "DelaySeconds": "1",
            "KmsDataKeyReusePeriodSeconds": "60",
            "KmsMasterKeyId": w.keys[0],
            "MaximumMessageSize": "2048",
            "MessageRetentionPeriod": "60",
            "Policy": resource_policy("sqs:SendMessage"),
            "QueueArn": "arn:aws:sqs:us-east-1:123456789012:jobs",
            "ReceiveMessageWaitTimeSeconds": "2",
            "RedriveAllowPolicy": '{"redrivePermission": "denyAll"}',
            "RedrivePolicy": redrive(source(w, "dead")),
            "VisibilityTimeout": "40",
            "arn": "arn:aws:sqs:us-east-1:123456789012:jobs",
            "name": "jobs",
            "tags": SEEN1,
        },
        lambda w: {
            "delaySeconds": None,
            "kmsMasterKeyId": None,
            "policy": None,
            "redriveAllowPolicy": None,
            "redrivePolicy": redrive(source(w, "dead"), 3),
            "sqsManagedSseEnabled": True,
            "tags": T2,
            "visibilityTimeoutSeconds": 50,
        },
        lambda w: {
            "DelaySeconds": "0",
            "KmsMasterKeyId": "",
            "Policy": None,
            "RedriveAllowPolicy": None,
            "RedrivePolicy": redrive(source(w, "dead"), 3),
            "SqsManagedSseEnabled": "true",
            "VisibilityTimeout": "50",
            "tags": SEEN2,
        },
    ),
    Case(
        QUEUE,
        lambda w: {
            "namePrefix": "pre-",
            "fifoQueue": True,
            "contentBasedDeduplication": True,
            "deduplicationScope": "messageGroup",
            "fifoThroughputLimit": "perMessageGroupId",
            "redrivePolicy": redrive(source(w, "dead.fifo")),
        },
        lambda w, id, o: (
            (seen := _queue(w, id, o)) and {**seen, "ends": (seen["name"][:4], seen["name"][-5:])}
        ),
        lambda w: {
            "ends": ("pre-", ".fifo"),
            "FifoQueue": "true",
            "ContentBasedDeduplication": "true",
            "DeduplicationScope": "messageGroup",
            "FifoThroughputLimit": "perMessageGroupId",
        },
        lambda w: {"contentBasedDeduplication": None},
        lambda w: {"ContentBasedDeduplication": "false"},
        label="fifo",
    ),
    Case(
        "aws:sqs/queuePolicy:QueuePolicy",
        lambda w: {"queueUrl": source(w, "url"), "policy": resource_policy("sqs:SendMessage")},
        _one("Policy"),
        lambda w: {"Policy": resource_policy("sqs:SendMessage")},
        lambda w: {"policy": resource_policy("sqs:ReceiveMessage")},
        lambda w: {"Policy": resource_policy("sqs:ReceiveMessage")},
    ),
    Case(
        "aws:sqs/redrivePolicy:RedrivePolicy",
        lambda w: {"queueUrl": source(w, "url"), "redrivePolicy": redrive(source(w, "dead"))},
        _one("RedrivePolicy"),
        lambda w: {"RedrivePolicy": redrive(source(w, "dead"))},
        lambda w: {"redrivePolicy": redrive(source(w, "dead"), 2)},
        lambda w: {"RedrivePolicy": redrive(source(w, "dead"), 2)},
    ),
    Case(
        "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy",
        lambda w: {"queueUrl": source(w, "url"), "redriveAllowPolicy": allow("arn:aws:sqs:a:b:c")},
        _one("RedriveAllowPolicy"),
        lambda w: {"RedriveAllowPolicy": allow("arn:aws:sqs:a:b:c")},
        lambda w: {"redriveAllowPolicy": allow("arn:aws:sqs:a:b:d")},
        lambda w: {"RedriveAllowPolicy": allow("arn:aws:sqs:a:b:d")},
    ),
    Case(
        MAPPING,
        lambda w: {
            "functionName": shared(w).alias,
            "eventSourceArn": source(w, "queue"),
            "batchSize": 20.0,
            "maximumBatchingWindowInSeconds": 1,
            "functionResponseTypes": ["ReportBatchItemFailures"],
            "filterCriteria": {"filters": [{"pattern": '{"body": {"kind": ["order"]}}'}]},
            "scalingConfig": {"maximumConcurrency": 2},
            "tags": T1,
        },
        _mapping,
        lambda w: {
            "FunctionArn": shared(w).alias,
            "EventSourceArn": source(w, "queue"),
            "State": "Enabled",
            "BatchSize": 20,
            "MaximumBatchingWindowInSeconds": 1,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "FilterCriteria": {"Filters": [{"Pattern": '{"body": {"kind": ["order"]}}'}]},
            "ScalingConfig": {"MaximumConcurrency": 2},
            "tags": SEEN1,
        },
        lambda w: {
            "functionName": shared(w).name,
            "batchSize": None,
            "maximumBatchingWindowInSeconds": None,
            "functionResponseTypes": None,
            "filterCriteria": None,
            "scalingConfig": None,
            "enabled": False,
            "tags": T2,
        },
        lambda w: {
            "FunctionArn": shared(w).arn,
            "State": "Disabled",
            "BatchSize": 10,
            "MaximumBatchingWindowInSeconds": 0,
            "FunctionResponseTypes": [],
            "FilterCriteria": {"Filters": []},
            "ScalingConfig": {},
            "tags": SEEN2,
        },
    ),
    Case(
        MAPPING,
        lambda w: {
            "functionName": shared(w).alias,
            "eventSourceArn": source(w, "table"),
            "startingPosition": "LATEST",
            "bisectBatchOnFunctionError": True,
            "maximumRecordAgeInSeconds": 60,
            "maximumRetryAttempts": 3,
            "parallelizationFactor": 2,
            "destinationConfig": {"onFailure": {"destinationArn": shared(w).queue}},
        },
        _mapping,
        lambda w: {
            "StartingPosition": "LATEST",
            "BatchSize": 100,
            "BisectBatchOnFunctionError": True,
            "MaximumRecordAgeInSeconds": 60,
            "MaximumRetryAttempts": 3,
            "ParallelizationFactor": 2,
            "DestinationConfig": {"OnFailure": {"Destination": shared(w).queue}},
        },
        lambda w: {
            "bisectBatchOnFunctionError": None,
            "maximumRecordAgeInSeconds": None,
            "maximumRetryAttempts": None,
            "parallelizationFactor": None,
            "destinationConfig": None,
        },
        lambda w: {
            "BisectBatchOnFunctionError": False,
            "MaximumRecordAgeInSeconds": -1,
            "MaximumRetryAttempts": -1,
            "ParallelizationFactor": 1,
            "DestinationConfig": {"OnFailure": {}},
        },
        label="table",
    ),
    Case(
        MAPPING,
        lambda w: {
            "functionName": shared(w).alias,
            "eventSourceArn": source(w, "stream"),
            "startingPosition": "TRIM_HORIZON",
        },
        _mapping,
        lambda w: {"StartingPosition": "TRIM_HORIZON", "EventSourceArn": source(w, "stream")},
        label="stream",
    ),
    Case(
        TABLE,
        lambda w: {
            "name": "orders",
            "hashKey": "id",
            "rangeKey": "at",
            "attributes": KEYS,
            **CAPACITY,
            "globalSecondaryIndexes": [{**INDEX, **CAPACITY}],
            "localSecondaryIndexes": [
                {
                    "name": "by-time",
                    "rangeKey": "day",
                    "projectionType": "INCLUDE",
                    "nonKeyAttributes": ["x"],
                }
            ],
            "pointInTimeRecovery": {"enabled": True, "recoveryPeriodInDays": 7},
            "serverSideEncryption": {"enabled": True, "kmsKeyArn": w.keys[0]},
            "streamEnabled": True,
            "streamViewType": "NEW_IMAGE",
            "tableClass": "STANDARD_INFREQUENT_ACCESS",
            "tags": T1,
            "ttl": {"attributeName": "expiration", "enabled": True},
            "deletionProtectionEnabled": True,
        },
        _table,
        lambda w: {
            "TableName": "orders",
            "KeySchema": [
                {"AttributeName": "id", "KeyType": "HASH"},
                {"AttributeName": "at", "KeyType": "RANGE"},
            ],
            "BillingModeSummary": {"BillingMode": "PROVISIONED"},
            "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 2},
            "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
            "SSEDescription": {"Status": "ENABLED", "SSEType": "KMS"},
            "TableClassSummary": {"TableClass": "STANDARD_INFREQUENT_ACCESS"},
            "DeletionProtectionEnabled": True,
            "indexes": {"by-day": (["day", "at"], {"ProjectionType": "ALL"}, 1, 2)},
            "local": ["by-time"],
            "recovery": {"PointInTimeRecoveryStatus": "ENABLED"},
            "expiry": ("ENABLED", "expiration"),
            "stream": True,
            "tags": SEEN1,
        },
        lambda w: {
            "readCapacity": 3,
            "globalSecondaryIndexes": [
                {**INDEX, "readCapacity": 4, "writeCapacity": 2},
                {
                    "name": "by-kind",
                    "hashKey": "day",
                    "projectionType": "INCLUDE",
                    "nonKeyAttributes": ["x"],
                    **CAPACITY,
                },
            ],
            "pointInTimeRecovery": None,
            "serverSideEncryption": None,
            "streamViewType": "KEYS_ONLY",
            "tableClass": None,
            "tags": T2,
            "ttl": {"attributeName": "gone", "enabled": True},
            "deletionProtectionEnabled": False,
        },
        lambda w: {
            "ProvisionedThroughput": {"ReadCapacityUnits": 3, "WriteCapacityUnits": 2},
            "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
            "TableClassSummary": {"TableClass": "STANDARD"},
            "DeletionProtectionEnabled": False,
            "indexes": {
                "by-day": (["day", "at"], {"ProjectionType": "ALL"}, 4, 2),
                "by-kind": (
                    ["day"],
                    {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x"]},
                    1,
                    2,
                ),
            },
            "recovery": {"PointInTimeRecoveryStatus": "DISABLED"},
            "expiry": ("ENABLED", "gone"),
            "stream": True,
            "tags": SEEN2,
        },
    ),
    Case(
        TABLE,
        lambda w: {
            "hashKey": "id",
            "attributes": KEYS[:1],
            "billingMode": "PAY_PER_REQUEST",
            "streamEnabled": True,
            "streamViewType": "NEW_IMAGE",
        },
        _table,
        lambda w: {"BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"}, "stream": True},
        lambda w: {
            "attributes": KEYS,
            "billingMode": "PROVISIONED",
            **CAPACITY,
            "globalSecondaryIndexes": [{**INDEX, **CAPACITY}],
            "streamEnabled": None,
            "streamViewType": None,
        },
        lambda w: {
            "BillingModeSummary": {"BillingMode": "PROVISIONED"},
            "StreamSpecification": {"StreamEnabled": False},
            "indexes": {"by-day": (["day", "at"], {"ProjectionType": "ALL"}, 1, 2)},
        },
        label="on-demand",
    ),
    Case(
        STREAM,
        lambda w: {
            "name": "clicks",
            "shardCount": 2,
            "encryptionType": "KMS",
            "kmsKeyId": "alias/aws/kinesis",
            "retentionPeriod": 48,
            "enforceConsumerDeletion": True,
            "tags": T1,
        },
        _stream,
        lambda w: {
            "StreamName": "clicks",
            "StreamStatus": "ACTIVE",
            "OpenShardCount": 2,
            "EncryptionType": "KMS",
            "KeyId": "alias/aws/kinesis",
            "RetentionPeriodHours": 48,
            "tags": SEEN1,
        },
        lambda w: {
            "shardCount": 1,
            "encryptionType": None,
            "kmsKeyId": None,
            "retentionPeriod": 24,
            "tags": T2,
        },
        lambda w: {"EncryptionType": "NONE", "RetentionPeriodHours": 24, "tags": SEEN2},
    ),
    Case(
        STREAM,
        lambda w: {"streamModeDetails": {"streamMode": "ON_DEMAND"}},
        _stream,
        lambda w: {"StreamModeDetails": {"StreamMode": "ON_DEMAND"}},
        label="on-demand",
    ),
]
