"""What the shop earns, as its functions count it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sandbox.journeys import Visit, expect, journey
from sandbox.journeys.alarms_watch import patient
from sandbox.journeys.executions import run
from sandbox.journeys.orders import NEEDS, order
from sandbox.journeys.traces import wait

SERVICE = "orders"
CURRENCY = "GBP"
"""No other journey is paid in it, so that the sum is this one's."""


@journey("An order that ships is counted with what it earned, once", needs=("alarms", *NEEDS))
def counts(visit: Visit) -> Iterator[str]:
    """Sent again it is the same order, and nothing more is earned."""
    began = datetime.now(UTC)
    document = order(currency=CURRENCY)
    before = _earned(visit, began)
    for _ in range(2):
        ended = run(patient(visit), visit.outputs["order_workflow_arn"], document)
        expect(ended.status == "SUCCEEDED", f"{ended.status} {ended.error}: {ended.cause}")
    wait(
        patient(visit),
        lambda: _earned(visit, began) != before,
        f"no Revenue in {CURRENCY} of {SERVICE} was counted",
    )
    # The second execution's line was written before its end, and lines are taken in order.
    other = order(currency=CURRENCY, items=[{"productId": "P", "quantity": 1, "price": 1}])
    other["order"]["amount"] = 1
    run(patient(visit), visit.outputs["order_workflow_arn"], other)
    due = round(before + 59.98 + 1, 2)
    wait(
        patient(visit),
        lambda: _earned(visit, began) >= due,
        f"Revenue in {CURRENCY} never came to {due}; it is {_earned(visit, began)}",
    )
    found = _earned(visit, began)
    expect(found == due, f"Revenue in {CURRENCY} is {found}, not {due}")
    yield f"two orders, one sent twice: {SERVICE} earned {found - before:.2f} {CURRENCY} more"


def _earned(visit: Visit, since: datetime) -> float:
    """Revenue in the currency, over the day."""
    answer = visit.client("cloudwatch").get_metric_statistics(
        Namespace="Slipway",
        MetricName="Revenue",
        Dimensions=[
            {"Name": "service", "Value": SERVICE},
            {"Name": "currency", "Value": CURRENCY},
        ],
        StartTime=since - timedelta(minutes=1),
        EndTime=datetime.now(UTC) + timedelta(minutes=1),
        Period=3600,
        Statistics=["Sum"],
    )
    earned: float = sum(point["Sum"] for point in answer["Datapoints"])
    return round(earned, 2)
