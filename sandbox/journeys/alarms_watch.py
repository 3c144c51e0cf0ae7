"""What the journeys of alarms share: an alarm by its key, waited for until it rings and is over.

A minute of CloudWatch is seconds here (``SANDBOX_MINUTE_SECONDS``), and it is short enough to
wait for three of them. Other journeys cause failures at the same time, so a journey looks at its
own alarm alone, and takes it as found: ringing already or not.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sandbox.journeys import JourneyFailed, Visit
from sandbox.journeys.traces import wait

PATIENCES = 4
"""Times as long as for anything else: data, then three periods of which all must be over, and as
many until it is quiet again."""
STEP_SECONDS = 0.5
"""Between two causes while an alarm is waited for."""


def key_of(visit: Visit, key: str) -> str:
    """The name of the alarm that the program calls ``key``."""
    names: dict[str, str] = visit.outputs["alarms"]
    if key not in names:
        raise JourneyFailed(f"no alarm is called {key}; there are {', '.join(sorted(names))}")
    return names[key]


def described(visit: Visit, key: str) -> dict[str, Any]:
    """The alarm as CloudWatch has it."""
    name = key_of(visit, key)
    found = visit.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    if not found:
        raise JourneyFailed(f"{key} should be the alarm {name}, and there is no such alarm")
    alarm: dict[str, Any] = found[0]
    return alarm


def composite(visit: Visit, service: str) -> dict[str, Any]:
    """The composite alarm of a service."""
    name = visit.outputs["composite_alarms"].get(service)
    if not name:
        raise JourneyFailed(f"no composite alarm watches {service}")
    found = visit.client("cloudwatch").describe_alarms(
        AlarmNames=[name], AlarmTypes=["CompositeAlarm"]
    )["CompositeAlarms"]
    if not found:
        raise JourneyFailed(f"{service} should have the alarm {name}, and there is no such alarm")
    alarm: dict[str, Any] = found[0]
    return alarm


def ringing(visit: Visit, key: str, cause: Callable[[], object] = lambda: None) -> str:
    """Cause it again and again until the alarm rings; what CloudWatch says of it."""
    deadline = time.monotonic() + patient(visit).patience
    while (alarm := described(visit, key))["StateValue"] != "ALARM":
        if time.monotonic() > deadline:
            raise JourneyFailed(
                f"{key} did not ring within {patient(visit).patience:g} s; it is "
                f"{alarm['StateValue']}: {alarm.get('StateReason')}"
            )
        cause()
        time.sleep(STEP_SECONDS)
    return f"{key} → ALARM: {alarm.get('StateReason')}"


def over(visit: Visit, key: str) -> str:
    """Wait until the alarm is quiet again."""
    wait(
        patient(visit),
        lambda: described(visit, key)["StateValue"] == "OK",
        f"{key} was not OK again: {described(visit, key).get('StateReason')}",
    )
    return f"{key} → OK"


def patient(visit: Visit) -> Visit:
    """The same visit, with time enough for an alarm."""
    return replace(visit, patience=PATIENCES * visit.patience)
