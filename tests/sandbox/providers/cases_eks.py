"""Lives of node groups, add-ons, entries and the rest of EKS."""

from collections.abc import Mapping
from typing import Any

from sandbox.providers.base import Outputs

from .looks import SEEN1, SEEN2, T1, T2, unless_gone
from .world import Case, World, tags_of

ADMIN = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"


@unless_gone
def _group(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    cluster, group = id.split(":")
    found = world.client("eks").describe_nodegroup(clusterName=cluster, nodegroupName=group)
    return dict(found["nodegroup"])


@unless_gone
def _addon(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    cluster, addon = id.split(":")
    eks = world.client("eks")
    found = dict(eks.describe_addon(clusterName=cluster, addonName=addon)["addon"])
    associations = eks.list_pod_identity_associations(clusterName=cluster)["associations"]
    accounts = [item["serviceAccount"] for item in associations if item.get("ownerArn")]
    return {**found, "accounts": accounts}


@unless_gone
def _entry(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    cluster, _, principal = id.partition(":")
    found = world.client("eks").describe_access_entry(clusterName=cluster, principalArn=principal)
    return dict(found["accessEntry"])


def _policy(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    cluster, principal, policy = id.split("#")
    linked = world.client("eks").list_associated_access_policies(
        clusterName=cluster, principalArn=principal
    )["associatedAccessPolicies"]
    return next((item for item in linked if item["policyArn"] == policy), None)


@unless_gone
def _association(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    found = world.client("eks").describe_pod_identity_association(
        clusterName=outputs["clusterName"], associationId=id
    )
    return dict(found["association"])


@unless_gone
def _profile(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    cluster, profile = id.split(":")
    found = world.client("eks").describe_fargate_profile(
        clusterName=cluster, fargateProfileName=profile
    )
    return dict(found["fargateProfile"])


@unless_gone
def _template(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    ec2 = world.client("ec2")
    template = ec2.describe_launch_templates(LaunchTemplateIds=[id])["LaunchTemplates"]
    if not template:
        return None
    latest = ec2.describe_launch_template_versions(LaunchTemplateId=id, Versions=["$Latest"])
    version = latest["LaunchTemplateVersions"][0]
    return {
        **version["LaunchTemplateData"],
        "name": template[0]["LaunchTemplateName"],
        "default": template[0]["DefaultVersionNumber"],
        "latest": template[0]["LatestVersionNumber"],
        "description": version.get("VersionDescription"),
        # What the emulator tells with the template itself are its first tags for ever.
        "tags": tags_of(
            ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [id]}])["Tags"]
        ),
    }


CASES = [
    Case(
        "aws:ec2/launchTemplate:LaunchTemplate",
        lambda w: {
            "name": "nodes",
            "description": "first",
            "imageId": "ami-1",
            "instanceType": "t3.medium",
            "networkInterfaces": [
                {
                    "deviceIndex": 0.0,
                    "associatePublicIpAddress": "true",
                    "deleteOnTermination": "true",
                    "securityGroups": w.groups[:1],
                }
            ],
            "tags": T1,
        },
        _template,
        lambda w: {
            "ImageId": "ami-1",
            "InstanceType": "t3.medium",
            "default": 1,
            "latest": 1,
            "description": "first",
            "tags": SEEN1,
        },
        lambda w: {
            "description": "second",
            "networkInterfaces": None,
            "vpcSecurityGroupIds": w.groups,
            "updateDefaultVersion": True,
            "tags": T2,
        },
        lambda w: {
            "SecurityGroupIds": w.groups,
            "default": 2,
            "latest": 2,
            "description": "second",
            "tags": SEEN2,
        },
    ),
    Case(
        "aws:ec2/launchTemplate:LaunchTemplate",
        lambda w: {
            "namePrefix": "nodes-",
            "metadataOptions": {
                "httpEndpoint": "enabled",
                "httpTokens": "required",
                "httpPutResponseHopLimit": 1.0,
                "instanceMetadataTags": "disabled",
            },
            "blockDeviceMappings": [
                {
                    "deviceName": "/dev/xvda",
                    "ebs": {
                        "volumeSize": 20.0,
                        "volumeType": "gp3",
                        "encrypted": "true",
                        "deleteOnTermination": "true",
                    },
                }
            ],
            "tagSpecifications": [{"resourceType": "instance", "tags": {"a": "b"}}],
        },
        _template,
        lambda w: {
            "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1},
            "BlockDeviceMappings": [
                {
                    "DeviceName": "/dev/xvda",
                    "Ebs": {
                        "VolumeSize": 20,
                        "VolumeType": "gp3",
                        "Encrypted": True,
                        "DeleteOnTermination": True,
                    },
                }
            ],
            "TagSpecifications": [
                {"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "b"}]}
            ],
        },
        label="disk",
    ),
    Case(
        "aws:eks/nodeGroup:NodeGroup",
        lambda w: {
            "clusterName": w.estate.cluster,
            "nodeGroupName": "machines",
            "nodeRoleArn": w.estate.node_role,
            "subnetIds": w.estate.public,
            "scalingConfig": {"desiredSize": 2.0, "minSize": 1.0, "maxSize": 4.0},
            "instanceTypes": ["t4g.medium"],
            "amiType": "AL2023_ARM_64_STANDARD",
            "capacityType": "ON_DEMAND",
            "labels": {"team": "a", "old": "1"},
            "taints": [{"key": "k", "value": "v", "effect": "NO_SCHEDULE"}],
            "launchTemplate": {"id": w.estate.template, "version": "1"},
            "version": "1.35",
            "tags": T1,
        },
        _group,
        lambda w: {
            "nodegroupName": "machines",
            "status": "ACTIVE",
            "nodeRole": w.estate.node_role,
            "subnets": w.estate.public,
            "scalingConfig": {"desiredSize": 2, "minSize": 1, "maxSize": 4},
            "instanceTypes": ["t4g.medium"],
            "amiType": "AL2023_ARM_64_STANDARD",
            "labels": {"team": "a", "old": "1"},
            "taints": [{"key": "k", "value": "v", "effect": "NO_SCHEDULE"}],
            "launchTemplate": {"id": w.estate.template, "version": "1"},
            "version": "1.35",
            "tags": SEEN1,
        },
        lambda w: {
            "scalingConfig": {"desiredSize": 3.0, "minSize": 1.0, "maxSize": 5.0},
            "labels": {"team": "b"},
            "taints": None,
            "launchTemplate": {"id": w.estate.template, "version": "$Latest"},
            "updateConfig": {"maxUnavailablePercentage": 33.0},
            "tags": T2,
        },
        lambda w: {
            "scalingConfig": {"desiredSize": 3, "minSize": 1, "maxSize": 5},
            "labels": {"team": "b"},
            "taints": [],
            "updateConfig": {"maxUnavailablePercentage": 33},
            "tags": SEEN2,
        },
    ),
    Case(
        "aws:eks/nodeGroup:NodeGroup",
        lambda w: {
            "clusterName": w.estate.cluster,
            "nodeGroupNamePrefix": "named-",
            "nodeRoleArn": w.estate.node_role,
            "subnetIds": w.estate.public,
            "scalingConfig": {"desiredSize": 1.0, "minSize": 1.0, "maxSize": 1.0},
            "launchTemplate": {"name": _template_name(w), "version": "$Default"},
            "updateConfig": {"maxUnavailable": 1.0},
        },
        _group,
        lambda w: {"status": "ACTIVE", "launchTemplate": {"name": _template_name(w)}},
        label="prefix",
    ),
    Case(
        "aws:eks/addon:Addon",
        lambda w: {
            "clusterName": w.estate.cluster,
            "addonName": "vpc-cni",
            "addonVersion": "v1.20.0-eksbuild.1",
            "configurationValues": '{"enableNetworkPolicy":"true"}',
            "podIdentityAssociations": [
                {"roleArn": w.estate.pod_roles[0], "serviceAccount": "aws-node"}
            ],
            "resolveConflictsOnCreate": "OVERWRITE",
            "resolveConflictsOnUpdate": "PRESERVE",
            "tags": T1,
        },
        _addon,
        lambda w: {
            "status": "ACTIVE",
            "addonVersion": "v1.20.0-eksbuild.1",
            "configurationValues": '{"enableNetworkPolicy":"true"}',
            "accounts": ["aws-node"],
            "tags": SEEN1,
        },
        lambda w: {
            "addonVersion": "v1.21.1-eksbuild.1",
            "configurationValues": None,
            "podIdentityAssociations": None,
            "serviceAccountRoleArn": w.estate.pod_roles[1],
            "preserve": True,
            "tags": T2,
        },
        lambda w: {
            "addonVersion": "v1.21.1-eksbuild.1",
            "serviceAccountRoleArn": w.estate.pod_roles[1],
            "accounts": [],
            "tags": SEEN2,
        },
    ),
    Case(
        "aws:eks/accessEntry:AccessEntry",
        lambda w: {
            "clusterName": w.estate.cluster,
            "principalArn": w.estate.people[0],
            "kubernetesGroups": ["viewers"],
            "type": "STANDARD",
            "tags": T1,
        },
        _entry,
        lambda w: {"kubernetesGroups": ["viewers"], "type": "STANDARD", "tags": SEEN1},
        lambda w: {"kubernetesGroups": ["editors"], "userName": "ann", "tags": T2},
        lambda w: {"kubernetesGroups": ["editors"], "username": "ann", "tags": SEEN2},
    ),
    Case(
        "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
        lambda w: {
            "clusterName": w.estate.cluster,
            "principalArn": w.estate.known_person,
            "policyArn": ADMIN,
            "accessScope": {"type": "namespace", "namespaces": ["shop"]},
        },
        _policy,
        lambda w: {"accessScope": {"type": "namespace", "namespaces": ["shop"]}},
    ),
    Case(
        "aws:eks/podIdentityAssociation:PodIdentityAssociation",
        lambda w: {
            "clusterName": w.estate.cluster,
            "namespace": "shop",
            "serviceAccount": "web",
            "roleArn": w.estate.pod_roles[0],
            "tags": T1,
        },
        _association,
        lambda w: {
            "namespace": "shop",
            "serviceAccount": "web",
            "roleArn": w.estate.pod_roles[0],
            "tags": SEEN1,
        },
        lambda w: {"roleArn": w.estate.pod_roles[1], "tags": T2},
        lambda w: {"roleArn": w.estate.pod_roles[1], "tags": SEEN2},
    ),
    Case(
        "aws:eks/fargateProfile:FargateProfile",
        lambda w: {
            "clusterName": w.estate.cluster,
            "fargateProfileName": "pods",
            "podExecutionRoleArn": w.estate.fargate_role,
            "selectors": [{"namespace": "shop", "labels": {"app": "web"}}],
            "subnetIds": w.estate.private,
            "tags": T1,
        },
        _profile,
        lambda w: {
            "status": "ACTIVE",
            "podExecutionRoleArn": w.estate.fargate_role,
            "selectors": [{"namespace": "shop", "labels": {"app": "web"}}],
            "subnets": w.estate.private,
            "tags": SEEN1,
        },
        lambda w: {"tags": T2},
        lambda w: {"tags": SEEN2},
    ),
]


def _template_name(world: World) -> str:
    found = world.client("ec2").describe_launch_templates(LaunchTemplateIds=[world.estate.template])
    return str(found["LaunchTemplates"][0]["LaunchTemplateName"])
