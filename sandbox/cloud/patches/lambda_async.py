"""Asynchronous invocations are tried again and their failures are kept, whoever invokes.

The emulator does so for the Invoke API and S3, by the configuration of ``$LATEST``; EventBridge,
schedules and SNS call once and forget. Here all of them go the same way, by the configuration
of the alias that they name; what cannot be delivered goes to the sender's dead-letter queue.
"""

import contextvars
import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from ministack.core.responses import get_account_id, new_uuid
from ministack.services import eventbridge, lambda_svc, sns, sqs

from sandbox.cloud.settings import Settings

from . import (
    deliveries,
    guard,
    lambda_aliases,
    lambda_permissions,
    lambda_roles,
    metric_functions,
    metric_topics,
)

EVENTS, SNS = "events.amazonaws.com", "sns.amazonaws.com"
FIRST_WAIT_SECONDS = 0.5
"""Before the first retry; AWS waits one minute, then two."""
THROTTLED_WAIT_SECONDS = 0.2
RETRIES = 2
"""AWS's default."""
LONGEST_AGE_SECONDS = 6 * 3600
_log = logging.getLogger("slipway")
_target: ContextVar[tuple[dict[str, Any], dict[str, Any]] | None] = ContextVar(
    "target", default=None
)
"""The target that is being called, and its rule or schedule."""


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Send every asynchronous call the same way."""
    guard.replace(
        lambda_svc, "invoke_async_with_retry", "(func: dict, event: dict) -> None", _invoke
    )
    guard.wrap(eventbridge, "_invoke_target", "(target, event, rule, view=None)", _with_target)
    guard.replace(eventbridge, "_dispatch_to_lambda", "(arn, payload)", _from_target)
    guard.replace(
        sns,
        "_deliver_to_lambda",
        "(endpoint: str, envelope: str, topic_arn: str, sub_arn: str, msg_id: str, "
        "raw_message: str, message_attributes: dict)",
        _from_topic,
    )


def _invoke(func: dict[str, Any], event: Any) -> None:
    """Invoke on a thread of its own until it succeeds or is given up."""
    metric_functions.count(func.get("config") or func, "AsyncEventsReceived")
    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(_Call(func, event).run,), daemon=True).start()


class _Call:
    """One asynchronous invocation."""

    def __init__(self, func: dict[str, Any], event: Any) -> None:
        self.func, self.event = func, event
        self.config = func.get("config") or func
        self.arn = lambda_aliases.called_as(self.config)
        name, qualifier = self.config.get("FunctionName", ""), self.arn.split(":")[7:]
        self.base = base = lambda_svc._functions.get(name) or func
        found = lambda_svc._event_invoke_config(base, qualifier[0] if qualifier else None) or {}
        self.retries = int(found.get("MaximumRetryAttempts", RETRIES))
        self.age = int(found.get("MaximumEventAgeInSeconds", LONGEST_AGE_SECONDS))
        destinations = found.get("DestinationConfig") or {}
        self.on_failure = (destinations.get("OnFailure") or {}).get("Destination")
        self.on_success = (destinations.get("OnSuccess") or {}).get("Destination")

    def run(self) -> None:
        lambda_svc._run_with_function_config_scope(self.func, self._run)

    def _run(self) -> None:
        began, tries = time.monotonic(), 0
        while True:
            # The record is a copy; what is reserved may change while the event waits.
            func = {**self.func, "concurrency": self.base.get("concurrency")}
            result = lambda_svc._execute_function(func, self.event)
            # What Lambda has no room for does not count as a try.
            throttled = bool(result.get("throttle"))
            tries += not throttled
            if not result.get("error") and not throttled:
                self._tell(self.on_success, "Success", tries, result)
                return
            if tries > self.retries:
                self._give_up("RetriesExhausted", tries, result)
                return
            wait = THROTTLED_WAIT_SECONDS if throttled else FIRST_WAIT_SECONDS * 2 ** (tries - 1)
            if time.monotonic() - began + wait > self.age:
                self._give_up("EventAgeExceeded", tries, result)
                return
            time.sleep(wait)

    def _give_up(self, condition: str, tries: int, result: Mapping[str, Any]) -> None:
        metric_functions.count(self.config, "AsyncEventsDropped")
        self._tell(self.on_failure, condition, tries, result)
        queue = (self.config.get("DeadLetterConfig") or {}).get("TargetArn")
        if queue and lambda_roles.may_send(self.config, queue):
            body = result.get("body")
            message = body.get("errorMessage", "") if isinstance(body, dict) else ""
            attributes = {"RequestID": new_uuid(), "ErrorCode": "200", "ErrorMessage": message}
            kept = {key: value for key, value in attributes.items() if value}
            deliveries.send(queue, json.dumps(self.event), kept)
        elif queue:
            metric_functions.count(self.config, "DeadLetterErrors")
        if not (queue or self.on_failure):
            _log.warning("an event for %s was given up and is kept nowhere", self.arn)

    def _tell(
        self, destination: str | None, condition: str, tries: int, result: Mapping[str, Any]
    ) -> None:
        if not destination:
            return
        if not lambda_roles.may_send(self.config, destination):
            metric_functions.count(self.config, "DestinationDeliveryFailures")
            return
        context = {"statusCode": 200, "executedVersion": self.config.get("Version", "$LATEST")}
        record = {
            "version": "1.0",
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "requestContext": {
                "requestId": new_uuid(),
                "functionArn": self.arn,
                "condition": condition,
                "approximateInvokeCount": tries,
            },
            "requestPayload": self.event,
            "responseContext": context
            if condition == "Success"
            else {**context, "functionError": "Unhandled"},
            "responsePayload": result.get("body"),
        }
        deliveries.send(destination, json.dumps(record))


def _with_target(original: Callable[..., Any]) -> Callable[..., Any]:
    def invoke(target: Any, event: Any, rule: Any, view: Any = None) -> Any:
        token = _target.set((target, rule))
        try:
            return original(target, event, rule, view)
        finally:
            _target.reset(token)

    return invoke


def _from_target(arn: str, payload: str) -> None:
    """EventBridge's and the Scheduler's way to a function."""
    target, owner = _target.get() or ({}, {})
    source, event = str(owner.get("Arn", "")), json.loads(payload)
    scheduled = ":scheduler:" in source
    func, config, _ = lambda_svc._get_func_record_for_ref(arn)
    error = "NO_PERMISSIONS"
    if func is None or config is None:
        reason, error = f"Function not found: {arn}", "NO_RESOURCE"
    elif scheduled:
        reason = lambda_roles.of_schedule(source, target.get("RoleArn", ""), arn) or ""
    elif lambda_permissions.lets_in(arn, EVENTS, source):
        reason = ""
    else:
        reason = f"{EVENTS} is not authorized to perform: lambda:InvokeFunction on {arn}"
    if not reason:
        _invoke(lambda_svc._execution_record_for_config(func or {}, config or {}), event)
        return
    _log.warning("%s: %s", source, reason)
    queue = (target.get("DeadLetterConfig") or {}).get("Arn")
    if not queue:
        return
    if scheduled:
        role, action = target.get("RoleArn", ""), "sqs:SendMessage"
        allowed = lambda_roles.of_schedule(source, role, queue, action) is None
    else:
        allowed = sqs.queue_policy_allows(queue, EVENTS, source, get_account_id())
    if allowed:
        told = {"ERROR_CODE": error, "ERROR_MESSAGE": reason, "TARGET_ARN": arn}
        told["SCHEDULE_ARN" if scheduled else "RULE_ARN"] = source
        deliveries.send(queue, payload, told)


def _from_topic(
    endpoint: str,
    envelope: str,
    topic_arn: str,
    sub_arn: str,
    msg_id: str,  # noqa: ARG001 - the emulator's signature
    raw_message: str,  # noqa: ARG001
    message_attributes: dict[str, Any],  # noqa: ARG001
) -> None:
    """SNS's way to a function."""
    func, config, _ = lambda_svc._get_func_record_for_ref(endpoint)
    record = {
        "EventVersion": "1.0",
        "EventSubscriptionArn": sub_arn,
        "EventSource": "aws:sns",
        "Sns": json.loads(envelope),
    }
    if func is not None and config is not None:
        if lambda_permissions.lets_in(endpoint, SNS, topic_arn):
            metric_topics.delivered(topic_arn, well=True)
            _invoke(lambda_svc._execution_record_for_config(func, config), {"Records": [record]})
            return
    else:
        _log.warning("%s: function not found: %s", sub_arn, endpoint)
    metric_topics.delivered(topic_arn, well=False)
    queue = json.loads(_attributes(topic_arn, sub_arn).get("RedrivePolicy") or "{}").get(
        "deadLetterTargetArn"
    )
    if queue and sqs.queue_policy_allows(queue, SNS, topic_arn, get_account_id()):
        deliveries.send(queue, envelope)


def _attributes(topic_arn: str, sub_arn: str) -> Mapping[str, Any]:
    return dict((sns._find_subscription(topic_arn, sub_arn) or {}).get("attributes") or {})
