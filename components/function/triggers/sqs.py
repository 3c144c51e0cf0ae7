"""Messages of a queue that call the function, in batches of which each message counts alone.

A queue and its dead-letter queue are made unless a queue is given. The handler must answer
with ``batchItemFailures``: what it names is received again after the visibility timeout, and
after ``max_receives`` times it lies in the dead-letter queue, where an alarm rings. Left out:
queues of another account.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from ...alarms import Formula
from ...alarms.queues import DEPTH, depth_formula
from ...alarms.queues import formulas as queue_formulas
from ...alarms.watch import Formulas
from ...checks import integer
from ...errors import check_keys, invalid
from ...policy import Statement, allow
from ...queues import MAX_RECEIVES, RETENTION_SECONDS, make_dead_letter_queue, make_queue
from .base import Plan, Scope, Subject, Target
from .mappings import LONGEST_WINDOW, after, checked_arn, checked_filters
from .names import check_names

VISIBILITY_FACTOR = 6
"""Lambda may be throttled while it holds a batch and tries again for a while; AWS's advice is six
times the function's timeout and the window (Lambda developer guide, "Using Lambda with Amazon
SQS"). With less, a message can be processed twice at the same time."""
BATCH_SIZE = 10
"""Lambda's own default, and the most without a window."""
LONGEST_VISIBILITY = 43_200
_NAME_LIMIT = 75  # 80, and `.fifo` stands at the end of some
_ARN = re.compile(r"arn:[a-z-]+:sqs:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,80}(\.fifo)?")
_ACTIONS = (
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    # Not for Lambda: the handler shortens the wait of a message that failed.
    "sqs:ChangeMessageVisibility",
)


class QueueTrigger(TypedDict):
    """Messages of one queue that call the function.

    A queue that is made, with at most five invocations at a time::

        "sqs": {"jobs": {"max_concurrency": 5}}

    A queue that exists; state its visibility timeout, and it is checked::

        "sqs": {"jobs": {"queue_arn": queue.arn, "visibility_seconds": 180}}
    """

    queue_arn: NotRequired[pulumi.Input[str]]
    """ARN of a queue of this account and region. Its owner answers for its dead-letter queue.
    With a key of one's own the function needs ``kms:Decrypt`` in ``permissions``. By default
    a queue is made."""
    visibility_seconds: NotRequired[int]
    """How long a received message is hidden from other readers, up to 43200 seconds; at least
    6 times the function's timeout plus ``batch_window_seconds``, which is also the default.
    With ``queue_arn``: what that queue has, for the check; without it nothing is checked."""
    batch_size: NotRequired[int]
    """Most messages an invocation gets, 1 to 10; up to 10000 with a window of 1 second or more,
    10 for FIFO. Default 10."""
    batch_window_seconds: NotRequired[int]
    """How long to wait for a batch to fill, 0 to 300 seconds. Not for FIFO. Default 0."""
    max_concurrency: NotRequired[int]
    """Most invocations at a time from this queue, 2 to 1000, all queues together within the
    function's reserved concurrency. By default the queues share what is reserved, since
    messages that Lambda throttles count as received; without a reservation there is no limit."""
    max_receives: NotRequired[int]
    """After how many receptions a message moves to the dead-letter queue, 1 to 1000. Default 5,
    AWS's advice. Not with ``queue_arn``."""
    fifo: NotRequired[bool]
    """First in, first out, by message group; a failure holds up its group. Messages with the
    same content within 5 minutes are one. Default False. Set it for a FIFO ``queue_arn``."""
    filters: NotRequired[Sequence[Mapping[str, Any]]]
    """Patterns such as ``{"body": {"kind": ["order"]}}``, 1 to 10 (5 without a raised quota);
    one that matches is enough. Lambda deletes from the queue what matches none. By default
    everything comes."""
    enabled: NotRequired[bool]
    """False leaves messages in the queue. Default True."""


class _Queues(TypedDict):
    sqs: Mapping[str, QueueTrigger]


@dataclass(frozen=True)
class _Trigger:
    arn: pulumi.Input[str] | None
    visibility: int
    batch_size: int
    batch_window: int
    max_concurrency: int | None
    max_receives: int
    fifo: bool
    filters: "aws.lambda_.EventSourceMappingFilterCriteriaArgsDict | None"
    enabled: bool


def plan(subject: Subject, given: Mapping[str, QueueTrigger]) -> "QueuePlan":
    """Check the queues of a function.

    Raises:
        ValueError: a value is not allowed, a visibility timeout is too short, or queues may
            take more concurrency than the function has.
    """
    check_keys(subject.who, {"sqs": given}, _Queues, prefix="triggers.")
    check_names(subject, "sqs", given, "dead-letter", limit=_NAME_LIMIT)
    limits = _concurrency(subject, given)
    return QueuePlan(
        {key: _checked(subject, key, item, limits[key]) for key, item in given.items()}
    )


def _checked(subject: Subject, key: str, given: QueueTrigger, limit: int | None) -> _Trigger:
    who, where = subject.who, f"triggers.sqs.{key}"
    arn, fifo = checked_source(who, where, given), bool(given.get("fifo"))
    window = _number(who, f"{where}.batch_window_seconds", given, 0, 0, LONGEST_WINDOW)
    if fifo and window:
        raise invalid(
            who,
            f"{where}.batch_window_seconds",
            window,
            "0 for a FIFO queue",
            "Lambda does not wait for one.",
        )
    most = 10 if fifo or not window else 10_000
    hint = "" if fifo or window else "Up to 10000 with batch_window_seconds=1 or more."
    return _Trigger(
        arn=arn,
        visibility=_visibility(subject, where, given, window),
        batch_size=_number(who, f"{where}.batch_size", given, BATCH_SIZE, 1, most, hint),
        batch_window=window,
        max_concurrency=limit,
        max_receives=_number(who, f"{where}.max_receives", given, MAX_RECEIVES, 1, 1000),
        fifo=fifo,
        filters=checked_filters(who, f"{where}.filters", given.get("filters")),
        enabled=given.get("enabled") is not False,
    )


def checked_source(who: str, where: str, given: Mapping[str, Any]) -> pulumi.Input[str] | None:
    """The ARN of a queue that was given, in step with ``fifo`` and without ``max_receives``.

    Raises:
        ValueError: it is no queue's ARN, or the other two do not go with it.
    """
    arn, fifo = given.get("queue_arn"), bool(given.get("fifo"))
    if arn is None:
        return None
    checked = checked_arn(
        who, f"{where}.queue_arn", arn, _ARN, "the ARN of an SQS queue", "Use queue.arn."
    )
    if isinstance(checked, str) and checked.endswith(".fifo") != fifo:
        raise invalid(
            who, f"{where}.fifo", fifo, f"{not fifo} for {checked}", f"Set fifo={not fifo}."
        )
    if given.get("max_receives") is not None:
        raise invalid(
            who,
            f"{where}.max_receives",
            given.get("max_receives"),
            "only for a queue that is made here",
            "Set it in the redrive policy of the queue that you gave.",
        )
    return checked


def _number(
    who: str, field: str, given: QueueTrigger, default: int, low: int, high: int, hint: str = ""
) -> int:
    value = given.get(field.rpartition(".")[2])
    return integer(who, field, default if value is None else value, low, high, hint)


def _visibility(subject: Subject, where: str, given: QueueTrigger, window: int) -> int:
    least = VISIBILITY_FACTOR * subject.timeout_seconds + window
    value = given.get("visibility_seconds")
    if value is None:
        return least
    field = f"{where}.visibility_seconds"
    whose = "Set it on the queue to" if given.get("queue_arn") is not None else "Set it to"
    seconds = integer(subject.who, field, value, 0, LONGEST_VISIBILITY)
    if seconds < least:
        raise invalid(
            subject.who,
            field,
            seconds,
            f"{least} or more: {VISIBILITY_FACTOR} x the function's timeout of "
            f"{subject.timeout_seconds} s + the batch window of {window} s",
            f"{whose} {least}"
            + (", or leave it out." if given.get("queue_arn") is None else " and state that."),
        )
    return seconds


def _concurrency(subject: Subject, given: Mapping[str, QueueTrigger]) -> Mapping[str, int | None]:
    """Invocations at a time by queue; what is reserved is shared by those that do not say."""
    limits: dict[str, int | None] = {}
    for key, item in given.items():
        value = item.get("max_concurrency")
        field = f"triggers.sqs.{key}.max_concurrency"
        limits[key] = None if value is None else integer(subject.who, field, value, 2, 1000)
    reserved = subject.reserved_concurrency
    if reserved is None:
        return limits
    said = {key: limit for key, limit in limits.items() if limit is not None}
    if (total := sum(said.values())) > reserved:
        raise invalid(
            subject.who,
            f"triggers.sqs.{list(said)[-1]}.max_concurrency",
            list(said.values())[-1],
            f"all queues together (now {total}) within reserved_concurrency={reserved}",
            "Lambda throttles what is above, and messages that it throttles count as received. "
            f"Next step: lower it, or set reserved_concurrency={total}.",
        )
    silent = len(limits) - len(said)
    share = min((reserved - total) // silent, 1000) if silent else 0
    return {
        key: limit if limit is not None or share < 2 else share for key, limit in limits.items()
    }


class QueuePlan(Plan):
    """The checked queues of one function."""

    def __init__(self, triggers: Mapping[str, _Trigger]) -> None:
        self._triggers = triggers
        self._arns: dict[str, pulumi.Output[str]] = {}
        self._urls: dict[str, pulumi.Output[str]] = {}
        self._dead_letter_urls: dict[str, pulumi.Output[str]] = {}

    def formulas(self, subject: Subject) -> Formulas:
        """Alarms of the queues that are made; a given one has an owner."""
        found: dict[str, Sequence[Formula]] = {}
        for key, trigger in self._triggers.items():
            if trigger.arn is not None:
                continue
            found[f"queue-{key}"] = queue_formulas(
                visibility_seconds=trigger.visibility,
                retention_seconds=RETENTION_SECONDS,
                max_receives=trigger.max_receives,
            )
            text = f"{subject.name} could not process messages of its queue '{key}'"
            found[f"dead-letter-{key}"] = [depth_formula(DEPTH, text)]
        return found

    def make_sources(self, scope: Scope) -> Sequence[Statement]:
        """Make the queues; the role may consume them."""
        for key, trigger in self._triggers.items():
            if trigger.arn is None:
                self._make(scope, key, trigger)
            else:
                self._arns[key] = pulumi.Output.from_input(trigger.arn)
        return [allow(_ACTIONS, list(self._arns.values()))] if self._arns else []

    def _make(self, scope: Scope, key: str, trigger: _Trigger) -> None:
        role = f"dead-letter-{key}"
        dead = make_dead_letter_queue(
            f"{scope.name}-{role}", fifo=trigger.fifo, tags=scope.tags, opts=scope.opts
        )
        queue = make_queue(
            f"{scope.name}-queue-{key}",
            visibility_seconds=trigger.visibility,
            fifo=trigger.fifo,
            dead_letter=dead,
            max_receives=trigger.max_receives,
            tags=scope.tags,
            opts=scope.opts,
        )
        self._arns[key], self._urls[key] = queue.arn, queue.url
        self._dead_letter_urls[key] = dead.url
        scope.watch.add("queue", f"queue-{key}", {"QueueName": queue.name})
        scope.watch.add_dead_letters(role, dead)

    def connect(self, target: Target) -> Mapping[str, Any]:
        """Have Lambda consume the queues."""
        for key, trigger in self._triggers.items():
            limit = trigger.max_concurrency
            aws.lambda_.EventSourceMapping(
                f"{target.scope.name}-queue-{key}",
                function_name=target.alias.arn,
                event_source_arn=self._arns[key],
                enabled=trigger.enabled,
                batch_size=trigger.batch_size,
                maximum_batching_window_in_seconds=trigger.batch_window or None,
                function_response_types=["ReportBatchItemFailures"],
                scaling_config=None if limit is None else {"maximum_concurrency": limit},
                filter_criteria=trigger.filters,
                tags=target.scope.tags,
                opts=after(target),
            )
        return {
            "queue_arns": self._arns,
            "queue_urls": self._urls,
            "dead_letter_queue_urls": self._dead_letter_urls,
        }

    def send_policy(self, key: str) -> Statement:
        """Send messages to one of the queues; after ``make_sources``."""
        return allow("sqs:SendMessage", self._arns[key])
