"""Fargate profiles of a cluster."""

from collections.abc import Mapping
from typing import Any

from .base import Inputs, Outputs, Provider, Tagged
from .common import ignoring, physical_name, wire, within
from .eks_common import GONE, gone, retagged, settled


class Selector(Inputs):
    """Which pods run on Fargate."""

    namespace: str
    labels: dict[str, str] = {}


class ProfileInputs(Tagged):
    """Inputs of a profile."""

    cluster_name: str
    fargate_profile_name: str | None = None
    pod_execution_role_arn: str
    selectors: list[Selector]
    subnet_ids: list[str]


class FargateProfile(Provider[ProfileInputs]):
    """Pods without nodes; its id is ``cluster:profile``."""

    token = "aws:eks/fargateProfile:FargateProfile"
    inputs = ProfileInputs
    replaces = frozenset(
        {"clusterName", "fargateProfileName", "podExecutionRoleArn", "selectors", "subnetIds"}
    )
    outputs = frozenset({"arn", "status", "fargateProfileName", "tagsAll"})

    def check(self, name: str, properties: Mapping[str, Any]) -> ProfileInputs:
        inputs = super().check(name, properties)
        within("selectors (how many)", len(inputs.selectors), 1, 5)
        return inputs

    def deletes_first(self, old: ProfileInputs | None, new: ProfileInputs) -> bool:
        return new.fargate_profile_name is not None and (
            old is None or old.fargate_profile_name == new.fargate_profile_name
        )

    def create(self, name: str, inputs: ProfileInputs) -> tuple[str, Outputs]:
        eks, tags, cluster = self.context.client("eks"), self.tags(inputs), inputs.cluster_name
        profile = physical_name(name, inputs.fargate_profile_name, limit=100)
        who = {"clusterName": cluster, "fargateProfileName": profile}
        eks.create_fargate_profile(
            **who,
            podExecutionRoleArn=inputs.pod_execution_role_arn,
            subnets=inputs.subnet_ids,
            selectors=[wire(selector) for selector in inputs.selectors],
            tags=tags,
        )
        id = f"{cluster}:{profile}"
        try:
            made = settled(
                lambda: eks.describe_fargate_profile(**who)["fargateProfile"],
                f"the Fargate profile {id}",
            )
        except Exception:
            self.delete(id, {})
            raise
        return id, {
            "arn": made["fargateProfileArn"],
            "status": made["status"],
            "fargateProfileName": profile,
            "tagsAll": tags,
        }

    def update(self, id: str, old: ProfileInputs, new: ProfileInputs, outputs: Outputs) -> Outputs:
        """Tags alone can change."""
        eks = self.context.client("eks")
        return outputs | retagged(eks, outputs["arn"], outputs, self.tags(new))

    def delete(self, id: str, outputs: Outputs) -> None:
        eks = self.context.client("eks")
        cluster, _, profile = id.partition(":")
        who = {"clusterName": cluster, "fargateProfileName": profile}
        with ignoring(GONE):
            eks.delete_fargate_profile(**who)
            gone(
                lambda: eks.describe_fargate_profile(**who)["fargateProfile"],
                f"the Fargate profile {id}",
            )
