"""Container Insights: EKS's add-on that measures nodes and pods, and what it needs.

Metrics alone: its log forwarder and Application Signals come with the add-on, are billed by the
gigabyte and the request, and were not asked for.
"""

import json
from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from .addons import make_addon
from .cluster import Cluster
from .identity import attach, pod_role
from .new_cluster import INSIGHTS_ADDON, NewCluster
from .settings import Settings

AGENT = "cloudwatch-agent"
"""The agent's service account; the add-on makes it."""
NAMESPACE = "amazon-cloudwatch"
POLICY = "CloudWatchAgentServerPolicy"
"""AWS's own, for the agent: what it needs moves with its version, which EKS chooses."""

Tags = Mapping[str, pulumi.Input[str]]


def make_insights(
    settings: Settings,
    made: NewCluster,
    cluster: Cluster,
    nodes: Sequence[pulumi.Resource],
    tags: Tags,
    opts: pulumi.ResourceOptions,
) -> list[pulumi.Resource]:
    """The add-on, its role, and a log group with retention; nothing where it is off."""
    if made.container_insights == "off":
        return []
    name = f"{settings.name}-insights"
    # Metrics travel as log entries; the agent would make the group without retention.
    logs = aws.cloudwatch.LogGroup(
        name,
        name=f"/aws/containerinsights/{settings.cluster_name}/performance",
        retention_in_days=made.log_retention_days,
        tags=tags,
        opts=opts,
    )
    role = pod_role(
        name,
        f"The CloudWatch agent of {settings.cluster_name}",
        cluster=settings.cluster_name,
        namespace=NAMESPACE,
        service_account=AGENT,
        tags=tags,
        opts=opts,
    )
    allowed = attach(name, role, [POLICY], opts)
    needs = pulumi.ResourceOptions(depends_on=[*nodes, *allowed, logs])
    addon = make_addon(
        settings,
        made,
        cluster,
        INSIGHTS_ADDON,
        tags,
        pulumi.ResourceOptions.merge(opts, needs),
        configuration_values=_configuration(made.container_insights),
        pod_identity_associations=[{"role_arn": role.arn, "service_account": AGENT}],
    )
    return [logs, *allowed, addon]


def _configuration(insights: str) -> str:
    """In the add-on's own words (``aws eks describe-addon-configuration``)."""
    kubernetes = {
        "enhanced_container_insights": insights == "enhanced",
        "accelerated_compute_metrics": False,
    }
    signals = {"autoMonitor": {"monitorAllServices": False}}
    return json.dumps(
        {
            "agent": {"config": {"logs": {"metrics_collected": {"kubernetes": kubernetes}}}},
            "containerLogs": {"enabled": False},
            "manager": {"applicationSignals": signals},
        },
        sort_keys=True,
    )
