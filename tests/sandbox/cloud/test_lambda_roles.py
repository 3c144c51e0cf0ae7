"""Roles decide what Lambda may read and what the Scheduler may call."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .functions import eventually, logged, make_function, make_queue, received
from .world import World

pytestmark = pytest.mark.sandbox

CODE = """
import json
def handler(event, context):
    print(json.dumps({"called": event}))
"""


def test_a_stream_that_the_role_may_not_read_is_refused_in_aws_words(world: World) -> None:
    make_function(world, "no-stream", CODE)
    table = world.client("dynamodb").create_table(
        TableName="unread",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]
    wanted = {"FunctionName": "no-stream", "EventSourceArn": table["LatestStreamArn"]}
    with pytest.raises(ClientError, match="Please ensure the role can perform the GetRecords"):
        world.client("lambda").create_event_source_mapping(**wanted, StartingPosition="LATEST")
    statement = {
        "Effect": "Allow",
        "Action": ["dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream"],
        "Resource": table["LatestStreamArn"],
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    world.client("iam").put_role_policy(
        RoleName="no-stream-role", PolicyName="read", PolicyDocument=document
    )
    world.client("lambda").create_event_source_mapping(**wanted, StartingPosition="LATEST")


def test_a_mapping_is_not_given_to_a_function_that_may_not_read(world: World) -> None:
    functions = world.client("lambda")
    _, queue = make_queue(world, "handed-over")
    actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    may = {"Effect": "Allow", "Action": actions, "Resource": queue}
    make_function(world, "may-read", CODE, [may])
    make_function(world, "may-not-read", CODE)
    made = functions.create_event_source_mapping(FunctionName="may-read", EventSourceArn=queue)
    wanted = (
        "InvalidParameterValueException.*does not have permissions to call ReceiveMessage on SQS"
    )
    with pytest.raises(ClientError, match=wanted):
        functions.update_event_source_mapping(UUID=made["UUID"], FunctionName="may-not-read")
    found = functions.get_event_source_mapping(UUID=made["UUID"])
    assert found["FunctionArn"].endswith(":may-read")
    functions.update_event_source_mapping(UUID=made["UUID"], BatchSize=5)
    world.client("iam").delete_role_policy(RoleName="may-read-role", PolicyName="inline")
    with pytest.raises(ClientError, match="ReceiveMessage on SQS"):
        functions.update_event_source_mapping(UUID=made["UUID"], BatchSize=6)
    functions.update_event_source_mapping(UUID=made["UUID"], Enabled=False)


GROUP = "arn:aws:scheduler:us-east-1:123456789012:schedule-group"


@pytest.mark.parametrize(
    ("case", "statement", "fires"),
    [
        ("own-group", {"Condition": {"ArnLike": {"aws:SourceArn": f"{GROUP}/default"}}}, True),
        ("other-group", {"Condition": {"ArnLike": {"aws:SourceArn": f"{GROUP}/x"}}}, False),
        ("denied", {"Effect": "Deny"}, False),
        ("lambda-alone", {"Principal": {"Service": "lambda.amazonaws.com"}}, False),
    ],
)
def test_the_scheduler_takes_on_a_role_only_as_it_trusts(
    world: World, case: str, statement: dict[str, Any], fires: bool
) -> None:
    name = f"trust-{case}"
    arn = make_function(world, name, CODE)
    url, dead = make_queue(world, f"{name}-dead")
    whole = {
        "Effect": "Allow",
        "Principal": {"Service": "scheduler.amazonaws.com"},
        "Action": "sts:AssumeRole",
        **statement,
    }
    may = [
        {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": arn},
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": dead},
    ]
    trust = {"Version": "2012-10-17", "Statement": [whole]}
    role = world.role(f"{name}-clock", may, trust=trust)
    soon = datetime.now(UTC) + timedelta(seconds=1)
    world.client("scheduler").create_schedule(
        Name=name,
        ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": arn, "RoleArn": role, "Input": "{}", "DeadLetterConfig": {"Arn": dead}},
    )
    if fires:
        eventually(lambda: logged(world, name))
    else:
        said = f"scheduler.amazonaws.com may not assume {role} for {GROUP}/default"
        eventually(lambda: said in (world.state / "cloud.log").read_text())
        assert logged(world, name) == []
        # The role that cannot be taken on cannot send the event away either.
        assert received(world, url) == []
