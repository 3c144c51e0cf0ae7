"""Add-ons of a cluster."""

from collections.abc import Mapping
from typing import Any

from .base import Inputs, Outputs, Provider, Tagged
from .common import ignoring, one_of, present, wire
from .eks_common import GONE, applied, gone, retagged, settled

_ON_CREATE = ("NONE", "OVERWRITE")
_ON_UPDATE = ("NONE", "OVERWRITE", "PRESERVE")


class Association(Inputs):
    """A role for one of the add-on's service accounts."""

    role_arn: str
    service_account: str


class AddonInputs(Tagged):
    """Inputs of an add-on."""

    cluster_name: str
    addon_name: str
    addon_version: str | None = None
    configuration_values: str | None = None
    pod_identity_associations: list[Association] = []
    preserve: bool = False
    resolve_conflicts_on_create: str = "NONE"
    resolve_conflicts_on_update: str = "NONE"
    service_account_role_arn: str | None = None


class Addon(Provider[AddonInputs]):
    """An add-on; its id is ``cluster:addon``."""

    token = "aws:eks/addon:Addon"
    inputs = AddonInputs
    replaces = frozenset({"clusterName", "addonName"})
    outputs = frozenset({"arn", "addonVersion", "createdAt", "modifiedAt", "tagsAll"})
    delete_before_replace = True

    def check(self, name: str, properties: Mapping[str, Any]) -> AddonInputs:
        inputs = super().check(name, properties)
        one_of("resolveConflictsOnCreate", inputs.resolve_conflicts_on_create, _ON_CREATE)
        one_of("resolveConflictsOnUpdate", inputs.resolve_conflicts_on_update, _ON_UPDATE)
        return inputs

    def create(self, name: str, inputs: AddonInputs) -> tuple[str, Outputs]:
        tags = self.tags(inputs)
        self.context.client("eks").create_addon(
            clusterName=inputs.cluster_name,
            addonName=inputs.addon_name,
            resolveConflicts=inputs.resolve_conflicts_on_create,
            tags=tags,
            **_settings(inputs),
        )
        id = f"{inputs.cluster_name}:{inputs.addon_name}"
        try:
            made = self._active(id)
        except Exception:
            self.delete(id, {})
            raise
        return id, _outputs(made, inputs) | {"tagsAll": tags}

    def update(self, id: str, old: AddonInputs, new: AddonInputs, outputs: Outputs) -> Outputs:
        eks = self.context.client("eks")
        if self.changed(old, new) - {"tags", "preserve", "resolveConflictsOnCreate"}:
            given = eks.update_addon(
                clusterName=new.cluster_name,
                addonName=new.addon_name,
                resolveConflicts=new.resolve_conflicts_on_update,
                **{"configurationValues": "{}", "podIdentityAssociations": [], **_settings(new)},
            )["update"]
            applied(eks, new.cluster_name, given, addonName=new.addon_name)
        tagged = retagged(eks, outputs["arn"], outputs, self.tags(new))
        return outputs | _outputs(self._active(id), new) | tagged

    def delete(self, id: str, outputs: Outputs) -> None:
        eks = self.context.client("eks")
        cluster, _, addon = id.partition(":")
        who = {"clusterName": cluster, "addonName": addon}
        with ignoring(GONE):
            eks.delete_addon(**who, preserve=outputs.get("preserve", False))
            gone(lambda: eks.describe_addon(**who)["addon"], f"the add-on {id}")

    def _active(self, id: str) -> Mapping[str, Any]:
        eks = self.context.client("eks")
        cluster, _, addon = id.partition(":")
        return settled(
            lambda: eks.describe_addon(clusterName=cluster, addonName=addon)["addon"],
            f"the add-on {id}",
        )


def _settings(inputs: AddonInputs) -> dict[str, Any]:
    return present(
        addonVersion=inputs.addon_version,
        configurationValues=inputs.configuration_values,
        serviceAccountRoleArn=inputs.service_account_role_arn,
        podIdentityAssociations=[wire(item) for item in inputs.pod_identity_associations] or None,
    )


def _outputs(addon: Mapping[str, Any], inputs: AddonInputs) -> Outputs:
    return {
        "arn": addon["addonArn"],
        "addonVersion": addon["addonVersion"],
        "createdAt": addon["createdAt"].isoformat(),
        "modifiedAt": addon["modifiedAt"].isoformat(),
        "preserve": inputs.preserve,
    }
