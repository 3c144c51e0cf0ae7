"""Log events as queries see them: fields of the service, of JSON lines and of Lambda's reports."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_REQUEST = re.compile(r"\A(START|END|REPORT) RequestId: (\S+)")
_REPORTED = re.compile(
    r"\t(Billed Duration|Duration|Memory Size|Max Memory Used|Init Duration): ([\d.]+)"
)
_NAMES = {
    "Duration": ("@duration", 1),
    "Billed Duration": ("@billedDuration", 1),
    "Init Duration": ("@initDuration", 1),
    "Memory Size": ("@memorySize", 1_000_000),
    "Max Memory Used": ("@maxMemoryUsed", 1_000_000),
}
"""What a REPORT line says: the field, and what the number is multiplied by (memory is bytes)."""


class Moment(int):
    """Milliseconds since the epoch that are shown as a date."""


class Event:
    """One log event, or one row of a statistic."""

    __slots__ = ("_fields", "_message", "milliseconds")

    def __init__(self, fields: dict[str, Any], milliseconds: int = 0) -> None:
        self._fields, self.milliseconds = fields, milliseconds
        message = fields.get("@message")
        self._message: str | None = message if isinstance(message, str) else None

    @classmethod
    def of(
        cls, message: str, milliseconds: int, *, ingested: int, stream: str, log: str, pointer: str
    ) -> "Event":
        """A log event."""
        fields = {
            "@timestamp": Moment(milliseconds),
            "@message": message,
            "@ingestionTime": Moment(ingested),
            "@logStream": stream,
            "@log": log,
            "@ptr": pointer,
        }
        return cls(fields, milliseconds)

    def get(self, name: str) -> Any:
        """The value of a field; None if it has none."""
        if name in self._fields:
            return self._fields[name]
        if self._message is not None:  # look into the message once, and only if asked
            message, self._message = self._message, None
            self._fields = {**discovered(message), **self._fields}
            return self._fields.get(name)
        return None

    def put(self, name: str, value: Any) -> None:
        """Give it a field of the query's own."""
        self._fields[name] = value


def discovered(message: str) -> dict[str, Any]:
    """The fields that are found in a message."""
    if message.startswith("{"):
        try:
            document = json.loads(message)
        except ValueError:
            return {}
        found: dict[str, Any] = {}
        if isinstance(document, dict):
            _flatten(document, "", found)
        return found
    if (begin := _REQUEST.match(message)) is None:
        return {}
    found = {"@type": begin[1], "@requestId": begin[2]}
    for name, number in _REPORTED.findall(message):
        field, factor = _NAMES[name]
        found[field] = float(number) * factor
    return found


def _flatten(value: object, name: str, found: dict[str, Any]) -> None:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            _flatten(inner, f"{name}.{key}" if name else str(key), found)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _flatten(inner, f"{name}.{index}", found)
    elif isinstance(value, bool):
        found[name] = int(value)
    elif value is not None:
        found[name] = value


def shown(value: object) -> str:
    """A value as results show it."""
    if isinstance(value, Moment):
        moment = datetime.fromtimestamp(value / 1000, UTC)
        return f"{moment:%Y-%m-%d %H:%M:%S}.{value % 1000:03d}"
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return f"{round(value, 4):.4f}".rstrip("0").rstrip(".")
    return str(value)


def number(value: object) -> float | None:
    """A value as a number, if it is one or says one."""
    if isinstance(value, int | float):
        return value
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return None
    return None
