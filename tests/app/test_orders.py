"""Reading an order: every problem has its own sentence, and the sum is exact."""

from collections.abc import Mapping
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from storefront.catalog import Catalog
from storefront.orders import InvalidOrderError, Line, Status, read_order
from storefront.orders import OrderState as State

CATALOG = Catalog.load()


def order(**changes: object) -> dict[str, object]:
    items = [{"productId": "PROD-001", "quantity": 2}, {"productId": "PROD-003", "quantity": 1}]
    return {"customerId": "CUST-67890", "items": items} | changes


def item(**changes: object) -> dict[str, object]:
    return order(items=[{"productId": "PROD-001", "quantity": 2} | changes])


def test_an_order_takes_its_prices_from_the_catalogue() -> None:
    read = read_order(order(), CATALOG)
    assert read.customer_id == "CUST-67890"
    assert read.lines[0] == Line("PROD-001", 2, Decimal("29.99"))
    assert read.amount == Decimal("74.23")
    assert read.currency == "USD"


def test_what_the_caller_believes_may_be_stated_when_it_is_right() -> None:
    stated = item(price=Decimal("29.99")) | {"amount": Decimal("59.98"), "currency": "USD"}
    assert read_order(stated, CATALOG).amount == Decimal("59.98")


def test_the_test_tokens_are_those_that_work_unless_others_are_given() -> None:
    usual = read_order(order(), CATALOG)
    assert (usual.payment_token, usual.shipping_token) == ("tok_ok", "ship_ok")
    given = order(paymentToken="tok_unavailable_2", shippingToken="ship_out_of_stock")
    read = read_order(given, CATALOG)
    assert (read.payment_token, read.shipping_token) == ("tok_unavailable_2", "ship_out_of_stock")


@pytest.mark.parametrize(
    ("body", "field", "text"),
    [
        (order(customerId=7), "customerId", "1 to 64 letters"),
        (order(customerId="a b"), "customerId", "1 to 64 letters"),
        (order(customerId="x" * 65), "customerId", "1 to 64 letters"),
        (order(items=None), "items", "a list of 1 to 50"),
        (order(items=[]), "items", "a list of 1 to 50"),
        (order(items=[{}] * 51), "items", "a list of 1 to 50"),
        (order(items=["PROD-001"]), "items[0]", "an object"),
        (item(productId="PROD-999"), "items[0].productId", "/api/products"),
        (item(productId=["PROD-001"]), "items[0].productId", "/api/products"),
        (item(quantity=0), "items[0].quantity", "from 1 to 99"),
        (item(quantity=100), "items[0].quantity", "from 1 to 99"),
        (item(quantity=True), "items[0].quantity", "from 1 to 99"),
        (item(quantity=Decimal("1.5")), "items[0].quantity", "from 1 to 99"),
        (item(price=Decimal("29.98")), "items[0].price", "is 29.99 today"),
        (item(price=True), "items[0].price", "is 29.99 today"),
        (item(gift="yes"), "items[0].gift", "is not known here"),
        (order(amount=Decimal("74.24")), "amount", "is 74.23 today"),
        (order(amount="74.23"), "amount", "is 74.23 today"),
        (order(currency="EUR"), "currency", "must be USD"),
        (order(coupon="X"), "coupon", "is not known here"),
        (order(items=[{"productId": "PROD-001", "quantity": 1}] * 2), "items[1].productId", "once"),
        (order(paymentToken=""), "paymentToken", "1 to 64 lower-case letters"),
        (order(paymentToken="tok-ok"), "paymentToken", "such as tok_ok"),
        (order(paymentToken="tok_ok\n"), "paymentToken", "such as tok_ok"),
        (order(paymentToken=None), "paymentToken", "such as tok_ok"),
        (order(shippingToken="s" * 65), "shippingToken", "such as ship_ok"),
        (order(shippingToken=["ship_ok"]), "shippingToken", "such as ship_ok"),
    ],
)
def test_a_wrong_field_is_named_with_what_is_allowed(
    body: Mapping[str, object], field: str, text: str
) -> None:
    with pytest.raises(InvalidOrderError) as refused:
        read_order(body, CATALOG)
    ((named, said),) = refused.value.problems
    assert named == field
    assert text in said


@given(st.lists(st.integers(1, 99), min_size=1, max_size=6))
def test_the_amount_is_the_sum_to_the_cent(quantities: list[int]) -> None:
    products = list(CATALOG)[: len(quantities)]
    items = [
        {"productId": product.id, "quantity": quantity}
        for product, quantity in zip(products, quantities, strict=True)
    ]
    cents = sum(
        int(product.price * 100) * n for product, n in zip(products, quantities, strict=True)
    )
    assert read_order(order(items=items), CATALOG).amount * 100 == cents


@pytest.mark.parametrize("status", list(Status))
def test_an_order_is_final_when_shipped_or_failed(status: Status) -> None:
    assert State("ORD-1", status, "").final is (status in {"shipped", "failed"})


def test_a_failed_order_is_not_final_while_money_is_on_its_way_back() -> None:
    assert State("ORD-1", Status.FAILED, "", refund_due=True).final is False
