"""The ``x-amazon-apigateway-integration`` of a method: what answers its calls.

A function, an address, a fixed answer, or Step Functions (``openapi_service``). Left out, and
refused: the type ``http``, other services, VPC links and conversions of content.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .openapi_node import Node, Refused
from .openapi_service import check_pattern, check_template, read_service

TYPES = ("aws", "aws_proxy", "http_proxy", "mock")
PASSTHROUGH = ("when_no_match", "when_no_templates", "never")
TIMEOUT = (50, 29_000)
"""Milliseconds; more than 29 s needs a quota of its own on AWS."""
_FUNCTION = re.compile(
    r"^arn:[\w-]+:apigateway:[\w-]+:lambda:path/2015-03-31/functions/arn:[^/]+/invocations$"
)
_QUOTED = re.compile(r"^'[^']*'$")
_HEADER = "method.response.header."


@dataclass(frozen=True)
class Integration:
    """Members as in boto3's PutIntegration, and the responses by status."""

    given: Mapping[str, Any]
    responses: Mapping[str, Mapping[str, Any]]


def read_integration(node: Node, declared: Mapping[str, Mapping[str, Any]]) -> Integration:
    """The integration in ``node`` of a method that declares these responses."""
    kind = node.need("type", str)
    if kind.lower() not in TYPES:
        raise Refused(node.at("type"), f"is {kind}; the sandbox serves {', '.join(TYPES)}.")
    kind = kind.lower()
    given: dict[str, Any] = {"type": kind.upper()}
    given |= (
        _mock(node)
        if kind == "mock"
        else read_service(node)
        if kind == "aws"
        else _backend(node, kind)
    )
    if behaviour := node.take("passthroughBehavior", str):
        if behaviour.lower() not in PASSTHROUGH:
            raise Refused(node.at("passthroughBehavior"), f"Allowed: {', '.join(PASSTHROUGH)}.")
        given["passthroughBehavior"] = behaviour.upper()
    timeout = node.take("timeoutInMillis", int)
    if timeout is not None:
        if not TIMEOUT[0] <= timeout <= TIMEOUT[1]:
            raise Refused(node.at("timeoutInMillis"), f"Allowed: {TIMEOUT[0]} to {TIMEOUT[1]}.")
        given["timeoutInMillis"] = timeout
    if (connection := node.take("connectionType", str)) not in (None, "INTERNET"):
        raise Refused(node.at("connectionType"), f"is {connection}; Allowed: INTERNET.")
    if keys := node.strings("cacheKeyParameters"):
        given["cacheKeyParameters"] = keys
    responses = node.node("responses")
    answers: dict[str, Mapping[str, Any]] = {}
    for pattern, item in responses.nodes():
        if kind not in ("aws", "mock"):
            raise Refused(responses.path, f"{kind} passes the answer on as it is.")
        status, answer = _response(pattern, item, declared, rendered=kind == "aws")
        if status in answers:
            raise Refused(item.at("statusCode"), f"{status} is taken; AWS keeps one of them.")
        answers[status] = answer
    if kind in ("aws", "mock") and not answers:
        raise Refused(responses.path, "is missing; AWS answers 500 without one.")
    node.done()
    return Integration(given, answers)


def _backend(node: Node, kind: str) -> dict[str, Any]:
    uri, verb = node.need("uri", str), node.need("httpMethod", str)
    given: dict[str, Any] = {"uri": uri, "integrationHttpMethod": verb.upper()}
    if kind == "aws_proxy":
        if not _FUNCTION.match(uri):
            raise Refused(node.at("uri"), f"{uri!r} is not a function's invoke ARN.")
        if verb.upper() != "POST":
            raise Refused(node.at("httpMethod"), f"is {verb}; Lambda is invoked by POST.")
    elif not uri.startswith(("http://", "https://")):
        raise Refused(node.at("uri"), f"{uri!r} is not an http address.")
    if credentials := node.take("credentials", str):
        given["credentials"] = credentials
    if kind == "http_proxy" and (parameters := node.texts("requestParameters")):
        for name in parameters:
            if not name.startswith("integration.request.path."):
                raise Refused(node.at("requestParameters"), f"{name}: the sandbox maps paths only.")
        given["requestParameters"] = parameters
    return given


def _mock(node: Node) -> dict[str, Any]:
    templates = node.texts("requestTemplates")
    template = templates.get("application/json", "")
    try:
        status = json.loads(template)["statusCode"]
    except (ValueError, TypeError, KeyError):
        status = None
    if not isinstance(status, int):
        raise Refused(
            node.at("requestTemplates"),
            'AWS answers 500 unless "application/json" is a JSON object with a statusCode.',
        )
    node.take("httpMethod", str)  # a fixed answer has no backend to send it to
    return {"requestTemplates": templates}


def _response(
    pattern: str, node: Node, declared: Mapping[str, Mapping[str, Any]], *, rendered: bool
) -> tuple[str, dict[str, Any]]:
    status = str(node.need("statusCode", object))
    if status not in declared:
        raise Refused(node.at("statusCode"), f"{status} is not among the method's responses.")
    answer: dict[str, Any] = {"responseParameters": node.texts("responseParameters")}
    for name, value in answer["responseParameters"].items():
        if name not in declared[status]["responseParameters"]:
            raise Refused(
                node.at("responseParameters"),
                f"{name}: responses.{status}.headers declares no such header.",
            )
        if not _QUOTED.match(value):
            raise Refused(node.at("responseParameters"), f"{value}: a fixed text in '' is needed.")
    templates = node.texts("responseTemplates")
    for kind, template in templates.items():
        if kind != "application/json" or (not rendered and ("$" in template or "#" in template)):
            raise Refused(
                node.at("responseTemplates"), "the sandbox sends fixed application/json only."
            )
        if rendered:
            check_template(node.at("responseTemplates"), template)
    answer["responseTemplates"] = templates
    if pattern != "default":
        if rendered:
            check_pattern(node.path, pattern)
        answer["selectionPattern"] = pattern
    node.done()
    return status, answer
