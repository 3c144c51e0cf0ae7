"""A function that takes long, though it does not fail."""

from collections.abc import Iterator

from sandbox.journeys import JourneySkipped, Visit, journey
from sandbox.journeys.alarms_watch import described, over, patient, ringing
from sandbox.journeys.executions import finished, start
from sandbox.journeys.ledger import take_failed
from sandbox.journeys.orders import NEEDS, order

KEY = "orders/payment/duration"
SHARE = 1 / 3
"""Of the timeout: where the alarm rings unless the stack says otherwise."""

AT_ONCE = 4
"""Slow orders at the same time: others pay quickly meanwhile, and the average counts."""


@journey(
    "A function that takes longer than it should rings, and is quiet once it is quick",
    needs=("alarms", "payment_function", *NEEDS),
)
def rings(visit: Visit) -> Iterator[str]:
    """The gateway is slow: each charge takes three seconds."""
    function, workflow = visit.outputs["payment_function"], visit.outputs["order_workflow_arn"]
    alarm = described(visit, KEY)
    timeout = visit.client("lambda").get_function_configuration(FunctionName=function)["Timeout"]
    if alarm["Threshold"] == round(timeout * 1000 * SHARE):
        raise JourneySkipped(
            f"this stack lets an average payment take {alarm['Threshold']:g} ms, and the slow "
            f"gateway takes 3000: lower it, as Pulumi.local.yaml does for {KEY}"
        )
    started: dict[str, str] = {}

    def slow() -> None:
        states = visit.client("stepfunctions")
        recent = [states.describe_execution(executionArn=arn) for arn in [*started][-AT_ONCE:]]
        if sum(one["status"] == "RUNNING" for one in recent) < AT_ONCE:
            document = order(paymentToken="tok_slow")
            started[start(visit, workflow, document)] = document["order"]["orderId"]

    told = ringing(visit, KEY, slow)
    yield f"{len(started)} orders paid slowly: {told}"
    for arn, order_id in started.items():
        # On a machine that is busy enough three seconds become a time-out.
        if finished(patient(visit), arn).status != "SUCCEEDED":
            take_failed(patient(visit), order_id)
    yield over(visit, KEY)
