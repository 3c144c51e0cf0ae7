"""Log lines and metrics of executions."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.cloud.patches.sfn_logs import wanted

from .functions import eventually
from .machines import ended, kinds, make_machine, run, start
from .world import World

pytestmark = pytest.mark.sandbox

STATES = {
    "Ask": {
        "Type": "Choice",
        "Choices": [{"Variable": "$.fail", "IsPresent": True, "Next": "No"}],
        "Default": "Yes",
    },
    "Yes": {"Type": "Pass", "End": True},
    "No": {"Type": "Fail", "Error": "Mine", "Cause": "as asked"},
}


def _logging(world: World, level: str, *, data: bool) -> dict[str, Any]:
    group = world.log_group(f"/aws/vendedlogs/states/{level}-{data}")
    arn = f"arn:aws:logs:{world.cloud.region}:{world.cloud.account}:log-group:{group}:*"
    return {
        "loggingConfiguration": {
            "level": level,
            "includeExecutionData": data,
            "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}],
        }
    }


def _lines(world: World, level: str, *, data: bool) -> list[dict[str, Any]]:
    found = world.client("logs").filter_log_events(
        logGroupName=f"/aws/vendedlogs/states/{level}-{data}"
    )
    return [json.loads(event["message"]) for event in found["events"]]


def test_everything_is_logged_with_its_data(world: World) -> None:
    machine = make_machine(world, "log-all", STATES, settings=_logging(world, "ALL", data=True))
    execution = start(world, machine, {"a": 1})
    ended(world, execution)
    lines = eventually(
        lambda: (found := _lines(world, "ALL", data=True)) and len(found) == 6 and found
    )
    assert [line["type"] for line in lines] == kinds(world, execution)
    assert lines[0]["execution_arn"] == execution
    assert lines[0]["details"]["input"] == '{"a": 1}'
    assert lines[-1]["details"]["output"] == '{"a":1}'
    assert [line["id"] for line in lines] == [str(number) for number in range(1, 7)]
    streams = world.client("logs").describe_log_streams(
        logGroupName="/aws/vendedlogs/states/ALL-True"
    )["logStreams"]
    assert streams[0]["logStreamName"].startswith("states/log-all/")


def test_errors_are_logged_without_data_and_success_is_not(world: World) -> None:
    machine = make_machine(
        world, "log-error", STATES, settings=_logging(world, "ERROR", data=False)
    )
    run(world, machine, {"secret": "s3cret"})
    run(world, machine, {"fail": "s3cret"})
    lines = eventually(lambda: _lines(world, "ERROR", data=False))
    assert [line["type"] for line in lines] == ["FailStateEntered", "ExecutionFailed"]
    assert lines[1]["details"] == {"error": "Mine", "cause": "as asked"}
    assert "s3cret" not in json.dumps(lines)


def test_levels() -> None:
    assert wanted("FATAL", "ExecutionTimedOut")
    assert not wanted("FATAL", "TaskFailed")
    assert wanted("ERROR", "LambdaFunctionTimedOut")
    assert not wanted("ERROR", "TaskSucceeded")
    assert not wanted("OFF", "ExecutionFailed")


def test_express_executions_leave_their_history_in_the_log(world: World) -> None:
    settings = {"type": "EXPRESS", **_logging(world, "FATAL", data=True)}
    machine = make_machine(world, "log-express", STATES, settings=settings)
    world.client("stepfunctions").start_sync_execution(stateMachineArn=machine, input='{"fail": 1}')
    (line,) = eventually(lambda: _lines(world, "FATAL", data=True))
    assert line["type"] == "ExecutionFailed"
    assert ":express:log-express:" in line["execution_arn"]


def test_metrics_count_starts_and_ends_for_machine_and_version(world: World) -> None:
    machine = make_machine(world, "counted", STATES, settings={"publish": True})
    run(world, f"{machine}:1", {})
    run(world, f"{machine}:1", {"fail": 1})
    run(world, machine, {})
    assert _sum(world, "ExecutionsStarted", machine) == 3
    assert _sum(world, "ExecutionsSucceeded", machine) == 2
    assert _sum(world, "ExecutionsFailed", machine) == 1
    assert _sum(world, "ExecutionsSucceeded", machine, Version="1") == 1
    assert _sum(world, "ExecutionTime", machine) > 0
    limited = {"W": {"Type": "Wait", "Seconds": 60, "End": True}}
    machine = make_machine(world, "counted-late", limited, TimeoutSeconds=1)
    late, stopped = start(world, machine), start(world, machine)
    world.client("stepfunctions").stop_execution(executionArn=stopped)
    ended(world, late)
    assert _sum(world, "ExecutionsTimedOut", machine) == 1
    assert _sum(world, "ExecutionsAborted", machine) == 1


def _sum(world: World, metric: str, machine: str, **dimensions: str) -> float:
    now = datetime.now(UTC)
    named = {"StateMachineArn": machine, **dimensions}
    points = world.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/States",
        MetricName=metric,
        Dimensions=[{"Name": key, "Value": value} for key, value in named.items()],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=1),
        Period=3600 * 24,
        Statistics=["Sum"],
    )["Datapoints"]
    return float(sum(point["Sum"] for point in points))
