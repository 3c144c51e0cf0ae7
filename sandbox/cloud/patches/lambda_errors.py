"""The error class of a failed Lambda, by which Step Functions retry and catch.

The emulator says ``Runtime.HandlerError`` for every exception; the class stands in
the traceback that it logs.
"""

import re
from collections.abc import Callable
from typing import Any

from ministack.services import lambda_svc

from sandbox.cloud.settings import Settings

from . import guard

HEADER = "Traceback (most recent call last):\n"
_SUMMARY = re.compile(r"^([A-Za-z_][\w.]*)(?:: |$)(.*)\Z", re.MULTILINE | re.DOTALL)
"""The first line that is not indented, and what follows: a message may have several lines."""


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
                and (found := failure(str(result.get("log", "")))) is not None
            ):
                body["errorType"] = found[0]
            return result

        return execute

    signature = "(func: dict, event: dict, request_id: str) -> dict"
    guard.wrap(lambda_svc, "_execute_function_warm", signature, wrap)


def failure(log: str) -> tuple[str, str] | None:
    """Class and message of the traceback that ``log`` ends with, if it does.

    The class is unqualified, unless it is one of the runtime's own (``Runtime.…``).
    """
    _, begun, trace = log.rpartition(HEADER)
    found = _SUMMARY.search(trace) if begun else None
    if found is None:
        return None
    name, message = found[1], found[2].strip("\n")
    return (name if name.startswith("Runtime.") else name.rpartition(".")[2]), message
