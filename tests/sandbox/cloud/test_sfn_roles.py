"""A task does what the machine's role may do, and nothing else."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .functions import make_function, make_queue, received
from .machines import TRUST, allow, document, make_machine, result, run
from .world import World

pytestmark = pytest.mark.sandbox

CODE = "def handler(event, context):\n    return context.invoked_function_arn"


def _task(resource: str, parameters: dict[str, Any]) -> dict[str, Any]:
    return {"Work": {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True}}


def test_a_function_is_invoked_by_the_qualifier_that_is_allowed(world: World) -> None:
    functions = world.client("lambda")
    arn = make_function(world, "ruled", CODE)
    functions.publish_version(FunctionName="ruled")
    functions.create_alias(FunctionName="ruled", Name="live", FunctionVersion="1")
    states = {
        "Work": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName.$": "$.name"},
            "OutputPath": "$.Payload",
            "End": True,
        }
    }
    statement = allow("lambda:InvokeFunction", f"{arn}:live")
    machine = make_machine(world, "ruled", states, [statement])
    assert result(world, machine, {"name": f"{arn}:live"}) == f"{arn}:live"
    assert result(world, machine, {"name": "ruled:live"}) == f"{arn}:live"
    for other in (arn, f"{arn}:1", "ruled"):
        told = run(world, machine, {"name": other})
        assert told["error"] == "Lambda.AWSLambdaException"
        assert "is not authorized to perform: lambda:InvokeFunction on resource" in told["cause"]
    direct = {"Work": {"Type": "Task", "Resource": f"{arn}:live", "End": True}}
    machine = make_machine(world, "ruled-bare", direct, [statement])
    assert result(world, machine) == f"{arn}:live"
    direct = {"Work": {"Type": "Task", "Resource": arn, "End": True}}
    assert run(world, make_machine(world, "ruled-not", direct, [statement]))["error"] == (
        "Lambda.AWSLambdaException"
    )


def test_services_are_asked_for_on_what_they_work_on(world: World) -> None:
    url, queue = make_queue(world, "ruled")
    topic = world.client("sns").create_topic(Name="ruled")["TopicArn"]
    for name in ("ruled", "ruled-other"):
        world.client("dynamodb").create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    account, region = world.cloud.account, world.cloud.region
    table = f"arn:aws:dynamodb:{region}:{account}:table/ruled"
    bus = f"arn:aws:events:{region}:{account}:event-bus/default"
    item = {"id": {"S": "a"}}
    entry = {"Source": "ruled", "DetailType": "x", "Detail": {}}
    calls: dict[str, tuple[str, dict[str, Any], str, str, str]] = {
        "put": ("dynamodb:putItem", {"TableName": "ruled", "Item": item},
                "dynamodb:PutItem", table, "DynamoDB.AmazonDynamoDBException"),
        "send": ("sqs:sendMessage", {"QueueUrl": url, "MessageBody": {"by": "role"}},
                 "sqs:SendMessage", queue, "SQS.AmazonSQSException"),
        "publish": ("sns:publish", {"TopicArn": topic, "Message": "m"},
                    "sns:Publish", topic, "SNS.AuthorizationErrorException"),
        "event": ("events:putEvents", {"Entries": [entry]},
                  "events:PutEvents", bus, "EventBridge.AmazonEventBridgeException"),
        "query": ("aws-sdk:dynamodb:getItem", {"TableName": "ruled", "Key": item},
                  "dynamodb:GetItem", table, "DynamoDb.DynamoDbException"),
        "list": ("aws-sdk:sqs:listQueues", {}, "sqs:ListQueues", "*", "Sqs.SqsException"),
        "purge": ("aws-sdk:sqs:getQueueAttributes", {"QueueUrl": url},
                  "sqs:GetQueueAttributes", queue, "Sqs.SqsException"),
    }  # fmt: skip
    for name, (resource, parameters, action, thing, error) in calls.items():
        states = _task(f"arn:aws:states:::{resource}", parameters)
        made = make_machine(world, f"ruled-{name}", states, [allow(action, thing)])
        told = run(world, made)
        assert told["status"] == "SUCCEEDED", (name, told)
        elsewhere = f"{thing}-other" if thing != "*" else "arn:aws:s3:::x"
        wrong = [
            allow("s3:GetObject", thing),
            *([allow(action, elsewhere)] if thing != "*" else []),
        ]
        told = run(world, make_machine(world, f"ruled-{name}-not", states, wrong))
        assert told.get("error") == error, (name, told)
        assert f"is not authorized to perform: {action} on resource: {thing}" in told["cause"]
    assert [json.loads(body) for body in received(world, url)] == [{"by": "role"}]


def test_a_permission_that_goes_while_it_runs_fails_the_next_task(world: World) -> None:
    arn = make_function(world, "revoked", CODE)
    states = _task("arn:aws:states:::lambda:invoke", {"FunctionName": arn})
    machine = make_machine(world, "revoked", states, [allow("lambda:InvokeFunction", arn)])
    assert run(world, machine)["status"] == "SUCCEEDED"
    world.client("iam").delete_role_policy(RoleName="revoked-states", PolicyName="inline")
    assert run(world, machine)["error"] == "Lambda.AWSLambdaException"


def test_a_machine_needs_a_role_that_trusts_step_functions(world: World) -> None:
    client = world.client("stepfunctions")
    definition = document({"A": {"Type": "Pass", "End": True}})
    foreign = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "states.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:states:*:*:stateMachine:x-*"}},
            }
        ],
    }
    roles = {
        "other service": world.role("sfn-untrusted"),
        "other machine": world.role("sfn-foreign", trust=foreign),
        "none": f"arn:aws:iam::{world.cloud.account}:role/sfn-none",
    }
    for role in roles.values():
        with pytest.raises(ClientError, match=r"authorized to assume the provided role"):
            client.create_state_machine(name="untrusted", definition=definition, roleArn=role)
    good = world.role("sfn-trusted", trust=TRUST)
    made = client.create_state_machine(name="trusted", definition=definition, roleArn=good)
    with pytest.raises(ClientError, match=r"authorized to assume the provided role"):
        client.update_state_machine(
            stateMachineArn=made["stateMachineArn"], roleArn=roles["other service"]
        )


def test_a_nested_execution_is_started_and_waited_for_with_the_role(world: World) -> None:
    inner = make_machine(
        world,
        "nested-inner",
        {
            "Ask": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.fail", "BooleanEquals": True, "Next": "No"}],
                "Default": "Yes",
            },
            "Yes": {"Type": "Pass", "Result": {"n": 1}, "End": True},
            "No": {"Type": "Fail", "Error": "Inner", "Cause": "as asked"},
        },
    )
    parameters = {"StateMachineArn": inner, "Input.$": "$"}
    states = _task("arn:aws:states:::states:startExecution.sync:2", parameters)
    may = [allow("states:StartExecution", inner)]
    outer = make_machine(world, "nested-outer", states, may)
    told = result(world, outer, {"fail": False})
    assert (told["Status"], told["Output"]) == ("SUCCEEDED", {"n": 1})
    told = run(world, outer, {"fail": True})
    assert told["error"] == "States.TaskFailed"
    assert json.loads(told["cause"])["Error"] == "Inner"
    told = run(world, make_machine(world, "nested-not", states), {"fail": False})
    assert told["error"] == "StepFunctions.AWSStepFunctionsException"


def test_a_task_may_have_credentials_of_its_own(world: World) -> None:
    arn = make_function(world, "lent", CODE)
    states = {
        "Work": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Credentials": {"RoleArn.$": "$.role"},
            "Parameters": {"FunctionName": arn},
            "OutputPath": "$.Payload",
            "End": True,
        }
    }
    account = world.cloud.account
    own = f"arn:aws:iam::{account}:role/lent-states"
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": own}, "Action": "sts:AssumeRole"}],
    }
    may = [allow("lambda:InvokeFunction", arn)]
    lent, closed, other = (
        f"arn:aws:iam::{account}:role/lent-{name}" for name in ("other", "closed", "unknown")
    )
    machine = make_machine(world, "lent", states, [allow("sts:AssumeRole", lent, closed)])
    world.role("lent-other", may, trust=trust)
    world.role("lent-closed", may)
    assert result(world, machine, {"role": lent}) == arn
    for role, why in ((closed, "does not let"), (other, "not authorized to perform")):
        told = run(world, machine, {"role": role})
        assert told["error"] == "States.Permissions"
        assert why in told["cause"]
