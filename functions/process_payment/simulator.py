"""A payment gateway whose outcome the payment token chooses, as providers' test tokens do.

================================  ===============================================================
``tok_ok``                        charged
``tok_declined``, unknown tokens  PaymentDeclined, which is recorded: a retry is declined as well
``tok_slow``                      charged after three seconds
``tok_unavailable``               PaymentUnavailable
``tok_unavailable_<n>``           PaymentUnavailable the first n times
``tok_crash_before_<n>``          the process dies before the charge, the first n times
``tok_crash_after_<n>``           the process dies after it, before anybody hears of it
================================  ===============================================================

Its ledger is a table with an item a charge: every movement of money is one conditional write,
and what was charged or given back twice would add up there. Calls are counted in the table too,
for a process that dies remembers nothing.
"""

import hashlib
import os
import re
import time
from datetime import datetime, timezone

from gateway import Charge, OrderClosed, PaymentDeclined, PaymentUnavailable, Refund
from tables import update

SLOW_SECONDS = 3
CHARGE_ONCE = "attribute_not_exists(#id)"
"""One outcome a key: a charge, a refusal, or closed before either."""
REFUND_ONCE = "attribute_not_exists(#closed)"
_COUNTED = re.compile(r"tok_(unavailable|crash_before|crash_after)_([1-9][0-9]{0,3})")


class Simulator:
    """See ``gateway.Gateway``; ``table`` is the ledger."""

    def __init__(self, table):
        self._table = table

    def charge(self, key, cents, currency, token):
        """Do what the token says, and never twice."""
        fault = self._fault(key, token)
        if fault == "unavailable":
            raise PaymentUnavailable("the gateway does not answer")
        if fault == "crash_before":
            os._exit(1)
        if token == "tok_slow":  # noqa: S105 - these name outcomes and open nothing
            time.sleep(SLOW_SECONDS)
        if token == "tok_declined":  # noqa: S105
            charge = self._decline(key, "the card was declined")
        elif token in ("tok_ok", "tok_slow") or _COUNTED.fullmatch(token):
            charge = self._charge(key, cents, currency)
        else:
            charge = self._decline(key, "unknown token")
        if fault == "crash_after":
            os._exit(1)
        return charge

    def refund(self, key):
        """Give back what is there, nothing included, and close the key in the same write."""
        _, item = update(
            self._table,
            key,
            # Of an item that is not there yet this makes one, which the late charge will meet.
            "SET #closed = :yes, #closed_at = :now, "
            "#refunded = if_not_exists(#refunded, :zero) + if_not_exists(#charged, :zero)",
            REFUND_ONCE,
            yes=True,
            now=_now(),
            zero=0,
        )
        return Refund(item["refunded"], item.get("transaction_id"))

    def _charge(self, key, cents, currency):
        made, item = update(
            self._table,
            key,
            "SET #transaction_id = :transaction, #currency = :currency, #at = :now "
            "ADD #charged :cents",
            CHARGE_ONCE,
            transaction=_transaction_id(key),
            currency=currency,
            now=_now(),
            cents=cents,
        )
        return _charged(item) if made else _recorded(key, item)

    def _decline(self, key, reason):
        made, item = update(
            self._table,
            key,
            "SET #declined = :reason, #at = :now",
            CHARGE_ONCE,
            reason=reason,
            now=_now(),
        )
        if made:
            raise PaymentDeclined(reason)
        return _recorded(key, item)

    def _fault(self, key, token):
        """What this call shall suffer, if anything."""
        if token == "tok_unavailable":  # noqa: S105
            return "unavailable"
        if not (counted := _COUNTED.fullmatch(token)):
            return None
        # No order's key begins like this: an order id has no slash.
        _, item = update(self._table, f"calls/{key}", "ADD #calls :one", one=1)
        return counted[1] if item["calls"] <= int(counted[2]) else None


def _recorded(key, item):
    """The outcome that is on record for the key."""
    if item.get("closed"):
        raise OrderClosed(f"payment {key} was closed, and given back if it had been charged")
    if "declined" in item:
        raise PaymentDeclined(item["declined"])
    return _charged(item)


def _charged(item):
    return Charge(item["transaction_id"], item["charged"], item["currency"])


def _transaction_id(key):
    """The same for the same payment, whoever computes it; what is unique is the key."""
    return f"txn_{int(hashlib.sha256(key.encode()).hexdigest(), 16) % 1_000_000:06d}"


def _now():
    return datetime.now(timezone.utc).isoformat()  # noqa: UP017 - Python 3.10 has no UTC
