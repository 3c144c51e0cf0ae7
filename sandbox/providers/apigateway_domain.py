"""Names of one's own for REST APIs (regional), and which API answers under which path."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from .apigateway_tags import retag
from .base import Inputs, Outputs, Provider, Tagged
from .common import ignoring, one_of

_DOMAIN = re.compile(r"^(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$")
_BASE = re.compile(r"^[\w.$~!*'()+-]+$", re.ASCII)
_ROOT = "(none)"


def check_domain(name: str) -> None:
    """Refuse what is no domain name in lower case."""
    if not _DOMAIN.match(name):
        raise ValueError(f"domainName={name!r} is not a domain name in lower-case letters.")


class EndpointConfiguration(Inputs):
    """Where the name is served."""

    types: str


class DomainNameInputs(Tagged):
    """Inputs of a regional domain name."""

    domain_name: str
    regional_certificate_arn: str
    endpoint_configuration: EndpointConfiguration
    security_policy: str = "TLS_1_2"


class DomainName(Provider[DomainNameInputs]):
    """A domain name; calls with it in the Host header reach the mapped API."""

    token = "aws:apigateway/domainName:DomainName"
    inputs = DomainNameInputs
    replaces = frozenset({"domainName"})
    outputs = frozenset({"arn", "domainNameId", "regionalDomainName", "regionalZoneId", "tagsAll"})
    inert: ClassVar[Mapping[str, str]] = {
        "regionalCertificateArn": "stored; the name is served over HTTP",
        "securityPolicy": "stored; the name is served over HTTP",
        "endpointConfiguration": "regional only; everything is reached on loopback",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> DomainNameInputs:
        inputs = super().check(name, properties)
        check_domain(inputs.domain_name)
        one_of("endpointConfiguration.types", inputs.endpoint_configuration.types, ("REGIONAL",))
        one_of("securityPolicy", inputs.security_policy, ("TLS_1_0", "TLS_1_2"))
        return inputs

    def create(self, name: str, inputs: DomainNameInputs) -> tuple[str, Outputs]:
        client, domain = self.context.client("apigateway"), inputs.domain_name
        if domain in [item["domainName"] for item in client.get_domain_names(limit=500)["items"]]:
            raise ValueError(f"domainName={domain!r} already exists.")
        made = client.create_domain_name(
            domainName=domain,
            regionalCertificateArn=inputs.regional_certificate_arn,
            endpointConfiguration={"types": [inputs.endpoint_configuration.types]},
            securityPolicy=inputs.security_policy,
        )
        arn = f"arn:aws:apigateway:{self.context.region}::/domainnames/{domain}"
        outputs: Outputs = {
            "arn": arn,
            "certificateUploadDate": "",
            "cloudfrontDomainName": "",
            "cloudfrontZoneId": "",
            "domainNameId": "",
            "regionalDomainName": made["regionalDomainName"],
            "regionalZoneId": made["regionalHostedZoneId"],
        }
        return domain, outputs | retag(client, arn, {}, self.tags(inputs))

    def update(
        self, id: str, old: DomainNameInputs, new: DomainNameInputs, outputs: Outputs
    ) -> Outputs:
        # The embedded cloud changes a name by the newer API only; both share their names.
        self.context.client("apigatewayv2").update_domain_name(
            DomainName=id,
            DomainNameConfigurations=[
                {
                    "EndpointType": new.endpoint_configuration.types,
                    "CertificateArn": new.regional_certificate_arn,
                    "SecurityPolicy": new.security_policy,
                }
            ],
        )
        client = self.context.client("apigateway")
        return outputs | retag(client, outputs["arn"], outputs, self.tags(new))

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("NotFoundException"):
            self.context.client("apigateway").delete_domain_name(domainName=id)


class BasePathMappingInputs(Inputs):
    """Inputs of a mapping."""

    domain_name: str
    rest_api: str
    stage_name: str | None = None
    base_path: str = ""


class BasePathMapping(Provider[BasePathMappingInputs]):
    """The API, or one stage of it, under one path of a domain name."""

    token = "aws:apigateway/basePathMapping:BasePathMapping"
    inputs = BasePathMappingInputs
    replaces = frozenset({"domainName", "basePath"})
    delete_before_replace = True

    def check(self, name: str, properties: Mapping[str, Any]) -> BasePathMappingInputs:
        inputs = super().check(name, properties)
        if inputs.base_path and not _BASE.match(inputs.base_path):
            raise ValueError(
                f"basePath={inputs.base_path!r}: one path part without slashes is taken."
            )
        return inputs

    def create(self, name: str, inputs: BasePathMappingInputs) -> tuple[str, Outputs]:
        client, base = self.context.client("apigateway"), inputs.base_path or _ROOT
        client.get_rest_api(restApiId=inputs.rest_api)
        if inputs.stage_name:
            client.get_stage(restApiId=inputs.rest_api, stageName=inputs.stage_name)
        taken = client.get_base_path_mappings(domainName=inputs.domain_name, limit=500)["items"]
        if base in [item["basePath"] for item in taken]:
            raise ValueError(f"{inputs.domain_name} already has a mapping for {base!r}.")
        self._put(inputs)
        return f"{inputs.domain_name}/{inputs.base_path}", {
            "domainName": inputs.domain_name,
            "basePath": inputs.base_path,
        }

    def update(
        self, id: str, old: BasePathMappingInputs, new: BasePathMappingInputs, outputs: Outputs
    ) -> Outputs:
        self._put(new)  # another one under the same path takes the place of the first
        return outputs

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("NotFoundException"):
            self.context.client("apigateway").delete_base_path_mapping(
                domainName=outputs["domainName"], basePath=outputs["basePath"] or _ROOT
            )

    def _put(self, inputs: BasePathMappingInputs) -> None:
        self.context.client("apigateway").create_base_path_mapping(
            domainName=inputs.domain_name,
            basePath=inputs.base_path or _ROOT,
            restApiId=inputs.rest_api,
            stage=inputs.stage_name or "",
        )
