"""Managed node groups."""

from collections.abc import Mapping
from typing import Any, ClassVar

from .base import Inputs, Outputs, Provider, Tagged
from .common import exactly_one, ignoring, one_of, physical_name, present, wire, within
from .eks_common import GONE, applied, gone, retagged, settled

_EFFECTS = ("NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE")


class Scaling(Inputs):
    """How many nodes there are, and may be."""

    desired_size: int
    min_size: int
    max_size: int


class Template(Inputs):
    """The launch template of the nodes."""

    id: str | None = None
    name: str | None = None
    version: str


class Updating(Inputs):
    """How many nodes an update may take away at once."""

    max_unavailable: int | None = None
    max_unavailable_percentage: int | None = None


class Taint(Inputs):
    """What keeps pods off the nodes."""

    key: str
    value: str | None = None
    effect: str


class NodeGroupInputs(Tagged):
    """Inputs of a node group."""

    cluster_name: str
    node_group_name: str | None = None
    node_group_name_prefix: str | None = None
    node_role_arn: str
    subnet_ids: list[str]
    scaling_config: Scaling
    instance_types: list[str] = []
    ami_type: str | None = None
    capacity_type: str | None = None
    disk_size: int | None = None
    labels: dict[str, str] = {}
    taints: list[Taint] = []
    launch_template: Template | None = None
    update_config: Updating | None = None
    version: str | None = None


class NodeGroup(Provider[NodeGroupInputs]):
    """Nodes that EKS keeps; its id is ``cluster:group``."""

    token = "aws:eks/nodeGroup:NodeGroup"
    inputs = NodeGroupInputs
    replaces = frozenset(
        {
            "clusterName",
            "nodeGroupName",
            "nodeGroupNamePrefix",
            "nodeRoleArn",
            "subnetIds",
            "instanceTypes",
            "amiType",
            "capacityType",
            "diskSize",
        }
    )
    outputs = frozenset({"arn", "status", "nodeGroupName", "resources", "version", "tagsAll"})
    inert: ClassVar[Mapping[str, str]] = {
        "capacityType": "stored as a label; every node is of this machine",
        "diskSize": "stored; nodes have no disk of their own",
        "updateConfig": "stored; an update replaces one node after another",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> NodeGroupInputs:
        inputs = super().check(name, properties)
        scaling = inputs.scaling_config
        within("scalingConfig.minSize", scaling.min_size, 0, 450)
        within("scalingConfig.maxSize", scaling.max_size, max(1, scaling.min_size), 450)
        within(
            "scalingConfig.desiredSize", scaling.desired_size, scaling.min_size, scaling.max_size
        )
        if inputs.capacity_type is not None:
            one_of("capacityType", inputs.capacity_type, ("ON_DEMAND", "SPOT", "CAPACITY_BLOCK"))
        for taint in inputs.taints:
            one_of("taints.effect", taint.effect, _EFFECTS)
        if inputs.launch_template is not None:
            template = inputs.launch_template
            exactly_one("launchTemplate", {"id": template.id, "name": template.name})
            if inputs.disk_size is not None:
                raise ValueError("diskSize and launchTemplate exclude each other: put it there.")
        if inputs.update_config is not None:
            exactly_one("updateConfig", wire_all(inputs.update_config))
        return inputs

    def must_replace(
        self, changed: frozenset[str], old: NodeGroupInputs, new: NodeGroupInputs
    ) -> bool:
        """A template's version changes in place, the template itself does not."""
        return super().must_replace(changed, old, new) or _template(old) != _template(new)

    def deletes_first(self, old: NodeGroupInputs | None, new: NodeGroupInputs) -> bool:
        return new.node_group_name is not None and (
            old is None or old.node_group_name == new.node_group_name
        )

    def create(self, name: str, inputs: NodeGroupInputs) -> tuple[str, Outputs]:
        eks, tags, cluster = self.context.client("eks"), self.tags(inputs), inputs.cluster_name
        group = physical_name(name, inputs.node_group_name, inputs.node_group_name_prefix, limit=63)
        made = eks.create_nodegroup(
            clusterName=cluster,
            nodegroupName=group,
            nodeRole=inputs.node_role_arn,
            subnets=inputs.subnet_ids,
            scalingConfig=wire(inputs.scaling_config),
            labels=inputs.labels,
            taints=[wire(taint) for taint in inputs.taints],
            tags=tags,
            **present(
                instanceTypes=inputs.instance_types or None,
                amiType=inputs.ami_type,
                capacityType=inputs.capacity_type,
                diskSize=inputs.disk_size,
                launchTemplate=inputs.launch_template and wire(inputs.launch_template),
                updateConfig=inputs.update_config and wire(inputs.update_config),
                version=inputs.version,
            ),
        )["nodegroup"]
        id = f"{cluster}:{group}"
        try:
            made = self._active(id)
        except Exception:
            self.delete(id, {})  # a group that could not be made is of no use to a later deploy
            raise
        return id, _outputs(made) | {"nodeGroupName": group, "tagsAll": tags}

    def update(
        self, id: str, old: NodeGroupInputs, new: NodeGroupInputs, outputs: Outputs
    ) -> Outputs:
        eks, changed = self.context.client("eks"), self.changed(old, new)
        cluster, _, group = id.partition(":")
        who = {"clusterName": cluster, "nodegroupName": group}
        settings: dict[str, Any] = {}
        if "scalingConfig" in changed:
            settings["scalingConfig"] = wire(new.scaling_config)
        if "updateConfig" in changed:
            settings["updateConfig"] = (
                wire(new.update_config) if new.update_config else {"maxUnavailable": 1}
            )
        if "labels" in changed:
            removed = [key for key in old.labels if key not in new.labels]
            settings["labels"] = {"addOrUpdateLabels": new.labels, "removeLabels": removed}
        if "taints" in changed:
            kept = [wire(taint) for taint in new.taints]
            removed_taints = [item for item in map(wire, old.taints) if item not in kept]
            settings["taints"] = {"addOrUpdateTaints": kept, "removeTaints": removed_taints}
        if settings:
            given = eks.update_nodegroup_config(**who, **settings)["update"]
            applied(eks, cluster, given, nodegroupName=group)
        if changed & {"version", "launchTemplate"}:
            given = eks.update_nodegroup_version(
                **who,
                **present(
                    version=new.version,
                    launchTemplate=new.launch_template and wire(new.launch_template),
                ),
            )["update"]
            applied(eks, cluster, given, nodegroupName=group)
        tagged = retagged(eks, outputs["arn"], outputs, self.tags(new))
        return outputs | _outputs(self._active(id)) | tagged

    def delete(self, id: str, outputs: Outputs) -> None:
        """Its nodes are drained before they go."""
        eks = self.context.client("eks")
        cluster, _, group = id.partition(":")
        who = {"clusterName": cluster, "nodegroupName": group}
        with ignoring(GONE):
            eks.delete_nodegroup(**who)
            gone(lambda: eks.describe_nodegroup(**who)["nodegroup"], f"the node group {id}")

    def _active(self, id: str) -> Mapping[str, Any]:
        eks = self.context.client("eks")
        cluster, _, group = id.partition(":")
        who = {"clusterName": cluster, "nodegroupName": group}
        return settled(lambda: eks.describe_nodegroup(**who)["nodegroup"], f"the node group {id}")


def wire_all(model: Inputs) -> dict[str, Any]:
    """A nested input with its unset members."""
    return model.model_dump(by_alias=True)


def _template(inputs: NodeGroupInputs) -> tuple[str | None, str | None] | None:
    template = inputs.launch_template
    return None if template is None else (template.id, template.name)


def _outputs(group: Mapping[str, Any]) -> Outputs:
    resources = group.get("resources") or {}
    return {
        "arn": group["nodegroupArn"],
        "status": group["status"],
        "version": group["version"],
        "amiType": group.get("amiType"),
        "capacityType": group.get("capacityType"),
        "releaseVersion": group.get("releaseVersion"),
        "resources": [
            {
                "autoscalingGroups": resources.get("autoScalingGroups") or [],
                "remoteAccessSecurityGroupId": resources.get("remoteAccessSecurityGroup", ""),
            }
        ],
    }
