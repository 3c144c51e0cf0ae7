"""Executions of a workflow: started, waited for, and told as a short story."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sandbox.journeys import Visit
from sandbox.journeys.traces import wait


@dataclass(frozen=True)
class Finished:
    """An execution that has ended."""

    arn: str
    status: str
    output: Mapping[str, Any]
    error: str
    cause: str


def start(
    visit: Visit, workflow: str, document: Mapping[str, Any], *, name: str | None = None
) -> str:
    """Start one; its ARN."""
    answer = visit.client("stepfunctions").start_execution(
        stateMachineArn=workflow, name=name or f"journey-{uuid4().hex}", input=json.dumps(document)
    )
    return str(answer["executionArn"])


def finished(visit: Visit, arn: str) -> Finished:
    """Wait for the end of an execution."""
    states = visit.client("stepfunctions")

    def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = states.describe_execution(executionArn=arn)
        return None if found["status"] == "RUNNING" else found

    found = wait(visit, ended, f"{arn} did not end: {story(visit, arn)}")
    return Finished(
        arn,
        found["status"],
        json.loads(found.get("output") or "{}"),
        found.get("error", ""),
        found.get("cause", ""),
    )


def run(visit: Visit, workflow: str, document: Mapping[str, Any]) -> Finished:
    """Start one and wait for its end."""
    return finished(visit, start(visit, workflow, document))


def history(visit: Visit, arn: str) -> list[dict[str, Any]]:
    """Every event of an execution, in order."""
    pages = visit.client("stepfunctions").get_paginator("get_execution_history")
    return [event for page in pages.paginate(executionArn=arn) for event in page["events"]]


def story(visit: Visit, arn: str) -> str:
    """The history on one line: states, failed attempts, and the wait before the next one::

    ValidateOrder → ProcessPayment (PaymentUnavailable, 5 s later again) → FulfillOrder
    """
    told: list[str] = []
    for name, attempts in _states(history(visit, arn)):
        notes = [
            error if seconds is None else f"{error}, {seconds:.0f} s later again"
            for error, seconds in attempts
        ]
        told.append(f"{name} ({'; '.join(notes)})" if notes else name)
    return " → ".join(told)


def waits(visit: Visit, arn: str, state: str) -> list[float]:
    """Seconds between each failed attempt of a state and its next one."""
    return [
        seconds
        for name, attempts in _states(history(visit, arn))
        if name == state
        for _, seconds in attempts
        if seconds is not None
    ]


def errors(visit: Visit, arn: str, state: str) -> list[str]:
    """The error of each failed attempt of a state."""
    return [
        error
        for name, attempts in _states(history(visit, arn))
        if name == state
        for error, _ in attempts
    ]


_Attempts = list[tuple[str, float | None]]


def _states(events: list[dict[str, Any]]) -> Iterator[tuple[str, _Attempts]]:
    """States in the order in which they were entered, each with its failed attempts."""
    entered: list[tuple[str, _Attempts]] = []
    pending: tuple[_Attempts, str, datetime] | None = None
    for event in events:
        kind, when = event["type"], event["timestamp"]
        if kind.endswith("StateEntered"):
            entered.append((event["stateEnteredEventDetails"]["name"], []))
            _given_up(pending)
            pending = None
        elif kind in ("TaskFailed", "TaskTimedOut", "LambdaFunctionFailed") and entered:
            details: Mapping[str, Any] = next(
                (value for key, value in event.items() if key.endswith("EventDetails")), {}
            )
            pending = (entered[-1][1], details.get("error", kind), when)
        elif kind == "TaskScheduled" and pending is not None:
            attempts, error, failed = pending
            attempts.append((error, (when - failed).total_seconds()))
            pending = None
    _given_up(pending)
    yield from entered


def _given_up(pending: tuple[_Attempts, str, datetime] | None) -> None:
    if pending is not None:
        attempts, error, _ = pending
        attempts.append((error, None))
