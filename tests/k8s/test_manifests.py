"""The manifests as they stand: for `kubectl apply -k k8s`, and as EksWebApp's beginning."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from components.eks import manifests
from components.eks.new_cluster import DEFAULT_KUBERNETES_VERSION, KUBERNETES_VERSIONS
from components.eks.patches import NAME_LABEL

FOLDER = Path(__file__).resolve().parents[2] / "k8s"
FILES = sorted(path.name for path in FOLDER.glob("*.yaml") if path.name != "kustomization.yaml")


def load(file: str) -> dict[str, Any]:
    return dict(yaml.safe_load((FOLDER / file).read_text()))


def pod() -> dict[str, Any]:
    return dict(load("deployment.yaml")["spec"]["template"]["spec"])


@pytest.mark.parametrize("version", KUBERNETES_VERSIONS)
@pytest.mark.parametrize("file", FILES)
def test_every_object_has_the_shape_that_its_version_wants(file: str, version: str) -> None:
    assert kubernetes_validate.validate(load(file), version, strict=True) == version


def test_the_newest_three_versions_of_eks_are_meant() -> None:
    assert len(KUBERNETES_VERSIONS) == 3
    assert DEFAULT_KUBERNETES_VERSION in KUBERNETES_VERSIONS


def test_a_misspelt_field_would_be_found() -> None:
    wrong = load("service.yaml")
    wrong["spec"]["prots"] = []
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, DEFAULT_KUBERNETES_VERSION, strict=True)


def test_the_listing_has_every_file_and_the_component_reads_it() -> None:
    listing = load("kustomization.yaml")
    assert sorted(listing["resources"]) == FILES
    found = manifests.read("EksWebApp 'x'", str(FOLDER))
    assert found.keys() == manifests.KINDS.keys()


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
def test_kustomize_writes_all_of_them_with_the_image_that_is_set() -> None:
    done = subprocess.run(
        ["kubectl", "kustomize", str(FOLDER)], capture_output=True, text=True, check=True
    )
    written = list(yaml.safe_load_all(done.stdout))
    assert sorted(item["kind"] for item in written) == sorted(manifests.KINDS)
    for item in written:
        if item["kind"] != "Namespace":
            assert item["metadata"]["namespace"] == "storefront"


def test_the_fixed_numbers() -> None:
    deployment = load("deployment.yaml")["spec"]
    (container,) = deployment["template"]["spec"]["containers"]
    assert deployment["replicas"] == 3
    assert container["resources"] == {
        "requests": {"cpu": "250m", "memory": "64Mi"},
        "limits": {"cpu": "500m", "memory": "128Mi"},
    }
    assert load("service.yaml")["spec"]["type"] == "LoadBalancer"
    scaler = load("horizontal-pod-autoscaler.yaml")
    assert scaler["apiVersion"] == "autoscaling/v2"
    assert (scaler["spec"]["minReplicas"], scaler["spec"]["maxReplicas"]) == (2, 10)
    assert {
        item["resource"]["name"]: item["resource"]["target"]["averageUtilization"]
        for item in scaler["spec"]["metrics"]
    } == {"cpu": 70, "memory": 80}


def test_probes_ask_the_apps_own_addresses() -> None:
    (container,) = pod()["containers"]
    (port,) = container["ports"]
    for which, path in (("startup", "/health"), ("liveness", "/health"), ("readiness", "/ready")):
        assert container[f"{which}Probe"]["httpGet"] == {"path": path, "port": port["name"]}


def test_a_pod_that_stops_has_time_for_what_is_under_way() -> None:
    inside = pod()
    pause = inside["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert inside["terminationGracePeriodSeconds"] == pause + 30  # the default drain of a WebApp


def test_pods_keep_to_the_restricted_standard_which_the_namespace_enforces() -> None:
    # Pod Security Standards, "Restricted", as far as a pod without volumes of the host goes.
    inside = pod()
    assert inside["securityContext"]["runAsNonRoot"] is True
    assert inside["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in inside["containers"]:
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert context["readOnlyRootFilesystem"] is True
    assert [sorted(volume.keys() - {"name"}) for volume in inside["volumes"]] == [["emptyDir"]]
    assert {"hostNetwork", "hostPID", "hostIPC"}.isdisjoint(inside)
    labels = load("namespace.yaml")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_pods_get_no_token_for_the_kubernetes_api() -> None:
    assert pod()["automountServiceAccountToken"] is False
    assert load("service-account.yaml")["automountServiceAccountToken"] is False


def test_whatever_selects_pods_selects_these() -> None:
    labels = load("deployment.yaml")["spec"]["template"]["metadata"]["labels"]

    def selectors(value: Any) -> Iterator[dict[str, str]]:
        if isinstance(value, dict):
            for key, item in value.items():
                if key == "matchLabels" or (key == "selector" and NAME_LABEL in item):
                    yield item
                else:
                    yield from selectors(item)
        elif isinstance(value, list):
            for item in value:
                yield from selectors(item)

    found = [selector for file in FILES for selector in selectors(load(file))]
    assert len(found) == 6
    assert all(selector.items() <= labels.items() for selector in found)


def test_an_eviction_leaves_all_but_one_whatever_their_number() -> None:
    spec = load("pod-disruption-budget.yaml")["spec"]
    assert spec["maxUnavailable"] == 1
    assert "minAvailable" not in spec


def test_a_rollout_takes_no_pod_away_before_its_successor_is_ready() -> None:
    assert load("deployment.yaml")["spec"]["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1},
    }
