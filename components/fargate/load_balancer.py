"""How requests reach the tasks: a target group, and a listener or a rule in a shared one."""

import re
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from .. import domain as domains
from .attach import Route
from .security import HTTP, HTTPS, Groups
from .settings import Settings

TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
"""TLS 1.3 and 1.2 with forward secrecy, AWS's recommendation for new HTTPS listeners (guide,
"Security policies for your Application Load Balancer")."""
IDLE_TIMEOUT_SECONDS = 60
"""AWS's default, said aloud: the app's keep-alive must be longer, or clients see 502s."""
LONGEST_PREFIX = 6
"""A target group's name prefix; a fixed name could never be replaced, since the new group must
exist before the old one goes."""


@dataclass(frozen=True)
class Front:
    """What the rest needs of the way in."""

    target_group: "aws.lb.TargetGroup"
    listener_arn: pulumi.Output[str]
    arn_suffix: pulumi.Output[str]
    dns_name: pulumi.Output[str]
    zone_id: pulumi.Output[str]
    url: pulumi.Output[str]
    https: bool
    ready: pulumi.Resource
    """The listener or rule: ECS refuses a target group that no load balancer uses."""


def make_front(
    settings: Settings,
    groups: Groups,
    tags: dict[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> Front:
    """A load balancer of its own, or a place behind a shared one."""
    target_group = _target_group(settings, tags, opts)
    if settings.route is not None:
        return _join(settings, settings.route, target_group, tags, opts)
    return _own(settings, groups, target_group, tags, opts)


def _target_group(
    settings: Settings, tags: dict[str, pulumi.Input[str]], opts: pulumi.ResourceOptions
) -> "aws.lb.TargetGroup":
    app, health = settings.app, settings.app.health
    letters = re.sub(r"[^A-Za-z0-9]", "", settings.name)
    return aws.lb.TargetGroup(
        settings.name,
        name_prefix=f"{letters[: LONGEST_PREFIX - 1]}-",
        port=app.port,
        protocol="HTTP",
        target_type="ip",
        vpc_id=settings.vpc_id,
        deregistration_delay=app.drain_seconds,
        slow_start=0,
        health_check={
            "enabled": True,
            "path": health.path,
            "port": "traffic-port",
            "protocol": "HTTP",
            "interval": health.interval_seconds,
            "timeout": health.timeout_seconds,
            "healthy_threshold": health.healthy_threshold,
            "unhealthy_threshold": health.unhealthy_threshold,
            "matcher": health.success_codes,
        },
        tags=tags,
        opts=opts,
    )


def _own(
    settings: Settings,
    groups: Groups,
    target_group: "aws.lb.TargetGroup",
    tags: dict[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> Front:
    name, domain = settings.name, settings.app.domain
    balancer = aws.lb.LoadBalancer(
        name,
        load_balancer_type="application",
        internal=False,
        ip_address_type="dualstack" if settings.dual_stack else "ipv4",
        security_groups=[groups.load_balancer_id],
        subnets=list(settings.public_subnet_ids),
        drop_invalid_header_fields=True,
        idle_timeout=IDLE_TIMEOUT_SECONDS,
        enable_deletion_protection=settings.deletion_protection,
        tags=tags,
        opts=opts,
    )
    forward: aws.lb.ListenerDefaultActionArgsDict = {
        "type": "forward",
        "target_group_arn": target_group.arn,
    }
    redirect: aws.lb.ListenerDefaultActionArgsDict = {
        "type": "redirect",
        "redirect": {"port": str(HTTPS), "protocol": "HTTPS", "status_code": "HTTP_301"},
    }
    listener = aws.lb.Listener(
        f"{name}-http",
        load_balancer_arn=balancer.arn,
        port=HTTP,
        protocol="HTTP",
        default_actions=[forward if domain is None else redirect],
        tags=tags,
        opts=opts,
    )
    url = pulumi.Output.concat("http://", balancer.dns_name)
    if domain is not None:
        listener = aws.lb.Listener(
            f"{name}-https",
            load_balancer_arn=balancer.arn,
            port=HTTPS,
            protocol="HTTPS",
            ssl_policy=TLS_POLICY,
            certificate_arn=domains.certificate(name, domain, tags, opts),
            default_actions=[forward],
            tags=tags,
            opts=opts,
        )
        domains.alias_records(
            name, domain, balancer.dns_name, balancer.zone_id, settings.dual_stack, opts
        )
        url = pulumi.Output.from_input(f"https://{domain.name}")
    return Front(
        target_group=target_group,
        listener_arn=listener.arn,
        arn_suffix=balancer.arn_suffix,
        dns_name=balancer.dns_name,
        zone_id=balancer.zone_id,
        url=url,
        https=domain is not None,
        ready=listener,
    )


def _join(
    settings: Settings,
    route: Route,
    target_group: "aws.lb.TargetGroup",
    tags: dict[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> Front:
    name, domain, shared = settings.name, settings.app.domain, route.to
    conditions: list[aws.lb.ListenerRuleConditionArgsDict] = []
    if route.paths:
        conditions.append({"path_pattern": {"values": list(route.paths)}})
    if route.hosts:
        conditions.append({"host_header": {"values": list(route.hosts)}})
    rule = aws.lb.ListenerRule(
        name,
        listener_arn=shared["listener_arn"],
        priority=route.priority,
        actions=[{"type": "forward", "target_group_arn": target_group.arn}],
        conditions=conditions,
        tags=tags,
        opts=opts,
    )
    if domain is not None:
        aws.lb.ListenerCertificate(
            name,
            listener_arn=shared["listener_arn"],
            certificate_arn=domains.certificate(name, domain, tags, opts),
            opts=opts,
        )
        domains.alias_records(
            name,
            domain,
            shared["load_balancer_dns_name"],
            shared["load_balancer_zone_id"],
            False,
            opts,
        )
    return Front(
        target_group=target_group,
        listener_arn=pulumi.Output.from_input(shared["listener_arn"]),
        arn_suffix=pulumi.Output.from_input(shared["load_balancer_arn_suffix"]),
        dns_name=pulumi.Output.from_input(shared["load_balancer_dns_name"]),
        zone_id=pulumi.Output.from_input(shared["load_balancer_zone_id"]),
        url=route.url(),
        https=route.https,
        ready=rule,
    )
