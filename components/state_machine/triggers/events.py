"""EventBridge rules: events that match a pattern start executions.

Each rule has a role that only it can use. An event that could not start an execution goes to
the failure queue. What a rule may say is checked where functions have theirs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from ...function.triggers import events
from ...function.triggers.base import Sender
from ...function.triggers.events import EventTransformer
from .base import Plan, Subject, Target

PRINCIPAL = "events.amazonaws.com"


class WorkflowEvent(TypedDict):
    """Start an execution for each event that matches::

    "events": {"placed": {
        "pattern": {"source": ["shop"], "detail-type": ["OrderPlaced"]},
        "input_path": "$.detail",
    }}
    """

    pattern: Mapping[str, Any]
    """What an event must look like: fields to lists of values or operators (``prefix``,
    ``suffix``, ``equals-ignore-case``, ``wildcard``, ``anything-but``, ``numeric``, ``cidr``,
    ``exists``, and ``$or`` between mappings). At least one field; outputs may be values."""
    bus_name: NotRequired[pulumi.Input[str]]
    """Name or ARN of the event bus, in the machine's account. Default ``default``, on which
    AWS's own services report."""
    input_path: NotRequired[str]
    """The part of the event that is the execution's input, such as ``$.detail``. By default all
    of it. Not together with ``transformer``."""
    transformer: NotRequired[EventTransformer]
    """A new shape of the event. None by default. Not together with ``input_path``."""
    retries: NotRequired[int]
    """How often EventBridge tries again to start it, 0 to 185. Default 185."""
    max_age_seconds: NotRequired[int]
    """How long it does so, 60 to 86400 seconds. Default 86400, a day; then the event goes to
    the failure queue."""
    enabled: NotRequired[bool]
    """Whether the rule listens. Default True."""


def plan(subject: Subject, given: Mapping[str, WorkflowEvent]) -> Plan:
    """Check the rules of a machine.

    Raises:
        ValueError: a name, a pattern or a limit that EventBridge would refuse.
    """
    same_fields: Any = given
    checked: Any = events.plan(subject.as_function(), same_fields)
    return _Plan(checked.events)


@dataclass(frozen=True)
class _Plan(Plan):
    events: Mapping[str, Any]
    """As the function's kind has checked them."""
    may_fail = True

    def connect(self, target: Target) -> Mapping[str, Any]:
        for key, event in self.events.items():
            role = f"event-{key}"
            rule = aws.cloudwatch.EventRule(
                f"{target.name}-{role}",
                description=f"Events that start {target.name}: {key}",
                event_bus_name=event.bus,
                event_pattern=pulumi.Output.json_dumps(event.pattern, sort_keys=True),
                state="ENABLED" if event.enabled else "DISABLED",
                tags=target.tags,
                opts=target.opts,
            )
            starter, policy = target.starter(
                role, PRINCIPAL, source_account=target.account_id, source_arn=rule.arn
            )
            aws.cloudwatch.EventTarget(
                f"{target.name}-{role}",
                rule=rule.name,
                event_bus_name=event.bus,
                arn=target.alias.arn,
                role_arn=starter.arn,
                dead_letter_config={"arn": target.failures.arn},
                retry_policy=event.retry_policy,
                opts=target.after(policy),
                **event.delivery,
            )
            target.senders.append(Sender(PRINCIPAL, rule.arn))
        return {}
