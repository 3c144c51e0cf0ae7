"""Metrics of topics: what was published, and what reached its subscribers.

What was published is told by ``sns_subscriptions``, and so is what web services and mailboxes got;
what functions got by ``lambda_async``.
"""

import functools
from collections.abc import Callable
from typing import Any

from ministack.services import sns, sqs

from sandbox.cloud.metrics.sources import Tally
from sandbox.cloud.settings import Settings

from . import guard, metric_queues

NAMESPACE = "AWS/SNS"
_tally: Tally[str] = Tally(NAMESPACE, lambda name: [{"TopicName": name}])


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Count notifications that queues get."""
    guard.wrap(
        sns,
        "_deliver_to_sqs",
        "(endpoint: str, envelope: str, raw: bool, raw_message: str, message_group_id: str = '', "
        "message_dedup_id: str = '', message_attributes: dict | None = None, "
        "topic_arn: str = '')",
        _queued,
    )


def published(topic: str, message: str) -> None:
    """Count one message to the topic with this ARN."""
    name = topic.rpartition(":")[2]
    _tally.add(name, "NumberOfMessagesPublished")
    _tally.add(name, "PublishSize", len(message.encode()), "Bytes")


def delivered(topic: str, *, well: bool) -> None:
    """Count one notification of the topic with this ARN."""
    outcome = "Delivered" if well else "Failed"
    _tally.add(topic.rpartition(":")[2], f"NumberOfNotifications{outcome}")


def _queued(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def deliver(endpoint: str, *rest: Any, **more: Any) -> Any:
        queue = sqs._queue_by_arn(endpoint) or {"messages": []}
        before = len(queue["messages"])
        result = original(endpoint, *rest, **more)
        arrived = len(queue["messages"]) > before
        metric_queues.counted(endpoint, "NumberOfMessagesSent", int(arrived))
        if topic := more.get("topic_arn"):
            delivered(topic, well=arrived)
        return result

    return deliver
