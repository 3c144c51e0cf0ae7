"""What an order is, and who takes it.

`read_order` turns a request's JSON into an `Order`, or says all that is wrong with it. Taking the
order is the business of an `OrderDesk`: here is the one that is closed, order_desk.py has the
one that is open.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, cast

from .catalog import CURRENCY, Catalog
from .readiness import Check

ORDER_KEYS = ("customerId", "items", "amount", "currency", "paymentToken", "shippingToken")
MAX_LINES = 50
MAX_QUANTITY = 99

# Test tokens, as payment providers have them: what they stand for is the simulators' business.
PAYMENT_TOKEN = "tok_ok"  # noqa: S105  (no password: the name of a test card)
SHIPPING_TOKEN = "ship_ok"  # noqa: S105

_CUSTOMER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")
_TOKEN = re.compile(r"[a-z0-9_]{1,64}")


@dataclass(frozen=True, slots=True)
class Line:
    """One product of an order, at the catalogue's price."""

    product_id: str
    quantity: int
    price: Decimal


@dataclass(frozen=True, slots=True)
class Order:
    """What a customer asks for; `amount` is the sum of the lines, to the cent."""

    customer_id: str
    lines: tuple[Line, ...]
    amount: Decimal
    currency: str = CURRENCY
    payment_token: str = PAYMENT_TOKEN
    shipping_token: str = SHIPPING_TOKEN


class Status(StrEnum):
    """How far an order has come."""

    ACCEPTED = "accepted"
    PROCESSING = "processing"
    AWAITING_APPROVAL = "awaiting_approval"
    PAID = "paid"
    SHIPPED = "shipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class OrderState:
    """Where an order stands; `message` tells its customer so. None is what is not known (yet)."""

    order_id: str
    status: Status
    message: str
    tracking_number: str | None = None
    transaction_id: str | None = None
    reason: str | None = None
    """Why it failed: the name of the error."""
    refunded: bool | None = None
    refund_due: bool = False
    """Whether money is still on its way back."""

    @property
    def final(self) -> bool:
        """Whether the order, the customer's money included, will not change any more."""
        if self.status is Status.FAILED:
            return not self.refund_due
        return self.status is Status.SHIPPED


class OrderingClosedError(Exception):
    """No order can be taken or looked up in this deployment."""


class KeyReusedError(Exception):
    """The idempotency key belongs to another order."""


class DeskTroubleError(Exception):
    """The desk cannot do it now; the same request is safe to repeat after `retry_after` seconds.

    `code` and `message` are for the caller, and tell nothing of the inside.
    """

    def __init__(self, code: str, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after = retry_after


class OrderDesk(Protocol):
    """Takes orders and knows how they get on.

    `place` and `find` may raise OrderingClosedError and DeskTroubleError.
    """

    def place(self, order: Order, key: str, /) -> OrderState:
        """Take the order. The same key and order again: the same answer, no second order.

        KeyReusedError when `key` came with a different order before.
        """
        ...

    def find(self, order_id: str, /) -> OrderState | None:
        """Return how the order stands, or None when there is none of that id."""
        ...

    def checks(self) -> Mapping[str, Check]:
        """Return what must work for orders to be taken, for /ready."""
        ...


class ClosedDesk:
    """The desk of a deployment that has no order workflow."""

    def place(self, _order: Order, _key: str, /) -> OrderState:
        """Refuse."""
        raise OrderingClosedError

    def find(self, _order_id: str, /) -> OrderState | None:
        """Refuse."""
        raise OrderingClosedError

    def checks(self) -> Mapping[str, Check]:
        """Depend on nothing."""
        return {}


class InvalidOrderError(Exception):
    """The order cannot be read; `problems` are (field, what is wrong with it) pairs."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{field}: {text}" for field, text in problems))
        self.problems = problems


def read_order(body: Mapping[str, object], catalog: Catalog) -> Order:
    """Read `{"customerId", "items": [{"productId", "quantity"}]}`; numbers are int or Decimal.

    A `price` in an item, `amount` and `currency` may be given, and must then be what the
    catalogue says: whoever saw another price learns of it before paying. `paymentToken` and
    `shippingToken` choose what the simulators do. Raises InvalidOrderError.
    """
    reader = _Reader(catalog)
    order = reader.order(body)
    if reader.problems:
        raise InvalidOrderError(reader.problems)
    return order


class _Reader:
    """Reads one order and collects its problems."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self.problems: list[tuple[str, str]] = []

    def order(self, body: Mapping[str, object]) -> Order:
        self._known_keys(body, "", ORDER_KEYS)
        customer_id = body.get("customerId")
        if not isinstance(customer_id, str) or not _CUSTOMER_ID.fullmatch(customer_id):
            self._reject(
                "customerId", "must be 1 to 64 letters, digits or . _ @ + -, such as CUST-67890"
            )
        lines = self._lines(body.get("items"))
        amount = sum((line.price * line.quantity for line in lines), Decimal("0.00"))
        if not self.problems:  # with a wrong line, the sum would be a misleading complaint
            self._must_equal("amount", body, amount)
        if body.get("currency", CURRENCY) != CURRENCY:
            self._reject("currency", f"must be {CURRENCY}")
        return Order(
            str(customer_id),
            tuple(lines),
            amount,
            payment_token=self._token("paymentToken", body, PAYMENT_TOKEN),
            shipping_token=self._token("shippingToken", body, SHIPPING_TOKEN),
        )

    def _token(self, name: str, body: Mapping[str, object], default: str) -> str:
        token = body.get(name, default)
        if isinstance(token, str) and _TOKEN.fullmatch(token):
            return token
        self._reject(name, f"must be 1 to 64 lower-case letters, digits or _, such as {default}")
        return default

    def _lines(self, items: object) -> list[Line]:
        if not isinstance(items, list) or not 1 <= len(cast(list[object], items)) <= MAX_LINES:
            self._reject("items", f"must be a list of 1 to {MAX_LINES} items")
            return []
        lines: list[Line] = []
        for index, item in enumerate(cast(list[object], items)):
            line = self._line(f"items[{index}]", item)
            if line is None:
                continue
            if any(line.product_id == other.product_id for other in lines):
                self._reject(
                    f"items[{index}].productId",
                    f"{line.product_id} is in the list already: give the whole quantity once",
                )
            lines.append(line)
        return lines

    def _line(self, where: str, item: object) -> Line | None:
        if not isinstance(item, dict):
            self._reject(where, "must be an object with productId and quantity")
            return None
        fields = cast(dict[str, object], item)
        self._known_keys(fields, f"{where}.", ("productId", "quantity", "price"))
        quantity = fields.get("quantity")
        # JSON's true is an int in Python.
        if type(quantity) is not int or not 1 <= quantity <= MAX_QUANTITY:
            self._reject(f"{where}.quantity", f"must be a whole number from 1 to {MAX_QUANTITY}")
            quantity = None
        product_id = fields.get("productId")
        product = self._catalog.get(product_id) if isinstance(product_id, str) else None
        if product is None:
            self._reject(f"{where}.productId", "must be the id of a product of /api/products")
            return None
        self._must_equal("price", fields, product.price, f"{where}.")
        return None if quantity is None else Line(product.id, quantity, product.price)

    def _must_equal(
        self, name: str, fields: Mapping[str, object], expected: Decimal, where: str = ""
    ) -> None:
        given = fields.get(name, expected)
        if type(given) not in {int, Decimal} or given != expected:
            self._reject(f"{where}{name}", f"is {expected} today; leave it out, or send that")

    def _known_keys(self, fields: Mapping[str, object], where: str, known: tuple[str, ...]) -> None:
        for name in fields:
            if name not in known:
                self._reject(f"{where}{name[:64]}", f"is not known here; {', '.join(known)} are")

    def _reject(self, field: str, text: str) -> None:
        self.problems.append((field, text))
