"""Events a second through the sandbox: queue → function and API → function.

The ceiling is the emulator itself, as it comes from its wheel, with IAM enforced as in the
sandbox: the same handler, wired by hand with boto3. Beside it stand the component in the
sandbox (what our patches of the emulator and the component's wiring cost) and the program's
own handler there (what the handler costs). All take turns on the same machine.
"""

import io
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from benchmarks import client
from benchmarks.measure import ROOT, Say, environment, in_turns, run, summarize

CEILING = "emulator by hand"
COMPONENT = "component"
PROGRAM = "program's handler"
WAYS = (CEILING, COMPONENT, PROGRAM)
ROUNDS = 5
MESSAGES = 3000
CONNECTIONS = 4
SECONDS = 2.0
START_SECONDS = 30.0
DRAIN_SECONDS = 120.0
HANDLER = """
def handler(event, context):
    print("called")  # as every handler does; the emulator waits some milliseconds for a silent one
    if "Records" in event:
        return {"batchItemFailures": []}
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": "{}"}
"""
STACK = """
import pulumi
from slipway import MultiTriggerFunction

config = pulumi.Config()
for name, code in json.loads(config.require("functions")).items():
    made = MultiTriggerFunction(name, {
        "code": code,
        "runtime": config.require("runtime"),
        "architecture": config.require("architecture"),
        "force_delete": True,
        "triggers": {
            "rest_api": {"routes": [{"method": "GET", "path": "/hello"}]},
            "sqs": {"jobs": {}},
        },
    })
    pulumi.export(f"{name}_api", made.api_url)
    pulumi.export(f"{name}_queue", made.queue_urls["jobs"])
    pulumi.export(f"{name}_alias", made.alias_arn)
"""
PROJECT = """
name: bench
runtime: python
config:
  bench:architecture: {type: string, default: x86_64}
  bench:runtime: {type: string, default: python3.13}
  bench:functions: {type: string}
"""


@dataclass(frozen=True)
class Way:
    """One function with an API and a queue, and the cloud that it is in."""

    api: str
    queue: str
    function: str
    """Name or ARN under which its event source mapping is found."""
    connect: Callable[[str], Any]


def measure(say: Say, *, quick: bool = False) -> dict[str, Any]:
    """Each way's events a second, in turns; ratios to the emulator by hand of the same round."""
    rounds, messages, seconds = (2, 1000, 1.0) if quick else (ROUNDS, MESSAGES, SECONDS)
    with tempfile.TemporaryDirectory(prefix="bench-triggers-") as folder, ExitStack() as stack:
        say("triggers: starting the emulator and the sandbox")
        ways = {CEILING: stack.enter_context(_by_hand(Path(folder) / "plain"))}
        ways |= stack.enter_context(_deployed(Path(folder) / "slipway"))
        for way in ways.values():  # what the first calls start stays warm
            _drain(way, 50)
            client.load(way.api, connections=CONNECTIONS, seconds=0.5)

        def queue(key: str) -> float:
            say(f"triggers: queue, {key}")
            return _drain(ways[key], messages)

        def api(key: str) -> Mapping[str, float]:
            say(f"triggers: API, {key}")
            return client.load(ways[key].api, connections=CONNECTIONS, seconds=seconds)

        drained = in_turns(WAYS, rounds, queue)
        called = in_turns(WAYS, rounds, api)
    answers = {
        key: [item["requests"] / item["seconds"] for item in runs] for key, runs in called.items()
    }
    return {
        "messages": messages,
        "connections": CONNECTIONS,
        "client": client.name(),
        "rows": [*report("queue → function", drained), *report("API → function", answers)],
        "errors": {key: int(sum(r["errors"] for r in runs)) for key, runs in called.items()},
    }


def report(path: str, rates: Mapping[str, Sequence[float]]) -> list[dict[str, Any]]:
    """Events a second of each way, and over the emulator by hand of the same round."""
    return [
        {
            "path": path,
            "way": way,
            "per_s": vars(summarize(runs)),
            "of_ceiling": vars(
                summarize([a / b for a, b in zip(runs, rates[CEILING], strict=True)])
            ),
        }
        for way, runs in rates.items()
    ]


def _drain(way: Way, count: int) -> float:
    """Messages a second, from the moment that the function may take them until none is left."""
    sqs, functions = way.connect("sqs"), way.connect("lambda")
    mapping = functions.list_event_source_mappings(FunctionName=way.function)
    uuid = mapping["EventSourceMappings"][0]["UUID"]
    functions.update_event_source_mapping(UUID=uuid, Enabled=False)
    for start in range(0, count, 10):
        sqs.send_message_batch(
            QueueUrl=way.queue,
            Entries=[
                {"Id": str(number), "MessageBody": json.dumps({"number": start + number})}
                for number in range(min(10, count - start))
            ],
        )
    functions.update_event_source_mapping(UUID=uuid, Enabled=True)
    began = time.monotonic()
    waiting = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    while time.monotonic() - began < DRAIN_SECONDS:
        left = sqs.get_queue_attributes(QueueUrl=way.queue, AttributeNames=waiting)["Attributes"]
        if not any(int(left[name]) for name in waiting):
            return count / (time.monotonic() - began)
        time.sleep(0.005)
    raise RuntimeError(f"{count} messages were not processed within {DRAIN_SECONDS:g} s: {left}")


@contextmanager
def _by_hand(folder: Path) -> Iterator[Way]:
    """The emulator without our patches, and in it a function wired with boto3."""
    with plain_emulator(folder) as connect:
        yield _wire(connect, int(connect("sqs").meta.endpoint_url.rpartition(":")[2]))


@contextmanager
def plain_emulator(folder: Path) -> Iterator[Callable[[str], Any]]:
    """The emulator as it comes from its wheel; yields what makes a client of a service."""
    from sandbox.cloud import lifecycle
    from sandbox.deploy import connect

    folder.mkdir()
    (folder / "tmp").mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", "from ministack.app import main; main()"],
            env=lifecycle._environment(folder, port, "bench", "process"),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}/_ministack/health")
            yield connect(f"http://127.0.0.1:{port}").client
        finally:
            process.terminate()
            process.wait(START_SECONDS)


def _wire(connect: Callable[[str], Any], port: int) -> Way:
    """What the component makes, in as few calls as it takes."""
    functions, sqs, api, iam = (connect(name) for name in ("lambda", "sqs", "apigateway", "iam"))
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
    role = iam.create_role(
        RoleName="bench",
        AssumeRolePolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{**trust, "Action": "sts:AssumeRole"}]}
        ),
    )["Role"]["Arn"]
    allowed = {"Effect": "Allow", "Action": ["sqs:*", "logs:*"], "Resource": "*"}
    iam.put_role_policy(
        RoleName="bench",
        PolicyName="bench",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}),
    )
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("handler.py", HANDLER)
    arn = functions.create_function(
        FunctionName="bench",
        Runtime=_runtime(),
        Role=role,
        Handler="handler.handler",
        Timeout=30,
        MemorySize=256,
        Code={"ZipFile": code.getvalue()},
    )["FunctionArn"]
    queue = sqs.create_queue(QueueName="bench", Attributes={"VisibilityTimeout": "180"})["QueueUrl"]
    source = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    functions.create_event_source_mapping(
        EventSourceArn=source["Attributes"]["QueueArn"],
        FunctionName=arn,
        BatchSize=10,
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    rest = api.create_rest_api(name="bench")["id"]
    root = api.get_resources(restApiId=rest)["items"][0]["id"]
    hello = api.create_resource(restApiId=rest, parentId=root, pathPart="hello")["id"]
    where = {"restApiId": rest, "resourceId": hello, "httpMethod": "GET"}
    api.put_method(**where, authorizationType="NONE")
    api.put_integration(
        **where,
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations",
    )
    api.create_deployment(restApiId=rest, stageName="live")
    address = f"http://127.0.0.1:{port}/_aws/execute-api/{rest}/live/hello"
    return Way(address, queue, arn, connect)


@contextmanager
def _deployed(folder: Path) -> Iterator[dict[str, Way]]:
    """The component in a sandbox of its own, with the same handler and with the program's."""
    from sandbox.deploy import connect

    (folder / "same").mkdir(parents=True)
    (folder / "same" / "handler.py").write_text(HANDLER)
    shutil.copytree(ROOT / "functions" / "multi_trigger", folder / "multi_trigger")
    (folder / "Pulumi.yaml").write_text(PROJECT)
    codes = {"same": "same", "whole": "multi_trigger"}
    (folder / "Pulumi.local.yaml").write_text(
        f"config:\n  aws:region: us-east-1\n  bench:functions: '{json.dumps(codes)}'\n"
    )
    (folder / "__main__.py").write_text(f"import json\n{STACK}")
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
        yield {
            way: Way(
                f"{made[f'{name}_api']}/hello", made[f"{name}_queue"], made[f"{name}_alias"], reach
            )
            for way, name in ((COMPONENT, "same"), (PROGRAM, "whole"))
        }
    finally:
        run([*command, "down", *state])


def _runtime() -> str:
    return f"python{sys.version_info.major}.{sys.version_info.minor}"


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            requests.get(url, timeout=1).raise_for_status()
        except requests.RequestException:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"{url} did not answer within {START_SECONDS:g} s")
