"""What a role lets Lambda and the Scheduler do for it, asked before they do it.

The emulator makes event source mappings for functions that may not read the source, and fires
schedules whatever their role may do.
"""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import iam, lambda_svc

from sandbox.cloud.settings import Settings

from . import guard, roles

SCHEDULER = "scheduler.amazonaws.com"
SENDING = {
    "sqs": "sqs:SendMessage",
    "sns": "sns:Publish",
    "lambda": "lambda:InvokeFunction",
    "events": "events:PutEvents",
    "s3": "s3:PutObject",
}
"""What a role must be allowed to put something down, by the service of the ARN."""
READING = {
    "sqs": ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
    "dynamodb": ("dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream"),
    "kinesis": ("kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:DescribeStream"),
}
"""What Lambda tries before it makes a mapping."""
ASKED_EVERY_SECONDS = 2
"""How long an answer holds where the same is asked again and again."""
_log = logging.getLogger("slipway")
_asked: dict[tuple[str, str, str], tuple[float, str | None]] = {}


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Ask the roles."""
    guard.wrap(lambda_svc, "_create_esm", "(data: dict)", _when_made)
    guard.wrap(lambda_svc, "_update_esm", "(esm_id: str, data: dict)", _when_changed)
    guard.wrap(lambda_svc, "_get_func_record_for_qualifier", _LOOKUP, _while_allowed)


_LOOKUP = "(name: str, qualifier: str | None) -> tuple[dict | None, dict | None]"


def refused(config: Mapping[str, Any], action: str, resource: str) -> str | None:
    """Why the role of a function may not do this; None if it may."""
    return roles.refusal(str(config["Role"]), str(config["FunctionName"]), action, resource)


def known_refusal(config: Mapping[str, Any], action: str, resource: str) -> str | None:
    """Why the role of a function may not do this; the answer may be some seconds old."""
    key = str(config["Role"]), action, resource
    when, why = _asked.get(key, (0.0, None))
    if not when or time.monotonic() - when > ASKED_EVERY_SECONDS:
        why = refused(config, action, resource)
        _asked[key] = (time.monotonic(), why)
    return why


def may_send(config: Mapping[str, Any], arn: str) -> bool:
    """Whether the role of a function may put something down there; the log says why not."""
    action = SENDING.get(arn.split(":")[2])
    why = refused(config, action, arn) if action else f"nothing can be sent to {arn}"
    if why:
        _log.warning("%s", why)
    return not why


def of_schedule(
    schedule: str, role: str, resource: str, action: str = "lambda:InvokeFunction"
) -> str | None:
    """Why a schedule's role may not do this for it; None if it may."""
    if roles.name_of(role) not in iam._roles:
        return f"the role {role} does not exist"
    # The narrowest source that the Scheduler tells is the schedule's group.
    group = schedule.rpartition("/")[0].replace(":schedule/", ":schedule-group/")
    if not roles.trusts(role, SCHEDULER, group):
        return f"{SCHEDULER} may not assume {role} for {group}"
    return roles.refusal(role, "scheduler", action, resource)


def _when_made(original: Callable[..., Any]) -> Callable[..., Any]:
    def create(data: dict[str, Any]) -> Any:
        function, source = data.get("FunctionName", ""), data.get("EventSourceArn", "")
        return _unreadable(function, source) or original(data)

    return create


def _when_changed(original: Callable[..., Any]) -> Callable[..., Any]:
    def update(esm_id: str, data: dict[str, Any]) -> Any:
        mapping = lambda_svc._esms.get(esm_id) or {}
        function = data.get("FunctionName") or mapping.get("FunctionArn", "")
        # Who lost the permission may still switch the mapping off.
        asked = data.get("Enabled", mapping.get("Enabled", True))
        problem = _unreadable(function, mapping.get("EventSourceArn", "")) if asked else None
        return problem or original(esm_id, data)

    return update


def _unreadable(function: str, source: str) -> Any:
    """AWS's answer if the function's role may not read the source; None if it may."""
    _, config, _ = lambda_svc._get_func_record_for_ref(function)
    if config is None:
        return None  # that it is missing is another error
    service = source.split(":")[2] if source.count(":") > 4 else ""
    for action in READING.get(service, ()):
        if refused(config, action, source):
            name = action.partition(":")[2]
            message = (
                f"The function execution role does not have permissions to call {name} on SQS"
                if service == "sqs"
                else f"Cannot access stream {source}. Please ensure the role can perform the "
                "GetRecords, GetShardIterator, DescribeStream Actions on your stream in IAM; "
                f"it may not {name}."
            )
            return error_response_json("InvalidParameterValueException", message, 400)
    return None


def _while_allowed(original: Callable[..., Any]) -> Callable[..., Any]:
    """Hide the function from a poll that its role no longer allows, or that comes too early."""
    from . import event_sources

    def look_up(name: str, qualifier: str | None) -> Any:
        func, config = original(name, qualifier)
        mapping = event_sources.polled()
        if mapping is None or config is None:
            return func, config
        if event_sources.is_due(mapping) and _still_allowed(mapping, config):
            return func, config
        return None, None

    return look_up


def _still_allowed(mapping: Mapping[str, Any], config: Mapping[str, Any]) -> bool:
    source = str(mapping.get("EventSourceArn", ""))
    actions = READING.get(source.split(":")[2], ())
    return not any(known_refusal(config, action, source) for action in actions)
