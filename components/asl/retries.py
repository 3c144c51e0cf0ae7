"""Retry and Catch: names of errors, numbers, and entries that can never be reached."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..errors import nearest
from .document import Scope, State
from .problems import Report, Steps, suggestion
from .shapes import unknown, wrong_language
from .values import choice, integer, listed, number, objects, shown, text

ALL, TASK_FAILED, TIMEOUT = "States.ALL", "States.TaskFailed", "States.Timeout"
HEARTBEAT = "States.HeartbeatTimeout"
RESERVED = frozenset(
    {
        ALL,
        TASK_FAILED,
        TIMEOUT,
        HEARTBEAT,
        "States.BranchFailed",
        "States.DataLimitExceeded",
        "States.ExceedToleratedFailureThreshold",
        "States.Http.Socket",
        "States.IntrinsicFailure",
        "States.ItemReaderFailed",
        "States.NoChoiceMatched",
        "States.ParameterPathFailure",
        "States.Permissions",
        "States.QueryEvaluationError",
        "States.ResultPathMatchFailure",
        "States.ResultWriterFailed",
        "States.Runtime",
    }
)
"""Errors of Step Functions itself; beside them there is ``States.Http.StatusCode.<number>``."""
LAMBDA = (
    "Lambda.AWSLambdaException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
)
"""Errors of the Lambda service that are worth a retry (developer guide, "Handling errors")."""
MAX_DELAY = 31_622_399
"""Seconds that MaxDelaySeconds stays below: a year."""

_RETRIER = (
    "ErrorEquals",
    "IntervalSeconds",
    "MaxAttempts",
    "BackoffRate",
    "MaxDelaySeconds",
    "JitterStrategy",
    "Comment",
)
_CATCHER = ("ErrorEquals", "Next", "Assign", "Comment")
_OF_PATH, _OF_ATA = "ResultPath", "Output"
_STATUS = re.compile(r"States\.Http\.StatusCode\.\d{3}")
_UNMATCHED = frozenset({ALL, TIMEOUT, HEARTBEAT, "States.Runtime", "States.DataLimitExceeded"})
"""What States.TaskFailed does not stand for."""


def entries(state: State, name: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Those of ``Retry`` or ``Catch`` that are objects."""
    return objects(state.fields.get(name))


def errors(entry: Mapping[str, Any]) -> list[str]:
    """The names in ``ErrorEquals``, as far as they are strings."""
    return [name for name in listed(entry.get("ErrorEquals")) if isinstance(name, str)]


def check_state(state: State, scope: Scope, report: Report) -> None:
    """``Retry`` and ``Catch`` of a Task, Parallel or Map state."""
    if state.type not in ("Task", "Parallel", "Map"):
        return
    for name in ("Retry", "Catch"):
        given = state.fields.get(name)
        if name in state.fields and not isinstance(given, list):
            report.error(state, (name,), f"must be an array of objects, not {shown(given)}.")
            continue
        for index, entry in enumerate(listed(given)):
            if not isinstance(entry, dict):
                report.error(state, (name, index), f"must be an object, not {shown(entry)}.")
        _check_errors(state, name, len(listed(given)), report)
    for index, retrier in entries(state, "Retry"):
        _check_retrier(state, ("Retry", index), retrier, report)
    for index, catcher in entries(state, "Catch"):
        _check_catcher(state, scope, ("Catch", index), catcher, report)


def _check_errors(state: State, name: str, count: int, report: Report) -> None:
    taken: dict[str, str] = {}
    for index, entry in entries(state, name):
        steps: Steps = (name, index, "ErrorEquals")
        names = errors(entry)
        if "ErrorEquals" not in entry:
            report.error(state, steps, f"is missing. Name the errors, or ['{ALL}'].")
        elif not names or len(names) < len(listed(entry["ErrorEquals"])):
            report.error(state, steps, "must be a non-empty array of names of errors.")
        for error in names:
            _check_name(state, steps, error, report)
        if ALL in names and len(names) > 1:
            report.error(state, steps, f"{ALL} stands alone. Remove the other names.")
        if ALL in names and index < count - 1:
            report.error(
                state, steps, f"{ALL} comes last, since nothing after it is reached. Move it."
            )
        if name == "Retry" and "States.Runtime" in names:
            report.warn(state, steps, "States.Runtime is never retried. Mend what causes it.")
        if names and ALL not in names and (by := _covered(names, taken)):
            report.error(
                state,
                (name, index),
                f"is never reached: {by} before it takes the same errors. Move it up or remove it.",
            )
        for error in names:
            taken.setdefault(error, f"{name}[{index}]")


def _covered(names: Sequence[str], taken: Mapping[str, str]) -> str:
    """Which entry takes all of ``names`` away; ``""`` when one is left."""
    by = ""
    for error in names:
        wildcard = taken.get(TASK_FAILED, "") if error not in _UNMATCHED else ""
        by = taken.get(error, "") or wildcard
        if not by:
            return ""
    return by


def _check_name(state: State, steps: Steps, name: str, report: Report) -> None:
    if name.startswith("States."):
        if name not in RESERVED and not _STATUS.fullmatch(name):
            report.error(
                state,
                steps,
                f"{name!r} is no error of Step Functions. {suggestion(name, sorted(RESERVED))}",
            )
    elif name.startswith("Lambda.") and name not in LAMBDA and (close := nearest(name, LAMBDA)):
        report.warn(state, steps, f"{name!r} is no known error of Lambda. Did you mean {close!r}?")


def _check_retrier(state: State, steps: Steps, retrier: Mapping[str, Any], report: Report) -> None:
    for name in retrier:
        if name not in _RETRIER:
            unknown(report, state, (*steps, name), _RETRIER, "A retrier")
    text(report, state, (*steps, "Comment"), retrier)
    interval = integer(report, state, (*steps, "IntervalSeconds"), retrier, 1)
    integer(report, state, (*steps, "MaxAttempts"), retrier, 0)
    if "BackoffRate" in retrier:
        rate = number(retrier["BackoffRate"])
        if rate is None or rate < 1:
            report.error(
                state,
                (*steps, "BackoffRate"),
                f"must be a number of 1.0 or more, not {shown(retrier['BackoffRate'])}.",
            )
    longest = integer(report, state, (*steps, "MaxDelaySeconds"), retrier, 1, MAX_DELAY)
    first = interval if interval is not None else 1
    if longest is not None and longest <= first:
        report.error(
            state,
            (*steps, "MaxDelaySeconds"),
            f"{longest} is not above IntervalSeconds ({first}). Set at least {first + 1}.",
        )
    choice(report, state, (*steps, "JitterStrategy"), retrier, ("FULL", "NONE"))


def _check_catcher(
    state: State, scope: Scope, steps: Steps, catcher: Mapping[str, Any], report: Report
) -> None:
    ours, theirs = (_OF_ATA, _OF_PATH) if state.jsonata else (_OF_PATH, _OF_ATA)
    for name in catcher:
        if name == theirs:
            report.error(state, (*steps, name), wrong_language(name, jsonata=state.jsonata))
        elif name not in (*_CATCHER, ours):
            unknown(report, state, (*steps, name), (*_CATCHER, ours), "A catcher")
    text(report, state, (*steps, "Comment"), catcher)
    if "Next" not in catcher:
        report.error(state, (*steps, "Next"), "is missing. Name the state that handles the error.")
    target = scope.states.get(str(catcher.get("Next")))
    kept = ours in catcher or (state.jsonata and "Assign" in catcher)
    if target is not None and target.type != "Fail" and not kept:
        how = (
            "set Output, as in {'order': '{% $states.input %}', 'error': '{% $states.errorOutput "
            "%}'}"
            if state.jsonata
            else "set ResultPath, as in '$.error'"
        )
        report.warn(
            state,
            (*steps, ours),
            f"is missing, so the error replaces the input and {target.key!r} no longer has it. "
            f"To keep both {how}.",
        )
