"""What the order functions count: each order once, however often it comes, fails or is redriven."""

import itertools
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import pytest

from .orders import Died, Dying, Shop, cloud, make_shop

Document = dict[str, Any]
Counted = Callable[[], list[Document]]
pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with cloud(tmp_path_factory.mktemp("cloud")) as environment:
        yield environment


@pytest.fixture
def shop(
    environment: dict[str, str],
    load: Callable[[str], ModuleType],
    monkeypatch: pytest.MonkeyPatch,
) -> Shop:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Slipway")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "orders")
    return make_shop(environment, load, monkeypatch)


@pytest.fixture
def order(event: Callable[[str], Document]) -> Callable[..., Document]:
    """A document of an order of its own, with these changes to the order."""
    numbers = itertools.count(1)

    def make(**changes: Any) -> Document:
        document = event("order")
        document["order"] |= {"orderId": f"ORD-{next(numbers)}", **changes}
        return document

    return make


@pytest.fixture
def counted(capsys: pytest.CaptureFixture[str]) -> Counted:
    """The metrics that were written since it was asked last."""

    def read() -> list[Document]:
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return [line for line in lines if "_aws" in line]

    return read


def names(lines: list[Document]) -> list[str]:
    return [
        metric["Name"]
        for line in lines
        for directive in line["_aws"]["CloudWatchMetrics"]
        for metric in directive["Metrics"]
    ]


def fail(shop: Shop, document: Any) -> Any:
    """What the workflow's states RecordFailure and CountFailure do."""
    order = document.get("order") if isinstance(document, dict) else None
    if isinstance(order, dict) and order.get("orderId"):
        shop.record_failure(document)
    return count_failure(shop, document)


def count_failure(shop: Shop, document: Any) -> Any:
    return shop.process_payment.handler({"action": "count_failure", "document": document}, None)


def test_a_shipped_order_counts_with_what_it_earned(
    shop: Shop, order: Any, counted: Counted
) -> None:
    before = int(time.time() * 1000)
    document = order()
    shop.ship(shop.pay(document))
    placed, shipped = counted()
    assert before <= placed["_aws"].pop("Timestamp") <= shipped["_aws"].pop("Timestamp")
    assert placed == {
        "_aws": {
            "CloudWatchMetrics": [
                {
                    "Namespace": "Slipway",
                    "Dimensions": [["service"]],
                    "Metrics": [{"Name": "OrdersPlaced", "Unit": "Count"}],
                }
            ]
        },
        "service": "orders",
        "OrdersPlaced": 1,
        "orderId": document["order"]["orderId"],
    }
    assert shipped == {
        "_aws": {
            "CloudWatchMetrics": [
                {
                    "Namespace": "Slipway",
                    "Dimensions": [["service"]],
                    "Metrics": [{"Name": "OrdersShipped", "Unit": "Count"}],
                },
                {
                    "Namespace": "Slipway",
                    "Dimensions": [["service", "currency"]],
                    "Metrics": [{"Name": "Revenue", "Unit": "None"}],
                },
            ]
        },
        "service": "orders",
        "OrdersShipped": 1,
        "currency": "USD",
        "Revenue": 59.98,
        "orderId": document["order"]["orderId"],
    }


def test_every_name_of_a_directive_is_a_member_of_the_line(
    shop: Shop, order: Any, counted: Counted
) -> None:
    # The specification of the format: a missing one makes CloudWatch drop the line.
    shop.ship(shop.pay(order()))
    count_failure(shop, {})
    for line in counted():
        for directive in line["_aws"]["CloudWatchMetrics"]:
            for dimension in itertools.chain(*directive["Dimensions"]):
                assert isinstance(line[dimension], str)
            for metric in directive["Metrics"]:
                assert type(line[metric["Name"]]) in (int, float)


def test_a_replayed_order_counts_once(shop: Shop, order: Any, counted: Counted) -> None:
    document = order()
    for _ in range(3):
        shop.ship(shop.pay(document))
    paid = shop.pay(document)
    shop.ship(paid)
    assert names(counted()) == ["OrdersPlaced", "OrdersShipped", "Revenue"]


def test_five_executions_at_once_count_once(shop: Shop, order: Any, counted: Counted) -> None:
    def one(document: Document) -> None:
        shop.ship(shop.pay(document))

    for _ in range(5):
        document = order()
        with ThreadPoolExecutor(5) as pool:
            list(pool.map(one, [document] * 5))
    found = names(counted())
    assert {name: found.count(name) for name in found} == {
        "OrdersPlaced": 5,
        "OrdersShipped": 5,
        "Revenue": 5,
    }


def test_a_process_that_dies_counts_too_little_and_never_twice(
    shop: Shop, order: Any, counted: Counted
) -> None:
    document = order()
    paid = shop.pay(document)
    counted()
    shop.turns = Dying(shop.dynamodb, 1, done=True)
    with pytest.raises(Died):
        shop.ship(paid)
    shop.turns = None
    shop.ship(paid)
    assert counted() == []


def test_a_declined_order_is_failed_and_was_never_placed(
    shop: Shop, order: Any, counted: Counted
) -> None:
    document = order(paymentToken="tok_declined")
    for _ in range(2):
        with pytest.raises(Exception, match="declined"):
            shop.pay(document)
        fail(shop, document)
    (line,) = counted()
    assert names([line]) == ["OrdersFailed"]
    assert (line["OrdersFailed"], line["service"]) == (1, "orders")
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"]]


def test_an_order_that_fails_is_redriven_and_fails_again_counts_once(
    shop: Shop, order: Any, counted: Counted
) -> None:
    document = order()
    shop.pay(document)
    assert fail(shop, document) == {"counted": True}
    shop.refund(document)
    again = {**document, "attempt": 1}
    shop.dynamodb.update_item(
        TableName=shop.orders,
        Key={"id": {"S": document["order"]["orderId"]}},
        UpdateExpression="SET attempt = :one, #status = :accepted",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":one": {"N": "1"}, ":accepted": {"S": "accepted"}},
    )
    paid = shop.pay(again)
    assert fail(shop, again) == {"counted": False}
    assert names(counted()) == ["OrdersPlaced", "OrdersFailed"]
    assert paid["payment"]["status"] == "completed"


@pytest.mark.parametrize(
    "document",
    [
        *({}, [], "x", {"order": "x"}),
        *({"order": {"orderId": given}} for given in ("", 7, "\ud800", "x" * 5000)),
    ],
)
def test_what_is_no_order_at_all_still_counts_as_failed(
    shop: Shop, document: Any, counted: Counted
) -> None:
    assert count_failure(shop, document) == {"counted": True}
    assert names(counted()) == ["OrdersFailed"]


def test_nothing_is_written_without_a_namespace(
    shop: Shop, order: Any, counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("POWERTOOLS_METRICS_NAMESPACE")
    shop.ship(shop.pay(order()))
    count_failure(shop, {})
    assert counted() == []
