"""The document of the order workflow: its names, its numbers, and where every path ends."""

from collections.abc import Iterator
from typing import Any

import pytest

from components.asl import lint
from components.order_workflow.definition import (
    FULFILL_SECONDS,
    PAYMENT_SECONDS,
    STAGES,
    UNDO,
    VALIDATE_SECONDS,
    definition,
)
from components.state_machine.undo import with_undo

PLAIN = definition(approval_above=None, approval_seconds=3600)
APPROVED = definition(approval_above=1000, approval_seconds=3600)
BOTH = pytest.mark.parametrize("document", [PLAIN, APPROVED], ids=["plain", "with approval"])


def retry(state: str) -> dict[str, Any]:
    """The retrier for what a retry may cure."""
    found: dict[str, Any]
    (found,) = [
        one for one in PLAIN["States"][state]["Retry"] if one["ErrorEquals"] == ["States.ALL"]
    ]
    return found


@pytest.mark.parametrize(
    ("state", "seconds", "attempts"), [("ValidateOrder", 2, 2), ("ProcessPayment", 5, 3)]
)
def test_the_retries_are_those_that_the_design_fixes(
    state: str, seconds: int, attempts: int
) -> None:
    assert retry(state) == {
        "ErrorEquals": ["States.ALL"],
        "IntervalSeconds": seconds,
        "MaxAttempts": attempts,
        "BackoffRate": 2.0,
    }


@pytest.mark.parametrize(
    ("state", "errors"),
    [
        ("ValidateOrder", {"InvalidOrder"}),
        ("ProcessPayment", {"InvalidOrder", "PaymentDeclined", "OrderClosed"}),
        ("FulfillOrder", {"OutOfStock", "OrderClosed"}),
    ],
)
def test_what_no_retry_can_cure_is_not_retried(state: str, errors: set[str]) -> None:
    first = PLAIN["States"][state]["Retry"][0]
    assert set(first["ErrorEquals"]) == errors
    assert first["MaxAttempts"] == 0


@pytest.mark.parametrize(
    ("state", "failed"),
    [
        ("ValidateOrder", "OrderValidationFailed"),
        ("ProcessPayment", "PaymentFailed"),
        ("FulfillOrder", "FulfillmentFailed"),
    ],
)
def test_every_error_of_a_step_leads_to_its_failure_with_the_document(
    state: str, failed: str
) -> None:
    assert PLAIN["States"][state]["Catch"] == [
        {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": failed}
    ]


@BOTH
def test_the_linter_finds_nothing_once_the_undo_is_in(document: dict[str, Any]) -> None:
    whole = with_undo("OrderWorkflow 'orders'", document, UNDO)
    timeouts = {
        "ValidateOrder": VALIDATE_SECONDS,
        "ProcessPayment": PAYMENT_SECONDS,
        "FulfillOrder": FULFILL_SECONDS,
    }
    names = [*timeouts, "OrdersTable", "FailedOrdersQueue", "Notifications", "UndoQueueUrl"]
    if document is APPROVED:
        names.append("ApprovalsTable")
    assert lint(whole, placeholders=names, timeouts=timeouts) == []


@BOTH
def test_only_what_passes_the_queue_can_fail(document: dict[str, Any]) -> None:
    into_failure = {
        name
        for name, state in document["States"].items()
        for _, target in _leads(state)
        if document["States"][target]["Type"] == "Fail"
    }
    assert into_failure == {"NotifyFailed"}
    for state, only in {"NotifyFailed": "CountFailure", "CountFailure": "QueueFailure"}.items():
        before = {
            name
            for name, body in document["States"].items()
            for _, target in _leads(body)
            if target == state
        }
        assert before == {only}


@BOTH
def test_each_failure_has_an_error_of_its_own(document: dict[str, Any]) -> None:
    found = {
        state["Parameters"]["error"]: name
        for name, state in document["States"].items()
        if state["Type"] == "Pass"
    }
    assert all(error == name for error, name in found.items())
    assert set(found) == set(STAGES) - (set() if document is APPROVED else {"ApprovalFailed"})


def test_an_amount_that_is_no_number_is_asked_for() -> None:
    choice = APPROVED["States"]["ApprovalNeeded"]
    assert choice["Choices"] == [
        {"Variable": "$.order.amount", "NumericLessThanEquals": 1000, "Next": "ProcessPayment"}
    ]
    assert choice["Default"] == "ShowThatApprovalIsAwaited"


def test_a_machine_outlives_the_approval_that_it_waits_for() -> None:
    asked = APPROVED["States"]["AwaitApproval"]
    assert asked["TimeoutSeconds"] == 3600
    assert APPROVED["TimeoutSeconds"] == PLAIN["TimeoutSeconds"] + 3600


def test_a_refund_runs_between_the_record_and_the_queue_alone() -> None:
    whole = with_undo("OrderWorkflow 'orders'", PLAIN, UNDO)["States"]
    assert whole["RecordFailure"]["Next"] != "QueueFailure"
    assert whole["NotifyFailed"]["Next"] == "OrderFailed"
    undo = next(
        state
        for state in whole.values()
        if state.get("Parameters", {}).get("Payload", {}).get("action") == "refund"
    )
    assert undo["Parameters"]["FunctionName"] == "${ProcessPayment}"


def _leads(state: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every state that this one can lead to."""
    for key in ("Next", "Default"):
        if key in state:
            yield key, state[key]
    for key in ("Choices", "Catch"):
        for one in state.get(key, []):
            yield key, one["Next"]
