"""What is refused before anything exists, and in which words."""

from typing import Any

import pulumi
import pytest

from components.state_machine import StateMachine
from components.testing import deploy

from .helpers import CHARGE, CHARGING, FUNCTION, PASS, machine, one, refusal, task, undoing

QUICK = {"Charge": {"arn": f"{FUNCTION}:live", "timeout_seconds": 20}}


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"name": "a b"}, "name='a b' is not valid. Allowed: up to 46 letters, digits"),
        ({"name": "a" * 47}, "up to 46 letters"),
        ({"kind": "expres"}, "kind='expres' is not valid. Allowed: 'standard', 'express'. Did you"),
        ({"log_level": "DEBUG"}, "Allowed: 'ALL', 'ERROR', 'FATAL', 'OFF'."),
        ({"log_retention_days": 8}, "Nearest: 7."),
        ({"functons": {}}, "unknown argument 'functons'. Did you mean 'functions'?"),
        ({"triggers": {"schedule": {}}}, "Did you mean 'triggers.schedules'?"),
        ({"triggers": {"sqs": [1]}}, "triggers.sqs=[1] is not valid. Allowed: a mapping."),
        (
            {"permissions": [{"actions": ["s3:*"], "resources": ["arn:x"]}]},
            "permissions[0]: policy: action 's3:*' allows everything in s3.",
        ),
        ({"functions": {"1st": {"arn": FUNCTION, "timeout_seconds": 3}}}, "a letter first. In the"),
        (
            {"functions": {"F": {"arn": FUNCTION, "timeout_seconds": 901}}},
            "functions.F.timeout_seconds=901 is not valid. Allowed: whole numbers from 1 to 900.",
        ),
        (
            {"functions": {"F": {"arn": "charge", "timeout_seconds": 3}}},
            "functions.F.arn='charge' is not valid. Allowed: an ARN of lambda",
        ),
        ({"functions": {"F": {"arn": FUNCTION}}}, "missing required argument 'functions.F.timeout"),
        (
            {"functions": QUICK, "substitutions": {"Charge": "x"}},
            "substitutions='Charge' is not valid. Allowed: names that functions does not have.",
        ),
        ({"substitutions": {"X": 3}}, "substitutions.X=3 is not valid. Allowed: text."),
        (
            {"substitutions": {"Orders": "x"}, "arns": {"Order": "arn:aws:sqs:a:1:b"}},
            "arns='Order' is not valid. Allowed: names in substitutions: 'Orders'. Did you mean",
        ),
    ],
)
def test_arguments(args: dict[str, Any], words: str) -> None:
    assert words in refusal(**args)


def test_every_error_of_the_workflow_is_told_at_once() -> None:
    document = {
        "StartAt": "Step",
        "States": {
            "Step": {**CHARGE, "Next": "Nowhere"},
            "Lost": {"Type": "Pass", "Next": "Alone"},
        },
    }
    words = refusal(definition=document, functions=QUICK)
    head, *errors = words.split("\n- ")
    assert head == f"the workflow has {len(errors)} errors:"
    assert len(errors) >= 3
    assert any("Nowhere" in error for error in errors)
    assert any("Alone" in error for error in errors)


def test_a_placeholder_without_a_value_is_named_with_the_nearest() -> None:
    words = refusal(
        definition=one(task("lambda:invoke", {"FunctionName": "${Chrage}"})), functions=QUICK
    )
    assert words.startswith("the workflow has ")
    assert "'${Chrage}' has no value. Did you mean '${Charge}'?" in words


def test_a_value_without_a_placeholder_is_warned_of() -> None:
    deployment = machine(definition=PASS, substitutions={"Unused": "x"})
    (warning,) = deployment.warnings
    assert warning.startswith("StateMachine 'orders': ")
    assert "Unused" in warning


def test_a_task_waits_at_least_as_long_as_its_function_may_run() -> None:
    words = refusal(
        definition=one({**CHARGE, "TimeoutSeconds": 10}),
        functions={"Charge": {"arn": FUNCTION, "timeout_seconds": 20}},
    )
    assert "'Step'" in words
    assert "20" in words


def test_an_express_workflow_cannot_wait_for_a_token() -> None:
    state = task(
        "lambda:invoke.waitForTaskToken",
        {"FunctionName": "${Charge}", "Payload": {"t.$": "$$.Task.Token"}},
    )
    words = refusal(definition=one(state), functions=QUICK, kind="express")
    assert words.startswith("the workflow has an error:\n- state 'Step', Resource: Express")


def test_only_steps_that_exist_are_undone() -> None:
    args = undoing()
    words = refusal(**{**args, "undo": {"Chrage": args["undo"]["Charge"]}})
    assert "Chrage" in words
    assert "Did you mean 'Charge'?" in words


def test_a_workflow_with_errors_is_not_undone_but_told_of() -> None:
    args = undoing()
    document = {**args["definition"], "StartAt": "Nowhere"}
    assert "Nowhere" in refusal(**{**args, "definition": document})
    assert "States" in refusal(**{**args, "definition": {"StartAt": "Charge"}})


def test_the_undo_queue_has_one_owner() -> None:
    words = refusal(**undoing(substitutions={"UndoQueueUrl": "https://sqs/mine"}))
    assert words.endswith("With undo the component makes this queue itself.")


def test_an_arn_that_turns_out_to_be_something_else_stops_the_update() -> None:
    def program() -> None:
        later = pulumi.Output.from_input("orders")
        get = task("dynamodb:getItem", {"TableName": "${Orders}", "Key": {"id": {"S": "1"}}})
        StateMachine(
            "orders",
            {
                "definition": one(get),
                "substitutions": {"Orders": "orders"},
                "arns": {"Orders": later},
            },
        )

    with pytest.raises(ValueError, match=r"state 'Step', \$\{Orders\}='orders' is not valid"):
        deploy(program)


def test_none_means_not_given() -> None:
    assert machine(
        definition_file=None, functions=CHARGING["functions"], definition=CHARGING["definition"],
        kind=None, undo=None, triggers=None, permissions=None, alarms=None,
    ).resources  # fmt: skip
