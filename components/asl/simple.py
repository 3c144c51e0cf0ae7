"""Wait and Fail states."""

import re
from datetime import datetime

from .document import State
from .problems import Report
from .retries import RESERVED
from .templates import STATIC_PATH
from .values import expression, has_placeholder, integer, one_at_most, shown, text

_WAITS = ("Seconds", "SecondsPath", "Timestamp", "TimestampPath")
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", re.ASCII)


def check_state(state: State, report: Report) -> None:
    """What a Wait state waits for, and what a Fail state says."""
    if state.type == "Wait":
        _check_wait(state, report)
    elif state.type == "Fail":
        for name in ("Error", "Cause"):
            one_at_most(report, state, (), state.fields, (name, f"{name}Path"))
            text(report, state, (name,), state.fields)
            said = state.fields.get(name)
            if not state.jsonata and isinstance(said, str) and STATIC_PATH.fullmatch(said):
                report.warn(state, (name,), f"{said!r} stays text. For its value use {name}Path.")
        error = state.fields.get("Error")
        if isinstance(error, str) and error.startswith("States.") and error not in RESERVED:
            report.warn(
                state,
                ("Error",),
                f"{error!r}: names that begin with 'States.' belong to Step Functions. Use one "
                "of your own.",
            )


def timestamp_problem(value: str) -> str:
    """Why ``value`` is no moment as Step Functions reads one; ``""`` when it is."""
    wanted = "Write it as in '2026-03-14T01:59:00Z'."
    if not _TIMESTAMP.fullmatch(value):
        return f"{value!r} is no timestamp with time zone (RFC 3339). {wanted}"
    try:
        datetime.fromisoformat(value[:19])
    except ValueError as problem:
        return f"{value!r} does not exist: {problem}. {wanted}"
    return ""


def _check_wait(state: State, report: Report) -> None:
    fields = state.fields
    if not any(name in fields for name in _WAITS):
        names = "Seconds or Timestamp" if state.jsonata else ", ".join(_WAITS)
        report.error(state, ("Seconds",), f"is missing. A Wait state needs one of {names}.")
    one_at_most(report, state, (), fields, _WAITS)
    integer(report, state, ("Seconds",), fields, 0, jsonata=state.jsonata)
    value = fields.get("Timestamp")
    if "Timestamp" not in fields or (state.jsonata and expression(value)):
        return
    if not isinstance(value, str):
        report.error(state, ("Timestamp",), f"must be a timestamp in text, not {shown(value)}.")
    elif not has_placeholder(value) and (message := timestamp_problem(value)):
        report.error(state, ("Timestamp",), message)
