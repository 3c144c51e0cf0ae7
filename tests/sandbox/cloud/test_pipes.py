"""Pipes from a queue to a machine."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.cloud.patches.pipes import filled

from .functions import eventually, make_queue, received
from .machines import allow, ended, make_machine
from .world import World

pytestmark = pytest.mark.sandbox

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "pipes.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
STATES = {"A": {"Type": "Pass", "End": True}}


def _made(
    world: World, name: str, machine: str, *, start: str | None, **more: Any
) -> tuple[str, str]:
    """A queue, its dead letters, and a pipe from it; URLs of the queues."""
    dead_url, dead = make_queue(world, f"{name}-dead")
    policy = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 2})
    url, queue = make_queue(world, name, VisibilityTimeout="1", RedrivePolicy=policy)
    reading = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
    statements = [allow(action, queue) for action in reading]
    if start:
        statements.append(allow(start, machine))
    target = {"StepFunctionStateMachineParameters": {"InvocationType": "FIRE_AND_FORGET"}}
    world.client("pipes").create_pipe(
        Name=name,
        Source=queue,
        Target=machine,
        RoleArn=world.role(f"{name}-pipe", statements, trust=TRUST),
        TargetParameters={**target, **more.pop("target", {})},
        **more,
    )
    return url, dead_url


def _inputs(world: World, machine: str) -> list[Any]:
    client = world.client("stepfunctions")
    found = client.list_executions(stateMachineArn=machine)["executions"]
    return [ended(world, item["executionArn"])["output"] for item in found]


def _empty(world: World, url: str) -> bool:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = world.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)
    return all(found["Attributes"][name] == "0" for name in names)


def test_a_batch_starts_an_execution_and_leaves_the_queue(world: World) -> None:
    machine = make_machine(world, "piped", STATES)
    batch = {"SqsQueueParameters": {"BatchSize": 2, "MaximumBatchingWindowInSeconds": 1}}
    url, dead = _made(
        world, "piped", machine, start="states:StartExecution", SourceParameters=batch
    )
    described = world.client("pipes").describe_pipe(Name="piped")
    assert described["SourceParameters"] == batch
    for number in range(3):
        world.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps({"n": number}))
    inputs = eventually(lambda: len(found := _inputs(world, machine)) == 2 and found)
    records = [record for batch in inputs for record in batch]
    assert sorted(len(batch) for batch in inputs) == [1, 2]
    assert sorted(json.loads(record["body"])["n"] for record in records) == [0, 1, 2]
    assert {record["eventSource"] for record in records} == {"aws:sqs"}
    eventually(lambda: _empty(world, url))
    assert received(world, dead) == []


def test_a_template_shapes_and_a_filter_drops(world: World) -> None:
    machine = make_machine(world, "shaped", STATES)
    pattern = json.dumps({"body": {"kind": ["order"]}})
    url, _ = _made(
        world,
        "shaped",
        machine,
        start="states:StartExecution",
        SourceParameters={"FilterCriteria": {"Filters": [{"Pattern": pattern}]}},
        target={"InputTemplate": '{"order": <$.body.id>, "text": "<$.body.kind>"}'},
    )
    for body in ({"kind": "other", "id": 1}, {"kind": "order", "id": {"x": 2}}):
        world.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(body))
    inputs = eventually(lambda: _inputs(world, machine))
    assert inputs == [[{"order": {"x": 2}, "text": "order"}]]
    eventually(lambda: _empty(world, url))


def test_without_permission_messages_end_as_dead_letters(world: World) -> None:
    machine = make_machine(world, "unpiped", STATES)
    url, dead = _made(world, "unpiped", machine, start=None)
    world.client("sqs").send_message(QueueUrl=url, MessageBody="kept")

    def letters() -> list[str]:
        _empty(world, url)
        return received(world, dead)

    assert eventually(letters) == ["kept"]
    assert _inputs(world, machine) == []


def test_what_an_express_execution_fails_comes_back(world: World) -> None:
    states = {"No": {"Type": "Fail", "Error": "Mine"}}
    machine = make_machine(world, "failing-pipe", states, settings={"type": "EXPRESS"})
    target = {"StepFunctionStateMachineParameters": {"InvocationType": "REQUEST_RESPONSE"}}
    url, dead = _made(
        world, "failing-pipe", machine, start="states:StartSyncExecution", target=target
    )
    world.client("sqs").send_message(QueueUrl=url, MessageBody="poison")
    assert eventually(lambda: received(world, dead)) == ["poison"]


def test_a_pipe_stops_and_needs_a_role_that_trusts_it(world: World) -> None:
    pipes = world.client("pipes")
    machine = make_machine(world, "stopped-pipe", STATES)
    url, _ = _made(world, "stopped-pipe", machine, start="states:StartExecution")
    pipes.stop_pipe(Name="stopped-pipe")
    world.client("sqs").send_message(QueueUrl=url, MessageBody="later")
    import time

    time.sleep(1)
    assert not _empty(world, url)
    pipes.start_pipe(Name="stopped-pipe")
    eventually(lambda: _inputs(world, machine))
    with pytest.raises(ClientError, match="not authorized to assume"):
        pipes.create_pipe(
            Name="untrusted-pipe",
            Source="arn:aws:sqs:us-east-1:123456789012:stopped-pipe",
            Target=machine,
            RoleArn=world.role("untrusted-pipe"),
        )


def test_templates() -> None:
    record = {"messageId": "m", "body": '{"id": "a\\"b", "n": {"x": 1}}'}
    assert filled('{"id": <$.body.id>, "n": <$.body.n>}', record) == {
        "id": 'a"b',
        "n": {"x": 1},
    }
    assert filled('{"id": "<$.messageId>"}', record) == {"id": "m"}
    assert filled("<$.body>", record) == {"id": 'a"b', "n": {"x": 1}}
    assert filled("<$.body>", {"body": "plain"}) == "plain"
    assert filled('{"gone": <$.body.none>}', record) == {"gone": None}
