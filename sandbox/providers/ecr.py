"""Image repositories and their policies. Building and pushing is in ``docker_image``."""

import base64
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from .base import Context, Inputs, Outputs, Provider, Tagged, auto_name
from .common import ignoring, one_of, pairs, present, tag_changes, wire
from .policies import REPOSITORY_POLICY_LIMIT, check_resource, parse

_NAME = re.compile(r"^(?=.{2,256}$)[a-z0-9]+(?:[._-][a-z0-9]+)*(?:/[a-z0-9]+(?:[._-][a-z0-9]+)*)*$")


class Scanning(Inputs):
    """When images are scanned."""

    scan_on_push: bool


class Encryption(Inputs):
    """How layers are encrypted."""

    encryption_type: str = "AES256"
    kms_key: str | None = None


class RepositoryInputs(Tagged):
    """Inputs of a repository."""

    name: str | None = None
    image_tag_mutability: str = "MUTABLE"
    image_scanning_configuration: Scanning | None = None
    encryption_configurations: list[Encryption] = []
    force_delete: bool = False


class Repository(Provider[RepositoryInputs]):
    """A repository; images are really pushed to and pulled from its URL."""

    token = "aws:ecr/repository:Repository"
    inputs = RepositoryInputs
    replaces = frozenset({"name", "encryptionConfigurations"})
    outputs = frozenset({"arn", "name", "registryId", "repositoryUrl", "tagsAll"})
    inert: ClassVar[Mapping[str, str]] = {
        "imageScanningConfiguration": "stored; the sandbox has no scanner",
        "encryptionConfigurations": "stored; layers lie in memory as they are",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> RepositoryInputs:
        inputs = super().check(name, properties)
        one_of("imageTagMutability", inputs.image_tag_mutability, ("MUTABLE", "IMMUTABLE"))
        if inputs.name is not None and not _NAME.match(inputs.name):
            raise ValueError(
                f"name={inputs.name!r}: ECR takes 2 to 256 lower-case letters, digits, and "
                "- _ . / between them."
            )
        if len(inputs.encryption_configurations) > 1:
            raise ValueError("encryptionConfigurations takes one entry.")
        for entry in inputs.encryption_configurations:
            one_of("encryptionType", entry.encryption_type, ("AES256", "KMS", "KMS_DSSE"))
            if entry.kms_key is not None and entry.encryption_type == "AES256":
                raise ValueError("kmsKey needs encryptionType KMS or KMS_DSSE.")
        return inputs

    def create(self, name: str, inputs: RepositoryInputs) -> tuple[str, Outputs]:
        tags = self.tags(inputs)
        # ECR's names are lower case, a logical name need not be.
        given = inputs.name or _auto(name)
        given_encryption = inputs.encryption_configurations
        encryption = wire(given_encryption[0]) if given_encryption else None
        repository = self.context.client("ecr").create_repository(
            repositoryName=given,
            imageTagMutability=inputs.image_tag_mutability,
            imageScanningConfiguration={"scanOnPush": _scans(inputs)},
            tags=pairs(tags),
            **present(encryptionConfiguration=encryption),
        )["repository"]
        return given, {
            "arn": repository["repositoryArn"],
            "name": given,
            "registryId": repository["registryId"],
            "repositoryUrl": repository["repositoryUri"],
            "forceDelete": inputs.force_delete,
            "tagsAll": tags,
        }

    def update(
        self, id: str, old: RepositoryInputs, new: RepositoryInputs, outputs: Outputs
    ) -> Outputs:
        ecr, tags = self.context.client("ecr"), self.tags(new)
        ecr.put_image_tag_mutability(repositoryName=id, imageTagMutability=new.image_tag_mutability)
        ecr.put_image_scanning_configuration(
            repositoryName=id, imageScanningConfiguration={"scanOnPush": _scans(new)}
        )
        put, drop = tag_changes(outputs, tags)
        if drop:
            ecr.untag_resource(resourceArn=outputs["arn"], tagKeys=drop)
        if put:
            ecr.tag_resource(resourceArn=outputs["arn"], tags=pairs(put))
        return outputs | {"tagsAll": tags, "forceDelete": new.force_delete}

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("RepositoryNotFoundException"):
            self.context.client("ecr").delete_repository(
                repositoryName=id, force=bool(outputs.get("forceDelete"))
            )


def _auto(logical: str) -> str:
    return auto_name(re.sub(r"[^a-z0-9._/-]", "-", logical.lower()), limit=256)


def _scans(inputs: RepositoryInputs) -> bool:
    scanning = inputs.image_scanning_configuration
    return scanning is not None and scanning.scan_on_push


class RepositoryDocumentInputs(Inputs):
    """Inputs of a document that belongs to one repository."""

    repository: str
    policy: str


class LifecyclePolicy(Provider[RepositoryDocumentInputs]):
    """Which images expire."""

    token = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
    inputs = RepositoryDocumentInputs
    replaces = frozenset({"repository"})
    outputs = frozenset({"registryId"})
    inert: ClassVar[Mapping[str, str]] = {"policy": "stored; no image expires in the sandbox"}

    def check(self, name: str, properties: Mapping[str, Any]) -> RepositoryDocumentInputs:
        inputs = super().check(name, properties)
        _check_rules(inputs.policy)
        return inputs

    def create(self, name: str, inputs: RepositoryDocumentInputs) -> tuple[str, Outputs]:
        made = self.context.client("ecr").put_lifecycle_policy(
            repositoryName=inputs.repository, lifecyclePolicyText=inputs.policy
        )
        return inputs.repository, {"registryId": made["registryId"]}

    def update(
        self,
        id: str,
        old: RepositoryDocumentInputs,
        new: RepositoryDocumentInputs,
        outputs: Outputs,
    ) -> Outputs:
        return self.create("", new)[1]

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("RepositoryNotFoundException", "LifecyclePolicyNotFoundException"):
            self.context.client("ecr").delete_lifecycle_policy(repositoryName=id)


def _check_rules(policy: str) -> None:
    rules = parse("policy", policy).get("rules")
    if not isinstance(rules, list) or not rules:
        raise ValueError("policy: rules is missing or empty.")
    priorities = [rule.get("rulePriority") for rule in rules]
    if len(set(priorities)) != len(priorities):
        raise ValueError(f"policy: rulePriority must differ from rule to rule; given {priorities}.")
    for rule in rules:
        selection = rule.get("selection", {})
        one_of("tagStatus", selection.get("tagStatus"), ("tagged", "untagged", "any"))
        one_of(
            "countType",
            selection.get("countType"),
            ("imageCountMoreThan", "sinceImagePushed", "sinceImagePulled"),
        )
        one_of("action.type", rule.get("action", {}).get("type"), ("expire",))
        patterns = {"tagPrefixList", "tagPatternList"} & set(selection)
        if (selection["tagStatus"] == "tagged") != bool(patterns):
            raise ValueError(
                "policy: tagStatus=tagged and only it has a tagPrefixList or tagPatternList."
            )
    status = [(rule["selection"]["tagStatus"], rule["rulePriority"]) for rule in rules]
    if any(kind == "any" and priority != max(priorities) for kind, priority in status):
        raise ValueError("policy: the rule with tagStatus=any must have the highest rulePriority.")


class RepositoryPolicy(Provider[RepositoryDocumentInputs]):
    """Who else may pull."""

    token = "aws:ecr/repositoryPolicy:RepositoryPolicy"
    inputs = RepositoryDocumentInputs
    replaces = frozenset({"repository"})
    outputs = frozenset({"registryId"})
    inert: ClassVar[Mapping[str, str]] = {"policy": "stored; a pull is not checked against it"}

    def check(self, name: str, properties: Mapping[str, Any]) -> RepositoryDocumentInputs:
        inputs = super().check(name, properties)
        check_resource("policy", inputs.policy, limit=REPOSITORY_POLICY_LIMIT)
        return inputs

    def create(self, name: str, inputs: RepositoryDocumentInputs) -> tuple[str, Outputs]:
        made = self.context.client("ecr").set_repository_policy(
            repositoryName=inputs.repository, policyText=inputs.policy
        )
        return inputs.repository, {"registryId": made["registryId"]}

    def update(
        self,
        id: str,
        old: RepositoryDocumentInputs,
        new: RepositoryDocumentInputs,
        outputs: Outputs,
    ) -> Outputs:
        return self.create("", new)[1]

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("RepositoryNotFoundException", "RepositoryPolicyNotFoundException"):
            self.context.client("ecr").delete_repository_policy(repositoryName=id)


def _token(context: Context, _args: Mapping[str, Any]) -> dict[str, Any]:
    given = context.client("ecr").get_authorization_token()["authorizationData"][0]
    user, _, password = base64.b64decode(given["authorizationToken"]).decode().partition(":")
    return {
        "id": context.region,
        "authorizationToken": given["authorizationToken"],
        "expiresAt": given["expiresAt"].isoformat(),
        "proxyEndpoint": given["proxyEndpoint"],
        "userName": user,
        "password": password,
    }


def _credentials(context: Context, args: Mapping[str, Any]) -> dict[str, Any]:
    token = _token(context, args)
    return {key: token[key] for key in ("id", "authorizationToken", "expiresAt", "proxyEndpoint")}


INVOKES = {
    "aws:ecr/getAuthorizationToken:getAuthorizationToken": _token,
    "aws:ecr/getCredentials:getCredentials": _credentials,
}
