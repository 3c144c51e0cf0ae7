"""Metrics of Kinesis streams: what was written. The emulator never throttles, and says so with 0.

How late their readers are is told of the functions (``event_sources``).
"""

import functools
from collections.abc import Callable
from typing import Any

from ministack.services import kinesis

from sandbox.cloud.metrics.sources import Tally
from sandbox.cloud.settings import Settings

from . import guard

NAMESPACE = "AWS/Kinesis"
_tally: Tally[str] = Tally(NAMESPACE, lambda name: [{"StreamName": name}])


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Count records."""
    guard.wrap(kinesis, "_put_record", "(data)", _written)
    guard.wrap(kinesis, "_put_records", "(data)", _written)


def _written(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def put(data: dict[str, Any]) -> Any:
        answer = original(data)
        if answer[0] == 200:
            name = str(data.get("StreamName") or data.get("StreamARN", "")).rpartition("/")[2]
            for item in data.get("Records") or [data]:
                _tally.add(name, "IncomingRecords")
                # As it came, in base64, which is a third longer.
                _tally.add(name, "IncomingBytes", len(item.get("Data") or "") * 3 // 4, "Bytes")
            _tally.add(name, "WriteProvisionedThroughputExceeded", 0)
        return answer

    return put
