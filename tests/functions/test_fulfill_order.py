"""What is shipped, and what is not."""

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from .conftest import FUNCTIONS
from .orders import Shop, cloud, make_shop

Document = dict[str, Any]
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
    return make_shop(environment, load, monkeypatch)


@pytest.fixture
def paid(shop: Shop, event: Callable[[str], Document]) -> Callable[..., Document]:
    """A paid order of its own, with these changes to it."""
    numbers = itertools.count(1)

    def make(**changes: Any) -> Document:
        document = event("order")
        document["order"] |= {"orderId": f"ORD-{next(numbers)}", **changes}
        answer: Document = shop.pay(document)
        return answer

    return make


def raises(shop: Shop, name: str, match: str) -> Any:
    return pytest.raises(getattr(shop.fulfill_order, name), match=match)


def test_a_paid_order_is_shipped_and_can_be_tracked(
    shop: Shop, event: Callable[[str], Document]
) -> None:
    document = shop.pay(event("order"))
    answer = shop.ship(document)
    assert answer == {
        **document,
        "fulfillment": {
            "status": "shipped",
            "tracking_number": "TRK954581",
            "estimated_delivery": "3-5 business days",
        },
    }
    item = shop.item(document)
    assert (item["status"], item["tracking_number"]) == ("shipped", "TRK954581")
    assert item["transaction_id"] == document["payment"]["transaction_id"]


def test_a_repetition_answers_the_same(shop: Shop, paid: Any) -> None:
    document = paid()
    first = shop.ship(document)
    assert [shop.ship(document) for _ in range(3)] == [first] * 3
    assert shop.wrong(document) == []


@pytest.mark.parametrize("status", ["accepted", "processing", "awaiting_approval", "failed"])
def test_an_order_that_is_not_paid_is_not_shipped(shop: Shop, paid: Any, status: str) -> None:
    document = paid()
    shop.put(document, status=status)
    with raises(shop, "OrderClosed", f"is {status} at attempt 0, and not shipped for attempt 0"):
        shop.ship(document)
    assert shop.item(document)["status"] == status


def test_another_attempt_s_payment_ships_nothing(shop: Shop, paid: Any) -> None:
    document = paid()
    for attempt in (1, 7):
        with raises(shop, "OrderClosed", f"is paid at attempt 0, and not shipped for .* {attempt}"):
            shop.ship({**document, "attempt": attempt})
    shop.put(document, status="paid", attempt=1)
    with raises(shop, "OrderClosed", "is paid at attempt 1, and not shipped for attempt 0"):
        shop.ship(document)


@pytest.mark.parametrize("token", ["ship_ok", "ship_unavailable_1", "ship_crash_before_1"])
def test_an_order_that_nobody_knows_is_not_shipped(shop: Shop, paid: Any, token: str) -> None:
    document = paid(shippingToken=token)
    document["order"]["orderId"] = "ORD-unknown"
    with raises(shop, "OrderClosed", "ORD-unknown is not on record"):
        shop.ship(document)
    assert shop.item(document) == {}


def test_a_refunded_order_is_not_shipped(shop: Shop, paid: Any) -> None:
    document = paid()
    shop.refund(document)
    with raises(shop, "OrderClosed", "is failed at attempt 0"):
        shop.ship(document)
    assert shop.wrong(document) == []


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ("ship_out_of_stock", "not everything is in stock"),
        ("ship_", "unknown shipping token"),
        ("tok_ok", "unknown shipping token"),
        ("ship_unavailable_0", "unknown shipping token"),
        ("ship_unavailable_1\n", "unknown shipping token"),
    ],
)
def test_what_is_not_in_stock_is_not_shipped(shop: Shop, paid: Any, token: str, words: str) -> None:
    document = paid(shippingToken=token)
    with raises(shop, "OutOfStock", words):
        shop.ship(document)
    assert shop.item(document)["status"] == "paid"


def test_a_warehouse_that_is_down_ships_when_it_is_up(shop: Shop, paid: Any) -> None:
    document = paid(shippingToken="ship_unavailable_2")
    for _ in range(2):
        with raises(shop, "ShippingUnavailable", "does not answer"):
            shop.ship(document)
    shop.ship(document)
    assert shop.item(document)["shipping_calls"] == 3
    down = paid(shippingToken="ship_unavailable")
    for _ in range(3):
        with raises(shop, "ShippingUnavailable", "does not answer"):
            shop.ship(down)
    assert shop.item(down)["status"] == "paid"


def test_a_process_that_dies_is_made_up_for(shop: Shop, paid: Any) -> None:
    document = paid(shippingToken="ship_crash_before_1")
    code = f"from handler import handler; handler({document!r}, None)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=FUNCTIONS / "fulfill_order",
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")
    assert shop.item(document)["status"] == "paid"
    shop.ship(document)
    assert shop.wrong(document) == []


def test_a_line_of_the_log_names_order_and_parcel(
    shop: Shop, paid: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    document = paid()
    capsys.readouterr()
    shop.ship(document)
    line = json.loads(capsys.readouterr().out)
    assert line == {
        "level": "INFO",
        "message": "order shipped",
        "orderId": document["order"]["orderId"],
        "attempt": 0,
        "trackingNumber": line["trackingNumber"],
    }


@pytest.mark.parametrize("module", ["tables", "metrics"])
def test_both_functions_write_and_count_alike(module: str) -> None:
    # Each is packed for itself, so each has the module.
    files = [FUNCTIONS / name / f"{module}.py" for name in ("process_payment", "fulfill_order")]
    first, second = (file.read_text(encoding="utf-8") for file in files)
    assert first == second
