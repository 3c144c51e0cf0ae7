"""What the types of Lambda share: references to functions, and what a role must allow."""

import re
from typing import Any

from .base import Context

ARCHITECTURES = ("arm64", "x86_64")
GONE = "ResourceNotFoundException"
_REFERENCE = re.compile(
    r"^(arn:[\w-]+:lambda:[\w-]+:\d{12}:function:)?([\w-]{1,64})(?::(\$LATEST|[\w-]{1,128}))?$",
    re.ASCII,
)


def split_function(field: str, reference: str) -> tuple[str, str | None]:
    """Name and qualifier of a function given by name or ARN."""
    match = _REFERENCE.match(reference)
    if match is None:
        raise ValueError(f"{field}={reference!r} is neither a function's name nor its ARN.")
    return match[2], match[3]


def check_servable(field: str, name: str) -> str:
    """Refuse a name that the embedded cloud takes for the address of a function's URL."""
    if name.startswith("url"):
        raise ValueError(
            f"{field}={name!r}: the embedded cloud confuses names that begin with 'url' with "
            "function URLs. Choose another name."
        )
    return name


def invoke_arn(region: str, arn: str) -> str:
    """The function as API Gateway names it."""
    path = f"path/2015-03-31/functions/{arn}/invocations"
    return f"arn:{arn.split(':')[1]}:apigateway:{region}:lambda:{path}"


def check_role(context: Context, role: str) -> None:
    """Refuse a role that Lambda may not assume; the embedded cloud takes any."""
    trust = context.client("iam").get_role(RoleName=_name(role))["Role"]
    for statement in _listed(trust["AssumeRolePolicyDocument"].get("Statement")):
        principal = statement.get("Principal")
        services = _listed(principal.get("Service")) if isinstance(principal, dict) else ["*"]
        if (
            statement.get("Effect") == "Allow"
            and {"sts:AssumeRole", "sts:*"} & set(_listed(statement.get("Action")))
            and {"lambda.amazonaws.com", "*"} & set(services)
        ):
            return
    raise ValueError(
        f"role={role!r} cannot be assumed by Lambda. Its trust policy must allow "
        "sts:AssumeRole to lambda.amazonaws.com."
    )


def must_allow(context: Context, role: str, action: str, resource: str, why: str) -> None:
    """Refuse a function whose role lacks what Lambda tries before it takes a setting."""
    answer = context.client("iam").simulate_principal_policy(
        PolicySourceArn=role, ActionNames=[action], ResourceArns=[resource]
    )
    if answer["EvaluationResults"][0]["EvalDecision"] != "allowed":
        raise ValueError(
            f"{why}: the role {_name(role)} may not {action} on {resource}. Allow it, and make "
            "the function after the role's policy."
        )


DESTINATIONS = {
    "sqs": "sqs:SendMessage",
    "sns": "sns:Publish",
    "lambda": "lambda:InvokeFunction",
    "events": "events:PutEvents",
    "s3": "s3:PutObject",
}
"""Where records of failures may go, and what the role must be allowed there."""


def check_destination(field: str, arn: str, services: tuple[str, ...]) -> None:
    """Refuse an ARN of another service."""
    parts = arn.split(":")
    if parts[0] != "arn" or len(parts) < 6 or parts[2] not in services:
        raise ValueError(f"{field}={arn!r} is not an ARN of {', '.join(services)}.")


def may_reach(context: Context, role: str, field: str, arn: str) -> None:
    """Refuse a destination that the function's role may not write to."""
    service = arn.split(":")[2]
    resource = f"{arn}/*" if service == "s3" else arn
    must_allow(context, role, DESTINATIONS[service], resource, field)


def _name(role: str) -> str:
    return role.rpartition("/")[2]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
