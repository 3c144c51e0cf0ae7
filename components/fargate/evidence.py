"""What ECS, the load balancer, the alarms and the logs say about one revision of a service.

Gathers, never judges: ``rollout.py`` and ``gate.py`` decide that something failed and
add these lines, through ``tried``, since what cannot be read must not hide the failure.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from .clients import Clients

STOPPED_TASKS = 3
"""How many stopped tasks are described: the newest ones, they mostly fail alike."""
EVENTS = 3
"""How many of the service's own messages are quoted."""
ALARM_DETECTED = "alarm detected"
"""What ECS says when an alarm stopped a deployment; it does not say which."""
LOG_LINES = 20
"""How many of the last log lines are quoted: a Python traceback fits."""
_OLDEST = datetime.min.replace(tzinfo=UTC)


def short(arn: str) -> str:
    """The part of an ARN that a person recognises: ``web:7``, a task's id, a service's name."""
    return arn.rsplit("/", 1)[-1]


def container_of(clients: Clients, revision: str) -> Mapping[str, Any]:
    """The container of a revision: this library's task definitions have one."""
    found = clients.ecs.describe_task_definition(taskDefinition=revision)
    return cast(Any, found)["taskDefinition"]["containerDefinitions"][0]  # type: ignore[no-any-return]


def tasks_of(
    clients: Clients, cluster: str, service: str, revision: str
) -> list[Mapping[str, Any]]:
    """The service's tasks of one revision, stopped ones first, the newest first."""
    found: list[Mapping[str, Any]] = []
    for status in ("STOPPED", "RUNNING"):
        arns = clients.ecs.list_tasks(
            cluster=cluster,
            serviceName=short(service),
            desiredStatus=status,
        )["taskArns"]
        if arns:
            tasks = clients.ecs.describe_tasks(cluster=cluster, tasks=arns[:100])["tasks"]
            ours = [task for task in tasks if task.get("taskDefinitionArn") == revision]
            ours.sort(
                key=lambda task: task.get("stoppedAt") or task.get("createdAt") or _OLDEST,
                reverse=True,
            )
            found.extend(ours)
    return found


def stop_lines(tasks: Iterable[Mapping[str, Any]]) -> list[str]:
    """Why each task stopped, with every container's exit code and reason."""
    lines = []
    for task in tasks:
        if not task.get("stoppedReason") and task.get("lastStatus") != "STOPPED":
            continue
        code = f" ({task['stopCode']})" if task.get("stopCode") else ""
        text = f"task {short(task['taskArn'])} stopped: {task.get('stoppedReason', '?')}{code}"
        for container in task.get("containers", ()):
            parts = []
            if container.get("exitCode") is not None:
                parts.append(f"exit code {container['exitCode']}")
            if container.get("reason"):
                parts.append(str(container["reason"]))
            if container.get("healthStatus") == "UNHEALTHY":
                parts.append("container health check failing")
            if parts:
                text += f"; container {container['name']}: {', '.join(parts)}"
        lines.append(text)
        if len(lines) == STOPPED_TASKS:
            break
    return lines


def target_lines(clients: Clients, target_groups: Sequence[str]) -> list[str]:
    """Each target that is not healthy: address, state, reason code and description."""
    lines = []
    for group in target_groups:
        found = clients.elbv2.describe_target_health(TargetGroupArn=group)
        for entry in cast(Any, found)["TargetHealthDescriptions"]:
            health = entry.get("TargetHealth", {})
            if health.get("State") in ("healthy", "draining", "unused"):
                continue
            address = f"{entry['Target']['Id']}:{entry['Target'].get('Port', '?')}"
            said = ": ".join(
                str(health[key]) for key in ("Reason", "Description") if health.get(key)
            )
            lines.append(
                f"target {address} {health.get('State', '?')}, {said or 'no reason given'}"
            )
    return lines


def log_lines(
    clients: Clients, revision: str, tasks: Sequence[Mapping[str, Any]], limit: int = LOG_LINES
) -> list[str]:
    """The last lines that the newest task with any output wrote, under one heading line."""
    container = container_of(clients, revision)
    options = container.get("logConfiguration", {}).get("options", {})
    if "awslogs-group" not in options:
        return ["logs: the container does not log to CloudWatch"]
    group = options["awslogs-group"]
    for task in tasks:
        stream = "/".join(
            (options["awslogs-stream-prefix"], container["name"], short(task["taskArn"]))
        )
        try:
            found = clients.logs.get_log_events(
                logGroupName=group, logStreamName=stream, limit=limit, startFromHead=False
            )
        except clients.logs.exceptions.ResourceNotFoundException:
            continue  # the task never got as far as writing a line
        if found["events"]:
            events = cast(Any, found)["events"]
            quoted = [f"    | {event['message'].rstrip()}" for event in events]
            return [f"last {len(quoted)} log lines ({group}, {stream}):", *quoted]
    return [f"logs: no task of {short(revision)} wrote a line to {group}"]


def event_lines(service: Mapping[str, Any]) -> list[str]:
    """The newest messages of the service itself, and the last one that says what failed."""
    said = [str(event["message"]) for event in service.get("events", ())]
    quoted = said[:EVENTS]
    failed = next((message for message in said if "deployment failed" in message), None)
    if failed is not None and failed not in quoted:
        quoted.append(failed)
    return [f"ECS said: {message}" for message in quoted]


def alarm_lines(
    clients: Clients, service: Mapping[str, Any], since: datetime | None = None
) -> list[str]:
    """Each of the deployment's alarms that rings, or rang since then, and why.

    A rollback cures what rang: by the time somebody asks, the alarm may be quiet again, and only
    its history knows.
    """
    alarms = service.get("deploymentConfiguration", {}).get("alarms", {})
    names = alarms.get("alarmNames", []) if alarms.get("enable") else []
    if not names:
        return []
    found = clients.cloudwatch.describe_alarms(
        AlarmNames=names, AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    described = cast(Any, [*found["MetricAlarms"], *found["CompositeAlarms"]])
    ringing = {
        item["AlarmName"]: item["StateReason"]
        for item in described
        if item["StateValue"] == "ALARM"
    }
    lines = [f"alarm {name} rings: {reason}" for name, reason in ringing.items()]
    quiet = {name: _rang(clients, name, since) for name in names if name not in ringing}
    lines += [f"alarm {name} rang: {reason}" for name, reason in quiet.items() if reason]
    return lines


def _rang(clients: Clients, name: str, since: datetime | None) -> str | None:
    """Why the alarm last went into ALARM since then; None if it did not."""
    if since is None:
        return None
    found = clients.cloudwatch.describe_alarm_history(
        AlarmName=name,
        AlarmTypes=["MetricAlarm", "CompositeAlarm"],
        HistoryItemType="StateUpdate",
        StartDate=since,
        EndDate=datetime.now(UTC),
        ScanBy="TimestampDescending",
        MaxRecords=20,
    )
    for item in cast(Any, found)["AlarmHistoryItems"]:
        new = json.loads(item.get("HistoryData") or "{}").get("newState", {})
        if new.get("stateValue") == "ALARM":
            return str(new.get("stateReason") or item.get("HistorySummary", ""))
    return None


_HINTS: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        (ALARM_DETECTED,),
        "An alarm stopped the deployment: find what it measures in the log lines, or, where its "
        "number does not suit the app, give another in alarm_overrides (balancer/errors, "
        "balancer/unhealthy, balancer/latency)",
    ),
    (
        ("OutOfMemory", "exit code 137"),
        "The container was killed, most often for lack of memory: raise app.memory",
    ),
    (
        ("CannotPullContainer",),
        "The image could not be pulled: check that it exists for app.architecture, that "
        "execution_permissions lets the task pull it (ContainerImage.pull_policy()) and that the "
        "task's subnets reach the registry (network.nat)",
    ),
    (
        ("ResourceInitializationError", "unable to pull secrets"),
        "The task could not be prepared: check that every ARN in app.secrets exists, that a key "
        "of your own is allowed in execution_permissions (kms:Decrypt), and that the task's "
        "subnets reach AWS (network.nat)",
    ),
    (
        ("exec format error",),
        "The image was built for another processor: build it for app.architecture",
    ),
    (
        ("Target.ResponseCodeMismatch", "Health checks failed with these codes"),
        "The app answers its health check with an error: check app.health.path and success_codes",
    ),
    (
        ("Target.Timeout", "Request timed out", "Target.FailedHealthChecks"),
        "The load balancer gets no answer: check that the app listens on 0.0.0.0 and on app.port, "
        "and that app.health.grace_seconds leaves it time to start",
    ),
    (
        ("container health check", "failed container health checks"),
        "The check inside the container fails: check app.health.path, or set "
        "container_check_command for an image without Python",
    ),
    (("exit code",), "The program in the container ends by itself: read its log lines above"),
)


def hint(lines: Iterable[str], default: str) -> str:
    """The most telling next step for these lines of evidence."""
    text = "\n".join(lines)
    for signs, advice in _HINTS:
        if any(sign in text for sign in signs):
            return advice
    return default
