"""A signature is for one service: API Gateway's methods and function URLs refuse another's.

The emulator recomputes signatures over what the client sent, with whatever service the client
named in them.
"""

from collections.abc import Callable
from typing import Any

from ministack.core import iam_evaluator, sigv4

from sandbox.cloud.settings import Settings

from . import guard

SCOPES = {"execute-api:Invoke": "execute-api", "lambda:InvokeFunctionUrl": "lambda"}
"""The service that a signature must name, by what it is checked for."""


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Compare the service before the signature."""
    guard.wrap(
        iam_evaluator,
        "enforce",
        "(access_key_id: str, iam_action: str, service: str, region: str, "
        "resource_arn: str = '*', service_context: dict[str, typing.Any] | None = None) -> "
        "ministack.core.iam_evaluator.EvalResult | ministack.core.iam_evaluator.AuthError | None",
        _scoped,
    )


def _scoped(original: Callable[..., Any]) -> Callable[..., Any]:
    def enforce(access_key_id: str, iam_action: str, *more: Any, **named: Any) -> Any:
        request = iam_evaluator._signed_request.get()
        wanted = SCOPES.get(iam_action)
        if request is not None and wanted:
            parsed = (
                sigv4.parse_query_signature(request.query_params)
                if request.presigned
                else sigv4.parse_header_signature(request.headers)
            )
            if isinstance(parsed, sigv4.HeaderSignature) and parsed.service != wanted:
                return iam_evaluator.AuthError(
                    "SignatureDoesNotMatch",
                    f"Credential should be scoped to correct service: '{wanted}'. ",
                )
        return original(access_key_id, iam_action, *more, **named)

    return enforce
