"""Buckets and objects."""

import base64
import mimetypes
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from botocore.exceptions import ClientError
from pulumi import asset

from .base import Outputs, Provider, Tagged, auto_name
from .common import exactly_one, ignoring, pairs, present, tag_changes

GONE = "NoSuchBucket"
_NAME = re.compile(r"^(?!xn--|sthree-)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")
_ADDRESS = re.compile(r"^\d+\.\d+\.\d+\.\d+$")
_ZONES = {"us-east-1": "Z3AQBSTGFYJSTF"}
"""Route 53 zones of S3's addresses, for the regions that the sandbox has."""


class BucketInputs(Tagged):
    """Inputs of a bucket; its settings are resources of their own."""

    bucket: str | None = None
    bucket_prefix: str | None = None
    force_destroy: bool = False


class Bucket(Provider[BucketInputs]):
    """A bucket."""

    token = "aws:s3/bucket:Bucket"
    inputs = BucketInputs
    replaces = frozenset({"bucket", "bucketPrefix"})
    outputs = frozenset(
        {
            "arn",
            "bucket",
            "bucketDomainName",
            "bucketRegion",
            "bucketRegionalDomainName",
            "hostedZoneId",
            "tagsAll",
        }
    )

    def check(self, name: str, properties: Mapping[str, Any]) -> BucketInputs:
        inputs = super().check(name, properties)
        if inputs.bucket is not None:
            _check_name(inputs.bucket)
        return inputs

    def create(self, name: str, inputs: BucketInputs) -> tuple[str, Outputs]:
        tags, s3 = self.tags(inputs), self.context.client("s3")
        region = self.context.region
        # Whoever names a resource after a class or a file gets a bucket all the same.
        stem = re.sub(r"[^a-z0-9.-]", "-", name.lower())
        bucket = inputs.bucket or auto_name(stem, limit=63, prefix=inputs.bucket_prefix)
        _check_name(bucket)
        with ignoring("404", GONE, "NotFound"):
            # In us-east-1 S3 hands the owner a bucket that exists as if it were new.
            s3.head_bucket(Bucket=bucket)
            raise ValueError(f"bucket={bucket!r} exists already.")
        where = {} if region == "us-east-1" else {"LocationConstraint": region}
        s3.create_bucket(Bucket=bucket, **({"CreateBucketConfiguration": where} if where else {}))
        self._tag(bucket, tags)
        return bucket, {
            "arn": f"arn:aws:s3:::{bucket}",
            "bucket": bucket,
            "bucketDomainName": f"{bucket}.s3.amazonaws.com",
            "bucketRegion": region,
            "bucketRegionalDomainName": f"{bucket}.s3.{region}.amazonaws.com",
            "forceDestroy": inputs.force_destroy,
            "hostedZoneId": _ZONES.get(region, ""),
            "tagsAll": tags,
        }

    def update(self, id: str, old: BucketInputs, new: BucketInputs, outputs: Outputs) -> Outputs:
        tags = self.tags(new)
        if any(tag_changes(outputs, tags)):
            self._tag(id, tags)
        return outputs | {"forceDestroy": new.force_destroy, "tagsAll": tags}

    def delete(self, id: str, outputs: Outputs) -> None:
        """Remove it; with what is in it only if it was told to."""
        s3 = self.context.client("s3")
        try:
            with ignoring(GONE):
                if outputs["forceDestroy"]:
                    self._empty(id)
                s3.delete_bucket(Bucket=id)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") != "BucketNotEmpty":
                raise
            raise ValueError(
                f"bucket {id} is not empty. Empty it, or set forceDestroy=True and deploy before "
                "deleting it."
            ) from None

    def _empty(self, bucket: str) -> None:
        """Always the first page: where the next one begins is gone with this one."""
        s3 = self.context.client("s3")
        while True:
            page = s3.list_object_versions(Bucket=bucket)
            found = [
                {"Key": item["Key"], "VersionId": item["VersionId"]}
                for item in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
            ]
            if not found:
                return
            failed = s3.delete_objects(Bucket=bucket, Delete={"Objects": found, "Quiet": True})
            if errors := failed.get("Errors"):
                raise ValueError(f"bucket {bucket} cannot be emptied: {errors[0]}.")

    def _tag(self, bucket: str, tags: Mapping[str, str]) -> None:
        s3 = self.context.client("s3")
        if tags:
            s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": pairs(tags)})
        else:
            s3.delete_bucket_tagging(Bucket=bucket)


def _check_name(bucket: str) -> None:
    if not _NAME.match(bucket) or _ADDRESS.match(bucket):
        raise ValueError(
            f"bucket={bucket!r}: 3 to 63 lower-case letters, digits, dots and hyphens, beginning "
            "and ending with a letter or digit, no address."
        )


class ObjectInputs(Tagged):
    """Inputs of an object."""

    bucket: str
    key: str
    source: Any = None
    content: str | None = None
    content_base64: str | None = None
    content_type: str | None = None
    cache_control: str | None = None
    metadata: dict[str, str] = {}
    source_hash: str | None = None


class BucketObject(Provider[ObjectInputs]):
    """One object from a file or a text."""

    token = "aws:s3/bucketObjectv2:BucketObjectv2"
    inputs = ObjectInputs
    replaces = frozenset({"bucket", "key"})
    outputs = frozenset({"arn", "contentType", "etag", "tagsAll", "versionId"})
    inert: ClassVar[Mapping[str, str]] = {
        "sourceHash": "as on AWS, it only says that the source has changed"
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> ObjectInputs:
        inputs = super().check(name, properties)
        sources = {
            "source": inputs.source,
            "content": inputs.content,
            "contentBase64": inputs.content_base64,
        }
        exactly_one("an object", sources)
        if not 0 < len(inputs.key.encode()) <= 1024:
            raise ValueError(f"key={inputs.key!r}: 1 to 1024 bytes are taken.")
        return inputs

    def create(self, name: str, inputs: ObjectInputs) -> tuple[str, Outputs]:
        return f"{inputs.bucket}/{inputs.key}", self._put(inputs)

    def update(self, id: str, old: ObjectInputs, new: ObjectInputs, outputs: Outputs) -> Outputs:
        return self._put(new)

    def delete(self, id: str, outputs: Outputs) -> None:
        bucket, _, key = id.partition("/")
        with ignoring(GONE):
            self.context.client("s3").delete_object(Bucket=bucket, Key=key)

    def _put(self, inputs: ObjectInputs) -> Outputs:
        s3, tags, where = (
            self.context.client("s3"),
            self.tags(inputs),
            {"Bucket": inputs.bucket, "Key": inputs.key},
        )
        kind = inputs.content_type or mimetypes.guess_type(inputs.key)[0]
        made = s3.put_object(
            **where,
            Body=_body(inputs),
            Metadata=inputs.metadata,
            ContentType=kind or "application/octet-stream",
            **present(CacheControl=inputs.cache_control),
        )
        s3.put_object_tagging(**where, Tagging={"TagSet": pairs(tags)})
        return {
            "arn": f"arn:aws:s3:::{inputs.bucket}/{inputs.key}",
            "contentType": kind or "application/octet-stream",
            "etag": made["ETag"].strip('"'),
            "tagsAll": tags,
            "versionId": made.get("VersionId", ""),
        }


def _body(inputs: ObjectInputs) -> bytes:
    if inputs.content is not None:
        return inputs.content.encode()
    if inputs.content_base64 is not None:
        return base64.b64decode(inputs.content_base64)
    if isinstance(inputs.source, asset.StringAsset):
        return inputs.source.text.encode()
    if isinstance(inputs.source, asset.FileAsset):
        return Path(inputs.source.path).read_bytes()
    raise ValueError(f"source: the sandbox cannot fetch a {type(inputs.source).__name__}.")
