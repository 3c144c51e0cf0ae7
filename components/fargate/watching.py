"""What of a service is watched: formulas with the caller's numbers, and alarms made of them.

The service makes the alarms that judge a deployment, and CPU and memory, so that it is guarded
when used alone; ``Observability`` makes the rest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi

from ..alarms import AlarmOverride, Formula, overridden, refuse_unknown, services
from ..alarms import load_balancers as balancers
from ..watched import Watched
from ..web_app import ResolvedWebApp

if TYPE_CHECKING:
    import pulumi_aws as aws

    from .cluster import Cluster
    from .load_balancer import Front
    from .settings import Settings

BALANCER = "balancer"
"""The thing that stands for the load balancer; its alarms are known as ``balancer/errors``."""
LATER = frozenset(("running", "rejected"))
"""Alarms that the service leaves to ``Observability``."""

Alarms = Mapping[str, "aws.cloudwatch.MetricAlarm"]


@dataclass(frozen=True)
class Formulas:
    """Every alarm that a service should have."""

    service: Sequence[Formula]
    balancer: Sequence[Formula]


def formulas(
    who: str,
    app: ResolvedWebApp,
    insights: str | None,
    *,
    own: bool,
    overrides: Mapping[str, AlarmOverride],
) -> Formulas:
    """The computed ones, with the numbers of ``alarm_overrides``; ``own`` is the load balancer."""
    scaling = app.scaling
    computed = {
        "": services.formulas(
            app.replicas if scaling is None else scaling.min,
            insights=insights,
            cpu_target=None if scaling is None else scaling.cpu_percent,
            memory_target=None if scaling is None else scaling.memory_percent,
        ),
        f"{BALANCER}/": balancers.formulas(app.health.timeout_seconds, own=own),
    }
    known = [f"{prefix}{item.role}" for prefix, found in computed.items() for item in found]
    refuse_unknown(who, "alarm_overrides", overrides, known)
    service, balancer = (
        overridden(who, "alarm_overrides", found, overrides, prefix=prefix)
        for prefix, found in computed.items()
    )
    return Formulas(service, balancer)


def made_here(found: Sequence[Formula]) -> list[Formula]:
    """Those that the service makes itself."""
    return [item for item in found if item.role not in LATER]


def things(
    made: "Settings",
    cluster: "Cluster",
    front: "Front",
    service: "aws.ecs.Service",
    log_group: "aws.cloudwatch.LogGroup",
    alarms: Mapping[str, Alarms],
) -> Sequence[Watched]:
    """What ``Observability`` is told; ``alarms`` are those made, by the name of their thing."""
    check: dict[str, pulumi.Input[str]] = {"cluster": cluster.name, "service": service.name}
    if made.route is None or not made.route.paths:
        # Behind a path of a shared load balancer nobody can ask for the health path.
        check["url"] = pulumi.Output.concat(front.url, made.app.health.path)
    return [
        Watched(
            kind="service",
            dimensions=service_dimensions(cluster, service),
            formulas=made.formulas.service,
            made=alarms.get("", {}),
            log_group_name=log_group.name,
            json_logs=made.json_logs,
            insights=made.container_insights,
            check=check,
        ),
        Watched(
            kind="load_balancer",
            name=BALANCER,
            dimensions=balancer_dimensions(front),
            formulas=made.formulas.balancer,
            made=alarms.get(BALANCER, {}),
        ),
    ]


def service_dimensions(
    cluster: "Cluster", service: "aws.ecs.Service"
) -> dict[str, pulumi.Input[str]]:
    """Of the metrics of ECS."""
    return {"ClusterName": cluster.name, "ServiceName": service.name}


def balancer_dimensions(front: "Front") -> dict[str, pulumi.Input[str]]:
    """Of the metrics of the load balancer."""
    return {"LoadBalancer": front.arn_suffix, "TargetGroup": front.target_group.arn_suffix}
