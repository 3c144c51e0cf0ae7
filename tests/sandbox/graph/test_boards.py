"""Dashboards as a page: what is asked of the cloud, and what is drawn of its answers."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import pytest
from botocore.exceptions import ClientError

from sandbox.graph import boards, charts
from sandbox.graph.boards import Series, Shown
from sandbox.graph.pages import dashboards_page
from sandbox.graph.queries import queries, real_period

NOW = 1_800_000_000.0
ARN = "arn:aws:cloudwatch:us-east-1:1:alarm:"


class Pages:
    """A client whose answers are written down here."""

    def __init__(self, body: Any, **answers: Any) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.answers = {
            "list_dashboards": {"DashboardEntries": [{"DashboardName": "shop"}]},
            "get_dashboard": {"DashboardBody": json.dumps(body)},
            "get_metric_data": self._data,
            **answers,
        }

    def __call__(self, service: str) -> "Pages":
        return self

    def __getattr__(self, name: str) -> Any:
        def call(**given: Any) -> Any:
            self.asked.append((name, given))
            answer = self.answers[name]
            found = answer(given) if callable(answer) else answer
            if isinstance(found, Exception):
                raise found
            return found

        return call

    def get_paginator(self, name: str) -> Any:
        class Paginator:
            def paginate(paginator, **given: Any) -> Iterator[Any]:  # noqa: N805 - two selves
                return iter([getattr(self, name)(**given)])

        return Paginator()

    def _data(self, given: dict[str, Any]) -> Any:
        moments = [datetime.fromtimestamp(NOW - back, UTC) for back in (10, 5)]
        return {
            "MetricDataResults": [
                {"Id": one["Id"], "Timestamps": moments, "Values": [1.0, 3.0]}
                for one in given["MetricDataQueries"]
                if one["ReturnData"]
            ]
        }


def widget(type: str, **properties: Any) -> dict[str, Any]:
    return {"type": type, "x": 0, "y": 0, "width": 8, "height": 6, "properties": properties}


def shown(*widgets: Any, **answers: Any) -> tuple[list[Shown], Pages]:
    client = Pages({"widgets": list(widgets)}, **answers)
    (board,) = boards.read(client, 5.0, now=NOW)
    return list(board.widgets), client


def refused(operation: str = "GetMetricData") -> ClientError:
    return ClientError({"Error": {"Code": "ValidationError", "Message": "no such"}}, operation)


def metric(*metrics: Any, **more: Any) -> dict[str, Any]:
    return widget("metric", title="It", period=60, metrics=list(metrics), **more)


ERRORS = ["AWS/Lambda", "Errors", "FunctionName", "f", {"stat": "Sum", "label": "errors"}]


@pytest.mark.parametrize(
    ("period", "minute", "seconds"),
    [(60, 5, 5), (300, 5, 30), (60, 0.5, 1), (60, 60, 60), (3600, 5, 300)],
)
def test_a_period_is_asked_for_as_long_as_it_takes_here(
    period: float, minute: float, seconds: int
) -> None:
    assert real_period(period, minute) == seconds


def test_a_metric_is_asked_for_with_its_dimensions_and_drawn() -> None:
    (chart,), client = shown(metric(ERRORS))
    (query,) = dict(client.asked)["get_metric_data"]["MetricDataQueries"]
    assert query["MetricStat"] == {
        "Metric": {
            "Namespace": "AWS/Lambda",
            "MetricName": "Errors",
            "Dimensions": [{"Name": "FunctionName", "Value": "f"}],
        },
        "Period": 5,
        "Stat": "Sum",
    }
    (series,) = chart.series
    assert series.label == "errors"
    assert list(series.points) == [(NOW - 10, 1.0), (NOW - 5, 3.0)]


def test_an_expression_is_asked_for_with_its_hidden_parts_under_names_of_its_own() -> None:
    parts = [
        [{"expression": "100 * bad / all0", "id": "value", "label": "share"}],
        ["A", "Bad", {"id": "bad", "visible": False, "stat": "Sum"}],
        ["A", "All", {"id": "all0", "visible": False, "stat": "Sum"}],
    ]
    (first, second), client = shown(metric(*parts), metric(*parts))
    asked = dict(client.asked)["get_metric_data"]["MetricDataQueries"]
    assert asked[0]["Expression"] == "100 * w0_bad / w0_all0"
    assert asked[3]["Expression"] == "100 * w1_bad / w1_all0"
    assert [one.label for one in (*first.series, *second.series)] == ["share", "share"]


def test_a_search_finds_every_series_and_tells_them_apart() -> None:
    def listed(given: Any) -> Any:
        assert given["Dimensions"] == [{"Name": "service", "Value": "orders"}]
        found = [
            [{"Name": "service", "Value": "orders"}, {"Name": "currency", "Value": currency}]
            for currency in ("USD", "EUR")
        ]
        return {"Metrics": [{"Dimensions": one} for one in found]}

    terms = 'Namespace="Slipway" MetricName="Revenue" service="orders"'
    search = [{"expression": f"SEARCH('{terms}', 'Sum')", "id": "search0", "label": "orders"}]
    (chart,), _ = shown(metric(search), list_metrics=listed)
    assert [one.label for one in chart.series] == ["orders EUR", "orders USD"]


def test_points_stand_for_what_is_in_the_line_before() -> None:
    rows = [["A", "One", "D", "x"], [".", "Two", ".", "y"], ["...", "z"]]
    found = queries({"metrics": rows}, None, 60)
    assert [(one.metric, one.dimensions) for one in found] == [
        ("One", (("D", "x"),)),
        ("Two", (("D", "y"),)),
        ("Two", (("D", "z"),)),
    ]


def test_one_widget_that_is_refused_does_not_hide_the_others() -> None:
    def data(given: Any) -> Any:
        if any("Expression" in one for one in given["MetricDataQueries"]):
            return refused()
        return Pages._data(client_of, given)

    client_of = Pages({})
    wrong = [{"expression": "NO(1)", "id": "e"}]
    (bad, good), _ = shown(metric(wrong), metric(ERRORS), get_metric_data=data)
    assert "no such" in bad.problem
    assert good.series


def test_alarms_are_shown_with_their_states_and_a_missing_one_as_missing() -> None:
    answer = {
        "MetricAlarms": [
            {"AlarmArn": f"{ARN}a", "AlarmName": "a", "StateValue": "ALARM", "StateReason": "why"}
        ],
        "CompositeAlarms": [{"AlarmArn": f"{ARN}c", "AlarmName": "c", "StateValue": "OK"}],
    }
    alarms = widget("alarm", title="Alarms", alarms=[f"{ARN}c", f"{ARN}a", f"{ARN}gone"])
    (found,), _ = shown(alarms, describe_alarms=answer)
    assert [(one.name, one.state, one.composite) for one in found.alarms] == [
        ("c", "OK", True),
        ("a", "ALARM", False),
        ("gone", "INSUFFICIENT_DATA", False),
    ]


def test_a_log_query_is_asked_of_its_groups_and_shown_as_a_table() -> None:
    row = [
        {"field": "@timestamp", "value": "now"},
        {"field": "@message", "value": "<b>hello</b>"},
        {"field": "@ptr", "value": "x"},
    ]
    log = widget("log", title="Log", query="SOURCE 'a' | SOURCE 'b' | fields @message | limit 1")
    (found,), client = shown(
        log,
        start_query={"queryId": "1"},
        get_query_results={"status": "Complete", "results": [row]},
    )
    asked = dict(client.asked)["start_query"]
    assert asked["logGroupNames"] == ["a", "b"]
    assert asked["queryString"] == "fields @message | limit 1"
    assert (found.columns, found.rows) == (["@timestamp", "@message"], [["now", "<b>hello</b>"]])


def test_a_log_query_that_is_refused_says_why() -> None:
    log = widget("log", title="Log", query="SOURCE 'a' | nonsense")
    (found,), _ = shown(log, start_query=refused("StartQuery"))
    assert "no such" in found.problem


def series(*points: tuple[float, float], statistic: str = "Sum") -> Series:
    return Series("it", statistic, 5, points)


def drawn(*lines: Series, **properties: Any) -> ElementTree.Element:
    item = Shown(widget("metric", title="It", **properties), list(lines))
    return ElementTree.fromstring(charts.chart(item, (NOW - 100, NOW)))


def test_a_line_breaks_where_there_are_no_data_and_a_lone_point_is_a_dot() -> None:
    root = drawn(series((NOW - 90, 1), (NOW - 85, 2), (NOW - 50, 3), (NOW - 10, 1), (NOW - 5, 1)))
    assert len(root.findall("polyline")) == 2
    assert len(root.findall("circle")) == 1


def test_a_threshold_is_inside_the_chart_even_far_above_the_data() -> None:
    line = {"label": "duration > 10,000", "value": 10_000}
    root = drawn(series((NOW - 5, 12.0), (NOW, 11.0)), annotations={"horizontal": [line]})
    (path,) = [one for one in root.iter("path") if one.get("class") == "threshold"]
    height = float(re.findall(r"M[\d.]+ ([\d.]+)H", path.get("d", ""))[0])
    assert 0 < height < charts.HEIGHT
    assert {"duration > 10,000", "20k"} <= {one.text for one in root.iter("text")}


def test_a_deployment_is_marked_if_it_was_in_the_time_shown() -> None:
    inside = datetime.fromtimestamp(NOW - 50, UTC).isoformat()
    marks = [{"label": "2.0", "value": inside}, {"label": "1.0", "value": "2020-01-01T00:00:00Z"}]
    root = drawn(annotations={"vertical": marks})
    assert len([one for one in root.iter("path") if one.get("class") == "mark"]) == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.25, "0.25"),
        (3.0, "3"),
        (1234, "1,234"),
        (69_120_000, "69.1M"),
        (12_300, "12.3k"),
    ],
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert charts.short(value) == text


def test_a_single_value_counts_what_is_counted_and_else_shows_the_last() -> None:
    points = ((NOW - 10, 2.0), (NOW, 5.0))
    assert series(*points).total == 7
    assert series(*points, statistic="Maximum").total == 5


def test_the_page_shows_every_widget_and_lets_nothing_break_out() -> None:
    row = [{"field": "@message", "value": "<script>alert(1)</script>"}]
    body = {
        "widgets": [
            widget("text", markdown="# Shop\n## <i>Orders</i>\nsee [docs](https://example.com/x)"),
            metric(ERRORS, annotations={"horizontal": [{"label": "errors > 5", "value": 5}]}),
            metric(ERRORS, view="singleValue"),
            widget("alarm", title="Alarms", alarms=[f"{ARN}a"]),
            widget("log", title="Log", query="SOURCE 'a' | fields @message"),
            widget("explorer"),
            {"type": "text", "properties": {"markdown": "placed by CloudWatch"}},
        ]
    }
    client = Pages(
        body,
        describe_alarms={
            "MetricAlarms": [{"AlarmArn": f"{ARN}a", "AlarmName": "rings", "StateValue": "ALARM"}]
        },
        start_query={"queryId": "1"},
        get_query_results={"status": "Complete", "results": [row]},
    )
    page = dashboards_page(boards.read(client, 5.0, now=NOW), "shop", 5.0, NOW)
    assert "<h3>Shop</h3>" in page
    assert "<h4>&lt;i&gt;Orders&lt;/i&gt;</h4>" in page
    assert '<a href="https://example.com/x">docs</a>' in page
    assert "errors &gt; 5" in page
    assert '<li class="ALARM"' in page
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "CloudWatch's minute takes 5 s" in page
    assert not re.findall(r"<(?:script|img|link|iframe)\b", page)
