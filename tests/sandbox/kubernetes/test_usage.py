"""What pods are said to use reaches the real metrics API, and the autoscaler acts on it."""

import time
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest

from sandbox.kubernetes import annotations, metrics, plane
from sandbox.kubernetes.client import Api, Refused
from sandbox.kubernetes.kwok import USAGE_OF_REQUESTS

pytestmark = pytest.mark.sandbox

NAMESPACE = "usage"
REQUESTS = {"cpu": "250m", "memory": "64Mi"}
UNITS = {"n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3")}
BYTES = {"Ki": Decimal(1024), "Mi": Decimal(1024**2), "Gi": Decimal(1024**3)}
SCRAPES = 3
"""Until a new pod has a rate of CPU: it is seen, seen again, and published."""


@pytest.fixture(scope="module")
def metered(control_plane: plane.ControlPlane, api: Api) -> Iterator[Api]:
    api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    until(lambda: api.get("v1", "ServiceAccount", "default", NAMESPACE))
    control_plane.metrics(on=True)
    # All at once: each needs half a minute until anything is known about it.
    busy = {annotations.USAGE_CPU: "200m", annotations.USAGE_MEMORY: "48Mi"}
    api.apply(workload("idle", 1, {}), manager="test")
    api.apply(workload("busy", 1, busy), manager="test")
    api.apply(workload("scaled", 2, {annotations.USAGE_CPU: "1"}), manager="test")
    api.create(autoscaler("scaled"))
    yield api
    control_plane.metrics(on=False)
    api.delete("v1", "Namespace", NAMESPACE)


def until(check: Callable[[], Any], seconds: float = 90) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)
    return found


def workload(name: str, replicas: int, marks: Mapping[str, str]) -> dict[str, Any]:
    labels = {"app": name}
    metadata = {"labels": labels, "annotations": {annotations.SIMULATED: "true", **marks}}
    container = {"name": "main", "image": "example", "resources": {"requests": REQUESTS}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": metadata, "spec": {"containers": [container]}},
        },
    }


def autoscaler(name: str) -> dict[str, Any]:
    target = {"type": "Utilization", "averageUtilization": 70}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "minReplicas": 2,
            "maxReplicas": 10,
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
        },
    }


def usage(api: Api, name: str) -> dict[str, Decimal]:
    """The first pod's CPU in cores and memory in bytes; empty while nothing is known."""
    path = f"/apis/metrics.k8s.io/v1beta1/namespaces/{NAMESPACE}/pods"
    for item in api.request("GET", path, query={"labelSelector": f"app={name}"})["items"]:
        found = item["containers"][0]["usage"]
        return {"cpu": quantity(found["cpu"]), "memory": quantity(found["memory"])}
    return {}


def quantity(text: str) -> Decimal:
    for suffix, factor in {**UNITS, **BYTES}.items():
        if text.endswith(suffix):
            return Decimal(text.removesuffix(suffix)) * factor
    return Decimal(text)


def test_a_cluster_has_no_metrics_until_somebody_asks_for_them(api: Api) -> None:
    with pytest.raises(Refused) as refused:
        api.request("GET", "/apis/metrics.k8s.io/v1beta1")
    assert refused.value.status == 404


def test_pods_use_what_is_written_on_them_or_a_share_of_their_requests(metered: Api) -> None:
    seconds = 2 * SCRAPES * metrics.RESOLUTION_SECONDS

    busy = until(lambda: usage(metered, "busy"), seconds)
    assert busy["cpu"] == pytest.approx(Decimal("0.2"), rel=Decimal("0.05"))
    assert busy["memory"] == 48 * 1024**2
    idle = until(lambda: usage(metered, "idle"), seconds)
    assert float(idle["cpu"]) == pytest.approx(0.25 * USAGE_OF_REQUESTS["cpu"], rel=0.05)
    assert float(idle["memory"]) == pytest.approx(
        64 * 1024**2 * USAGE_OF_REQUESTS["memory"], rel=0.01
    )


def test_nodes_use_what_their_pods_use_and_a_little_more(metered: Api) -> None:
    def nodes() -> dict[str, Decimal]:
        found = metered.request("GET", "/apis/metrics.k8s.io/v1beta1/nodes")["items"]
        return {item["metadata"]["name"]: quantity(item["usage"]["cpu"]) for item in found}

    assert min(until(lambda: len(nodes()) == 3 and nodes()).values()) > Decimal("0.04")


def test_the_autoscaler_reads_them_and_asks_for_more_under_load(metered: Api) -> None:
    def wanted() -> int:
        found = metered.get("autoscaling/v2", "HorizontalPodAutoscaler", "scaled", NAMESPACE) or {}
        return int(found.get("status", {}).get("desiredReplicas", 0))

    until(lambda: wanted() == 10, 90)


def test_switched_off_they_are_gone_and_can_come_back(
    metered: Api, control_plane: plane.ControlPlane
) -> None:
    control_plane.metrics(on=True)  # is on already
    control_plane.metrics(on=False)
    control_plane.metrics(on=False)
    with pytest.raises(Refused):
        metered.request("GET", "/apis/metrics.k8s.io/v1beta1")
    assert control_plane.ended() is None
    control_plane.metrics(on=True)
    assert metered.request("GET", "/apis/metrics.k8s.io/v1beta1")["kind"] == "APIResourceList"
