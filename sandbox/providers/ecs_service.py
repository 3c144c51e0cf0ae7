"""ECS services: rolling updates, steady state, and an end that leaves no task.

What a service keeps running, and what its circuit breaker does, is the embedded cloud's
own ECS; here is only what the program asks for.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from .base import Inputs, Outputs, Provider, Tagged
from .common import ignoring, one_of, physical_name, present, until, wire, within
from .ecs_cluster import StrategyItem, check_name, check_strategy, ecs_tags, retag

_STEADY_SECONDS = 600
"""How long a rollout may take; Pulumi's provider waits 20 minutes, a sandbox has small tasks."""
_STOPPED_SECONDS = 180
"""Longest stop timeout on Fargate is 120 s; a drain may come before it."""


class Breaker(Inputs):
    """The deployment circuit breaker."""

    enable: bool
    rollback: bool


class AlarmWatch(Inputs):
    """Alarms that stop a deployment."""

    enable: bool
    rollback: bool
    alarm_names: list[str]


class Networking(Inputs):
    """Where tasks get their addresses."""

    subnets: list[str]
    security_groups: list[str] = []
    assign_public_ip: bool = False


class Attachment(Inputs):
    """A target group that the tasks join."""

    target_group_arn: str
    container_name: str
    container_port: int


class Discovery(Inputs):
    """A Cloud Map service that the tasks join."""

    registry_arn: str
    port: int | None = None
    container_name: str | None = None
    container_port: int | None = None


class ServiceInputs(Tagged):
    """Inputs of a service."""

    name: str | None = None
    cluster: str = "default"
    task_definition: str
    desired_count: int = 0
    launch_type: str | None = None
    capacity_provider_strategies: list[StrategyItem] = []
    platform_version: str | None = None
    network_configuration: Networking | None = None
    load_balancers: list[Attachment] = []
    service_registries: Discovery | None = None
    health_check_grace_period_seconds: int | None = None
    deployment_circuit_breaker: Breaker | None = None
    deployment_minimum_healthy_percent: int = 100
    deployment_maximum_percent: int = 200
    alarms: AlarmWatch | None = None
    availability_zone_rebalancing: str | None = None
    enable_ecs_managed_tags: bool = False
    propagate_tags: str | None = None
    enable_execute_command: bool = False
    force_new_deployment: bool = False
    force_delete: bool = False
    wait_for_steady_state: bool = False


class Service(Provider[ServiceInputs]):
    """A service on Fargate; its id is its ARN."""

    token = "aws:ecs/service:Service"
    inputs = ServiceInputs
    replaces = frozenset({"name", "cluster", "launchType"})
    outputs = frozenset({"arn", "name", "taskDefinition", "tagsAll"})
    inert: ClassVar[Mapping[str, str]] = {
        "availabilityZoneRebalancing": "sent; the sandbox has one machine",
        "capacityProviderStrategies": "stored; every task runs on this machine",
        "enableEcsManagedTags": "stored; tasks carry no tags",
        "enableExecuteCommand": "stored; use a shell on this machine instead",
        "networkConfiguration": "stored; tasks listen on loopback only",
        "platformVersion": "stored; there is no Fargate platform here",
        "propagateTags": "stored; tasks carry no tags",
        "forceDelete": "a service is always deleted with its tasks",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> ServiceInputs:
        inputs = super().check(name, properties)
        check_name("name", inputs.name)
        within("desiredCount", inputs.desired_count, 0, 5000)
        if inputs.launch_type is not None:
            one_of("launchType", inputs.launch_type, ("FARGATE",))
            if inputs.capacity_provider_strategies:
                raise ValueError("launchType and capacityProviderStrategies exclude each other.")
        check_strategy(inputs.capacity_provider_strategies)
        _check_rollout(inputs)
        if inputs.propagate_tags is not None:
            one_of("propagateTags", inputs.propagate_tags, ("SERVICE", "TASK_DEFINITION", "NONE"))
        if inputs.availability_zone_rebalancing is not None:
            one_of(
                "availabilityZoneRebalancing",
                inputs.availability_zone_rebalancing,
                ("ENABLED", "DISABLED"),
            )
        return inputs

    def must_replace(self, changed: frozenset[str], old: ServiceInputs, new: ServiceInputs) -> bool:
        """A strategy moves in place only with a forced deployment, and never to or from none."""
        if "capacityProviderStrategies" in changed and not (
            new.force_new_deployment
            and old.capacity_provider_strategies
            and new.capacity_provider_strategies
        ):
            return True
        return super().must_replace(changed, old, new)

    def create(self, name: str, inputs: ServiceInputs) -> tuple[str, Outputs]:
        tags = self.tags(inputs)
        service_name = physical_name(name, inputs.name, limit=255)
        service = self.context.client("ecs").create_service(
            serviceName=service_name,
            desiredCount=inputs.desired_count,
            enableECSManagedTags=inputs.enable_ecs_managed_tags,
            tags=ecs_tags(tags),
            **_settings(inputs),
            **present(
                launchType=inputs.launch_type,
                serviceRegistries=_registries(inputs),
                propagateTags=inputs.propagate_tags,
                availabilityZoneRebalancing=inputs.availability_zone_rebalancing,
            ),
        )["service"]
        arn = service["serviceArn"]
        if inputs.wait_for_steady_state:
            self._await_steady(service, inputs.cluster)
        return arn, {
            "arn": arn,
            "name": service_name,
            "taskDefinition": inputs.task_definition,
            "cluster": inputs.cluster,
            "tagsAll": tags,
        }

    def update(self, id: str, old: ServiceInputs, new: ServiceInputs, outputs: Outputs) -> Outputs:
        ecs = self.context.client("ecs")
        changed = self.changed(old, new)
        # Tags alone start no deployment, and a count that did not change may be the scaler's.
        if changed - {"tags", "forceDelete", "waitForSteadyState", "forceNewDeployment"}:
            count = new.desired_count if "desiredCount" in changed else None
            service = ecs.update_service(
                service=id,
                forceNewDeployment=new.force_new_deployment,
                enableECSManagedTags=new.enable_ecs_managed_tags,
                propagateTags=new.propagate_tags or "NONE",
                serviceRegistries=_registries(new) or [],
                **_settings(new),
                **present(
                    desiredCount=count,
                    availabilityZoneRebalancing=new.availability_zone_rebalancing,
                ),
            )["service"]
            if new.wait_for_steady_state:
                self._await_steady(service, new.cluster)
        tagged = retag(ecs, id, outputs, self.tags(new))
        return outputs | tagged | {"taskDefinition": new.task_definition}

    def delete(self, id: str, outputs: Outputs) -> None:
        ecs, cluster, name = self.context.client("ecs"), outputs["cluster"], outputs["name"]
        with ignoring("ServiceNotFoundException", "ClusterNotFoundException"):
            ecs.delete_service(cluster=cluster, service=id, force=True)
            until(
                lambda: not self._tasks(cluster, name),
                seconds=_STOPPED_SECONDS,
                what=f"the tasks of {name} to stop",
            )

    def _tasks(self, cluster: str, service: str) -> list[dict[str, Any]]:
        """The service's tasks that are not stopped yet."""
        ecs = self.context.client("ecs")
        arns = [
            arn
            for status in ("RUNNING", "PENDING", "STOPPED")
            for arn in ecs.list_tasks(cluster=cluster, serviceName=service, desiredStatus=status)[
                "taskArns"
            ]
        ]
        found: list[dict[str, Any]] = []
        for start in range(0, len(arns), 100):
            page = arns[start : start + 100]
            found += ecs.describe_tasks(cluster=cluster, tasks=page)["tasks"]
        return [task for task in found if task["lastStatus"] != "STOPPED"]

    def _await_steady(self, service: Mapping[str, Any], cluster: str) -> None:
        """Wait until the rollout that this call began is complete, or say why it failed."""
        arn = service["serviceArn"]
        begun = next(item["id"] for item in service["deployments"] if item["status"] == "PRIMARY")

        def steady() -> bool:
            seen = self.context.client("ecs").describe_services(cluster=cluster, services=[arn])
            now = seen["services"][0]
            # Rollouts that failed earlier stay in the list as long as the service lives.
            live = [
                item
                for item in now["deployments"]
                if item["id"] == begun or item["rolloutState"] != "FAILED"
            ]
            mine = next((item for item in live if item["id"] == begun), None)
            if mine is None or mine["rolloutState"] == "FAILED":
                reason = (mine or {}).get("rolloutStateReason", "it was superseded")
                raise RuntimeError(
                    f"the deployment of {service['taskDefinition']} failed: {reason}"
                )
            return bool(
                mine["rolloutState"] == "COMPLETED"
                and len(live) == 1
                and now["runningCount"] == now["desiredCount"]
            )

        until(steady, seconds=_STEADY_SECONDS, what=f"a steady state of {arn}")


def _registries(inputs: ServiceInputs) -> list[dict[str, Any]] | None:
    return [wire(inputs.service_registries)] if inputs.service_registries else None


def _settings(inputs: ServiceInputs) -> dict[str, Any]:
    """The parameters that create and update share."""
    rollout: dict[str, Any] = {
        "minimumHealthyPercent": inputs.deployment_minimum_healthy_percent,
        "maximumPercent": inputs.deployment_maximum_percent,
        "deploymentCircuitBreaker": wire(
            inputs.deployment_circuit_breaker or Breaker(enable=False, rollback=False)
        ),
    }
    if inputs.alarms is not None:
        rollout["alarms"] = wire(inputs.alarms)
    place = inputs.network_configuration
    network = place and {
        "awsvpcConfiguration": {
            "subnets": place.subnets,
            "securityGroups": place.security_groups,
            "assignPublicIp": "ENABLED" if place.assign_public_ip else "DISABLED",
        }
    }
    strategy = [wire(item) for item in inputs.capacity_provider_strategies]
    return {
        "cluster": inputs.cluster,
        "taskDefinition": inputs.task_definition,
        "deploymentConfiguration": rollout,
        "loadBalancers": [wire(item) for item in inputs.load_balancers],
        "enableExecuteCommand": inputs.enable_execute_command,
        **present(
            networkConfiguration=network,
            capacityProviderStrategy=strategy or None,
            platformVersion=inputs.platform_version,
            healthCheckGracePeriodSeconds=inputs.health_check_grace_period_seconds,
        ),
    }


def _check_rollout(inputs: ServiceInputs) -> None:
    low, high = inputs.deployment_minimum_healthy_percent, inputs.deployment_maximum_percent
    within("deploymentMinimumHealthyPercent", low, 0, 100)
    if high <= low or high < 100:
        raise ValueError(
            f"deploymentMaximumPercent={high} leaves no room above "
            f"deploymentMinimumHealthyPercent={low}: nothing could be replaced."
        )
    if inputs.health_check_grace_period_seconds and not inputs.load_balancers:
        raise ValueError("healthCheckGracePeriodSeconds needs loadBalancers.")
    place = inputs.network_configuration
    if place is None:
        raise ValueError("networkConfiguration is missing: a Fargate task needs subnets.")
    within("networkConfiguration.subnets (how many)", len(place.subnets), 1, 16)
    within("networkConfiguration.securityGroups (how many)", len(place.security_groups), 0, 5)
