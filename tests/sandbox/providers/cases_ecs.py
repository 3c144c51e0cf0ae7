"""Lives of clusters, task definitions and services."""

import json
from collections.abc import Mapping
from typing import Any

from sandbox.providers.base import Outputs

from .looks import SEEN1, SEEN2, T1, T2, unless_gone
from .world import Case, World, tags_of


def _cluster(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    found = world.client("ecs").describe_clusters(clusters=[id], include=["SETTINGS", "TAGS"])
    if not found["clusters"]:
        return None
    cluster = found["clusters"][0]
    return {**cluster, "tags": tags_of(cluster["tags"], "key", "value")}


def _capacity(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    cluster = world.client("ecs").describe_clusters(clusters=[id])["clusters"][0]
    return cluster if cluster["capacityProviders"] else None


@unless_gone
def _task_definition(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    found = world.client("ecs").describe_task_definition(
        taskDefinition=outputs["arn"], include=["TAGS"]
    )
    if found["taskDefinition"]["status"] == "INACTIVE":
        return None
    return {**found["taskDefinition"], "tags": tags_of(found["tags"], "key", "value")}


def _service(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    found = world.client("ecs").describe_services(
        cluster=outputs["cluster"], services=[id], include=["TAGS"]
    )["services"]
    if not found or found[0]["status"] == "INACTIVE":
        return None
    return {**found[0], "tags": tags_of(found[0]["tags"], "key", "value")}


CONTAINER = {
    "name": "web",
    "image": "127.0.0.1:4566/shop@sha256:" + "0" * 64,
    "portMappings": [{"containerPort": 5000}],
    "mountPoints": [{"sourceVolume": "tmp", "containerPath": "/tmp"}],
}


BASE_TASK = {
    "family": "shop",
    "containerDefinitions": json.dumps([CONTAINER]),
    "cpu": "256",
    "memory": "512",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "volumes": [{"name": "tmp"}],
}


def base_service(world: World) -> dict[str, Any]:
    """A service that runs nothing yet."""
    return {
        "cluster": world.cluster["arn"],
        "taskDefinition": world.task_definitions[0],
        "launchType": "FARGATE",
        "networkConfiguration": {"subnets": world.subnets[:1]},
    }


CASES = [
    Case(
        "aws:ecs/cluster:Cluster",
        lambda w: {
            "name": "shop",
            "settings": [{"name": "containerInsights", "value": "enhanced"}],
            "tags": T1,
        },
        _cluster,
        lambda w: {
            "clusterName": "shop",
            "settings": [{"name": "containerInsights", "value": "enhanced"}],
            "tags": SEEN1,
        },
        lambda w: {"settings": None, "tags": T2},
        lambda w: {
            "settings": [{"name": "containerInsights", "value": "disabled"}],
            "tags": SEEN2,
        },
    ),
    Case(
        "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
        lambda w: {
            "clusterName": w.cluster["name"],
            "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
            "defaultCapacityProviderStrategies": [
                {"capacityProvider": "FARGATE", "weight": 1.0, "base": 1.0}
            ],
        },
        _capacity,
        lambda w: {
            "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
            "defaultCapacityProviderStrategy": [
                {"capacityProvider": "FARGATE", "weight": 1, "base": 1}
            ],
        },
        lambda w: {
            "capacityProviders": ["FARGATE"],
            "defaultCapacityProviderStrategies": None,
        },
        lambda w: {"capacityProviders": ["FARGATE"], "defaultCapacityProviderStrategy": []},
    ),
    Case(
        "aws:ecs/taskDefinition:TaskDefinition",
        lambda w: {
            **BASE_TASK,
            "executionRoleArn": w.role["arn"],
            "taskRoleArn": w.role["arn"],
            "runtimePlatform": {"operatingSystemFamily": "LINUX", "cpuArchitecture": "ARM64"},
            "ephemeralStorage": {"sizeInGib": 30.0},
            "trackLatest": True,
            "tags": T1,
        },
        _task_definition,
        lambda w: {
            "family": "shop",
            "cpu": "256",
            "memory": "512",
            "networkMode": "awsvpc",
            "requiresCompatibilities": ["FARGATE"],
            "executionRoleArn": w.role["arn"],
            "taskRoleArn": w.role["arn"],
            "runtimePlatform": {"operatingSystemFamily": "LINUX", "cpuArchitecture": "ARM64"},
            "ephemeralStorage": {"sizeInGiB": 30},
            "volumes": [{"name": "tmp"}],
            "containerDefinitions": [{**CONTAINER, "cpu": 0, "essential": True}],
            "tags": SEEN1,
        },
        lambda w: {"tags": T2},
        lambda w: {"tags": SEEN2},
    ),
    Case(
        "aws:ecs/taskDefinition:TaskDefinition",
        lambda w: {**BASE_TASK, "family": "kept", "skipDestroy": True},
        _task_definition,
        lambda w: {"family": "kept"},
        stays=True,
        label="kept",
    ),
    Case(
        "aws:ecs/service:Service",
        lambda w: {
            **base_service(w),
            "name": "shop",
            "desiredCount": 0.0,
            "platformVersion": "LATEST",
            "networkConfiguration": {
                "subnets": w.subnets[:2],
                "securityGroups": w.groups[:1],
                "assignPublicIp": True,
            },
            "loadBalancers": [
                {
                    "targetGroupArn": w.served_group,
                    "containerName": "web",
                    "containerPort": 5000.0,
                }
            ],
            "healthCheckGracePeriodSeconds": 60.0,
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
            "deploymentMinimumHealthyPercent": 50.0,
            "deploymentMaximumPercent": 150.0,
            "alarms": {"enable": True, "rollback": True, "alarmNames": ["slow"]},
            "availabilityZoneRebalancing": "ENABLED",
            "enableEcsManagedTags": True,
            "propagateTags": "SERVICE",
            "enableExecuteCommand": True,
            "forceNewDeployment": True,
            "forceDelete": True,
            "serviceRegistries": {
                "registryArn": w.discovery,
                "port": 80.0,
                "containerName": "web",
                "containerPort": 5000.0,
            },
            "tags": T1,
        },
        _service,
        lambda w: {
            "serviceName": "shop",
            "clusterArn": w.cluster["arn"],
            "taskDefinition": w.task_definitions[0],
            "launchType": "FARGATE",
            "platformVersion": "LATEST",
            "healthCheckGracePeriodSeconds": 60,
            "enableExecuteCommand": True,
            "enableECSManagedTags": True,
            "propagateTags": "SERVICE",
            "serviceRegistries": [
                {
                    "registryArn": w.discovery,
                    "port": 80,
                    "containerName": "web",
                    "containerPort": 5000,
                }
            ],
            "loadBalancers": [
                {
                    "targetGroupArn": w.served_group,
                    "containerName": "web",
                    "containerPort": 5000,
                }
            ],
            "networkConfiguration": {
                "awsvpcConfiguration": {
                    "subnets": w.subnets[:2],
                    "securityGroups": w.groups[:1],
                    "assignPublicIp": "ENABLED",
                }
            },
            "deploymentConfiguration": {
                "deploymentCircuitBreaker": {"enable": True, "rollback": True},
                "minimumHealthyPercent": 50,
                "maximumPercent": 150,
                "alarms": {"enable": True, "rollback": True, "alarmNames": ["slow"]},
            },
            "tags": SEEN1,
        },
        lambda w: {
            "taskDefinition": w.task_definitions[1],
            "loadBalancers": None,
            "healthCheckGracePeriodSeconds": None,
            "deploymentMaximumPercent": 200.0,
            "networkConfiguration": {"subnets": w.subnets[:1]},
            "enableExecuteCommand": False,
            "enableEcsManagedTags": False,
            "propagateTags": "TASK_DEFINITION",
            "serviceRegistries": None,
            "availabilityZoneRebalancing": "DISABLED",
            "waitForSteadyState": True,
            "tags": T2,
        },
        lambda w: {
            "taskDefinition": w.task_definitions[1],
            "loadBalancers": [],
            "serviceRegistries": [],
            "propagateTags": "TASK_DEFINITION",
            "enableECSManagedTags": False,
            "enableExecuteCommand": False,
            "networkConfiguration": {
                "awsvpcConfiguration": {
                    "subnets": w.subnets[:1],
                    "securityGroups": [],
                    "assignPublicIp": "DISABLED",
                }
            },
            "deploymentConfiguration": {"minimumHealthyPercent": 50, "maximumPercent": 200},
            "tags": SEEN2,
        },
    ),
    Case(
        "aws:ecs/service:Service",
        lambda w: {
            **{key: value for key, value in base_service(w).items() if key != "launchType"},
            "capacityProviderStrategies": [{"capacityProvider": "FARGATE_SPOT", "weight": 1.0}],
            "forceNewDeployment": True,
        },
        _service,
        lambda w: {
            "capacityProviderStrategy": [
                {"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}
            ]
        },
        lambda w: {
            "capacityProviderStrategies": [
                {"capacityProvider": "FARGATE", "weight": 1.0, "base": 1.0}
            ]
        },
        lambda w: {
            "capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1, "base": 1}]
        },
        label="spot",
    ),
]
