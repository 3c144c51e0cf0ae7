"""What an IAM role may do, asked of the emulator's own evaluator."""

import json

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam

ECS_TASKS = "ecs-tasks.amazonaws.com"


def name_of(role_arn: str) -> str:
    """The role's name: the last part of its ARN, whatever its path."""
    return role_arn.rsplit("/", 1)[-1]


def session_arn(role_arn: str, session: str) -> str:
    """The ARN under which a session of the role calls AWS."""
    return f"arn:aws:sts::{get_account_id()}:assumed-role/{name_of(role_arn)}/{session}"


def trusts_tasks(role_arn: str) -> bool:
    """Whether ECS tasks may assume the role."""
    return trusts(role_arn, ECS_TASKS, f"arn:aws:ecs:{get_region()}:{get_account_id()}:task/*")


def trusts(role_arn: str, service: str, source_arn: str) -> bool:
    """Whether a service may assume the role on behalf of that resource."""
    role = iam._roles.get(name_of(role_arn)) or {}
    document = role.get("AssumeRolePolicyDocument") or "{}"
    document = json.loads(document) if isinstance(document, str) else document
    statements = document.get("Statement", [])
    # The evaluator lets a service principal stand for the account root only; so the
    # statements that name this service are asked as if they named everyone.
    named = [
        {**statement, "Principal": "*"}
        for statement in ([statements] if isinstance(statements, dict) else statements)
        if iam_evaluator._service_principal_matches(statement.get("Principal"), service)
    ]
    context = _context(service, "*", "sts:AssumeRole", source_arn)
    return bool(iam_evaluator.evaluate_trust_policy({"Statement": named}, service, context))


def refusal(role_arn: str, session: str, action: str, resource: str) -> str | None:
    """AWS's words if the role may not do ``action`` on ``resource``; None if it may."""
    caller = session_arn(role_arn, session)
    role = name_of(role_arn)
    account = get_account_id()
    result = iam_evaluator.evaluate(
        _context(caller, resource, action),
        iam_evaluator._gather_role_policies(role, account),
        *iam_evaluator._permissions_boundary(iam._roles, role, account),
    )
    if result.decision == "Allow":
        return None
    because = (
        f"with an explicit deny in an identity-based policy for {action}"
        if result.decision == "Deny"
        else f"because no identity-based policy allows the {action} action"
    )
    return (
        f"AccessDeniedException: User: {caller} is not authorized to perform: {action} "
        f"on resource: {resource} {because}"
    )


def _context(
    caller: str, resource: str, action: str, source_arn: str = ""
) -> iam_evaluator.EvalContext:
    account = get_account_id()
    return iam_evaluator.EvalContext(
        principal_arn=caller,
        principal_type="Service" if source_arn else "AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=get_region(),
        source_ip="127.0.0.1",
        secure_transport=True,
        service_context=(
            {"aws:sourceaccount": account, "aws:sourcearn": source_arn} if source_arn else {}
        ),
    )
