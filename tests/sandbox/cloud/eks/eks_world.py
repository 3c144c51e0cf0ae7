"""What the tests of EKS share: a network, roles, clusters and node groups made of one call."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sandbox.kubernetes.client import Api, connect
from sandbox.kubernetes.eks_kubeconfig import kubeconfig

from ..world import World, until

MANAGED = "arn:aws:iam::aws:policy"
NODE_POLICIES = ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly")
SETTLING = ("CREATING", "UPDATING", "DELETING")


def trust(service: str, *actions: str, condition: Any = None) -> dict[str, Any]:
    """A trust policy for one service."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": list(actions) or ["sts:AssumeRole"],
        **({"Condition": condition} if condition else {}),
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


class EksWorld(World):
    """A cloud with EKS; names are the caller's and must be unique."""

    @property
    def eks(self) -> Any:
        return self.client("eks")

    @cache  # noqa: B019 - as in World
    def vpc(self) -> str:
        return str(self.client("ec2").create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"])

    @cache  # noqa: B019
    def table(self, kind: str) -> str:
        """A route table: ``public``, ``private`` (by a NAT gateway) or ``closed``."""
        ec2 = self.client("ec2")
        table = ec2.create_route_table(VpcId=self.vpc())["RouteTable"]["RouteTableId"]
        target: dict[str, Any] = {}
        if kind == "public":
            gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
            ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=self.vpc())
            target = {"GatewayId": gateway}
        elif kind == "private":
            address = ec2.allocate_address(Domain="vpc")["AllocationId"]
            nat = ec2.create_nat_gateway(SubnetId=self.subnets("public")[0], AllocationId=address)
            target = {"NatGatewayId": nat["NatGateway"]["NatGatewayId"]}
        if target:
            ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", **target)
        return str(table)

    @cache  # noqa: B019
    def subnets(
        self, kind: str = "private", zones: str = "ab", public_ip: bool = False
    ) -> list[str]:
        """One subnet a zone."""
        ec2, made = self.client("ec2"), []
        for zone in zones:
            number = len(ec2.describe_subnets(Filters=_in(self.vpc()))["Subnets"])
            subnet = ec2.create_subnet(
                VpcId=self.vpc(),
                CidrBlock=f"10.9.{number}.0/24",
                AvailabilityZone=f"us-east-1{zone}",
            )["Subnet"]["SubnetId"]
            ec2.associate_route_table(RouteTableId=self.table(kind), SubnetId=subnet)
            ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": public_ip})
            made.append(subnet)
        return made

    @cache  # noqa: B019
    def cluster_role(self) -> str:
        return self.role("eks-cluster", trust=trust("eks.amazonaws.com"))

    @cache  # noqa: B019
    def node_role(self, name: str = "eks-node", policies: Sequence[str] = NODE_POLICIES) -> str:
        arn = self.role(name, trust=trust("ec2.amazonaws.com"))
        for policy in policies:
            self.client("iam").attach_role_policy(RoleName=name, PolicyArn=f"{MANAGED}/{policy}")
        return arn

    def cluster(self, name: str, **changes: Any) -> dict[str, Any]:
        """Make a cluster and wait for it; what DescribeCluster says."""
        given = {
            "roleArn": self.cluster_role(),
            "resourcesVpcConfig": {"subnetIds": self.subnets()},
            "accessConfig": {"authenticationMode": "API"},
            **changes,
        }
        self.eks.create_cluster(name=name, **given)
        until(lambda: self.described(name)["status"] not in SETTLING)
        return self.described(name)

    @cache  # noqa: B019
    def shared(self) -> str:
        """The name of a cluster that tests may use and must leave as it was."""
        assert self.cluster("shared")["status"] == "ACTIVE"
        return "shared"

    def described(self, name: str) -> dict[str, Any]:
        return dict(self.eks.describe_cluster(name=name)["cluster"])

    def api(self, name: str) -> Api:
        return connect(kubeconfig(self.eks.describe_cluster(name=name)))

    def group(self, cluster: str, name: str, **changes: Any) -> dict[str, Any]:
        """Make a node group and wait for it; what DescribeNodegroup says."""
        given = {"nodeRole": self.node_role(), "subnets": self.subnets(), **changes}
        self.eks.create_nodegroup(clusterName=cluster, nodegroupName=name, **given)
        return self.settled(cluster, name)

    def settled(self, cluster: str, name: str) -> dict[str, Any]:
        """A node group once nothing of it changes any more."""

        def look() -> dict[str, Any]:
            found = self.eks.describe_nodegroup(clusterName=cluster, nodegroupName=name)
            return dict(found["nodegroup"])

        until(lambda: look()["status"] not in SETTLING)
        return look()

    def remove_group(self, cluster: str, name: str) -> None:
        self.eks.delete_nodegroup(clusterName=cluster, nodegroupName=name)
        until(lambda: name not in self.eks.list_nodegroups(clusterName=cluster)["nodegroups"])

    def remove(self, name: str) -> None:
        self.eks.delete_cluster(name=name)
        until(lambda: name not in self.eks.list_clusters()["clusters"])


def _in(vpc: str) -> list[dict[str, Any]]:
    return [{"Name": "vpc-id", "Values": [vpc]}]
