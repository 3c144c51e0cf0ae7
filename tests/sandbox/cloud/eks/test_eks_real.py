"""EKS on a real control plane: nodes, Fargate, access, metrics and logs have their effect."""

import base64
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.kubernetes import kubeconfig as kubeconfigs
from sandbox.kubernetes.client import Api, Refused
from sandbox.kubernetes.eks_kubeconfig import kubeconfig

from ..world import until
from .eks_world import EksWorld, trust

pytestmark = pytest.mark.sandbox

ZONE = "topology.kubernetes.io/zone"
NAME = "live"


@pytest.fixture(scope="module")
def live(real: EksWorld) -> Iterator[EksWorld]:
    """The cluster ``live``, with a log group that was made first."""
    real.client("logs").create_log_group(logGroupName=f"/aws/eks/{NAME}/cluster")
    logging = {"clusterLogging": [{"types": ["api", "controllerManager"], "enabled": True}]}
    assert real.cluster(NAME, logging=logging)["status"] == "ACTIVE"
    yield real
    real.remove(NAME)
    assert _processes(real.state) == []


def test_nodes_join_over_the_zones_as_the_group_says(live: EksWorld) -> None:
    api = live.api(NAME)
    assert api.list("v1", "Node") == []
    size = {"minSize": 1, "maxSize": 4, "desiredSize": 3}
    taint = {"key": "team", "value": "shop", "effect": "NO_SCHEDULE"}
    found = live.group(
        NAME,
        "spread",
        scalingConfig=size,
        instanceTypes=["t4g.large"],
        amiType="AL2023_ARM_64_STANDARD",
        labels={"team": "shop"},
        taints=[taint],
    )
    assert found["status"] == "ACTIVE", found["health"]
    nodes = api.list("v1", "Node")
    labels = [node["metadata"]["labels"] for node in nodes]
    assert sorted(item[ZONE] for item in labels) == ["us-east-1a", "us-east-1a", "us-east-1b"]
    assert {item["kubernetes.io/arch"] for item in labels} == {"arm64"}
    assert {item["eks.amazonaws.com/nodegroup"] for item in labels} == {"spread"}
    assert {item["team"] for item in labels} == {"shop"}
    for node in nodes:
        assert node["status"]["capacity"]["cpu"] == "2"
        assert node["spec"]["taints"] == [{**taint, "effect": "NoSchedule"}]
        assert node["metadata"]["name"].startswith("ip-10-9-")

    _change(live, scalingConfig={**size, "desiredSize": 1}, labels={"removeLabels": ["team"]})
    (left,) = api.list("v1", "Node")
    assert "team" not in left["metadata"]["labels"]
    _change(live, scalingConfig={**size, "desiredSize": 2}, taints={"removeTaints": [taint]})
    zones = [node["metadata"]["labels"][ZONE] for node in api.list("v1", "Node")]
    assert sorted(zones) == ["us-east-1a", "us-east-1b"]
    assert all(not node["spec"].get("taints") for node in api.list("v1", "Node"))

    before = {node["metadata"]["name"] for node in api.list("v1", "Node")}
    live.eks.update_nodegroup_version(clusterName=NAME, nodegroupName="spread")
    assert live.settled(NAME, "spread")["status"] == "ACTIVE"
    after = {node["metadata"]["name"] for node in api.list("v1", "Node")}
    zones = [node["metadata"]["labels"][ZONE] for node in api.list("v1", "Node")]
    assert sorted(zones) == ["us-east-1a", "us-east-1b"]
    assert before.isdisjoint(after)
    live.remove_group(NAME, "spread")
    assert api.list("v1", "Node") == []


def test_fargate_takes_the_pods_of_its_profile_and_no_others(live: EksWorld) -> None:
    api = live.api(NAME)
    for namespace in ("serverless", "elsewhere"):
        api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    live.eks.create_fargate_profile(
        clusterName=NAME,
        fargateProfileName="shop",
        podExecutionRoleArn=live.role(
            "real-fargate", trust=trust("eks-fargate-pods.amazonaws.com")
        ),
        selectors=[{"namespace": "serverless"}],
        subnets=live.subnets(),
    )
    live.eks.get_waiter("fargate_profile_active").wait(
        clusterName=NAME, fargateProfileName="shop", WaiterConfig={"Delay": 1}
    )
    for name, namespace in (("a", "serverless"), ("b", "serverless"), ("c", "elsewhere")):
        until(partial(api.get, "v1", "ServiceAccount", "default", namespace))
        api.create(_pod(name, namespace))
    until(lambda: all(_running(api, name, "serverless") for name in "ab"))
    machines = {_node(api, name, "serverless") for name in "ab"}
    assert all(str(machine).startswith("fargate-ip-10-9-") for machine in machines)
    assert len(machines) == 2, "one in each zone"
    assert _node(api, "c", "elsewhere") is None
    live.eks.delete_fargate_profile(clusterName=NAME, fargateProfileName="shop")
    until(lambda: not live.eks.list_fargate_profiles(clusterName=NAME)["fargateProfileNames"])
    assert api.list("v1", "Pod", "serverless") == []
    assert api.list("v1", "Node") == []


def test_the_metrics_api_comes_and_goes_with_its_add_on(live: EksWorld) -> None:
    api = live.api(NAME)
    with pytest.raises(Refused, match="404"):
        api.request("GET", "/apis/metrics.k8s.io/v1beta1")
    live.eks.create_addon(clusterName=NAME, addonName="metrics-server")
    live.eks.get_waiter("addon_active").wait(
        clusterName=NAME, addonName="metrics-server", WaiterConfig={"Delay": 1}
    )
    kinds = api.request("GET", "/apis/metrics.k8s.io/v1beta1")["resources"]
    assert {kind["kind"] for kind in kinds} == {"NodeMetrics", "PodMetrics"}
    live.eks.delete_addon(clusterName=NAME, addonName="metrics-server")

    def gone() -> bool:
        try:
            api.request("GET", "/apis/metrics.k8s.io/v1beta1")
        except Refused as error:
            return error.status == 404
        return False

    until(gone)


def test_a_principal_may_do_what_its_access_policy_says(live: EksWorld) -> None:
    admin = live.api(NAME)
    admin.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "seen"}})
    user = live.client("iam").create_user(UserName="viewer")["User"]["Arn"]
    key = live.client("iam").create_access_key(UserName="viewer")["AccessKey"]
    viewer = Api(kubeconfigs.read(_with_token(live, key)))
    with pytest.raises(Refused, match="Unauthorized"):
        viewer.list("v1", "Pod", "seen")
    live.eks.create_access_entry(clusterName=NAME, principalArn=user)
    live.eks.associate_access_policy(
        clusterName=NAME,
        principalArn=user,
        policyArn="arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
        accessScope={"type": "namespace", "namespaces": ["seen"]},
    )

    def may(namespace: str) -> bool:
        try:
            viewer.list("v1", "Pod", namespace)
        except Refused:
            return False
        return True

    until(lambda: may("seen"))
    assert not may("default")
    with pytest.raises(Refused, match='cannot create resource "pods"'):
        viewer.create(_pod("x", "seen"))
    live.eks.delete_access_entry(clusterName=NAME, principalArn=user)
    until(lambda: not may("seen"))
    until(lambda: not admin.list("rbac.authorization.k8s.io/v1", "RoleBinding", "seen"))


def test_the_control_planes_lines_are_in_the_group_that_was_made_first(live: EksWorld) -> None:
    logs, group = live.client("logs"), f"/aws/eks/{NAME}/cluster"

    def streams() -> set[str]:
        found = logs.describe_log_streams(logGroupName=group)["logStreams"]
        return {item["logStreamName"].rpartition("-")[0] for item in found}

    until(lambda: streams() == {"kube-apiserver", "kube-controller-manager"})


def test_a_deleted_cluster_leaves_neither_process_nor_file(real: EksWorld) -> None:
    with pytest.raises(ClientError, match="No cluster found"):
        real.described("short")
    real.cluster("short")
    folder = real.state / "kubernetes" / "short"
    assert _processes(folder)
    real.remove("short")
    assert _processes(folder) == []
    assert not folder.exists()


def _change(world: EksWorld, **changes: Any) -> None:
    world.eks.update_nodegroup_config(clusterName=NAME, nodegroupName="spread", **changes)
    found = world.settled(NAME, "spread")
    assert found["status"] == "ACTIVE", found["health"]


def _pod(name: str, namespace: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"containers": [{"name": "main", "image": "registry.example/none:1"}]},
    }


def _running(api: Api, name: str, namespace: str) -> bool:
    found = api.get("v1", "Pod", name, namespace) or {}
    return bool((found.get("status") or {}).get("phase") == "Running")


def _node(api: Api, name: str, namespace: str) -> str | None:
    found = api.get("v1", "Pod", name, namespace)
    assert found is not None
    node: str | None = found["spec"].get("nodeName")
    return node


def _with_token(world: EksWorld, key: dict[str, str]) -> dict[str, Any]:
    """The cluster's kubeconfig with the token that ``aws eks get-token`` makes of a key."""
    import boto3
    from botocore.signers import RequestSigner

    session = boto3.Session(
        aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]
    )
    region = world.cloud.region
    sts, credentials = session.client("sts", region_name=region), session.get_credentials()
    assert credentials is not None
    signer = RequestSigner(
        sts.meta.service_model.service_id,
        region,
        "sts",
        "v4",
        credentials,
        session.events,
    )
    address = f"https://sts.{region}.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15"
    request = {
        "method": "GET",
        "url": address,
        "body": {},
        "headers": {"x-k8s-aws-id": NAME},
        "context": {},
    }
    url = signer.generate_presigned_url(
        request, region_name=region, expires_in=60, operation_name=""
    )
    token = "k8s-aws-v1." + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")
    document = kubeconfig(world.eks.describe_cluster(name=NAME))
    user = document["users"][0]
    return {**document, "users": [{**user, "user": {"token": token}}]}


def _processes(folder: Path) -> list[str]:
    """Programs of control planes that keep their files under ``folder``."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            line = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if f"{folder}/" in line and "kube" in line:
            found.append(line)
    return found
