"""A storm of orders with faults loses no order and no cent, and the audit sees what is lost."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from sandbox.deploy import connect
from sandbox.storm import Sent, audited, planned
from sandbox.storm.plan import WEATHERS
from tests.sandbox.conftest import WITHOUT_KUBERNETES, Sandbox, environment_of

ORDERS = 200
SEED = 7


def test_a_storm_is_the_same_for_the_same_seed() -> None:
    assert planned(50, 1) == planned(50, 1)
    assert planned(50, 1) != planned(50, 2)


def test_a_hundred_orders_have_every_kind_of_trouble_by_its_share() -> None:
    assert sum(weather.share for weather in WEATHERS) == 100
    met = [order.weather.name for order in planned(100, 3)]
    assert {weather.name: weather.share for weather in WEATHERS} == {
        name: met.count(name) for name in set(met)
    }


def test_an_amount_is_right_to_the_cent_unless_it_is_meant_to_be_wrong() -> None:
    for order in planned(300, 5):
        items = order.document["order"]["items"]
        cents = sum(one["quantity"] * round(one["price"] * 100) for one in items)
        assert cents == order.cents
        wrong = round(order.document["order"]["amount"] * 100) - cents
        assert wrong == (1 if order.weather.wrong else 0)


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Any]]:
    """A deployed program over which a storm has gone; its retries wait a fifth of their time."""
    environment = {**environment_of("process"), "SFN_WAIT_SCALE": "0.2"}
    sandbox = Sandbox(tmp_path_factory.mktemp("storm") / "state", environment)
    up = sandbox.run("up", "--json", "--no-verify", *WITHOUT_KUBERNETES)
    try:
        assert up.code == 0, up.text
        went = sandbox.run("storm", "--orders", str(ORDERS), "--seed", str(SEED), "--json")
        yield {
            "code": went.code,
            "text": went.text,
            "finding": went.document,
            "outputs": up.document["outputs"],
            "client": connect(up.document["cloud"]["endpoint"]).client,
        }
    finally:
        sandbox.run("down")


@pytest.mark.sandbox
def test_every_order_is_in_one_final_state_and_not_a_cent_is_missing(
    after: Mapping[str, Any],
) -> None:
    finding = after["finding"]
    assert after["code"] == 0, after["text"]
    assert finding["problems"] == []
    assert finding["orders"] == finding["shipped"] + finding["failed"] == ORDERS
    assert finding["charged"] - finding["refunded"] == finding["worth"] > 0
    assert finding["kept"] == finding["failed"]
    assert finding["refunded"] > 0


@pytest.mark.sandbox
def test_the_audit_sees_a_cent_that_is_missing_and_an_order_that_is_lost(
    after: Mapping[str, Any],
) -> None:
    dynamodb = after["client"]("dynamodb")
    calm = [order for order in planned(ORDERS, SEED) if order.weather.name == "calm"]
    short, lost, twice = calm[:3]
    ledger, orders = (after["outputs"][name] for name in ("payments_table", "orders_table"))
    for key, cents in ((short, -1), (twice, twice.cents)):
        dynamodb.update_item(
            TableName=ledger,
            Key={"id": {"S": f"{key.order_id}/0"}},
            UpdateExpression="ADD charged :cents",
            ExpressionAttributeValues={":cents": {"N": str(cents)}},
        )
    dynamodb.delete_item(TableName=orders, Key={"id": {"S": lost.order_id}})
    sent = [Sent(order, {"arn": "SUCCEEDED"}) for order in calm]
    finding = audited(after["client"], after["outputs"], sent, {})
    told = "\n".join(finding.problems)
    assert f"{short.order_id} (calm): {short.cents - 1} cents were charged" in told
    assert f"{twice.order_id} (calm): {2 * twice.cents} cents were charged" in told
    assert f"{lost.order_id} (calm): is missing" in told
    assert "cents charged and" in told
