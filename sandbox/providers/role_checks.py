"""What AWS asks of a role before it takes it: may the service assume it, and may it do enough.

The embedded cloud takes nearly any role. Known here are the global names of services, and the
two condition keys that a service sends along when it assumes a role: a statement with a regional
name or another key lets nobody in.
"""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from botocore.exceptions import ClientError

from .base import Context

_ASSUME = {"sts:AssumeRole", "sts:*", "*"}
_EXACT = ("StringEquals", "StringEqualsIgnoreCase")
_LIKE = ("StringLike", "ArnLike", "ArnEquals")


def check_trust(context: Context, field: str, role_arn: str, service: str, source: str) -> None:
    """Refuse a role that does not exist, or that ``service`` may not assume for ``source``."""
    try:
        found: Any = context.client("iam").get_role(RoleName=role_arn.rpartition("/")[2])["Role"]
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "NoSuchEntity":
            raise
        found = {"Arn": ""}
    if found["Arn"] != role_arn:
        raise ValueError(f"{field}={role_arn!r}: there is no such role.")
    facts = {"aws:sourcearn": source, "aws:sourceaccount": context.account}
    effects = {
        statement.get("Effect")
        for statement in _listed(found["AssumeRolePolicyDocument"].get("Statement"))
        if {service, "*"} & set(_services(statement.get("Principal")))
        and _ASSUME & set(_listed(statement.get("Action")))
        and _holds(statement.get("Condition") or {}, facts)
    }
    if effects != {"Allow"}:
        raise ValueError(
            f"{field}={role_arn!r}: its trust policy does not let {service} assume it "
            f"on behalf of {source}."
        )


def check_allowed(
    context: Context, field: str, role_arn: str, actions: Sequence[str], resource: str, why: str
) -> None:
    """Refuse a role without these permissions; ``why`` says what AWS wants them for."""
    answer = context.client("iam").simulate_principal_policy(
        PolicySourceArn=role_arn, ActionNames=list(actions), ResourceArns=[resource]
    )
    missing = [
        result["EvalActionName"]
        for result in answer["EvaluationResults"]
        if result["EvalDecision"] != "allowed"
    ]
    if missing:
        raise ValueError(
            f"{field}={role_arn!r} may not {', '.join(missing)} on {resource}. {why} needs that. "
            "Allow it, and let this resource depend on the role's policy."
        )


def _services(principal: Any) -> list[str]:
    if principal == "*":
        return ["*"]
    return _listed(principal.get("Service")) if isinstance(principal, dict) else []


def _holds(conditions: Mapping[str, Mapping[str, Any]], facts: Mapping[str, str]) -> bool:
    return all(
        _matches(operator.removesuffix("IfExists"), facts.get(key.lower(), ""), _listed(wanted))
        for operator, tests in conditions.items()
        for key, wanted in tests.items()
    )


def _matches(operator: str, actual: str, wanted: list[str]) -> bool:
    if operator in _EXACT:
        return actual in wanted
    return operator in _LIKE and any(fnmatchcase(actual, pattern) for pattern in wanted)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
