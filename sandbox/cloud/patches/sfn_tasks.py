"""Task states: scheduled, started, submitted, answered, late; each with its event.

The emulator writes three kinds of events, never heeds a heartbeat, lets a nested execution run on
the asking one's thread, and waits for a token whose function has failed.
"""

import asyncio
import json
import time
from typing import Any

from ministack.core.responses import get_region
from ministack.services import stepfunctions as sfn

from sandbox.cloud.settings import Settings

from . import guard, metric_workflows, roles, sfn_calls, sfn_roles, sfn_states
from .sfn_callbacks import Waiting
from .sfn_retries import HEARTBEAT, TIMEOUT
from .sfn_states import State, Step
from .sfn_strands import ExecutionError, LateError, Strand, fitting, text_of

_NESTED = "arn:aws:states:::states:startExecution"


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Take part in the interpreter."""
    sfn_states.register("Task", _task)
    guard.checked(sfn, "_nested_start_execution_request", "(input_data)")


async def _task(strand: Strand, state: State, data: Any) -> Step:
    return await sfn_states.guarded(strand, state, data, _attempt)


async def _attempt(strand: Strand, state: State, data: Any) -> Any:
    resource = str(state["Resource"])
    waiting = None
    if ".waitForTaskToken" in resource or ":activity:" in resource:
        waiting = Waiting(strand.run.record["executionArn"], strand.context["State"]["Name"])
        strand.context["Task"] = {"Token": waiting.token}
    try:
        return await _Attempt(strand, state, data, resource, waiting).result()
    finally:
        strand.context.pop("Task", None)
        if waiting is not None:
            waiting.forget()


class _SilentError(LateError):
    """No heartbeat came in time."""


class _Attempt:
    """One try of a task, and what the history hears of it."""

    def __init__(
        self, strand: Strand, state: State, data: Any, resource: str, waiting: Waiting | None
    ) -> None:
        self.strand, self.resource, self.waiting = strand, resource, waiting
        self.given = sfn_states.taken(strand, state, data)
        self.role = self._role(state, data)
        self.timeout = sfn_states.number(strand, state, "TimeoutSeconds", data)
        self.heartbeat = sfn_states.number(strand, state, "HeartbeatSeconds", data)
        name = strand.context["State"]["Name"]
        self.what = f"The state/task '{name}'"
        self.input = fitting(text_of(self.given), f"The parameters of the state/task '{name}'")
        self.about: dict[str, Any] = {}
        self.events = "Task"
        if ":activity:" in resource:
            self.events = "Activity"
        elif ":function:" in resource:
            self.events = "LambdaFunction"
        else:
            service, action = sfn_roles.parts(resource)
            self.about = {"resourceType": service, "resource": action}
        self.measured = metric_workflows.Call(self.events, resource)

    def _role(self, state: State, data: Any) -> str:
        """The machine's, unless the task names another one."""
        strand, own = self.strand, self.strand.run.role
        named = state.get("Credentials")
        if not named:
            return own
        if sfn_states.jsonata(strand, state):
            found: Any = sfn._apply_jsonata_template(named, data, strand.context)
        else:
            found = sfn._resolve_params_obj(named, data, strand.context)
        role = str(found.get("RoleArn"))
        if why := sfn_roles.unassumable(own, strand.run.session, role):
            raise ExecutionError("States.Permissions", why)
        return role

    async def result(self) -> Any:
        """What the task gave.

        Raises:
            ExecutionError: it failed or was late.
        """
        self._schedule()
        try:
            result = await self._done()
            text = fitting(text_of(result), self.what)
        except LateError as late:
            error = HEARTBEAT if isinstance(late, _SilentError) else TIMEOUT
            self._tell("TimedOut", error=error, cause="")
            raise ExecutionError(error, "") from None
        except ExecutionError as failed:
            failure: Any = failed
            self._tell("Failed", error=failure.error, cause=failure.cause)
            raise
        self._tell("Succeeded", output=text, outputDetails={"truncated": False})
        return result

    async def _done(self) -> Any:
        strand, began = self.strand, time.monotonic()
        if self.events == "Activity":
            return await self._worker()
        self._tell("Started")
        if self.resource.startswith(_NESTED):
            result = await self._nested()
        else:
            result = await sfn_calls.call(
                strand, self.role, self.resource, self.given, self.timeout
            )
        if self.waiting is None:
            return result
        self._tell("Submitted", output=text_of(result), outputDetails={"truncated": False})
        left = None if self.timeout is None else self.timeout - (time.monotonic() - began)
        return await self._answer(self.waiting, left)

    async def _worker(self) -> Any:
        """Offer the task to whoever asks for the activity's."""
        arn = self.resource
        if arn not in sfn._activities:
            raise ExecutionError("States.Runtime", f"Activity does not exist: {arn}")
        assert self.waiting is not None
        offer = {"taskToken": self.waiting.token, "input": self.input}
        offers = sfn._activity_tasks[arn]
        offers.append(offer)
        try:
            await self.strand.within(self.waiting.taken, self.timeout)
        finally:
            if offer in offers:
                offers.remove(offer)
        self._tell("Started")
        return await self._answer(self.waiting, self.timeout)

    async def _answer(self, waiting: Waiting, timeout: float | None) -> Any:
        """Wait for it, as long as the heart beats."""
        end = None if timeout is None else time.monotonic() + timeout
        waiting.beat = max(waiting.beat, time.monotonic()) if self.heartbeat else waiting.beat
        while True:
            now = time.monotonic()
            limits = [end - now] if end is not None else []
            if self.heartbeat is not None:
                limits.append(waiting.beat + self.heartbeat - now)
            if end is not None and end <= now:
                raise LateError
            if limits and min(limits) <= 0:
                raise _SilentError
            try:
                answer = asyncio.shield(waiting.answer)
                return await self.strand.within(answer, min(limits) if limits else None)
            except LateError:
                continue  # unless it has beaten meanwhile, the limit is over now

    async def _nested(self) -> Any:
        """Start an execution of another machine; with ``.sync`` wait for its end."""
        from . import sfn_executions

        role, session = self.role, self.strand.run.session
        if refused := sfn_roles.refusal(role, session, self.resource, self.given):
            raise ExecutionError(*refused)
        request = sfn._nested_start_execution_request(self.given)
        status, _, body = sfn._start_execution(request)
        answer = json.loads(body)
        if status >= 400:
            kind = str(answer.get("__type", "AWSStepFunctions")).removesuffix("Exception")
            raise ExecutionError(f"StepFunctions.{kind}Exception", answer.get("message", ""))
        arn = answer["executionArn"]
        if ".sync" not in self.resource:
            return {"ExecutionArn": arn, "StartDate": answer["startDate"]}
        self._tell("Submitted", output=text_of({"ExecutionArn": arn}))
        record, child = sfn._executions[arn], sfn_executions.find(arn)
        try:
            if child is not None:
                done = asyncio.shield(asyncio.wrap_future(child.done))
                await self.strand.within(done, self.timeout)
        except BaseException:
            # AWS stops it too, if the role may.
            if not roles.refusal(role, session, "states:StopExecution", arn):
                sfn._stop_execution({"executionArn": arn})
            raise
        return self._outcome(record)

    def _outcome(self, record: dict[str, Any]) -> Any:
        output: Any = record.get("output")
        if output and self.resource.endswith(":2"):
            output = json.loads(output)
        told = {
            "ExecutionArn": record["executionArn"],
            "Input": record["input"],
            "InputDetails": {"Included": True},
            "Name": record["name"],
            "StartDate": record["startDate"],
            "StateMachineArn": record["stateMachineArn"],
            "Status": record["status"],
            "StopDate": record["stopDate"],
        }
        if record["status"] == "SUCCEEDED":
            return {**told, "Output": output, "OutputDetails": {"Included": True}}
        failed = {"Error": record.get("error"), "Cause": record.get("cause")}
        raise ExecutionError("States.TaskFailed", text_of({**told, **failed}))

    def _schedule(self) -> None:
        limits = {"timeoutInSeconds": self.timeout, "heartbeatInSeconds": self.heartbeat}
        kept = {key: int(value) for key, value in limits.items() if value is not None}
        if self.events == "Task":
            details = {**self.about, "region": get_region(), "parameters": self.input}
        else:
            details = {"resource": self.resource, "input": self.input}
        self._tell("Scheduled", **details, **kept)

    def _tell(self, what: str, **details: Any) -> None:
        name = f"{self.events[0].lower()}{self.events[1:]}{what}EventDetails"
        self.measured.told(what, self.strand.now)
        if self.events != "Task" and what == "Started":
            self.strand.record(f"{self.events}Started")
        else:
            told = {key: value for key, value in details.items() if value is not None}
            self.strand.record(f"{self.events}{what}", **{name: {**self.about, **told}})
