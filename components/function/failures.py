"""Where asynchronous calls end up that fail for good, and the one queue for what is lost elsewhere.

Lambda hands a failed call over with its error (a destination) or bare (a dead-letter target);
who delivers to Lambda (EventBridge, SNS, the Scheduler) has a dead-letter queue of its own
before it. The failure queue serves all of them. Left out: queues and streams, whose kinds say
what happens to records that fail.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from ..alarms.watch import Watch
from ..checks import integer
from ..errors import invalid
from ..policy import Statement, allow
from ..queues import DEAD_LETTER_RETENTION_SECONDS, make_queue, make_queue_policy
from .args import FunctionFailures
from .triggers.base import Scope, Sender

THING = "failures"
"""What the failure queue is called among the things of its component."""
RETRIES = 2
MAX_AGE_SECONDS = 21_600
"""Both the most there is, and Lambda's own defaults: what passes by itself is waited for."""
_ARN = re.compile(r"arn:[a-z-]+:([a-z0-9-]+):")
_ACTIONS: Mapping[str, str] = {
    "sqs": "sqs:SendMessage",
    "sns": "sns:Publish",
    "lambda": "lambda:InvokeFunction",
    "events": "events:PutEvents",
    "s3": "s3:PutObject",
}
"""What the role needs, by the service in a destination's ARN (Lambda developer guide, "Capturing
records of Lambda asynchronous invocations")."""
_DESTINATIONS = {
    "destination_arn": ("sqs", "sns", "s3", "lambda", "events"),
    "success_arn": ("sqs", "sns", "lambda", "events"),
    "dead_letter_arn": ("sqs", "sns"),
}


@dataclass(frozen=True)
class Failures:
    """What a function does with asynchronous calls that fail, checked."""

    who: str
    retries: int = RETRIES
    max_age_seconds: int = MAX_AGE_SECONDS
    destination_arn: pulumi.Input[str] | None = None
    success_arn: pulumi.Input[str] | None = None
    dead_letter_arn: pulumi.Input[str] | None = None

    @property
    def to_failure_queue(self) -> bool:
        """Whether failed calls go to the component's own queue."""
        return self.destination_arn is None and self.dead_letter_arn is None

    def targets(self) -> dict[str, pulumi.Input[str]]:
        """The given ARNs by the field that they were given in."""
        found = {field: getattr(self, field) for field in _DESTINATIONS}
        return {field: arn for field, arn in found.items() if arn is not None}


def resolve(who: str, given: FunctionFailures) -> Failures:
    """Check the ``failures`` of a function.

    Raises:
        ValueError: a number is out of range, an ARN cannot be a destination, or two fields are
            for the same thing.
    """
    retries, age = given.get("retries"), given.get("max_age_seconds")
    found = Failures(
        who=who,
        retries=integer(who, "failures.retries", RETRIES if retries is None else retries, 0, 2),
        max_age_seconds=integer(
            who,
            "failures.max_age_seconds",
            MAX_AGE_SECONDS if age is None else age,
            60,
            MAX_AGE_SECONDS,
        ),
        destination_arn=given.get("destination_arn"),
        success_arn=given.get("success_arn"),
        dead_letter_arn=given.get("dead_letter_arn"),
    )
    if found.dead_letter_arn is not None and found.destination_arn is not None:
        raise ValueError(
            f"{who}: failures.dead_letter_arn and failures.destination_arn are both for calls that "
            "failed for good, and Lambda would send each call to both. Keep destination_arn, which "
            "gets the error as well; remove dead_letter_arn."
        )
    for field, arn in found.targets().items():
        if isinstance(arn, str):
            _service(who, field, arn)
    return found


def statements(who: str, targets: Mapping[str, str]) -> list[Statement]:
    """What the role needs to reach these destinations; fields to resolved ARNs.

    Raises:
        ValueError: one is the ARN of something that cannot be a destination.
    """
    found = []
    for field, arn in targets.items():
        service = _service(who, field, arn)
        if service == "s3":
            # Lambda asks whether the bucket exists before it writes (developer guide, as above).
            found.append(allow("s3:ListBucket", arn))
        found.append(allow(_ACTIONS[service], f"{arn}/*" if service == "s3" else arn))
    return found


def _service(who: str, field: str, arn: str) -> str:
    services = _DESTINATIONS[field]
    match = _ARN.match(arn)
    if match is None or match[1] not in services:
        names = ", ".join(services)
        raise invalid(who, f"failures.{field}", arn, f"an ARN of one of the services {names}")
    if arn.endswith(".fifo"):
        kind = "queue" if match[1] == "sqs" else "topic"
        raise invalid(
            who,
            f"failures.{field}",
            arn,
            f"a standard {kind}; Lambda sends to no FIFO {kind}",
            "Calls come in no order that it could keep.",
        )
    return match[1]


def make_failure_queue(name: str, watch: Watch) -> "aws.sqs.Queue":
    """The queue, and the alarm that rings while there is something in it.

    Its policy comes later, when the triggers have said who sends to it.
    """
    queue = make_queue(
        f"{name}-failures",
        retention_seconds=DEAD_LETTER_RETENTION_SECONDS,
        policy=False,
        tags=watch.tags,
        opts=watch.opts,
    )
    watch.add_dead_letters(THING, queue)
    return queue


def let_in(scope: Scope, senders: Sequence[Sender]) -> None:
    """Write the failure queue's one policy."""
    make_queue_policy(
        f"{scope.name}-failures",
        scope.failure_queue,
        senders=[(sender.principal, sender.source_arn) for sender in senders],
        opts=scope.opts,
    )


def configure(failures: Failures, alias: "aws.lambda_.Alias", scope: Scope) -> None:
    """Tell Lambda what to do with asynchronous calls of the alias."""
    destinations: dict[str, Any] = {}
    failed = failures.destination_arn
    if failures.to_failure_queue:
        failed = scope.failure_queue.arn
    if failed is not None:
        destinations["on_failure"] = {"destination": failed}
    if failures.success_arn is not None:
        destinations["on_success"] = {"destination": failures.success_arn}
    more: dict[str, Any] = {"destination_config": destinations} if destinations else {}
    aws.lambda_.FunctionEventInvokeConfig(
        scope.name,
        function_name=alias.function_name,
        qualifier=alias.name,
        maximum_retry_attempts=failures.retries,
        maximum_event_age_in_seconds=failures.max_age_seconds,
        opts=scope.opts,
        **more,
    )
