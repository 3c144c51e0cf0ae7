"""A REST API's integrations of type ``aws`` call Step Functions, as the role that they name.

The emulator takes every such integration for a function's. Here the request template is
rendered as Velocity, the role must be one that API Gateway may assume and that may do the
call, and the answer goes through the integration responses: chosen by status, rendered,
overridden where the template says so. Queues (``sqs:path``) stay the emulator's.
"""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ministack.core.responses import get_account_id, new_uuid
from ministack.services import apigateway_v1 as rest
from ministack.services import stepfunctions

from sandbox import velocity
from sandbox.cloud.settings import Settings

from . import guard, lambda_permissions, roles

SESSION = "BackplaneAssumeRoleSession"
"""What API Gateway calls the sessions in which it acts as a role."""
_JSON = {"Content-Type": "application/json"}
_log = logging.getLogger("slipway")


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Serve the integrations whose address is an action of Step Functions."""
    guard.checked(stepfunctions, "handle_request", "(method, path, headers, body, query_params)")
    guard.checked(
        rest, "_select_service_integration_response", "(integration, backend_status: int)"
    )
    guard.checked(rest, "_gw_error", "(response_type, message)")
    guard.wrap(
        rest,
        "_invoke_lambda_custom_v1",
        "(integration, api_id, stage_name, stage, resource, request_path, method, headers, body, "
        "query_params, path_params, *, owner_account_id=None, owner_region=None, "
        "binary_media_types=None, authorizer_context=None, caller_identity=None)",
        _serving,
    )


@dataclass(frozen=True)
class _Call:
    """One call of a route, and what its templates may ask for."""

    integration: Mapping[str, Any]
    action: str
    route: str
    content_type: str
    accept: str
    request: velocity.Request


def _serving(original: Callable[..., Any]) -> Callable[..., Any]:
    async def invoke(integration: Any, *given: Any, **more: Any) -> Any:
        spec = rest._parse_service_integration_uri(integration.get("uri", ""))
        if spec is None or spec[1:3] != ("states", "action"):
            return await original(integration, *given, **more)
        api_id, stage_name, stage, resource, path, method, headers, body, query, parameters = given
        context = {
            "accountId": get_account_id(),
            "apiId": api_id,
            "authorizer": more.get("authorizer_context") or {},
            "httpMethod": method,
            "identity": {"sourceIp": "127.0.0.1", "userAgent": headers.get("user-agent", "")},
            "path": f"/{stage_name}{path}",
            "protocol": "HTTP/1.1",
            "requestId": new_uuid(),
            "requestTimeEpoch": int(time.time() * 1000),
            "resourcePath": resource["path"],
            "stage": stage_name,
        }
        request = velocity.Request(
            body=(body or b"").decode(errors="replace"),
            path=parameters or {},
            querystring={key: _last(value) for key, value in (query or {}).items()},
            header=headers,
            context=context,
            stage_variables=stage.get("variables") or {},
        )
        call = _Call(
            integration,
            action=spec[3],
            route=f"{stage_name}/{method}{resource['path']}",
            content_type=_media_type(headers.get("content-type")),
            accept=_media_type(headers.get("accept")),
            request=request,
        )
        return await _answered(call, api_id)

    return invoke


async def _answered(call: _Call, api_id: str) -> Any:
    """The caller's answer; what is wrong with the API itself is kept from it, and logged."""
    integration = call.integration
    try:
        text = _rendered_request(call)
        if text is None:
            return rest._gw_error("UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type")
        role = integration.get("credentials") or ""
        source = lambda_permissions.execution_arn(api_id, call.route)
        if not roles.trusts(role, "apigateway.amazonaws.com", source):
            raise velocity.TemplateError(f"API Gateway may not assume {role or 'a role: none'}")
        seconds = int(integration.get("timeoutInMillis") or 29_000) / 1000
        # The execution runs on, as it does on AWS.
        asked = asyncio.ensure_future(_ask(call.action, text, role))
        status, answer = await asyncio.wait_for(asyncio.shield(asked), seconds)
        return _rendered_answer(call, status, answer)
    except TimeoutError:
        return rest._gw_error("INTEGRATION_TIMEOUT", "Endpoint request timed out")
    except velocity.BadBody as error:
        return 400, dict(_JSON), json.dumps({"message": str(error)}).encode()
    except velocity.TemplateError as error:
        _log.warning("API %s, %s: %s", api_id, call.route, error)
        return rest._gw_error("API_CONFIGURATION_ERROR", "Internal server error")


def _rendered_request(call: _Call) -> str | None:
    """What Step Functions is sent; None where the content type is refused."""
    templates = call.integration.get("requestTemplates") or {}
    for kind, template in templates.items():
        if _media_type(kind) == call.content_type:
            return velocity.render(template, call.request)[0]
    behaviour = (call.integration.get("passthroughBehavior") or "WHEN_NO_MATCH").upper()
    passes = behaviour == "WHEN_NO_MATCH" or (behaviour == "WHEN_NO_TEMPLATES" and not templates)
    return call.request.body if passes else None


async def _ask(action: str, text: str, role: str) -> tuple[int, str]:
    """Status and body of Step Functions' answer to the role."""
    try:
        machine = json.loads(text).get("stateMachineArn", "")
    except (ValueError, AttributeError):
        machine = ""
    if why := roles.refusal(role, SESSION, f"states:{action}", machine or "*"):
        kind = "com.amazon.coral.service#AccessDeniedException"
        return 400, json.dumps({"__type": kind, "Message": why.partition(": ")[2]})
    headers = {"x-amz-target": f"AWSStepFunctions.{action}"}
    told: Any = await stepfunctions.handle_request("POST", "/", headers, text.encode(), {})
    status, _, body = told
    return status, body.decode() if isinstance(body, bytes) else str(body)


def _rendered_answer(call: _Call, status: int, answer: str) -> Any:
    chosen = rest._select_service_integration_response(call.integration, status)
    if chosen is None:
        raise velocity.TemplateError(f"no integration response fits the status {status}")
    headers = dict(_JSON)
    for name, value in (chosen.get("responseParameters") or {}).items():
        headers[name.removeprefix("method.response.header.")] = value[1:-1]
    templates = chosen.get("responseTemplates") or {}
    told = int(chosen["statusCode"])
    template = templates.get(call.accept) or templates.get("application/json")
    if template is not None:
        try:
            answer, override = velocity.render(template, replace(call.request, body=answer))
        except velocity.BadBody:
            raise velocity.TemplateError(f"the answer is no JSON: {answer}") from None
        told = int(override.get("status", told))
        headers |= {name: str(value) for name, value in override["header"].items()}
    return told, headers, answer.encode()


def _media_type(header: str | None) -> str:
    first = (header or "application/json").partition(",")[0]
    return first.partition(";")[0].strip().lower()


def _last(value: Any) -> str:
    return str(value[-1] if isinstance(value, list | tuple) and value else value)
