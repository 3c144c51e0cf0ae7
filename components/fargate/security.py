"""Who may talk to whom: the world to the load balancer, the load balancer to the tasks.

Each rule is a resource of its own, so that services can add theirs to a shared load
balancer's group without one overwriting another's.
"""

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from .settings import Settings

HTTP, HTTPS = 80, 443


@dataclass(frozen=True)
class Groups:
    """The security groups of one service."""

    load_balancer_id: pulumi.Output[str]
    tasks: "aws.ec2.SecurityGroup"
    rules: list[pulumi.Resource]
    """Without them tasks cannot pull their image nor be reached."""


def make_groups(
    settings: Settings, tags: dict[str, pulumi.Input[str]], opts: pulumi.ResourceOptions
) -> Groups:
    """The tasks' group, the load balancer's unless it is shared, and the rules between them."""
    name, port = settings.name, settings.app.port
    rules: list[pulumi.Resource] = []
    if settings.route is not None:
        balancer = pulumi.Output.from_input(settings.route.to["load_balancer_security_group_id"])
    else:
        group = aws.ec2.SecurityGroup(
            f"{name}-load-balancer",
            description=f"Load balancer of {name}: open on HTTP and HTTPS only",
            vpc_id=settings.vpc_id,
            tags=tags,
            opts=opts,
        )
        balancer = group.id
        rules += _front_doors(settings, group, tags, opts)
    tasks = aws.ec2.SecurityGroup(
        name,
        description=f"Tasks of {name}: reached by the load balancer and named groups only",
        vpc_id=settings.vpc_id,
        tags=tags,
        opts=opts,
    )
    rules.append(
        aws.vpc.SecurityGroupEgressRule(
            f"{name}-to-tasks",
            security_group_id=balancer,
            referenced_security_group_id=tasks.id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            description=f"To the tasks of {name}",
            tags=tags,
            opts=opts,
        )
    )
    callers = [("from-load-balancer", "The load balancer", balancer)]
    callers += [
        (f"from-peer-{number}", "A service named in allow_from", pulumi.Output.from_input(peer))
        for number, peer in enumerate(settings.allow_from)
    ]
    for role, who, source in callers:
        rules.append(
            aws.vpc.SecurityGroupIngressRule(
                f"{name}-{role}",
                security_group_id=tasks.id,
                referenced_security_group_id=source,
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                description=who,
                tags=tags,
                opts=opts,
            )
        )
    # A group made by Pulumi has no way out by itself, and tasks need one for image, secrets and
    # logs before they start; which databases and APIs the app calls is its own affair.
    rules.append(
        aws.vpc.SecurityGroupEgressRule(
            f"{name}-out",
            security_group_id=tasks.id,
            cidr_ipv4="0.0.0.0/0",
            ip_protocol="-1",
            description="Image, secrets, logs and what the app calls",
            tags=tags,
            opts=opts,
        )
    )
    return Groups(load_balancer_id=balancer, tasks=tasks, rules=rules)


def _front_doors(
    settings: Settings,
    group: "aws.ec2.SecurityGroup",
    tags: dict[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> list[pulumi.Resource]:
    doors = [("http", HTTP)]
    if settings.app.domain is not None:
        doors.append(("https", HTTPS))
    worlds: list[tuple[str, dict[str, Any]]] = [("", {"cidr_ipv4": "0.0.0.0/0"})]
    if settings.dual_stack:
        worlds.append(("-ipv6", {"cidr_ipv6": "::/0"}))
    return [
        aws.vpc.SecurityGroupIngressRule(
            f"{settings.name}-{door}-in{suffix}",
            security_group_id=group.id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            description=f"{door.upper()} from anywhere",
            tags=tags,
            opts=opts,
            **world,
        )
        for door, port in doors
        for suffix, world in worlds
    ]
