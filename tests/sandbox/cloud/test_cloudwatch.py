"""CloudWatch in the embedded cloud: alarms by the clock, reads, and what is refused."""

import json
import time
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from .functions import eventually, make_queue, received
from .quick import MATH, WAIT, alarm, becomes, history, put, quick_world, shown
from .world import World

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with quick_world(tmp_path_factory.mktemp("watch"), 4860) as world:
        yield world


def test_an_alarm_follows_its_own_metric_and_returns(cloud: World) -> None:
    for name in ("mine", "other"):
        alarm(cloud, name)
        becomes(cloud, name, "OK")  # of missing data, without any datum
    put(cloud, "mine", 9)
    becomes(cloud, "mine", "ALARM")
    assert shown(cloud, "other")["StateValue"] == "OK"
    found = shown(cloud, "mine")
    assert "[9.0 (" in found["StateReason"]
    assert json.loads(found["StateReasonData"])["recentDatapoints"] == [9.0]
    becomes(cloud, "mine", "OK")  # by the clock alone
    summaries = [item["HistorySummary"] for item in history(cloud, "mine", "StateUpdate")]
    assert summaries[:2] == ["Alarm updated from ALARM to OK", "Alarm updated from OK to ALARM"]


def test_one_datum_is_not_two_of_two(cloud: World) -> None:
    alarm(cloud, "twice", EvaluationPeriods=2, DatapointsToAlarm=2)
    alarm(cloud, "once", Dimensions=[{"Name": "of", "Value": "twice"}])
    becomes(cloud, "twice", "OK")
    put(cloud, "twice", 9)
    becomes(cloud, "once", "ALARM")
    becomes(cloud, "once", "OK")
    assert len(history(cloud, "twice", "StateUpdate")) == 2  # made, and once to OK
    put(cloud, "twice", 9)

    def alarmed() -> bool:
        put(cloud, "twice", 9)
        return bool(shown(cloud, "twice")["StateValue"] == "ALARM")

    eventually(alarmed, seconds=WAIT)


def test_an_expression_and_a_composite_follow(cloud: World) -> None:
    query = {
        "Id": "load",
        "ReturnData": False,
        "MetricStat": {
            "Metric": {
                "Namespace": "Shop",
                "MetricName": "Load",
                "Dimensions": [{"Name": "of", "Value": "math"}],
            },
            "Period": 60,
            "Stat": "Sum",
        },
    }
    half = {"Id": "half", "Expression": "load / 2", "ReturnData": True}
    alarm(cloud, "math", **MATH, Metrics=[query, half])
    cloudwatch = cloud.client("cloudwatch")
    cloudwatch.put_composite_alarm(AlarmName="all", AlarmRule='ALARM("math")')
    becomes(cloud, "math", "OK")
    put(cloud, "math", 9)  # 4.5 is not above five
    put(cloud, "math", 2)
    becomes(cloud, "all", "ALARM")
    assert "[5.5 (" in shown(cloud, "math")["StateReason"]
    becomes(cloud, "all", "OK")


def test_a_state_that_was_set_lasts_until_the_next_look(cloud: World) -> None:
    alarm(cloud, "forced")
    becomes(cloud, "forced", "OK")
    set_state = cloud.client("cloudwatch").set_alarm_state
    set_state(AlarmName="forced", StateValue="ALARM", StateReason="drill")
    becomes(cloud, "forced", "OK")
    with pytest.raises(ClientError, match="none of the three"):
        set_state(AlarmName="forced", StateValue="BROKEN", StateReason="drill")


def test_events_tell_of_states(cloud: World) -> None:
    url, arn = make_queue(cloud, "alarm-events")
    events = cloud.client("events")
    pattern = {
        "source": ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change"],
        "detail": {"alarmName": ["told"], "state": {"value": ["ALARM"]}},
    }
    events.put_rule(Name="alarms", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="alarms", Targets=[{"Id": "queue", "Arn": arn}])
    made = alarm(cloud, "told")
    becomes(cloud, "told", "OK")
    put(cloud, "told", 9)
    event = json.loads(eventually(lambda: received(cloud, url), seconds=WAIT)[0])
    assert event["resources"] == [made]
    assert event["detail"]["previousState"] == {"value": "OK"}
    metric = event["detail"]["configuration"]["metrics"][0]["metricStat"]["metric"]
    assert metric == {"namespace": "Shop", "name": "Load", "dimensions": {"of": "told"}}


# -- reading ----------------------------------------------------------------------------------


def test_data_are_read_by_exact_dimensions_newest_first(cloud: World) -> None:
    cloudwatch, now = cloud.client("cloudwatch"), time.time()
    for age, value in ((200, 1), (100, 2), (0, 4)):
        for dimensions in ([], [{"Name": "of", "Value": "read"}]):
            datum = {"MetricName": "Read", "Value": value, "Timestamp": now - age}
            cloudwatch.put_metric_data(
                Namespace="Shop", MetricData=[{**datum, "Dimensions": dimensions}]
            )
    metric = {"Namespace": "Shop", "MetricName": "Read"}
    queries = [
        {"Id": "m", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}, "Label": "all"},
        {"Id": "twice", "Expression": "m * 2"},
        {"Id": "total", "Expression": "SUM(m)", "ReturnData": False},
    ]
    span = {"StartTime": now - 300, "EndTime": now + 30}
    answer = cloudwatch.get_metric_data(MetricDataQueries=queries, **span)
    first, second = answer["MetricDataResults"]
    assert (first["Label"], first["Values"]) == ("all", [4, 2, 1])
    assert second["Values"] == [8, 4, 2]
    assert first["Timestamps"] == sorted(first["Timestamps"], reverse=True)
    ascending = cloudwatch.get_metric_data(
        MetricDataQueries=queries, ScanBy="TimestampAscending", **span
    )
    assert ascending["MetricDataResults"][0]["Values"] == [1, 2, 4]
    points = cloudwatch.get_metric_statistics(
        **metric, Period=600, Statistics=["Sum", "SampleCount"], ExtendedStatistics=["p50"],
        StartTime=now - 600, EndTime=now + 600,
    )["Datapoints"]  # fmt: skip
    assert sum(point["Sum"] for point in points) == 7  # not twice that: dimensions are another's
    assert sum(point["SampleCount"] for point in points) == 3
    found = cloudwatch.list_metrics(
        Namespace="Shop", MetricName="Read", Dimensions=[{"Name": "of", "Value": "read"}]
    )["Metrics"]
    assert [item["Dimensions"] for item in found] == [[{"Name": "of", "Value": "read"}]]


def test_values_with_counts_are_so_many(cloud: World) -> None:
    cloudwatch, now = cloud.client("cloudwatch"), time.time()
    datum = {"MetricName": "Counted", "Values": [1.0, 10.0], "Counts": [9.0, 1.0]}
    cloudwatch.put_metric_data(Namespace="Shop", MetricData=[datum])
    point = cloudwatch.get_metric_statistics(
        Namespace="Shop", MetricName="Counted", Period=3600, Statistics=["Average"],
        ExtendedStatistics=["p50"], StartTime=now - 3600, EndTime=now + 3600,
    )["Datapoints"][0]  # fmt: skip
    assert point["Average"] == pytest.approx(1.9)
    assert point["ExtendedStatistics"]["p50"] == 1


def test_the_old_query_form_is_understood(cloud: World) -> None:
    """The command line of older releases speaks it."""
    import urllib.parse
    import urllib.request

    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    body = urllib.parse.urlencode(
        {
            "Action": "PutMetricAlarm",
            "Version": "2010-08-01",
            "AlarmName": "old",
            "Namespace": "Shop",
            "MetricName": "Load",
            "Dimensions.member.1.Name": "of",
            "Dimensions.member.1.Value": "old",
            "Statistic": "Sum",
            "Period": "60",
            "EvaluationPeriods": "1",
            "Threshold": "5",
            "ComparisonOperator": "GreaterThanThreshold",
        }
    )
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    request = AWSRequest("POST", cloud.cloud.endpoint, headers=kind, data=body)
    SigV4Auth(Credentials("test", "test"), "monitoring", "us-east-1").add_auth(request)
    prepared = request.prepare()
    urllib.request.urlopen(
        urllib.request.Request(
            prepared.url, data=body.encode(), headers=dict(prepared.headers.items())
        ),
        timeout=60,
    ).close()
    found = shown(cloud, "old")
    assert (found["Period"], found["Dimensions"]) == (60, [{"Name": "of", "Value": "old"}])
