"""What CloudWatch refuses is refused here, before a deployment learns it from AWS."""

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .quick import MATH, alarm
from .world import World

pytestmark = pytest.mark.sandbox


def _stat(id_: str, period: int = 60) -> dict[str, Any]:
    metric = {"Namespace": "Shop", "MetricName": "Load"}
    stat = {"Metric": metric, "Period": period, "Stat": "Sum"}
    return {"Id": id_, "MetricStat": stat, "ReturnData": False}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"Period": 45}, "Period must be 10, 20, 30 or a multiple of 60; given: 45"),
        ({"Period": 300, "EvaluationPeriods": 289}, "across more than a day"),
        ({"Period": 86400, "EvaluationPeriods": 8}, "across more than a week"),
        ({"EvaluationPeriods": 2, "DatapointsToAlarm": 3}, "not greater than EvaluationPeriods"),
        ({"ComparisonOperator": "IsGreater"}, "ComparisonOperator is 'IsGreater'; allowed"),
        ({"Statistic": "Median"}, "Statistic is 'Median'; allowed"),
        ({"ExtendedStatistic": "p99"}, "Exactly one of the parameters Statistic"),
        ({"Statistic": None, "ExtendedStatistic": "p101"}, "p101 for parameter ExtendedStatistic"),
        ({"TreatMissingData": "good"}, "Option 'good' for TreatMissingData"),
        ({"EvaluateLowSampleCountPercentile": "ignore"}, "is for percentiles"),
        ({"Threshold": None}, "Threshold is required"),
        ({"MetricName": None}, "MetricName is required"),
        ({"ThresholdMetricId": "t"}, "no anomaly detection"),
        ({"AlarmActions": ["arn:aws:sns:us-east-1:1:t"] * 6}, "at most 5 entries"),
        ({"Metrics": [{**_stat("m"), "ReturnData": True}]}, "Metrics excludes MetricName"),
        ({**MATH, "Metrics": [_stat("m")]}, "Exactly one element of the metrics list"),
        (
            {**MATH, "Metrics": [_stat("m"), {"Id": "e", "Expression": "WHAT(m)"}]},
            r"Unknown function\(s\): WHAT",
        ),
        (
            {**MATH, "Metrics": [_stat("m"), _stat("n", 300), {"Id": "e", "Expression": "m+n"}]},
            "Period must be the same",
        ),
        (
            {
                **MATH,
                "Metrics": [
                    *[_stat(f"m{i}") for i in range(11)],
                    {"Id": "e", "Expression": "SUM(METRICS())"},
                ],
            },
            "10 metrics at most",
        ),
    ],
)
def test_an_alarm_that_aws_refuses_is_refused(
    world: World, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError, match=message):
        alarm(world, "bad", **given)
    assert not world.client("cloudwatch").describe_alarms(AlarmNames=["bad"])["MetricAlarms"]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ('ALARM("nobody")', "do not exist"),
        ('ALARM("self")', "must not name the alarm itself"),
        (" OR ".join(f"ALARM(a{i})" for i in range(101)), "names 101 alarms; at most 100"),
        ("ALARM(a) OR " * 1000 + "ALARM(a)", "must be 1 to 10,240 characters"),
        ("ALARM(", "Unsupported token"),
    ],
)
def test_a_composite_that_aws_refuses_is_refused(world: World, rule: str, message: str) -> None:
    with pytest.raises(ClientError, match=message):
        world.client("cloudwatch").put_composite_alarm(AlarmName="self", AlarmRule=rule)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"Namespace": "AWS/Lambda"}, "AWS/Lambda for parameter Namespace is invalid"),
        ({"MetricData": [{"MetricName": "x", "Value": float("inf")}]}, "is invalid"),
        (
            {
                "MetricData": [
                    {
                        "MetricName": "x",
                        "Value": 1,
                        "Dimensions": [{"Name": f"d{i}", "Value": "v"} for i in range(31)],
                    }
                ]
            },
            "has more than 30",
        ),
    ],
)
def test_data_that_aws_refuses_are_refused(
    world: World, given: dict[str, Any], message: str
) -> None:
    request = {"Namespace": "Shop", "MetricData": [{"MetricName": "x", "Value": 1}], **given}
    with pytest.raises(ClientError, match=message):
        world.client("cloudwatch").put_metric_data(**request)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"Id": "e", "Expression": "WHAT(1)"}, "Unknown function"),
        ({"Id": "e", "Expression": "SEARCH('x', 'Sum')"}, "the sandbox has no SEARCH|syntax"),
        (_stat("m", 7) | {"ReturnData": True}, "Period of m is 7"),
        ({"Id": "e", "Expression": "[METRICS()] + METRICS()"}, "does not fit"),
    ],
)
def test_a_read_that_cannot_be_answered_is_refused(
    world: World, query: dict[str, Any], message: str
) -> None:
    now = time.time()
    with pytest.raises(ClientError, match=message):
        world.client("cloudwatch").get_metric_data(
            MetricDataQueries=[query], StartTime=now - 300, EndTime=now
        )
