"""What AWS refuses of alarms over alarms, dashboards, filters, queries, traces and chat."""

from typing import Any

METRIC = {"name": "M", "namespace": "N", "value": "1"}
RULE = {
    "ruleName": "r",
    "priority": 1,
    "version": 1,
    "reservoirSize": 0,
    "fixedRate": 0.05,
    **dict.fromkeys(
        ("urlPath", "host", "httpMethod", "serviceName", "serviceType", "resourceArn"), "*"
    ),
}
CHAT = {
    "configurationName": "c",
    "iamRoleArn": "arn:aws:iam::123456789012:role/chat",
    "slackChannelId": "C1",
    "slackTeamId": "T1",
}
VALID: dict[str, dict[str, Any]] = {
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": {"alarmName": "a", "alarmRule": 'ALARM("b")'},
    "aws:cloudwatch/dashboard:Dashboard": {
        "dashboardName": "d",
        "dashboardBody": '{"widgets": []}',
    },
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": {
        "name": "f",
        "logGroupName": "/g",
        "pattern": "",
        "metricTransformation": METRIC,
    },
    "aws:cloudwatch/queryDefinition:QueryDefinition": {"name": "q", "queryString": "limit 1"},
    "aws:xray/group:Group": {"groupName": "g", "filterExpression": "error"},
    "aws:xray/samplingRule:SamplingRule": RULE,
    "aws:chatbot/slackChannelConfiguration:SlackChannelConfiguration": CHAT,
}

REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("cloudwatch/compositeAlarm", {"alarmName": ""}, "1 to 255 characters"),
    ("cloudwatch/compositeAlarm", {"alarmRule": "anything"}, "names no alarm"),
    ("cloudwatch/compositeAlarm", {"alarmRule": 'ALARM("b")' * 1100}, "takes up to 10240"),
    ("cloudwatch/compositeAlarm", {"okActions": ["arn:t"] * 6}, "okActions has 6 entries"),
    ("cloudwatch/dashboard", {"dashboardName": "a b"}, "letters, digits, - and _"),
    ("cloudwatch/dashboard", {"dashboardBody": "{notjson"}, "dashboardBody is not JSON"),
    ("cloudwatch/dashboard", {"dashboardBody": "{}"}, "a list of widgets"),
    ("cloudwatch/dashboard", {"dashboardBody": "[]"}, "a list of widgets"),
    ("cloudwatch/logMetricFilter", {"name": "a:b"}, "characters but : and *"),
    ("cloudwatch/logMetricFilter", {"pattern": "x" * 1025}, "takes up to 1024"),
    (
        "cloudwatch/logMetricFilter",
        {"metricTransformation": {**METRIC, "namespace": "AWS/Lambda"}},
        "AWS/ belongs to AWS",
    ),
    (
        "cloudwatch/logMetricFilter",
        {"metricTransformation": {**METRIC, "defaultValue": "0", "dimensions": {"a": "$.a"}}},
        "exclude each other",
    ),
    (
        "cloudwatch/logMetricFilter",
        {"metricTransformation": {**METRIC, "dimensions": dict.fromkeys("abcd", "$.a")}},
        "4 dimensions",
    ),
    (
        "cloudwatch/logMetricFilter",
        {"metricTransformation": {**METRIC, "defaultValue": "none"}},
        "is no number",
    ),
    ("cloudwatch/queryDefinition", {"name": ""}, "1 to 255 characters"),
    ("cloudwatch/queryDefinition", {"queryString": ""}, "has 0 characters"),
    ("cloudwatch/queryDefinition", {"logGroupNames": ["/g"] * 51}, "up to 50"),
    ("xray/group", {"groupName": "g" * 33}, "1 to 32 characters"),
    ("xray/group", {"groupName": "Default"}, "X-Ray's own"),
    ("xray/samplingRule", {"ruleName": "r" * 33}, "1 to 32 characters"),
    ("xray/samplingRule", {"priority": 0}, "Allowed: 1 to 9999"),
    ("xray/samplingRule", {"version": 2}, "Allowed: 1 to 1"),
    ("xray/samplingRule", {"fixedRate": 5}, "Allowed: 0 to 1"),
    ("xray/samplingRule", {"reservoirSize": -1}, "Allowed: 0 to"),
    ("chatbot/slackChannelConfiguration", {"configurationName": "a b"}, "letters, digits, -"),
    ("chatbot/slackChannelConfiguration", {"slackChannelId": "#ops"}, "capital letters"),
    ("chatbot/slackChannelConfiguration", {"slackTeamId": "team"}, "capital letters"),
    ("chatbot/slackChannelConfiguration", {"snsTopicArns": ["ops"]}, "no topic's ARN"),
    ("chatbot/slackChannelConfiguration", {"loggingLevel": "DEBUG"}, "Allowed: ERROR, INFO, NONE"),
    ("sns/topicSubscription", {"protocol": "email", "endpoint": "ops"}, "wants @ in it"),
    ("sns/topicSubscription", {"protocol": "https", "endpoint": "http://x"}, "wants https://"),
    ("sns/topicSubscription", {"protocol": "http", "endpoint": "x"}, "wants http://"),
]
