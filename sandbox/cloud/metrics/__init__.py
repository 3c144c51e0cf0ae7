"""CloudWatch's data in the embedded cloud, and its minute.

Every second of a test is dear, so the minute after which AWS services publish and alarms look is
short here (``SANDBOX_MINUTE_SECONDS``; 60 is real time). Alarm periods shrink with it; data keep
their real time, and who reads metrics asks for real seconds.

Patches and sources use ``record``, ``MINUTE`` and ``every_minute``; nothing else is for them.
"""

from collections.abc import Mapping

from .clock import MINUTE, every_minute
from .store import put

__all__ = ["MINUTE", "every_minute", "record"]


def record(
    namespace: str,
    name: str,
    value: float,
    dimensions: Mapping[str, str],
    unit: str = "None",
    at: float | None = None,
) -> None:
    """Keep one datum of one metric: exactly these dimensions, as on AWS.

    Who publishes by several dimension sets calls this once for each. From any thread; account and
    region are the caller's, the cloud's own on a new thread. What cannot be kept is dropped with
    a line in the log, because no service fails over its metrics.

    Args:
        namespace: as ``AWS/SQS``.
        name: the metric.
        value: a number.
        dimensions: name to value.
        unit: as AWS names it: Count, Seconds, Milliseconds, Percent, ...
        at: seconds since 1970; now if left out.
    """
    put(namespace, name, value, dimensions, unit, at)
