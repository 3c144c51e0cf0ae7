"""The role: what it may do, and that each action is there for a reason."""

import json
from typing import Any

import pytest

from components.policy import allow

from .helpers import (
    EVERY_TRIGGER,
    FAILURES_ARN,
    NETWORK,
    PARAMETER,
    SECRET,
    allowed,
    function,
    statements,
)

LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
SEND = {"sqs:SendMessage"}
LEAST = LOGS | SEND
INTERFACES = {
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
}
ACCESS_POINT = "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-1"
FILES = {"access_point_arn": ACCESS_POINT, "mount_path": "/mnt/files"}
TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table"


def test_without_options_it_writes_its_logs_and_hands_over_what_failed() -> None:
    assert allowed(function()) == {
        "logs:CreateLogStream": {"arn:aws:logs:us-east-1:123456789012:log-group:events:*"},
        "logs:PutLogEvents": {"arn:aws:logs:us-east-1:123456789012:log-group:events:*"},
        "sqs:SendMessage": {FAILURES_ARN},
    }


def test_the_role_has_no_managed_policy_and_is_lambda_s_alone() -> None:
    deployment = function(vpc={"network": NETWORK}, tracing=True)
    assert deployment.of("aws:iam/rolePolicyAttachment:RolePolicyAttachment") == []
    inputs = deployment.one("aws:iam/role:Role", "events").inputs
    assert "managedPolicyArns" not in inputs
    (statement,) = json.loads(inputs["assumeRolePolicy"])["Statement"]
    assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert statement["Action"] == "sts:AssumeRole"


@pytest.mark.parametrize(
    ("args", "added"),
    [
        ({"tracing": True}, {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}),
        ({"secrets": {"KEY": SECRET}}, {"secretsmanager:GetSecretValue"}),
        ({"secrets": {"KEY": PARAMETER}}, {"ssm:GetParameter"}),
        ({"vpc": {"network": NETWORK}}, INTERFACES),
        (
            {"vpc": {"network": NETWORK}, "file_system": FILES},
            INTERFACES | {"elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"},
        ),
        (
            {"vpc": {"network": NETWORK}, "file_system": {**FILES, "read_only": True}},
            INTERFACES | {"elasticfilesystem:ClientMount"},
        ),
        (
            {"idempotency": True},
            {f"dynamodb:{verb}Item" for verb in ("Get", "Put", "Update", "Delete")},
        ),
        ({"permissions": [allow("ses:SendEmail", "arn:aws:ses:::x")]}, {"ses:SendEmail"}),
        (
            {"triggers": {"sqs": {"jobs": {}}}},
            {
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:ChangeMessageVisibility",
            },
        ),
        ({"triggers": {key: EVERY_TRIGGER[key] for key in ("rest_api", "url", "sns")}}, set()),
        (
            {"failures": {"success_arn": "arn:aws:sns:us-east-1:123456789012:done"}},
            {"sns:Publish"},
        ),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_an_option_brings_its_actions_and_no_others(args: dict[str, Any], added: set[str]) -> None:
    assert allowed(function(**args)).keys() == LEAST | added


@pytest.mark.parametrize(
    ("arn", "granted"),
    [
        ("arn:aws:sqs:us-east-1:123456789012:lost", {"sqs:SendMessage"}),
        ("arn:aws:sns:us-east-1:123456789012:lost", {"sns:Publish"}),
        ("arn:aws:lambda:us-east-1:123456789012:function:undo:live", {"lambda:InvokeFunction"}),
        ("arn:aws:events:us-east-1:123456789012:event-bus/lost", {"events:PutEvents"}),
    ],
)
def test_a_destination_of_one_s_own_replaces_the_failure_queue(arn: str, granted: set[str]) -> None:
    found = allowed(function(failures={"destination_arn": arn}))
    assert found.keys() == LOGS | granted
    assert [found[action] for action in granted] == [{arn}]


def test_a_bucket_as_destination_gets_objects_and_nothing_else() -> None:
    found = allowed(function(failures={"destination_arn": "arn:aws:s3:::lost"}))
    assert found.keys() == LOGS | {"s3:PutObject", "s3:ListBucket"}
    assert found["s3:PutObject"] == {"arn:aws:s3:::lost/*"}
    assert found["s3:ListBucket"] == {"arn:aws:s3:::lost"}


def test_only_what_has_no_resources_is_allowed_on_all_of_them() -> None:
    deployment = function(
        tracing=True,
        vpc={"network": NETWORK},
        file_system=FILES,
        idempotency=True,
        secrets={"KEY": SECRET},
        triggers=EVERY_TRIGGER,
    )
    everywhere = {
        action
        for statement in statements(deployment)
        for action in statement["Action"]
        if "*" in statement["Resource"]
    }
    assert everywhere == INTERFACES | {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}


def test_network_interfaces_are_lambda_s_business_and_not_the_handler_s() -> None:
    found = next(
        item
        for item in statements(function(vpc={"network": NETWORK}))
        if "ec2:CreateNetworkInterface" in item["Action"]
    )
    assert found["Condition"] == {"Null": {"lambda:SourceFunctionArn": ["true"]}}


def test_files_are_reached_through_the_access_point_only() -> None:
    found = next(
        item
        for item in statements(function(vpc={"network": NETWORK}, file_system=FILES))
        if "elasticfilesystem:ClientMount" in item["Action"]
    )
    assert found["Condition"] == {
        "StringEquals": {"elasticfilesystem:AccessPointArn": [ACCESS_POINT]}
    }
    assert found["Resource"] == ["arn:aws:elasticfilesystem:us-east-1:123456789012:file-system/*"]


def test_the_table_of_processed_calls_is_the_only_one() -> None:
    found = allowed(function(idempotency=True))
    assert found["dynamodb:PutItem"] == {f"{TABLE}/events-idempotency"}
