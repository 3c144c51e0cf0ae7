"""What journeys that are taken side by side must not do to one another."""

from typing import Any
from uuid import uuid4

import pytest

from sandbox.journeys import Visit
from sandbox.journeys.ledger import failed_order, take_failed

from .world import World

pytestmark = pytest.mark.sandbox


@pytest.fixture
def visit(world: World) -> Visit:
    queue = world.client("sqs").create_queue(QueueName=f"failed-{uuid4().hex}")["QueueUrl"]
    return Visit({"failed_orders_queue_url": queue}, world.client)


def _send(visit: Visit, *order_ids: str) -> None:
    for order_id in order_ids:
        visit.client("sqs").send_message(
            QueueUrl=visit.outputs["failed_orders_queue_url"],
            MessageBody=f'{{"order": "{order_id}"}}',
        )


def _left(visit: Visit) -> Any:
    return visit.client("sqs").get_queue_attributes(
        QueueUrl=visit.outputs["failed_orders_queue_url"], AttributeNames=["All"]
    )["Attributes"]


def test_who_looks_in_vain_hides_nothing_from_others(visit: Visit) -> None:
    _send(visit, "ORD-A", "ORD-B")
    assert failed_order(visit, "ORD-NONE") is None
    found = failed_order(visit, "ORD-B")
    assert found is not None
    assert "ORD-B" in found["Body"]


def test_a_message_behind_more_than_one_answer_holds_is_found(visit: Visit) -> None:
    _send(visit, *(f"ORD-{number}" for number in range(25)), "ORD-LAST")
    assert take_failed(visit, "ORD-LAST") == {"order": "ORD-LAST"}
    left = _left(visit)
    assert left["ApproximateNumberOfMessages"] == "25"
    assert left["ApproximateNumberOfMessagesNotVisible"] == "0"


def test_what_was_found_is_hidden_until_it_is_taken_out(visit: Visit) -> None:
    _send(visit, "ORD-A")
    assert failed_order(visit, "ORD-A") is not None
    assert failed_order(visit, "ORD-A") is None
