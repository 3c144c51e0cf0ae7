"""Tables as every component makes them."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pytest

from components import tables
from components.testing import deploy

TAGS = {"team": "shop"}


def made(known: bool = True, **more: Any) -> Mapping[str, Any]:
    deployment = deploy(
        lambda: tables.make_table("orders", opts=pulumi.ResourceOptions(), tags=TAGS, **more),
        known=known,
    )
    return deployment.one("aws:dynamodb/table:Table").inputs


@pytest.mark.parametrize("known", [True, False])
def test_a_table_is_paid_per_request_recoverable_and_protected(known: bool) -> None:
    assert made(known) == {
        "billingMode": "PAY_PER_REQUEST",
        "hashKey": "id",
        "attributes": [{"name": "id", "type": "S"}],
        "pointInTimeRecovery": {"enabled": True},
        "deletionProtectionEnabled": True,
        "tags": TAGS,
    }


def test_what_may_be_deleted_is_not_protected() -> None:
    assert made(force_delete=True)["deletionProtectionEnabled"] is False


def test_keys_expiry_stream_and_encryption_are_as_asked() -> None:
    inputs = made(
        partition_key="customer",
        sort_key="order",
        ttl="expiration",
        stream=True,
        recovery=False,
        kms_key_arn="arn:key",
    )
    assert (inputs["hashKey"], inputs["rangeKey"]) == ("customer", "order")
    assert [item["name"] for item in inputs["attributes"]] == ["customer", "order"]
    assert inputs["ttl"] == {"attributeName": "expiration", "enabled": True}
    assert (inputs["streamEnabled"], inputs["streamViewType"]) == (True, "NEW_AND_OLD_IMAGES")
    assert inputs["pointInTimeRecovery"] == {"enabled": False}
    assert inputs["serverSideEncryption"] == {"enabled": True, "kmsKeyArn": "arn:key"}
