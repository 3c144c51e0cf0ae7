"""What ``handler.py`` asks of a payment gateway. ``simulator.py`` is the one that is shipped.

A gateway of one's own is a class with these two methods, made in ``handler.gateway``. ``key`` is
``<order id>/<attempt>``, which most providers take as their idempotency key as it stands.
"""

from dataclasses import dataclass
from typing import Protocol


class PaymentDeclined(Exception):  # noqa: N818 - the workflow catches these by name
    """The customer cannot pay this way; no retry will change that."""


class PaymentUnavailable(Exception):  # noqa: N818
    """The gateway does not answer now; worth a retry."""


class OrderClosed(Exception):  # noqa: N818
    """The order has ended otherwise; nothing is charged, or it has been given back."""


@dataclass(frozen=True)
class Charge:
    """Money taken."""

    transaction_id: str
    cents: int
    currency: str


@dataclass(frozen=True)
class Refund:
    """Money given back: all that was charged under the key, which may be nothing."""

    cents: int
    transaction_id: str | None


class Gateway(Protocol):
    """Takes money and gives it back, each at most once for a key, however often it is asked."""

    def charge(self, key: str, cents: int, currency: str, token: str) -> Charge:
        """Charge, or return the charge that was made under this key before, whatever its amount.

        Raises:
            PaymentDeclined: and the same again for every repetition.
            PaymentUnavailable: nothing is known to have been charged.
            OrderClosed: ``refund`` has been called for the key.
        """

    def refund(self, key: str) -> Refund:
        """Give back what was charged, and refuse every charge of the key from now on.

        The second call returns the first one's refund.
        """
