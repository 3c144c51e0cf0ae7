"""The OpenAPI document of a machine's API, with API Gateway's extensions.

API Gateway calls Step Functions itself: templates turn the body into a request and the answer
into a body (API Gateway developer guide, "Mapping templates" and "OpenAPI extensions").
"""

from collections.abc import Mapping
from typing import Any

import pulumi

VERSION = "3.0.1"
"""What API Gateway itself exports; it imports no 3.1."""
_JSON = "application/json"
_IAM = {
    "type": "apiKey",
    "name": "Authorization",
    "in": "header",
    "x-amazon-apigateway-authtype": "awsSigv4",
}
# escapeJavaScript also escapes ', which JSON does not know.
_INPUT = """$util.escapeJavaScript($input.json('$')).replaceAll("\\\\'", "'")"""
_STARTED = """{"executionArn": $input.json('$.executionArn')}"""
_FINISHED = """#set($status = $input.path('$.status'))
#if($status == "SUCCEEDED")
$input.path('$.output')
#elseif($status == "TIMED_OUT")
#set($context.responseOverride.status = 504)
{"executionArn": $input.json('$.executionArn'), "error": "States.Timeout"}
#else
#set($context.responseOverride.status = 500)
{"executionArn": $input.json('$.executionArn'), "error": $input.json('$.error')}
#end"""
"""The output as it is. An execution that ran out of time has no error of its own. The cause of a
failure stays in the log: it may say more than a caller should know."""
_REFUSED = """#set($type = $input.path('$.__type').toString())
#if($type.contains("Throttling") || $type.contains("LimitExceeded"))
#set($context.responseOverride.status = 429)
#elseif($type.contains("Validation") || $type.contains("InvalidExecutionInput"))
#set($context.responseOverride.status = 400)
#end
{"message": "The execution could not be started"}"""
"""The caller can do something about too many and too large requests, about nothing else."""


def document(
    title: str,
    *,
    path: str,
    auth: str,
    schema: Mapping[str, Any],
    action: str,
    machine_arn: pulumi.Output[str],
    role_arn: pulumi.Input[str],
) -> pulumi.Output[str]:
    """The document as JSON.

    Args:
        title: of the API.
        path: of its one method, POST.
        auth: ``iam`` or ``none``.
        schema: of the body.
        action: ``StartExecution`` or ``StartSyncExecution``.
        machine_arn: what is started.
        role_arn: with which API Gateway starts it.
    """
    synchronous = action == "StartSyncExecution"
    status, template = ("200", _FINISHED) if synchronous else ("202", _STARTED)
    operation: dict[str, Any] = {
        "requestBody": {"required": True, "content": {_JSON: {"schema": schema}}},
        "responses": {
            code: {"description": text}
            for code, text in (
                (status, "The execution's output" if synchronous else "The execution has started"),
                ("400", "The body does not fit"),
                ("429", "Too many requests"),
                ("500", "The execution failed or could not be started"),
            )
        },
        "x-amazon-apigateway-request-validator": "body",
        "x-amazon-apigateway-integration": {
            "type": "aws",
            "httpMethod": "POST",
            "uri": machine_arn.apply(lambda arn: _uri(arn, action)),
            "credentials": role_arn,
            # A body of another type would be passed on unchecked.
            "passthroughBehavior": "never",
            "requestTemplates": {_JSON: _request(machine_arn)},
            "responses": {
                "200": _answer(status, template),
                "default": _answer("500", _REFUSED),
            },
            "timeoutInMillis": 29_000,
        },
    }
    schemes: dict[str, Any] = {}
    if auth == "iam":
        operation["security"], schemes = [{"iam": []}], {"iam": _IAM}
    found: dict[str, Any] = {
        "openapi": VERSION,
        "info": {"title": title, "version": "1"},
        "paths": {path: {"post": operation}},
        "components": {"securitySchemes": schemes},
        "x-amazon-apigateway-request-validators": {
            "body": {"validateRequestBody": True, "validateRequestParameters": False}
        },
    }
    return pulumi.Output.json_dumps(found, sort_keys=True)


def _request(machine_arn: pulumi.Output[str]) -> pulumi.Output[str]:
    return pulumi.Output.concat('{"stateMachineArn": "', machine_arn, '", "input": "', _INPUT, '"}')


def _answer(status: str, template: str) -> Mapping[str, Any]:
    return {"statusCode": status, "responseTemplates": {_JSON: template}}


def _uri(arn: str, action: str) -> str:
    """API Gateway's name for a call of Step Functions in the machine's region."""
    partition, region = arn.split(":")[1], arn.split(":")[3]
    return f"arn:{partition}:apigateway:{region}:states:action/{action}"
