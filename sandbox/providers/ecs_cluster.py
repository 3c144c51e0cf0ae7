"""ECS clusters and where their tasks may run."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from .base import Inputs, Outputs, Provider, Tagged
from .common import ignoring, one_of, pairs, physical_name, tag_changes, until, wire

NAME = re.compile(r"^[A-Za-z0-9_-]{1,255}$")
"""What ECS takes as the name of a cluster, service or task family."""


def check_name(field: str, name: str | None) -> None:
    """Refuse a name that ECS refuses."""
    if name is not None and not NAME.match(name):
        raise ValueError(
            f"{field}={name!r}: ECS takes up to 255 letters, digits, hyphens and underscores."
        )


def ecs_tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as ECS spells them."""
    return pairs(tags, key="key", value="value")


def retag(ecs: Any, arn: str, outputs: Outputs, wanted: dict[str, str]) -> Outputs:
    """Bring the tags of an ECS resource to ``wanted``; the outputs that changed."""
    put, drop = tag_changes(outputs, wanted)
    if drop:
        ecs.untag_resource(resourceArn=arn, tagKeys=drop)
    if put:
        ecs.tag_resource(resourceArn=arn, tags=ecs_tags(put))
    return {"tagsAll": wanted}


class Setting(Inputs):
    """A cluster setting."""

    name: str
    value: str


class ClusterInputs(Tagged):
    """Inputs of a cluster."""

    name: str | None = None
    settings: list[Setting] = []


class Cluster(Provider[ClusterInputs]):
    """An ECS cluster."""

    token = "aws:ecs/cluster:Cluster"
    inputs = ClusterInputs
    replaces = frozenset({"name"})
    outputs = frozenset({"arn", "name", "tagsAll"})
    inert: ClassVar[Mapping[str, str]] = {
        "settings": "stored; Container Insights publishes no metrics in the sandbox",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> ClusterInputs:
        inputs = super().check(name, properties)
        check_name("name", inputs.name)
        for setting in inputs.settings:
            one_of("settings.name", setting.name, ("containerInsights",))
            one_of("settings.value", setting.value, ("enabled", "disabled", "enhanced"))
        return inputs

    def create(self, name: str, inputs: ClusterInputs) -> tuple[str, Outputs]:
        ecs, tags = self.context.client("ecs"), self.tags(inputs)
        cluster_name = physical_name(name, inputs.name, limit=255)
        cluster = ecs.create_cluster(
            clusterName=cluster_name,
            settings=[wire(setting) for setting in inputs.settings],
            tags=ecs_tags(tags),
        )["cluster"]
        arn = cluster["clusterArn"]
        return arn, {"arn": arn, "name": cluster_name, "tagsAll": tags}

    def update(self, id: str, old: ClusterInputs, new: ClusterInputs, outputs: Outputs) -> Outputs:
        ecs = self.context.client("ecs")
        # Settings that are taken out return to the account's default.
        settings = new.settings or [Setting(name="containerInsights", value="disabled")]
        ecs.update_cluster_settings(cluster=id, settings=[wire(item) for item in settings])
        return outputs | retag(ecs, id, outputs, self.tags(new))

    def delete(self, id: str, outputs: Outputs) -> None:
        """As on AWS, a cluster goes when its services and tasks are gone."""
        ecs = self.context.client("ecs")
        with ignoring("ClusterNotFoundException"):
            until(
                lambda: not ecs.list_services(cluster=id)["serviceArns"],
                seconds=120,
                what=f"the services of {outputs['name']} to go",
            )
            ecs.delete_cluster(cluster=id)


class StrategyItem(Inputs):
    """A capacity provider's share."""

    capacity_provider: str
    weight: int = 0
    base: int = 0


def check_strategy(items: list[StrategyItem]) -> None:
    """A strategy that ECS takes: some weight, one base."""
    if items and not any(item.weight for item in items):
        raise ValueError("a capacity provider strategy needs a weight above 0.")
    if sum(1 for item in items if item.base) > 1:
        raise ValueError("only one capacity provider of a strategy may have a base.")


class CapacityInputs(Inputs):
    """Inputs of the capacity providers of a cluster."""

    cluster_name: str
    capacity_providers: list[str] = []
    default_capacity_provider_strategies: list[StrategyItem] = []


class ClusterCapacityProviders(Provider[CapacityInputs]):
    """Which capacity providers a cluster has: Fargate's two."""

    token = "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders"
    inputs = CapacityInputs
    replaces = frozenset({"clusterName"})
    inert: ClassVar[Mapping[str, str]] = {
        "capacityProviders": "stored; every task runs on this machine",
        "defaultCapacityProviderStrategies": "stored; every task runs on this machine",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> CapacityInputs:
        inputs = super().check(name, properties)
        for provider in inputs.capacity_providers:
            one_of("capacityProviders", provider, ("FARGATE", "FARGATE_SPOT"))
        for item in inputs.default_capacity_provider_strategies:
            one_of("capacityProvider", item.capacity_provider, inputs.capacity_providers)
        check_strategy(inputs.default_capacity_provider_strategies)
        return inputs

    def create(self, name: str, inputs: CapacityInputs) -> tuple[str, Outputs]:
        self.context.client("ecs").put_cluster_capacity_providers(
            cluster=inputs.cluster_name,
            capacityProviders=inputs.capacity_providers,
            defaultCapacityProviderStrategy=[
                wire(item) for item in inputs.default_capacity_provider_strategies
            ],
        )
        return inputs.cluster_name, {}

    def update(
        self, id: str, old: CapacityInputs, new: CapacityInputs, outputs: Outputs
    ) -> Outputs:
        return self.create("", new)[1]

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("ClusterNotFoundException"):
            self.context.client("ecs").put_cluster_capacity_providers(
                cluster=id, capacityProviders=[], defaultCapacityProviderStrategy=[]
            )
