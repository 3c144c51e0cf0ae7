"""What a customer is told of an order: from the item in the table to words. Pure.

The item's `error` is the stage at which an order failed, its `reason` the name of the error there.
"""

import logging
from collections.abc import Mapping
from typing import Any, cast

from .orders import OrderState, Status

log = logging.getLogger(__name__)

UNDERWAY = {
    Status.ACCEPTED: "We have your order and are checking it.",
    Status.PROCESSING: "We are checking your order and its payment.",
    Status.AWAITING_APPROVAL: "Your order waits for approval: a person looks at it before anything "
    "is charged. There is nothing for you to do.",
    Status.PAID: "Your payment went through. We are packing your order.",
    Status.SHIPPED: "Your order is on its way.",
}

FAILED_BY_REASON = {
    "InvalidOrder": "Your order could not be accepted as it is, and nothing was charged.",
    "ApprovalRejected": "Your order was not approved, and nothing was charged.",
    "PaymentDeclined": "Your card was declined, and nothing was charged. Try another card.",
    "PaymentUnavailable": "The payment service could not be reached. Try again later.",
    "OutOfStock": "Something that you ordered is out of stock.",
    "ShippingUnavailable": "No carrier could take your order. Try again later.",
}
# For reasons that are not the customer's: time-outs, crashes.
FAILED_BY_STAGE = {
    "OrderValidationFailed": "Your order could not be checked, and nothing was charged.",
    "ApprovalFailed": "Nobody approved your order in time, and nothing was charged.",
    "PaymentFailed": "Your payment could not be made.",
    "FulfillmentFailed": "Your order could not be packed.",
}
FAILED_OTHERWISE = "Your order could not be completed."

REFUNDED = "Your money was given back."
REFUND_DUE = "Your money is being given back."
REFUND_IF_CHARGED = "Whatever was charged is given back."

UNCHARGED = frozenset({"InvalidOrder", "PaymentDeclined", "OrderClosed"})
"""Reasons for which a payment surely took nothing; after any other, that is found out later."""


def read_state(order_id: str, item: Mapping[str, Mapping[str, Any]]) -> OrderState:
    """Return the state of an order from its item, in the typed form of DynamoDB's interface."""
    status = _status(order_id, _text(item, "status"))
    tracking_number = _text(item, "tracking_number")
    transaction_id = _text(item, "transaction_id")
    reason = _text(item, "reason")
    refunded = cast(bool | None, item.get("refunded", {}).get("BOOL"))
    # An order is recorded as failed first, and its money given back then.
    refund_due = status is Status.FAILED and transaction_id is not None and not refunded
    if status is Status.FAILED:
        stage = _text(item, "error") or ""
        message = FAILED_BY_REASON.get(reason or "", FAILED_BY_STAGE.get(stage, FAILED_OTHERWISE))
        if refunded or refund_due:
            message = f"{message} {REFUNDED if refunded else REFUND_DUE}"
        elif stage == "PaymentFailed" and reason not in UNCHARGED:
            message = f"{message} {REFUND_IF_CHARGED}"
    else:
        message = UNDERWAY[status]
        if status is Status.SHIPPED and tracking_number is not None:
            message = f"{message} Its tracking number is {tracking_number}."
    return OrderState(
        order_id,
        status,
        message,
        tracking_number=tracking_number,
        transaction_id=transaction_id,
        reason=reason if status is Status.FAILED else None,
        refunded=refunded,
        refund_due=refund_due,
    )


def _status(order_id: str, value: str | None) -> Status:
    try:
        return Status(value or "")
    except ValueError:  # the workflow may be newer than this storefront: the order does go on
        log.warning("order %s has the status %r, which is not known here", order_id, value)
        return Status.PROCESSING


def _text(item: Mapping[str, Mapping[str, Any]], name: str) -> str | None:
    value = item.get(name, {}).get("S")
    return value if isinstance(value, str) and value else None
