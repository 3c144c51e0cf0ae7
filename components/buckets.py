"""S3 buckets with the settings that every bucket of the library has.

Nothing in them can become public, ownership is the bucket owner's (no ACLs), objects are
encrypted, requests need TLS, and abandoned uploads do not pile up. Left out: notifications,
which several parts of a program may want (``bucket_notifications.py``), and access logs.
"""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from .transport import tls_only

ABANDONED_UPLOAD_DAYS = 7
"""Parts of an upload that was never completed are invisible and billed; who has not completed
one after a week will not."""


def make_bucket(
    name: str,
    *,
    opts: pulumi.ResourceOptions,
    tags: Mapping[str, pulumi.Input[str]],
    force_delete: bool = False,
    versioned: bool = False,
) -> "aws.s3.Bucket":
    """One bucket and its settings.

    Args:
        name: of the bucket and of what belongs to it; AWS gets it with a random suffix.
        force_delete: whether the bucket may be deleted with the objects in it.
        versioned: whether overwritten and deleted objects can be brought back. Every version
            is billed as an object until something expires it.
        opts: with the component as ``parent``.
        tags: of the bucket.
    """
    bucket = aws.s3.Bucket(name, force_destroy=force_delete, tags=tags, opts=opts)
    aws.s3.BucketPublicAccessBlock(
        name,
        bucket=bucket.bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=opts,
    )
    aws.s3.BucketOwnershipControls(
        name,
        bucket=bucket.bucket,
        rule={"object_ownership": "BucketOwnerEnforced"},
        opts=opts,
    )
    aws.s3.BucketServerSideEncryptionConfiguration(
        name,
        bucket=bucket.bucket,
        rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
        opts=opts,
    )
    if versioned:
        aws.s3.BucketVersioning(
            name,
            bucket=bucket.bucket,
            versioning_configuration={"status": "Enabled"},
            opts=opts,
        )
    aws.s3.BucketLifecycleConfiguration(
        name,
        bucket=bucket.bucket,
        rules=[
            {
                "id": "abandoned-uploads",
                "status": "Enabled",
                "filter": {"prefix": ""},
                "abort_incomplete_multipart_upload": {
                    "days_after_initiation": ABANDONED_UPLOAD_DAYS
                },
            }
        ],
        opts=opts,
    )
    aws.s3.BucketPolicy(
        name,
        bucket=bucket.bucket,
        policy=tls_only("s3:*", [bucket.arn, pulumi.Output.concat(bucket.arn, "/*")]),
        opts=opts,
    )
    return bucket


def bucket_arn(bucket: pulumi.Input[str], opts: pulumi.InvokeOptions) -> pulumi.Output[str]:
    """The ARN of a bucket of which only the name is known; ``parent`` in ``opts`` decides the
    partition."""
    partition = aws.get_partition_output(opts=opts).partition
    return pulumi.Output.concat("arn:", partition, ":s3:::", bucket)
