"""Orders through the workflow: shipped, refused, and paid once whatever happens."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from sandbox.journeys import Visit, expect, journey
from sandbox.journeys.executions import errors, finished, run, start, story
from sandbox.journeys.ledger import expect_money, item, take_failed

NEEDS = ("order_workflow_arn", "orders_table", "payments_table", "failed_orders_queue_url")
TOGETHER = 5


def order(order_id: str | None = None, **fields: Any) -> dict[str, Any]:
    """The order of the documentation, under an id of its own unless told otherwise."""
    return {
        "order": {
            "orderId": order_id or f"ORD-{uuid4().hex[:12].upper()}",
            "customerId": "CUST-67890",
            "items": [{"productId": "PROD-001", "quantity": 2, "price": 29.99}],
            "amount": 59.98,
            "currency": "USD",
            **fields,
        }
    }


@journey("ORD-12345 of 59.98 USD is validated, charged and shipped", needs=NEEDS)
def ships(visit: Visit) -> Iterator[str]:
    """The order of the documentation; sent again, it is the same order."""
    document = order("ORD-12345")
    ended = run(visit, visit.outputs["order_workflow_arn"], document)
    expect(ended.status == "SUCCEEDED", f"{ended.status} {ended.error}: {ended.cause}")
    output = ended.output
    expect(output.get("order") == document["order"], f"the order became {output.get('order')}")
    expect(output["validation"]["status"] == "valid", f"validation: {output['validation']}")
    payment, fulfillment = output["payment"], output["fulfillment"]
    expect(payment["status"] == "completed", f"payment: {payment}")
    expect(payment["amount"] == 59.98, f"payment: {payment}")
    expect(fulfillment["status"] == "shipped", f"fulfillment: {fulfillment}")
    yield story(visit, ended.arn)
    yield f"payment {payment}"
    yield f"fulfillment {fulfillment}"
    yield expect_money(visit, "ORD-12345", charged=5998)


@journey(f"The same order sent {TOGETHER} times at once is charged once", needs=NEEDS)
def charges_once(visit: Visit) -> Iterator[str]:
    """Five executions of one order race each other."""
    document = order()
    order_id, workflow = document["order"]["orderId"], visit.outputs["order_workflow_arn"]
    running = [start(visit, workflow, document) for _ in range(TOGETHER)]
    ended = [finished(visit, arn) for arn in running]
    money = expect_money(visit, order_id, charged=5998)
    paid = {one.output.get("payment", {}).get("transaction_id") for one in ended}
    sent = {one.output.get("fulfillment", {}).get("tracking_number") for one in ended}
    statuses = [one.status for one in ended]
    expect(statuses == ["SUCCEEDED"] * TOGETHER, f"executions ended as {statuses}")
    expect(len(paid) == len(sent) == 1, f"transactions {paid}, parcels {sent}")
    yield f"{TOGETHER} executions, one transaction {paid.pop()}, one parcel {sent.pop()}"
    yield money


@journey("An order whose sum is wrong by a cent is refused, and kept", needs=NEEDS)
def refuses_wrong_sums(visit: Visit) -> Iterator[str]:
    """No retry can cure it, so there is none."""
    document = order(amount=59.97)
    order_id = document["order"]["orderId"]
    ended = run(visit, visit.outputs["order_workflow_arn"], document)
    expect(ended.error == "OrderValidationFailed", f"{ended.status} {ended.error}")
    tried = errors(visit, ended.arn, "ValidateOrder")
    expect(tried == ["InvalidOrder"], f"the attempts failed with {tried}")
    yield story(visit, ended.arn)
    kept = take_failed(visit, order_id)
    expect(kept["document"]["order"] == document["order"], f"kept: {kept}")
    expect(item(visit, order_id)["status"] == "failed", f"{item(visit, order_id)}")
    yield f"in the queue of failed orders, whole; {expect_money(visit, order_id, charged=0)}"


@journey("A declined card is not charged and not tried again", needs=NEEDS)
def declines(visit: Visit) -> Iterator[str]:
    """The gateway said no; asking again would not help."""
    document = order(paymentToken="tok_declined")
    order_id = document["order"]["orderId"]
    ended = run(visit, visit.outputs["order_workflow_arn"], document)
    expect(ended.error == "PaymentFailed", f"{ended.status} {ended.error}")
    tried = errors(visit, ended.arn, "ProcessPayment")
    expect(tried == ["PaymentDeclined"], f"the attempts failed with {tried}")
    yield story(visit, ended.arn)
    take_failed(visit, order_id)
    yield expect_money(visit, order_id, charged=0)


@journey("What cannot be shipped is paid back", needs=NEEDS)
def refunds(visit: Visit) -> Iterator[str]:
    """The compensation of ProcessPayment runs once FulfillOrder has failed for good."""
    document = order(shippingToken="ship_out_of_stock")
    order_id = document["order"]["orderId"]
    ended = run(visit, visit.outputs["order_workflow_arn"], document)
    expect(ended.error == "FulfillmentFailed", f"{ended.status} {ended.error}")
    yield story(visit, ended.arn)
    kept = take_failed(visit, order_id)["document"]
    refund = kept["undone"]["ProcessPayment"]["refund"]
    expect(refund["status"] == "refunded", f"refund: {refund}")
    yield f"refund {refund}"
    yield expect_money(visit, order_id, charged=5998, refunded=5998)
