"""Node groups: what could not join fails with AWS's words; sizes and machines are checked."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ..world import until
from .eks_world import EksWorld, trust

pytestmark = pytest.mark.sandbox

ARM = "AL2023_ARM_64_STANDARD"


def test_a_node_group_is_told_as_eks_tells_it(eks: EksWorld) -> None:
    name = eks.shared()
    found = eks.group(name, "plain", labels={"team": "shop"}, tags={"a": "b"})
    assert found["status"] == "ACTIVE"
    assert found["scalingConfig"] == {"minSize": 1, "maxSize": 2, "desiredSize": 1}
    assert (found["amiType"], found["instanceTypes"]) == ("AL2023_x86_64_STANDARD", ["t3.medium"])
    entries = eks.eks.list_access_entries(clusterName=name)["accessEntries"]
    assert eks.node_role() in entries, "EKS lets nodes in by an access entry of its own"
    eks.remove_group(name, "plain")
    assert eks.node_role() not in eks.eks.list_access_entries(clusterName=name)["accessEntries"]


def test_a_cluster_with_a_node_group_is_not_deleted(eks: EksWorld) -> None:
    eks.cluster("held")
    eks.group("held", "g")
    with pytest.raises(ClientError, match=r"ResourceInUseException.*nodegroups attached"):
        eks.eks.delete_cluster(name="held")
    eks.remove_group("held", "g")
    eks.remove("held")


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("architecture", {"instanceTypes": ["t4g.medium"]}, "t4g.medium. is not a valid instance type"),
    ("architecture", {"amiType": ARM}, "t3.medium. is not a valid instance type for .*" + ARM),
    ("type", {"instanceTypes": ["t3.enormous"]}, "instance types do not exist: .t3.enormous"),
    (
        "min",
        {"scalingConfig": {"minSize": 3, "maxSize": 4, "desiredSize": 2}},
        "Minimum capacity 3 can't be greater than desired size 2",
    ),
    (
        "max",
        {"scalingConfig": {"minSize": 1, "maxSize": 2, "desiredSize": 3}},
        "desired capacity 3 can't be greater than max size 2",
    ),
    ("role", {"nodeRole": "arn:aws:iam::123456789012:role/none"}, "ec2.amazonaws.com. were not"),
    ("subnet", {"subnets": ["subnet-0"]}, "The subnet ID 'subnet-0' does not exist"),
    ("template", {"launchTemplate": {"name": "none"}}, "Launch template .* does not exist"),
    ("version", {"version": "1.33"}, "Nodegroup version 1.33 is not"),
]


@pytest.mark.parametrize(("case", "changes", "said"), BAD)
def test_a_node_group_that_aws_would_not_make_is_refused(
    eks: EksWorld, case: str, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(ClientError, match=f"InvalidParameterException.*{said}"):
        eks.group(eks.shared(), f"bad-{case}", **changes)
    assert eks.eks.list_nodegroups(clusterName=eks.shared())["nodegroups"] == []


UNABLE: list[tuple[str, Callable[[EksWorld], dict[str, Any]], str, str]] = [
    (
        "public-without-address",
        lambda eks: {"subnets": eks.subnets("public")},
        "Ec2SubnetInvalidConfiguration",
        "does not automatically assign public IP addresses",
    ),
    (
        "closed",
        lambda eks: {"subnets": eks.subnets("closed")},
        "NodeCreationFailure",
        "no route to a NAT or internet gateway",
    ),
    (
        "no-policy",
        lambda eks: {"nodeRole": eks.node_role("eks-bare", ())},
        "NodeCreationFailure",
        "attach AmazonEKSWorkerNodePolicy",
    ),
    (
        "no-pull",
        lambda eks: {"nodeRole": eks.node_role("eks-half", ("AmazonEKSWorkerNodePolicy",))},
        "NodeCreationFailure",
        "attach AmazonEC2ContainerRegistryPullOnly",
    ),
]


@pytest.mark.parametrize(
    ("name", "changes", "code", "said"), UNABLE, ids=[item[0] for item in UNABLE]
)
def test_nodes_that_could_not_join_fail_the_group(
    eks: EksWorld, name: str, changes: Callable[[EksWorld], dict[str, Any]], code: str, said: str
) -> None:
    found = eks.group(eks.shared(), name, **changes(eks))
    assert found["status"] == "CREATE_FAILED"
    issue = found["health"]["issues"][0]
    assert issue["code"] == code
    assert said in issue["message"]
    eks.remove_group(eks.shared(), name)


def test_nodes_in_public_subnets_have_an_address_by_subnet_or_template(eks: EksWorld) -> None:
    name = eks.shared()
    found = eks.group(name, "by-subnet", subnets=eks.subnets("public", "ab", public_ip=True))
    assert found["status"] == "ACTIVE"
    interface = {"DeviceIndex": 0, "AssociatePublicIpAddress": True}
    template = _template(eks, "addressed", {"NetworkInterfaces": [interface]})
    found = eks.group(
        name, "by-template", subnets=eks.subnets("public"), launchTemplate={"id": template}
    )
    assert found["status"] == "ACTIVE"
    eks.remove_group(name, "by-subnet")
    eks.remove_group(name, "by-template")


def test_a_launch_template_says_what_the_request_must_not(eks: EksWorld) -> None:
    name, template = eks.shared(), _template(eks, "typed", {"InstanceType": "t4g.small"})
    named = {"name": "typed", "version": "$Latest"}
    with pytest.raises(ClientError, match="in both the launch template and the request"):
        eks.group(name, "typed", launchTemplate=named, instanceTypes=["t4g.small"])
    with pytest.raises(ClientError, match="Disk size must be specified within"):
        eks.group(name, "typed", launchTemplate=named, amiType=ARM, diskSize=20)
    found = eks.group(name, "typed", launchTemplate=named, amiType=ARM)
    assert found["launchTemplate"] == {"id": template, "name": "typed", "version": "1"}
    assert "instanceTypes" not in found
    assert "diskSize" not in found
    eks.remove_group(name, "typed")


def test_a_change_is_an_update_that_can_be_followed(eks: EksWorld) -> None:
    name = eks.shared()
    eks.group(name, "followed")
    with pytest.raises(ClientError, match="can't be greater than max size 2"):
        eks.eks.update_nodegroup_config(
            clusterName=name, nodegroupName="followed", scalingConfig={"desiredSize": 3}
        )
    update = eks.eks.update_nodegroup_config(
        clusterName=name,
        nodegroupName="followed",
        scalingConfig={"minSize": 1, "maxSize": 3, "desiredSize": 3},
        labels={"addOrUpdateLabels": {"a": "1"}},
        taints={"addOrUpdateTaints": [{"key": "k", "value": "v", "effect": "NO_SCHEDULE"}]},
    )["update"]
    until(
        lambda: (
            eks.eks.describe_update(name=name, updateId=update["id"], nodegroupName="followed")[
                "update"
            ]["status"]
            == "Successful"
        )
    )
    found = eks.settled(name, "followed")
    assert found["scalingConfig"]["desiredSize"] == 3
    assert found["labels"] == {"a": "1"}
    assert found["taints"] == [{"key": "k", "value": "v", "effect": "NO_SCHEDULE"}]
    eks.remove_group(name, "followed")


def test_a_fargate_profile_is_checked_and_holds_its_cluster(eks: EksWorld) -> None:
    eks.cluster("serverless")
    role = eks.role("eks-fargate", trust=trust("eks-fargate-pods.amazonaws.com"))
    given = {
        "clusterName": "serverless",
        "fargateProfileName": "shop",
        "podExecutionRoleArn": role,
        "selectors": [{"namespace": "shop"}],
        "subnets": eks.subnets(),
    }
    create = eks.eks.create_fargate_profile
    with pytest.raises(ClientError, match="is not a private subnet"):
        create(**{**given, "subnets": eks.subnets("public")})
    with pytest.raises(ClientError, match="Misconfigured PodExecutionRole Trust Policy"):
        create(**{**given, "podExecutionRoleArn": eks.node_role()})
    with pytest.raises(ClientError, match="must have 1 to 5 selectors"):
        create(**{**given, "selectors": []})
    create(**given, tags={"a": "b"})
    eks.eks.get_waiter("fargate_profile_active").wait(
        clusterName="serverless", fargateProfileName="shop", WaiterConfig={"Delay": 1}
    )
    assert eks.eks.list_fargate_profiles(clusterName="serverless")["fargateProfileNames"] == [
        "shop"
    ]
    with pytest.raises(ClientError, match="already exists with this name"):
        create(**given)
    with pytest.raises(ClientError, match="fargate profiles attached"):
        eks.eks.delete_cluster(name="serverless")
    eks.eks.delete_fargate_profile(clusterName="serverless", fargateProfileName="shop")
    until(
        lambda: not eks.eks.list_fargate_profiles(clusterName="serverless")["fargateProfileNames"]
    )
    eks.remove("serverless")


def _template(eks: EksWorld, name: str, data: dict[str, Any]) -> str:
    made = eks.client("ec2").create_launch_template(
        LaunchTemplateName=name, LaunchTemplateData=data
    )
    return str(made["LaunchTemplate"]["LaunchTemplateId"])
