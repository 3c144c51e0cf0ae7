"""A method that calls Step Functions itself, by type ``aws``: address, role and templates.

Left out, and refused: other services and actions, mapped parameters and stage variables in
the address.
"""

import re
from typing import Any

from sandbox import velocity

from .openapi_node import Node, Refused

ACTIONS = ("StartExecution", "StartSyncExecution")
_ACTION = re.compile(r"^arn:[\w-]+:apigateway:[\w-]+:states:action/(\w+)$")
_ROLE = re.compile(r"^arn:[\w-]+:iam::\d{12}:role/[\w+=,.@/-]+$")


def read_service(node: Node) -> dict[str, Any]:
    """Members of the integration as in boto3's PutIntegration."""
    uri, verb = node.need("uri", str), node.need("httpMethod", str)
    match = _ACTION.match(uri)
    if match is None or match[1] not in ACTIONS:
        raise Refused(
            node.at("uri"),
            f"{uri!r} is not arn:aws:apigateway:<region>:states:action/ and one of "
            f"{', '.join(ACTIONS)}; the sandbox serves no other.",
        )
    if verb.upper() != "POST":
        raise Refused(node.at("httpMethod"), f"is {verb}; Step Functions is called by POST.")
    credentials = node.need("credentials", str)
    if not _ROLE.match(credentials):
        raise Refused(node.at("credentials"), f"{credentials!r} is not a role's ARN.")
    templates = node.texts("requestTemplates")
    for template in templates.values():
        check_template(node.at("requestTemplates"), template)
    return {
        "uri": uri,
        "integrationHttpMethod": verb.upper(),
        "credentials": credentials,
        "requestTemplates": templates,
    }


def check_template(path: str, template: str) -> None:
    """Refuse a template that cannot be rendered."""
    try:
        velocity.check(template)
    except velocity.TemplateError as error:
        raise Refused(path, str(error)) from None


def check_pattern(path: str, pattern: str) -> None:
    """Refuse a pattern of statuses that is no regular expression."""
    try:
        re.compile(pattern)
    except re.error as error:
        raise Refused(path, f"is no regular expression: {error}.") from None
