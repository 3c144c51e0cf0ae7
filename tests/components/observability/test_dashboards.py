"""What dashboards show, computed from what is watched."""

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.alarms import Formula, Part, functions, workflows
from components.observability.dashboards import LOG_QUERY, layout, overview, service_body
from components.observability.dashboards.charts import CHARTS
from components.observability.service import Service
from components.testing import UNKNOWN, deploy
from components.watched import KINDS, Watched
from sandbox.cloud.metrics import dashboards as documented

REGION = "eu-central-1"
DIMENSIONS = (
    "ClusterName",
    "FunctionName",
    "LoadBalancer",
    "ServiceIntegrationResourceArn",
    "TargetGroup",
)
"""Those that charts pick from."""
DURATION = Formula(
    role="duration",
    description="Slow",
    metric="Duration",
    namespace="AWS/Lambda",
    statistic="Average",
    threshold=10_000.0,
    periods=3,
    to_alarm=2,
    missing="notBreaching",
)
LOGGED = Formula(
    role="logged-errors",
    description="Errors are logged",
    metric="payment-errors",
    namespace="Slipway/Logs",
    statistic="Sum",
    threshold=0,
    periods=1,
    to_alarm=1,
    missing="notBreaching",
    by=(),
)


def function(name: str = "", *more: Formula, timeout: float = 10_000.0) -> Watched:
    return Watched(
        kind="function",
        name=name,
        dimensions={"Resource": f"{name or 'app'}:live", "FunctionName": name or "app"},
        formulas=[
            functions.errors_formula(),
            dataclasses.replace(DURATION, threshold=timeout),
            *more,
        ],
        log_group_name=f"/logs/{name or 'app'}",
    )


def workflow() -> Watched:
    return Watched(
        kind="workflow",
        dimensions={"StateMachineArn": "arn:aws:states:eu-central-1:1:stateMachine:orders"},
        formulas=workflows.formulas(express=False),
        log_group_name="/logs/workflow",
    )


def business() -> Watched:
    return Watched(
        kind="business",
        name="business",
        dimensions={"service": "orders"},
        namespace="Slipway",
        metrics=["OrdersPlaced", "Revenue"],
    )


def container(insights: str | None = None) -> Watched:
    return Watched(
        kind="service",
        dimensions={"ClusterName": "shop", "ServiceName": "web"},
        formulas=[
            dataclasses.replace(DURATION, role="cpu", metric="CPUUtilization", namespace="AWS/ECS")
        ],
        log_group_name="/logs/web",
        insights=insights,
    )


def service(name: str, things: Sequence[Watched], *, watched: bool = True) -> Service:
    """With an alarm a formula, and a composite over them."""
    alarms = {
        thing.key(formula.role): alarm(f"{name}-{thing.key(formula.role)}")
        for thing in things
        for formula in thing.formulas
    }
    return Service(
        name=name, things=things, alarms=alarms, composite=alarm(name) if watched else None
    )


def alarm(name: str) -> Any:
    """What a dashboard needs of an alarm."""
    return SimpleNamespace(arn=pulumi.Output.from_input(f"arn:aws:cloudwatch:eu:1:alarm:{name}"))


def drawn(make: Callable[[], Any], *, known: bool = True) -> Any:
    """The body that a dashboard gets, valid by CloudWatch's documentation."""

    body = deploy(make, known=known).result
    if body is UNKNOWN:
        return UNKNOWN
    assert not documented.problems(body)
    return json.loads(body)


def body_of(*things: Watched, **more: Any) -> Any:
    return drawn(lambda: service_body(service("orders", things), region=REGION, **more))


def overview_of(services: Mapping[str, Sequence[Watched]], **more: Any) -> Any:
    return drawn(
        lambda: overview(
            "Shop",
            {name: service(name, things) for name, things in services.items()},
            region=REGION,
            **more,
        )
    )


def charts(body: Any) -> dict[str, Any]:
    found = [widget["properties"] for widget in body["widgets"] if widget["type"] == "metric"]
    titles = [properties["title"] for properties in found]
    assert len(titles) == len(set(titles))
    return dict(zip(titles, found, strict=True))


def labels(chart: Any) -> list[str]:
    return [metric[-1]["label"] for metric in chart["metrics"] if "label" in metric[-1]]


def test_a_service_shows_its_alarms_with_the_composite_first() -> None:
    alarms = next(one for one in body_of(function())["widgets"] if one["type"] == "alarm")
    names = [arn.rpartition(":")[2] for arn in alarms["properties"]["alarms"]]
    assert names[0] == "orders"
    assert len(names) == 3
    assert len(set(names)) == 3


def test_a_function_is_drawn_with_the_threshold_of_its_duration() -> None:
    chart = charts(body_of(function()))["Duration"]
    dimensions = ["FunctionName", "app", "Resource", "app:live"]
    assert chart["metrics"][0] == [
        "AWS/Lambda",
        "Duration",
        *dimensions,
        {"stat": "Average", "label": "mean"},
    ]
    assert chart["annotations"]["horizontal"] == [
        {"color": "#d13212", "label": "duration > 10,000", "value": 10000}
    ]
    assert chart["region"] == REGION
    assert chart["yAxis"]["left"]["label"] == "ms"


def test_an_alarm_on_a_share_is_drawn_as_the_alarm_counts_it() -> None:
    chart = charts(body_of(function("a"), function("b")))["Alarm: errors"]
    assert labels(chart) == ["a", "b"]
    assert chart["metrics"][0][0]["expression"] == (
        "IF(errors0 >= 2, 100 * errors0 / invocations0, 0)"
    )
    hidden = [metric for metric in chart["metrics"] if metric[-1].get("visible") is False]
    assert [metric[-1]["id"] for metric in hidden] == [
        "errors0",
        "invocations0",
        "errors1",
        "invocations1",
    ]


def test_things_with_the_same_threshold_share_a_line_and_others_are_named() -> None:
    body = body_of(function("a"), function("b"), function("c", timeout=500.0))
    shown = charts(body)["Duration"]["annotations"]["horizontal"]
    assert [entry["label"] for entry in shown] == ["c: duration > 500", "a, b: duration > 10,000"]


def test_alarms_with_the_same_threshold_share_a_line() -> None:
    (line,) = charts(body_of(workflow()))["Executions that did not succeed"]["annotations"][
        "horizontal"
    ]
    assert line["label"] == "aborted, failed, throttled, timed-out > 0"


def test_a_statistic_that_only_the_alarm_looks_at_is_drawn_with_its_period() -> None:
    changed = dataclasses.replace(DURATION, role="slow", statistic="Minimum", period_seconds=300)
    chart = charts(body_of(function("", changed)))["Duration"]
    assert chart["metrics"][-1][-1] == {
        "stat": "Minimum",
        "label": "slow (Minimum)",
        "period": 300,
    }


def test_an_alarm_stands_in_the_chart_of_its_very_statistic() -> None:
    few = dataclasses.replace(
        DURATION, role="few", metric="CPUUtilization", namespace="AWS/ECS", statistic="SampleCount"
    )
    shown = charts(body_of(dataclasses.replace(container(), formulas=[few])))
    assert "annotations" not in shown["CPU"]
    assert shown["Running tasks"]["annotations"]["horizontal"][0]["value"] == 10000


def test_a_metric_that_no_chart_knows_gets_one_of_its_own() -> None:
    chart = charts(body_of(function("", LOGGED)))["Alarm: logged-errors"]
    assert chart["metrics"] == [
        ["Slipway/Logs", "payment-errors", {"label": "logged-errors", "stat": "Sum"}]
    ]
    assert chart["annotations"]["horizontal"][0]["label"] == "logged-errors > 0"


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"business"}))
def test_every_alarm_of_every_kind_stands_in_a_chart_with_its_threshold(kind: str) -> None:
    dimensions = dict.fromkeys(DIMENSIONS, "x")
    formulas = [
        dataclasses.replace(DURATION, role="plain", metric="Own", namespace="Custom", threshold=7),
        dataclasses.replace(
            DURATION,
            role="share",
            threshold=8,
            expression="one / two",
            parts=(Part("one", "One"), Part("two", "Two")),
        ),
    ]
    formulas += [
        dataclasses.replace(
            DURATION,
            role=f"known{number}",
            metric=chart.lines[0].metric,
            namespace=chart.namespace,
            threshold=100 + number,
        )
        for number, chart in enumerate(CHARTS[kind])
    ]
    thing = Watched(kind=kind, dimensions=dimensions, formulas=formulas)
    body = body_of(thing)
    values = [
        entry["value"]
        for chart in charts(body).values()
        for entry in chart.get("annotations", {}).get("horizontal", [])
    ]
    assert sorted(values) == sorted(formula.threshold for formula in formulas)


def test_every_kind_has_charts_and_a_section() -> None:
    assert set(CHARTS) | {"business"} == set(KINDS)
    for kind in set(KINDS) - {"business"}:
        dimensions = dict.fromkeys(DIMENSIONS, "x")
        assert charts(body_of(Watched(kind=kind, dimensions=dimensions)))


def test_business_metrics_are_found_whatever_else_they_are_told_apart_by() -> None:
    shown = charts(body_of(business()))
    assert list(shown) == ["Orders placed", "Revenue"]
    assert shown["Revenue"]["metrics"] == [
        [
            {
                "expression": 'SEARCH(\'Namespace="Slipway" MetricName="Revenue" '
                "service=\"orders\"', 'Sum')",
                "id": "search0",
            }
        ]
    ]


def test_the_log_widget_shows_the_last_hundred_entries_of_every_group() -> None:
    (log,) = [one for one in body_of(function("a"), workflow())["widgets"] if one["type"] == "log"]
    assert log["properties"]["query"] == (
        f"SOURCE '/logs/workflow' | SOURCE '/logs/a' | {LOG_QUERY}"
    )
    assert log["properties"]["view"] == "table"
    assert LOG_QUERY.endswith("| limit 100")


def test_deployments_are_marked_in_the_order_of_their_times() -> None:
    marks = [
        {"label": "1.5.0", "at": "2026-11-22T10:00:00Z"},
        {"label": "1.4.0", "at": "2026-11-21T10:00:00Z"},
    ]
    chart = charts(body_of(function(), deployments=marks))["Invocations"]
    assert chart["annotations"]["vertical"] == [
        {"label": "1.4.0", "value": "2026-11-21T10:00:00Z"},
        {"label": "1.5.0", "value": "2026-11-22T10:00:00Z"},
    ]


def test_metrics_of_a_cluster_are_its_own_and_not_those_of_pods() -> None:
    dimensions = {"ClusterName": "shop", "Namespace": "web", "PodName": "web"}
    thing = Watched(kind="cluster", dimensions=dimensions, insights="on")
    for chart in charts(body_of(thing)).values():
        assert all(metric[2:-1] == ["ClusterName", "shop"] for metric in chart["metrics"])


def test_a_line_that_needs_a_dimension_the_thing_has_not_is_left_out() -> None:
    balancer = Watched(kind="load_balancer", dimensions={"TargetGroup": "targetgroup/web/1"})
    assert labels(charts(body_of(balancer))["Failed answers"]) == ["5xx of the app", "4xx"]


@pytest.mark.parametrize(
    ("insights", "titles"),
    [
        (None, set()),
        ("off", set()),
        ("on", {"Tasks", "Network"}),
        ("enhanced", {"Tasks", "Network", "Container health"}),
    ],
)
def test_container_insights_are_drawn_as_far_as_the_cluster_has_them(
    insights: str | None, titles: set[str]
) -> None:
    always = {"CPU", "Memory", "Running tasks"}
    assert set(charts(body_of(container(insights)))) == always | titles


def test_the_overview_shows_composites_and_the_headlines_of_all_services() -> None:
    body = overview_of(
        {
            "orders": [function("payment"), workflow(), business()],
            "web": [container(), function()],
        }
    )
    alarms = next(one for one in body["widgets"] if one["type"] == "alarm")
    assert len(alarms["properties"]["alarms"]) == 2
    shown = charts(body)
    assert {"CPU", "Memory", "Invocations", "Errors and throttles", "Executions"} <= set(shown)
    assert labels(shown["Invocations"]) == ["orders payment", "web"]
    assert shown["Orders placed"]["view"] == "singleValue"
    assert not any(title.startswith("Alarm") for title in shown)


def test_the_overview_shows_the_alarms_of_a_service_that_has_no_composite() -> None:
    body = drawn(
        lambda: overview(
            "Shop",
            {"orders": service("orders", [function()], watched=False)},
            region=REGION,
        )
    )
    alarms = next(one for one in body["widgets"] if one["type"] == "alarm")
    assert len(alarms["properties"]["alarms"]) == 2


def test_the_same_input_gives_the_same_body_in_whatever_order_it_comes() -> None:
    one, two, flow = function("a", timeout=100.0), function("b"), workflow()
    text = json.dumps(body_of(one, two, flow))
    assert json.dumps(body_of(flow, two, one)) == text
    first = overview_of({"x": [one], "y": [two, flow]})
    assert first == overview_of({"y": [flow, two], "x": [one]})


def test_no_widget_lies_over_another_or_outside_the_grid() -> None:
    everything = [
        Watched(
            kind=kind,
            name=kind.replace("_", "-"),
            dimensions=dict.fromkeys(DIMENSIONS, "x"),
            metrics=["A", "B", "C"],
            namespace="Custom",
            insights="enhanced",
            log_group_name=f"/{kind}",
        )
        for kind in KINDS
    ]
    for body in (body_of(*everything), overview_of({"all": everything, "again": everything})):
        taken: set[tuple[int, int]] = set()
        for widget in body["widgets"]:
            assert widget["x"] + widget["width"] <= layout.COLUMNS
            cells = {
                (widget["x"] + across, widget["y"] + down)
                for across in range(widget["width"])
                for down in range(widget["height"])
            }
            assert not cells & taken
            taken |= cells


def test_rows_have_no_hole_at_their_end() -> None:
    for count in range(1, 14):
        widgets = layout.shared([layout.Widget("text", 6, 1, {"markdown": "x"})] * count)
        ends = [place["x"] + place["width"] for place in layout.placed([widgets])]
        assert len(widgets) == count
        assert ends[-1] == layout.COLUMNS


def test_many_alarms_take_more_than_one_widget() -> None:
    many = [
        dataclasses.replace(DURATION, role=f"role{number:03}", metric=f"M{number}")
        for number in range(150)
    ]
    alarms = [
        len(one["properties"]["alarms"])
        for one in body_of(function("", *many))["widgets"]
        if one["type"] == "alarm"
    ]
    assert alarms == [100, 53]


def test_nothing_is_asked_at_preview_while_everything_is_unknown() -> None:
    def program() -> pulumi.Output[str]:
        group = aws.cloudwatch.LogGroup("it")
        thing = dataclasses.replace(function(), log_group_name=group.name)
        return service_body(service("orders", [thing]), region=REGION)

    assert drawn(program, known=False) is UNKNOWN
