"""What a storm left, read from tables, queue and executions: is a cent or an order missing?"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .drive import Sent

FINAL = ("shipped", "failed")


@dataclass(frozen=True)
class Finding:
    """The books after a storm."""

    orders: int
    executions: int
    by_weather: Mapping[str, Mapping[str, int]]
    """How orders ended, by what befell them."""
    shipped: int
    failed: int
    charged: int
    """Cents, as the gateway's ledger has them."""
    refunded: int
    worth: int
    """Cents of all shipped orders."""
    kept: int
    """Failed orders in the queue."""
    problems: tuple[str, ...]
    """What is wrong; empty after a good storm."""


def audited(
    client: Callable[[str], Any],
    outputs: Mapping[str, Any],
    sent: Sequence[Sent],
    kept: Mapping[str, int],
) -> Finding:
    """Compare what was sent with what the tables, the queue and the executions say.

    Args:
        client: makes a boto3 client from the name of a service.
        outputs: the program's exports.
        sent: what ``Storm.rage`` returned.
        kept: messages in the queue of failed orders, by order.
    """
    items = dict(_items(client("dynamodb"), outputs["orders_table"]))
    ledger = _ledger(client("dynamodb"), outputs["payments_table"])
    problems: list[str] = []
    by_weather: dict[str, Counter[str]] = {}
    charged = refunded = worth = 0
    ends: Counter[str] = Counter()
    for one in sent:
        order = one.order
        status = items.get(order.order_id, {}).get("status", "missing")
        paid, back = ledger.get(order.order_id, (0, 0))
        by_weather.setdefault(order.weather.name, Counter())[status] += 1
        ends[status] += 1
        charged, refunded = charged + paid, refunded + back
        worth += order.cents if status == "shipped" else 0
        problems += _problems(one, status, paid, back, kept.get(order.order_id, 0))
    if charged - refunded != worth:
        problems.append(
            f"{charged} cents charged and {refunded} given back leave {charged - refunded}, "
            f"and what was shipped is worth {worth}"
        )
    return Finding(
        orders=len(sent),
        executions=sum(len(one.executions) for one in sent),
        by_weather=by_weather,
        shipped=ends["shipped"],
        failed=ends["failed"],
        charged=charged,
        refunded=refunded,
        worth=worth,
        kept=sum(1 for one in sent if kept.get(one.order.order_id)),
        problems=tuple(problems),
    )


def _problems(one: Sent, status: str, paid: int, back: int, kept: int) -> Iterator[str]:
    order = one.order
    who = f"{order.order_id} ({order.weather.name})"
    if status not in FINAL:
        yield f"{who}: is {status}, which is not final"
    elif status != order.weather.ends:
        yield f"{who}: is {status}, and should be {order.weather.ends}"
    if paid not in (0, order.cents):
        yield f"{who}: {paid} cents were charged for {order.cents}"
    if status == "shipped" and (paid, back) != (order.cents, 0):
        yield f"{who}: shipped for {order.cents}, with {paid} charged and {back} given back"
    if status == "failed" and paid != back:
        yield f"{who}: failed, with {paid} charged and {back} given back"
    if status == "failed" and not kept:
        yield f"{who}: failed, and is not in the queue of failed orders"
    ends = set(one.executions.values())
    # An operator may stop an execution between the parcel and its last state.
    if status == "shipped" and "SUCCEEDED" not in ends and not order.weather.stopped:
        yield f"{who}: shipped, and its executions ended as {sorted(ends)}"
    if status == "failed" and "SUCCEEDED" in ends:
        yield f"{who}: failed, and an execution says that it was shipped"


def _items(dynamodb: Any, table: str) -> Iterator[tuple[str, dict[str, str]]]:
    for page in dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        for item in page["Items"]:
            yield item["id"]["S"], {key: str(next(iter(it.values()))) for key, it in item.items()}


def _ledger(dynamodb: Any, table: str) -> dict[str, tuple[int, int]]:
    """Cents charged and given back, by order, over all its attempts."""
    sums: dict[str, tuple[int, int]] = {}
    for key, item in _items(dynamodb, table):
        order_id, _, attempt = key.rpartition("/")
        if attempt.isdigit():
            paid, back = sums.get(order_id, (0, 0))
            sums[order_id] = (
                paid + int(item.get("charged", "0")),
                back + int(item.get("refunded", "0")),
            )
    return sums
