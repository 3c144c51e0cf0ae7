"""Pipes from a queue to a state machine, with the pipe's role.

The emulator reads streams of tables only, and forgets filter, template and batch of a pipe. Here
a batch starts an execution; what it starts is deleted from the queue, and what fails comes back
after its time until the queue's own policy moves it to the dead letters.
"""

import contextvars
import json
import logging
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import iam, lambda_svc, sqs
from ministack.services import pipes as pipes_svc
from ministack.services import stepfunctions as sfn

from sandbox.cloud.settings import Settings

from . import guard, lambda_roles, roles

SERVICE = "pipes.amazonaws.com"
POLL_SECONDS = 0.1
REFUSED_SECONDS = 2
"""Before a role that allowed nothing is asked again."""
KEPT = ("SourceParameters", "TargetParameters")
_SLOT = re.compile(r"\"<(\$[^>\"]*)>\"|<(\$[^>]*|aws\.pipes\.[a-z.-]+)>")
_log = logging.getLogger("slipway")


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Keep what a pipe is told, and poll."""
    guard.wrap(pipes_svc, "_create_pipe", "(name, body)", _creating)
    guard.wrap(pipes_svc, "_update_pipe", "(name, body)", _updating)
    guard.wrap(pipes_svc, "_describe_response", "(pipe)", _describing)
    guard.checked(
        sqs,
        "_delete_messages_for_esm",
        "(queue_url: str, receipt_handles: set[str]) -> None",
    )
    guard.checked(
        lambda_svc,
        "_apply_filter_criteria",
        "(records: list[dict], esm: dict) -> list[dict]",
    )


def filled(template: str, record: Mapping[str, Any]) -> Any:
    """What a pipe's input template makes of one message.

    ``<$.body.id>`` becomes JSON, and text inside of quotes; JSON in the body is read as such.
    """

    def value(match: re.Match[str]) -> str:
        path = match[1] or match[2]
        found: Any = dict(record)
        for key in path.removeprefix("$").strip(".").split(".") if path != "$" else []:
            if key == "body":
                try:
                    found = json.loads(found[key])
                    continue
                except ValueError:
                    pass
            found = found.get(key) if isinstance(found, dict) else None
        if found is None:
            return "null" if match[2] else '""'
        return json.dumps(found) if match[2] or isinstance(found, str) else json.dumps(str(found))

    text = _SLOT.sub(value, template)
    try:
        return json.loads(text)
    except ValueError:
        return text


def _creating(original: Callable[..., Any]) -> Callable[..., Any]:
    def create(name: str, body: dict[str, Any]) -> Any:
        arn = f"arn:aws:pipes:{get_region()}:{get_account_id()}:pipe/{name}"
        if not _trusted(str(body.get("RoleArn", "")), arn):
            return pipes_svc._error(
                400,
                "ValidationException",
                f"EventBridge Pipes is not authorized to assume the role {body.get('RoleArn')}.",
            )
        answer = original(name, body)
        if answer[0] < 300:
            pipe = pipes_svc._pipes[name]
            pipe.update({key: body[key] for key in KEPT if key in body})
            if ":sqs:" in pipe["Source"] and ":states:" in pipe["Target"]:
                context = contextvars.copy_context()
                work = threading.Thread(target=context.run, args=(_serve, pipe), daemon=True)
                work.start()
        return answer

    return create


def _updating(original: Callable[..., Any]) -> Callable[..., Any]:
    def update(name: str, body: dict[str, Any]) -> Any:
        answer = original(name, body)
        if answer[0] < 300:
            pipes_svc._pipes[name].update({key: body[key] for key in KEPT if key in body})
        return answer

    return update


def _describing(original: Callable[..., Any]) -> Callable[..., Any]:
    def describe(pipe: Mapping[str, Any]) -> Any:
        return {**original(pipe), **{key: pipe[key] for key in KEPT if key in pipe}}

    return describe


def _trusted(role: str, pipe: str) -> bool:
    return roles.name_of(role) in iam._roles and roles.trusts(role, SERVICE, pipe)


def _serve(pipe: dict[str, Any]) -> None:
    """Poll until the pipe is gone."""
    while pipes_svc._pipes.get(pipe["Name"]) is pipe:
        try:
            busy = pipe["CurrentState"] == "RUNNING" and _pass(pipe)
        except Exception:  # noqa: BLE001 - the next pass may fare better; the log keeps it
            _log.exception("pipe %s", pipe["Name"])
            busy = False
        if not busy:
            time.sleep(POLL_SECONDS)


def _pass(pipe: Mapping[str, Any]) -> bool:
    """Take a batch, if there is one, and start an execution with it."""
    source, role, session = pipe["Source"], pipe["RoleArn"], pipe["Name"]
    queue = sqs._queue_url(source.rpartition(":")[2])
    if queue not in sqs._queues or not _due(pipe, sqs._queues[queue]):
        return False
    actions = lambda_roles.READING["sqs"]
    refused = [why for action in actions if (why := roles.refusal(role, session, action, source))]
    if refused or not _trusted(role, pipe["Arn"]):
        _log.warning("pipe %s: %s", session, refused or f"{SERVICE} may not assume {role}")
        time.sleep(REFUSED_SECONDS)
        return False
    batch: list[Any] = []
    size = _batch(pipe)[0]
    while len(batch) < size and (more := sqs._receive_messages_for_esm(queue, size - len(batch))):
        batch += more
    if not batch:
        return False
    records = [_record(message, source) for message in batch]
    criteria = pipe.get("SourceParameters", {}).get("FilterCriteria") or {}
    if criteria.get("Filters"):
        wanted = lambda_svc._apply_filter_criteria(records, {"FilterCriteria": criteria})
    else:
        wanted = records
    failed = _deliver(pipe, wanted) if wanted else set()
    done = {message["receipt_handle"] for message in batch if message["id"] not in failed}
    sqs._delete_messages_for_esm(queue, done)
    return True


def _batch(pipe: Mapping[str, Any]) -> tuple[int, float]:
    """Size and window."""
    given = pipe.get("SourceParameters", {}).get("SqsQueueParameters") or {}
    window = float(given.get("MaximumBatchingWindowInSeconds") or 0)
    return int(given.get("BatchSize") or 10), window


def _due(pipe: Mapping[str, Any], queue: Mapping[str, Any]) -> bool:
    """Whether the batch is full, or its first message has waited for the window."""
    size, window = _batch(pipe)
    now = time.time()
    there = [item["visible_at"] for item in list(queue["messages"]) if item["visible_at"] <= now]
    return bool(there) and (len(there) >= size or min(there) + window <= now)


def _deliver(pipe: Mapping[str, Any], records: Sequence[Mapping[str, Any]]) -> set[str]:
    """Start the execution; returns the ids of messages that failed."""
    everything = {str(record["messageId"]) for record in records}
    parameters = pipe.get("TargetParameters") or {}
    template = parameters.get("InputTemplate")
    given = [filled(template, record) if template else record for record in records]
    machine = parameters.get("StepFunctionStateMachineParameters") or {}
    waits = machine.get("InvocationType", "REQUEST_RESPONSE") == "REQUEST_RESPONSE"
    action = "states:StartSyncExecution" if waits else "states:StartExecution"
    if why := roles.refusal(pipe["RoleArn"], pipe["Name"], action, pipe["Target"]):
        _log.warning("pipe %s: %s", pipe["Name"], why)
        return everything
    start = sfn._start_sync_execution if waits else sfn._start_execution
    status, _, body = start({"stateMachineArn": pipe["Target"], "input": json.dumps(given)})
    answer = json.loads(body)
    if status >= 400 or (waits and answer["status"] != "SUCCEEDED"):
        _log.warning("pipe %s: %s", pipe["Name"], body.decode())
        return everything
    if not waits:
        return set()
    output = json.loads(answer.get("output") or "null")
    items = output.get("batchItemFailures") if isinstance(output, dict) else None
    return {str(item.get("itemIdentifier")) for item in items or []}


def _record(message: Mapping[str, Any], source: str) -> dict[str, Any]:
    """A message as a pipe passes it on."""
    attributes = {
        "ApproximateReceiveCount": str(message.get("receive_count", 1)),
        "SentTimestamp": str(int(message["sent_at"] * 1000)),
        "SenderId": get_account_id(),
        "ApproximateFirstReceiveTimestamp": str(
            int((message.get("first_receive_at") or time.time()) * 1000)
        ),
    }
    for name, key in (
        ("MessageGroupId", "group_id"),
        ("MessageDeduplicationId", "dedup_id"),
        ("SequenceNumber", "seq"),
    ):
        if message.get(key) is not None:
            attributes[name] = str(message[key])
    return {
        "messageId": message["id"],
        "receiptHandle": message["receipt_handle"],
        "body": message["body"],
        "attributes": attributes,
        "messageAttributes": lambda_svc._sqs_message_attributes_to_camel_case(
            message.get("message_attributes") or {}
        ),
        "md5OfBody": message.get("md5_body") or "",
        "eventSource": "aws:sqs",
        "eventSourceARN": source,
        "awsRegion": get_region(),
    }
