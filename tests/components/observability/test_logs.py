"""Metric filters and saved queries, judged by what reads them."""

import json
from typing import Any

import pytest

from components.alarms.logs import PATTERN
from components.observability import logs
from components.observability.dashboards import LOG_QUERY
from components.watched import Watched
from sandbox.cloud.logs import patterns
from sandbox.cloud.logs.insights import Event, run

from .helpers import ALARM, FILTER, LEGACY, QUERY, function, guarded, names, watch


def test_errors_are_counted_in_the_log_of_each_thing_whose_lines_have_a_level() -> None:
    deployment = watch(fakes={"events": guarded, "plain": lambda _: [function(log_group_name="g")]})
    made = deployment.one(FILTER).inputs
    assert deployment.one(FILTER).name == "shop-events-errors"
    assert made["logGroupName"] == "group"
    metric = made["metricTransformation"]
    assert (metric["value"], metric["defaultValue"]) == ("1", "0")
    alarm = deployment.one(ALARM, "shop-events-logged-errors").inputs
    assert (alarm["metricName"], alarm["namespace"]) == (metric["name"], metric["namespace"])
    assert alarm.get("dimensions") in (None, {})
    assert metric["name"] == "test/test/shop/events"


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ({"level": "ERROR", "message": "x"}, True),
        ({"level": "CRITICAL"}, True),
        ({"level": "error"}, True),
        ({"level": "WARNING", "message": "ERROR"}, False),
        ({"message": "ERROR"}, False),
    ],
)
def test_a_line_counts_by_its_level(line: Any, counts: bool) -> None:
    assert patterns.matches(PATTERN, json.dumps(line)) is counts


def test_each_service_has_the_queries_that_its_logs_can_answer() -> None:
    flow = Watched(
        kind="workflow",
        dimensions={"StateMachineArn": "arn:aws:states:x:1:stateMachine:flow"},
        log_group_name="states",
    )
    deployment = watch({"tables": {"t": {"name": "t"}}}, {"events": guarded, "f": lambda _: [flow]})
    assert sorted(names(deployment, QUERY)) == [
        "shop-events-errors-by-message",
        "shop-events-last-100-entries",
        "shop-events-slowest-calls",
        "shop-f-failed-executions",
        "shop-f-last-100-entries",
    ]
    last = deployment.one(QUERY, "shop-events-last-100-entries").inputs
    assert last["name"] == "shop-test/events/last 100 entries"
    assert last["logGroupNames"] == ["group"]
    assert "limit 100" in last["queryString"]


def test_a_function_of_others_logs_where_lambda_puts_it() -> None:
    last = watch({"functions": LEGACY}).one(QUERY).inputs
    assert last["logGroupNames"] == ["/aws/lambda/old"]


def found(query: str, *lines: Any) -> list[dict[str, str]]:
    events = [
        Event.of(
            json.dumps(line), number, ingested=number, stream="s", log="l", pointer=str(number)
        )
        for number, line in enumerate(lines)
    ]
    return [{cell["field"]: cell["value"] for cell in row} for row in run(query, events).rows]


def test_errors_are_told_apart_by_their_message() -> None:
    lines = [{"level": "ERROR", "message": "broke"}] * 2 + [{"level": "error", "message": "odd"}]
    rows = found(logs.ERRORS_QUERY, *lines, {"level": "INFO", "message": "fine"})
    assert [(row["message"], row["errors"]) for row in rows] == [("broke", "2"), ("odd", "1")]


def test_the_slowest_call_comes_first() -> None:
    def report(request: str, duration: float) -> Any:
        record = {"requestId": request, "metrics": {"durationMs": duration}}
        return {"type": "platform.report", "record": record}

    rows = found(logs.SLOWEST_QUERY, report("a", 9.5), report("b", 101.0), {"type": "other"})
    assert [row["record.requestId"] for row in rows] == ["b", "a"]


def test_executions_that_failed_are_found_with_their_error() -> None:
    failed = {"type": "ExecutionFailed", "execution_arn": "arn:x", "details": {"error": "Broke"}}
    (row,) = found(logs.FAILED_QUERY, {"type": "ExecutionStarted"}, failed)
    assert row["details.error"] == "Broke"
    assert row["execution_arn"] == "arn:x"


def test_the_last_entries_are_found() -> None:
    assert len(found(LOG_QUERY, *[{"n": number} for number in range(120)])) == 100
