"""Metrics embedded in log lines, as "Embedded metric format specification" defines them."""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

MOST_DIMENSIONS = 30
MOST_VALUES = 100
_log = logging.getLogger("slipway")


@dataclass(frozen=True)
class Measured:
    """One value of one metric."""

    namespace: str
    name: str
    value: float
    unit: str
    dimensions: Mapping[str, str]
    at: float
    """Seconds since the epoch."""


def extracted(message: str) -> Iterator[Measured]:
    """The metrics in one log event. What is malformed makes none, as on AWS, and is logged."""
    if '"CloudWatchMetrics"' not in message or not message.lstrip().startswith("{"):
        return
    try:
        document = json.loads(message)
    except ValueError:
        return
    metadata = document.get("_aws") if isinstance(document, dict) else None
    if not isinstance(metadata, dict):
        return
    moment = metadata.get("Timestamp")
    if not _number(moment):
        _log.warning("embedded metrics without a Timestamp in milliseconds: %.200s", message)
        return
    for directive in _dicts(metadata.get("CloudWatchMetrics")):
        namespace, sets = directive.get("Namespace"), _sets(document, directive.get("Dimensions"))
        if not isinstance(namespace, str) or not namespace or sets is None:
            _log.warning("embedded metrics with a malformed directive: %.200s", message)
            continue
        for metric in _dicts(directive.get("Metrics")):
            name, unit = metric.get("Name"), metric.get("Unit", "None")
            for value in _values(document.get(name)) if isinstance(name, str) else ():
                for dimensions in sets:
                    yield Measured(
                        namespace, str(name), value, str(unit), dimensions, float(moment) / 1000
                    )


def _dicts(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _sets(document: Mapping[str, Any], wanted: object) -> Sequence[Mapping[str, str]] | None:
    """The dimension sets with their values; None if one refers to what is not there."""
    if wanted is None or wanted == []:
        return [{}]
    if not isinstance(wanted, list):
        return None
    sets: list[Mapping[str, str]] = []
    for names in wanted:
        if not isinstance(names, list) or len(names) > MOST_DIMENSIONS:
            return None
        values = {str(name): document.get(name) for name in names}
        if any(not isinstance(value, str) or not value for value in values.values()):
            return None
        sets.append({name: str(value) for name, value in values.items()})
    return sets


def _values(value: object) -> list[float]:
    values: list[Any] = value if isinstance(value, list) else [value]
    if len(values) > MOST_VALUES or not all(_number(item) for item in values):
        return []
    return [float(item) for item in values]


def _number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
