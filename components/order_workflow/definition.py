"""The order workflow as an ASL document: plain data, so that it can be read, linted and tested.

Three tasks in a row, each with its retries and its own failure. Whatever fails, the order is
first recorded as failed, unless it has been shipped after all; then the money goes back
(``UNDO``), the whole document goes to the queue of failed orders, the order is counted, and
people are told.
"""

from ..state_machine import Undo
from .states import (
    CALL_SECONDS,
    MARGIN_SECONDS,
    Document,
    publish,
    stage,
    step,
    transient,
    update_order,
)

VALIDATE_SECONDS = 10
PAYMENT_SECONDS = 20
"""A gateway may take its time; the simulator's slow one takes three seconds."""
FULFILL_SECONDS = 10
"""Time-outs of the functions; a task's own is longer by ``MARGIN_SECONDS``."""
WORKFLOW_SECONDS = 1800
"""More than twice what every retry of every step takes together; approval comes on top."""

INVALID = "InvalidOrder"
DECLINED = "PaymentDeclined"
CLOSED = "OrderClosed"
OUT_OF_STOCK = "OutOfStock"
"""Errors of the functions that no retry can cure."""

_CALL_ERRORS = (
    "DynamoDb.SdkClientException",
    "DynamoDb.InternalServerErrorException",
    "DynamoDb.RequestLimitExceededException",
    "DynamoDb.ThrottlingException",
)
"""DynamoDB's own trouble, as an ``aws-sdk`` task names it."""

STAGES = ("OrderValidationFailed", "ApprovalFailed", "PaymentFailed", "FulfillmentFailed")
"""How an execution ends that did not ship: the error of its Fail state."""

UNDO: dict[str, Undo] = {
    "ProcessPayment": {
        "task": {
            "Type": "Task",
            "Comment": "Gives the money back, and keeps a charge that comes late from being made",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {
                "FunctionName": "${ProcessPayment}",
                "Payload": {"action": "refund", "document.$": "$"},
            },
            "ResultSelector": {"refund.$": "$.Payload.refund"},
            "TimeoutSeconds": PAYMENT_SECONDS + MARGIN_SECONDS,
        },
        # A time-out or a crash leaves open whether the charge was made.
        "unsure": True,
        "definite": [INVALID, DECLINED, CLOSED],
    }
}


def definition(*, approval_above: float | None, approval_seconds: int) -> Document:
    """The workflow; placeholders stand for functions, tables, queue and topic.

    Args:
        approval_above: amount above which a person is asked; None: nobody is.
        approval_seconds: how long that may take.
    """
    states: Document = {
        "ValidateOrder": step(
            "${ValidateOrder}",
            VALIDATE_SECONDS,
            incurable=[INVALID],
            interval=2,
            attempts=2,
            failed="OrderValidationFailed",
            then="ProcessPayment" if approval_above is None else "ApprovalNeeded",
        ),
        **(
            {}
            if approval_above is None
            else _approval(approval_above, approval_seconds, then="ProcessPayment")
        ),
        "ProcessPayment": step(
            "${ProcessPayment}",
            PAYMENT_SECONDS,
            incurable=[INVALID, DECLINED, CLOSED],
            interval=5,
            attempts=3,
            failed="PaymentFailed",
            then="FulfillOrder",
        ),
        "FulfillOrder": step(
            "${FulfillOrder}",
            FULFILL_SECONDS,
            incurable=[OUT_OF_STOCK, CLOSED],
            interval=2,
            attempts=3,
            failed="FulfillmentFailed",
            then="NotifyShipped",
        ),
        "NotifyShipped": {
            **publish({"status": "shipped", "order.$": "$.order.orderId"}),
            # The order is shipped whether or not anybody hears of it.
            "Catch": [
                {"ErrorEquals": ["States.ALL"], "ResultPath": "$.unheard", "Next": "OrderShipped"}
            ],
            "Next": "OrderShipped",
        },
        "OrderShipped": {"Type": "Succeed"},
        **_failures(),
    }
    waiting = 0 if approval_above is None else approval_seconds
    return {
        "Comment": "Validates, charges and fulfils one order; gives the money back if it must",
        "StartAt": "ValidateOrder",
        "TimeoutSeconds": WORKFLOW_SECONDS + waiting,
        "States": states,
    }


def _approval(above: float, seconds: int, *, then: str) -> Document:
    """Ask a person, who answers with the task's token out of the table of approvals."""
    failed = {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "ApprovalFailed"}
    return {
        "ApprovalNeeded": {
            "Type": "Choice",
            # Whatever is no number up to the limit is asked for.
            "Choices": [
                {"Variable": "$.order.amount", "NumericLessThanEquals": above, "Next": then}
            ],
            "Default": "ShowThatApprovalIsAwaited",
        },
        "ShowThatApprovalIsAwaited": {
            **update_order("awaiting_approval", {}, "#status IN (:accepted, :status)"),
            # No item, or further on already: then there is nothing to show.
            "Catch": [
                {"ErrorEquals": ["States.ALL"], "ResultPath": "$.unseen", "Next": "AwaitApproval"}
            ],
            "Next": "AwaitApproval",
        },
        "AwaitApproval": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:dynamodb:putItem.waitForTaskToken",
            "Parameters": {
                "TableName": "${ApprovalsTable}",
                "Item": {
                    "id": {"S.$": "$.order.orderId"},
                    "token": {"S.$": "$$.Task.Token"},
                    "amount": {"S.$": "States.Format('{} {}', $.order.amount, $.order.currency)"},
                    "customer": {"S.$": "$.order.customerId"},
                    "execution": {"S.$": "$$.Execution.Id"},
                    "asked_at": {"S.$": "$$.State.EnteredTime"},
                },
            },
            "TimeoutSeconds": seconds,
            "ResultPath": "$.approval",
            # The call alone: neither a time-out nor a rejection is asked for again.
            "Retry": [{**transient(), "ErrorEquals": list(_CALL_ERRORS)}],
            "Catch": [failed],
            "Next": then,
        },
        "ApprovalFailed": stage("ApprovalFailed", then="RecordFailure"),
    }


def _failures() -> Document:
    """What happens to an order that cannot be shipped."""
    return {
        "OrderValidationFailed": stage("OrderValidationFailed", then="OrderHasAnId"),
        "OrderHasAnId": {
            "Type": "Choice",
            "Choices": [
                {
                    "And": [
                        {"Variable": "$.order.orderId", "IsPresent": True},
                        {"Variable": "$.order.orderId", "IsString": True},
                        {"Not": {"Variable": "$.order.orderId", "StringEquals": ""}},
                    ],
                    "Next": "RecordFailure",
                }
            ],
            "Default": "QueueFailure",
        },
        "PaymentFailed": stage("PaymentFailed", then="RecordFailure"),
        "FulfillmentFailed": stage("FulfillmentFailed", then="RecordFailure"),
        "RecordFailure": {
            **update_order(
                "failed",
                {"reason": "$.error.Error", "error": "$.failure.error"},
                "attribute_not_exists(id) OR #status <> :shipped",
            ),
            "Comment": "From here on no other execution can ship the order",
            "Catch": [
                {
                    "ErrorEquals": ["DynamoDB.ConditionalCheckFailedException"],
                    "ResultPath": "$.recorded",
                    "Next": "ShippedAfterAll",
                },
                {"ErrorEquals": ["States.ALL"], "ResultPath": "$.recorded", "Next": "QueueFailure"},
            ],
            "Next": "QueueFailure",
        },
        "ShippedAfterAll": {
            "Type": "Succeed",
            "Comment": "Another execution, or an attempt that was given up, has shipped it",
        },
        "QueueFailure": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage",
            "Parameters": {
                "QueueUrl": "${FailedOrdersQueue}",
                "MessageBody": {"document.$": "$", "execution.$": "$$.Execution.Id"},
            },
            "ResultPath": None,
            "TimeoutSeconds": CALL_SECONDS,
            "Retry": [transient()],
            "Next": "CountFailure",
        },
        "CountFailure": {
            "Type": "Task",
            "Comment": "OrdersFailed by one, however often the order fails",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {
                "FunctionName": "${ProcessPayment}",
                "Payload": {"action": "count_failure", "document.$": "$"},
            },
            "ResultPath": None,
            "TimeoutSeconds": PAYMENT_SECONDS + MARGIN_SECONDS,
            # Not worth a retry, nor more: the order is in the queue.
            "Catch": [
                {"ErrorEquals": ["States.ALL"], "ResultPath": "$.uncounted", "Next": "NotifyFailed"}
            ],
            "Next": "NotifyFailed",
        },
        "NotifyFailed": {
            **publish({"status": "failed", "failure.$": "$.failure"}),
            "Catch": [
                {"ErrorEquals": ["States.ALL"], "ResultPath": "$.unheard", "Next": "OrderFailed"}
            ],
            "Next": "OrderFailed",
        },
        "OrderFailed": {
            "Type": "Fail",
            "ErrorPath": "$.failure.error",
            "CausePath": "$.failure.cause",
        },
    }
