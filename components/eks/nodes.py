"""The machines: one managed node group, and a Fargate profile where it is wanted."""

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from .cluster import Cluster
from .identity import FARGATE_POLICY, NODE_POLICIES, service_role
from .machines import AMI_TYPES
from .new_cluster import NewCluster
from .settings import Settings

ROOT_DEVICE = "/dev/xvda"
"""The root disk of Amazon Linux."""
MAX_UNAVAILABLE_PERCENT = 33
"""How much of the group an update of its machines may take away at once: all at once would be
quick, one by one takes hours in a large group."""

Tags = Mapping[str, pulumi.Input[str]]


def make_nodes(
    settings: Settings,
    made: NewCluster,
    cluster: Cluster,
    before: Sequence[pulumi.Resource],
    tags: Tags,
    opts: pulumi.ResourceOptions,
) -> list[pulumi.Resource]:
    """The node group; it is ready once its nodes are."""
    name = f"{settings.name}-nodes"
    role, allowed = service_role(
        name,
        f"Nodes of {settings.cluster_name}",
        service="ec2.amazonaws.com",
        policies=NODE_POLICIES,
        tags=tags,
        opts=opts,
    )
    template = _launch_template(settings, made, cluster, tags, opts)
    group = aws.eks.NodeGroup(
        name,
        cluster_name=cluster.name,
        node_role_arn=role.arn,
        subnet_ids=list(made.node_subnet_ids),
        instance_types=[made.nodes.instance_type],
        ami_type=AMI_TYPES[settings.app.architecture],
        capacity_type="ON_DEMAND",
        scaling_config={
            "desired_size": made.nodes.count,
            "min_size": made.nodes.min,
            "max_size": made.nodes.max,
        },
        update_config={"max_unavailable_percentage": MAX_UNAVAILABLE_PERCENT},
        launch_template={
            "id": template.id,
            "version": template.latest_version.apply(str),
        },
        tags=tags,
        opts=pulumi.ResourceOptions(
            parent=opts.parent,
            depends_on=[*allowed, *before],
            # The number belongs to an autoscaler or to whoever is on call; a deployment that put
            # it back would take nodes away under load.
            ignore_changes=["scalingConfig.desiredSize"],
        ),
    )
    if not made.fargate:
        return [group]
    return [group, _fargate_profile(settings, made, cluster, tags, opts)]


def _launch_template(
    settings: Settings,
    made: NewCluster,
    cluster: Cluster,
    tags: Tags,
    opts: pulumi.ResourceOptions,
) -> "aws.ec2.LaunchTemplate":
    named = {"Name": f"{settings.cluster_name}-node", **tags}
    return aws.ec2.LaunchTemplate(
        f"{settings.name}-nodes",
        update_default_version=True,
        # Tokens only, and one hop: a pod is one further away, so it cannot get a node's role.
        metadata_options={
            "http_endpoint": "enabled",
            "http_tokens": "required",
            "http_put_response_hop_limit": 1,
        },
        block_device_mappings=[
            {
                "device_name": ROOT_DEVICE,
                "ebs": {
                    "volume_size": made.nodes.disk_gib,
                    "volume_type": "gp3",
                    "encrypted": "true",
                    "delete_on_termination": "true",
                },
            }
        ],
        # Without NAT a node needs an address of its own; the subnets do not give one by themselves.
        # An interface that is named has no security group unless it is named too.
        network_interfaces=[
            {
                "device_index": 0,
                "associate_public_ip_address": "true",
                "delete_on_termination": "true",
                "security_groups": [cluster.security_group_id],
            }
        ]
        if made.public_nodes
        else None,
        tag_specifications=[
            {"resource_type": kind, "tags": named}
            for kind in ("instance", "volume", "network-interface")
        ],
        tags=tags,
        opts=opts,
    )


def _fargate_profile(
    settings: Settings,
    made: NewCluster,
    cluster: Cluster,
    tags: Tags,
    opts: pulumi.ResourceOptions,
) -> "aws.eks.FargateProfile":
    name = f"{settings.name}-fargate"
    role, allowed = service_role(
        name,
        f"Fargate starts the pods of {settings.name} with it",
        service="eks-fargate-pods.amazonaws.com",
        policies=[FARGATE_POLICY],
        tags=tags,
        opts=opts,
    )
    return aws.eks.FargateProfile(
        name,
        cluster_name=cluster.name,
        pod_execution_role_arn=role.arn,
        subnet_ids=list(made.private_subnet_ids),
        selectors=[{"namespace": settings.namespace}],
        tags=tags,
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=list(allowed))),
    )
