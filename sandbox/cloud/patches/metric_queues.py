"""Metrics of queues: their lengths each minute, and what was sent, received and deleted.

What mappings receive is told by ``event_sources``, what topics send by ``metric_topics``.
"""

import functools
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import eventbridge, s3, sqs

from sandbox.cloud.metrics import MINUTE, every_minute, record
from sandbox.cloud.metrics.sources import Tally, just_ended
from sandbox.cloud.settings import Settings

from . import guard

NAMESPACE = "AWS/SQS"
ACTIVE_MINUTES = 6 * 60
"""SQS is silent about a queue that is empty and was not used for so long."""
TRIES = 3
"""A message that was received so often no longer counts as the oldest."""
_tally: Tally[str] = Tally(NAMESPACE, lambda name: [{"QueueName": name}])
_used: dict[str, float] = {}
"""Queue name -> when it was last used."""
_dead: dict[tuple[str, str], float] = {}
"""Dead-letter queue and message -> when it was first seen there: its age begins anew."""


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Look at all queues once a minute, and count what passes."""
    guard.wrap(sqs, "_dispatch", "(action: str, data: dict, qurl: str) -> dict", _dispatched)
    guard.wrap(
        sqs,
        "_delete_messages_for_esm",
        "(queue_url: str, receipt_handles: set[str]) -> None",
        _settled,
    )
    guard.wrap(eventbridge, "_dispatch_to_sqs", "(spec, payload, sqs_parameters=None)", sending)
    signature = "(arn: str, event_payload: dict, bucket_region: str, bucket_name: str = '') -> None"
    guard.wrap(s3, "_deliver_event_to_sqs", signature, sending)
    every_minute(_look)


def counted(url: str, metric: str, value: float = 1) -> None:
    """Count something of the queue with this URL, ARN or name."""
    if value:
        _tally.add(re.split("[/:]", url)[-1], metric, value)


def _dispatched(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    async def dispatch(action: str, data: dict[str, Any], qurl: str) -> Any:
        result = await original(action, data, qurl)
        url = str(data.get("QueueUrl") or qurl or "")
        if url:
            _used[url.rpartition("/")[2]] = time.monotonic()
        if action == "SendMessage":
            counted(url, "NumberOfMessagesSent")
            size = len(str(data.get("MessageBody", "")).encode())
            _tally.add(url.rpartition("/")[2], "SentMessageSize", size, "Bytes")
        elif action == "SendMessageBatch":
            counted(url, "NumberOfMessagesSent", len(result.get("Successful") or []))
        elif action == "ReceiveMessage":
            received = len(result.get("Messages") or [])
            counted(url, "NumberOfMessagesReceived", received)
            counted(url, "NumberOfEmptyReceives", not received)
        elif action == "DeleteMessage":
            counted(url, "NumberOfMessagesDeleted")
        elif action == "DeleteMessageBatch":
            counted(url, "NumberOfMessagesDeleted", len(result.get("Successful") or []))
        return result

    return dispatch


def _settled(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def delete(queue_url: str, receipt_handles: set[str]) -> None:
        original(queue_url, receipt_handles)
        counted(queue_url, "NumberOfMessagesDeleted", len(receipt_handles))

    return delete


def sending(original: Callable[..., Any]) -> Callable[..., Any]:
    """Around what puts a message into the queue whose ARN is the first argument, or does not."""

    @functools.wraps(original)
    def send(arn: Any, *rest: Any, **more: Any) -> Any:
        queue = sqs._queue_by_arn(str(arn)) or {"messages": []}
        before = len(queue["messages"])
        result = original(arn, *rest, **more)
        if len(queue["messages"]) > before:
            counted(str(arn), "NumberOfMessagesSent")
        return result

    return send


def _look() -> None:
    """Publish the state of every queue that is in use."""
    now, at, seen = time.time(), just_ended(), set[tuple[str, str]]()
    for (account, region, _), queue in sqs._queues.all_items():
        name, messages = str(queue["name"]), list(queue["messages"])
        if not messages and time.monotonic() - _used.get(name, -1e9) > ACTIVE_MINUTES * MINUTE:
            continue
        values = _state(name, messages, now, seen)
        with request_scope(account, region):
            for metric, value in values.items():
                unit = "Seconds" if metric.startswith("ApproximateAge") else "Count"
                record(NAMESPACE, metric, value, {"QueueName": name}, unit, at)
    for gone in set(_dead) - seen:
        del _dead[gone]


def _state(
    name: str, messages: list[dict[str, Any]], now: float, seen: set[tuple[str, str]]
) -> Mapping[str, float]:
    visible = delayed = hidden = 0
    oldest = now
    for message in messages:
        tries, sent = int(message.get("receive_count", 0)), float(message.get("sent_at", now))
        if float(message.get("visible_at", sent)) <= now:
            visible += 1
        elif tries:
            hidden += 1
        else:
            delayed += 1
        if "DeadLetterQueueSourceArn" in (message.get("sys") or {}):
            key = name, str(message.get("id"))
            seen.add(key)
            oldest = min(oldest, _dead.setdefault(key, now))
        elif tries < TRIES:
            oldest = min(oldest, sent)
    return {
        "ApproximateNumberOfMessagesVisible": visible,
        "ApproximateNumberOfMessagesNotVisible": hidden,
        "ApproximateNumberOfMessagesDelayed": delayed,
        "ApproximateAgeOfOldestMessage": int(now - oldest),
    }
