"""``eks.Cluster`` of pulumi-eks: a component of another language, served here as one resource.

What the real one makes for these inputs is made here too: the control plane's role and the
control plane. What it makes for others (its own node groups, security groups, add-ons, an
OIDC provider, aws-auth) is refused by name.
"""

import contextlib
import json
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic.alias_generators import to_camel

from sandbox.kubernetes.eks_kubeconfig import kubeconfig

from .base import Inputs, Outputs, Provider, Tagged, UnsupportedInput, auto_name
from .common import ignoring, one_of, pairs, physical_name, present, tag_changes, within
from .eks_common import GONE, applied, gone, retagged, settled

POLICY = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "eks.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        }
    ],
}
LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")
ANYWHERE = ["0.0.0.0/0"]
_ENDPOINT = frozenset({"endpointPublicAccess", "endpointPrivateAccess", "publicAccessCidrs"})
_SUBNETS = frozenset({"subnetIds", "publicSubnetIds", "privateSubnetIds"})


class Options(Inputs):
    """Whether pulumi-eks is to make an add-on of its own."""

    enabled: bool = True


class ClusterInputs(Tagged):
    """Inputs of the component."""

    name: str | None = None
    version: str | None = None
    vpc_id: str | None = None
    subnet_ids: list[str] = []
    public_subnet_ids: list[str] = []
    private_subnet_ids: list[str] = []
    authentication_mode: str = "CONFIG_MAP"
    endpoint_private_access: bool = False
    endpoint_public_access: bool = True
    public_access_cidrs: list[str] = []
    enabled_cluster_log_types: list[str] = []
    encryption_config_key_arn: str | None = None
    deletion_protection: bool = False
    cluster_tags: dict[str, str] = {}
    skip_default_node_group: bool = False
    skip_default_security_groups: bool = False
    create_oidc_provider: bool = False
    bootstrap_self_managed_addons: bool = True
    use_default_vpc_cni: bool = False
    kube_proxy_addon_options: Options = Options()
    coredns_addon_options: Options = Options()

    @property
    def subnets(self) -> list[str]:
        """Where the control plane has its network interfaces."""
        return [*self.subnet_ids, *self.public_subnet_ids, *self.private_subnet_ids]


_ONLY: Mapping[str, tuple[Any, str]] = {
    "authentication_mode": ("API", "name principals by access entries"),
    "skip_default_node_group": (True, "make the nodes by aws.eks.NodeGroup"),
    "skip_default_security_groups": (True, "EKS's own security group serves"),
    "create_oidc_provider": (False, "give pods their roles by Pod Identity"),
    "bootstrap_self_managed_addons": (False, "make the add-ons by aws.eks.Addon"),
    "use_default_vpc_cni": (True, "make the add-on vpc-cni by aws.eks.Addon"),
    "kube_proxy_addon_options": (Options(enabled=False), "make it by aws.eks.Addon"),
    "coredns_addon_options": (Options(enabled=False), "make it by aws.eks.Addon"),
}
"""What alone is served, and what to do instead of the other."""


class Cluster(Provider[ClusterInputs]):
    """A control plane with its role; its id is the cluster's name."""

    token = "eks:index:Cluster"
    inputs = ClusterInputs
    replaces = frozenset({"name", "vpcId", "encryptionConfigKeyArn"})
    outputs = frozenset(
        {
            "kubeconfig",
            "kubeconfigJson",
            "clusterSecurityGroupId",
            "nodeSecurityGroupId",
            "clusterIngressRuleId",
            "oidcIssuer",
            "oidcProviderArn",
            "oidcProviderUrl",
            "autoModeNodeRoleName",
            "defaultNodeGroupAsgName",
            "fargateProfileId",
            "fargateProfileStatus",
            "instanceRoles",
        }
    )
    inert: ClassVar[Mapping[str, str]] = {
        "vpcId": "EKS takes the VPC of the subnets",
        "endpointPrivateAccess": "stored; the API server listens on loopback only",
        "endpointPublicAccess": "stored; the API server listens on loopback only",
        "publicAccessCidrs": "stored; the API server listens on loopback only",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> ClusterInputs:
        inputs = super().check(name, properties)
        for field, (served, instead) in _ONLY.items():
            if getattr(inputs, field) != served:
                value = served.model_dump() if isinstance(served, Options) else served
                raise UnsupportedInput(
                    f"{self.token} '{name}': the sandbox serves {to_camel(field)}={value!r} alone: "
                    f"{instead}."
                )
        for kind in inputs.enabled_cluster_log_types:
            one_of("enabledClusterLogTypes", kind, LOG_TYPES)
        within("subnetIds (how many)", len(inputs.subnets), 2, 16)
        return inputs

    def deletes_first(self, old: ClusterInputs | None, new: ClusterInputs) -> bool:
        """Two clusters of one name cannot be."""
        return new.name is not None and (old is None or old.name == new.name)

    def must_replace(self, changed: frozenset[str], old: ClusterInputs, new: ClusterInputs) -> bool:
        """Encryption can be added to a cluster, and never taken away or changed."""
        added = old.encryption_config_key_arn is None
        return super().must_replace(
            changed - {"encryptionConfigKeyArn"} if added else changed, old, new
        )

    def create(self, name: str, inputs: ClusterInputs) -> tuple[str, Outputs]:
        eks, tags = self.context.client("eks"), self.tags(inputs)
        cluster_name = physical_name(f"{name}-eksCluster", inputs.name, limit=100)
        role_name, role_arn = self._role(name, tags)
        try:
            eks.create_cluster(
                name=cluster_name,
                roleArn=role_arn,
                resourcesVpcConfig={"subnetIds": inputs.subnets, **_endpoint(inputs)},
                accessConfig={"authenticationMode": inputs.authentication_mode},
                bootstrapSelfManagedAddons=inputs.bootstrap_self_managed_addons,
                logging=_logging(inputs.enabled_cluster_log_types),
                tags=tags,
                **present(
                    version=inputs.version,
                    encryptionConfig=_encryption(inputs.encryption_config_key_arn),
                ),
            )
        except Exception:
            self._remove_role(role_name)
            raise
        try:
            answer = self._active(cluster_name)
            if inputs.deletion_protection:
                change = eks.update_cluster_config(name=cluster_name, deletionProtection=True)
                applied(eks, cluster_name, change["update"])
        except Exception:
            with contextlib.suppress(Exception):  # why it failed matters more
                self.delete(cluster_name, {"roleName": role_name})
            raise
        return cluster_name, self._outputs(answer, role_name) | {"tagsAll": tags}

    def update(self, id: str, old: ClusterInputs, new: ClusterInputs, outputs: Outputs) -> Outputs:
        eks, changed = self.context.client("eks"), self.changed(old, new)
        changes: list[dict[str, Any]] = []
        if changed & _ENDPOINT:
            changes.append({"resourcesVpcConfig": _endpoint(new)})
        if changed & _SUBNETS:
            changes.append({"resourcesVpcConfig": {"subnetIds": new.subnets}})
        if "enabledClusterLogTypes" in changed:
            changes.append({"logging": _logging(new.enabled_cluster_log_types)})
        if "deletionProtection" in changed:
            changes.append({"deletionProtection": new.deletion_protection})
        # One kind of change a call, and one call at a time: so EKS wants it.
        for change in changes:
            applied(eks, id, eks.update_cluster_config(name=id, **change)["update"])
        if "encryptionConfigKeyArn" in changed:
            wanted = _encryption(new.encryption_config_key_arn)
            given = eks.associate_encryption_config(clusterName=id, encryptionConfig=wanted)
            applied(eks, id, given["update"])
        if "version" in changed and new.version is not None:
            applied(eks, id, eks.update_cluster_version(name=id, version=new.version)["update"])
        answer = self._active(id)
        tagged = retagged(eks, answer["cluster"]["arn"], outputs, self.tags(new))
        iam = self.context.client("iam")
        put, drop = tag_changes(outputs, tagged["tagsAll"])
        if drop:
            iam.untag_role(RoleName=outputs["roleName"], TagKeys=drop)
        if put:
            iam.tag_role(RoleName=outputs["roleName"], Tags=pairs(put))
        return outputs | self._outputs(answer, outputs["roleName"]) | tagged

    def delete(self, id: str, outputs: Outputs) -> None:
        """The control plane with its objects, its add-ons and its entries; then the role."""
        eks = self.context.client("eks")
        with ignoring(GONE):
            eks.delete_cluster(name=id)
            gone(lambda: eks.describe_cluster(name=id)["cluster"], f"the cluster {id}")
        self._remove_role(outputs["roleName"])

    def tags(self, inputs: Tagged) -> dict[str, str]:
        own = inputs.cluster_tags if isinstance(inputs, ClusterInputs) else {}
        return {**super().tags(inputs), **own}

    def _active(self, name: str) -> dict[str, Any]:
        """Boto3's whole answer about the cluster once it is ACTIVE."""
        eks = self.context.client("eks")
        answer: dict[str, Any] = {}

        def look() -> Mapping[str, Any]:
            nonlocal answer
            answer = eks.describe_cluster(name=name)
            found: Mapping[str, Any] = answer["cluster"]
            return found

        settled(look, f"the cluster {name}")
        return answer

    def _outputs(self, answer: dict[str, Any], role_name: str) -> Outputs:
        cluster, config = answer["cluster"], kubeconfig(answer)
        group = cluster["resourcesVpcConfig"]["clusterSecurityGroupId"]
        issuer = (cluster.get("identity") or {}).get("oidc", {}).get("issuer", "")
        return {
            "kubeconfig": config,
            "kubeconfigJson": json.dumps(config),
            # Without groups of pulumi-eks's own both are EKS's one.
            "clusterSecurityGroupId": group,
            "nodeSecurityGroupId": group,
            "oidcIssuer": issuer.partition("://")[2],
            "roleName": role_name,
            # What is not made: empty, as in the real one.
            "clusterIngressRuleId": "",
            "oidcProviderArn": "",
            "oidcProviderUrl": "",
            "autoModeNodeRoleName": "",
            "defaultNodeGroupAsgName": "",
            "fargateProfileId": "",
            "fargateProfileStatus": "",
            "instanceRoles": [],
        }

    def _role(self, name: str, tags: dict[str, str]) -> tuple[str, str]:
        iam = self.context.client("iam")
        role_name = auto_name(f"{name}-eksRole-role", limit=64)
        role = iam.create_role(
            RoleName=role_name,
            Description="Allows EKS to manage clusters on your behalf.",
            AssumeRolePolicyDocument=json.dumps(TRUST),
            Tags=pairs(tags),
        )["Role"]
        iam.attach_role_policy(RoleName=role_name, PolicyArn=POLICY)
        return role_name, str(role["Arn"])

    def _remove_role(self, role_name: str) -> None:
        iam = self.context.client("iam")
        with ignoring("NoSuchEntity"):
            iam.detach_role_policy(RoleName=role_name, PolicyArn=POLICY)
            iam.delete_role(RoleName=role_name)


def _endpoint(inputs: ClusterInputs) -> dict[str, Any]:
    return {
        "endpointPrivateAccess": inputs.endpoint_private_access,
        "endpointPublicAccess": inputs.endpoint_public_access,
        "publicAccessCidrs": inputs.public_access_cidrs or ANYWHERE,
    }


def _logging(types: list[str]) -> dict[str, Any]:
    """Those on, and the others off: EKS leaves alone what is not named."""
    others = [kind for kind in LOG_TYPES if kind not in types]
    sides = ((list(types), True), (others, False))
    return {"clusterLogging": [{"types": kinds, "enabled": on} for kinds, on in sides if kinds]}


def _encryption(key_arn: str | None) -> list[dict[str, Any]] | None:
    return [{"provider": {"keyArn": key_arn}, "resources": ["secrets"]}] if key_arn else None
