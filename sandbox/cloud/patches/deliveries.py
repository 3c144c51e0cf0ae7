"""Sends what services put down: dead letters and the records of destinations.

Through the cloud's own API, as its administrator, on a thread of its own: whoever calls may be
inside a request that the cloud is answering. Who may send is asked before, by the caller.
"""

import functools
import logging
import threading
from collections.abc import Mapping
from typing import Any

import boto3

from sandbox.cloud.settings import Settings

_log = logging.getLogger("slipway")
_settings: list[Settings] = []
_lock = threading.Lock()


def apply(settings: Settings) -> None:
    """Remember where the cloud listens."""
    _settings[:] = [settings]


def send(arn: str, body: str, attributes: Mapping[str, str] | None = None) -> None:
    """Send ``body`` to a queue, topic, function, event bus or bucket, soon."""
    threading.Thread(target=_send, args=(arn, body, attributes or {}), daemon=True).start()


def _send(arn: str, body: str, attributes: Mapping[str, str]) -> None:
    service = arn.split(":")[2]
    texts = {key: {"DataType": "String", "StringValue": value} for key, value in attributes.items()}
    try:
        if service == "sqs":
            queue = _client("sqs").get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]
            _client("sqs").send_message(QueueUrl=queue, MessageBody=body, MessageAttributes=texts)
        elif service == "sns":
            _client("sns").publish(TopicArn=arn, Message=body, MessageAttributes=texts)
        elif service == "lambda":
            _client("lambda").invoke(
                FunctionName=arn, InvocationType="Event", Payload=body.encode()
            )
        elif service == "events":
            entry = {"Source": "lambda", "DetailType": "Lambda Function Invocation Result"}
            _client("events").put_events(Entries=[{**entry, "Detail": body, "EventBusName": arn}])
        else:
            _log.warning("nothing can be sent to %s here", arn)
    except Exception:  # noqa: BLE001 - nobody waits for the answer; the log keeps it
        _log.exception("%s did not take what was sent to it", arn)


def _client(service: str) -> Any:
    with _lock:
        return _make(service)


@functools.cache
def _make(service: str) -> Any:
    settings = _settings[0]
    factory: Any = boto3.client  # its overloads want literal names
    return factory(
        service,
        endpoint_url=f"http://127.0.0.1:{settings.port}",
        region_name=settings.region,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - the emulator's administrator
    )
