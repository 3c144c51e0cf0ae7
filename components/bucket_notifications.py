"""Who wants to hear of which bucket: all wishes of a program, in one notification a bucket.

S3 keeps one notification document a bucket, and writing it replaces what others wrote. So the
wishes of all functions of a program are collected here. The ``BucketNotification`` is
registered with the first wish, yet its content comes from a coroutine that waits for the
program to end, when everybody has spoken.

Two wishes are for the same bucket when it was given as the same name or as the very same
output. A bucket that is known in two ways shows when the names are there, and is an error then:
one of two documents would be lost. Left out: wishes of other programs, which go through
EventBridge, and of components that are built one by one for another language.
"""

import asyncio
from dataclasses import dataclass, field
from itertools import product
from typing import Any
from weakref import WeakKeyDictionary

import pulumi
import pulumi_aws as aws
from pulumi.runtime.settings import get_monitor

from .errors import invalid

EVENTS = (
    "s3:ObjectCreated:*",
    "s3:ObjectCreated:Put",
    "s3:ObjectCreated:Post",
    "s3:ObjectCreated:Copy",
    "s3:ObjectCreated:CompleteMultipartUpload",
    "s3:ObjectRemoved:*",
    "s3:ObjectRemoved:Delete",
    "s3:ObjectRemoved:DeleteMarkerCreated",
    "s3:ObjectRestore:*",
    "s3:ObjectRestore:Post",
    "s3:ObjectRestore:Completed",
    "s3:ObjectRestore:Delete",
    "s3:ObjectTagging:*",
    "s3:ObjectTagging:Put",
    "s3:ObjectTagging:Delete",
    "s3:ObjectAcl:Put",
    "s3:LifecycleExpiration:*",
    "s3:LifecycleExpiration:Delete",
    "s3:LifecycleExpiration:DeleteMarkerCreated",
    "s3:LifecycleTransition",
    "s3:IntelligentTiering",
    "s3:ReducedRedundancyLostObject",
    "s3:Replication:*",
    "s3:Replication:OperationFailedReplication",
    "s3:Replication:OperationMissedThreshold",
    "s3:Replication:OperationReplicatedAfterThreshold",
    "s3:Replication:OperationNotTracked",
)
"""What S3 can notify of (S3 user guide, "Supported event types")."""

_TYPE = "aws:s3/bucketNotification:BucketNotification"
_POLL_SECONDS = 0.01
"""How often a program that waits for something itself is asked whether it has ended."""


@dataclass(frozen=True)
class Wish:
    """Which events of which objects one function wants."""

    who: str
    """The component, for messages: ``MultiTriggerFunction 'thumbnails'``."""
    field: str
    """Where it was written: ``triggers.s3.uploads``."""
    id: str
    """Name of the entry in the document; unique in the program."""
    events: tuple[str, ...]
    prefix: str
    suffix: str

    def overlaps(self, other: "Wish") -> bool:
        """Whether one object could make S3 tell both, which S3 refuses."""
        return (
            (self.prefix.startswith(other.prefix) or other.prefix.startswith(self.prefix))
            and (self.suffix.endswith(other.suffix) or other.suffix.endswith(self.suffix))
            and any(same_event(one, two) for one, two in product(self.events, other.events))
        )

    @property
    def owner(self) -> str:
        """Component and field, for messages."""
        return f"{self.who} ({self.field})"

    @property
    def objects(self) -> str:
        """Events and keys, for messages."""
        keys = f"{self.prefix}*{self.suffix}"
        return f"{', '.join(self.events)} of {keys}"


def same_event(one: str, two: str) -> bool:
    """Whether one of two event names covers the other: ``s3:ObjectCreated:*`` has members."""
    pairs = ((one, two), (two, one))
    return any(a == b or (a.endswith(":*") and b.startswith(a[:-1])) for a, b in pairs)


@dataclass(eq=False)
class SharedBucket:
    """One bucket of the running program, and everybody who wants to hear of it."""

    name: pulumi.Input[str]
    _program: "_Program"
    made: bool = False
    """Whether the component that subscribes first made it: both then go together."""
    to_eventbridge: bool = False
    """Whether EventBridge gets its events as well; for those who cannot share the document."""
    _wishes: list[Wish] = field(default_factory=list)
    _functions: dict[str, pulumi.Output[str]] = field(default_factory=dict)
    """ARNs by the id of their wish."""
    _registered: bool = False
    _written: bool = False

    def claim(self, wish: Wish) -> None:
        """Take these events, before anything is registered.

        Raises:
            ValueError: another wish of the program overlaps, which S3 would refuse.
        """
        for other in self._wishes:
            if wish.overlaps(other):
                raise invalid(
                    wish.who,
                    wish.field,
                    wish.objects,
                    f"what does not overlap with {other.owner} on the same bucket, which has "
                    f"{other.objects}",
                    "S3 tells one function of an object. Next step: take prefixes or suffixes "
                    "of which none begins (or ends) with the other, or via='eventbridge' for "
                    "one of the two.",
                )
        self._wishes.append(wish)

    def subscribe(
        self,
        wish: Wish,
        function_arn: pulumi.Output[str],
        *,
        name: str,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Have the events of a claimed wish sent to a function.

        Args:
            wish: what was claimed.
            function_arn: known only once S3 may invoke it, since S3 checks that.
            name: of the notification, should this be the first of the bucket.
            opts: likewise.

        Raises:
            ValueError: the document has been written.
        """
        if self._written:
            raise ValueError(
                f"{wish.owner}: the bucket's notification has been written without it. Next "
                "step: make the function while the program runs, not inside apply()."
            )
        self._functions[wish.id] = function_arn
        self.notify(name, opts=opts)

    def notify(self, name: str, *, opts: pulumi.ResourceOptions) -> None:
        """Register the bucket's one notification, unless it is; see ``subscribe``."""
        if self._registered:
            return
        self._registered = True
        if isinstance(self.name, str):
            # Whoever comes first in the program today, the resource stays the same.
            name, opts = self.name, _beside(opts.parent)
        elif not self.made:
            # Another subscriber may be the first tomorrow. Deleting the old resource, which
            # happens last, would empty the document that the new one has just written.
            opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(retain_on_delete=True))
        aws.s3.BucketNotification(
            name,
            bucket=self._checked_name(),
            lambda_functions=self._document(),
            eventbridge=self._eventbridge(),
            opts=opts,
        )

    def _checked_name(self) -> pulumi.Output[str]:
        name: pulumi.Output[str] = pulumi.Output.from_input(self.name)
        return name.apply(lambda known: self._program.checked_name(self, known))

    async def _document(self) -> list[Any]:
        await self._program.ended()
        self._written = True
        return [
            aws.s3.BucketNotificationLambdaFunctionArgs(
                id=wish.id,
                events=list(wish.events),
                filter_prefix=wish.prefix or None,
                filter_suffix=wish.suffix or None,
                lambda_function_arn=self._functions[wish.id],
            )
            for wish in sorted(self._wishes, key=lambda wish: wish.id)
            if wish.id in self._functions
        ]

    async def _eventbridge(self) -> bool:
        await self._program.ended()
        return self.to_eventbridge


class _Program:
    """The buckets of one run of a program."""

    def __init__(self) -> None:
        self._root = pulumi.runtime.get_root_resource()
        self._buckets: list[SharedBucket] = []
        self._by_name: dict[str, SharedBucket] = {}

    def bucket(self, given: pulumi.Input[str]) -> SharedBucket:
        for known in self._buckets:
            if known.name is given or (isinstance(given, str) and _equal(known.name, given)):
                return known
        self._buckets.append(SharedBucket(given, self))
        return self._buckets[-1]

    async def ended(self) -> None:
        """Wait until the program has said everything.

        A program runs in one go, and a coroutine gets its turn only after it; except that the
        program may wait for something in the middle, a call of AWS for instance.
        """
        while not getattr(self._root, "_outputs_registered", True):
            await asyncio.sleep(_POLL_SECONDS)

    def checked_name(self, bucket: SharedBucket, name: str) -> str:
        """Refuse a second notification of a bucket, now that its name is known."""
        other = self._by_name.setdefault(name, bucket)
        if other is not bucket:
            wishes = (*other._wishes, *bucket._wishes)
            owners = " and ".join(sorted(wish.owner for wish in wishes))
            raise ValueError(
                f"{owners}: the bucket '{name}' was given in two ways, so each would write a "
                "notification of its own and the last would win. Next step: give all of them "
                "the very same object, for instance one variable that holds bucket.bucket."
            )
        return name


def _beside(parent: pulumi.Resource | None) -> pulumi.ResourceOptions:
    """No child of the component, yet in the account and region that the component is in."""
    provider = parent.get_provider(_TYPE) if parent is not None else None
    assert provider is None or isinstance(provider, pulumi.ProviderResource)
    return pulumi.ResourceOptions(provider=provider)


def _equal(name: pulumi.Input[str], given: str) -> bool:
    return isinstance(name, str) and name == given


_programs: WeakKeyDictionary[Any, _Program] = WeakKeyDictionary()
"""Each run of a program talks to a monitor of its own."""


def shared_bucket(given: pulumi.Input[str]) -> SharedBucket:
    """The bucket of the running program that goes by this name or output."""
    monitor = get_monitor()
    return _programs.setdefault(monitor, _Program()).bucket(given)
