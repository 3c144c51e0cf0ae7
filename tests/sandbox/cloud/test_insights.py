"""Logs Insights: the part of the language that is served, and the refusal of the rest."""

import json
import time
from collections.abc import Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.cloud.logs import insights

from .world import World

BEGIN = 1_700_000_000_000
"""22:13:20 UTC."""


def _events() -> list[insights.Event]:
    """Ten lines, a second apart; the last three are errors."""
    lines = [
        json.dumps(
            {
                "level": "ERROR" if number > 6 else "INFO",
                "message": f"call {number} took {number * 10} ms",
                "took": number * 10,
                "order": {"items": [{"id": f"i{number}"}]},
            }
        )
        for number in range(10)
    ]
    return [
        insights.Event.of(
            line, BEGIN + 1000 * number, ingested=BEGIN, stream="s", log="g", pointer=str(number)
        )
        for number, line in enumerate(lines)
    ]


def _rows(query: str, events: Sequence[insights.Event] | None = None) -> list[dict[str, str]]:
    """Without pointers."""
    found = insights.run(query, _events() if events is None else events)
    rows = [{item["field"]: item["value"] for item in row} for row in found.rows]
    for row in rows:
        row.pop("@ptr", None)
    return rows


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        (
            "fields @timestamp, level | sort @timestamp desc | limit 1",
            [{"@timestamp": "2023-11-14 22:13:29.000", "level": "ERROR"}],
        ),
        ("fields took | limit 2", [{"took": "90"}, {"took": "80"}]),
        ("fields took | sort took | limit 1", [{"took": "0"}]),
        ("fields took | tail 1", [{"took": "0"}]),
        ("fields order.items.0.id as id | limit 1", [{"id": "i9"}]),
        ('filter level = "ERROR" | stats count(*)', [{"count(*)": "3"}]),
        ("filter level != 'ERROR' and took >= 60 | display took", [{"took": "60"}]),
        ("filter not (took < 90) or took = 0 | display took", [{"took": "90"}, {"took": "0"}]),
        ("filter took in [10, 20] | stats sum(took) as s", [{"s": "30"}]),
        ("filter took not in [10, 20] | stats count() as n", [{"n": "8"}]),
        ("filter @message like /took (1|2)0 ms/ | stats count(*) as n", [{"n": "2"}]),
        ("filter @message not like 'took' | stats count(*) as n", [{"n": "0"}]),
        ("filter level =~ /(?i)error/ | stats count(*) as n", [{"n": "3"}]),
        ("filter ispresent(nothing) | stats count(*) as n", [{"n": "0"}]),
        (
            "stats count(*) as n, avg(took) as a, max(took), pct(took, 50) by level | sort n desc",
            [
                {"level": "INFO", "n": "7", "a": "30", "max(took)": "60", "pct(took, 50)": "30"},
                {"level": "ERROR", "n": "3", "a": "80", "max(took)": "90", "pct(took, 50)": "80"},
            ],
        ),
        (
            "stats count(*) by bin(5s) | sort count(*) desc, `bin(5s)` asc",
            [
                {"bin(5s)": "2023-11-14 22:13:20.000", "count(*)": "5"},
                {"bin(5s)": "2023-11-14 22:13:25.000", "count(*)": "5"},
            ],
        ),
        (
            "stats min(@timestamp) as begin, latest(took) as l, count_distinct(level) as d",
            [{"begin": "2023-11-14 22:13:20.000", "l": "90", "d": "2"}],
        ),
        ("parse message 'call * took * ms' as n, ms | stats sum(ms) as s", [{"s": "450"}]),
        ("parse message /took (?<ms>\\d+)/ | stats max(ms) as m", [{"m": "90"}]),
        ("fields took / 20 + 1 as t | limit 1", [{"t": "5.5"}]),
        ("fields 2 ^ 3 * 2 as x, -(1 - 3) as y | limit 1", [{"x": "16", "y": "2"}]),
        ("fields concat(toupper(level), '-', strlen(level)) as c | limit 1", [{"c": "ERROR-5"}]),
        ("fields coalesce(nothing, level) as c | limit 1", [{"c": "ERROR"}]),
        ("fields level | dedup level", [{"level": "ERROR"}, {"level": "INFO"}]),
        ("# a comment\nfields took # another\n| limit 1", [{"took": "90"}]),
        (
            "stats sum(took) as s by level | filter s > 220 | display level",
            [{"level": "ERROR"}],
        ),
    ],
)
def test_queries(query: str, rows: list[dict[str, str]]) -> None:
    assert _rows(query) == rows


def test_without_fields_time_and_message_are_shown_newest_first() -> None:
    found = insights.run("limit 3", _events())
    assert [item["field"] for item in found.rows[0]] == ["@timestamp", "@message", "@ptr"]
    assert [row[2]["value"] for row in found.rows] == ["9", "8", "7"]
    assert found.matched == 10
    assert insights.run('filter level = "ERROR" | limit 1', _events()).matched == 3


def test_reports_of_functions_have_fields() -> None:
    report = (
        "REPORT RequestId: 1-2\tDuration: 12.5 ms\tBilled Duration: 13 ms\t"
        "Memory Size: 128 MB\tMax Memory Used: 40 MB"
    )
    event = insights.Event.of(report, 0, ingested=0, stream="s", log="g", pointer="1")
    query = 'filter @type = "REPORT" | fields @requestId, @duration, @maxMemoryUsed / 1000000 as mb'
    assert _rows(query, [event]) == [{"@requestId": "1-2", "@duration": "12.5", "mb": "40"}]


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("pattern @message", "the command 'pattern' is not known here"),
        ("", "the command 'the end' is not known here"),
        ("fields @timestamp |", "is not known here"),
        ("filter level = | limit 3", "expected instead of '|'"),
        ("stats median(took)", "median is no statistic"),
        ("fields cidr(ip)", "the function cidr is not known here"),
        ("fields sum(took)", "stands in stats only"),
        ("limit 100000", "must be from 1 to 10000"),
        ("fields abs(1, 2)", "does not take 2 arguments"),
        ("stats count(*) by bin(5 parsecs)", "period expected"),
        ("filter @message like /(/", "no regular expression"),
        ("parse message 'a * b' as x, y", "finds 1 values and names 2"),
        ("fields level ? 1", "unexpected"),
    ],
)
def test_what_is_not_understood_is_refused(query: str, complaint: str) -> None:
    with pytest.raises(insights.SyntaxWrongError) as refused:
        insights.run(query, _events())
    assert complaint in str(refused.value)


@pytest.fixture(scope="module")
def group(world: World) -> str:
    logs = world.client("logs")
    logs.create_log_group(logGroupName="/insights/shop")
    logs.create_log_stream(logGroupName="/insights/shop", logStreamName="one")
    now = int(time.time() * 1000)
    lines = [json.dumps({"level": level}) for level in ("ERROR", "INFO", "INFO")]
    logs.put_log_events(
        logGroupName="/insights/shop",
        logStreamName="one",
        logEvents=[{"timestamp": now, "message": line} for line in lines],
    )
    return "/insights/shop"


def _asked(world: World, group: str, query: str) -> dict[str, Any]:
    logs, now = world.client("logs"), int(time.time())
    id = logs.start_query(
        logGroupNames=[group], startTime=now - 600, endTime=now + 60, queryString=query
    )["queryId"]
    return dict(logs.get_query_results(queryId=id))


@pytest.mark.sandbox
def test_the_cloud_answers(world: World, group: str) -> None:
    answer = _asked(world, group, "stats count(*) as n by level | sort n")
    assert answer["status"] == "Complete"
    assert answer["results"] == [
        [{"field": "level", "value": "ERROR"}, {"field": "n", "value": "1"}],
        [{"field": "level", "value": "INFO"}, {"field": "n", "value": "2"}],
    ]
    assert answer["statistics"]["recordsScanned"] == 3
    answer = _asked(world, group, 'filter level = "ERROR" | fields @log, @logStream')
    (row,) = answer["results"]
    assert row[0]["value"] == f"{world.cloud.account}:{group}"
    pointer = row[-1]["value"]
    record = world.client("logs").get_log_record(logRecordPointer=pointer)["logRecord"]
    assert json.loads(record["@message"]) == {"level": "ERROR"}


@pytest.mark.sandbox
def test_the_cloud_refuses(world: World, group: str) -> None:
    with pytest.raises(ClientError) as refused:
        _asked(world, group, "diff")
    assert refused.value.response["Error"]["Code"] == "MalformedQueryException"
    with pytest.raises(ClientError) as refused:
        _asked(world, "/insights/none", "limit 1")
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"


@pytest.mark.sandbox
def test_queries_are_saved(world: World, group: str) -> None:
    logs = world.client("logs")
    given = {"name": "shop/errors", "queryString": "limit 1", "logGroupNames": [group]}
    id = logs.put_query_definition(**given)["queryDefinitionId"]
    logs.put_query_definition(**{**given, "queryString": "limit 2"}, queryDefinitionId=id)
    (found,) = logs.describe_query_definitions(queryDefinitionNamePrefix="shop/")[
        "queryDefinitions"
    ]
    assert (found["queryString"], found["logGroupNames"]) == ("limit 2", [group])
    assert logs.delete_query_definition(queryDefinitionId=id)["success"]
    assert not logs.describe_query_definitions(queryDefinitionNamePrefix="shop/")[
        "queryDefinitions"
    ]
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        logs.delete_query_definition(queryDefinitionId=id)
