"""A machine is described with its tracing, which the emulator forgets. Nothing is traced."""

import functools
import json
from collections.abc import Callable
from typing import Any

from ministack.services import stepfunctions as sfn

from sandbox.cloud.settings import Settings

from . import guard

_FIELD = "tracingConfiguration"


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Keep it with the machine's record."""
    guard.wrap(sfn, "_create_state_machine", "(data)", _keeping)
    guard.wrap(sfn, "_update_state_machine", "(data)", _keeping)


def _keeping(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)  # others wrap these functions as well
    def keep(data: dict[str, Any]) -> Any:
        answer = original(data)
        if answer[0] < 300:
            arn = data.get("stateMachineArn") or json.loads(answer[2])["stateMachineArn"]
            machine = sfn._state_machines[arn]
            given = data.get(_FIELD) or machine.get(_FIELD) or {}
            machine[_FIELD] = {"enabled": bool(given.get("enabled"))}
        return answer

    return keep
