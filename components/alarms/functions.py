"""What rings for a function, as data; the canary judges a new version by the same numbers.

Dimensions are ``FunctionName``, and ``Resource`` (``name:alias``) for what is the alias' own.
The alarms of queues stand with the queues (``queues``). Messages that a handler reports in
``batchItemFailures`` are no errors for Lambda: the dead-letter queue's alarm tells of these.
"""

from collections.abc import Sequence

from .formula import AT_LEAST, Formula, Part
from .queues import depth_formula

NAMESPACE = "AWS/Lambda"
ERROR_PERCENT = 5.0
"""Failed invocations, of all of them: what retries cure stays below, a broken version is far
above."""
ERROR_FLOOR = 2
"""Fewer errors are chance, however few invocations there were: with one call a minute, a single
failure would be all of them."""
DURATION_SHARE = 1 / 3
"""Average run, as a share of the timeout. Runs that wait for others are spread much like waiting
times: with an average of a third of the timeout, one in twenty (e^-3) would be cut off, and that
is where the alarm on errors begins to ring. This one rings before it. At 30 s that is 10 s."""
CONCURRENCY_SHARE = 0.8
"""Of what is reserved. AWS's advice for the account's concurrency is to ring before it is used up
(CloudWatch user guide, "Recommended alarms", Lambda); the last fifth is the time left to act."""
LEAST_RESERVED = 5
"""Of fewer, a fifth is not one invocation: all of them in use is how such a function works, and
the alarm on throttles tells when that is not enough."""
AGE_SHARE = 0.5
"""Of the age at which a record is given up: as long as it took to fall behind is left to catch
up."""


def too_many(errors: float, invocations: float) -> bool:
    """Whether a version fails too often; ``errors_formula`` is the same as metric math."""
    return errors >= ERROR_FLOOR and 100 * errors > ERROR_PERCENT * invocations


def formulas(*, timeout_seconds: int, reserved_concurrency: int | None = None) -> Sequence[Formula]:
    """The alarms of one function.

    Args:
        timeout_seconds: of the function.
        reserved_concurrency: None where it shares the account's.
    """
    found = [errors_formula(), duration_formula(timeout_seconds), throttles_formula()]
    if reserved_concurrency is not None and reserved_concurrency >= LEAST_RESERVED:
        found.append(concurrency_formula(reserved_concurrency))
    return found


def errors_formula() -> Formula:
    """Rings when the alias fails too often."""
    return Formula(
        role="errors",
        description=f"{ERROR_FLOOR} or more invocations in a minute, and more than "
        f"{ERROR_PERCENT:g} %, failed",
        metric="Errors",
        namespace=NAMESPACE,
        statistic="Sum",
        threshold=ERROR_PERCENT,
        periods=3,
        to_alarm=2,
        missing="notBreaching",  # no invocations, no data: nobody was failed
        fails_deployment=True,
        expression=f"IF(errors >= {ERROR_FLOOR}, 100 * errors / invocations, 0)",
        parts=(Part("errors", "Errors"), Part("invocations", "Invocations")),
    )


def duration_formula(timeout_seconds: int) -> Formula:
    """Rings when runs take so long that some are about to be cut off."""
    milliseconds = round(timeout_seconds * 1000 * DURATION_SHARE)
    return Formula(
        role="duration",
        description=f"An average run takes longer than {milliseconds} ms, a third of the timeout",
        metric="Duration",
        namespace=NAMESPACE,
        statistic="Average",
        threshold=milliseconds,
        periods=3,
        to_alarm=2,  # a cold start alone is one minute
        missing="notBreaching",  # no invocations, no data: nobody waited
    )


def throttles_formula() -> Formula:
    """Rings when calls are refused. Asynchronous ones come again for hours, a caller who waits is
    told "too many requests" at once; a burst that is over within a minute is for retries."""
    return Formula(
        role="throttles",
        description="Invocations are refused: the concurrency is used up",
        metric="Throttles",
        namespace=NAMESPACE,
        statistic="Sum",
        threshold=0,
        periods=3,
        to_alarm=2,
        missing="notBreaching",  # no calls, no data: nobody was refused
        by=("FunctionName",),  # concurrency is the function's, whatever it was called by
    )


def concurrency_formula(reserved: int) -> Formula:
    """Rings when the reserved concurrency is nearly used up for minutes."""
    threshold = CONCURRENCY_SHARE * reserved
    return Formula(
        role="concurrency",
        description=f"{threshold:g} or more of {reserved} reserved invocations run at once",
        metric="ConcurrentExecutions",
        namespace=NAMESPACE,
        statistic="Maximum",
        threshold=threshold,
        comparison=AT_LEAST,
        periods=5,
        to_alarm=5,  # peaks are what a reservation is for
        missing="notBreaching",  # no invocations, no data: all of it is free
        by=("FunctionName",),
    )


def iterator_age_formula(seconds: int) -> Formula:
    """Rings when the function falls so far behind a stream that records are about to be lost.

    ``IteratorAge`` is the function's, of whichever stream it is furthest behind: with several
    streams ``seconds`` is the shortest of them.

    Args:
        seconds: after which a record is given up: the mapping's greatest age, or what the
            stream keeps.
    """
    limit = seconds * AGE_SHARE
    return Formula(
        role="iterator-age",
        description=f"Records of a stream wait longer than {limit:g} s; they are given up after "
        f"{seconds} s",
        metric="IteratorAge",
        namespace=NAMESPACE,
        statistic="Maximum",
        threshold=limit * 1000,  # milliseconds
        periods=3,
        to_alarm=3,
        missing="notBreaching",  # no records, no data: nothing waits
        by=("FunctionName",),
    )


def failures_formula(name: str) -> Formula:
    """Rings while the failure queue of the function ``name`` is not empty (``QueueName``)."""
    return depth_formula("depth", f"{name} has events that nobody could process")
