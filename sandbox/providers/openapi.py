"""An OpenAPI 3 document as a REST API imports it: read whole, or refused by its JSON path.

Pure: no call is made here, ``apigateway_import`` makes them. What AWS ignores (titles,
examples, schemas of parameters) is ignored; what works on AWS and not in the embedded cloud
is refused, and so is what AWS refuses.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .openapi_integration import Integration, read_integration
from .openapi_node import Node, Refused, load
from .openapi_schemas import REFERENCE, check_models, check_schema
from .openapi_security import Scheme, read_scheme
from .policies import check_resource

POLICY_LIMIT = 8_192
VERBS = ("get", "put", "post", "delete", "options", "head", "patch")
ANY = "x-amazon-apigateway-any-method"
_INTEGRATION = "x-amazon-apigateway-integration"
_VALIDATOR = "x-amazon-apigateway-request-validator"
_PLACES = {"query": "querystring", "header": "header", "path": "path"}
_PROSE = ("description", "summary", "tags", "deprecated", "externalDocs", "example", "examples")
_SEGMENT = re.compile(r"^([\w.~:-]+|\{[\w.-]+\+?\})$", re.ASCII)


@dataclass(frozen=True)
class Route:
    """One method of one path; members as in boto3's requests, names instead of ids."""

    method: Mapping[str, Any]
    authorizer: str | None
    validator: str | None
    responses: Mapping[str, Mapping[str, Any]]
    integration: Integration


@dataclass(frozen=True)
class Document:
    """What an API is made of, by name."""

    description: str | None = None
    policy: str | None = None
    binary_types: tuple[str, ...] = ()
    minimum_compression: int | None = None
    authorizers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    models: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    validators: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    gateway_responses: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    routes: Mapping[tuple[str, str], Route] = field(default_factory=dict)


def read(text: str) -> Document:
    """The document in JSON ``text``; Refused names the path of what cannot be served."""
    root = load("body", text)
    if not (version := root.need("openapi", str)).startswith("3.0."):
        raise Refused("body.openapi", f"is {version}; API Gateway imports 3.0.x.")
    info = root.node("info")
    if (source := root.take("x-amazon-apigateway-api-key-source", str)) not in (None, "HEADER"):
        path = root.at("x-amazon-apigateway-api-key-source")
        raise Refused(path, f"is {source}; the sandbox reads keys from the header only.")
    reader = _Reader(root)
    document = Document(
        description=info.take("description", str),
        policy=_policy(root),
        binary_types=tuple(root.strings("x-amazon-apigateway-binary-media-types")),
        minimum_compression=root.take("x-amazon-apigateway-minimum-compression-size", int),
        gateway_responses={
            kind: _gateway_response(node)
            for kind, node in root.node("x-amazon-apigateway-gateway-responses").nodes()
        },
        routes=dict(reader.routes()),
        authorizers={
            name: scheme.authorizer
            for name, scheme in reader.schemes.items()
            if scheme.authorizer is not None
        },
        models=reader.models,
        validators=reader.validators,
    )
    if not document.routes:
        raise Refused("body.paths", "has no method; AWS deploys no API without one.")
    check_models("body.components.schemas", document.models)
    info.done("title", "version", "termsOfService", "contact", "license")
    root.done("tags", "externalDocs")
    return document


class _Reader:
    """Reads the methods, and what they name."""

    def __init__(self, root: Node) -> None:
        self.root = root
        components = root.node("components")
        schemes = components.node("securitySchemes")
        self.schemes: dict[str, Scheme] = {
            name: read_scheme(name, n) for name, n in schemes.nodes()
        }
        self.models: dict[str, Mapping[str, Any]] = {}
        schemas = components.node("schemas")
        for name in schemas.names():
            self.models[name] = schemas.need(name, dict)
            check_schema(self.models[name], schemas.at(name))
        components.done()
        validators = root.node("x-amazon-apigateway-request-validators")
        self.validators = {name: _validator(node) for name, node in validators.nodes()}
        self.validator = self._validator(root)
        self.security = root.take("security", list) or []

    def routes(self) -> Iterator[tuple[tuple[str, str], Route]]:
        """Every method by its path and verb."""
        paths: list[str] = []
        for path, node in self.root.node("paths").nodes():
            _check_path(path, node.path, paths)
            paths.append(path)
            shared = dict(_parameter(item) for item in node.items("parameters"))
            for verb in (*VERBS, ANY):
                if verb in node:
                    yield (
                        (path, "ANY" if verb == ANY else verb.upper()),
                        self._route(node.node(verb), shared),
                    )
            node.done(*_PROSE)

    def _route(self, node: Node, shared: Mapping[str, bool]) -> Route:
        method: dict[str, Any] = {"authorizationType": "NONE", "apiKeyRequired": False}
        own = node.take("security", list)
        authorizer = self._authorize(node, method, own if own is not None else self.security)
        if name := node.take("operationId", str):
            method["operationName"] = name
        parameters = dict(_parameter(item) for item in node.items("parameters"))
        method["requestParameters"] = {**shared, **parameters}
        body = node.node("requestBody")
        method["requestModels"] = self._content(body)
        body.done("description", "required")
        responses = {
            status: self._response(item) for status, item in node.node("responses").nodes()
        }
        if _INTEGRATION not in node:
            raise Refused(node.at(_INTEGRATION), "is missing; AWS deploys no method without one.")
        integration = read_integration(node.node(_INTEGRATION), responses)
        validator = self._validator(node) or self.validator
        node.done(*_PROSE)
        return Route(method, authorizer, validator, responses, integration)

    def _authorize(self, node: Node, method: dict[str, Any], requirements: list[Any]) -> str | None:
        """Fill in who may call; AWS takes all alternatives together."""
        chosen: str | None = None
        for index, item in enumerate(requirements):
            where = f"{node.at('security')}[{index}]"
            requirement = Node(item, where)
            for name in requirement.names():
                scopes, scheme = requirement.strings(name), self.schemes.get(name)
                if scheme is None:
                    raise Refused(where, f"{name!r} is not among components.securitySchemes.")
                if scheme.authorization is None:
                    method["apiKeyRequired"] = True
                    continue
                if chosen not in (None, name):
                    raise Refused(where, f"a method has one authorizer: {chosen} or {name}.")
                chosen = name
                method["authorizationType"] = scheme.authorization
                if scopes:
                    if scheme.authorization != "COGNITO_USER_POOLS":
                        raise Refused(where, "only a Cognito authorizer reads scopes.")
                    method["authorizationScopes"] = scopes
        return chosen if chosen and self.schemes[chosen].authorizer else None

    def _content(self, node: Node) -> dict[str, str]:
        """The model of each content type; an inline schema becomes a model of its own."""
        models: dict[str, str] = {}
        for kind, content in node.node("content").nodes():
            schema = content.need("schema", dict)
            content.done(*_PROSE)
            check_schema(schema, content.at("schema"))
            reference = str(schema.get("$ref", ""))
            name = reference.removeprefix(REFERENCE) or f"Inline{len(self.models)}"
            if not reference:
                self.models[name] = schema
            elif name not in self.models:
                raise Refused(content.at("schema"), f"$ref {reference!r} leads nowhere.")
            models[kind] = name
        return models

    def _response(self, node: Node) -> dict[str, Any]:
        headers = node.node("headers").names()
        models = self._content(node)
        node.done("description")
        return {
            "responseParameters": {f"method.response.header.{name}": False for name in headers},
            "responseModels": models,
        }

    def _validator(self, node: Node) -> str | None:
        name = node.take(_VALIDATOR, str)
        if name is not None and name not in self.validators:
            known = "x-amazon-apigateway-request-validators"
            raise Refused(node.at(_VALIDATOR), f"{name!r} is not among {known}.")
        return name


def _parameter(node: Node) -> tuple[str, bool]:
    place = node.need("in", str)
    if place not in _PLACES:
        raise Refused(node.at("in"), f"is {place}; API Gateway knows {', '.join(_PLACES)}.")
    name = node.need("name", str)
    required = bool(node.take("required", bool))
    node.done("schema", *_PROSE)  # AWS checks that it is there, never what it looks like
    return f"method.request.{_PLACES[place]}.{name}", required


def _validator(node: Node) -> dict[str, bool]:
    found = {
        key: bool(node.take(key, bool))
        for key in ("validateRequestBody", "validateRequestParameters")
    }
    node.done()
    return found


def _gateway_response(node: Node) -> dict[str, Any]:
    found: dict[str, Any] = {
        "responseParameters": node.texts("responseParameters"),
        "responseTemplates": node.texts("responseTemplates"),
    }
    status = node.take("statusCode", object)
    if status is not None:
        found["statusCode"] = str(status)
    node.done()
    return found


def _policy(root: Node) -> str | None:
    given = root.take("x-amazon-apigateway-policy", dict)
    if given is None:
        return None
    text = json.dumps(given)
    check_policy(root.at("x-amazon-apigateway-policy"), text)
    return text


def check_policy(what: str, text: str) -> None:
    """A policy of an API; its resources may begin with ``execute-api:/`` for the API itself."""
    check_resource(
        what, text.replace('"execute-api:/', '"arn:aws:execute-api:::'), limit=POLICY_LIMIT
    )


def _check_path(path: str, where: str, others: list[str]) -> None:
    if not path.startswith("/") or (path != "/" and path.endswith("/")):
        raise Refused(where, "a path begins with / and does not end with it.")
    segments = path.strip("/").split("/") if path != "/" else []
    for index, segment in enumerate(segments):
        if not _SEGMENT.match(segment):
            raise Refused(where, f"{segment!r} is not a path part that API Gateway takes.")
        if segment.endswith("+}") and index < len(segments) - 1:
            raise Refused(where, f"{segment} takes the whole rest, so nothing may follow it.")
        for other in others:
            theirs = other.strip("/").split("/")
            if (
                segment[0] == "{"
                and theirs[:index] == segments[:index]
                and len(theirs) > index
                and theirs[index][:1] == "{"
                and theirs[index] != segment
            ):
                raise Refused(where, f"{segment} and {theirs[index]} stand in the same place.")
