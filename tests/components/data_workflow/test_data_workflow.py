"""The data workflow: its states, who handles what fails, and what it is made of."""

import json
from typing import Any

import pulumi
import pytest

from components.asl import lint, tasks
from components.data_workflow import DataProcessingWorkflow
from components.data_workflow.component import STEPS
from components.data_workflow.definition import FUNCTION_SECONDS, definition
from components.testing import Deployment, deploy
from components.watched import Watchable, Watched

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
MACHINE = "aws:sfn/stateMachine:StateMachine"
BOTH = pytest.mark.parametrize("known", [True, False], ids=["known", "first preview"])


def workflow(*, known: bool = True, name: str = "sales", **args: Any) -> Deployment:
    return deploy(
        lambda: DataProcessingWorkflow(name, {**args}),  # type: ignore[typeddict-item]
        known=known,
    )


def test_the_linter_finds_nothing() -> None:
    timeouts = dict.fromkeys(STEPS, FUNCTION_SECONDS)
    assert lint(definition(), placeholders=list(STEPS), timeouts=timeouts) == []


def test_one_step_leads_to_the_next_and_two_run_side_by_side() -> None:
    document = definition()
    states = document["States"]
    assert document["StartAt"] == "ValidateInput"
    assert states["ValidateInput"]["Next"] == "ProcessInParallel"
    branches = states["ProcessInParallel"]["Branches"]
    assert [branch["StartAt"] for branch in branches] == ["ProcessA", "ProcessB"]
    assert states["ProcessInParallel"]["Next"] == "CombineResults"
    assert states["CombineResults"]["End"] is True


def test_every_task_and_the_parallel_state_catch_what_fails() -> None:
    found = [task.definition for task in tasks(definition()) if task.state != "HandleError"]
    found.append(definition()["States"]["ProcessInParallel"])
    assert len(found) == 5
    for state in found:
        (catcher,) = state["Catch"]
        assert "States.TaskFailed" in catcher["ErrorEquals"]
        assert catcher["ResultPath"] == "$.error"


def test_an_error_of_the_last_step_has_a_place_beside_what_it_was_given() -> None:
    # A list has none: the error's path would not match, and the execution would fail of that.
    states = definition()["States"]
    assert states["ProcessInParallel"]["ResultSelector"] == {"results.$": "$"}
    assert states["CombineResults"]["Parameters"]["Payload.$"] == "$.results"


def test_what_was_handled_is_still_a_failure() -> None:
    states = definition()["States"]
    assert states["HandleError"]["Next"] == "ProcessingFailed"
    assert states["ProcessingFailed"]["ErrorPath"] == "$.error.Error"


@BOTH
def test_it_has_a_function_for_each_step(known: bool) -> None:
    deployed = workflow(known=known)
    names = {one.name for one in deployed.of("aws:lambda/function:Function")}
    assert names == {
        "sales-validate-input",
        "sales-process-a",
        "sales-process-b",
        "sales-combine-results",
        "sales-handle-error",
    }
    assert len(deployed.of(MACHINE)) == 1


def test_no_function_may_touch_anything_but_its_log() -> None:
    deployed = workflow()
    for name in STEPS.values():
        policy = deployed.one("aws:iam/rolePolicy:RolePolicy", f"sales-{name.replace('_', '-')}")
        actions = {
            action
            for one in json.loads(policy.inputs["policy"])["Statement"]
            for action in one["Action"]
        }
        assert {action.partition(":")[0] for action in actions} <= {"logs", "sqs"}


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"runtimes": "python3.13"}, ["unknown argument 'runtimes'", "runtime"]),
        ({"functions": {"process_c": "x"}}, ["functions.process_c", "process_"]),
        ({"architecture": "sparc"}, ["architecture='sparc'", "arm64"]),
        ({"name": "x" * 31}, ["up to 30 letters"]),
        (
            {"alarm_overrides": {"process-c/errors": {"threshold": 1}}},
            ["alarm_overrides='process-c/errors'", "Did you mean 'process-"],
        ),
    ],
    ids=str,
)
def test_a_mistake_is_told_before_anything_is_registered(
    args: dict[str, Any], words: list[str]
) -> None:
    registered: list[str] = []

    def record(seen: pulumi.ResourceTransformationArgs) -> None:
        registered.append(seen.name)

    def program() -> None:
        pulumi.runtime.register_stack_transformation(record)
        DataProcessingWorkflow(args.pop("name", "sales"), {**args})  # type: ignore[typeddict-item]

    with pytest.raises(ValueError, match="DataProcessingWorkflow") as error:
        deploy(program)
    assert not registered
    for word in words:
        assert word in str(error.value)


def watched(known: bool, **args: Any) -> list[Watched]:
    told: list[Watched] = []

    def program() -> None:
        component = DataProcessingWorkflow("sales", {**args})  # type: ignore[typeddict-item]
        assert isinstance(component, Watchable)
        told.extend(component.watched())

    deploy(program, known=known)
    return told


@BOTH
def test_it_tells_of_the_machine_and_of_every_step(known: bool) -> None:
    steps = [name.replace("_", "-") for name in STEPS.values()]
    assert {thing.name: thing.kind for thing in watched(known)} == {
        "": "workflow",
        **dict.fromkeys(steps, "function"),
        **{f"{step}-failures": "dead_letter_queue" for step in steps},
    }


@BOTH
def test_an_override_reaches_the_step_that_it_names(known: bool) -> None:
    overrides = {
        "process-a/errors": {"statistic": "Sum", "threshold": 5},
        "process-b-failures/depth": {"threshold": 2},
        "failed": {"threshold": 3},
    }
    deployed = workflow(known=known, alarm_overrides=overrides)
    alarms = {item.name: item.inputs for item in deployed.of(ALARM)}
    assert (alarms["sales-process-a-errors"]["statistic"]) == "Sum"
    assert "metricQueries" in alarms["sales-process-b-errors"]
    assert alarms["sales-process-b-failures"]["threshold"] == 2
    assert alarms["sales-failed"]["threshold"] == 3
