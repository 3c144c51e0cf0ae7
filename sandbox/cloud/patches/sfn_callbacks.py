"""Task tokens: given out, answered once, beaten for, and worthless afterwards.

The emulator takes two answers for one task and knows no heartbeat. A token names its execution,
so that permission to answer can be asked for on the machine, as on AWS.
"""

import asyncio
import base64
import json
import secrets
import time
from collections.abc import Callable
from typing import Any

from ministack.core import iam_actions
from ministack.core.responses import error_response_json, json_response
from ministack.services import stepfunctions as sfn

from sandbox.cloud.settings import Settings

from . import guard, sfn_strands

_waiting: dict[str, "Waiting"] = {}
_RESOURCE = (
    "(service: str, method: str, path: str, headers: dict, body: bytes, query_params: dict, "
    "region: str, account_id: str) -> str"
)


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Take the answers; say on which machine."""
    guard.replace(sfn, "_send_task_success", "(data)", _succeed)
    guard.replace(sfn, "_send_task_failure", "(data)", _fail)
    guard.replace(sfn, "_send_task_heartbeat", "(data)", _beat)
    guard.wrap(sfn, "_get_activity_task", "(data)", _taking)
    guard.wrap(iam_actions, "extract_resource_arn", _RESOURCE, _on_machine)


class Waiting:
    """A task that waits for an answer from outside."""

    def __init__(self, execution: str, state: str) -> None:
        key = json.dumps([execution, state, secrets.token_hex(8)])
        self.token = base64.urlsafe_b64encode(key.encode()).decode()
        self.beat = time.monotonic()
        loop = asyncio.get_running_loop()
        self.answer: asyncio.Future[Any] = loop.create_future()
        self.taken: asyncio.Future[None] = loop.create_future()
        _waiting[self.token] = self

    def forget(self) -> None:
        """No answer is taken any more."""
        _waiting.pop(self.token, None)

    def settle(self, result: Any, error: Exception | None = None) -> None:
        """Hand the answer over to the loop."""

        def set_answer() -> None:
            if not self.answer.done():
                if error is None:
                    self.answer.set_result(result)
                else:
                    self.answer.set_exception(error)

        sfn_strands.loop().call_soon_threadsafe(set_answer)


def _execution(token: Any) -> str | None:
    """The execution that gave out the token, if one did."""
    try:
        arn, _, _ = json.loads(base64.urlsafe_b64decode(token))
    except (ValueError, TypeError):
        return None
    return str(arn)


def _taken(data: dict[str, Any]) -> Any:
    """What waits with this token; otherwise AWS's answer."""
    token = data.get("taskToken")
    if _execution(token) is None:
        return error_response_json("InvalidToken", "Invalid Token: 'Invalid token'", 400)
    found = _waiting.pop(str(token), None)
    return found or error_response_json(
        "TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'", 400
    )


def _succeed(data: dict[str, Any]) -> Any:
    output = data.get("output", "")
    try:
        result = json.loads(output)
    except ValueError:
        return error_response_json("InvalidOutput", "Invalid Output: the output is no JSON", 400)
    if len(output.encode()) > sfn_strands.DATA_BYTES:
        return error_response_json("InvalidOutput", "Invalid Output: 'output too large'", 400)
    found = _taken(data)
    if isinstance(found, Waiting):
        found.settle(result)
        return json_response({})
    return found


def _fail(data: dict[str, Any]) -> Any:
    found = _taken(data)
    if isinstance(found, Waiting):
        error = sfn_strands.ExecutionError(data.get("error") or "", data.get("cause") or "")
        found.settle(None, error)
        return json_response({})
    return found


def _beat(data: dict[str, Any]) -> Any:
    found = _taken(data)
    if isinstance(found, Waiting):
        found.beat = time.monotonic()
        _waiting[found.token] = found
        return json_response({})
    return found


def _taking(original: Callable[..., Any]) -> Callable[..., Any]:
    async def take(data: dict[str, Any]) -> Any:
        """The time of an activity runs from when a worker takes it."""
        while True:
            answer = await original(data)
            token = json.loads(answer[2] or b"{}").get("taskToken")
            if token is None:
                return answer
            if found := _waiting.get(token):
                found.beat = time.monotonic()
                sfn_strands.loop().call_soon_threadsafe(_mark, found.taken)
                return answer

    return take


def _mark(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


def _on_machine(original: Callable[..., Any]) -> Callable[..., Any]:
    def extract(
        service: str,
        method: str,
        path: str,
        headers: Any,
        body: bytes,
        query_params: Any,
        region: str,
        account_id: str,
    ) -> str:
        if service == "states" and b'"taskToken"' in (body or b""):
            try:
                arn = _execution(json.loads(body).get("taskToken"))
            except (ValueError, AttributeError):
                arn = None
            if arn:
                parts = arn.split(":")
                return ":".join([*parts[:5], "stateMachine", parts[6]])
        found: str = original(
            service, method, path, headers, body, query_params, region, account_id
        )
        return found

    return extract
