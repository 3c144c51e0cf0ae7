"""A gateway that is down for a while, and an execution that is stopped in the middle."""

from collections.abc import Iterator

from components.order_workflow import operations
from sandbox.journeys import Visit, expect, journey
from sandbox.journeys.executions import errors, finished, run, start, story, waits
from sandbox.journeys.ledger import expect_money, failed_order, item
from sandbox.journeys.orders import NEEDS, order
from sandbox.journeys.traces import wait

RETRIES = (5, 10)
"""Seconds that the workflow's document says."""


@journey("A gateway that is down twice and then up charges once", needs=NEEDS)
def waits_for_the_gateway(visit: Visit) -> Iterator[str]:
    """The retries wait as long as the document says; the history shows it."""
    document = order(paymentToken="tok_unavailable_2")
    ended = run(visit, visit.outputs["order_workflow_arn"], document)
    expect(ended.status == "SUCCEEDED", f"{ended.status} {ended.error}: {ended.cause}")
    tried = errors(visit, ended.arn, "ProcessPayment")
    expect(tried == ["PaymentUnavailable"] * 2, f"the attempts failed with {tried}")
    waited = waits(visit, ended.arn, "ProcessPayment")
    expect(
        len(waited) == len(RETRIES)
        and all(said <= seconds for said, seconds in zip(RETRIES, waited, strict=True)),
        f"the attempts waited {waited} s, not {RETRIES}",
    )
    yield story(visit, ended.arn)
    yield expect_money(visit, document["order"]["orderId"], charged=5998)


@journey("An execution that was stopped is kept, started anew and charged once", needs=NEEDS)
def redrives(visit: Visit) -> Iterator[str]:
    """Nobody's states ran to their end, so AWS's own event keeps the order."""
    document = order(paymentToken="tok_slow")
    order_id, workflow = document["order"]["orderId"], visit.outputs["order_workflow_arn"]
    states = visit.client("stepfunctions")
    arn = start(visit, workflow, document)
    wait(visit, lambda: "ProcessPayment" in story(visit, arn), "the payment never began")
    states.stop_execution(executionArn=arn, error="Operator", cause="stopped by a journey")
    yield f"stopped: {story(visit, arn)}"

    failed = operations.read(
        wait(visit, lambda: failed_order(visit, order_id), f"{order_id} never came to the queue")
    )
    expect(failed.error == "ABORTED", f"kept as {failed.error}")
    # The first attempt's function may still be at it, as it may on AWS.
    done = operations.redrive(
        visit.client,
        failed,
        queue_url=visit.outputs["failed_orders_queue_url"],
        table=visit.outputs["orders_table"],
        workflow_arn=workflow,
    )
    yield f"redrive: {done}"
    again = finished(visit, f"{arn.rpartition(':')[0]}:{done.rpartition(' ')[2]}")
    expect(again.status == "SUCCEEDED", f"{again.status} {again.error}: {again.cause}")
    expect(item(visit, order_id)["status"] == "shipped", f"{item(visit, order_id)}")
    yield story(visit, again.arn)
    yield expect_money(visit, order_id, charged=5998)
