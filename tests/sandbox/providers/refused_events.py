"""What AWS refuses of APIs, events, schedules and user pools: type, inputs, words of the error."""

from typing import Any

from .apis import document, mock
from .world import resource_policy

QUEUE = "arn:aws:sqs:us-east-1:123456789012:q"
SCHEDULE = {
    "scheduleExpression": "rate(5 minutes)",
    "flexibleTimeWindow": {"mode": "OFF"},
    "target": {"arn": QUEUE, "roleArn": "arn:aws:iam::123456789012:role/r"},
}
LOGS = {
    "destinationArn": "arn:aws:logs:us-east-1:123456789012:log-group:/a",
    "format": "$context.requestId",
}
SETTINGS = {"restApi": "a", "stageName": "dev", "methodPath": "*/*", "settings": {}}
REQUEST = {
    "apiId": "a",
    "authorizerType": "REQUEST",
    "authorizerUri": "arn:aws:apigateway:r:lambda:path/2015-03-31/functions/arn:f/invocations",
    "authorizerPayloadFormatVersion": "2.0",
}
FUNCTION = {
    "apiId": "a",
    "integrationType": "AWS_PROXY",
    "integrationUri": "arn:aws:lambda:us-east-1:123456789012:function:f",
    "payloadFormatVersion": "2.0",
}
DOMAIN = {
    "domainName": "a.example.com",
    "regionalCertificateArn": "arn:c",
    "endpointConfiguration": {"types": "REGIONAL"},
}
HTTP_DOMAIN = {
    "domainName": "a.example.com",
    "domainNameConfiguration": {
        "certificateArn": "arn:c",
        "endpointType": "REGIONAL",
        "securityPolicy": "TLS_1_2",
    },
}
ROUTE = {"apiId": "a", "routeKey": "GET /a", "target": "integrations/i"}
JWT = {
    "apiId": "a",
    "authorizerType": "JWT",
    "identitySources": ["$request.header.Authorization"],
    "jwtConfiguration": {"issuer": "https://i", "audiences": ["a"]},
}

VALID: dict[str, dict[str, Any]] = {
    "aws:apigateway/restApi:RestApi": {"body": document({"/": {"get": mock()}})},
    "aws:apigateway/deployment:Deployment": {"restApi": "a"},
    "aws:apigateway/stage:Stage": {"restApi": "a", "deployment": "d", "stageName": "dev"},
    "aws:apigateway/methodSettings:MethodSettings": SETTINGS,
    "aws:apigateway/apiKey:ApiKey": {},
    "aws:apigateway/usagePlan:UsagePlan": {},
    "aws:apigateway/usagePlanKey:UsagePlanKey": {
        "usagePlanId": "p",
        "keyId": "k",
        "keyType": "API_KEY",
    },
    "aws:apigateway/domainName:DomainName": DOMAIN,
    "aws:apigateway/basePathMapping:BasePathMapping": {"domainName": "d", "restApi": "a"},
    "aws:apigatewayv2/api:Api": {"protocolType": "HTTP"},
    "aws:apigatewayv2/integration:Integration": FUNCTION,
    "aws:apigatewayv2/authorizer:Authorizer": JWT,
    "aws:apigatewayv2/route:Route": ROUTE,
    "aws:apigatewayv2/stage:Stage": {"apiId": "a", "name": "$default", "autoDeploy": True},
    "aws:apigatewayv2/domainName:DomainName": HTTP_DOMAIN,
    "aws:cloudwatch/eventBus:EventBus": {"name": "orders"},
    "aws:cloudwatch/eventRule:EventRule": {"scheduleExpression": "rate(1 minute)"},
    "aws:cloudwatch/eventTarget:EventTarget": {"rule": "r", "arn": QUEUE},
    "aws:scheduler/schedule:Schedule": SCHEDULE,
    "aws:cognito/userPool:UserPool": {},
    "aws:cognito/userPoolClient:UserPoolClient": {"userPoolId": "p"},
    "aws:sns/topicSubscription:TopicSubscription": {
        "topic": "arn:t",
        "protocol": "lambda",
        "endpoint": "arn:f",
    },
    "aws:sns/topicPolicy:TopicPolicy": {"arn": "arn:t", "policy": resource_policy("sns:Publish")},
}


def _window(**window: Any) -> dict[str, Any]:
    return {"flexibleTimeWindow": window}


def _target(**target: Any) -> dict[str, Any]:
    return {"target": {**SCHEDULE["target"], **target}}  # type: ignore[dict-item]


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("apigateway/restApi", {"body": None}, "makes routes from an OpenAPI document"),
    ("apigateway/restApi", {"body": "{}"}, "body.openapi: is missing"),
    ("apigateway/restApi", {"putRestApiMode": "merge"}, "Allowed: overwrite"),
    ("apigateway/restApi", {"apiKeySource": "AUTHORIZER"}, "Allowed: HEADER"),
    ("apigateway/restApi", {"endpointConfiguration": {"types": "PRIVATE"}}, "REGIONAL, EDGE"),
    ("apigateway/restApi", {"minimumCompressionSize": "-1"}, "Allowed: 0 to 10485760"),
    ("apigateway/restApi", {"policy": "{}"}, "Statement is missing"),
    ("apigateway/stage", {"stageName": "a b"}, "letters, digits, _ and -"),
    ("apigateway/stage", {"variables": {"a-b": "c"}}, "variables.a-b"),
    ("apigateway/stage", {"cacheClusterEnabled": True}, "cacheClusterSize=None"),
    (
        "apigateway/stage",
        {"accessLogSettings": {**LOGS, "destinationArn": LOGS["destinationArn"] + ":*"}},
        "is neither the ARN of a log group",
    ),
    ("apigateway/stage", {"accessLogSettings": {**LOGS, "format": "x"}}, "$context.requestId"),
    (
        "apigateway/stage",
        {"accessLogSettings": {**LOGS, "format": "$context.requestId\n"}},
        "is one line",
    ),
    ("apigateway/methodSettings", {"methodPath": "/a/GET"}, "without a slash in front"),
    ("apigateway/methodSettings", {"methodPath": "GET"}, "path/METHOD"),
    ("apigateway/methodSettings", {"settings": {"loggingLevel": "DEBUG"}}, "OFF, ERROR, INFO"),
    ("apigateway/methodSettings", {"settings": {"cacheTtlInSeconds": 3601}}, "0 to 3600"),
    ("apigateway/apiKey", {"value": "short"}, "value has 5 characters"),
    ("apigateway/usagePlan", {"quotaSettings": {"limit": 1, "period": "YEAR"}}, "DAY, WEEK, MONTH"),
    (
        "apigateway/usagePlan",
        {"quotaSettings": {"limit": 1, "period": "DAY", "offset": 1}},
        "quotaSettings.offset=1",
    ),
    (
        "apigateway/usagePlan",
        {"apiStages": [{"apiId": "a", "stage": "s", "throttles": [{"path": "a/GET"}]}]},
        "is not /path/METHOD",
    ),
    ("apigateway/usagePlanKey", {"keyType": "KEY"}, "Allowed: API_KEY"),
    ("apigateway/domainName", {"domainName": "Shop"}, "not a domain name"),
    ("apigateway/domainName", {"endpointConfiguration": {"types": "EDGE"}}, "Allowed: REGIONAL"),
    ("apigateway/basePathMapping", {"basePath": "a/b"}, "without slashes"),
    ("apigatewayv2/api", {"protocolType": "WEBSOCKET"}, "no WebSockets"),
    (
        "apigatewayv2/api",
        {"corsConfiguration": {"allowCredentials": True, "allowOrigins": ["*"]}},
        "takes no '*'",
    ),
    ("apigatewayv2/integration", {"payloadFormatVersion": "1.0"}, "Pulumi's default is 1.0"),
    ("apigatewayv2/integration", {"integrationUri": "f"}, "is not a function's ARN"),
    ("apigatewayv2/integration", {"integrationMethod": "GET"}, "Allowed: None, POST"),
    ("apigatewayv2/integration", {"timeoutMilliseconds": 30001}, "50 to 30000"),
    ("apigatewayv2/integration", {"integrationType": "HTTP_PROXY"}, "is not an http address"),
    ("apigatewayv2/authorizer", {"authorizerType": "COGNITO"}, "Allowed: JWT, REQUEST"),
    ("apigatewayv2/authorizer", {"identitySources": ["Authorization"]}, "is not of the form"),
    ("apigatewayv2/authorizer", {"jwtConfiguration": None}, "jwtConfiguration is missing"),
    (
        "apigatewayv2/authorizer",
        {"jwtConfiguration": {"issuer": "i", "audiences": []}},
        "is not https",
    ),
    ("apigatewayv2/authorizer", {**REQUEST, "jwtConfiguration": None, "authorizerUri": "f"}, "ARN"),
    (
        "apigatewayv2/authorizer",
        {
            **REQUEST,
            "jwtConfiguration": None,
            "authorizerPayloadFormatVersion": "1.0",
            "enableSimpleResponses": True,
        },
        "needs authorizerPayloadFormatVersion 2.0",
    ),
    ("apigatewayv2/route", {"routeKey": "get /a"}, "is neither $default nor like"),
    ("apigatewayv2/route", {"target": "i"}, "integrations/<id>"),
    ("apigatewayv2/route", {"authorizationType": "JWT"}, "belongs to JWT and CUSTOM"),
    ("apigatewayv2/route", {"authorizerId": "x"}, "belongs to JWT and CUSTOM"),
    ("apigatewayv2/route", {"authorizationScopes": ["a"]}, "belong to authorizationType JWT"),
    ("apigatewayv2/stage", {"autoDeploy": False}, "has no deployments of HTTP APIs"),
    (
        "apigatewayv2/stage",
        {"defaultRouteSettings": {"throttlingBurstLimit": 5001}},
        "defaultRouteSettings.throttlingBurstLimit",
    ),
    ("apigatewayv2/domainName", {"domainName": "x"}, "not a domain name"),
    ("cloudwatch/eventBus", {"name": "default"}, "name='default'"),
    ("cloudwatch/eventRule", {"scheduleExpression": None}, "needs eventPattern or schedule"),
    ("cloudwatch/eventRule", {"scheduleExpression": "rate(1 minutes)"}, "AWS wants rate(1 minute)"),
    ("cloudwatch/eventRule", {"scheduleExpression": "rate(5 minute)"}, "AWS wants rate(5 minutes)"),
    ("cloudwatch/eventRule", {"scheduleExpression": "rate(0 days)"}, "AWS wants rate(1 day)"),
    ("cloudwatch/eventRule", {"scheduleExpression": "cron(0 2 * * *)"}, "has 5 fields"),
    ("cloudwatch/eventRule", {"scheduleExpression": "cron(0 2 * * * *)"}, "exactly one of"),
    ("cloudwatch/eventRule", {"scheduleExpression": "cron(60 2 * * ? *)"}, "'60' is not valid"),
    ("cloudwatch/eventRule", {"scheduleExpression": "cron(0 2 ? * 8 *)"}, "day of week"),
    ("cloudwatch/eventRule", {"scheduleExpression": "cron(0/0 2 * * ? *)"}, "for minutes"),
    ("cloudwatch/eventRule", {"scheduleExpression": "at(2030-01-01T00:00:00)"}, "Allowed: rate"),
    ("cloudwatch/eventRule", {"eventBusName": "own"}, "default bus only"),
    ("cloudwatch/eventRule", {"eventPattern": "x"}, "eventPattern is not JSON"),
    ("cloudwatch/eventRule", {"eventPattern": '{"source": "a"}'}, "eventPattern.source"),
    ("cloudwatch/eventRule", {"eventPattern": "{}"}, "eventPattern is empty"),
    ("cloudwatch/eventRule", {"state": "ON"}, "Allowed: ENABLED, DISABLED"),
    ("cloudwatch/eventTarget", {"arn": "q"}, "is not an ARN"),
    ("cloudwatch/eventTarget", {"input": "{}", "inputPath": "$"}, "takes one of"),
    ("cloudwatch/eventTarget", {"input": "x"}, "input is not JSON"),
    ("cloudwatch/eventTarget", {"inputPath": "detail"}, "does not begin with $"),
    ("cloudwatch/eventTarget", {"arn": QUEUE + ".fifo"}, "a FIFO queue wants one"),
    (
        "cloudwatch/eventTarget",
        {"deadLetterConfig": {"arn": QUEUE + ".fifo"}},
        "is not a standard queue's ARN",
    ),
    (
        "cloudwatch/eventTarget",
        {"retryPolicy": {"maximumRetryAttempts": 186}},
        "retryPolicy.maximumRetryAttempts=186",
    ),
    (
        "scheduler/schedule",
        {"scheduleExpression": "at(2030-01-01)"},
        "Allowed: at(yyyy-mm-ddThh:mm:ss)",
    ),
    ("scheduler/schedule", {"scheduleExpression": "every day"}, "Allowed: rate(5 minutes), cron"),
    ("scheduler/schedule", {"scheduleExpressionTimezone": "Berlin"}, "is no time zone"),
    ("scheduler/schedule", _window(mode="FLEXIBLE"), "belongs to mode FLEXIBLE"),
    ("scheduler/schedule", _window(mode="OFF", maximumWindowInMinutes=5), "belongs to mode"),
    ("scheduler/schedule", _window(mode="FLEXIBLE", maximumWindowInMinutes=1441), "1 to 1440"),
    ("scheduler/schedule", {"actionAfterCompletion": "STOP"}, "Allowed: NONE, DELETE"),
    ("scheduler/schedule", _target(roleArn="r"), "target.roleArn='r' is not an ARN"),
    ("scheduler/schedule", _target(arn="arn:aws:lambda:r:a:function:f", input="x"), "not JSON"),
    (
        "scheduler/schedule",
        _target(retryPolicy={"maximumEventAgeInSeconds": 59}),
        "target.retryPolicy.maximumEventAgeInSeconds=59",
    ),
    ("cognito/userPool", {"usernameAttributes": ["name"]}, "Allowed: email, phone_number"),
    ("cognito/userPool", {"passwordPolicy": {"minimumLength": 5}}, "Allowed: 6 to 99"),
    ("cognito/userPoolClient", {"explicitAuthFlows": ["ALL"]}, "explicitAuthFlows='ALL'"),
    ("cognito/userPoolClient", {"accessTokenValidity": 25}, "300 to 86400"),
    ("sns/topicPolicy", {"policy": "{}"}, "Statement is missing"),
    ("sns/topicSubscription", {"redrivePolicy": "{}"}, "deadLetterTargetArn is not a queue's ARN"),
    ("sns/topicSubscription", {"rawMessageDelivery": True}, "the whole notification"),
    (
        "sns/topicSubscription",
        {"filterPolicy": "{}", "filterPolicyScope": "Body"},
        "Allowed: MessageAttributes, MessageBody",
    ),
]

SAME, NEW = False, True
BODY = document({"/a": {"get": mock()}})
BINARY = document({"/": {"get": mock()}}, **{"x-amazon-apigateway-binary-media-types": ["*/*"]})
CHANGES: list[tuple[str, dict[str, Any], bool]] = [
    ("apigateway/restApi", {"body": BODY}, SAME),
    ("apigateway/restApi", {"name": "x"}, SAME),
    ("apigateway/restApi", {"body": BINARY}, NEW),
    ("apigateway/deployment", {"triggers": {"hash": "b"}}, NEW),
    ("apigateway/deployment", {"description": "x"}, SAME),
    ("apigateway/stage", {"deployment": "e"}, SAME),
    ("apigateway/stage", {"stageName": "e"}, NEW),
    ("apigateway/methodSettings", {"methodPath": "a/GET"}, NEW),
    ("apigateway/apiKey", {"enabled": False}, SAME),
    ("apigateway/apiKey", {"value": "x" * 20}, NEW),
    ("apigateway/usagePlan", {"throttleSettings": {"rateLimit": 1}}, SAME),
    ("apigateway/usagePlan", {"apiStages": [{"apiId": "a", "stage": "s"}]}, NEW),
    ("apigateway/basePathMapping", {"stageName": "s"}, SAME),
    ("apigateway/basePathMapping", {"basePath": "v2"}, NEW),
    ("apigatewayv2/route", {"routeKey": "GET /b"}, SAME),
    ("apigatewayv2/route", {"apiId": "b"}, NEW),
    ("apigatewayv2/integration", {"timeoutMilliseconds": 100}, SAME),
    ("apigatewayv2/stage", {"name": "dev"}, NEW),
    ("cloudwatch/eventRule", {"scheduleExpression": "rate(2 minutes)"}, SAME),
    ("cloudwatch/eventRule", {"name": "x"}, NEW),
    ("cloudwatch/eventTarget", {"arn": QUEUE + "2"}, SAME),
    ("cloudwatch/eventTarget", {"rule": "s"}, NEW),
    ("scheduler/schedule", {"scheduleExpression": "rate(2 minutes)"}, SAME),
    ("scheduler/schedule", {"groupName": "g"}, NEW),
    ("cognito/userPool", {"usernameAttributes": ["email"]}, NEW),
    ("cognito/userPoolClient", {"generateSecret": True}, NEW),
]
