"""REST APIs, made from their OpenAPI document."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from .apigateway_import import bring
from .apigateway_tags import retag
from .base import Inputs, Outputs, Provider, Tagged
from .common import ignoring, one_of, physical_name, present
from .openapi import Document, check_policy, read
from .role_checks import check_trust

SERVICE = "apigateway.amazonaws.com"
_COMPRESSION = (0, 10_485_760)


class EndpointConfiguration(Inputs):
    """Where the API is reached."""

    types: str
    ip_address_type: str | None = None


class RestApiInputs(Tagged):
    """Inputs of a REST API."""

    name: str | None = None
    description: str | None = None
    body: str | None = None
    put_rest_api_mode: str = "overwrite"
    fail_on_warnings: bool = False
    endpoint_configuration: EndpointConfiguration | None = None
    binary_media_types: list[str] | None = None
    minimum_compression_size: str | None = None
    policy: str | None = None
    api_key_source: str = "HEADER"
    disable_execute_api_endpoint: bool = False


class RestApi(Provider[RestApiInputs]):
    """A REST API; its document becomes resources, methods, authorizers, models, one by one.

    The embedded cloud cannot change binary media types, so here other ones mean a new API.
    """

    token = "aws:apigateway/restApi:RestApi"
    inputs = RestApiInputs
    outputs = frozenset({"arn", "createdDate", "executionArn", "name", "rootResourceId", "tagsAll"})
    inert: ClassVar[Mapping[str, str]] = {
        "failOnWarnings": "always so: what cannot be honoured is an error here",
        "endpointConfiguration": "kept as created; everything is reached on loopback",
        "minimumCompressionSize": "stored; answers are not compressed",
        "disableExecuteApiEndpoint": "stored; the address of a stage keeps answering",
        "body.credentials": "stored for functions, which are invoked without it; "
        "services are called by that role",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> RestApiInputs:
        inputs = super().check(name, properties)
        if inputs.body is None:
            raise ValueError("body is missing: the sandbox makes routes from an OpenAPI document.")
        document = read(inputs.body)
        if inputs.policy is not None:
            check_policy("policy", inputs.policy)
        hint = "The document is the whole API here."
        one_of("putRestApiMode", inputs.put_rest_api_mode, ("overwrite",), hint)
        hint = "Keys come in the x-api-key header here."
        one_of("apiKeySource", inputs.api_key_source, ("HEADER",), hint)
        if (endpoint := inputs.endpoint_configuration) is not None:
            one_of("endpointConfiguration.types", endpoint.types, ("REGIONAL", "EDGE"))
            one_of(
                "endpointConfiguration.ipAddressType",
                endpoint.ip_address_type,
                (None, "ipv4", "dualstack"),
            )
        if (size := _compression(inputs, document)) is not None and not (
            _COMPRESSION[0] <= size <= _COMPRESSION[1]
        ):
            raise ValueError(f"minimumCompressionSize={size} is not valid. Allowed: 0 to 10485760.")
        return inputs

    def must_replace(self, changed: frozenset[str], old: RestApiInputs, new: RestApiInputs) -> bool:
        return _binary_types(old) != _binary_types(new)

    def create(self, name: str, inputs: RestApiInputs) -> tuple[str, Outputs]:
        client, document = self.context.client("apigateway"), read(inputs.body or "")
        self._check_roles(document)
        title = physical_name(name, inputs.name, limit=1024)
        endpoint = inputs.endpoint_configuration
        api = client.create_rest_api(
            name=title,
            apiKeySource=inputs.api_key_source,
            binaryMediaTypes=list(_binary_types(inputs)),
            disableExecuteApiEndpoint=inputs.disable_execute_api_endpoint,
            **present(
                description=_description(inputs, document),
                policy=_policy(inputs, document),
                minimumCompressionSize=_compression(inputs, document),
                endpointConfiguration=endpoint
                and present(types=[endpoint.types], ipAddressType=endpoint.ip_address_type),
            ),
        )
        id = str(api["id"])
        try:
            bring(client, id, Document(), document)
        except BaseException:
            client.delete_rest_api(restApiId=id)
            raise
        arn = f"arn:aws:apigateway:{self.context.region}::/restapis/{id}"
        execution = f"arn:aws:execute-api:{self.context.region}:{self.context.account}:{id}"
        outputs: Outputs = {
            "arn": arn,
            "createdDate": api["createdDate"].isoformat(),
            "executionArn": execution,
            "name": title,
            "rootResourceId": api["rootResourceId"],
        }
        return id, outputs | retag(client, arn, {}, self.tags(inputs))

    def update(self, id: str, old: RestApiInputs, new: RestApiInputs, outputs: Outputs) -> Outputs:
        client = self.context.client("apigateway")
        before, after = read(old.body or ""), read(new.body or "")
        self._check_roles(after)
        title = new.name or outputs["name"]
        changes = {
            "/name": (outputs["name"], title),
            "/description": (_description(old, before), _description(new, after)),
            "/policy": (_policy(old, before), _policy(new, after)),
            "/minimumCompressionSize": (_compression(old, before), _compression(new, after)),
            "/disableExecuteApiEndpoint": (
                old.disable_execute_api_endpoint,
                new.disable_execute_api_endpoint,
            ),
        }
        patch = [
            {"op": "replace", "path": path, "value": _text(value)}
            for path, (was, value) in changes.items()
            if was != value
        ]
        if patch:
            client.update_rest_api(restApiId=id, patchOperations=patch)
        bring(client, id, before, after)
        return outputs | {"name": title} | retag(client, outputs["arn"], outputs, self.tags(new))

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("NotFoundException"):
            self.context.client("apigateway").delete_rest_api(restApiId=id)

    def _check_roles(self, document: Document) -> None:
        """Refuse a route whose every call would fail; AWS finds out with the first one."""
        for (path, verb), route in document.routes.items():
            given = route.integration.given
            if given["type"] == "AWS":
                field = f"body: {verb} {path}: credentials"
                source = f"arn:aws:execute-api:{self.context.region}:{self.context.account}:*/*"
                check_trust(self.context, field, given["credentials"], SERVICE, source)


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)


def _description(inputs: RestApiInputs, document: Document) -> str | None:
    return document.description if inputs.description is None else inputs.description


def _policy(inputs: RestApiInputs, document: Document) -> str | None:
    return document.policy if inputs.policy is None else inputs.policy


def _compression(inputs: RestApiInputs, document: Document) -> int | None:
    if inputs.minimum_compression_size is None:
        return document.minimum_compression
    return int(inputs.minimum_compression_size)


def _binary_types(inputs: RestApiInputs) -> tuple[str, ...]:
    if inputs.binary_media_types is None:
        return read(inputs.body or "").binary_types
    return tuple(inputs.binary_media_types)
