"""What AWS refuses of functions and what feeds them: type, inputs, words of the error."""

import json
from typing import Any

from pulumi import asset

from .functions import ACCOUNT, RUNTIME, archive
from .world import policy, resource_policy

ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"
STREAM = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/s"
POINT = f"arn:aws:elasticfilesystem:us-east-1:{ACCOUNT}:access-point/fsap-1"
VPC = {"subnetIds": ["subnet-1"], "securityGroupIds": ["sg-1"]}
FILES = {"arn": POINT, "localMountPath": "/mnt/files"}
PERMISSION = {"action": "lambda:InvokeFunction", "function": "f", "principal": "s3.amazonaws.com"}
INDEX = {"name": "by-day", "hashKey": "day", "projectionType": "ALL"}
KEYS = [{"name": "id", "type": "S"}]
DAYS = [*KEYS, {"name": "day", "type": "S"}]
READ = {"eventSourceArn": STREAM, "startingPosition": "LATEST"}

VALID: dict[str, dict[str, Any]] = {
    "aws:lambda/function:Function": {
        "role": ROLE,
        "runtime": RUNTIME,
        "handler": "index.handler",
        "code": archive(),
    },
    "aws:lambda/alias:Alias": {"functionName": "f", "functionVersion": "1", "name": "live"},
    "aws:lambda/permission:Permission": PERMISSION,
    "aws:lambda/eventSourceMapping:EventSourceMapping": {
        "functionName": "f",
        "eventSourceArn": QUEUE,
    },
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": {"functionName": "f"},
    "aws:lambda/functionUrl:FunctionUrl": {"functionName": "f", "authorizationType": "AWS_IAM"},
    "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": {
        "functionName": "f",
        "qualifier": "live",
        "provisionedConcurrentExecutions": 1,
    },
    "aws:lambda/layerVersion:LayerVersion": {"layerName": "l", "code": archive()},
    "aws:sqs/queue:Queue": {},
    "aws:sqs/queuePolicy:QueuePolicy": {
        "queueUrl": "u",
        "policy": resource_policy("sqs:SendMessage"),
    },
    "aws:sqs/redrivePolicy:RedrivePolicy": {
        "queueUrl": "u",
        "redrivePolicy": f'{{"deadLetterTargetArn": "{QUEUE}", "maxReceiveCount": 5}}',
    },
    "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy": {
        "queueUrl": "u",
        "redriveAllowPolicy": '{"redrivePermission": "denyAll"}',
    },
    "aws:dynamodb/table:Table": {
        "hashKey": "id",
        "attributes": KEYS,
        "billingMode": "PAY_PER_REQUEST",
    },
    "aws:kinesis/stream:Stream": {"shardCount": 1},
}


def _variables(**given: str) -> dict[str, Any]:
    return {"environment": {"variables": given}}


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("lambda/function", {"name": "a b"}, "up to 64 letters"),
    ("lambda/function", {"runtime": "python2.7"}, "Allowed: python3.10"),
    ("lambda/function", {"runtime": "java21"}, "there is no Docker"),
    ("lambda/function", {"handler": "index handler"}, "no space"),
    ("lambda/function", {"code": None}, "exactly one of code, s3Bucket"),
    ("lambda/function", {"code": "files.zip"}, "Allowed: FileArchive"),
    ("lambda/function", {"code": asset.FileAsset(__file__)}, "is no zip file"),
    ("lambda/function", {"code": None, "s3Bucket": "b"}, "s3Bucket needs s3Key"),
    ("lambda/function", {"architectures": ["arm64", "x86_64"]}, "one is taken"),
    ("lambda/function", {"architectures": ["arm"]}, "Allowed: arm64, x86_64"),
    ("lambda/function", {"description": "x" * 257}, "AWS takes 256"),
    ("lambda/function", {"memorySize": 127}, "Allowed: 128 to 10240"),
    ("lambda/function", {"timeout": 901}, "Allowed: 1 to 900"),
    ("lambda/function", {"reservedConcurrentExecutions": -2}, "Allowed: -1 to 900"),
    ("lambda/function", _variables(AWS_REGION="x"), "set by Lambda itself"),
    ("lambda/function", _variables(A="x"), "two or more letters"),
    ("lambda/function", _variables(AB="x" * 4096), "Lambda takes 4096"),
    ("lambda/function", {"layers": [f"arn:{number}" for number in range(6)]}, "Lambda takes 5"),
    ("lambda/function", {"layers": ["arn:x"]}, "not the ARN of a layer's version"),
    ("lambda/function", {"deadLetterConfig": {"targetArn": STREAM}}, "not an ARN of sqs, sns"),
    ("lambda/function", {"tracingConfig": {"mode": "On"}}, "Allowed: Active, PassThrough"),
    ("lambda/function", {"loggingConfig": {"logFormat": "XML"}}, "Allowed: Text, JSON"),
    (
        "lambda/function",
        {"loggingConfig": {"logFormat": "Text", "logGroup": "a b"}},
        "not a log group's name",
    ),
    (
        "lambda/function",
        {"loggingConfig": {"logFormat": "Text", "applicationLogLevel": "INFO"}},
        "needs logFormat JSON",
    ),
    (
        "lambda/function",
        {"loggingConfig": {"logFormat": "JSON", "systemLogLevel": "ERROR"}},
        "Allowed: DEBUG, INFO, WARN",
    ),
    ("lambda/function", {"vpcConfig": {"subnetIds": ["s"]}}, "or neither"),
    (
        "lambda/function",
        {"vpcConfig": {**VPC, "securityGroupIds": list("abcdef")}},
        "Allowed: 0 to 5",
    ),
    ("lambda/function", {"vpcConfig": {**VPC, "subnetIds": ["s"] * 17}}, "Allowed: 0 to 16"),
    ("lambda/function", {"fileSystemConfig": FILES}, "needs vpcConfig"),
    (
        "lambda/function",
        {"vpcConfig": VPC, "fileSystemConfig": {**FILES, "arn": QUEUE}},
        "not an access point's ARN",
    ),
    (
        "lambda/function",
        {"vpcConfig": VPC, "fileSystemConfig": {**FILES, "localMountPath": "/data"}},
        "must be /mnt/NAME",
    ),
    ("lambda/function", {"ephemeralStorage": {"size": 511}}, "Allowed: 512 to 10240"),
    ("lambda/function", {"snapStart": {"applyOn": "Always"}}, "Allowed: PublishedVersions"),
    (
        "lambda/function",
        {"snapStart": {"applyOn": "PublishedVersions"}, "ephemeralStorage": {"size": 513}},
        "exclude each other",
    ),
    (
        "lambda/function",
        {
            "snapStart": {"applyOn": "PublishedVersions"},
            "vpcConfig": VPC,
            "fileSystemConfig": FILES,
        },
        "exclude each other",
    ),
    ("lambda/alias", {"name": "7"}, "not a number"),
    ("lambda/alias", {"functionName": "arn:aws:x"}, "neither a function's name nor its ARN"),
    *(
        (f"lambda/{kind}", {field: "arn:aws:x"}, "neither a function's name nor its ARN")
        for kind, field in (
            ("permission", "function"),
            ("eventSourceMapping", "functionName"),
            ("functionEventInvokeConfig", "functionName"),
            ("functionUrl", "functionName"),
            ("provisionedConcurrencyConfig", "functionName"),
        )
    ),
    ("lambda/alias", {"functionVersion": "one"}, "is not a version"),
    (
        "lambda/alias",
        {"routingConfig": {"additionalVersionWeights": {"2": 0.1, "3": 0.1}}},
        "takes one version",
    ),
    (
        "lambda/alias",
        {"routingConfig": {"additionalVersionWeights": {"2": 1.5}}},
        "Allowed: 0 to 1",
    ),
    (
        "lambda/alias",
        {"routingConfig": {"additionalVersionWeights": {"1": 0.5}}},
        "not another published version",
    ),
    (
        "lambda/alias",
        {"functionVersion": "$LATEST", "routingConfig": {"additionalVersionWeights": {"2": 0.1}}},
        "$LATEST is none",
    ),
    ("lambda/alias", {"name": "url"}, "Choose another name"),
    ("lambda/permission", {"action": "Invoke"}, "action='Invoke'"),
    ("lambda/permission", {"principal": "s3"}, "principal='s3'"),
    ("lambda/permission", {"sourceAccount": "1"}, "sourceAccount='1'"),
    ("lambda/permission", {"sourceArn": "bucket"}, "sourceArn='bucket'"),
    ("lambda/permission", {"statementId": "a b"}, "statementId='a b'"),
    ("lambda/permission", {"principalOrgId": "o"}, "principalOrgId='o'"),
    ("lambda/permission", {"functionUrlAuthType": "NONE"}, "needs action lambda:InvokeFunctionUrl"),
    (
        "lambda/permission",
        {"action": "lambda:InvokeFunctionUrl", "functionUrlAuthType": "IAM"},
        "Allowed: AWS_IAM, NONE",
    ),
    (
        "lambda/permission",
        {"action": "lambda:InvokeFunctionUrl", "invokedViaFunctionUrl": True},
        "needs action lambda:InvokeFunction.",
    ),
    ("lambda/eventSourceMapping", {"eventSourceArn": "arn:aws:s3:::b"}, "not the ARN of a queue"),
    ("lambda/eventSourceMapping", {"batchSize": 10_001}, "Allowed: 1 to 10000"),
    ("lambda/eventSourceMapping", {"batchSize": 11}, "InSeconds of at least 1"),
    (
        "lambda/eventSourceMapping",
        {"eventSourceArn": f"{QUEUE}.fifo", "batchSize": 11},
        "Allowed: 1 to 10",
    ),
    (
        "lambda/eventSourceMapping",
        {"eventSourceArn": f"{QUEUE}.fifo", "maximumBatchingWindowInSeconds": 1},
        "not for FIFO queues",
    ),
    ("lambda/eventSourceMapping", {"maximumBatchingWindowInSeconds": 301}, "Allowed: 0 to 300"),
    ("lambda/eventSourceMapping", {"startingPosition": "LATEST"}, "is for streams"),
    ("lambda/eventSourceMapping", {"maximumRetryAttempts": 1}, "is for streams"),
    (
        "lambda/eventSourceMapping",
        {"scalingConfig": {"maximumConcurrency": 1}},
        "Allowed: 2 to 1000",
    ),
    (
        "lambda/eventSourceMapping",
        {"functionResponseTypes": ["All"]},
        "Allowed: ReportBatchItemFailures",
    ),
    (
        "lambda/eventSourceMapping",
        {"filterCriteria": {"filters": [{"pattern": "{"}]}},
        "pattern is not JSON",
    ),
    (
        "lambda/eventSourceMapping",
        {"filterCriteria": {"filters": [{"pattern": "{}"}] * 6}},
        "Lambda takes 5",
    ),
    ("lambda/eventSourceMapping", {"eventSourceArn": STREAM}, "startingPosition is missing"),
    (
        "lambda/eventSourceMapping",
        {**READ, "startingPosition": "AT_TIMESTAMP"},
        "Allowed: TRIM_HORIZON, LATEST",
    ),
    (
        "lambda/eventSourceMapping",
        {**READ, "scalingConfig": {"maximumConcurrency": 2}},
        "is for queues",
    ),
    (
        "lambda/eventSourceMapping",
        {**READ, "maximumRecordAgeInSeconds": 59},
        "Allowed: 60 to 604800",
    ),
    ("lambda/eventSourceMapping", {**READ, "maximumRetryAttempts": -2}, "Allowed: -1 to 10000"),
    ("lambda/eventSourceMapping", {**READ, "parallelizationFactor": 11}, "Allowed: 1 to 10"),
    (
        "lambda/eventSourceMapping",
        {**READ, "destinationConfig": {"onFailure": {"destinationArn": STREAM}}},
        "not an ARN of sqs, sns, s3",
    ),
    (
        "lambda/functionEventInvokeConfig",
        {"maximumEventAgeInSeconds": 59},
        "Allowed: 60 to 21600",
    ),
    ("lambda/functionEventInvokeConfig", {"maximumRetryAttempts": 3}, "Allowed: 0 to 2"),
    (
        "lambda/functionEventInvokeConfig",
        {"destinationConfig": {"onSuccess": {"destination": "arn:aws:s3:::b"}}},
        "not an ARN of sqs, sns, lambda, events.",
    ),
    ("lambda/functionUrl", {"authorizationType": "IAM"}, "Allowed: AWS_IAM, NONE"),
    ("lambda/functionUrl", {"invokeMode": "FAST"}, "Allowed: BUFFERED, RESPONSE_STREAM"),
    ("lambda/functionUrl", {"qualifier": "1"}, "belongs to an alias"),
    ("lambda/functionUrl", {"cors": {"allowMethods": ["OPTIONS"]}}, "Allowed: GET"),
    ("lambda/functionUrl", {"cors": {"maxAge": 86_401}}, "Allowed: 0 to 86400"),
    ("lambda/provisionedConcurrencyConfig", {"qualifier": "$LATEST"}, "a version or alias"),
    (
        "lambda/provisionedConcurrencyConfig",
        {"provisionedConcurrentExecutions": 0},
        "Allowed: 1 to 900",
    ),
    ("lambda/layerVersion", {"layerName": "a b"}, "up to 140 letters"),
    ("lambda/layerVersion", {"code": "layer.zip"}, "Allowed: FileArchive"),
    ("lambda/layerVersion", {"code": None}, "exactly one of code, s3Bucket"),
    ("lambda/layerVersion", {"code": None, "s3Bucket": "b"}, "s3Bucket needs s3Key"),
    ("lambda/layerVersion", {"compatibleArchitectures": ["arm"]}, "Allowed: arm64"),
    ("lambda/layerVersion", {"compatibleRuntimes": ["python2.7"]}, "Allowed: python3.10"),
    ("lambda/layerVersion", {"compatibleRuntimes": [RUNTIME] * 16}, "takes 15"),
    ("lambda/layerVersion", {"description": "x" * 257}, "AWS takes 256"),
    ("lambda/layerVersion", {"licenseInfo": "x" * 513}, "AWS takes 512"),
    ("sqs/queue", {"name": "a.b"}, "up to 80 letters"),
    ("sqs/queue", {"name": "a.fifo"}, "no .fifo at the end"),
    ("sqs/queue", {"name": "a", "fifoQueue": True}, "ending in .fifo"),
    ("sqs/queue", {"delaySeconds": 901}, "Allowed: 0 to 900"),
    ("sqs/queue", {"kmsDataKeyReusePeriodSeconds": 59}, "Allowed: 60 to 86400"),
    ("sqs/queue", {"maxMessageSize": 1023}, "Allowed: 1024 to"),
    ("sqs/queue", {"messageRetentionSeconds": 59}, "Allowed: 60 to"),
    ("sqs/queue", {"receiveWaitTimeSeconds": 21}, "Allowed: 0 to 20"),
    ("sqs/queue", {"visibilityTimeoutSeconds": 43_201}, "Allowed: 0 to 43200"),
    ("sqs/queue", {"contentBasedDeduplication": True}, "need fifoQueue"),
    ("sqs/queue", {"fifoQueue": True, "deduplicationScope": "all"}, "Allowed: messageGroup"),
    ("sqs/queue", {"fifoQueue": True, "fifoThroughputLimit": "none"}, "Allowed: perQueue"),
    (
        "sqs/queue",
        {"fifoQueue": True, "fifoThroughputLimit": "perMessageGroupId"},
        "needs deduplicationScope",
    ),
    ("sqs/queue", {"kmsMasterKeyId": "k", "sqsManagedSseEnabled": True}, "exclude each other"),
    ("sqs/queue", {"policy": policy("sqs:SendMessage")}, "Principal is missing"),
    ("sqs/queue", {"redrivePolicy": "{}"}, "has deadLetterTargetArn"),
    ("sqs/queue", {"redriveAllowPolicy": '{"redrivePermission": "x"}'}, "Allowed: allowAll"),
    ("sqs/queuePolicy", {"policy": "{"}, "policy is not JSON"),
    ("sqs/redrivePolicy", {"redrivePolicy": "[]"}, "AWS wants an object"),
    (
        "sqs/redrivePolicy",
        {"redrivePolicy": f'{{"deadLetterTargetArn": "{QUEUE}", "maxReceiveCount": 0}}'},
        "Allowed: 1 to 1000",
    ),
    (
        "sqs/redriveAllowPolicy",
        {"redriveAllowPolicy": '{"redrivePermission": "byQueue"}'},
        "byQueue needs sourceQueueArns",
    ),
    (
        "sqs/redriveAllowPolicy",
        {
            "redriveAllowPolicy": json.dumps(
                {"redrivePermission": "byQueue", "sourceQueueArns": [QUEUE] * 11}
            )
        },
        "Allowed: 0 to 10",
    ),
    ("dynamodb/table", {"name": "a"}, "3 to 255 letters"),
    ("dynamodb/table", {"attributes": DAYS}, "Each key once, nothing else"),
    ("dynamodb/table", {"rangeKey": "day"}, "Each key once, nothing else"),
    ("dynamodb/table", {"attributes": [{"name": "id", "type": "X"}]}, "Allowed: S, N, B"),
    ("dynamodb/table", {"billingMode": "FREE"}, "Allowed: PAY_PER_REQUEST"),
    ("dynamodb/table", {"readCapacity": 1}, "takes no readCapacity"),
    ("dynamodb/table", {"billingMode": None}, "readCapacity is missing"),
    (
        "dynamodb/table",
        {"billingMode": None, "readCapacity": 0, "writeCapacity": 1},
        "Allowed: 1 to 40000",
    ),
    ("dynamodb/table", {"tableClass": "GOLD"}, "Allowed: STANDARD"),
    ("dynamodb/table", {"streamEnabled": True}, "belong together"),
    (
        "dynamodb/table",
        {"streamEnabled": True, "streamViewType": "ALL"},
        "Allowed: KEYS_ONLY",
    ),
    ("dynamodb/table", {"ttl": {"enabled": True}}, "ttl.attributeName is missing"),
    (
        "dynamodb/table",
        {"pointInTimeRecovery": {"enabled": True, "recoveryPeriodInDays": 36}},
        "Allowed: 1 to 35",
    ),
    (
        "dynamodb/table",
        {
            "attributes": DAYS,
            "localSecondaryIndexes": [{"name": "l", "rangeKey": "day", "projectionType": "ALL"}],
        },
        "need a table with a rangeKey",
    ),
    (
        "dynamodb/table",
        {"attributes": DAYS, "globalSecondaryIndexes": [INDEX, INDEX]},
        "the same name",
    ),
    (
        "dynamodb/table",
        {"attributes": DAYS, "globalSecondaryIndexes": [{**INDEX, "projectionType": "SOME"}]},
        "Allowed: ALL, INCLUDE",
    ),
    (
        "dynamodb/table",
        {"attributes": DAYS, "globalSecondaryIndexes": [{**INDEX, "projectionType": "INCLUDE"}]},
        "INCLUDE needs nonKeyAttributes",
    ),
    (
        "dynamodb/table",
        {"attributes": DAYS, "globalSecondaryIndexes": [{**INDEX, "readCapacity": 1}]},
        "index by-day: billingMode",
    ),
    (
        "dynamodb/table",
        {
            "attributes": DAYS,
            "globalSecondaryIndexes": [{**INDEX, "name": f"i{number}"} for number in range(21)],
        },
        "globalSecondaryIndexes=21",
    ),
    (
        "dynamodb/table",
        {
            "attributes": DAYS,
            "rangeKey": "day",
            "localSecondaryIndexes": [
                {"name": f"l{number}", "rangeKey": "day", "projectionType": "ALL"}
                for number in range(6)
            ],
        },
        "localSecondaryIndexes=6",
    ),
    ("kinesis/stream", {"name": "a b"}, "up to 128 letters"),
    ("kinesis/stream", {"shardCount": None}, "PROVISIONED streams have one"),
    ("kinesis/stream", {"streamModeDetails": {"streamMode": "AUTO"}}, "Allowed: ON_DEMAND"),
    ("kinesis/stream", {"shardCount": 501}, "Allowed: 1 to 500"),
    ("kinesis/stream", {"retentionPeriod": 23}, "Allowed: 24 to 8760"),
    ("kinesis/stream", {"encryptionType": "KMS"}, "belong together"),
    ("kinesis/stream", {"encryptionType": "AES"}, "Allowed: KMS, NONE"),
    ("kinesis/stream", {"shardLevelMetrics": ["Cost"]}, "Allowed: ALL"),
]

CHANGES: list[tuple[str, dict[str, Any], bool]] = [
    ("lambda/function", {"name": "g"}, True),
    ("lambda/function", {"code": archive(version=2)}, False),
    ("lambda/function", {"architectures": ["arm64"]}, False),
    ("lambda/alias", {"name": "next"}, True),
    ("lambda/alias", {"functionVersion": "2"}, False),
    ("lambda/permission", {"sourceAccount": ACCOUNT}, True),
    ("lambda/eventSourceMapping", {"eventSourceArn": f"{QUEUE}2"}, True),
    ("lambda/eventSourceMapping", {"functionName": "g"}, False),
    ("lambda/functionUrl", {"qualifier": "live"}, True),
    ("lambda/functionUrl", {"authorizationType": "NONE"}, False),
    ("lambda/functionEventInvokeConfig", {"qualifier": "live"}, True),
    ("lambda/provisionedConcurrencyConfig", {"provisionedConcurrentExecutions": 2}, False),
    ("lambda/layerVersion", {"code": archive(version=2)}, True),
    ("lambda/layerVersion", {"skipDestroy": True}, False),
    ("sqs/queue", {"fifoQueue": True}, True),
    ("sqs/queue", {"visibilityTimeoutSeconds": 60}, False),
    ("sqs/queuePolicy", {"queueUrl": "v"}, True),
    ("dynamodb/table", {"attributes": DAYS, "globalSecondaryIndexes": [INDEX]}, False),
    ("dynamodb/table", {"attributes": [{"name": "id", "type": "N"}]}, True),
    ("kinesis/stream", {"shardCount": 2}, False),
    ("kinesis/stream", {"name": "s"}, True),
]
"""A change of the valid inputs, and whether it means a new resource."""
