"""Roles and policies. The embedded cloud enforces them; it does not look at their form."""

import re
from collections.abc import Mapping
from typing import Any

from .base import Inputs, Outputs, Provider, Tagged
from .common import difference, ignoring, pairs, physical_name, present, tag_changes, within
from .policies import MANAGED_POLICY_LIMIT, ROLE_POLICY_LIMIT, check_identity, check_trust

_GONE = "NoSuchEntity"
_NAME = re.compile(r"^[\w+=,.@-]+$")


def _check_name(field: str, name: str | None, limit: int) -> None:
    if name is not None and (len(name) > limit or not _NAME.match(name)):
        raise ValueError(
            f"{field}={name!r}: IAM takes up to {limit} letters, digits and any of + = , . @ - _"
        )


def _check_path(path: str) -> None:
    if not (path.startswith("/") and path.endswith("/")):
        raise ValueError(f"path={path!r} must begin and end with a slash.")


class InlinePolicy(Inputs):
    """One entry of a role's ``inlinePolicies``."""

    name: str
    policy: str


class RoleInputs(Tagged):
    """Inputs of a role."""

    assume_role_policy: str
    name: str | None = None
    name_prefix: str | None = None
    path: str = "/"
    description: str = ""
    max_session_duration: int = 3600
    permissions_boundary: str | None = None
    inline_policies: list[InlinePolicy] = []
    managed_policy_arns: list[str] = []
    force_detach_policies: bool = False


class Role(Provider[RoleInputs]):
    """A role with the policies written in it."""

    token = "aws:iam/role:Role"
    inputs = RoleInputs
    replaces = frozenset({"name", "namePrefix", "path"})
    outputs = frozenset({"arn", "name", "uniqueId", "createDate", "tagsAll"})

    def check(self, name: str, properties: Mapping[str, Any]) -> RoleInputs:
        inputs = super().check(name, properties)
        check_trust("assumeRolePolicy", inputs.assume_role_policy)
        _check_name("name", inputs.name, 64)
        _check_path(inputs.path)
        within("maxSessionDuration", inputs.max_session_duration, 3600, 43200)
        for entry in inputs.inline_policies:
            label = f"inlinePolicies {entry.name!r}"
            check_identity(label, entry.policy, limit=ROLE_POLICY_LIMIT)
        return inputs

    def create(self, name: str, inputs: RoleInputs) -> tuple[str, Outputs]:
        tags = self.tags(inputs)
        role_name = physical_name(name, inputs.name, inputs.name_prefix, limit=64)
        role = self.context.client("iam").create_role(
            RoleName=role_name,
            Path=inputs.path,
            AssumeRolePolicyDocument=inputs.assume_role_policy,
            Description=inputs.description,
            MaxSessionDuration=inputs.max_session_duration,
            Tags=pairs(tags),
            **present(PermissionsBoundary=inputs.permissions_boundary),
        )["Role"]
        self._set_policies(role_name, [], inputs.inline_policies, [], inputs.managed_policy_arns)
        return role_name, {
            "arn": role["Arn"],
            "name": role_name,
            "uniqueId": role["RoleId"],
            "createDate": role["CreateDate"].isoformat(),
            "tagsAll": tags,
            **_removable(inputs),
        }

    def update(self, id: str, old: RoleInputs, new: RoleInputs, outputs: Outputs) -> Outputs:
        iam, tags = self.context.client("iam"), self.tags(new)
        iam.update_assume_role_policy(RoleName=id, PolicyDocument=new.assume_role_policy)
        iam.update_role(
            RoleName=id,
            Description=new.description,
            MaxSessionDuration=new.max_session_duration,
        )
        if old.permissions_boundary != new.permissions_boundary:
            if new.permissions_boundary is None:
                iam.delete_role_permissions_boundary(RoleName=id)
            else:
                iam.put_role_permissions_boundary(
                    RoleName=id, PermissionsBoundary=new.permissions_boundary
                )
        self._set_policies(
            id,
            old.inline_policies,
            new.inline_policies,
            old.managed_policy_arns,
            new.managed_policy_arns,
        )
        put, drop = tag_changes(outputs, tags)
        if drop:
            iam.untag_role(RoleName=id, TagKeys=drop)
        if put:
            iam.tag_role(RoleName=id, Tags=pairs(put))
        return outputs | {"tagsAll": tags, **_removable(new)}

    def delete(self, id: str, outputs: Outputs) -> None:
        """Remove it with its own policies; with others' too only if it was told to force."""
        iam = self.context.client("iam")
        forced = outputs["forceDetachPolicies"]
        own, attached = outputs["ownInline"], outputs["ownManaged"]
        with ignoring(_GONE):
            if forced:
                own = iam.list_role_policies(RoleName=id)["PolicyNames"]
                listed = iam.list_attached_role_policies(RoleName=id)["AttachedPolicies"]
                attached = [policy["PolicyArn"] for policy in listed]
            for policy in own:
                iam.delete_role_policy(RoleName=id, PolicyName=policy)
            for arn in attached:
                iam.detach_role_policy(RoleName=id, PolicyArn=arn)
            iam.delete_role(RoleName=id)

    def _set_policies(
        self,
        role: str,
        old_inline: list[InlinePolicy],
        new_inline: list[InlinePolicy],
        old_managed: list[str],
        new_managed: list[str],
    ) -> None:
        iam = self.context.client("iam")
        kept = {entry.name for entry in new_inline}
        for entry in old_inline:
            if entry.name not in kept:
                iam.delete_role_policy(RoleName=role, PolicyName=entry.name)
        for entry in new_inline:
            iam.put_role_policy(RoleName=role, PolicyName=entry.name, PolicyDocument=entry.policy)
        attach, detach = difference(old_managed, new_managed)
        for arn in detach:
            iam.detach_role_policy(RoleName=role, PolicyArn=arn)
        for arn in attach:
            iam.attach_role_policy(RoleName=role, PolicyArn=arn)


def _removable(inputs: RoleInputs) -> Outputs:
    """What ``delete`` must know, which gets no inputs."""
    return {
        "forceDetachPolicies": inputs.force_detach_policies,
        "ownInline": [entry.name for entry in inputs.inline_policies],
        "ownManaged": inputs.managed_policy_arns,
    }


class RolePolicyInputs(Inputs):
    """Inputs of an inline policy made beside its role."""

    role: str
    policy: str
    name: str | None = None
    name_prefix: str | None = None


class RolePolicy(Provider[RolePolicyInputs]):
    """An inline policy of a role."""

    token = "aws:iam/rolePolicy:RolePolicy"
    inputs = RolePolicyInputs
    replaces = frozenset({"role", "name", "namePrefix"})
    outputs = frozenset({"name"})

    def check(self, name: str, properties: Mapping[str, Any]) -> RolePolicyInputs:
        inputs = super().check(name, properties)
        _check_name("name", inputs.name, 128)
        check_identity("policy", inputs.policy, limit=ROLE_POLICY_LIMIT)
        return inputs

    def create(self, name: str, inputs: RolePolicyInputs) -> tuple[str, Outputs]:
        policy_name = physical_name(name, inputs.name, inputs.name_prefix, limit=128)
        self._put(policy_name, inputs)
        return f"{inputs.role}:{policy_name}", {"name": policy_name}

    def update(
        self, id: str, old: RolePolicyInputs, new: RolePolicyInputs, outputs: Outputs
    ) -> Outputs:
        self._put(outputs["name"], new)
        return outputs

    def delete(self, id: str, outputs: Outputs) -> None:
        role, _, policy_name = id.partition(":")
        with ignoring(_GONE):
            self.context.client("iam").delete_role_policy(RoleName=role, PolicyName=policy_name)

    def _put(self, policy_name: str, inputs: RolePolicyInputs) -> None:
        self.context.client("iam").put_role_policy(
            RoleName=inputs.role, PolicyName=policy_name, PolicyDocument=inputs.policy
        )


class AttachmentInputs(Inputs):
    """Inputs of the link between a role and a managed policy."""

    role: str
    policy_arn: str


class RolePolicyAttachment(Provider[AttachmentInputs]):
    """A managed policy attached to a role."""

    token = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    inputs = AttachmentInputs
    replaces = frozenset({"role", "policyArn"})

    def create(self, name: str, inputs: AttachmentInputs) -> tuple[str, Outputs]:
        iam = self.context.client("iam")
        # The embedded cloud attaches ARNs that name nothing; reading the policy refuses them.
        iam.get_policy(PolicyArn=inputs.policy_arn)
        iam.attach_role_policy(RoleName=inputs.role, PolicyArn=inputs.policy_arn)
        return f"{inputs.role}/{inputs.policy_arn}", {}

    def delete(self, id: str, outputs: Outputs) -> None:
        role, _, arn = id.partition("/")
        with ignoring(_GONE):
            self.context.client("iam").detach_role_policy(RoleName=role, PolicyArn=arn)


class PolicyInputs(Tagged):
    """Inputs of a managed policy."""

    policy: str
    name: str | None = None
    name_prefix: str | None = None
    path: str = "/"
    description: str = ""


class Policy(Provider[PolicyInputs]):
    """A managed policy; a new document is a new default version."""

    token = "aws:iam/policy:Policy"
    inputs = PolicyInputs
    replaces = frozenset({"name", "namePrefix", "path", "description"})
    outputs = frozenset({"arn", "name", "policyId", "tagsAll"})

    def check(self, name: str, properties: Mapping[str, Any]) -> PolicyInputs:
        inputs = super().check(name, properties)
        _check_name("name", inputs.name, 128)
        _check_path(inputs.path)
        check_identity("policy", inputs.policy, limit=MANAGED_POLICY_LIMIT)
        return inputs

    def create(self, name: str, inputs: PolicyInputs) -> tuple[str, Outputs]:
        tags = self.tags(inputs)
        policy = self.context.client("iam").create_policy(
            PolicyName=physical_name(name, inputs.name, inputs.name_prefix, limit=128),
            Path=inputs.path,
            PolicyDocument=inputs.policy,
            Description=inputs.description,
            Tags=pairs(tags),
        )["Policy"]
        return policy["Arn"], {
            "arn": policy["Arn"],
            "name": policy["PolicyName"],
            "policyId": policy["PolicyId"],
            "tagsAll": tags,
        }

    def update(self, id: str, old: PolicyInputs, new: PolicyInputs, outputs: Outputs) -> Outputs:
        iam, tags = self.context.client("iam"), self.tags(new)
        if old.policy != new.policy:
            # IAM keeps five versions: the one that was in force is enough.
            for version in iam.list_policy_versions(PolicyArn=id)["Versions"]:
                if not version["IsDefaultVersion"]:
                    iam.delete_policy_version(PolicyArn=id, VersionId=version["VersionId"])
            iam.create_policy_version(PolicyArn=id, PolicyDocument=new.policy, SetAsDefault=True)
        put, drop = tag_changes(outputs, tags)
        if drop:
            iam.untag_policy(PolicyArn=id, TagKeys=drop)
        if put:
            iam.tag_policy(PolicyArn=id, Tags=pairs(put))
        return outputs | {"tagsAll": tags}

    def delete(self, id: str, outputs: Outputs) -> None:
        iam = self.context.client("iam")
        with ignoring(_GONE):
            for version in iam.list_policy_versions(PolicyArn=id)["Versions"]:
                if not version["IsDefaultVersion"]:
                    iam.delete_policy_version(PolicyArn=id, VersionId=version["VersionId"])
            iam.delete_policy(PolicyArn=id)
