"""Keys and their aliases; the embedded cloud really encrypts with them."""

from collections.abc import Mapping
from typing import Any, ClassVar

from .base import Inputs, Outputs, Provider, Tagged
from .common import ignoring, one_of, pairs, physical_name, present, tag_changes, within
from .policies import check_resource

_POLICY_LIMIT = 32_768
_GONE = "NotFoundException"


class KeyInputs(Tagged):
    """Inputs of a symmetric key."""

    description: str = ""
    key_usage: str = "ENCRYPT_DECRYPT"
    policy: str | None = None
    is_enabled: bool = True
    enable_key_rotation: bool = False
    deletion_window_in_days: int = 30


class Key(Provider[KeyInputs]):
    """A symmetric key."""

    token = "aws:kms/key:Key"
    inputs = KeyInputs
    replaces = frozenset({"keyUsage"})
    outputs = frozenset({"arn", "keyId", "tagsAll"})
    inert: ClassVar[Mapping[str, str]] = {
        "enableKeyRotation": "stored; no key turns a year old in the sandbox",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> KeyInputs:
        inputs = super().check(name, properties)
        one_of("keyUsage", inputs.key_usage, ("ENCRYPT_DECRYPT",))
        within("deletionWindowInDays", inputs.deletion_window_in_days, 7, 30)
        if inputs.policy is not None:
            check_resource("policy", inputs.policy, limit=_POLICY_LIMIT)
        return inputs

    def create(self, name: str, inputs: KeyInputs) -> tuple[str, Outputs]:
        kms, tags = self.context.client("kms"), self.tags(inputs)
        key = kms.create_key(
            Description=inputs.description,
            KeyUsage=inputs.key_usage,
            Tags=pairs(tags, key="TagKey", value="TagValue"),
            **present(Policy=inputs.policy),
        )["KeyMetadata"]
        self._switch(key["KeyId"], KeyInputs(), inputs)
        return key["KeyId"], {
            "arn": key["Arn"],
            "keyId": key["KeyId"],
            "deletionWindowInDays": inputs.deletion_window_in_days,
            "tagsAll": tags,
        }

    def update(self, id: str, old: KeyInputs, new: KeyInputs, outputs: Outputs) -> Outputs:
        kms, tags = self.context.client("kms"), self.tags(new)
        kms.update_key_description(KeyId=id, Description=new.description)
        if new.policy is not None:
            kms.put_key_policy(KeyId=id, PolicyName="default", Policy=new.policy)
        self._switch(id, old, new)
        put, drop = tag_changes(outputs, tags)
        if drop:
            kms.untag_resource(KeyId=id, TagKeys=drop)
        if put:
            kms.tag_resource(KeyId=id, Tags=pairs(put, key="TagKey", value="TagValue"))
        return outputs | {
            "deletionWindowInDays": new.deletion_window_in_days,
            "tagsAll": tags,
        }

    def delete(self, id: str, outputs: Outputs) -> None:
        """A key is never deleted at once, on AWS and here: it waits out its window."""
        with ignoring(_GONE, "KMSInvalidStateException"):
            self.context.client("kms").schedule_key_deletion(
                KeyId=id, PendingWindowInDays=outputs["deletionWindowInDays"]
            )

    def _switch(self, id: str, old: KeyInputs, new: KeyInputs) -> None:
        kms = self.context.client("kms")
        if old.enable_key_rotation != new.enable_key_rotation:
            turn = kms.enable_key_rotation if new.enable_key_rotation else kms.disable_key_rotation
            turn(KeyId=id)
        if old.is_enabled != new.is_enabled:
            (kms.enable_key if new.is_enabled else kms.disable_key)(KeyId=id)


class AliasInputs(Inputs):
    """Inputs of an alias."""

    target_key_id: str
    name: str | None = None
    name_prefix: str | None = None


class Alias(Provider[AliasInputs]):
    """A name for a key."""

    token = "aws:kms/alias:Alias"
    inputs = AliasInputs
    replaces = frozenset({"name", "namePrefix"})
    outputs = frozenset({"arn", "name", "targetKeyArn"})

    def check(self, name: str, properties: Mapping[str, Any]) -> AliasInputs:
        inputs = super().check(name, properties)
        for field, value in (("name", inputs.name), ("namePrefix", inputs.name_prefix)):
            if value is not None and not value.startswith("alias/"):
                raise ValueError(f"{field}={value!r} must begin with alias/.")
            if value is not None and value.startswith("alias/aws/"):
                raise ValueError(f"{field}={value!r}: alias/aws/ belongs to AWS.")
        return inputs

    def create(self, name: str, inputs: AliasInputs) -> tuple[str, Outputs]:
        alias = physical_name(f"alias/{name}", inputs.name, inputs.name_prefix, limit=256)
        self.context.client("kms").create_alias(AliasName=alias, TargetKeyId=inputs.target_key_id)
        place = f"{self.context.region}:{self.context.account}"
        return alias, {
            "arn": f"arn:aws:kms:{place}:{alias}",
            "name": alias,
            "targetKeyArn": self._key(inputs),
        }

    def update(self, id: str, old: AliasInputs, new: AliasInputs, outputs: Outputs) -> Outputs:
        self.context.client("kms").update_alias(AliasName=id, TargetKeyId=new.target_key_id)
        return outputs | {"targetKeyArn": self._key(new)}

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring(_GONE):
            self.context.client("kms").delete_alias(AliasName=id)

    def _key(self, inputs: AliasInputs) -> str:
        key = self.context.client("kms").describe_key(KeyId=inputs.target_key_id)
        return str(key["KeyMetadata"]["Arn"])
