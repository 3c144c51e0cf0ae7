"""Task tokens and activities: who answers, once, and in time."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from .functions import eventually, make_function, make_queue, received
from .machines import allow, ended, kinds, make_machine, start
from .world import World

pytestmark = pytest.mark.sandbox


def test_a_waiting_token_is_worth_nothing_after_a_stop(world: World) -> None:
    client = world.client("stepfunctions")
    url, queue = make_queue(world, "tokens-stopped")
    states = {
        "Ask": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters": {"QueueUrl": url, "MessageBody": {"token.$": "$$.Task.Token"}},
            "End": True,
        }
    }
    machine = make_machine(world, "tokens-stopped", states, [allow("sqs:SendMessage", queue)])
    execution = start(world, machine)
    token = _token(world, url)
    client.stop_execution(executionArn=execution)

    def refused() -> bool:
        try:
            client.send_task_heartbeat(taskToken=token)
        except client.exceptions.TaskTimedOut:
            return True
        return False

    eventually(refused)
    with pytest.raises(client.exceptions.InvalidToken):
        client.send_task_success(taskToken="made-up", output="{}")


def test_a_token_is_answered_once_by_who_may_answer_for_the_machine(world: World) -> None:
    client = world.client("stepfunctions")
    url, queue = make_queue(world, "tokens")
    states = {
        "Ask": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters": {"QueueUrl": url, "MessageBody": {"token.$": "$$.Task.Token"}},
            "End": True,
        }
    }
    machine = make_machine(world, "tokens", states, [allow("sqs:SendMessage", queue)])
    iam = world.client("iam")
    for name, resource in (("answers", machine), ("answers-other", f"{machine}-other")):
        iam.create_user(UserName=name)
        policy = {
            "Version": "2012-10-17",
            "Statement": [allow("states:SendTaskSuccess", resource)],
        }
        iam.put_user_policy(UserName=name, PolicyName="answer", PolicyDocument=json.dumps(policy))

    def as_user(name: str) -> Any:
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return boto3.client(
            "stepfunctions",
            endpoint_url=world.cloud.endpoint,
            region_name=world.cloud.region,
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
        )

    execution = start(world, machine)
    token = _token(world, url)
    with pytest.raises(ClientError, match="not authorized to perform: states:SendTaskSuccess"):
        as_user("answers-other").send_task_success(taskToken=token, output="{}")
    with pytest.raises(client.exceptions.InvalidOutput):
        client.send_task_success(taskToken=token, output="{no json")
    as_user("answers").send_task_success(taskToken=token, output='{"yes": 1}')
    with pytest.raises(client.exceptions.TaskTimedOut):
        client.send_task_failure(taskToken=token, error="late")
    assert ended(world, execution)["output"] == {"yes": 1}
    assert "TaskSubmitted" in kinds(world, execution)


def _token(world: World, url: str) -> str:
    def message() -> Any:
        return world.client("sqs").receive_message(QueueUrl=url).get("Messages")

    return str(json.loads(eventually(message)[0]["Body"])["token"])


def test_a_callback_lives_as_long_as_its_heart_beats(world: World) -> None:
    client = world.client("stepfunctions")
    url, queue = make_queue(world, "beating")
    states = {
        "Ask": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters": {"QueueUrl": url, "MessageBody": {"token.$": "$$.Task.Token"}},
            "HeartbeatSeconds": 6,
            "TimeoutSeconds": 300,
            "Catch": [{"ErrorEquals": ["States.HeartbeatTimeout"], "Next": "Silent"}],
            "End": True,
        },
        "Silent": {"Type": "Pass", "End": True},
    }
    machine = make_machine(world, "beating", states, [allow("sqs:SendMessage", queue)])
    execution = start(world, machine)
    token = json.loads(eventually(lambda: received(world, url))[0])["token"]
    for _ in range(3):
        time.sleep(2.5)
        client.send_task_heartbeat(taskToken=token)
    beaten = time.monotonic()
    assert ended(world, execution)["output"]["Error"] == "States.HeartbeatTimeout"
    assert time.monotonic() - beaten > 5.5
    with pytest.raises(client.exceptions.TaskTimedOut):
        client.send_task_success(taskToken=token, output="{}")


def test_of_many_answers_at_once_one_counts(world: World) -> None:
    client = world.client("stepfunctions")
    url, queue = make_queue(world, "many-answers")
    states = {
        "Ask": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters": {"QueueUrl": url, "MessageBody": {"token.$": "$$.Task.Token"}},
            "End": True,
        }
    }
    machine = make_machine(world, "many-answers", states, [allow("sqs:SendMessage", queue)])

    def answered(token: str) -> bool:
        try:
            client.send_task_success(taskToken=token, output="{}")
        except client.exceptions.TaskTimedOut:
            return False
        return True

    for _ in range(10):
        execution = start(world, machine)
        token = json.loads(eventually(lambda: received(world, url))[0])["token"]
        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(answered, [token] * 8)) == 1
        ended(world, execution)


def test_a_function_that_fails_to_take_a_token_fails_the_task(world: World) -> None:
    arn = make_function(world, "token-taker", "def handler(event, context):\n    raise KeyError")
    states = {
        "Ask": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "Parameters": {"FunctionName": arn, "Payload": {"token.$": "$$.Task.Token"}},
            "End": True,
        }
    }
    machine = make_machine(world, "token-taker", states, [allow("lambda:InvokeFunction", arn)])
    assert ended(world, start(world, machine))["error"] == "KeyError"


def test_an_activity_is_taken_and_answered(world: World) -> None:
    client = world.client("stepfunctions")
    activity = client.create_activity(name="by-hand")["activityArn"]
    states = {"Ask": {"Type": "Task", "Resource": activity, "TimeoutSeconds": 20, "End": True}}
    machine = make_machine(world, "by-hand", states)
    execution = start(world, machine, {"a": 1})
    task: dict[str, Any] = client.get_activity_task(activityArn=activity)
    assert json.loads(task["input"]) == {"a": 1}
    client.send_task_success(taskToken=task["taskToken"], output='{"b": 2}')
    assert ended(world, execution)["output"] == {"b": 2}
    assert kinds(world, execution)[2:5] == [
        "ActivityScheduled",
        "ActivityStarted",
        "ActivitySucceeded",
    ]
