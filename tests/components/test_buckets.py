"""Buckets as every component makes them."""

import json
from typing import Any

import pulumi
import pytest

from components import buckets
from components.testing import UNKNOWN, Deployment, deploy

TAGS = {"team": "shop"}
KINDS = {
    "aws:s3/bucket:Bucket",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "aws:s3/bucketPolicy:BucketPolicy",
}


def made(known: bool = True, **more: Any) -> Deployment:
    return deploy(
        lambda: buckets.make_bucket("files", opts=pulumi.ResourceOptions(), tags=TAGS, **more),
        known=known,
    )


def settings(deployment: Deployment, kind: str) -> dict[str, Any]:
    inputs = dict(deployment.one(f"aws:s3/{kind[0].lower()}{kind[1:]}:{kind}").inputs)
    assert inputs.pop("bucket") in ("files-bucket", UNKNOWN)
    return inputs


@pytest.mark.parametrize("known", [True, False])
def test_a_bucket_comes_with_its_settings(known: bool) -> None:
    assert {item.type for item in made(known).resources} == KINDS


@pytest.mark.parametrize("known", [True, False])
def test_nothing_in_it_can_become_public(known: bool) -> None:
    deployment = made(known)
    assert settings(deployment, "BucketPublicAccessBlock") == {
        "blockPublicAcls": True,
        "blockPublicPolicy": True,
        "ignorePublicAcls": True,
        "restrictPublicBuckets": True,
    }
    assert settings(deployment, "BucketOwnershipControls") == {
        "rule": {"objectOwnership": "BucketOwnerEnforced"}
    }


def test_objects_are_encrypted_and_abandoned_uploads_go() -> None:
    deployment = made()
    assert settings(deployment, "BucketServerSideEncryptionConfiguration") == {
        "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]
    }
    (rule,) = settings(deployment, "BucketLifecycleConfiguration")["rules"]
    assert rule["status"] == "Enabled"
    assert rule["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 7}


def test_bucket_and_objects_are_closed_to_requests_without_tls() -> None:
    (denied,) = json.loads(settings(made(), "BucketPolicy")["policy"])["Statement"]
    arn = "arn:aws:s3:::files"
    assert (denied["Effect"], denied["Action"]) == ("Deny", "s3:*")
    assert denied["Resource"] == [arn, f"{arn}/*"]
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_a_bucket_with_objects_is_kept_unless_the_caller_says_otherwise() -> None:
    assert made().one("aws:s3/bucket:Bucket").inputs == {"forceDestroy": False, "tags": TAGS}
    assert made(force_delete=True).one("aws:s3/bucket:Bucket").inputs["forceDestroy"]


def test_versions_are_kept_on_request() -> None:
    assert settings(made(versioned=True), "BucketVersioning") == {
        "versioningConfiguration": {"status": "Enabled"}
    }


def test_the_arn_of_a_named_bucket_is_in_the_partition_of_the_account() -> None:
    partition = "aws:index/getPartition:getPartition"
    china = {"id": "aws-cn", "partition": "aws-cn", "dnsSuffix": "", "reverseDnsPrefix": ""}
    deployment = deploy(
        lambda: buckets.bucket_arn("files", pulumi.InvokeOptions()),
        invokes={partition: lambda args: china},
    )
    assert deployment.result == "arn:aws-cn:s3:::files"
