"""A function URL asks for two permissions, of a signing caller and of the public alike.

The emulator asks a signing caller for ``lambda:InvokeFunctionUrl`` alone, and lets everybody in
where the URL has no authentication. Since October 2025 Lambda wants ``lambda:InvokeFunction``
with ``lambda:InvokedViaFunctionUrl`` as well, and a public URL wants both in the function's
policy. The event of a signed call names its caller, which the emulator leaves out.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core import iam_evaluator, router
from ministack.core.responses import new_uuid
from ministack.services import apigateway, lambda_svc

from sandbox.cloud.settings import Settings

from . import guard, lambda_permissions

INVOKE, VIA_URL = "lambda:InvokeFunction", {"lambda:invokedviafunctionurl": "true"}
_FORBIDDEN = (
    "Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
)


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Ask for what the emulator does not."""
    guard.wrap(
        lambda_svc,
        "handle_function_url_request",
        "(url_id: str, method: str, path: str, headers: dict, body: bytes, query_params: dict, "
        "resolved: tuple | None = None, source_ip: str | None = None) -> tuple",
        _asked,
    )
    guard.wrap(
        lambda_svc,
        "_build_function_url_event",
        "(url_id: str, account_id: str, region: str, method: str, path: str, headers: dict, "
        "body: bytes, query_params: dict, source_ip: str = '127.0.0.1', anonymous: bool = False, "
        "trace_root: str = '') -> dict",
        _with_caller,
    )


def _asked(original: Callable[..., Any]) -> Callable[..., Any]:
    async def serve(
        url_id: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query_params: Mapping[str, Any],
        resolved: Any = None,
        source_ip: str | None = None,
    ) -> Any:
        found = resolved or lambda_svc.resolve_function_url(url_id)
        preflight = found and method == "OPTIONS" and found[4].get("Cors")
        if found and not preflight and not _may_call(found, headers, query_params):
            answer = {"Content-Type": "application/json", "x-amzn-RequestId": new_uuid()}
            answer["x-amzn-ErrorType"] = "AccessDeniedException"
            return 403, answer, json.dumps({"Message": _FORBIDDEN}).encode()
        return await original(
            url_id, method, path, headers, body, query_params, found, source_ip=source_ip
        )

    return serve


def _may_call(found: Any, headers: dict[str, str], query_params: Mapping[str, Any]) -> bool:
    _, region, name, qualifier, url = found
    if url.get("AuthType") == "NONE":
        by_url = {"lambda:functionurlauthtype": "NONE"}
        return lambda_permissions.allows(
            name, qualifier, "lambda:InvokeFunctionUrl", by_url
        ) and lambda_permissions.allows(name, qualifier, INVOKE, VIA_URL)
    # The signature has been checked with the first permission; without one the emulator refuses.
    key = router.extract_access_key_id(headers, query_params)
    resource = lambda_svc._policy_resource_arn(name, qualifier)
    return iam_evaluator.enforce(key, INVOKE, "lambda", region, resource, VIA_URL) is None


def _with_caller(original: Callable[..., Any]) -> Callable[..., Any]:
    def build(*args: Any, **named: Any) -> Any:
        event = original(*args, **named)
        headers, query_params = args[5], args[7]
        if not named.get("anonymous"):
            caller = apigateway._iam_caller_identity_v2(headers, query_params)
            event["requestContext"]["authorizer"] = {"iam": caller}
        return event

    return build
