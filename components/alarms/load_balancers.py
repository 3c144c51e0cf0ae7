"""What rings for a load balancer and the targets behind it, as data.

The dimensions are ``LoadBalancer`` and ``TargetGroup``. Names and when a metric is published:
Elastic Load Balancing guide, "CloudWatch metrics for your Application Load Balancer".
"""

from collections.abc import Sequence

from .formula import AT_LEAST, Formula, Part

NAMESPACE = "AWS/ApplicationELB"
ERROR_PERCENT = 5.0
"""Answers with a 5xx status, of all answers. Lower values ring for a single failed request at
night traffic; a broken revision is far above."""
ERROR_MINIMUM_REQUESTS = 20
"""Requests a minute below which one failure says nothing about the revision."""
LATENCY_SHARE = 0.5
"""p95 latency, as a share of the health check's timeout: an app that takes this long for its users
is about to miss its health check as well."""


def formulas(health_timeout_seconds: float, *, own: bool) -> Sequence[Formula]:
    """Everything for one target group; ``own`` if its service also owns the load balancer.

    What the load balancer itself refuses is of all services behind it, so it belongs to one.
    """
    traffic = traffic_formulas(health_timeout_seconds)
    return (*traffic, rejected_formula()) if own else traffic


def traffic_formulas(health_timeout_seconds: float) -> tuple[Formula, ...]:
    """Alarms on what the load balancer sees. They also judge a deployment: they need no name of
    the service, so they exist before it."""
    latency = health_timeout_seconds * LATENCY_SHARE
    return (
        Formula(
            role="errors",
            description=f"More than {ERROR_PERCENT:g} % of the answers are 5xx",
            metric="HTTPCode_Target_5XX_Count",
            namespace=NAMESPACE,
            statistic="Sum",
            threshold=ERROR_PERCENT,
            periods=3,
            to_alarm=2,
            missing="notBreaching",  # no requests, no data: nobody was failed
            fails_deployment=True,
            # The count is published only in minutes that have one.
            expression=f"IF(requests >= {ERROR_MINIMUM_REQUESTS}, "
            "100 * FILL(errors, 0) / requests, 0)",
            parts=(Part("errors", "HTTPCode_Target_5XX_Count"), Part("requests", "RequestCount")),
        ),
        Formula(
            role="unhealthy",
            description="A task fails the load balancer's health check",
            metric="UnHealthyHostCount",
            namespace=NAMESPACE,
            statistic="Maximum",
            threshold=1,
            comparison=AT_LEAST,
            periods=3,
            to_alarm=3,
            missing="notBreaching",  # published while targets are registered: none, no verdict
            fails_deployment=True,
        ),
        Formula(
            role="latency",
            description=f"p95 of the answers takes longer than {latency:g} s",
            metric="TargetResponseTime",
            namespace=NAMESPACE,
            statistic="p95",
            threshold=latency,
            periods=5,
            to_alarm=3,
            missing="notBreaching",  # no requests, no data: nobody waited
            fails_deployment=True,
        ),
    )


def rejected_formula() -> Formula:
    """Rings when the load balancer answers 5xx itself, mostly 502 to 504 since no target does.

    ``RequestCount`` counts what reached a target, so the two together are all requests. The
    load balancer is one for all services behind it: the dimension is ``LoadBalancer`` alone.
    """
    everything = "(rejected + FILL(requests, 0))"
    return Formula(
        role="rejected",
        description=f"The load balancer answers more than {ERROR_PERCENT:g} % of the requests with "
        "5xx itself",
        metric="HTTPCode_ELB_5XX_Count",
        namespace=NAMESPACE,
        statistic="Sum",
        threshold=ERROR_PERCENT,
        periods=3,
        to_alarm=2,
        missing="notBreaching",  # published only in minutes that have one
        expression=f"IF({everything} >= {ERROR_MINIMUM_REQUESTS}, "
        f"100 * rejected / {everything}, 0)",
        parts=(Part("rejected", "HTTPCode_ELB_5XX_Count"), Part("requests", "RequestCount")),
        by=("LoadBalancer",),
    )
