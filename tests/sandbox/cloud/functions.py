"""Functions, queues and waiting, for the tests of what calls functions."""

import io
import json
import time
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from .world import PATIENCE_SECONDS, World

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
"""Logs, without which nothing can be seen of a function."""


def make_function(
    world: World,
    name: str,
    code: str,
    statements: list[dict[str, Any]] | None = None,
    **more: Any,
) -> str:
    """The ARN of a function; its handler is ``handler`` in ``code``."""
    made = world.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role=world.role(f"{name}-role", statements, managed=BASIC, trust=TRUST),
        Handler="code.handler",
        Code={"ZipFile": zipped(code)},
        **more,
    )
    return str(made["FunctionArn"])


def zipped(code: str) -> bytes:
    """A function's code as Lambda takes it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("code.py", code)
    return buffer.getvalue()


def make_queue(world: World, name: str, **attributes: str) -> tuple[str, str]:
    """URL and ARN of a queue."""
    sqs = world.client("sqs")
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return str(url), str(found["Attributes"]["QueueArn"])


def received(world: World, url: str) -> list[str]:
    """Bodies of the messages that are there now; they are taken."""
    sqs = world.client("sqs")
    bodies = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            bodies.append(message["Body"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return bodies


def logged(world: World, name: str) -> list[dict[str, Any]]:
    """What the function printed as JSON, oldest first."""
    logs = world.client("logs")
    try:
        events = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}", limit=10_000)["events"]
    except logs.exceptions.ResourceNotFoundException:
        return []
    return [json.loads(item["message"]) for item in events if item["message"].startswith("{")]


def eventually(met: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> Any:
    """Wait until ``met`` gives something, or fail."""
    deadline = time.monotonic() + seconds
    while not (value := met()):
        if time.monotonic() > deadline:
            pytest.fail(f"it did not happen within {seconds:g} s")
        time.sleep(0.1)
    return value
