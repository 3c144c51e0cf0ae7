"""Lives of what watches: composite alarms, dashboards, filters, queries, traces, chat."""

import json
from collections.abc import Mapping
from typing import Any

from sandbox.providers.base import Outputs

from .looks import SEEN1, SEEN2, T1, T2, unless_gone
from .world import Case, World, tags_of

BODY = {
    "widgets": [
        {"type": "text", "x": 0, "y": 0, "width": 6, "height": 2, "properties": {"markdown": "# a"}}
    ]
}
OTHER: dict[str, Any] = {"widgets": []}
CHAT_TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"Service": "chatbot.amazonaws.com"},
            }
        ],
    }
)


def _child(world: World, name: str) -> str:
    """An alarm for others to look at."""
    world.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="N",
        MetricName="M",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    return name


def _composite(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    cloudwatch = world.client("cloudwatch")
    found = cloudwatch.describe_alarms(AlarmNames=[id], AlarmTypes=["CompositeAlarm"])
    if not (alarms := found["CompositeAlarms"]):
        return None
    assert outputs["arn"] == alarms[0]["AlarmArn"]
    tags = cloudwatch.list_tags_for_resource(ResourceARN=outputs["arn"])["Tags"]
    return {**alarms[0], "tags": tags_of(tags)}


@unless_gone
def _dashboard(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    cloudwatch = world.client("cloudwatch")
    if id not in [
        item["DashboardName"] for item in cloudwatch.list_dashboards()["DashboardEntries"]
    ]:
        return None
    return {"body": json.loads(cloudwatch.get_dashboard(DashboardName=id)["DashboardBody"])}


def _filter(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    logs = world.client("logs")
    found = logs.describe_metric_filters(logGroupName=outputs["logGroupName"], filterNamePrefix=id)[
        "metricFilters"
    ]
    return found[0] if found else None


def _query(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    found = world.client("logs").describe_query_definitions()["queryDefinitions"]
    return next((query for query in found if query["queryDefinitionId"] == id), None)


@unless_gone
def _group(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    groups = world.client("xray").get_groups()["Groups"]
    found = next((group for group in groups if group["GroupARN"] == id), None)
    if found is None:
        return None
    tags = world.client("xray").list_tags_for_resource(ResourceARN=id)["Tags"]
    return {**found, "tags": tags_of(tags)}


def _rule(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    xray = world.client("xray")
    records = xray.get_sampling_rules()["SamplingRuleRecords"]
    rules = [item["SamplingRule"] for item in records if item["SamplingRule"]["RuleName"] == id]
    if not rules:
        return None
    tags = xray.list_tags_for_resource(ResourceARN=outputs["arn"])["Tags"]
    return {**rules[0], "tags": tags_of(tags)}


def _log_group(world: World) -> str:
    logs = world.client("logs")
    if not logs.describe_log_groups(logGroupNamePrefix="/watched")["logGroups"]:
        logs.create_log_group(logGroupName="/watched")
    return "/watched"


def _chat_role(world: World) -> str:
    made = world.make("aws:iam/role:Role", "chat", assumeRolePolicy=CHAT_TRUST)
    return str(made[1]["arn"])


def _recorded(world: World, id: str, outputs: Outputs) -> Mapping[str, Any]:
    return {"tags": outputs.get("tagsAll")}


CASES = [
    Case(
        "aws:cloudwatch/compositeAlarm:CompositeAlarm",
        lambda w: {
            "alarmName": "shop",
            "alarmRule": f'ALARM("{_child(w, "one")}") OR ALARM("{_child(w, "two")}")',
            "alarmDescription": "anything",
            "actionsEnabled": True,
            "alarmActions": [w.topic],
            "okActions": [w.topic],
            "insufficientDataActions": [w.topic],
            "tags": T1,
        },
        _composite,
        lambda w: {
            "AlarmRule": 'ALARM("one") OR ALARM("two")',
            "AlarmDescription": "anything",
            "ActionsEnabled": True,
            "AlarmActions": [w.topic],
            "OKActions": [w.topic],
            "InsufficientDataActions": [w.topic],
            "tags": SEEN1,
        },
        lambda w: {"alarmRule": 'ALARM("one")', "okActions": [], "tags": T2},
        lambda w: {"AlarmRule": 'ALARM("one")', "OKActions": [], "tags": SEEN2},
    ),
    Case(
        "aws:cloudwatch/dashboard:Dashboard",
        lambda w: {"dashboardName": "shop", "dashboardBody": json.dumps(BODY)},
        _dashboard,
        lambda w: {"body": BODY},
        lambda w: {"dashboardBody": json.dumps(OTHER)},
        lambda w: {"body": OTHER},
    ),
    Case(
        "aws:cloudwatch/logMetricFilter:LogMetricFilter",
        lambda w: {
            "name": "errors",
            "logGroupName": _log_group(w),
            "pattern": '{ $.level = "ERROR" }',
            "metricTransformation": {
                "name": "Errors",
                "namespace": "Slipway",
                "value": "1",
                "defaultValue": "0",
                "unit": "Count",
            },
        },
        _filter,
        lambda w: {
            "filterPattern": '{ $.level = "ERROR" }',
            "metricTransformations": [
                {
                    "metricName": "Errors",
                    "metricNamespace": "Slipway",
                    "metricValue": "1",
                    "defaultValue": 0.0,
                    "unit": "Count",
                }
            ],
        },
        lambda w: {
            "pattern": "{ $.level = * }",
            "metricTransformation": {
                "name": "Errors",
                "namespace": "Slipway",
                "value": "1",
                "dimensions": {"level": "$.level"},
            },
        },
        lambda w: {
            "filterPattern": "{ $.level = * }",
            "metricTransformations": [
                {
                    "metricName": "Errors",
                    "metricNamespace": "Slipway",
                    "metricValue": "1",
                    "dimensions": {"level": "$.level"},
                }
            ],
        },
    ),
    Case(
        "aws:cloudwatch/queryDefinition:QueryDefinition",
        lambda w: {
            "name": "shop/errors",
            "queryString": "fields @message | limit 100",
            "logGroupNames": ["/watched"],
        },
        _query,
        lambda w: {
            "name": "shop/errors",
            "queryString": "fields @message | limit 100",
            "logGroupNames": ["/watched"],
        },
        lambda w: {"queryString": "fields @message | limit 20", "logGroupNames": []},
        lambda w: {"queryString": "fields @message | limit 20"},
    ),
    Case(
        "aws:cloudwatch/queryDefinition:QueryDefinition",
        lambda w: {"queryString": "fields @message"},
        _query,
        lambda w: {"queryString": "fields @message"},
        lambda w: {"queryString": "limit 1"},
        lambda w: {"queryString": "limit 1"},
        label="unnamed",
    ),
    Case(
        "aws:xray/group:Group",
        lambda w: {
            "groupName": "shop",
            "filterExpression": 'service("orders")',
            "insightsConfiguration": {"insightsEnabled": True, "notificationsEnabled": True},
            "tags": T1,
        },
        _group,
        lambda w: {
            "FilterExpression": 'service("orders")',
            "InsightsConfiguration": {"InsightsEnabled": True, "NotificationsEnabled": True},
            "tags": SEEN1,
        },
        lambda w: {"filterExpression": 'service("events")', "tags": T2},
        lambda w: {"FilterExpression": 'service("events")', "tags": SEEN2},
    ),
    Case(
        "aws:xray/samplingRule:SamplingRule",
        lambda w: {
            "ruleName": "shop",
            "priority": 100,
            "version": 1,
            "reservoirSize": 1,
            "fixedRate": 0.05,
            "urlPath": "*",
            "host": "*",
            "httpMethod": "*",
            "serviceName": "*",
            "serviceType": "*",
            "resourceArn": "*",
            "attributes": {"team": "a"},
            "tags": T1,
        },
        _rule,
        lambda w: {
            "Priority": 100,
            "Version": 1,
            "ReservoirSize": 1,
            "FixedRate": 0.05,
            "URLPath": "*",
            "Host": "*",
            "HTTPMethod": "*",
            "ServiceName": "*",
            "ServiceType": "*",
            "ResourceARN": "*",
            "Attributes": {"team": "a"},
            "tags": SEEN1,
        },
        lambda w: {"fixedRate": 0.5, "urlPath": "/orders*", "tags": T2},
        lambda w: {"FixedRate": 0.5, "URLPath": "/orders*", "tags": SEEN2},
    ),
    Case(
        "aws:chatbot/slackChannelConfiguration:SlackChannelConfiguration",
        lambda w: {
            "configurationName": "shop",
            "iamRoleArn": _chat_role(w),
            "slackChannelId": "C0123456789",
            "slackTeamId": "T0123456789",
            "snsTopicArns": [w.topic],
            "guardrailPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
            "loggingLevel": "ERROR",
            "userAuthorizationRequired": True,
            "tags": T1,
        },
        _recorded,
        lambda w: {"tags": SEEN1},
        lambda w: {"slackChannelId": "C0000000000", "tags": T2},
        lambda w: {"tags": SEEN2},
        stays=True,
    ),
]
