"""Lives of state machines, their aliases, activities and pipes."""

from collections.abc import Mapping
from typing import Any

from sandbox.providers.base import Outputs

from .apis import queue
from .looks import SEEN1, SEEN2, T1, T2, unless_gone
from .workflows import ECHO, FAIL, MACHINE, allowing, machine, role, states_role, trust
from .world import Case, World, tags_of

GROUP = "/aws/vendedlogs/states/case"


def _tags(world: World, arn: str) -> dict[str, str]:
    found = world.client("stepfunctions").list_tags_for_resource(resourceArn=arn)["tags"]
    return tags_of(found, "key", "value")


@unless_gone
def _machine(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    client = world.client("stepfunctions")
    versions = client.list_state_machine_versions(stateMachineArn=id)["stateMachineVersions"]
    found = client.describe_state_machine(stateMachineArn=id)
    assert outputs["revisionId"] == found["revisionId"]
    return {
        **found,
        "version": (outputs["stateMachineVersionArn"] or "").removeprefix(id),
        "versions": len(versions),
        "tags": _tags(world, id),
    }


@unless_gone
def _alias(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    return dict(world.client("stepfunctions").describe_state_machine_alias(stateMachineAliasArn=id))


@unless_gone
def _activity(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    found = world.client("stepfunctions").describe_activity(activityArn=id)
    return {**found, "tags": _tags(world, id)}


@unless_gone
def _pipe(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    client = world.client("pipes")
    found = client.describe_pipe(Name=id)
    return {**found, "tags": client.list_tags_for_resource(resourceArn=outputs["arn"])["tags"]}


def _log_group(world: World) -> str:
    logs = world.client("logs")
    if not logs.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"]:
        logs.create_log_group(logGroupName=GROUP)
    return f"arn:aws:logs:us-east-1:123456789012:log-group:{GROUP}:*"


def _versions(world: World) -> list[str]:
    """Two versions of a machine."""
    if "_case_versions" not in world.__dict__:
        arn, client = machine(world, "case-versions"), world.client("stepfunctions")
        world.__dict__["_case_versions"] = [
            client.update_state_machine(stateMachineArn=arn, definition=definition, publish=True)[
                "stateMachineVersionArn"
            ]
            for definition in (FAIL, ECHO)
        ]
    found: list[str] = world.__dict__["_case_versions"]
    return found


def _other_role(world: World) -> str:
    return role(world, "workflow-other", trust("states"), allowing((["logs:*"], "*")))


def _pipe_role(world: World, side: str) -> str:
    allowed = allowing((["sqs:*"], "*"), (["states:StartExecution"], "*"))
    return role(world, f"pipe-{side}", trust("pipes"), allowed)


CASES = [
    Case(
        MACHINE,
        lambda w: {
            "name": "case",
            "definition": ECHO,
            "roleArn": states_role(w),
            "type": "EXPRESS",
            "publish": True,
            "loggingConfiguration": {
                "level": "ALL",
                "includeExecutionData": True,
                "logDestination": _log_group(w),
            },
            "encryptionConfiguration": {
                "type": "CUSTOMER_MANAGED_KMS_KEY",
                "kmsKeyId": w.keys[0],
                "kmsDataKeyReusePeriodSeconds": 60,
            },
            "tags": T1,
        },
        _machine,
        lambda w: {
            "name": "case",
            "definition": ECHO,
            "roleArn": states_role(w),
            "type": "EXPRESS",
            "status": "ACTIVE",
            "version": ":1",
            "versions": 1,
            "loggingConfiguration": {
                "level": "ALL",
                "includeExecutionData": True,
                "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": _log_group(w)}}],
            },
            "encryptionConfiguration": {
                "type": "CUSTOMER_MANAGED_KMS_KEY",
                "kmsKeyId": w.keys[0],
                "kmsDataKeyReusePeriodSeconds": 60,
            },
            "tags": SEEN1,
        },
        lambda w: {
            "definition": FAIL,
            "roleArn": _other_role(w),
            "loggingConfiguration": None,
            "encryptionConfiguration": None,
            "tracingConfiguration": {"enabled": True},
            "tags": T2,
        },
        lambda w: {
            "definition": FAIL,
            "roleArn": _other_role(w),
            "version": ":2",
            "versions": 2,
            "loggingConfiguration": {
                "level": "OFF",
                "includeExecutionData": False,
                "destinations": [],
            },
            "encryptionConfiguration": {"type": "AWS_OWNED_KEY"},
            "tags": SEEN2,
        },
    ),
    Case(
        MACHINE,
        lambda w: {"namePrefix": "pre-", "definition": ECHO, "roleArn": states_role(w)},
        lambda w, id, o: (seen := _machine(w, id, o)) and {**seen, "prefix": seen["name"][:4]},
        lambda w: {"prefix": "pre-", "type": "STANDARD", "version": "", "versions": 0},
        lambda w: {"tags": T2},
        lambda w: {"tags": SEEN2, "versions": 0},
        label="prefix",
    ),
    Case(
        "aws:sfn/alias:Alias",
        lambda w: {
            "name": "live",
            "description": "one",
            "routingConfigurations": [
                {"stateMachineVersionArn": _versions(w)[0], "weight": 100.0},
            ],
        },
        _alias,
        lambda w: {
            "name": "live",
            "description": "one",
            "routingConfiguration": [{"stateMachineVersionArn": _versions(w)[0], "weight": 100}],
        },
        lambda w: {
            "description": "two",
            "routingConfigurations": [
                {"stateMachineVersionArn": _versions(w)[0], "weight": 10},
                {"stateMachineVersionArn": _versions(w)[1], "weight": 90},
            ],
        },
        lambda w: {
            "description": "two",
            "routingConfiguration": [
                {"stateMachineVersionArn": _versions(w)[0], "weight": 10},
                {"stateMachineVersionArn": _versions(w)[1], "weight": 90},
            ],
        },
    ),
    Case(
        "aws:sfn/activity:Activity",
        lambda w: {"name": "by-hand", "tags": T1},
        _activity,
        lambda w: {"name": "by-hand", "tags": SEEN1},
        lambda w: {"tags": T2},
        lambda w: {"tags": SEEN2},
    ),
    Case(
        "aws:pipes/pipe:Pipe",
        lambda w: {
            "name": "orders",
            "description": "one",
            "desiredState": "STOPPED",
            "roleArn": _pipe_role(w, "a"),
            "source": queue(w, "case-pipe")[1],
            "sourceParameters": {
                "filterCriteria": {"filters": [{"pattern": '{"body": {"a": [1]}}'}]},
                "sqsQueueParameters": {"batchSize": 20, "maximumBatchingWindowInSeconds": 2},
            },
            "target": machine(w, "case-piped"),
            "targetParameters": {
                "inputTemplate": '{"body": <$.body>}',
                "stepFunctionStateMachineParameters": {"invocationType": "FIRE_AND_FORGET"},
            },
            "tags": T1,
        },
        _pipe,
        lambda w: {
            "Name": "orders",
            "Description": "one",
            "CurrentState": "STOPPED",
            "RoleArn": _pipe_role(w, "a"),
            "Source": queue(w, "case-pipe")[1],
            "SourceParameters": {
                "FilterCriteria": {"Filters": [{"Pattern": '{"body": {"a": [1]}}'}]},
                "SqsQueueParameters": {"BatchSize": 20, "MaximumBatchingWindowInSeconds": 2},
            },
            "Target": machine(w, "case-piped"),
            "TargetParameters": {
                "InputTemplate": '{"body": <$.body>}',
                "StepFunctionStateMachineParameters": {"InvocationType": "FIRE_AND_FORGET"},
            },
            "tags": SEEN1,
        },
        lambda w: {
            "description": "two",
            "desiredState": "RUNNING",
            "roleArn": _pipe_role(w, "b"),
            "target": machine(w, "case-piped-express", type="EXPRESS"),
            "sourceParameters": None,
            "targetParameters": None,
            "tags": T2,
        },
        lambda w: {
            "Description": "two",
            "CurrentState": "RUNNING",
            "RoleArn": _pipe_role(w, "b"),
            "Target": machine(w, "case-piped-express", type="EXPRESS"),
            "SourceParameters": {
                "FilterCriteria": {"Filters": []},
                "SqsQueueParameters": {"BatchSize": 10, "MaximumBatchingWindowInSeconds": 0},
            },
            "TargetParameters": {
                "InputTemplate": "",
                "StepFunctionStateMachineParameters": {"InvocationType": "REQUEST_RESPONSE"},
            },
            "tags": SEEN2,
        },
    ),
    Case(
        "aws:pipes/pipe:Pipe",
        lambda w: {
            "namePrefix": "pre-",
            "roleArn": _pipe_role(w, "a"),
            "source": queue(w, "case-pipe")[1],
            "target": machine(w, "case-piped-express", type="EXPRESS"),
        },
        lambda w, id, o: (seen := _pipe(w, id, o)) and {"prefix": seen["Name"][:4]},
        lambda w: {"prefix": "pre-"},
        label="prefix",
    ),
]
