"""What the role may do: a statement for each thing the tasks do, and a reason for each ``*``."""

from typing import Any

import pulumi
import pytest

from components.policy import allow
from components.state_machine import StateMachine, role
from components.testing import deploy

from .helpers import (
    CHARGING,
    CHILD,
    EXECUTIONS,
    FUNCTION,
    MACHINE,
    MACHINE_ARN,
    PASS,
    POLICY,
    QUEUE_ARN,
    REGION,
    TABLE,
    TOPIC,
    allowed,
    machine,
    one,
    refusal,
    statements,
    task,
    trusted,
)

BUS = f"arn:aws:events:{REGION}:event-bus"
RULE = f"arn:aws:events:{REGION}:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"
INVOKE = {"lambda:InvokeFunction": {f"{FUNCTION}:live", f"{FUNCTION}:*"}}
CHARGE = {"Charge": {"arn": f"{FUNCTION}:live", "timeout_seconds": 20}}
ORDERS = {"substitutions": {"Orders": "orders"}, "arns": {"Orders": TABLE}}
JOBS = {"substitutions": {"Jobs": "https://sqs/jobs"}, "arns": {"Jobs": QUEUE_ARN}}
KEY = {"Key": {"id": {"S": "1"}}}
TOKEN = {"token.$": "$$.Task.Token"}


@pytest.mark.parametrize(
    ("state", "args", "expected"),
    [
        (
            task("lambda:invoke", {"FunctionName": "${Charge}"}),
            {"functions": CHARGE},
            INVOKE,
        ),
        (task("${Charge}"), {"functions": CHARGE}, INVOKE),
        (
            task("lambda:invoke.waitForTaskToken", {"FunctionName": "${Charge}", "Payload": TOKEN}),
            {"functions": CHARGE},
            INVOKE,
        ),
        (
            task("lambda:invoke", {"FunctionName": FUNCTION}),
            {},
            {"lambda:InvokeFunction": {FUNCTION, f"{FUNCTION}:*"}},
        ),
        *(
            (
                task(f"dynamodb:{verb}Item", {"TableName": "${Orders}", **more}),
                ORDERS,
                {f"dynamodb:{verb.title()}Item": {TABLE}},
            )
            for verb, more in (
                ("get", KEY),
                ("put", {"Item": {}}),
                ("update", KEY),
                ("delete", KEY),
            )
        ),
        (
            task("dynamodb:getItem", {"TableName": TABLE, **KEY}),
            {},
            {"dynamodb:GetItem": {TABLE}},
        ),
        (
            task("sns:publish", {"TopicArn": "${News}", "Message": "x"}),
            {"substitutions": {"News": TOPIC}},
            {"sns:Publish": {TOPIC}},
        ),
        (
            task("sqs:sendMessage", {"QueueUrl": "${Jobs}", "MessageBody": "x"}),
            JOBS,
            {"sqs:SendMessage": {QUEUE_ARN}},
        ),
        (
            task("sqs:sendMessage.waitForTaskToken", {"QueueUrl": "${Jobs}", "MessageBody": TOKEN}),
            JOBS,
            {"sqs:SendMessage": {QUEUE_ARN}},
        ),
        (
            task("events:putEvents", {"Entries": [{"Source": "shop"}]}),
            {},
            {"events:PutEvents": {f"{BUS}/default"}},
        ),
        (
            task("events:putEvents", {"Entries": [{"EventBusName": "${Bus}"}, {}]}),
            {"substitutions": {"Bus": "shop"}, "arns": {"Bus": f"{BUS}/shop"}},
            {"events:PutEvents": {f"{BUS}/shop", f"{BUS}/default"}},
        ),
        (
            task("states:startExecution", {"StateMachineArn": "${Child}"}),
            {"substitutions": {"Child": f"{CHILD}:live"}},
            {"states:StartExecution": {CHILD, f"{CHILD}:live"}},
        ),
        (
            task("states:startExecution.sync:2", {"StateMachineArn": "${Child}"}),
            {"substitutions": {"Child": CHILD}},
            {
                "states:StartExecution": {CHILD},
                "states:DescribeExecution": {f"arn:aws:states:{REGION}:execution:child:*"},
                "states:StopExecution": {f"arn:aws:states:{REGION}:execution:child:*"},
                "events:DescribeRule": {RULE},
                "events:PutRule": {RULE},
                "events:PutTargets": {RULE},
            },
        ),
        (
            task("aws-sdk:dynamodb:query", {"TableName": "x"}),
            {"permissions": [allow("dynamodb:Qu*", TABLE)]},
            {"dynamodb:Qu*": {TABLE}},
        ),
        (
            task(f"arn:aws:states:{REGION}:activity:pack"),
            {},
            {},
        ),
        (
            task(
                "lambda:invoke",
                {"FunctionName": f"{FUNCTION}:live"},
                Credentials={"RoleArn": "arn:aws:iam::210987654321:role/theirs"},
            ),
            {},
            {"sts:AssumeRole": {"arn:aws:iam::210987654321:role/theirs"}},
        ),
    ],
)
def test_each_task_is_allowed_what_it_does(
    state: dict[str, Any], args: dict[str, Any], expected: dict[str, set[str]]
) -> None:
    deployment = machine(definition=one(state), **args)
    assert allowed(deployment) == expected


def test_tasks_in_branches_and_maps_count_and_equal_actions_share_a_statement() -> None:
    inner = one(task("lambda:invoke", {"FunctionName": "${Charge}"}))
    document = {
        "StartAt": "Fan",
        "States": {
            "Fan": {"Type": "Parallel", "Branches": [inner], "Next": "Each"},
            "Each": {
                "Type": "Map",
                "ItemProcessor": {
                    "StartAt": "Ship",
                    "States": {"Ship": task("lambda:invoke", {"FunctionName": "${Ship}"})},
                },
                "End": True,
            },
        },
    }
    ship = {"arn": f"{FUNCTION}-ship:live", "timeout_seconds": 20}
    deployment = machine(definition=document, functions={**CHARGE, "Ship": ship})
    (found,) = [
        item for item in statements(deployment) if item["Action"] == ["lambda:InvokeFunction"]
    ]
    assert set(found["Resource"]) == {
        *(f"{FUNCTION}:live", f"{FUNCTION}:*"),
        *(f"{FUNCTION}-ship:live", f"{FUNCTION}-ship:*"),
    }


def test_only_what_has_no_resource_is_allowed_on_everything() -> None:
    deployment = machine(tracing=True, **CHARGING)
    wide = {tuple(item["Action"]) for item in statements(deployment) if "*" in item["Resource"]}
    assert wide == {tuple(sorted(role.LOG_ACTIONS)), tuple(sorted(role.TRACING_ACTIONS))}
    plain = machine(log_level="OFF", **CHARGING)
    assert all("*" not in item["Resource"] for item in statements(plain))


def test_a_machine_that_does_nothing_has_no_policy() -> None:
    deployment = machine(definition=PASS, log_level="OFF")
    assert deployment.of(POLICY) == []
    assert deployment.one(MACHINE).inputs["loggingConfiguration"] == {"level": "OFF"}


def test_only_step_functions_of_this_account_takes_the_role() -> None:
    assert trusted(machine()) == {
        "Action": "sts:AssumeRole",
        "Effect": "Allow",
        "Principal": {"Service": "states.amazonaws.com"},
        "Condition": {
            "StringEquals": {"aws:SourceAccount": "123456789012"},
            "ArnLike": {"aws:SourceArn": f"arn:aws:states:{REGION}:stateMachine:*"},
        },
    }


def test_the_machine_waits_for_its_policy() -> None:
    deployment = machine(**CHARGING)
    assert deployment.one(POLICY, "orders").urn in deployment.one(MACHINE).depends_on


def test_a_distributed_map_may_start_the_machine_itself_and_nothing_else() -> None:
    inner = {**PASS, "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    state: dict[str, Any] = {
        "Type": "Map",
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON"},
            "Parameters": {"Bucket": "b", "Key": "k"},
        },
        "ItemProcessor": inner,
        "MaxConcurrency": 10,
        "End": True,
    }
    read = allow("s3:GetObject", "arn:aws:s3:::b/*")
    deployment = machine(definition=one(state), permissions=[read])
    runs = {EXECUTIONS, f"{EXECUTIONS.removesuffix(':*')}/*"}
    assert allowed(deployment, "orders-maps") == {
        "states:StartExecution": {MACHINE_ARN},
        "states:DescribeExecution": runs,
        "states:RedriveExecution": runs,
        "states:StopExecution": runs,
    }
    words = refusal(definition=one(state))
    assert words.startswith("state 'Step', ItemReader, needs s3:GetObject, and on which objects")
    state["ResultWriter"] = {
        "Resource": "arn:aws:states:::s3:putObject",
        "Parameters": {"Bucket": "b", "Prefix": "p"},
    }
    assert "ResultWriter, needs s3:PutObject" in refusal(definition=one(state), permissions=[read])


GIVE = "give the ARN as arns={'Orders': ...}"


@pytest.mark.parametrize(
    ("state", "args", "words"),
    [
        (
            task("dynamodb:getItem", {"TableName": "${Orders}", **KEY}),
            {"substitutions": {"Orders": "orders"}},
            "state 'Step' needs dynamodb:GetItem, and that cannot be derived: ${Orders} stands for "
            f"'orders', no ARN of dynamodb. Next step: {GIVE}.",
        ),
        (
            task("dynamodb:getItem", {"TableName": "orders", **KEY}),
            {},
            "the table (TableName) is 'orders', which is no ARN. Next step: write it as a "
            "placeholder such as '${Step}', and its ARN in arns.",
        ),
        (
            task("dynamodb:getItem", {"TableName.$": "$.table", **KEY}),
            {},
            "the table (TableName) is chosen at run time. Next step: "
            "permissions=[allow('dynamodb:GetItem', ...)] with the ARNs that it may be.",
        ),
        (
            task("sqs:sendMessage", {"QueueUrl": "${Orders}", "MessageBody": "x"}),
            {"substitutions": {"Orders": "https://sqs/orders"}, "arns": {"Orders": TABLE}},
            f"arns.Orders='{TABLE}' is not valid. Allowed: an ARN of sqs",
        ),
        (
            task("sns:publish", {"TopicArn": "${Charge}", "Message": "x"}),
            {"functions": CHARGE},
            "${Charge} is a function. Next step: name what the task works on (sns).",
        ),
        (
            task("events:putEvents", {"Entries": [{"EventBusName": "shop"}]}),
            {},
            "the event bus (EventBusName) is 'shop', which is no ARN.",
        ),
        (
            task("events:putEvents", {"Entries.$": "$.events"}),
            {},
            "the event bus (Entries) is chosen at run time.",
        ),
        (
            task("states:startExecution", {"StateMachineArn.$": "$.child"}),
            {},
            "needs states:StartExecution, and that cannot be derived: the machine",
        ),
        (
            task("aws-sdk:dynamodb:putItem.waitForTaskToken", {"Item": {"t.$": "$$.Task.Token"}}),
            {"permissions": [allow("dynamodb:GetItem", TABLE)]},
            "state 'Step' calls dynamodb:putItem, and what that may touch cannot be derived. Next "
            "step: permissions=[allow('dynamodb:PutItem', ...)] with the ARNs of what it works on.",
        ),
        (task("aws-sdk:s3:listObjectsV2", {}), {}, "permissions=[allow('s3:ListBucket', ...)]"),
        (
            task("aws-sdk:sfn:startSyncExecution", {}),
            {},
            "permissions=[allow('states:StartSyncExecution', ...)]",
        ),
        (
            task("ecs:runTask.sync", {}),
            {},
            "permissions=[allow('ecs:RunTask', ...)] with the ARNs of what it works on and what "
            "its .sync needs.",
        ),
        (
            task("lambda:invoke", {"FunctionName": FUNCTION}, Credentials={"RoleArn.$": "$.role"}),
            {},
            "needs sts:AssumeRole, and that cannot be derived: the role (Credentials.RoleArn)",
        ),
    ],
)
def test_what_cannot_be_derived_is_refused_with_what_to_write(
    state: dict[str, Any], args: dict[str, Any], words: str
) -> None:
    assert words in refusal(definition=one(state), **args)


def test_what_is_chosen_at_run_time_is_left_to_the_permissions() -> None:
    state = task("dynamodb:getItem", {"TableName.$": "$.table", **KEY})
    deployment = machine(definition=one(state), permissions=[allow("dynamodb:Get*", TABLE)])
    assert allowed(deployment) == {"dynamodb:Get*": {TABLE}}


def test_an_activity_may_turn_out_to_be_one() -> None:
    arn = f"arn:aws:states:{REGION}:activity:pack"

    def program() -> None:
        later = pulumi.Output.from_input(arn)
        StateMachine(
            "orders", {"definition": one(task("${Pack}")), "substitutions": {"Pack": later}}
        )

    assert allowed(deploy(program)) == {}


def test_iam_may_call_a_service_otherwise_than_the_sdk() -> None:
    state = task("aws-sdk:oddly:doIt", {})
    permissions = [allow("odd:DoIt", "arn:aws:odd:us-east-1:123456789012:x")]
    assert "odd:DoIt" in allowed(machine(definition=one(state), permissions=permissions))
