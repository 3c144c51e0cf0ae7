"""Formulas of services, load balancers and clusters: each number comes from a setting."""

from collections.abc import Sequence

import pytest

from components.alarms import Formula, clusters, load_balancers, services
from components.alarms.formula import AT_LEAST, FEWER_THAN, MORE_THAN


def by_role(found: Sequence[Formula]) -> dict[str, Formula]:
    return {item.role: item for item in found}


def test_roles_are_unique_within_each_thing() -> None:
    for found in (
        services.formulas(2, insights="on"),
        load_balancers.formulas(5, own=True),
        clusters.formulas(insights="on", pods=True),
    ):
        assert len(by_role(found)) == len(found)
        assert all(0 < item.to_alarm <= item.periods for item in found)
        assert all(item.description for item in found)


def test_tasks_are_counted_by_the_samples_of_a_minute() -> None:
    running = by_role(services.formulas(3, insights="off"))["running"]
    assert (running.namespace, running.metric) == ("AWS/ECS", "CPUUtilization")
    assert (running.statistic, running.period_seconds) == ("SampleCount", 60)
    assert (running.comparison, running.threshold) == (FEWER_THAN, 3)
    # It is published for running tasks alone.
    assert running.missing == "breaching"


def test_a_service_that_may_have_no_task_has_no_fewest() -> None:
    assert "running" not in by_role(services.formulas(0, insights="off"))
    assert "running" in by_role(services.formulas(0, insights="on"))


@pytest.mark.parametrize("insights", ["on", "enhanced"])
def test_with_container_insights_what_is_wanted_counts(insights: str) -> None:
    running = by_role(services.formulas(3, insights=insights))["running"]
    assert running.namespace == "ECS/ContainerInsights"
    assert running.expression == "desired - FILL(running, 0)"
    assert [part.metric for part in running.parts] == ["DesiredTaskCount", "RunningTaskCount"]
    assert (running.comparison, running.threshold) == (MORE_THAN, 0)


@pytest.mark.parametrize(("target", "threshold"), [(None, 85), (60, 80), (80, 90)])
def test_load_rings_halfway_between_its_target_and_all_there_is(
    target: float | None, threshold: float
) -> None:
    found = by_role(services.formulas(2, insights=None, cpu_target=target, memory_target=target))
    assert found["cpu"].threshold == found["memory"].threshold == threshold
    assert {found[role].missing for role in ("cpu", "memory")} == {"missing"}


def test_traffic_judges_deployments_and_load_does_not() -> None:
    traffic = load_balancers.formulas(5, own=True)
    judging = [item.role for item in traffic if item.fails_deployment]
    assert judging == ["errors", "unhealthy", "latency"]
    assert not any(item.fails_deployment for item in services.formulas(2, insights="on"))


def test_latency_is_half_of_what_the_health_check_waits() -> None:
    latency = by_role(load_balancers.formulas(8, own=False))["latency"]
    assert (latency.statistic, latency.threshold) == ("p95", 4)


def test_one_unhealthy_target_is_enough() -> None:
    unhealthy = by_role(load_balancers.formulas(5, own=False))["unhealthy"]
    assert (unhealthy.comparison, unhealthy.threshold) == (AT_LEAST, 1)
    assert (unhealthy.periods, unhealthy.to_alarm) == (3, 3)


def test_what_the_load_balancer_refuses_is_of_it_alone() -> None:
    assert "rejected" not in by_role(load_balancers.formulas(5, own=False))
    rejected = by_role(load_balancers.formulas(5, own=True))["rejected"]
    assert rejected.by == ("LoadBalancer",)
    assert rejected.expression == (
        "IF((rejected + FILL(requests, 0)) >= 20, "
        "100 * rejected / (rejected + FILL(requests, 0)), 0)"
    )
    assert [part.metric for part in rejected.parts] == ["HTTPCode_ELB_5XX_Count", "RequestCount"]


def test_the_control_plane_is_measured_by_cluster() -> None:
    found = by_role(clusters.formulas(insights="off", pods=True))
    assert list(found) == ["unschedulable", "api-errors", "storage"]
    assert {item.namespace for item in found.values()} == {"AWS/EKS"}
    assert {item.by for item in found.values()} == {("ClusterName",)}
    assert found["unschedulable"].metric == "scheduler_pending_pods_UNSCHEDULABLE"
    assert found["storage"].threshold == 0.8 * 8 * 2**30
    assert found["api-errors"].expression == (
        "IF(requests >= 20, 100 * FILL(errors, 0) / requests, 0)"
    )


def test_container_insights_measures_nodes_and_pods() -> None:
    found = by_role(clusters.formulas(insights="enhanced", pods=True))
    assert (found["nodes"].namespace, found["nodes"].by) == (
        "ContainerInsights",
        ("ClusterName",),
    )
    restarts = found["restarts"]
    assert (restarts.statistic, restarts.period_seconds, restarts.threshold) == ("Sum", 600, 2)
    # All of the thing's dimensions: its pods.
    assert restarts.by is None
    assert "restarts" not in by_role(clusters.formulas(insights="on", pods=False))
    assert "nodes" not in by_role(clusters.formulas(insights=None, pods=True))
