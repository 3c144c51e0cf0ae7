"""Parallel and Map: lines beside one another, and the first error stops them all.

The emulator waits for every branch whatever has failed, lets branches write one another's
variables, and keeps no history of them. Distributed maps stay its own, but for their children's
states, which come back here.
"""

import asyncio
import contextvars
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import Any

from ministack.services import stepfunctions as sfn

from sandbox.cloud.settings import Settings

from . import guard, sfn_states, sfn_strands, sfn_variables
from .sfn_states import State, Step
from .sfn_strands import ExecutionError, Strand

ITERATIONS_AT_ONCE = 40
"""Of a Map without MaxConcurrency, about as many as AWS runs."""
_parent: ContextVar[Strand] = ContextVar("sfn_parent")


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Take part in the interpreter, and bring children of distributed maps back to it."""
    sfn_states.register("Parallel", _parallel)
    sfn_states.register("Map", _map)
    guard.replace(
        sfn, "_run_sub_machine", "(states, start_at, input_data, execution, ctx)", _of_child
    )
    guard.checked(
        sfn,
        "_run_distributed_map",
        "(state_def, raw_input, effective, iterator, execution, ctx)",
    )


async def _parallel(strand: Strand, state: State, data: Any) -> Step:
    return await sfn_states.guarded(strand, state, data, _branches)


async def _branches(strand: Strand, state: State, data: Any) -> list[Any]:
    given = sfn_states.taken(strand, state, data)
    started = strand.record("ParallelStateStarted")
    lines = [strand.branch() for _ in state["Branches"]]
    for line in lines:
        line.last = started
    work = [
        sfn_states.walk(line, branch, given)
        for line, branch in zip(lines, state["Branches"], strict=True)
    ]
    try:
        found = await together(work)
    except ExecutionError as error:
        strand.record("ParallelStateFailed", parallelStateFailedEventDetails=_told(error))
        raise
    strand.joined(lines)
    strand.record("ParallelStateSucceeded")
    return [output for output, _ in found]


async def _map(strand: Strand, state: State, data: Any) -> Step:
    processor = state.get("ItemProcessor") or state.get("Iterator") or {}
    if (processor.get("ProcessorConfig") or {}).get("Mode") == "DISTRIBUTED":
        return await sfn_states.guarded(strand, state, data, _distributed)
    return await sfn_states.guarded(strand, state, data, _iterations)


async def _iterations(strand: Strand, state: State, data: Any) -> list[Any]:
    context, query = strand.context, sfn_states.jsonata(strand, state)
    if query:
        subject, items = data, data
        if "Items" in state:
            items = sfn._apply_jsonata_template(state["Items"], data, context)
    else:
        subject = sfn._apply_input_path(state, data, context)
        items = sfn._resolve_path_or_ctx(state.get("ItemsPath", "$"), subject, context)
    if not isinstance(items, list):
        raise ExecutionError(
            "States.Runtime",
            f"A Map runs over an array, and not over {sfn_strands.text_of(items)[:200]}",
        )
    most = sfn_states.number(strand, state, "MaxConcurrency", data)
    started = strand.record("MapStateStarted", mapStateStartedEventDetails={"length": len(items)})
    queue = iter(enumerate(items))
    results: list[Any] = [None] * len(items)
    lines: list[Strand] = []
    work = [
        _worker(strand, state, subject, started, queue, results, lines)
        for _ in range(min(len(items), int(most or ITERATIONS_AT_ONCE)))
    ]
    try:
        await together(work)
    except ExecutionError as error:
        strand.record("MapStateFailed", mapStateFailedEventDetails=_told(error))
        raise
    strand.joined(lines)
    strand.record("MapStateSucceeded")
    return results


async def _worker(
    strand: Strand,
    state: State,
    subject: Any,
    started: int,
    queue: Iterator[tuple[int, Any]],
    results: list[Any],
    lines: list[Strand],
) -> None:
    """Take items until there are none."""
    skew, name = strand.skew, strand.context["State"]["Name"]
    processor = state.get("ItemProcessor") or state["Iterator"]
    selector = state.get("ItemSelector") or state.get("Parameters")
    for index, item in queue:
        line = strand.branch(Map={"Item": {"Index": index, "Value": item}})
        line.last, line.skew = started, skew
        details = {"name": name, "index": index}
        line.record("MapIterationStarted", mapIterationStartedEventDetails=details)
        try:
            given = _selected(line, state, selector, subject) if selector else item
            results[index], _ = await sfn_states.walk(line, processor, given)
        except ExecutionError:
            line.record("MapIterationFailed", mapIterationFailedEventDetails=details)
            raise
        line.record("MapIterationSucceeded", mapIterationSucceededEventDetails=details)
        skew = line.skew
        lines.append(line)


def _selected(line: Strand, state: State, selector: Any, subject: Any) -> Any:
    if sfn_states.jsonata(line, state):
        return sfn._apply_jsonata_template(selector, subject, line.context)
    sfn_variables.enter(line.context)
    return sfn._resolve_params_obj(selector, subject, line.context)


async def together(work: Sequence[Coroutine[Any, Any, Any]]) -> list[Any]:
    """Run all of them; the first that fails ends the others."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _distributed(strand: Strand, state: State, data: Any) -> Any:
    """The emulator's map run on a thread; what shapes its result is done by the caller."""
    processor = state.get("ItemProcessor") or state["Iterator"]
    bare = {
        key: value
        for key, value in state.items()
        if key not in ("ResultSelector", "ResultPath", "OutputPath", "Output", "Assign")
    }
    subject = sfn._apply_input_path(state, data, strand.context)
    token = _parent.set(strand)
    try:
        output, _ = await sfn_strands.on_thread(
            sfn._run_distributed_map,
            bare,
            data,
            subject,
            processor,
            strand.run.record,
            strand.context,
        )
    finally:
        _parent.reset(token)
    return output


def _of_child(
    states: Mapping[str, Any], start_at: str, input_data: Any, execution: Any, ctx: dict[str, Any]
) -> Any:
    """Run a child of a distributed map on the loop, on behalf of its thread."""
    parent = _parent.get()
    run = sfn_strands.Run(
        execution, {}, parent.run.role, lambda _run, _event: None, lambda _run: None
    )
    run.deadline = parent.run.deadline
    context = {
        **ctx,
        "variables": {},  # it is an execution of its own
        "Execution": {**ctx["Execution"], "Id": execution["executionArn"]},
    }
    work = sfn_states.walk(
        Strand(run, context, 0, parent.skew), {"States": states, "StartAt": start_at}, input_data
    )
    future = contextvars.copy_context().run(
        asyncio.run_coroutine_threadsafe, work, sfn_strands.loop()
    )
    output, _ = future.result()
    return output


def _told(error: Any) -> dict[str, Any]:
    return {"error": error.error, "cause": error.cause}
