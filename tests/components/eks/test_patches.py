"""What the WebApp writes into the manifests, and what of them stays."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.eks import EksWebApp, quantities
from components.testing import deploy

from .helpers import (
    DEPLOYMENT,
    INVOKES,
    SCALER,
    SECRET,
    SECRETS,
    container,
    manifests,
    pod,
    settings,
    web,
)


def test_spread_pod_security_and_budget_are_the_files() -> None:
    deployment = web()
    inside = pod(deployment)
    assert [item["topologyKey"] for item in inside["topologySpreadConstraints"]] == [
        "topology.kubernetes.io/zone",
        "kubernetes.io/hostname",
    ]
    assert inside["securityContext"]["runAsNonRoot"] is True
    budget = deployment.one("kubernetes:policy/v1:PodDisruptionBudget").inputs["spec"]
    assert budget["maxUnavailable"] == 1
    rollout = deployment.one(DEPLOYMENT).inputs["spec"]["strategy"]["rollingUpdate"]
    assert rollout == {"maxUnavailable": 0, "maxSurge": 1}


def test_every_label_and_selector_has_the_components_name() -> None:
    seen: list[str] = []

    def look(value: Any) -> None:
        if isinstance(value, dict):
            seen.extend(v for k, v in value.items() if k == "app.kubernetes.io/name")
            for item in value.values():
                look(item)
        elif isinstance(value, list):
            for item in value:
                look(item)

    for resource in web({"scaling": {}}, name="blog").resources:
        if resource.type.startswith("kubernetes:"):
            look(resource.inputs)
            assert "storefront" not in str(resource.inputs), resource.type
    assert set(seen) == {"blog"}
    assert len(seen) > 10


def test_the_readiness_probe_may_ask_more_than_the_others() -> None:
    found = container(web({"health": {"path": "/alive"}}, readiness_path="/ready"))
    assert {which: found[f"{which}Probe"]["httpGet"]["path"] for which in PROBES} == {
        "startup": "/alive",
        "liveness": "/alive",
        "readiness": "/ready",
    }


PROBES = ("startup", "liveness", "readiness")


def test_a_slow_start_gets_a_rollout_that_waits_for_it() -> None:
    def deadline(grace: int) -> int:
        inputs = web({"health": {"grace_seconds": grace}}).one(DEPLOYMENT).inputs
        return int(inputs["spec"]["progressDeadlineSeconds"])

    assert (deadline(60), deadline(300)) == (300, 600)


def test_a_read_only_root_has_a_scratch_directory_and_a_writable_one_does_not() -> None:
    frozen = web()
    assert container(frozen)["volumeMounts"] == [{"name": "tmp", "mountPath": "/tmp"}]
    assert pod(frozen)["volumes"][0]["name"] == "tmp"
    writable = web({"read_only_root": False})
    assert not container(writable).get("volumeMounts")
    assert not pod(writable).get("volumes")


def test_the_scratch_directory_comes_though_the_file_has_none(tmp_path: Path) -> None:
    def without(item: Any) -> None:
        inside = item["spec"]["template"]["spec"]
        del inside["volumes"], inside["containers"][0]["volumeMounts"]

    found = web(manifests=manifests(tmp_path, {"deployment.yaml": without}))
    assert container(found)["volumeMounts"] == [{"name": "tmp", "mountPath": "/tmp"}]
    assert pod(found)["volumes"] == [{"name": "tmp", "emptyDir": {}}]


def test_memory_is_scaled_by_only_where_it_is_asked_for() -> None:
    def figures(**scaling: Any) -> list[str]:
        spec = web({"scaling": scaling}).one(SCALER).inputs["spec"]
        assert spec["scaleTargetRef"]["name"] == "web"
        return [item["resource"]["name"] for item in spec["metrics"]]

    assert figures() == ["cpu"]
    assert figures(memory_percent=80) == ["cpu", "memory"]


def test_other_metrics_of_the_file_stay(tmp_path: Path) -> None:
    queue = {
        "type": "External",
        "external": {"metric": {"name": "jobs"}, "target": {"type": "Value", "value": "5"}},
    }

    def more(item: Any) -> None:
        item["spec"]["metrics"].append(queue)

    folder = manifests(tmp_path, {"horizontal-pod-autoscaler.yaml": more})
    spec = web({"scaling": {}}, manifests=folder).one(SCALER).inputs["spec"]
    assert [item["type"] for item in spec["metrics"]] == ["Resource", "External"]


def test_variables_and_further_containers_of_the_file_stay(tmp_path: Path) -> None:
    def more(item: Any) -> None:
        inside = item["spec"]["template"]["spec"]
        inside["containers"][0]["env"] = [
            {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            {"name": "A", "value": "file"},
        ]
        inside["containers"].append({"name": "side", "image": "side@sha256:1"})

    folder = manifests(tmp_path, {"deployment.yaml": more})
    found = web({"environment": {"A": "app", "B": "b"}}, manifests=folder)
    assert [(item["name"], item.get("value")) for item in container(found)["env"]] == [
        ("POD", None),
        ("A", "app"),
        ("B", "b"),
    ]
    assert pod(found)["containers"][1] == {"name": "side", "image": "side@sha256:1"}


def test_objects_that_an_app_can_do_without_may_be_missing(tmp_path: Path) -> None:
    listing = "resources: [namespace.yaml, service-account.yaml, deployment.yaml, service.yaml]\n"
    found = web(manifests=manifests(tmp_path, {"kustomization.yaml": listing}))
    kinds = {item.type for item in found.resources if item.type.startswith("kubernetes:")}
    assert kinds == {
        "kubernetes:core/v1:Namespace",
        "kubernetes:core/v1:ServiceAccount",
        "kubernetes:apps/v1:Deployment",
        "kubernetes:core/v1:Service",
    }


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"cpu": "250m", "memory": "192Mi"}, {"cpu": "250m", "memory": "1536Mi"}),
        ({"memory": "64Mi"}, {"memory": "512Mi"}),
        ({"ephemeral-storage": "1Gi"}, {"ephemeral-storage": "1Gi"}),
        (None, None),
    ],
)
def test_limits_keep_the_distance_that_the_file_gives_them(
    tmp_path: Path, limits: Any, expected: Any
) -> None:
    def limited(item: Any) -> None:
        resources = item["spec"]["template"]["spec"]["containers"][0]["resources"]
        resources.pop("limits")
        if limits is not None:
            resources["limits"] = limits

    found = web(manifests=manifests(tmp_path, {"deployment.yaml": limited}))
    resources = container(found)["resources"]
    assert resources["requests"] == {"cpu": "250m", "memory": "512Mi"}
    assert resources.get("limits") == expected


def test_a_variable_that_looks_secret_is_in_the_secret_and_not_in_the_deployment() -> None:
    def program() -> None:
        app: Any = {"environment": {"DB_PASSWORD": pulumi.Output.secret("hunter2"), "A": "b"}}
        EksWebApp("web", settings(app))

    deployment = deploy(program)
    assert deployment.one(SECRETS).inputs["stringData"] == {"DB_PASSWORD": "hunter2"}
    assert "hunter2" not in str(deployment.one(DEPLOYMENT).inputs)
    assert deployment.one(DEPLOYMENT).secrets == frozenset()


@pytest.mark.parametrize(
    ("reference", "value"),
    [
        (SECRET, '{"user": "shop", "password": "hunter2"}'),
        (f"{SECRET}:password::", "hunter2"),
        (f"{SECRET}:user:AWSPREVIOUS:", "shop"),
    ],
)
def test_a_secret_of_secrets_manager_is_read_as_ecs_reads_it(reference: str, value: str) -> None:
    asked: list[Any] = []

    def answer(args: Any) -> Any:
        asked.append(args)
        return INVOKES["aws:secretsmanager/getSecretVersion:getSecretVersion"](args)

    invokes = {**INVOKES, "aws:secretsmanager/getSecretVersion:getSecretVersion": answer}
    app = {"secrets": {"DB": reference}}
    deployment = deploy(lambda: EksWebApp("web", settings(app)), invokes=invokes)
    assert deployment.one(SECRETS).inputs["stringData"] == {"DB": value}
    assert asked[0]["secretId"] == SECRET
    assert asked[0].get("versionStage") == ("AWSPREVIOUS" if "PREVIOUS" in reference else None)


def test_a_secret_that_has_no_such_part_is_told_without_its_value() -> None:
    with pytest.raises(ValueError, match="no JSON object with the key 'pin'") as error:
        web({"secrets": {"DB": f"{SECRET}:pin::"}})
    assert "hunter2" not in str(error.value)


def test_an_arn_that_is_known_late_and_is_no_secrets_is_told() -> None:
    app: Any = {"secrets": {"DB": pulumi.Output.from_input("arn:aws:s3:::bucket")}}
    with pytest.raises(ValueError, match="arn:aws:s3:::bucket is neither an SSM parameter's nor"):
        deploy(lambda: EksWebApp("web", settings(app)))


@pytest.mark.parametrize(
    ("text", "number"),
    [("250m", "0.25"), ("1", "1"), (2, "2"), (0.5, "0.5"), ("64Mi", 64 * 1024**2), ("1e3", "1000")],
)
def test_quantities_are_read_as_kubernetes_reads_them(text: Any, number: Any) -> None:
    assert quantities.parse(text) == Decimal(number)


@pytest.mark.parametrize("text", ["", "64 Mi", "64MB", "m", "lots", None])
def test_what_is_no_quantity_is_none(text: Any) -> None:
    assert quantities.parse(text) is None


@given(cpu=st.integers(1, 16384), memory=st.integers(1, 122880))
def test_limits_are_never_below_requests(cpu: int, memory: int) -> None:
    from components.eks.patches import _resources

    given = {
        "requests": {"cpu": "250m", "memory": "64Mi"},
        "limits": {"cpu": "333m", "memory": "64Mi"},
    }
    found = _resources(given, cpu, memory)
    for key in ("cpu", "memory"):
        asked, limit = (quantities.parse(found[part][key]) for part in ("requests", "limits"))
        assert asked is not None
        assert limit is not None
        assert 0 < asked <= limit
