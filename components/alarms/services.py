"""What rings for a service on ECS, as data. The dimensions are ``ClusterName`` and ``ServiceName``.

What its load balancer sees is in ``load_balancers``.
"""

from collections.abc import Sequence

from .formula import FEWER_THAN, Formula, Part

NAMESPACE = "AWS/ECS"
INSIGHTS = "ECS/ContainerInsights"
HEADROOM_SHARE = 0.5
"""CPU and memory ring halfway between the scaling target and 100 %: scaling should keep the
average at its target, so staying there means that it cannot."""
DEFAULT_TARGET_PERCENT = 70.0
"""Stands in for the scaling target where there is none, so both ring at 85 %."""
RUNNING_PERIODS = 3
"""Minutes that tasks may be missing: ECS replaces one that ended, and the new one must start and
become healthy."""


def formulas(
    fewest: int,
    *,
    insights: str | None,
    cpu_target: float | None = None,
    memory_target: float | None = None,
) -> Sequence[Formula]:
    """Everything for one service.

    Args:
        fewest: tasks that it always has: the least of its scaling, or its number of tasks.
        insights: the cluster's Container Insights, ``off``, ``on`` or ``enhanced``; None where
            that is not known.
    """
    load = load_formulas(cpu_target, memory_target)
    if insights in ("on", "enhanced"):
        return (missing_tasks_formula(), *load)
    return (few_tasks_formula(fewest), *load) if fewest else load


def load_formulas(
    cpu_target: float | None = None, memory_target: float | None = None
) -> tuple[Formula, ...]:
    """Alarms on the tasks themselves, against the scaling targets (percent). They carry the
    service's name, so they exist after it and judge no deployment."""

    def formula(role: str, metric: str, target: float | None) -> Formula:
        base = DEFAULT_TARGET_PERCENT if target is None else target
        threshold = base + (100 - base) * HEADROOM_SHARE
        return Formula(
            role=role,
            description=f"{role.upper() if role == 'cpu' else 'Memory'} stays above "
            f"{threshold:g} % of what the tasks have",
            metric=metric,
            namespace=NAMESPACE,
            statistic="Average",
            threshold=threshold,
            periods=5,
            to_alarm=5,
            missing="missing",  # no data, no running task: the truth is "unknown", not "fine"
        )

    return (
        formula("cpu", "CPUUtilization", cpu_target),
        formula("memory", "MemoryUtilization", memory_target),
    )


def few_tasks_formula(fewest: int) -> Formula:
    """Rings when fewer than ``fewest`` tasks run; for a cluster without Container Insights.

    In a period of one minute ``CPUUtilization`` has one sample for each running task, which the
    ECS developer guide names as the way to count them ("Service RUNNING task count"); in a
    longer period it has one for each minute too, so this one must stay a minute. What the
    autoscaler adds beyond ``fewest`` is not known here, and its loss does not ring.
    """
    return Formula(
        role="running",
        description=f"Fewer than {fewest} tasks run",
        metric="CPUUtilization",
        namespace=NAMESPACE,
        statistic="SampleCount",
        threshold=fewest,
        comparison=FEWER_THAN,
        periods=RUNNING_PERIODS,
        to_alarm=RUNNING_PERIODS,
        missing="breaching",  # published for running tasks only: no data, no task
    )


def missing_tasks_formula() -> Formula:
    """Rings when fewer tasks run than are wanted, whoever decided that; needs Container Insights
    (CloudWatch user guide, "Amazon ECS Container Insights metrics")."""
    return Formula(
        role="running",
        description="Fewer tasks run than are wanted",
        metric="RunningTaskCount",
        namespace=INSIGHTS,
        statistic="Average",
        threshold=0,
        periods=RUNNING_PERIODS,
        to_alarm=RUNNING_PERIODS,
        missing="breaching",  # nothing tells of any task: somebody must look
        # Whether the number is published while no task runs is not promised.
        expression="desired - FILL(running, 0)",
        parts=(
            Part("desired", "DesiredTaskCount", "Maximum"),
            Part("running", "RunningTaskCount", "Minimum"),
        ),
    )
