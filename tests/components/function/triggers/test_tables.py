"""Changes of a DynamoDB table that call the function."""

import json
from typing import Any

import pytest

from components.function.triggers import tables
from components.testing import UNKNOWN, deploy

from .deployed import TAGS, Function, allowed, made, refused

TABLE = "aws:dynamodb/table:Table"
MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
FAILURES = "arn:aws:sqs:us-east-1:123456789012:shop-failures"
STREAM = "arn:aws:dynamodb:us-east-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000"


def test_a_table_with_a_stream_is_made() -> None:
    deployment = made(tables, {"orders": {"partition_key": "order"}}, force_delete=True)
    table = deployment.one(TABLE, "shop-table-orders").inputs
    assert table["hashKey"] == "order"
    assert table["streamViewType"] == "NEW_AND_OLD_IMAGES"
    assert table["deletionProtectionEnabled"] is False
    assert table["tags"] == TAGS
    assert deployment.result == {"table_names": {"orders": "shop-table-orders"}}


@pytest.mark.parametrize("known", [True, False])
def test_a_record_that_cannot_be_processed_holds_up_its_shard_for_a_while_only(
    known: bool,
) -> None:
    deployment = made(tables, {"orders": {}}, known=known)
    mapping = deployment.one(MAPPING, "shop-table-orders")
    inputs = dict(mapping.inputs)
    stream = deployment.one(TABLE).outputs.get("streamArn", UNKNOWN)
    assert inputs.pop("eventSourceArn") == stream
    assert (inputs.pop("functionName") is UNKNOWN) is not known
    assert inputs == {
        "batchSize": 100,
        "bisectBatchOnFunctionError": True,
        "destinationConfig": {"onFailure": {"destinationArn": FAILURES if known else UNKNOWN}},
        "enabled": True,
        "functionResponseTypes": ["ReportBatchItemFailures"],
        "maximumBatchingWindowInSeconds": 0,
        "maximumRecordAgeInSeconds": 21_600,
        "maximumRetryAttempts": 5,
        "parallelizationFactor": 1,
        "startingPosition": "TRIM_HORIZON",
        "tags": TAGS,
    }
    assert deployment.one("aws:iam/rolePolicy:RolePolicy").urn in mapping.depends_on


def test_the_role_may_read_the_stream_and_report_what_failed() -> None:
    assert allowed(made(tables, {"orders": {"stream_arn": STREAM}})) == {
        "dynamodb:DescribeStream": {STREAM},
        "dynamodb:GetRecords": {STREAM},
        "dynamodb:GetShardIterator": {STREAM},
        "dynamodb:ListStreams": {STREAM},
        "sqs:SendMessage": {FAILURES},
    }


def test_a_table_that_exists_is_only_read() -> None:
    deployment = made(tables, {"orders": {"stream_arn": STREAM, "starting_position": "LATEST"}})
    assert not deployment.of(TABLE)
    mapping = deployment.one(MAPPING).inputs
    assert (mapping["eventSourceArn"], mapping["startingPosition"]) == (STREAM, "LATEST")
    assert deployment.result == {"table_names": {"orders": "orders"}}


def test_a_bucket_keeps_the_records_that_were_given_up_whole() -> None:
    bucket = "arn:aws:s3:::failures"
    deployment = made(tables, {"orders": {"failures_bucket_arn": bucket}})
    destination = deployment.one(MAPPING).inputs["destinationConfig"]
    assert destination == {"onFailure": {"destinationArn": bucket}}
    actions = allowed(deployment)
    assert actions["s3:PutObject"] == {f"{bucket}/*"}
    assert actions["s3:ListBucket"] == {bucket}
    assert "sqs:SendMessage" not in actions


@pytest.mark.parametrize(
    ("given", "known"), [({}, True), ({}, False), ({"stream_arn": STREAM}, True)]
)
def test_others_may_be_allowed_to_write(given: dict[str, Any], known: bool) -> None:
    def program() -> Any:
        return Function("shop", tables, {"orders": given}).plan.write_policy("orders")

    policy = deploy(program, known=known).result
    assert "dynamodb:PutItem" in policy["actions"]
    (arn,) = policy["resources"]
    name = "orders" if given else "shop-table-orders"
    known_arn = f"arn:aws:dynamodb:us-east-1:123456789012:table/{name}"
    assert arn == (known_arn if known else UNKNOWN)


def test_settings_reach_lambda() -> None:
    given = {
        "batch_size": 10.0,
        "batch_window_seconds": 5,
        "parallelization": 10,
        "retries": 0,
        "max_age_seconds": -1,
        "enabled": False,
        "filters": [{"eventName": ["INSERT"]}],
    }
    mapping = made(tables, {"orders": given}).one(MAPPING).inputs
    assert (mapping["batchSize"], mapping["maximumBatchingWindowInSeconds"]) == (10, 5)
    assert (mapping["parallelizationFactor"], mapping["maximumRetryAttempts"]) == (10, 0)
    assert (mapping["maximumRecordAgeInSeconds"], mapping["enabled"]) == (-1, False)
    (item,) = mapping["filterCriteria"]["filters"]
    assert json.loads(item["pattern"]) == {"eventName": ["INSERT"]}


def test_the_defaults_suit_every_timeout_that_a_function_can_have() -> None:
    assert made(tables, {"orders": {}}, timeout=900).of(MAPPING)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"retries": 1000},
            "MultiTriggerFunction 'shop': triggers.tables.orders.retries=1000 is not valid. "
            "Allowed: what ends before the records behind are 21600 seconds old; 1 + 1000 "
            "attempts and 7 halvings of the batch, each up to 30 s (the function's timeout), "
            "take 30240 s. Next step: set retries=712 or max_age_seconds=30240.",
        ),
        ({"retries": 5000, "max_age_seconds": -1}, "86400 seconds old;"),
        ({"retries": 5000, "max_age_seconds": -1}, "Next step: set retries=2872."),
        (
            {"max_age_seconds": 60, "retries": 0},
            "Next step: set max_age_seconds=240.",
        ),
        ({"retries": -1}, "Allowed: whole numbers from 0 to 10000."),
        (
            {"max_age_seconds": 90_000},
            "triggers.tables.orders.max_age_seconds=90000 is not valid. Allowed: whole numbers "
            "from 60 to 86400. The stream keeps records for 86400 seconds.",
        ),
        ({"max_age_seconds": 59}, "Allowed: whole numbers from 60 to 86400."),
        ({"max_age_seconds": -2}, "Allowed: whole numbers from 60 to 86400."),
        ({"batch_size": 10_001}, "Allowed: whole numbers from 1 to 10000."),
        ({"batch_window_seconds": 301}, "Allowed: whole numbers from 0 to 300."),
        ({"parallelization": 11}, "Allowed: whole numbers from 1 to 10."),
        (
            {"starting_position": "TRIM_HORISON"},
            "Allowed: 'TRIM_HORIZON', 'LATEST'. Did you mean 'TRIM_HORIZON'?",
        ),
        (
            {"stream_arn": STREAM.partition("/stream")[0]},
            "Allowed: the ARN of a table's stream. Use table.stream_arn of a table with "
            "stream_enabled=True.",
        ),
        (
            {"stream_arn": STREAM, "partition_key": "order"},
            "Allowed: only for a table that is made here.",
        ),
        ({"partition_key": ""}, "partition_key='' is not valid."),
        ({"tumbling_window": 5}, "unknown argument 'triggers.tables.orders.tumbling_window'."),
    ],
)
def test_what_lambda_would_refuse_or_lose_is_refused_first(
    given: dict[str, Any], words: str
) -> None:
    assert words in refused(tables, {"orders": given})
