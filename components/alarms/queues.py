"""What rings for queues, as data. The dimension is ``QueueName``."""

from collections.abc import Sequence

from .formula import Formula

NAMESPACE = "AWS/SQS"
DEPTH = "depth"
"""The one alarm of a queue that should be empty."""
RETENTION_SHARE = 0.5
"""Of how long the queue keeps a message: as long as it has waited is left before it is lost."""


def formulas(
    *, visibility_seconds: int, retention_seconds: int, max_receives: int | None = None
) -> Sequence[Formula]:
    """The alarms of a queue that somebody works off.

    Args:
        visibility_seconds: how long a received message is hidden.
        retention_seconds: how long a message is kept.
        max_receives: after how many receptions it moves to a dead-letter queue; None without one.
    """
    return [oldest_formula(visibility_seconds, retention_seconds, max_receives)]


def oldest_formula(
    visibility_seconds: int, retention_seconds: int, max_receives: int | None = None
) -> Formula:
    """Rings when the oldest message waits longer than any message should.

    A message that fails each time is hidden ``max_receives`` times and is then gone to the
    dead-letter queue: what is older was not worked on. Without a dead-letter queue the limit is
    the retention, which bounds the other one as well.

    What it cannot see: SQS leaves messages out that were received three times or more (SQS
    developer guide, "Available CloudWatch metrics for Amazon SQS"); of those the alarm on the
    dead-letter queue tells.
    """
    limits = [retention_seconds * RETENTION_SHARE]
    if max_receives is not None:
        limits.append(max(visibility_seconds, 1) * max_receives)
    seconds = min(limits)
    return Formula(
        role="oldest",
        description=f"The oldest message waits longer than {seconds:g} s: nobody takes it, or "
        "more come than are worked off",
        metric="ApproximateAgeOfOldestMessage",
        namespace=NAMESPACE,
        statistic="Maximum",
        threshold=seconds,
        periods=3,
        to_alarm=3,
        missing="notBreaching",  # SQS reports nothing of a queue that nobody used for hours
    )


def depth_formula(role: str, description: str) -> Formula:
    """Rings while a queue that should be empty is not; for dead-letter and failure queues.

    One message is enough: each stands for work that is lost until somebody looks at it.
    """
    return Formula(
        role=role,
        description=description,
        metric="ApproximateNumberOfMessagesVisible",
        namespace=NAMESPACE,
        statistic="Maximum",
        threshold=0,
        periods=1,
        to_alarm=1,
        missing="notBreaching",  # SQS reports nothing of a queue that nobody used for hours
    )
