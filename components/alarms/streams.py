"""What rings for Kinesis streams, as data. The dimension is ``StreamName``.

How far a reader is behind stands with the reader (``functions.iterator_age_formula``): each has
a position of its own. Streams of DynamoDB tables publish nothing.
"""

from collections.abc import Sequence

from .formula import Formula

NAMESPACE = "AWS/Kinesis"


def formulas() -> Sequence[Formula]:
    """The alarm of one stream: records that it did not take.

    Whoever writes tries again for a while and then loses the record. A reader that is throttled
    loses nothing; it falls behind, and its own alarm tells.
    """
    return [
        Formula(
            role="write-throttled",
            description="The stream refuses records: its shards are written to capacity",
            metric="WriteProvisionedThroughputExceeded",
            namespace=NAMESPACE,
            statistic="Sum",
            threshold=0,
            periods=5,
            to_alarm=3,  # shards are split within minutes where the stream grows by itself
            missing="notBreaching",  # no records, no data: nothing was refused
        )
    ]
