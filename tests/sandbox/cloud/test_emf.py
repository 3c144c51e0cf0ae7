"""Metrics embedded in log lines."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.cloud.logs import emf

from .functions import eventually, make_function
from .world import World

NOW = 1_700_000_000_000


def _line(**changes: Any) -> str:
    """Of a shop; ``changes`` are to the directive."""
    directive = {
        "Namespace": "Slipway",
        "Dimensions": [["service"], ["service", "currency"]],
        "Metrics": [{"Name": "Revenue", "Unit": "None"}, {"Name": "OrdersPlaced", "Unit": "Count"}],
        **changes,
    }
    document = {
        "_aws": {"Timestamp": NOW, "CloudWatchMetrics": [directive]},
        "service": "orders",
        "currency": "EUR",
        "number": 7,
        "Revenue": 12.5,
        "OrdersPlaced": [1.0, 2.0],
        "Text": "12",
    }
    return json.dumps(document)


def test_each_value_counts_for_each_dimension_set() -> None:
    found = list(emf.extracted(_line()))
    assert [(one.name, one.value, len(one.dimensions)) for one in found] == [
        ("Revenue", 12.5, 1),
        ("Revenue", 12.5, 2),
        ("OrdersPlaced", 1, 1),
        ("OrdersPlaced", 1, 2),
        ("OrdersPlaced", 2, 1),
        ("OrdersPlaced", 2, 2),
    ]
    assert found[1].dimensions == {"service": "orders", "currency": "EUR"}
    assert (found[0].namespace, found[2].unit, found[0].at) == ("Slipway", "Count", NOW / 1000)


@pytest.mark.parametrize(
    "line",
    [
        _line(Namespace=""),
        _line(Dimensions=[["service", "absent"]]),
        _line(Dimensions=[["number"]]),
        _line(Dimensions="service"),
        _line(Metrics=[{"Name": "Text"}]),
        _line(Metrics=[{"Name": "absent"}]),
        _line(Metrics="Revenue"),
        _line().replace(f'"Timestamp": {NOW}, ', ""),
        '{"_aws": "CloudWatchMetrics"}',
        '{"CloudWatchMetrics": ',
        "",
    ],
)
def test_what_is_malformed_makes_no_metric(line: str) -> None:
    assert list(emf.extracted(line)) == []


def test_without_dimensions_the_metric_has_none() -> None:
    assert next(one.dimensions for one in emf.extracted(_line(Dimensions=[[]]))) == {}
    assert next(one.dimensions for one in emf.extracted(_line(Dimensions=[]))) == {}


@pytest.mark.sandbox
def test_what_a_function_prints_becomes_a_metric(world: World) -> None:
    document = json.loads(_line())
    document["_aws"]["Timestamp"] = int(time.time() * 1000)
    code = f"def handler(event, context):\n    print({json.dumps(json.dumps(document))})\n"
    make_function(world, "earning", code)
    world.client("lambda").invoke(FunctionName="earning")

    def total() -> float:
        now = datetime.now(UTC)
        points = world.client("cloudwatch").get_metric_statistics(
            Namespace="Slipway",
            MetricName="Revenue",
            Dimensions=[{"Name": "service", "Value": "orders"}],
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(minutes=1),
            Period=86400,
            Statistics=["Sum"],
        )["Datapoints"]
        return float(sum(point["Sum"] for point in points))

    assert eventually(total, 60) == 12.5
