"""What AWS refuses of buckets and file systems: type, inputs, words of the error."""

from typing import Any

from .functions import ACCOUNT
from .world import policy, resource_policy

FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f:live"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:t"
DEFAULT = "applyServerSideEncryptionByDefault"
EXPIRE = {"id": "r", "status": "Enabled", "expiration": {"days": 1}}
LIFECYCLE = "s3/bucketLifecycleConfiguration"
ENCRYPTION = "s3/bucketServerSideEncryptionConfiguration"


def told(*events: str, prefix: str = "", suffix: str = "") -> dict[str, Any]:
    """An entry for the function."""
    return {
        "lambdaFunctionArn": FUNCTION,
        "events": list(events or ("s3:ObjectCreated:*",)),
        "filterPrefix": prefix,
        "filterSuffix": suffix,
    }


VALID: dict[str, dict[str, Any]] = {
    "aws:s3/bucket:Bucket": {},
    "aws:s3/bucketNotification:BucketNotification": {
        "bucket": "b",
        "lambdaFunctions": [told(prefix="a/"), told(prefix="b/")],
    },
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": {"bucket": "b"},
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": {
        "bucket": "b",
        "rule": {"objectOwnership": "ObjectWriter"},
    },
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": {
        "bucket": "b",
        "rules": [{DEFAULT: {"sseAlgorithm": "AES256"}}],
    },
    "aws:s3/bucketPolicy:BucketPolicy": {
        "bucket": "b",
        "policy": resource_policy("s3:GetObject"),
    },
    "aws:s3/bucketVersioning:BucketVersioning": {
        "bucket": "b",
        "versioningConfiguration": {"status": "Enabled"},
    },
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": {
        "bucket": "b",
        "rules": [EXPIRE],
    },
    "aws:s3/bucketObjectv2:BucketObjectv2": {"bucket": "b", "key": "k", "content": "x"},
    "aws:efs/fileSystem:FileSystem": {},
    "aws:efs/mountTarget:MountTarget": {"fileSystemId": "fs-1", "subnetId": "subnet-1"},
    "aws:efs/accessPoint:AccessPoint": {"fileSystemId": "fs-1"},
}


def _policy(action: str, resource: str) -> dict[str, Any]:
    """A policy of the bucket ``b``."""
    statement = resource_policy(action)
    return {"policy": statement.replace('"Resource": "*"', f'"Resource": "{resource}"')}


def _filter(*, action: str = "abortIncompleteMultipartUpload", **chosen: Any) -> dict[str, Any]:
    """A rule with a filter, and an action that takes only some."""
    acts = {
        "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
        "expiration": {"expiredObjectDeleteMarker": True},
    }
    return _rule(**{"expiration": None, action: acts[action]}, filter=chosen)


def _rule(**changes: Any) -> dict[str, Any]:
    return {"rules": [{**EXPIRE, **changes}]}


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("s3/bucket", {"bucket": "Photos"}, "3 to 63 lower-case"),
    ("s3/bucket", {"bucket": "10.0.0.1"}, "no address"),
    ("s3/bucket", {"bucket": "a..b"}, "3 to 63 lower-case"),
    ("s3/bucket", {"acl": "private"}, "cannot honour acl"),
    ("s3/bucketNotification", {"lambdaFunctions": [told("s3:Created")]}, "not an event of S3"),
    (
        "s3/bucketNotification",
        {"lambdaFunctions": [{"events": [], "lambdaFunctionArn": FUNCTION}]},
        "not an event of S3",
    ),
    (
        "s3/bucketNotification",
        {"queues": [{"events": ["s3:ObjectCreated:*"], "queueArn": f"{QUEUE}.fifo"}]},
        "not an ARN of sqs that S3 can call",
    ),
    (
        "s3/bucketNotification",
        {"topics": [{"events": ["s3:ObjectCreated:*"], "topicArn": QUEUE}]},
        "not an ARN of sns",
    ),
    (
        "s3/bucketNotification",
        {"lambdaFunctions": [{**told(), "lambdaFunctionArn": TOPIC}]},
        "not an ARN of lambda",
    ),
    (
        "s3/bucketNotification",
        {"lambdaFunctions": [told(prefix="a/"), told("s3:ObjectCreated:Put", prefix="a/b")]},
        "matches two entries",
    ),
    (
        "s3/bucketNotification",
        {"lambdaFunctions": [told(suffix=".jpg"), told(prefix="a/")]},
        "matches two entries",
    ),
    ("s3/bucketOwnershipControls", {"rule": {"objectOwnership": "Me"}}, "Allowed: BucketOwner"),
    (ENCRYPTION, {"rules": []}, "S3 takes one"),
    (ENCRYPTION, {"rules": [{DEFAULT: {"sseAlgorithm": "ROT13"}}]}, "Allowed: AES256, aws:kms"),
    (
        ENCRYPTION,
        {"rules": [{DEFAULT: {"sseAlgorithm": "AES256", "kmsMasterKeyId": "k"}}]},
        "needs sseAlgorithm aws:kms",
    ),
    ("s3/bucketPolicy", {"policy": policy("s3:GetObject")}, "Principal is missing"),
    ("s3/bucketPolicy", _policy("s3:GetObject", "arn:aws:s3:::c/*"), "not of the bucket 'b'"),
    ("s3/bucketPolicy", _policy("s3:GetObject", TOPIC), "not of the bucket 'b'"),
    (
        "s3/bucketPolicy",
        {"policy": resource_policy("s3:GetObject").replace(', "Resource": "*"', "")},
        "Resource is missing",
    ),
    (
        "s3/bucketPolicy",
        _policy("s3:GetObject", "arn:aws:s3:::b"),
        "s3:GetObject applies to no Resource",
    ),
    (
        "s3/bucketPolicy",
        _policy("s3:ListBucket", "arn:aws:s3:::b/*"),
        "s3:ListBucket applies to no Resource",
    ),
    ("s3/bucketVersioning", {"versioningConfiguration": {"status": "On"}}, "Allowed: Enabled"),
    (LIFECYCLE, {"rules": []}, "Allowed: 1 to 1000"),
    (LIFECYCLE, {"rules": [EXPIRE, EXPIRE]}, "used twice"),
    (LIFECYCLE, _rule(id=""), "1 to 255 characters"),
    (LIFECYCLE, _rule(status="On"), "Allowed: Enabled, Disabled"),
    (LIFECYCLE, _rule(expiration=None), "does nothing"),
    (LIFECYCLE, _rule(transitions=[{"days": 1, "storageClass": "COLD"}]), "Allowed: DEEP_ARCHIVE"),
    (
        LIFECYCLE,
        _rule(filter={"prefix": "a", "tag": {"key": "k", "value": "v"}}),
        "takes one condition",
    ),
    (LIFECYCLE, _rule(expiration={"days": 1, "date": "2030-01-01"}), "exclude each other"),
    (
        LIFECYCLE,
        _rule(expiration={"days": 1, "expiredObjectDeleteMarker": True}),
        "excludes days and date",
    ),
    (
        LIFECYCLE,
        _rule(expiration=None, transitions=[{"days": 29, "storageClass": "STANDARD_IA"}]),
        "STANDARD_IA=29",
    ),
    (
        LIFECYCLE,
        _rule(noncurrentVersionTransitions=[{"noncurrentDays": 1, "storageClass": "ONEZONE_IA"}]),
        "ONEZONE_IA=1",
    ),
    (
        LIFECYCLE,
        _rule(expiration={"days": 5}, transitions=[{"days": 5, "storageClass": "GLACIER"}]),
        "expires after 5 days and moves after 5",
    ),
    (
        LIFECYCLE,
        _rule(noncurrentVersionExpiration={"noncurrentDays": 1, "newerNoncurrentVersions": 101}),
        "newerNoncurrentVersions=101",
    ),
    (LIFECYCLE, _rule(filter={"and": {"prefix": "a/"}}), "two conditions or more"),
    (
        LIFECYCLE,
        _filter(tag={"key": "k", "value": "v"}),
        "abortIncompleteMultipartUpload takes no filter by tags",
    ),
    (LIFECYCLE, _filter(objectSizeLessThan=9), "takes no filter by tags or size"),
    (
        LIFECYCLE,
        _filter(action="expiration", **{"and": {"prefix": "a", "tags": {"k": "v"}}}),
        "expiredObjectDeleteMarker takes no filter by tags",
    ),
    (
        LIFECYCLE,
        _rule(abortIncompleteMultipartUpload={"daysAfterInitiation": 0}),
        "daysAfterInitiation=0",
    ),
    ("s3/bucketObjectv2", {"content": None}, "exactly one of source, content"),
    ("s3/bucketObjectv2", {"key": "k" * 1025}, "1 to 1024 bytes"),
    ("efs/fileSystem", {"creationToken": "t" * 65}, "1 to 64 characters"),
    ("efs/fileSystem", {"performanceMode": "fast"}, "Allowed: generalPurpose, maxIO"),
    ("efs/fileSystem", {"throughputMode": "fast"}, "Allowed: bursting"),
    (
        "efs/fileSystem",
        {"throughputMode": "elastic", "performanceMode": "maxIO"},
        "needs performanceMode generalPurpose",
    ),
    ("efs/fileSystem", {"throughputMode": "provisioned"}, "go together"),
    (
        "efs/fileSystem",
        {"throughputMode": "provisioned", "provisionedThroughputInMibps": 0},
        "Allowed: 1 to 3414",
    ),
    ("efs/fileSystem", {"kmsKeyId": "k"}, "needs encrypted"),
    (
        "efs/fileSystem",
        {"lifecyclePolicies": [{"transitionToIa": "AFTER_2_DAYS"}]},
        "Allowed: AFTER_1_DAY, AFTER_7_DAYS",
    ),
    (
        "efs/fileSystem",
        {
            "lifecyclePolicies": [
                {"transitionToIa": "AFTER_7_DAYS", "transitionToArchive": "AFTER_7_DAYS"}
            ]
        },
        "one transition an entry",
    ),
    ("efs/mountTarget", {"securityGroups": list("abcdef")}, "Allowed: 0 to 5"),
    ("efs/accessPoint", {"rootDirectory": {"path": "models"}}, "four deep"),
    (
        "efs/accessPoint",
        {
            "rootDirectory": {
                "path": "/m",
                "creationInfo": {"ownerUid": 1, "ownerGid": 1, "permissions": "rwx"},
            }
        },
        "is not octal",
    ),
]

CHANGES: list[tuple[str, dict[str, Any], bool]] = [
    ("s3/bucket", {"bucket": "other"}, True),
    ("s3/bucket", {"forceDestroy": True}, False),
    ("s3/bucketNotification", {"bucket": "c"}, True),
    ("s3/bucketNotification", {"eventbridge": True}, False),
    ("s3/bucketPolicy", {"bucket": "c"}, True),
    ("s3/bucketPolicy", {"policy": resource_policy("s3:PutObject")}, False),
    ("s3/bucketVersioning", {"versioningConfiguration": {"status": "Suspended"}}, False),
    ("s3/bucketObjectv2", {"key": "l"}, True),
    ("efs/fileSystem", {"encrypted": True}, True),
    ("efs/fileSystem", {"throughputMode": "elastic"}, False),
    ("efs/mountTarget", {"subnetId": "subnet-2"}, True),
    ("efs/accessPoint", {"posixUser": {"uid": 1, "gid": 1}}, True),
]
"""A change of the valid inputs, and whether it means a new resource."""
