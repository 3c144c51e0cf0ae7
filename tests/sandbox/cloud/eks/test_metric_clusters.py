"""Metrics of clusters: read off a real API server and its objects."""

from collections.abc import Iterator

import pytest

from sandbox.cloud.patches import metric_clusters

from ..functions import eventually
from ..metrics import points, total
from .eks_world import EksWorld

NAME = "measured"


def test_requests_are_added_up_and_told_apart() -> None:
    told = metric_clusters.counted(
        [
            "# TYPE apiserver_request_total counter",
            'apiserver_request_total{code="200",verb="GET"} 7',
            'apiserver_request_total{verb="GET",code="503"} 2',
            'apiserver_request_total{verb="GET",code="0"} 1',
            'apiserver_storage_size_bytes{storage_cluster_id="a"} 1.5e+06',
            'other_total{code="500"} 9',
        ]
    )
    assert told == {
        "apiserver_request_total": 10,
        "apiserver_request_total_5XX": 2,
        "apiserver_storage_size_bytes": 1_500_000,
    }


def test_a_pod_is_called_after_its_deployment() -> None:
    made_by = [{"kind": "ReplicaSet", "name": "storefront-5d4f"}]
    pod = {"metadata": {"name": "storefront-5d4f-x", "namespace": "a", "ownerReferences": made_by}}
    assert metric_clusters.owner(pod) == ("a", "storefront")
    assert metric_clusters.owner({"metadata": {"name": "x", "namespace": "a"}}) == ("a", "x")


def test_a_node_fails_when_it_is_not_ready_or_short_of_something() -> None:
    def node(**conditions: str) -> dict[str, object]:
        told = [{"type": key, "status": value} for key, value in conditions.items()]
        return {"status": {"conditions": told}}

    assert not metric_clusters.failed(node(Ready="True", DiskPressure="False"))
    assert metric_clusters.failed(node(Ready="Unknown"))
    assert metric_clusters.failed(node(Ready="True", DiskPressure="True"))


@pytest.fixture(scope="module")
def measured(real: EksWorld) -> Iterator[EksWorld]:
    assert real.cluster(NAME)["status"] == "ACTIVE"
    yield real
    real.remove(NAME)


@pytest.mark.sandbox
def test_the_control_plane_is_measured_and_pods_without_a_node_are_counted(
    measured: EksWorld,
) -> None:
    def most(metric: str, statistic: str = "Maximum") -> float:
        return total(measured, "AWS/EKS", metric, statistic, ClusterName=NAME)

    eventually(lambda: most("apiserver_request_total", "Sum") > 0, 60)
    assert most("apiserver_storage_size_bytes") > 0
    assert most("scheduler_pending_pods_UNSCHEDULABLE") == 0
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "lost", "namespace": "default"},
        "spec": {"containers": [{"name": "app", "image": "app"}]},
    }
    measured.api(NAME).apply(pod, manager="test")
    eventually(lambda: most("scheduler_pending_pods_UNSCHEDULABLE") == 1, 90)
    measured.api(NAME).delete("v1", "Pod", "lost", grace_seconds=0)
    failed = points(
        measured, "ContainerInsights", "cluster_failed_node_count", "Maximum", ClusterName=NAME
    )
    assert failed == []  # without the add-on


@pytest.mark.sandbox
def test_with_the_add_on_nodes_are_counted(measured: EksWorld) -> None:
    measured.eks.create_addon(clusterName=NAME, addonName=metric_clusters.ADDON)

    def counted() -> list[float]:
        name = "cluster_failed_node_count"
        return points(measured, "ContainerInsights", name, "Maximum", ClusterName=NAME)

    assert eventually(counted, 60) == [0]
