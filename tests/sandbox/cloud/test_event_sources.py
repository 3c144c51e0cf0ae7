"""Event source mappings: windows, retries, bisection, and what becomes of a poisoned record."""

import json
import time
from typing import Any

import pytest
from ministack.services import lambda_svc

from sandbox.cloud.patches import event_sources

from .functions import eventually, logged, make_function, make_queue, received
from .world import World

pytestmark = pytest.mark.sandbox

# Fails for what is poison: names the record, or raises where it is told to.
CODE = """
import base64, json, os
def text(record):
    if "kinesis" in record:
        return base64.b64decode(record["kinesis"]["data"]).decode()
    if "dynamodb" in record:
        return record["dynamodb"]["Keys"]["id"]["S"]
    return record["body"]
def number(record):
    found = record.get("kinesis") or record.get("dynamodb")
    if not found:
        return record["messageId"]
    return found.get("sequenceNumber") or found["SequenceNumber"]
def handler(event, context):
    print(json.dumps({"batch": [text(record) for record in event["Records"]]}))
    bad = [number(record) for record in event["Records"] if "poison" in text(record)]
    if bad and os.environ.get("RAISE"):
        raise ValueError("poison")
    return {"batchItemFailures": [{"itemIdentifier": item} for item in bad]}
"""
READ = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
READ += ["dynamodb:ListStreams", "kinesis:DescribeStream", "kinesis:DescribeStreamSummary"]
READ += ["kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"]
READ += ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:SendMessage"]
ALLOWED = [{"Effect": "Allow", "Action": READ, "Resource": "*"}]


def _batches(world: World, name: str) -> list[list[str]]:
    return [item["batch"] for item in logged(world, name)]


def test_messages_wait_for_one_another_within_the_window(world: World) -> None:
    arn = make_function(world, "windowed", CODE, ALLOWED)
    url, queue = make_queue(world, "windowed", VisibilityTimeout="30")
    world.client("lambda").create_event_source_mapping(
        FunctionName=arn, EventSourceArn=queue, BatchSize=12, MaximumBatchingWindowInSeconds=10
    )
    for number in range(3):
        world.client("sqs").send_message(QueueUrl=url, MessageBody=f"m{number}")
        time.sleep(0.3)
    eventually(lambda: _batches(world, "windowed"))
    assert _batches(world, "windowed") == [["m0", "m1", "m2"]]


def test_a_full_batch_does_not_wait_and_may_be_larger_than_ten(world: World) -> None:
    arn = make_function(world, "full", CODE, ALLOWED)
    url, queue = make_queue(world, "full", VisibilityTimeout="30")
    for start in (0, 6):
        world.client("sqs").send_message_batch(
            QueueUrl=url,
            Entries=[{"Id": str(n), "MessageBody": f"m{n}"} for n in range(start, start + 6)],
        )
    world.client("lambda").create_event_source_mapping(
        FunctionName=arn, EventSourceArn=queue, BatchSize=12, MaximumBatchingWindowInSeconds=300
    )
    eventually(lambda: _batches(world, "full"))
    assert [len(batch) for batch in _batches(world, "full")] == [12]


@pytest.mark.parametrize("kind", ["dynamodb", "kinesis"])
def test_records_of_a_stream_wait_for_one_another_too(world: World, kind: str) -> None:
    name = f"windowed-{kind}"
    arn = make_function(world, name, CODE, ALLOWED)
    world.client("lambda").create_event_source_mapping(
        FunctionName=arn,
        EventSourceArn=_stream(world, kind, name),
        BatchSize=4,
        StartingPosition="TRIM_HORIZON",
        MaximumBatchingWindowInSeconds=10,
    )
    for text in "abc":
        _write(world, kind, name, [text])
        time.sleep(0.4)
    eventually(lambda: _batches(world, name))
    assert _batches(world, name) == [["a", "b", "c"]]


@pytest.mark.parametrize("kind", ["dynamodb", "kinesis"])
def test_a_full_batch_of_a_stream_does_not_wait(world: World, kind: str) -> None:
    name = f"full-{kind}"
    arn = make_function(world, name, CODE, ALLOWED)
    world.client("lambda").create_event_source_mapping(
        FunctionName=arn,
        EventSourceArn=_stream(world, kind, name),
        BatchSize=4,
        StartingPosition="TRIM_HORIZON",
        MaximumBatchingWindowInSeconds=300,
    )
    _write(world, kind, name, ["d", "e", "f", "g"])
    eventually(lambda: _batches(world, name))  # no one waits the five minutes for it
    assert _batches(world, name) == [["d", "e", "f", "g"]]


def test_a_failed_batch_stays_unsaid_where_the_role_may_not_say_it(world: World) -> None:
    reading = {"Effect": "Allow", "Action": [a for a in READ if "Send" not in a], "Resource": "*"}
    arn = make_function(world, "unsaid", CODE, [reading], Environment={"Variables": {"RAISE": "1"}})
    url, failures = make_queue(world, "unsaid-failures")
    world.client("lambda").create_event_source_mapping(
        FunctionName=arn,
        EventSourceArn=_stream(world, "kinesis", "unsaid"),
        StartingPosition="TRIM_HORIZON",
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": failures}},
    )
    _write(world, "kinesis", "unsaid", ["poison"])
    said = f"is not authorized to perform: sqs:SendMessage on resource: {failures}"
    eventually(lambda: said in (world.state / "cloud.log").read_text())
    assert received(world, url) == []
    _write(world, "kinesis", "unsaid", ["later"])
    eventually(lambda: ["later"] in _batches(world, "unsaid"))


def test_a_window_of_a_stream_that_is_gone_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(lambda_svc._kinesis_positions, "gone", {"shardId-000000000000": 3})
    stream = "arn:aws:kinesis:us-east-1:123456789012:stream/gone"
    mapping = {"UUID": "gone", "EventSourceArn": stream, "MaximumBatchingWindowInSeconds": 5}
    assert event_sources.is_due(mapping)


@pytest.mark.parametrize("raises", [False, True], ids=["names it", "raises"])
@pytest.mark.parametrize("kind", ["dynamodb", "kinesis"])
def test_a_poisoned_record_of_a_stream_is_given_up_alone(
    world: World, kind: str, raises: bool
) -> None:
    name = f"poisoned-{kind}-{'raises' if raises else 'names'}"
    arn = make_function(
        world, name, CODE, ALLOWED, Environment={"Variables": {"RAISE": "1" if raises else ""}}
    )
    failures_url, failures = make_queue(world, f"{name}-failures")
    stream = _stream(world, kind, name)
    texts = ["a", "b", "poison", "c"]
    _write(world, kind, name, texts)
    world.client("lambda").create_event_source_mapping(
        FunctionName=arn,
        EventSourceArn=stream,
        BatchSize=10,
        StartingPosition="TRIM_HORIZON",
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": failures}},
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    eventually(lambda: "c" in {text for batch in _batches(world, name) for text in batch})
    kept = eventually(lambda: received(world, failures_url))
    record = json.loads(kept[0])
    info = record["DDBStreamBatchInfo" if kind == "dynamodb" else "KinesisBatchInfo"]
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 2
    assert (info["batchSize"], info["streamArn"]) == (1, stream)
    assert len(kept) == 1
    alone = [batch for batch in _batches(world, name) if batch == ["poison"]]
    assert len(alone) == 2
    # The stream goes on: what comes later is read, and nothing is read twice.
    _write(world, kind, name, ["later"])
    eventually(lambda: ["later"] in _batches(world, name))


def test_queues_are_served_while_a_stream_is_retried(world: World) -> None:
    stuck = make_function(world, "stuck", CODE, ALLOWED, Environment={"Variables": {"RAISE": "1"}})
    stream = _stream(world, "kinesis", "stuck")
    _write(world, "kinesis", "stuck", ["poison"])
    mapping = world.client("lambda").create_event_source_mapping(
        FunctionName=stuck, EventSourceArn=stream, StartingPosition="TRIM_HORIZON"
    )
    try:
        eventually(lambda: len(_batches(world, "stuck")) >= 2)
        swift = make_function(world, "swift", CODE, ALLOWED)
        url, queue = make_queue(world, "swift", VisibilityTimeout="30")
        world.client("lambda").create_event_source_mapping(FunctionName=swift, EventSourceArn=queue)
        world.client("sqs").send_message(QueueUrl=url, MessageBody="now")
        eventually(lambda: _batches(world, "swift") == [["now"]])
        tries = len(_batches(world, "stuck"))
        eventually(lambda: len(_batches(world, "stuck")) > tries)  # without a limit: for ever
    finally:
        world.client("lambda").delete_event_source_mapping(UUID=mapping["UUID"])


def _stream(world: World, kind: str, name: str) -> str:
    if kind == "kinesis":
        kinesis = world.client("kinesis")
        kinesis.create_stream(StreamName=name, ShardCount=1)
        eventually(
            lambda: _summary(kinesis, name)["StreamStatus"] == "ACTIVE",
        )
        return str(_summary(kinesis, name)["StreamARN"])
    table = world.client("dynamodb").create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    return str(table["TableDescription"]["LatestStreamArn"])


def _summary(kinesis: Any, name: str) -> Any:
    return kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]


def _write(world: World, kind: str, name: str, texts: list[str]) -> None:
    for text in texts:
        if kind == "kinesis":
            world.client("kinesis").put_record(
                StreamName=name, Data=text.encode(), PartitionKey="one"
            )
        else:
            world.client("dynamodb").put_item(TableName=name, Item={"id": {"S": text}})
