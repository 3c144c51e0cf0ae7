"""Roles: what pods may do in AWS (by EKS Pod Identity), and what nodes may.

Pod Identity and not IAM roles for service accounts: its trust names no OIDC provider, so a role
outlives its cluster, and there is nothing to make in IAM for each cluster.
"""

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from ..policy import document, trust
from .settings import Settings

PODS = "pods.eks.amazonaws.com"
CNI_ACCOUNT = "aws-node"
CNI_POLICY = "AmazonEKS_CNI_Policy"
NODE_POLICIES = ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly")
"""EKS refuses a node group whose role lacks the first; the second fetches images, and cannot list
or push. Not the CNI's: it may change every network interface of the account, and a node's role is
what a pod gets hold of first; it belongs to the CNI's own service account."""
FARGATE_POLICY = "AmazonEKSFargatePodExecutionRolePolicy"
"""Fetches images and writes Fargate's logs, for the pods' host and not for the pods."""

Tags = Mapping[str, pulumi.Input[str]]


def pod_role(
    name: str,
    description: str,
    *,
    cluster: pulumi.Input[str],
    namespace: str,
    service_account: str,
    tags: Tags,
    opts: pulumi.ResourceOptions,
) -> "aws.iam.Role":
    """A role that only pods of one service account can take.

    EKS sends these session tags whenever it takes a role for a pod (EKS user guide, "Grant Pods
    access to AWS resources based on tags"), and a pod cannot choose them.
    """
    return aws.iam.Role(
        name,
        description=description,
        assume_role_policy=trust(
            PODS,
            request_tags={
                "eks-cluster-name": cluster,
                "kubernetes-namespace": namespace,
                "kubernetes-service-account": service_account,
            },
        ),
        tags=tags,
        opts=opts,
    )


def app_role(
    settings: Settings,
    cluster: pulumi.Input[str],
    tags: Tags,
    opts: pulumi.ResourceOptions,
) -> "tuple[aws.iam.Role | None, list[pulumi.Resource]]":
    """What ``app.permissions`` says, and what must exist before a pod starts with it.

    The role is there without permissions too, as a task's is: what is allowed later, and by
    whom, then names a role that does not change. On Fargate no pod could take it.
    """
    if settings.fargate:
        return None, []
    name = f"{settings.name}-pods"
    role = pod_role(
        name,
        f"What the app in {settings.name} may do",
        cluster=settings.cluster_name,
        namespace=settings.namespace,
        service_account=settings.name,
        tags=tags,
        opts=opts,
    )
    needed: list[pulumi.Resource] = []
    if settings.app.permissions:
        needed.append(
            aws.iam.RolePolicy(
                name, role=role.id, policy=document(settings.app.permissions), opts=opts
            )
        )
    association = aws.eks.PodIdentityAssociation(
        settings.name,
        cluster_name=cluster,
        namespace=settings.namespace,
        service_account=settings.name,
        role_arn=role.arn,
        tags=tags,
        opts=opts,
    )
    return role, [*needed, association]


def service_role(
    name: str,
    description: str,
    *,
    service: str,
    policies: Sequence[str],
    tags: Tags,
    opts: pulumi.ResourceOptions,
) -> "tuple[aws.iam.Role, list[aws.iam.RolePolicyAttachment]]":
    """A role for one AWS service with AWS's own policies: EKS checks for these, by name."""
    role = aws.iam.Role(
        name, description=description, assume_role_policy=trust(service), tags=tags, opts=opts
    )
    return role, attach(name, role, policies, opts)


def attach(
    name: str, role: "aws.iam.Role", policies: Sequence[str], opts: pulumi.ResourceOptions
) -> "list[aws.iam.RolePolicyAttachment]":
    """AWS's own policies, wherever in the world the stack is."""
    invoke = pulumi.InvokeOutputOptions(parent=opts.parent)
    partition = aws.get_partition_output(opts=invoke).partition
    return [
        aws.iam.RolePolicyAttachment(
            f"{name}-{policy}",
            role=role.name,
            policy_arn=pulumi.Output.concat("arn:", partition, ":iam::aws:policy/", policy),
            opts=opts,
        )
        for policy in policies
    ]
