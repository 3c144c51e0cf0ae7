"""Add-ons, access entries and Pod Identity: known names, roles that can be taken on."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from ..world import until
from .eks_world import EksWorld, trust

pytestmark = pytest.mark.sandbox

PODS = "pods.eks.amazonaws.com"
BOTH = ("sts:AssumeRole", "sts:TagSession")


def addon(eks: EksWorld, name: str, **given: Any) -> dict[str, Any]:
    """Make an add-on of the shared cluster and wait for it."""
    cluster = eks.shared()
    eks.eks.create_addon(clusterName=cluster, addonName=name, **given)

    def look() -> dict[str, Any]:
        return dict(eks.eks.describe_addon(clusterName=cluster, addonName=name)["addon"])

    until(lambda: look()["status"] != "CREATING")
    return look()


def test_a_known_add_on_becomes_active_with_a_version(eks: EksWorld) -> None:
    found = addon(eks, "coredns", configurationValues='{"replicaCount": 2}')
    assert found["status"] == "ACTIVE"
    assert found["addonVersion"].endswith("-eksbuild.1")
    eks.eks.delete_addon(clusterName=eks.shared(), addonName="coredns")


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("corends", {}, "Addon corends specified is not supported in 1.35"),
        ("coredns", {"addonVersion": "latest"}, "version specified is not supported: latest"),
        ("coredns", {"configurationValues": "{oops"}, "ConfigurationValue provided in request"),
        ("coredns", {"configurationValues": "- a"}, "it is no mapping"),
    ],
)
def test_an_add_on_that_aws_does_not_have_is_refused(
    eks: EksWorld, name: str, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(ClientError, match=f"InvalidParameterException.*{said}"):
        addon(eks, name, **given)


def test_the_versions_of_add_ons_and_clusters_can_be_asked(eks: EksWorld) -> None:
    found = eks.eks.describe_addon_versions(addonName="vpc-cni", kubernetesVersion="1.35")["addons"]
    version = found[0]["addonVersions"][0]
    assert [item["clusterVersion"] for item in version["compatibilities"]] == ["1.35"]
    known = eks.eks.describe_cluster_versions()["clusterVersions"]
    assert [item["clusterVersion"] for item in known if item["defaultVersion"]] == ["1.35"]


def test_an_add_on_brings_its_pod_identity_association_and_takes_it_away(eks: EksWorld) -> None:
    role = eks.role("eks-cni", trust=trust(PODS, *BOTH))
    wanted = [{"serviceAccount": "aws-node", "roleArn": role}]
    found = addon(eks, "vpc-cni", podIdentityAssociations=wanted)
    listed = eks.eks.list_pod_identity_associations(clusterName=eks.shared())["associations"]
    assert [(item["namespace"], item["serviceAccount"]) for item in listed] == [
        ("kube-system", "aws-node")
    ]
    assert found["podIdentityAssociations"] == [listed[0]["associationArn"]]
    eks.eks.update_addon(
        clusterName=eks.shared(), addonName="vpc-cni", podIdentityAssociations=wanted
    )
    eks.eks.delete_addon(clusterName=eks.shared(), addonName="vpc-cni")
    assert eks.eks.list_pod_identity_associations(clusterName=eks.shared())["associations"] == []


NAMESPACE = "aws:RequestTag/kubernetes-namespace"


@pytest.mark.parametrize(
    ("case", "policy", "said"),
    [
        ("tasks", trust("ecs-tasks.amazonaws.com", *BOTH), f"{PODS} to sts:AssumeRole"),
        ("no-tags", trust(PODS, "sts:AssumeRole"), f"{PODS} to sts:TagSession"),
        (
            "elsewhere",
            trust(PODS, *BOTH, condition={"StringEquals": {NAMESPACE: "other"}}),
            f"{PODS} to sts:AssumeRole",
        ),
    ],
)
def test_a_role_that_pods_could_not_take_on_is_refused(
    eks: EksWorld, case: str, policy: dict[str, Any], said: str
) -> None:
    role = eks.role(f"eks-pods-{case}", trust=policy)
    with pytest.raises(ClientError, match=f"cannot be assumed: .*{said}"):
        _associate(eks, role)
    with pytest.raises(ClientError, match="does not exist"):
        _associate(eks, role + "-gone")


def test_a_service_account_has_one_role(eks: EksWorld) -> None:
    here = {"StringEquals": {NAMESPACE: "shop", "aws:RequestTag/eks-cluster-name": eks.shared()}}
    role = eks.role("eks-pods", trust=trust(PODS, *BOTH, condition=here))
    made = _associate(eks, role)
    with pytest.raises(ClientError, match=r"ResourceInUseException.*already exists"):
        _associate(eks, role)
    wrong = eks.role("eks-pods-wrong", trust=trust(PODS, "sts:AssumeRole"))
    names = {"clusterName": eks.shared(), "associationId": made["associationId"]}
    with pytest.raises(ClientError, match="sts:TagSession"):
        eks.eks.update_pod_identity_association(**names, roleArn=wrong)
    eks.eks.tag_resource(resourceArn=made["associationArn"], tags={"a": "b"})
    found = eks.eks.describe_pod_identity_association(**names)["association"]
    assert (found["roleArn"], found["tags"]) == (role, {"a": "b"})
    eks.eks.delete_pod_identity_association(**names)


def test_access_entries_name_principals_and_known_policies(eks: EksWorld) -> None:
    role = eks.role("eks-operator", trust=trust("ec2.amazonaws.com"))
    cluster = eks.shared()
    with pytest.raises(ClientError, match="is not an IAM role or user"):
        eks.eks.create_access_entry(clusterName=cluster, principalArn="arn:aws:s3:::bucket")
    with pytest.raises(ClientError, match="cannot start with system:"):
        eks.eks.create_access_entry(
            clusterName=cluster, principalArn=role, kubernetesGroups=["system:masters"]
        )
    eks.eks.create_access_entry(clusterName=cluster, principalArn=role)
    scope = {"type": "namespace", "namespaces": ["shop"]}
    policy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
    with pytest.raises(ClientError, match="not an access policy"):
        eks.eks.associate_access_policy(
            clusterName=cluster, principalArn=role, policyArn=f"{policy}s", accessScope=scope
        )
    eks.eks.associate_access_policy(
        clusterName=cluster, principalArn=role, policyArn=policy, accessScope=scope
    )
    eks.eks.delete_access_entry(clusterName=cluster, principalArn=role)


def _associate(eks: EksWorld, role: str) -> dict[str, Any]:
    made = eks.eks.create_pod_identity_association(
        clusterName=eks.shared(), namespace="shop", serviceAccount="storefront", roleArn=role
    )
    return dict(made["association"])


def test_the_cloudwatch_agent_has_a_namespace_of_its_own(eks: EksWorld) -> None:
    name = "amazon-cloudwatch-observability"
    role = eks.role("eks-agent", trust=trust(PODS, *BOTH))
    wanted = [{"serviceAccount": "cloudwatch-agent", "roleArn": role}]
    addon(eks, name, podIdentityAssociations=wanted)
    listed = eks.eks.list_pod_identity_associations(clusterName=eks.shared())["associations"]
    assert [item["namespace"] for item in listed] == ["amazon-cloudwatch"]
    eks.eks.delete_addon(clusterName=eks.shared(), addonName=name)
