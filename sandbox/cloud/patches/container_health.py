"""Container health checks of the task definition, evaluated with either engine.

Like ECS, only the definition's ``healthCheck`` counts, never the image's own. To keep
local deployments fast a container that was never healthy is asked every second; those
extra questions can only find it healthy, failures count at the check's own interval.
"""

import threading
import time
from collections.abc import Mapping
from typing import Any

from ministack.core.concurrency import resource_lock
from ministack.services import ecs

STARTING_INTERVAL = 1.0
_POLL_SECONDS = 0.1


def checks(td: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Container name -> its health check."""
    return {
        cdef["name"]: cdef["healthCheck"]
        for cdef in td.get("containerDefinitions", [])
        if (cdef.get("healthCheck") or {}).get("command")
        and cdef["healthCheck"]["command"][0] != "NONE"
    }


def begin(task: dict[str, Any], td: Mapping[str, Any]) -> None:
    """Watch the task's containers until it ends."""
    for index, container in enumerate(task["containers"]):
        check = checks(td).get(container["name"])
        if check is not None and index < len(task["_docker_ids"]):
            threading.Thread(
                target=_watch,
                args=(task, td, container, task["_docker_ids"][index], check),
                daemon=True,
                name=f"sandbox-health-{task['taskArn'][-8:]}",
            ).start()


def _watch(
    task: dict[str, Any],
    td: Mapping[str, Any],
    container: dict[str, Any],
    id: str,
    check: Mapping[str, Any],
) -> None:
    interval, retries = float(check.get("interval", 30)), int(check.get("retries", 3))
    begin = time.monotonic()
    grace_end = begin + float(check.get("startPeriod", 0))
    failures, last_counted = 0, begin
    while task["lastStatus"] == "RUNNING":
        good = _ask(id, check)
        now = time.monotonic()
        if good:
            failures, last_counted = 0, now
            _note(task, td, container, "HEALTHY")
        elif now >= grace_end and now - last_counted >= interval:
            failures, last_counted = failures + 1, now
            if failures >= retries:
                _note(task, td, container, "UNHEALTHY")
        starting = container.get("healthStatus") == "UNKNOWN"
        _sleep(task, min(interval, STARTING_INTERVAL) if starting else interval)


def _sleep(task: dict[str, Any], seconds: float) -> None:
    end = time.monotonic() + seconds
    while task["lastStatus"] == "RUNNING" and (left := end - time.monotonic()) > 0:
        time.sleep(min(_POLL_SECONDS, left))


def _ask(id: str, check: Mapping[str, Any]) -> bool:
    kind, *words = check["command"]
    command = ["/bin/sh", "-c", words[0]] if kind == "CMD-SHELL" else words
    timeout = float(check.get("timeout", 5))
    result: list[int] = []

    def run() -> None:
        try:
            engine: Any = ecs._get_docker()
            container = engine.containers.get(id)
            # docker-py has no time-out of its own, a process must have one to be ended.
            limit = {} if hasattr(container, "client") else {"timeout": timeout}
            result.append(int(container.exec_run(command, **limit)[0]))
        except Exception:  # noqa: BLE001 - a question that fails is a failed check
            result.append(1)

    asking = threading.Thread(target=run, daemon=True)
    asking.start()
    asking.join(timeout)
    return result == [0]


def _note(
    task: dict[str, Any], td: Mapping[str, Any], container: dict[str, Any], status: str
) -> None:
    essential = {
        cdef["name"]
        for cdef in td.get("containerDefinitions", [])
        if cdef.get("essential", True) and cdef["name"] in checks(td)
    }
    with resource_lock("ecs-task", task["taskArn"]):
        container["healthStatus"] = status
        states = {c["healthStatus"] for c in task["containers"] if c["name"] in essential}
        for candidate in ("UNHEALTHY", "UNKNOWN", "HEALTHY"):
            if candidate in states:
                task["healthStatus"] = candidate
                break
