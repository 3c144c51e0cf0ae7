"""What rings for a function, as data; the canary judges a new version by the same numbers.

The alarms of queues stand with the queues (``queues.depth_formula``).
"""

from ..alarms import Formula
from ..queues import depth_formula

NAMESPACE = "AWS/Lambda"
ERROR_PERCENT = 5.0
"""Failed invocations, of all of them: what retries cure stays below, a broken version is far
above."""
ERROR_FLOOR = 2
"""Fewer errors are chance, however few invocations there were: with one call a minute, a single
failure would be all of them."""


def too_many(errors: float, invocations: float) -> bool:
    """Whether a version fails too often; ``errors_formula`` is the same as metric math."""
    return errors >= ERROR_FLOOR and 100 * errors > ERROR_PERCENT * invocations


def errors_formula() -> Formula:
    """Rings when the alias fails too often. The dimensions are ``FunctionName`` and ``Resource``.

    Messages that a handler reports in ``batchItemFailures`` are no errors for Lambda: the
    dead-letter queue's alarm tells of these.
    """
    return Formula(
        role="errors",
        description=f"{ERROR_FLOOR} or more invocations in a minute, and more than "
        f"{ERROR_PERCENT:g} %, failed",
        metric="Errors",
        namespace=NAMESPACE,
        statistic="Sum",
        threshold=ERROR_PERCENT,
        comparison="GreaterThanThreshold",
        periods=3,
        to_alarm=2,
        missing="notBreaching",  # no invocations, no data: nobody was failed
        fails_deployment=True,
        expression=f"IF(errors >= {ERROR_FLOOR}, 100 * errors / invocations, 0)",
        parts=(("errors", "Errors"), ("invocations", "Invocations")),
    )


def failures_formula(name: str) -> Formula:
    """Rings while the failure queue of the function ``name`` is not empty (``QueueName``)."""
    return depth_formula("failures", f"{name} has events that nobody could process")
