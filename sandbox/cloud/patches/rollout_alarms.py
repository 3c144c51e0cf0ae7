"""Alarms that stop a deployment: ``deploymentConfiguration.alarms``, as ECS watches them.

A deployment whose alarm goes into ALARM is FAILED, and the last completed one takes over where
``rollback`` says so. It is watched from its first running task until the end of the bake time,
which begins when the new tasks are all healthy and the old ones gone: as long as the slowest of
its alarms needs to ring, in the sandbox's minutes. Alarms that ring when a deployment begins are
not watched for its duration, so that a fix can be deployed (ECS developer guide, "How CloudWatch
alarms detect Amazon ECS deployment failures"). A deployment that has no other to go back to is
watched without bake time, or every first one would take that much longer.
"""

import contextvars
import logging
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ministack.core.concurrency import resource_lock
from ministack.core.responses import new_uuid, request_scope
from ministack.services import cloudwatch, ecs

from sandbox.cloud import metrics

TICK_SECONDS = 0.2
_MINUTE = 60
_watches: dict[str, "Watch"] = {}
"""By deployment."""
_log = logging.getLogger("sandbox.rollouts")


@dataclass
class Watch:
    """What is watched of one deployment."""

    names: Sequence[str]
    rollback: bool
    done_at: float | None = None
    """When the bake time is over; None before it has begun."""


_starting: contextvars.ContextVar[Watch | None] = contextvars.ContextVar("starting", default=None)
"""For the deployment that the current request may start; its record is made deep inside."""


def start() -> None:
    """Begin to look at alarms; ``rollouts`` calls the rest where the emulator starts and completes
    deployments."""
    threading.Thread(target=_look, daemon=True, name="sandbox-rollout-alarms").start()


@contextmanager
def beginning(data: dict[str, Any]) -> Generator[None]:
    """Around a request that may start a deployment: its alarms count as they are now."""
    token = _starting.set(_watch(data))
    try:
        yield
    finally:
        _starting.reset(token)


def started(deployment: dict[str, Any]) -> None:
    """A deployment was made; by a request that is ``beginning`` one, or it is not watched."""
    if (watch := _starting.get()) is not None:
        _watches[deployment["id"]] = watch


def hold(cluster: str, key: str) -> bool:
    """Whether a deployment may not be complete yet, however healthy it is: its bake time is not
    over, which begins here."""
    svc = ecs._services.get(key)
    deployment = ecs._primary_deployment(svc) if svc else None
    if svc is None or deployment is None or not _bakes(svc, deployment):
        return False
    watch = _watches[deployment["id"]]
    if watch.done_at is None and _steady(svc, deployment):
        watch.done_at = time.monotonic() + bake_seconds(watch.names)
        _drain_others(cluster, svc, deployment)
    return True


def ringing(names: Sequence[str]) -> list[str]:
    """Those of the alarms that are in ALARM."""
    found = []
    for name in names:
        alarm = cloudwatch._alarms.get(name) or cloudwatch._composite_alarms.get(name)
        if alarm is not None and alarm.get("StateValue") == "ALARM":
            found.append(name)
    return found


def bake_seconds(names: Sequence[str]) -> float:
    """How long the slowest of the alarms needs to ring, in real time."""
    longest = 0.0
    for name in names:
        if (alarm := cloudwatch._alarms.get(name)) is not None:
            wanted = alarm.get("DatapointsToAlarm") or alarm.get("EvaluationPeriods") or 1
            longest = max(longest, _period(alarm) * int(wanted))
    return longest / _MINUTE * metrics.MINUTE


def _period(alarm: dict[str, Any]) -> int:
    """Of the alarm, or the longest of the metrics in its expression."""
    metered = [
        int(stat.get("Period") or 0)
        for query in alarm.get("Metrics") or ()
        if (stat := query.get("MetricStat"))
    ]
    return max([int(alarm.get("Period") or 0), *metered]) or _MINUTE


def _watch(data: dict[str, Any]) -> Watch | None:
    configuration = data.get("deploymentConfiguration")
    if configuration is None:
        cluster = ecs._resolve_cluster_name(data.get("cluster", "default"))
        found = ecs._resolve_service_ref(data.get("service") or data.get("serviceName") or "")
        svc = ecs._services.get(f"{cluster}/{found[0]}") if found else None
        configuration = (svc or {}).get("deploymentConfiguration")
    alarms = (configuration or {}).get("alarms") or {}
    names = alarms.get("alarmNames") or []
    if not alarms.get("enable") or not names or ringing(names):
        return None
    return Watch(list(names), bool(alarms.get("rollback")))


def _bakes(svc: dict[str, Any], deployment: dict[str, Any]) -> bool:
    """Whether the deployment may not be complete yet, however healthy it is."""
    watch = _watches.get(deployment["id"])
    if watch is None or deployment.get("rolloutState") != "IN_PROGRESS":
        return False
    if watch.done_at is not None:
        return time.monotonic() < watch.done_at
    return _before(svc, deployment) is not None


def _before(svc: dict[str, Any], deployment: dict[str, Any]) -> dict[str, Any] | None:
    """The deployment to go back to."""
    return next(
        (
            other
            for other in svc["deployments"]
            if other is not deployment and other.get("rolloutState") == "COMPLETED"
        ),
        None,
    )


def _tasks(svc: dict[str, Any]) -> list[dict[str, Any]]:
    group = f"service:{svc['serviceName']}"
    return [
        task
        for task in ecs._tasks.values()
        if task.get("group") == group and task.get("clusterArn") == svc["clusterArn"]
    ]


def _steady(svc: dict[str, Any], deployment: dict[str, Any]) -> bool:
    """What the emulator asks before it completes a deployment."""
    healthy = [
        task
        for task in _tasks(svc)
        if task.get("lastStatus") == "RUNNING"
        and task.get("_startup_stable")
        and ecs._deployment_for_task(svc, task) is deployment
    ]
    return len(healthy) >= int(svc.get("desiredCount", 0))


def _drain_others(cluster: str, svc: dict[str, Any], deployment: dict[str, Any]) -> None:
    for task in _tasks(svc):
        active = task.get("lastStatus") in ecs._PRE_STOP_STATUSES
        if active and task.get("_deployment_id") != deployment["id"]:
            ecs._stop_task(
                {"task": task["taskArn"], "cluster": cluster, "reason": "Deployment completed"}
            )


def _look() -> None:
    """Ask for the alarms of every deployment a few times per second."""
    while True:
        time.sleep(TICK_SECONDS)
        for (account, region, key), svc in ecs._services.all_items():
            if svc.get("status") == "ACTIVE":
                try:
                    with request_scope(account, region):
                        _examine(key, svc)
                except Exception:  # noqa: BLE001 - one service's trouble must not stop the rest
                    _log.exception("looking after the alarms of %s failed", key)


def _examine(key: str, svc: dict[str, Any]) -> None:
    deployment = ecs._primary_deployment(svc)
    watch = _watches.get(deployment["id"]) if deployment else None
    if deployment is None or watch is None:
        return
    if deployment.get("rolloutState") != "IN_PROGRESS":
        _watches.pop(deployment["id"], None)
        return
    cluster = key.partition("/")[0]
    if not deployment.get("runningCount") and watch.done_at is None:
        return
    if ringing(watch.names):
        _fail(cluster, key, svc, deployment, watch)
    elif watch.done_at is not None and time.monotonic() >= watch.done_at:
        ecs._complete_service_deployment(cluster, key, deployment["id"])


def _fail(
    cluster: str, key: str, svc: dict[str, Any], deployment: dict[str, Any], watch: Watch
) -> None:
    """End the deployment, and bring the last completed one back, whatever rings meanwhile."""
    with resource_lock("ecs-service", key):
        if (
            ecs._primary_deployment(svc) is not deployment
            or deployment.get("rolloutState") != "IN_PROGRESS"
        ):
            return
        _watches.pop(deployment["id"], None)
        back = _before(svc, deployment) if watch.rollback else None
        deployment |= {
            "rolloutState": "FAILED",
            "rolloutStateReason": "ECS deployment failed: alarm detected.",
            "desiredCount": 0,
            "updatedAt": ecs._iso(),
        }
        tell(svc, f"(deployment {deployment['id']}) deployment failed: alarm detected.")
        if back is not None:
            _watches.pop(back["id"], None)
            deployment["status"] = "ACTIVE"
            back |= {
                "status": "PRIMARY",
                "desiredCount": svc.get("desiredCount", 0),
                "rolloutState": "IN_PROGRESS",
                "rolloutStateReason": "ECS deployment rollback in progress: alarm detected.",
                "updatedAt": ecs._iso(),
            }
            svc["taskDefinition"] = back["taskDefinition"]
            tell(svc, f"rolling back to deployment {back['id']}.")
    ecs._reconcile_service_tasks(cluster, key)
    if back is not None:
        ecs._schedule_service_deployment_completion(
            cluster, key, ecs.get_account_id(), ecs.get_region()
        )


def tell(svc: dict[str, Any] | None, message: str) -> None:
    """Put an event on the service, newest first, as DescribeServices shows them."""
    if svc is None:
        return
    text = f"(service {svc['serviceName']}) {message}"
    with resource_lock("sandbox-events", svc["serviceArn"]):
        svc["events"].insert(0, {"id": new_uuid(), "createdAt": ecs._iso(), "message": text})
