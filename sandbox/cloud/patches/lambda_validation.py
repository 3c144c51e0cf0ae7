"""Lambda refuses a role that it cannot take on, or that may not do what is wanted of it.

The emulator takes whatever role exists. On AWS a function or an invoke configuration that is made
before its role's policy fails; so it does here.
"""

from collections.abc import Callable, Mapping
from typing import Any

from ministack.core.responses import error_response_json, get_account_id, get_region
from ministack.services import lambda_svc

from sandbox.cloud.settings import Settings

from . import guard, lambda_roles, roles

LAMBDA = "lambda.amazonaws.com"


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Ask the role when a function or its invoke configuration is made."""
    guard.wrap(lambda_svc, "_create_function", "(data: dict)", _trusted)
    guard.wrap(
        lambda_svc,
        "_put_event_invoke_config",
        "(func_name: str, qualifier: str | None, data: dict)",
        _reachable,
    )


def _trusted(original: Callable[..., Any]) -> Callable[..., Any]:
    def create(data: dict[str, Any]) -> Any:
        function = f"arn:aws:lambda:{get_region()}:{get_account_id()}:function:"
        source = function + str(data.get("FunctionName"))
        dead_letters = (data.get("DeadLetterConfig") or {}).get("TargetArn")
        if not roles.trusts(str(data.get("Role")), LAMBDA, source):
            return _refused("The role defined for the function cannot be assumed by Lambda.")
        if dead_letters and (problem := _unsendable(data, dead_letters)):
            return _refused(f"The provided execution role does not have permissions to {problem}")
        return original(data)

    return create


def _reachable(original: Callable[..., Any]) -> Callable[..., Any]:
    def put(func_name: str, qualifier: str | None, data: dict[str, Any]) -> Any:
        function = lambda_svc._functions.get(func_name)
        for destination in (data.get("DestinationConfig") or {}).values():
            arn = (destination or {}).get("Destination")
            if function and arn and (problem := _unsendable(function["config"], arn)):
                return _refused(
                    f"The function's execution role does not have permissions to {problem}"
                )
        return original(func_name, qualifier, data)

    return put


def _unsendable(config: Mapping[str, Any], arn: str) -> str | None:
    """What the role lacks to put something down there; None if nothing."""
    action = lambda_roles.SENDING.get(arn.split(":")[2], "")
    if not action or not lambda_roles.refused(config, action, arn):
        return None
    return f"call {action.partition(':')[2]} on {arn}"


def _refused(message: str) -> Any:
    return error_response_json("InvalidParameterValueException", message, 400)
