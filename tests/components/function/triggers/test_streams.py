"""Records of a Kinesis stream that call the function."""

from typing import Any

import pytest

from components.function.triggers import streams
from components.testing import UNKNOWN, deploy

from .deployed import TAGS, Function, allowed, made, refused

STREAM = "aws:kinesis/stream:Stream"
MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
FAILURES = "arn:aws:sqs:us-east-1:123456789012:shop-failures"
ARN = "arn:aws:kinesis:us-east-1:123456789012:stream/"


@pytest.mark.parametrize("known", [True, False])
def test_an_encrypted_stream_that_scales_by_itself_is_made(known: bool) -> None:
    deployment = made(streams, {"clicks": {}}, known=known)
    assert deployment.one(STREAM, "shop-stream-clicks").inputs == {
        "encryptionType": "KMS",
        "kmsKeyId": "alias/aws/kinesis",
        "retentionPeriod": 24,
        "streamModeDetails": {"streamMode": "ON_DEMAND"},
        "tags": TAGS,
    }
    name = "shop-stream-clicks" if known else UNKNOWN
    assert deployment.result == {"stream_names": {"clicks": name}}
    mapping = deployment.one(MAPPING, "shop-stream-clicks").inputs
    assert mapping["eventSourceArn"] == (ARN + "shop-stream-clicks" if known else UNKNOWN)
    assert mapping["bisectBatchOnFunctionError"]
    assert mapping["functionResponseTypes"] == ["ReportBatchItemFailures"]


def test_shards_and_retention_can_be_fixed() -> None:
    given = {"shards": 2.0, "retention_hours": 48, "max_age_seconds": 172_800}
    deployment = made(streams, {"clicks": given})
    stream = deployment.one(STREAM).inputs
    assert (stream["shardCount"], stream["retentionPeriod"]) == (2, 48)
    assert stream["streamModeDetails"] == {"streamMode": "PROVISIONED"}
    assert deployment.one(MAPPING).inputs["maximumRecordAgeInSeconds"] == 172_800


def test_the_role_may_read_its_streams_and_report_what_failed() -> None:
    deployment = made(streams, {"clicks": {}, "views": {"stream_arn": ARN + "views"}})
    both = {ARN + "shop-stream-clicks", ARN + "views"}
    assert allowed(deployment) == {
        "kinesis:DescribeStream": both,
        "kinesis:DescribeStreamSummary": both,
        "kinesis:GetRecords": both,
        "kinesis:GetShardIterator": both,
        "kinesis:ListShards": both,
        "sqs:SendMessage": {FAILURES},
    }


def test_a_stream_that_exists_is_only_read() -> None:
    given = {"stream_arn": ARN + "views", "max_age_seconds": 604_800}
    deployment = made(streams, {"views": given})
    assert not deployment.of(STREAM)
    assert deployment.one(MAPPING).inputs["eventSourceArn"] == ARN + "views"
    assert deployment.result == {"stream_names": {"views": "views"}}


@pytest.mark.parametrize("known", [True, False])
def test_others_may_be_allowed_to_write(known: bool) -> None:
    def program() -> Any:
        return Function("shop", streams, {"clicks": {}}).plan.write_policy("clicks")

    policy = deploy(program, known=known).result
    assert policy["actions"] == ["kinesis:PutRecord", "kinesis:PutRecords"]
    assert policy["resources"] == [ARN + "shop-stream-clicks" if known else UNKNOWN]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"max_age_seconds": 90_000},
            "triggers.streams.clicks.max_age_seconds=90000 is not valid. Allowed: whole numbers "
            "from 60 to 86400. The stream keeps records for 86400 seconds.",
        ),
        (
            {"stream_arn": ARN + "views", "max_age_seconds": 604_801},
            "Allowed: whole numbers from 60 to 604800. Or -1.",
        ),
        ({"retention_hours": 23}, "Allowed: whole numbers from 24 to 8760."),
        ({"shards": 0}, "Allowed: whole numbers from 1 to 500."),
        (
            {"stream_arn": ARN + "views", "shards": 1},
            "triggers.streams.clicks.shards=1 is not valid. Allowed: only for a stream that is "
            "made here. Set it where the stream is made.",
        ),
        ({"stream_arn": ARN + "views", "retention_hours": 48}, "clicks.retention_hours=48"),
        (
            {"stream_arn": ARN + "views/consumer/fast:1"},
            "Use stream.arn; a consumer's ARN (enhanced fan-out) is not supported.",
        ),
        ({"shard": 1}, "unknown argument 'triggers.streams.clicks.shard'. Did you mean "),
    ],
)
def test_what_kinesis_or_lambda_would_refuse_is_refused_first(
    given: dict[str, Any], words: str
) -> None:
    assert words in refused(streams, {"clicks": given})
