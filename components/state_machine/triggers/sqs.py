"""Messages of a queue that start executions, through EventBridge Pipes: one message, one execution.

A queue and its dead-letter queue are made unless a queue is given. The pipe starts the
execution and does not wait for it; a message that could not start one is received again, and
after ``max_receives`` times it lies in the dead-letter queue, where an alarm rings. That an
execution fails is the workflow's business. Left out: batches, which one failed start would
send again as a whole, and enrichment.
"""

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
from ...function.triggers.mappings import checked_filters
from ...function.triggers.names import check_names
from ...function.triggers.sqs import checked_source
from ...policy import allow
from ...queues import (
    MAX_RECEIVES,
    RETENTION_SECONDS,
    VISIBILITY_SECONDS,
    make_dead_letter_queue,
    make_queue,
)
from ..arns import beside
from .base import Plan, Subject, Target

PRINCIPAL = "pipes.amazonaws.com"
MOST_FILTERS = 5
"""What a pipe takes (EventBridge Pipes API reference, FilterCriteria)."""
LONGEST_TEMPLATE = 8_192
_ACTIONS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


class WorkflowQueue(TypedDict):
    """Start an execution for each message of one queue. Its input is a list of one: the message
    as SQS tells of it, or what ``input_template`` makes of it::

        "sqs": {"orders": {"input_template": "<$.body>"}}
    """

    queue_arn: NotRequired[pulumi.Input[str]]
    """ARN of a queue of this account and region. Its owner answers for its dead-letter queue.
    By default a queue is made."""
    fifo: NotRequired[bool]
    """First in, first out: executions of one message group start in order, and do not wait for
    each other. Default False. Set it for a FIFO ``queue_arn``."""
    max_receives: NotRequired[int]
    """After how many failed starts a message moves to the dead-letter queue, 1 to 1000.
    Default 5. Not with ``queue_arn``."""
    filters: NotRequired[Sequence[Mapping[str, Any]]]
    """Patterns such as ``{"body": {"kind": ["order"]}}``, 1 to 5; one that matches is enough. The
    pipe deletes from the queue what matches none. By default everything comes."""
    input_template: NotRequired[str]
    """What the list holds instead of the message, with ``<$.body.field>`` for its parts; at most
    8192 characters. None by default."""
    enabled: NotRequired[bool]
    """False leaves messages in the queue. Default True."""


class _Queues(TypedDict):
    sqs: Mapping[str, WorkflowQueue]


@dataclass(frozen=True)
class _Queue:
    arn: pulumi.Input[str] | None
    fifo: bool
    max_receives: int
    filters: Any
    template: str | None
    enabled: bool


def plan(subject: Subject, given: Mapping[str, WorkflowQueue]) -> Plan:
    """Check the queues of a machine.

    Raises:
        ValueError: a value is not allowed.
    """
    check_keys(subject.who, {"sqs": given}, _Queues, prefix="triggers.")
    check_names(subject.as_function(), "sqs", given, "dead-letter")
    return _Plan({key: _checked(subject.who, key, item) for key, item in given.items()})


def _checked(who: str, key: str, given: WorkflowQueue) -> _Queue:
    where = f"triggers.sqs.{key}"
    arn, receives = checked_source(who, where, given), given.get("max_receives")
    filters = given.get("filters")
    if filters is not None and len(filters) > MOST_FILTERS:
        raise invalid(who, f"{where}.filters", f"{len(filters)} filters", f"1 to {MOST_FILTERS}")
    template = given.get("input_template")
    if template is not None and not 1 <= len(template) <= LONGEST_TEMPLATE:
        allowed = f"1 to {LONGEST_TEMPLATE} characters"
        raise invalid(who, f"{where}.input_template", f"{len(template)} characters", allowed)
    return _Queue(
        arn=arn,
        fifo=bool(given.get("fifo")),
        max_receives=integer(
            who, f"{where}.max_receives", MAX_RECEIVES if receives is None else receives, 1, 1000
        ),
        filters=checked_filters(who, f"{where}.filters", filters),
        template=template,
        enabled=given.get("enabled") is not False,
    )


@dataclass(frozen=True)
class _Plan(Plan):
    queues: Mapping[str, _Queue]

    def formulas(self, subject: Subject) -> Formulas:
        """Alarms of the queues that are made; a given one has an owner."""
        found: dict[str, Sequence[Formula]] = {}
        for key, item in self.queues.items():
            if item.arn is not None:
                continue
            found[f"queue-{key}"] = queue_formulas(
                visibility_seconds=VISIBILITY_SECONDS,
                retention_seconds=RETENTION_SECONDS,
                max_receives=item.max_receives,
            )
            text = f"{subject.name} could not be started by messages of its queue '{key}'"
            found[f"dead-letter-{key}"] = [depth_formula(DEPTH, text)]
        return found

    def connect(self, target: Target) -> Mapping[str, Any]:
        arns: dict[str, pulumi.Output[str]] = {}
        urls: dict[str, pulumi.Output[str]] = {}
        dead_urls: dict[str, pulumi.Output[str]] = {}
        for key, item in self.queues.items():
            if item.arn is None:
                queue, dead = _make_queue(target, key, item)
                arns[key], urls[key], dead_urls[key] = queue.arn, queue.url, dead.url
            else:
                arns[key] = pulumi.Output.from_input(item.arn)
            _make_pipe(target, key, item, arns[key])
        return {"queue_arns": arns, "queue_urls": urls, "dead_letter_queue_urls": dead_urls}


def _make_queue(target: Target, key: str, item: _Queue) -> "tuple[aws.sqs.Queue, aws.sqs.Queue]":
    role = f"dead-letter-{key}"
    dead = make_dead_letter_queue(
        f"{target.name}-{role}", fifo=item.fifo, tags=target.tags, opts=target.opts
    )
    queue = make_queue(
        f"{target.name}-queue-{key}",
        fifo=item.fifo,
        dead_letter=dead,
        max_receives=item.max_receives,
        tags=target.tags,
        opts=target.opts,
    )
    target.watch.add("queue", f"queue-{key}", {"QueueName": queue.name})
    target.watch.add_dead_letters(role, dead)
    return queue, dead


def _make_pipe(target: Target, key: str, item: _Queue, arn: pulumi.Output[str]) -> None:
    role = f"pipe-{key}"
    # Any pipe of the account and region: this one's ARN comes after its role.
    starter, policy = target.starter(
        role,
        PRINCIPAL,
        source_account=target.account_id,
        source_arn=target.machine.arn.apply(lambda known: beside(known, "pipes", "pipe/*")),
        more=[allow(_ACTIONS, arn)],
    )
    source: Any = {"sqs_queue_parameters": {"batch_size": 1}}
    if item.filters is not None:
        source["filter_criteria"] = item.filters
    parameters: Any = {
        "step_function_state_machine_parameters": {"invocation_type": "FIRE_AND_FORGET"}
    }
    if item.template is not None:
        parameters["input_template"] = item.template
    aws.pipes.Pipe(
        f"{target.name}-{role}",
        description=f"Messages that start {target.name}: {key}",
        role_arn=starter.arn,
        source=arn,
        source_parameters=source,
        target=target.alias.arn,
        target_parameters=parameters,
        desired_state="RUNNING" if item.enabled else "STOPPED",
        tags=target.tags,
        opts=target.after(policy),
    )
