"""Certificates. The embedded cloud issues them at once and asks no DNS."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from .base import Inputs, Outputs, Provider, Tagged
from .common import ignoring, one_of, pairs, tag_changes, until

_DOMAIN = re.compile(r"^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$")


class CertificateInputs(Tagged):
    """Inputs of a requested certificate."""

    domain_name: str
    subject_alternative_names: list[str] = []
    validation_method: str = "DNS"


class Certificate(Provider[CertificateInputs]):
    """A certificate that ACM issues."""

    token = "aws:acm/certificate:Certificate"
    inputs = CertificateInputs
    replaces = frozenset({"domainName", "subjectAlternativeNames", "validationMethod"})
    outputs = frozenset({"arn", "domainName", "domainValidationOptions", "status", "tagsAll"})

    def check(self, name: str, properties: Mapping[str, Any]) -> CertificateInputs:
        inputs = super().check(name, properties)
        one_of("validationMethod", inputs.validation_method, ("DNS",), "Nobody reads the mail.")
        for domain in (inputs.domain_name, *inputs.subject_alternative_names):
            if not _DOMAIN.match(domain):
                raise ValueError(f"{domain!r} is not a domain name such as shop.example.com.")
        return inputs

    def create(self, name: str, inputs: CertificateInputs) -> tuple[str, Outputs]:
        acm, tags = self.context.client("acm"), self.tags(inputs)
        names = inputs.subject_alternative_names
        arn = acm.request_certificate(
            DomainName=inputs.domain_name,
            ValidationMethod=inputs.validation_method,
            Tags=pairs(tags),
            **({"SubjectAlternativeNames": names} if names else {}),
        )["CertificateArn"]
        certificate = acm.describe_certificate(CertificateArn=arn)["Certificate"]
        return arn, {
            "arn": arn,
            "domainName": inputs.domain_name,
            "subjectAlternativeNames": certificate["SubjectAlternativeNames"],
            "status": certificate["Status"],
            "type": certificate["Type"],
            "notBefore": certificate["NotBefore"].isoformat(),
            "notAfter": certificate["NotAfter"].isoformat(),
            "domainValidationOptions": [
                {
                    "domainName": option["DomainName"],
                    "resourceRecordName": option["ResourceRecord"]["Name"],
                    "resourceRecordType": option["ResourceRecord"]["Type"],
                    "resourceRecordValue": option["ResourceRecord"]["Value"],
                }
                for option in certificate["DomainValidationOptions"]
            ],
            "tagsAll": tags,
        }

    def update(
        self, id: str, old: CertificateInputs, new: CertificateInputs, outputs: Outputs
    ) -> Outputs:
        acm, tags = self.context.client("acm"), self.tags(new)
        put, drop = tag_changes(outputs, tags)
        if drop:
            acm.remove_tags_from_certificate(CertificateArn=id, Tags=[{"Key": key} for key in drop])
        if put:
            acm.add_tags_to_certificate(CertificateArn=id, Tags=pairs(put))
        return outputs | {"tagsAll": tags}

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("ResourceNotFoundException"):
            self.context.client("acm").delete_certificate(CertificateArn=id)


class ValidationInputs(Inputs):
    """Inputs of the wait for a certificate."""

    certificate_arn: str
    validation_record_fqdns: list[str] = []


class CertificateValidation(Provider[ValidationInputs]):
    """Waits until the certificate is issued."""

    token = "aws:acm/certificateValidation:CertificateValidation"
    inputs = ValidationInputs
    replaces = frozenset({"certificateArn", "validationRecordFqdns"})
    outputs = frozenset({"certificateArn"})
    inert: ClassVar[Mapping[str, str]] = {
        "validationRecordFqdns": "compared with what ACM asks for; the records are not looked up",
    }

    def create(self, name: str, inputs: ValidationInputs) -> tuple[str, Outputs]:
        acm, arn = self.context.client("acm"), inputs.certificate_arn

        def certificate() -> dict[str, Any]:
            found: dict[str, Any] = acm.describe_certificate(CertificateArn=arn)["Certificate"]
            return found

        options = certificate()["DomainValidationOptions"]
        asked = {option["ResourceRecord"]["Name"].rstrip(".") for option in options}
        given = {name.rstrip(".") for name in inputs.validation_record_fqdns}
        if given and not asked <= given:
            raise ValueError(
                f"validationRecordFqdns={sorted(given)} lacks {sorted(asked - given)}, which ACM "
                "asks for."
            )
        until(lambda: certificate()["Status"] == "ISSUED", seconds=60, what=f"{arn} to be issued")
        return certificate()["IssuedAt"].isoformat(), {"certificateArn": arn}

    def delete(self, id: str, outputs: Outputs) -> None:
        """A wait leaves nothing behind."""
