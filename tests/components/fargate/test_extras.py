"""Autoscaling and discovery."""

from typing import Any

import pytest

from components.fargate import FargateWebService
from components.testing import UNKNOWN, deploy

from .helpers import SERVICE, names, settings, web

TARGET = "aws:appautoscaling/target:Target"
POLICY = "aws:appautoscaling/policy:Policy"
NAMESPACE = "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace"
REGISTRY = "aws:servicediscovery/service:Service"


def tracking(value: int, metric: str, **more: Any) -> dict[str, Any]:
    return {
        "targetValue": value,
        "scaleInCooldown": 300,
        "scaleOutCooldown": 60,
        "predefinedMetricSpecification": {"predefinedMetricType": metric, **more},
    }


def test_scaling_is_off_unless_asked_for() -> None:
    deployment = web()
    assert deployment.of(TARGET) == []
    assert deployment.of(POLICY) == []


def test_scaling_defaults_to_two_to_ten_tasks_at_70_percent_cpu() -> None:
    deployment = web({"scaling": {}})
    target = deployment.one(TARGET).inputs
    assert (target["minCapacity"], target["maxCapacity"]) == (2, 10)
    assert target["resourceId"] == "service/web/web"
    assert target["scalableDimension"] == "ecs:service:DesiredCount"
    assert target["serviceNamespace"] == "ecs"
    policy = deployment.one(POLICY).inputs
    assert policy["policyType"] == "TargetTrackingScaling"
    assert policy["targetTrackingScalingPolicyConfiguration"] == tracking(
        70, "ECSServiceAverageCPUUtilization"
    )


def test_memory_and_requests_scale_where_they_have_a_target() -> None:
    deployment = web({"scaling": {"memory_percent": 80, "requests_per_target": 600}})
    found = {
        item.name: item.inputs["targetTrackingScalingPolicyConfiguration"]
        for item in deployment.of(POLICY)
    }
    assert set(found) == {"web-cpu", "web-memory", "web-requests"}
    assert found["web-memory"] == tracking(80, "ECSServiceAverageMemoryUtilization")
    assert found["web-requests"] == tracking(
        600,
        "ALBRequestCountPerTarget",
        resourceLabel="app/web/0123456789abcdef/targetgroup/web/0123456789abcdef",
    )


def test_the_number_of_tasks_is_the_autoscalers_only_while_scaling_is_on() -> None:
    assert web({"scaling": {}}).one(SERVICE).ignore_changes == ("desiredCount",)
    assert web().one(SERVICE).ignore_changes == ()


@pytest.mark.parametrize(("replicas", "count"), [(1, 3), (4, 4), (9, 6)])
def test_the_first_number_of_tasks_is_within_the_limits(replicas: int, count: int) -> None:
    deployment = web({"replicas": replicas, "scaling": {"min": 3, "max": 6}})
    assert deployment.one(SERVICE).inputs["desiredCount"] == count


def test_a_given_clusters_name_is_in_the_scaling_target() -> None:
    deployment = web(
        {"scaling": {}},
        cluster_arn="arn:aws:ecs:us-east-1:123456789012:cluster/shared",
        cluster_name="shared",
    )
    assert deployment.one(TARGET).inputs["resourceId"] == "service/shared/web"


def test_discovery_registers_the_tasks_under_a_private_name() -> None:
    deployment = web(discovery={"namespace": "shop.internal"})
    namespace = deployment.one(NAMESPACE).inputs
    assert namespace["name"] == "shop.internal"
    assert namespace["vpc"] == "vpc-1"
    registry = deployment.one(REGISTRY)
    assert registry.inputs["name"] == "web"
    assert registry.inputs["dnsConfig"] == {
        "namespaceId": "web-id",
        "routingPolicy": "MULTIVALUE",
        "dnsRecords": [{"type": "A", "ttl": 10}],
    }
    assert registry.inputs["healthCheckCustomConfig"] == {"failureThreshold": 1}
    registries = deployment.one(SERVICE).inputs["serviceRegistries"]
    assert registries == {"registryArn": registry.outputs["arn"]}
    assert deployment.result["discovery_name"] == "web.shop.internal"
    assert deployment.result["discovery_namespace_id"] == "web-id"


def test_services_share_a_namespace() -> None:
    def program() -> FargateWebService:
        one = FargateWebService("one", settings(discovery={"namespace": "shop.internal"}))
        return FargateWebService(
            "two",
            settings(
                discovery={
                    "namespace": "shop.internal",
                    "namespace_id": one.discovery_namespace_id,
                },
                allow_from=[one.security_group_id],
            ),
        )

    deployment = deploy(program)
    assert names(deployment, NAMESPACE) == ["one"]
    assert deployment.one(REGISTRY, "two").inputs["dnsConfig"]["namespaceId"] == "one-id"
    assert deployment.result["discovery_name"] == "two.shop.internal"
    preview = deploy(program, known=False)
    assert preview.one(REGISTRY, "two").inputs["dnsConfig"]["namespaceId"] is UNKNOWN


def test_nothing_is_registered_without_discovery() -> None:
    deployment = web()
    assert deployment.of(REGISTRY) == []
    assert "serviceRegistries" not in deployment.one(SERVICE).inputs
