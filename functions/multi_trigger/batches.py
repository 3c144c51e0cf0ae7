"""Batches, of which each record succeeds or fails for itself, by Powertools' batch processor.

A message that fails is received again and ends in the dead-letter queue, its neighbours are
done. A record of a stream that fails is tried again before those after it, since order counts.
"""

import base64
import json
import os

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    SqsFifoPartialProcessor,
    process_partial_response,
)

from handler import Unprocessable
from log import log
from once import once

FIRST_WAIT_SECONDS = 2
LONGEST_WAIT_SECONDS = 900
_clients = {}


def process_messages(event, context):
    """The messages that were processed, and the failures in the shape that Lambda expects."""
    done = []

    def one(record):
        _json(record.body)
        once(
            f"sqs#{record.message_id}",
            context,
            lambda: log("SQS message processed", messageId=record.message_id),
        )
        done.append({"messageId": record.message_id, "body": record.body})

    processor = BatchProcessor(EventType.SQS)
    if event["Records"][0].get("eventSourceARN", "").endswith(".fifo"):
        # Order holds within a message group: after a failure the other groups go on.
        processor = SqsFifoPartialProcessor(skip_group_on_error=True)
    processor.raise_on_entire_batch_failure = False
    answer = process_partial_response(event, one, processor, context)
    failures = answer["batchItemFailures"]
    failed = {item["itemIdentifier"] for item in failures}
    for record in event["Records"]:
        if record["messageId"] in failed:
            _come_back_soon(record)
    return done, failures


def process_changes(event, context, source):
    """The first failure of a batch of a DynamoDB or Kinesis stream, if there is one.

    Lambda sends that record again with all that follow, so none of those is begun.
    """
    kinesis = source == "aws:kinesis"
    kind = EventType.KinesisDataStreams if kinesis else EventType.DynamoDBStreams
    processor = BatchProcessor(kind, raise_on_entire_batch_failure=False)

    def one(record):
        if processor.fail_messages:
            raise RuntimeError("a record before it failed")
        raw = record.raw_event
        fields = {"eventID": raw["eventID"]}
        if kinesis:
            _json(base64.b64decode(raw["kinesis"]["data"]).decode())
        else:
            fields |= {"eventName": raw["eventName"], "keys": raw["dynamodb"].get("Keys")}
        message = f"Event processed from {source}"
        once(f"stream#{raw['eventID']}", context, lambda: log(message, **fields))

    return process_partial_response(event, one, processor, context)["batchItemFailures"][:1]


def _json(text):
    try:
        return json.loads(text)
    except ValueError as error:
        raise Unprocessable(f"not JSON: {error}") from error


def _come_back_soon(record):
    """Have a failed message received again after seconds, not after the visibility timeout.

    The timeout is made for the longest run of the function; a retry waits 2, 4, 8 … seconds.
    """
    attempts = int(record["attributes"].get("ApproximateReceiveCount", 1))
    wait = min(FIRST_WAIT_SECONDS * 2 ** (attempts - 1), LONGEST_WAIT_SECONDS)
    log("SQS message failed", "WARN", messageId=record["messageId"], attempts=attempts)
    try:
        _sqs().change_message_visibility(
            QueueUrl=_queue_url(record["eventSourceARN"]),
            ReceiptHandle=record["receiptHandle"],
            VisibilityTimeout=wait,
        )
    except Exception as error:  # noqa: BLE001 - it comes back anyway, only later
        log("the wait could not be shortened", "WARN", reason=str(error))


def _queue_url(arn):
    """Queue URLs are made of the ARN's parts; asking for one would be a call and a permission."""
    account, name = arn.split(":")[4:]
    endpoint = os.environ.get("AWS_ENDPOINT_URL_SQS") or os.environ.get("AWS_ENDPOINT_URL")
    return f"{(endpoint or _sqs().meta.endpoint_url).rstrip('/')}/{account}/{name}"


def _sqs():
    if "sqs" not in _clients:
        import boto3

        _clients["sqs"] = boto3.client("sqs")
    return _clients["sqs"]
