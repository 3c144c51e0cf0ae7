"""Lives of buckets, of their settings, and of file systems."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError
from pulumi import asset

from sandbox.providers.base import Outputs

from .cases_sources import QUEUE
from .functions import shared
from .looks import SEEN1, SEEN2, T1, T2, unless_gone
from .world import Case, World, resource_policy, tags_of

BUCKET = "aws:s3/bucket:Bucket"


def bucket(world: World) -> str:
    """A bucket that all settings are tried on."""
    if "_bucket" not in world.__dict__:
        world.__dict__["_bucket"] = world.make(BUCKET, "settings", forceDestroy=True)[0]
    return str(world.__dict__["_bucket"])


def _bucket(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    s3 = world.client("s3")
    if id not in [item["Name"] for item in s3.list_buckets()["Buckets"]]:
        return None
    tags = tags_of(s3.get_bucket_tagging(Bucket=id)["TagSet"])
    return {"name": id, "tags": tags, "prefix": id[:4], **outputs}


def _setting(operation: str, key: str) -> Any:
    """Look at one document of the bucket; None where it has none of its own."""

    def look(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
        try:
            found = getattr(world.client("s3"), operation)(Bucket=id)
        except ClientError as error:
            if not any(word in str(error) for word in ("NotFound", "NoSuch", "does not have")):
                raise
            return None
        return {key: found[key]} if found.get(key) else None

    return look


def _encryption(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    found = world.client("s3").get_bucket_encryption(Bucket=id)
    rule = found["ServerSideEncryptionConfiguration"]["Rules"][0]
    return rule if rule["BucketKeyEnabled"] else None


def _notification(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    found = world.client("s3").get_bucket_notification_configuration(Bucket=id)
    found.pop("ResponseMetadata")
    return found or None


@unless_gone
def _object(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    name, _, key = id.partition("/")
    s3 = world.client("s3")
    found = s3.get_object(Bucket=name, Key=key)
    tags = s3.get_object_tagging(Bucket=name, Key=key)["TagSet"]
    return {**found, "body": found["Body"].read().decode(), "tags": tags_of(tags)}


@unless_gone
def _system(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    efs = world.client("efs")
    found = efs.describe_file_systems(FileSystemId=id)["FileSystems"][0]
    lifecycle = efs.describe_lifecycle_configuration(FileSystemId=id)["LifecyclePolicies"]
    return {**found, "lifecycle": lifecycle, "tags": tags_of(found["Tags"])}


@unless_gone
def _target(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    efs = world.client("efs")
    found = efs.describe_mount_targets(MountTargetId=id)["MountTargets"][0]
    groups = efs.describe_mount_target_security_groups(MountTargetId=id)["SecurityGroups"]
    return {**found, "groups": groups}


def _point(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    found = world.client("efs").describe_access_points(AccessPointId=id)["AccessPoints"]
    return {**found[0], "tags": tags_of(found[0]["Tags"])} if found else None


def _system_id(world: World) -> str:
    if "_file_system" not in world.__dict__:
        world.__dict__["_file_system"] = world.make("aws:efs/fileSystem:FileSystem", "cases")[0]
    return str(world.__dict__["_file_system"])


def _open_queue(world: World) -> str:
    """The ARN of a queue that S3 may send to."""
    if "_open_queue" not in world.__dict__:
        policy = resource_policy("sqs:SendMessage").replace(
            '{"AWS": "arn:aws:iam::123456789012:root"}', '{"Service": "s3.amazonaws.com"}'
        )
        world.__dict__["_open_queue"] = world.make(QUEUE, "told", policy=policy)[1]["arn"]
    return str(world.__dict__["_open_queue"])


def _open_topic(world: World) -> str:
    if "_open_topic" not in world.__dict__:
        policy = resource_policy("sns:Publish").replace(
            '{"AWS": "arn:aws:iam::123456789012:root"}', '{"Service": "s3.amazonaws.com"}'
        )
        made = world.make("aws:sns/topic:Topic", "told", policy=policy)
        world.__dict__["_open_topic"] = made[0]
    return str(world.__dict__["_open_topic"])


def _open_function(world: World) -> str:
    """The ARN of an alias that S3 may invoke on behalf of the bucket."""
    if "_open_function" not in world.__dict__:
        world.make(
            "aws:lambda/permission:Permission",
            action="lambda:InvokeFunction",
            function=shared(world).name,
            qualifier=shared(world).alias_name,
            principal="s3.amazonaws.com",
            sourceArn=f"arn:aws:s3:::{bucket(world)}",
            sourceAccount="123456789012",
        )
        world.__dict__["_open_function"] = shared(world).alias
    return str(world.__dict__["_open_function"])


def _rules(prefix: str, suffix: str) -> list[dict[str, str]]:
    return [{"Name": "prefix", "Value": prefix}, {"Name": "suffix", "Value": suffix}]


RULE = {
    "id": "everything",
    "status": "Enabled",
    "filter": {
        "and": {
            "prefix": "a/",
            "objectSizeGreaterThan": 1,
            "objectSizeLessThan": 9,
            "tags": {"k": "v"},
        }
    },
    "expiration": {"days": 40},
    "noncurrentVersionExpiration": {"noncurrentDays": 5, "newerNoncurrentVersions": 2},
    "noncurrentVersionTransitions": [
        {"noncurrentDays": 3, "newerNoncurrentVersions": 1, "storageClass": "GLACIER"}
    ],
    "transitions": [{"days": 30, "storageClass": "STANDARD_IA"}],
}

CASES = [
    Case(
        BUCKET,
        lambda w: {"bucket": "shop-photos", "forceDestroy": True, "tags": T1},
        _bucket,
        lambda w: {
            "name": "shop-photos",
            "arn": "arn:aws:s3:::shop-photos",
            "bucketDomainName": "shop-photos.s3.amazonaws.com",
            "bucketRegionalDomainName": "shop-photos.s3.us-east-1.amazonaws.com",
            "tags": SEEN1,
        },
        lambda w: {"tags": T2},
        lambda w: {"tags": SEEN2},
    ),
    Case(
        BUCKET,
        lambda w: {"bucketPrefix": "pre-"},
        _bucket,
        lambda w: {"prefix": "pre-"},
        label="prefix",
    ),
    Case(
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        lambda w: {
            "bucket": bucket(w),
            "blockPublicAcls": True,
            "blockPublicPolicy": True,
            "ignorePublicAcls": True,
            "restrictPublicBuckets": True,
        },
        _setting("get_public_access_block", "PublicAccessBlockConfiguration"),
        lambda w: {
            "PublicAccessBlockConfiguration": dict.fromkeys(
                (
                    "BlockPublicAcls",
                    "BlockPublicPolicy",
                    "IgnorePublicAcls",
                    "RestrictPublicBuckets",
                ),
                True,
            )
        },
        lambda w: {"ignorePublicAcls": False},
        lambda w: {"PublicAccessBlockConfiguration": {"IgnorePublicAcls": False}},
    ),
    Case(
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        lambda w: {"bucket": bucket(w), "blockPublicAcls": True},
        _setting("get_public_access_block", "PublicAccessBlockConfiguration"),
        lambda w: {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}},
        lambda w: {"skipDestroy": True},
        lambda w: {},
        stays=True,
        label="kept",
    ),
    Case(
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        lambda w: {"bucket": bucket(w), "rule": {"objectOwnership": "BucketOwnerPreferred"}},
        _setting("get_bucket_ownership_controls", "OwnershipControls"),
        lambda w: {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}},
        lambda w: {"rule": {"objectOwnership": "BucketOwnerEnforced"}},
        lambda w: {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}},
    ),
    Case(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        lambda w: {
            "bucket": bucket(w),
            "rules": [
                {
                    "bucketKeyEnabled": True,
                    "applyServerSideEncryptionByDefault": {
                        "sseAlgorithm": "aws:kms",
                        "kmsMasterKeyId": w.keys[0],
                    },
                }
            ],
        },
        _encryption,
        lambda w: {
            "BucketKeyEnabled": True,
            "ApplyServerSideEncryptionByDefault": {
                "SSEAlgorithm": "aws:kms",
                "KMSMasterKeyID": w.keys[0],
            },
        },
        lambda w: {
            "rules": [
                {
                    "bucketKeyEnabled": True,
                    "applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"},
                }
            ]
        },
        lambda w: {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}},
    ),
    Case(
        "aws:s3/bucketPolicy:BucketPolicy",
        lambda w: {"bucket": bucket(w), "policy": resource_policy("s3:GetObject")},
        _setting("get_bucket_policy", "Policy"),
        lambda w: {"Policy": resource_policy("s3:GetObject")},
        lambda w: {"policy": resource_policy("s3:PutObject")},
        lambda w: {"Policy": resource_policy("s3:PutObject")},
    ),
    Case(
        "aws:s3/bucketVersioning:BucketVersioning",
        lambda w: {"bucket": bucket(w), "versioningConfiguration": {"status": "Enabled"}},
        lambda w, id, o: (
            (seen := _setting("get_bucket_versioning", "Status")(w, id, o))
            and {"Status": seen["Status"]}
        ),
        lambda w: {"Status": "Enabled"},
        lambda w: {"versioningConfiguration": {"status": "Suspended"}},
        lambda w: {"Status": "Suspended"},
        stays=True,
    ),
    Case(
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        lambda w: {"bucket": bucket(w), "rules": [RULE]},
        _setting("get_bucket_lifecycle_configuration", "Rules"),
        lambda w: {
            "Rules": [
                {
                    "ID": "everything",
                    "Status": "Enabled",
                    "Filter": {
                        "And": {
                            "Prefix": "a/",
                            "Tags": [{"Key": "k", "Value": "v"}],
                            "ObjectSizeGreaterThan": 1,
                            "ObjectSizeLessThan": 9,
                        }
                    },
                    "Expiration": {"Days": 40},
                    "NoncurrentVersionExpiration": {
                        "NoncurrentDays": 5,
                        "NewerNoncurrentVersions": 2,
                    },
                    "NoncurrentVersionTransitions": [
                        {
                            "NoncurrentDays": 3,
                            "NewerNoncurrentVersions": 1,
                            "StorageClass": "GLACIER",
                        }
                    ],
                    "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}],
                }
            ]
        },
        lambda w: {
            "rules": [
                {
                    "id": "tagged",
                    "status": "Disabled",
                    "filter": {"tag": {"key": "k", "value": "v"}},
                    "expiration": {"date": "2030-01-01T00:00:00Z"},
                },
                {
                    "id": "left",
                    "status": "Enabled",
                    "filter": {"prefix": "b/"},
                    "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
                    "expiration": {"expiredObjectDeleteMarker": True},
                },
            ]
        },
        lambda w: {
            "Rules": [
                {
                    "ID": "tagged",
                    "Status": "Disabled",
                    "Filter": {"Tag": {"Key": "k", "Value": "v"}},
                    "Expiration": {"Date": datetime(2030, 1, 1, tzinfo=UTC)},
                },
                {
                    "ID": "left",
                    "Status": "Enabled",
                    "Filter": {"Prefix": "b/"},
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
                    "Expiration": {"ExpiredObjectDeleteMarker": True},
                },
            ]
        },
    ),
    Case(
        "aws:s3/bucketNotification:BucketNotification",
        lambda w: {
            "bucket": bucket(w),
            "eventbridge": True,
            "lambdaFunctions": [
                {
                    "id": "photos",
                    "events": ["s3:ObjectCreated:*"],
                    "filterPrefix": "in/",
                    "filterSuffix": ".jpg",
                    "lambdaFunctionArn": _open_function(w),
                }
            ],
            "queues": [
                {
                    "id": "gone",
                    "events": ["s3:ObjectRemoved:*"],
                    "filterPrefix": "in/",
                    "filterSuffix": ".jpg",
                    "queueArn": _open_queue(w),
                }
            ],
            "topics": [
                {
                    "id": "texts",
                    "events": ["s3:ObjectCreated:Put"],
                    "filterPrefix": "in/",
                    "filterSuffix": ".txt",
                    "topicArn": _open_topic(w),
                }
            ],
        },
        _notification,
        lambda w: {
            "EventBridgeConfiguration": {},
            "LambdaFunctionConfigurations": [
                {
                    "Id": "photos",
                    "LambdaFunctionArn": _open_function(w),
                    "Events": ["s3:ObjectCreated:*"],
                    "Filter": {"Key": {"FilterRules": _rules("in/", ".jpg")}},
                }
            ],
            "QueueConfigurations": [
                {
                    "Id": "gone",
                    "QueueArn": _open_queue(w),
                    "Events": ["s3:ObjectRemoved:*"],
                    "Filter": {"Key": {"FilterRules": _rules("in/", ".jpg")}},
                }
            ],
            "TopicConfigurations": [
                {
                    "Id": "texts",
                    "TopicArn": _open_topic(w),
                    "Events": ["s3:ObjectCreated:Put"],
                    "Filter": {"Key": {"FilterRules": _rules("in/", ".txt")}},
                }
            ],
        },
        lambda w: {"eventbridge": False, "lambdaFunctions": None, "topics": None},
        lambda w: {
            "EventBridgeConfiguration": None,
            "LambdaFunctionConfigurations": None,
            "TopicConfigurations": None,
        },
    ),
    Case(
        "aws:s3/bucketObjectv2:BucketObjectv2",
        lambda w: {
            "bucket": bucket(w),
            "key": "a b/hello.txt",
            "content": "one",
            "cacheControl": "no-store",
            "metadata": {"kind": "greeting"},
            "sourceHash": "1",
            "tags": T1,
        },
        _object,
        lambda w: {
            "body": "one",
            "ContentType": "text/plain",
            "CacheControl": "no-store",
            "Metadata": {"kind": "greeting"},
            "tags": SEEN1,
        },
        lambda w: {
            "content": None,
            "contentBase64": "dHdv",
            "contentType": "text/html",
            "tags": T2,
        },
        lambda w: {"body": "two", "ContentType": "text/html", "tags": SEEN2},
    ),
    Case(
        "aws:s3/bucketObjectv2:BucketObjectv2",
        lambda w: {"bucket": bucket(w), "key": "k", "source": asset.StringAsset("three")},
        _object,
        lambda w: {"body": "three", "ContentType": "application/octet-stream"},
        label="asset",
    ),
    Case(
        "aws:efs/fileSystem:FileSystem",
        lambda w: {
            "availabilityZoneName": "us-east-1a",
            "creationToken": "models",
            "encrypted": True,
            "kmsKeyId": w.keys[0],
            "lifecyclePolicies": [
                {"transitionToIa": "AFTER_30_DAYS"},
                {"transitionToArchive": "AFTER_90_DAYS"},
                {"transitionToPrimaryStorageClass": "AFTER_1_ACCESS"},
            ],
            "performanceMode": "generalPurpose",
            "provisionedThroughputInMibps": 5,
            "throughputMode": "provisioned",
            "tags": {**T1, "Name": "models"},
        },
        _system,
        lambda w: {
            "AvailabilityZoneName": "us-east-1a",
            "CreationToken": "models",
            "Encrypted": True,
            "KmsKeyId": w.keys[0],
            "Name": "models",
            "PerformanceMode": "generalPurpose",
            "ProvisionedThroughputInMibps": 5,
            "ThroughputMode": "provisioned",
            "lifecycle": [
                {"TransitionToIA": "AFTER_30_DAYS"},
                {"TransitionToArchive": "AFTER_90_DAYS"},
                {"TransitionToPrimaryStorageClass": "AFTER_1_ACCESS"},
            ],
            "tags": {**SEEN1, "Name": "models"},
        },
        lambda w: {
            "lifecyclePolicies": None,
            "provisionedThroughputInMibps": None,
            "throughputMode": "elastic",
            "tags": T2,
        },
        lambda w: {"ThroughputMode": "elastic", "lifecycle": [], "tags": SEEN2},
    ),
    Case(
        "aws:efs/mountTarget:MountTarget",
        lambda w: {
            "fileSystemId": _system_id(w),
            "subnetId": w.subnets[1],
            "ipAddress": "10.0.1.77",
            "securityGroups": w.groups[:1],
        },
        _target,
        lambda w: {
            "SubnetId": w.subnets[1],
            "IpAddress": "10.0.1.77",
            "groups": w.groups[:1],
            "AvailabilityZoneName": "us-east-1b",
        },
        lambda w: {"securityGroups": w.groups[1:]},
        lambda w: {"groups": w.groups[1:]},
    ),
    Case(
        "aws:efs/accessPoint:AccessPoint",
        lambda w: {
            "fileSystemId": _system_id(w),
            "posixUser": {"uid": 1000.0, "gid": 1000, "secondaryGids": [5]},
            "rootDirectory": {
                "path": "/models",
                "creationInfo": {"ownerUid": 1000, "ownerGid": 1000, "permissions": "755"},
            },
            "tags": T1,
        },
        _point,
        lambda w: {
            "FileSystemId": _system_id(w),
            "PosixUser": {"Uid": 1000, "Gid": 1000, "SecondaryGids": [5]},
            "RootDirectory": {
                "Path": "/models",
                "CreationInfo": {"OwnerUid": 1000, "OwnerGid": 1000, "Permissions": "755"},
            },
            "tags": SEEN1,
        },
        lambda w: {"tags": T2},
        lambda w: {"tags": SEEN2},
    ),
]
