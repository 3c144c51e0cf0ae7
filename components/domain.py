"""What a domain means: a certificate that renews itself, and records that point here."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from .web_app import ResolvedDomain

VALIDATION_TTL_SECONDS = 300


def certificate(
    name: str,
    domain: ResolvedDomain,
    tags: Mapping[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> pulumi.Output[str]:
    """ARN of a certificate that is ready for use: the given one, or one from ACM.

    ACM checks the domain by a record in its zone, which stays: it renews by it as well.
    """
    if domain.certificate_arn is not None:
        return pulumi.Output.from_input(domain.certificate_arn)
    made = aws.acm.Certificate(
        name, domain_name=domain.name, validation_method="DNS", tags=tags, opts=opts
    )
    proof = made.domain_validation_options[0]
    record = aws.route53.Record(
        f"{name}-validation",
        zone_id=domain.zone_id,
        name=proof.resource_record_name,
        type=proof.resource_record_type,
        records=[proof.resource_record_value],
        ttl=VALIDATION_TTL_SECONDS,
        # ACM asks for the same record for each certificate of one name, also in another stack.
        allow_overwrite=True,
        opts=opts,
    )
    validated = aws.acm.CertificateValidation(
        name, certificate_arn=made.arn, validation_record_fqdns=[record.fqdn], opts=opts
    )
    return validated.certificate_arn


def alias_records(
    name: str,
    domain: ResolvedDomain,
    dns_name: pulumi.Input[str],
    zone_id: pulumi.Input[str],
    dual_stack: bool,
    opts: pulumi.ResourceOptions,
) -> None:
    """The domain's records: free, and they follow the load balancer's changing addresses."""
    kinds = [("alias", "A")]
    if dual_stack:
        kinds.append(("alias-ipv6", "AAAA"))
    for role, kind in kinds:
        aws.route53.Record(
            f"{name}-{role}",
            zone_id=domain.zone_id,
            name=domain.name,
            type=kind,
            aliases=[{"name": dns_name, "zone_id": zone_id, "evaluate_target_health": True}],
            opts=opts,
        )
