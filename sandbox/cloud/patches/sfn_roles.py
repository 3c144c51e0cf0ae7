"""A task may do what the machine's role may do, and no more.

The emulator asks no role. Here the actions of a task are asked for before it begins, on the ARN
that it works on as far as that can be told; where it cannot, one that the role may use will do.
A refusal has the error name of the service's own exception for it (developer guide, pages of the
integrations, and "Handling errors": ``Lambda.AWSLambdaException``).
"""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import error_response_json, get_account_id, get_region
from ministack.services import iam
from ministack.services import stepfunctions as sfn

from sandbox.cloud.settings import Settings

from . import guard, roles

STATES = "states.amazonaws.com"
ANYTHING = "*"
Need = tuple[str, str]
"""An action and the ARN that it is done to."""
_DENIED = {
    "lambda": "Lambda.AWSLambdaException",
    "dynamodb": "DynamoDB.AmazonDynamoDBException",
    "sqs": "SQS.AmazonSQSException",
    "sns": "SNS.AuthorizationErrorException",
    "events": "EventBridge.AmazonEventBridgeException",
    "states": "StepFunctions.AWSStepFunctionsException",
    "ecs": "ECS.AccessDeniedException",
}
_DENIED_BY_MODEL = {
    "Sns": "AuthorizationErrorException",
    "Ecs": "AccessDeniedException",
    "Kinesis": "AccessDeniedException",
    "Athena": "AthenaException",
}
_SDK_PREFIX = {
    "sfn": "states",
    "cloudwatchlogs": "logs",
    "eventbridge": "events",
    "rdsdata": "rds-data",
    "cognitoidentityprovider": "cognito-idp",
}
"""Names of services in IAM that differ from those in a Resource."""
_ARN_FIELDS = ("TopicArn", "TargetArn", "StateMachineArn", "ExecutionArn", "SecretId", "KeyId")


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Ask for trust when a machine gets its role."""
    guard.wrap(sfn, "handle_request", "(method, path, headers, body, query_params)", _trusting)


def refusal(role: str, session: str, resource: str, given: Any) -> tuple[str, str] | None:
    """Error and cause if the role does not allow a task; None if it does."""
    given = given if isinstance(given, dict) else {}
    for action, arn in needs(resource, given):
        target = arn if arn != ANYTHING else _some(role, action)
        if why := roles.refusal(role, session, action, target):
            cause = why.partition(": ")[2]
            return _error(resource, action), f"{cause} (Error Code: AccessDeniedException)"
    return None


def needs(resource: str, given: Mapping[str, Any]) -> Iterator[Need]:
    """What a task of this resource needs, called with these parameters."""
    if ":function:" in resource:
        yield "lambda:InvokeFunction", function_arn(resource)
        return
    service, name = parts(resource)
    name = name.partition(".")[0] or "?"
    if service.startswith("aws-sdk:"):
        sdk = service.partition(":")[2].lower()
        prefix, action = _SDK_PREFIX.get(sdk, sdk), name[0].upper() + name[1:]
        if (prefix, action) == ("lambda", "Invoke"):
            action = "InvokeFunction"
        yield from ((f"{prefix}:{action}", arn) for arn in _arns(prefix, given))
    elif service == "lambda":
        arn = function_arn(given.get("FunctionName", ""), given.get("Qualifier"))
        yield "lambda:InvokeFunction", arn
    elif service in ("dynamodb", "sqs", "sns", "events"):
        action = f"{service}:{name[0].upper()}{name[1:]}"
        yield from ((action, arn) for arn in _arns(service, given))
    elif service == "states":
        yield "states:StartExecution", given.get("StateMachineArn", ANYTHING)
    elif service == "ecs":
        yield "ecs:RunTask", _definition(str(given.get("TaskDefinition", ANYTHING)))


def trusted(role: str, machine: str) -> bool:
    """Whether Step Functions may take on the role for this machine."""
    return roles.name_of(role) in iam._roles and roles.trusts(role, STATES, machine)


def unassumable(own: str, session: str, other: str) -> str | None:
    """Why a machine's role may not become another one, for a task's Credentials; None if it may."""
    if why := roles.refusal(own, session, "sts:AssumeRole", other):
        return why.partition(": ")[2]
    document = (iam._roles.get(roles.name_of(other)) or {}).get("AssumeRolePolicyDocument") or "{}"
    caller = roles.session_arn(own, session)
    if iam_evaluator.evaluate_trust_policy(document, caller):
        return None
    return f"{other} does not let {caller} assume it"


def function_arn(name: str, qualifier: str | None = None) -> str:
    """The ARN by which a task names a function, with its alias or version."""
    if ":function:" in name:
        name = name.partition(":function:")[2]
    return _arn("lambda", f"function:{name}{f':{qualifier}' if qualifier else ''}")


def _arns(service: str, given: Mapping[str, Any]) -> Sequence[str]:
    """What a call works on, by the parameters that name it."""
    if service == "dynamodb":
        items = given.get("TransactItems") or []
        tables = [given["TableName"]] if "TableName" in given else []
        tables += [part["TableName"] for item in items for part in item.values()]
        tables += list(given.get("RequestItems") or {})
        return [one if one.startswith("arn:") else _arn(service, f"table/{one}") for one in tables]
    if service == "sqs" and "QueueUrl" in given:
        return [_arn(service, str(given["QueueUrl"]).rpartition("/")[2])]
    if service == "events":
        entries = given.get("Entries") or []
        buses = {entry.get("EventBusName") or "default" for entry in entries}
        return [
            one if one.startswith("arn:") else _arn(service, f"event-bus/{one}")
            for one in sorted(buses)
        ]
    if service == "lambda" and "FunctionName" in given:
        return [function_arn(given["FunctionName"], given.get("Qualifier"))]
    if service == "s3" and "Bucket" in given:
        key = f"/{given['Key']}" if "Key" in given else ""
        return [f"arn:aws:s3:::{given['Bucket']}{key}"]
    named = [str(given[field]) for field in _ARN_FIELDS if field in given]
    return [one for one in named if one.startswith("arn:")][:1] or [ANYTHING]


def parts(resource: str) -> tuple[str, str]:
    """``aws-sdk:dynamodb`` and ``putItem.waitForTaskToken`` of a resource."""
    first, _, rest = resource.partition(":::")[2].partition(":")
    if first == "aws-sdk":
        service, _, rest = rest.partition(":")
        first = f"{first}:{service}"
    return first, rest


def _error(resource: str, action: str) -> str:
    service, _ = parts(resource)
    if service.startswith("aws-sdk:"):
        sdk = service.partition(":")[2].lower()
        prefix = sfn._AWS_SDK_ERROR_PREFIX.get(sdk, sdk.capitalize())
        return f"{prefix}.{_DENIED_BY_MODEL.get(prefix, f'{prefix}Exception')}"
    return _DENIED.get(service or action.partition(":")[0], "States.Permissions")


def _some(role: str, action: str) -> str:
    """A resource for which a statement of the role allows the action, if there is one."""
    policies = iam_evaluator._gather_role_policies(roles.name_of(role), get_account_id())
    for statement in (one for policy in policies for one in policy):
        if statement.effect == "Allow" and iam_evaluator._action_matches(
            action, statement.actions, statement.not_actions
        ):
            return str(next(iter(statement.resources), ANYTHING))
    return ANYTHING


def _definition(name: str) -> str:
    return name if name.startswith("arn:") else _arn("ecs", f"task-definition/{name}")


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{get_region()}:{get_account_id()}:{resource}"


def _trusting(original: Callable[..., Any]) -> Callable[..., Any]:
    async def handle(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query_params: Any
    ) -> Any:
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        if action in ("CreateStateMachine", "UpdateStateMachine"):
            with contextlib.suppress(ValueError):  # no JSON: the emulator says so
                if refused := _untrusted(json.loads(body), action):
                    return refused
        return await original(method, path, headers, body, query_params)

    return handle


def _untrusted(data: Mapping[str, Any], action: str) -> Any:
    """AWS's refusal of a role that does not trust it; None for one that does."""
    if action == "UpdateStateMachine" and "roleArn" not in data:
        return None
    machine = data.get("stateMachineArn") or _arn("states", f"stateMachine:{data.get('name')}")
    if trusted(str(data.get("roleArn") or ""), str(machine)):
        return None
    return error_response_json(
        "AccessDeniedException",
        "Neither the global service principal states.amazonaws.com, nor the regional one is "
        "authorized to assume the provided role.",
        400,
    )
