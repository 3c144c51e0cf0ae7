"""What rings for a service: the formulas of its alarms.

Every threshold is computed from the service's own settings or is a named constant with
its reason.
"""

from ..alarms import Formula

ERROR_PERCENT = 5.0
"""Answers with a 5xx status, of all answers. Lower values ring for a single failed request at
night traffic; a broken revision is far above."""
ERROR_MINIMUM_REQUESTS = 20
"""Requests a minute below which one failure says nothing about the revision."""
LATENCY_SHARE = 0.5
"""p95 latency, as a share of the health check's timeout: an app that takes this long for its users
is about to miss its health check as well."""
HEADROOM_SHARE = 0.5
"""CPU and memory ring halfway between the scaling target and 100 %: scaling should keep the
average at its target, so staying there means that it cannot."""
DEFAULT_TARGET_PERCENT = 70.0
"""Stands in for the scaling target where there is none, so both ring at 85 %."""


def traffic_formulas(health_timeout_seconds: float) -> tuple[Formula, ...]:
    """Alarms on what the load balancer sees. They also judge a deployment: they need no name of
    the service, so they exist before it."""
    alb = "AWS/ApplicationELB"
    latency = health_timeout_seconds * LATENCY_SHARE
    return (
        Formula(
            role="errors",
            description=f"More than {ERROR_PERCENT:g} % of the answers are 5xx",
            metric="HTTPCode_Target_5XX_Count",
            namespace=alb,
            statistic="Sum",
            threshold=ERROR_PERCENT,
            comparison="GreaterThanThreshold",
            periods=3,
            to_alarm=2,
            missing="notBreaching",  # no requests, no data: nobody was failed
            fails_deployment=True,
            expression=f"IF(requests >= {ERROR_MINIMUM_REQUESTS}, "
            "100 * FILL(errors, 0) / requests, 0)",
            parts=(("errors", "HTTPCode_Target_5XX_Count"), ("requests", "RequestCount")),
        ),
        Formula(
            role="unhealthy",
            description="A task fails the load balancer's health check",
            metric="UnHealthyHostCount",
            namespace=alb,
            statistic="Maximum",
            threshold=1,
            comparison="GreaterThanOrEqualToThreshold",
            periods=3,
            to_alarm=3,
            missing="notBreaching",  # published while targets are registered: none, no verdict
            fails_deployment=True,
        ),
        Formula(
            role="latency",
            description=f"p95 of the answers takes longer than {latency:g} s",
            metric="TargetResponseTime",
            namespace=alb,
            statistic="p95",
            threshold=latency,
            comparison="GreaterThanThreshold",
            periods=5,
            to_alarm=3,
            missing="notBreaching",  # no requests, no data: nobody waited
            fails_deployment=True,
        ),
    )


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
            namespace="AWS/ECS",
            statistic="Average",
            threshold=threshold,
            comparison="GreaterThanThreshold",
            periods=5,
            to_alarm=5,
            missing="missing",  # no data, no running task: the truth is "unknown", not "fine"
            fails_deployment=False,
        )

    return (
        formula("cpu", "CPUUtilization", cpu_target),
        formula("memory", "MemoryUtilization", memory_target),
    )
