"""Orders a second through the workflow, from start to shipped, and how fast the linter is.

The ceiling is the emulator itself, as it comes from its wheel: a machine with as many states as an
order that ships goes through, its three tasks functions that do nothing, the other states empty,
made by hand with boto3. Beside it stand the component with the same functions (what its states,
its role and our patches of the emulator cost) and the component as it is shipped (what checking,
charging once and shipping once cost). All take turns on the same machine.
"""

import io
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks.measure import ROOT, Say, environment, in_turns, run, summarize
from benchmarks.triggers import CEILING as CEILING
from benchmarks.triggers import COMPONENT, _runtime, plain_emulator

SHIPPED = "component as shipped"
WAYS = (CEILING, COMPONENT, SHIPPED)
ROUNDS = 5
ORDERS = 300
TOGETHER = 8
"""Orders under way at a time."""
POLL_SECONDS = 0.02
STATES = 1000
LINT_ROUNDS = 15
HANDLER = """
def handler(event, context):
    print("called")  # as every handler does; the emulator waits some milliseconds for a silent one
    return event
"""
STACK = """
import json
import pulumi
from slipway import OrderWorkflow

config = pulumi.Config()
for name, functions in json.loads(config.require("workflows")).items():
    made = OrderWorkflow(name, {
        "runtime": config.require("runtime"),
        "architecture": config.require("architecture"),
        "functions": functions,
        "approval_above": 1000,
        "force_delete": True,
    })
    pulumi.export(name, made.alias_arn)
"""
PROJECT = """
name: bench
runtime: python
config:
  bench:architecture: {type: string, default: x86_64}
  bench:runtime: {type: string, default: python3.13}
  bench:workflows: {type: string}
"""
FUNCTIONS = ("validate_order", "process_payment", "fulfill_order")


@dataclass(frozen=True)
class Way:
    """One workflow, and the cloud that it is in."""

    workflow: str
    connect: Callable[[str], Any]


def measure(say: Say, *, quick: bool = False) -> dict[str, Any]:
    """Each way's orders a second and latencies, in turns, and the linter's time."""
    rounds, orders = (2, 60) if quick else (ROUNDS, ORDERS)
    with tempfile.TemporaryDirectory(prefix="bench-workflows-") as folder, ExitStack() as stack:
        say("workflows: starting the emulator and the sandbox")
        plain = stack.enter_context(plain_emulator(Path(folder) / "plain"))
        ways = {CEILING: Way(_machine(plain), plain)}
        ways |= stack.enter_context(_deployed(Path(folder) / "slipway"))
        for way in ways.values():  # what the first calls start stays warm
            _ship(way, TOGETHER * 2)

        def one(key: str) -> tuple[float, list[float]]:
            say(f"workflows: {key}")
            return _ship(ways[key], orders)

        shipped = in_turns(WAYS, rounds, one)
        say("workflows: the linter")
        linter = _linter(Path(folder), 3 if quick else LINT_ROUNDS)
    return {
        "orders": orders,
        "together": TOGETHER,
        "rows": rows(shipped),
        "linter": linter,
    }


def rows(shipped: Mapping[str, Sequence[tuple[float, Sequence[float]]]]) -> list[dict[str, Any]]:
    """Orders a second of each way, over the ceiling of the same round, and latencies."""
    ceiling = [rate for rate, _ in shipped[CEILING]]
    found = []
    for way, runs in shipped.items():
        seconds = sorted(latency for _, latencies in runs for latency in latencies)
        cuts = statistics.quantiles(seconds, n=100)
        rates = [rate for rate, _ in runs]
        ratios = [rate / other for rate, other in zip(rates, ceiling, strict=True)]
        found.append(
            {
                "way": way,
                "per_s": vars(summarize(rates)),
                "of_ceiling": vars(summarize(ratios)),
                "p50_s": round(cuts[49], 3),
                "p95_s": round(cuts[94], 3),
                "p99_s": round(cuts[98], 3),
            }
        )
    return found


def _ship(way: Way, count: int) -> tuple[float, list[float]]:
    """Orders a second, and each one's seconds from its start to its end as the cloud has them."""
    states = way.connect("stepfunctions")

    def one(_: int) -> float:
        name = uuid4().hex
        arn = states.start_execution(
            stateMachineArn=way.workflow, name=name, input=json.dumps(_order(name))
        )["executionArn"]
        while (found := states.describe_execution(executionArn=arn))["status"] == "RUNNING":
            time.sleep(POLL_SECONDS)
        if found["status"] != "SUCCEEDED":
            raise RuntimeError(f"an order ended as {found['status']}: {found.get('cause')}")
        return float((found["stopDate"] - found["startDate"]).total_seconds())

    began = time.monotonic()
    with ThreadPoolExecutor(TOGETHER) as pool:
        latencies = list(pool.map(one, range(count)))
    return count / (time.monotonic() - began), latencies


def _order(order_id: str) -> dict[str, Any]:
    return {
        "order": {
            "orderId": order_id,
            "customerId": "CUST-67890",
            "items": [{"productId": "PROD-001", "quantity": 2, "price": 29.99}],
            "amount": 59.98,
            "currency": "USD",
        }
    }


def _machine(connect: Callable[[str], Any]) -> str:
    """As many states as a shipped order goes through: three functions, the rest empty."""
    trust = [
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        for service in ("lambda.amazonaws.com", "states.amazonaws.com")
    ]
    role = connect("iam").create_role(
        RoleName="bench",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust}),
    )["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("handler.py", HANDLER)
    names = ("Begin", "ValidateOrder", "ApprovalNeeded", "ProcessPayment", "FulfillOrder", "Notify")
    states: dict[str, Any] = {}
    for name, following in zip(names, (*names[1:], "OrderShipped"), strict=True):
        states[name] = {"Type": "Pass", "Next": following}
        if name not in ("Begin", "ApprovalNeeded", "Notify"):
            arn = connect("lambda").create_function(
                FunctionName=name,
                Runtime=_runtime(),
                Role=role,
                Handler="handler.handler",
                Timeout=30,
                MemorySize=256,
                Code={"ZipFile": code.getvalue()},
            )["FunctionArn"]
            states[name] = {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Parameters": {"FunctionName": arn, "Payload.$": "$"},
                "OutputPath": "$.Payload",
                "Next": following,
            }
    states["OrderShipped"] = {"Type": "Succeed"}
    return str(
        connect("stepfunctions").create_state_machine(
            name="bench",
            roleArn=role,
            definition=json.dumps({"StartAt": "Begin", "States": states}),
        )["stateMachineArn"]
    )


@contextmanager
def _deployed(folder: Path) -> Iterator[dict[str, Way]]:
    """The component in a sandbox of its own, with functions that do nothing and with its own."""
    from sandbox.deploy import connect

    (folder / "empty").mkdir(parents=True)
    (folder / "empty" / "handler.py").write_text(HANDLER)
    (folder / "Pulumi.yaml").write_text(PROJECT)
    workflows = {"same": dict.fromkeys(FUNCTIONS, "empty"), "whole": {}}
    (folder / "Pulumi.local.yaml").write_text(
        f"config:\n  aws:region: us-east-1\n  bench:workflows: '{json.dumps(workflows)}'\n"
    )
    (folder / "__main__.py").write_text(STACK)
    state = ["--state", str(folder / "state")]
    command = [sys.executable, "-m", "sandbox"]
    try:
        document = json.loads(
            run(
                [*command, "up", "--json", "--no-verify", "--program", str(folder), *state],
                env=environment(SANDBOX_ENGINE="process"),
            )
        )
        made, reach = document["outputs"], connect(document["cloud"]["endpoint"]).client
        yield {COMPONENT: Way(made["same"], reach), SHIPPED: Way(made["whole"], reach)}
    finally:
        run([*command, "down", *state])
        shutil.rmtree(folder / "state", ignore_errors=True)


def _linter(folder: Path, rounds: int) -> dict[str, Any]:
    """Seconds of the command line on a document of 1,000 states, beside Python's own start."""
    file = folder / "large.asl.json"
    file.write_text(json.dumps(large(STATES)))
    commands = {
        "python alone": [sys.executable, "-c", "pass"],
        f"linter, {STATES:,} states": [sys.executable, "-m", "components.asl", str(file)],
    }

    def one(key: str) -> float:
        began = time.monotonic()
        subprocess.run(commands[key], check=True, cwd=ROOT, env=environment(), capture_output=True)
        return time.monotonic() - began

    seconds = in_turns(tuple(commands), rounds, one)
    alone, linted = (seconds[key] for key in commands)
    beyond = [1000 * (one - other) for one, other in zip(linted, alone, strict=True)]
    return {"states": STATES, "beyond_start_ms": vars(summarize(beyond))}


def large(count: int) -> dict[str, Any]:
    """A machine of ``count`` states: tasks with retries and catches, and choices between them."""
    states: dict[str, Any] = {"Failed": {"Type": "Fail", "Error": "Failed"}}
    for number in range(count - 1):
        following = {"Next": f"S{number + 1}"} if number < count - 2 else {"End": True}
        if number % 4 == 1 and number < count - 2:
            states[f"S{number}"] = {
                "Type": "Choice",
                "Choices": [
                    {"Variable": "$.order.amount", "NumericGreaterThan": number, **following}
                ],
                "Default": "Failed",
            }
            continue
        states[f"S{number}"] = {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "${Work}", "Payload.$": "$"},
            "ResultPath": f"$.results.s{number}",
            "TimeoutSeconds": 30,
            "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "MaxAttempts": 3}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Failed"}],
            **following,
        }
    return {"StartAt": "S0", "States": states}
