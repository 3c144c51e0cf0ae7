"""Compensation: which steps are undone, in which order, and how it looks in the console."""

import json
from typing import Any

import pytest

from components.state_machine.undo import with_undo

from .shop import ALL, WHO, State, machine, made, play, step, undoing

FAILED: State = {"Type": "Fail", "Error": "OrderFailed", "Cause": "see above"}


def three_steps(**more: Any) -> State:
    """Reserve, Charge, Ship; every error leads to one Fail state."""
    caught = {"States.ALL": "OrderFailed"}
    return machine(
        "Reserve",
        Reserve=step("Reserve", catch=caught, Next="Charge"),
        Charge=step("Charge", catch=caught, Next="Ship"),
        Ship=step("Ship", catch=caught),
        OrderFailed=FAILED,
    )


BOTH = {"Reserve": undoing("Reserve"), "Charge": undoing("Charge")}


def new_states(given: State, result: State) -> list[str]:
    return [name for name in result["States"] if name not in given["States"]]


# What is generated


def test_a_machine_without_undo_comes_back_as_it_is() -> None:
    given = three_steps()
    assert made(given, {}) == given
    assert made(given, {}) is not given


def test_an_undo_that_nothing_can_need_changes_nothing() -> None:
    given = machine("Ship", Ship=step("Ship"))
    assert made(given, {"Ship": undoing("Ship")}) == given


def test_where_the_graph_says_what_is_done_the_chains_share_their_states() -> None:
    given = three_steps()
    result = made(given, BOTH)
    assert new_states(given, result) == [
        "Undo Charge",
        "Undo Charge failed",
        "Undo Reserve",
        "Undo Reserve failed",
    ]
    states = result["States"]
    assert result["StartAt"] == "Reserve"
    assert states["Reserve"] == given["States"]["Reserve"]  # it fails before anything is done
    assert states["Charge"]["Catch"][0]["Next"] == "Undo Reserve"
    assert states["Ship"]["Catch"][0]["Next"] == "Undo Charge"
    assert states["Undo Charge"]["Next"] == states["Undo Charge failed"]["Next"] == "Undo Reserve"
    assert states["Undo Reserve"]["Next"] == "OrderFailed"
    assert "Assign" not in json.dumps(result)


def test_the_undo_task_gets_retries_a_place_for_its_result_and_a_queue_for_its_failure() -> None:
    states = made(three_steps(), BOTH)["States"]
    assert states["Undo Charge"] == {
        **BOTH["Charge"]["task"],
        "Comment": "Undoes Charge, since the execution can only fail from here on",
        "Retry": [
            {
                "ErrorEquals": ["States.ALL"],
                "IntervalSeconds": 2,
                "MaxAttempts": 6,
                "BackoffRate": 2.0,
                "MaxDelaySeconds": 60,
                "JitterStrategy": "FULL",
            }
        ],
        "ResultPath": "$.undone.Charge",
        "Catch": [{"ErrorEquals": ALL, "ResultPath": "$.undo_error", "Next": "Undo Charge failed"}],
        "Next": "Undo Reserve",
    }
    report = states["Undo Charge failed"]
    assert report["Resource"] == "arn:aws:states:::sqs:sendMessage"
    assert report["Parameters"]["QueueUrl"] == "${UndoQueueUrl}"
    assert report["Retry"]


def test_a_retry_and_a_comment_of_ones_own_win() -> None:
    undo = {"Charge": undoing("Charge")}
    undo["Charge"]["task"] |= {"Retry": [], "Comment": "Money back"}
    task = made(three_steps(), undo)["States"]["Undo Charge"]
    assert task["Retry"] == []
    assert task["Comment"] == "Money back"


def test_the_order_of_the_declarations_does_not_matter() -> None:
    turned = dict(reversed(BOTH.items()))
    assert json.dumps(made(three_steps(), BOTH)) == json.dumps(made(three_steps(), turned))


def test_several_ends_have_chains_of_their_own_named_after_them() -> None:
    given = machine(
        "Reserve",
        Reserve=step("Reserve", Next="Charge"),
        Charge=step("Charge", catch={"Declined": "Refused", "States.ALL": "Broken"}),
        Refused=FAILED,
        Broken=FAILED,
    )
    result = made(given, {"Reserve": undoing("Reserve")})
    assert new_states(given, result) == [
        "Undo Reserve before Refused",
        "Undo Reserve before Refused failed",
        "Undo Reserve before Broken",
        "Undo Reserve before Broken failed",
    ]
    for error, end in (("Declined", "Refused"), ("Other", "Broken")):
        played = play(result, {"Charge": error})
        assert played.undone == ["Reserve"]
        assert played.run.path[-1] == end


def test_names_that_are_too_long_are_cut_and_stay_apart() -> None:
    long = "x" * 79
    given = machine(
        f"{long}a",
        **{
            f"{long}a": step(f"{long}a", Next=f"{long}b"),
            f"{long}b": step(f"{long}b", Next="Ship"),
            "Ship": step("Ship", catch={"States.ALL": "OrderFailed"}),
            "OrderFailed": FAILED,
        },
    )
    undo = {f"{long}a": undoing(f"{long}a"), f"{long}b": undoing(f"{long}b", unsure=True)}
    result = made(given, undo)
    names = new_states(given, result)
    assert len(names) == len(set(names)) >= 4
    assert max(len(name) for name in result["States"]) <= 80
    assert all(name.startswith("Undo xxx") for name in names if name.endswith(" failed"))
    played = play(result, {"Ship": "Boom"})
    assert played.undone == [f"{long}b", f"{long}a"]


# What it does


def test_the_completed_steps_are_undone_latest_first() -> None:
    result = made(three_steps(), BOTH)
    played = play(result, {"Ship": "Boom"})
    assert played.undone == ["Charge", "Reserve"]
    assert (played.run.status, played.run.error) == ("FAILED", "OrderFailed")
    assert play(result, {"Charge": "Boom"}).undone == ["Reserve"]
    assert play(result, {"Reserve": "Boom"}).undone == []
    shipped = play(result)
    assert (shipped.run.status, shipped.undone) == ("SUCCEEDED", [])


def test_undo_tasks_get_the_document_with_what_was_undone_before() -> None:
    _, document = play(made(three_steps(), BOTH), {"Ship": "Boom"}).seen
    assert document == {
        "order": 7,
        "error": {"Error": "Boom", "Cause": "Ship failed"},
        "undone": {"Charge": {"answer": "Charge is undone"}},
    }


def test_an_undo_that_fails_leaves_one_message_and_the_rest_is_undone() -> None:
    played = play(made(three_steps(), BOTH), {"Ship": "Boom", "undo Charge": "GatewayDown"})
    assert played.undone == ["Reserve"]
    (message,) = played.sent
    assert message["step"] == "Charge"
    assert message["execution"] == "arn:execution"
    assert message["error"] == {"Error": "GatewayDown", "Cause": "because"}
    assert message["document"]["order"] == 7
    assert message["document"]["error"]["Error"] == "Boom"
    assert played.run.error == "OrderFailed"


def test_even_without_the_queue_the_rest_is_undone() -> None:
    fails = {"Ship": "Boom", "undo Charge": "GatewayDown"}
    played = play(made(three_steps(), BOTH), fails, queue_is_down=True)
    assert played.undone == ["Reserve"]
    assert played.run.error == "OrderFailed"


def test_an_error_that_nothing_catches_ends_the_execution_as_before_but_undone() -> None:
    given = machine(
        "Reserve",
        Reserve=step("Reserve", Next="Ship"),
        Ship=step("Ship", catch={"Expected": "Sorry"}),
        Sorry={"Type": "Succeed"},
    )
    result = made(given, {"Reserve": undoing("Reserve")})
    assert "Catch" not in result["States"]["Reserve"]  # nothing is done yet
    played = play(result, {"Ship": "Boom"})
    assert played.undone == ["Reserve"]
    assert (played.run.error, played.run.cause) == ("Boom", "Ship failed")
    assert play(result, {"Ship": "Expected"}).undone == []


def test_a_choice_without_default_that_matches_nothing_is_such_an_error() -> None:
    given = machine(
        "Reserve",
        Reserve=step("Reserve", Next="Large?"),
        **{
            "Large?": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.order", "NumericEquals": 7, "Next": "Done"}],
            }
        },
        Done={"Type": "Succeed"},
    )
    result = made(given, {"Reserve": undoing("Reserve")})
    assert play(result).undone == []
    played = play(result, given={"order": 8})
    assert played.undone == ["Reserve"]
    assert played.run.error == "States.NoChoiceMatched"


def test_a_caught_error_with_a_way_on_undoes_nothing_until_that_fails() -> None:
    given = machine(
        "Reserve",
        Reserve=step("Reserve", Next="ByAir"),
        ByAir=step("ByAir", catch={"States.ALL": "ByLand"}),
        ByLand=step("ByLand", catch={"States.ALL": "OrderFailed"}),
        OrderFailed=FAILED,
    )
    result = made(given, {"Reserve": undoing("Reserve"), "ByAir": undoing("ByAir")})
    by_land = play(result, {"ByAir": "Boom"})
    assert (by_land.run.status, by_land.undone) == ("SUCCEEDED", [])
    assert play(result, {"ByAir": "Boom", "ByLand": "Boom"}).undone == ["Reserve"]
    assert "Assign" not in json.dumps(result)  # ByAir has ended it, or has done nothing


def test_errors_in_the_doomed_tail_undo_nothing_twice() -> None:
    given = machine(
        "Reserve",
        Reserve=step("Reserve", Next="Ship"),
        Ship=step("Ship", catch={"States.ALL": "Tell"}),
        Tell=step("Tell", catch={"Deaf": "OrderFailed"}, Next="OrderFailed"),
        OrderFailed=FAILED,
    )
    result = made(given, {"Reserve": undoing("Reserve")})
    assert result["States"]["Tell"] == given["States"]["Tell"]
    for error in ("Deaf", "Boom"):
        assert play(result, {"Ship": "Boom", "Tell": error}).undone == ["Reserve"]


def skipping() -> State:
    return machine(
        "Gift?",
        **{
            "Gift?": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.order", "NumericEquals": 7, "Next": "Ship"}],
                "Default": "Charge",
            }
        },
        Charge=step("Charge", Next="Ship"),
        Ship=step("Ship", catch={"States.ALL": "OrderFailed"}, Next="Thank"),
        Thank=step("Thank", catch={"States.ALL": "OrderFailed"}),
        OrderFailed=FAILED,
    )


def test_a_step_that_a_choice_may_skip_is_asked_for_and_others_are_not() -> None:
    given = skipping()
    result = made(given, {"Charge": undoing("Charge"), "Ship": undoing("Ship")})
    states = result["States"]
    assert result["StartAt"] == "Nothing to undo yet"
    assert states["Nothing to undo yet"] == {
        "Type": "Pass",
        "Comment": states["Nothing to undo yet"]["Comment"],
        "Assign": {"undo_Charge": False},
        "Next": "Gift?",
    }
    assert states["Charge"]["Assign"] == {"undo_Charge": True}
    assert "Assign" not in states["Ship"]
    assert states["Undo Ship"]["Next"] == "Undo Charge?"
    assert states["Undo Charge?"]["Choices"] == [
        {"Variable": "$undo_Charge", "BooleanEquals": True, "Next": "Undo Charge"}
    ]
    assert states["Undo Charge?"]["Default"] == "OrderFailed"
    gift, sold = {"order": 7}, {"order": 8}
    assert play(result, {"Thank": "Boom"}, given=gift).undone == ["Ship"]
    assert play(result, {"Thank": "Boom"}, given=sold).undone == ["Ship", "Charge"]
    assert play(result, {"Ship": "Boom"}, given=gift).undone == []


def test_variables_of_the_step_itself_are_kept() -> None:
    given = skipping()
    given["States"]["Charge"]["Assign"] = {"paid": True}
    result = made(given, {"Charge": undoing("Charge")})
    assert result["States"]["Charge"]["Assign"] == {"paid": True, "undo_Charge": True}


# Steps that may have taken effect although they failed


def test_an_unsure_step_is_undone_after_its_own_failure_but_for_definite_errors() -> None:
    undo = {
        "Reserve": undoing("Reserve"),
        "Charge": undoing("Charge", unsure=True, definite=["Declined", "Closed"]),
    }
    result = made(three_steps(), undo)
    definite, other = result["States"]["Charge"]["Catch"]
    assert (definite["ErrorEquals"], definite["Next"]) == (["Declined", "Closed"], "Undo Reserve")
    assert (other["ErrorEquals"], other["Next"]) == (ALL, "Undo Charge")
    assert play(result, {"Charge": "Declined"}).undone == ["Reserve"]
    assert play(result, {"Charge": "States.Timeout"}).undone == ["Charge", "Reserve"]
    assert play(result, {"Ship": "Boom"}).undone == ["Charge", "Reserve"]
    assert "Assign" not in json.dumps(result)


def test_an_unsure_step_whose_errors_nothing_catches() -> None:
    given = machine("Charge", Charge=step("Charge"))
    undo = {"Charge": undoing("Charge", unsure=True, definite=["Declined"])}
    result = made(given, undo)
    for error, undone in (("Declined", []), ("States.Timeout", ["Charge"])):
        played = play(result, {"Charge": error})
        assert played.undone == undone
        assert (played.run.error, played.run.cause) == (error, "Charge failed")


def test_only_a_time_out_leaves_it_open() -> None:
    undo = {"Charge": undoing("Charge", unsure=True, definite=["States.TaskFailed"])}
    result = made(three_steps(), undo)
    assert play(result, {"Charge": "Declined"}).undone == []
    assert play(result, {"Charge": "States.Timeout"}).undone == ["Charge"]


def test_catchers_stay_whole_where_the_difference_does_not_matter() -> None:
    given = machine(
        "Charge", Charge=step("Charge", catch={"States.ALL": "Free"}), Free={"Type": "Succeed"}
    )
    assert made(given, {"Charge": undoing("Charge", unsure=True, definite=["Declined"])}) == given


def test_definite_errors_that_are_caught_apart_already_are_not_parted_again() -> None:
    given = three_steps()
    apart = step("Charge", catch={"Declined": "OrderFailed", "States.ALL": "OrderFailed"})
    given["States"]["Charge"] |= {"Catch": apart["Catch"]}
    undo = {"Charge": undoing("Charge", unsure=True, definite=["Declined"])}
    catchers = made(given, undo)["States"]["Charge"]["Catch"]
    assert [(one["ErrorEquals"], one["Next"]) for one in catchers] == [
        (["Declined"], "OrderFailed"),
        (ALL, "Undo Charge"),
    ]


# The order workflow: a state that decides whether an order has failed at all


def arbiter() -> State:
    states: State = {
        "ValidateOrder": step(
            "ValidateOrder", catch={"States.ALL": "OrderValidationFailed"}, Next="ProcessPayment"
        ),
        "ProcessPayment": step(
            "ProcessPayment", catch={"States.ALL": "PaymentFailed"}, Next="FulfillOrder"
        ),
        "FulfillOrder": step(
            "FulfillOrder", catch={"States.ALL": "FulfillmentFailed"}, Next="OrderShipped"
        ),
        "OrderShipped": {"Type": "Succeed"},
        "RecordFailure": step(
            "RecordFailure",
            catch={
                "DynamoDB.ConditionalCheckFailedException": "AlreadyShipped",
                "States.ALL": "QueueFailure",
            },
            Next="QueueFailure",
        ),
        "AlreadyShipped": {"Type": "Succeed"},
        "QueueFailure": step("QueueFailure", Next="Notify"),
        "Notify": step("Notify", catch={"States.ALL": "OrderFailed"}, Next="OrderFailed"),
        "OrderFailed": {"Type": "Fail", "ErrorPath": "$.failure"},
    }
    for name in ("OrderValidationFailed", "PaymentFailed", "FulfillmentFailed"):
        states[name] = {
            "Type": "Pass",
            "Result": name,
            "ResultPath": "$.failure",
            "Next": "RecordFailure",
        }
    return machine("ValidateOrder", **states)


PAYMENT = {
    "ProcessPayment": undoing(
        "ProcessPayment", unsure=True, definite=["InvalidOrder", "PaymentDeclined", "OrderClosed"]
    )
}
TAIL = ["QueueFailure", "Notify", "OrderFailed"]


def test_the_order_workflow_gets_a_question_and_a_refund_before_the_queue() -> None:
    given = arbiter()
    result = made(given, PAYMENT)
    states = result["States"]
    assert new_states(given, result) == [
        "Nothing to undo yet",
        "Undo ProcessPayment?",
        "Undo ProcessPayment",
        "Undo ProcessPayment failed",
    ]
    record = states["RecordFailure"]
    assert record["Next"] == record["Catch"][1]["Next"] == "Undo ProcessPayment?"
    assert record["Catch"][0] == given["States"]["RecordFailure"]["Catch"][0]
    assert states["ProcessPayment"]["Assign"] == {"undo_ProcessPayment": True}
    definite, other = states["ProcessPayment"]["Catch"]
    assert definite["ErrorEquals"] == ["InvalidOrder", "PaymentDeclined", "OrderClosed"]
    assert "Assign" not in definite
    assert other["Assign"] == {"undo_ProcessPayment": True}
    assert definite["Next"] == other["Next"] == "PaymentFailed"
    for name in given["States"].keys() - {"RecordFailure", "ProcessPayment"}:
        assert states[name] == given["States"][name]


@pytest.mark.parametrize(
    ("fails", "undone"),
    [
        ({"ValidateOrder": "InvalidOrder"}, []),
        ({"ProcessPayment": "PaymentDeclined"}, []),
        ({"ProcessPayment": "States.Timeout"}, ["ProcessPayment"]),
        ({"FulfillOrder": "OutOfStock"}, ["ProcessPayment"]),
        ({"FulfillOrder": "OutOfStock", "RecordFailure": "Throttled"}, ["ProcessPayment"]),
        ({"FulfillOrder": "OutOfStock", "Notify": "Throttled"}, ["ProcessPayment"]),
        ({"FulfillOrder": "OutOfStock", "QueueFailure": "Throttled"}, ["ProcessPayment"]),
    ],
)
def test_an_order_that_fails_is_refunded_once_and_only_if_it_was_charged(
    fails: dict[str, str], undone: list[str]
) -> None:
    played = play(made(arbiter(), PAYMENT), fails)
    assert played.run.status == "FAILED"
    assert played.undone == undone
    end = TAIL[:1] if "QueueFailure" in fails else TAIL
    between = ["Undo ProcessPayment?", *(f"Undo {one}" for one in undone)]
    assert played.run.path[-len(end) - len(between) :] == between + end


def test_an_order_that_was_shipped_after_all_is_not_refunded() -> None:
    fails = {
        "FulfillOrder": "States.Timeout",
        "RecordFailure": "DynamoDB.ConditionalCheckFailedException",
    }
    played = play(made(arbiter(), PAYMENT), fails)
    assert (played.run.status, played.undone) == ("SUCCEEDED", [])


def test_a_person_who_says_no_gets_back_only_what_was_done_before() -> None:
    """Approval in between: a step before the question, and one after it."""
    given = machine(
        "Reserve",
        Reserve=step("Reserve", Next="Large?"),
        **{
            "Large?": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.order", "NumericGreaterThan": 9, "Next": "Approve"}],
                "Default": "Charge",
            }
        },
        Approve=step("Approve", catch={"States.ALL": "OrderFailed"}, Next="Charge"),
        Charge=step("Charge", catch={"States.ALL": "OrderFailed"}, Next="Ship"),
        Ship=step("Ship", catch={"States.ALL": "OrderFailed"}),
        OrderFailed=FAILED,
    )
    result = made(given, {**BOTH, "Approve": undoing("Approve")})
    large, small = {"order": 10}, {"order": 1}
    assert play(result, {"Approve": "Rejected"}, given=large).undone == ["Reserve"]
    assert play(result, {"Ship": "Boom"}, given=large).undone == ["Charge", "Approve", "Reserve"]
    assert play(result, {"Ship": "Boom"}, given=small).undone == ["Charge", "Reserve"]


def test_a_parallel_is_undone_as_a_whole() -> None:
    given = machine(
        "Fan",
        Fan={
            "Type": "Parallel",
            "Branches": [machine("A", A=step("A")), machine("B", B=step("B"))],
            "ResultPath": "$.fan",
            "Next": "Ship",
        },
        Ship=step("Ship"),
    )
    result = made(given, {"Fan": undoing("Fan", unsure=True)})
    assert play(result, {"Ship": "Boom"}).undone == ["Fan"]
    assert play(result, {"B": "Boom"}).undone == ["Fan"]
    assert play(result).undone == []


# What is refused


def looping() -> State:
    return machine(
        "Charge",
        Charge=step("Charge", catch={"Busy": "Pause"}),
        Pause={"Type": "Wait", "Seconds": 1},
    )


def refusal(document: State, undo: Any) -> str:
    with pytest.raises(ValueError, match="shop") as refused:
        with_undo(WHO, document, undo)
    return str(refused.value)


def test_steps_that_cannot_be_undone_are_refused() -> None:
    given = three_steps()
    assert refusal(given, {"Chrge": undoing("Charge")}) == (
        f"{WHO}: undo='Chrge' is not valid. Allowed: the machine's steps, 'Reserve', 'Charge', "
        "'Ship'. Did you mean 'Charge'?"
    )
    assert "this one is a Fail" in refusal(given, {"OrderFailed": undoing("OrderFailed")})
    given["States"]["OrderFailed"] = step("OrderFailed", Next="End")
    given["States"]["End"] = FAILED
    assert "from which an execution can still succeed" in refusal(
        given, {"OrderFailed": undoing("OrderFailed")}
    )


def test_a_step_in_a_loop_is_refused() -> None:
    given = looping()
    given["States"]["Pause"]["Next"] = "Charge"
    assert "this one can run again" in refusal(given, {"Charge": undoing("Charge")})


def test_a_step_in_a_branch_is_refused_with_the_state_it_is_in() -> None:
    fan = {"Type": "Parallel", "Branches": [machine("A", A=step("A"))], "End": True}
    message = refusal(machine("Fan", Fan=fan), {"A": undoing("A")})
    assert "It is inside 'Fan': declare the undo on 'Fan'" in message


def test_jsonata_is_refused() -> None:
    assert "the machine is JSONata" in refusal({**three_steps(), "QueryLanguage": "JSONata"}, BOTH)
    given = three_steps()
    given["States"]["Ship"]["QueryLanguage"] = "JSONata"
    assert "state 'Ship' is JSONata" in refusal(given, BOTH)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"Next": "Ship"}, "undo.Charge.task.Next='Ship' is not valid"),
        ({"End": True}, "Remove End"),
        ({"Catch": []}, "Remove Catch"),
        ({"ResultPath": "$.refund"}, "Remove ResultPath"),
        ({"OutputPath": "$.x"}, "Remove OutputPath"),
        ({"Type": "Pass"}, "undo.Charge.task.Type='Pass' is not valid. Allowed: 'Task'"),
        ({"QueryLanguage": "JSONata"}, "Allowed: 'JSONPath'"),
    ],
)
def test_an_undo_task_has_no_place_of_its_own(change: dict[str, Any], words: str) -> None:
    undo = {"Charge": undoing("Charge")}
    undo["Charge"]["task"] |= change
    assert words in refusal(three_steps(), undo)


def test_definite_errors_need_an_unsure_step_and_cannot_be_all() -> None:
    assert "with unsure=True only" in refusal(
        three_steps(), {"Charge": undoing("Charge", definite=["Declined"])}
    )
    assert "remove unsure" in refusal(
        three_steps(), {"Charge": undoing("Charge", unsure=True, definite=["States.ALL"])}
    )


@pytest.mark.parametrize(
    "taken", ["Undo Charge", "Undo Charge failed", "Undo Reserve", "Fail with the same error"]
)
def test_a_name_that_is_taken_is_refused(taken: str) -> None:
    given = three_steps()
    given["States"][taken] = FAILED
    assert f"undo generates a state {taken!r}, and the machine has one" in refusal(given, BOTH)
    inside = three_steps()
    inside["States"]["Ship"] |= {
        "Type": "Parallel",
        "Branches": [machine(taken, **{taken: FAILED})],
    }
    assert taken in refusal(inside, BOTH)


def test_a_variable_that_is_taken_is_refused() -> None:
    given = three_steps()
    given["States"]["Ship"]["Assign"] = {"undo_Charge.$": "$.x"}
    assert "needs the variable 'undo_Charge'" in refusal(given, BOTH)


def test_results_that_would_be_kept_at_one_place_are_refused() -> None:
    given = machine("A-1", **{"A-1": step("A-1", Next="A.1"), "A.1": step("A.1")})
    undo = {"A-1": undoing("A-1"), "A.1": undoing("A.1")}
    assert "would both be kept at $.undone.A_1" in refusal(given, undo)


def test_an_error_that_replaces_the_document_is_refused_where_undoing_needs_it() -> None:
    given = three_steps()
    for name in given["States"].keys() - {"OrderFailed"}:
        del given["States"][name]["Catch"][0]["ResultPath"]
    message = refusal(given, {"Charge": undoing("Charge")})
    assert "definition.States.Ship.Catch[0].ResultPath='$' is not valid" in message
    assert "what undoing Charge needs" in message
    assert made(given, {"Ship": undoing("Ship")}) == given


def test_a_list_where_the_document_should_be_is_refused() -> None:
    given = machine(
        "Reserve",
        Reserve=step("Reserve", Next="Fan"),
        Fan={"Type": "Parallel", "Branches": [machine("A", A=step("A"))], "Next": "Ship"},
        Ship=step("Ship"),
    )
    message = refusal(given, {"Reserve": undoing("Reserve")})
    assert "definition.States.Fan.ResultPath='$' is not valid" in message
    assert "For instance '$.Fan'." in message
    for more in ({"ResultPath": "$.fan"}, {"ResultSelector": {"a.$": "$[0]"}}):
        mended = {**given, "States": {**given["States"], "Fan": {**given["States"]["Fan"], **more}}}
        assert made(mended, {"Reserve": undoing("Reserve")})
