"""EventBridge rules: events that match a pattern call the function.

EventBridge keeps trying to reach Lambda for as long as ``retries`` and ``max_age_seconds`` say
and then puts the event into the function's failure queue. That a handler fails is Lambda's
business: see the function's ``failures``. Left out: rules of other accounts' buses, and rules
with a schedule, which ``schedules`` does better.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from ...checks import listed
from ...errors import check_keys, invalid, nearest
from . import patterns
from .base import Plan, Sender, Subject, Target
from .names import check_names
from .retries import checked_retries

PATTERN_LIMIT = 4_096
"""Characters of a pattern (API reference, PutRule)."""
PATTERN_QUOTA = 2_048
"""What an account has unless its quota was raised (user guide, "EventBridge quotas")."""
FIELDS = (
    *("version", "id", "detail-type", "source", "account", "time", "region"),
    *("resources", "detail", "replay-name"),
)
"""What EventBridge puts into every event; what the sender wrote is all in ``detail``."""
_TEMPLATE_LIMIT = 8_192
_PATH = re.compile(r"\$(\.[A-Za-z0-9_-]+(\[\d+\])?)*")
_RESERVED = "aws.events."


class EventTransformer(TypedDict):
    """What the function gets instead of the event."""

    paths: NotRequired[Mapping[str, str]]
    """Names to places in the event: ``{"order": "$.detail.id"}``. None by default, at most
    100."""
    template: str
    """JSON in which ``<order>`` stands for what was found: ``{"orderId": <order>}``; at most
    8192 characters. ``<aws.events.rule-arn>`` and its like are there without a path."""


class EventTrigger(TypedDict):
    """Call the function for each event that matches. One event, one call::

    "events": {"orders": {"pattern": {
        "source": ["shop"],
        "detail-type": ["OrderPlaced"],
        "detail": {"amount": [{"numeric": [">", 100]}]},
    }}}
    """

    pattern: Mapping[str, Any]
    """What an event must look like: fields to lists of values or operators (``prefix``,
    ``suffix``, ``equals-ignore-case``, ``wildcard``, ``anything-but``, ``numeric``, ``cidr``,
    ``exists``, and ``$or`` between mappings). At least one field; outputs may be values."""
    bus_name: NotRequired[pulumi.Input[str]]
    """Name or ARN of the event bus, in the function's account. Default ``default``, on which
    AWS's own services report."""
    input_path: NotRequired[str]
    """The part of the event that the function gets, such as ``$.detail``. By default all of
    it. Not together with ``transformer``."""
    transformer: NotRequired[EventTransformer]
    """A new shape of the event. None by default, so that the function sees where an event came
    from. Not together with ``input_path``."""
    retries: NotRequired[int]
    """How often EventBridge tries again when it cannot reach Lambda, 0 to 185. Default 185."""
    max_age_seconds: NotRequired[int]
    """How long it does so, 60 to 86400 seconds. Default 86400, a day; then the event goes to
    the failure queue."""
    enabled: NotRequired[bool]
    """Whether the rule listens. Default True."""


class _Events(TypedDict):
    events: Mapping[str, EventTrigger]


@dataclass(frozen=True)
class _Event:
    pattern: dict[str, Any]
    bus: pulumi.Input[str] | None
    delivery: Mapping[str, Any]
    """Arguments of the target that decide what arrives."""
    retry_policy: Any
    enabled: bool


def plan(subject: Subject, given: Mapping[str, EventTrigger]) -> Plan:
    """Check the rules of a function.

    Raises:
        ValueError: a name, a pattern or a limit that EventBridge would refuse.
    """
    check_keys(subject.who, {"events": given}, _Events, prefix="triggers.")
    check_names(subject, "events", given, "event")
    return _Plan(
        {
            name: _checked(subject.who, f"triggers.events.{name}", item)
            for name, item in given.items()
        }
    )


@dataclass(frozen=True)
class _Plan(Plan):
    events: Mapping[str, _Event]

    def connect(self, target: Target) -> Mapping[str, Any]:
        scope = target.scope
        for name, event in self.events.items():
            role = f"event-{name}"
            rule = aws.cloudwatch.EventRule(
                f"{scope.name}-{role}",
                description=f"Events that call {scope.name}: {name}",
                event_bus_name=event.bus,
                event_pattern=pulumi.Output.json_dumps(event.pattern, sort_keys=True),
                state="ENABLED" if event.enabled else "DISABLED",
                tags=scope.tags,
                opts=scope.opts,
            )
            permission = target.allow_invoke(role, "events.amazonaws.com", rule.arn)
            aws.cloudwatch.EventTarget(
                f"{scope.name}-{role}",
                rule=rule.name,
                event_bus_name=event.bus,
                arn=target.alias.arn,
                dead_letter_config={"arn": scope.failure_queue.arn},
                retry_policy=event.retry_policy,
                # An event that comes before the permission would be refused.
                opts=pulumi.ResourceOptions.merge(
                    scope.opts, pulumi.ResourceOptions(depends_on=[permission])
                ),
                **event.delivery,
            )
            target.senders.append(Sender("events.amazonaws.com", rule.arn))
        return {}


def _checked(who: str, field: str, given: EventTrigger) -> _Event:
    pattern = patterns.checked(who, f"{field}.pattern", given["pattern"])
    _check_fields(who, f"{field}.pattern", pattern)
    size = len(json.dumps(pattern, default=lambda _: ""))
    if size > PATTERN_LIMIT:
        raise invalid(
            who,
            f"{field}.pattern",
            f"{size} characters",
            f"at most {PATTERN_LIMIT} as JSON",
            "Match less here and the rest in the handler.",
        )
    if size > PATTERN_QUOTA:
        pulumi.log.warn(
            f"{who}: {field}.pattern has {size} characters; an account takes {PATTERN_QUOTA} "
            "unless its quota for EventBridge was raised."
        )
    enabled = given.get("enabled")
    return _Event(
        pattern,
        given.get("bus_name"),
        _delivery(who, field, given),
        checked_retries(who, field, given),
        enabled is None or enabled,
    )


def _check_fields(who: str, field: str, pattern: Mapping[str, Any]) -> None:
    """Events have the same few fields; one that does not exist matches nothing, ever."""
    for key, value in pattern.items():
        if key == "$or":
            for number, alternative in enumerate(value):
                _check_fields(who, f"{field}.$or[{number}]", alternative)
        elif key not in FIELDS:
            close = nearest(key, FIELDS)
            raise invalid(
                who,
                field,
                key,
                f"the fields {listed(FIELDS)}",
                f"Did you mean {close!r}?" if close else "What a sender wrote is in 'detail'.",
            )
        elif isinstance(value, Mapping) != (key == "detail"):
            allowed = "a mapping of fields" if key == "detail" else "a list of values"
            raise invalid(who, f"{field}.{key}", value, allowed)


def _delivery(who: str, field: str, given: EventTrigger) -> Mapping[str, Any]:
    path, transformer = given.get("input_path"), given.get("transformer")
    if path is not None and transformer is not None:
        hint = "A template can hold everything under a path: drop input_path."
        raise invalid(who, f"{field}.input_path", path, "without transformer", hint)
    if path is not None:
        return {"input_path": _checked_path(who, f"{field}.input_path", path)}
    if transformer is None:
        return {}
    field = f"{field}.transformer"
    paths, template = transformer.get("paths") or {}, transformer["template"]
    if len(paths) > 100:
        raise invalid(who, f"{field}.paths", f"{len(paths)} paths", "at most 100")
    for name, place in paths.items():
        if not re.fullmatch(r"[A-Za-z0-9_-]+", name) or name.lower().startswith("aws"):
            allowed = "names of letters, digits, _ and - that do not begin with AWS"
            raise invalid(who, f"{field}.paths", name, allowed)
        _checked_path(who, f"{field}.paths.{name}", place)
    if not 1 <= len(template) <= _TEMPLATE_LIMIT:
        allowed = f"1 to {_TEMPLATE_LIMIT} characters"
        raise invalid(who, f"{field}.template", f"{len(template)} characters", allowed)
    for name in re.findall(r"<([^<>\s]+)>", template):
        if name not in paths and not name.startswith(_RESERVED):
            close = nearest(name, paths)
            raise invalid(
                who,
                f"{field}.template",
                f"<{name}>",
                f"names in paths: {listed(paths) or 'there are none'}",
                f"Did you mean <{close}>?" if close else f"Add {name!r} to paths.",
            )
    return {"input_transformer": {"input_paths": paths, "input_template": template}}


def _checked_path(who: str, field: str, path: str) -> str:
    if not _PATH.fullmatch(path) or len(path) > 256:
        hint = "Brackets hold a number only; EventBridge has no other JSONPath."
        raise invalid(who, field, path, "a path such as '$.detail.id', at most 256 long", hint)
    return path
