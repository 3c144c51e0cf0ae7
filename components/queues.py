"""SQS queues with the settings that every queue of the library has.

Encrypted (SSE-SQS), closed to requests without TLS, and where messages may fail, with a
dead-letter queue that takes them from nobody else. Left out: keys of one's own; a queue that
needs one has a policy to keep in step with the key's and is better written out.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from .transport import tls_only

VISIBILITY_SECONDS = 30
"""SQS's own default; whoever consumes with a function derives it from the function's timeout."""
RETENTION_SECONDS = 4 * 24 * 3600
"""SQS's own default: over a long weekend, and well below the dead-letter queue's."""
DEAD_LETTER_RETENTION_SECONDS = 14 * 24 * 3600
"""The longest there is. A message keeps its age when it moves to the dead-letter queue, so that
one must keep messages longer than the queue they come from (SQS developer guide, "Dead-letter
queues")."""
MAX_RECEIVES = 5
"""AWS's advice for queues that feed a function is at least 5, so that throttling alone does not
move messages away (Lambda developer guide, "Using Lambda with Amazon SQS")."""

QUEUE_ACTIONS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility")
"""What somebody needs who looks at a queue's messages, and takes out what is settled."""


def make_queue(
    name: str,
    *,
    opts: pulumi.ResourceOptions,
    tags: Mapping[str, pulumi.Input[str]],
    visibility_seconds: int = VISIBILITY_SECONDS,
    retention_seconds: int = RETENTION_SECONDS,
    fifo: bool = False,
    dead_letter: "aws.sqs.Queue | None" = None,
    max_receives: int = MAX_RECEIVES,
    policy: bool = True,
) -> "aws.sqs.Queue":
    """One queue, and the policy that lets nobody in without TLS.

    Args:
        name: of the queue and of what belongs to it.
        visibility_seconds: how long a received message is hidden, 0 to 43200.
        retention_seconds: how long an unread message is kept, 60 to 1209600.
        fifo: first in, first out; messages with the same content within 5 minutes are one.
        dead_letter: where a message goes that was received ``max_receives`` times without
            being deleted; it then takes messages from this queue alone. See
            ``make_dead_letter_queue``.
        policy: False where the caller writes it later with ``make_queue_policy``, since a
            queue has one policy only.
        opts: with the component as ``parent``.
        tags: of the queue.
    """
    more: dict[str, Any] = {}
    if fifo:
        more |= {"fifo_queue": True, "content_based_deduplication": True}
    if dead_letter is not None:
        more["redrive_policy"] = pulumi.Output.json_dumps(
            {"deadLetterTargetArn": dead_letter.arn, "maxReceiveCount": max_receives}
        )
    queue = aws.sqs.Queue(
        name,
        visibility_timeout_seconds=visibility_seconds,
        message_retention_seconds=retention_seconds,
        sqs_managed_sse_enabled=True,
        tags=tags,
        opts=opts,
        **more,
    )
    if policy:
        make_queue_policy(name, queue, opts=opts)
    if dead_letter is not None:
        aws.sqs.RedriveAllowPolicy(
            name,
            queue_url=dead_letter.url,
            redrive_allow_policy=pulumi.Output.json_dumps(
                {"redrivePermission": "byQueue", "sourceQueueArns": [queue.arn]}
            ),
            opts=opts,
        )
    return queue


def make_dead_letter_queue(
    name: str,
    *,
    opts: pulumi.ResourceOptions,
    tags: Mapping[str, pulumi.Input[str]],
    fifo: bool = False,
) -> "aws.sqs.Queue":
    """A queue for what nobody could process; it is kept as long as SQS keeps anything.

    The dead-letter queue of a FIFO queue is FIFO as well.
    """
    return make_queue(
        name,
        opts=opts,
        tags=tags,
        fifo=fifo,
        retention_seconds=DEAD_LETTER_RETENTION_SECONDS,
    )


def make_queue_policy(
    name: str,
    queue: "aws.sqs.Queue",
    *,
    opts: pulumi.ResourceOptions,
    senders: Iterable[tuple[str, pulumi.Input[str]]] = (),
) -> "aws.sqs.QueuePolicy":
    """The queue's one policy: only with TLS, and these services may send.

    Args:
        senders: service principals (``events.amazonaws.com``) with the ARN of the resource on
            whose behalf each may send.
    """
    by_principal: dict[str, list[pulumi.Input[str]]] = {}
    for principal, source_arn in senders:
        by_principal.setdefault(principal, []).append(source_arn)
    allowed: Sequence[dict[str, Any]] = [
        {
            "Effect": "Allow",
            "Principal": {"Service": principal},
            "Action": "sqs:SendMessage",
            "Resource": queue.arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": sources}},
        }
        for principal, sources in sorted(by_principal.items())
    ]
    return aws.sqs.QueuePolicy(
        name,
        queue_url=queue.url,
        policy=tls_only("sqs:*", [queue.arn], allowed),
        opts=opts,
    )
