"""One way to write IAM statements, and the two documents that are made of them.

Statements are plain data: a component returns what others need to be allowed
(``image.pull_policy()``) and the caller hands it to the one who needs it. Resources are the
ARNs of the resources themselves, so that no ARN, account or partition is ever spelt out.
Left out: ``Deny`` statements and ``NotAction``; a role that is given little needs neither.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi

VERSION = "2012-10-17"
"""The only version of the policy language in which variables and all operators work."""

_ACTION = re.compile(r"^[a-z0-9-]+:[A-Za-z0-9*?]+$")


class Statement(TypedDict):
    """One thing that is allowed. ``allow(...)`` writes and checks one."""

    actions: Sequence[str]
    """IAM actions such as ``dynamodb:PutItem``. A prefix (``dynamodb:Get*``) is accepted,
    all actions of a service are not."""
    resources: Sequence[pulumi.Input[str]]
    """ARNs that the actions may touch. ``*`` is accepted with a reason only."""
    conditions: NotRequired[Mapping[str, Mapping[str, Sequence[pulumi.Input[str]]]]]
    """Condition operators to keys to values, as in IAM:
    ``{"StringEquals": {"ecs:cluster": [arn]}}``. None by default."""
    reason: NotRequired[str]
    """Why ``*`` cannot be narrowed; needed where a resource is ``*``. It stays in the program
    and is not sent to AWS."""


def allow(
    actions: str | Sequence[str],
    resources: pulumi.Input[str] | Sequence[pulumi.Input[str]],
    *,
    condition: Mapping[str, Mapping[str, Any]] | None = None,
    reason: str | None = None,
) -> Statement:
    """Allow ``actions`` on ``resources``.

    Args:
        actions: one action or several, such as ``"dynamodb:PutItem"``.
        resources: one ARN or several; outputs are welcome.
        condition: operators to keys to a value or values, as in IAM.
        reason: why ``"*"`` is the narrowest resource there is; required with ``"*"``.

    Raises:
        ValueError: an action is malformed or allows a whole service, or a ``"*"`` resource
            has no reason.
    """
    statement = Statement(
        actions=[actions] if isinstance(actions, str) else list(actions),
        resources=list(resources) if _is_sequence(resources) else [resources],  # type: ignore[list-item, arg-type]  # the helper narrows, the checker cannot know
    )
    if condition:
        statement["conditions"] = {
            operator: {
                key: list(value) if _is_sequence(value) else [value] for key, value in tests.items()
            }
            for operator, tests in condition.items()
        }
    if reason:
        statement["reason"] = reason
    check(statement)
    return statement


def document(statements: Sequence[Statement]) -> pulumi.Output[str]:
    """The policy document of ``statements`` as JSON, for an inline role policy.

    Equal statements give equal text, whatever order their actions, ARNs and keys were
    written in, so an update shows no change where there is none. Unknown ARNs make the text
    unknown, not wrong.

    Raises:
        ValueError: there is no statement, or one that ``allow`` would refuse.
    """
    if not statements:
        raise ValueError(
            "policy.document: no statements. IAM refuses an empty policy: leave the role "
            "policy out, or allow() what is needed."
        )
    for statement in statements:
        check(statement)
    return pulumi.Output.from_input([dict(statement) for statement in statements]).apply(_render)


def trust(
    service: str,
    *,
    source_account: pulumi.Input[str] | None = None,
    source_arn: pulumi.Input[str] | None = None,
    request_tags: Mapping[str, pulumi.Input[str]] | None = None,
) -> pulumi.Output[str]:
    """The assume-role policy that lets one AWS service, and nobody else, take the role.

    Args:
        service: the service principal, such as ``ecs-tasks.amazonaws.com``.
        source_account: only on behalf of this account (12 digits). Use it wherever the
            service sends it, so that another account cannot borrow the service.
        source_arn: only on behalf of this resource, or of those that match (``*`` and ``?``).
        request_tags: only with these session tags, which the service sends along; it is then
            allowed to.

    Raises:
        ValueError: ``service`` is not a service principal.
    """
    if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com", service):
        raise ValueError(
            f"policy.trust: {service!r} is not a service principal. "
            "Allowed: names such as 'ecs-tasks.amazonaws.com'."
        )
    conditions: dict[str, Any] = {}
    equal: dict[str, Any] = {
        f"aws:RequestTag/{key}": value for key, value in (request_tags or {}).items()
    }
    if source_account is not None:
        equal["aws:SourceAccount"] = source_account
    if equal:
        conditions["StringEquals"] = equal
    if source_arn is not None:
        conditions["ArnLike"] = {"aws:SourceArn": source_arn}

    def render(known: Mapping[str, Any]) -> str:
        statement: dict[str, Any] = {
            "Action": ["sts:AssumeRole", "sts:TagSession"] if request_tags else "sts:AssumeRole",
            "Effect": "Allow",
            "Principal": {"Service": service},
        }
        if known:
            statement["Condition"] = known
        return _json([statement])

    return pulumi.Output.from_input(conditions).apply(render)


def _is_sequence(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def check(statement: Statement) -> None:
    """Refuse what ``allow`` refuses, in a statement that was written as a plain dict."""
    actions, resources = list(statement["actions"]), list(statement["resources"])
    if not actions or not resources:
        raise ValueError(
            f"policy: a statement needs actions and resources, got actions={actions!r} and "
            f"{len(resources)} resources. Name what is allowed on what."
        )
    for action in actions:
        _check_action(action)
    if "*" in [resource for resource in resources if isinstance(resource, str)]:
        _check_reason(actions, statement.get("reason"))


def _check_action(action: str) -> None:
    service, _, verb = action.partition(":")
    if service in ("", "*") or (_ACTION.match(action) and not verb.strip("*?")):
        whole = "everything" if service in ("", "*") else f"everything in {service}"
        raise ValueError(
            f"policy: action {action!r} allows {whole}. List the actions that are called, "
            "such as 'dynamodb:PutItem' or 'dynamodb:Get*'."
        )
    if not _ACTION.match(action):
        raise ValueError(
            f"policy: action {action!r} is not valid. Allowed: 'service:Action' such as "
            "'dynamodb:PutItem'. Look the action up in the service authorization reference."
        )


def _check_reason(actions: Sequence[str], reason: str | None) -> None:
    if not (reason or "").strip():
        raise ValueError(
            f"policy: {', '.join(actions)} on resource '*' has no reason. Name the ARNs, or "
            "say with reason='...' why the action cannot be narrowed to them."
        )


def _render(statements: Sequence[Mapping[str, Any]]) -> str:
    rendered = []
    for statement in statements:
        if "*" in statement["resources"]:  # an output may hide one until now
            _check_reason(statement["actions"], statement.get("reason"))
        item: dict[str, Any] = {
            "Action": sorted(set(statement["actions"])),
            "Effect": "Allow",
            "Resource": sorted(set(statement["resources"])),
        }
        if statement.get("conditions"):
            item["Condition"] = {
                operator: {key: sorted(values) for key, values in tests.items()}
                for operator, tests in statement["conditions"].items()
            }
        rendered.append(item)
    # Sorted and without repetition: the same permissions are the same text.
    unique = {json.dumps(item, sort_keys=True): item for item in rendered}
    return _json([unique[text] for text in sorted(unique)])


def _json(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Statement": statements, "Version": VERSION}, sort_keys=True)
