"""Observability: everything that the program made is watched, and nobody gives a threshold.

Owns the alarms that components do not make for themselves, one composite alarm and one dashboard a
service, the overview, saved queries, metric filters, X-Ray's group and rules, and the topic that
tells people. Leaves out what is watched (each component says what it is made of, and what rings for
it: ``watched()``), the formulas (``components/alarms``), and switching on what costs by use: traces
and Container Insights.
"""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from ..outputs import declared
from ..tags import merged
from . import dashboards, health
from .alarms import make_service, physical
from .args import ObservabilityArgs
from .cost import cost
from .logs import make_filters, make_queries
from .service import Service
from .settings import KIND, OVERVIEW, resolve
from .told import make_told
from .tracing import make_tracing


class Observability(pulumi.ComponentResource):
    """Alarms, dashboards and who is told, for everything that a program made::

        Observability("shop", {
            "components": {"storefront": storefront, "orders": orders, "events": events},
            "emails": ["ops@example.com"],
        })

    Thresholds are computed from the components' own settings: a duration from the timeout, an old
    message from the queue's retention, CPU from what scaling aims at. Each can be overridden by the
    alarm's key, ``<name>/<thing>/<role>``; ``alarm_names`` lists them. All alarms of a component
    make one composite alarm, and only that one tells: one incident, one message.

    What it costs a month is printed at preview and is the output ``monthly_cost_usd``: 0.10 USD
    for each metric that an alarm looks at, 0.50 for a composite alarm, 3.00 for a dashboard, 0.30
    for a metric of its own and 1.00 for the topic's key (us-east-1).
    """

    topic_arn: pulumi.Output[str]
    """ARN of the topic that is told when a service is in alarm, and when that is over."""
    dashboard_url: pulumi.Output[str]
    """Where the overview is seen."""
    dashboard_names: pulumi.Output[Mapping[str, str]]
    """Names of the dashboards, by service and ``overview``."""
    alarm_names: pulumi.Output[Mapping[str, str]]
    """Names of all alarms, those that components made themselves included, by key."""
    composite_alarm_names: pulumi.Output[Mapping[str, str]]
    """Names of the composite alarms, by service."""
    monthly_cost_usd: pulumi.Output[float]
    """What alarms, custom metrics, dashboards and the key cost a month in us-east-1, US dollars."""
    health: pulumi.Output[Mapping[str, Any]]
    """What ``python -m slipway.health`` checks; export it as ``health``."""

    def __init__(
        self,
        name: str,
        args: ObservabilityArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        made = resolve(name, args)
        super().__init__(f"slipway:index:{KIND}", name, {}, opts)
        tags = merged(KIND, name, made.tags)
        child = pulumi.ResourceOptions(parent=self)
        region = aws.get_region_output(opts=pulumi.InvokeOutputOptions(parent=self)).region

        topic = make_told(made, tags, child)
        make_filters(name, made.groups, child)
        services = {
            group.name: make_service(
                name,
                group,
                topic_arn=topic.arn,
                dashboard_url=_url(region, physical(name, group.name)),
                tags=tags,
                opts=child,
            )
            for group in made.groups
        }
        names = _dashboards(name, services, region, made.deployments, child)
        make_queries(name, made.groups, child)
        make_tracing(name, made.groups, made.sampling_percent, tags, child)

        costs = cost(made.groups)
        if pulumi.runtime.is_dry_run():
            pulumi.log.info(f"{KIND} '{name}': {costs.line()}", resource=self)
        self.topic_arn = topic.arn
        self.dashboard_url = _url(region, physical(name))
        self.dashboard_names = _mapping(names)
        self.alarm_names = _mapping(
            {
                f"{service.name}/{key}": alarm.name
                for service in services.values()
                for key, alarm in service.alarms.items()
            }
        )
        self.composite_alarm_names = _mapping(
            {
                service.name: service.composite.alarm_name
                for service in services.values()
                if service.composite is not None
            }
        )
        self.monthly_cost_usd = pulumi.Output.from_input(costs.usd)
        self.health = health.document(services, region=region, topic_arn=topic.arn)
        self.register_outputs(declared(self, Observability))


def _mapping(values: Mapping[str, pulumi.Input[str]]) -> pulumi.Output[Mapping[str, str]]:
    # Not Output.all(): of nothing it makes a list.
    plain: Any = dict(values)
    return pulumi.Output.from_input(plain)


def _dashboards(
    name: str,
    services: Mapping[str, Service],
    region: pulumi.Output[str],
    deployments: Any,
    opts: pulumi.ResourceOptions,
) -> dict[str, pulumi.Output[str]]:
    """One a service, and the overview; their names."""
    bodies = {OVERVIEW: dashboards.overview(name, services, region=region, deployments=deployments)}
    for service in services.values():
        bodies[service.name] = dashboards.service_body(
            service, region=region, deployments=deployments
        )
    made = {}
    for key, body in bodies.items():
        which = "" if key == OVERVIEW else key
        made[key] = aws.cloudwatch.Dashboard(
            f"{name}-{key}",
            dashboard_name=physical(name, which),
            dashboard_body=body,
            opts=opts,
        ).dashboard_name
    return made


def _url(region: pulumi.Output[str], dashboard: str) -> pulumi.Output[str]:
    """A dashboard in the console."""

    def address(region: str) -> str:
        domain = "aws.amazon.com"
        if region.startswith("cn-"):
            domain = "amazonaws.cn"
        elif region.startswith("us-gov-"):
            domain = "amazonaws-us-gov.com"
        return (
            f"https://{region}.console.{domain}/cloudwatch/home"
            f"?region={region}#dashboards/dashboard/{dashboard}"
        )

    return region.apply(address)
