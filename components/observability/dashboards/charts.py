"""What is drawn of each kind of thing: which metrics stand together in which chart.

Alarms bring what is missing here: a formula whose metric stands in no chart gets one of its own
(``metrics``), so that no alarm is without its picture.
"""

from collections.abc import Mapping
from dataclasses import replace

from . import containers
from .chart import Chart, Line

API = "AWS/ApiGateway"
DYNAMODB = "AWS/DynamoDB"
KINESIS = "AWS/Kinesis"
LAMBDA = "AWS/Lambda"
SQS = "AWS/SQS"
STATES = "AWS/States"

_FUNCTION = ("FunctionName",)
"""A function is throttled as a whole, and not by alias."""
_INTEGRATION = ("ServiceIntegrationResourceArn",)
_APIS = (
    Chart("Requests", API, (Line("Count", "SampleCount"),), headline=True),
    Chart(
        "Failed requests",
        API,
        (Line("5XXError", label="5xx"), Line("4XXError", label="4xx")),
        headline=True,
    ),
    Chart(
        "Latency",
        API,
        (
            Line("Latency", "p50", "p50"),
            Line("Latency", "p95", "p95"),
            Line("IntegrationLatency", "p95", "behind it, p95"),
        ),
        unit="ms",
    ),
)
_HTTP_NAMES = {"5XXError": "5xx", "4XXError": "4xx"}

CHARTS: Mapping[str, tuple[Chart, ...]] = {
    **containers.CHARTS,
    "rest_api": _APIS,
    "http_api": tuple(
        replace(
            chart,
            lines=tuple(
                replace(line, metric=_HTTP_NAMES.get(line.metric, line.metric))
                for line in chart.lines
            ),
        )
        for chart in _APIS
    ),
    "function": (
        Chart("Invocations", LAMBDA, (Line("Invocations"),), headline=True),
        Chart(
            "Errors and throttles",
            LAMBDA,
            (
                Line("Errors", label="errors"),
                Line("Throttles", label="throttles", by=_FUNCTION),
            ),
            headline=True,
        ),
        Chart(
            "Duration",
            LAMBDA,
            (Line("Duration", "Average", "mean"), Line("Duration", "p99", "p99")),
            unit="ms",
        ),
        Chart("At the same time", LAMBDA, (Line("ConcurrentExecutions", "Maximum", by=_FUNCTION),)),
    ),
    "workflow": (
        Chart(
            "Executions",
            STATES,
            (
                Line("ExecutionsStarted", label="started"),
                Line("ExecutionsSucceeded", label="succeeded"),
            ),
            headline=True,
        ),
        Chart(
            "Executions that did not succeed",
            STATES,
            (
                Line("ExecutionsFailed", label="failed"),
                Line("ExecutionsTimedOut", label="out of time"),
                Line("ExecutionsAborted", label="stopped"),
                Line("ExecutionThrottled", label="throttled"),
            ),
            headline=True,
        ),
        Chart(
            "Execution time",
            STATES,
            (Line("ExecutionTime", "Average", "mean"), Line("ExecutionTime", "Maximum", "most")),
            unit="ms",
        ),
    ),
    "callback": (
        Chart(
            "Callbacks",
            STATES,
            tuple(
                Line(f"ServiceIntegrations{name}", label=label, by=_INTEGRATION)
                for name, label in (
                    ("Scheduled", "asked for"),
                    ("Succeeded", "answered"),
                    ("Failed", "failed"),
                    ("TimedOut", "never came"),
                )
            ),
        ),
        # Those that are still waited for are in no metric.
        Chart(
            "Time to the callback",
            STATES,
            (
                Line("ServiceIntegrationTime", "Average", "mean", by=_INTEGRATION),
                Line("ServiceIntegrationTime", "Maximum", "most", by=_INTEGRATION),
            ),
            unit="ms",
        ),
    ),
    "queue": (
        Chart(
            "Messages",
            SQS,
            (
                Line("ApproximateNumberOfMessagesVisible", "Maximum", "waiting"),
                Line("ApproximateNumberOfMessagesNotVisible", "Maximum", "under way"),
            ),
            headline=True,
        ),
        Chart(
            "Oldest message",
            SQS,
            (Line("ApproximateAgeOfOldestMessage", "Maximum"),),
            unit="s",
        ),
        Chart(
            "Sent and done",
            SQS,
            (
                Line("NumberOfMessagesSent", label="sent"),
                Line("NumberOfMessagesDeleted", label="done"),
            ),
        ),
    ),
    "dead_letter_queue": (
        Chart(
            "Kept messages",
            SQS,
            (Line("ApproximateNumberOfMessagesVisible", "Maximum"),),
            headline=True,
        ),
    ),
    "stream": (
        Chart("Records", KINESIS, (Line("IncomingRecords"),)),
        Chart("Refused records", KINESIS, (Line("WriteProvisionedThroughputExceeded"),)),
        Chart(
            "Age of what is read",
            KINESIS,
            (Line("GetRecords.IteratorAgeMilliseconds", "Maximum"),),
            unit="ms",
        ),
    ),
    "table": (
        Chart(
            "Capacity used",
            DYNAMODB,
            (
                Line("ConsumedReadCapacityUnits", label="reads"),
                Line("ConsumedWriteCapacityUnits", label="writes"),
            ),
        ),
        Chart(
            "Throttled requests",
            DYNAMODB,
            (
                Line("ReadThrottleEvents", label="reads"),
                Line("WriteThrottleEvents", label="writes"),
            ),
        ),
    ),
}
"""Charts by kind; ``business`` is drawn from the names of its metrics."""
