"""What was charged, given back and shipped, read from the tables themselves."""

import json
from collections.abc import Mapping
from typing import Any

from sandbox.journeys import Visit, expect
from sandbox.journeys.traces import wait

HIDDEN_SECONDS = 60
"""How long a message is hidden from others; far longer than it takes to delete it."""


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


def failed_order(visit: Visit, order_id: str) -> Mapping[str, Any] | None:
    """The order's message in the queue of failed orders, hidden from others, if it is there.

    Other journeys look for their own messages at the same time: theirs are handed back at once.
    Left to reappear by themselves, they would be found first by whoever asks in step with that.
    """
    sqs, queue = visit.client("sqs"), visit.outputs["failed_orders_queue_url"]
    mine, others = None, list[Mapping[str, Any]]()
    while mine is None and (
        messages := sqs.receive_message(
            QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=HIDDEN_SECONDS
        ).get("Messages")
    ):
        for message in messages:
            if order_id in message["Body"]:
                mine = message
            else:
                others.append(message)
    for message in others:
        sqs.change_message_visibility(
            QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
        )
    return mine


def take_failed(visit: Visit, order_id: str) -> dict[str, Any]:
    """The order's message in the queue of failed orders, taken out of it."""
    message = wait(
        visit,
        lambda: failed_order(visit, order_id),
        f"{order_id} never came to the failed orders",
    )
    visit.client("sqs").delete_message(
        QueueUrl=visit.outputs["failed_orders_queue_url"], ReceiptHandle=message["ReceiptHandle"]
    )
    body: dict[str, Any] = json.loads(message["Body"])
    return body


def _plain(attributes: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    return {name: str(next(iter(value.values()))) for name, value in attributes.items()}
