"""What EKS asks of the roles, subnets and keys that it is given, in its words.

The emulator takes any; on AWS a wrong one is an error at once, or a node group that fails
half an hour later.
"""

import dataclasses
import json
from collections.abc import Iterable, Sequence
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import ec2, iam, kms

from . import roles
from .eks_records import invalid

CLUSTER, NODES = "eks.amazonaws.com", "ec2.amazonaws.com"
FARGATE, PODS = "eks-fargate-pods.amazonaws.com", "pods.eks.amazonaws.com"
NODE_ACTIONS = {
    "ec2:DescribeInstances": ("AmazonEKSWorkerNodePolicy", "AmazonEKSWorkerNodeMinimalPolicy"),
    "ecr:GetAuthorizationToken": (
        "AmazonEC2ContainerRegistryPullOnly",
        "AmazonEC2ContainerRegistryReadOnly",
    ),
}
"""What a node cannot join or pull without, and the managed policies that allow it.

The emulator knows the documents of some of them only, so a role that has one may do it."""


def trusts(role_arn: str, service: str, cluster: str) -> bool:
    """Whether the role exists and the service may assume it for the cluster."""
    return roles.name_of(role_arn) in iam._roles and roles.trusts(
        role_arn, service, source(cluster)
    )


def pod_role(role_arn: str, cluster: str, namespace: str, account: str) -> str | None:
    """Why the pods of a service account would get no session of the role; None if they would."""
    role = iam._roles.get(roles.name_of(role_arn))
    if role is None:
        return f"the role {role_arn} does not exist"
    document: Any = role.get("AssumeRolePolicyDocument") or "{}"
    document = json.loads(document) if isinstance(document, str) else document
    statements = document.get("Statement", [])
    # As in roles.trusts: the evaluator knows no services, so theirs are asked as everyone's.
    named = [
        {**statement, "Principal": "*"}
        for statement in ([statements] if isinstance(statements, dict) else statements)
        if iam_evaluator._service_principal_matches(statement.get("Principal"), PODS)
    ]
    tags = {
        "eks-cluster-arn": source(cluster),
        "eks-cluster-name": cluster,
        "kubernetes-namespace": namespace,
        "kubernetes-service-account": account,
    }
    for action in ("sts:AssumeRole", "sts:TagSession"):
        context = roles._context(PODS, "*", action, source(cluster))
        context = dataclasses.replace(context, request_tags=tags, tag_keys=list(tags))
        if not iam_evaluator.evaluate_trust_policy({"Statement": named}, PODS, context):
            return f"its trust policy does not allow {PODS} to {action}"
    return None


def node_role(role_arn: str) -> str | None:
    """Why nodes with this role would not join; None if they would."""
    role = iam._roles.get(roles.name_of(role_arn)) or {}
    attached = {arn.rpartition("/")[2] for arn in role.get("AttachedPolicies", [])}
    for action, policies in NODE_ACTIONS.items():
        if attached.isdisjoint(policies) and roles.refusal(role_arn, "node", action, "*"):
            return f"the node role {role_arn} may not {action}; attach {policies[0]}"
    return None


def subnets(ids: Sequence[str]) -> list[dict[str, Any]]:
    """The subnets, all of one VPC; refused otherwise."""
    found = [ec2._subnets.get(id) for id in ids]
    if unknown := [id for id, subnet in zip(ids, found, strict=True) if subnet is None]:
        raise invalid(f"The subnet ID '{unknown[0]}' does not exist")
    known = [subnet for subnet in found if subnet is not None]
    if len({subnet["VpcId"] for subnet in known}) > 1:
        raise invalid(f"Provided subnets belong to different VPCs: {', '.join(ids)}")
    return known


def security_groups(ids: Iterable[str]) -> None:
    """Refuse a security group that does not exist."""
    for id in ids:
        if id not in ec2._security_groups:
            raise invalid(f"The securityGroup ID '{id}' does not exist")


def encryption(configuration: Sequence[dict[str, Any]]) -> None:
    """Refuse what cannot encrypt secrets."""
    for entry in configuration:
        arn = str((entry.get("provider") or {}).get("keyArn", ""))
        if entry.get("resources") != ["secrets"]:
            raise invalid("Only supported resource for encryption is 'secrets'.")
        key = kms._resolve_key(arn)
        if key is None:
            raise invalid(f"The keyArn in encryptionConfig provider {arn} does not exist.")
        if key.get("KeySpec", "SYMMETRIC_DEFAULT") != "SYMMETRIC_DEFAULT":
            raise invalid(f"The KMS key {arn} is not symmetric.")


def public(subnet: dict[str, Any]) -> bool:
    """Whether the subnet's default route is an internet gateway."""
    return str(_default_route(subnet).get("GatewayId", "")).startswith("igw-")


def no_way_out(subnet: dict[str, Any], assigned: bool | None) -> str | None:
    """Why an instance in the subnet reaches neither cluster nor registry; None if it does.

    ``assigned`` is what the launch template says of public addresses, None if nothing.
    """
    id = subnet["SubnetId"]
    if public(subnet):
        if subnet["MapPublicIpOnLaunch"] if assigned is None else assigned:
            return None
        return (
            f"One or more Amazon EC2 Subnets of [{id}] does not automatically assign public IP "
            "addresses to instances launched into it. If you want your instances to be assigned "
            "a public IP address, then you need to enable auto-assign public IP address for the "
            "subnet"
        )
    interfaces = [
        endpoint
        for endpoint in ec2._vpc_endpoints.values()
        if endpoint["VpcId"] == subnet["VpcId"] and endpoint["VpcEndpointType"] == "Interface"
    ]
    if _default_route(subnet) or interfaces:
        return None
    return f"Instances in {id} reach nothing: it has no route to a NAT or internet gateway"


def source(cluster: str) -> str:
    """The ARN by which EKS names itself to a role's conditions."""
    return f"arn:aws:eks:{get_region()}:{get_account_id()}:cluster/{cluster}"


def _default_route(subnet: dict[str, Any]) -> dict[str, Any]:
    tables = [table for table in ec2._route_tables.values() if table["VpcId"] == subnet["VpcId"]]
    own = [
        table
        for table in tables
        if any(link.get("SubnetId") == subnet["SubnetId"] for link in table["Associations"])
    ]
    main = [table for table in tables if any(link.get("Main") for link in table["Associations"])]
    for table in (own or main)[:1]:
        for route in table["Routes"]:
            if route.get("DestinationCidrBlock") == "0.0.0.0/0":
                return dict(route)
    return {}
