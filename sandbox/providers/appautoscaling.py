"""Autoscaling of ECS services.

The embedded cloud has no such service: everything is checked, nothing scales.
"""

import re
from collections.abc import Mapping
from typing import Any

from .base import Inputs, Outputs, Provider, Tagged
from .common import one_of, within

_WHY = "the embedded cloud has no Application Auto Scaling; the desired count stays as it is"
_METRICS = (
    "ECSServiceAverageCPUUtilization",
    "ECSServiceAverageMemoryUtilization",
    "ALBRequestCountPerTarget",
)
_DIMENSION = "ecs:service:DesiredCount"
_RESOURCE = re.compile(r"^service/[A-Za-z0-9_-]+/[A-Za-z0-9_-]+$")
_LABEL = re.compile(r"^app/[^/]+/[^/]+/targetgroup/[^/]+/[^/]+$")


class Scalable(Inputs):
    """What is scaled."""

    resource_id: str
    scalable_dimension: str
    service_namespace: str

    def check_resource(self) -> None:
        """Only ECS services are served."""
        one_of("serviceNamespace", self.service_namespace, ("ecs",))
        one_of("scalableDimension", self.scalable_dimension, (_DIMENSION,))
        if not _RESOURCE.match(self.resource_id):
            raise ValueError(
                f"resourceId={self.resource_id!r} is not of the form service/CLUSTER/SERVICE."
            )


class TargetInputs(Scalable, Tagged):
    """Inputs of a scalable target."""

    min_capacity: int
    max_capacity: int


class Target(Provider[TargetInputs]):
    """Between which counts a service may be scaled."""

    token = "aws:appautoscaling/target:Target"
    inputs = TargetInputs
    replaces = frozenset({"resourceId", "scalableDimension", "serviceNamespace"})
    outputs = frozenset({"arn", "tagsAll"})
    recorded = _WHY

    def check(self, name: str, properties: Mapping[str, Any]) -> TargetInputs:
        inputs = super().check(name, properties)
        inputs.check_resource()
        within("minCapacity", inputs.min_capacity, 0, 5000)
        if inputs.min_capacity > inputs.max_capacity:
            raise ValueError(
                f"minCapacity={inputs.min_capacity} is above maxCapacity={inputs.max_capacity}."
            )
        return inputs

    def create(self, name: str, inputs: TargetInputs) -> tuple[str, Outputs]:
        """The service must exist, as on AWS."""
        _, cluster, service = inputs.resource_id.split("/")
        found = self.context.client("ecs").describe_services(cluster=cluster, services=[service])
        if not [item for item in found["services"] if item["status"] == "ACTIVE"]:
            raise ValueError(f"resourceId={inputs.resource_id!r}: there is no such ECS service.")
        place = f"{self.context.region}:{self.context.account}"
        return inputs.resource_id, {
            "arn": f"arn:aws:application-autoscaling:{place}:scalable-target/{inputs.resource_id}",
            "tagsAll": self.tags(inputs),
        }

    def update(self, id: str, old: TargetInputs, new: TargetInputs, outputs: Outputs) -> Outputs:
        return outputs | {"tagsAll": self.tags(new)}

    def delete(self, id: str, outputs: Outputs) -> None:
        """Nothing was made."""


class Predefined(Inputs):
    """A metric that AWS knows by name."""

    predefined_metric_type: str
    resource_label: str | None = None


class Tracking(Inputs):
    """Which value of which metric to hold."""

    target_value: float
    scale_in_cooldown: int = 300
    scale_out_cooldown: int = 300
    disable_scale_in: bool = False
    predefined_metric_specification: Predefined


class PolicyInputs(Scalable):
    """Inputs of a scaling policy."""

    name: str | None = None
    policy_type: str = "StepScaling"
    target_tracking_scaling_policy_configuration: Tracking | None = None


class Policy(Provider[PolicyInputs]):
    """When to scale: target tracking of a predefined metric."""

    token = "aws:appautoscaling/policy:Policy"
    inputs = PolicyInputs
    replaces = frozenset({"name", "resourceId", "scalableDimension", "serviceNamespace"})
    outputs = frozenset({"arn", "name"})
    recorded = _WHY

    def check(self, name: str, properties: Mapping[str, Any]) -> PolicyInputs:
        inputs = super().check(name, properties)
        inputs.check_resource()
        one_of("policyType", inputs.policy_type, ("TargetTrackingScaling",))
        tracking = inputs.target_tracking_scaling_policy_configuration
        if tracking is None:
            raise ValueError("targetTrackingScalingPolicyConfiguration is missing.")
        metric = tracking.predefined_metric_specification
        one_of("predefinedMetricType", metric.predefined_metric_type, _METRICS)
        if metric.predefined_metric_type == _METRICS[2]:
            if not _LABEL.match(metric.resource_label or ""):
                raise ValueError(
                    f"resourceLabel={metric.resource_label!r} is not of the form "
                    "app/NAME/ID/targetgroup/NAME/ID."
                )
            within("targetValue", tracking.target_value, 0.01, 1e9)
        else:
            within("targetValue", tracking.target_value, 1, 100)
        within("scaleInCooldown", tracking.scale_in_cooldown, 0, 86400)
        within("scaleOutCooldown", tracking.scale_out_cooldown, 0, 86400)
        return inputs

    def create(self, name: str, inputs: PolicyInputs) -> tuple[str, Outputs]:
        policy = inputs.name or name
        place = f"{self.context.region}:{self.context.account}"
        return policy, {
            "arn": f"arn:aws:autoscaling:{place}:scalingPolicy:sandbox:resource/ecs/"
            f"{inputs.resource_id}:policyName/{policy}",
            "name": policy,
        }

    def update(self, id: str, old: PolicyInputs, new: PolicyInputs, outputs: Outputs) -> Outputs:
        return outputs

    def delete(self, id: str, outputs: Outputs) -> None:
        """Nothing was made."""
