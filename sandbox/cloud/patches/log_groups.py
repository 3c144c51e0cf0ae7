"""Writes lines into log groups, for patches whose services write logs of their own."""

import time
from collections.abc import Sequence

from ministack.services import cloudwatch_logs


def write(group: str, stream: str, lines: Sequence[str]) -> None:
    """Append to a stream of a group that exists, now; the stream is made."""
    now = int(time.time() * 1000)
    where = {"logGroupName": group, "logStreamName": stream}
    cloudwatch_logs._create_log_stream(where)
    events = [{"timestamp": now, "message": line} for line in lines]
    cloudwatch_logs._put_log_events({**where, "logEvents": events})
