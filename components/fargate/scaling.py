"""Autoscaling by target tracking: the number of tasks follows a load figure."""

import pulumi
import pulumi_aws as aws

from ..web_app import ResolvedScaling
from .cluster import Cluster
from .load_balancer import Front

SCALE_OUT_COOLDOWN_SECONDS = 60
"""About as long as a new task needs until it takes load: sooner would count the need twice."""
SCALE_IN_COOLDOWN_SECONDS = 300
"""AWS's default for ECS: patience on the way down costs little, flapping drops warm tasks."""


def make_scaling(
    name: str,
    scaling: ResolvedScaling,
    cluster: Cluster,
    service: "aws.ecs.Service",
    front: Front,
    tags: dict[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> None:
    """The range of tasks, and one policy for each figure that has a target; the highest count
    that any of them asks for wins."""
    target = aws.appautoscaling.Target(
        name,
        min_capacity=scaling.min,
        max_capacity=scaling.max,
        resource_id=pulumi.Output.concat("service/", cluster.name, "/", service.name),
        scalable_dimension="ecs:service:DesiredCount",
        service_namespace="ecs",
        tags=tags,
        opts=opts,
    )
    figures: list[tuple[str, str, float | None]] = [
        ("cpu", "ECSServiceAverageCPUUtilization", scaling.cpu_percent),
        ("memory", "ECSServiceAverageMemoryUtilization", scaling.memory_percent),
        ("requests", "ALBRequestCountPerTarget", scaling.requests_per_target),
    ]
    for role, metric, value in figures:
        if value is None:
            continue
        specification: aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgsDict = {  # noqa: E501 - the SDK's name
            "predefined_metric_type": metric
        }
        if role == "requests":
            specification["resource_label"] = pulumi.Output.concat(
                front.arn_suffix, "/", front.target_group.arn_suffix
            )
        aws.appautoscaling.Policy(
            f"{name}-{role}",
            policy_type="TargetTrackingScaling",
            resource_id=target.resource_id,
            scalable_dimension=target.scalable_dimension,
            service_namespace=target.service_namespace,
            target_tracking_scaling_policy_configuration={
                "target_value": value,
                "scale_in_cooldown": SCALE_IN_COOLDOWN_SECONDS,
                "scale_out_cooldown": SCALE_OUT_COOLDOWN_SECONDS,
                "predefined_metric_specification": specification,
            },
            opts=opts,
        )
