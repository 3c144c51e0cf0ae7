"""Metrics of tables. The emulator never throttles and never fails: those metrics stay empty."""

import functools
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ministack.services import dynamodb

from sandbox.cloud.metrics.sources import Tally
from sandbox.cloud.settings import Settings

from . import guard

NAMESPACE = "AWS/DynamoDB"
_OPERATIONS = {
    "_put_item": "PutItem",
    "_get_item": "GetItem",
    "_update_item": "UpdateItem",
    "_delete_item": "DeleteItem",
    "_query": "Query",
    "_scan": "Scan",
}
"""Those of one table; a batch's or a transaction's are not counted."""


def _sets(place: tuple[str, str]) -> Iterator[Mapping[str, str]]:
    table, operation = place
    yield {"TableName": table, "Operation": operation} if operation else {"TableName": table}


_tally: Tally[tuple[str, str]] = Tally(NAMESPACE, _sets)


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Count calls and what they consume."""
    for name, operation in _OPERATIONS.items():
        guard.wrap(dynamodb, name, "(data)", functools.partial(_measured, operation))
    guard.wrap(
        dynamodb,
        "_add_consumed_capacity",
        "(result, data, table_name, write=False, old_item=None, new_item=None, index_name=None)",
        _consumed,
    )


def _measured(operation: str, original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def call(data: dict[str, Any]) -> Any:
        began = time.perf_counter()
        answer = original(data)
        table = str(data.get("TableName", "")).rpartition("/")[2]
        if answer[0] == 200:
            took = (time.perf_counter() - began) * 1000
            _tally.add((table, operation), "SuccessfulRequestLatency", took, "Milliseconds")
        elif b"ConditionalCheckFailedException" in _bytes(answer[2]):
            _tally.add((table, ""), "ConditionalCheckFailedRequests")
        return answer

    return call


def _consumed(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def add(
        result: dict[str, Any],
        data: dict[str, Any],
        table_name: str,
        write: bool = False,
        *items: Any,
        **more: Any,
    ) -> None:
        original(result, data, table_name, write, *items, **more)
        told = dict[str, Any]()
        original(
            told, {**data, "ReturnConsumedCapacity": "TOTAL"}, table_name, write, *items, **more
        )
        units = told["ConsumedCapacity"]["CapacityUnits"]
        metric = f"Consumed{'Write' if write else 'Read'}CapacityUnits"
        _tally.add((table_name.rpartition("/")[2], ""), metric, units)

    return add


def _bytes(body: Any) -> bytes:
    return body if isinstance(body, bytes) else str(body).encode()
