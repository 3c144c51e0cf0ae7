"""The security schemes of a document: API keys, signatures, user pools, functions that decide."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .openapi_node import Node, Refused


@dataclass(frozen=True)
class Scheme:
    """How a method that names this scheme is guarded."""

    authorization: str | None
    """``authorizationType`` of a method, None for an API key."""
    authorizer: Mapping[str, Any] | None = None
    """As in boto3's CreateAuthorizer, where the scheme has one of its own."""


def read_scheme(name: str, node: Node) -> Scheme:
    """The scheme of this name; one that AWS would not act on is refused."""
    kind, header = node.take("type", str), node.take("name", str)
    if (place := node.take("in", str)) and place != "header":
        raise Refused(node.at("in"), f"is {place}; API Gateway reads it from a header.")
    auth_type = node.take("x-amazon-apigateway-authtype", str)
    extension = "x-amazon-apigateway-authorizer" in node
    authorizer = node.node("x-amazon-apigateway-authorizer")
    if kind != "apiKey":
        raise Refused(node.at("type"), f"is {kind}; API Gateway acts on apiKey only.")
    node.done("description")
    if (auth_type or "").lower() == "awssigv4":
        return Scheme("AWS_IAM")
    if not extension:
        if (header or "").lower() != "x-api-key":
            raise Refused(
                node.path, "has no x-amazon-apigateway-authorizer, so AWS would let everyone in."
            )
        return Scheme(None)
    given = _authorizer(name, header or "Authorization", authorizer)
    authorization = given["type"] if given["type"] == "COGNITO_USER_POOLS" else "CUSTOM"
    return Scheme(authorization, given)


def _authorizer(name: str, header: str, node: Node) -> dict[str, Any]:
    kind = node.need("type", str).upper()
    if kind not in ("TOKEN", "REQUEST", "COGNITO_USER_POOLS"):
        raise Refused(node.at("type"), "Allowed: token, request, cognito_user_pools.")
    given: dict[str, Any] = {"name": name, "type": kind}
    sources = node.take("identitySource", str) if kind == "REQUEST" else None
    if kind != "REQUEST":
        sources = f"method.request.header.{header}"
    if sources is not None:
        given["identitySource"] = sources
    if kind == "COGNITO_USER_POOLS":
        given["providerARNs"] = node.strings("providerARNs")
        if not given["providerARNs"]:
            raise Refused(node.at("providerARNs"), "is missing.")
    else:
        given["authorizerUri"] = node.need("authorizerUri", str)
        if credentials := node.take("authorizerCredentials", str):
            given["authorizerCredentials"] = credentials
        if expression := node.take("identityValidationExpression", str):
            if kind == "REQUEST":
                raise Refused(node.at("identityValidationExpression"), "is for type token only.")
            given["identityValidationExpression"] = expression
    ttl = node.take("authorizerResultTtlInSeconds", int)
    if ttl is not None:
        if not 0 <= ttl <= 3600:
            raise Refused(node.at("authorizerResultTtlInSeconds"), "Allowed: 0 to 3600.")
        given["authorizerResultTtlInSeconds"] = ttl
    if kind == "REQUEST" and ttl != 0 and not sources:
        raise Refused(node.at("identitySource"), "is missing; a cached answer needs one.")
    node.done()
    return given
