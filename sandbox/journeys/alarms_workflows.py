"""A workflow that fails: its alarm, the one of its service, and who is told."""

import json
from collections.abc import Iterator
from typing import Any

from sandbox.journeys import Visit, expect, journey
from sandbox.journeys.alarms_listener import Listener, subscribed
from sandbox.journeys.alarms_watch import composite, over, patient, ringing
from sandbox.journeys.executions import run
from sandbox.journeys.traces import wait

SERVICE = "sales"
KEY = f"{SERVICE}/failed"


@journey(
    "A workflow that fails rings, and one message tells of its service",
    needs=("alarms", "composite_alarms", "alarm_topic_arn", "data_workflow_arn"),
)
def rings(visit: Visit) -> Iterator[str]:
    """What is told has the name of the service's alarm, whatever rang below it."""
    document = {"dataset": {"name": "alarms", "rows": [{"product": "PROD-001"}]}}
    name = visit.outputs["composite_alarms"].get(SERVICE)

    def quiet() -> bool:
        return bool(composite(visit, SERVICE)["StateValue"] == "OK")

    def fail() -> None:
        ended = run(patient(visit), visit.outputs["data_workflow_arn"], document)
        expect(ended.status == "FAILED", f"{ended.status}, not FAILED")

    with subscribed(visit, visit.outputs["alarm_topic_arn"]) as listener:
        # Ringing already, for another journey, it would not tell of another cause.
        wait(patient(visit), quiet, f"{name} was never OK: {composite(visit, SERVICE)}")
        yield f"{listener.url} has confirmed that it listens"
        fail()
        yield ringing(visit, KEY)
        told = wait(
            patient(visit),
            lambda: _about(listener, name),
            f"{listener.url} was never told of {name}",
        )
        yield f"posted: {told['AlarmName']} is {told['NewStateValue']}: {told['NewStateReason']}"
    yield over(visit, KEY)
    wait(patient(visit), quiet, f"{name} was not OK again: {composite(visit, SERVICE)}")
    yield f"{name} → OK"


def _about(listener: Listener, alarm: str) -> Any:
    """The next notification that this alarm rings; those of other services are passed over."""
    while (posted := listener.next("Notification")) is not None:
        told = json.loads(posted["Message"])
        if (told.get("AlarmName"), told.get("NewStateValue")) == (alarm, "ALARM"):
            return told
    return None
