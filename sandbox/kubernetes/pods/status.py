"""A pod's status as its kubelet would write it, from what became of its containers."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


def now() -> str:
    """The time as Kubernetes writes it."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Container:
    """What is known of one container."""

    name: str
    image: str
    state: Mapping[str, Any]
    """``{"waiting": {...}}``, ``{"running": {...}}`` or ``{"terminated": {...}}``."""
    last: Mapping[str, Any] | None
    """The ``terminated`` of the run before."""
    restarts: int
    started: bool
    ready: bool
    image_id: str
    id: str


def patch(
    pod: Mapping[str, Any], containers: Sequence[Container], *, over: bool = False
) -> dict[str, Any]:
    """The strategic merge patch of the status; ``over`` means that no container starts again."""
    unready = [item.name for item in containers if not item.ready]
    phase = _phase(containers, over)
    ready = "False" if unready else "True"
    gates = {
        condition["type"]: condition["status"]
        for condition in (pod.get("status") or {}).get("conditions") or []
    }
    closed = [
        gate["conditionType"]
        for gate in pod["spec"].get("readinessGates") or []
        if gates.get(gate["conditionType"]) != "True"
    ]
    message = f"containers with unready status: [{' '.join(unready)}]" if unready else ""
    reason = "ContainersNotReady" if unready else ""
    gate_reason = "" if not closed else "ReadinessGatesNotReady"
    gate_message = f"the readiness gates are not true: {', '.join(closed)}" if closed else ""
    return {
        "phase": phase,
        "conditions": [
            {"type": "PodReadyToStartContainers", "status": "True"},
            {"type": "Initialized", "status": "True"},
            _condition("ContainersReady", ready, reason, message),
            _condition(
                "Ready",
                "False" if unready or closed else "True",
                reason or gate_reason,
                message or gate_message,
            ),
        ],
        "containerStatuses": [_container(item) for item in containers],
    }


def _phase(containers: Sequence[Container], over: bool) -> str:
    ended = [item.state.get("terminated") for item in containers]
    if over and all(ended):
        failed = any(item is not None and item["exitCode"] for item in ended)
        return "Failed" if failed else "Succeeded"
    if any("waiting" in item.state and item.last is None for item in containers):
        return "Pending"
    return "Running"


def _condition(type: str, status: str, reason: str, message: str) -> dict[str, Any]:
    """A condition; None takes away what an earlier one said."""
    return {"type": type, "status": status, "reason": reason or None, "message": message or None}


def _container(item: Container) -> dict[str, Any]:
    empty: dict[str, Any] = {"waiting": None, "running": None, "terminated": None}
    return {
        "name": item.name,
        "image": item.image,
        "imageID": item.image_id,
        "containerID": item.id or None,
        "ready": item.ready,
        "started": item.started,
        "restartCount": item.restarts,
        "state": {**empty, **item.state},
        "lastState": {"terminated": item.last} if item.last else {},
    }


def stamped(patch: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """``patch`` with the time of each condition's last change, told from the status ``before``."""
    known = {item["type"]: item for item in before.get("conditions") or []}

    def since(condition: Mapping[str, Any]) -> str:
        old = known.get(condition["type"]) or {}
        same = old.get("status") == condition["status"]
        return (old.get("lastTransitionTime") if same else None) or now()

    conditions = [{**item, "lastTransitionTime": since(item)} for item in patch["conditions"]]
    return {**patch, "conditions": conditions}
