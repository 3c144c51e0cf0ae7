"""What rings for a state machine, as data. The dimension is ``StateMachineArn``.

The alarms of queues stand with the queues (``queues``). Metric names: Step Functions developer
guide, "Monitoring Step Functions metrics using Amazon CloudWatch".
"""

from collections.abc import Sequence

from .formula import Formula, Part
from .queues import depth_formula

NAMESPACE = "AWS/States"
EXPRESS_PERCENT = 5.0
"""Failed express executions, of all of them: they are many and short, and whoever starts them
tries again; what is above is no chance."""
EXPRESS_FLOOR = 2
"""Fewer are chance, however few executions there were."""
TIME_SHARE = 0.8
"""Of the time that an execution, or a callback, may take. What came so close has succeeded; the
next that is a quarter slower will not. Not an average, as for functions: each standard execution
is work that somebody waits for."""
_MISSING = "notBreaching"
"""No executions, no data: nothing failed."""


def formulas(*, express: bool, timeout_seconds: int | None = None) -> Sequence[Formula]:
    """The alarms of one kind of state machine.

    Express executions cannot be stopped by anybody, and their state transitions have no quota:
    they are neither aborted nor throttled.

    Args:
        express: its kind.
        timeout_seconds: of a whole execution; None where it has none.
    """
    if express:
        found = [_share("failed", "ExecutionsFailed"), _share("timed-out", "ExecutionsTimedOut")]
    else:
        found = [
            # Each stands for work that nobody does unless somebody looks. What is expected to go
            # wrong is caught and ends in Succeed.
            _any("failed", "ExecutionsFailed", "An execution failed"),
            _any("timed-out", "ExecutionsTimedOut", "An execution ran out of time"),
            _any("aborted", "ExecutionsAborted", "An execution was stopped"),
            _throttled(),
        ]
    if timeout_seconds is not None:
        found.append(_time(timeout_seconds, express=express))
    return found


def callback_formula(timeout_seconds: int) -> Formula:
    """Rings when whoever holds a task's token took nearly all the time there is, or all of it.

    ``ServiceIntegrationTime`` runs from the moment a task is scheduled until it closes. It is
    published when it closes: **a callback that is still waited for is not in it**, and CloudWatch
    has no metric of those. And its only dimension is the integration
    (``ServiceIntegrationResourceArn``): other workflows of the account and region that wait for
    the same kind of callback are in it as well.

    Args:
        timeout_seconds: of the task that waits; the shortest where several do.
    """
    seconds = timeout_seconds * TIME_SHARE
    return Formula(
        role="age",
        description=f"A callback was waited for longer than {seconds:g} s of {timeout_seconds} s, "
        "or never came",
        metric="ServiceIntegrationTime",
        namespace=NAMESPACE,
        statistic="Maximum",
        threshold=seconds * 1000,
        periods=1,
        to_alarm=1,
        missing=_MISSING,
        by=("ServiceIntegrationResourceArn",),
    )


def undo_formula(name: str) -> Formula:
    """Rings while steps of the state machine ``name`` could not be undone (``QueueName``)."""
    return depth_formula("depth", f"{name} has steps that could not be undone")


def _any(role: str, metric: str, description: str) -> Formula:
    return Formula(
        role=role,
        description=description,
        metric=metric,
        namespace=NAMESPACE,
        statistic="Sum",
        threshold=0,
        periods=1,
        to_alarm=1,
        missing=_MISSING,
    )


def _throttled() -> Formula:
    """Throttled steps are late and not lost; it rings when that goes on."""
    return Formula(
        role="throttled",
        description="Steps wait since the account's quota of state transitions is used up",
        metric="ExecutionThrottled",
        namespace=NAMESPACE,
        statistic="Sum",
        threshold=0,
        periods=5,
        to_alarm=3,
        missing=_MISSING,
    )


def _time(timeout_seconds: int, *, express: bool) -> Formula:
    seconds = timeout_seconds * TIME_SHARE
    return Formula(
        role="execution-time",
        description=f"{'p95 of the executions' if express else 'An execution'} took longer than "
        f"{seconds:g} s of {timeout_seconds} s",
        metric="ExecutionTime",
        namespace=NAMESPACE,
        statistic="p95" if express else "Maximum",
        threshold=seconds * 1000,
        periods=3 if express else 1,
        to_alarm=2 if express else 1,
        missing=_MISSING,
    )


def _share(role: str, metric: str) -> Formula:
    return Formula(
        role=role,
        description=f"{EXPRESS_FLOOR} or more executions in a minute, and more than "
        f"{EXPRESS_PERCENT:g} %, {role.replace('-', ' ')}",
        metric=metric,
        namespace=NAMESPACE,
        statistic="Sum",
        threshold=EXPRESS_PERCENT,
        periods=3,
        to_alarm=2,
        missing=_MISSING,
        expression=f"IF(bad >= {EXPRESS_FLOOR}, 100 * bad / started, 0)",
        parts=(Part("bad", metric), Part("started", "ExecutionsStarted")),
    )
