"""What tasks call: functions, services, other machines.

Services are the emulator's; what a function's end means to a task, and which parameters of an
invocation count, is told here.
"""

import json
from collections.abc import Mapping
from typing import Any

from ministack.core.iam_evaluator import _request_caller_arn
from ministack.services import lambda_svc
from ministack.services import stepfunctions as sfn

from sandbox.cloud.settings import Settings

from . import guard, roles, sfn_roles, sfn_strands
from .sfn_strands import ExecutionError, Strand

_GATEWAY = ("dynamodb", "sqs", "sns", "events")
"""Optimized integrations that answer at once, on the thread that answers requests."""
_DIED = "Worker process died"


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Make sure that what is called is still there."""
    guard.checked(sfn, "_invoke_resource", "(resource, input_data)")
    guard.checked(
        lambda_svc, "_execute_function_with_config_scope", "(func: dict, event: dict) -> dict"
    )


async def call(strand: Strand, role: str, resource: str, given: Any, timeout: float | None) -> Any:
    """Do what a resource stands for, as this role.

    Raises:
        ExecutionError: it failed, or the role does not allow it.
        LateError: it took longer than ``timeout``.
    """
    session = strand.run.session
    refused = sfn_roles.refusal(role, session, resource, given)
    if refused:
        raise ExecutionError(*refused)
    _request_caller_arn.set(roles.session_arn(role, session))
    bare = resource.replace(".waitForTaskToken", "")
    service, action = sfn_roles.parts(bare)
    if ":function:" in bare:
        return (await _work(strand, timeout, _invoke, bare, given, False))["Payload"]
    if service == "lambda" and action == "invoke":
        return await _work(
            strand,
            timeout,
            _invoke,
            _function(given),
            given.get("Payload", {}),
            given.get("InvocationType") == "Event",
        )
    if service in _GATEWAY and bare in sfn._SERVICE_DISPATCH:
        done = sfn_strands.on_gateway(sfn._SERVICE_DISPATCH[bare], bare, given)
        return _checked(service, await strand.within(done, timeout))
    return await _work(strand, timeout, sfn._invoke_resource, bare, given)


async def _work(strand: Strand, timeout: float | None, function: Any, *args: Any) -> Any:
    """Call on a thread; the time runs from when there is a turn."""
    async with sfn_strands.turn():
        return await strand.within(sfn_strands.on_thread(function, *args), timeout)


def _function(given: Mapping[str, Any]) -> str:
    name, qualifier = str(given.get("FunctionName", "")), given.get("Qualifier")
    return f"{name}:{qualifier}" if qualifier else name


def _invoke(name: str, payload: Any, event: bool) -> dict[str, Any]:
    func, config, found = lambda_svc._get_func_record_for_ref(
        sfn._resolve_lambda_function_ref(name, optimized=True)
    )
    if func is None or config is None:
        raise ExecutionError("Lambda.ResourceNotFoundException", f"Function not found: {found}")
    record = lambda_svc._execution_record_for_config(func, config)
    if event:
        lambda_svc.invoke_async_with_retry(record, payload)
        return {"Payload": "", "StatusCode": 202}
    result = lambda_svc._execute_function_with_config_scope(record, payload)
    body: Any = result.get("body")
    if result.get("throttle"):
        raise ExecutionError("Lambda.TooManyRequestsException", str(body.get("message", "")))
    if result.get("error"):
        raise _failure(body)
    return {
        "ExecutedVersion": config.get("Version", "$LATEST"),
        "Payload": body,
        "SdkHttpMetadata": {"HttpStatusCode": 200},
        "StatusCode": 200,
    }


def _failure(body: Any) -> Exception:
    if not isinstance(body, dict):
        return ExecutionError("Lambda.Unknown", str(body))
    if body.get("errorMessage") == _DIED:
        body = {
            "errorType": "Runtime.ExitError",
            "errorMessage": "Error: Runtime exited without providing a reason",
        }
    return ExecutionError(body.get("errorType") or "Lambda.Unknown", json.dumps(body))


def _checked(service: str, result: Any) -> Any:
    """AWS fails a task of which EventBridge did not take every entry."""
    if service == "events" and result.get("FailedEntryCount"):
        raise ExecutionError("EventBridge.FailedEntry", sfn_strands.text_of(result))
    return result
