"""What was charged, given back and shipped, read from the tables themselves."""

import json
from collections.abc import Mapping
from typing import Any

from sandbox.journeys import Visit, expect
from sandbox.journeys.traces import wait


def item(visit: Visit, order_id: str) -> dict[str, str]:
    """The order's item; empty where there is none."""
    answer = visit.client("dynamodb").get_item(
        TableName=visit.outputs["orders_table"], Key={"id": {"S": order_id}}, ConsistentRead=True
    )
    return _plain(answer.get("Item", {}))


def movements(visit: Visit, order_id: str) -> list[tuple[int, int]]:
    """Cents charged and given back, by attempt."""
    pages = visit.client("dynamodb").get_paginator("scan")
    return [
        (int(found.get("charged", "0")), int(found.get("refunded", "0")))
        for page in pages.paginate(TableName=visit.outputs["payments_table"])
        for found in (_plain(entry) for entry in page["Items"])
        if found["id"].startswith(f"{order_id}/")
    ]


def expect_money(visit: Visit, order_id: str, *, charged: int, refunded: int = 0) -> str:
    """The order's money is as it must be, in cents; a sentence that says so."""
    found = movements(visit, order_id)
    total = (sum(one for one, _ in found), sum(other for _, other in found))
    expect(
        total == (charged, refunded),
        f"{order_id}: {total[0]} cents charged and {total[1]} given back, "
        f"not {charged} and {refunded}",
    )
    return f"ledger: {charged / 100:.2f} charged, {refunded / 100:.2f} given back"


def take_failed(visit: Visit, order_id: str) -> dict[str, Any]:
    """The order's message in the queue of failed orders, taken out of it."""
    sqs, queue = visit.client("sqs"), visit.outputs["failed_orders_queue_url"]

    def found() -> dict[str, Any] | None:
        # Shortly: other journeys look for their own messages at the same time.
        answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=1)
        for message in answer.get("Messages", []):
            if order_id in message["Body"]:
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
                body: dict[str, Any] = json.loads(message["Body"])
                return body
        return None

    taken: dict[str, Any] = wait(visit, found, f"{order_id} never came to the failed orders")
    return taken


def _plain(attributes: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    return {name: str(next(iter(value.values()))) for name, value in attributes.items()}
