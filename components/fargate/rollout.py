"""The explained rollout: follows a deployment until it is live, or says why it is not.

With its circuit breaker on, ECS answers a bad revision by running the old one again and
calls the service steady; Pulumi would report success. ``follow`` compares what runs with
what was asked for, and raises with the reasons. It is a plain function over boto3 clients;
``hooks.py`` binds it to the service. It leaves rolling back to ECS.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..deploy_time import tried
from . import evidence
from .clients import Clients
from .evidence import short

FIRST_POLL_SECONDS = 1.0
LONGEST_POLL_SECONDS = 10.0
"""Polls start quickly, for emulators and small changes, and slow down to spare API quota."""
SIGHTINGS = 2
"""Polls in a row that must see another revision in charge: one may read a stale answer."""


class RolloutError(Exception):
    """The revision that was asked for is not live; the message says why and what to do."""


@dataclass(frozen=True)
class Rollout:
    """One deployment of one service."""

    name: str
    """The component's name, for messages."""
    cluster: str
    service: str
    """The service's ARN."""
    revision: str
    """ARN of the task definition that was asked for."""
    timeout_seconds: int


@dataclass(frozen=True)
class Verdict:
    """What one look at the service tells."""

    state: str
    """``live``, ``waiting``, ``failed`` or ``displaced`` (another revision is in charge)."""
    reason: str = ""
    running: str = ""
    """The revision in charge."""


def judge(service: Mapping[str, Any], revision: str) -> Verdict:
    """Compare a described service with the revision that was asked for."""
    deployments = service.get("deployments", [])
    primary = next((item for item in deployments if item["status"] == "PRIMARY"), None)
    if primary is None:
        return Verdict("waiting")
    running = primary["taskDefinition"]
    if running == revision:
        state = primary.get("rolloutState")
        reason = primary.get("rolloutStateReason", "")
        if state == "FAILED":
            return Verdict("failed", reason, running)
        enough = primary["runningCount"] >= primary["desiredCount"]
        if enough and (state == "COMPLETED" or (state is None and not primary["pendingCount"])):
            return Verdict("live", reason, running)
        return Verdict("waiting", reason, running)
    ours = next((item for item in deployments if item["taskDefinition"] == revision), None)
    if ours is not None and ours.get("rolloutState") == "FAILED":
        return Verdict("failed", ours.get("rolloutStateReason", ""), running)
    return Verdict("displaced", "", running)


@dataclass
class _Seen:
    """What was seen on the way and is gone once ECS has cleaned up."""

    targets: list[str] = field(default_factory=list)
    service: Mapping[str, Any] = field(default_factory=dict)


def follow(
    rollout: Rollout,
    clients: Clients,
    *,
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], float] = time.monotonic,
) -> None:
    """Return once the revision is live with every task running.

    Raises:
        RolloutError: it failed, was rolled back or displaced, or took longer than
            ``timeout_seconds``.
    """
    deadline = now() + rollout.timeout_seconds
    pause, displaced, seen = FIRST_POLL_SECONDS, 0, _Seen()
    while True:
        found = clients.ecs.describe_services(cluster=rollout.cluster, services=[rollout.service])
        if not found["services"] or found["services"][0].get("status") == "INACTIVE":
            raise RolloutError(
                f"FargateWebService '{rollout.name}': service {rollout.service} does not exist "
                "any more. Next step: run `pulumi refresh`, then `pulumi up`."
            )
        seen.service = found["services"][0]
        verdict = judge(seen.service, rollout.revision)
        if verdict.state == "live":
            return
        if targets := tried("target health", lambda: _targets(clients, seen.service)):
            seen.targets = targets
        displaced = displaced + 1 if verdict.state == "displaced" else 0
        if verdict.state == "failed" or displaced == SIGHTINGS:
            raise RolloutError(_explain(rollout, clients, verdict, seen))
        if now() + pause > deadline:
            late = Verdict("late", verdict.reason, verdict.running)
            raise RolloutError(_explain(rollout, clients, late, seen))
        sleep(pause)
        pause = min(pause * 1.5, LONGEST_POLL_SECONDS)


def _targets(clients: Clients, service: Mapping[str, Any]) -> list[str]:
    groups = [item["targetGroupArn"] for item in service.get("loadBalancers", ())]
    return evidence.target_lines(clients, groups)


def _headline(rollout: Rollout, verdict: Verdict) -> str:
    wanted, running = short(rollout.revision), short(verdict.running or "nothing")
    start = f"FargateWebService '{rollout.name}': "
    if verdict.state == "late":
        return (
            f"{start}revision {wanted} is not live after {rollout.timeout_seconds} s "
            f"(rollout_timeout_seconds); ECS goes on trying."
        )
    if verdict.state == "displaced":
        return (
            f"{start}revision {wanted} was asked for, but {running} is in charge: it was "
            "rolled back, or another deployment came in between."
        )
    if running == wanted:
        return (
            f"{start}revision {wanted} did not go live, and there is no earlier revision "
            "that ECS went back to."
        )
    return f"{start}revision {wanted} did not go live; ECS went back to {running}."


def _explain(rollout: Rollout, clients: Clients, verdict: Verdict, seen: _Seen) -> str:
    tasks: list[Mapping[str, Any]] = []

    def stops() -> list[str]:
        tasks.extend(evidence.tasks_of(clients, rollout.cluster, rollout.service, rollout.revision))
        return evidence.stop_lines(tasks)

    lines = [f"service: {rollout.service}"]
    if verdict.reason:
        lines.append(f"rollout: {verdict.reason}")
    lines += [_counts(item) for item in seen.service.get("deployments", ())]
    since = _begun(seen.service, rollout.revision)
    lines += tried("alarms", lambda: evidence.alarm_lines(clients, seen.service, since))
    lines += tried("stopped tasks", stops)
    lines += seen.targets
    lines += evidence.event_lines(seen.service)
    lines += tried("log lines", lambda: evidence.log_lines(clients, rollout.revision, tasks))
    step = evidence.hint(
        lines,
        "Look at the tasks in the ECS console"
        if verdict.state != "late"
        else "Give it longer with rollout_timeout_seconds if it is only slow",
    )
    body = "\n".join(f"  {line}" for line in lines)
    return (
        f"{_headline(rollout, verdict)}\n{body}\n"
        f"  Next step: {step}. Then run `pulumi up` again; Pulumi's state names the revision that "
        "was asked for, `pulumi refresh` reads the one that runs."
    )


def _begun(service: Mapping[str, Any], revision: str) -> datetime | None:
    """When the newest deployment of the revision began."""
    return next(
        (
            item.get("createdAt")
            for item in service.get("deployments", ())
            if item["taskDefinition"] == revision
        ),
        None,
    )


def _counts(deployment: Mapping[str, Any]) -> str:
    return (
        f"deployment of {short(deployment['taskDefinition'])}: {deployment['status']}, "
        f"{deployment.get('rolloutState', 'no rollout state')}, "
        f"{deployment['runningCount']} of {deployment['desiredCount']} tasks running, "
        f"{deployment.get('failedTasks', 0)} failed"
    )
