"""FargateWebService: a container image becomes a web address on ECS Fargate.

Owns the service from cluster to URL. Leaves out the image (``ContainerImage``), the VPC
(``Network``), and dashboards (``Observability``). One file a concern beside this one;
here they are put together in the order data flows.
"""

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from ..alarms import make_alarms
from ..outputs import declared
from ..tags import merged
from ..watched import Watched
from . import hooks, watching
from .args import Attachment, FargateWebServiceArgs
from .cluster import Cluster, capacity, make_cluster
from .discovery import make_registry
from .load_balancer import Front, make_front
from .roles import execution_role, task_role
from .scaling import make_scaling
from .security import make_groups
from .settings import KIND, Settings, resolve
from .task import make_task_definition

MINIMUM_HEALTHY_PERCENT = 100
MAXIMUM_PERCENT = 200
"""New tasks start beside the old ones, and no old one goes before a new one is healthy."""
WAIT_MARGIN_SECONDS = 120
"""Room for the provider's own calls around its wait for a steady service."""


class FargateWebService(pulumi.ComponentResource):
    """A web app on ECS Fargate behind an Application Load Balancer, deployed without downtime.

    What it costs is mostly not the app: a load balancer is about 16 USD a month and each NAT
    gateway about 33 (us-east-1); two tasks of the default size are about 14 on arm64. Several
    services behind one load balancer (``attach``) and ``nat: none`` are the savings that count.

    Deployments are judged: health checks, a circuit breaker and the alarms decide, ECS goes
    back to the last good revision, and the update fails with the reasons (see
    ``explain_rollouts``). With a read-only root file system the tasks have a scratch volume at
    ``/tmp``; Fargate gives it to root, so an image that runs as another user and writes there
    says ``VOLUME /tmp`` in its Dockerfile, which keeps the directory's own permissions.
    """

    url: pulumi.Output[str]
    """Where the app answers, without a trailing slash."""
    cluster_name: pulumi.Output[str]
    """Name of the ECS cluster."""
    cluster_arn: pulumi.Output[str]
    """ARN of the ECS cluster."""
    service_name: pulumi.Output[str]
    """Name of the ECS service."""
    service_arn: pulumi.Output[str]
    """ARN of the ECS service."""
    task_definition_arn: pulumi.Output[str]
    """ARN of the revision that was asked for."""
    log_group_name: pulumi.Output[str]
    """Log group that the tasks write to."""
    load_balancer_dns_name: pulumi.Output[str]
    """DNS name of the load balancer."""
    load_balancer_zone_id: pulumi.Output[str]
    """Hosted zone of the load balancer, for alias records."""
    load_balancer_arn_suffix: pulumi.Output[str]
    """The load balancer's name in metrics."""
    load_balancer_security_group_id: pulumi.Output[str]
    """Security group of the load balancer."""
    listener_arn: pulumi.Output[str]
    """The listener that serves the app; rules of other services go there."""
    security_group_id: pulumi.Output[str]
    """Security group of the tasks; databases let it in, other services name it in allow_from."""
    task_role_arn: pulumi.Output[str]
    """Role of the app in the tasks."""
    target_group_arn: pulumi.Output[str]
    """Target group of the tasks."""
    discovery_name: pulumi.Output[str | None]
    """Private DNS name of the tasks; none without discovery."""
    discovery_namespace_id: pulumi.Output[str | None]
    """Cloud Map namespace, for other services' discovery; none without discovery."""

    def __init__(
        self,
        name: str,
        args: FargateWebServiceArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        made = resolve(name, args)
        super().__init__(f"slipway:index:{KIND}", name, {}, opts)
        tags = merged(KIND, name, made.tags)
        child = pulumi.ResourceOptions(parent=self)

        cluster = make_cluster(made, tags, child)
        log_group = aws.cloudwatch.LogGroup(
            name, retention_in_days=made.log_retention_days, tags=tags, opts=child
        )
        execution, execution_policy = execution_role(made, cluster.arn, log_group.arn, tags, child)
        task, task_policy = task_role(made, cluster.arn, tags, child)
        definition = make_task_definition(made, log_group, execution, task, tags, child)
        groups = make_groups(made, tags, child)
        front = make_front(made, groups, tags, child)
        registry = make_registry(made, tags, child)
        watched = _traffic_alarms(made, front, tags, child)

        before: list[pulumi.Resource] = [front.ready, execution_policy, *cluster.ready]
        before += groups.rules
        if task_policy is not None:
            before.append(task_policy)
        service = aws.ecs.Service(
            name,
            cluster=cluster.arn,
            task_definition=definition.arn,
            desired_count=made.desired_count,
            **_capacity(made, cluster),
            # Without it a changed Spot share would replace the service.
            force_new_deployment=True,
            deployment_circuit_breaker={"enable": True, "rollback": made.rollback},
            deployment_minimum_healthy_percent=MINIMUM_HEALTHY_PERCENT,
            deployment_maximum_percent=MAXIMUM_PERCENT,
            alarms=_deployment_alarms(made, watched),
            availability_zone_rebalancing="ENABLED",
            health_check_grace_period_seconds=made.app.health.grace_seconds,
            enable_ecs_managed_tags=True,
            propagate_tags="SERVICE",
            enable_execute_command=made.app.exec,
            network_configuration={
                "subnets": list(made.task_subnet_ids),
                "security_groups": [groups.tasks.id],
                "assign_public_ip": made.public_ip,
            },
            load_balancers=[
                {
                    "target_group_arn": front.target_group.arn,
                    "container_name": name,
                    "container_port": made.app.port,
                }
            ],
            service_registries=None if registry is None else {"registry_arn": registry.service.arn},
            # The provider cannot tell a rollback from success; where the hooks can, they wait.
            wait_for_steady_state=not made.explain_rollouts,
            tags=tags,
            opts=_service_options(made, child, before),
        )
        if made.app.scaling is not None:
            make_scaling(name, made.app.scaling, cluster, service, front, tags, child)
        load: watching.Alarms = {}
        if made.alarms:
            load = make_alarms(
                name,
                watching.made_here(made.formulas.service),
                watching.service_dimensions(cluster, service),
                made.alarm_topic_arn,
                tags,
                child,
            )
        self._things = watching.things(
            made, cluster, front, service, log_group, {"": load, watching.BALANCER: watched}
        )

        self._https = front.https
        self.url = front.url
        self._base_url = (
            front.url if made.route is None else pulumi.Output.from_input(made.route.to["url"])
        )
        self.cluster_name = cluster.name
        self.cluster_arn = cluster.arn
        self.service_name = service.name
        self.service_arn = service.id
        self.task_definition_arn = definition.arn
        self.log_group_name = log_group.name
        self.load_balancer_dns_name = front.dns_name
        self.load_balancer_zone_id = front.zone_id
        self.load_balancer_arn_suffix = front.arn_suffix
        self.load_balancer_security_group_id = groups.load_balancer_id
        # Identity matters here: it is how two services are known to share a listener.
        self.listener_arn = front.listener_arn
        self.security_group_id = groups.tasks.id
        self.task_role_arn = task.arn
        self.target_group_arn = front.target_group.arn
        self.discovery_name = _output(None if registry is None else registry.dns_name)
        self.discovery_namespace_id = (
            _output(None) if registry is None else registry.namespace_id.apply(lambda id: id)
        )
        self.register_outputs(declared(self, FargateWebService))

    def watched(self) -> Sequence[Watched]:
        """What ``Observability`` is told: the service, and what its load balancer sees."""
        return self._things

    @property
    def attachment(self) -> Attachment:
        """What another service's ``attach.to`` needs to share this one's load balancer."""
        return {
            "listener_arn": self.listener_arn,
            "load_balancer_arn_suffix": self.load_balancer_arn_suffix,
            "load_balancer_security_group_id": self.load_balancer_security_group_id,
            "load_balancer_dns_name": self.load_balancer_dns_name,
            "load_balancer_zone_id": self.load_balancer_zone_id,
            "url": self._base_url,
            "https": self._https,
        }


def _output(value: pulumi.Input[str] | None) -> pulumi.Output[str | None]:
    return pulumi.Output.from_input(value)


def _capacity(made: Settings, cluster: Cluster) -> dict[str, Any]:
    strategy = capacity(made, cluster.given)
    return {"capacity_provider_strategies": strategy} if strategy else {"launch_type": "FARGATE"}


def _traffic_alarms(
    made: Settings,
    front: Front,
    tags: dict[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> watching.Alarms:
    """The alarms that judge a deployment; CPU and memory follow the service."""
    if not made.alarms:
        return {}
    return make_alarms(
        made.name,
        watching.made_here(made.formulas.balancer),
        watching.balancer_dimensions(front),
        made.alarm_topic_arn,
        tags,
        opts,
    )


def _deployment_alarms(
    made: Settings, watched: watching.Alarms
) -> "aws.ecs.ServiceAlarmsArgsDict | None":
    judging = [item.role for item in made.formulas.balancer if item.fails_deployment]
    if not (names := [watched[role].name for role in judging if role in watched]):
        return None
    return {"enable": True, "rollback": made.rollback, "alarm_names": names}


def _service_options(
    made: Settings, child: pulumi.ResourceOptions, before: list[pulumi.Resource]
) -> pulumi.ResourceOptions:
    plan = hooks.Plan(
        rollout_timeout_seconds=made.rollout_timeout_seconds if made.explain_rollouts else None,
        command=made.gate_command,
        gate_timeout_seconds=made.gate_timeout_seconds,
    )
    waiting = f"{made.rollout_timeout_seconds + WAIT_MARGIN_SECONDS}s"
    return pulumi.ResourceOptions(
        parent=child.parent,
        depends_on=before,
        # With scaling on, the number of tasks is the autoscaler's; without, it is the program's.
        ignore_changes=["desiredCount"] if made.app.scaling is not None else None,
        hooks=hooks.binding(plan),
        custom_timeouts=None
        if made.explain_rollouts
        else pulumi.CustomTimeouts(create=waiting, update=waiting),
    )
