"""A private DNS name for the tasks, by AWS Cloud Map.

Cloud Map and not Service Connect: a name in DNS works from every client in the VPC and
needs no proxy beside each task, which Service Connect bills as CPU and memory and which
both ends would have to run. What it does not do is retry: clients see a task that just
left for as long as the record lives.
"""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from .settings import Settings

TTL_SECONDS = 10
"""How long clients may remember an address; short, since tasks come and go with each rollout."""


@dataclass(frozen=True)
class Registry:
    """Where the tasks are registered."""

    service: "aws.servicediscovery.Service"
    namespace_id: pulumi.Output[str]
    dns_name: str


def make_registry(
    settings: Settings, tags: dict[str, pulumi.Input[str]], opts: pulumi.ResourceOptions
) -> Registry | None:
    """The Cloud Map service, in a namespace of its own unless one is given."""
    if (wanted := settings.discovery) is None:
        return None
    name, domain = settings.name, wanted["namespace"]
    given = wanted.get("namespace_id")
    if given is not None:
        namespace_id = pulumi.Output.from_input(given)
    else:
        namespace_id = aws.servicediscovery.PrivateDnsNamespace(
            name,
            name=domain,
            vpc=settings.vpc_id,
            description=f"Services that find each other by name; made by {name}",
            tags=tags,
            opts=opts,
        ).id
    service = aws.servicediscovery.Service(
        name,
        name=name,
        dns_config={
            "namespace_id": namespace_id,
            "routing_policy": "MULTIVALUE",
            "dns_records": [{"type": "A", "ttl": TTL_SECONDS}],
        },
        # ECS reports the containers' health itself; 1 is the only value there is.
        health_check_custom_config={"failure_threshold": 1},
        force_destroy=True,
        tags=tags,
        opts=opts,
    )
    return Registry(service=service, namespace_id=namespace_id, dns_name=f"{name}.{domain}")
