"""Streams."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from .base import Inputs, Outputs, Provider, Tagged
from .common import difference, ignoring, one_of, physical_name, present, tag_changes, within

ON_DEMAND, PROVISIONED = "ON_DEMAND", "PROVISIONED"
_NAME = re.compile(r"^[\w.-]{1,128}$", re.ASCII)
_GONE = "ResourceNotFoundException"
_METRICS = (
    "ALL",
    "IncomingBytes",
    "IncomingRecords",
    "IteratorAgeMilliseconds",
    "OutgoingBytes",
    "OutgoingRecords",
    "ReadProvisionedThroughputExceeded",
    "WriteProvisionedThroughputExceeded",
)
_HOURS = 24


class ModeDetails(Inputs):
    """Who decides how many shards there are."""

    stream_mode: str


class StreamInputs(Tagged):
    """Inputs of a stream."""

    name: str | None = None
    encryption_type: str = "NONE"
    enforce_consumer_deletion: bool = False
    kms_key_id: str | None = None
    retention_period: int = _HOURS
    shard_count: int | None = None
    shard_level_metrics: list[str] = []
    stream_mode_details: ModeDetails | None = None

    @property
    def mode(self) -> str:
        """On demand or provisioned."""
        return self.stream_mode_details.stream_mode if self.stream_mode_details else PROVISIONED


class Stream(Provider[StreamInputs]):
    """A stream."""

    token = "aws:kinesis/stream:Stream"
    inputs = StreamInputs
    replaces = frozenset({"name"})
    outputs = frozenset({"arn", "name", "tagsAll"})
    inert: ClassVar[Mapping[str, str]] = {
        "encryptionType": "stored; records lie in memory as they are",
        "kmsKeyId": "stored; records lie in memory as they are",
        "shardLevelMetrics": "checked; there are no metrics of streams",
        "streamModeDetails": "stored; an on-demand stream keeps the shards it was made with",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> StreamInputs:
        inputs = super().check(name, properties)
        if inputs.name is not None and not _NAME.match(inputs.name):
            raise ValueError(
                f"name={inputs.name!r}: up to 128 letters, digits and _ . - are taken."
            )
        one_of("streamModeDetails.streamMode", inputs.mode, (ON_DEMAND, PROVISIONED))
        if (inputs.shard_count is None) != (inputs.mode == ON_DEMAND):
            raise ValueError(f"shardCount={inputs.shard_count}: {PROVISIONED} streams have one.")
        if inputs.shard_count is not None:
            within("shardCount", inputs.shard_count, 1, 500)
        within("retentionPeriod", inputs.retention_period, _HOURS, 8_760)
        one_of("encryptionType", inputs.encryption_type, ("KMS", "NONE"))
        if (inputs.encryption_type == "KMS") != (inputs.kms_key_id is not None):
            raise ValueError("encryptionType KMS and kmsKeyId belong together.")
        for metric in inputs.shard_level_metrics:
            one_of("shardLevelMetrics", metric, _METRICS)
        return inputs

    def create(self, name: str, inputs: StreamInputs) -> tuple[str, Outputs]:
        kinesis, tags = self.context.client("kinesis"), self.tags(inputs)
        stream = physical_name(name, inputs.name, limit=128)
        kinesis.create_stream(
            StreamName=stream,
            StreamModeDetails={"StreamMode": inputs.mode},
            **present(ShardCount=inputs.shard_count),
        )
        kinesis.get_waiter("stream_exists").wait(StreamName=stream)
        arn = kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"][
            "StreamARN"
        ]
        before = StreamInputs(shard_count=inputs.shard_count)
        if tags:
            kinesis.add_tags_to_stream(StreamARN=arn, Tags=tags)
        self._set(
            arn,
            before.model_copy(update={"stream_mode_details": inputs.stream_mode_details}),
            inputs,
        )
        return arn, {
            "arn": arn,
            "enforceConsumerDeletion": inputs.enforce_consumer_deletion,
            "name": stream,
            "tagsAll": tags,
        }

    def update(self, id: str, old: StreamInputs, new: StreamInputs, outputs: Outputs) -> Outputs:
        kinesis, tags = self.context.client("kinesis"), self.tags(new)
        self._set(id, old, new)
        put, drop = tag_changes(outputs, tags)
        if drop:
            kinesis.remove_tags_from_stream(StreamARN=id, TagKeys=drop)
        if put:
            kinesis.add_tags_to_stream(StreamARN=id, Tags=put)
        return outputs | {
            "enforceConsumerDeletion": new.enforce_consumer_deletion,
            "tagsAll": tags,
        }

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring(_GONE):
            self.context.client("kinesis").delete_stream(
                StreamARN=id, EnforceConsumerDeletion=outputs["enforceConsumerDeletion"]
            )

    def _set(self, arn: str, old: StreamInputs, new: StreamInputs) -> None:
        kinesis = self.context.client("kinesis")
        if old.mode != new.mode:
            raise ValueError(
                f"streamModeDetails: the embedded cloud cannot make a stream {new.mode} that is "
                f"{old.mode}. Give the stream another name, or start from an empty cloud."
            )
        if new.shard_count is not None and new.shard_count != old.shard_count:
            before = old.shard_count or new.shard_count
            within("shardCount after a change", new.shard_count, (before + 1) // 2, 2 * before)
            kinesis.update_shard_count(
                StreamARN=arn, TargetShardCount=new.shard_count, ScalingType="UNIFORM_SCALING"
            )
        if new.retention_period > old.retention_period:
            kinesis.increase_stream_retention_period(
                StreamARN=arn, RetentionPeriodHours=new.retention_period
            )
        elif new.retention_period < old.retention_period:
            kinesis.decrease_stream_retention_period(
                StreamARN=arn, RetentionPeriodHours=new.retention_period
            )
        if (old.encryption_type, old.kms_key_id) != (new.encryption_type, new.kms_key_id):
            for key, call in (
                (old.kms_key_id, kinesis.stop_stream_encryption),
                (new.kms_key_id, kinesis.start_stream_encryption),
            ):
                if key is not None:
                    call(StreamARN=arn, EncryptionType="KMS", KeyId=key)
        add, drop = difference(old.shard_level_metrics, new.shard_level_metrics)
        if drop:
            kinesis.disable_enhanced_monitoring(StreamARN=arn, ShardLevelMetrics=drop)
        if add:
            kinesis.enable_enhanced_monitoring(StreamARN=arn, ShardLevelMetrics=add)
