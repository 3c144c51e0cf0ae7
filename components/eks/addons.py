"""The add-ons of a cluster, in two steps: what nodes need to join, and what needs nodes.

Each has EKS's default version at the time it is made, or the one in ``addon_versions``, and no
update moves it: an unasked new version of the network plug-in restarts on every node.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from .cluster import Cluster
from .identity import CNI_ACCOUNT, CNI_POLICY, attach, pod_role
from .new_cluster import NewCluster
from .settings import Settings

WITH_NODES = ("coredns", "metrics-server")
"""These run in pods of their own, so they are never active without a node."""

Tags = Mapping[str, pulumi.Input[str]]


def before_nodes(
    settings: Settings,
    made: NewCluster,
    cluster: Cluster,
    tags: Tags,
    opts: pulumi.ResourceOptions,
) -> list[pulumi.Resource]:
    """What a node must find when it starts, or it never becomes ready."""
    name = f"{settings.name}-cni"
    role = pod_role(
        name,
        f"The network plug-in of {settings.cluster_name}",
        cluster=settings.cluster_name,
        namespace="kube-system",
        service_account=CNI_ACCOUNT,
        tags=tags,
        opts=opts,
    )
    allowed = attach(name, role, [CNI_POLICY], opts)
    agent = make_addon(settings, made, cluster, "eks-pod-identity-agent", tags, opts)
    proxy = make_addon(settings, made, cluster, "kube-proxy", tags, opts)
    network = make_addon(
        settings,
        made,
        cluster,
        "vpc-cni",
        tags,
        pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[*allowed, agent])),
        # Off by default, and policies would then be accepted and mean nothing.
        configuration_values=json.dumps({"enableNetworkPolicy": "true"}),
        pod_identity_associations=[{"role_arn": role.arn, "service_account": CNI_ACCOUNT}],
    )
    return [*allowed, agent, proxy, network]


def after_nodes(
    settings: Settings,
    made: NewCluster,
    cluster: Cluster,
    nodes: Sequence[pulumi.Resource],
    tags: Tags,
    opts: pulumi.ResourceOptions,
) -> list[pulumi.Resource]:
    """Names for services, and figures for the autoscaler."""
    needs = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=list(nodes)))
    return [make_addon(settings, made, cluster, addon, tags, needs) for addon in WITH_NODES]


def make_addon(
    settings: Settings,
    made: NewCluster,
    cluster: Cluster,
    addon: str,
    tags: Tags,
    opts: pulumi.ResourceOptions,
    **more: Any,
) -> "aws.eks.Addon":
    """One add-on, with what all of them have in common."""
    return aws.eks.Addon(
        f"{settings.name}-{addon}",
        cluster_name=cluster.name,
        addon_name=addon,
        addon_version=made.addon_versions.get(addon),
        resolve_conflicts_on_create="OVERWRITE",
        # What somebody tuned by hand stays; the program's own settings are applied.
        resolve_conflicts_on_update="PRESERVE",
        tags=tags,
        opts=opts,
        **more,
    )
