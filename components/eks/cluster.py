"""The cluster: control plane, its logs, its key, and who may do what in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws
import pulumi_eks as eks

from .new_cluster import NewCluster
from .settings import Settings

KEY_DELETION_DAYS = 30
"""The longest: a cluster whose key is gone cannot be started again."""
ADMIN_POLICY = "AmazonEKSClusterAdminPolicy"
VIEW_POLICY = "AmazonEKSViewPolicy"
EDIT_POLICY = "AmazonEKSEditPolicy"
"""The smallest of EKS's policies in which shells (``pods/exec``) are allowed."""

Tags = Mapping[str, pulumi.Input[str]]


@dataclass(frozen=True)
class Cluster:
    """What the rest needs of a cluster."""

    name: pulumi.Input[str]
    kubeconfig: pulumi.Output[str] | None
    """None where a provider of the caller's reaches it."""
    security_group_id: pulumi.Input[str] = ""
    """The one that EKS made; empty in a given cluster, where nothing needs it."""
    entries: list[pulumi.Resource] = field(default_factory=list)
    log_group_name: pulumi.Input[str] | None = None
    """Where the control plane logs; None where it does not, or in a given cluster."""


def make_cluster(
    settings: Settings, made: NewCluster, tags: Tags, opts: pulumi.ResourceOptions
) -> Cluster:
    """A cluster without machines yet."""
    name, cluster_name = settings.name, str(settings.cluster_name)
    logs = None
    if made.control_plane_logs:
        # EKS would make it without retention; with this one it finds it.
        logs = aws.cloudwatch.LogGroup(
            f"{name}-control-plane",
            name=f"/aws/eks/{cluster_name}/cluster",
            retention_in_days=made.log_retention_days,
            tags=tags,
            opts=opts,
        )
    key = None
    if made.secrets_encryption:
        key = aws.kms.Key(
            f"{name}-secrets",
            description=f"Kubernetes secrets of the cluster {cluster_name}",
            deletion_window_in_days=KEY_DELETION_DAYS,
            enable_key_rotation=True,
            tags=tags,
            opts=opts,
        )
    cluster = eks.Cluster(
        name,
        name=cluster_name,
        version=settings.kubernetes_version,
        vpc_id=made.vpc_id,
        public_subnet_ids=list(made.public_subnet_ids),
        private_subnet_ids=list(made.private_subnet_ids),
        # Principals are access entries, named below; the ConfigMap of old would be a second truth.
        authentication_mode=eks.AuthenticationMode.API,
        # Nodes join the security group that EKS makes: within it everything may talk, which is
        # what metrics-server, probes and webhooks need of each other.
        skip_default_node_group=True,
        skip_default_security_groups=True,
        # Pods get their roles from Pod Identity, which needs none.
        create_oidc_provider=False,
        # pulumi-eks gives its add-ons the newest version at each update; ours stay, see addons.py.
        bootstrap_self_managed_addons=False,
        use_default_vpc_cni=True,
        kube_proxy_addon_options={"enabled": False},
        coredns_addon_options={"enabled": False},
        endpoint_private_access=True,
        endpoint_public_access=not made.private_endpoint,
        public_access_cidrs=list(made.public_access_cidrs) or None,
        enabled_cluster_log_types=list(made.control_plane_logs) or None,
        encryption_config_key_arn=None if key is None else key.arn,
        deletion_protection=made.deletion_protection,
        tags=tags,
        opts=pulumi.ResourceOptions.merge(
            opts, pulumi.ResourceOptions(depends_on=[] if logs is None else [logs])
        ),
    )
    # Not the plain name: what is made in the cluster must be gone before the cluster is. An output
    # of the component stands for the cluster inside it; the component itself stands for nothing.
    group = cluster.cluster_security_group_id
    known = group.apply(lambda _: cluster_name)
    return Cluster(
        name=known,
        # In it may be a key, depending on who serves the cluster.
        kubeconfig=pulumi.Output.secret(cluster.kubeconfig_json),
        security_group_id=group,
        entries=_entries(settings, made, known, tags, opts),
        log_group_name=None if logs is None else logs.name,
    )


def _entries(
    settings: Settings,
    made: NewCluster,
    cluster: pulumi.Input[str],
    tags: Tags,
    opts: pulumi.ResourceOptions,
) -> list[pulumi.Resource]:
    """Named principals, each with one of EKS's own policies."""
    partition = None
    entries: list[pulumi.Resource] = []
    operator_policy = EDIT_POLICY if settings.app.exec else VIEW_POLICY
    everywhere: aws.eks.AccessPolicyAssociationAccessScopeArgsDict = {"type": "cluster"}
    here: aws.eks.AccessPolicyAssociationAccessScopeArgsDict = {
        "type": "namespace",
        "namespaces": [settings.namespace],
    }
    for role, principals, policy, scope in (
        ("admin", made.admins, ADMIN_POLICY, everywhere),
        ("operator", made.operators, operator_policy, here),
    ):
        for number, principal in enumerate(principals, 1):
            if partition is None:
                invoke = pulumi.InvokeOutputOptions(parent=opts.parent)
                partition = aws.get_partition_output(opts=invoke).partition
            name = f"{settings.name}-{role}-{number}"
            entry = aws.eks.AccessEntry(
                name, cluster_name=cluster, principal_arn=principal, tags=tags, opts=opts
            )
            association = aws.eks.AccessPolicyAssociation(
                name,
                cluster_name=cluster,
                principal_arn=entry.principal_arn,
                policy_arn=pulumi.Output.concat(
                    "arn:", partition, ":eks::aws:cluster-access-policy/", policy
                ),
                access_scope=scope,
                opts=opts,
            )
            entries += [entry, association]
    return entries
