"""Time: tasks against the functions they call, retries against the machine.

The longest that a state may take is counted as if every attempt took all the time it has and
jitter never shortened a wait. Choices, and paths through several states, are left out: how often
a state runs is only known when it does.
"""

from collections.abc import Mapping
from typing import Any

from .document import Machine, State
from .problems import Place, Report
from .retries import ALL, TIMEOUT, entries, errors
from .tasks import arguments, resource_of
from .values import MAX_SECONDS, PLACEHOLDER, integer, number, whole

EXPRESS_SECONDS = 300
"""Five minutes: the longest that an execution of an Express workflow may run."""
YEAR_SECONDS = 365 * 24 * 3600
"""The longest that an execution of a standard workflow may run."""
INTERVAL, ATTEMPTS, BACKOFF = 1, 3, 2.0
"""What a retrier does where it says nothing."""
_A_YEAR = "the year that an execution may run"
_MORE = "Allow the machine more, or wait less."
_STEPS = 1000
"""Waits that are added one by one; those after them are counted alike."""


def check_machine(machine: Machine, report: Report, *, express: bool) -> None:
    """``TimeoutSeconds`` of the machine."""
    seconds = integer(report, Place(), ("TimeoutSeconds",), machine.fields, 1)
    if express and seconds is not None and seconds > EXPRESS_SECONDS:
        report.error(
            Place(),
            ("TimeoutSeconds",),
            f"{seconds} is more than the {EXPRESS_SECONDS} s that an Express workflow may run. Set "
            f"{EXPRESS_SECONDS} or less, or make it a standard one.",
        )


def check_state(
    state: State, machine: Machine, timeouts: Mapping[str, int], report: Report
) -> None:
    """Seconds of one state: its own against its function's, all of them against the machine's."""
    function = _function_seconds(state, timeouts)
    own = _seconds(state, "TimeoutSeconds")
    resource = resource_of(state)
    dynamic = any(f"TimeoutSeconds{ending}" in state.fields for ending in ("", "Path"))
    if function is not None and own is not None and own < function:
        report.error(
            state,
            ("TimeoutSeconds",),
            f"{own} s is less than the {function} s that the function itself may run: the task "
            f"would be given up while the function goes on. Set at least {function}.",
        )
    elif function is not None and not dynamic and resource and not resource.waits:
        report.warn(
            state,
            ("TimeoutSeconds",),
            f"is missing: an answer that gets lost keeps the execution waiting for a year. The "
            f"function may run {function} s: set {function} or a little more.",
        )
    elif resource and resource.kind == "activity" and not dynamic:
        report.warn(
            state,
            ("TimeoutSeconds",),
            "is missing: without a worker the execution waits for a year. Set how long the "
            "activity may take.",
        )
    _check_limit(state, machine, own if own is not None else function, report)


def longest_wait(retrier: Mapping[str, Any]) -> float:
    """Seconds between attempts when a retrier uses all of them."""
    attempts = _attempts(retrier)
    delay = float(whole(retrier.get("IntervalSeconds")) or INTERVAL)
    rate = number(retrier.get("BackoffRate")) or BACKOFF
    cap = float(whole(retrier.get("MaxDelaySeconds")) or MAX_SECONDS)
    total = 0.0
    for done in range(min(attempts, _STEPS)):
        if delay >= cap or rate <= 1:  # they are all alike from here on
            return total + (attempts - done) * min(delay, cap)
        total += delay
        delay *= rate
    return total + max(0, attempts - _STEPS) * min(delay, cap)


def _check_limit(state: State, machine: Machine, attempt: int | None, report: Report) -> None:
    limit, whose = _limit(state, machine)
    # A year ends an execution too, but nobody has decided that.
    complain = report.error if whose is not _A_YEAR else report.warn
    wait = _seconds(state, "Seconds") if state.type == "Wait" else None
    if wait is not None and wait > limit:
        complain(state, ("Seconds",), f"{wait} s is more than {whose}. {_MORE}")
    if state.type == "Task" and attempt is not None and attempt > limit:
        if whose is not _A_YEAR:
            what = f"one attempt may take {attempt} s, which is more than {whose}. {_MORE}"
            report.error(state, ("TimeoutSeconds",), what)
        return
    if state.type not in ("Task", "Parallel", "Map") or not any(entries(state, "Retry")):
        return
    attempts, waiting, busy = _retries(state, attempt)
    if waiting + busy > limit:
        each = f" of {attempt} s" if attempt is not None and busy else ""
        complain(
            state,
            ("Retry",),
            f"all of its {attempts} attempts{each} and {_shown(waiting)} s of waits between them "
            f"take up to {_shown(waiting + busy)} s, which is more than {whose}. Retry less, set "
            "MaxDelaySeconds, or allow the machine more.",
        )


def _retries(state: State, attempt: int | None) -> tuple[int, float, float]:
    """Attempts, seconds of waits and seconds of work, when every retrier is used up."""
    resource = resource_of(state)
    waits_for_somebody = resource is not None and resource.waits
    attempts, waiting, busy = 1, 0.0, float(attempt or 0)
    timed_out = False
    for _, retrier in entries(state, "Retry"):
        names = errors(retrier)
        more = _attempts(retrier)
        attempts += more
        waiting += longest_wait(retrier)
        # Whoever waits for an answer fails at once, or else after all of its time.
        after_all = not timed_out and (TIMEOUT in names or ALL in names)
        if after_all or not waits_for_somebody:
            busy += more * (attempt or 0)
        timed_out = timed_out or after_all
    return attempts, waiting, busy


def _limit(state: State, machine: Machine) -> tuple[int, str]:
    own = _machine_seconds(machine)
    if own is not None and (not state.express or own <= EXPRESS_SECONDS):
        return own, f"the machine's TimeoutSeconds ({own})"
    if state.express:
        return EXPRESS_SECONDS, f"the {EXPRESS_SECONDS} s that an Express workflow may run"
    return YEAR_SECONDS, _A_YEAR


def _machine_seconds(machine: Machine) -> int | None:
    seconds = whole(machine.fields.get("TimeoutSeconds"))
    return seconds if seconds is not None and 1 <= seconds <= MAX_SECONDS else None


def _function_seconds(state: State, timeouts: Mapping[str, int]) -> int | None:
    """How long the function that a task calls may run, if that is known."""
    resource = resource_of(state)
    if resource is None:
        return None
    if resource.call == "lambda:invoke":
        given = arguments(state) or {}
        if given.get("InvocationType") == "Event":
            return None
        function = given.get("FunctionName")
    else:
        function = (
            state.fields.get("Resource") if resource.kind in ("lambda", "placeholder") else ""
        )
    name = PLACEHOLDER.search(function) if isinstance(function, str) else None
    seconds = timeouts.get(name.group(1)) if name else None
    return int(seconds) if seconds is not None else None


def _seconds(state: State, name: str) -> int | None:
    value = whole(state.fields.get(name))
    return value if value is not None and 0 <= value <= MAX_SECONDS else None


def _attempts(retrier: Mapping[str, Any]) -> int:
    """How often it tries again; what is no such number is reported with the retrier."""
    given = whole(retrier.get("MaxAttempts", ATTEMPTS))
    return given if given is not None and 0 <= given <= MAX_SECONDS else 0


def _shown(seconds: float) -> str:
    return f"{seconds:,.0f}" if seconds < 1e15 else "more than 1,000,000,000,000,000"
