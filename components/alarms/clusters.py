"""What rings for an EKS cluster and the pods of an app in it, as data.

The dimension is ``ClusterName``; pods have ``Namespace`` and ``PodName`` as well, the name of
their Deployment. Control plane metrics are free and always there (EKS user guide, "Monitor
cluster data with Amazon CloudWatch"); the others need Container Insights (CloudWatch user guide,
"Amazon EKS and Kubernetes Container Insights metrics").
"""

from collections.abc import Sequence

from .formula import Formula, Part

NAMESPACE = "AWS/EKS"
INSIGHTS = "ContainerInsights"
ERROR_PERCENT = 5.0
"""Requests that the API server fails, of all: single ones are retried by whoever asked."""
ERROR_MINIMUM_REQUESTS = 20
"""Requests a minute below which a share says nothing; the controllers alone ask more."""
STORAGE_LIMIT_BYTES = 8 * 1024**3
"""What etcd holds at most; beyond, the cluster takes no more writes (EKS best practices guide,
"etcd database size")."""
STORAGE_SHARE = 0.8
"""Of the limit: time to find out who fills it."""
SCHEDULING_PERIODS = 5
"""Minutes that a pod may find no place: a node that scaling adds needs about three."""
RESTARTS = 3
"""Ends of containers in ten minutes. One can happen and is mended by Kubernetes; a container that
cannot live starts about five times in that time, at growing distances."""
RESTART_SECONDS = 600


def formulas(*, insights: str | None, pods: bool) -> Sequence[Formula]:
    """Everything for one cluster.

    Args:
        insights: its Container Insights, ``off``, ``on`` or ``enhanced``; None where that is not
            known.
        pods: whether the thing has the dimensions of an app's pods.
    """
    found = [unschedulable_formula(), api_errors_formula(), storage_formula()]
    if insights in ("on", "enhanced"):
        found.append(nodes_formula())
        if pods:
            found.append(restarts_formula())
    return found


def unschedulable_formula() -> Formula:
    """Rings when pods find no node: what should run does not."""
    return _cluster(
        "unschedulable",
        "Pods wait since no node has room for them",
        "scheduler_pending_pods_UNSCHEDULABLE",
        threshold=0,
        periods=SCHEDULING_PERIODS,
        statistic="Sum",  # the one that EKS documents for it: only the leading scheduler tells
    )


def storage_formula() -> Formula:
    """Rings before the cluster's own database is full, which takes no warning otherwise."""
    return _cluster(
        "storage",
        f"The cluster's objects take more than {STORAGE_SHARE:.0%} of what etcd holds",
        "apiserver_storage_size_bytes",
        threshold=STORAGE_LIMIT_BYTES * STORAGE_SHARE,
        periods=3,
    )


def api_errors_formula() -> Formula:
    """Rings when the Kubernetes API fails: deployments, scaling and repairs all go through it."""
    return Formula(
        role="api-errors",
        description=f"More than {ERROR_PERCENT:g} % of the requests to the Kubernetes API fail",
        metric="apiserver_request_total_5XX",
        namespace=NAMESPACE,
        statistic="Sum",
        threshold=ERROR_PERCENT,
        periods=3,
        to_alarm=2,
        missing="missing",  # published every minute: without it nobody knows
        expression=f"IF(requests >= {ERROR_MINIMUM_REQUESTS}, 100 * FILL(errors, 0) / requests, 0)",
        parts=(
            Part("errors", "apiserver_request_total_5XX"),
            Part("requests", "apiserver_request_total"),
        ),
        by=("ClusterName",),
    )


def nodes_formula() -> Formula:
    """Rings when a node is not ready or short of disk, memory or process ids, and stays so: EKS
    replaces broken ones itself."""
    return _cluster(
        "nodes",
        "A node is broken and stays so",
        "cluster_failed_node_count",
        threshold=0,
        periods=SCHEDULING_PERIODS,
        namespace=INSIGHTS,
    )


def restarts_formula() -> Formula:
    """Rings when containers of the app's pods end again and again."""
    return Formula(
        role="restarts",
        description=f"Containers ended {RESTARTS} times or more in {RESTART_SECONDS // 60} minutes",
        metric="pod_number_of_container_restarts",
        namespace=INSIGHTS,
        statistic="Sum",
        threshold=RESTARTS - 1,
        period_seconds=RESTART_SECONDS,
        periods=1,
        to_alarm=1,
        missing="notBreaching",  # no pod told of one; that none runs, others tell
    )


def _cluster(
    role: str,
    description: str,
    metric: str,
    *,
    threshold: float,
    periods: int,
    namespace: str = NAMESPACE,
    statistic: str = "Maximum",
) -> Formula:
    return Formula(
        role=role,
        description=description,
        metric=metric,
        namespace=namespace,
        statistic=statistic,
        threshold=threshold,
        periods=periods,
        to_alarm=periods,
        missing="missing",  # published every minute: without it nobody knows
        by=("ClusterName",),
    )
