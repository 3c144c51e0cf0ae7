"""The ``before_deploy`` gate: a one-off task of the new revision that must end with 0.

A migration runs from the same image, with the same roles, secrets and network, before
any new task starts. If it fails, the update stops while the old revision serves.
``run`` is a plain function over boto3 clients; ``hooks.py`` decides when it is due.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from ..deploy_time import tried
from . import evidence
from .clients import Clients
from .evidence import short

POLL_SECONDS = 3.0
LAUNCH_TYPE = "FARGATE"
"""Always on demand: a Spot interruption in the middle of a migration is no saving."""


class BeforeDeployError(Exception):
    """The gate did not pass; nothing was deployed."""


@dataclass(frozen=True)
class Gate:
    """One run of the gate."""

    name: str
    """The component's name, for messages."""
    cluster: str
    revision: str
    """ARN of the new task definition."""
    command: Sequence[str]
    timeout_seconds: int
    network: Mapping[str, Any]
    """The service's own network configuration, as on Pulumi's wire."""


def run(
    gate: Gate,
    clients: Clients,
    *,
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], float] = time.monotonic,
) -> None:
    """Run the command to its end.

    Raises:
        BeforeDeployError: it could not start, ended with another code than 0, or ran
            longer than ``timeout_seconds`` (then it is stopped).
    """
    container = evidence.container_of(clients, gate.revision)["name"]
    started = clients.ecs.run_task(
        cluster=gate.cluster,
        taskDefinition=gate.revision,
        launchType=LAUNCH_TYPE,  # type: ignore[arg-type]  # a literal in the stubs
        count=1,
        startedBy="slipway-before-deploy",
        networkConfiguration={
            "awsvpcConfiguration": {
                "subnets": list(gate.network["subnets"]),
                "securityGroups": list(gate.network["securityGroups"]),
                "assignPublicIp": "ENABLED" if gate.network.get("assignPublicIp") else "DISABLED",
            }
        },
        overrides={"containerOverrides": [{"name": container, "command": list(gate.command)}]},
    )
    if not started["tasks"]:
        reasons = ", ".join(item.get("reason", "?") for item in started.get("failures", ()))
        raise BeforeDeployError(_message(gate, "could not start", [f"ECS said: {reasons}"]))
    arn = str(started["tasks"][0].get("taskArn"))
    deadline = now() + gate.timeout_seconds
    while True:
        found = clients.ecs.describe_tasks(cluster=gate.cluster, tasks=[arn])
        tasks = cast(Any, found)["tasks"]
        task: Mapping[str, Any] = tasks[0] if tasks else {"taskArn": arn}
        if task.get("lastStatus") == "STOPPED":
            break
        if now() >= deadline:
            clients.ecs.stop_task(cluster=gate.cluster, task=arn, reason="before_deploy timed out")
            what = f"was stopped after {gate.timeout_seconds} s (before_deploy.timeout_seconds)"
            raise BeforeDeployError(_message(gate, what, _evidence(gate, clients, task)))
        sleep(POLL_SECONDS)
    code = next(
        (item.get("exitCode") for item in task["containers"] if item["name"] == container), None
    )
    if code != 0:
        what = "never ran" if code is None else f"ended with exit code {code}"
        raise BeforeDeployError(_message(gate, what, _evidence(gate, clients, task)))


def _evidence(gate: Gate, clients: Clients, task: Mapping[str, Any]) -> list[str]:
    return evidence.stop_lines([task]) + tried(
        "log lines", lambda: evidence.log_lines(clients, gate.revision, [task])
    )


def _message(gate: Gate, what: str, lines: Sequence[str]) -> str:
    body = "\n".join(f"  {line}" for line in lines)
    return (
        f"FargateWebService '{gate.name}': before_deploy {' '.join(gate.command)} of revision "
        f"{short(gate.revision)} {what}. Nothing was deployed; the running revision serves on.\n"
        f"{body}\n  Next step: {evidence.hint(lines, 'Look at the task in the ECS console')}. "
        "Then run `pulumi up` again."
    )
