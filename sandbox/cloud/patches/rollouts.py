"""Deployments that tell the truth: a task counts once everything that checks it agrees.

The emulator completes a deployment when its containers have run for a second. Here a
task of a service counts as healthy when all its target groups and its containers' own
checks see it healthy; one that is unhealthy after the grace period is stopped with AWS's
words, replaced, and counted by the circuit breaker. A first deployment is IN_PROGRESS
until then, like any other. Alarms that stop a deployment are in ``rollout_alarms``.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import alb, ecs

from sandbox.cloud.balancer.service import Balancer
from sandbox.cloud.settings import Settings

from . import container_health, guard, retirement, rollout_alarms

TICK_SECONDS = 0.2
_KEPT_SETTINGS = ("serviceRegistries", "propagateTags", "enableECSManagedTags")
_balancer: Balancer
_log = logging.getLogger("sandbox.rollouts")


def apply(settings: Settings, balancer: Balancer) -> None:  # noqa: ARG001
    """Gate rollouts on health and watch the tasks of every service."""
    global _balancer
    _balancer = balancer
    guard.wrap(
        ecs, "_make_deployment", "(task_definition, desired_count, status='PRIMARY')", _in_progress
    )
    guard.wrap(ecs, "_record_service_task_healthy", "(svc_key, task)", _only_if_ready)
    guard.wrap(ecs, "_mark_task_running", "(task_arn, task)", _with_health_checks)
    guard.wrap(ecs, "_create_service", "(data)", _with_known_target_groups)
    guard.wrap(ecs, "_update_service", "(data)", _keeping_settings)
    guard.wrap(ecs, "_reconcile_service_tasks", "(cluster_name, svc_key)", _one_at_a_time)
    guard.wrap(
        ecs, "_complete_service_deployment",
        "(cluster_name, svc_key, expected_deployment_id=None)", _announced,
    )  # fmt: skip
    rollout_alarms.start()
    threading.Thread(target=_steward, daemon=True, name="sandbox-steward").start()


def _in_progress(original: Callable[..., Any]) -> Callable[..., Any]:
    def make(task_definition: str, desired_count: int, status: str = "PRIMARY") -> Any:
        deployment = original(task_definition, desired_count, status)
        deployment["rolloutState"] = "IN_PROGRESS"
        deployment["rolloutStateReason"] = f"ECS deployment {deployment['id']} in progress."
        rollout_alarms.started(deployment)
        return deployment

    return make


def _only_if_ready(original: Callable[..., Any]) -> Callable[..., Any]:
    def record(svc_key: str, task: dict[str, Any]) -> None:
        if _ready(task):
            original(svc_key, task)

    return record


def _with_health_checks(original: Callable[..., Any]) -> Callable[..., Any]:
    def mark(task_arn: str, task: dict[str, Any]) -> bool:
        task["_running_since"] = time.monotonic()
        if not original(task_arn, task):
            return False
        td = _definition(task)
        container_health.begin(task, td)
        return True

    return mark


def _with_known_target_groups(original: Callable[..., Any]) -> Callable[..., Any]:
    def create(data: dict[str, Any]) -> Any:
        for lb in data.get("loadBalancers") or []:
            arn = lb.get("targetGroupArn")
            group = alb._tgs.get(arn) if arn else None
            if arn and not (group or {}).get("LoadBalancerArns"):
                return ecs.error_response_json(
                    "InvalidParameterException",
                    f"The target group with targetGroupArn {arn} does not have an associated "
                    "load balancer.",
                    400,
                )
        with rollout_alarms.beginning(data):
            return original(data)

    return create


def _keeping_settings(original: Callable[..., Any]) -> Callable[..., Any]:
    def update(data: dict[str, Any]) -> Any:
        cluster = ecs._resolve_cluster_name(data.get("cluster", "default"))
        found = ecs._resolve_service_ref(data.get("service", ""))
        svc = ecs._services.get(f"{cluster}/{found[0]}") if found else None
        for key in _KEPT_SETTINGS:
            if svc is not None and key in data:
                svc[key] = data[key]
        with rollout_alarms.beginning(data):
            return original(data)

    return update


def _one_at_a_time(original: Callable[..., Any]) -> Callable[..., Any]:
    """Two threads that both miss a task would start two."""
    locks: dict[tuple[str, str, str], threading.RLock] = {}
    guarding = threading.Lock()

    def reconcile(cluster_name: str, svc_key: str) -> None:
        with guarding:
            key = (ecs.get_account_id(), ecs.get_region(), svc_key)
            lock = locks.setdefault(key, threading.RLock())
        with lock:
            original(cluster_name, svc_key)

    return reconcile


def _announced(original: Callable[..., Any]) -> Callable[..., Any]:
    def complete(
        cluster_name: str, svc_key: str, expected_deployment_id: str | None = None
    ) -> None:
        if rollout_alarms.hold(cluster_name, svc_key):
            return
        svc = ecs._services.get(svc_key)
        before = ecs._primary_deployment(svc) if svc else None
        running = before is not None and before["rolloutState"] == "IN_PROGRESS"
        original(cluster_name, svc_key, expected_deployment_id)
        if running and before is not None and before["rolloutState"] == "COMPLETED":
            rollout_alarms.tell(svc, "has reached a steady state.")

    return complete


def _steward() -> None:
    """Look at every service task a few times per second."""
    while True:
        time.sleep(TICK_SECONDS)
        for (account, region, _), task in ecs._tasks.all_items():
            if task.get("lastStatus") == "RUNNING" and task.get("desiredStatus") == "RUNNING":
                try:
                    with request_scope(account, region):
                        _examine(task)
                except Exception:  # noqa: BLE001 - one task's trouble must not stop the rest
                    _log.exception("looking after %s failed", task.get("taskArn"))


def _examine(task: dict[str, Any]) -> None:
    svc = retirement.service_of(task)
    if svc is None or svc.get("status") != "ACTIVE":
        return
    cluster = ecs._cluster_name_from_arn(task["clusterArn"])
    key = f"{cluster}/{svc['serviceName']}"
    if not task.get("_startup_stable"):
        checked = retirement.target_groups(task) or container_health.checks(_definition(task))
        if checked and _ready(task):
            ecs._record_service_task_healthy(key, task)
            ecs._refresh_service_state(cluster, task["group"])
            ecs._reconcile_service_tasks(cluster, key)
            ecs._complete_service_deployment(cluster, key)
            return
    grace = float(svc.get("healthCheckGracePeriodSeconds") or 0)
    if time.monotonic() - task.get("_running_since", 0.0) >= grace:
        _replace_if_unhealthy(task, svc)


def _ready(task: dict[str, Any]) -> bool:
    """Whether everything that checks the task sees it healthy."""
    ip = ecs._task_ip(task)
    for group, port in retirement.target_groups(task):
        # A target group without checks, or without a listener, has nothing to wait for.
        state = _balancer.health(group, ip or "", port).state
        if state not in ("healthy", "unavailable"):
            return False
    checked = container_health.checks(_definition(task))
    return not checked or task.get("healthStatus") == "HEALTHY"


def _replace_if_unhealthy(task: dict[str, Any], svc: dict[str, Any]) -> None:
    ip = ecs._task_ip(task) or ""
    for group, port in retirement.target_groups(task):
        health = _balancer.health(group, ip, port)
        if health.state == "unhealthy":
            rollout_alarms.tell(
                svc,
                f"(port {port}) is unhealthy in (target-group {group}) due to "
                f"(reason {health.description}).",
            )
            _fail(task, f"Task failed ELB health checks in (target-group {group})")
            return
    if task.get("healthStatus") == "UNHEALTHY":
        _fail(task, "Task failed container health checks")


def _fail(task: dict[str, Any], reason: str) -> None:
    if retirement.retire(task, reason, "ServiceSchedulerInitiated"):
        ecs._record_service_task_failure(task)


def _definition(task: dict[str, Any]) -> dict[str, Any]:
    key = ecs._resolve_td_key(task.get("taskDefinitionArn", ""))
    return ecs._task_defs.get(key) or {}
