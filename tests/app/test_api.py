"""Products and orders over HTTP."""

import json

import pytest
from flask.testing import FlaskClient

from .conftest import MemoryDesk

ORDER = {"customerId": "CUST-67890", "items": [{"productId": "PROD-001", "quantity": 2}]}


def test_the_catalogue_lists_products_with_exact_prices_in_dollars(client: FlaskClient) -> None:
    response = client.get("/api/products")
    products = response.get_json()["products"]
    assert [product["id"] for product in products] == [f"PROD-00{n}" for n in range(1, 7)]
    assert products[0]["price"] == 29.99
    for product in products:
        assert set(product) == {"id", "name", "description", "price", "currency", "picture"}
        assert product["currency"] == "USD"
        assert isinstance(product["price"], float)
        assert client.get(product["picture"]).mimetype == "image/svg+xml"


def test_without_a_workflow_an_order_is_refused_with_a_reason(client: FlaskClient) -> None:
    response = client.post("/api/orders", json=ORDER, headers={"Idempotency-Key": "abc"})
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "300"
    error = response.get_json()["error"]
    assert error["code"] == "ordering_unavailable"
    assert error["message"] == "Ordering is not available in this deployment yet."
    assert "order workflow" in error["nextStep"]
    assert error["requestId"] == response.headers["X-Request-Id"]


def test_without_a_workflow_no_order_can_be_looked_up(client: FlaskClient) -> None:
    response = client.get("/api/orders/ORD-1")
    assert response.status_code == 503
    assert response.get_json()["error"]["code"] == "ordering_unavailable"


def test_an_order_is_accepted_with_an_address_to_follow_it_at(shop: FlaskClient) -> None:
    response = shop.post("/api/orders", json=ORDER, headers={"Idempotency-Key": "k1"})
    assert response.status_code == 202
    body = response.get_json()
    assert body == {
        "orderId": "ORD-k1",
        "status": "accepted",
        "message": "We have your order.",
        "final": False,
        "statusUrl": "/api/orders/ORD-k1",
    }
    assert response.headers["Location"] == body["statusUrl"]
    assert shop.get(body["statusUrl"]).get_json() == body


def test_the_same_key_and_order_are_one_order(shop: FlaskClient, desk: MemoryDesk) -> None:
    first, again = (
        shop.post("/api/orders", json=ORDER, headers={"Idempotency-Key": "k1"}) for _ in range(2)
    )
    assert (again.status_code, again.get_json()) == (202, first.get_json())
    assert len(desk.placed) == 1


def test_the_same_key_for_another_order_is_refused(shop: FlaskClient) -> None:
    shop.post("/api/orders", json=ORDER, headers={"Idempotency-Key": "k1"})
    other = ORDER | {"customerId": "CUST-1"}
    response = shop.post("/api/orders", json=other, headers={"Idempotency-Key": "k1"})
    assert response.status_code == 422
    assert response.get_json()["error"]["code"] == "idempotency_key_reused"


def test_without_a_key_every_order_is_an_order_of_its_own(
    shop: FlaskClient, desk: MemoryDesk
) -> None:
    for _ in range(2):
        assert shop.post("/api/orders", json=ORDER).status_code == 202
    assert len(desk.placed) == 2


@pytest.mark.parametrize("key", ["", "two words", "ü", "k" * 256])
def test_a_malformed_key_is_refused(shop: FlaskClient, desk: MemoryDesk, key: str) -> None:
    response = shop.post("/api/orders", json=ORDER, headers={"Idempotency-Key": key})
    assert response.status_code == 400
    assert response.get_json()["error"]["code"] == "invalid_idempotency_key"
    assert not desk.placed


def test_an_unknown_order_is_not_found(shop: FlaskClient) -> None:
    response = shop.get("/api/orders/ORD-none")
    assert response.status_code == 404
    assert response.get_json()["error"]["code"] == "order_not_found"


def test_all_that_is_wrong_with_an_order_is_said_at_once(client: FlaskClient) -> None:
    response = client.post("/api/orders", json={"customerId": "", "items": [], "colour": 1})
    assert response.status_code == 422
    error = response.get_json()["error"]
    assert error["code"] == "invalid_order"
    assert [field["field"] for field in error["fields"]] == ["colour", "customerId", "items"]


def test_a_body_that_is_not_declared_as_json_is_refused(client: FlaskClient) -> None:
    response = client.post("/api/orders", data=json.dumps(ORDER), content_type="text/plain")
    assert response.status_code == 415
    assert "application/json" in response.get_json()["error"]["nextStep"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b'{"customerId": NaN}',
        b'{"a": ' * 5000,
        b'{"a": ' + b"9" * 5000 + b"}",
    ],
    ids=["empty", "cut off", "list", "null", "not utf-8", "not a number", "deep", "huge number"],
)
def test_a_body_that_is_not_a_json_object_is_refused(client: FlaskClient, body: bytes) -> None:
    response = client.post("/api/orders", data=body, content_type="application/json")
    assert response.status_code == 400
    assert response.get_json()["error"]["code"] == "invalid_json"


def test_a_body_above_64_kib_is_refused(client: FlaskClient) -> None:
    response = client.post(
        "/api/orders", data=b" " * (64 * 1024 + 1), content_type="application/json"
    )
    assert response.status_code == 413
    error = response.get_json()["error"]
    assert error["code"] == "request_entity_too_large"
    assert "64 KiB" in error["nextStep"]
