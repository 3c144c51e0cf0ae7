"""What a person does about orders, against services that remember what they were told."""

# ruff: noqa: N803 - the names are boto3's

import io
import json
from pathlib import Path
from typing import Any

import pytest

from components.order_workflow import __main__ as command_line
from components.order_workflow import operations
from components.order_workflow.operations import Refused

EXECUTION = "arn:aws:states:us-east-1:000000000000:execution:orders:ORD-1"
ORDER = {"orderId": "ORD-1", "customerId": "CUST-1", "amount": 59.98}


class _Gone(Exception):  # noqa: N818 - stands for several
    """Stands for every error class of a client."""


class Services:
    """Queue, tables and executions, as little of them as the commands use."""

    def __init__(self) -> None:
        self.messages: dict[str, str] = {}
        self.items: dict[str, dict[str, Any]] = {}
        self.approvals: dict[str, str] = {}
        self.started: dict[str, Any] = {}
        self.answers: list[dict[str, Any]] = []
        self.running: set[str] = set()
        self.lost = False
        self.invoked: list[tuple[str, str, Any]] = []
        self.answer: dict[str, Any] = {}
        self.function_error = False
        self.log: list[str] = []
        self.exceptions = type(
            "exceptions",
            (),
            dict.fromkeys(("ExecutionAlreadyExists", "TaskTimedOut", "TaskDoesNotExist"), _Gone),
        )

    def __call__(self, _service: str) -> "Services":
        return self

    # -- SQS
    def receive_message(self, **_: Any) -> dict[str, Any]:
        return {
            "Messages": [
                {"MessageId": key, "ReceiptHandle": key, "Body": body}
                for key, body in self.messages.items()
            ]
        }

    def delete_message(self, *, ReceiptHandle: str, **_: Any) -> None:
        self.log.append(f"delete {ReceiptHandle}")
        del self.messages[ReceiptHandle]

    def change_message_visibility(self, *, ReceiptHandle: str, **_: Any) -> None:
        self.log.append(f"show {ReceiptHandle}")

    # -- Step Functions
    def describe_execution(self, *, executionArn: str) -> dict[str, str]:
        return {"status": "RUNNING" if executionArn in self.running else "FAILED"}

    def start_execution(self, *, name: str, input: str, **_: Any) -> None:
        self.log.append(f"start {name}")
        if name in self.started:
            raise _Gone
        self.started[name] = json.loads(input)

    def send_task_success(self, **answer: Any) -> None:
        if self.lost:
            raise _Gone
        self.answers.append(answer)

    send_task_failure = send_task_success

    # -- Lambda
    def invoke(self, *, FunctionName: str, Qualifier: str, Payload: bytes) -> dict[str, Any]:
        self.invoked.append((FunctionName, Qualifier, json.loads(Payload)))
        answer: dict[str, Any] = {"Payload": io.BytesIO(json.dumps(self.answer).encode())}
        return {**answer, "FunctionError": "Unhandled"} if self.function_error else answer

    # -- DynamoDB
    def get_item(self, *, TableName: str, Key: Any, **_: Any) -> dict[str, Any]:
        key = Key["id"]["S"]
        if TableName == "approvals":
            found = self.approvals.get(key)
            return {"Item": {"token": {"S": found}}} if found else {}
        return {"Item": self.items[key]} if key in self.items else {}

    def update_item(self, *, Key: Any, ExpressionAttributeValues: Any, **_: Any) -> None:
        item = self.items[Key["id"]["S"]]
        assert item["status"] == {"S": "failed"}
        item.update(status={"S": "accepted"}, attempt=ExpressionAttributeValues[":next"])

    def delete_item(self, *, Key: Any, **_: Any) -> None:
        del self.approvals[Key["id"]["S"]]

    def get_paginator(self, _: str) -> "Services":
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        return [
            {
                "Items": [
                    {"id": {"S": key}, "token": {"S": token}, "amount": {"S": "1 USD"}}
                    for key, token in self.approvals.items()
                ]
            }
        ]


@pytest.fixture
def services() -> Services:
    made = Services()
    document = {"order": ORDER, "failure": {"error": "PaymentFailed", "reason": "PaymentDeclined"}}
    made.messages["m1"] = json.dumps({"document": document, "execution": EXECUTION})
    made.items["ORD-1"] = {"id": {"S": "ORD-1"}, "status": {"S": "failed"}, "attempt": {"N": "0"}}
    return made


def redriven(services: Services) -> str:
    failed = next(operations.failed_orders(services, "queue"))
    return operations.redrive(
        services, failed, queue_url="queue", table="orders", workflow_arn="arn:workflow"
    )


def test_a_message_of_the_workflow_says_what_failed(services: Services) -> None:
    (found,) = operations.failed_orders(services, "queue")
    assert (found.order_id, found.error, found.reason) == (
        "ORD-1",
        "PaymentFailed",
        "PaymentDeclined",
    )


def test_a_message_of_an_execution_that_was_stopped_is_read_as_well() -> None:
    detail = {
        "status": "ABORTED",
        "executionArn": EXECUTION,
        "input": json.dumps({"order": ORDER}),
        "error": None,
    }
    found = operations.read({"ReceiptHandle": "r", "Body": json.dumps({"detail": detail})})
    assert (found.order_id, found.error, found.document["order"]) == ("ORD-1", "ABORTED", ORDER)


@pytest.mark.parametrize("document", [{}, {"order": []}, {"order": {"orderId": 7}}, [1]], ids=str)
def test_a_message_without_an_order_is_read_and_not_redriven(
    services: Services, document: Any
) -> None:
    services.messages = (
        {"m1": json.dumps({"document": document, "execution": EXECUTION})}
        if (isinstance(document, dict))
        else {
            "m1": json.dumps(
                {
                    "detail": {
                        "status": "FAILED",
                        "executionArn": EXECUTION,
                        "input": json.dumps(document),
                    }
                }
            )
        }
    )
    with pytest.raises(Refused, match="has no order id"):
        redriven(services)
    assert services.messages


def test_a_failed_order_starts_anew_as_its_next_attempt_and_then_leaves_the_queue(
    services: Services,
) -> None:
    assert redriven(services) == "ORD-1: attempt 1 started as ORD-1-again-1"
    assert services.started == {"ORD-1-again-1": {"order": ORDER, "attempt": 1}}
    assert services.log == ["start ORD-1-again-1", "delete m1"]


def test_an_order_that_was_stopped_goes_on_with_the_same_attempt(services: Services) -> None:
    services.items["ORD-1"]["status"] = {"S": "paid"}
    assert "attempt 0 started" in redriven(services)
    assert services.started["ORD-1-again-0"]["attempt"] == 0


def test_a_redrive_that_was_cut_short_does_not_start_two(services: Services) -> None:
    services.items["ORD-1"].update(status={"S": "accepted"}, attempt={"N": "1"})
    services.started["ORD-1-again-1"] = {}
    assert "an earlier redrive" in redriven(services)
    assert not services.messages


def test_what_has_been_shipped_meanwhile_is_left_alone(services: Services) -> None:
    services.items["ORD-1"]["status"] = {"S": "shipped"}
    assert "shipped meanwhile" in redriven(services)
    assert not services.started
    assert not services.messages


def test_an_order_that_is_still_under_way_is_refused_and_kept(services: Services) -> None:
    services.running.add(EXECUTION)
    with pytest.raises(Refused, match="still runs"):
        redriven(services)
    assert services.messages
    assert not services.started


def test_an_approval_answers_the_token_and_is_forgotten(services: Services) -> None:
    services.approvals["ORD-1"] = "secret"
    assert "approved by ann" in operations.approve(services, "ORD-1", table="approvals", by="ann")
    assert services.answers[0]["taskToken"] == "secret"
    assert json.loads(services.answers[0]["output"])["approved_by"] == "ann"
    assert not services.approvals


def test_a_rejection_says_who_and_why(services: Services) -> None:
    services.approvals["ORD-1"] = "secret"
    operations.reject(services, "ORD-1", table="approvals", by="ann", reason="too much")
    assert services.answers[0]["error"] == "ApprovalRejected"
    assert services.answers[0]["cause"] == "ann: too much"


def test_a_token_is_never_listed(services: Services) -> None:
    services.approvals["ORD-1"] = "secret"
    assert "secret" not in str(list(operations.approvals(services, "approvals")))


def test_an_order_that_does_not_wait_is_refused_with_those_that_do(services: Services) -> None:
    services.approvals["ORD-12"] = "secret"
    with pytest.raises(Refused, match="Did you mean ORD-12"):
        operations.approve(services, "ORD-1", table="approvals", by="ann")


def test_an_approval_that_comes_too_late_says_so_and_stays(services: Services) -> None:
    services.approvals["ORD-1"], services.lost = "secret", True
    with pytest.raises(Refused, match="no longer waits"):
        operations.approve(services, "ORD-1", table="approvals", by="ann")
    assert services.approvals


# -- refunds ---------------------------------------------------------------------------------


@pytest.fixture
def unrefunded(services: Services) -> Services:
    document = {"order": ORDER, "attempt": 2}
    error = {"Error": "PaymentUnavailable", "Cause": "down"}
    body = {"step": "ProcessPayment", "execution": EXECUTION, "error": error, "document": document}
    services.messages = {"r1": json.dumps(body)}
    return services


def refunded(services: Services) -> str:
    failed = next(operations.failed_refunds(services, "refunds"))
    return operations.refund(services, failed, queue_url="refunds", function="payment")


def test_a_refund_is_tried_again_with_the_whole_document_and_then_leaves_the_queue(
    unrefunded: Services,
) -> None:
    unrefunded.answer = {"refund": {"status": "refunded", "amount": 59.98}}
    assert refunded(unrefunded) == "ORD-1: refunded, 59.98"
    assert unrefunded.invoked == [
        ("payment", "live", {"action": "refund", "document": {"order": ORDER, "attempt": 2}})
    ]
    assert not unrefunded.messages


def test_a_refund_that_fails_again_stays(unrefunded: Services) -> None:
    unrefunded.answer = {"errorType": "PaymentUnavailable", "errorMessage": "still down"}
    unrefunded.function_error = True
    with pytest.raises(Refused, match=r"ORD-1: not refunded\. .* still down"):
        refunded(unrefunded)
    assert unrefunded.messages


# -- the command line -----------------------------------------------------------------------

OUTPUTS = {
    "order_workflow_arn": "arn:aws:states:eu-west-1:000000000000:stateMachine:orders:live",
    "orders_table": "orders",
    "failed_orders_queue_url": "queue",
    "failed_refunds_queue_url": "refunds",
    "payment_function": "payment",
    "approvals_table": "approvals",
}


@pytest.fixture
def outputs(services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(command_line, "_clients", lambda _: services)
    file = tmp_path / "outputs.json"
    file.write_text(json.dumps(OUTPUTS))
    return str(file)


def test_failed_orders_are_listed_and_stay(
    outputs: str, services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line.main(["--outputs", outputs, "failed"]) == 0
    assert "ORD-1  PaymentFailed  PaymentDeclined" in capsys.readouterr().out
    assert services.log == ["show m1"]


def test_redrive_names_one_or_all(
    outputs: str, services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        command_line.main(["--outputs", outputs, "redrive"])
    assert command_line.main(["--outputs", outputs, "redrive", "ORD-2"]) == 1
    assert "ORD-2 is not in the queue." in capsys.readouterr().err
    assert services.log == ["show m1"]
    assert command_line.main(["--outputs", outputs, "redrive", "--all"]) == 0
    assert "attempt 1 started" in capsys.readouterr().out


def test_failed_refunds_are_listed_and_tried_again(
    outputs: str, unrefunded: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line.main(["--outputs", outputs, "refunds"]) == 0
    assert "ORD-1  PaymentUnavailable" in capsys.readouterr().out
    assert unrefunded.log == ["show r1"]
    unrefunded.answer = {"refund": {"status": "refunded", "amount": 59.98}}
    assert command_line.main(["--outputs", outputs, "refund", "--all"]) == 0
    assert "ORD-1: refunded" in capsys.readouterr().out
    assert command_line.main(["--outputs", outputs, "refund", "--all"]) == 0
    assert "The queue is empty." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "words"),
    [(None, "No such file"), ("{", "Expecting property name"), ("[]", "expected a JSON object")],
)
def test_exports_that_cannot_be_read_are_told(
    tmp_path: Path, text: str | None, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "outputs.json"
    if text is not None:
        file.write_text(text)
    assert command_line.main(["--outputs", str(file), "failed"]) == 1
    assert words in capsys.readouterr().err


def test_a_stack_without_approvals_says_so(
    services: Services,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(command_line, "_clients", lambda _: services)
    file = tmp_path / "outputs.json"
    file.write_text(json.dumps({**OUTPUTS, "approvals_table": None}))
    assert command_line.main(["--outputs", str(file), "approvals"]) == 1
    assert "no approvals_table" in capsys.readouterr().err
