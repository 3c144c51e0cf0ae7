"""SNS subscriptions: what is published to a topic calls the function.

SNS keeps trying to reach Lambda for some 23 days and then puts the message into the
function's failure queue. Left out: FIFO topics, to which Lambda cannot subscribe, and topics
of other accounts, whose owners have a say.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from ...checks import one_of
from ...errors import check_keys, invalid
from ...topics import make_topic
from . import patterns
from .base import Plan, Sender, Subject, Target
from .names import check_names

PRINCIPAL = "sns.amazonaws.com"
SCOPES = ("MessageAttributes", "MessageBody")
# SNS developer guide, "Filter policy constraints".
MOST_KEYS = 5
MOST_COMBINATIONS = 150
LARGEST_NUMBER = 1e9
LARGEST_POLICY = 256 * 1024
_NAME_LIMIT = 256
_TOPIC = re.compile(r"arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}")


class TopicTrigger(TypedDict):
    """Call the function for each message of a topic::

    "sns": {"news": {"filter_policy": {"kind": ["offer", {"prefix": "sale-"}]}}}
    """

    topic_arn: NotRequired[pulumi.Input[str]]
    """ARN of a standard topic of this account. By default one is made, encrypted and for TLS
    only; ``publish_policy`` of the function lets others publish to it."""
    filter_policy: NotRequired[Mapping[str, Any]]
    """Which messages: names to lists of values or operators (``prefix``, ``suffix``,
    ``equals-ignore-case``, ``wildcard``, ``anything-but``, ``numeric``, ``cidr``, ``exists``,
    ``$or``). At most 5 names and 150 combinations. By default all. A change takes up to 15
    minutes to have its effect."""
    filter_scope: NotRequired[str]
    """What the filter looks at: ``MessageAttributes`` (default) or ``MessageBody``, which must
    be JSON and may be nested."""


class _Topics(TypedDict):
    sns: Mapping[str, TopicTrigger]


@dataclass(frozen=True)
class _Topic:
    arn: pulumi.Input[str] | None
    filter_policy: Mapping[str, Any] | None
    filter_scope: str | None


def plan(subject: Subject, given: Mapping[str, TopicTrigger]) -> Plan:
    """Check the subscriptions of a function.

    Raises:
        ValueError: a name, a topic or a filter that SNS would refuse.
    """
    check_keys(subject.who, {"sns": given}, _Topics, prefix="triggers.")
    check_names(subject, "sns", given, "topic", limit=_NAME_LIMIT)
    return _Plan(
        subject.who,
        {name: _checked(subject.who, f"triggers.sns.{name}", item) for name, item in given.items()},
    )


@dataclass(frozen=True)
class _Plan(Plan):
    who: str
    topics: Mapping[str, _Topic]

    def connect(self, target: Target) -> Mapping[str, Any]:
        scope = target.scope
        arns: dict[str, pulumi.Output[str]] = {}
        for name, topic in self.topics.items():
            role = f"topic-{name}"
            arn = self._arn(target, name, topic)
            permission = target.allow_invoke(role, PRINCIPAL, arn)
            aws.sns.TopicSubscription(
                f"{scope.name}-{role}",
                topic=arn,
                protocol="lambda",
                endpoint=target.alias.arn,
                filter_policy=(
                    None
                    if topic.filter_policy is None
                    else pulumi.Output.json_dumps(topic.filter_policy, sort_keys=True)
                ),
                filter_policy_scope=topic.filter_scope,
                redrive_policy=scope.failure_queue.arn.apply(
                    lambda queue: json.dumps({"deadLetterTargetArn": queue})
                ),
                # A message that comes before the permission would be refused.
                opts=pulumi.ResourceOptions.merge(
                    scope.opts, pulumi.ResourceOptions(depends_on=[permission])
                ),
            )
            target.senders.append(Sender(PRINCIPAL, arn))
            arns[name] = arn
        return {"topic_arns": arns}

    def _arn(self, target: Target, name: str, topic: _Topic) -> pulumi.Output[str]:
        scope = target.scope
        if topic.arn is None:
            return make_topic(f"{scope.name}-topic-{name}", opts=scope.opts, tags=scope.tags).arn
        field = f"triggers.sns.{name}.topic_arn"
        return pulumi.Output.from_input(topic.arn).apply(
            lambda arn: _checked_arn(self.who, field, arn)
        )


def _checked(who: str, field: str, given: TopicTrigger) -> _Topic:
    arn = given.get("topic_arn")
    if isinstance(arn, str):
        _checked_arn(who, f"{field}.topic_arn", arn)
    filters, scope = given.get("filter_policy"), given.get("filter_scope")
    if filters is None:
        if scope is not None:
            raise invalid(who, f"{field}.filter_scope", scope, "with filter_policy only")
        return _Topic(arn, None, None)
    scope = one_of(who, f"{field}.filter_scope", scope or SCOPES[0], SCOPES)
    return _Topic(arn, _checked_filter(who, f"{field}.filter_policy", filters, scope), scope)


def _checked_arn(who: str, field: str, arn: str) -> str:
    if arn.endswith(".fifo"):
        hint = "Subscribe a FIFO queue to it, and the function to the queue with an sqs trigger."
        raise invalid(who, field, arn, "a standard topic; Lambda cannot subscribe to a FIFO", hint)
    if not _TOPIC.fullmatch(arn):
        raise invalid(who, field, arn, "the ARN of an SNS topic", "Use the arn of the topic.")
    return arn


def _checked_filter(who: str, field: str, given: object, scope: str) -> Mapping[str, Any]:
    filters = patterns.checked(who, field, given, number_limit=LARGEST_NUMBER)
    found = list(patterns.leaves(filters))
    if scope == "MessageAttributes" and any(depth > 1 for depth, _ in found):
        hint = "Attributes are flat; for what is nested use filter_scope='MessageBody'."
        raise invalid(who, field, given, "names to lists of values", hint)
    if len(found) > MOST_KEYS:
        hint = "Filter by fewer, or in the handler."
        raise invalid(who, field, f"{len(found)} names", f"at most {MOST_KEYS}", hint)
    # Each level of nesting counts as often as there are values below it.
    combinations = math.prod(depth * values for depth, values in found)
    if combinations > MOST_COMBINATIONS:
        raise invalid(
            who,
            field,
            f"{combinations} combinations",
            f"at most {MOST_COMBINATIONS}: the product of the numbers of values, each times "
            "its depth",
            "List fewer values; a prefix may stand for several.",
        )
    size = len(json.dumps(filters, default=lambda _: ""))
    if size > LARGEST_POLICY:
        raise invalid(who, field, f"{size} bytes", f"at most {LARGEST_POLICY} as JSON")
    return filters
