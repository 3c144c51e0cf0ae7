"""Calls on this machine count as calls through TLS.

The cloud speaks plain HTTP on loopback, where nobody listens in. Policies that deny requests
without TLS (``aws:SecureTransport``) would otherwise shut everybody out.
"""

from collections.abc import Callable
from typing import Any

from ministack import app
from ministack.core import iam_evaluator

from sandbox.cloud.settings import Settings

from . import guard


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Tell the evaluator of policies that the request was secure."""

    def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
        def pin(source_ip: str, secure_transport: bool) -> None:  # noqa: ARG001
            original(source_ip, True)

        return pin

    guard.checked(iam_evaluator, "pin_request_origin", _SIGNATURE)
    guard.wrap(app, "pin_request_origin", _SIGNATURE, wrap)


_SIGNATURE = "(source_ip: str, secure_transport: bool) -> None"
