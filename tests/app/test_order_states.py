"""What a customer reads: a sentence for every status and every reason."""

import logging
from typing import Any

import pytest
from storefront.order_states import FAILED_BY_REASON, FAILED_BY_STAGE, UNDERWAY, read_state
from storefront.orders import OrderState, Status

BACK = "Your money was given back."
DUE = "Your money is being given back."


def state(**attributes: str | bool) -> OrderState:
    item: dict[str, dict[str, Any]] = {
        name: {"BOOL" if isinstance(value, bool) else "S": value}
        for name, value in attributes.items()
    }
    return read_state("ORD-AAAAAAAAAA", item)


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ("accepted", "We have your order"),
        ("processing", "checking your order and its payment"),
        ("awaiting_approval", "waits for approval"),
        ("paid", "Your payment went through"),
        ("shipped", "on its way"),
    ],
)
def test_every_status_has_its_sentence(status: str, says: str) -> None:
    read = state(status=status)
    assert read.status == status
    assert says in read.message


def test_no_status_is_without_words() -> None:
    assert {*UNDERWAY, Status.FAILED} == {*Status}


def test_a_shipped_order_names_its_parcel_and_payment() -> None:
    read = state(status="shipped", tracking_number="TRK123456", transaction_id="txn_654321")
    assert read.message == "Your order is on its way. Its tracking number is TRK123456."
    assert (read.tracking_number, read.transaction_id) == ("TRK123456", "txn_654321")
    assert read.final


@pytest.mark.parametrize(
    ("reason", "stage", "says"),
    [
        ("InvalidOrder", "OrderValidationFailed", "could not be accepted as it is"),
        ("Lambda.Unknown", "OrderValidationFailed", "could not be checked"),
        ("ApprovalRejected", "ApprovalFailed", "was not approved"),
        ("States.Timeout", "ApprovalFailed", "Nobody approved your order in time"),
        ("PaymentDeclined", "PaymentFailed", "Your card was declined"),
        ("PaymentUnavailable", "PaymentFailed", "payment service could not be reached"),
        ("States.Timeout", "PaymentFailed", "Your payment could not be made"),
        ("OutOfStock", "FulfillmentFailed", "out of stock"),
        ("ShippingUnavailable", "FulfillmentFailed", "No carrier"),
        ("Lambda.Unknown", "FulfillmentFailed", "could not be packed"),
        ("Novelty", "SomethingFailed", "could not be completed"),
    ],
)
def test_every_reason_has_its_sentence(reason: str, stage: str, says: str) -> None:
    read = state(status="failed", reason=reason, error=stage)
    assert says in read.message
    assert read.reason == reason
    assert (BACK in read.message, DUE in read.message) == (False, False)
    assert read.final


@pytest.mark.parametrize("sentence", [*FAILED_BY_REASON.values(), *FAILED_BY_STAGE.values()])
def test_a_sentence_says_that_nothing_was_charged_only_where_that_is_sure(sentence: str) -> None:
    sure = ("InvalidOrder", "ApprovalRejected", "PaymentDeclined")
    stages = ("OrderValidationFailed", "ApprovalFailed")
    allowed = [FAILED_BY_REASON[one] for one in sure] + [FAILED_BY_STAGE[one] for one in stages]
    assert ("nothing was charged" in sentence) == (sentence in allowed)


def test_a_failed_order_says_that_the_money_was_given_back() -> None:
    read = state(
        status="failed",
        error="FulfillmentFailed",
        reason="OutOfStock",
        transaction_id="txn_1",
        refunded=True,
    )
    assert read.message == f"Something that you ordered is out of stock. {BACK}"
    assert (read.refunded, read.final) == (True, True)


def test_a_failed_order_is_not_final_before_its_money_is_back() -> None:
    read = state(status="failed", reason="OutOfStock", transaction_id="txn_1")
    assert read.message == f"Something that you ordered is out of stock. {DUE}"
    assert read.final is False


@pytest.mark.parametrize(
    ("reason", "unsure"),
    [("PaymentUnavailable", True), ("States.Timeout", True), ("PaymentDeclined", False)],
)
def test_a_payment_that_may_have_been_made_is_spoken_of(reason: str, unsure: bool) -> None:
    message = state(status="failed", error="PaymentFailed", reason=reason).message
    assert ("Whatever was charged is given back." in message) is unsure


def test_an_order_that_failed_after_an_unseen_charge_says_that_the_money_is_back() -> None:
    read = state(status="failed", error="PaymentFailed", reason="States.Timeout", refunded=True)
    assert read.message == f"Your payment could not be made. {BACK}"


def test_the_reason_of_an_earlier_attempt_is_not_told() -> None:
    assert state(status="accepted", reason="OutOfStock").reason is None


@pytest.mark.parametrize("attributes", [{"status": "gift-wrapped"}, {}])
def test_a_status_of_a_newer_workflow_is_under_way(
    attributes: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert state(**attributes).status is Status.PROCESSING
    assert "not known here" in caplog.text
