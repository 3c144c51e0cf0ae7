"""What is drawn of containers: the load balancer before them, the service, the cluster."""

from collections.abc import Mapping

from .chart import Chart, Line

ALB = "AWS/ApplicationELB"
ECS = "AWS/ECS"
ECS_INSIGHTS = "ECS/ContainerInsights"
EKS = "AWS/EKS"
EKS_INSIGHTS = "ContainerInsights"
_CLUSTER = ("ClusterName",)
"""A cluster is watched together with its pods, which have more dimensions."""

CHARTS: Mapping[str, tuple[Chart, ...]] = {
    "load_balancer": (
        Chart("Requests", ALB, (Line("RequestCount"),), headline=True),
        Chart(
            "Failed answers",
            ALB,
            (
                Line("HTTPCode_Target_5XX_Count", label="5xx of the app"),
                Line("HTTPCode_ELB_5XX_Count", label="5xx of the balancer", by=("LoadBalancer",)),
                Line("HTTPCode_Target_4XX_Count", label="4xx"),
            ),
            headline=True,
        ),
        Chart(
            "Response time",
            ALB,
            tuple(Line("TargetResponseTime", f"p{rank}", f"p{rank}") for rank in (50, 95, 99)),
            unit="s",
        ),
        Chart(
            "Targets",
            ALB,
            (
                Line("HealthyHostCount", "Minimum", "healthy"),
                Line("UnHealthyHostCount", "Maximum", "unhealthy"),
            ),
        ),
    ),
    "service": (
        Chart(
            "CPU",
            ECS,
            (Line("CPUUtilization", "Average", "mean"), Line("CPUUtilization", "Maximum", "most")),
            unit="%",
            percent=True,
            headline=True,
        ),
        Chart(
            "Memory",
            ECS,
            (
                Line("MemoryUtilization", "Average", "mean"),
                Line("MemoryUtilization", "Maximum", "most"),
            ),
            unit="%",
            percent=True,
            headline=True,
        ),
        # Each running task sends one value a minute (ECS developer guide, service utilization).
        Chart("Running tasks", ECS, (Line("CPUUtilization", "SampleCount", "running"),)),
        Chart(
            "Tasks",
            ECS_INSIGHTS,
            (
                Line("RunningTaskCount", "Average", "running"),
                Line("DesiredTaskCount", "Average", "desired"),
                Line("PendingTaskCount", "Average", "pending"),
            ),
            insights="on",
        ),
        Chart(
            "Network",
            ECS_INSIGHTS,
            (Line("NetworkRxBytes", "Average", "in"), Line("NetworkTxBytes", "Average", "out")),
            unit="bytes/s",
            insights="on",
        ),
        Chart(
            "Container health",
            ECS_INSIGHTS,
            (
                Line("UnHealthyContainerHealthStatus", "Maximum", "unhealthy"),
                Line("RestartCount", "Maximum", "restarts"),
            ),
            insights="enhanced",
        ),
    ),
    "cluster": (
        Chart(
            "Requests to the API server",
            EKS,
            (
                Line("apiserver_request_total", label="all", by=_CLUSTER),
                Line("apiserver_request_total_4XX", label="4xx", by=_CLUSTER),
                Line("apiserver_request_total_5XX", label="5xx", by=_CLUSTER),
            ),
            headline=True,
        ),
        Chart(
            "Pods that wait for a node",
            EKS,
            (
                Line(
                    "scheduler_pending_pods_UNSCHEDULABLE", "Maximum", "no node fits", by=_CLUSTER
                ),
                Line("scheduler_pending_pods_BACKOFF", "Maximum", "tried again later", by=_CLUSTER),
            ),
        ),
        Chart(
            "Nodes",
            EKS_INSIGHTS,
            (
                Line("cluster_node_count", "Average", "nodes", by=_CLUSTER),
                Line("cluster_failed_node_count", "Maximum", "failed", by=_CLUSTER),
            ),
            insights="on",
        ),
        Chart(
            "CPU and memory of the nodes",
            EKS_INSIGHTS,
            (
                Line("node_cpu_utilization", "Average", "CPU", by=_CLUSTER),
                Line("node_memory_utilization", "Average", "memory", by=_CLUSTER),
            ),
            unit="%",
            percent=True,
            headline=True,
            insights="on",
        ),
    ),
}
"""Charts by kind."""
