"""eks.Cluster as pulumi-eks serves it, and what EKS says when something cannot be made."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.kubernetes.client import connect
from sandbox.providers.base import UnsupportedInput

from .clusters import OFFLINE, PROVIDERS
from .estate import ONLY
from .world import World

pytestmark = pytest.mark.sandbox

TOKEN = "eks:index:Cluster"


def wanted(world: World, name: str, **more: Any) -> dict[str, Any]:
    subnets = world.estate.public
    return {"name": name, "version": "1.34", "publicSubnetIds": subnets, **ONLY, **more}


def roles(world: World, prefix: str) -> list[str]:
    found = world.client("iam").list_roles()["Roles"]
    return [role["RoleName"] for role in found if role["RoleName"].startswith(prefix)]


def test_a_cluster_is_made_changed_and_removed_with_its_role(world: World) -> None:
    eks, provider = world.client("eks"), world.provider(TOKEN)
    first = wanted(
        world,
        "life",
        vpcId=world.estate.vpc,
        endpointPrivateAccess=True,
        enabledClusterLogTypes=["api", "audit"],
        deletionProtection=True,
        tags={"team": "a"},
        clusterTags={"only": "cluster"},
    )
    before = provider.check("life", first)
    id, outputs = provider.create("life", before)
    assert provider.outputs <= outputs.keys()
    assert outputs["clusterSecurityGroupId"].startswith("sg-")
    assert json.loads(outputs["kubeconfigJson"]) == outputs["kubeconfig"]
    assert connect(outputs["kubeconfigJson"]).list("v1", "Namespace") is not None

    made = eks.describe_cluster(name=id)["cluster"]
    assert made["version"] == "1.34"
    assert made["accessConfig"]["authenticationMode"] == "API"
    assert made["resourcesVpcConfig"]["subnetIds"] == world.estate.public
    assert made["resourcesVpcConfig"]["endpointPrivateAccess"] is True
    assert made["tags"] == {"stack": "test", "team": "a", "only": "cluster"}
    assert _logged(made) == {"api", "audit"}
    (role,) = roles(world, "life-eksRole-role-")
    assert made["roleArn"].endswith(f"/{role}")

    with pytest.raises(ClientError, match="deletion protection"):
        provider.delete(id, outputs)

    later = {
        **first,
        "version": "1.35",
        "endpointPrivateAccess": False,
        "enabledClusterLogTypes": ["audit"],
        "encryptionConfigKeyArn": world.client("kms").create_key()["KeyMetadata"]["Arn"],
        "deletionProtection": False,
        "tags": {"team": "b"},
    }
    after = provider.check("life", later)
    assert not provider.must_replace(provider.changed(before, after), before, after)
    outputs = provider.update(id, before, after, outputs)
    made = eks.describe_cluster(name=id)["cluster"]
    assert made["version"] == "1.35"
    assert made["resourcesVpcConfig"]["endpointPrivateAccess"] is False
    assert _logged(made) == {"audit"}
    assert made["encryptionConfig"][0]["provider"]["keyArn"] == later["encryptionConfigKeyArn"]
    assert made["tags"] == {"stack": "test", "team": "b", "only": "cluster"}

    provider.delete(id, outputs)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        eks.describe_cluster(name=id)
    assert roles(world, "life-eksRole-role-") == []
    provider.delete(id, outputs)  # what is gone already is no error


def test_a_cluster_that_cannot_be_made_leaves_no_role(world: World) -> None:
    one_zone = wanted(world, "narrow", publicSubnetIds=world.estate.public[:1] * 2)
    with pytest.raises(ClientError, match="at least two different AZs"):
        world.make(TOKEN, "narrow", **one_zone)
    assert roles(world, "narrow-") == []


def test_a_cluster_of_a_name_that_is_taken_leaves_the_other_alone(world: World) -> None:
    taken = world.estate.cluster
    with pytest.raises(ClientError, match="already exists"):
        world.make(TOKEN, "second", **wanted(world, taken))
    assert world.client("eks").describe_cluster(name=taken)["cluster"]["status"] == "ACTIVE"
    assert roles(world, "second-") == []


def test_a_cluster_with_a_node_group_is_not_removed(world: World) -> None:
    cluster = world.estate.cluster
    group = world.make(
        "aws:eks/nodeGroup:NodeGroup",
        "holding",
        clusterName=cluster,
        nodeRoleArn=world.estate.node_role,
        subnetIds=world.estate.public,
        scalingConfig={"desiredSize": 1, "minSize": 1, "maxSize": 1},
    )
    with pytest.raises(ClientError, match="has nodegroups attached"):
        world.provider(TOKEN).delete(cluster, {"roleName": "none"})
    world.provider("aws:eks/nodeGroup:NodeGroup").delete(*group)


def test_nodes_that_cannot_join_fail_with_ekss_reason_and_leave_no_group(world: World) -> None:
    with pytest.raises(RuntimeError, match=r"CREATE_FAILED: NodeCreationFailure: .*no route") as e:
        world.make(
            "aws:eks/nodeGroup:NodeGroup",
            "stranded",
            clusterName=world.estate.cluster,
            nodeRoleArn=world.estate.node_role,
            subnetIds=world.estate.private,
            scalingConfig={"desiredSize": 1, "minSize": 1, "maxSize": 1},
        )
    assert "estate:stranded-" in str(e.value)
    left = world.client("eks").list_nodegroups(clusterName=world.estate.cluster)["nodegroups"]
    assert not [name for name in left if name.startswith("stranded")]


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    (TOKEN, {"authenticationMode": "API_AND_CONFIG_MAP"}, "authenticationMode='API' alone"),
    (TOKEN, {"skipDefaultNodeGroup": False}, "skipDefaultNodeGroup=True alone: make the nodes"),
    (TOKEN, {"createOidcProvider": True}, "createOidcProvider=False alone"),
    (TOKEN, {"corednsAddonOptions": {}}, "corednsAddonOptions="),
    (TOKEN, {"useDefaultVpcCni": False}, "useDefaultVpcCni=True alone"),
    (TOKEN, {"enabledClusterLogTypes": ["all"]}, "Allowed: api, audit"),
    (TOKEN, {"publicSubnetIds": ["subnet-1"]}, "subnetIds .how many.=1"),
    (TOKEN, {"autoMode": {"enabled": True}}, "autoMode: Extra inputs are not permitted"),
    ("aws:eks/nodeGroup:NodeGroup", {"scalingConfig.maxSize": 1}, "desiredSize=2 is not valid"),
    ("aws:eks/nodeGroup:NodeGroup", {"scalingConfig.minSize": 5}, "maxSize=4 is not valid"),
    ("aws:eks/nodeGroup:NodeGroup", {"capacityType": "CHEAP"}, "Allowed: ON_DEMAND, SPOT"),
    (
        "aws:eks/nodeGroup:NodeGroup",
        {"taints": [{"key": "a", "effect": "NoSchedule"}]},
        "Allowed: NO_SCHEDULE",
    ),
    (
        "aws:eks/nodeGroup:NodeGroup",
        {"diskSize": 20, "launchTemplate": {"id": "lt-1", "version": "1"}},
        "exclude each other",
    ),
    (
        "aws:eks/nodeGroup:NodeGroup",
        {"launchTemplate": {"version": "1"}},
        "exactly one of id, name",
    ),
    ("aws:eks/nodeGroup:NodeGroup", {"updateConfig": {}}, "exactly one of maxUnavailable"),
    ("aws:eks/addon:Addon", {"resolveConflictsOnCreate": "PRESERVE"}, "Allowed: NONE, OVERWRITE"),
    ("aws:eks/addon:Addon", {"resolveConflictsOnUpdate": "ALWAYS"}, "Allowed: NONE, OVERWRITE, P"),
    ("aws:eks/accessEntry:AccessEntry", {"type": "ADMIN"}, "Allowed: STANDARD"),
    (
        "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
        {"accessScope": {"type": "namespace"}},
        "'namespace' with some",
    ),
    (
        "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
        {"accessScope": {"type": "account"}},
        "Allowed: cluster, namespace",
    ),
    ("aws:eks/fargateProfile:FargateProfile", {"selectors": []}, "selectors .how many.=0"),
    (
        "aws:ec2/launchTemplate:LaunchTemplate",
        {"metadataOptions": {"httpTokens": "never"}},
        "Allowed: optional, required",
    ),
    (
        "aws:ec2/launchTemplate:LaunchTemplate",
        {"metadataOptions": {"httpPutResponseHopLimit": 65}},
        "Allowed: 1 to 64",
    ),
    (
        "aws:ec2/launchTemplate:LaunchTemplate",
        {"networkInterfaces": [{}], "vpcSecurityGroupIds": ["sg-1"]},
        "exclude each other",
    ),
]
VALID: dict[str, dict[str, Any]] = {
    TOKEN: {**ONLY, "publicSubnetIds": ["subnet-1", "subnet-2"]},
    "aws:eks/nodeGroup:NodeGroup": {
        "clusterName": "c",
        "nodeRoleArn": "arn:r",
        "subnetIds": ["subnet-1"],
        "scalingConfig": {"desiredSize": 2, "minSize": 1, "maxSize": 4},
    },
    "aws:eks/addon:Addon": {"clusterName": "c", "addonName": "coredns"},
    "aws:eks/accessEntry:AccessEntry": {"clusterName": "c", "principalArn": "arn:p"},
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": {
        "clusterName": "c",
        "principalArn": "arn:p",
        "policyArn": "arn:q",
        "accessScope": {"type": "cluster"},
    },
    "aws:eks/fargateProfile:FargateProfile": {
        "clusterName": "c",
        "podExecutionRoleArn": "arn:r",
        "selectors": [{"namespace": "shop"}],
        "subnetIds": ["subnet-1"],
    },
    "aws:ec2/launchTemplate:LaunchTemplate": {},
}


@pytest.mark.parametrize(("token", "change", "words"), REFUSED)
def test_what_cannot_be_served_is_refused_before_anything_is_asked(
    token: str, change: dict[str, Any], words: str
) -> None:
    provider = PROVIDERS[token](OFFLINE)
    given = json.loads(json.dumps(VALID[token]))
    provider.check("thing", given)
    for path, value in change.items():
        *above, last = path.split(".")
        place = given
        for part in above:
            place = place[part]
        place[last] = value
    with pytest.raises((ValueError, UnsupportedInput), match=words):
        provider.check("thing", given)


CHANGES: list[tuple[str, dict[str, Any], dict[str, Any], bool]] = [
    (TOKEN, {}, {"version": "1.36"}, False),
    (TOKEN, {"name": "a"}, {"name": "b"}, True),
    (TOKEN, {}, {"encryptionConfigKeyArn": "arn:k"}, False),
    (TOKEN, {"encryptionConfigKeyArn": "arn:k"}, {"encryptionConfigKeyArn": "arn:l"}, True),
    ("aws:eks/nodeGroup:NodeGroup", {}, {"instanceTypes": ["t3.large"]}, True),
    ("aws:eks/nodeGroup:NodeGroup", {}, {"labels": {"a": "b"}}, False),
    (
        "aws:eks/nodeGroup:NodeGroup",
        {"launchTemplate": {"id": "lt-1", "version": "1"}},
        {"launchTemplate": {"id": "lt-1", "version": "2"}},
        False,
    ),
    (
        "aws:eks/nodeGroup:NodeGroup",
        {"launchTemplate": {"id": "lt-1", "version": "1"}},
        {"launchTemplate": {"id": "lt-2", "version": "1"}},
        True,
    ),
    ("aws:eks/addon:Addon", {}, {"addonVersion": "v1.0.0-eksbuild.1"}, False),
    ("aws:eks/accessEntry:AccessEntry", {}, {"type": "FARGATE_LINUX"}, True),
    ("aws:eks/fargateProfile:FargateProfile", {}, {"selectors": [{"namespace": "b"}]}, True),
]


@pytest.mark.parametrize(("token", "before", "change", "new"), CHANGES)
def test_a_change_keeps_or_replaces_as_on_aws(
    token: str, before: dict[str, Any], change: dict[str, Any], new: bool
) -> None:
    provider = PROVIDERS[token](OFFLINE)
    old = provider.check("thing", {**VALID[token], **before})
    later = provider.check("thing", {**VALID[token], **before, **change})
    assert provider.must_replace(provider.changed(old, later), old, later) is new


def test_secrets_and_parameters_are_read_by_invokes(world: World) -> None:
    ssm, secrets = world.client("ssm"), world.client("secretsmanager")
    ssm.put_parameter(Name="/eks/key", Value="v1", Type="SecureString")
    arn = ssm.get_parameter(Name="/eks/key")["Parameter"]["ARN"]
    read = world.registry.invoke("aws:ssm/getParameter:getParameter")
    for name in ("/eks/key", arn):
        assert read(world.context, {"name": name, "withDecryption": True})["value"] == "v1"
    made = secrets.create_secret(Name="eks-secret", SecretString='{"a": 1}')
    value = world.registry.invoke("aws:secretsmanager/getSecretVersion:getSecretVersion")
    assert value(world.context, {"secretId": made["ARN"]})["secretString"] == '{"a": 1}'
    secrets.put_secret_value(SecretId=made["ARN"], SecretString="new")
    previous = {"secretId": made["ARN"], "versionStage": "AWSPREVIOUS"}
    assert value(world.context, previous)["secretString"] == '{"a": 1}'
    first = {"secretId": made["ARN"], "versionId": made["VersionId"]}
    assert value(world.context, first)["secretString"] == '{"a": 1}'


def test_the_zones_of_load_balancers_are_told_by_kind(world: World) -> None:
    zone = world.registry.invoke("aws:lb/getHostedZoneId:getHostedZoneId")
    network = zone(world.context, {"loadBalancerType": "network"})["id"]
    assert network != zone(world.context, {})["id"]
    with pytest.raises(ValueError, match="Allowed: application, network"):
        zone(world.context, {"loadBalancerType": "gateway"})


def _logged(cluster: dict[str, Any]) -> set[str]:
    entries = cluster["logging"]["clusterLogging"]
    return {kind for entry in entries if entry["enabled"] for kind in entry["types"]}


def test_the_kubeconfig_needs_no_file_and_no_program(world: World) -> None:
    made = world.make(TOKEN, "plain", **wanted(world, "plain"))
    user = made[1]["kubeconfig"]["users"][0]["user"]
    assert "exec" not in user
    assert user.keys() & {"client-key-data", "token"}
    world.provider(TOKEN).delete(*made)


@pytest.mark.parametrize(
    ("policy", "known"),
    [
        ("AmazonEKSWorkerNodePolicy", True),
        ("AmazonEC2ContainerRegistryPullOnly", True),
        ("AmazonEKSFargatePodExecutionRolePolicy", True),
        ("AmazonEKSWorkerNotePolicy", False),
    ],
)
def test_policies_that_eks_asks_for_can_be_attached_and_misspelt_ones_cannot(
    world: World, policy: str, known: bool
) -> None:
    token = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    role = world.estate.people[0].rpartition("/")[2]
    given = {"role": role, "policyArn": f"arn:aws:iam::aws:policy/{policy}"}
    if known:
        world.provider(token).delete(*world.make(token, **given))
    else:
        with pytest.raises(ClientError, match="NoSuchEntity"):
            world.make(token, **given)
