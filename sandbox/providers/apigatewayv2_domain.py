"""Names of one's own for HTTP APIs (regional), and which API answers under which path."""

from collections.abc import Mapping
from typing import Any, ClassVar

from .apigateway_domain import check_domain
from .apigateway_tags import retag
from .base import Inputs, Outputs, Provider, Tagged
from .common import ignoring, one_of


class Configuration(Inputs):
    """How the name is served."""

    certificate_arn: str
    endpoint_type: str
    security_policy: str


class DomainNameInputs(Tagged):
    """Inputs of a domain name."""

    domain_name: str
    domain_name_configuration: Configuration


class DomainName(Provider[DomainNameInputs]):
    """A domain name; calls with it in the Host header reach the mapped API."""

    token = "aws:apigatewayv2/domainName:DomainName"
    inputs = DomainNameInputs
    replaces = frozenset({"domainName"})
    outputs = frozenset({"arn", "domainNameConfiguration", "tagsAll"})
    inert: ClassVar[Mapping[str, str]] = {
        "domainNameConfiguration": "stored; the name is served over HTTP, on loopback",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> DomainNameInputs:
        inputs = super().check(name, properties)
        check_domain(inputs.domain_name)
        given = inputs.domain_name_configuration
        one_of("domainNameConfiguration.endpointType", given.endpoint_type, ("REGIONAL",))
        one_of("domainNameConfiguration.securityPolicy", given.security_policy, ("TLS_1_2",))
        return inputs

    def create(self, name: str, inputs: DomainNameInputs) -> tuple[str, Outputs]:
        client = self.context.client("apigatewayv2")
        made = client.create_domain_name(
            DomainName=inputs.domain_name,
            DomainNameConfigurations=[_configuration(inputs)],
        )
        arn = f"arn:aws:apigateway:{self.context.region}::/domainnames/{inputs.domain_name}"
        outputs: Outputs = {
            "apiMappingSelectionExpression": "$request.basepath",
            "arn": arn,
            "domainNameConfiguration": _told(made),
        }
        return inputs.domain_name, outputs | retag(client, arn, {}, self.tags(inputs))

    def update(
        self, id: str, old: DomainNameInputs, new: DomainNameInputs, outputs: Outputs
    ) -> Outputs:
        client = self.context.client("apigatewayv2")
        made = client.update_domain_name(
            DomainName=id, DomainNameConfigurations=[_configuration(new)]
        )
        told = {"domainNameConfiguration": _told(made)}
        return outputs | told | retag(client, outputs["arn"], outputs, self.tags(new))

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("NotFoundException"):
            self.context.client("apigatewayv2").delete_domain_name(DomainName=id)


class ApiMappingInputs(Inputs):
    """Inputs of a mapping."""

    api_id: str
    domain_name: str
    stage: str
    api_mapping_key: str = ""


class ApiMapping(Provider[ApiMappingInputs]):
    """A stage of an API under one path of a domain name."""

    token = "aws:apigatewayv2/apiMapping:ApiMapping"
    inputs = ApiMappingInputs
    replaces = frozenset({"domainName"})

    def create(self, name: str, inputs: ApiMappingInputs) -> tuple[str, Outputs]:
        made = self.context.client("apigatewayv2").create_api_mapping(**_mapping(inputs))
        return made["ApiMappingId"], {"domainName": inputs.domain_name}

    def update(
        self, id: str, old: ApiMappingInputs, new: ApiMappingInputs, outputs: Outputs
    ) -> Outputs:
        self.context.client("apigatewayv2").update_api_mapping(ApiMappingId=id, **_mapping(new))
        return outputs

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("NotFoundException"):
            self.context.client("apigatewayv2").delete_api_mapping(
                ApiMappingId=id, DomainName=outputs["domainName"]
            )


def _configuration(inputs: DomainNameInputs) -> dict[str, str]:
    given = inputs.domain_name_configuration
    return {
        "CertificateArn": given.certificate_arn,
        "EndpointType": given.endpoint_type,
        "SecurityPolicy": given.security_policy,
    }


def _told(made: Mapping[str, Any]) -> dict[str, str]:
    """The configuration with what AWS adds: where an alias record has to lead."""
    found = made["DomainNameConfigurations"][0]
    return {
        "certificateArn": found["CertificateArn"],
        "endpointType": found["EndpointType"],
        "securityPolicy": found["SecurityPolicy"],
        "hostedZoneId": found["HostedZoneId"],
        "targetDomainName": found["ApiGatewayDomainName"],
    }


def _mapping(inputs: ApiMappingInputs) -> dict[str, str]:
    return {
        "ApiId": inputs.api_id,
        "ApiMappingKey": inputs.api_mapping_key,
        "DomainName": inputs.domain_name,
        "Stage": inputs.stage,
    }
