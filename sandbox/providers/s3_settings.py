"""The settings of a bucket, each a resource of its own."""

import fnmatch
from collections.abc import Mapping
from typing import Any, ClassVar

from .base import Inputs, Outputs, Provider
from .common import ignoring, one_of, present
from .policies import check_resource, parse
from .s3_bucket import GONE

POLICY_LIMIT = 20 * 1024
_OF_OBJECTS = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
_OF_BUCKETS = ("s3:GetBucket", "s3:PutBucket", "s3:DeleteBucket", "s3:ListBucket")


class _Setting(Provider[Any]):
    """A document that a bucket has one of; abstract."""

    replaces = frozenset({"bucket"})

    def create(self, name: str, inputs: Any) -> tuple[str, Outputs]:
        self._put(inputs.bucket, inputs)
        return inputs.bucket, {}

    def update(self, id: str, old: Any, new: Any, outputs: Outputs) -> Outputs:
        self._put(id, new)
        return outputs

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring(GONE):
            self._remove(id)

    def _put(self, bucket: str, inputs: Any) -> None:
        raise NotImplementedError

    def _remove(self, bucket: str) -> None:
        raise NotImplementedError


class AccessBlockInputs(Inputs):
    """Inputs of the public access block."""

    bucket: str
    block_public_acls: bool = False
    block_public_policy: bool = False
    ignore_public_acls: bool = False
    restrict_public_buckets: bool = False
    skip_destroy: bool = False


class BucketPublicAccessBlock(_Setting):
    """Whether the world may be let in."""

    token = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
    inputs = AccessBlockInputs

    def create(self, name: str, inputs: AccessBlockInputs) -> tuple[str, Outputs]:
        return super().create(name, inputs)[0], {"skipDestroy": inputs.skip_destroy}

    def update(
        self, id: str, old: AccessBlockInputs, new: AccessBlockInputs, outputs: Outputs
    ) -> Outputs:
        return super().update(id, old, new, outputs) | {"skipDestroy": new.skip_destroy}

    def delete(self, id: str, outputs: Outputs) -> None:
        if not outputs["skipDestroy"]:
            super().delete(id, outputs)

    def _put(self, bucket: str, inputs: AccessBlockInputs) -> None:
        self.context.client("s3").put_public_access_block(
            Bucket=bucket,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": inputs.block_public_acls,
                "BlockPublicPolicy": inputs.block_public_policy,
                "IgnorePublicAcls": inputs.ignore_public_acls,
                "RestrictPublicBuckets": inputs.restrict_public_buckets,
            },
        )

    def _remove(self, bucket: str) -> None:
        self.context.client("s3").delete_public_access_block(Bucket=bucket)


class OwnershipRule(Inputs):
    """Who owns objects."""

    object_ownership: str


class OwnershipInputs(Inputs):
    """Inputs of the ownership controls."""

    bucket: str
    rule: OwnershipRule


class BucketOwnershipControls(_Setting):
    """Who owns objects that others write."""

    token = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
    inputs = OwnershipInputs

    def check(self, name: str, properties: Mapping[str, Any]) -> OwnershipInputs:
        inputs: OwnershipInputs = super().check(name, properties)
        kinds = ("BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter")
        one_of("rule.objectOwnership", inputs.rule.object_ownership, kinds)
        return inputs

    def _put(self, bucket: str, inputs: OwnershipInputs) -> None:
        rule = {"ObjectOwnership": inputs.rule.object_ownership}
        self.context.client("s3").put_bucket_ownership_controls(
            Bucket=bucket, OwnershipControls={"Rules": [rule]}
        )

    def _remove(self, bucket: str) -> None:
        with ignoring("OwnershipControlsNotFoundError"):
            self.context.client("s3").delete_bucket_ownership_controls(Bucket=bucket)


class DefaultEncryption(Inputs):
    """How objects are encrypted that do not say how."""

    sse_algorithm: str
    kms_master_key_id: str | None = None


class EncryptionRule(Inputs):
    """One rule."""

    apply_server_side_encryption_by_default: DefaultEncryption | None = None
    bucket_key_enabled: bool = False


class EncryptionInputs(Inputs):
    """Inputs of the encryption of a bucket."""

    bucket: str
    rules: list[EncryptionRule]


class BucketServerSideEncryptionConfiguration(_Setting):
    """How objects are encrypted."""

    token = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    inputs = EncryptionInputs
    inert: ClassVar[Mapping[str, str]] = {
        "rules": "stored, and told of each object; objects lie in memory as they are"
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> EncryptionInputs:
        inputs: EncryptionInputs = super().check(name, properties)
        if len(inputs.rules) != 1:
            raise ValueError(f"rules has {len(inputs.rules)} entries; S3 takes one.")
        default = inputs.rules[0].apply_server_side_encryption_by_default
        if default is not None:
            label = "rules.applyServerSideEncryptionByDefault"
            algorithms = ("AES256", "aws:kms", "aws:kms:dsse")
            one_of(f"{label}.sseAlgorithm", default.sse_algorithm, algorithms)
            if default.kms_master_key_id is not None and default.sse_algorithm == "AES256":
                raise ValueError(f"{label}.kmsMasterKeyId needs sseAlgorithm aws:kms.")
        return inputs

    def _put(self, bucket: str, inputs: EncryptionInputs) -> None:
        rule = inputs.rules[0]
        default = rule.apply_server_side_encryption_by_default
        self.context.client("s3").put_bucket_encryption(
            Bucket=bucket,
            ServerSideEncryptionConfiguration={
                "Rules": [
                    present(
                        BucketKeyEnabled=rule.bucket_key_enabled,
                        ApplyServerSideEncryptionByDefault=default
                        and present(
                            SSEAlgorithm=default.sse_algorithm,
                            KMSMasterKeyID=default.kms_master_key_id,
                        ),
                    )
                ]
            },
        )

    def _remove(self, bucket: str) -> None:
        self.context.client("s3").delete_bucket_encryption(Bucket=bucket)


class PolicyInputs(Inputs):
    """Inputs of a bucket's policy."""

    bucket: str
    policy: str


class BucketPolicy(_Setting):
    """Who may use a bucket."""

    token = "aws:s3/bucketPolicy:BucketPolicy"
    inputs = PolicyInputs

    def check(self, name: str, properties: Mapping[str, Any]) -> PolicyInputs:
        inputs: PolicyInputs = super().check(name, properties)
        check_resource("policy", inputs.policy, limit=POLICY_LIMIT)
        _check_resources(inputs.bucket, inputs.policy)
        return inputs

    def _put(self, bucket: str, inputs: PolicyInputs) -> None:
        self.context.client("s3").put_bucket_policy(Bucket=bucket, Policy=inputs.policy)

    def _remove(self, bucket: str) -> None:
        self.context.client("s3").delete_bucket_policy(Bucket=bucket)


def _check_resources(bucket: str, policy: str) -> None:
    """S3 stores what is about this bucket only, and actions that something in it can answer."""
    for statement in _listed(parse("policy", policy)["Statement"]):
        given = _listed(statement.get("Resource", statement.get("NotResource", [])))
        paths = [item.partition(":::")[2] or item for item in given]
        if not paths:
            raise ValueError("policy: Resource is missing.")
        for item, path in zip(given, paths, strict=True):
            if not fnmatch.fnmatchcase(bucket, path.partition("/")[0]):
                raise ValueError(f"policy: Resource {item!r} is not of the bucket {bucket!r}.")
        if "Resource" not in statement:
            continue
        # A star in the name stands for a slash as well.
        objects = any("/" in path or "*" in path for path in paths)
        buckets = any("/" not in path or "*" in path.partition("/")[0] for path in paths)
        for action in _listed(statement.get("Action", [])):
            if (action.startswith(_OF_OBJECTS) and not objects) or (
                action.startswith(_OF_BUCKETS) and not buckets
            ):
                raise ValueError(
                    f"policy: {action} applies to no Resource of its statement. Objects are "
                    f"arn:aws:s3:::{bucket}/*, the bucket is arn:aws:s3:::{bucket}."
                )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


class Versioning(Inputs):
    """Whether versions are kept."""

    status: str


class VersioningInputs(Inputs):
    """Inputs of the versioning of a bucket."""

    bucket: str
    versioning_configuration: Versioning


class BucketVersioning(_Setting):
    """Whether overwritten and deleted objects are kept."""

    token = "aws:s3/bucketVersioning:BucketVersioning"
    inputs = VersioningInputs

    def check(self, name: str, properties: Mapping[str, Any]) -> VersioningInputs:
        inputs: VersioningInputs = super().check(name, properties)
        status = inputs.versioning_configuration.status
        one_of("versioningConfiguration.status", status, ("Enabled", "Suspended", "Disabled"))
        return inputs

    def must_replace(
        self, changed: frozenset[str], old: VersioningInputs, new: VersioningInputs
    ) -> bool:
        """What was once versioned can be suspended, not disabled."""
        back = "versioningConfiguration" in changed and (
            new.versioning_configuration.status == "Disabled"
        )
        if back:
            raise ValueError("versioningConfiguration.status: use Suspended; S3 cannot go back.")
        return super().must_replace(changed, old, new)

    def _put(self, bucket: str, inputs: VersioningInputs) -> None:
        # Disabled is what a bucket is that nobody asked; there is no such request.
        if inputs.versioning_configuration.status != "Disabled":
            self._write(bucket, inputs.versioning_configuration.status)

    def _remove(self, bucket: str) -> None:
        found = self.context.client("s3").get_bucket_versioning(Bucket=bucket)
        if found.get("Status") == "Enabled":
            self._write(bucket, "Suspended")

    def _write(self, bucket: str, status: str) -> None:
        self.context.client("s3").put_bucket_versioning(
            Bucket=bucket, VersioningConfiguration={"Status": status}
        )
