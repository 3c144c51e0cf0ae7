"""Who may do what in a cluster: access entries, their policies, and the roles of pods."""

from collections.abc import Mapping
from typing import Any, ClassVar

from .base import Inputs, Outputs, Provider, Tagged
from .common import ignoring, one_of, present, wire
from .eks_common import GONE, retagged

_TYPES = ("STANDARD", "EC2_LINUX", "EC2_WINDOWS", "FARGATE_LINUX", "EC2", "HYBRID_LINUX")


class EntryInputs(Tagged):
    """Inputs of an access entry."""

    cluster_name: str
    principal_arn: str
    kubernetes_groups: list[str] = []
    type: str = "STANDARD"
    user_name: str | None = None


class AccessEntry(Provider[EntryInputs]):
    """A principal that a cluster knows; its id is ``cluster:principal``."""

    token = "aws:eks/accessEntry:AccessEntry"
    inputs = EntryInputs
    replaces = frozenset({"clusterName", "principalArn", "type"})
    outputs = frozenset({"accessEntryArn", "createdAt", "modifiedAt", "userName", "tagsAll"})
    delete_before_replace = True

    def check(self, name: str, properties: Mapping[str, Any]) -> EntryInputs:
        inputs = super().check(name, properties)
        one_of("type", inputs.type, _TYPES)
        return inputs

    def create(self, name: str, inputs: EntryInputs) -> tuple[str, Outputs]:
        tags = self.tags(inputs)
        entry = self.context.client("eks").create_access_entry(
            clusterName=inputs.cluster_name,
            principalArn=inputs.principal_arn,
            kubernetesGroups=inputs.kubernetes_groups,
            type=inputs.type,
            tags=tags,
            **present(username=inputs.user_name),
        )["accessEntry"]
        return f"{inputs.cluster_name}:{inputs.principal_arn}", _entry(entry) | {"tagsAll": tags}

    def update(self, id: str, old: EntryInputs, new: EntryInputs, outputs: Outputs) -> Outputs:
        eks = self.context.client("eks")
        entry = eks.update_access_entry(
            clusterName=new.cluster_name,
            principalArn=new.principal_arn,
            kubernetesGroups=new.kubernetes_groups,
            **present(username=new.user_name),
        )["accessEntry"]
        tagged = retagged(eks, outputs["accessEntryArn"], outputs, self.tags(new))
        return outputs | _entry(entry) | tagged

    def delete(self, id: str, outputs: Outputs) -> None:
        cluster, _, principal = id.partition(":")
        with ignoring(GONE):
            self.context.client("eks").delete_access_entry(
                clusterName=cluster, principalArn=principal
            )


def _entry(entry: Mapping[str, Any]) -> Outputs:
    return {
        "accessEntryArn": entry["accessEntryArn"],
        "createdAt": entry["createdAt"].isoformat(),
        "modifiedAt": entry["modifiedAt"].isoformat(),
        "userName": entry["username"],
        "kubernetesGroups": entry["kubernetesGroups"],
    }


class Scope(Inputs):
    """Where a policy holds."""

    type: str
    namespaces: list[str] = []


class PolicyInputs(Inputs):
    """Inputs of the link between an entry and one of EKS's policies."""

    cluster_name: str
    principal_arn: str
    policy_arn: str
    access_scope: Scope


class AccessPolicyAssociation(Provider[PolicyInputs]):
    """One of EKS's own policies for a principal; its id is ``cluster#principal#policy``."""

    token = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
    inputs = PolicyInputs
    replaces = frozenset({"clusterName", "principalArn", "policyArn", "accessScope"})
    outputs = frozenset({"associatedAt", "modifiedAt"})
    delete_before_replace = True

    def check(self, name: str, properties: Mapping[str, Any]) -> PolicyInputs:
        inputs = super().check(name, properties)
        scope = inputs.access_scope
        one_of("accessScope.type", scope.type, ("cluster", "namespace"))
        if (scope.type == "namespace") != bool(scope.namespaces):
            raise ValueError(
                f"accessScope: type={scope.type!r} with namespaces={scope.namespaces!r}. Allowed: "
                "'namespace' with some, 'cluster' with none."
            )
        return inputs

    def create(self, name: str, inputs: PolicyInputs) -> tuple[str, Outputs]:
        linked = self.context.client("eks").associate_access_policy(
            clusterName=inputs.cluster_name,
            principalArn=inputs.principal_arn,
            policyArn=inputs.policy_arn,
            accessScope=wire(inputs.access_scope),
        )["associatedAccessPolicy"]
        return f"{inputs.cluster_name}#{inputs.principal_arn}#{inputs.policy_arn}", {
            "associatedAt": linked["associatedAt"].isoformat(),
            "modifiedAt": linked["modifiedAt"].isoformat(),
        }

    def delete(self, id: str, outputs: Outputs) -> None:
        cluster, principal, policy = id.split("#")
        with ignoring(GONE):
            self.context.client("eks").disassociate_access_policy(
                clusterName=cluster, principalArn=principal, policyArn=policy
            )


class IdentityInputs(Tagged):
    """Inputs of the link between a service account and a role."""

    cluster_name: str
    namespace: str
    service_account: str
    role_arn: str
    disable_session_tags: bool = False


class PodIdentityAssociation(Provider[IdentityInputs]):
    """The role of the pods of a service account; its id is the association's."""

    token = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
    inputs = IdentityInputs
    replaces = frozenset({"clusterName", "namespace", "serviceAccount"})
    outputs = frozenset({"associationArn", "tagsAll"})
    delete_before_replace = True
    inert: ClassVar[Mapping[str, str]] = {
        "disableSessionTags": "sent; session tags are given to the trust policy all the same"
    }

    def create(self, name: str, inputs: IdentityInputs) -> tuple[str, Outputs]:
        tags = self.tags(inputs)
        linked = self.context.client("eks").create_pod_identity_association(
            clusterName=inputs.cluster_name,
            namespace=inputs.namespace,
            serviceAccount=inputs.service_account,
            roleArn=inputs.role_arn,
            disableSessionTags=inputs.disable_session_tags,
            tags=tags,
        )["association"]
        return linked["associationId"], {
            "associationArn": linked["associationArn"],
            "associationId": linked["associationId"],
            "clusterName": inputs.cluster_name,
            "tagsAll": tags,
        }

    def update(
        self, id: str, old: IdentityInputs, new: IdentityInputs, outputs: Outputs
    ) -> Outputs:
        eks = self.context.client("eks")
        eks.update_pod_identity_association(
            clusterName=new.cluster_name,
            associationId=id,
            roleArn=new.role_arn,
            disableSessionTags=new.disable_session_tags,
        )
        return outputs | retagged(eks, outputs["associationArn"], outputs, self.tags(new))

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring(GONE):
            self.context.client("eks").delete_pod_identity_association(
                clusterName=outputs["clusterName"], associationId=id
            )
