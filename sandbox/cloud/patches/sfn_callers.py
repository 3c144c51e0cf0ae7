"""Rules and schedules start executions with the role that they are given.

The emulator starts whatever they name. What cannot be started goes to the target's dead letters.
"""

import json
import logging
from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import eventbridge, iam, sqs
from ministack.services import stepfunctions as sfn

from sandbox.cloud.settings import Settings

from . import deliveries, guard, lambda_async, lambda_roles, roles

ACTION = "states:StartExecution"
_log = logging.getLogger("slipway")


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Ask the role."""
    guard.wrap(eventbridge, "_dispatch_to_stepfunctions", "(arn, payload)", _asking)


def _asking(original: Callable[..., Any]) -> Callable[..., Any]:  # noqa: ARG001
    def dispatch(arn: str, payload: str) -> None:
        target, owner = lambda_async._target.get() or ({}, {})
        source, role = str(owner.get("Arn", "")), str(target.get("RoleArn") or "")
        scheduled = ":scheduler:" in source
        if scheduled:
            why = lambda_roles.of_schedule(source, role, arn, ACTION)
        else:
            why = _of_rule(source, role, arn)
        if not why:
            status, _, body = sfn._start_execution({"stateMachineArn": arn, "input": payload})
            if status < 400:
                return
            why = str(json.loads(body).get("message", status))
        _log.warning("%s: %s", source, why)
        queue = (target.get("DeadLetterConfig") or {}).get("Arn")
        if not queue:
            return
        if scheduled:
            allowed = not lambda_roles.of_schedule(source, role, queue, "sqs:SendMessage")
        else:
            allowed = sqs.queue_policy_allows(queue, lambda_async.EVENTS, source, get_account_id())
        if allowed:
            deliveries.send(queue, payload, {"ERROR_MESSAGE": why[:1000], "TARGET_ARN": arn})

    return dispatch


def _of_rule(rule: str, role: str, machine: str) -> str | None:
    """Why a rule's role may not start the machine; None if it may."""
    if roles.name_of(role) not in iam._roles:
        return f"the role {role} does not exist"
    if not roles.trusts(role, lambda_async.EVENTS, rule):
        return f"{lambda_async.EVENTS} may not assume {role} for {rule}"
    return roles.refusal(role, "events", ACTION, machine)
