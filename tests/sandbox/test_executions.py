"""An execution's history as a short story, with the waits that it really had."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.journeys import Visit
from sandbox.journeys.executions import errors, story, waits

START = datetime(2026, 1, 1, tzinfo=UTC)


class History:
    """A client that has one execution's events, in pages of two."""

    def __init__(self, *events: tuple[float, str, dict[str, Any]]) -> None:
        self.events = [
            {"type": kind, "timestamp": START + timedelta(seconds=at), **details}
            for at, kind, details in events
        ]

    def get_paginator(self, _: str) -> "History":
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        return [{"events": self.events[at : at + 2]} for at in range(0, len(self.events), 2)]


def entered(at: float, name: str, kind: str = "Task") -> tuple[float, str, dict[str, Any]]:
    return at, f"{kind}StateEntered", {"stateEnteredEventDetails": {"name": name}}


def failed(at: float, error: str) -> tuple[float, str, dict[str, Any]]:
    return at, "TaskFailed", {"taskFailedEventDetails": {"error": error}}


def scheduled(at: float) -> tuple[float, str, dict[str, Any]]:
    return at, "TaskScheduled", {"taskScheduledEventDetails": {}}


@pytest.fixture
def visit() -> Visit:
    history = History(
        entered(0, "Check"),
        scheduled(0),
        entered(1, "Pay"),
        scheduled(1),
        failed(1.1, "Unavailable"),
        scheduled(6.1),
        failed(6.2, "Unavailable"),
        scheduled(16.2),
        failed(16.3, "Declined"),
        entered(16.4, "PaymentFailed", "Pass"),
        entered(16.5, "Record"),
        scheduled(16.5),
    )
    return Visit({}, lambda _: history)


def test_the_story_tells_states_errors_and_waits(visit: Visit) -> None:
    assert story(visit, "arn") == (
        "Check → Pay (Unavailable, 5 s later again; Unavailable, 10 s later again; Declined)"
        " → PaymentFailed → Record"
    )


def test_waits_are_between_a_failure_and_the_next_attempt_of_the_same_state(visit: Visit) -> None:
    assert waits(visit, "arn", "Pay") == [5.0, 10.0]
    assert waits(visit, "arn", "Record") == []


def test_every_failed_attempt_is_counted(visit: Visit) -> None:
    assert errors(visit, "arn", "Pay") == ["Unavailable", "Unavailable", "Declined"]
    assert errors(visit, "arn", "Check") == []
