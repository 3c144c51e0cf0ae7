"""The open desk, through the API and the real boto3, against a fake of AWS."""

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from storefront import order_desk
from werkzeug.test import TestResponse

from . import aws as fakes
from .aws import FakeAws, lost, refusing, silent, slow
from .conftest import APP

ORDER: dict[str, Any] = {
    "customerId": "CUST-67890",
    "items": [{"productId": "PROD-001", "quantity": 2}],
}
OTHER = {"productId": "PROD-002", "quantity": 1}


@pytest.fixture
def client(open_shop: Flask) -> FlaskClient:
    return open_shop.test_client()


def place(client: FlaskClient, key: str = "k1", **changes: object) -> TestResponse:
    return client.post("/api/orders", json=ORDER | changes, headers={"Idempotency-Key": key})


def test_an_order_is_an_item_and_an_execution(client: FlaskClient, aws: FakeAws) -> None:
    response = place(client, paymentToken="tok_slow")
    assert response.status_code == 202
    order_id = response.get_json()["orderId"]
    assert re.fullmatch("ORD-[A-Z2-7]{10}", order_id)
    (item,) = aws.items.values()
    document = json.loads(item["order"]["S"])
    assert document == {
        "orderId": order_id,
        "customerId": "CUST-67890",
        "items": [{"productId": "PROD-001", "quantity": 2, "price": 29.99}],
        "amount": 59.98,
        "currency": "USD",
        "paymentToken": "tok_slow",
        "shippingToken": "ship_ok",
    }
    assert (item["status"], item["attempt"]) == ({"S": "accepted"}, {"N": "0"})
    assert item["created_at"] == item["updated_at"]
    assert {name: json.loads(text) for name, text in aws.executions.items()} == {
        order_id: {"order": document, "attempt": 0}
    }
    assert aws.calls == ["PutItem", "StartExecution"], "the item first, and nothing in vain"


def test_the_same_key_twice_is_one_item_and_one_start(client: FlaskClient, aws: FakeAws) -> None:
    first, again = place(client), place(client)
    assert (again.status_code, again.get_json()) == (202, first.get_json())
    assert (len(aws.items), len(aws.executions)) == (1, 1)


def test_a_repetition_tells_how_far_the_order_has_come(client: FlaskClient, aws: FakeAws) -> None:
    order_id = place(client).get_json()["orderId"]
    aws.put(id=order_id, status="paid")
    aws.calls.clear()
    again = place(client)
    assert (again.status_code, again.get_json()["status"]) == (202, "paid")
    assert "StartExecution" not in aws.calls


def test_an_order_that_is_tried_anew_by_others_is_not_started(
    client: FlaskClient, aws: FakeAws
) -> None:
    order_id = place(client).get_json()["orderId"]
    aws.items[order_id]["attempt"] = {"N": "1"}
    aws.calls.clear()
    assert place(client).status_code == 202
    assert "StartExecution" not in aws.calls


def test_an_execution_that_has_ended_is_a_started_one(client: FlaskClient, aws: FakeAws) -> None:
    aws.fail("StartExecution", refusing(400, "ExecutionAlreadyExists"))
    assert place(client).status_code == 202


def test_the_same_key_for_another_order_is_refused(client: FlaskClient, aws: FakeAws) -> None:
    place(client)
    for changes in ({"paymentToken": "tok_declined"}, {"items": [*ORDER["items"], OTHER]}):
        response = place(client, **changes)
        assert response.status_code == 422
        assert response.get_json()["error"]["code"] == "idempotency_key_reused"
    assert (len(aws.items), len(aws.executions)) == (1, 1)


def test_two_customers_may_choose_the_same_key(client: FlaskClient, aws: FakeAws) -> None:
    ids = {place(client, customerId=name).get_json()["orderId"] for name in ("a", "b")}
    assert len(ids) == len(aws.items) == 2


def test_two_keys_of_one_id_are_not_taken_for_one_order(
    client: FlaskClient, aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_desk, "_order_id", lambda _order, _key: "ORD-AAAAAAAAAA")
    assert [place(client, key).status_code for key in ("k1", "k2")] == [202, 422]


def test_twenty_at_once_with_one_key_are_one_order(open_shop: Flask, aws: FakeAws) -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: place(open_shop.test_client()), range(20)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.get_json()["orderId"] for answer in answers}) == 1
    assert (len(aws.items), len(aws.executions)) == (1, 1)
    assert aws.calls.count("PutItem") == 20, "they did not all come through"


def test_what_was_written_and_not_started_is_started_by_the_repetition(
    client: FlaskClient, aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise SystemExit  # the process is killed between the two

    with monkeypatch.context() as crash:
        crash.setattr(order_desk.WorkflowDesk, "_start", die)
        with pytest.raises(SystemExit):
            place(client)
    assert (len(aws.items), len(aws.executions)) == (1, 0)
    response = place(client)
    assert response.status_code == 202
    assert [*aws.executions] == [*aws.items] == [response.get_json()["orderId"]]


@pytest.mark.parametrize("action", ["PutItem", "StartExecution"])
def test_an_answer_that_got_lost_is_asked_for_again(
    client: FlaskClient, aws: FakeAws, action: str
) -> None:
    aws.fail(action, lost)
    assert place(client).status_code == 202
    assert (len(aws.items), len(aws.executions)) == (1, 1)


TROUBLES = {
    "throttled": (refusing(400, "ThrottlingException"), 3, "throttled", "5"),
    "table throttled": (
        refusing(400, "ProvisionedThroughputExceededException"), 3, "throttled", "5",
    ),
    "too many executions": (refusing(400, "ExecutionLimitExceeded"), 1, "throttled", "5"),
    "broken": (refusing(500, "InternalServerError"), 3, "unreachable", "5"),
    "down": (refusing(503, "ServiceUnavailable"), 3, "unreachable", "5"),
    "no answer": (silent, 3, "unreachable", "5"),
    "forbidden": (refusing(400, "AccessDeniedException"), 1, "ordering_failed", "30"),
    "no table": (refusing(400, "ResourceNotFoundException"), 1, "ordering_failed", "30"),
    "no workflow": (refusing(400, "StateMachineDoesNotExist"), 1, "ordering_failed", "30"),
}  # fmt: skip


@pytest.mark.parametrize("action", ["PutItem", "StartExecution", "GetItem"])
@pytest.mark.parametrize("trouble", TROUBLES)
def test_trouble_is_a_503_and_the_repetition_places_the_order_once(
    client: FlaskClient, aws: FakeAws, action: str, trouble: str
) -> None:
    fault, attempts, code, retry_after = TROUBLES[trouble]
    if action == "GetItem":  # read when the item is there already
        place(client)
        aws.calls.clear()
    aws.fail(action, fault, times=attempts)
    response = place(client)
    assert response.status_code == 503
    assert response.headers["Retry-After"] == retry_after
    error = response.get_json()["error"]
    assert error["code"] == code
    assert '"Idempotency-Key: k1": that is safe' in error["nextStep"]
    assert not re.search("inner reason|Traceback|botocore|Exception|arn:|table", response.text)
    assert aws.calls.count(action) == attempts
    assert not aws.faults

    assert place(client).status_code == 202
    assert (len(aws.items), len(aws.executions)) == (1, 1)


@pytest.mark.parametrize("trouble", TROUBLES)
def test_trouble_while_looking_an_order_up_is_a_503_too(
    client: FlaskClient, aws: FakeAws, trouble: str
) -> None:
    fault, attempts, code, retry_after = TROUBLES[trouble]
    url = place(client).get_json()["statusUrl"]
    aws.fail("GetItem", fault, times=attempts)
    response = client.get(url)
    assert (response.status_code, response.headers["Retry-After"]) == (503, retry_after)
    error = response.get_json()["error"]
    assert (error["code"], error["nextStep"][:9]) == (code, "Ask again")
    assert client.get(url).status_code == 200


def test_whoever_sent_no_key_learns_the_one_to_repeat_with(
    client: FlaskClient, aws: FakeAws
) -> None:
    aws.fail("StartExecution", refusing(400, "AccessDeniedException"))
    refused = client.post("/api/orders", json=ORDER)
    found = re.search('"Idempotency-Key: ([0-9a-f]{32})"', refused.get_json()["error"]["nextStep"])
    assert found
    assert place(client, found[1]).status_code == 202
    assert (len(aws.items), len(aws.executions)) == (1, 1)


def test_a_silent_service_is_given_up_soon(
    client: FlaskClient, aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    longest = 3 * order_desk.ATTEMPTS * (order_desk.CONNECT_SECONDS + order_desk.READ_SECONDS)
    assert longest <= 27, "the page waits for 20 s, a drain for 25 s"
    monkeypatch.setattr(order_desk, "READ_SECONDS", 0.1)
    aws.fail("PutItem", slow(1), times=order_desk.ATTEMPTS)
    assert place(client).get_json()["error"]["code"] == "unreachable"


def test_a_service_that_nobody_listens_for_is_unreachable(
    client: FlaskClient, aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert place(client).get_json()["error"]["code"] == "unreachable"


def test_without_credentials_the_answer_is_a_503_until_there_are_some(
    client: FlaskClient, aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as bare:
        bare.delenv("AWS_ACCESS_KEY_ID")
        bare.delenv("AWS_SECRET_ACCESS_KEY")
        response = place(client)
    assert (response.status_code, response.get_json()["error"]["code"]) == (503, "ordering_failed")
    assert not aws.calls


def test_an_order_that_vanishes_while_it_is_placed_is_not_promised(
    client: FlaskClient, aws: FakeAws
) -> None:
    aws.fail("PutItem", refusing(400, "ConditionalCheckFailedException"))
    assert place(client).status_code == 503


def test_trouble_is_logged_with_its_cause_and_without_the_order(
    client: FlaskClient, aws: FakeAws, caplog: pytest.LogCaptureFixture
) -> None:
    aws.fail("PutItem", refusing(400, "AccessDeniedException"))
    place(client)
    assert "PutItem: ordering_failed" in caplog.text
    assert "AccessDeniedException" in caplog.text
    assert "CUST-67890" not in caplog.text


def test_an_order_is_told_as_its_item_stands(client: FlaskClient, aws: FakeAws) -> None:
    placed = place(client).get_json()
    url, order_id = placed["statusUrl"], placed["orderId"]
    assert client.get(url).get_json() == placed
    assert "refunded" not in placed
    aws.put(id=order_id, status="shipped", transaction_id="txn_1", tracking_number="TRK1")
    told = client.get(url).get_json()
    assert (told["status"], told["final"]) == ("shipped", True)
    assert (told["transactionId"], told["trackingNumber"]) == ("txn_1", "TRK1")
    aws.put(
        id=order_id, status="failed", error="FulfillmentFailed", reason="OutOfStock", refunded=True
    )
    told = client.get(url).get_json()
    assert (told["reason"], told["refunded"], told["final"]) == ("OutOfStock", True, True)


@pytest.mark.parametrize(
    "order_id",
    [
        "ORD-12345",
        "ORD-abcdefghij",
        "ORD-AAAAAAAAA1",
        "ORD-AAAAAAAAAAA",
        "x",
        "-",
        "ORD-AAAAAAAAA%0A",
    ],
)
def test_an_id_that_no_order_has_is_not_looked_up(
    client: FlaskClient, aws: FakeAws, order_id: str
) -> None:
    response = client.get(f"/api/orders/{order_id}")
    assert (response.status_code, aws.calls) == (404, [])
    assert response.get_json()["error"]["code"] == "order_not_found"


def test_an_id_that_an_order_could_have_is_looked_up(client: FlaskClient, aws: FakeAws) -> None:
    response = client.get("/api/orders/ORD-AAAAAAAAAA")
    assert (response.status_code, aws.calls) == (404, ["GetItem"])


def test_it_is_ready_while_the_table_answers(client: FlaskClient, aws: FakeAws) -> None:
    for _ in range(10):
        assert client.get("/ready").status_code == 200
    assert aws.calls == ["GetItem"], "health checks cost reads"


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_throttled_table_is_still_a_table(
    client: FlaskClient, aws: FakeAws, trouble: str
) -> None:
    fault, attempts, code, _ = TROUBLES[trouble]
    aws.fail("GetItem", fault, times=attempts)
    response = client.get("/ready")
    assert response.status_code == (200 if code == "throttled" else 503)
    if code != "throttled":
        assert "order desk" in response.get_json()["failures"]["orders table"]


def test_health_and_page_need_no_aws(client: FlaskClient, aws: FakeAws) -> None:
    for path in ("/", "/health", "/api/products"):
        assert client.get(path).status_code == 200
    assert aws.calls == []


def test_a_shop_without_orders_imports_no_boto3() -> None:
    code = (
        "import sys; from storefront import create_app; "
        "app = create_app(); app.test_client().get('/health'); "
        "sys.exit('boto3' in sys.modules or 'botocore' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=APP, env={}, check=False)
    assert run.returncode == 0
    assert fakes.TABLE  # the same environment, with orders, would import it
