"""States one after another: what each takes, does, gives and tells the history.

In the place of the emulator's interpreter, which knows neither variables nor limits, writes no
history inside branches, and goes on after an execution was stopped.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ministack.services import stepfunctions as sfn

from . import sfn_variables
from .sfn_retries import Retries, catcher
from .sfn_strands import ExecutionError, Strand, TimedOutError, fitting, iso, text_of

State = Mapping[str, Any]
Step = tuple[Any, str | None, dict[str, Any]]
"""What a state gives, the state after it, and the variables that it assigned."""
Attempt = Callable[[Strand, State, Any], Awaitable[Any]]


async def live(strand: Strand) -> None:
    """Run a machine to its end, whatever that is."""
    run, definition = strand.run, strand.run.definition
    record = run.record
    try:
        strand.record(
            "ExecutionStarted",
            executionStartedEventDetails={
                "input": record["input"],
                "inputDetails": {"truncated": False},
                "roleArn": run.role,
                **{
                    key: record[key]
                    for key in ("stateMachineVersionArn", "stateMachineAliasArn")
                    if record.get(key)
                },
            },
        )
        strand.last = 0  # AWS: the first state follows on nothing
        _, output = await walk(strand, definition, strand.context["Execution"]["Input"])
        run.close("SUCCEEDED", strand.now, strand.last, output=output)
    except TimedOutError:
        run.close("TIMED_OUT", strand.now, strand.last, error=None, cause=None)
    except asyncio.CancelledError:
        raise
    except ExecutionError as error:
        failure: Any = error
        run.close("FAILED", strand.now, strand.last, error=failure.error, cause=failure.cause)
    except Exception as error:  # noqa: BLE001 - a mistake of the sandbox must not leave it running
        sfn.logger.exception("%s", record["executionArn"])
        run.close("FAILED", strand.now, strand.last, error="States.Runtime", cause=repr(error))


async def walk(strand: Strand, machine: State, data: Any) -> tuple[Any, str]:
    """Go from ``StartAt`` to the end; returns the output, and the same as text."""
    sfn_variables.enter(strand.context)
    states, name = machine.get("States", {}), machine.get("StartAt")
    text = text_of(data)
    while name:
        state = states.get(name)
        if state is None:
            raise ExecutionError("States.Runtime", f"There is no state '{name}' in the definition.")
        strand.check_time()
        strand.context["State"] = {
            "EnteredTime": iso(strand.now),
            "Name": name,
            "RetryCount": 0,
        }
        kind = state["Type"]
        entered = strand.record(
            f"{kind}StateEntered",
            stateEnteredEventDetails={
                "name": name,
                "input": text,
                "inputDetails": {"truncated": False},
            },
        )
        try:
            data, then, assigned = await _KINDS[kind](strand, state, data)
            text = fitting(text_of(data), f"The state/task '{name}'")
        except ExecutionError as error:
            raise _placed(error, name, entered) from error
        strand.record(
            f"{kind}StateExited",
            stateExitedEventDetails={
                "name": name,
                "output": text,
                "outputDetails": {"truncated": False},
                **(
                    {"assignedVariables": {key: text_of(value) for key, value in assigned.items()}}
                    if assigned
                    else {}
                ),
            },
        )
        name = then
        await asyncio.sleep(0)  # executions that only compute take turns
    return data, text


async def guarded(strand: Strand, state: State, data: Any, attempt: Attempt) -> Step:
    """A state that may fail: tried, tried again, caught."""
    context, retries = strand.context, Retries(state)
    while True:
        context["State"] = {**context["State"], "RetryCount": retries.count}
        sfn_variables.enter(context)
        try:
            return _finished(strand, state, data, await attempt(strand, state, data))
        except ExecutionError as error:
            failure: Any = error
            wait = retries.wait(failure.error)
            if wait is not None:
                await strand.pause(wait)
                continue
            caught = catcher(state, failure.error)
            if caught is None:
                raise
            return _caught(strand, state, caught, data, failure)


def taken(strand: Strand, state: State, data: Any) -> Any:
    """What a task or a parallel state works on."""
    if jsonata(strand, state):
        return sfn._apply_jsonata_arguments(state, data, strand.context)
    data = sfn._apply_input_path(state, data, strand.context)
    if "Parameters" in state:
        return sfn._resolve_params_obj(state["Parameters"], data, strand.context)
    return data


def jsonata(strand: Strand, state: State) -> bool:
    """Whether the state's expressions are JSONata."""
    return bool(sfn._state_query_language(state, strand.context) == "JSONata")


def number(strand: Strand, state: State, field: str, data: Any) -> float | None:
    """A number that the state gives, or a path or an expression to it."""
    value = state.get(field)
    if path := state.get(f"{field}Path"):
        value = sfn._resolve_path_or_ctx(path, data, strand.context)
    elif value is not None and jsonata(strand, state):
        value = sfn._jsonata_state_field(state, field, "number", data, strand.context)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise ExecutionError("States.Runtime", f"{field} is {text_of(value)}, which is no number.")
    return value


def _finished(strand: Strand, state: State, data: Any, result: Any) -> Step:
    context, then = strand.context, sfn._next_or_end(state)
    if jsonata(strand, state):
        output = sfn._apply_jsonata_output(state, data, context, result=result, default=result)
        assigned = sfn_variables.assigned(state, state, None, context, input=data, result=result)
        return output, then, assigned
    selected = result
    if "ResultSelector" in state:
        selected = sfn._resolve_params_obj(state["ResultSelector"], result, context)
    output = placed(state.get("ResultPath", "$"), data, selected)
    output = sfn._apply_output_path(state, output, context)
    return output, then, sfn_variables.assigned(state, state, result, context)


def _caught(strand: Strand, state: State, caught: State, data: Any, failure: Any) -> Step:
    context, error = strand.context, {"Error": failure.error, "Cause": failure.cause}
    if jsonata(strand, state):
        output = sfn._apply_jsonata_output(caught, data, context, error_output=error, default=error)
        assigned = sfn_variables.assigned(
            caught, state, None, context, input=data, error_output=error
        )
    else:
        output = placed(caught.get("ResultPath", "$"), data, error)
        assigned = sfn_variables.assigned(caught, state, error, context)
    return output, caught["Next"], assigned


def placed(path: str | None, data: Any, result: Any) -> Any:
    """``data`` with ``result`` where ResultPath says; neither is changed."""
    if path is None:
        return data
    if path == "$":
        return result
    tokens = sfn._parse_jsonpath_tokens(path) or [("", "")]
    if not isinstance(data, dict) or any(kind != "field" for kind, _ in tokens):
        raise ExecutionError(
            "States.ResultPathMatchFailure",
            f"Unable to apply ResultPath '{path}' to the input '{text_of(data)[:1000]}'",
        )
    output = top = dict(data)
    for _, key in tokens[:-1]:
        inner = top.get(key)
        top[key] = top = dict(inner) if isinstance(inner, dict) else {}
    top[tokens[-1][1]] = result
    return output


async def _pass(strand: Strand, state: State, data: Any) -> Step:
    if jsonata(strand, state):
        output = sfn._apply_jsonata_output(state, data, strand.context, default=data)
        assigned = sfn_variables.assigned(
            state, state, None, strand.context, input=data, result=output
        )
        return output, sfn._next_or_end(state), assigned
    result = taken(strand, state, data)
    return _finished(strand, state, data, state.get("Result", result))


async def _choice(strand: Strand, state: State, data: Any) -> Step:
    context, query = strand.context, jsonata(strand, state)
    subject = data if query else sfn._apply_input_path(state, data, context)
    holds = sfn._evaluate_jsonata_choice_rule if query else sfn._evaluate_rule
    chosen = next((rule for rule in state["Choices"] if holds(rule, subject, context)), None)
    then = chosen["Next"] if chosen else state.get("Default")
    if then is None:
        raise ExecutionError("States.NoChoiceMatched", "No choice rule matched and no Default.")
    fields = chosen or state
    if query:
        output = sfn._apply_jsonata_output(fields, data, context, default=data)
        return output, then, sfn_variables.assigned(fields, state, None, context, input=data)
    output = sfn._apply_output_path(state, subject, context)
    return output, then, sfn_variables.assigned(fields, state, subject, context)


async def _wait(strand: Strand, state: State, data: Any) -> Step:
    context, query = strand.context, jsonata(strand, state)
    subject = data if query else sfn._apply_input_path(state, data, context)
    if "Timestamp" in state or "TimestampPath" in state:
        moment = state.get("Timestamp")
        if query:
            moment = sfn._jsonata_wait_timestamp(state, data, context)
        elif path := state.get("TimestampPath"):
            moment = sfn._resolve_path_or_ctx(path, subject, context)
        when = sfn._parse_ts(moment)
        if when is None:
            raise ExecutionError("States.Runtime", f"{text_of(moment)} is no timestamp.")
        await strand.pause(max(0.0, when.timestamp() - strand.now))
    else:
        await strand.pause(number(strand, state, "Seconds", subject) or 0)
    if query:
        output = sfn._apply_jsonata_output(state, data, context, default=data)
        assigned = sfn_variables.assigned(state, state, None, context, input=data)
    else:
        output = sfn._apply_output_path(state, subject, context)
        assigned = sfn_variables.assigned(state, state, subject, context)
    return output, sfn._next_or_end(state), assigned


async def _succeed(strand: Strand, state: State, data: Any) -> Step:
    context = strand.context
    if jsonata(strand, state):
        return sfn._apply_jsonata_output(state, data, context, default=data), None, {}
    data = sfn._apply_input_path(state, data, context)
    return sfn._apply_output_path(state, data, context), None, {}


async def _fail(strand: Strand, state: State, data: Any) -> Step:
    raise ExecutionError(*sfn._fail_state_error(state, data, strand.context))


def _placed(error: Any, name: str, entered: int) -> Exception:
    """AWS says of its own errors where they happened."""
    where = f"An error occurred while executing the state '{name}' (entered at the event id #"
    cause = str(error.cause)
    if error.error != "States.Runtime" or cause.startswith("An error occurred while executing"):
        return error  # type: ignore[no-any-return]
    return ExecutionError(error.error, f"{where}{entered}). {cause}")


def register(kind: str, handler: Callable[[Strand, State, Any], Awaitable[Step]]) -> None:
    """Teach the interpreter a type of state that stands in a module of its own."""
    _KINDS[kind] = handler


_KINDS: dict[str, Callable[[Strand, State, Any], Awaitable[Step]]] = {
    "Pass": _pass,
    "Choice": _choice,
    "Wait": _wait,
    "Succeed": _succeed,
    "Fail": _fail,
}
