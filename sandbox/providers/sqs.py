"""Queues; what may be set beside them is in ``sqs_policies``."""

import json
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from .base import Outputs, Provider, Tagged, auto_name
from .common import ignoring, one_of, tag_changes, within
from .policies import check_resource
from .sqs_policies import (
    FIFO,
    GONE,
    POLICY_LIMIT,
    check_dead_letter_queue,
    check_redrive,
    check_redrive_allow,
)

_NAME = re.compile(r"^[\w-]{1,80}$", re.ASCII)
_RANGES = {
    "delaySeconds": (0, 900),
    "kmsDataKeyReusePeriodSeconds": (60, 86_400),
    "maxMessageSize": (1_024, 1_048_576),
    "messageRetentionSeconds": (60, 1_209_600),
    "receiveWaitTimeSeconds": (0, 20),
    "visibilityTimeoutSeconds": (0, 43_200),
}


class QueueInputs(Tagged):
    """Inputs of a queue."""

    name: str | None = None
    name_prefix: str | None = None
    content_based_deduplication: bool = False
    deduplication_scope: str | None = None
    delay_seconds: int = 0
    fifo_queue: bool = False
    fifo_throughput_limit: str | None = None
    kms_data_key_reuse_period_seconds: int = 300
    kms_master_key_id: str | None = None
    max_message_size: int = 262_144  # pulumi-aws sends it; the API's own default is 1 MiB
    message_retention_seconds: int = 345_600
    policy: str | None = None
    receive_wait_time_seconds: int = 0
    redrive_allow_policy: str | None = None
    redrive_policy: str | None = None
    sqs_managed_sse_enabled: bool | None = None
    visibility_timeout_seconds: int = 30


class Queue(Provider[QueueInputs]):
    """A standard or FIFO queue."""

    token = "aws:sqs/queue:Queue"
    inputs = QueueInputs
    replaces = frozenset({"fifoQueue", "name", "namePrefix"})
    outputs = frozenset({"arn", "name", "tagsAll", "url"})
    inert: ClassVar[Mapping[str, str]] = {
        "kmsDataKeyReusePeriodSeconds": "stored; messages lie in memory as they are",
        "kmsMasterKeyId": "stored; messages lie in memory as they are",
        "sqsManagedSseEnabled": "stored; messages lie in memory as they are",
        "fifoThroughputLimit": "stored; nothing limits the throughput",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> QueueInputs:
        inputs = super().check(name, properties)
        if inputs.name is not None:
            _check_name(inputs.name, inputs.fifo_queue)
        given = inputs.model_dump(by_alias=True)
        for field, (low, high) in _RANGES.items():
            within(field, given[field], low, high)
        _check_fifo(inputs)
        if inputs.kms_master_key_id is not None and inputs.sqs_managed_sse_enabled:
            raise ValueError("kmsMasterKeyId and sqsManagedSseEnabled exclude each other.")
        if inputs.policy is not None:
            check_resource("policy", inputs.policy, limit=POLICY_LIMIT)
        if inputs.redrive_policy is not None:
            check_redrive(inputs.redrive_policy)
        if inputs.redrive_allow_policy is not None:
            check_redrive_allow(inputs.redrive_allow_policy)
        return inputs

    def create(self, name: str, inputs: QueueInputs) -> tuple[str, Outputs]:
        tags, sqs = self.tags(inputs), self.context.client("sqs")
        suffix = FIFO if inputs.fifo_queue else ""
        queue = inputs.name or (
            auto_name(name, limit=80 - len(suffix), prefix=inputs.name_prefix) + suffix
        )
        _check_name(queue, inputs.fifo_queue)
        arn = f"arn:aws:sqs:{self.context.region}:{self.context.account}:{queue}"
        if inputs.redrive_policy is not None:
            check_dead_letter_queue(sqs, arn, inputs.redrive_policy)
        wanted = _attributes(inputs)
        url = sqs.create_queue(
            QueueName=queue,
            Attributes={key: value for key, value in wanted.items() if value != ""},
            tags=tags,
        )["QueueUrl"]
        return url, {"arn": arn, "name": queue, "tagsAll": tags, "url": url}

    def update(self, id: str, old: QueueInputs, new: QueueInputs, outputs: Outputs) -> Outputs:
        sqs, tags = self.context.client("sqs"), self.tags(new)
        if new.redrive_policy is not None and new.redrive_policy != old.redrive_policy:
            check_dead_letter_queue(sqs, outputs["arn"], new.redrive_policy)
        before, after = _attributes(old), _attributes(new)
        # Only what this resource changed: policies may be resources of their own.
        if changes := {key: after[key] for key in after if before[key] != after[key]}:
            sqs.set_queue_attributes(QueueUrl=id, Attributes=changes)
        put, drop = tag_changes(outputs, tags)
        if drop:
            sqs.untag_queue(QueueUrl=id, TagKeys=drop)
        if put:
            sqs.tag_queue(QueueUrl=id, Tags=put)
        return outputs | {"tagsAll": tags}

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring(*GONE):
            self.context.client("sqs").delete_queue(QueueUrl=id)


def _check_name(name: str, fifo: bool) -> None:
    stem = name.removesuffix(FIFO)
    if len(name) > 80 or not _NAME.match(stem) or fifo != name.endswith(FIFO):
        ending = f", ending in {FIFO} as fifoQueue says" if fifo else f", and no {FIFO} at the end"
        raise ValueError(f"name={name!r}: up to 80 letters, digits, hyphens and _{ending}.")


def _check_fifo(inputs: QueueInputs) -> None:
    scope, limit = inputs.deduplication_scope, inputs.fifo_throughput_limit
    if not inputs.fifo_queue:
        if inputs.content_based_deduplication or scope is not None or limit is not None:
            raise ValueError(
                "contentBasedDeduplication, deduplicationScope and fifoThroughputLimit need "
                "fifoQueue."
            )
        return
    if scope is not None:
        one_of("deduplicationScope", scope, ("messageGroup", "queue"))
    if limit is not None:
        one_of("fifoThroughputLimit", limit, ("perQueue", "perMessageGroupId"))
    if limit == "perMessageGroupId" and scope != "messageGroup":
        raise ValueError("fifoThroughputLimit=perMessageGroupId needs deduplicationScope.")


def _attributes(inputs: QueueInputs) -> dict[str, str]:
    """Every attribute that a queue of this kind has; an empty one is not set."""
    values = {
        "DelaySeconds": inputs.delay_seconds,
        "KmsDataKeyReusePeriodSeconds": inputs.kms_data_key_reuse_period_seconds,
        "KmsMasterKeyId": inputs.kms_master_key_id,
        "MaximumMessageSize": inputs.max_message_size,
        "MessageRetentionPeriod": inputs.message_retention_seconds,
        "Policy": inputs.policy,
        "ReceiveMessageWaitTimeSeconds": inputs.receive_wait_time_seconds,
        "RedriveAllowPolicy": inputs.redrive_allow_policy,
        "RedrivePolicy": inputs.redrive_policy,
        "SqsManagedSseEnabled": inputs.sqs_managed_sse_enabled,
        "VisibilityTimeout": inputs.visibility_timeout_seconds,
    }
    if inputs.fifo_queue:
        values |= {
            "ContentBasedDeduplication": inputs.content_based_deduplication,
            "DeduplicationScope": inputs.deduplication_scope,
            "FifoQueue": True,
            "FifoThroughputLimit": inputs.fifo_throughput_limit,
        }
    return {
        key: "" if value is None else value if isinstance(value, str) else json.dumps(value)
        for key, value in values.items()
    }
