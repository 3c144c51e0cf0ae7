"""Secrets and their versions."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from .base import Context, Inputs, Outputs, Provider, Tagged
from .common import ignoring, pairs, physical_name, present, tag_changes

_NAME = re.compile(r"^[\w/+=.@-]{1,512}$", re.ASCII)


class SecretInputs(Tagged):
    """Inputs of a secret."""

    name: str | None = None
    name_prefix: str | None = None
    description: str = ""
    kms_key_id: str | None = None
    recovery_window_in_days: int = 30


class Secret(Provider[SecretInputs]):
    """A secret without a value; a SecretVersion brings one."""

    token = "aws:secretsmanager/secret:Secret"
    inputs = SecretInputs
    replaces = frozenset({"name", "namePrefix"})
    outputs = frozenset({"arn", "name", "tagsAll"})
    inert: ClassVar[Mapping[str, str]] = {
        "kmsKeyId": "stored; values lie in memory as they are",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> SecretInputs:
        inputs = super().check(name, properties)
        window = inputs.recovery_window_in_days
        if window != 0 and not 7 <= window <= 30:
            raise ValueError(f"recoveryWindowInDays={window}: 0 or 7 to 30 are taken.")
        if inputs.name is not None and not _NAME.match(inputs.name):
            raise ValueError(f"name={inputs.name!r}: letters, digits and / _ + = . @ - are taken.")
        return inputs

    def create(self, name: str, inputs: SecretInputs) -> tuple[str, Outputs]:
        tags = self.tags(inputs)
        secret = self.context.client("secretsmanager").create_secret(
            Name=physical_name(name, inputs.name, inputs.name_prefix, limit=512),
            Description=inputs.description,
            Tags=pairs(tags),
            **present(KmsKeyId=inputs.kms_key_id),
        )
        return secret["ARN"], {
            "arn": secret["ARN"],
            "name": secret["Name"],
            "recoveryWindowInDays": inputs.recovery_window_in_days,
            "tagsAll": tags,
        }

    def update(self, id: str, old: SecretInputs, new: SecretInputs, outputs: Outputs) -> Outputs:
        secrets, tags = self.context.client("secretsmanager"), self.tags(new)
        secrets.update_secret(
            SecretId=id, Description=new.description, **present(KmsKeyId=new.kms_key_id)
        )
        put, drop = tag_changes(outputs, tags)
        if drop:
            secrets.untag_resource(SecretId=id, TagKeys=drop)
        if put:
            secrets.tag_resource(SecretId=id, Tags=pairs(put))
        return outputs | {
            "recoveryWindowInDays": new.recovery_window_in_days,
            "tagsAll": tags,
        }

    def delete(self, id: str, outputs: Outputs) -> None:
        days = outputs["recoveryWindowInDays"]
        how = {"RecoveryWindowInDays": days} if days else {"ForceDeleteWithoutRecovery": True}
        with ignoring("ResourceNotFoundException"):
            self.context.client("secretsmanager").delete_secret(SecretId=id, **how)


class VersionInputs(Inputs):
    """Inputs of a secret's value."""

    secret_id: str
    secret_string: str


class SecretVersion(Provider[VersionInputs]):
    """A value of a secret; another value is another version."""

    token = "aws:secretsmanager/secretVersion:SecretVersion"
    inputs = VersionInputs
    replaces = frozenset({"secretId", "secretString"})
    outputs = frozenset({"arn", "secretArn", "versionId", "versionStages"})

    def create(self, name: str, inputs: VersionInputs) -> tuple[str, Outputs]:
        made = self.context.client("secretsmanager").put_secret_value(
            SecretId=inputs.secret_id, SecretString=inputs.secret_string
        )
        return f"{inputs.secret_id}|{made['VersionId']}", {
            "arn": made["ARN"],
            "secretArn": made["ARN"],
            "versionId": made["VersionId"],
            "versionStages": made["VersionStages"],
        }

    def delete(self, id: str, outputs: Outputs) -> None:
        """The current version goes with its secret; an older one loses its place by itself."""


def _get_version(context: Context, args: Mapping[str, Any]) -> dict[str, Any]:
    """``aws.secretsmanager.get_secret_version``, by stage (AWSCURRENT) or version."""
    secret = args["secretId"]
    stage = args.get("versionStage") or ("" if args.get("versionId") else "AWSCURRENT")
    found = context.client("secretsmanager").get_secret_value(
        SecretId=secret,
        **present(VersionId=args.get("versionId"), VersionStage=stage or None),
    )
    return {
        "id": f"{secret}|{stage or found['VersionId']}",
        "arn": found["ARN"],
        "secretArn": found["ARN"],
        "secretId": secret,
        "secretString": found.get("SecretString", ""),
        "secretBinary": found.get("SecretBinary", b"").decode(errors="replace"),
        "versionId": found["VersionId"],
        "versionStage": stage,
        "versionStages": found["VersionStages"],
        "createdDate": found["CreatedDate"].isoformat(),
        "region": context.region,
    }


INVOKES = {"aws:secretsmanager/getSecretVersion:getSecretVersion": _get_version}
