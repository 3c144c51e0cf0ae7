"""The API's own name: certificate, domain name, and the record that leads to it."""

import re

import pulumi
import pulumi_aws as aws

from ....domain import certificate
from ....errors import invalid
from ....web_app import Domain, ResolvedDomain
from ..base import Scope

SECURITY_POLICY = "TLS_1_2"
"""The only one that HTTP APIs have."""
_HOST_NAME = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")


def checked_domain(who: str, field: str, given: Domain | None) -> ResolvedDomain | None:
    """Check a domain.

    Raises:
        ValueError: its name is no host name.
    """
    if given is None:
        return None
    name = given["name"]
    if not _HOST_NAME.fullmatch(name):
        hint = "Use lower case and leave scheme, port and path out."
        raise invalid(who, f"{field}.name", name, "a host name such as 'api.example.com'", hint)
    return ResolvedDomain(name, given["zone_id"], given.get("certificate_arn"))


def make_domain(
    name: str,
    domain: ResolvedDomain,
    stage: "aws.apigatewayv2.Stage",
    scope: Scope,
) -> pulumi.Output[str]:
    """The stage's URL under the name, once it works."""
    custom = aws.apigatewayv2.DomainName(
        name,
        domain_name=domain.name,
        domain_name_configuration={
            "certificate_arn": certificate(name, domain, dict(scope.tags), scope.opts),
            "endpoint_type": "REGIONAL",
            "security_policy": SECURITY_POLICY,
        },
        tags=scope.tags,
        opts=scope.opts,
    )
    mapping = aws.apigatewayv2.ApiMapping(
        name,
        api_id=stage.api_id,
        stage=stage.name,
        domain_name=custom.domain_name,
        opts=scope.opts,
    )
    configuration = custom.domain_name_configuration
    record = aws.route53.Record(
        f"{name}-alias",
        zone_id=domain.zone_id,
        name=domain.name,
        type="A",
        aliases=[
            {
                "name": configuration.target_domain_name.apply(str),
                "zone_id": configuration.hosted_zone_id.apply(str),
                "evaluate_target_health": False,
            }
        ],
        opts=scope.opts,
    )
    ready = pulumi.Output.all(mapping.urn, record.urn)
    return ready.apply(lambda _: f"https://{domain.name}")
