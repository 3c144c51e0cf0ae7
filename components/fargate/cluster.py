"""The ECS cluster: made with its capacity providers, or a given one."""

from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from .settings import CONTAINER_INSIGHTS, Settings

CAPACITY_PROVIDERS = ("FARGATE", "FARGATE_SPOT")


@dataclass(frozen=True)
class Cluster:
    """What the rest needs of a cluster."""

    arn: pulumi.Output[str]
    name: pulumi.Output[str]
    given: bool
    ready: list[pulumi.Resource] = field(default_factory=list)
    """What must exist before a service may use the capacity providers."""


def make_cluster(
    settings: Settings, tags: dict[str, pulumi.Input[str]], opts: pulumi.ResourceOptions
) -> Cluster:
    """A cluster of its own, unless one was given."""
    if settings.cluster_arn is not None and settings.cluster_name is not None:
        return Cluster(
            arn=pulumi.Output.from_input(settings.cluster_arn),
            name=pulumi.Output.from_input(settings.cluster_name),
            given=True,
        )
    assert settings.container_insights is not None
    insights = CONTAINER_INSIGHTS[settings.container_insights]
    cluster = aws.ecs.Cluster(
        settings.name,
        settings=[{"name": "containerInsights", "value": insights}],
        tags=tags,
        opts=opts,
    )
    providers = aws.ecs.ClusterCapacityProviders(
        settings.name,
        cluster_name=cluster.name,
        capacity_providers=list(CAPACITY_PROVIDERS),
        opts=opts,
    )
    return Cluster(arn=cluster.arn, name=cluster.name, given=False, ready=[providers])


def capacity(
    settings: Settings, given: bool
) -> "list[aws.ecs.ServiceCapacityProviderStrategyArgsDict]":
    """How tasks are spread over on-demand and Spot; empty where the launch type says it.

    A given cluster may have no capacity providers, so without Spot its services ask for
    the launch type instead, which every cluster has.
    """
    spot, base = settings.spot_percent, settings.on_demand_base
    if spot == 0:
        return [] if given else [{"capacity_provider": "FARGATE", "weight": 1}]
    strategy: list[aws.ecs.ServiceCapacityProviderStrategyArgsDict] = []
    if base or spot < 100:
        strategy.append({"capacity_provider": "FARGATE", "weight": 100 - spot, "base": base})
    strategy.append({"capacity_provider": "FARGATE_SPOT", "weight": spot})
    return strategy
