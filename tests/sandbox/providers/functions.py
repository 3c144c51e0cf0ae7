"""What the tests of functions stand on: packaged code, a role, one function for all cases."""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulumi import asset

from sandbox.deploy import assets
from sandbox.providers.base import Outputs

from .world import World

RUNTIME = f"python3.{sys.version_info.minor}"
ACCOUNT = "123456789012"
ANSWER = "def handler(event, context):\n    return {'event': event, 'version': VERSION}\n"
SPACE = "aws:lambda/"
FUNCTION = f"{SPACE}function:Function"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"Service": "lambda.amazonaws.com"},
            }
        ],
    }
)
ACTIONS = (
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
    "ec2:CreateNetworkInterface",
    "kinesis:DescribeStream",
    "kinesis:DescribeStreamSummary",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
    "kinesis:ListStreams",
    "sns:Publish",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
    "sqs:SendMessage",
)


def archive(*, version: int = 1, code: str = ANSWER, **files: str) -> Any:
    """A package whose ``index.handler`` knows its version; other files by name, _ for a dot."""
    contents = {"index.py": f"VERSION = {version}\n{code}"}
    contents |= {name.replace("_", "."): text for name, text in files.items()}
    made = asset.AssetArchive({name: asset.StringAsset(text) for name, text in contents.items()})
    return assets.pin(made, Path())


def allowed(*actions: str) -> str:
    """An identity policy of these actions."""
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def role(world: World, name: str = "lambda-all", *actions: str) -> str:
    """The ARN of a role that Lambda may assume; made once."""
    key = f"_role_{name}"
    if key not in world.__dict__:
        inline = [{"name": "all", "policy": allowed(*(actions or ACTIONS))}]
        made = world.make(
            "aws:iam/role:Role",
            name,
            name=name,
            assumeRolePolicy=TRUST,
            inlinePolicies=inline if actions != ("none",) else [],
        )
        world.__dict__[key] = made[1]["arn"]
    return str(world.__dict__[key])


def given(world: World, **more: Any) -> dict[str, Any]:
    """Plain inputs of a function."""
    return {
        "role": role(world),
        "runtime": RUNTIME,
        "handler": "index.handler",
        "code": archive(),
        "publish": True,
        **more,
    }


def make(world: World, name: str, /, **more: Any) -> tuple[str, Outputs]:
    """A function of its own."""
    return world.make(FUNCTION, name, **given(world, **more))


@dataclass(frozen=True)
class Shared:
    """One function of two versions, an alias of the first, a queue and a topic."""

    name: str
    arn: str
    alias: str
    alias_name: str
    queue: str
    topic: str


def shared(world: World) -> Shared:
    """What cases hang their resources on."""
    if "_function" not in world.__dict__:
        provider = world.provider(FUNCTION)
        first, second = (
            provider.check("shared", given(world, code=archive(version=number), timeout=5))
            for number in (1, 2)
        )
        id, outputs = provider.create("shared", first)
        outputs = provider.update(id, first, second, outputs)
        alias = world.make(
            f"{SPACE}alias:Alias", functionName=id, functionVersion="1", name="shared"
        )[0]
        queue = world.make("aws:sqs/queue:Queue", "shared-failures")[1]["arn"]
        world.__dict__["_function"] = Shared(
            id, outputs["arn"], alias, "shared", queue, world.topic
        )
    made: Shared = world.__dict__["_function"]
    return made


def invoke(world: World, function: str, event: object = None, qualifier: str | None = None) -> Any:
    """Call it and read what it returns."""
    where = {"Qualifier": qualifier} if qualifier else {}
    answer = world.client("lambda").invoke(
        FunctionName=function, Payload=json.dumps(event).encode(), **where
    )
    return json.loads(answer["Payload"].read())


def soon(ask: Callable[[], Any], seconds: float = 90) -> Any:
    """The first answer that is not empty; an AssertionError after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not (answer := ask()):
        assert time.monotonic() < deadline, "nothing came"
        time.sleep(0.1)
    return answer


def telling(url: str) -> str:
    """Code of a function that puts each event it gets into a queue."""
    return (
        "import boto3, json\n"
        "def handler(event, context):\n"
        f"    boto3.client('sqs').send_message(QueueUrl={url!r}, MessageBody=json.dumps(event))\n"
    )


def told(world: World, url: str, seconds: float = 90) -> Any:
    """The next event that such a function got."""

    def ask() -> Any:
        found = world.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=1)
        for message in found.get("Messages", ()):
            world.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return json.loads(message["Body"])
        return None

    return soon(ask, seconds)


def inbox(world: World, name: str) -> str:
    """The URL of a queue of its own."""
    return world.make("aws:sqs/queue:Queue", name)[0]
