"""What rings for DynamoDB tables, as data. The dimension is ``TableName``.

Left out: ``SystemErrors``. CloudWatch has them by operation only, an alarm takes no search over
operations, and a metric for each would cost more than it tells: the SDK tries these again, and
what it could not cure is an error of the caller, whose own alarm rings. Also left out: indexes,
which the library's tables do not have.
"""

from collections.abc import Sequence

from .formula import Formula

NAMESPACE = "AWS/DynamoDB"


def formulas() -> Sequence[Formula]:
    """The alarms of one table: requests that it refuses for minutes.

    A table that is paid per request takes twice its last peak at once and grows within minutes
    (DynamoDB developer guide, "On-demand capacity mode"), and the SDK tries again meanwhile: what
    goes on longer is one hot key, or a limit of the account.
    """
    return [_throttled("read", "ReadThrottleEvents"), _throttled("write", "WriteThrottleEvents")]


def _throttled(what: str, metric: str) -> Formula:
    return Formula(
        role=f"{what}-throttled",
        description=f"The table refuses {what}s for lack of capacity",
        metric=metric,
        namespace=NAMESPACE,
        statistic="Sum",
        threshold=0,
        periods=5,
        to_alarm=3,
        missing="notBreaching",  # DynamoDB reports these only when there are some
    )
