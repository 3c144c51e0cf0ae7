"""One function, called by everything: HTTP, uploads, messages, schedules, table changes.

Here an event is recognised and answered in the shape that its source expects. Records that
come in batches are told apart in ``batches.py``, what may come twice is processed once in
``once.py``. Both load when an event needs them: an HTTP request waits for neither
Powertools nor boto3.
"""

import json
from datetime import datetime, timezone

from log import log

SCHEDULE = "Scheduled Event"
"""What EventBridge and EventBridge Scheduler call an event of a schedule."""
SCHEDULERS = ("aws.events", "aws.scheduler")
QUEUE, TOPIC, BUCKET = "aws:sqs", "aws:sns", "aws:s3"
STREAMS = ("aws:dynamodb", "aws:kinesis")


class Unprocessable(ValueError):  # noqa: N818 - it reads as what the event is
    """The event lacks what it must have; no retry will mend it."""


def handler(event, context):
    """Serve one event, whatever it is.

    An exception is the answer that sends the event to a retry and then to where the function's
    failures are kept; a batch is answered record by record instead.
    """
    if not isinstance(event, dict):
        event = {}  # whatever somebody tried by hand
    if (method := _method(event)) is not None:
        return _http(event, context, *method)
    source = _source(event)
    if source == QUEUE:
        return _queue(event, context)
    if source in STREAMS:
        return _stream(event, context, source)
    if source == BUCKET:
        return _uploads(event, context)
    if source == TOPIC:
        return _notifications(event, context)
    if source in SCHEDULERS and event.get("detail-type") == SCHEDULE:
        return _tick(event, context)
    return _other(event, context, source)


def _http(event, context, method, path):
    request_id = getattr(context, "aws_request_id", None)
    request_id = request_id or (event.get("requestContext") or {}).get("requestId")
    message = f"{method} request to {path}"
    log(message, requestId=request_id)
    return {
        **_answer({"message": message, "requestId": request_id}),
        "headers": {
            "Content-Type": "application/json",
            "Access-Control-Allow-Origin": "*",
        },
    }


def _uploads(event, context):
    from urllib.parse import unquote_plus

    objects = []
    for record in event["Records"]:
        try:
            s3 = record["s3"]
            bucket, key = s3["bucket"]["name"], unquote_plus(s3["object"]["key"])
        except (KeyError, TypeError) as error:
            raise Unprocessable(f"an S3 record without {error}") from error
        item = {"bucket": bucket, "key": key, "event": record.get("eventName", "")}
        # S3 numbers the changes of a key; the same upload told twice has the same number.
        sequence = s3["object"].get("sequencer", "")
        _once(f"s3#{bucket}#{key}#{sequence}#{item['event']}", context, "S3 object processed", item)
        objects.append(item)
    message = "S3 events processed"
    log(message, objects=objects)
    return _answer({"message": message, "objects": objects})


def _queue(event, context):
    from batches import process_messages

    messages, failures = process_messages(event, context)
    return {
        **_answer({"message": "SQS messages processed", "messages": messages}),
        "batchItemFailures": failures,
    }


def _stream(event, context, source):
    from batches import process_changes

    failures = process_changes(event, context, source)
    return {**_answer(_processed(source)), "batchItemFailures": failures}


def _notifications(event, context):
    for record in event["Records"]:
        try:
            message_id, text = record["Sns"]["MessageId"], record["Sns"]["Message"]
        except (KeyError, TypeError) as error:
            raise Unprocessable(f"an SNS record without {error}") from error
        fields = {"messageId": message_id, "length": len(text)}
        _once(f"sns#{message_id}", context, f"Event processed from {TOPIC}", fields)
    return _answer(_processed(TOPIC))


def _tick(event, context):
    message = "Scheduled event processed"
    fields = {"rule": SCHEDULE, "id": event.get("id"), "resources": event.get("resources")}
    if "id" in event and "time" in event:
        _once(f"event#{event['id']}#{event['time']}", context, message, fields)
    else:  # an input that was written by hand, the same every time
        log(message, **fields)
    return _answer({"message": message, "rule": SCHEDULE})


def _other(event, context, source):
    if "id" in event and "detail-type" in event:
        fields = {key: event.get(key) for key in ("id", "detail-type", "detail")}
        if not isinstance(fields["detail"], dict):
            raise Unprocessable(f"event {event['id']} has no detail")
        _once(f"event#{event['id']}", context, f"Event processed from {source}", fields)
    else:
        log(f"Event processed from {source}")
    return _answer(_processed(source))


def _once(key, context, message, fields):
    from once import once

    once(key, context, lambda: log(message, **fields))


def _method(event):
    """Method and path of an HTTP request, by the format of REST APIs or of the newer two."""
    if "httpMethod" in event:
        return event["httpMethod"], event.get("path", "/")
    context = event.get("requestContext") or {}
    if not context.get("http"):
        return None
    path = event.get("rawPath") or context["http"].get("path", "/")
    # The path of a named stage begins with it.
    _, stage, rest = [*path.split("/", 2), "", ""][:3]
    if stage == context.get("stage"):
        path = f"/{rest}"
    return context["http"]["method"], path


def _source(event):
    """Who sent it: a service's name for records, the source of an event, or ``unknown``."""
    records = event.get("Records")
    if isinstance(records, list) and records and isinstance(records[0], dict):
        return records[0].get("eventSource") or records[0].get("EventSource") or "unknown"
    return event.get("source") or "unknown"


def _processed(source):
    return {"message": f"Event processed from {source}"}


def _answer(body):
    stamp = datetime.now(timezone.utc).isoformat()  # noqa: UP017 - Python 3.10 has no UTC
    return {"statusCode": 200, "body": json.dumps({**body, "timestamp": stamp})}
