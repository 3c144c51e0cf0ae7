"""Whoever calls without waiting, the alias says how often and what becomes of it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from .functions import eventually, logged, make_function, make_queue, received
from .world import World

pytestmark = pytest.mark.sandbox

CODE = """
import json
def handler(event, context):
    print(json.dumps({"called": event}))
    if "fail" in json.dumps(event):
        raise LookupError("as asked")
    return {"answer": 42}
"""
SCHEDULER_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "scheduler.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


def _by_rule(world: World, name: str, arn: str) -> None:
    events = world.client("events")
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": arn}])
    for detail in ('{"fail": 1}', "{}"):
        events.put_events(Entries=[{"Source": name, "DetailType": "t", "Detail": detail}])


def _by_topic(world: World, name: str, arn: str) -> None:
    sns = world.client("sns")
    topic = sns.create_topic(Name=name)["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)
    for message in ("fail", "good"):
        sns.publish(TopicArn=topic, Message=message)


def _by_bucket(world: World, name: str, arn: str) -> None:
    s3 = world.client("s3")
    s3.create_bucket(Bucket=name)
    entry = {"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket=name, NotificationConfiguration={"LambdaFunctionConfigurations": [entry]}
    )
    for key in ("fail", "good"):
        s3.put_object(Bucket=name, Key=key, Body=b"")


def _by_schedule(world: World, name: str, arn: str) -> None:
    may = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": arn}
    role = world.role(f"{name}-clock", [may], trust=SCHEDULER_TRUST)
    soon = datetime.now(UTC) + timedelta(seconds=1)
    for word in ("fail", "good"):
        world.client("scheduler").create_schedule(
            Name=f"{name}-{word}",
            ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": arn, "RoleArn": role, "Input": json.dumps({word: 1})},
        )


@pytest.mark.parametrize(
    ("service", "call"),
    [("events", _by_rule), ("sns", _by_topic), ("s3", _by_bucket), ("scheduler", _by_schedule)],
)
def test_every_sender_goes_by_the_settings_of_the_alias(
    world: World, service: str, call: Callable[[World, str, str], None]
) -> None:
    name = f"async-by-{service}"
    functions = world.client("lambda")
    good_url, good = make_queue(world, f"{name}-good")
    bad_url, bad = make_queue(world, f"{name}-bad")
    other_url, other = make_queue(world, f"{name}-other")
    send = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": [good, bad, other]}
    arn = make_function(world, name, CODE, [send])
    functions.publish_version(FunctionName=name)
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    functions.add_permission(
        FunctionName=name,
        StatementId="it",
        Action="lambda:InvokeFunction",
        Principal=f"{service}.amazonaws.com",
        Qualifier="live",
    )
    functions.put_function_event_invoke_config(
        FunctionName=name,
        MaximumRetryAttempts=0,
        DestinationConfig={
            "OnFailure": {"Destination": other},
            "OnSuccess": {"Destination": other},
        },
    )
    functions.put_function_event_invoke_config(
        FunctionName=name,
        Qualifier="live",
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": bad}, "OnSuccess": {"Destination": good}},
    )
    call(world, name, f"{arn}:live")
    failure, success = (_record(world, url) for url in (bad_url, good_url))
    assert failure["requestContext"] == {
        "requestId": failure["requestContext"]["requestId"],
        "functionArn": f"{arn}:live",
        "condition": "RetriesExhausted",
        "approximateInvokeCount": 2,
    }
    assert "fail" in json.dumps(failure["requestPayload"])
    assert failure["responseContext"]["functionError"] == "Unhandled"
    assert failure["responsePayload"]["errorType"] == "LookupError"
    assert "as asked" in failure["responsePayload"]["errorMessage"]
    assert success["requestContext"]["condition"] == "Success"
    assert success["requestContext"]["approximateInvokeCount"] == 1
    assert success["responsePayload"] == {"answer": 42}
    lines = [json.dumps(line["called"]) for line in logged(world, name)]
    assert len([line for line in lines if "fail" in line]) == 2
    assert received(world, other_url) == []


def _record(world: World, url: str) -> dict[str, Any]:
    (body,) = eventually(lambda: received(world, url))
    return dict(json.loads(body))


def test_what_no_function_takes_is_kept_by_the_topic_and_the_schedule(world: World) -> None:
    url, dead = make_queue(world, "nobody-dead")
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": dead,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    world.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    missing = make_function(world, "nobody", CODE)
    sns = world.client("sns")
    topic = sns.create_topic(Name="nobody")["TopicArn"]
    sns.subscribe(
        TopicArn=topic,
        Protocol="lambda",
        Endpoint=missing,
        Attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": dead})},
    )
    world.client("lambda").delete_function(FunctionName="nobody")
    sns.publish(TopicArn=topic, Message="lost?")
    assert _record(world, url)["Message"] == "lost?"
    may = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": dead}
    soon = datetime.now(UTC) + timedelta(seconds=1)
    schedule = world.client("scheduler").create_schedule(
        Name="nobody",
        ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": missing,
            "RoleArn": world.role("nobody-clock", [may], trust=SCHEDULER_TRUST),
            "Input": '{"lost": 1}',
            "DeadLetterConfig": {"Arn": dead},
        },
    )["ScheduleArn"]
    asked = {"QueueUrl": url, "MessageAttributeNames": ["All"]}
    (message,) = eventually(
        lambda: world.client("sqs").receive_message(**asked).get("Messages", [])
    )
    told = {key: item["StringValue"] for key, item in message["MessageAttributes"].items()}
    assert json.loads(message["Body"]) == {"lost": 1}
    assert (told["SCHEDULE_ARN"], told["TARGET_ARN"]) == (schedule, missing)
