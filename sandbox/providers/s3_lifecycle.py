"""What happens to objects with time."""

from collections.abc import Mapping
from typing import Any, ClassVar

import pydantic

from .base import Inputs, Outputs, Provider
from .common import ignoring, one_of, pascal, wire, within
from .s3_bucket import GONE

RULES = 1000
_CLASSES = (
    "DEEP_ARCHIVE",
    "GLACIER",
    "GLACIER_IR",
    "INTELLIGENT_TIERING",
    "ONEZONE_IA",
    "STANDARD_IA",
)
_INFREQUENT = ("ONEZONE_IA", "STANDARD_IA")
"""Classes for objects of 30 days and more (S3 user guide, "Transitioning objects")."""
_ACTIONS = (
    "abort_incomplete_multipart_upload",
    "expiration",
    "noncurrent_version_expiration",
    "noncurrent_version_transitions",
    "transitions",
)


class AbandonedUploads(Inputs):
    """When parts of an upload go that was not completed."""

    days_after_initiation: int | None = None


class Expiration(Inputs):
    """When an object goes."""

    date: str | None = None
    days: int | None = None
    expired_object_delete_marker: bool | None = None


class Transition(Inputs):
    """When an object moves to another storage class."""

    date: str | None = None
    days: int | None = None
    storage_class: str


class OldExpiration(Inputs):
    """When an overwritten version goes."""

    newer_noncurrent_versions: int | None = None
    noncurrent_days: int


class OldTransition(Inputs):
    """When an overwritten version moves."""

    newer_noncurrent_versions: int | None = None
    noncurrent_days: int
    storage_class: str


class Tag(Inputs):
    """A tag that objects have."""

    key: str
    value: str


class Both(Inputs):
    """Several conditions at once."""

    object_size_greater_than: int | None = None
    object_size_less_than: int | None = None
    prefix: str | None = None
    tags: dict[str, str] | None = None


class Filter(Inputs):
    """Which objects."""

    both: Both | None = pydantic.Field(default=None, alias="and")
    object_size_greater_than: int | None = None
    object_size_less_than: int | None = None
    prefix: str | None = None
    tag: Tag | None = None


class Rule(Inputs):
    """One rule."""

    id: str
    status: str
    filter: Filter | None = None
    abort_incomplete_multipart_upload: AbandonedUploads | None = None
    expiration: Expiration | None = None
    noncurrent_version_expiration: OldExpiration | None = None
    noncurrent_version_transitions: list[OldTransition] = []
    transitions: list[Transition] = []


class LifecycleInputs(Inputs):
    """Inputs of a lifecycle."""

    bucket: str
    rules: list[Rule]


class BucketLifecycleConfiguration(Provider[LifecycleInputs]):
    """The rules of one bucket."""

    token = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    inputs = LifecycleInputs
    replaces = frozenset({"bucket"})
    inert: ClassVar[Mapping[str, str]] = {
        "rules": "checked and stored; nothing expires or moves by itself"
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> LifecycleInputs:
        inputs = super().check(name, properties)
        within("the number of rules", len(inputs.rules), 1, RULES)
        ids = [rule.id for rule in inputs.rules]
        if len(ids) != len(set(ids)):
            raise ValueError(f"rules: an id is used twice: {', '.join(sorted(ids))}.")
        for rule in inputs.rules:
            _check_rule(f"rule {rule.id!r}", rule)
        return inputs

    def create(self, name: str, inputs: LifecycleInputs) -> tuple[str, Outputs]:
        self._put(inputs.bucket, inputs)
        return inputs.bucket, {}

    def update(
        self, id: str, old: LifecycleInputs, new: LifecycleInputs, outputs: Outputs
    ) -> Outputs:
        self._put(id, new)
        return outputs

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring(GONE):
            self.context.client("s3").delete_bucket_lifecycle(Bucket=id)

    def _put(self, bucket: str, inputs: LifecycleInputs) -> None:
        self.context.client("s3").put_bucket_lifecycle_configuration(
            Bucket=bucket, LifecycleConfiguration={"Rules": [_rule(rule) for rule in inputs.rules]}
        )


def _check_rule(label: str, rule: Rule) -> None:
    if not 0 < len(rule.id) <= 255:
        raise ValueError(f"{label}: id has 1 to 255 characters.")
    one_of(f"{label}: status", rule.status, ("Enabled", "Disabled"))
    if not any(getattr(rule, action) for action in _ACTIONS):
        raise ValueError(f"{label} does nothing: it needs an expiration, transition or the like.")
    classes = [item.storage_class for item in rule.transitions]
    classes += [item.storage_class for item in rule.noncurrent_version_transitions]
    for storage in classes:
        one_of(f"{label}: storageClass", storage, _CLASSES)
    if rule.filter is not None and len(wire(rule.filter)) > 1:
        raise ValueError(f"{label}: filter takes one condition; put several into 'and'.")
    _check_times(label, rule)
    _check_filter(label, rule)
    uploads = rule.abort_incomplete_multipart_upload
    if uploads is not None and uploads.days_after_initiation is not None:
        within(f"{label}: daysAfterInitiation", uploads.days_after_initiation, 1, 2**31 - 1)


def _check_times(label: str, rule: Rule) -> None:
    ends = rule.expiration
    for what in (ends, *rule.transitions):
        if what is not None and what.days is not None and what.date is not None:
            raise ValueError(f"{label}: days and date exclude each other.")
    if ends is not None and ends.expired_object_delete_marker and (ends.days or ends.date):
        raise ValueError(f"{label}: expiredObjectDeleteMarker excludes days and date.")
    moves = [(item.storage_class, item.days) for item in rule.transitions]
    moves += [
        (item.storage_class, item.noncurrent_days) for item in rule.noncurrent_version_transitions
    ]
    for storage, days in moves:
        if days is not None and storage in _INFREQUENT:
            within(f"{label}: days until {storage}", days, 30, 2**31 - 1)
    last = max((item.days for item in rule.transitions if item.days is not None), default=None)
    if last is not None and ends is not None and ends.days is not None and ends.days <= last:
        raise ValueError(f"{label}: it expires after {ends.days} days and moves after {last}.")
    for kept in (rule.noncurrent_version_expiration, *rule.noncurrent_version_transitions):
        if kept is not None and kept.newer_noncurrent_versions is not None:
            within(f"{label}: newerNoncurrentVersions", kept.newer_noncurrent_versions, 1, 100)


def _check_filter(label: str, rule: Rule) -> None:
    """Parts of uploads and delete markers have neither tags nor a size."""
    chosen = rule.filter or Filter()
    both = chosen.both or Both()
    if chosen.both is not None and len({*wire(both)} - {"tags"}) + len(both.tags or ()) < 2:
        raise ValueError(f"{label}: filter.and has two conditions or more.")
    tags = chosen.tag is not None or bool(both.tags)
    sizes = any(
        part.object_size_greater_than is not None or part.object_size_less_than is not None
        for part in (chosen, both)
    )
    marker = rule.expiration is not None and rule.expiration.expired_object_delete_marker
    for field, given in (
        ("abortIncompleteMultipartUpload", rule.abort_incomplete_multipart_upload),
        ("expiredObjectDeleteMarker", marker),
    ):
        if given and (tags or sizes):
            raise ValueError(f"{label}: {field} takes no filter by tags or size.")


def _rule(rule: Rule) -> dict[str, Any]:
    """A rule as boto3 wants it."""
    request: dict[str, Any] = pascal({key: value for key, value in wire(rule).items() if value})
    request["ID"] = request.pop("Id")
    request["Filter"] = pascal(wire(rule.filter)) if rule.filter else {}
    both = rule.filter.both if rule.filter else None
    if both is not None and both.tags is not None:
        tags = [{"Key": key, "Value": value} for key, value in both.tags.items()]
        request["Filter"]["And"]["Tags"] = tags
    return request
