"""What can be asked about executions, and what of it an express execution answers.

The emulator describes express executions, which AWS does not; it knows neither version nor alias
of an execution and shows the newest definition for each.
"""

import json
import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import stepfunctions as sfn

from sandbox.cloud.settings import Settings

from . import guard, sfn_releases

HISTORY_BYTES = 128 * 1024 * 1024
"""About what the histories of ended executions may take; the oldest go first."""
_EVENT_BYTES = 900
_lock = threading.Lock()
_ended: deque[tuple[dict[str, Any], int]] = deque()
_kept = [0]


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Answer."""
    guard.wrap(sfn, "_describe_execution", "(data)", _describing)
    guard.wrap(sfn, "_get_execution_history", "(data)", _telling)
    guard.wrap(sfn, "_list_executions", "(data)", _listing)
    guard.wrap(sfn, "_describe_state_machine_for_execution", "(data)", _describing_machine)


def remember(record: dict[str, Any]) -> None:
    """Keep the history of an execution that has ended, and let go of older ones for it."""
    size = sum(_EVENT_BYTES + _weight(event) for event in record["events"])
    with _lock:
        _ended.append((record, size))
        _kept[0] += size
        while _kept[0] > HISTORY_BYTES and len(_ended) > 1:
            old, freed = _ended.popleft()
            old["events"], old["forgotten"] = [], True
            _kept[0] -= freed


def _weight(event: Mapping[str, Any]) -> int:
    """The size of what an event holds of the execution's data."""
    details: Any = next((value for key, value in event.items() if key.endswith("Details")), {})
    fields = ("input", "output", "parameters", "cause")
    return sum(len(str(details.get(field) or "")) for field in fields)


def _describing(original: Callable[..., Any]) -> Callable[..., Any]:
    def describe(data: dict[str, Any]) -> Any:
        arn = str(data.get("executionArn"))
        status, headers, body = express(arn) or original(data)
        if status != 200:
            return status, headers, body
        record, told = sfn._executions[arn], json.loads(body)
        for key in ("stateMachineVersionArn", "stateMachineAliasArn"):
            if record.get(key):
                told[key] = record[key]
        if told["output"] is None:
            del told["output"], told["outputDetails"]
        redrivable = record["status"] in ("FAILED", "ABORTED", "TIMED_OUT")
        told["redriveCount"] = 0
        told["redriveStatus"] = "REDRIVABLE" if redrivable else "NOT_REDRIVABLE"
        return json_response(told)

    return describe


def _telling(original: Callable[..., Any]) -> Callable[..., Any]:
    def tell(data: dict[str, Any]) -> Any:
        arn = str(data.get("executionArn"))
        if (sfn._executions.get(arn) or {}).get("forgotten"):
            return error_response_json(
                "ExecutionDoesNotExist",
                f"Execution Does Not Exist: '{arn}': the sandbox has let go of its history, as "
                f"later ones take more than {HISTORY_BYTES // 1024**2} MB",
                400,
            )
        return express(arn) or original(data)

    return tell


def _listing(original: Callable[..., Any]) -> Callable[..., Any]:
    def list_them(data: dict[str, Any]) -> Any:
        arn = data.get("stateMachineArn")
        release = sfn_releases.chosen(arn) if arn else None
        if release is None:
            return original(data)
        if release.machine["type"] == "EXPRESS":
            return wrong_type()
        machine = release.machine["stateMachineArn"]
        if arn == machine:
            return original(data)
        everything = {**data, "stateMachineArn": machine, "maxResults": 1_000_000}
        status, headers, body = original(everything)
        if status != 200:
            return status, headers, body
        found = [
            item
            for item in json.loads(body)["executions"]
            if arn in _names(sfn._executions[item["executionArn"]])
        ]
        return json_response({"executions": found[: int(data.get("maxResults") or 1000)]})

    return list_them


def _names(record: Mapping[str, Any]) -> list[Any]:
    """Version and alias that an execution was started with."""
    return [record.get("stateMachineVersionArn"), record.get("stateMachineAliasArn")]


def _describing_machine(original: Callable[..., Any]) -> Callable[..., Any]:
    def describe(data: dict[str, Any]) -> Any:
        arn = str(data.get("executionArn"))
        status, headers, body = express(arn) or original(data)
        record = sfn._executions.get(arn) or {}
        if status != 200 or "definition" not in record:
            return status, headers, body
        kept = {key: record[key] for key in ("definition", "roleArn")}
        return json_response({**json.loads(body), **kept})

    return describe


def express(arn: str) -> Any:
    """AWS's refusal to tell of an express execution; None for a standard one."""
    if arn.split(":")[5:6] != ["express"]:
        return None
    return error_response_json(
        "InvalidArn", "Invalid Arn: 'Resource type not valid in this context: express'", 400
    )


def wrong_type() -> Any:
    """AWS's refusal of what the other type of machine can do."""
    return error_response_json(
        "StateMachineTypeNotSupported",
        "This operation is not supported by this type of state machine",
        400,
    )
