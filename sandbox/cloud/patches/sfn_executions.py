"""Starting and stopping executions.

The emulator starts two of one name if they come at the same time, refuses the repetition of a
start that AWS answers, takes input of any size, and stops nothing that already waits or works.
"""

import json
import re
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core.responses import (
    error_response_json,
    get_account_id,
    get_region,
    json_response,
)
from ministack.services import stepfunctions as sfn

from sandbox.cloud.settings import Settings

from . import guard, sfn_releases, sfn_reports, sfn_states, sfn_strands, sfn_views
from .sfn_strands import Run, Strand

_NAME = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}")
_lock = threading.Lock()
_runs: dict[str, Run] = {}
"""Executions under way, by ARN."""


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Start and stop them here."""
    guard.replace(sfn, "_start_execution", "(data)", begin)
    guard.replace(sfn, "_start_sync_execution", "(data)", _start_sync)
    guard.replace(sfn, "_stop_execution", "(data)", _stop)
    guard.checked(sfn, "_run_execution", "(exec_arn)")


def find(arn: str) -> Run | None:
    """An execution that is under way or has just ended."""
    return _runs.get(arn)


def end_all(machine: str) -> None:
    """Stop what a machine still runs."""
    for run in list(_runs.values()):
        if run.record["stateMachineArn"] == machine:
            run.close("ABORTED", time.time(), error=None, cause=None)


def begin(data: dict[str, Any]) -> Any:
    """StartExecution, from whatever thread."""
    made = _made(data)
    if not isinstance(made, Run):
        return made
    record = made.record
    return json_response({"executionArn": record["executionArn"], "startDate": record["startDate"]})


def _start_sync(data: dict[str, Any]) -> Any:
    release = sfn_releases.chosen(str(data.get("stateMachineArn")))
    if release is not None and release.machine["type"] != "EXPRESS":
        return sfn_views.wrong_type()
    made = _made(data, sync=True)
    if not isinstance(made, Run):
        return made
    made.done.result()
    record = made.record
    told = {
        key: record[key]
        for key in (
            "executionArn", "stateMachineArn", "name", "startDate", "stopDate", "status", "input",
            "inputDetails",
        )
    }  # fmt: skip
    for key in ("output", "error", "cause"):
        if record.get(key) is not None:
            told[key] = record[key]
    return json_response({**told, "outputDetails": {"included": True}})


def _made(data: Mapping[str, Any], *, sync: bool = False) -> Any:
    """The execution that a start makes or repeats; otherwise AWS's refusal."""
    arn, given = str(data.get("stateMachineArn")), data.get("input") or "{}"
    release = sfn_releases.chosen(arn)
    if release is None:
        return error_response_json(
            "StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'", 400
        )
    name = data.get("name") or str(uuid.uuid4())
    if not _NAME.fullmatch(name):
        return error_response_json("InvalidName", f"Invalid Name: '{name}'", 400)
    if len(given.encode()) > sfn_strands.DATA_BYTES:
        return error_response_json(
            "InvalidExecutionInput",
            f"Invalid State Machine Execution Input: {len(given.encode())} bytes are more than "
            f"{sfn_strands.DATA_BYTES}",
            400,
        )
    try:
        document = json.loads(given)
        definition = sfn_releases.parsed(release.definition)
    except ValueError as error:
        return error_response_json(
            "InvalidExecutionInput", f"Invalid State Machine Execution Input: '{error}'", 400
        )
    express = release.machine["type"] == "EXPRESS"
    record = _record(release, name, given, express=express, sync=sync)
    with _lock:
        known = None if express else sfn._executions.get(record["executionArn"])
        if known is not None:
            run = _runs.get(known["executionArn"])
            if known["status"] == "RUNNING" and known["input"] == given and run is not None:
                return run
            return error_response_json(
                "ExecutionAlreadyExists",
                f"Execution Already Exists: '{record['executionArn']}'",
                400,
            )
        reports = sfn_reports.Reports(release, record)
        run = Run(record, definition, release.role, reports.event, _closed(reports))
        record["startDate"] = sfn_strands.iso(run.began)
        if not express:
            sfn._executions[record["executionArn"]] = record
        _runs[record["executionArn"]] = run
    reports.started()
    context = {
        "QueryLanguage": definition.get("QueryLanguage", "JSONPath"),
        "Execution": {
            "Id": record["executionArn"],
            "Input": document,
            "Name": name,
            "RoleArn": release.role,
            "StartTime": record["startDate"],
            "RedriveCount": 0,
        },
        "StateMachine": {"Id": record["stateMachineArn"], "Name": release.machine["name"]},
        "variables": {},
    }
    sfn_strands.launch(run, lambda run: sfn_states.live(Strand(run, context, 0)))
    return run


def _record(
    release: sfn_releases.Release, name: str, given: str, *, express: bool, sync: bool
) -> dict[str, Any]:
    prefix = f"arn:aws:states:{get_region()}:{get_account_id()}"
    title = f"{release.machine['name']}:{name}"
    arn = f"{prefix}:express:{title}:{uuid.uuid4()}" if express else f"{prefix}:execution:{title}"
    return {
        "executionArn": arn,
        "stateMachineArn": release.machine["stateMachineArn"],
        "stateMachineVersionArn": release.version,
        "stateMachineAliasArn": release.alias,
        "name": name,
        "status": "RUNNING",
        "startDate": "",
        "stopDate": None,
        "input": given,
        "inputDetails": {"included": True},
        "output": None,
        "outputDetails": {"included": True},
        "error": None,
        "cause": None,
        "express": express,
        "sync": sync or express,  # the emulator's mark of what sends no status events
        "definition": release.definition,
        "roleArn": release.role,
        "events": [],
    }


def _closed(reports: sfn_reports.Reports) -> Callable[[Run], None]:
    def ended(run: Run) -> None:
        reports.ended()
        record = run.record
        _runs.pop(record["executionArn"], None)
        if not run.express:
            sfn_views.remember(record)

    return ended


def _stop(data: dict[str, Any]) -> Any:
    arn = str(data.get("executionArn"))
    record, run = sfn._executions.get(arn), _runs.get(arn)
    if refused := sfn_views.express(arn):
        return refused
    if record is None:
        return error_response_json(
            "ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'", 400
        )
    if run is not None:
        run.close("ABORTED", time.time(), error=data.get("error"), cause=data.get("cause"))
    return json_response({"stopDate": record["stopDate"]})
