"""What a storm sends: orders, each with its fault, the same for the same seed."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

COPIES = 4
"""Most times that an order with duplicates is sent at once."""


@dataclass(frozen=True)
class Weather:
    """One kind of trouble, how often it comes, and how an order must end in it."""

    name: str
    share: int
    """Per hundred."""
    ends: str
    """``shipped`` or ``failed``."""
    payment: str = "tok_ok"
    shipping: str = "ship_ok"
    wrong: bool = False
    """Whether the sum is wrong by a cent."""
    copies: bool = False
    """Whether it is sent several times at once."""
    stopped: bool = False
    """Whether an operator stops its execution somewhere, and redrives it."""


WEATHERS = (
    Weather("calm", 30, "shipped"),
    Weather("sent several times at once", 14, "shipped", copies=True),
    Weather("gateway down once", 8, "shipped", payment="tok_unavailable_1"),
    Weather(
        "gateway down twice, sent several times", 4, "shipped", "tok_unavailable_2", copies=True
    ),
    Weather("gateway down for good", 4, "failed", payment="tok_unavailable"),
    Weather("dies before the charge", 6, "shipped", payment="tok_crash_before_1"),
    Weather("dies after the charge", 6, "shipped", payment="tok_crash_after_1"),
    Weather("dies after the charge, every time", 4, "failed", payment="tok_crash_after_99"),
    Weather("dies before the parcel", 4, "shipped", shipping="ship_crash_before_1"),
    Weather("declined", 4, "failed", payment="tok_declined"),
    Weather("out of stock", 4, "failed", shipping="ship_out_of_stock"),
    Weather(
        "out of stock, sent several times", 4, "failed", "tok_ok", "ship_out_of_stock", copies=True
    ),
    Weather("sum wrong by a cent", 4, "failed", wrong=True),
    Weather("stopped by an operator", 4, "shipped", stopped=True),
)


@dataclass(frozen=True)
class Order:
    """One order of the storm."""

    order_id: str
    weather: Weather
    document: Mapping[str, Any]
    cents: int
    """What it costs, if it is right."""
    copies: int
    stop_after: float
    """Seconds after which the operator stops it."""


def planned(count: int, seed: int) -> list[Order]:
    """``count`` orders; every weather comes up by its share, at least once each in a hundred."""
    chance = random.Random(seed)  # noqa: S311 - a plan that can be repeated, no secret
    deck = [weather for weather in WEATHERS for _ in range(weather.share)]
    orders: list[Order] = []
    while len(orders) < count:
        chance.shuffle(deck)
        orders += [
            _order(chance, f"STORM-{seed}-{len(orders) + index}", weather)
            for index, weather in enumerate(deck[: count - len(orders)])
        ]
    return orders


def _order(chance: random.Random, order_id: str, weather: Weather) -> Order:
    items, cents = list[dict[str, Any]](), 0
    for number in range(chance.randint(1, 4)):
        quantity, price = chance.randint(1, 5), chance.randint(1, 4999)
        items.append({"productId": f"PROD-{number:03}", "quantity": quantity, "price": price / 100})
        cents += quantity * price
    document = {
        "order": {
            "orderId": order_id,
            "customerId": f"CUST-{chance.randint(1, 999):05}",
            "items": items,
            "amount": (cents + weather.wrong) / 100,
            "currency": "USD",
            "paymentToken": weather.payment,
            "shippingToken": weather.shipping,
        }
    }
    return Order(
        order_id,
        weather,
        document,
        cents,
        chance.randint(2, COPIES) if weather.copies else 1,
        chance.uniform(0.0, 2.0),
    )
