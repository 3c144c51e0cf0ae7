"""How a task ends: leave the load balancer, finish requests, SIGTERM, then SIGKILL.

The emulator stops a task at once and calls every exit code 0. Here it goes the way of
AWS: DEACTIVATING (deregister and drain), STOPPING (SIGTERM, ``stopTimeout``, SIGKILL),
STOPPED with the exit codes that the containers really had.
"""

import contextlib
import functools
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ministack.core.concurrency import resource_lock, spawn_background
from ministack.services import ecs, ecs_metadata

from sandbox.cloud.balancer.service import Balancer
from sandbox.cloud.settings import Settings

from . import guard, private_addresses

STOP_SECONDS = 30
"""Fargate's default between SIGTERM and SIGKILL."""
LOG_SECONDS = 15
"""How long the last log lines may take to be forwarded."""
_SCHEDULER_REASONS = frozenset(
    (
        "Deployment completed",
        "Service scaling down",
        "Service deleted",
        "Task definition updated",
        "Deployment capacity limit",
    )
)
_balancer: Balancer


def apply(settings: Settings, balancer: Balancer) -> None:  # noqa: ARG001
    """Replace every way in which a task is stopped."""
    global _balancer
    _balancer = balancer

    def marked(original: Callable[..., Any]) -> Callable[..., Any]:
        def mark(
            task_arn: str, task: Any, reason: str, stop_code: str, exit_code: int | None = None
        ) -> bool:
            if stop_code == "EssentialContainerExited":
                # Codes of the exited ones are recorded already; the others' come when they end.
                reason, exit_code = "Essential container in task exited", None
            return bool(original(task_arn, task, reason, stop_code, exit_code))

        return mark

    signature = "(task_arn, task, reason, stop_code, exit_code=None)"
    guard.wrap(ecs, "_mark_task_stopped", signature, marked)
    guard.replace(ecs, "_stop_task", "(data)", _stop_task)
    guard.replace(
        ecs, "_cleanup_task_resources", "(task, docker_client, extra_container=None)", _clean_up
    )


def retire(
    task: dict[str, Any],
    reason: str,
    stop_code: str,
    then: Callable[[], None] | None = None,
) -> bool:
    """Begin to stop ``task``; False if it is stopping already. ``then`` runs at the end."""
    arn = task["taskArn"]
    with resource_lock("ecs-task", arn):
        if not ecs._task_is_active(arn, task):
            return False
        ecs._bump_task_version(task)
        task["desiredStatus"] = "STOPPED"
        task["stoppingAt"] = ecs._iso()
        task["stoppedReason"], task["stopCode"] = reason, stop_code
        if task["lastStatus"] == "RUNNING":
            task["lastStatus"] = "DEACTIVATING"
    spawn_background(_end, task, then, thread_name=f"sandbox-stop-{arn[-8:]}")
    return True


def target_groups(task: dict[str, Any]) -> list[tuple[str, int]]:
    """The target groups of the task's service, each with the task's port in it."""
    svc = service_of(task)
    return [
        (lb["targetGroupArn"], int(lb.get("containerPort", 80)))
        for lb in (svc or {}).get("loadBalancers") or []
        if lb.get("targetGroupArn")
    ]


def service_of(task: dict[str, Any]) -> dict[str, Any] | None:
    """The service record that the task belongs to, if it does."""
    group = str(task.get("group") or "")
    cluster = ecs._cluster_name_from_arn(task.get("clusterArn", ""))
    if not group.startswith("service:"):
        return None
    found: dict[str, Any] | None = ecs._services.get(f"{cluster}/{group.split(':', 1)[1]}")
    return found


def _stop_task(data: dict[str, Any]) -> Any:
    cluster = ecs._resolve_cluster_name(data.get("cluster", "default"))
    if cluster is None:
        return ecs.error_response_json("ClusterNotFoundException", "Cluster not found.", 400)
    task = ecs._resolve_task(data.get("task", ""), cluster)
    if not task:
        return ecs.error_response_json(
            "InvalidParameterException", "The referenced task was not found.", 400
        )
    reason, code = data.get("reason", "Task stopped by user"), "UserInitiated"
    if reason in _SCHEDULER_REASONS:
        deployment = task.get("_deployment_id") or "unknown"
        reason = f"Scaling activity initiated by (deployment {deployment})"
        code = "ServiceSchedulerInitiated"
    retire(task, reason, code)
    return ecs.json_response({"task": ecs._sanitize(task)})


def _end(task: dict[str, Any], then: Callable[[], None] | None) -> None:
    arn = task["taskArn"]
    cluster = ecs._cluster_name_from_arn(task.get("clusterArn", ""))
    ip = ecs._task_ip(task)
    places = target_groups(task)
    ecs._refresh_service_state(cluster, task.get("group", ""))  # deregisters it before all else
    svc = service_of(task)
    if svc is not None and task["stopCode"] == "UserInitiated":
        ecs._reconcile_service_tasks(cluster, f"{cluster}/{svc['serviceName']}")  # replaces it
    if ip:
        for group, port in places:
            _balancer.wait_drained(group, ip, port)
    with resource_lock("ecs-task", arn):
        task["lastStatus"] = "STOPPING"
    _clean_up(task, None)
    with resource_lock("ecs-task", arn):
        now = ecs._iso()
        ecs._bump_task_version(task)
        task["lastStatus"] = "STOPPED"
        task["executionStoppedAt"] = task.get("executionStoppedAt") or now
        task["stoppedAt"] = now
        for container in task.get("containers", []):
            container["lastStatus"] = "STOPPED"
    ecs_metadata.set_task_status(arn, known_status="STOPPED", desired_status="STOPPED")
    ecs_metadata.set_all_container_status(arn, "STOPPED")
    if cluster:
        ecs._recount_cluster(cluster)
        ecs._refresh_service_state(cluster, task.get("group", ""))
    if svc is not None and task["stopCode"] == "UserInitiated":
        # One that was pending still counted as there when it was to be replaced.
        ecs._reconcile_service_tasks(cluster, f"{cluster}/{svc['serviceName']}")
    if then is not None:
        then()


def _clean_up(task: dict[str, Any], docker_client: Any, extra_container: Any = None) -> None:
    """Stop and remove the task's containers, keeping exit codes and the last log lines."""
    del docker_client  # some callers have none; there is only one engine
    arn = task.get("taskArn", "")
    with resource_lock("ecs-task", arn):
        ids = list(task.get("_docker_ids") or [])
        tokens = list(task.get("_metadata_tokens") or [])
        task["_docker_ids"], task["_metadata_tokens"] = [], []
    for token in tokens:
        ecs_metadata.unregister_token(token)
    engine: Any = ecs._get_docker()
    found: list[tuple[int, Any]] = []
    for index, id in enumerate(ids):
        with contextlib.suppress(Exception):
            found.append((index, engine.containers.get(id)))
    if extra_container is not None and extra_container.id not in ids:
        found.append((len(ids), extra_container))
    if found:
        stop = functools.partial(_stop, _stop_timeouts(task))
        with ThreadPoolExecutor(max_workers=len(found)) as pool:
            for index, code in pool.map(stop, reversed(found)):
                _note_exit(task, index, code)
        _await_logs(arn.rsplit("/", 1)[-1])
        for _, container in reversed(found):
            with contextlib.suppress(Exception):
                container.remove(v=True, force=True)
    private_addresses.release(arn)


def _stop(timeouts: list[int], place: tuple[int, Any]) -> tuple[int, int | None]:
    index, container = place
    timeout = timeouts[index] if index < len(timeouts) else STOP_SECONDS
    try:
        container.stop(timeout=timeout)
        return index, int(container.wait()["StatusCode"])
    except Exception:  # noqa: BLE001 - the engine lost it: there is no code to tell
        return index, None


def _note_exit(task: dict[str, Any], index: int, code: int | None) -> None:
    containers = task.get("containers", [])
    with resource_lock("ecs-task", task.get("taskArn", "")):
        if index < len(containers) and containers[index].get("exitCode") is None:
            containers[index]["exitCode"] = code
            containers[index]["lastStatus"] = "STOPPED"


def _stop_timeouts(task: dict[str, Any]) -> list[int]:
    key = ecs._resolve_td_key(task.get("taskDefinitionArn", ""))
    td = ecs._task_defs.get(key) or {}
    return [int(c.get("stopTimeout") or STOP_SECONDS) for c in td.get("containerDefinitions", [])]


def _await_logs(task_id: str) -> None:
    """Let the forwarders read to the end before the containers are removed."""
    prefix = f"ministack-ecs-awslogs-{task_id[:8]}-"
    deadline = time.monotonic() + LOG_SECONDS
    for thread in threading.enumerate():
        if thread.name.startswith(prefix):
            thread.join(max(0.0, deadline - time.monotonic()))
