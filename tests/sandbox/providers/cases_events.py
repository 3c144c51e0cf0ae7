"""Lives of rules, buses, schedules and user pools."""

from collections.abc import Mapping
from typing import Any

from sandbox.providers.base import Outputs

from .apis import queue, role
from .looks import SEEN1, SEEN2, T1, T2, unless_gone
from .world import Case, World, tags_of

RULE = "aws:cloudwatch/eventRule:EventRule"
ONE, TWO = '{"source": ["one"]}', '{"source": ["two"]}'


def _tags(world: World, outputs: Outputs) -> dict[str, str]:
    found = world.client("events").list_tags_for_resource(ResourceARN=outputs["arn"])
    return tags_of(found["Tags"])


@unless_gone
def _bus(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    found = world.client("events").describe_event_bus(Name=id)
    return {**found, "tags": _tags(world, outputs)}


@unless_gone
def _rule(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    found = world.client("events").describe_rule(
        Name=outputs["name"], EventBusName=outputs["eventBusName"]
    )
    return {**found, "tags": _tags(world, outputs)}


def _target(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    found = world.client("events").list_targets_by_rule(
        Rule=outputs["rule"], EventBusName=outputs["eventBusName"]
    )["Targets"]
    return next((item for item in found if item["Id"] == outputs["targetId"]), None)


@unless_gone
def _schedule(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    group, _, name = id.partition("/")
    found = world.client("scheduler").get_schedule(Name=name, GroupName=group)
    dates = {key: found[key].date().isoformat() for key in ("StartDate", "EndDate") if key in found}
    return {**found, **dates}


@unless_gone
def _group(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    scheduler = world.client("scheduler")
    tags = scheduler.list_tags_for_resource(ResourceArn=outputs["arn"])["Tags"]
    return {**scheduler.get_schedule_group(Name=id), "tags": tags_of(tags)}


@unless_gone
def _pool(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    client = world.client("cognito-idp")
    pool = client.describe_user_pool(UserPoolId=id)["UserPool"]
    tags = client.list_tags_for_resource(ResourceArn=outputs["arn"])["Tags"]
    return {**pool, "password": pool["Policies"]["PasswordPolicy"], "tags": tags}


@unless_gone
def _client(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    client = world.client("cognito-idp")
    return dict(
        client.describe_user_pool_client(UserPoolId=outputs["userPoolId"], ClientId=id)[
            "UserPoolClient"
        ]
    )


def _once(world: World, key: str, token: str, **properties: Any) -> Any:
    """The name or id of something that a case needs; made once."""
    if key not in world.__dict__:
        id, outputs = world.make(token, key, **properties)
        world.__dict__[key] = outputs.get("name", id) if token == RULE else id
    return world.__dict__[key]


def _rule_name(world: World) -> str:
    return str(_once(world, "case-rule", RULE, eventPattern=ONE))


def _pool_id(world: World) -> str:
    return str(_once(world, "case-pool", "aws:cognito/userPool:UserPool"))


def _group_name(world: World) -> str:
    return str(_once(world, "case-group", "aws:scheduler/scheduleGroup:ScheduleGroup"))


def _bus_name(world: World) -> str:
    return str(_once(world, "case-bus", "aws:cloudwatch/eventBus:EventBus", name="case-bus"))


def _queue(world: World, side: str) -> str:
    return queue(world, f"case-{side}")[1]


CASES = [
    Case(
        "aws:cloudwatch/eventBus:EventBus",
        lambda w: {"name": "orders", "description": "one", "tags": T1},
        _bus,
        lambda w: {"Name": "orders", "Description": "one", "tags": SEEN1},
        lambda w: {"description": "two", "tags": T2},
        lambda w: {"Description": "two", "tags": SEEN2},
    ),
    Case(
        RULE,
        lambda w: {
            "name": "orders",
            "eventPattern": ONE,
            "eventBusName": _bus_name(w),
            "description": "one",
            "state": "DISABLED",
            "tags": T1,
        },
        _rule,
        lambda w: {
            "Name": "orders",
            "EventBusName": "case-bus",
            "EventPattern": ONE,
            "Description": "one",
            "State": "DISABLED",
            "tags": SEEN1,
        },
        lambda w: {"eventPattern": TWO, "description": "two", "state": "ENABLED", "tags": T2},
        lambda w: {
            "EventPattern": TWO,
            "Description": "two",
            "State": "ENABLED",
            "tags": SEEN2,
        },
    ),
    Case(
        RULE,
        lambda w: {"namePrefix": "pre-", "scheduleExpression": "rate(5 minutes)"},
        lambda w, id, o: (seen := _rule(w, id, o)) and {**seen, "prefix": seen["Name"][:4]},
        lambda w: {"prefix": "pre-", "ScheduleExpression": "rate(5 minutes)"},
        lambda w: {"scheduleExpression": "cron(0 2 * * ? *)"},
        lambda w: {"ScheduleExpression": "cron(0 2 * * ? *)"},
        label="schedule",
    ),
    Case(
        "aws:cloudwatch/eventTarget:EventTarget",
        lambda w: {
            "rule": _rule_name(w),
            "eventBusName": "default",
            "targetId": "queue",
            "arn": _queue(w, "a"),
            "input": '{"a": 1}',
            "deadLetterConfig": {"arn": _queue(w, "dead")},
            "retryPolicy": {"maximumEventAgeInSeconds": 60, "maximumRetryAttempts": 2},
        },
        _target,
        lambda w: {
            "Id": "queue",
            "Arn": _queue(w, "a"),
            "Input": '{"a": 1}',
            "DeadLetterConfig": {"Arn": _queue(w, "dead")},
            "RetryPolicy": {"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 2},
        },
        lambda w: {
            "arn": _queue(w, "b"),
            "input": None,
            "inputPath": "$.detail",
            "sqsTarget": {"messageGroupId": "g"},
            "deadLetterConfig": None,
        },
        lambda w: {
            "Arn": _queue(w, "b"),
            "Input": None,
            "InputPath": "$.detail",
            "SqsParameters": {"MessageGroupId": "g"},
            "DeadLetterConfig": None,
        },
    ),
    Case(
        "aws:cloudwatch/eventTarget:EventTarget",
        lambda w: {
            "rule": _rule_name(w),
            "arn": _queue(w, "a"),
            "inputTransformer": {
                "inputPaths": {"id": "$.detail.id"},
                "inputTemplate": '{"id": <id>}',
            },
        },
        _target,
        lambda w: {
            "InputTransformer": {
                "InputPathsMap": {"id": "$.detail.id"},
                "InputTemplate": '{"id": <id>}',
            }
        },
        label="transformer",
    ),
    Case(
        "aws:scheduler/schedule:Schedule",
        lambda w: {
            "name": "tick",
            "groupName": _group_name(w),
            "description": "one",
            "scheduleExpression": "rate(5 minutes)",
            "scheduleExpressionTimezone": "Europe/Berlin",
            "flexibleTimeWindow": {"mode": "FLEXIBLE", "maximumWindowInMinutes": 5},
            "startDate": "2030-01-01T00:00:00Z",
            "endDate": "2031-01-01T00:00:00Z",
            "state": "DISABLED",
            "actionAfterCompletion": "DELETE",
            "target": {
                "arn": _queue(w, "a"),
                "roleArn": role(w),
                "input": '{"a": 1}',
                "deadLetterConfig": {"arn": _queue(w, "dead")},
                "retryPolicy": {"maximumEventAgeInSeconds": 60, "maximumRetryAttempts": 2},
                "sqsParameters": {"messageGroupId": "g"},
            },
        },
        _schedule,
        lambda w: {
            "Name": "tick",
            "GroupName": _group_name(w),
            "Description": "one",
            "ScheduleExpression": "rate(5 minutes)",
            "ScheduleExpressionTimezone": "Europe/Berlin",
            "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5},
            "StartDate": "2030-01-01",
            "EndDate": "2031-01-01",
            "State": "DISABLED",
            "ActionAfterCompletion": "DELETE",
            "Target": {
                "Arn": _queue(w, "a"),
                "RoleArn": role(w),
                "Input": '{"a": 1}',
                "DeadLetterConfig": {"Arn": _queue(w, "dead")},
                "RetryPolicy": {"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 2},
                "SqsParameters": {"MessageGroupId": "g"},
            },
        },
        lambda w: {
            "description": "two",
            "scheduleExpression": "cron(0 2 * * ? *)",
            "flexibleTimeWindow": {"mode": "OFF"},
            "startDate": None,
            "endDate": None,
            "state": "ENABLED",
            "actionAfterCompletion": "NONE",
            "target": {"arn": _queue(w, "b"), "roleArn": role(w)},
        },
        lambda w: {
            "Description": "two",
            "ScheduleExpression": "cron(0 2 * * ? *)",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "StartDate": None,
            "EndDate": None,
            "State": "ENABLED",
            "ActionAfterCompletion": "NONE",
            "Target": {"Arn": _queue(w, "b"), "RoleArn": role(w)},
        },
    ),
    Case(
        "aws:scheduler/schedule:Schedule",
        lambda w: {
            "namePrefix": "pre-",
            "scheduleExpression": "at(2030-01-01T00:00:00)",
            "flexibleTimeWindow": {"mode": "OFF"},
            "target": {"arn": _queue(w, "a"), "roleArn": role(w)},
        },
        lambda w, id, o: (seen := _schedule(w, id, o)) and {"prefix": seen["Name"][:4]},
        lambda w: {"prefix": "pre-"},
        label="prefix",
    ),
    Case(
        "aws:scheduler/scheduleGroup:ScheduleGroup",
        lambda w: {"name": "nights", "tags": T1},
        _group,
        lambda w: {"Name": "nights", "tags": SEEN1},
        lambda w: {"tags": T2},
        lambda w: {"tags": SEEN2},
    ),
    Case(
        "aws:scheduler/scheduleGroup:ScheduleGroup",
        lambda w: {"namePrefix": "pre-"},
        lambda w, id, o: (seen := _group(w, id, o)) and {"prefix": seen["Name"][:4]},
        lambda w: {"prefix": "pre-"},
        label="prefix",
    ),
    Case(
        "aws:cognito/userPool:UserPool",
        lambda w: {
            "name": "people",
            "usernameAttributes": ["email"],
            "autoVerifiedAttributes": ["email"],
            "usernameConfiguration": {"caseSensitive": True},
            "passwordPolicy": {
                "minimumLength": 12.0,
                "requireLowercase": True,
                "requireUppercase": True,
                "requireNumbers": True,
                "requireSymbols": True,
                "temporaryPasswordValidityDays": 3,
            },
            "adminCreateUserConfig": {"allowAdminCreateUserOnly": True},
            "deletionProtection": "ACTIVE",
            "tags": T1,
        },
        _pool,
        lambda w: {
            "Name": "people",
            "UsernameAttributes": ["email"],
            "AutoVerifiedAttributes": ["email"],
            "UsernameConfiguration": {"CaseSensitive": True},
            "password": {
                "MinimumLength": 12,
                "RequireLowercase": True,
                "RequireUppercase": True,
                "RequireNumbers": True,
                "RequireSymbols": True,
                "TemporaryPasswordValidityDays": 3,
            },
            "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True},
            "DeletionProtection": "ACTIVE",
            "tags": SEEN1,
        },
        lambda w: {
            "autoVerifiedAttributes": [],
            "passwordPolicy": {"minimumLength": 20},
            "deletionProtection": "INACTIVE",
            "tags": T2,
        },
        lambda w: {
            "AutoVerifiedAttributes": [],
            "password": {"MinimumLength": 20, "RequireSymbols": False},
            "DeletionProtection": "INACTIVE",
            "tags": SEEN2,
        },
    ),
    Case(
        "aws:cognito/userPoolClient:UserPoolClient",
        lambda w: {
            "name": "web",
            "userPoolId": _pool_id(w),
            "generateSecret": False,
            "explicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
            "accessTokenValidity": 2,
            "idTokenValidity": 3,
            "refreshTokenValidity": 4,
            "tokenValidityUnits": {
                "accessToken": "hours",
                "idToken": "hours",
                "refreshToken": "days",
            },
            "preventUserExistenceErrors": "ENABLED",
        },
        _client,
        lambda w: {
            "ClientName": "web",
            "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
            "AccessTokenValidity": 2,
            "IdTokenValidity": 3,
            "RefreshTokenValidity": 4,
            "TokenValidityUnits": {
                "AccessToken": "hours",
                "IdToken": "hours",
                "RefreshToken": "days",
            },
            "PreventUserExistenceErrors": "ENABLED",
        },
        lambda w: {
            "name": "app",
            "explicitAuthFlows": ["ALLOW_USER_SRP_AUTH"],
            "accessTokenValidity": 30,
            "tokenValidityUnits": {
                "accessToken": "minutes",
                "idToken": "hours",
                "refreshToken": "days",
            },
            "preventUserExistenceErrors": "LEGACY",
        },
        lambda w: {
            "ClientName": "app",
            "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"],
            "AccessTokenValidity": 30,
            "TokenValidityUnits": {
                "AccessToken": "minutes",
                "IdToken": "hours",
                "RefreshToken": "days",
            },
            "PreventUserExistenceErrors": "LEGACY",
        },
    ),
]
