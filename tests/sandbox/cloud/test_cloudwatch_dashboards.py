"""Bodies of dashboards are checked as CloudWatch documents them."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.cloud.metrics.dashboards import problems

from .world import World

METRIC = {"type": "metric", "x": 0, "y": 0, "width": 12, "height": 6}
PROPERTIES = {"region": "us-east-1", "metrics": [["AWS/Lambda", "Errors", "FunctionName", "f"]]}
ALARM = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a"


def _with(**more: Any) -> dict[str, Any]:
    return {**METRIC, "properties": {**PROPERTIES, **more}}


def _problems(*widgets: Any, **more: Any) -> list[dict[str, str]]:
    return problems(json.dumps({"widgets": list(widgets), **more}))


@pytest.mark.parametrize(
    "widget",
    [
        _with(stat="p99", period=300, view="timeSeries", stacked=False, title="t", liveData=True),
        _with(
            metrics=[
                ["AWS/Lambda", "Errors", "FunctionName", "f", {"id": "m1", "visible": False}],
                ["...", "g", {"stat": "Sum", "yAxis": "right", "color": "#d62728"}],
                [".", "Duration", ".", "f"],
                [{"expression": "m1 * 2", "label": "twice", "id": "e1", "region": "us-east-1"}],
                [{"expression": "SEARCH('Namespace=\"Slipway\"', 'Sum')"}],
            ]
        ),
        _with(
            annotations={
                "horizontal": [{"value": 5, "label": "limit", "fill": "above", "color": "#f00"}],
                "vertical": [
                    {"value": "2026-11-21T10:00:00Z", "label": "1.4.0"},
                    [{"value": "2026-11-21T10:00:00Z"}, {"value": "2026-11-21T11:00:00Z"}],
                ],
            },
            yAxis={"left": {"min": 0, "label": "ms", "showUnits": False}},
            legend={"position": "bottom"},
        ),
        _with(view="gauge", yAxis={"left": {"min": 0, "max": 100}}),
        {**METRIC, "properties": {"region": "eu-west-1", "annotations": {"alarms": [ALARM]}}},
        {"type": "text", "properties": {"markdown": "# Words", "background": "transparent"}},
        {
            "type": "log",
            "width": 24,
            "properties": {
                "region": "us-east-1",
                "query": "SOURCE '/aws/lambda/f' | fields @message | limit 100",
                "view": "table",
            },
        },
        {"type": "alarm", "properties": {"alarms": [ALARM], "sortBy": "default", "title": "all"}},
        {"type": "custom", "properties": {"endpoint": "arn:aws:lambda:x", "whatever": 1}},
    ],
)
def test_a_documented_widget_is_taken(widget: dict[str, Any]) -> None:
    assert _problems(widget, start="-PT3H", periodOverride="inherit") == []


@pytest.mark.parametrize(
    ("widget", "path", "message"),
    [
        (_with(foo=1), "/widgets/0/properties/foo", "Should NOT have additional properties"),
        (_with(stat="Median"), "/widgets/0/properties/stat", "Should be a statistic"),
        (_with(period=45), "/widgets/0/properties/period", "multiple of 60"),
        (_with(view="line"), "/widgets/0/properties/view", "one of the allowed values"),
        (_with(view="gauge"), "/widgets/0/properties", "minimum and maximum"),
        (_with(metrics=[["AWS/Lambda"]]), "/widgets/0/properties", "pairs of dimensions"),
        (_with(metrics=[["AWS/Lambda", 5]]), "/widgets/0/properties", 'only "String" type'),
        (_with(metrics=[[{"label": "x"}]]), "/widgets/0/properties", "or an expression"),
        (
            _with(metrics=[["N", "M", {"colour": "#fff"}]]),
            "/widgets/0/properties/metrics/0/colour",
            "Should NOT have additional properties",
        ),
        (
            _with(annotations={"horizontal": {"value": 1}}),
            "/widgets/0/properties/annotations/horizontal",
            "Should be array",
        ),
        (
            _with(annotations={"vertical": [{"value": "yesterday"}]}),
            "/widgets/0/properties/annotations/vertical/0",
            'Should match format "date-time"',
        ),
        (
            _with(annotations={"alarms": ["a"]}),
            "/widgets/0/properties/annotations/alarms/0",
            "Should be the ARN of an alarm",
        ),
        (
            {**METRIC, "properties": {"metrics": []}},
            "/widgets/0/properties/region",
            "Should have required property 'region'",
        ),
        (
            {**METRIC, "properties": {"region": "us-east-1"}},
            "/widgets/0/properties",
            "Should have required property 'metrics'",
        ),
        ({**_with(), "x": 20}, "/widgets/0", "24 at most"),
        ({**_with(), "width": 25}, "/widgets/0/width", "less than or equal to 24"),
        ({**_with(), "type": "graph"}, "/widgets/0", "one of the allowed values"),
        ({"type": "text", "x": 1, "properties": {"markdown": ""}}, "/widgets/0", "together"),
        (
            {"type": "log", "properties": {"region": "r", "query": "fields @message"}},
            "/widgets/0/properties/query",
            "start with SOURCE",
        ),
        (
            {"type": "alarm", "properties": {"alarms": []}},
            "/widgets/0/properties/alarms",
            "at least 1",
        ),
    ],
)
def test_what_is_not_documented_is_told_with_its_path(
    widget: dict[str, Any], path: str, message: str
) -> None:
    found = _problems(widget)
    assert found
    assert found[0]["DataPath"].startswith(path)
    assert message in found[0]["Message"]


def test_a_body_without_widgets_or_with_too_many_is_refused() -> None:
    assert problems("{}")[0]["Message"] == "Should have required property 'widgets'"
    assert "at most 500" in _problems(*[_with()] * 501)[0]["Message"]
    assert problems("{notjson")[0]["Message"].endswith("valid JSON object")
    assert problems("[]")[0]["Message"].endswith("valid JSON object")
    assert "with start" in _problems(end="PT0H")[0]["Message"]


@pytest.mark.sandbox
def test_a_dashboard_is_kept_only_if_its_body_is_right(world: World) -> None:
    cloudwatch = world.client("cloudwatch")
    good = json.dumps({"widgets": [_with()]})
    answer = cloudwatch.put_dashboard(DashboardName="shop", DashboardBody=good)
    assert answer["DashboardValidationMessages"] == []
    assert cloudwatch.get_dashboard(DashboardName="shop")["DashboardBody"] == good
    bad = json.dumps({"widgets": [_with(foo=1)]})
    with pytest.raises(ClientError, match="there are 1 validation errors") as caught:
        cloudwatch.put_dashboard(DashboardName="shop", DashboardBody=bad)
    told = caught.value.response["dashboardValidationMessages"]  # type: ignore[typeddict-item]
    assert told[0]["DataPath"] == "/widgets/0/properties/foo"
    assert cloudwatch.get_dashboard(DashboardName="shop")["DashboardBody"] == good
    with pytest.raises(ClientError, match="must be a valid JSON object"):
        cloudwatch.put_dashboard(DashboardName="shop", DashboardBody="{notjson")
    with pytest.raises(ClientError, match="only contain alphanumerics"):
        cloudwatch.put_dashboard(DashboardName="my shop", DashboardBody=good)
