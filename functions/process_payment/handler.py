"""Charges an order, once, and gives the money back when the order cannot be shipped.

Two places decide, each by one conditional write. The gateway's ledger: one outcome for each
attempt at an order, and after a refund no charge. The order's item: an order that has failed
is never paid or shipped, and one that has shipped is never given back. So whoever is late (an
attempt that the workflow has given up, a second execution of the same order) finds the door
closed, and what it has charged goes back.
"""

import json
import os
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal

from gateway import OrderClosed
from metrics import count
from simulator import Simulator
from tables import update

MAX_CENTS = 99_999_999
MAX_ATTEMPT = 99
MAX_KEY_BYTES = 2048
"""Of an item's key; a longer order id is refused, and on no record."""
TOKEN = "tok_ok"  # noqa: S105 - names an outcome of the simulator and opens nothing

PAID = "attribute_not_exists(#id) OR (#attempt = :attempt AND NOT #status IN (:shipped, :failed))"
"""Whether this attempt may become the paid one."""
GIVEN_UP = (
    "attribute_not_exists(#id) OR "
    "((attribute_not_exists(#attempt) OR #attempt = :attempt) AND #status <> :shipped)"
)
"""Whether this attempt has not been shipped; from then on it cannot be."""
CURRENT = "attribute_not_exists(#id) OR #attempt = :attempt"
"""Whether the order is at this attempt; it never goes back to an earlier one."""


class InvalidOrder(ValueError):  # noqa: N818 - the workflow catches it by this name
    """The document is wrong, and will be however often it is tried."""


@dataclass(frozen=True)
class Due:
    """What of the document concerns a payment."""

    order: dict
    order_id: str
    attempt: int
    cents: int
    currency: str
    token: str

    def key(self, attempt=None):
        """What the gateway knows this payment by."""
        return f"{self.order_id}/{self.attempt if attempt is None else attempt}"


def handler(event, context):
    """Return the document with ``payment``, or with ``refund`` where ``action`` is ``refund``.

    ``action`` may also be ``count_failure``, for the metric only.

    A refund's document is the event itself or, where the state machine cannot merge the two,
    its ``document``.
    """
    action = event.get("action")
    if action is None:
        return {**event, "payment": pay(read(event))}
    if action == "count_failure":
        return {"counted": count_failure(event["document"])}
    if action != "refund":
        raise InvalidOrder(
            f"action is {action!r}; it may be 'refund', 'count_failure', or left out to charge"
        )
    document = event.get("document") or {k: v for k, v in event.items() if k != "action"}
    return {**document, "refund": give_back(read(document))}


def pay(due):
    """Charge, and record it with the order; the charge of an order that has ended goes back."""
    if due.attempt:
        _settle_earlier_attempts(due)
    charge = gateway().charge(due.key(), due.cents, due.currency, due.token)
    if (charge.cents, charge.currency) != (due.cents, due.currency):
        # Somebody else's: it is not for this execution to give back.
        raise InvalidOrder(
            f"{due.order_id} has been charged {_amount(charge.cents)} {charge.currency} already, "
            f"and this says {_amount(due.cents)} {due.currency}; give another order another id"
        )
    made, item = _update_order(
        due,
        "SET #status = :paid, #attempt = :attempt, #transaction_id = :transaction, "
        "#updated_at = :now, #order = if_not_exists(#order, :order), "
        "#paid_at = if_not_exists(#paid_at, :now)",
        PAID,
        before=True,
        paid="paid",
        shipped="shipped",
        failed="failed",
        transaction=charge.transaction_id,
        # For orders that nobody has written down yet; a token is not for those who read them.
        order=json.dumps({k: v for k, v in due.order.items() if k != "paymentToken"}),
    )
    repeated = not made and item.get("status") == "shipped" and item.get("attempt") == due.attempt
    if not made and not repeated:
        give_back(due)
        raise OrderClosed(
            f"{due.order_id} is {item.get('status')} at attempt {item.get('attempt', '-')}; "
            f"nothing stays charged for attempt {due.attempt}"
        )
    # A redrive that pays again has been placed before.
    if made and "paid_at" not in item:
        count({"OrdersPlaced": 1}, orderId=due.order_id)
    _log("payment completed", due, transactionId=charge.transaction_id, repeated=repeated)
    return {
        "status": "completed",
        "transaction_id": charge.transaction_id,
        "amount": due.order["amount"],
    }


def give_back(due):
    """Close the order, unless it has shipped, and then give back what was charged for it."""
    made, item = _update_order(
        due,
        "SET #status = :failed, #attempt = :attempt, #updated_at = :now",
        GIVEN_UP,
        failed="failed",
        shipped="shipped",
    )
    if not made and item.get("attempt", due.attempt) == due.attempt:
        _log("not refunded: the order has shipped", due, "WARNING")
        return {"status": "nothing to refund", "amount": 0}
    refund = gateway().refund(due.key())
    if not refund.cents:
        _log("nothing to refund", due)
        return {"status": "nothing to refund", "amount": 0}
    _update_order(
        due,
        "SET #refunded = :yes, #transaction_id = :transaction, #updated_at = :now",
        "#status = :failed AND #attempt = :attempt",
        failed="failed",
        yes=True,
        transaction=refund.transaction_id,
    )
    _log("payment refunded", due, transactionId=refund.transaction_id)
    return {
        "status": "refunded",
        "transaction_id": refund.transaction_id,
        "amount": _amount(refund.cents),
    }


def count_failure(document):
    """Count an order that the workflow gives up, the first time; whether it was.

    It may be anything: an order is refused for having no id, and then is on no record either.
    """
    order = document.get("order") if isinstance(document, dict) else None
    order_id = order.get("orderId") if isinstance(order, dict) else None
    order_id = order_id if isinstance(order_id, str) else ""
    if order_id.isascii() and 0 < len(order_id) <= MAX_KEY_BYTES:
        made, item = update(
            os.environ["ORDERS_TABLE"],
            order_id,
            "SET #failed_at = if_not_exists(#failed_at, :now)",
            # What is not there was not recorded as failed; to count it is still right.
            "attribute_exists(#id)",
            before=True,
            now=datetime.now(timezone.utc).isoformat(),  # noqa: UP017 - Python 3.10 has no UTC
        )
        if made and "failed_at" in item:
            return False
    count({"OrdersFailed": 1}, orderId=order_id[:80])
    return True


def _settle_earlier_attempts(due):
    """Give back what earlier attempts have left charged, so that a redrive charges no second time.

    They have been given back as a rule; not where an execution was stopped half way through.
    """
    made, item = _update_order(
        due,
        "SET #attempt = :attempt, #status = if_not_exists(#status, :processing), "
        "#updated_at = :now",
        CURRENT,
        processing="processing",
    )
    if not made:
        raise OrderClosed(
            f"{due.order_id} is {item.get('status')} at attempt {item.get('attempt', '-')}, and "
            f"not at attempt {due.attempt}: start it by a redrive"
        )
    # None of them can be shipped any more.
    for attempt in range(due.attempt):
        if (refund := gateway().refund(due.key(attempt))).cents:
            _log("earlier attempt refunded", due, transactionId=refund.transaction_id)


def gateway():
    """The gateway; here is the place for a real one."""
    return Simulator(os.environ["PAYMENTS_TABLE"])


def read(document):
    """What is to be paid. ``validate_order`` checks orders; here is checked what money hangs on.

    Raises:
        InvalidOrder: the document has not been through that check.
    """
    order = document.get("order")
    order = order if isinstance(order, dict) else {}
    order_id, attempt = order.get("orderId"), document.get("attempt", 0)
    currency, token = order.get("currency"), order.get("paymentToken", TOKEN)
    if not isinstance(order_id, str) or not re.fullmatch(
        r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}", order_id
    ):
        raise InvalidOrder("order.orderId must be 1 to 80 letters, digits, - or _")
    if type(attempt) is not int or not 0 <= attempt <= MAX_ATTEMPT:
        raise InvalidOrder(f"{order_id}: attempt must be a whole number from 0 to {MAX_ATTEMPT}")
    if not isinstance(currency, str) or not re.fullmatch(r"[A-Z]{3}", currency):
        raise InvalidOrder(f"{order_id}: currency must be three capital letters, such as USD")
    if not isinstance(token, str):
        raise InvalidOrder(f"{order_id}: paymentToken must be text, such as {TOKEN}")
    return Due(order, order_id, attempt, _cents(order_id, order.get("amount")), currency, token)


def _cents(order_id, amount):
    """An amount of the document as whole cents, exactly."""
    cents = Decimal(str(amount)) * 100 if type(amount) in (int, float) else Decimal("NaN")
    if not cents.is_finite() or not 1 <= cents <= MAX_CENTS or cents != int(cents):
        raise InvalidOrder(
            f"{order_id}: amount must be a number from 0.01 to {_amount(MAX_CENTS):,} with at most "
            "2 decimals"
        )
    return int(cents)


def _amount(cents):
    """Cents as the number that the document would have."""
    return cents // 100 if cents % 100 == 0 else cents / 100


def _update_order(due, change, condition, **values):
    return update(
        os.environ["ORDERS_TABLE"],
        due.order_id,
        change,
        condition,
        attempt=due.attempt,
        now=datetime.now(timezone.utc).isoformat(),  # noqa: UP017 - Python 3.10 has no UTC
        **values,
    )


def _log(message, due, level="INFO", **fields):
    """One JSON object a line; whatever the token, it is not in it."""
    line = {
        "level": level,
        "message": message,
        "orderId": due.order_id,
        "attempt": due.attempt,
        "cents": due.cents,
        "currency": due.currency,
        **fields,
    }
    print(json.dumps(line))
