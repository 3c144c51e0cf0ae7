"""Lives of image repositories, roles and policies."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from sandbox.providers.base import Outputs

from .looks import SEEN1, SEEN2, T1, T2, unless_gone
from .world import TRUST, Case, World, policy, resource_policy, tags_of


@unless_gone
def _repository(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    ecr = world.client("ecr")
    found = ecr.describe_repositories(repositoryNames=[id])["repositories"][0]
    assert found["repositoryUri"] == outputs["repositoryUrl"]
    tags = ecr.list_tags_for_resource(resourceArn=outputs["arn"])["tags"]
    return {**found, "tags": tags_of(tags)}


def _document(operation: str, key: str) -> Any:
    @unless_gone
    def look(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
        return {"text": getattr(world.client("ecr"), operation)(repositoryName=id)[key]}

    return look


@unless_gone
def _role(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    iam = world.client("iam")
    role = iam.get_role(RoleName=id)["Role"]
    trust = role["AssumeRolePolicyDocument"]
    inline = {
        name: json.dumps(iam.get_role_policy(RoleName=id, PolicyName=name)["PolicyDocument"])
        for name in iam.list_role_policies(RoleName=id)["PolicyNames"]
    }
    attached = iam.list_attached_role_policies(RoleName=id)["AttachedPolicies"]
    return {
        "path": role["Path"],
        "description": role.get("Description", ""),
        "session": role["MaxSessionDuration"],
        "boundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        "trust": trust if isinstance(trust, dict) else json.loads(unquote(trust)),
        "inline": inline,
        "attached": [item["PolicyArn"] for item in attached],
        "tags": tags_of(iam.list_role_tags(RoleName=id)["Tags"]),
    }


@unless_gone
def _role_policy(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    role, _, name = id.partition(":")
    found = world.client("iam").get_role_policy(RoleName=role, PolicyName=name)
    return {"name": name, "document": found["PolicyDocument"]}


def _attachment(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    role, _, arn = id.partition("/")
    attached = world.client("iam").list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    return {"arn": arn} if arn in [item["PolicyArn"] for item in attached] else None


@unless_gone
def _policy(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    iam = world.client("iam")
    found = iam.get_policy(PolicyArn=id)["Policy"]
    version = iam.get_policy_version(PolicyArn=id, VersionId=found["DefaultVersionId"])
    return {
        "name": found["PolicyName"],
        "path": found["Path"],
        "description": found.get("Description"),
        "document": version["PolicyVersion"]["Document"],
        "tags": tags_of(iam.list_policy_tags(PolicyArn=id)["Tags"]),
    }


LIFECYCLE = json.dumps(
    {
        "rules": [
            {
                "rulePriority": 1,
                "selection": {
                    "tagStatus": "untagged",
                    "countType": "imageCountMoreThan",
                    "countNumber": 5,
                },
                "action": {"type": "expire"},
            }
        ]
    }
)


CASES = [
    Case(
        "aws:ecr/repository:Repository",
        lambda w: {
            "name": "team/shop",
            "imageTagMutability": "IMMUTABLE",
            "imageScanningConfiguration": {"scanOnPush": True},
            "encryptionConfigurations": [{"encryptionType": "KMS", "kmsKey": w.keys[0]}],
            "forceDelete": True,
            "tags": T1,
        },
        _repository,
        lambda w: {
            "repositoryName": "team/shop",
            "imageTagMutability": "IMMUTABLE",
            "imageScanningConfiguration": {"scanOnPush": True},
            "encryptionConfiguration": {"encryptionType": "KMS", "kmsKey": w.keys[0]},
            "tags": SEEN1,
        },
        lambda w: {
            "imageTagMutability": "MUTABLE",
            "imageScanningConfiguration": None,
            "tags": T2,
        },
        lambda w: {
            "imageTagMutability": "MUTABLE",
            "imageScanningConfiguration": {"scanOnPush": False},
            "tags": SEEN2,
        },
    ),
    Case(
        "aws:ecr/lifecyclePolicy:LifecyclePolicy",
        lambda w: {"repository": w.repository["name"], "policy": LIFECYCLE},
        _document("get_lifecycle_policy", "lifecyclePolicyText"),
        lambda w: {"text": LIFECYCLE},
        lambda w: {"policy": LIFECYCLE.replace("5", "9")},
        lambda w: {"text": LIFECYCLE.replace("5", "9")},
    ),
    Case(
        "aws:ecr/repositoryPolicy:RepositoryPolicy",
        lambda w: {
            "repository": w.repository["name"],
            "policy": resource_policy("ecr:BatchGetImage"),
        },
        _document("get_repository_policy", "policyText"),
        lambda w: {"text": resource_policy("ecr:BatchGetImage")},
        lambda w: {"policy": resource_policy("ecr:PutImage")},
        lambda w: {"text": resource_policy("ecr:PutImage")},
    ),
    Case(
        "aws:iam/role:Role",
        lambda w: {
            "name": "shop-role",
            "path": "/shop/",
            "assumeRolePolicy": TRUST,
            "description": "runs the shop",
            "maxSessionDuration": 7200,
            "permissionsBoundary": w.policies[0],
            "inlinePolicies": [{"name": "one", "policy": policy("s3:GetObject")}],
            "managedPolicyArns": w.policies[:1],
            "forceDetachPolicies": True,
            "tags": T1,
        },
        _role,
        lambda w: {
            "path": "/shop/",
            "description": "runs the shop",
            "session": 7200,
            "boundary": w.policies[0],
            "trust": json.loads(TRUST),
            "inline": {"one": json.dumps(json.loads(policy("s3:GetObject")))},
            "attached": w.policies[:1],
            "tags": SEEN1,
        },
        lambda w: {
            "assumeRolePolicy": TRUST.replace("ecs-tasks", "lambda"),
            "description": "other",
            "maxSessionDuration": 3600,
            "permissionsBoundary": None,
            "inlinePolicies": [{"name": "two", "policy": policy("s3:PutObject")}],
            "managedPolicyArns": w.policies[1:],
            "tags": T2,
        },
        lambda w: {
            "description": "other",
            "session": 3600,
            "boundary": None,
            "trust": json.loads(TRUST.replace("ecs-tasks", "lambda")),
            "inline": {"two": json.dumps(json.loads(policy("s3:PutObject")))},
            "attached": w.policies[1:],
            "tags": SEEN2,
        },
    ),
    Case(
        "aws:iam/role:Role",
        lambda w: {"namePrefix": "pre-", "assumeRolePolicy": TRUST},
        lambda w, id, outputs: _role(w, id, outputs) and {"prefix": id[:4]},
        lambda w: {"prefix": "pre-"},
        label="prefix",
    ),
    Case(
        "aws:iam/rolePolicy:RolePolicy",
        lambda w: {"role": w.role["name"], "name": "read", "policy": policy("s3:GetObject")},
        _role_policy,
        lambda w: {"name": "read", "document": json.loads(policy("s3:GetObject"))},
        lambda w: {"policy": policy("s3:PutObject")},
        lambda w: {"document": json.loads(policy("s3:PutObject"))},
    ),
    Case(
        "aws:iam/rolePolicy:RolePolicy",
        lambda w: {"role": w.role["name"], "namePrefix": "x-", "policy": policy("s3:GetObject")},
        lambda w, id, o: (seen := _role_policy(w, id, o)) and {"prefix": seen["name"][:2]},
        lambda w: {"prefix": "x-"},
        label="prefix",
    ),
    Case(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        lambda w: {"role": w.role["name"], "policyArn": w.policies[0]},
        _attachment,
        lambda w: {"arn": w.policies[0]},
    ),
    Case(
        "aws:iam/policy:Policy",
        lambda w: {
            "name": "shop-policy",
            "path": "/shop/",
            "description": "reads",
            "policy": policy("s3:GetObject"),
            "tags": T1,
        },
        _policy,
        lambda w: {
            "name": "shop-policy",
            "path": "/shop/",
            "description": "reads",
            "document": json.loads(policy("s3:GetObject")),
            "tags": SEEN1,
        },
        lambda w: {"policy": policy("s3:PutObject"), "tags": T2},
        lambda w: {"document": json.loads(policy("s3:PutObject")), "tags": SEEN2},
    ),
    Case(
        "aws:iam/policy:Policy",
        lambda w: {"namePrefix": "pre-", "policy": policy("s3:GetObject")},
        lambda w, id, o: (seen := _policy(w, id, o)) and {"prefix": seen["name"][:4]},
        lambda w: {"prefix": "pre-"},
        label="prefix",
    ),
]
