"""What an order workflow is made of for whoever watches it."""

from collections.abc import Mapping
from typing import Any

from ..alarms import AlarmOverride, tables
from ..alarms.queues import DEPTH, depth_formula
from ..alarms.watch import Formulas
from ..state_machine.composed import Composed, compose
from ..watched import Watched
from .definition import FULFILL_SECONDS, PAYMENT_SECONDS, VALIDATE_SECONDS, definition

METRICS_NAMESPACE = "Slipway"
"""Of the metrics that the functions write of orders."""
METRICS = ("OrdersPlaced", "OrdersShipped", "OrdersFailed", "Revenue")
"""Paid for the first time, shipped, failed; and what was earned, by ``currency`` as well."""
TIMEOUTS = {
    "validate": VALIDATE_SECONDS,
    "payment": PAYMENT_SECONDS,
    "fulfillment": FULFILL_SECONDS,
}
"""The functions, by what they are called within the component."""
FAILED_ORDERS = "failed-orders"
ORDERS, PAYMENTS, APPROVALS = "table-orders", "table-payments", "table-approvals"


def composed(
    who: str,
    name: str,
    overrides: Mapping[str, AlarmOverride] | None,
    *,
    approval_above: float | None,
    approval_seconds: int,
) -> Composed:
    """Every alarm of the workflow, before anything is made.

    Raises:
        ValueError: an override is of no alarm there is, or CloudWatch would refuse it.
    """
    document: Mapping[str, Any] = definition(
        approval_above=approval_above, approval_seconds=approval_seconds
    )
    made = [ORDERS, PAYMENTS] if approval_above is None else [ORDERS, PAYMENTS, APPROVALS]
    own: Formulas = {
        FAILED_ORDERS: [depth_formula(DEPTH, f"Orders of {name} that failed; see redrive")],
        **dict.fromkeys(made, tables.formulas()),
    }
    return compose(who, name, document, TIMEOUTS, overrides, undo=True, own=own)


def business(name: str) -> Watched:
    """What the orders come to, as the functions report it."""
    return Watched(
        kind="business",
        name="business",
        title="Orders",
        dimensions={"service": name},
        namespace=METRICS_NAMESPACE,
        metrics=METRICS,
    )
