"""Lives of parameters, secrets and keys."""

import json
from collections.abc import Mapping
from typing import Any

from sandbox.providers.base import Outputs

from .looks import SEEN1, SEEN2, T1, T2, unless_gone
from .world import Case, World, resource_policy, tags_of


@unless_gone
def _parameter(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    ssm = world.client("ssm")
    value = ssm.get_parameter(Name=id, WithDecryption=True)["Parameter"]
    filters = [{"Key": "Name", "Values": [id]}]
    about = ssm.describe_parameters(ParameterFilters=filters)["Parameters"][0]
    tags = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=id)["TagList"]
    assert value["Version"] == outputs["version"]
    return {**about, **value, "tags": tags_of(tags)}


@unless_gone
def _secret(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    found = world.client("secretsmanager").describe_secret(SecretId=id)
    if "DeletedDate" in found:
        return None
    return {**found, "tags": tags_of(found.get("Tags", []))}


@unless_gone
def _value(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    secrets = world.client("secretsmanager")
    return dict(secrets.get_secret_value(SecretId=outputs["arn"], VersionId=outputs["versionId"]))


def _key(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    kms = world.client("kms")
    found = kms.describe_key(KeyId=id)["KeyMetadata"]
    if found["KeyState"] == "PendingDeletion":
        return None
    return {
        **found,
        "policy": json.loads(kms.get_key_policy(KeyId=id, PolicyName="default")["Policy"]),
        "rotates": kms.get_key_rotation_status(KeyId=id)["KeyRotationEnabled"],
        "tags": tags_of(kms.list_resource_tags(KeyId=id)["Tags"], "TagKey", "TagValue"),
    }


def _alias(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    for alias in world.client("kms").list_aliases()["Aliases"]:
        if alias["AliasName"] == id:
            return {"to": alias["TargetKeyId"], "prefix": id[:9]}
    return None


CASES = [
    Case(
        "aws:ssm/parameter:Parameter",
        lambda w: {
            "name": "/shop/key",
            "type": "SecureString",
            "value": "abc",
            "description": "one",
            "allowedPattern": "^[a-z]+$",
            "keyId": w.keys[0],
            "tier": "Advanced",
            "tags": T1,
        },
        _parameter,
        lambda w: {
            "Name": "/shop/key",
            "Type": "SecureString",
            "Value": "abc",
            "Description": "one",
            "AllowedPattern": "^[a-z]+$",
            "KeyId": w.keys[0],
            "Tier": "Advanced",
            "Version": 1,
            "tags": SEEN1,
        },
        lambda w: {"value": "xyz", "description": "two", "tags": T2},
        lambda w: {"Value": "xyz", "Description": "two", "Version": 2, "tags": SEEN2},
    ),
    Case(
        "aws:secretsmanager/secret:Secret",
        lambda w: {
            "name": "shop/secret",
            "description": "one",
            "kmsKeyId": w.keys[0],
            "recoveryWindowInDays": 7.0,
            "tags": T1,
        },
        _secret,
        lambda w: {
            "Name": "shop/secret",
            "Description": "one",
            "KmsKeyId": w.keys[0],
            "tags": SEEN1,
        },
        lambda w: {"description": "two", "recoveryWindowInDays": 0.0, "tags": T2},
        lambda w: {"Description": "two", "tags": SEEN2},
    ),
    Case(
        "aws:secretsmanager/secret:Secret",
        lambda w: {"namePrefix": "pre-", "recoveryWindowInDays": 0},
        lambda w, id, o: (seen := _secret(w, id, o)) and {"prefix": seen["Name"][:4]},
        lambda w: {"prefix": "pre-"},
        label="prefix",
    ),
    Case(
        "aws:secretsmanager/secretVersion:SecretVersion",
        lambda w: {"secretId": w.secret, "secretString": "hunter2"},
        _value,
        lambda w: {"SecretString": "hunter2"},
        stays=True,
    ),
    Case(
        "aws:kms/key:Key",
        lambda w: {
            "description": "one",
            "keyUsage": "ENCRYPT_DECRYPT",
            "policy": resource_policy("kms:*"),
            "isEnabled": False,
            "enableKeyRotation": True,
            "deletionWindowInDays": 7.0,
            "tags": T1,
        },
        _key,
        lambda w: {
            "Description": "one",
            "KeyUsage": "ENCRYPT_DECRYPT",
            "Enabled": False,
            "rotates": True,
            "policy": json.loads(resource_policy("kms:*")),
            "tags": SEEN1,
        },
        lambda w: {
            "description": "two",
            "policy": resource_policy("kms:Encrypt"),
            "isEnabled": True,
            "enableKeyRotation": False,
            "tags": T2,
        },
        lambda w: {
            "Description": "two",
            "Enabled": True,
            "rotates": False,
            "policy": json.loads(resource_policy("kms:Encrypt")),
            "tags": SEEN2,
        },
    ),
    Case(
        "aws:kms/alias:Alias",
        lambda w: {"name": "alias/shop", "targetKeyId": w.keys[0]},
        _alias,
        lambda w: {"to": w.keys[0]},
        lambda w: {"targetKeyId": w.keys[1]},
        lambda w: {"to": w.keys[1]},
    ),
    Case(
        "aws:kms/alias:Alias",
        lambda w: {"namePrefix": "alias/pre", "targetKeyId": w.keys[0]},
        _alias,
        lambda w: {"prefix": "alias/pre"},
        label="prefix",
    ),
]
