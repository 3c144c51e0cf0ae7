"""The before_deploy gate: a task that must end with 0."""

from typing import Any

import pytest

from components.fargate.gate import BeforeDeployError, Gate, run

from .fakes import CLUSTER, NEW, FakeAws, FakeClock, stopped_task

GATE = Gate(
    name="web",
    cluster=CLUSTER,
    revision=NEW,
    command=["python3", "-m", "migrate"],
    timeout_seconds=30,
    network={"subnets": ["subnet-1"], "securityGroups": ["sg-1"], "assignPublicIp": True},
)
RUNNING: dict[str, Any] = {
    "taskArn": "arn:aws:ecs:eu-west-1:123456789012:task/shop/gate",
    "lastStatus": "RUNNING",
    "containers": [],
}


def go(aws: FakeAws) -> FakeClock:
    clock = FakeClock()
    run(GATE, aws.clients, sleep=clock.sleep, now=clock.now)
    return clock


def failure(aws: FakeAws) -> str:
    with pytest.raises(BeforeDeployError) as error:
        go(aws)
    return str(error.value)


def test_the_new_revision_runs_the_command_in_the_services_network() -> None:
    aws = FakeAws(tasks=[RUNNING, stopped_task("gate", exit_code=0)])
    go(aws)
    (given,) = aws.called("run_task")
    assert given["cluster"] == CLUSTER
    assert given["taskDefinition"] == NEW
    assert given["launchType"] == "FARGATE"
    assert given["overrides"] == {
        "containerOverrides": [{"name": "web", "command": ["python3", "-m", "migrate"]}]
    }
    assert given["networkConfiguration"]["awsvpcConfiguration"] == {
        "subnets": ["subnet-1"],
        "securityGroups": ["sg-1"],
        "assignPublicIp": "ENABLED",
    }
    assert not aws.called("stop_task")


def test_another_exit_code_stops_the_update_and_says_why() -> None:
    aws = FakeAws(
        tasks=[stopped_task("gate", exit_code=3)],
        logs={"web/web/gate": ["relation orders does not exist"]},
    )
    text = failure(aws)
    assert text.startswith(
        "FargateWebService 'web': before_deploy python3 -m migrate of revision web-dev:7 "
        "ended with exit code 3. Nothing was deployed"
    )
    assert "task gate stopped: Essential container in task exited" in text
    assert "    | relation orders does not exist" in text
    assert "read its log lines above" in text


def test_a_container_that_never_ran_is_a_failure() -> None:
    task = stopped_task("gate", exit_code=None) | {"stoppedReason": "CannotPullContainerError"}
    text = failure(FakeAws(tasks=[task]))
    assert "never ran" in text
    assert "ContainerImage.pull_policy()" in text


def test_a_task_that_cannot_start_is_a_failure() -> None:
    text = failure(FakeAws(failures=[{"reason": "RESOURCE:ENI"}]))
    assert "could not start" in text
    assert "ECS said: RESOURCE:ENI" in text


def test_a_task_that_takes_too_long_is_stopped() -> None:
    aws, clock = FakeAws(tasks=[RUNNING]), FakeClock()
    with pytest.raises(BeforeDeployError) as error:
        run(GATE, aws.clients, sleep=clock.sleep, now=clock.now)
    text = str(error.value)
    assert clock.time == 30
    assert "was stopped after 30 s (before_deploy.timeout_seconds)" in text
    (given,) = aws.called("stop_task")
    assert given["task"] == RUNNING["taskArn"]
