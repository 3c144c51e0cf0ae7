"""Deployments with the process engine, end to end through boto3 and the load balancer."""

import threading
import time
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from .world import Held, World, get, until

pytestmark = pytest.mark.sandbox


class Caller:
    """A client that keeps calling and remembers which versions answered, and what failed."""

    def __init__(self, address: str) -> None:
        self.versions, self.failures = list[str](), list[str]()
        self._address, self._over = address, threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(2)]

    def __enter__(self) -> "Caller":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                status, body = get(self._address)
                if status == 200:
                    self.versions.append(body["version"])
                else:
                    self.failures.append(f"{status} {body}")
            except OSError as error:
                self.failures.append(repr(error))


def test_a_first_deployment_completes_when_its_targets_are_healthy(world: World) -> None:
    address, _, group = world.load_balancer("first")
    world.service("first", world.definition("first"), group)
    deployment = world.rollout("first")
    assert world.states(group) == ["healthy", "healthy"]
    assert deployment["runningCount"] == 2
    assert get(address)[1]["version"] == "1"
    tasks = world.tasks("first")
    addresses = [
        detail["value"]
        for task in tasks
        for detail in task["attachments"][0]["details"]
        if detail["name"] == "privateIPv4Address"
    ]
    assert all(ip.startswith("10.7.1.") for ip in addresses)
    assert len(set(addresses)) == 2
    events = world.explained("first")["events"]
    assert "(service first) has reached a steady state." in events
    assert until(lambda: "serving version 1" in world.lines("first"))
    world.remove("first")
    assert world.states(group) == []


def test_a_rolling_update_loses_no_request(world: World) -> None:
    address, _, group = world.load_balancer("rolling")
    world.service("rolling", world.definition("rolling"), group)
    world.rollout("rolling")
    second = world.definition("rolling", {"VERSION": "2"})
    with Caller(address) as caller:
        until(lambda: "1" in caller.versions)
        world.client("ecs").update_service(
            cluster="rolling", service="rolling", taskDefinition=second
        )
        until(lambda: len(world.deployments("rolling")) == 1)
        until(lambda: len(world.tasks("rolling", "STOPPED")) == 2)
        until(lambda: {t["lastStatus"] for t in world.tasks("rolling", "STOPPED")} == {"STOPPED"})
        until(lambda: caller.versions[-10:] == ["2"] * 10)
    assert caller.failures == []
    assert set(caller.versions) == {"1", "2"}
    assert get(address)[1]["version"] == "2"
    stopped = world.tasks("rolling", "STOPPED")
    assert {task["stopCode"] for task in stopped} == {"ServiceSchedulerInitiated"}
    assert all(
        "Scaling activity initiated by (deployment ecs-svc/" in t["stoppedReason"] for t in stopped
    )
    assert {task["containers"][0]["exitCode"] for task in stopped} == {0}
    world.remove("rolling")


def test_failing_health_checks_trip_the_breaker_and_roll_back(world: World) -> None:
    address, _, group = world.load_balancer(
        "rollback", HealthCheckIntervalSeconds=10, HealthCheckTimeoutSeconds=8
    )
    good = world.definition("rollback")
    world.service("rollback", good, group, healthCheckGracePeriodSeconds=1)
    world.rollout("rollback")
    bad = world.definition("rollback", {"VERSION": "bad", "HEALTH_STATUS": "500"})
    world.client("ecs").update_service(cluster="rollback", service="rollback", taskDefinition=bad)
    failed = until(
        lambda: [d for d in world.deployments("rollback") if d["rolloutState"] == "FAILED"], 180
    )
    assert failed[0]["failedTasks"] >= 3
    assert failed[0]["taskDefinition"] == bad
    world.rollout("rollback")
    primary = next(d for d in world.deployments("rollback") if d["status"] == "PRIMARY")
    assert primary["taskDefinition"] == good
    reasons = {task["stoppedReason"] for task in world.tasks("rollback", "STOPPED")}
    assert f"Task failed ELB health checks in (target-group {group})" in reasons
    events = world.client("ecs").describe_services(cluster="rollback", services=["rollback"])
    messages = [event["message"] for event in events["services"][0]["events"]]
    assert any("Health checks failed with these codes: [500]" in message for message in messages)
    assert get(address)[1]["version"] == "1"
    world.remove("rollback")


def test_a_first_deployment_that_crashes_fails_with_its_reasons(world: World) -> None:
    _, _, group = world.load_balancer("crash")
    world.service("crash", world.definition("crash", {"CRASH": "yes"}), group)
    deployment = world.rollout("crash", "FAILED")
    assert "circuit breaker was triggered" in deployment["rolloutStateReason"]
    stopped = world.tasks("crash", "STOPPED")
    assert len(stopped) >= 3
    assert {task["stoppedReason"] for task in stopped} == {"Essential container in task exited"}
    assert {task["containers"][0]["exitCode"] for task in stopped} == {3}
    assert "about to crash: no database" in world.lines("crash")
    world.remove("crash")


def test_an_unhealthy_container_check_stops_the_task(world: World) -> None:
    check = {"command": ["CMD-SHELL", "false"], "interval": 5, "timeout": 2, "retries": 1}
    definition = world.definition("checked", healthCheck=check)
    world.service("checked", definition, desiredCount=1)
    task = until(lambda: world.tasks("checked", "STOPPED"))[0]
    assert task["stoppedReason"] == "Task failed container health checks"
    assert task["healthStatus"] == "UNHEALTHY"
    assert world.deployments("checked")[0]["rolloutState"] == "IN_PROGRESS"
    world.remove("checked")


def test_a_deployment_waits_for_the_container_check(world: World) -> None:
    command = [
        "CMD-SHELL",
        "wget -q -O- http://localhost:5000/health || python3 -c "
        "\"import urllib.request as r; r.urlopen('http://localhost:5000/health')\"",
    ]
    check = {"command": command, "interval": 300, "timeout": 60, "retries": 3}
    world.service("waits", world.definition("waits", healthCheck=check), desiredCount=1)
    world.rollout("waits")
    assert [task["healthStatus"] for task in world.tasks("waits")] == ["HEALTHY"]
    world.remove("waits")


def test_a_service_needs_a_target_group_that_a_load_balancer_uses(world: World) -> None:
    vpc, _ = world.network()
    group = world.client("elbv2").create_target_group(
        Name="lonely", Protocol="HTTP", Port=5000, VpcId=vpc, TargetType="ip"
    )["TargetGroups"][0]["TargetGroupArn"]
    with pytest.raises(ClientError, match="does not have an associated load balancer"):
        world.service("lonely", world.definition("lonely"), group)


def test_a_task_stopped_by_hand_is_drained_and_replaced(world: World, tmp_path: Path) -> None:
    address, _, group = world.load_balancer("by-hand")
    world.service("by-hand", world.definition("by-hand"), group)
    world.rollout("by-hand")
    time.sleep(1.5)  # nothing of the rollout itself looks at the service any more
    victim = world.tasks("by-hand")[0]["taskArn"]
    answers: list[int] = []
    held = Held(tmp_path)
    slow = [
        threading.Thread(target=lambda: answers.append(get(address, held.path)[0]))
        for _ in range(2)  # one for each task
    ]
    for thread in slow:
        thread.start()
    until(lambda: held.begun() == 2)
    world.client("ecs").stop_task(cluster="by-hand", task=victim, reason="a test")
    until(lambda: "draining" in world.states(group))
    held.release()
    for thread in slow:
        thread.join()
    assert answers == [200, 200]
    stopped = until(lambda: world.tasks("by-hand", "STOPPED"))
    assert [(task["stopCode"], task["stoppedReason"]) for task in stopped] == [
        ("UserInitiated", "a test")
    ]
    until(lambda: world.states(group).count("healthy") == 2)
    assert len(world.tasks("by-hand")) == 2
    world.remove("by-hand")
