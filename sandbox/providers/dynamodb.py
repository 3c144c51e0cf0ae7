"""Tables, and what is kept about them: indexes, expiry, recovery, encryption, a stream."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from .base import Inputs, Outputs, Provider, Tagged
from .common import ignoring, one_of, pairs, physical_name, present, tag_changes, within
from .dynamodb_keys import (
    Attribute,
    GlobalIndex,
    LocalIndex,
    check_keys,
    definitions,
    index_changes,
    index_request,
    key_schema,
    throughput,
)

ON_DEMAND, PROVISIONED = "PAY_PER_REQUEST", "PROVISIONED"
_NAME = re.compile(r"^[\w.-]{3,255}$", re.ASCII)
_VIEWS = ("KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES")
_CLASSES = ("STANDARD", "STANDARD_INFREQUENT_ACCESS")
_GONE = "ResourceNotFoundException"


class Recovery(Inputs):
    """Point-in-time recovery."""

    enabled: bool
    recovery_period_in_days: int | None = None


class Encryption(Inputs):
    """Encryption with a key of KMS instead of DynamoDB's own."""

    enabled: bool
    kms_key_arn: str | None = None


class Ttl(Inputs):
    """The attribute that says when an item expires."""

    attribute_name: str | None = None
    enabled: bool = False


class TableInputs(Tagged):
    """Inputs of a table."""

    name: str | None = None
    attributes: list[Attribute] = []
    billing_mode: str = PROVISIONED
    deletion_protection_enabled: bool = False
    global_secondary_indexes: list[GlobalIndex] = []
    hash_key: str
    local_secondary_indexes: list[LocalIndex] = []
    point_in_time_recovery: Recovery | None = None
    range_key: str | None = None
    read_capacity: int | None = None
    server_side_encryption: Encryption | None = None
    stream_enabled: bool = False
    stream_view_type: str | None = None
    table_class: str = "STANDARD"
    ttl: Ttl | None = None
    write_capacity: int | None = None


class Table(Provider[TableInputs]):
    """A table."""

    token = "aws:dynamodb/table:Table"
    inputs = TableInputs
    replaces = frozenset({"hashKey", "localSecondaryIndexes", "name", "rangeKey"})
    outputs = frozenset({"arn", "name", "streamArn", "streamLabel", "tagsAll"})
    inert: ClassVar[Mapping[str, str]] = {
        "pointInTimeRecovery": "stored; nothing can be restored",
        "readCapacity": "stored; nothing is throttled",
        "serverSideEncryption": "stored; items lie in memory as they are",
        "tableClass": "stored; it is a price on AWS",
        "writeCapacity": "stored; nothing is throttled",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> TableInputs:
        inputs = super().check(name, properties)
        if inputs.name is not None and not _NAME.match(inputs.name):
            raise ValueError(f"name={inputs.name!r}: 3 to 255 letters, digits and _ . - are taken.")
        check_keys(
            inputs.attributes,
            inputs.hash_key,
            inputs.range_key,
            inputs.global_secondary_indexes,
            inputs.local_secondary_indexes,
        )
        one_of("billingMode", inputs.billing_mode, (ON_DEMAND, PROVISIONED))
        _check_capacity("", inputs.billing_mode, inputs.read_capacity, inputs.write_capacity)
        for index in inputs.global_secondary_indexes:
            label = f"index {index.name}: "
            _check_capacity(label, inputs.billing_mode, index.read_capacity, index.write_capacity)
        one_of("tableClass", inputs.table_class, _CLASSES)
        if inputs.stream_enabled != (inputs.stream_view_type is not None):
            raise ValueError("streamEnabled and streamViewType belong together.")
        if inputs.stream_view_type is not None:
            one_of("streamViewType", inputs.stream_view_type, _VIEWS)
        if inputs.ttl is not None and inputs.ttl.enabled and not inputs.ttl.attribute_name:
            raise ValueError("ttl.attributeName is missing.")
        recovery = inputs.point_in_time_recovery
        if recovery is not None and recovery.recovery_period_in_days is not None:
            field = "pointInTimeRecovery.recoveryPeriodInDays"
            within(field, recovery.recovery_period_in_days, 1, 35)
        return inputs

    def must_replace(self, changed: frozenset[str], old: TableInputs, new: TableInputs) -> bool:
        """A key may not change its type; other attributes come and go with the indexes."""
        before, after = (
            {item.name: item.type for item in table.attributes} for table in (old, new)
        )
        kept = before.keys() & after.keys()
        return bool(changed & self.replaces) or any(before[key] != after[key] for key in kept)

    def create(self, name: str, inputs: TableInputs) -> tuple[str, Outputs]:
        tags, dynamodb = self.tags(inputs), self.context.client("dynamodb")
        provisioned = inputs.billing_mode == PROVISIONED
        table = physical_name(name, inputs.name, limit=255)
        request: dict[str, Any] = {}
        if provisioned:
            capacity = throughput(inputs.read_capacity, inputs.write_capacity)
            request["ProvisionedThroughput"] = capacity
        if inputs.global_secondary_indexes:
            request["GlobalSecondaryIndexes"] = [
                index_request(index, index.hash_key, provisioned=provisioned)
                for index in inputs.global_secondary_indexes
            ]
        if inputs.local_secondary_indexes:
            request["LocalSecondaryIndexes"] = [
                index_request(index, inputs.hash_key) for index in inputs.local_secondary_indexes
            ]
        if inputs.stream_enabled:
            request["StreamSpecification"] = _stream(inputs)
        dynamodb.create_table(
            TableName=table,
            AttributeDefinitions=definitions(inputs.attributes),
            KeySchema=key_schema(inputs.hash_key, inputs.range_key),
            BillingMode=inputs.billing_mode,
            DeletionProtectionEnabled=inputs.deletion_protection_enabled,
            SSESpecification=_encryption(inputs),
            TableClass=inputs.table_class,
            Tags=pairs(tags),
            **request,
        )
        self._wait(table)
        self._set(table, TableInputs(hash_key=inputs.hash_key), inputs)
        return table, self._outputs(table, tags)

    def update(self, id: str, old: TableInputs, new: TableInputs, outputs: Outputs) -> Outputs:
        """One change at a time, as DynamoDB takes them."""
        dynamodb, tags, changed = self.context.client("dynamodb"), self.tags(new), self.changed
        provisioned, differs = new.billing_mode == PROVISIONED, changed(old, new)
        requests: list[dict[str, Any]] = []
        if differs & {"billingMode", "readCapacity", "writeCapacity"}:
            capacity = throughput(new.read_capacity, new.write_capacity) if provisioned else None
            requests.append(
                {"BillingMode": new.billing_mode, **present(ProvisionedThroughput=capacity)}
            )
        if differs & {"streamEnabled", "streamViewType"}:
            if old.stream_enabled:
                requests.append({"StreamSpecification": {"StreamEnabled": False}})
            if new.stream_enabled:
                requests.append({"StreamSpecification": _stream(new)})
        if "serverSideEncryption" in differs:
            requests.append({"SSESpecification": _encryption(new)})
        if "deletionProtectionEnabled" in differs:
            requests.append({"DeletionProtectionEnabled": new.deletion_protection_enabled})
        if "tableClass" in differs:
            requests.append({"TableClass": new.table_class})
        requests += [
            {
                "AttributeDefinitions": definitions(new.attributes),
                "GlobalSecondaryIndexUpdates": [update],
            }
            for update in index_changes(
                old.global_secondary_indexes, new.global_secondary_indexes, provisioned=provisioned
            )
        ]
        for request in requests:
            dynamodb.update_table(TableName=id, **request)
            self._wait(id)
        self._set(id, old, new)
        put, drop = tag_changes(outputs, tags)
        if drop:
            dynamodb.untag_resource(ResourceArn=outputs["arn"], TagKeys=drop)
        if put:
            dynamodb.tag_resource(ResourceArn=outputs["arn"], Tags=pairs(put))
        return self._outputs(id, tags)

    def delete(self, id: str, outputs: Outputs) -> None:
        try:
            with ignoring(_GONE):
                self.context.client("dynamodb").delete_table(TableName=id)
        except ClientError as error:
            if "protected against deletion" not in str(error):
                raise
            raise ValueError(
                f"table {id} has deletionProtectionEnabled=True: set it to False and deploy "
                "before deleting it."
            ) from None

    def _outputs(self, table: str, tags: Mapping[str, str]) -> Outputs:
        found = self.context.client("dynamodb").describe_table(TableName=table)["Table"]
        streaming = found.get("StreamSpecification", {}).get("StreamEnabled", False)
        return {
            "arn": found["TableArn"],
            "name": table,
            "streamArn": found["LatestStreamArn"] if streaming else "",
            "streamLabel": found["LatestStreamLabel"] if streaming else "",
            "tagsAll": dict(tags),
        }

    def _wait(self, table: str) -> None:
        waiter = self.context.client("dynamodb").get_waiter("table_exists")
        waiter.wait(TableName=table, WaiterConfig={"Delay": 1, "MaxAttempts": 60})

    def _set(self, table: str, old: TableInputs, new: TableInputs) -> None:
        """What has calls of its own: expiry and recovery."""
        dynamodb = self.context.client("dynamodb")
        before, after = (_expiry(given) for given in (old, new))
        if before != after:
            if before:
                self._expire(table, before, enabled=False)
            if after:
                self._expire(table, after, enabled=True)
        if (recovery := new.point_in_time_recovery) != old.point_in_time_recovery:
            days = recovery.recovery_period_in_days if recovery else None
            dynamodb.update_continuous_backups(
                TableName=table,
                PointInTimeRecoverySpecification={
                    "PointInTimeRecoveryEnabled": bool(recovery and recovery.enabled),
                    **present(RecoveryPeriodInDays=days),
                },
            )

    def _expire(self, table: str, attribute: str, *, enabled: bool) -> None:
        specification = {"AttributeName": attribute, "Enabled": enabled}
        self.context.client("dynamodb").update_time_to_live(
            TableName=table, TimeToLiveSpecification=specification
        )


def _check_capacity(label: str, mode: str, read: int | None, write: int | None) -> None:
    if mode == ON_DEMAND:
        if read or write:
            raise ValueError(
                f"{label}billingMode {ON_DEMAND} takes no readCapacity, writeCapacity."
            )
        return
    for field, value in (("readCapacity", read), ("writeCapacity", write)):
        if value is None:
            raise ValueError(f"{label}{field} is missing; billingMode {PROVISIONED} needs it.")
        within(f"{label}{field}", value, 1, 40_000)


def _stream(inputs: TableInputs) -> dict[str, Any]:
    return {"StreamEnabled": True, "StreamViewType": inputs.stream_view_type}


def _encryption(inputs: TableInputs) -> dict[str, Any]:
    given = inputs.server_side_encryption
    if given is None or not given.enabled:
        return {"Enabled": False}
    return {"Enabled": True, "SSEType": "KMS", **present(KMSMasterKeyId=given.kms_key_arn)}


def _expiry(inputs: TableInputs) -> str | None:
    return inputs.ttl.attribute_name if inputs.ttl and inputs.ttl.enabled else None
