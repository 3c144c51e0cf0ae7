"""What is refused before anything exists, and in which words."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from components import shipped
from components.eks import EksWebApp
from components.policy import allow
from components.testing import deploy

from .helpers import DEPLOYMENT, KUBECONFIG, manifests, names, placement, refusal, settings, web

READ = allow("s3:GetObject", "arn:aws:s3:::b/*")
SHARED: dict[str, Any] = {"cluster": {"name": "shared", "kubeconfig": KUBECONFIG}}


@pytest.mark.parametrize(
    ("app", "words"),
    [
        ({"prot": 80}, "unknown argument 'app.prot'. Did you mean 'app.port'?"),
        ({"exec": True}, "app.exec=True needs a writable root file system"),
        ({"scaling": {"min": 5, "max": 3}}, "app.scaling.min=5 is not valid."),
        (
            {"scaling": {"min": 0}},
            "app.scaling.min=0 is not valid. Allowed: 1 or more on Kubernetes.",
        ),
        (
            {"health": {"success_codes": "200,404"}},
            "app.health.success_codes='200,404' is not valid. Allowed: codes from 200 to 399",
        ),
        (
            {"scaling": {"requests_per_target": 9}},
            "app.scaling.requests_per_target=9 is not valid. Allowed: cpu_percent and "
            "memory_percent on Kubernetes. metrics-server counts no requests",
        ),
    ],
)
def test_an_app_that_kubernetes_cannot_run_is_refused(app: dict[str, Any], words: str) -> None:
    text = refusal(app)
    assert text.startswith("EksWebApp 'web': ")
    assert words in text


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"namepsace": "x"}, "unknown argument 'namepsace'. Did you mean 'namespace'?"),
        ({"nodes": {"cuont": 2}}, "unknown argument 'nodes.cuont'. Did you mean 'nodes.count'?"),
        (
            {"kubernetes_version": "1.29"},
            "kubernetes_version='1.29' is not valid. Allowed: '1.34', '1.35', '1.36'.",
        ),
        (
            {"nodes": {"instance_type": "t3.large"}},
            "nodes.instance_type='t3.large' is not valid. Allowed: types of the app's architecture "
            "'arm64' (its default); this one is 'x86_64'. Choose a type such as 't4g.medium', or "
            "set app.architecture='x86_64' and build the image for it.",
        ),
        (
            {"nodes": {"instance_type": "large"}},
            "nodes.instance_type='large' is not valid. Allowed: EC2 instance types such as "
            "'t4g.medium'. Default: 't4g.medium'.",
        ),
        (
            {"nodes": {"min": 5, "max": 3}},
            "nodes.min=5 is not valid. Allowed: 0 to nodes.max (3). Lower min to 3, or raise max "
            "to 5.",
        ),
        (
            {"nodes": {"count": 9}},
            "nodes.count=9 is not valid. Allowed: nodes.min (1) to nodes.max (4). Nearest: 4.",
        ),
        ({"nodes": {"count": 0}}, "nodes.count=0 is not valid."),
        (
            {"nodes": {"disk_gib": 5}},
            "nodes.disk_gib=5 is not valid. Allowed: whole numbers from 20",
        ),
        (
            {"fargate": True, "network": placement("single")},
            "fargate=True is not valid. Allowed: with app.architecture='x86_64'. Fargate on EKS "
            "runs no arm64 images",
        ),
        (
            {"private_endpoint": True, "public_access_cidrs": ["198.51.100.0/24"]},
            "public_access_cidrs=['198.51.100.0/24'] is not valid. Allowed: without "
            "private_endpoint=True.",
        ),
        (
            {"public_access_cidrs": ["198.51.100.1/24"]},
            "public_access_cidrs[0]='198.51.100.1/24' is not valid. Allowed: IPv4 ranges such as",
        ),
        (
            {"control_plane_logs": ["audits"]},
            "control_plane_logs[0]='audits' is not valid. Allowed: 'api', 'audit', "
            "'authenticator', 'controllerManager', 'scheduler'. Did you mean 'audit'?",
        ),
        ({"log_retention_days": 31}, "log_retention_days=31 is not valid."),
        (
            {"addon_versions": {"core-dns": "v1"}},
            "addon_versions='core-dns' is not valid. Allowed: 'vpc-cni', 'kube-proxy', "
            "'eks-pod-identity-agent', 'coredns', 'metrics-server'. Did you mean 'coredns'?",
        ),
        (
            {"addon_versions": {"coredns": "1.12"}},
            "addon_versions['coredns']='1.12' is not valid. Allowed: versions such as "
            "'v1.12.1-eksbuild.2'. List them with 'aws eks describe-addon-versions --addon-name "
            "coredns'.",
        ),
        (
            {"namespace": "default"},
            "namespace='default' is not valid. Allowed: a namespace of the app's own.",
        ),
        ({"namespace": "kube-system"}, "namespace='kube-system' is not valid."),
        ({"namespace": "Shop"}, "namespace='Shop' is not valid. Allowed: up to 63 lower-case"),
        ({"readiness_path": "ready"}, "readiness_path='ready' is not valid."),
        ({"load_balancer_class": "nlb please"}, "load_balancer_class='nlb please' is not valid."),
        (
            {"network": {**placement(), "public_subnet_ids": ["a"]}},
            "network.public_subnet_ids=1 is not valid. Allowed: at least 2 subnets in different",
        ),
        (
            {"network": {**placement("single"), "private_subnet_ids": []}},
            "network.private_subnet_ids=[] is not valid. Allowed: at least one subnet with "
            "network.nat='single'. With nat='none' nodes run in the public subnets.",
        ),
        (
            {**SHARED, "network": placement()},
            "both of network and cluster is given. Next step: give network",
        ),
        ({"network": None}, "neither of network and cluster is given. Next step: give network"),
        (
            {**SHARED, "nodes": {"max": 2}},
            "nodes={'max': 2} is not valid. Allowed: without cluster. A given cluster is left as "
            "it is; set it where that cluster is made.",
        ),
        ({**SHARED, "admins": ["arn:a"]}, "admins=['arn:a'] is not valid. Allowed: without"),
        (
            {"cluster": {"name": "shared"}},
            "cluster has no kubeconfig, and opts holds no Kubernetes provider. Next step: set "
            "cluster['kubeconfig'], or pass opts=pulumi.ResourceOptions(providers=",
        ),
        (
            {"cluster": {"name": "shared", "kubeconfig": "~/.kube/config"}},
            "cluster['kubeconfig'] is not a kubeconfig. Allowed: its text, YAML or JSON",
        ),
    ],
)
def test_a_wrong_argument_is_refused(args: dict[str, Any], words: str) -> None:
    text = refusal(**args)
    assert text.startswith("EksWebApp 'web': ")
    assert words in text


@pytest.mark.parametrize("key", ["{a: [", "token: hunter2"])
def test_a_wrong_kubeconfig_is_not_shown(key: str) -> None:
    assert key not in refusal(cluster={"name": "shared", "kubeconfig": key})


@pytest.mark.parametrize(
    ("app", "network", "words"),
    [
        ({}, "none", "fargate=True is not valid. Allowed: with network.nat 'single' or 'per_zone'"),
        ({"permissions": [READ]}, "single", "Allowed: without app.permissions. EKS Pod Identity"),
    ],
)
def test_what_fargate_on_eks_lacks_is_told(app: dict[str, Any], network: str, words: str) -> None:
    whole = {"architecture": "x86_64", **app}
    assert words in refusal(whole, fargate=True, network=placement(network))


@pytest.mark.parametrize("name", ["Web", "web_1", "1web", "web-", "w" * 41, ""])
def test_a_name_that_no_object_can_have_is_refused(name: str) -> None:
    assert f"name='{name}' is not valid. Allowed: at most 40 lower-case" in refusal(name=name)


def test_a_stack_whose_name_a_cluster_cannot_have_is_refused() -> None:
    with pytest.raises(ValueError, match=r"names whose cluster 'web-a.b' \(name and stack\)"):
        web(stack="a.b")


@pytest.mark.parametrize("image", ["web:latest", "web@sha256:123", "web"])
def test_where_a_digest_is_demanded_a_tag_is_refused(image: str) -> None:
    text = refusal({"image": image}, require_digest=True)
    assert f"app.image='{image}' is not valid. Allowed: with require_digest=True" in text


def set_resources(**values: Any) -> Any:
    def change(item: Any) -> None:
        resources = item["spec"]["template"]["spec"]["containers"][0]["resources"]
        for part, figures in values.items():
            resources[part] = figures

    return change


def put(path: str, value: Any) -> Any:
    def change(item: Any) -> None:
        *steps, last = path.split(".")
        for step in steps:
            item = item[int(step) if step.isdigit() else step]
        item[last] = value

    return change


LISTED = "resources: [namespace.yaml, service-account.yaml, deployment.yaml, service.yaml"
POD = "spec.template.spec"
WRONG: list[tuple[str, dict[str, Any], str]] = [
    (
        "a kind that nobody knows",
        {"service.yaml": put("kind", "Sevice")},
        "service.yaml: unknown kind 'Sevice'. Did you mean 'Service'? EksWebApp knows 'Namespace',",
    ),
    (
        "a kind that is not an app's",
        {"service.yaml": put("kind", "CronJob")},
        "service.yaml: unknown kind 'CronJob'. EksWebApp knows",
    ),
    (
        "no kind at all",
        {"service.yaml": "metadata: {}\n"},
        "service.yaml: unknown kind None.",
    ),
    (
        "malformed YAML",
        {"deployment.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: a: b\n"},
        "deployment.yaml, line 4: this is not YAML: mapping values are not allowed here.",
    ),
    (
        "a tab",
        {"deployment.yaml": "a:\n\tb: c\n"},
        "deployment.yaml, line 2: this is not YAML: found character '\\t'",
    ),
    (
        "a missing file",
        {"service.yaml": None},
        "service.yaml: cannot be read (No such file or directory). Add it, or take it out of "
        "kustomization.yaml.",
    ),
    (
        "a missing listing",
        {"kustomization.yaml": None},
        "kustomization.yaml: cannot be read (No such file or directory). Give a folder with a",
    ),
    (
        "an empty listing",
        {"kustomization.yaml": "resources: []\n"},
        "kustomization.yaml: resources is empty. List the manifests there.",
    ),
    (
        "more of kustomize",
        {"kustomization.yaml": f"patches: []\n{LISTED}]\n"},
        "kustomization.yaml: 'patches' is more of kustomize than EksWebApp reads.",
    ),
    (
        "no Service",
        {"kustomization.yaml": "resources: [namespace.yaml, deployment.yaml]\n"},
        "kustomization.yaml: lists no ServiceAccount, and an app cannot do without it.",
    ),
    (
        "no autoscaler while the app scales",
        {"kustomization.yaml": f"{LISTED}]\n"},
        "kustomization.yaml: lists no HorizontalPodAutoscaler, and app.scaling is on.",
    ),
    (
        "one kind twice",
        {"kustomization.yaml": f"{LISTED}, service.yaml]\n"},
        "service.yaml: a second Service, beside service.yaml.",
    ),
    (
        "two objects in a file",
        {"service.yaml": "kind: Service\n---\nkind: Service\n"},
        "service.yaml: 2 documents where one object is expected. Write one object a file.",
    ),
    (
        "no object in a file",
        {"service.yaml": "- a\n"},
        "service.yaml: no object, since it has no keys.",
    ),
    (
        "another version of a kind",
        {"horizontal-pod-autoscaler.yaml": put("apiVersion", "autoscaling/v1")},
        "horizontal-pod-autoscaler.yaml: apiVersion 'autoscaling/v1' of a HorizontalPodAutoscaler. "
        "Write 'autoscaling/v2'.",
    ),
    (
        "an object without a name",
        {"service.yaml": put("metadata", {})},
        "service.yaml: metadata.name is missing. Name the object.",
    ),
    (
        "requests above limits",
        {"deployment.yaml": set_resources(limits={"cpu": "0.2"})},
        "deployment.yaml: container 'storefront' requests cpu 250m, above its limit of 0.2. Lower "
        "the request or raise the limit: the API server refuses such a pod.",
    ),
    (
        "something else than a quantity",
        {"deployment.yaml": set_resources(requests={"cpu": "lots"})},
        "deployment.yaml: container 'storefront': requests.cpu is 'lots'. Write a quantity such as",
    ),
    (
        "an autoscaler without requests",
        {"deployment.yaml": set_resources(requests={"memory": "64Mi"})},
        "deployment.yaml: container 'storefront' requests no cpu, of which "
        "horizontal-pod-autoscaler.yaml wants a percentage. Set resources.requests.cpu: without it "
        "the autoscaler does nothing.",
    ),
    (
        "bounds that are reversed",
        {"horizontal-pod-autoscaler.yaml": put("spec.minReplicas", 11)},
        "horizontal-pod-autoscaler.yaml: minReplicas 11 is above maxReplicas 10.",
    ),
    (
        "no container",
        {"deployment.yaml": put(f"{POD}.containers", [])},
        "deployment.yaml: spec.template.spec.containers is empty.",
    ),
    (
        "a value of the wrong type",
        {"deployment.yaml": put("spec.replicas", "three")},
        "deployment.yaml: spec.replicas: 'three' is not of type 'integer'",
    ),
    (
        "a misspelt field",
        {"deployment.yaml": put(f"{POD}.containers.0.imagePullPolic", "Always")},
        "deployment.yaml: spec.template.spec.containers[0]: Additional properties are not allowed "
        "('imagePullPolic' was unexpected) (Kubernetes 1.35). Next step: correct it there; "
        "'kubectl explain deployment' lists the fields.",
    ),
    (
        "a missing field",
        {"deployment.yaml": put("spec", {"replicas": 1})},
        "deployment.yaml: spec: 'selector' is a required property",
    ),
]


@pytest.mark.parametrize(
    ("changes", "words"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
def test_a_mistake_in_the_manifests_is_told_with_its_file(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    folder = manifests(tmp_path, changes)
    text = refusal({"scaling": {}}, manifests=folder)
    assert text.startswith(f"EksWebApp 'web': manifests: {folder}/")
    assert words in text


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert "nowhere/kustomization.yaml: cannot be read" in refusal(
        manifests=str(tmp_path / "nowhere")
    )


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    folder = manifests(tmp_path)
    (Path(folder) / "service.yaml").write_bytes(b"\xff\xfe\x00")
    assert "service.yaml: cannot be read (it is not UTF-8)" in refusal(manifests=folder)


def test_without_the_schemas_a_wrong_shape_is_told_in_general(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *rest: None if name == "kubernetes_validate" else find(name, *rest),
    )
    assert names(web(), DEPLOYMENT) == ["web"]
    folder = manifests(tmp_path, {"deployment.yaml": put("spec", {"replicas": 1})})
    text = refusal(manifests=folder)
    assert "an object has not the shape that its kind has (KeyError: 'template')" in text
    assert "pip install 'slipway[kubernetes]'" in text


def test_without_autoscaling_its_file_is_not_judged(tmp_path: Path) -> None:
    changes = {"horizontal-pod-autoscaler.yaml": put("spec.minReplicas", 11)}
    assert names(web(manifests=manifests(tmp_path, changes)), DEPLOYMENT) == ["web"]


@pytest.mark.parametrize("version", ["1.34", "1.35", "1.36"])
def test_what_is_shipped_passes_for_every_version(version: str) -> None:
    app = {"scaling": {"memory_percent": 80}, "exec": True, "read_only_root": False}
    web(app, kubernetes_version=version, load_balancer_class="service.k8s.aws/nlb")


def test_none_means_not_given_and_numbers_may_be_floats() -> None:
    def program() -> None:
        args: Any = {
            "nodes": {"count": 3.0, "max": None},
            "tags": None,
            "manifests": None,
            "namespace": None,
            "kubernetes_version": None,
        }
        EksWebApp("web", settings({"replicas": 2.0}, **args))

    deployment = deploy(program)
    scaling = deployment.one("aws:eks/nodeGroup:NodeGroup").inputs["scalingConfig"]
    assert scaling["desiredSize"] == 3
    assert shipped.manifests().endswith("k8s")
