"""The error class of a failed Lambda, by which Step Functions retry and catch.

The emulator says ``Runtime.HandlerError`` for every exception; the class stands in the
last line of the traceback that it logs.
"""

import re
from collections.abc import Callable
from typing import Any

from ministack.services import lambda_svc

from sandbox.cloud.settings import Settings

from . import guard

_LAST_LINE = re.compile(r"^([A-Za-z_][\w.]*)(?:: .*)?$")


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Tell the exception's class as ``errorType``."""

    def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
        def execute(func: dict[str, Any], event: dict[str, Any], request_id: str) -> dict[str, Any]:
            result: dict[str, Any] = original(func, event, request_id)
            body = result.get("body")
            if (
                result.get("error")
                and isinstance(body, dict)
                and body.get("errorType") == "Runtime.HandlerError"
                and (name := error_class(str(result.get("log", "")))) is not None
            ):
                body["errorType"] = name
            return result

        return execute

    signature = "(func: dict, event: dict, request_id: str) -> dict"
    guard.wrap(lambda_svc, "_execute_function_warm", signature, wrap)


def error_class(log: str) -> str | None:
    """The unqualified class that the traceback in ``log`` ends with, if there is one."""
    begin = log.rfind("Traceback (most recent call last)")
    if begin < 0:
        return None
    for line in reversed(log[begin:].splitlines()):
        if not line.startswith(" ") and (match := _LAST_LINE.match(line)):
            return match[1].rpartition(".")[2]
    return None
