"""Structured logs: one JSON object a line on stdout, whatever characters an event contains."""

import json
import logging
import sys
from datetime import UTC, datetime

from .request_ids import request_id


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of ASCII JSON.

    `extra={"fields": {...}}` adds fields to the event. Everything outside ASCII, and every
    control character, is escaped: a request cannot forge a line or steer a terminal.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its end."""
        event: dict[str, object] = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(
                timespec="milliseconds"
            ),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if current := request_id():
            event["request_id"] = current
        event.update(getattr(record, "fields", {}))
        if record.exc_info:
            event["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            event["stack"] = self.formatStack(record.stack_info)
        return json.dumps(event, default=str)


def configure(level: str) -> None:
    """Send every logger's events, from `level` up, to stdout as JSON. For the whole process."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.captureWarnings(True)
