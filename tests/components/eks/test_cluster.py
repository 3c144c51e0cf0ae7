"""The cluster: who may do what, what its machines are, which add-ons it has."""

import json
from typing import Any

import pytest

from components.eks.machines import architecture_of
from components.testing import Deployment

from .helpers import ADDON, CLUSTER, NODES, names, placement, pod, web

ENTRY = "aws:eks/accessEntry:AccessEntry"
ACCESS = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
ROLE = "aws:iam/role:Role"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
LOGS = "aws:cloudwatch/logGroup:LogGroup"
KEY = "aws:kms/key:Key"
FARGATE: dict[str, Any] = {"fargate": True, "network": placement("single")}


def trust(deployment: Deployment, role: str) -> dict[str, Any]:
    (statement,) = json.loads(deployment.one(ROLE, role).inputs["assumeRolePolicy"])["Statement"]
    return dict(statement)


def attached(deployment: Deployment, role: str) -> list[str]:
    prefix = "arn:aws:iam::aws:policy/"
    return sorted(
        item.inputs["policyArn"].removeprefix(prefix)
        for item in deployment.of(ATTACHMENT)
        if item.inputs["role"] == role
    )


def test_the_cluster_is_ready_for_named_principals_and_its_own_add_ons() -> None:
    inputs = web().one(CLUSTER).inputs
    assert inputs == {
        "name": "web-dev",
        "version": "1.35",
        "vpcId": "vpc-1",
        "publicSubnetIds": ["subnet-a", "subnet-b"],
        "privateSubnetIds": ["subnet-c", "subnet-d"],
        "authenticationMode": "API",
        "skipDefaultNodeGroup": True,
        "skipDefaultSecurityGroups": True,
        "createOidcProvider": False,
        "bootstrapSelfManagedAddons": False,
        "useDefaultVpcCni": True,
        "kubeProxyAddonOptions": {"enabled": False},
        "corednsAddonOptions": {"enabled": False},
        "endpointPrivateAccess": True,
        "endpointPublicAccess": True,
        "enabledClusterLogTypes": ["api", "audit", "authenticator"],
        "encryptionConfigKeyArn": "arn:aws:kms:us-east-1:123456789012:key/web-secrets",
        "deletionProtection": False,
        "tags": {"slipway:component": "EksWebApp/web"},
    }


def test_its_logs_find_a_group_with_a_retention() -> None:
    deployment = web(log_retention_days=7)
    group = deployment.one(LOGS)
    assert group.inputs["name"] == "/aws/eks/web-dev/cluster"
    assert group.inputs["retentionInDays"] == 7
    assert group.urn in deployment.one(CLUSTER).depends_on


def test_logs_and_key_can_be_left_out() -> None:
    deployment = web(control_plane_logs=[], secrets_encryption=False)
    assert deployment.of(LOGS) == deployment.of(KEY) == []
    assert {"enabledClusterLogTypes", "encryptionConfigKeyArn"}.isdisjoint(
        deployment.one(CLUSTER).inputs
    )


def test_the_key_turns_and_stays_for_a_month() -> None:
    inputs = web().one(KEY).inputs
    assert (inputs["enableKeyRotation"], inputs["deletionWindowInDays"]) == (True, 30)


def test_the_endpoint_can_be_closed_or_narrowed() -> None:
    closed = web(private_endpoint=True).one(CLUSTER).inputs
    assert (closed["endpointPublicAccess"], closed["endpointPrivateAccess"]) == (False, True)
    narrow = web(public_access_cidrs=["198.51.100.0/24"]).one(CLUSTER).inputs
    assert narrow["publicAccessCidrs"] == ["198.51.100.0/24"]


def test_what_else_is_chosen_reaches_the_cluster() -> None:
    inputs = web(kubernetes_version="1.36", deletion_protection=True).one(CLUSTER).inputs
    assert (inputs["version"], inputs["deletionProtection"]) == ("1.36", True)


def test_admins_have_the_cluster_and_operators_a_look_at_the_namespace() -> None:
    deployment = web(admins=["arn:a", "arn:b"], operators=["arn:o"])
    assert {item.name: item.inputs["principalArn"] for item in deployment.of(ENTRY)} == {
        "web-admin-1": "arn:a",
        "web-admin-2": "arn:b",
        "web-operator-1": "arn:o",
    }
    policy = "arn:aws:eks::aws:cluster-access-policy/"
    assert {
        item.name: (item.inputs["policyArn"], item.inputs["accessScope"])
        for item in deployment.of(ACCESS)
    } == {
        "web-admin-1": (f"{policy}AmazonEKSClusterAdminPolicy", {"type": "cluster"}),
        "web-admin-2": (f"{policy}AmazonEKSClusterAdminPolicy", {"type": "cluster"}),
        "web-operator-1": (
            f"{policy}AmazonEKSViewPolicy",
            {"type": "namespace", "namespaces": ["web"]},
        ),
    }


def test_nodes_are_of_the_apps_architecture() -> None:
    arm = web().one(NODES).inputs
    assert (arm["amiType"], arm["instanceTypes"]) == ("AL2023_ARM_64_STANDARD", ["t4g.medium"])
    intel = web({"architecture": "x86_64"}, nodes={"instance_type": "m7i.large"}).one(NODES).inputs
    assert (intel["amiType"], intel["instanceTypes"]) == ("AL2023_x86_64_STANDARD", ["m7i.large"])


def test_the_number_of_nodes_is_given_once() -> None:
    group = web().one(NODES)
    assert group.inputs["scalingConfig"] == {"desiredSize": 2, "minSize": 1, "maxSize": 4}
    assert group.ignore_changes == ("scalingConfig.desiredSize",)
    more = web(nodes={"min": 3, "max": 9}).one(NODES).inputs["scalingConfig"]
    assert more == {"desiredSize": 3, "minSize": 3, "maxSize": 9}


def test_nodes_keep_their_credentials_from_pods_and_their_disks_encrypted() -> None:
    template = web(nodes={"disk_gib": 50}).one(TEMPLATE).inputs
    assert template["metadataOptions"] == {
        "httpEndpoint": "enabled",
        "httpTokens": "required",
        "httpPutResponseHopLimit": 1,
    }
    (disk,) = template["blockDeviceMappings"]
    assert disk["ebs"] == {
        "volumeSize": 50,
        "volumeType": "gp3",
        "encrypted": "true",
        "deleteOnTermination": "true",
    }


def test_without_nat_nodes_run_in_public_subnets_with_an_address() -> None:
    deployment = web()
    assert deployment.one(NODES).inputs["subnetIds"] == ["subnet-a", "subnet-b"]
    (interface,) = deployment.one(TEMPLATE).inputs["networkInterfaces"]
    assert interface["associatePublicIpAddress"] == "true"
    assert interface["securityGroups"] == ["web-clusterSecurityGroupId"]


def test_with_nat_they_run_in_private_ones_without() -> None:
    deployment = web(network=placement("single"))
    assert deployment.one(NODES).inputs["subnetIds"] == ["subnet-c", "subnet-d"]
    assert "networkInterfaces" not in deployment.one(TEMPLATE).inputs


def test_a_nodes_role_can_join_and_pull_and_no_more() -> None:
    deployment = web()
    assert trust(deployment, "web-nodes")["Principal"] == {"Service": "ec2.amazonaws.com"}
    assert attached(deployment, "web-nodes") == [
        "AmazonEC2ContainerRegistryPullOnly",
        "AmazonEKSWorkerNodePolicy",
    ]
    needed = {item.urn for item in deployment.of(ATTACHMENT)}
    assert needed <= set(deployment.one(NODES).depends_on)


@pytest.mark.parametrize(
    ("role", "namespace", "account"),
    [("web-pods", "web", "web"), ("web-cni", "kube-system", "aws-node")],
)
def test_a_pods_role_is_for_one_service_account_of_one_cluster(
    role: str, namespace: str, account: str
) -> None:
    assert trust(web(), role) == {
        "Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": {
            "StringEquals": {
                "aws:RequestTag/eks-cluster-name": "web-dev",
                "aws:RequestTag/kubernetes-namespace": namespace,
                "aws:RequestTag/kubernetes-service-account": account,
            }
        },
    }


def test_the_network_plug_in_has_its_own_role_and_enforces_policies() -> None:
    deployment = web()
    assert attached(deployment, "web-cni") == ["AmazonEKS_CNI_Policy"]
    inputs = deployment.one(ADDON, "web-vpc-cni").inputs
    assert json.loads(inputs["configurationValues"]) == {"enableNetworkPolicy": "true"}
    (identity,) = inputs["podIdentityAssociations"]
    assert identity == {
        "roleArn": "arn:aws:iam::123456789012:role/web-cni",
        "serviceAccount": "aws-node",
    }


def test_nodes_find_network_and_identity_when_they_start_and_the_rest_waits_for_nodes() -> None:
    deployment = web()
    nodes = deployment.one(NODES)
    for addon in ("vpc-cni", "kube-proxy", "eks-pod-identity-agent"):
        assert deployment.one(ADDON, f"web-{addon}").urn in nodes.depends_on
    for addon in ("coredns", "metrics-server"):
        assert nodes.urn in deployment.one(ADDON, f"web-{addon}").depends_on


def test_add_ons_have_the_version_that_is_given_or_eks_default() -> None:
    deployment = web(addon_versions={"coredns": "v1.12.1-eksbuild.2"})
    assert deployment.one(ADDON, "web-coredns").inputs["addonVersion"] == "v1.12.1-eksbuild.2"
    assert "addonVersion" not in deployment.one(ADDON, "web-vpc-cni").inputs


def test_on_fargate_the_namespace_has_a_profile_and_pods_choose_no_node() -> None:
    deployment = web({"architecture": "x86_64"}, **FARGATE)
    profile = deployment.one("aws:eks/fargateProfile:FargateProfile").inputs
    assert profile["selectors"] == [{"namespace": "web"}]
    assert profile["subnetIds"] == ["subnet-c", "subnet-d"]
    assert attached(deployment, "web-fargate") == ["AmazonEKSFargatePodExecutionRolePolicy"]
    assert trust(deployment, "web-fargate")["Principal"] == {
        "Service": "eks-fargate-pods.amazonaws.com"
    }
    # The add-ons need machines all the same; Pod Identity does not reach Fargate.
    assert names(deployment, NODES) == ["web-nodes"]
    assert deployment.of("aws:eks/podIdentityAssociation:PodIdentityAssociation") == []
    assert deployment.result["role_arn"] is None
    assert "nodeSelector" not in pod(deployment)


ARM = ["t4g.medium", "m7gd.xlarge", "c6gn.large", "a1.large", "x2gd.metal", "im4gn.large"]
ARM += ["is4gen.large", "hpc7g.4xlarge", "g5g.xlarge", "r8g.metal-24xl", "p6e-gb200.36xlarge"]
INTEL = ["t3.medium", "t3a.small", "m7i-flex.large", "g4dn.xlarge", "g6.xlarge", "c5n.18xlarge"]
INTEL += ["u-6tb1.112xlarge", "x2idn.16xlarge", "inf2.xlarge", "p4d.24xlarge", "mac1.metal"]


@pytest.mark.parametrize("name", ARM)
def test_a_g_behind_the_generation_means_arm(name: str) -> None:
    assert architecture_of(name) == "arm64"


@pytest.mark.parametrize("name", INTEL)
def test_everything_else_is_x86(name: str) -> None:
    assert architecture_of(name) == "x86_64"


@pytest.mark.parametrize("name", ["medium", "t3", "t3.", ".medium", "T3.medium", "t3 medium", ""])
def test_what_is_no_instance_type_has_no_architecture(name: str) -> None:
    assert architecture_of(name) is None
