"""Charges and refunds, one by one, many at once, and in every order that they can come in."""

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import pytest

from .conftest import FUNCTIONS
from .orders import Actor, Died, Dying, Shop, cloud, make_shop, orders_of_events

Event = Callable[[str], dict[str, Any]]
Document = dict[str, Any]
pytestmark = pytest.mark.sandbox
CENTS = 5998
TRANSACTION = "txn_954581"
"""Of ORD-12345 at its first attempt, as its hash has it."""


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
def order(event: Event) -> Callable[..., Document]:
    """A document of an order of its own, with these changes to the order."""
    numbers = itertools.count(1)

    def make(attempt: int = 0, **changes: Any) -> Document:
        document = event("order")
        document["order"] |= {"orderId": f"ORD-{next(numbers)}", **changes}
        return {**document, "attempt": attempt}

    return make


def raises(shop: Shop, name: str, match: str | None = None) -> Any:
    module = shop.modules["process_payment"]
    kind = getattr(module["gateway"], name, None) or getattr(module["handler"], name)
    return pytest.raises(kind, match=match)


# -- one by one ----------------------------------------------------------------------------


def test_an_order_is_charged_and_recorded_as_paid(shop: Shop, event: Event) -> None:
    document = event("order")
    answer = shop.pay(document)
    assert answer == {
        **document,
        "payment": {"status": "completed", "transaction_id": TRANSACTION, "amount": 59.98},
    }
    item, ledger = shop.item(document), shop.movements(document)
    assert ledger.pop("at") <= item["paid_at"] == item.pop("updated_at")
    del item["paid_at"]
    assert ledger == {
        "id": "ORD-12345/0",
        "charged": CENTS,
        "currency": "USD",
        "transaction_id": TRANSACTION,
    }
    assert json.loads(item.pop("order")) == document["order"]
    assert item == {
        "id": "ORD-12345",
        "status": "paid",
        "attempt": 0,
        "transaction_id": TRANSACTION,
    }


def test_a_repetition_charges_nothing_and_answers_the_same(shop: Shop, order: Any) -> None:
    document = order()
    first = shop.pay(document)
    assert [shop.pay(document) for _ in range(3)] == [first] * 3
    assert shop.movements(document)["charged"] == CENTS
    shop.ship(first)
    assert shop.pay(document) == first
    assert shop.item(document)["status"] == "shipped"
    assert shop.wrong(document) == []


def test_an_order_that_was_written_down_before_keeps_what_it_said(shop: Shop, order: Any) -> None:
    document = order(paymentToken="tok_ok")
    shop.put(document, status="accepted")
    shop.pay(document)
    assert json.loads(shop.item(document)["order"]) == document["order"]


@pytest.mark.parametrize("status", ["accepted", "processing", "awaiting_approval", "paid"])
def test_an_order_under_way_is_paid(shop: Shop, order: Any, status: str) -> None:
    document = order()
    shop.put(document, status=status)
    shop.pay(document)
    assert shop.item(document)["status"] == "paid"


@pytest.mark.parametrize(
    ("status", "attempt"), [("failed", 0), ("accepted", 1), ("shipped", 1), ("failed", 1)]
)
def test_the_charge_of_an_order_that_has_ended_goes_back(
    shop: Shop, order: Any, status: str, attempt: int
) -> None:
    document = order()
    shop.put(document, status=status, attempt=attempt)
    with raises(shop, "OrderClosed", f"is {status} at attempt {attempt}"):
        shop.pay(document)
    ledger = shop.movements(document)
    assert (ledger["charged"], ledger["refunded"]) == (CENTS, CENTS)
    item = shop.item(document)
    assert (item["status"], item["attempt"]) == (status, attempt)
    assert item.get("refunded", False) is (attempt == 0)  # said of the attempt that it was


def test_a_card_that_was_declined_stays_declined(shop: Shop, order: Any) -> None:
    document = order(paymentToken="tok_declined")
    for token in ("tok_declined", "tok_ok", "tok_unavailable_1"):
        document["order"]["paymentToken"] = token
        if token.endswith("1"):
            with raises(shop, "PaymentUnavailable"):
                shop.pay(document)
        with raises(shop, "PaymentDeclined", "the card was declined"):
            shop.pay(document)
    assert "charged" not in shop.movements(document)
    # A new attempt may have another card.
    document["order"]["paymentToken"] = "tok_ok"
    again = shop.redriven(document)
    assert shop.pay(again)["payment"]["transaction_id"] != TRANSACTION


@pytest.mark.parametrize("token", ["tok_", "tok_oks", "card", "tok_unavailable_0", "tok_crash"])
def test_an_unknown_token_is_declined(shop: Shop, order: Any, token: str) -> None:
    with raises(shop, "PaymentDeclined", "^unknown token$"):
        shop.pay(order(paymentToken=token))


def test_a_decline_after_a_charge_is_the_charge(shop: Shop, order: Any) -> None:
    document = order()
    first = shop.pay(document)["payment"]
    document["order"]["paymentToken"] = "tok_declined"
    assert shop.pay(document)["payment"] == first


def test_a_gateway_that_is_down_answers_when_it_is_up(shop: Shop, order: Any) -> None:
    document = order(paymentToken="tok_unavailable_2")
    for _ in range(2):
        with raises(shop, "PaymentUnavailable"):
            shop.pay(document)
    shop.pay(document)
    assert shop.movements(document)["charged"] == CENTS
    down = order(paymentToken="tok_unavailable")
    for _ in range(3):
        with raises(shop, "PaymentUnavailable"):
            shop.pay(down)
    assert shop.movements(down) == {}


def test_calls_are_counted_apart_for_each_attempt(shop: Shop, order: Any) -> None:
    document = order(paymentToken="tok_unavailable_1")
    for attempt in range(2):
        shop.put(document, status="accepted", attempt=attempt)
        with raises(shop, "PaymentUnavailable"):
            shop.pay({**document, "attempt": attempt})
        shop.pay({**document, "attempt": attempt})


def test_a_slow_gateway_takes_three_seconds(
    shop: Shop, order: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    shop.pay(order(paymentToken="tok_slow"))
    assert waits == [3]


@pytest.mark.parametrize(("when", "charged"), [("before", 0), ("after", CENTS)])
def test_a_process_that_dies_is_made_up_for(
    shop: Shop, order: Any, when: str, charged: int
) -> None:
    document = order(paymentToken=f"tok_crash_{when}_1")
    code = f"from handler import handler; handler({document!r}, None)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=FUNCTIONS / "process_payment",
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")
    assert shop.movements(document).get("charged", 0) == charged
    assert shop.item(document) == {}
    shop.pay(document)
    shop.ship(document)
    assert shop.movements(document)["charged"] == CENTS
    assert shop.wrong(document) == []


# -- refunds -------------------------------------------------------------------------------


def test_a_refund_gives_back_what_was_charged_and_closes_the_order(
    shop: Shop, event: Event
) -> None:
    refund = event("order-refund")
    document = refund["document"]
    shop.pay({key: document[key] for key in ("order", "validation")})
    answer = shop.process_payment.handler(refund, None)
    assert answer == {
        **document,
        "refund": {"status": "refunded", "transaction_id": TRANSACTION, "amount": 59.98},
    }
    ledger = shop.movements(document)
    assert (ledger["charged"], ledger["refunded"], ledger["closed"]) == (CENTS, CENTS, True)
    item = shop.item(document)
    assert (item["status"], item["refunded"]) == ("failed", True)
    assert shop.wrong(document) == []


def test_the_document_may_stand_beside_the_action(shop: Shop, order: Any) -> None:
    document = order()
    shop.pay(document)
    answer = shop.process_payment.handler({"action": "refund", **document}, None)
    assert answer["refund"]["status"] == "refunded"
    assert answer.keys() == {"order", "attempt", "refund"}


def test_a_second_refund_moves_nothing_and_answers_the_same(shop: Shop, order: Any) -> None:
    document = order(amount=60.0)
    shop.pay(document)
    first = shop.refund(document)
    assert first["refund"]["amount"] == 60
    assert [shop.refund(document) for _ in range(2)] == [first] * 2
    assert shop.movements(document)["refunded"] == 6000


def test_nothing_charged_is_nothing_to_refund_and_a_late_charge_is_refused(
    shop: Shop, order: Any
) -> None:
    document = order()
    for _ in range(2):
        assert shop.refund(document)["refund"] == {"status": "nothing to refund", "amount": 0}
    with raises(shop, "OrderClosed", "was closed, and given back if it had been charged"):
        shop.pay(document)
    assert shop.movements(document)["refunded"] == 0
    assert "charged" not in shop.movements(document)
    assert shop.wrong(document) == []


def test_a_charge_after_a_refund_is_refused(shop: Shop, order: Any) -> None:
    document = order()
    shop.pay(document)
    shop.refund(document)
    for token in ("tok_ok", "tok_declined"):
        document["order"]["paymentToken"] = token
        with raises(shop, "OrderClosed"):
            shop.pay(document)
    assert shop.movements(document)["charged"] == CENTS
    assert shop.wrong(document) == []


def test_an_order_that_has_shipped_is_not_refunded(shop: Shop, order: Any) -> None:
    document = order()
    shop.pay(document)
    shop.ship(document)
    assert shop.refund(document)["refund"] == {"status": "nothing to refund", "amount": 0}
    assert "refunded" not in shop.movements(document)
    assert shop.wrong(document) == []


def test_a_late_refund_leaves_the_next_attempt_alone(shop: Shop, order: Any) -> None:
    document = order()
    shop.pay(document)
    again = shop.redriven(document)
    assert shop.refund(document)["refund"]["status"] == "refunded"
    assert shop.item(document)["status"] == "accepted"
    shop.ship(shop.pay(again))
    assert shop.refund(document)["refund"]["status"] == "refunded"
    assert shop.wrong(document, attempts=2) == []


# -- redrives ------------------------------------------------------------------------------


def test_a_redrive_is_charged_anew_once_the_first_charge_is_back(shop: Shop, order: Any) -> None:
    document = order()
    first = shop.pay(document)["payment"]["transaction_id"]
    # Its execution was stopped before it could give anything back.
    shop.record_failure(document)
    again = shop.redriven(document)
    second = shop.pay(again)["payment"]["transaction_id"]
    assert second != first
    assert shop.movements(document, 0)["refunded"] == CENTS
    shop.ship(again)
    assert shop.wrong(document, attempts=2) == []


def test_a_redrive_that_is_declined_gives_the_first_charge_back_too(shop: Shop, order: Any) -> None:
    document = order()
    shop.pay(document)
    shop.record_failure(document)
    again = shop.redriven(document)
    again["order"]["paymentToken"] = "tok_declined"
    with raises(shop, "PaymentDeclined"):
        shop.pay(again)
    assert shop.movements(document, 0)["refunded"] == CENTS


@pytest.mark.parametrize("status", ["paid", "shipped", "failed"])
def test_an_attempt_that_nobody_opened_is_refused_before_anything_is_charged(
    shop: Shop, order: Any, status: str
) -> None:
    document = order()
    shop.put(document, status=status)
    with raises(shop, "OrderClosed", f"is {status} at attempt 0, and not at attempt 1"):
        shop.pay({**document, "attempt": 1})
    assert shop.movements(document, 0) == shop.movements(document, 1) == {}


def test_a_later_attempt_at_an_order_that_nobody_wrote_down_is_paid(shop: Shop, order: Any) -> None:
    document = order(attempt=2)
    shop.pay(document)
    assert shop.item(document)["attempt"] == 2
    with raises(shop, "OrderClosed"):
        shop.pay({**document, "attempt": 0})
    assert shop.movements(document, 0)["closed"] is True
    shop.ship(document)
    assert shop.wrong(document, attempts=3) == []


# -- what is no payment --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"orderId": None}, "order.orderId must be"),
        ({"orderId": "ORD/1"}, "order.orderId must be"),
        ({"orderId": "calls/ORD-1"}, "order.orderId must be"),
        ({"amount": "59.98"}, "amount must be a number from 0.01 to 999,999.99"),
        ({"amount": True}, "amount must be a number"),
        ({"amount": 0}, "amount must be a number"),
        ({"amount": -59.98}, "amount must be a number"),
        ({"amount": 0.1 + 0.2}, "with at most 2 decimals"),
        ({"amount": 1e300}, "amount must be a number"),
        ({"amount": float("nan")}, "amount must be a number"),
        ({"amount": float("inf")}, "amount must be a number"),
        ({"currency": "usd"}, "currency must be three capital letters"),
        ({"currency": None}, "currency must be three capital letters"),
        ({"paymentToken": 4111}, "paymentToken must be text"),
    ],
)
@pytest.mark.parametrize("action", [None, "refund"])
def test_an_order_that_was_not_validated_is_neither_charged_nor_refunded(
    shop: Shop, order: Any, action: str | None, change: Any, words: str
) -> None:
    document = order(**change)
    with raises(shop, "InvalidOrder", words):
        shop.refund(document) if action else shop.pay(document)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"order": None}, "order.orderId must be"),
        ({"action": "refnud"}, "action is 'refnud'; it may be 'refund', 'count_failure', or left "),
        ({"order": {"orderId": "a"}, "attempt": -1}, "attempt must be a whole number"),
        ({"order": {"orderId": "a"}, "attempt": True}, "attempt must be a whole number"),
    ],
)
def test_a_document_that_says_something_else_is_refused(
    shop: Shop, document: Any, words: str
) -> None:
    with raises(shop, "InvalidOrder", words):
        shop.pay(document)


def test_another_amount_under_the_same_id_is_refused_and_gives_nothing_back(
    shop: Shop, order: Any
) -> None:
    document = order()
    shop.pay(document)
    for change in ({"amount": 10}, {"currency": "EUR"}):
        other = {"order": {**document["order"], **change}}
        with raises(shop, "InvalidOrder", "has been charged 59.98 USD already, and this says"):
            shop.pay(other)
    shop.ship(document)
    assert shop.wrong(document) == []


def test_neither_log_nor_error_nor_table_shows_a_token(
    shop: Shop, order: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    unknown = order(paymentToken="tok_4111")
    with raises(shop, "PaymentDeclined") as declined:
        shop.pay(unknown)
    document = order(paymentToken="tok_unavailable_1")
    with raises(shop, "PaymentUnavailable") as unavailable:
        shop.pay(document)
    shop.pay(document)
    shop.refund(document)
    lines = capsys.readouterr().out
    written = [shop.item(document), shop.movements(document), shop.movements(unknown)]
    assert "tok_" not in f"{lines} {declined.value} {unavailable.value} {written}"
    assert [json.loads(line)["message"] for line in lines.splitlines()] == [
        "payment completed",
        "payment refunded",
    ]


def test_the_client_gives_up_while_the_function_can_still_say_so(shop: Shop) -> None:
    config = shop.modules["process_payment"]["tables"].CONFIG
    assert (config.connect_timeout, config.read_timeout) == (2, 5)
    assert config.retries == {"mode": "standard", "total_max_attempts": 3}


# -- many at once --------------------------------------------------------------------------


def test_five_executions_of_one_order_at_once_charge_and_ship_once(shop: Shop, order: Any) -> None:
    def one(document: Document) -> str:
        return str(shop.ship(shop.pay(document))["fulfillment"]["tracking_number"])

    with ThreadPoolExecutor(5) as pool:
        for _ in range(20):
            document = order()
            assert len(set(pool.map(one, [document] * 5))) == 1
            assert shop.movements(document)["charged"] == CENTS
            assert shop.wrong(document) == []


def test_five_refunds_and_charges_at_once_leave_nothing_charged(shop: Shop, order: Any) -> None:
    def one(number: int) -> None:
        shop.refund(document) if number % 2 else shop.execute(document)

    with ThreadPoolExecutor(5) as pool:
        for _ in range(20):
            document = order()
            list(pool.map(one, range(5)))
            assert shop.wrong(document) == []


@pytest.mark.parametrize("then", ["tried again", "given up"])
@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("call", [1, 2])
def test_a_payment_that_dies_half_way_is_finished_or_taken_back(
    shop: Shop, order: Any, call: int, done: bool, then: str
) -> None:
    document = order()
    die(shop, call, done, lambda: shop.pay(document))
    if then == "tried again":
        shop.ship(shop.pay(document))
    else:
        shop.record_failure(document)
        shop.refund(document)
    assert shop.wrong(document) == []
    assert bool(shop.parcels) is (then == "tried again")


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("call", [1, 2, 3])
def test_a_refund_that_dies_half_way_is_finished_by_the_next(
    shop: Shop, order: Any, call: int, done: bool
) -> None:
    document = order()
    shop.pay(document)
    die(shop, call, done, lambda: shop.refund(document))
    assert shop.refund(document)["refund"]["status"] == "refunded"
    assert shop.wrong(document) == []


@pytest.mark.parametrize("call", [1, 2, 3, 4])
def test_a_redrive_that_dies_half_way_is_finished_by_the_next(
    shop: Shop, order: Any, call: int
) -> None:
    document = order()
    shop.pay(document)
    again = shop.redriven(document)
    die(shop, call, True, lambda: shop.pay(again))
    shop.ship(shop.pay(again))
    assert shop.wrong(document, attempts=2) == []


def die(shop: Shop, call: int, done: bool, action: Callable[[], Any]) -> None:
    shop.turns = Dying(shop.dynamodb, call, done=done)
    with pytest.raises(Died):
        action()
    shop.turns = None


# -- in every order ------------------------------------------------------------------------


def empty(document: Document) -> Document:
    """The same order, of which nothing is in stock."""
    return {**document, "order": {**document["order"], "shippingToken": "ship_out_of_stock"}}


class Stories:
    """What may happen at once to one order; each ends with nothing unfinished."""

    def __init__(self, shop: Shop, order: Callable[..., Document]) -> None:
        self.shop, self.order = shop, order
        self.document: Document = {}
        self.attempts = 1

    def two_executions(self) -> list[Actor]:
        """One can be shipped, and the other finds the shelf empty."""
        document = self.document = self.order()
        return [lambda: self.shop.execute(document), lambda: self.shop.execute(empty(document))]

    def shipped_and_failed(self) -> list[Actor]:
        """The same from where both have paid."""
        document = self._paid()
        return [lambda: self.shop.go_on(document), lambda: self.shop.go_on(empty(document))]

    def shipped_and_failed_unrecorded(self) -> list[Actor]:
        """And the one that fails cannot write it down before it refunds."""
        document = self._paid()
        return [
            lambda: self.shop.go_on(document),
            lambda: self.shop.go_on(empty(document), recorded=False),
        ]

    def given_up(self) -> list[Actor]:
        """The workflow has given a payment up that still runs."""
        self.document = self.order()
        return [lambda: self._late(self.document), lambda: self._give_up(self.document)]

    def given_up_unrecorded(self) -> list[Actor]:
        """And it cannot write down that the order has failed."""
        self.document = self.order()
        return [
            lambda: self._late(self.document),
            lambda: self._refund(self.document),
        ]

    def two_refunds(self) -> list[Actor]:
        """The same charge is given back by two."""
        self._paid()
        return [lambda: self._refund(self.document), lambda: self._refund(self.document)]

    def three_of_them(self) -> list[Actor]:
        """A payment that was given up, its refund, and a second execution that knows of neither."""
        self.document = self.order()
        return [
            lambda: self._late(self.document),
            lambda: self._refund(self.document),
            lambda: self.shop.execute(self.document),
        ]

    def redriven(self) -> list[Actor]:
        """An order that failed is tried again while a payment of its first attempt still runs."""
        self.document, self.attempts = self.order(), 2
        self.shop.put(self.document, status="accepted", attempt=1)
        again = {**self.document, "attempt": 1}
        return [lambda: self._late(self.document), lambda: self.shop.execute(again)]

    def not_opened(self) -> list[Actor]:
        """Somebody starts a second attempt by hand, while the first one is under way."""
        self.document, self.attempts = self.order(), 2
        again = {**self.document, "attempt": 1}
        return [lambda: self.shop.execute(self.document), lambda: self.shop.execute(again)]

    def _paid(self) -> Document:
        self.document = self.order()
        self.shop.pay(self.document)
        return self.document

    def _late(self, document: Document) -> None:
        """A payment whose result nobody waits for."""
        try:
            self.shop.pay(document)
        except self.shop.modules["process_payment"]["gateway"].OrderClosed:
            pass

    def _give_up(self, document: Document) -> None:
        if self.shop.record_failure(document):
            self._refund(document)

    def _refund(self, document: Document) -> None:
        self.shop.refund(document)


@pytest.fixture
def stories(shop: Shop, order: Callable[..., Document]) -> Stories:
    return Stories(shop, order)


STORIES = {
    # name: how many orders of events; 0: all there are
    "two_executions": 50,
    "shipped_and_failed": 0,
    "shipped_and_failed_unrecorded": 0,
    "given_up": 0,
    "given_up_unrecorded": 0,
    "two_refunds": 0,
    "three_of_them": 50,
    "redriven": 50,
    "not_opened": 50,
}


def found(shop: Shop, stories: Stories, name: str) -> Iterator[tuple[str, list[str]]]:
    """What the audit says, for each order of events."""
    for played in orders_of_events(getattr(stories, name), shop, STORIES[name]):
        yield played, shop.wrong(stories.document, stories.attempts)


@pytest.mark.parametrize("name", STORIES)
def test_in_whatever_order_it_happens_the_money_is_right(
    shop: Shop, stories: Stories, name: str
) -> None:
    played = dict(found(shop, stories, name))
    assert {order: wrong for order, wrong in played.items() if wrong} == {}
    assert len(played) >= 8


@pytest.mark.parametrize(
    ("module", "guard", "story", "complaint"),
    [
        ("process_payment/simulator", "CHARGE_ONCE", "two_executions", "charged 11996"),
        ("process_payment/simulator", "REFUND_ONCE", "two_refunds", "refunded 11996"),
        ("process_payment/handler", "PAID", "given_up", "the order is paid, with 0 parcels sent"),
        (
            "process_payment/handler",
            "GIVEN_UP",
            "shipped_and_failed_unrecorded",
            "charged 5998, refunded 5998, due 5998",
        ),
        ("process_payment/handler", "CURRENT", "not_opened", "shipped twice"),
        ("fulfill_order/handler", "SHIPPABLE", "shipped_and_failed", "refunded 5998, due 5998"),
    ],
)
def test_without_its_guard_the_audit_finds_what_is_wrong(
    shop: Shop,
    stories: Stories,
    monkeypatch: pytest.MonkeyPatch,
    module: str,
    guard: str,
    story: str,
    complaint: str,
) -> None:
    function, name = module.split("/")
    owner = shop.modules[function][name]
    always = f"attribute_exists(#id) OR attribute_not_exists(#id) OR ({getattr(owner, guard)})"
    monkeypatch.setattr(owner, guard, always)
    assert any(complaint in words for _, wrong in found(shop, stories, story) for words in wrong)
