"""Hands a paid order to the warehouse, once, and says how to track it.

The shipping token chooses what the simulated warehouse does:

===========================  ================================================================
``ship_ok``                  shipped
``ship_out_of_stock``        OutOfStock, and for tokens that the warehouse does not know
``ship_unavailable``         ShippingUnavailable
``ship_unavailable_<n>``     ShippingUnavailable the first n times
``ship_crash_before_<n>``    the process dies before the order is shipped, the first n times
===========================  ================================================================

An order is shipped by one conditional write to its item: only this attempt, and only if it is
paid. What has failed meanwhile, and so has been given its money back, is not shipped.
"""

import hashlib
import json
import os
import re
from datetime import datetime, timezone

from metrics import count
from tables import update

DELIVERY = "3-5 business days"
TOKEN = "ship_ok"  # noqa: S105 - names an outcome of the simulator and opens nothing
SHIPPABLE = "#attempt = :attempt AND #status IN (:paid, :shipped)"
"""Shipped is no obstacle: a repetition writes the same again."""
_COUNTED = re.compile(r"ship_(unavailable|crash_before)_([1-9][0-9]{0,3})")


class OutOfStock(Exception):  # noqa: N818 - the workflow catches these by name
    """The warehouse has not what was ordered; no retry will change that."""


class ShippingUnavailable(Exception):  # noqa: N818
    """The warehouse does not answer now; worth a retry."""


class OrderClosed(Exception):  # noqa: N818
    """The order is not paid in this attempt, or has failed; it may not be shipped."""


def handler(event, context):
    """Return the document with ``fulfillment``."""
    order_id, attempt = event["order"]["orderId"], event.get("attempt", 0)
    _warehouse(order_id, event["order"].get("shippingToken", TOKEN))
    tracking_number = _tracking_number(order_id, attempt)
    made, item = update(
        os.environ["ORDERS_TABLE"],
        order_id,
        "SET #status = :shipped, #tracking_number = :tracking, #updated_at = :now",
        SHIPPABLE,
        before=True,
        attempt=attempt,
        paid="paid",
        shipped="shipped",
        tracking=tracking_number,
        now=datetime.now(timezone.utc).isoformat(),  # noqa: UP017 - Python 3.10 has no UTC
    )
    if not made:
        raise _closed(order_id, attempt, item)
    if item.get("status") == "paid":
        order = event["order"]
        count({"OrdersShipped": 1}, order["amount"], order["currency"], orderId=order_id)
    _log("order shipped", orderId=order_id, attempt=attempt, trackingNumber=tracking_number)
    return {
        **event,
        "fulfillment": {
            "status": "shipped",
            "tracking_number": tracking_number,
            "estimated_delivery": DELIVERY,
        },
    }


def _warehouse(order_id, token):
    """Do what the token says."""
    if token == TOKEN:
        return
    if token == "ship_out_of_stock":  # noqa: S105
        raise OutOfStock(f"{order_id}: not everything is in stock")
    counted = _COUNTED.fullmatch(token)
    if token != "ship_unavailable" and not counted:  # noqa: S105
        raise OutOfStock(f"{order_id}: unknown shipping token")
    if counted and _calls(order_id) > int(counted[2]):
        return
    if counted and counted[1] == "crash_before":
        os._exit(1)
    raise ShippingUnavailable(f"{order_id}: the warehouse does not answer")


def _calls(order_id):
    """How many calls there were for the order, this one included; kept with its item, for a
    process that dies remembers nothing."""
    made, item = update(
        os.environ["ORDERS_TABLE"],
        order_id,
        "ADD #shipping_calls :one",
        # An item that only this had made would look like an order.
        "attribute_exists(#id)",
        one=1,
    )
    if not made:
        raise _closed(order_id, "-", item)
    return item["shipping_calls"]


def _closed(order_id, attempt, item):
    state = (
        f"{item.get('status')} at attempt {item.get('attempt', '-')}" if item else "not on record"
    )
    return OrderClosed(f"{order_id} is {state}, and not shipped for attempt {attempt}")


def _tracking_number(order_id, attempt):
    """The same for the same attempt, whoever computes it; what is unique is the order's id."""
    digest = hashlib.sha256(f"{order_id}/{attempt}".encode()).hexdigest()
    return f"TRK{int(digest, 16) % 1_000_000:06d}"


def _log(message, **fields):
    print(json.dumps({"level": "INFO", "message": message, **fields}))
