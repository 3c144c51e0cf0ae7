"""Objects of a bucket that call the function.

A bucket is made unless one is given. Its events come in S3's own notification, which all
functions of a program share (``bucket_notifications.py``), or through EventBridge, where any
number of programs can listen. Left out: queues and topics as targets of a notification, and
buckets of another account, whose owner has to grant what this component cannot.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from ...bucket_notifications import EVENTS, SharedBucket, Wish, same_event, shared_bucket
from ...buckets import bucket_arn, make_bucket
from ...checks import one_of
from ...errors import check_keys, invalid
from ...policy import Statement, allow
from .base import Plan, Scope, Sender, Subject, Target
from .names import check_names

CREATED = "s3:ObjectCreated:*"
DETAIL_TYPES = {
    CREATED: "Object Created",
    "s3:ObjectRemoved:*": "Object Deleted",
    "s3:ObjectRestore:Post": "Object Restore Initiated",
    "s3:ObjectRestore:Completed": "Object Restore Completed",
    "s3:ObjectRestore:Delete": "Object Restore Expired",
    "s3:ObjectTagging:Put": "Object Tags Added",
    "s3:ObjectTagging:Delete": "Object Tags Deleted",
    "s3:ObjectAcl:Put": "Object ACL Updated",
    "s3:LifecycleTransition": "Object Storage Class Changed",
    "s3:IntelligentTiering": "Object Access Tier Changed",
}
"""What EventBridge tells apart (S3 user guide, "EventBridge event message structure"). A deleted
object is one detail type, whether a person or a lifecycle rule deleted it."""
_NAME_LIMIT = 63
VIAS = ("notification", "eventbridge")
ACCESSES = ("none", "read", "read_write")
_KEY_PART = re.compile(r"[A-Za-z0-9!_.'()/=-]{0,1024}")
"""S3 takes other characters in a filter in an encoded form only, and no wildcard at all (S3 user
guide, "Configuring event notifications using object key name filtering")."""


class BucketTrigger(TypedDict):
    """Objects of one bucket that call the function.

    Every new CSV below ``in/`` of a bucket that is made, which the function may read::

        "s3": {"uploads": {"prefix": "in/", "suffix": ".csv", "access": "read"}}

    A bucket that another program owns, and has set to send its events to EventBridge::

        "s3": {"invoices": {"bucket": "acme-invoices", "via": "eventbridge"}}

    S3 may tell of an object twice and out of order; keys arrive URL-encoded in notifications
    and plain from EventBridge.
    """

    bucket: NotRequired[pulumi.Input[str]]
    """Name of a bucket in this account and region. By default one is made: private, encrypted,
    deleted with the function only when it is empty or ``force_delete`` is set. For several
    functions on one bucket pass each the very same string or output. With
    ``via="notification"`` this program must own the bucket's notifications: S3 keeps one
    document a bucket, and writing it replaces whatever else wrote there. Where the bucket is
    given as an output, the document stays on the bucket when the last function is gone."""
    prefix: NotRequired[str]
    """Only keys that begin so. Letters, digits and ``! _ . ' ( ) / = -``. Default: all keys."""
    suffix: NotRequired[str]
    """Only keys that end so, such as ``.csv``. Default: all keys."""
    events: NotRequired[Sequence[str]]
    """S3 event names. Default ``["s3:ObjectCreated:*"]``. EventBridge knows fewer: see the
    message that a wrong one gives."""
    via: NotRequired[str]
    """``notification`` (default) or ``eventbridge``. EventBridge suits a bucket that is owned
    elsewhere, and prefixes that overlap with another function's; the bucket must send its
    events there (``eventbridge=True`` in its notification; a bucket that is made does). The
    event then has EventBridge's form (``detail.object.key``)."""
    access: NotRequired[str]
    """What the function may do with the objects: ``none`` (default), ``read`` those that call
    it, or ``read_write``: put objects below the prefix as well. With either it may list the
    prefix. A function that writes what calls it again never ends."""
    versioned: NotRequired[bool]
    """Whether the bucket that is made keeps overwritten and deleted objects, each billed until
    something expires it. Default False. Not with ``bucket``."""


class _Buckets(TypedDict):
    s3: Mapping[str, BucketTrigger]


@dataclass(eq=False)
class _Trigger:
    key: str
    given: pulumi.Input[str] | None
    wish: Wish
    via: str
    access: str
    versioned: bool
    shared: SharedBucket | None = None
    name: pulumi.Input[str] = ""
    arn: pulumi.Input[str] = ""

    @property
    def objects(self) -> pulumi.Output[str]:
        return pulumi.Output.concat(self.arn, "/", self.wish.prefix, "*")


def plan(subject: Subject, given: Mapping[str, BucketTrigger]) -> "BucketPlan":
    """Check the buckets and claim their events.

    Raises:
        ValueError: a value is not allowed, or another function of the program has the same
            events of the same objects.
    """
    check_keys(subject.who, {"s3": given}, _Buckets, prefix="triggers.")
    check_names(subject, "s3", given, "bucket", limit=_NAME_LIMIT)
    triggers = [_checked(subject, key, item) for key, item in given.items()]
    for trigger in triggers:
        if trigger.given is not None:
            trigger.shared = shared_bucket(trigger.given)
            if trigger.via == "notification":
                trigger.shared.claim(trigger.wish)
            else:
                trigger.shared.to_eventbridge = True
    return BucketPlan(triggers)


def _checked(subject: Subject, key: str, given: BucketTrigger) -> _Trigger:
    who, where = subject.who, f"triggers.s3.{key}"
    via = one_of(who, f"{where}.via", given.get("via") or VIAS[0], VIAS)
    access = one_of(who, f"{where}.access", given.get("access") or ACCESSES[0], ACCESSES)
    events = tuple(given.get("events") or (CREATED,))
    for event in events:
        one_of(who, f"{where}.events", event, EVENTS)
        if via == "eventbridge":
            _check_eventbridge(who, f"{where}.events", event)
    for one, two in combinations(events, 2):
        if same_event(one, two):
            raise invalid(
                who,
                f"{where}.events",
                list(events),
                "each event once",
                f"{one} and {two} are the same event twice: remove one.",
            )
    for part in ("prefix", "suffix"):
        text = given.get(part) or ""
        if not isinstance(text, str) or not _KEY_PART.fullmatch(text):
            raise invalid(
                who,
                f"{where}.{part}",
                text,
                "up to 1024 letters, digits and ! _ . ' ( ) / = -; S3 knows no wildcards here",
                "Filter the rest in the handler.",
            )
    if given.get("versioned") and given.get("bucket") is not None:
        raise invalid(
            who,
            f"{where}.versioned",
            True,
            "only for a bucket that is made here",
            "Set it where the bucket is made.",
        )
    prefix, suffix = given.get("prefix") or "", given.get("suffix") or ""
    if access == "read_write" and not suffix and any(same_event(CREATED, e) for e in events):
        pulumi.log.warn(
            f"{who}: {where} lets the function write below {prefix or 'the whole bucket'!r}, and "
            "every object written there calls it again. Write elsewhere, or set suffix to what "
            "it reads and write something else."
        )
    return _Trigger(
        key=key,
        given=given.get("bucket"),
        wish=Wish(who, where, f"{subject.name}-{key}", events, prefix, suffix),
        via=via,
        access=access,
        versioned=bool(given.get("versioned")),
    )


def _check_eventbridge(who: str, field: str, event: str) -> None:
    if event not in DETAIL_TYPES:
        raise invalid(
            who,
            field,
            event,
            f"with via='eventbridge' {', '.join(DETAIL_TYPES)}",
            "EventBridge does not tell the others apart; look at detail.reason in the handler.",
        )


class BucketPlan(Plan):
    """The checked buckets of one function."""

    def __init__(self, triggers: Sequence[_Trigger]) -> None:
        self._triggers = {trigger.key: trigger for trigger in triggers}

    def make_sources(self, scope: Scope) -> Sequence[Statement]:
        """Make the buckets; the role gets what ``access`` says."""
        statements: list[Statement] = []
        for trigger in self._triggers.values():
            if trigger.given is None:
                made = make_bucket(
                    f"{scope.name}-bucket-{trigger.key}",
                    force_delete=scope.force_delete,
                    versioned=trigger.versioned,
                    tags=scope.tags,
                    opts=scope.opts,
                )
                trigger.name, trigger.arn = made.bucket, made.arn
                trigger.shared = shared_bucket(made.bucket)
                trigger.shared.made = trigger.shared.to_eventbridge = True
                if trigger.via == "notification":
                    trigger.shared.claim(trigger.wish)
            else:
                trigger.name = trigger.given
                trigger.arn = bucket_arn(
                    trigger.given, pulumi.InvokeOptions(parent=scope.opts.parent)
                )
            statements += _access(trigger)
        return statements

    def connect(self, target: Target) -> Mapping[str, Any]:
        """Have S3 or EventBridge call the alias."""
        for trigger in self._triggers.values():
            if trigger.via == "eventbridge":
                _connect_rule(trigger, target)
            else:
                _connect_notification(trigger, target)
        return {"bucket_names": {key: item.name for key, item in self._triggers.items()}}

    def upload_policy(self, key: str) -> Statement:
        """Put objects where they call the function; after ``make_sources``."""
        return allow("s3:PutObject", self._triggers[key].objects)


def _access(trigger: _Trigger) -> list[Statement]:
    if trigger.access == "none":
        return []
    wish = trigger.wish
    listing = {"StringLike": {"s3:prefix": f"{wish.prefix}*"}} if wish.prefix else None
    statements = [
        allow("s3:GetObject", pulumi.Output.concat(trigger.objects, wish.suffix)),
        # For listing; without a prefix it also has S3 call a missing key missing, not forbidden.
        allow("s3:ListBucket", trigger.arn, condition=listing),
    ]
    if trigger.access == "read_write":
        statements.append(allow("s3:PutObject", trigger.objects))
    return statements


def _connect_notification(trigger: _Trigger, target: Target) -> None:
    role = f"bucket-{trigger.key}"
    permission = target.allow_invoke(role, "s3.amazonaws.com", trigger.arn)
    assert trigger.shared is not None
    trigger.shared.subscribe(
        trigger.wish,
        # S3 tries the permission when the notification is written.
        pulumi.Output.all(target.alias.arn, permission.id).apply(lambda known: str(known[0])),
        name=f"{target.scope.name}-{role}",
        opts=target.scope.opts,
    )


def _connect_rule(trigger: _Trigger, target: Target) -> None:
    scope, role = target.scope, f"bucket-{trigger.key}"
    assert trigger.shared is not None
    if trigger.shared.made:
        trigger.shared.notify(f"{scope.name}-{role}", opts=scope.opts)
    rule = aws.cloudwatch.EventRule(
        f"{scope.name}-{role}",
        description=f"Objects that call {scope.name}",
        event_pattern=pulumi.Output.from_input(trigger.name).apply(
            lambda name: json.dumps(_pattern(trigger.wish, name), sort_keys=True)
        ),
        tags=scope.tags,
        opts=scope.opts,
    )
    target.allow_invoke(role, "events.amazonaws.com", rule.arn)
    aws.cloudwatch.EventTarget(
        f"{scope.name}-{role}",
        rule=rule.name,
        arn=target.alias.arn,
        dead_letter_config={"arn": scope.failure_queue.arn},
        opts=scope.opts,
    )
    target.senders.append(Sender("events.amazonaws.com", rule.arn))


def _pattern(wish: Wish, bucket: str) -> dict[str, Any]:
    detail: dict[str, Any] = {"bucket": {"name": [bucket]}}
    if wish.prefix and wish.suffix:
        # Two conditions in one list mean either; one wildcard means both.
        detail["object"] = {"key": [{"wildcard": f"{wish.prefix}*{wish.suffix}"}]}
    elif wish.prefix or wish.suffix:
        kind = "prefix" if wish.prefix else "suffix"
        detail["object"] = {"key": [{kind: wish.prefix or wish.suffix}]}
    return {
        "source": ["aws.s3"],
        "detail-type": [DETAIL_TYPES[event] for event in wish.events],
        "detail": detail,
    }
