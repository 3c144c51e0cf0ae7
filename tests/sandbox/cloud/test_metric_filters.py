"""Metric filters publish, default values included, and patterns filter."""

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .functions import eventually
from .metrics import total
from .world import World

pytestmark = pytest.mark.sandbox
ERRORS = '{ $.level = "ERROR" }'


def _group(world: World, name: str, **filters: dict[str, Any]) -> str:
    """A log group with a stream and metric filters."""
    logs = world.client("logs")
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="one")
    for filter_name, settings in filters.items():
        pattern = settings.pop("pattern", ERRORS)
        transformation = {"metricNamespace": "Filters", "metricValue": "1", **settings}
        logs.put_metric_filter(
            logGroupName=name,
            filterName=filter_name,
            filterPattern=pattern,
            metricTransformations=[{"metricName": filter_name, **transformation}],
        )
    return name


def _write(world: World, group: str, *messages: str) -> None:
    now = int(time.time() * 1000)
    world.client("logs").put_log_events(
        logGroupName=group,
        logStreamName="one",
        logEvents=[{"timestamp": now, "message": message} for message in messages],
    )


def test_what_fits_is_counted_and_measured(world: World) -> None:
    group = _group(
        world,
        "/filters/counted",
        counted={},
        took={
            "pattern": "{ $.took = * }",
            "metricValue": "$.took",
            "dimensions": {"Route": "$.route"},
            "unit": "Milliseconds",
        },
    )
    lines = [{"level": "ERROR"}, {"level": "INFO"}, {"took": 30, "route": "/a"}, {"took": 4}]
    _write(world, group, "level ERROR", *map(json.dumps, lines))
    assert eventually(lambda: total(world, "Filters", "counted"), 60) == 1
    assert total(world, "Filters", "took", Route="/a") == 30


def test_the_default_value_is_published_for_minutes_in_which_nothing_fits(world: World) -> None:
    group = _group(world, "/filters/default", quiet={"defaultValue": 7.0})
    _write(world, group, '{"level": "INFO"}')
    assert eventually(lambda: total(world, "Filters", "quiet"), 60) == 7


def test_filter_log_events_takes_patterns_of_aws(world: World) -> None:
    group = _group(world, "/filters/found")
    _write(world, group, '{"level": "ERROR", "n": 1}', '{"level": "INFO", "n": 2}', "ERROR plain")
    logs = world.client("logs")

    def found(pattern: str, **more: str) -> list[str]:
        events = logs.filter_log_events(logGroupName=group, filterPattern=pattern, **more)
        return [event["message"] for event in events["events"]]

    assert found(ERRORS) == ['{"level": "ERROR", "n": 1}']
    assert found("{ $.n > 1 }") == ['{"level": "INFO", "n": 2}']
    assert found("ERROR -level") == ["ERROR plain"]
    assert found("", logStreamNamePrefix="on") == found("")
    assert found("", logStreamNamePrefix="two") == []
    with pytest.raises(ClientError, match="InvalidParameterException"):
        found("{ $.n > }")


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"pattern": "{ $.level = }"}, "expected"),
        ({"metricValue": "many"}, "no number and no selector"),
        ({"metricNamespace": "AWS/Mine"}, "must not begin with AWS/"),
        ({"defaultValue": 0.0, "dimensions": {"A": "$.a"}}, "exclude each other"),
        ({"pattern": "ERROR", "dimensions": {"A": "$.a"}}, "no selectors"),
        ({"dimensions": {"A": "a"}}, "is a selector"),
    ],
)
def test_filters_that_aws_refuses_are_refused(
    world: World, changes: dict[str, Any], complaint: str
) -> None:
    name = f"/filters/refused-{abs(hash(complaint))}"
    with pytest.raises(ClientError, match=complaint) as refused:
        _group(world, name, refused=dict(changes))
    assert refused.value.response["Error"]["Code"] == "InvalidParameterException"


def test_a_pattern_can_be_tried(world: World) -> None:
    answer = world.client("logs").test_metric_filter(
        filterPattern=ERRORS, logEventMessages=['{"level": "ERROR"}', '{"level": "INFO"}']
    )
    assert [match["eventNumber"] for match in answer["matches"]] == [1]
