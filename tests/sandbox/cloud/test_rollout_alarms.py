"""Deployments that alarms stop, end to end through boto3."""

from typing import Any

import pytest

from components.fargate.clients import Clients
from components.fargate.rollout import Rollout, RolloutError, follow

from .world import World, get, until

pytestmark = pytest.mark.sandbox


def alarm(world: World, name: str, state: str = "OK", periods: int = 1) -> str:
    """An alarm that nothing moves but ``ring``: it has no data, and ignores that."""
    world.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="Test",
        MetricName=name,
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=periods,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="ignore",
    )
    ring(world, name, state)
    return name


def ring(world: World, name: str, state: str = "ALARM") -> None:
    world.client("cloudwatch").set_alarm_state(
        AlarmName=name, StateValue=state, StateReason="the test says so"
    )


def watching(*names: str, rollback: bool = True, enable: bool = True) -> dict[str, Any]:
    return {
        "minimumHealthyPercent": 100,
        "maximumPercent": 200,
        "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        "alarms": {"alarmNames": list(names), "enable": enable, "rollback": rollback},
    }


def deploy(world: World, name: str, version: str, **changes: Any) -> str:
    revision = world.definition(name, {"VERSION": version})
    world.client("ecs").update_service(
        cluster=name, service=name, taskDefinition=revision, **changes
    )
    return revision


def of(world: World, name: str, revision: str) -> dict[str, Any]:
    return next(d for d in world.deployments(name) if d["taskDefinition"] == revision)


def messages(world: World, name: str) -> list[str]:
    found = world.client("ecs").describe_services(cluster=name, services=[name])
    return [event["message"] for event in found["services"][0]["events"]]


def test_an_alarm_during_a_deployment_fails_it_and_brings_the_last_one_back(world: World) -> None:
    address, _, group = world.load_balancer("alarmed")
    rung = alarm(world, "alarmed-errors")
    good = world.definition("alarmed")
    world.service("alarmed", good, group, deploymentConfiguration=watching("gone", rung))
    world.rollout("alarmed")
    bad = deploy(world, "alarmed", "bad")
    ring(world, rung)
    failed = until(
        lambda: [d for d in world.deployments("alarmed") if d["rolloutState"] == "FAILED"], 60
    )[0]
    assert failed["taskDefinition"] == bad
    assert failed["rolloutStateReason"] == "ECS deployment failed: alarm detected."
    assert failed["desiredCount"] == 0
    # The alarm still rings, and does not fail what mends it.
    primary = world.rollout("alarmed")
    assert primary["taskDefinition"] == good
    told = messages(world, "alarmed")
    assert f"(service alarmed) (deployment {failed['id']}) deployment failed: alarm detected." in (
        told
    )
    assert f"(service alarmed) rolling back to deployment {primary['id']}." in told
    assert until(lambda: get(address)[1]["version"] == "1", 60)
    until(lambda: of(world, "alarmed", bad)["runningCount"] == 0, 60)
    world.remove("alarmed")


def test_the_library_names_the_alarm_that_stopped_its_deployment(world: World) -> None:
    rung, quiet = alarm(world, "told-errors"), alarm(world, "told-latency")
    good = world.definition("told")
    configuration = watching(rung, quiet)
    world.service("told", good, deploymentConfiguration=configuration, desiredCount=1)
    world.rollout("told")
    ecs = world.client("ecs")
    service = ecs.describe_services(cluster="told", services=["told"])["services"][0]
    bad = deploy(world, "told", "bad")
    ring(world, rung)
    until(lambda: of(world, "told", bad)["rolloutState"] == "FAILED", 60)
    wanted = Rollout("web", service["clusterArn"], service["serviceArn"], bad, timeout_seconds=60)
    for words in ("alarm told-errors rings: the test says so", "alarm told-errors rang: the test"):
        with pytest.raises(RolloutError) as error:
            follow(wanted, Clients(world.client))
        assert words in str(error.value)
        assert "told-latency" not in str(error.value)
        assert "deployment failed: alarm detected." in str(error.value)
        assert "ECS went back to told:1" in str(error.value)
        # Once the rollback has cured it, its history remembers.
        ring(world, rung, "OK")
    world.remove("told")


def test_alarms_are_watched_after_the_old_tasks_are_gone(world: World) -> None:
    address, _, group = world.load_balancer("baking")
    # Twelve of the sandbox's minutes: the test is over long before.
    rung = alarm(world, "baking-errors", periods=12)
    good = world.definition("baking")
    world.service("baking", good, group, deploymentConfiguration=watching(rung), desiredCount=1)
    # A first deployment has nothing to go back to, and does not wait.
    world.rollout("baking")
    bad = deploy(world, "baking", "bad")
    until(lambda: of(world, "baking", good)["runningCount"] == 0, 60)
    assert until(lambda: get(address)[1]["version"] == "bad", 60)
    assert of(world, "baking", bad)["rolloutState"] == "IN_PROGRESS"
    assert len(world.deployments("baking")) == 2
    ring(world, rung)
    until(lambda: of(world, "baking", bad)["rolloutState"] == "FAILED", 60)
    assert world.rollout("baking")["taskDefinition"] == good
    assert until(lambda: get(address)[1]["version"] == "1", 60)
    world.remove("baking")


def test_a_quiet_deployment_is_complete_after_its_bake_time(world: World) -> None:
    rung = alarm(world, "quiet-errors")
    world.service(
        "quiet", world.definition("quiet"), deploymentConfiguration=watching(rung), desiredCount=1
    )
    world.rollout("quiet")
    second = deploy(world, "quiet", "2")
    until(
        lambda: (
            [d["taskDefinition"] for d in world.deployments("quiet")] == [second]
            and world.deployments("quiet")[0]["rolloutState"] == "COMPLETED"
        ),
        60,
    )
    # Over is over.
    ring(world, rung)
    third = deploy(world, "quiet", "3")
    assert world.rollout("quiet")["taskDefinition"] == third
    world.remove("quiet")


def test_alarms_that_ring_at_the_beginning_do_not_stop_a_fix(world: World) -> None:
    rung, other = alarm(world, "fix-errors", "ALARM"), alarm(world, "fix-latency")
    world.service(
        "fix", world.definition("fix"), deploymentConfiguration=watching(rung, other),
        desiredCount=1,
    )  # fmt: skip
    world.rollout("fix")
    fixed = deploy(world, "fix", "fixed")
    ring(world, other)
    assert world.rollout("fix")["taskDefinition"] == fixed
    world.remove("fix")


def test_without_rollback_a_failed_deployment_stays(world: World) -> None:
    rung = alarm(world, "stays-errors", periods=12)
    configuration = watching(rung, rollback=False)
    world.service(
        "stays", world.definition("stays"), deploymentConfiguration=configuration, desiredCount=1
    )
    world.rollout("stays")
    bad = deploy(world, "stays", "bad")
    ring(world, rung)
    primary = world.rollout("stays", "FAILED")
    assert primary["taskDefinition"] == bad
    assert not any("rolling back" in text for text in messages(world, "stays"))
    world.remove("stays")


def test_alarms_that_are_not_enabled_are_not_watched(world: World) -> None:
    rung = alarm(world, "off-errors")
    world.service(
        "off", world.definition("off"),
        deploymentConfiguration=watching(rung, enable=False), desiredCount=1,
    )  # fmt: skip
    world.rollout("off")
    second = deploy(world, "off", "2")
    ring(world, rung)
    assert world.rollout("off")["taskDefinition"] == second
    world.remove("off")
