"""A service invokes a function only if the function's policy lets it in.

The emulator keeps the policy and asks it for function URLs alone. Here API Gateway, S3,
EventBridge and SNS are asked for it too, with the resource on whose behalf they call and on the
alias or version that they name: what is allowed for one qualifier is not for another. S3 asks
when it is told whom to call, too.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import apigateway as http
from ministack.services import apigateway_v1 as rest
from ministack.services import lambda_svc, s3

from sandbox.cloud.settings import Settings

from . import api_logs, guard

API_GATEWAY, S3 = "apigateway.amazonaws.com", "s3.amazonaws.com"
_DENIED = "Execution failed due to configuration error: Invalid permissions on Lambda function"
_UNREACHABLE = "Unable to validate the following destination configurations: "
_log = logging.getLogger("slipway")


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Ask the policy where the emulator does not."""
    guard.wrap(
        rest,
        "_call_lambda_raw",
        "(function_ref, event, *, account_id=None, region=None)",
        _of_rest_route,
    )
    signature = "(authorizer, event, account_id, region)"
    guard.wrap(rest, "_invoke_authorizer_lambda", signature, _of_rest_authorizer)
    guard.wrap(http, "_invoke_request_authorizer_lambda", signature, _of_http_authorizer)
    guard.wrap(
        s3,
        "_deliver_event_to_lambda",
        "(arn: str, event_payload: dict, bucket_region: str) -> None",
        _of_bucket,
    )
    guard.wrap(
        s3,
        "_validate_notification_configs",
        "(configs: list[dict], bucket_region: str, bucket_name: str = '', "
        "skip_destination_validation: bool = False) -> tuple | None",
        _of_notification,
    )


def lets_in(function: str, principal: str, source_arn: str) -> bool:
    """Whether the policy of this function, alias or version lets the service in."""
    name, qualifier = lambda_svc._resolve_name_and_qualifier(function)
    if lambda_svc._functions.get(name) is None:
        return True  # that it is missing is another error
    facts = {"aws:sourcearn": source_arn, "aws:sourceaccount": get_account_id()}
    allowed = allows(name, qualifier, "lambda:InvokeFunction", facts, principal)
    if not allowed:
        resource = lambda_svc._policy_resource_arn(name, qualifier)
        api_logs.note(integrationErrorMessage=_DENIED)
        _log.warning("%s may not invoke %s on behalf of %s", principal, resource, source_arn)
    return allowed


def allows(
    name: str, qualifier: str | None, action: str, facts: Mapping[str, str], service: str = ""
) -> bool:
    """Whether the function's policy by itself allows a service, or, without one, everybody."""
    context = iam_evaluator.EvalContext(
        principal_arn=service,
        principal_type="Service" if service else "Anonymous",
        principal_account=get_account_id(),
        action=action,
        resource_arn=lambda_svc._policy_resource_arn(name, qualifier),
        region=get_region(),
        source_ip="127.0.0.1",
        secure_transport=True,
        service_context=dict(facts),
    )
    policy = lambda_svc._functions[name]["policy"]
    found = iam_evaluator.evaluate_resource_policy(policy, context, service=service or None)
    return bool(found.decision == "Allow")


def execution_arn(api: str, path: str) -> str:
    """The ARN by which API Gateway calls: a stage's route, or an authorizer."""
    return f"arn:aws:execute-api:{get_region()}:{get_account_id()}:{api}/{path}"


def _of_rest_route(original: Callable[..., Any]) -> Callable[..., Any]:
    async def call(
        function_ref: str, event: Any, *, account_id: str | None = None, region: str | None = None
    ) -> Any:
        context = (event.get("requestContext") or {}) if isinstance(event, dict) else {}
        if "apiId" in context:
            route = f"{context['stage']}/{context['httpMethod']}{context['resourcePath']}"
            if not lets_in(function_ref, API_GATEWAY, execution_arn(context["apiId"], route)):
                return None, "no permission"
        return await original(function_ref, event, account_id=account_id, region=region)

    return call


def _of_rest_authorizer(original: Callable[..., Any]) -> Callable[..., Any]:
    async def call(authorizer: Any, event: Any, account_id: str, region: str) -> Any:
        function = rest._extract_lambda_ref_from_integration_uri(authorizer["authorizerUri"])
        api = event["methodArn"].split(":")[5].partition("/")[0]
        source = execution_arn(api, f"authorizers/{authorizer['id']}")
        if not authorizer.get("authorizerCredentials") and not lets_in(
            function, API_GATEWAY, source
        ):
            return None
        return await original(authorizer, event, account_id, region)

    return call


def _of_http_authorizer(original: Callable[..., Any]) -> Callable[..., Any]:
    async def call(authorizer: Any, event: Any, account_id: str, region: str) -> Any:
        function = http._extract_lambda_ref_from_integration_uri(authorizer["authorizerUri"])
        api = event["requestContext"]["apiId"]
        source = execution_arn(api, f"authorizers/{authorizer['authorizerId']}")
        if not authorizer.get("authorizerCredentialsArn") and not lets_in(
            function, API_GATEWAY, source
        ):
            return None
        return await original(authorizer, event, account_id, region)

    return call


def _of_bucket(original: Callable[..., Any]) -> Callable[..., Any]:
    def deliver(arn: str, event_payload: dict[str, Any], bucket_region: str) -> None:
        bucket = event_payload["Records"][0]["s3"]["bucket"]["arn"]
        if lets_in(arn, S3, bucket):
            original(arn, event_payload, bucket_region)

    return deliver


def _of_notification(original: Callable[..., Any]) -> Callable[..., Any]:
    def validate(
        configs: list[dict[str, str]],
        bucket_region: str,
        bucket_name: str = "",
        skip_destination_validation: bool = False,
    ) -> Any:
        problem = original(configs, bucket_region, bucket_name, skip_destination_validation)
        if problem or skip_destination_validation:
            return problem
        refused = [
            config["arn"]
            for config in configs
            if config["type"] == "lambda"
            and not (
                lambda_svc._get_func_record_for_ref(config["arn"])[1]
                and lets_in(config["arn"], S3, f"arn:aws:s3:::{bucket_name}")
            )
        ]
        if refused:
            return s3._invalid_notification_config(_UNREACHABLE + ", ".join(refused))
        return None

    return validate
