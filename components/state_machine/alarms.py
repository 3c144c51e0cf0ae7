"""What rings for a state machine, as data. The dimension is ``StateMachineArn``.

The alarms of queues stand with the queues (``queues.depth_formula``).
"""

from collections.abc import Sequence

from ..alarms import Formula
from ..queues import depth_formula

NAMESPACE = "AWS/States"
EXPRESS_PERCENT = 5.0
"""Failed express executions, of all of them: they are many and short, and whoever starts them
tries again; what is above is no chance."""
EXPRESS_FLOOR = 2
"""Fewer are chance, however few executions there were."""
_MISSING = "notBreaching"
"""No executions, no data: nothing failed."""


def formulas(*, express: bool) -> Sequence[Formula]:
    """The alarms of one kind of state machine.

    Express executions cannot be stopped by anybody, and their state transitions have no quota:
    they are neither aborted nor throttled.
    """
    if express:
        return [_share("failed", "ExecutionsFailed"), _share("timed-out", "ExecutionsTimedOut")]
    return [
        # Each stands for work that nobody does unless somebody looks. What is expected to go
        # wrong is caught and ends in Succeed.
        _any("failed", "ExecutionsFailed", "An execution failed"),
        _any("timed-out", "ExecutionsTimedOut", "An execution ran out of time"),
        _any("aborted", "ExecutionsAborted", "An execution was stopped"),
        _throttled(),
    ]


def undo_formula(name: str) -> Formula:
    """Rings while steps of the state machine ``name`` could not be undone (``QueueName``)."""
    return depth_formula("undo", f"{name} has steps that could not be undone")


def _any(role: str, metric: str, description: str) -> Formula:
    return Formula(
        role=role,
        description=description,
        metric=metric,
        namespace=NAMESPACE,
        statistic="Sum",
        threshold=0,
        comparison="GreaterThanThreshold",
        periods=1,
        to_alarm=1,
        missing=_MISSING,
        fails_deployment=False,
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
        comparison="GreaterThanThreshold",
        periods=5,
        to_alarm=3,
        missing=_MISSING,
        fails_deployment=False,
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
        comparison="GreaterThanThreshold",
        periods=3,
        to_alarm=2,
        missing=_MISSING,
        fails_deployment=False,
        expression=f"IF(bad >= {EXPRESS_FLOOR}, 100 * bad / started, 0)",
        parts=(("bad", metric), ("started", "ExecutionsStarted")),
    )
