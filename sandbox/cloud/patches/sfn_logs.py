"""What a machine's logging configuration asks for, written to its log group.

The emulator keeps the configuration and writes nothing. Lines arrive within a second, in the
form of AWS's log deliveries; the group must exist, as nobody makes it on AWS either.
"""

import contextvars
import json
import threading
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ministack.services import cloudwatch_logs

from sandbox.cloud.settings import Settings

from . import guard, sfn_strands

GATHERED_SECONDS = 0.2
"""Lines of that time are written together."""
_FATAL = ("ExecutionAborted", "ExecutionFailed", "ExecutionTimedOut")
_DATA = ("input", "output", "parameters", "assignedVariables", "inputDetails", "outputDetails")
"""What of an event is execution data."""
_lines: dict[tuple[str, str], tuple[contextvars.Context, list[dict[str, Any]]]] = {}
_lock = threading.Lock()
_since = f"{datetime.now(UTC):%Y-%m-%d-%H-%M}/{uuid.uuid4().hex[:8]}"


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Make sure that lines can be written."""
    guard.checked(cloudwatch_logs, "_put_log_events", "(data)")
    guard.checked(cloudwatch_logs, "_create_log_stream", "(data)")


def wanted(level: str, kind: str) -> bool:
    """Whether an event is logged at this level (developer guide, "Log levels")."""
    if level == "ALL" or kind in _FATAL:
        return level != "OFF"
    failed = kind.endswith(("Failed", "TimedOut", "Aborted")) or kind == "FailStateEntered"
    return level == "ERROR" and failed


class Log:
    """Where the events of one execution go."""

    def __init__(self, configuration: Mapping[str, Any], machine: str, execution: str) -> None:
        self._level = str(configuration.get("level", "OFF"))
        self._data = bool(configuration.get("includeExecutionData"))
        self._machine, self._execution = machine, execution
        found = [
            item["cloudWatchLogsLogGroup"]["logGroupArn"].removesuffix(":*").rpartition(":")[2]
            for item in configuration.get("destinations") or []
        ]
        self._group = found[0] if found else None

    def write(self, event: Mapping[str, Any]) -> None:
        """Keep a line for the group, if the level asks for it."""
        if self._group is None or not wanted(self._level, event["type"]):
            return
        details: Any = next(
            (value for key, value in event.items() if key.endswith("EventDetails")), {}
        )
        if not self._data:
            details = {key: value for key, value in details.items() if key not in _DATA}
        line = {
            "id": str(event["id"]),
            "type": event["type"],
            "details": details,
            "redrive_count": "0",
            "previous_event_id": str(event["previousEventId"]),
            "event_timestamp": str(int(event["timestamp"] * 1000)),
            "execution_arn": self._execution,
        }
        entry = {"timestamp": int(time.time() * 1000), "message": json.dumps(line)}
        place = (self._group, f"states/{self._machine}/{_since}")
        with _lock:
            if place in _lines:
                _lines[place][1].append(entry)
                return
            _lines[place] = contextvars.copy_context(), [entry]
        loop = sfn_strands.loop()
        loop.call_soon_threadsafe(loop.call_later, GATHERED_SECONDS, _hand_over, place)


def _hand_over(place: tuple[str, str]) -> None:
    with _lock:
        context, entries = _lines.pop(place)
    context.run(sfn_strands.soon, _put, place, entries)


def _put(place: tuple[str, str], entries: list[dict[str, Any]]) -> None:
    group, stream = place
    names = {"logGroupName": group, "logStreamName": stream}
    found = cloudwatch_logs._log_groups.get(group)
    if found is None:
        return
    if stream not in found["streams"]:
        cloudwatch_logs._create_log_stream(names)
    cloudwatch_logs._put_log_events({**names, "logEvents": entries})
