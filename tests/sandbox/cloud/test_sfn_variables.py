"""Variables and paths of the States Language, in states with JSONPath."""

import pytest

from .functions import make_function
from .machines import allow, ended, history, make_machine, result, run, start
from .world import World

pytestmark = pytest.mark.sandbox

CODE = """
def handler(event, context):
    if event.get("fail"):
        raise ValueError("as asked")
    return {"total": 42, "given": event}
"""


def test_a_pass_assigns_values_paths_and_intrinsics(world: World) -> None:
    states = {
        "Set": {
            "Type": "Pass",
            "Assign": {
                "plain": {"deep": [1, {"x": "y"}]},
                "taken.$": "$.id",
                "made.$": "States.Format('order {}', $.id)",
                "name.$": "$$.StateMachine.Name",
            },
            "Next": "Use",
        },
        "Use": {
            "Type": "Pass",
            "Parameters": {
                "deep.$": "$plain.deep[1].x",
                "all.$": "$plain",
                "taken.$": "$taken",
                "again.$": "States.Format('{}!', $made)",
                "name.$": "$name",
            },
            "End": True,
        },
    }
    assert result(world, make_machine(world, "var-pass", states), {"id": "a"}) == {
        "deep": "y",
        "all": {"deep": [1, {"x": "y"}]},
        "taken": "a",
        "again": "order a!",
        "name": "var-pass",
    }


def test_a_task_assigns_from_its_raw_result_and_a_catcher_from_the_error(world: World) -> None:
    arn = make_function(world, "assigning", CODE)
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": arn, "Payload.$": "$"},
    }
    states = {
        "Work": {
            **task,
            "Assign": {"done": True, "total.$": "$.Payload.total", "code.$": "$.StatusCode"},
            "ResultSelector": {"kept.$": "$.Payload.given"},
            "ResultPath": "$.result",
            "Catch": [
                {
                    "ErrorEquals": ["ValueError"],
                    "Assign": {"done": False, "why.$": "$.Error"},
                    "ResultPath": "$.caught",
                    "Next": "Failed",
                }
            ],
            "Next": "Told",
        },
        "Told": {
            "Type": "Pass",
            "Parameters": {"done.$": "$done", "total.$": "$total", "code.$": "$code", "in.$": "$"},
            "End": True,
        },
        "Failed": {
            "Type": "Pass",
            "Parameters": {"done.$": "$done", "why.$": "$why", "cause.$": "$.caught.Cause"},
            "End": True,
        },
    }
    machine = make_machine(world, "var-task", states, [allow("lambda:InvokeFunction", arn)])
    told = result(world, machine, {"n": 1})
    assert told == {
        "done": True,
        "total": 42,
        "code": 200,
        "in": {"n": 1, "result": {"kept": {"n": 1}}},
    }
    told = result(world, machine, {"fail": True})
    assert (told["done"], told["why"]) == (False, "ValueError")
    assert "as asked" in told["cause"]


def test_choice_wait_and_fail_read_variables(world: World) -> None:
    states = {
        "Set": {"Type": "Pass", "Assign": {"left": 2, "trail": "", "wait": 0}, "Next": "Ask"},
        "Ask": {
            "Type": "Choice",
            "Choices": [
                {
                    "Variable": "$left",
                    "NumericGreaterThan": 0,
                    "Assign": {
                        "left.$": "States.MathAdd($left, -1)",
                        "trail.$": "States.Format('{}{}', $trail, $left)",
                    },
                    "Next": "Pause",
                }
            ],
            "Default": "Stop",
            "Assign": {"trail.$": "States.Format('{}.', $trail)"},
        },
        "Pause": {"Type": "Wait", "SecondsPath": "$wait", "Assign": {"seen": 1}, "Next": "Ask"},
        "Stop": {"Type": "Fail", "ErrorPath": "$trail", "CausePath": "States.Format('{}', $seen)"},
    }
    told = run(world, make_machine(world, "var-choice", states))
    assert (told["error"], told["cause"]) == ("21.", "1")


def test_every_expression_of_an_assign_sees_the_values_from_before(world: World) -> None:
    swap = {"Type": "Pass", "Assign": {"a.$": "$b", "b.$": "$a"}, "Next": "Told"}
    told = {"Type": "Pass", "Parameters": {"a.$": "$a", "b.$": "$b"}, "End": True}
    states = {
        "Set": {"Type": "Pass", "Assign": {"a": 1, "b": 2}, "Next": "Swap"},
        "Swap": swap,
        "Told": told,
    }
    assert result(world, make_machine(world, "var-swap", states)) == {"a": 2, "b": 1}


def test_branches_and_iterations_keep_their_variables_to_themselves(world: World) -> None:
    inner = {
        "StartAt": "In",
        "States": {
            "In": {"Type": "Pass", "Assign": {"mine.$": "$outer"}, "Next": "Out"},
            "Out": {"Type": "Pass", "Parameters": {"v.$": "$mine"}, "End": True},
        },
    }
    states = {
        "Set": {"Type": "Pass", "Assign": {"outer": "o"}, "Next": "Both"},
        "Both": {
            "Type": "Parallel",
            "Branches": [inner],
            "Assign": {"first.$": "$[0].v"},
            "Next": "Each",
        },
        "Each": {
            "Type": "Map",
            "ItemsPath": "$",
            "ItemProcessor": inner,
            "Assign": {"count.$": "States.ArrayLength($)"},
            "Next": "Told",
        },
        "Told": {
            "Type": "Pass",
            "Parameters": {"first.$": "$first", "count.$": "$count"},
            "Next": "Reach",
        },
        "Reach": {"Type": "Pass", "Parameters": {"no.$": "$mine"}, "End": True},
    }
    execution = start(world, make_machine(world, "var-scope", states))
    told = ended(world, execution)
    assert told["error"] == "States.Runtime"
    assert "'$mine' has no value here" in told["cause"]
    assert "'Reach' (entered at the event id #" in told["cause"]
    (left,) = [
        event["stateExitedEventDetails"]
        for event in history(world, execution)
        if event.get("stateExitedEventDetails", {}).get("name") == "Told"
    ]
    assert left["output"] == '{"first":"o","count":1}'


def test_a_path_that_leads_nowhere_ends_the_execution_whoever_would_catch_it(world: World) -> None:
    states = {
        "Typo": {
            "Type": "Parallel",
            "Branches": [
                {
                    "StartAt": "In",
                    "States": {
                        "In": {"Type": "Pass", "Parameters": {"x.$": "$.ordr"}, "End": True}
                    },
                }
            ],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}],
            "End": True,
        },
        "Caught": {"Type": "Pass", "End": True},
    }
    told = run(world, make_machine(world, "var-typo", states), {"order": 1})
    assert (told["status"], told["error"]) == ("FAILED", "States.Runtime")
    assert "The JSONPath '$.ordr' could not be found" in told["cause"]


def test_a_failed_intrinsic_can_be_caught(world: World) -> None:
    states = {
        "Parse": {
            "Type": "Parallel",
            "Parameters": {"x.$": "States.StringToJson($.text)"},
            "Branches": [{"StartAt": "In", "States": {"In": {"Type": "Succeed"}}}],
            "Catch": [{"ErrorEquals": ["States.IntrinsicFailure"], "Next": "Caught"}],
            "End": True,
        },
        "Caught": {"Type": "Pass", "End": True},
    }
    told = result(world, make_machine(world, "var-intrinsic", states), {"text": "{"})
    assert told["Error"] == "States.IntrinsicFailure"


def test_jsonata_states_assign_and_read_as_well(world: World) -> None:
    states = {
        "Set": {"Type": "Pass", "Assign": {"n": "{% $states.input.n + 1 %}"}, "Next": "Told"},
        "Told": {"Type": "Pass", "Output": {"n": "{% $n * 2 %}"}, "End": True},
    }
    machine = make_machine(world, "var-jsonata", states, QueryLanguage="JSONata")
    assert result(world, machine, {"n": 20}) == {"n": 42}
