"""Starting, limiting, stopping and describing executions."""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.cloud.patches import sfn_executions, sfn_views

from .functions import eventually, make_function
from .machines import allow, document, ended, kinds, make_machine, run, start
from .world import World

pytestmark = pytest.mark.sandbox

WAIT = {"Wait": {"Type": "Wait", "Seconds": 600, "Next": "Done"}, "Done": {"Type": "Succeed"}}
PASS = {"A": {"Type": "Pass", "End": True}}


def _code(error: pytest.ExceptionInfo[ClientError]) -> str:
    response: Any = error.value.response
    return str(response["Error"]["Code"])


def test_the_same_start_twice_is_one_execution(world: World) -> None:
    client = world.client("stepfunctions")
    machine = make_machine(world, "same", WAIT)
    request = {"stateMachineArn": machine, "name": "order-1", "input": '{"a": 1}'}

    def begin(_: int) -> tuple[str, Any]:
        made = client.start_execution(**request)
        return made["executionArn"], made["startDate"]

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(begin, range(40)))) == 1
    for other in ('{"a": 2}', '{"a":1}'):
        with pytest.raises(ClientError) as refused:
            client.start_execution(**{**request, "input": other})
        assert _code(refused) == "ExecutionAlreadyExists"
    (execution,) = client.list_executions(stateMachineArn=machine)["executions"]
    client.stop_execution(executionArn=execution["executionArn"])
    with pytest.raises(ClientError) as refused:
        client.start_execution(**request)
    assert _code(refused) == "ExecutionAlreadyExists"


def test_starts_of_one_name_from_many_threads_let_one_through() -> None:
    """In this process: the cloud answers requests on one thread, but pipes have their own."""
    from ministack.services import stepfunctions as sfn

    arn = "arn:aws:states:us-east-1:000000000000:stateMachine:race"
    sfn._state_machines[arn] = {
        "stateMachineArn": arn,
        "name": "race",
        "type": "STANDARD",
        "definition": document(WAIT),
        "roleArn": "arn:aws:iam::000000000000:role/race",
    }
    rounds, threads = 40, 8
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)

    def start_it(place: tuple[int, int]) -> int:
        name, number = place
        request = {"stateMachineArn": arn, "name": f"n{name}", "input": f'{{"n": {number}}}'}
        status, _, _ = sfn_executions.begin(request)
        return int(status)

    try:
        with ThreadPoolExecutor(threads) as pool:
            places = [(name, number) for name in range(rounds) for number in range(threads)]
            answers = list(pool.map(start_it, places))
    finally:
        sys.setswitchinterval(before)
        sfn_executions.end_all(arn)
    assert answers.count(200) == rounds


def test_input_and_results_have_a_limit(world: World) -> None:
    client = world.client("stepfunctions")
    states = {
        "Grow": {
            "Type": "Pass",
            "Parameters": {"a.$": "$.x", "b.$": "$.x"},
            "Next": "Done",
        },
        "Done": {"Type": "Succeed"},
    }
    machine = make_machine(world, "limits", states)
    with pytest.raises(ClientError) as refused:
        start(world, machine, {"x": "y" * 262_144})
    assert _code(refused) == "InvalidExecutionInput"
    with pytest.raises(ClientError) as refused:
        client.start_execution(stateMachineArn=machine, input="{no json")
    assert _code(refused) == "InvalidExecutionInput"
    with pytest.raises(ClientError) as refused:
        client.start_execution(stateMachineArn=machine, name="no spaces")
    assert _code(refused) == "InvalidName"
    assert run(world, machine, {"x": "é" * 100})["status"] == "SUCCEEDED"
    assert run(world, machine, {"x": "y" * 140_000})["error"] == "States.DataLimitExceeded"


def test_a_result_that_is_too_large_is_caught_by_its_name_only(world: World) -> None:
    arn = make_function(world, "large", "def handler(event, context):\n    return 'x' * 262144")
    work = {
        "Type": "Task",
        "Resource": arn,
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}],
        "End": True,
    }
    caught = {"Type": "Pass", "End": True}
    may = [allow("lambda:InvokeFunction", arn)]
    machine = make_machine(world, "large-all", {"Work": work, "Caught": caught}, may)
    assert run(world, machine)["error"] == "States.DataLimitExceeded"
    named = {**work, "Catch": [{"ErrorEquals": ["States.DataLimitExceeded"], "Next": "Caught"}]}
    machine = make_machine(world, "large-named", {"Work": named, "Caught": caught}, may)
    assert run(world, machine)["output"]["Error"] == "States.DataLimitExceeded"


def test_stopping_ends_a_wait_at_once_and_what_comes_after_never_runs(world: World) -> None:
    client = world.client("stepfunctions")
    machine = make_machine(world, "stopped", WAIT)
    execution = start(world, machine)
    eventually(lambda: "WaitStateEntered" in kinds(world, execution))
    client.stop_execution(executionArn=execution, error="Mine", cause="enough")
    told = client.describe_execution(executionArn=execution)
    assert (told["status"], told["error"], told["cause"]) == ("ABORTED", "Mine", "enough")
    assert client.stop_execution(executionArn=execution)["stopDate"] == told["stopDate"]
    time.sleep(0.3)
    assert kinds(world, execution) == ["ExecutionStarted", "WaitStateEntered", "ExecutionAborted"]


def test_stopping_while_a_function_works_drops_its_result(world: World) -> None:
    code = "import time\ndef handler(event, context):\n    time.sleep(1)\n    return {}"
    arn = make_function(world, "slow-one", code)
    states = {
        "Work": {"Type": "Task", "Resource": arn, "Next": "Never"},
        "Never": {"Type": "Pass", "End": True},
    }
    machine = make_machine(world, "dropped", states, [allow("lambda:InvokeFunction", arn)])
    execution = start(world, machine)
    eventually(lambda: "LambdaFunctionStarted" in kinds(world, execution))
    world.client("stepfunctions").stop_execution(executionArn=execution)
    time.sleep(1.5)
    assert kinds(world, execution)[-2:] == ["LambdaFunctionStarted", "ExecutionAborted"]


def test_the_oldest_histories_go_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sfn_views, "HISTORY_BYTES", 10_000)
    event = {"type": "PassStateEntered", "stateEnteredEventDetails": {"input": "x" * 3000}}
    records: list[dict[str, Any]] = [{"events": [dict(event)]} for _ in range(5)]
    for record in records:
        sfn_views.remember(record)
    assert [len(record["events"]) for record in records] == [0, 0, 0, 1, 1]
    assert [record.get("forgotten") for record in records] == [True, True, True, None, None]


def test_express_executions_are_answered_and_not_remembered(world: World) -> None:
    client = world.client("stepfunctions")
    states = {
        "Ask": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.fail", "IsPresent": True, "Next": "No"}],
            "Default": "Yes",
        },
        "Yes": {"Type": "Pass", "Result": {"n": 1}, "End": True},
        "No": {"Type": "Fail", "Error": "Mine", "Cause": "as asked"},
    }
    machine = make_machine(world, "express", states, settings={"type": "EXPRESS"})
    told = client.start_sync_execution(stateMachineArn=machine, name="a", input="{}")
    assert (told["status"], json.loads(told["output"])) == ("SUCCEEDED", {"n": 1})
    told = client.start_sync_execution(stateMachineArn=machine, name="a", input='{"fail": 1}')
    assert (told["status"], told["error"], told["cause"]) == ("FAILED", "Mine", "as asked")
    assert "output" not in told
    first, second = (start(world, machine, name="twice") for _ in range(2))
    assert first != second
    assert ":express:express:twice:" in first
    for call in (
        client.describe_execution,
        client.get_execution_history,
        client.stop_execution,
        client.describe_state_machine_for_execution,
    ):
        with pytest.raises(ClientError) as refused:
            call(executionArn=first)
        assert _code(refused) == "InvalidArn"
    with pytest.raises(ClientError) as refused:
        client.list_executions(stateMachineArn=machine)
    assert _code(refused) == "StateMachineTypeNotSupported"
    standard = make_machine(world, "not-express", PASS)
    with pytest.raises(ClientError) as refused:
        client.start_sync_execution(stateMachineArn=standard)
    assert _code(refused) == "StateMachineTypeNotSupported"


def test_a_loop_without_end_ends_at_the_limit_of_the_history(world: World) -> None:
    states = {
        "A": {"Type": "Pass", "Next": "B"},
        "B": {"Type": "Pass", "Next": "A"},
    }
    execution = start(world, make_machine(world, "loop", states))
    told = ended(world, execution)
    assert told["error"] == "States.Runtime"
    assert "25000" in told["cause"]
