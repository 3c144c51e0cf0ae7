"""The API's own name: certificate, domain name, and the record that leads to it."""

import pulumi
import pulumi_aws as aws

from ....domain import certificate
from ....web_app import ResolvedDomain
from ..base import Scope

SECURITY_POLICY = "TLS_1_2"


def make_domain(
    domain: ResolvedDomain, stage: "aws.apigateway.Stage", scope: Scope
) -> pulumi.Output[str]:
    """The stage's URL under the name, once it works."""
    name = f"{scope.name}-api"
    custom = aws.apigateway.DomainName(
        name,
        domain_name=domain.name,
        regional_certificate_arn=certificate(name, domain, dict(scope.tags), scope.opts),
        endpoint_configuration={"types": "REGIONAL"},
        security_policy=SECURITY_POLICY,
        tags=scope.tags,
        opts=scope.opts,
    )
    mapping = aws.apigateway.BasePathMapping(
        name,
        rest_api=stage.rest_api,
        stage_name=stage.stage_name,
        domain_name=custom.domain_name,
        opts=scope.opts,
    )
    record = aws.route53.Record(
        f"{name}-alias",
        zone_id=domain.zone_id,
        name=domain.name,
        type="A",
        aliases=[
            {
                "name": custom.regional_domain_name,
                "zone_id": custom.regional_zone_id,
                "evaluate_target_health": False,  # the name of a service has no health of its own
            }
        ],
        opts=scope.opts,
    )
    ready = pulumi.Output.all(mapping.urn, record.urn)
    return ready.apply(lambda _: f"https://{domain.name}")
