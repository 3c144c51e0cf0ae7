"""What an order workflow is made of, who may do what in it, and what it refuses."""

import json
from typing import Any

import pytest

from components.testing import UNKNOWN, deploy

from .helpers import MACHINE, POLICY, made, refusal, statements, workflow

BOTH = pytest.mark.parametrize("known", [True, False], ids=["known", "first preview"])
TABLE = "aws:dynamodb/table:Table"
FUNCTION = "aws:lambda/function:Function"


@BOTH
def test_it_is_whole_by_default(known: bool) -> None:
    deployed = workflow(known=known)
    assert {one.name for one in deployed.of(TABLE)} == {"orders-orders", "orders-payments"}
    assert {one.name for one in deployed.of(FUNCTION)} == {
        "orders-validate",
        "orders-payment",
        "orders-fulfillment",
    }
    assert len(deployed.of(MACHINE)) == 1
    assert deployed.one("aws:sfn/alias:Alias").inputs["name"] == "live"
    assert all(one.inputs["deletionProtectionEnabled"] for one in deployed.of(TABLE))


@BOTH
def test_a_limit_brings_the_table_of_approvals(known: bool) -> None:
    deployed = workflow(known=known, approval_above=0)
    assert "orders-approvals" in {one.name for one in deployed.of(TABLE)}


def test_the_validator_may_touch_no_table() -> None:
    actions = {
        action for one in statements(workflow(), "orders-validate") for action in one["Action"]
    }
    assert not [action for action in actions if action.startswith("dynamodb:")]


@pytest.mark.parametrize(
    ("function", "tables"),
    [
        ("orders-payment", {"orders-orders", "orders-payments"}),
        ("orders-fulfillment", {"orders-orders"}),
    ],
)
def test_a_function_may_touch_its_own_tables_and_delete_nothing(
    function: str, tables: set[str]
) -> None:
    found = [
        one
        for one in statements(workflow(), function)
        if any(action.startswith("dynamodb:") for action in one["Action"])
    ]
    assert {one["Resource"][0].rpartition(":")[2].rpartition("/")[2] for one in found} == tables
    assert {action for one in found for action in one["Action"]} == {"dynamodb:UpdateItem"}


def test_the_machine_may_call_what_its_tasks_name_and_nothing_else() -> None:
    deployed = workflow()
    allowed: dict[str, list[str]] = {}
    for one in statements(deployed, "orders"):
        for action in one["Action"]:
            allowed.setdefault(action, []).extend(one["Resource"])
    assert {action.partition(":")[0] for action in allowed} == {
        "dynamodb",
        "lambda",
        "logs",
        "sns",
        "sqs",
    }
    assert allowed["dynamodb:UpdateItem"]
    assert "dynamodb:PutItem" not in allowed
    assert "*" not in allowed["lambda:InvokeFunction"] + allowed["sqs:SendMessage"]


def test_executions_that_end_without_their_last_states_reach_the_queue() -> None:
    deployed = workflow()
    pattern = json.loads(deployed.one("aws:cloudwatch/eventRule:EventRule").inputs["eventPattern"])
    assert pattern["detail"]["$or"][0] == {"status": ["ABORTED", "TIMED_OUT"]}
    assert pattern["detail"]["stateMachineArn"] == [deployed.one(MACHINE).outputs["arn"]]
    target = deployed.one("aws:cloudwatch/eventTarget:EventTarget")
    assert (
        target.inputs["arn"] == deployed.one("aws:sqs/queue:Queue", "orders-failed").outputs["arn"]
    )
    policy = json.loads(
        deployed.one("aws:sqs/queuePolicy:QueuePolicy", "orders-failed").inputs["policy"]
    )
    senders = [one for one in policy["Statement"] if one["Effect"] == "Allow"]
    assert [one["Principal"] for one in senders] == [{"Service": "events.amazonaws.com"}]
    assert senders[0]["Condition"] == {
        "ArnEquals": {
            "aws:SourceArn": [deployed.one("aws:cloudwatch/eventRule:EventRule").outputs["arn"]]
        }
    }


@BOTH
def test_the_document_is_unknown_only_where_its_arns_are(known: bool) -> None:
    document = workflow(known=known).one(MACHINE).inputs["definition"]
    if not known:
        assert document is UNKNOWN
        return
    assert "${" not in document
    assert json.loads(document)["StartAt"]


@pytest.mark.parametrize("kind", ["place", "operate", "start", "read"])
def test_what_others_may_do_is_spelt_out(kind: str) -> None:
    grants: dict[str, Any] = {
        "place": lambda it: it.place_policy(),
        "operate": lambda it: it.operate_policy(),
        "start": lambda it: it.start_policy(),
        "read": lambda it: it.read_policy(),
    }
    found = deploy(lambda: grants[kind](made(approval_above=10))).result
    actions = {action for one in found for action in one["actions"]}
    assert all("*" not in one["resources"] for one in found)
    expected = {
        "place": {"dynamodb:GetItem", "dynamodb:PutItem", "states:StartExecution"},
        "operate": {"sqs:DeleteMessage", "dynamodb:UpdateItem", "states:SendTaskSuccess"},
        "start": {"states:StartExecution"},
        "read": {"states:DescribeExecution"},
    }
    assert expected[kind] <= actions
    if kind != "operate":
        assert "dynamodb:DeleteItem" not in actions


def test_code_of_one_s_own_replaces_what_is_shipped(tmp_path: Any) -> None:
    (tmp_path / "handler.py").write_text("def handler(event, context):\n    return event\n")
    shipped = workflow().one(FUNCTION, "orders-payment").inputs["sourceCodeHash"]
    own = workflow(functions={"process_payment": str(tmp_path)})
    assert own.one(FUNCTION, "orders-payment").inputs["sourceCodeHash"] != shipped
    assert (
        own.one(FUNCTION, "orders-validate").inputs["sourceCodeHash"]
        == workflow().one(FUNCTION, "orders-validate").inputs["sourceCodeHash"]
    )


def test_every_role_is_its_own() -> None:
    deployed = workflow(approval_above=5)
    names = [one.name for one in deployed.of(POLICY)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"approval_above": -1}, ["approval_above=-1", "0 or more"]),
        ({"approval_above": "1000"}, ["approval_above='1000'", "an amount"]),
        ({"approval_seconds": 60}, ["approval_seconds=60", "with approval_above only"]),
        ({"approval_above": 1, "approval_seconds": 5}, ["approval_seconds=5", "60 to 2592000"]),
        ({"aproval_above": 1}, ["unknown argument 'aproval_above'", "approval_above"]),
        ({"environment": {"ORDERS_TABLE": "x"}}, ["ORDERS_TABLE", "set by the component"]),
        ({"functions": {"proces_payment": "x"}}, ["functions.proces_payment", "process_payment"]),
        ({"runtime": "python2.7"}, ["runtime='python2.7'", "python3.13"]),
        ({"log_retention_days": 6}, ["log_retention_days=6", "Nearest: 5"]),
    ],
    ids=str,
)
def test_a_mistake_is_told_before_anything_is_registered(
    args: dict[str, Any], words: list[str]
) -> None:
    text = refusal(**args)
    for word in words:
        assert word in text


def test_a_name_that_would_not_fit_is_refused() -> None:
    assert "up to 30 letters" in refusal(name="orders-" + "x" * 30)
