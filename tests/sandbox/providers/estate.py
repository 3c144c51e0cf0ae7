"""What the cases of EKS stand on: a network with ways out, roles, a cluster (of the mock)."""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .world import World

ONLY: dict[str, Any] = {
    "authenticationMode": "API",
    "skipDefaultNodeGroup": True,
    "skipDefaultSecurityGroups": True,
    "createOidcProvider": False,
    "bootstrapSelfManagedAddons": False,
    "useDefaultVpcCni": True,
    "kubeProxyAddonOptions": {"enabled": False},
    "corednsAddonOptions": {"enabled": False},
}
"""What alone is served of eks.Cluster."""


def trust(service: str, *actions: str) -> str:
    """A trust policy for one service."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": list(actions or ("sts:AssumeRole",)),
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@dataclass(frozen=True)
class Estate:
    """Made when first asked for, once for all cases."""

    world: World

    @cached_property
    def vpc(self) -> str:
        return self.world.make("aws:ec2/vpc:Vpc", cidrBlock="10.9.0.0/16")[0]

    @cached_property
    def public(self) -> list[str]:
        """Subnets whose machines get public addresses."""
        world = self.world
        gateway = world.make("aws:ec2/internetGateway:InternetGateway", vpcId=self.vpc)[0]
        table = world.make("aws:ec2/routeTable:RouteTable", vpcId=self.vpc)[0]
        world.make(
            "aws:ec2/route:Route",
            routeTableId=table,
            destinationCidrBlock="0.0.0.0/0",
            gatewayId=gateway,
        )
        subnets = [self._subnet(number, mapPublicIpOnLaunch=True) for number in (0, 1, 2)]
        for subnet in subnets:
            world.make(
                "aws:ec2/routeTableAssociation:RouteTableAssociation",
                routeTableId=table,
                subnetId=subnet,
            )
        return subnets

    @cached_property
    def private(self) -> list[str]:
        """Subnets without a way in or out."""
        return [self._subnet(number) for number in (3, 4)]

    @cached_property
    def cluster(self) -> str:
        return self.world.make(
            "eks:index:Cluster", "estate", name="estate", publicSubnetIds=self.public[:2], **ONLY
        )[0]

    @cached_property
    def node_role(self) -> str:
        name = self.role("nodes", "ec2.amazonaws.com")
        for policy in ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly"):
            self.world.client("iam").attach_role_policy(
                RoleName=name.rpartition("/")[2], PolicyArn=f"arn:aws:iam::aws:policy/{policy}"
            )
        return name

    @cached_property
    def template(self) -> str:
        return self.world.make("aws:ec2/launchTemplate:LaunchTemplate", "estate")[0]

    @cached_property
    def fargate_role(self) -> str:
        return self.role("fargate", "eks-fargate-pods.amazonaws.com")

    @cached_property
    def pod_roles(self) -> list[str]:
        actions = ("sts:AssumeRole", "sts:TagSession")
        return [self.role(f"pods-{side}", "pods.eks.amazonaws.com", *actions) for side in "ab"]

    @cached_property
    def people(self) -> list[str]:
        return [self.role(f"people-{side}", "ec2.amazonaws.com") for side in "ab"]

    @cached_property
    def known_person(self) -> str:
        """A principal with an access entry."""
        self.world.make(
            "aws:eks/accessEntry:AccessEntry",
            clusterName=self.cluster,
            principalArn=self.people[1],
        )
        return self.people[1]

    def role(self, name: str, service: str, *actions: str) -> str:
        """The ARN of a new role."""
        policy = trust(service, *actions)
        made = self.world.make("aws:iam/role:Role", name, assumeRolePolicy=policy)
        return str(made[1]["arn"])

    def _subnet(self, number: int, **more: Any) -> str:
        return self.world.make(
            "aws:ec2/subnet:Subnet",
            vpcId=self.vpc,
            cidrBlock=f"10.9.{number}.0/24",
            availabilityZone=f"us-east-1{'abc'[number % 3]}",
            **more,
        )[0]
