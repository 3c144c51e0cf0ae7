"""Clusters: what AWS refuses is refused, what is made works, and nothing stays."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.kubernetes.eks_kubeconfig import HEADER

from .eks_world import EksWorld, trust

pytestmark = pytest.mark.sandbox


def test_a_cluster_has_an_endpoint_that_its_kubeconfig_reaches(eks: EksWorld) -> None:
    found = eks.cluster("reached", version="1.34", tags={"team": "shop"})
    assert found["status"] == "ACTIVE"
    assert (found["version"], found["tags"]) == ("1.34", {"team": "shop"})
    api = eks.api("reached")
    assert api.server == found["endpoint"]
    api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    assert api.get("v1", "Namespace", "shop")
    eks.remove("reached")


def test_two_clusters_know_nothing_of_each_other(eks: EksWorld) -> None:
    eks.cluster("first")
    eks.cluster("second")
    eks.api("first").create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x"}})
    assert eks.api("second").get("v1", "Namespace", "x") is None
    eks.remove("first")
    eks.remove("second")


def test_only_the_administrator_is_given_the_kubeconfig(eks: EksWorld) -> None:
    import boto3

    iam = eks.client("iam")
    iam.create_user(UserName="reader")
    document = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"eks:*","Resource":"*"}]}'
    )
    iam.put_user_policy(UserName="reader", PolicyName="eks", PolicyDocument=document)
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    reader = boto3.client(
        "eks",
        endpoint_url=eks.cloud.endpoint,
        region_name=eks.cloud.region,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    name = eks.shared()
    told = {
        who: client.describe_cluster(name=name)["ResponseMetadata"]["HTTPHeaders"]
        for who, client in (("admin", eks.eks), ("reader", reader))
    }
    assert HEADER in told["admin"]
    assert HEADER not in told["reader"]


def test_the_security_group_of_a_cluster_is_real_and_goes_with_it(eks: EksWorld) -> None:
    ec2 = eks.client("ec2")
    group = eks.cluster("guarded")["resourcesVpcConfig"]["clusterSecurityGroupId"]
    found = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    assert found["VpcId"] == eks.vpc()
    assert found["IpPermissions"][0]["UserIdGroupPairs"][0]["GroupId"] == group
    assert {"Key": "aws:eks:cluster-name", "Value": "guarded"} in found["Tags"]
    eks.remove("guarded")
    with pytest.raises(ClientError, match=r"InvalidGroup\.NotFound"):
        ec2.describe_security_groups(GroupIds=[group])


def test_nothing_survives_a_cluster(eks: EksWorld) -> None:
    eks.cluster("gone")
    eks.eks.create_addon(clusterName="gone", addonName="coredns")
    assert (eks.state / "kubernetes" / "gone").is_dir()
    endpoint = eks.described("gone")["endpoint"]
    eks.remove("gone")
    with pytest.raises(ClientError, match="No cluster found for name: gone"):
        eks.described("gone")
    assert not (eks.state / "kubernetes" / "gone").exists()
    assert endpoint not in str(eks.eks.list_clusters())
    eks.cluster("gone")
    assert eks.eks.list_addons(clusterName="gone")["addons"] == []
    eks.remove("gone")


BAD: list[tuple[str, Callable[[EksWorld], dict[str, Any]], str]] = [
    ("version", lambda eks: {"version": "1.9"}, "unsupported Kubernetes version 1.9"),
    ("role", lambda eks: {"roleArn": eks.node_role()}, "could not be assumed because"),
    ("no-role", lambda eks: {"roleArn": "arn:aws:iam::123456789012:role/none"}, "could not be"),
    (
        "one-zone",
        lambda eks: {"resourcesVpcConfig": {"subnetIds": eks.subnets("private", "a")}},
        "at least two different AZs",
    ),
    (
        "subnet",
        lambda eks: {"resourcesVpcConfig": {"subnetIds": ["subnet-0"]}},
        "The subnet ID 'subnet-0' does not exist",
    ),
    (
        "hidden",
        lambda eks: {
            "resourcesVpcConfig": {"subnetIds": eks.subnets(), "endpointPublicAccess": False}
        },
        "Private and public endpoint access cannot be false",
    ),
    (
        "key",
        lambda eks: {
            "encryptionConfig": [
                {
                    "resources": ["secrets"],
                    "provider": {"keyArn": "arn:aws:kms:us-east-1:123456789012:key/none"},
                }
            ]
        },
        "does not exist",
    ),
    ("auto", lambda eks: {"computeConfig": {"enabled": True}}, "Auto Mode is not served"),
    (
        "addresses",
        lambda eks: {"kubernetesNetworkConfig": {"serviceIpv4Cidr": "172.20.0.0/16"}},
        "10.100.0.0/16 only",
    ),
    ("under_score!", lambda eks: {}, "is not valid"),
]


@pytest.mark.parametrize(("name", "changes", "said"), BAD, ids=[item[0] for item in BAD])
def test_a_cluster_that_aws_would_not_make_is_refused(
    eks: EksWorld, name: str, changes: Callable[[EksWorld], dict[str, Any]], said: str
) -> None:
    with pytest.raises(ClientError, match=f"InvalidParameterException.*{said}"):
        eks.cluster(name, **changes(eks))
    assert name not in eks.eks.list_clusters()["clusters"]


def test_a_name_is_taken_once(eks: EksWorld) -> None:
    with pytest.raises(ClientError, match=r"ResourceInUseException.*already exists"):
        eks.cluster(eks.shared())


def test_deletion_protection_is_switched_off_first(eks: EksWorld) -> None:
    eks.cluster("protected", deletionProtection=True)
    with pytest.raises(ClientError, match=r"InvalidRequestException.*deletion protection"):
        eks.remove("protected")
    eks.eks.update_cluster_config(name="protected", deletionProtection=False)
    eks.remove("protected")


def test_a_cluster_goes_up_one_minor_version_at_a_time(eks: EksWorld) -> None:
    eks.cluster("upgraded", version="1.34")
    with pytest.raises(ClientError, match=r"minor version update from 1\.34 to 1\.36"):
        eks.eks.update_cluster_version(name="upgraded", version="1.36")
    with pytest.raises(ClientError, match=r"minor version update from 1\.34 to 1\.33"):
        eks.eks.update_cluster_version(name="upgraded", version="1.33")
    update = eks.eks.update_cluster_version(name="upgraded", version="1.35")["update"]
    told = eks.eks.describe_update(name="upgraded", updateId=update["id"])["update"]
    assert (told["status"], told["type"]) == ("Successful", "VersionUpdate")
    assert eks.described("upgraded")["version"] == "1.35"
    eks.remove("upgraded")


def test_a_cluster_is_changed_in_place(eks: EksWorld) -> None:
    eks.cluster("changed", accessConfig={"authenticationMode": "API_AND_CONFIG_MAP"})
    change = eks.eks.update_cluster_config
    change(name="changed", resourcesVpcConfig={"publicAccessCidrs": ["203.0.113.0/24"]})
    change(name="changed", accessConfig={"authenticationMode": "API"})
    with pytest.raises(ClientError, match="mode update from API to CONFIG_MAP"):
        change(name="changed", accessConfig={"authenticationMode": "CONFIG_MAP"})
    change(name="changed", logging={"clusterLogging": [{"types": ["api"], "enabled": True}]})
    off = {"clusterLogging": [{"types": ["api"], "enabled": False}]}
    change(name="changed", logging={"clusterLogging": [{"types": ["audit"], "enabled": True}]})
    change(name="changed", logging=off)
    found = eks.described("changed")
    assert found["resourcesVpcConfig"]["publicAccessCidrs"] == ["203.0.113.0/24"]
    assert found["accessConfig"]["authenticationMode"] == "API"
    assert {"types": ["audit"], "enabled": True} in found["logging"]["clusterLogging"]
    assert len(eks.eks.list_updates(name="changed")["updateIds"]) == 5
    eks.remove("changed")


def test_tags_are_told_where_they_are_asked(eks: EksWorld) -> None:
    arn = eks.cluster("tagged", tags={"a": "1", "b": "2", "c": "3"})["arn"]
    eks.eks.tag_resource(resourceArn=arn, tags={"d": "4"})
    eks.eks.untag_resource(resourceArn=arn, tagKeys=["a", "b"])
    assert eks.described("tagged")["tags"] == {"c": "3", "d": "4"}
    assert eks.eks.list_tags_for_resource(resourceArn=arn)["tags"] == {"c": "3", "d": "4"}
    eks.remove("tagged")


def test_secrets_are_encrypted_with_a_key_that_exists(eks: EksWorld) -> None:
    arn = eks.client("kms").create_key()["KeyMetadata"]["Arn"]
    config = [{"resources": ["secrets"], "provider": {"keyArn": arn}}]
    assert eks.cluster("locked", encryptionConfig=config)["encryptionConfig"] == config
    eks.remove("locked")


def test_identity_providers_are_not_taken_silently(eks: EksWorld) -> None:
    oidc = {
        "identityProviderConfigName": "x",
        "issuerUrl": "https://example.com",
        "clientId": "kubernetes",
    }
    with pytest.raises(ClientError, match="identity providers are not served"):
        eks.eks.associate_identity_provider_config(clusterName=eks.shared(), oidc=oidc)


def test_a_cluster_that_does_not_come_up_says_why_and_can_be_deleted(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sandbox.cloud import start, stop

    state = tmp_path_factory.mktemp("unreachable")
    monkeypatch.delenv("SANDBOX_KUBERNETES", raising=False)
    monkeypatch.setenv("SANDBOX_KUBECONFIG", str(state / "missing"))
    try:
        world = EksWorld(start(state, port=4875, engine="process"), state)
        found = world.cluster("failed")
        assert found["status"] == "FAILED"
        assert str(state / "missing") in found["health"]["issues"][0]["message"]
        with pytest.raises(ClientError, match="not in ACTIVE status: it is FAILED"):
            world.group("failed", "g")
        world.remove("failed")
    finally:
        stop(state)


def test_access_entries_need_a_cluster_that_has_them(eks: EksWorld) -> None:
    role = eks.role("eks-reader", trust=trust("ec2.amazonaws.com"))
    eks.cluster("old-mode", accessConfig={})
    with pytest.raises(ClientError, match="authentication mode must be set to one of"):
        eks.eks.create_access_entry(clusterName="old-mode", principalArn=role)
    assert eks.eks.list_access_entries(clusterName="old-mode")["accessEntries"] == []
    eks.remove("old-mode")


def test_the_users_own_cluster_is_used_and_left_alone(
    eks: EksWorld, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sandbox.cloud import start, stop

    state = tmp_path_factory.mktemp("external")
    own = eks.api(eks.shared())
    monkeypatch.delenv("SANDBOX_KUBERNETES", raising=False)
    file = eks.state / "kubernetes" / eks.shared() / "kubeconfig"
    monkeypatch.setenv("SANDBOX_KUBECONFIG", str(file))
    try:
        world = EksWorld(start(state, port=4880, engine="process"), state)
        assert world.cluster("borrowed")["endpoint"] == own.server
        assert world.group("borrowed", "g")["status"] == "ACTIVE"
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "borrowed"}}
        world.api("borrowed").create(namespace)
        assert own.get("v1", "Namespace", "borrowed")
        world.remove_group("borrowed", "g")
        world.remove("borrowed")
    finally:
        stop(state)
    assert own.delete("v1", "Namespace", "borrowed")
