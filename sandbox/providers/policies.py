"""Policy documents: what AWS refuses and the embedded cloud stores without a look."""

import json
import re
from collections.abc import Mapping
from typing import Any

VERSIONS = ("2012-10-17", "2008-10-17")
ROLE_POLICY_LIMIT = 10_240
"""All inline policies of one role together, in characters without white space."""
MANAGED_POLICY_LIMIT = 6_144
TRUST_POLICY_LIMIT = 2_048
REPOSITORY_POLICY_LIMIT = 10_240

_ACTION = re.compile(r"^(\*|[a-z0-9-]+:[A-Za-z0-9*?]+)$")
_SERVICE_PRINCIPAL = re.compile(r"^[a-z0-9.-]+\.amazonaws\.com(\.cn)?$")
_MEMBERS = {
    "Sid",
    "Effect",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Principal",
    "NotPrincipal",
    "Condition",
}


def parse(what: str, text: str, *, limit: int | None = None) -> dict[str, Any]:
    """The document as an object of known shape, within AWS's size."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{what} is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise ValueError(f"{what} is a JSON {type(document).__name__}; AWS wants an object.")
    size = len(re.sub(r"\s", "", text))
    if limit is not None and size > limit:
        raise ValueError(f"{what} has {size} characters without spaces; AWS allows {limit}.")
    return document


def check_identity(what: str, text: str, *, limit: int) -> None:
    """A policy of a role: who is the role, so no principal; what it acts on must be said."""
    for label, statement in _statements(what, parse(what, text, limit=limit)):
        if {"Principal", "NotPrincipal"} & set(statement):
            raise ValueError(f"{label}: a role's own policy names no Principal.")
        if not {"Resource", "NotResource"} & set(statement):
            raise ValueError(f"{label}: Resource is missing.")


def check_resource(what: str, text: str, *, limit: int) -> None:
    """A policy on a resource: it names whom it lets in."""
    for label, statement in _statements(what, parse(what, text, limit=limit)):
        _principal(label, statement)


def check_trust(what: str, text: str) -> None:
    """A role's trust policy: a principal, an assume-role action, no resource."""
    for label, statement in _statements(what, parse(what, text, limit=TRUST_POLICY_LIMIT)):
        _principal(label, statement)
        if {"Resource", "NotResource"} & set(statement):
            raise ValueError(f"{label}: a trust policy names no Resource.")
        for action in _listed(statement.get("Action", [])):
            if not action.startswith("sts:"):
                raise ValueError(
                    f"{label}: Action {action!r} has no effect here. Allowed: sts:AssumeRole, "
                    "sts:AssumeRoleWithWebIdentity, sts:AssumeRoleWithSAML, sts:TagSession, …"
                )


def _statements(what: str, document: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    version = document.get("Version", "2008-10-17")
    if version not in VERSIONS:
        raise ValueError(f"{what}: Version {version!r} is not valid. Allowed: 2012-10-17.")
    given: Any = document.get("Statement")
    listed: list[Any] = given if isinstance(given, list) else [given]
    if not given:
        raise ValueError(f"{what}: Statement is missing or empty.")
    labelled = [(f"{what}, statement {index}", item) for index, item in enumerate(listed, 1)]
    for label, statement in labelled:
        _check_statement(label, statement)
    return labelled


def _check_statement(label: str, statement: object) -> None:
    if not isinstance(statement, dict):
        raise ValueError(f"{label}: is not an object.")
    for key in statement:
        if key not in _MEMBERS:
            raise ValueError(f"{label}: {key!r} is not a member of a statement.")
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise ValueError(f"{label}: Effect {statement.get('Effect')!r}. Allowed: Allow, Deny.")
    if ("Action" in statement) == ("NotAction" in statement):
        raise ValueError(f"{label}: needs either Action or NotAction.")
    actions = _listed(statement.get("Action", statement.get("NotAction")))
    for action in actions:
        if not _ACTION.match(action):
            raise ValueError(f"{label}: Action {action!r} is not of the form service:Name.")
    if not actions:
        raise ValueError(f"{label}: Action is empty.")
    for member in ("Resource", "NotResource"):
        for resource in _listed(statement.get(member, [])):
            if resource != "*" and not resource.startswith("arn:"):
                raise ValueError(f"{label}: {member} {resource!r} is neither an ARN nor '*'.")
        if member in statement and not _listed(statement[member]):
            raise ValueError(f"{label}: {member} is empty.")


def _principal(label: str, statement: Mapping[str, Any]) -> None:
    principal = statement.get("Principal", statement.get("NotPrincipal"))
    if principal is None:
        raise ValueError(f"{label}: Principal is missing.")
    if principal == "*":
        return
    if not isinstance(principal, dict) or not principal:
        raise ValueError(f'{label}: Principal is neither "*" nor an object.')
    for kind, names in principal.items():
        if kind not in ("Service", "AWS", "Federated", "CanonicalUser"):
            raise ValueError(f"{label}: Principal {kind!r}. Allowed: Service, AWS, Federated.")
        for name in _listed(names):
            if kind == "Service" and not _SERVICE_PRINCIPAL.match(name):
                raise ValueError(
                    f"{label}: Service {name!r} is not a service principal such as "
                    "ecs-tasks.amazonaws.com."
                )


def _listed(value: object) -> list[str]:
    return [value] if isinstance(value, str) else [str(item) for item in value or []]  # type: ignore[attr-defined]
