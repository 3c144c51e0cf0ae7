"""The explained rollout: what ends it, and what its message says."""

from datetime import UTC, datetime

import pytest

from components.fargate import rollout
from components.fargate.rollout import Rollout, RolloutError, follow

from .fakes import (
    CLUSTER,
    NEW,
    OLD,
    SERVICE,
    FakeAws,
    FakeClock,
    deployment,
    service,
    stopped_task,
)

WANTED = Rollout("web", CLUSTER, SERVICE, NEW, timeout_seconds=60)
STARTING = service(
    deployment(NEW, "PRIMARY", "IN_PROGRESS", running=0),
    deployment(OLD, "ACTIVE", "COMPLETED"),
)
ROLLED_BACK = service(
    deployment(OLD, "PRIMARY", "IN_PROGRESS"),
    deployment(
        NEW,
        "ACTIVE",
        "FAILED",
        running=0,
        failedTasks=3,
        rolloutStateReason="ECS deployment circuit breaker: tasks failed to start.",
    ),
    events=[{"message": "(service web) rolled back to deployment 6."}],
)


def run(aws: FakeAws, wanted: Rollout = WANTED) -> FakeClock:
    clock = FakeClock()
    follow(wanted, aws.clients, sleep=clock.sleep, now=clock.now)
    return clock


def failure(aws: FakeAws, wanted: Rollout = WANTED) -> str:
    with pytest.raises(RolloutError) as error:
        run(aws, wanted)
    return str(error.value)


def test_it_returns_once_the_wanted_revision_is_complete_with_every_task() -> None:
    almost = service(deployment(NEW, "PRIMARY", "COMPLETED", running=1))
    done = service(deployment(NEW, "PRIMARY", "COMPLETED"))
    aws = FakeAws([STARTING, almost, done])
    clock = run(aws)
    assert len(aws.called("describe_services")) == 3
    assert clock.sleeps == [1.0, 1.5]


def test_polls_slow_down_to_spare_the_api() -> None:
    aws = FakeAws([STARTING] * 12 + [service(deployment(NEW, "PRIMARY", "COMPLETED"))])
    clock = run(aws, Rollout("web", CLUSTER, SERVICE, NEW, 600))
    assert max(clock.sleeps) == rollout.LONGEST_POLL_SECONDS


def test_a_service_without_a_rollout_state_is_live_when_all_tasks_run() -> None:
    plain = deployment(NEW, "PRIMARY", "", running=2)
    del plain["rolloutState"]
    run(FakeAws([service(plain)]))


def test_a_rollback_is_an_error_that_explains_itself() -> None:
    aws = FakeAws(
        [STARTING, ROLLED_BACK],
        stopped=[stopped_task("old1", OLD), stopped_task("new1")],
        targets=[
            [("10.0.1.5", "unhealthy", "Target.FailedHealthChecks", "Health checks failed")],
            [],
        ],
        logs={"web/web/new1": ["starting", "ImportError: no module named shop"]},
    )
    text = failure(aws)
    assert text.startswith(
        "FargateWebService 'web': revision web-dev:7 did not go live; ECS went back to web-dev:6."
    )
    assert f"service: {SERVICE}" in text
    assert "rollout: ECS deployment circuit breaker: tasks failed to start." in text
    assert "deployment of web-dev:7: ACTIVE, FAILED, 0 of 2 tasks running, 3 failed" in text
    assert (
        "task new1 stopped: Essential container in task exited (EssentialContainerExited)" in text
    )
    assert "container web: exit code 1" in text
    assert "task old1" not in text
    assert "target 10.0.1.5:5000 unhealthy, Target.FailedHealthChecks: Health checks failed" in text
    assert "ECS said: (service web) rolled back to deployment 6." in text
    assert "last 2 log lines (/web, web/web/new1):" in text
    assert "    | ImportError: no module named shop" in text
    assert "Next step: The load balancer gets no answer" in text
    assert "`pulumi refresh` reads the one that runs" in text


def test_targets_seen_failing_are_told_even_when_ecs_has_removed_them() -> None:
    gone = FakeAws(
        [STARTING, ROLLED_BACK],
        targets=[[("10.0.1.5", "unhealthy", "Target.ResponseCodeMismatch", "codes: [500]")], []],
    )
    text = failure(gone)
    assert "target 10.0.1.5:5000 unhealthy, Target.ResponseCodeMismatch: codes: [500]" in text
    assert "check app.health.path" in text


def test_healthy_targets_are_no_evidence() -> None:
    text = failure(FakeAws([ROLLED_BACK], targets=[[("10.0.1.4", "healthy", "", "")]]))
    assert "10.0.1.4" not in text


def test_a_first_deployment_that_fails_has_nothing_to_go_back_to() -> None:
    failed = deployment(NEW, "PRIMARY", "FAILED", running=0, rolloutStateReason="tasks failed")
    text = failure(FakeAws([service(failed)], stopped=[stopped_task("new1", exit_code=137)]))
    assert "there is no earlier revision that ECS went back to" in text
    assert "raise app.memory" in text


def test_another_revision_in_charge_must_be_seen_twice() -> None:
    stale = service(deployment(OLD, "PRIMARY", "COMPLETED"))
    done = service(deployment(NEW, "PRIMARY", "COMPLETED"))
    run(FakeAws([stale, done]))
    text = failure(FakeAws([stale, stale]))
    assert "revision web-dev:7 was asked for, but web-dev:6 is in charge" in text


def test_a_rollout_that_takes_too_long_is_an_error_with_the_evidence() -> None:
    aws, clock = FakeAws([STARTING], stopped=[stopped_task("new1", exit_code=None)]), FakeClock()
    with pytest.raises(RolloutError) as error:
        follow(WANTED, aws.clients, sleep=clock.sleep, now=clock.now)
    text = str(error.value)
    assert 50 < clock.time <= 60
    assert "revision web-dev:7 is not live after 60 s (rollout_timeout_seconds)" in text
    assert "task new1 stopped" in text


BEGAN = datetime(2026, 11, 21, 10, tzinfo=UTC)
ALARMED = service(
    deployment(OLD, "PRIMARY", "IN_PROGRESS"),
    deployment(NEW, "ACTIVE", "FAILED", running=0, createdAt=BEGAN),
    deploymentConfiguration={
        "alarms": {"enable": True, "rollback": True, "alarmNames": ["web-errors", "web-latency"]}
    },
    events=[
        *(
            {"message": f"(service web) has stopped {number} running tasks."}
            for number in (3, 2, 1)
        ),
        {"message": "(service web) (deployment ecs-svc/7) deployment failed: alarm detected."},
    ],
)


def test_a_rollback_by_alarm_names_the_alarm_and_why_it_rang() -> None:
    alarms = [
        {"AlarmName": "web-errors", "StateValue": "ALARM", "StateReason": "12.5 > 5.0"},
        {"AlarmName": "web-latency", "StateValue": "OK", "StateReason": "fine"},
    ]
    text = failure(FakeAws([ALARMED], alarms=alarms))
    assert "alarm web-errors rings: 12.5 > 5.0" in text
    assert "web-latency" not in text
    # Older than the messages that are quoted anyway, and the one that matters.
    assert "ECS said: (service web) (deployment ecs-svc/7) deployment failed: alarm det" in text
    assert "Next step: An alarm stopped the deployment" in text
    assert "alarm_overrides (balancer/errors" in text


def test_an_alarm_that_is_quiet_again_is_named_by_its_history() -> None:
    alarms = [
        {"AlarmName": name, "StateValue": "OK", "StateReason": "fine"}
        for name in ("web-errors", "web-latency")
    ]
    aws = FakeAws([ALARMED], alarms=alarms, rang={"web-latency": "p95 was 3.1 s"})
    text = failure(aws)
    assert "alarm web-latency rang: p95 was 3.1 s" in text
    assert "web-errors" not in text
    assert all(call["StartDate"] == BEGAN for call in aws.called("describe_alarm_history"))


def test_no_alarm_is_asked_for_where_none_judges_the_deployment() -> None:
    aws = FakeAws([ROLLED_BACK])
    failure(aws)
    assert aws.called("describe_alarms") == []


def test_alarms_that_cannot_be_read_do_not_hide_the_rest() -> None:
    aws = FakeAws([ALARMED])
    aws.denied = {"describe_alarms"}
    text = failure(aws)
    assert "alarms: could not be read" in text
    assert "ECS went back to web-dev:6" in text


def test_evidence_that_cannot_be_read_never_hides_the_failure() -> None:
    aws = FakeAws([ROLLED_BACK])
    aws.denied = {"list_tasks", "describe_target_health", "describe_task_definition"}
    text = failure(aws)
    assert "ECS went back to web-dev:6" in text
    assert "stopped tasks: could not be read (An error occurred (AccessDeniedException)" in text
    assert "target health: could not be read" in text
    assert "log lines: could not be read" in text


def test_a_task_without_output_is_skipped_for_one_that_has_some() -> None:
    aws = FakeAws(
        [ROLLED_BACK],
        stopped=[stopped_task("new1"), stopped_task("new2")],
        logs={"web/web/new2": ["boom"]},
    )
    assert "web/web/new2" in failure(aws)
    silent = FakeAws([ROLLED_BACK], stopped=[stopped_task("new1")])
    assert "logs: no task of web-dev:7 wrote a line to /web" in failure(silent)


def test_at_most_twenty_log_lines_and_three_stopped_tasks_are_quoted() -> None:
    aws = FakeAws(
        [ROLLED_BACK],
        stopped=[stopped_task(f"new{number}") for number in range(5)],
        logs={"web/web/new0": [f"line {number}" for number in range(50)]},
    )
    text = failure(aws)
    assert text.count("| line") == 20
    assert "| line 49" in text
    assert aws.called("get_log_events")[0]["startFromHead"] is False
    assert text.count(" stopped: ") == 3


def test_a_service_that_is_gone_is_an_error() -> None:
    assert "does not exist any more" in failure(FakeAws([{}]))
    assert "pulumi refresh" in failure(FakeAws([service(status="INACTIVE")]))


@pytest.mark.parametrize(
    ("sign", "advice"),
    [
        ("CannotPullContainerError: pull access denied", "ContainerImage.pull_policy()"),
        ("ResourceInitializationError: unable to pull secrets", "app.secrets"),
        ("exec /app: exec format error", "build it for app.architecture"),
        ("OutOfMemoryError: container killed", "raise app.memory"),
    ],
)
def test_the_next_step_follows_from_the_stop_reason(sign: str, advice: str) -> None:
    task = stopped_task("new1", exit_code=None) | {"stoppedReason": sign}
    step = failure(FakeAws([ROLLED_BACK], stopped=[task])).split("Next step: ")[1]
    assert advice in step
