"""What may be ordered, and what is said of everything else."""

import json
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import FUNCTIONS

Event = Callable[[str], dict[str, Any]]


@pytest.fixture
def validate(load: Callable[[str], ModuleType]) -> ModuleType:
    return load("validate_order")


@pytest.fixture
def refusal(validate: ModuleType) -> Callable[[Any], str]:
    """The words in which a document is refused."""

    def words(document: Any) -> str:
        with pytest.raises(validate.InvalidOrder) as refused:
            validate.handler(document, None)
        return str(refused.value)

    return words


def with_items(document: dict[str, Any], items: Any, amount: Any = 1) -> dict[str, Any]:
    document["order"] |= {"items": items, "amount": amount}
    return document


def item(product: str = "PROD-001", quantity: Any = 1, price: Any = 1, **more: Any) -> Any:
    return {"productId": product, "quantity": quantity, "price": price, **more}


def test_a_right_order_goes_on_with_all_it_came_with(validate: ModuleType, event: Event) -> None:
    document = event("order")
    answer = validate.handler(document, None)
    assert answer == {
        **event("order"),
        "validation": {"status": "valid", "message": "ORD-12345 is valid: 59.98 USD"},
    }
    assert document == event("order")


@pytest.mark.parametrize(
    "change",
    [
        {"orderId": "0"},
        {"orderId": "a" * 80},
        {"customerId": "lena.k+shop@example.com"},
        {"currency": "EUR"},
        {"currency": "GBP"},
        {"paymentToken": "tok_declined", "shippingToken": "ship_unavailable_2"},
        {"items": [item(price=0.01)], "amount": 0.01},
        {"items": [item(quantity=99, price=10101.01)], "amount": 999999.99},
        {"items": [item(price=0.1), item("PROD-002", price=0.2)], "amount": 0.3},
        {"items": [item(quantity=3, price=19.99)], "amount": 59.97},
        {"items": [item(f"P-{n}") for n in range(50)], "amount": 50.0},
    ],
)
def test_what_may_be_ordered(validate: ModuleType, event: Event, change: Any) -> None:
    document = event("order")
    document["order"] |= change
    assert validate.handler(document, None)["validation"]["status"] == "valid"


@pytest.mark.parametrize("attempt", [0, 1, 99])
def test_a_redrive_counts_its_attempts(validate: ModuleType, event: Event, attempt: int) -> None:
    assert validate.handler({**event("order"), "attempt": attempt}, None)["attempt"] == attempt


NUMBERS = [
    (True, "True"),
    (False, "False"),
    ("2", "'2'"),
    (None, "missing"),
    ([2], "[2]"),
    (float("nan"), "nan"),
    (float("inf"), "inf"),
]


@pytest.mark.parametrize(
    ("quantity", "shown"),
    [*NUMBERS, (0, "0"), (-1, "-1"), (100, "100"), (1.5, "1.5"), (2.0, "2.0"), (10**30, "1000")],
)
def test_a_quantity_is_a_whole_number_from_1_to_99(
    refusal: Any, event: Event, quantity: Any, shown: str
) -> None:
    told = refusal(with_items(event("order"), [item(quantity=quantity)]))
    assert told.startswith(f"items[0].quantity is {shown}")
    assert told.endswith("and must be a whole number from 1 to 99")


@pytest.mark.parametrize("field", ["price", "amount"])
@pytest.mark.parametrize(
    ("given", "problem"),
    [
        *((value, f"is {shown}, and must be") for value, shown in NUMBERS),
        (0, "is 0, and must be from 0.01 to 999,999.99"),
        (-0.0, "is -0.0, and must be from 0.01"),
        (-59.98, "is -59.98, and must be from 0.01"),
        (0.001, "is 0.001, and must be from 0.01"),
        (1_000_000, "is 1000000, and must be from 0.01 to 999,999.99"),
        (1e300, "is 1e+300, and must be from 0.01 to 999,999.99"),
        (29.999, "is 29.999, which has more than 2 decimals"),
        (0.1 + 0.2, "is 0.30000000000000004, which has more than 2 decimals: round to the cent"),
    ],
)
def test_money_is_a_number_of_whole_cents(
    refusal: Any, event: Event, field: str, given: Any, problem: str
) -> None:
    document = event("order")
    where = document["order"] if field == "amount" else document["order"]["items"][0]
    where[field] = given
    told = refusal(document)
    assert told.startswith(f"{'items[0].' if field == 'price' else ''}{field} {problem}")
    assert "add up" not in told


@pytest.mark.parametrize(
    ("amount", "problem"),
    [
        (59.97, "amount is 59.97, but the items add up to 59.98"),
        (59.99, "amount is 59.99, but the items add up to 59.98"),
        (60, "amount is 60, but the items add up to 59.98"),
    ],
)
def test_the_amount_is_the_sum_to_the_cent(
    refusal: Any, event: Event, amount: Any, problem: str
) -> None:
    document = event("order")
    document["order"]["amount"] = amount
    assert refusal(document) == problem


@pytest.mark.parametrize(
    ("items", "problem"),
    [
        ([], "items has 0 entries, and must have 1 to 50"),
        ([item(f"P-{n}") for n in range(51)], "items has 51 entries, and must have 1 to 50"),
        ([{}] * 10_000, "items has 10,000 entries, and must have 1 to 50"),
        ("PROD-001", "items is 'PROD-001', and must be a list of 1 to 50 objects"),
        ({}, "items is {}, and must be a list of 1 to 50 objects"),
        (None, "items is missing, and must be a list of 1 to 50 objects"),
        (["PROD-001"], "items[0] is 'PROD-001', and must be an object with productId, quantity"),
        (
            [item(), item("PROD-002"), item()],
            "items[2].productId 'PROD-001' is in the list already: give the whole quantity once",
        ),
        ([item(qty=2)], "items[0].'qty' is not known here, only productId, quantity, price"),
        ([item("")], "items[0].productId is '', and must be 1 to 80 letters"),
        ([item("Füße")], r"items[0].productId is 'F\xfc\xdfe', and must be 1 to 80 letters"),
    ],
)
def test_items_are_1_to_50_products_each_once(
    refusal: Any, event: Event, items: Any, problem: str
) -> None:
    total = len(items) if isinstance(items, list) else 1
    assert refusal(with_items(event("order"), items, total)).startswith(problem)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"orderId": ""}, "orderId is '', and must be 1 to 80 letters of a-z and A-Z, digits, - "),
        ({"orderId": "a" * 81}, "orderId is 'aaa"),
        ({"orderId": "-1"}, "orderId is '-1', and must"),
        ({"orderId": "ORD/1"}, "orderId is 'ORD/1', and must"),
        ({"orderId": "ORD-1\n"}, r"orderId is 'ORD-1\n', and must"),
        ({"orderId": "ORD-٣"}, r"orderId is 'ORD-\u0663', and must"),
        ({"orderId": 12345}, "orderId is 12345, and must"),
        (
            {"customerId": "Zoë Müller"},
            r"customerId is 'Zo\xeb M\xfcller', and must be 1 to 80 letters of a-z and A-Z, digits,"
            " . _ @ + or -, beginning with a letter or digit",
        ),
        ({"customerId": "\ud800"}, r"customerId is '\ud800', and must"),
        ({"customerId": None}, "customerId is missing, and must"),
        ({"currency": "CHF"}, "currency is 'CHF', and must be one of EUR, GBP, USD"),
        ({"currency": "usd"}, "currency is 'usd', and must be one of EUR, GBP, USD"),
        ({"currency": ["USD"]}, "currency is ['USD'], and must be one of EUR, GBP, USD"),
        ({"paymentToken": "4111 1111"}, "paymentToken must be 1 to 64 lower-case letters, digits"),
        ({"paymentToken": None}, "paymentToken must be 1 to 64 lower-case letters"),
        ({"shippingToken": "a" * 65}, "shippingToken must be 1 to 64 lower-case letters"),
        ({"ammount": 1}, "'ammount' is not known here, only orderId, customerId, items, amount, "),
    ],
)
def test_what_may_not_be_ordered(
    validate: ModuleType, event: Event, change: Any, problem: str
) -> None:
    document = event("order")
    document["order"] |= change
    (told,) = validate._document(document)
    assert told.startswith(problem)


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (None, "the document is missing, and must be an object"),
        ([], "the document is [], and must be an object"),
        ({}, "order is missing, and must be an object with orderId, customerId, items"),
        ({"order": "ORD-1"}, "order is 'ORD-1', and must be an object with orderId"),
        ({"order": {}, "atempt": 1}, "'atempt' is not known here, only order, attempt"),
        ({"attempt": -1}, "attempt is -1, and must be a whole number from 0 to 99"),
        ({"attempt": 1.0}, "attempt is 1.0, and must be a whole number from 0 to 99"),
        ({"attempt": True}, "attempt is True, and must be a whole number from 0 to 99"),
        ({"attempt": 100}, "attempt is 100, and must be a whole number from 0 to 99"),
    ],
)
def test_a_document_is_an_order_and_an_attempt(refusal: Any, document: Any, problem: str) -> None:
    assert refusal(document).startswith(problem)


def test_every_missing_field_is_named(refusal: Any) -> None:
    told = refusal({"order": {}}).split("; ")
    assert [problem.split(" ")[0] for problem in told] == [
        "orderId",
        "customerId",
        "currency",
        "items",
        "amount",
    ]


def test_all_problems_are_told_at_once_and_few_enough_to_fit(refusal: Any, event: Event) -> None:
    document = event("order")
    document["order"] |= {"currency": "CHF", "amount": True, "items": [item(quantity=-1), {}]}
    assert refusal(document).count(";") == 5
    document["order"]["items"] = [{"x" * 900: "y" * 900} for _ in range(30)]
    told = refusal(document)
    assert told.endswith("; and 102 more")
    assert told.count("; ") == 20
    assert len(told) < 32_768 / 2


def test_an_order_has_at_most_64_kilobytes(refusal: Any, event: Event) -> None:
    document = event("order")
    document["order"]["customerId"] = "x" * 300_000
    told = refusal(document)
    assert told.startswith("the order has 300,")
    assert "may have 65,536 (64 kB)" in told
    assert "split it into several orders" in told
    document["order"]["customerId"] = "ü" * 33_000  # counted in bytes
    assert refusal(document).startswith("the order has 66,")


def test_neither_log_nor_error_shows_a_token(
    validate: ModuleType, refusal: Any, event: Event, capsys: pytest.CaptureFixture[str]
) -> None:
    document = event("order")
    document["order"]["paymentToken"] = "tok_4111111111111111"
    validate.handler(document, None)
    document["order"]["paymentToken"] = "TOK 4111111111111111"
    told = refusal(document) + capsys.readouterr().out
    assert "4111" not in told


def test_a_line_of_the_log_is_json(
    validate: ModuleType, refusal: Any, event: Event, capsys: pytest.CaptureFixture[str]
) -> None:
    validate.handler(event("order"), None)
    refusal({})
    good, bad = map(json.loads, capsys.readouterr().out.splitlines())
    assert good == {"level": "INFO", "message": "order validated", "orderId": "ORD-12345"}
    assert bad["level"] == "WARNING"
    assert "order is missing" in bad["problems"]


def test_an_order_waits_for_neither_boto3_nor_powertools() -> None:
    code = "import sys, handler; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=FUNCTIONS / "validate_order",
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert "handler" in loaded
    assert not loaded & {"aws_lambda_powertools", "boto3", "botocore", "pydantic"}


REUSED = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["orderId", "items", "amount", "productId", "quantity", "price", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@REUSED
@given(document=JSON | st.builds(lambda order: {"order": order}, JSON))
def test_whatever_comes_is_refused_in_words(validate: ModuleType, document: Any) -> None:
    with pytest.raises(validate.InvalidOrder) as refused:
        validate.handler(document, None)
    assert refused.value.args[0]


LINES = st.lists(st.tuples(st.integers(1, 99), st.integers(1, 20_000)), min_size=1, max_size=30)


@REUSED
@given(LINES, st.sampled_from([-1, 0, 1]))
def test_a_sum_is_right_to_the_cent_or_refused(
    validate: ModuleType, lines: list[tuple[int, int]], off: int
) -> None:
    cents = sum(quantity * price for quantity, price in lines) + off
    order = {
        "orderId": "ORD-1",
        "customerId": "C",
        "currency": "USD",
        "items": [item(f"P-{n}", q, price / 100) for n, (q, price) in enumerate(lines)],
        "amount": cents / 100,
    }
    if off == 0 and cents <= 99_999_999:
        validate.handler({"order": order}, None)
        assert Decimal(str(order["amount"])) * 100 == cents
    else:
        with pytest.raises(validate.InvalidOrder, match="amount is"):
            validate.handler({"order": order}, None)
