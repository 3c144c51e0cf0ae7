"""The way in: a Service that a Network Load Balancer stands behind.

Why an NLB and not an ALB, which Fargate has: EKS makes and deletes an NLB by itself for a
Service, while an ALB needs the AWS Load Balancer Controller: pods, a role, webhooks, and load
balancers that stay behind when it goes first. An NLB ends TLS with the same ACM certificate. What
it cannot do is redirect: with a domain there is no port 80 at all, rather than one in the clear.
"""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from .. import domain as domains
from ..web_app import ResolvedDomain
from .settings import Settings

PREFIX = "service.beta.kubernetes.io/aws-load-balancer-"
TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
"""TLS 1.3 and 1.2 with forward secrecy, AWS's recommendation for TLS listeners (guide, "Security
policies for your Network Load Balancer")."""
HTTP, HTTPS = 80, 443
TARGET_PORT = "http"


def patch_service(
    service: dict[str, Any], settings: Settings, certificate: pulumi.Input[str] | None
) -> None:
    """Port, certificate and controller; the manifest's other annotations stay."""
    spec, metadata = service["spec"], service["metadata"]
    port = HTTP if certificate is None else HTTPS
    spec["ports"] = [
        {
            "name": "http" if certificate is None else "https",
            "port": port,
            "targetPort": TARGET_PORT,
            "protocol": "TCP",
        }
    ]
    annotations = dict(metadata.get("annotations") or {})
    if settings.load_balancer_class is not None:
        spec["loadBalancerClass"] = settings.load_balancer_class
        # This one chooses between controllers as well, and would contradict the class.
        annotations.pop(f"{PREFIX}type", None)
        annotations |= _straight_to_pods(settings)
    if certificate is not None:
        annotations |= {
            f"{PREFIX}ssl-cert": certificate,
            f"{PREFIX}ssl-ports": str(HTTPS),
            f"{PREFIX}ssl-negotiation-policy": TLS_POLICY,
            f"{PREFIX}backend-protocol": "tcp",
        }
    metadata["annotations"] = annotations


def _straight_to_pods(settings: Settings) -> dict[str, str]:
    """What a controller needs that asks the pods itself, as an ALB on Fargate does."""
    app, health = settings.app, settings.app.health
    return {
        f"{PREFIX}scheme": "internet-facing",
        f"{PREFIX}nlb-target-type": "ip",
        f"{PREFIX}target-group-attributes": (
            f"deregistration_delay.timeout_seconds={app.drain_seconds}"
        ),
        f"{PREFIX}healthcheck-protocol": "http",
        f"{PREFIX}healthcheck-port": "traffic-port",
        f"{PREFIX}healthcheck-path": settings.readiness_path,
        f"{PREFIX}healthcheck-success-codes": health.success_codes,
        f"{PREFIX}healthcheck-interval": str(health.interval_seconds),
        f"{PREFIX}healthcheck-timeout": str(health.timeout_seconds),
        f"{PREFIX}healthcheck-healthy-threshold": str(health.healthy_threshold),
        f"{PREFIX}healthcheck-unhealthy-threshold": str(health.unhealthy_threshold),
    }


def tagged(service: dict[str, Any], tags: Mapping[str, pulumi.Input[str]]) -> None:
    """The component's tags for the load balancer, which AWS makes and Pulumi never sees."""

    def render(known: Mapping[str, Any]) -> str:
        # The annotation has no way to write a comma in a value.
        return ",".join(f"{key}={value}" for key, value in known.items() if "," not in str(value))

    service["metadata"]["annotations"][f"{PREFIX}additional-resource-tags"] = (
        pulumi.Output.from_input(dict(tags)).apply(render)
    )


def host_of(status: Any) -> str:
    """The address in a Service's status: a name from AWS, an address from other controllers."""
    balancer = getattr(status, "load_balancer", None)
    ingress = getattr(balancer, "ingress", None) or []
    first = ingress[0] if ingress else None
    host = getattr(first, "hostname", None) or getattr(first, "ip", None)
    if not host:
        raise ValueError(
            "EksWebApp: the Service has no address. Next step: 'kubectl describe service' tells "
            "what the controller of its load balancer says."
        )
    return str(host)


def alias(
    name: str,
    domain: ResolvedDomain,
    host: pulumi.Output[str],
    opts: pulumi.ResourceOptions,
) -> None:
    """The domain's record; every NLB of a region is in one hosted zone of AWS's."""
    zone = aws.lb.get_hosted_zone_id_output(
        load_balancer_type="network", opts=pulumi.InvokeOutputOptions(parent=opts.parent)
    ).id
    domains.alias_records(name, domain, host, zone, False, opts)
