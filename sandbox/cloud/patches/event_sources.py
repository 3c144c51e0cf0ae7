"""Event source mappings do what they are set to: windows, retries, bisection, kept failures.

The emulator takes messages the moment they are there. Of a stream it tries a failing batch for
ever, and takes an answer that names failed records for success, which loses them.

A stream's retries run on a thread beside the one that polls queues; streams wait for one
another meanwhile, which they do not on AWS.
"""

import json
import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ministack.core.responses import new_uuid
from ministack.services import dynamodb, kinesis, lambda_svc, sqs

from sandbox.cloud.settings import Settings

from . import deliveries, guard, lambda_roles, metric_functions, metric_queues

Record = Mapping[str, Any]
FIRST_WAIT_SECONDS = 0.25
"""Before the first retry; each further one waits twice as long."""
LONGEST_WAIT_SECONDS = 2.0
TRIES_A_PASS = 10
"""Without a limit of retries a batch is tried this often before others get their turn."""
_polled = threading.local()
"""The mapping that this thread is polling for."""


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Give the mappings' settings their effect."""
    guard.wrap(lambda_svc, "_iter_all_esms", "()", _remembering)
    guard.wrap(
        sqs,
        "_receive_messages_for_esm",
        "(queue_url: str, max_number: int) -> list[dict]",
        _collecting,
    )
    guard.checked(
        dynamodb,
        "stream_records_since",
        "(table_name: str, position: int, limit: int, *, account_id=None, region=None) "
        "-> list[dict]",
    )
    guard.wrap(lambda_svc, "_execute_function", "(func: dict, event: dict) -> dict", _settling)
    guard.wrap(lambda_svc, "_poll_kinesis", "()", _beside(":kinesis:"))
    guard.wrap(lambda_svc, "_poll_dynamodb_streams", "()", _beside(":dynamodb:"))


def polled() -> dict[str, Any] | None:
    """The mapping that this thread is polling for, if it is."""
    return getattr(_polled, "mapping", None)


def is_due(mapping: Mapping[str, Any]) -> bool:
    """Whether a stream's batch is full, or has waited as long as the mapping wants it to."""
    window = int(mapping.get("MaximumBatchingWindowInSeconds") or 0)
    if not window:
        return True
    size, since = int(mapping.get("BatchSize") or 100), time.time() - window
    waiting = list(_waiting(mapping, size))
    return not waiting or any(len(times) >= size or times[0] <= since for times in waiting)


def _waiting(mapping: Mapping[str, Any], size: int) -> Iterator[list[float]]:
    """When the records arrived that are next to be read, by shard; no shards of a queue."""
    key, source = mapping["UUID"], mapping["EventSourceArn"]
    if ":kinesis:" in source:
        shards = (kinesis._streams.get(source.partition("/")[2]) or {}).get("shards", {})
        positions = lambda_svc._kinesis_positions.get(key)
        if positions is None and mapping.get("StartingPosition") == "TRIM_HORIZON":
            positions = dict.fromkeys(shards, 0)  # so it will be with the first poll
        for shard, position in (positions or {}).items():
            records = (shards.get(shard) or {"records": []})["records"]  # the stream may be gone
            if records := records[position : position + size]:
                yield [float(record["ApproximateArrivalTimestamp"]) for record in records]
    elif ":dynamodb:" in source:
        position = lambda_svc._dynamodb_stream_positions.get(key)
        table = source.split("/")[1]
        if position is not None and (
            records := dynamodb.stream_records_since(table, position, size)
        ):
            yield [_place(record)["arrived"] for record in records]


def _remembering(original: Callable[..., Any]) -> Callable[..., Any]:
    def mappings() -> Iterator[Any]:
        try:
            for account, region, mapping in original():
                _polled.mapping = mapping
                yield account, region, mapping
        finally:
            _polled.mapping = None

    return mappings


def _collecting(original: Callable[..., Any]) -> Callable[..., Any]:
    def receive(queue_url: str, max_number: int) -> list[Any]:
        mapping = polled() or {}
        window = int(mapping.get("MaximumBatchingWindowInSeconds") or 0)
        if window:
            now = time.time()
            queue = sqs._queues.get(queue_url) or {"messages": []}
            there = [item["visible_at"] for item in queue["messages"] if item["visible_at"] <= now]
            if len(there) < max_number and (not there or min(there) + window > now):
                return []
        batch: list[Any] = []
        # It hands out ten at a time, as ReceiveMessage does; a batch may be larger.
        while len(batch) < max_number and (more := original(queue_url, max_number - len(batch))):
            batch += more
        metric_queues.counted(queue_url, "NumberOfMessagesReceived", len(batch))
        return batch

    return receive


def _beside(service: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Poll on another thread, one pass at a time, where there is a mapping of the service."""

    def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
        busy = threading.Lock()

        def run() -> None:
            try:
                if original():
                    lambda_svc.esm_wake.set()
            finally:
                busy.release()

        def poll() -> bool:
            mappings = list(lambda_svc._esms._data.values())
            wanted = any(service in str(item.get("EventSourceArn")) for item in mappings)
            if wanted and busy.acquire(blocking=False):
                threading.Thread(target=run, daemon=True, name="slipway-streams").start()
            return False

        return poll

    return wrap


def _settling(original: Callable[..., Any]) -> Callable[..., Any]:
    def execute(func: dict[str, Any], event: Any) -> Any:
        mapping = polled()
        source = (mapping or {}).get("EventSourceArn", "")
        records = event.get("Records") if isinstance(event, dict) else None
        if (
            mapping is None
            or not records
            or source.split(":")[2:3] not in (["dynamodb"], ["kinesis"])
        ):
            return original(func, event)
        return _Batch(original, func, mapping).settle(records)

    return execute


class _Batch:
    """One batch of a stream until each of its records is done or given up."""

    def __init__(
        self, execute: Callable[..., Any], func: dict[str, Any], mapping: dict[str, Any]
    ) -> None:
        self._execute, self._func, self._mapping = execute, func, mapping
        limit = mapping.get("MaximumRetryAttempts")
        self._retries = math.inf if limit is None or int(limit) < 0 else int(limit)
        self._bisect = bool(mapping.get("BisectBatchOnFunctionError"))
        self._reports = "ReportBatchItemFailures" in (mapping.get("FunctionResponseTypes") or [])
        self._tries = 0

    def settle(self, records: Sequence[Record]) -> dict[str, Any]:
        """What the poller hears: success once nothing of the batch is left to do."""
        waiting: list[tuple[Sequence[Record], int]] = [(records, 0)]
        result: dict[str, Any] = {"body": None, "log": ""}
        while waiting:
            batch, tried = waiting.pop(0)
            if tried:
                time.sleep(min(FIRST_WAIT_SECONDS * 2 ** (tried - 1), LONGEST_WAIT_SECONDS))
            age = max(0.0, time.time() - _place(batch[-1])["arrived"]) * 1000
            config = self._func.get("config") or self._func
            metric_functions.count(config, "IteratorAge", age, "Milliseconds")
            result = self._execute(self._func, {"Records": list(batch)})
            self._tries += 1
            first = self._first_failure(batch, result)
            if first is None:
                continue
            rest = batch[first:]
            if self._too_old(rest):
                self._give_up(rest, result, "RecordAgeExceeded", tried + 1)
            elif self._bisect and len(rest) > 1:
                half = len(rest) // 2
                waiting[:0] = [(rest[:half], tried), (rest[half:], tried)]
            elif tried < self._retries:
                if self._retries == math.inf and self._tries >= TRIES_A_PASS:
                    return {**result, "error": True}
                waiting.insert(0, (rest, tried + 1))
            else:
                self._give_up(rest, result, "RetryAttemptsExhausted", tried + 1)
        return {"body": None, "log": result.get("log", "")}

    def _first_failure(self, batch: Sequence[Record], result: Mapping[str, Any]) -> int | None:
        if result.get("error"):
            return 0
        body = result.get("body")
        if not self._reports or not isinstance(body, dict):
            return None
        failed = {item.get("itemIdentifier") for item in body.get("batchItemFailures") or []}
        if not failed:
            return None
        numbers = [_place(record)["sequenceNumber"] for record in batch]
        found = [index for index, number in enumerate(numbers) if number in failed]
        return found[0] if found else 0  # an unknown number fails the whole batch

    def _too_old(self, batch: Sequence[Record]) -> bool:
        limit = int(self._mapping.get("MaximumRecordAgeInSeconds") or -1)
        return limit > 0 and time.time() - _place(batch[0])["arrived"] > limit

    def _give_up(
        self, batch: Sequence[Record], result: Mapping[str, Any], condition: str, tries: int
    ) -> None:
        """Tell the failure destination where the records are."""
        destination = (self._mapping.get("DestinationConfig") or {}).get("OnFailure") or {}
        arn = destination.get("Destination", "")
        config = self._func.get("config") or self._func
        lambda_svc.logger.warning("%s given up, %d records: %s", condition, len(batch), arn)
        if not arn or not lambda_roles.may_send(config, arn):
            return
        first, last = _place(batch[0]), _place(batch[-1])
        source = self._mapping["EventSourceArn"]
        kind = "KinesisBatchInfo" if ":kinesis:" in source else "DDBStreamBatchInfo"
        now = time.time()
        body = json.dumps(
            {
                "requestContext": {
                    "requestId": new_uuid(),
                    "functionArn": config.get("FunctionArn", ""),
                    "condition": condition,
                    "approximateInvokeCount": tries,
                },
                "responseContext": {
                    "statusCode": 200,
                    "executedVersion": config.get("Version", "$LATEST"),
                    "functionError": "Unhandled" if result.get("error") else None,
                },
                "version": "1.0",
                "timestamp": _iso(now),
                kind: {
                    "shardId": first["shard"],
                    "startSequenceNumber": first["sequenceNumber"],
                    "endSequenceNumber": last["sequenceNumber"],
                    "approximateArrivalOfFirstRecord": _iso(first["arrived"]),
                    "approximateArrivalOfLastRecord": _iso(last["arrived"]),
                    "batchSize": len(batch),
                    "streamArn": source,
                },
            }
        )
        deliveries.send(arn, body)


def _place(record: Record) -> dict[str, Any]:
    """Where in its stream a record is, and since when."""
    if "kinesis" in record:
        found = record["kinesis"]
        return {
            "sequenceNumber": found["sequenceNumber"],
            "arrived": float(found["approximateArrivalTimestamp"]),
            "shard": record["eventID"].partition(":")[0],
        }
    found = record["dynamodb"]
    return {
        "sequenceNumber": str(found["SequenceNumber"]),
        "arrived": float(found.get("ApproximateCreationDateTime", time.time())),
        "shard": "shardId-00000000000000000000-00000000",
    }


def _iso(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
