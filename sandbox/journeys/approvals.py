"""Orders that are large enough to ask a person first."""

from collections.abc import Iterator
from typing import Any

from components.order_workflow import operations
from sandbox.journeys import Visit, expect, journey
from sandbox.journeys.executions import finished, start, story
from sandbox.journeys.ledger import expect_money, item, take_failed
from sandbox.journeys.orders import NEEDS, order
from sandbox.journeys.traces import wait

_NEEDED = (*NEEDS, "approvals_table")


@journey("A large order waits for a person, and is charged once approved", needs=_NEEDED)
def waits_for_approval(visit: Visit) -> Iterator[str]:
    """99 of a thing for 2,969.01, which is above the limit."""
    document = _large()
    order_id, arn = document["order"]["orderId"], _asked(visit, document)
    yield f"before: {expect_money(visit, order_id, charged=0)}"
    table = visit.outputs["approvals_table"]
    yield operations.approve(visit.client, order_id, table=table, by="a journey")
    ended = finished(visit, arn)
    expect(ended.status == "SUCCEEDED", f"{ended.status} {ended.error}: {ended.cause}")
    expect(ended.output["approval"]["approved_by"] == "a journey", f"{ended.output['approval']}")
    yield story(visit, arn)
    yield f"after: {expect_money(visit, order_id, charged=296901)}"


@journey("A large order that is rejected is never charged", needs=_NEEDED)
def rejects(visit: Visit) -> Iterator[str]:
    """The order fails with the person's reason."""
    document = _large()
    order_id, arn = document["order"]["orderId"], _asked(visit, document)
    table = visit.outputs["approvals_table"]
    yield operations.reject(
        visit.client, order_id, table=table, by="a journey", reason="too many for one house"
    )
    ended = finished(visit, arn)
    expect(ended.error == "ApprovalFailed", f"{ended.status} {ended.error}")
    expect("too many" in ended.cause, f"the cause is {ended.cause}")
    yield story(visit, arn)
    take_failed(visit, order_id)
    yield expect_money(visit, order_id, charged=0)


def _large() -> dict[str, Any]:
    items = [{"productId": "PROD-001", "quantity": 99, "price": 29.99}]
    return order(items=items, amount=2969.01)


def _asked(visit: Visit, document: dict[str, Any]) -> str:
    """Start the order and wait until it waits; its execution's ARN."""
    order_id = document["order"]["orderId"]
    arn = start(visit, visit.outputs["order_workflow_arn"], document)
    table, dynamodb = visit.outputs["approvals_table"], visit.client("dynamodb")
    wait(
        visit,
        lambda: order_id in {one["id"] for one in operations.approvals(dynamodb, table)},
        f"{order_id} never asked for approval",
    )
    expect(not item(visit, order_id).get("transaction_id"), f"{item(visit, order_id)}")
    return arn
