"""A small ECS, load balancer and log store for the hooks' functions."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from components.fargate.clients import Clients

CLUSTER = "arn:aws:ecs:eu-west-1:123456789012:cluster/shop"
SERVICE = "arn:aws:ecs:eu-west-1:123456789012:service/shop/web-1a2b3c4"
OLD = "arn:aws:ecs:eu-west-1:123456789012:task-definition/web-dev:6"
NEW = "arn:aws:ecs:eu-west-1:123456789012:task-definition/web-dev:7"
GROUP = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web-1/abc"


def deployment(
    revision: str, status: str, state: str, running: int = 2, desired: int = 2, **more: Any
) -> dict[str, Any]:
    return {
        "taskDefinition": revision,
        "status": status,
        "rolloutState": state,
        "runningCount": running,
        "desiredCount": desired,
        "pendingCount": 0,
        **more,
    }


def service(*deployments: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "status": "ACTIVE",
        "deployments": list(deployments),
        "loadBalancers": [{"targetGroupArn": GROUP}],
        "events": [],
        **more,
    }


def stopped_task(task: str, revision: str = NEW, exit_code: int | None = 1) -> dict[str, Any]:
    container: dict[str, Any] = {"name": "web"}
    if exit_code is not None:
        container["exitCode"] = exit_code
    return {
        "taskArn": f"arn:aws:ecs:eu-west-1:123456789012:task/shop/{task}",
        "taskDefinitionArn": revision,
        "lastStatus": "STOPPED",
        "stoppedReason": "Essential container in task exited",
        "stopCode": "EssentialContainerExited",
        "containers": [container],
    }


class FakeClock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.time = 0.0
        self.sleeps: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.time += seconds

    def now(self) -> float:
        return self.time


class _NotFoundError(ClientError):
    pass


class _Exceptions:
    ResourceNotFoundException = _NotFoundError


class FakeAws:
    """Answers what the hooks ask; ``looks`` are successive answers of describe_services."""

    exceptions = _Exceptions()

    def __init__(
        self,
        looks: Sequence[Mapping[str, Any]] = (),
        *,
        stopped: Sequence[Mapping[str, Any]] = (),
        targets: Sequence[Sequence[tuple[str, str, str, str]]] = (),
        logs: Mapping[str, Sequence[str]] | None = None,
        tasks: Sequence[Mapping[str, Any]] = (),
        failures: Sequence[Mapping[str, Any]] = (),
        alarms: Sequence[Mapping[str, Any]] = (),
        rang: Mapping[str, str] | None = None,
    ) -> None:
        self.looks, self.stopped, self.targets = list(looks), list(stopped), list(targets)
        self.log_streams = dict(logs or {})
        self.tasks, self.failures = list(tasks), list(failures)
        self.alarms, self.rang = list(alarms), dict(rang or {})
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.denied: set[str] = set()

    @property
    def clients(self) -> Clients:
        return Clients(lambda _: self)

    def called(self, operation: str) -> list[dict[str, Any]]:
        return [given for name, given in self.calls if name == operation]

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        if operation.startswith("_"):
            raise AttributeError(operation)

        def call(**given: Any) -> Any:
            self.calls.append((operation, given))
            if operation in self.denied:
                raise ClientError({"Error": {"Code": "AccessDeniedException"}}, operation)
            return getattr(self, f"on_{operation}")(**given)

        return call

    def _next(self, answers: list[Any]) -> Any:
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def on_describe_services(self, **_: Any) -> Any:
        look = self._next(self.looks)
        return {"services": [look] if look else []}

    def on_list_tasks(self, *, desiredStatus: str, **_: Any) -> Any:  # noqa: N803 - boto3's name
        found = self.stopped if desiredStatus == "STOPPED" else []
        return {"taskArns": [task["taskArn"] for task in found]}

    def on_describe_tasks(self, *, tasks: Sequence[str], **_: Any) -> Any:
        if self.tasks:
            return {"tasks": [self._next(self.tasks)]}
        return {"tasks": [task for task in self.stopped if task["taskArn"] in tasks]}

    def on_describe_target_health(self, **_: Any) -> Any:
        found = self._next(self.targets) if self.targets else []
        return {
            "TargetHealthDescriptions": [
                {
                    "Target": {"Id": address, "Port": 5000},
                    "TargetHealth": {"State": state, "Reason": reason, "Description": text},
                }
                for address, state, reason, text in found
            ]
        }

    def on_describe_task_definition(self, **_: Any) -> Any:
        options = {"awslogs-group": "/web", "awslogs-stream-prefix": "web"}
        container = {
            "name": "web",
            "logConfiguration": {"logDriver": "awslogs", "options": options},
        }
        return {"taskDefinition": {"containerDefinitions": [container]}}

    def on_get_log_events(self, *, logStreamName: str, limit: int, **_: Any) -> Any:  # noqa: N803
        if logStreamName not in self.log_streams:
            raise _NotFoundError({"Error": {"Code": "ResourceNotFoundException"}}, "GetLogEvents")
        lines = self.log_streams[logStreamName][-limit:]
        return {"events": [{"message": line} for line in lines]}

    def on_describe_alarms(self, *, AlarmNames: Sequence[str], **_: Any) -> Any:  # noqa: N803
        found = [item for item in self.alarms if item["AlarmName"] in AlarmNames]
        return {"MetricAlarms": found, "CompositeAlarms": []}

    def on_describe_alarm_history(self, *, AlarmName: str, **_: Any) -> Any:  # noqa: N803
        states = [("OK", "over")]
        if AlarmName in self.rang:
            states += [("ALARM", self.rang[AlarmName]), ("OK", "Unchecked"), ("ALARM", "before")]
        return {
            "AlarmHistoryItems": [
                {"HistoryData": json.dumps({"newState": {"stateValue": a, "stateReason": b}})}
                for a, b in states
            ]
        }

    def on_run_task(self, **_: Any) -> Any:
        if self.failures:
            return {"tasks": [], "failures": self.failures}
        return {"tasks": [{"taskArn": "arn:aws:ecs:eu-west-1:123456789012:task/shop/gate"}]}

    def on_stop_task(self, **_: Any) -> Any:
        return {}
