"""EksWebApp in the embedded cloud, on a real control plane and on the mock."""

import json
import shutil
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import boto3
import pytest

from sandbox.journeys import Visit
from sandbox.journeys.kubernetes_app import find
from sandbox.journeys.kubernetes_rollout import watched
from sandbox.kubernetes import build, mock
from sandbox.kubernetes.client import Api, Refused, Unreachable, connect
from tests.sandbox.conftest import ROOT, Finished, Sandbox, environment_of

pytestmark = [pytest.mark.sandbox, pytest.mark.kubernetes]

NAMESPACE = "shop"
KINDS = {
    ("v1", "ServiceAccount"),
    ("v1", "Service"),
    ("apps/v1", "Deployment"),
    ("autoscaling/v2", "HorizontalPodAutoscaler"),
    ("policy/v1", "PodDisruptionBudget"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
}
PROJECT = """
name: shop
runtime: python
config:
  shop:architecture: {type: string, default: x86_64}
  shop:baseImage: {type: string, default: ""}
  shop:appVersion: {type: string, default: "1.0"}
  shop:kubernetes: {type: boolean, default: true}
"""
PROGRAM = f"""
import pulumi
from slipway import ContainerImage, EksWebApp, Network

config = pulumi.Config()
architecture, base = config.require("architecture"), config.get("baseImage")
network = Network("shop", {{"zone_count": 2}})
image = ContainerImage("shop", {{
    "context": {str(ROOT / "app")!r},
    "architecture": architecture,
    "build_args": {{"PYTHON_IMAGE": base}} if base else {{}},
    "force_delete": True,
}})
if config.require_bool("kubernetes"):
    shop = EksWebApp("shop", {{
        "app": {{
            "image": image.uri,
            "port": 5000,
            "cpu": 256,
            "memory": 512,
            "architecture": architecture,
            "replicas": 3,
            "environment": {{"APP_VERSION": config.require("appVersion"), "PORT": "5000"}},
            "scaling": {{"min": 3, "max": 6}},
        }},
        "network": network.placement,
        "require_digest": True,
        "readiness_path": "/ready",
    }})
    pulumi.export("eks_cluster", shop.cluster_name)
    pulumi.export("eks_web_app_url", shop.url)
    pulumi.export("kubeconfig", shop.kubeconfig)
"""


class Shop:
    """One sandbox with the program in it."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.kind = kind
        self.project = folder / "project"
        self.project.mkdir()
        (self.project / "Pulumi.yaml").write_text(PROJECT)
        (self.project / "Pulumi.local.yaml").write_text("config:\n  aws:region: us-east-1\n")
        (self.project / "__main__.py").write_text(PROGRAM)
        environment = {**environment_of("process"), "SANDBOX_KUBERNETES": kind}
        self.sandbox = Sandbox(folder / "state", environment)
        self.up = self._program("up", "--no-verify")
        assert self.up.code == 0, self.up.text
        shown = self.sandbox.run("outputs", "--json", "--show-secrets")
        self.outputs: dict[str, Any] = shown.document

    def _program(self, name: str, *arguments: str) -> Finished:
        return self.sandbox.run(name, "--json", "--program", str(self.project), *arguments)

    def deploy(self, *config: str) -> dict[str, str]:
        """Deploy with other configuration; what was done to each resource, unchanged ones apart."""
        pairs = [argument for pair in config for argument in ("-c", pair)]
        done = self._program("deploy", *pairs)
        assert done.code == 0, done.text
        return {
            item["type"]: item["op"]
            for item in done.document["resources"]
            if item["op"] != "unchanged"
        }

    @property
    def api(self) -> Api:
        return connect(self.outputs["kubeconfig"])

    @property
    def visit(self) -> Visit:
        return Visit(self.outputs, self.aws, patience=180)

    def aws(self, service: str) -> Any:
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.up.document["cloud"]["endpoint"],
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def kinds(self) -> set[tuple[str, str]]:
        """Kinds of which the program has an object in its namespace."""
        return {
            kind
            for kind in KINDS
            for item in self.api.list(*kind, NAMESPACE)
            if item["metadata"]["name"] == "shop"
        }


@pytest.fixture(scope="module", params=["built", "mock"])
def shop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    if request.param == "built" and build.binaries() is None:
        pytest.skip("no control plane was built: `make kubernetes` (needs Go)")
    shop = Shop(tmp_path_factory.mktemp(str(request.param)), str(request.param))
    yield shop
    shop.sandbox.run("down")
    assert shop.sandbox.processes() == []


@pytest.fixture
def built(shop: Shop) -> Shop:
    if shop.kind == "mock":
        pytest.skip("the mock runs no pods")
    return shop


def test_the_program_comes_up_with_all_its_objects(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        print(f"\n{shop.kind}: {shop.up.document['seconds']}")
    assert shop.kinds() == KINDS
    assert shop.api.version()["gitVersion"] == mock.VERSION or shop.kind == "built"
    assert mock.is_mock(json.loads(shop.outputs["kubeconfig"])) is (shop.kind == "mock")
    cluster = shop.aws("eks").describe_cluster(name=shop.outputs["eks_cluster"])["cluster"]
    assert cluster["status"] == "ACTIVE"
    assert shop.outputs["kubeconfig"] not in shop.up.text


def test_three_pods_are_ready_on_nodes_of_two_zones(built: Shop) -> None:
    app = find(built.visit)
    assert len(app.ready()) == 3
    assert sorted(app.zones(app.ready()).values()) == [1, 2]
    assert set(app.zones([])) == {"us-east-1a", "us-east-1b"}


def test_on_the_mock_the_journeys_say_why_they_cannot(shop: Shop) -> None:
    if shop.kind == "built":
        pytest.skip("test_whole_program.py takes the journeys on the real control plane")
    verified = shop.sandbox.run("verify", "--json")
    assert verified.code == 0, verified.text
    journeys = [
        item for item in verified.document["journeys"] if "exports no" not in item["evidence"][-1]
    ]
    assert sorted(item["verdict"] for item in journeys) == ["passed"] + ["skipped"] * 6
    skipped = [item["evidence"][-1] for item in journeys if item["verdict"] == "skipped"]
    assert all("mock" in reason for reason in skipped)


def test_a_second_deploy_changes_nothing_not_even_what_the_autoscaler_did(shop: Shop) -> None:
    where = ("apps/v1", "Deployment", "shop", NAMESPACE)
    if shop.kind == "built":
        scale = {"spec": {"replicas": 4}}
        shop.api.patch(*where, patch=scale, subresource="scale", manager="hpa")
    before = shop.api.get(*where)
    assert shop.deploy() == {}
    after = shop.api.get(*where)
    assert before is not None
    assert after is not None
    assert after["spec"]["template"] == before["spec"]["template"]
    managers = {item["manager"] for item in after["metadata"]["managedFields"]}
    assert shop.kind == "mock" or "hpa" in managers or "kube-controller-manager" in managers


def test_a_new_version_leaves_the_number_of_pods_to_the_autoscaler(shop: Shop) -> None:
    if shop.kind == "built":
        pytest.skip("the real autoscaler would have its own mind about the number")
    where = ("apps/v1", "Deployment", "shop", NAMESPACE)
    shop.api.patch(*where, patch={"spec": {"replicas": 5}}, manager="hpa")
    assert shop.deploy("appVersion=1.5") == {"kubernetes:apps/v1:Deployment": "updated"}
    after = shop.api.get(*where)
    assert after is not None
    assert after["spec"]["replicas"] == 5
    container = after["spec"]["template"]["spec"]["containers"][0]
    assert {"name": "APP_VERSION", "value": "1.5"} in container["env"]


def test_a_new_version_rolls_out_without_a_failed_request(
    built: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    app, url = find(built.visit), built.outputs["eks_web_app_url"]
    _eventually(lambda: app.settled() and len(app.ready()) == 3)
    with watched(built.visit, app, url, replicas=3) as seen:
        changed = built.deploy("appVersion=2.0")
    assert changed == {"kubernetes:apps/v1:Deployment": "updated"}
    with capsys.disabled():
        print(
            f"\n{seen.answered} requests answered, {len(seen.failed)} failed; "
            f"{seen.least} to {seen.most} pods ready"
        )
    assert seen.failed == []
    assert seen.answered > 0
    assert seen.least is not None
    assert seen.least >= app.budget(3)
    answers = [built.visit.get(url, headers={"Connection": "close"}).json() for _ in range(12)]
    assert {answer["version"] for answer in answers} == {"2.0"}


def test_an_invalid_change_is_refused_and_everything_stays(shop: Shop) -> None:
    before = shop.kinds()
    broken = shop.sandbox.run(
        "deploy", "--program", str(_misspelt(shop)), "--json", "-c", "appVersion=2.0"
    )
    assert broken.code == 1, broken.text
    assert "horizontal-pod-autoscaler.yaml" in broken.text
    assert "maxReplicas" in broken.text
    assert "Traceback" not in broken.text
    assert shop.kinds() == before


def _misspelt(shop: Shop) -> Path:
    """The same program with a field in one of its manifests that does not exist."""
    target = shop.project.parent / "misspelt"
    shutil.copytree(shop.project, target)
    shutil.copytree(ROOT / "k8s", target / "k8s")
    scaler = target / "k8s" / "horizontal-pod-autoscaler.yaml"
    scaler.write_text(scaler.read_text().replace("maxReplicas", "maxReplicass"))
    main = target / "__main__.py"
    manifests = f'"manifests": {str(target / "k8s")!r}, "require_digest"'
    main.write_text(main.read_text().replace('"require_digest"', manifests))
    return target


def test_without_it_nothing_is_left_of_objects_and_cluster(shop: Shop) -> None:
    """The namespace is held: a deploy that does not wait for its end goes on to the cluster."""
    with ThreadPoolExecutor(1) as pool, _held(shop):
        deploying = pool.submit(shop.deploy, "kubernetes=false", "appVersion=2.0")
        _eventually(lambda: deploying.done() or _ending(shop))
        time.sleep(5)
        assert not deploying.done()
        assert _ending(shop)
        assert shop.kinds() == set()
        name = shop.outputs["eks_cluster"]
        assert shop.aws("eks").describe_cluster(name=name)["cluster"]["status"] == "ACTIVE"
    changed = deploying.result()
    assert set(changed.values()) == {"deleted"}
    order = list(changed)
    assert order.index("kubernetes:core/v1:Namespace") < order.index("eks:index:Cluster")
    assert shop.aws("eks").list_clusters()["clusters"] == []
    roles = [role["RoleName"] for role in shop.aws("iam").list_roles()["Roles"]]
    assert [name for name in roles if name.startswith("shop")] == []
    left = [line for line in shop.sandbox.processes() if "kube" in line or "etcd" in line]
    assert left == []


@contextmanager
def _held(shop: Shop) -> Generator[None]:
    """Whoever deletes the namespace has to wait for the end of the block."""
    api = shop.api

    def hold(finalizers: list[str] | None) -> None:
        api.patch("v1", "Namespace", NAMESPACE, patch={"metadata": {"finalizers": finalizers}})

    hold(["shop.example/held"])
    try:
        yield
    finally:
        with suppress(Refused, Unreachable, OSError):
            hold(None)
        api.close()


def _ending(shop: Shop) -> bool:
    """Whether the namespace is on its way out, and the API server there to say so."""
    found = shop.api.get("v1", "Namespace", NAMESPACE)
    assert found is not None
    return "deletionTimestamp" in found["metadata"]


def _eventually(met: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 180
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.5)
