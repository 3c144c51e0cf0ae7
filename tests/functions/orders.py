"""What the tests of the order functions share: tables in a real cloud, turns, and the audit.

A function takes part as a thread whose every call to DynamoDB waits for its turn, so that a test
can have any number of functions happen in any order, or in every order there is.
"""

import json
import random
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest

from sandbox.cloud import start, stop

PORT = 4860
"""Away from the default and from the cloud of other tests."""
DEFINITE = ("InvalidOrder", "OrderClosed", "PaymentDeclined")
"""Errors of a payment after which the workflow refunds nothing."""
Load = Callable[[str], ModuleType]
Actor = Callable[[], None]


@contextmanager
def cloud(state: Path) -> Iterator[dict[str, str]]:
    """A cloud, as the environment of what is to use it."""
    running = start(state, port=PORT, engine="process")
    yield {
        "AWS_ENDPOINT_URL_DYNAMODB": running.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": running.region,
        "AWS_REGION": running.region,
    }
    stop(state)


def make_shop(environment: dict[str, str], load: Load, patch: pytest.MonkeyPatch) -> "Shop":
    """Both functions and tables of their own."""
    for name, value in environment.items():
        patch.setenv(name, value)
    dynamodb: Any = boto3.client("dynamodb")
    shop = Shop(dynamodb)
    for kind in ("orders", "payments"):
        table = f"{kind}-{uuid.uuid4()}"
        dynamodb.create_table(
            TableName=table,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        patch.setenv(f"{kind.upper()}_TABLE", table)
        setattr(shop, kind, table)
    for name in ("process_payment", "fulfill_order"):
        setattr(shop, name, load(name))
        # Each has modules of the same names; what was imported stays with who imported it.
        shop.modules[name] = {
            key: sys.modules.pop(key)
            for key in ("handler", "tables", "simulator", "gateway", "metrics")
            if key in sys.modules
        }
        shop.modules[name]["tables"].client = lambda: shop.turns or dynamodb  # type: ignore[attr-defined]
    return shop


@dataclass
class Shop:
    """The order functions as the workflow calls them, and what came of it."""

    dynamodb: Any
    orders: str = ""
    payments: str = ""
    process_payment: Any = None
    fulfill_order: Any = None
    turns: "Turns | Dying | None" = None
    modules: dict[str, dict[str, ModuleType]] = field(default_factory=dict)
    parcels: dict[str, set[str]] = field(default_factory=dict)
    """Tracking numbers of what has left the warehouse, by order."""

    def pay(self, document: Any) -> Any:
        return self.process_payment.handler(document, None)

    def refund(self, document: Any) -> Any:
        return self.process_payment.handler({"action": "refund", "document": document}, None)

    def ship(self, document: Any) -> Any:
        answer = self.fulfill_order.handler(document, None)
        parcels = self.parcels.setdefault(document["order"]["orderId"], set())
        parcels.add(answer["fulfillment"]["tracking_number"])
        return answer

    def record_failure(self, document: Any) -> bool:
        """What the workflow's state RecordFailure does; False: it has been shipped after all."""
        client = self.turns or self.dynamodb
        try:
            client.update_item(
                TableName=self.orders,
                Key={"id": {"S": document["order"]["orderId"]}},
                UpdateExpression="SET #status = :failed",
                ConditionExpression="attribute_not_exists(id) OR #status <> :shipped",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={
                    ":failed": {"S": "failed"},
                    ":shipped": {"S": "shipped"},
                },
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def execute(self, document: Any) -> None:
        """One execution of the workflow, without its retries; it leaves nothing unfinished."""
        try:
            paid = self.pay(document)
        except Exception as error:
            if type(error).__name__ not in DEFINITE:
                raise
            self.record_failure(document)
        else:
            self.go_on(paid)

    def go_on(self, document: Any, *, recorded: bool = True) -> None:
        """The same from where the order is paid.

        Args:
            document: the order's.
            recorded: whether a failure can be written to the order's item.
        """
        try:
            self.ship(document)
        except Exception as error:
            if type(error).__name__ not in ("OrderClosed", "OutOfStock"):
                raise
            if not recorded or self.record_failure(document):
                self.refund(document)

    def redriven(self, document: Any) -> Any:
        """The document of the next attempt, once the order's item is at it."""
        attempt = document.get("attempt", 0) + 1
        self.put(document, status="accepted", attempt=attempt)
        return {**document, "attempt": attempt}

    def put(self, document: Any, *, status: str, attempt: int = 0) -> None:
        self.dynamodb.put_item(
            TableName=self.orders,
            Item={
                "id": {"S": document["order"]["orderId"]},
                "status": {"S": status},
                "attempt": {"N": str(attempt)},
                "order": {"S": json.dumps(document["order"])},
            },
        )

    def item(self, document: Any) -> dict[str, Any]:
        """The order's item in plain values."""
        return self._get(self.orders, document["order"]["orderId"])

    def movements(self, document: Any, attempt: int = 0) -> dict[str, Any]:
        """The ledger's item of an attempt in plain values."""
        return self._get(self.payments, f"{document['order']['orderId']}/{attempt}")

    def _get(self, table: str, key: str) -> dict[str, Any]:
        found = self.dynamodb.get_item(TableName=table, Key={"id": {"S": key}}, ConsistentRead=True)
        plain = {"S": str, "N": int, "BOOL": bool}
        return {
            name: plain[kind](value)
            for name, typed in found.get("Item", {}).items()
            for kind, value in typed.items()
        }

    def wrong(self, document: Any, attempts: int = 1) -> list[str]:
        """What the audit of an order at rest finds: the money rule, and that it is at an end."""
        item, cents = self.item(document), round(document["order"]["amount"] * 100)
        ledger = [self.movements(document, attempt) for attempt in range(attempts)]
        charged = sum(entry.get("charged", 0) for entry in ledger)
        refunded = sum(entry.get("refunded", 0) for entry in ledger)
        parcels = self.parcels.get(document["order"]["orderId"], set())
        due = cents * len(parcels)
        found = []
        if charged - refunded != due:
            found.append(f"charged {charged}, refunded {refunded}, due {due}")
        if any(entry.get("charged", 0) > cents for entry in ledger):
            found.append("charged twice")
        if len(parcels) > 1:
            found.append("shipped twice")
        if item.get("status") != ("shipped" if parcels else "failed"):
            found.append(f"the order is {item.get('status')}, with {len(parcels)} parcels sent")
        if item.get("status") == "failed" and refunded and not item.get("refunded"):
            found.append("refunded, and the order does not say so")
        return found


class Turns:
    """A DynamoDB client for actors that call it one at a time, in an order that is chosen."""

    def __init__(self, dynamodb: Any, actors: list[Actor], choose: Callable[[int], int]) -> None:
        self._dynamodb = dynamodb
        self.exceptions = dynamodb.exceptions
        self._actors, self._choose = actors, choose
        self._me = threading.local()
        self._go = [threading.Semaphore(0) for _ in actors]
        self._waits = threading.Semaphore(0)
        self._alive = set(range(len(actors)))
        self.failures: list[BaseException] = []

    def update_item(self, **request: Any) -> Any:
        self._waits.release()
        self._go[self._me.number].acquire()
        return self._dynamodb.update_item(**request)

    def play(self) -> None:
        """Run every actor to its end."""
        threads = [threading.Thread(target=self._act, args=(n,)) for n in range(len(self._actors))]
        for thread in threads:
            thread.start()
            self._waits.acquire()
        while self._alive:
            ready = sorted(self._alive)
            number = ready[self._choose(len(ready))] if len(ready) > 1 else ready[0]
            self._go[number].release()
            self._waits.acquire()
        for thread in threads:
            thread.join()
        if self.failures:
            raise self.failures[0]

    def _act(self, number: int) -> None:
        self._me.number = number
        try:
            self._actors[number]()
        except BaseException as error:  # noqa: BLE001 - raised again by play
            self.failures.append(error)
        finally:
            self._alive.discard(number)
            self._waits.release()


class Died(Exception):  # noqa: N818
    """The process is gone."""


class Dying:
    """A DynamoDB client with whose call of this number its process dies."""

    def __init__(self, dynamodb: Any, call: int, *, done: bool) -> None:
        self._dynamodb, self._left, self._done = dynamodb, call, done
        self.exceptions = dynamodb.exceptions

    def update_item(self, **request: Any) -> Any:
        self._left -= 1
        if self._left == 0 and not self._done:
            raise Died
        answer = self._dynamodb.update_item(**request)
        if self._left == 0:
            raise Died
        return answer


def play(shop: Shop, actors: list[Actor], choose: Callable[[int], int]) -> None:
    shop.turns = turns = Turns(shop.dynamodb, actors, choose)
    try:
        turns.play()
    finally:
        shop.turns = None


def orders_of_events(
    actors: Callable[[], list[Actor]], shop: Shop, limit: int = 0
) -> Iterator[str]:
    """Play every interleaving there is, or ``limit`` random ones; what was played, each time.

    ``actors`` is called anew for each, and must make the same ones.
    """
    if limit:
        for seed in range(limit):
            chance = random.Random(seed)
            play(shop, actors(), chance.randrange)
            yield f"seed {seed}"
        return
    path: list[tuple[int, int]] = []
    while True:
        taken: list[tuple[int, int]] = []

        def choose(options: int, path: Any = path, taken: Any = taken) -> int:
            chosen = path[len(taken)][0] if len(taken) < len(path) else 0
            taken.append((chosen, options))
            return int(chosen)

        play(shop, actors(), choose)
        yield "".join(str(chosen) for chosen, _ in taken)
        while taken and taken[-1][0] + 1 == taken[-1][1]:
            taken.pop()
        if not taken:
            return
        path = [*taken[:-1], (taken[-1][0] + 1, taken[-1][1])]
