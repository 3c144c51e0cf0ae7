"""Lives of log groups and alarms."""

from collections.abc import Mapping
from typing import Any

from sandbox.providers.base import Outputs

from .looks import SEEN1, SEEN2, T1, T2
from .world import Case, World, tags_of


def _log_group(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    logs = world.client("logs")
    found = logs.describe_log_groups(logGroupNamePrefix=id)["logGroups"]
    if not found:
        return None
    group = found[0]
    return {
        "days": group.get("retentionInDays"),
        "class": group["logGroupClass"],
        "key": group.get("kmsKeyId"),
        "tags": logs.list_tags_for_resource(resourceArn=outputs["arn"])["tags"],
    }


def _alarm(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    cloudwatch = world.client("cloudwatch")
    found = cloudwatch.describe_alarms(AlarmNames=[id])["MetricAlarms"]
    if not found:
        return None
    assert outputs["arn"] == found[0]["AlarmArn"]
    tags = cloudwatch.list_tags_for_resource(ResourceARN=outputs["arn"])["Tags"]
    return {**found[0], "tags": tags_of(tags)}


CASES = [
    Case(
        "aws:cloudwatch/logGroup:LogGroup",
        lambda w: {
            "name": "/shop/web",
            "retentionInDays": 7,
            "kmsKeyId": w.keys[0],
            "logGroupClass": "INFREQUENT_ACCESS",
            "tags": T1,
        },
        _log_group,
        lambda w: {"days": 7, "class": "INFREQUENT_ACCESS", "key": w.keys[0], "tags": SEEN1},
        lambda w: {"retentionInDays": 0, "tags": T2},
        lambda w: {"days": None, "tags": SEEN2},
    ),
    Case(
        "aws:cloudwatch/logGroup:LogGroup",
        lambda w: {"namePrefix": "/kept/", "skipDestroy": True},
        lambda w, id, outputs: _log_group(w, id, outputs) and {"prefix": id[:6]},
        lambda w: {"prefix": "/kept/"},
        stays=True,
        label="kept",
    ),
    Case(
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        lambda w: {
            "name": "slow",
            "alarmDescription": "too slow",
            "comparisonOperator": "GreaterThanThreshold",
            "evaluationPeriods": 3,
            "datapointsToAlarm": 2,
            "threshold": 1.5,
            "treatMissingData": "notBreaching",
            "actionsEnabled": True,
            "alarmActions": [w.topic],
            "okActions": [w.topic],
            "insufficientDataActions": [w.topic],
            "namespace": "Shop",
            "metricName": "Latency",
            "dimensions": {"Service": "web"},
            "period": 60,
            "statistic": "Average",
            "unit": "Seconds",
            "tags": T1,
        },
        _alarm,
        lambda w: {
            "AlarmName": "slow",
            "AlarmDescription": "too slow",
            "ComparisonOperator": "GreaterThanThreshold",
            "EvaluationPeriods": 3,
            "DatapointsToAlarm": 2,
            "Threshold": 1.5,
            "TreatMissingData": "notBreaching",
            "ActionsEnabled": True,
            "AlarmActions": [w.topic],
            "OKActions": [w.topic],
            "InsufficientDataActions": [w.topic],
            "Namespace": "Shop",
            "MetricName": "Latency",
            "Dimensions": [{"Name": "Service", "Value": "web"}],
            "Period": 60,
            "Statistic": "Average",
            "Unit": "Seconds",
            "tags": SEEN1,
        },
        lambda w: {
            "statistic": None,
            "extendedStatistic": "p95",
            "evaluateLowSampleCountPercentiles": "ignore",
            "threshold": 2,
            "actionsEnabled": False,
            "tags": T2,
        },
        lambda w: {
            "ExtendedStatistic": "p95",
            "Threshold": 2.0,
            "ActionsEnabled": False,
            "tags": SEEN2,
        },
    ),
    Case(
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        lambda w: {
            "comparisonOperator": "GreaterThanThreshold",
            "evaluationPeriods": 1,
            "threshold": 5,
            "metricQueries": [
                {
                    "id": "share",
                    "expression": "100 * bad / total",
                    "label": "bad ones",
                    "period": 60,
                    "returnData": True,
                },
                *(
                    {
                        "id": name.lower(),
                        "metric": {
                            "metricName": name,
                            "namespace": "N",
                            "dimensions": {"Service": "web"},
                            "period": 60,
                            "stat": "Sum",
                            "unit": "Count",
                        },
                    }
                    for name in ("Bad", "Total")
                ),
            ],
        },
        _alarm,
        lambda w: {
            "Threshold": 5.0,
            "Metrics": [
                {
                    "Id": "share",
                    "Expression": "100 * bad / total",
                    "Label": "bad ones",
                    "Period": 60,
                    "ReturnData": True,
                },
                *(
                    {
                        "Id": name.lower(),
                        "MetricStat": {
                            "Metric": {
                                "MetricName": name,
                                "Namespace": "N",
                                "Dimensions": [{"Name": "Service", "Value": "web"}],
                            },
                            "Period": 60,
                            "Stat": "Sum",
                            "Unit": "Count",
                        },
                        "ReturnData": False,
                    }
                    for name in ("Bad", "Total")
                ),
            ],
        },
        label="expression",
    ),
]
