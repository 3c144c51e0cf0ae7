"""What an execution tells the world: log lines, metrics, and events of its status.

The emulator publishes no metrics, and events that know neither version nor alias nor time-outs.
It also keeps every event for ever, which thousands of executions would notice.
"""

import json
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ministack.services import cloudwatch, eventbridge
from ministack.services import stepfunctions as sfn

from sandbox.cloud.settings import Settings

from . import guard, sfn_logs, sfn_strands
from .sfn_releases import Release

PAYLOAD_CHARACTERS = 248 * 1024
"""An event leaves out input or output that is longer."""
EVENTS_KEPT = 1000
_ENDS = {
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}
_log = logging.getLogger("slipway")


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Make sure that all of it can be published."""
    guard.checked(sfn, "_emit_execution_status_event", "(execution) -> None")
    guard.checked(eventbridge, "_put_events", "(data, allow_aws_source=False)")


class Reports:
    """Those of one execution."""

    def __init__(self, release: Release, record: dict[str, Any]) -> None:
        self._record = record
        self._log = sfn_logs.Log(
            release.logging, release.machine["name"], str(record["executionArn"])
        )
        machine = {"StateMachineArn": str(record["stateMachineArn"])}
        self._dimensions = [machine]
        for name, arn in (("Version", release.version), ("Alias", release.alias)):
            if arn:
                self._dimensions.append({**machine, name: arn.rpartition(":")[2]})

    def event(self, _run: Any, event: Mapping[str, Any]) -> None:
        """One more event of the history."""
        self._log.write(event)

    def started(self) -> None:
        """It runs."""
        self._measure("ExecutionsStarted", 1, "Count")
        self._publish()

    def ended(self) -> None:
        """It has ended, one way or another."""
        record = self._record
        self._measure(_ENDS[record["status"]], 1, "Count")
        took = _milliseconds(record["stopDate"]) - _milliseconds(record["startDate"])
        self._measure("ExecutionTime", took, "Milliseconds")
        self._publish()

    def _measure(self, metric: str, value: float, unit: str) -> None:
        for dimensions in self._dimensions:
            cloudwatch.record_metric("AWS/States", metric, value, unit, dimensions)

    def _publish(self) -> None:
        """Tell EventBridge, where requests are answered; express executions do not."""
        if self._record["express"] or not (eventbridge._rules or eventbridge._archives):
            return
        sfn_strands.soon(_put, _detail(self._record))


def _put(detail: dict[str, Any]) -> None:
    entry = {
        "Source": "aws.states",
        "DetailType": "Step Functions Execution Status Change",
        "Detail": json.dumps(detail),
        "Resources": [detail["executionArn"]],
    }
    try:
        eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
        del eventbridge._events_log_list()[:-EVENTS_KEPT]
    except Exception:  # noqa: BLE001 - on AWS as well, events fail no execution
        _log.exception("no status event of %s", detail["executionArn"])


def _detail(record: Mapping[str, Any]) -> dict[str, Any]:
    status = record["status"]
    redrivable = status in ("FAILED", "ABORTED", "TIMED_OUT")
    detail: dict[str, Any] = {
        key: record.get(key)
        for key in (
            "executionArn", "stateMachineArn", "stateMachineVersionArn", "stateMachineAliasArn",
            "name", "status", "input", "output", "error", "cause",
        )
    }  # fmt: skip
    for key in ("input", "output"):
        fits = len(json.dumps(detail[key])) <= PAYLOAD_CHARACTERS
        detail[f"{key}Details"] = {"included": fits} if detail[key] is not None else None
        detail[key] = detail[key] if fits else None
    return {
        **detail,
        "startDate": _milliseconds(record["startDate"]),
        "stopDate": _milliseconds(record["stopDate"]) if record["stopDate"] else None,
        "redriveCount": 0,
        "redriveDate": None,
        "redriveStatus": "REDRIVABLE" if redrivable else "NOT_REDRIVABLE",
        "redriveStatusReason": None
        if redrivable
        else f"Execution is {status} and cannot be redriven",
    }


def _milliseconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp() * 1000)
