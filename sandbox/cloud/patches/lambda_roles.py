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
"""How long the answer holds for a mapping that is being polled."""
_log = logging.getLogger("slipway")
_asked: dict[str, tuple[float, bool]] = {}


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Ask the roles."""
    guard.wrap(lambda_svc, "_create_esm", "(data: dict)", _checked)
    guard.wrap(lambda_svc, "_get_func_record_for_qualifier", _LOOKUP, _while_allowed)


_LOOKUP = "(name: str, qualifier: str | None) -> tuple[dict | None, dict | None]"


def refused(config: Mapping[str, Any], action: str, resource: str) -> str | None:
    """Why the role of a function may not do this; None if it may."""
    return roles.refusal(str(config["Role"]), str(config["FunctionName"]), action, resource)


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


def _checked(original: Callable[..., Any]) -> Callable[..., Any]:
    def create(data: dict[str, Any]) -> Any:
        source = data.get("EventSourceArn", "")
        func, config, _ = lambda_svc._get_func_record_for_ref(data.get("FunctionName", ""))
        if func is not None and config is not None:
            service = source.split(":")[2] if source.count(":") > 4 else ""
            for action in READING.get(service, ()):
                if refused(config, action, source):
                    name = action.partition(":")[2]
                    message = (
                        f"The function execution role does not have permissions to call {name} "
                        "on SQS"
                        if service == "sqs"
                        else f"Cannot access stream {source}. Please ensure the role can perform "
                        "the GetRecords, GetShardIterator, DescribeStream Actions on your stream "
                        f"in IAM; it may not {name}."
                    )
                    return error_response_json("InvalidParameterValueException", message, 400)
        return original(data)

    return create


def _while_allowed(original: Callable[..., Any]) -> Callable[..., Any]:
    """Hide the function from a poll that its role no longer allows."""
    from . import event_sources

    def look_up(name: str, qualifier: str | None) -> Any:
        func, config = original(name, qualifier)
        mapping = event_sources.polled()
        if mapping is None or config is None or _still_allowed(mapping, config):
            return func, config
        return None, None

    return look_up


def _still_allowed(mapping: Mapping[str, Any], config: Mapping[str, Any]) -> bool:
    source, key = str(mapping.get("EventSourceArn", "")), str(mapping["UUID"])
    when, answer = _asked.get(key, (0.0, True))
    if time.monotonic() - when > ASKED_EVERY_SECONDS:
        actions = READING.get(source.split(":")[2], ())
        answer = not any(refused(config, action, source) for action in actions)
        _asked[key] = (time.monotonic(), answer)
    return answer
