"""What a person does about orders: look at failed ones, start them anew, refund, approve.

Plain functions over boto3 clients, used by ``__main__.py`` and by tests; whoever calls them has
``OrderWorkflow.operate_policy()``. Nothing is taken out of the queue before it lives elsewhere.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..errors import nearest

ALIAS = "live"
"""What calls the payment function: the alias of every function of the workflow."""
BATCH = 10
"""What SQS hands out at a time."""
HIDDEN_SECONDS = 60
"""How long a message stays hidden from others while it is looked at; a redrive takes a second."""


@dataclass(frozen=True)
class FailedOrder:
    """A message of the queue of failed orders."""

    receipt: str
    order_id: str
    """Empty where the order had none."""
    document: Mapping[str, Any]
    """What the execution was started with, and what its steps added; empty if AWS left it out
    of its event, which it does above 248 kB."""
    error: str
    """Stage at which the order failed, or how its execution ended."""
    reason: str
    execution: str
    """ARN of the execution that failed."""


class Refused(Exception):  # noqa: N818 - reads as what happened
    """The order cannot be started anew, or not be approved; the text says why."""


def failed_orders(sqs: Any, queue_url: str) -> Iterator[FailedOrder]:
    """Every message that is in the queue now; each is hidden from others for a minute.

    ``release`` shows one again, ``redrive`` takes it out.
    """
    yield from map(read, _messages(sqs, queue_url))


def _messages(sqs: Any, queue_url: str) -> Iterator[Mapping[str, Any]]:
    seen: set[str] = set()
    while True:
        answer = sqs.receive_message(
            QueueUrl=queue_url,
            MaxNumberOfMessages=BATCH,
            VisibilityTimeout=HIDDEN_SECONDS,
            WaitTimeSeconds=1,
        )
        messages = [item for item in answer.get("Messages", []) if item["MessageId"] not in seen]
        if not messages:
            return
        for message in messages:
            seen.add(message["MessageId"])
            yield message


def read(message: Mapping[str, Any]) -> FailedOrder:
    """A message, written by the workflow or by EventBridge's rule for executions without end."""
    body = json.loads(message["Body"])
    if "detail" in body:
        detail = body["detail"]
        document = json.loads(detail.get("input") or "{}")
        error, reason = detail["status"], detail.get("error") or ""
        execution = detail["executionArn"]
    else:
        document, execution = body["document"], body["execution"]
        failure = document.get("failure", {})
        error, reason = failure.get("error", ""), failure.get("reason", "")
    order = document.get("order") if isinstance(document, Mapping) else None
    order_id = order.get("orderId") if isinstance(order, Mapping) else None
    return FailedOrder(
        receipt=message["ReceiptHandle"],
        order_id=order_id if isinstance(order_id, str) else "",
        document=document if isinstance(document, Mapping) else {},
        error=error,
        reason=reason,
        execution=execution,
    )


@dataclass(frozen=True)
class FailedRefund:
    """A message of the queue of refunds that failed."""

    receipt: str
    order_id: str
    document: Mapping[str, Any]
    """The execution's document when the refund was tried."""
    reason: str
    execution: str
    """ARN of the execution."""


def failed_refunds(sqs: Any, queue_url: str) -> Iterator[FailedRefund]:
    """Every message that is in the queue now; each is hidden from others for a minute."""
    for message in _messages(sqs, queue_url):
        body = json.loads(message["Body"])
        yield FailedRefund(
            receipt=message["ReceiptHandle"],
            order_id=body["document"]["order"]["orderId"],
            document=body["document"],
            reason=body["error"]["Error"],
            execution=body["execution"],
        )


def refund(client: Any, failed: FailedRefund, *, queue_url: str, function: str) -> str:
    """Try the refund again, then take its message out of the queue; says what was done.

    Args:
        client: makes a boto3 client from the name of a service.
        failed: what ``failed_refunds`` gave.
        queue_url: of the queue of failed refunds.
        function: name of the payment function.

    Raises:
        Refused: the function failed again; the message stays.
    """
    event = {"action": "refund", "document": failed.document}
    answer = client("lambda").invoke(
        FunctionName=function, Qualifier=ALIAS, Payload=json.dumps(event).encode()
    )
    result = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        said = result.get("errorMessage") or result.get("errorType") or "nothing"
        raise Refused(f"{failed.order_id}: not refunded. The payment function said: {said}")
    client("sqs").delete_message(QueueUrl=queue_url, ReceiptHandle=failed.receipt)
    done = result["refund"]
    return f"{failed.order_id}: {done['status']}, {done['amount']}"


def release(sqs: Any, queue_url: str, failed: FailedOrder | FailedRefund) -> None:
    """Show the message to others again."""
    sqs.change_message_visibility(
        QueueUrl=queue_url, ReceiptHandle=failed.receipt, VisibilityTimeout=0
    )


def redrive(
    client: Any, failed: FailedOrder, *, queue_url: str, table: str, workflow_arn: str
) -> str:
    """Start the order anew, then take its message out of the queue; says what was done.

    An order that was recorded as failed has got its money back, so its next attempt is charged
    anew, under a number of its own. An execution that was stopped or ran out of time has not
    given anything back: the same attempt goes on, and what was charged is not charged again.

    Args:
        client: makes a boto3 client from the name of a service.
        failed: what ``failed_orders`` gave.
        queue_url: of the queue of failed orders.
        table: name of the table of orders.
        workflow_arn: ARN of the workflow's alias.

    Raises:
        Refused: the order has no id or document, or its execution still runs.
    """
    sqs, dynamodb, states = client("sqs"), client("dynamodb"), client("stepfunctions")
    if not failed.order_id:
        raise Refused(
            f"The message of {failed.execution} has no order id, so there is nothing to start. "
            "Look at the execution, and place the order again."
        )
    execution = states.describe_execution(executionArn=failed.execution)
    if execution["status"] == "RUNNING":
        raise Refused(f"{failed.order_id}: {failed.execution} still runs. Wait until it has ended.")
    key = {"id": {"S": failed.order_id}}
    item = dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item", {})
    status = item.get("status", {}).get("S", "")
    if status == "shipped":
        sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=failed.receipt)
        return f"{failed.order_id}: shipped meanwhile; its message was taken out of the queue"
    attempt = int(item.get("attempt", {}).get("N", "0"))
    if status == "failed":
        attempt = _reopen(dynamodb, table, key, attempt)
    document = {
        "order": failed.document["order"],
        "attempt": attempt,
    }
    # By its number, so that a redrive that was cut short does not start two.
    name = f"{_name(failed.execution)[:60]}-again-{attempt}"
    started = _start(states, workflow_arn, name, document)
    sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=failed.receipt)
    return f"{failed.order_id}: attempt {attempt} started as {started}"


def _reopen(dynamodb: Any, table: str, key: Mapping[str, Any], attempt: int) -> int:
    """Count the attempt up, unless somebody else has just done so."""
    dynamodb.update_item(
        TableName=table,
        Key=key,
        UpdateExpression=(
            "SET #status = :accepted, attempt = :next, updated_at = :now "
            "REMOVE reason, #error, refunded, transaction_id"
        ),
        ConditionExpression="#status = :failed",
        ExpressionAttributeNames={"#status": "status", "#error": "error"},
        ExpressionAttributeValues={
            ":accepted": {"S": "accepted"},
            ":failed": {"S": "failed"},
            ":next": {"N": str(attempt + 1)},
            ":now": {"S": datetime.now(UTC).isoformat()},
        },
    )
    return attempt + 1


def _start(states: Any, workflow_arn: str, name: str, document: Mapping[str, Any]) -> str:
    try:
        states.start_execution(
            stateMachineArn=workflow_arn, name=name, input=json.dumps(document, sort_keys=True)
        )
    except states.exceptions.ExecutionAlreadyExists:
        return f"{name}, which an earlier redrive had started"
    return name


def _name(execution_arn: str) -> str:
    return execution_arn.rpartition(":")[2]


def approvals(dynamodb: Any, table: str) -> Iterator[dict[str, str]]:
    """Orders that wait for a person, without their tokens."""
    for page in dynamodb.get_paginator("scan").paginate(TableName=table):
        for item in page["Items"]:
            yield {name: value["S"] for name, value in item.items() if name != "token"}


def approve(client: Any, order_id: str, *, table: str, by: str) -> str:
    """Let an order go on; ``by`` is kept in its execution.

    Raises:
        Refused: no such order waits.
    """
    token = _token(client("dynamodb"), table, order_id)
    answer = json.dumps({"approved_by": by, "approved_at": datetime.now(UTC).isoformat()})
    _answer(client, "send_task_success", order_id, taskToken=token, output=answer)
    _forget(client, table, order_id)
    return f"{order_id}: approved by {by}"


def reject(client: Any, order_id: str, *, table: str, by: str, reason: str) -> str:
    """End an order before anything is charged.

    Raises:
        Refused: no such order waits.
    """
    token = _token(client("dynamodb"), table, order_id)
    cause = f"{by}: {reason}"
    _answer(
        client,
        "send_task_failure",
        order_id,
        taskToken=token,
        error="ApprovalRejected",
        cause=cause,
    )
    _forget(client, table, order_id)
    return f"{order_id}: rejected by {by}"


def _token(dynamodb: Any, table: str, order_id: str) -> str:
    item = dynamodb.get_item(TableName=table, Key={"id": {"S": order_id}}).get("Item")
    if item is None:
        waiting = [item["id"] for item in approvals(dynamodb, table)]
        close = nearest(order_id, waiting)
        hint = f"Did you mean {close}?" if close else f"Waiting: {', '.join(waiting) or 'none'}."
        raise Refused(f"{order_id} waits for no approval. {hint}")
    return str(item["token"]["S"])


def _answer(client: Any, call: str, order_id: str, **answer: str) -> None:
    states = client("stepfunctions")
    try:
        getattr(states, call)(**answer)
    except (states.exceptions.TaskTimedOut, states.exceptions.TaskDoesNotExist):
        raise Refused(
            f"{order_id} no longer waits: its time ran out, or its execution has ended. Look at "
            "the queue of failed orders."
        ) from None


def _forget(client: Any, table: str, order_id: str) -> None:
    client("dynamodb").delete_item(TableName=table, Key={"id": {"S": order_id}})
