"""The cloud with the program of ``workflow_program`` in it, and what its tests do there."""

import json
import shutil
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.deploy import connect
from sandbox.journeys import Visit
from sandbox.journeys.executions import Finished, finished, history, start
from tests.sandbox.conftest import Sandbox, environment_of
from tests.sandbox.workflow_program import PROGRAM, PROJECT, WORKER


class Workflows:
    """The cloud with the program in it."""

    def __init__(self, folder: Path) -> None:
        self.project = folder / "project"
        (self.project / "worker").mkdir(parents=True)
        (self.project / "worker" / "handler.py").write_text(WORKER)
        (self.project / "Pulumi.yaml").write_text(PROJECT)
        (self.project / "Pulumi.local.yaml").write_text("config:\n  aws:region: us-east-1\n")
        self.sandbox = Sandbox(folder / "state", environment_of("process"))
        self.outputs: dict[str, Any] = {}
        self.client: Callable[[str], Any]

    def deploy(self, release: str, weights: dict[str, int]) -> None:
        """Bring the program up, or up to date."""
        program = PROGRAM.replace("RELEASE", release)
        program = program.replace("WEIGHTS", repr({"weights": weights}))
        (self.project / "__main__.py").write_text(program)
        up = ("up", "--json", "--no-verify", "--program", str(self.project))
        done = self.sandbox.run(*up)
        assert done.code == 0, done.text
        self.outputs = done.document["outputs"]
        self.client = connect(done.document["cloud"]["endpoint"]).client

    def down(self) -> None:
        """Nothing of it is left."""
        self.sandbox.run("down")
        assert self.sandbox.processes() == []
        shutil.rmtree(self.project)

    @property
    def visit(self) -> Visit:
        """For what journeys can do as well."""
        return Visit(self.outputs, self.client)

    def start(self, machine: str, document: Any) -> str:
        """Start the alias; the execution's ARN."""
        return start(self.visit, self.outputs[machine]["alias_arn"], document)

    def run(self, machine: str, document: Any) -> Finished:
        """Start the alias and wait for the end."""
        return finished(self.visit, self.start(machine, document))

    def entered(self, execution: str) -> list[str]:
        """Names of the states that it went through."""
        return [
            event["stateEnteredEventDetails"]["name"]
            for event in history(self.visit, execution)
            if "stateEnteredEventDetails" in event
        ]

    def started(self, machine: str, mark: str) -> list[Any]:
        """Inputs of the executions with ``mark`` in them; each came through the alias."""
        states, alias = self.client("stepfunctions"), self.outputs[machine]["alias_arn"]
        pages = states.get_paginator("list_executions").paginate(stateMachineArn=alias)
        found = [
            states.describe_execution(executionArn=item["executionArn"])
            for page in pages
            for item in page["executions"]
        ]
        found = [item for item in found if mark in item["input"]]
        assert {item["stateMachineAliasArn"] for item in found} <= {alias}
        return [json.loads(item["input"]) for item in found]

    def kept(self, queue: str, mark: str) -> dict[str, Any]:
        """Wait for the message with ``mark`` in a queue, and take it."""
        sqs = self.client("sqs")
        found: list[dict[str, Any]] = []

        def receive() -> bool:
            answer = sqs.receive_message(
                QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=1
            )
            found.extend(item for item in answer.get("Messages", ()) if mark in item["Body"])
            return bool(found)

        eventually(receive, f"{mark} never came to {queue}")
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=found[0]["ReceiptHandle"])
        return dict(found[0])

    def worked(self, mark: str) -> list[str]:
        """What the worker was told for this mark, in order; what failed has a !."""
        group = self.client("lambda").get_function_configuration(FunctionName=self._worker_name())[
            "LoggingConfig"
        ]["LogGroup"]
        events = self.client("logs").filter_log_events(logGroupName=group, limit=10_000)["events"]
        lines = [
            json.loads(item["message"]) for item in events if item["message"].startswith('{"do"')
        ]
        return [f"{line['do']}{'!' * line['failed']}" for line in lines if line["mark"] == mark]

    def _worker_name(self) -> str:
        functions = self.client("lambda").list_functions()["Functions"]
        names = [str(item["FunctionName"]) for item in functions]
        return next(name for name in names if name.startswith("worker"))

    def role(self, name: str) -> str:
        """The ARN of the one role that was made under this name."""
        pages = self.client("iam").get_paginator("list_roles").paginate()
        [found] = [
            str(role["Arn"])
            for page in pages
            for role in page["Roles"]
            if role["RoleName"].rpartition("-")[0] == name
        ]
        return found

    def schedule(self) -> Any:
        """The program's one schedule."""
        scheduler = self.client("scheduler")
        entry = scheduler.list_schedules()["Schedules"][0]
        return scheduler.get_schedule(Name=entry["Name"], GroupName=entry["GroupName"])

    def fire(self, schedule: Any, mark: str) -> None:
        """A copy of a schedule that is due at once: same role, same target."""
        soon = datetime.now(UTC) + timedelta(seconds=1)
        target = schedule["Target"]
        text = json.dumps({**json.loads(target["Input"]), "mark": mark})
        self.client("scheduler").create_schedule(
            Name=f"copy-{mark}",
            GroupName=schedule["GroupName"],
            ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={**target, "Input": text},
        )

    def publish(self, mark: str, source: str, total: int) -> None:
        """An event on the default bus."""
        detail = json.dumps({"mark": mark, "total": total})
        entry = {"Source": source, "DetailType": "OrderPlaced", "Detail": detail}
        self.client("events").put_events(Entries=[entry])

    def send(self, queue: str, *bodies: dict[str, Any], **more: str) -> None:
        """Messages, one after the other."""
        for body in bodies:
            text = json.dumps(body)
            self.client("sqs").send_message(QueueUrl=queue, MessageBody=text, **more)

    def logged(self, machine: str, execution: str) -> list[dict[str, Any]]:
        """Lines about an execution in the machine's log group."""
        events = self.client("logs").filter_log_events(
            logGroupName=self.outputs[machine]["log_group_name"], limit=10_000
        )["events"]
        lines = [json.loads(item["message"]) for item in events]
        return [line for line in lines if line["execution_arn"] == execution]

    def logged_to(self, end: str, machine: str, execution: str) -> list[dict[str, Any]]:
        """The same, once its last event is there."""
        eventually(
            lambda: end in [line["type"] for line in self.logged(machine, execution)],
            f"the log of {machine} has no {end}",
        )
        return self.logged(machine, execution)

    @contextmanager
    def without(self, role_arn: str, action: str) -> Generator[None]:
        """Take a permission from a role for a while."""
        iam, role = self.client("iam"), role_arn.rpartition("/")[2]
        kept = {
            name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
        }
        assert any(
            action in _actions(one) for policy in kept.values() for one in policy["Statement"]
        )
        for name, policy in kept.items():
            rest = [one for one in policy["Statement"] if action not in _actions(one)]
            iam.delete_role_policy(RoleName=role, PolicyName=name)
            if rest:
                document = json.dumps({**policy, "Statement": rest})
                iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=document)
        try:
            yield
        finally:
            for name, policy in kept.items():
                iam.put_role_policy(
                    RoleName=role, PolicyName=name, PolicyDocument=json.dumps(policy)
                )


def eventually(met: Callable[[], object], otherwise: str) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + 90
    while not met():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.2)


def _actions(statement: Any) -> list[str]:
    given = statement["Action"]
    return [given] if isinstance(given, str) else given
