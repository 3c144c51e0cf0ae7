"""Where an event ends up when the handler fails, trigger by trigger: nothing is lost."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import requests

from sandbox.deploy import connect
from tests.sandbox.conftest import Sandbox, environment_of

pytestmark = pytest.mark.sandbox

PROJECT = """
name: failing
runtime: python
config:
  failing:architecture: {type: string, default: x86_64}
  failing:runtime: {type: string, default: python3.13}
"""
PROGRAM = """
import pulumi
from slipway import MultiTriggerFunction

config = pulumi.Config()
made = MultiTriggerFunction("frail", {
    "code": "frail",
    "runtime": config.require("runtime"),
    "architecture": config.require("architecture"),
    "timeout_seconds": 2,
    "failures": {"retries": 1},
    "force_delete": True,
    "triggers": {
        "rest_api": {"routes": [{"method": "ANY", "path": "/"}]},
        "http_api": {"routes": [{"method": "ANY", "path": "/"}]},
        "url": {"auth": "iam"},
        "s3": {"uploads": {}},
        "sqs": {"jobs": {"max_receives": 2}},
        "sns": {"news": {}},
        "events": {"orders": {"pattern": {"source": ["test"]}}},
        "schedules": {"nightly": {"expression": "rate(1 day)", "input": {"nightly": "run"}}},
        "tables": {"stock": {"retries": 1}},
        "streams": {"clicks": {"retries": 1}},
    },
})
for name in ("api_url", "http_api_url", "function_url", "bucket_names", "queue_urls", "alias_arn",
             "dead_letter_queue_urls", "topic_arns", "table_names", "stream_names",
             "failure_queue_url", "function_name", "log_group_name"):
    pulumi.export(name, getattr(made, name))
"""
HANDLER = '''
"""Fails for everything that says so; a batch is told apart record by record."""
import json

def handler(event, context):
    text = json.dumps(event)
    print("seen", text)
    if "Records" in event and event["Records"][0].get("eventSource") in (
        "aws:sqs", "aws:dynamodb", "aws:kinesis"
    ):
        return {"batchItemFailures": [
            {"itemIdentifier": record.get("messageId") or sequence(record)}
            for record in event["Records"] if "FAIL" in plain(record)
        ]}
    if "FAIL" in text:
        raise ValueError("it says so")
    return {"statusCode": 200, "body": "fine"}

def sequence(record):
    if "kinesis" in record:
        return record["kinesis"]["sequenceNumber"]
    return record["dynamodb"]["SequenceNumber"]

def plain(record):
    import base64
    if "kinesis" in record:
        return base64.b64decode(record["kinesis"]["data"]).decode()
    return json.dumps(record)
'''


class Frail:
    """The deployed function and what it left behind."""

    def __init__(self, outputs: dict[str, Any], client: Callable[[str], Any]) -> None:
        self.outputs, self.client = outputs, client

    def kept(self, mark: str, queue: str | None = None) -> dict[str, Any]:
        """Wait for the message with ``mark`` in the failure queue (or another), and take it."""
        sqs, url = self.client("sqs"), queue or self.outputs["failure_queue_url"]
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=1)
            for message in answer.get("Messages", []):
                if mark in message["Body"]:
                    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                    return dict(message)
            time.sleep(0.2)
        pytest.fail(f"{mark} never came to {url}; the function saw {self.seen(mark)}")

    def seen(self, mark: str) -> list[str]:
        """What the function was called with that has ``mark`` in it."""
        events = self.client("logs").filter_log_events(
            logGroupName=self.outputs["log_group_name"], limit=10_000
        )["events"]
        return [item["message"] for item in events if mark in item["message"]]


@pytest.fixture(scope="module")
def frail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Frail]:
    folder = tmp_path_factory.mktemp("failing")
    project = folder / "project"
    (project / "frail").mkdir(parents=True)
    (project / "frail" / "handler.py").write_text(HANDLER)
    (project / "__main__.py").write_text(PROGRAM)
    (project / "Pulumi.yaml").write_text(PROJECT)
    (project / "Pulumi.local.yaml").write_text("config:\n  aws:region: us-east-1\n")
    sandbox = Sandbox(folder / "state", environment_of("process"))
    done = sandbox.run("up", "--json", "--no-verify", "--program", str(project))
    try:
        assert done.code == 0, done.text
        endpoint = done.document["cloud"]["endpoint"]
        yield Frail(done.document["outputs"], connect(endpoint).client)
    finally:
        sandbox.run("down")
    assert sandbox.processes() == []
    shutil.rmtree(project)


@pytest.fixture
def mark() -> str:
    """Text by which one test's event is found again; the handler fails on it."""
    return f"FAIL-{uuid4().hex[:10]}"


def test_an_upload_is_kept_with_its_event(frail: Frail, mark: str) -> None:
    bucket = frail.outputs["bucket_names"]["uploads"]
    frail.client("s3").put_object(Bucket=bucket, Key=mark, Body=b"x")
    _exhausted(frail, mark)


def test_a_published_message_is_kept_with_its_event(frail: Frail, mark: str) -> None:
    frail.client("sns").publish(TopicArn=frail.outputs["topic_arns"]["news"], Message=mark)
    _exhausted(frail, mark)


def test_an_event_of_the_bus_is_kept(frail: Frail, mark: str) -> None:
    entry = {"Source": "test", "DetailType": "t", "Detail": json.dumps({"mark": mark})}
    frail.client("events").put_events(Entries=[entry])
    _exhausted(frail, mark)


def test_an_asynchronous_call_is_kept(frail: Frail, mark: str) -> None:
    payload = json.dumps({"mark": mark}).encode()
    frail.client("lambda").invoke(
        FunctionName=frail.outputs["alias_arn"], InvocationType="Event", Payload=payload
    )
    _exhausted(frail, mark)


def test_a_scheduled_call_is_kept(frail: Frail, mark: str) -> None:
    scheduler = frail.client("scheduler")
    entry = scheduler.list_schedules()["Schedules"][0]
    schedule = scheduler.get_schedule(Name=entry["Name"], GroupName=entry["GroupName"])
    assert json.loads(schedule["Target"]["Input"]) == {"nightly": "run"}
    soon = datetime.now(UTC) + timedelta(seconds=1)
    scheduler.create_schedule(
        Name=f"copy-{mark}",
        GroupName=entry["GroupName"],
        ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={**schedule["Target"], "Input": json.dumps({"mark": mark})},
    )
    _exhausted(frail, mark)


def test_a_message_goes_to_the_dead_letter_queue_and_its_neighbours_are_processed(
    frail: Frail, mark: str
) -> None:
    queue, dead = (frail.outputs[name]["jobs"] for name in ("queue_urls", "dead_letter_queue_urls"))
    good = f"good-{mark.removeprefix('FAIL-')}"
    frail.client("sqs").send_message_batch(
        QueueUrl=queue,
        Entries=[
            {"Id": "0", "MessageBody": good},
            {"Id": "1", "MessageBody": mark},
            {"Id": "2", "MessageBody": good},
        ],
    )
    assert frail.kept(mark, dead)["Body"] == mark
    assert sum(line.count(good) for line in frail.seen(good)) == 2
    left = frail.client("sqs").get_queue_attributes(
        QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"]
    )
    assert left["Attributes"]["ApproximateNumberOfMessages"] == "0"


def test_a_change_of_the_table_is_kept_and_the_stream_goes_on(frail: Frail, mark: str) -> None:
    table = frail.outputs["table_names"]["stock"]
    dynamodb, good = frail.client("dynamodb"), f"good-{mark.removeprefix('FAIL-')}"
    for key in (f"{good}-a", mark, f"{good}-b"):
        dynamodb.put_item(TableName=table, Item={"id": {"S": key}})
    # A stream's failure names where the record is, not what was in it.
    record = json.loads(frail.kept("DDBStreamBatchInfo")["Body"])
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert record["DDBStreamBatchInfo"]["batchSize"] == 1
    _eventually(lambda: f"{good}-b" in "".join(frail.seen(good)))


def test_a_record_of_the_stream_is_kept_and_the_stream_goes_on(frail: Frail, mark: str) -> None:
    stream = frail.outputs["stream_names"]["clicks"]
    kinesis, good = frail.client("kinesis"), f"good-{mark.removeprefix('FAIL-')}"
    for text in (f"{good}-a", mark, f"{good}-b"):
        kinesis.put_record(StreamName=stream, Data=text.encode(), PartitionKey="one")
    record = json.loads(frail.kept("KinesisBatchInfo")["Body"])
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert record["KinesisBatchInfo"]["batchSize"] == 1
    import base64

    last = base64.b64encode(f"{good}-b".encode()).decode()
    _eventually(lambda: last in "".join(frail.seen(last)))


@pytest.mark.parametrize(("way", "status"), [("api_url", 502), ("http_api_url", 500)])
def test_a_caller_over_http_is_told_and_nothing_is_kept(
    frail: Frail, mark: str, way: str, status: int
) -> None:
    text = {"Content-Type": "text/plain"}
    answer = requests.post(f"{frail.outputs[way]}/", data=mark, headers=text, timeout=60)
    assert answer.status_code == status, answer.text
    assert "it says so" not in answer.text  # what went wrong inside is nobody's business outside
    good = requests.post(f"{frail.outputs[way]}/", data="good", timeout=60)
    assert (good.status_code, good.text) == (200, "fine")


def test_a_synchronous_caller_is_told_the_error(frail: Frail, mark: str) -> None:
    answer = frail.client("lambda").invoke(
        FunctionName=frail.outputs["alias_arn"], Payload=json.dumps({"mark": mark}).encode()
    )
    assert answer["FunctionError"] == "Unhandled"
    assert json.loads(answer["Payload"].read())["errorType"] == "ValueError"


def test_an_event_that_may_not_be_delivered_is_kept_as_well(frail: Frail, mark: str) -> None:
    functions, name = frail.client("lambda"), frail.outputs["function_name"]
    policy = json.loads(functions.get_policy(FunctionName=name, Qualifier="live")["Policy"])
    statement = next(
        item
        for item in policy["Statement"]
        if item["Principal"]["Service"] == "events.amazonaws.com"
    )
    functions.remove_permission(FunctionName=name, Qualifier="live", StatementId=statement["Sid"])
    entry = {"Source": "test", "DetailType": "t", "Detail": json.dumps({"mark": mark})}
    frail.client("events").put_events(Entries=[entry])
    assert json.loads(frail.kept(mark)["Body"])["detail"] == {"mark": mark}
    assert frail.seen(mark) == []


def _exhausted(frail: Frail, mark: str) -> None:
    """The failure queue has the whole event, with how often it was tried."""
    record = json.loads(frail.kept(mark)["Body"])
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 2
    assert record["requestContext"]["functionArn"] == frail.outputs["alias_arn"]
    assert record["responsePayload"]["errorType"] == "ValueError"
    assert mark in json.dumps(record["requestPayload"])
    assert len(frail.seen(mark)) == 2


def _eventually(met: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 90
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.2)
