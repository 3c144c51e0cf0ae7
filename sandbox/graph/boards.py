"""The dashboards of a deployed program with what they show now: data, alarms, log entries."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from .queries import Query, queries

SPAN_SECONDS = 30 * 60
"""What is looked back at, at most: minutes are short here, and so is a sandbox's life."""
QUERIES_AT_ONCE = 500
"""Of one ``GetMetricData``."""
LOG_PATIENCE_SECONDS = 20.0


@dataclass(frozen=True)
class Series:
    """One line of a chart."""

    label: str
    statistic: str
    period: int
    points: Sequence[tuple[float, float]]
    """Seconds since 1970 and value, oldest first."""

    @property
    def total(self) -> float:
        """What a single value shows: everything that was counted, or the last state."""
        if not self.points:
            return 0.0
        if self.statistic in ("Sum", "SampleCount"):
            return sum(value for _, value in self.points)
        return self.points[-1][1]


@dataclass(frozen=True)
class AlarmState:
    """One alarm."""

    name: str
    state: str
    reason: str
    composite: bool


@dataclass
class Shown:
    """A widget with its data."""

    widget: Mapping[str, Any]
    series: list[Series] = field(default_factory=list)
    alarms: list[AlarmState] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    problem: str = ""
    """Why there is nothing to see."""

    @property
    def properties(self) -> Mapping[str, Any]:
        """As the body has them."""
        found: Mapping[str, Any] = self.widget.get("properties") or {}
        return found


@dataclass(frozen=True)
class Board:
    """One dashboard."""

    name: str
    widgets: Sequence[Shown]


def read(client: Callable[[str], Any], minute: float, *, now: float | None = None) -> list[Board]:
    """Every dashboard, by name, with what it shows.

    Args:
        client: makes a client of an AWS service.
        minute: how long CloudWatch's minute takes, in seconds.
        now: the end of what is shown.
    """
    now = time.time() if now is None else now
    cloudwatch = client("cloudwatch")
    names = sorted(
        entry["DashboardName"]
        for page in cloudwatch.get_paginator("list_dashboards").paginate()
        for entry in page["DashboardEntries"]
    )
    boards = []
    for name in names:
        body = json.loads(cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"])
        boards.append(Board(name, [Shown(widget) for widget in body.get("widgets", [])]))
    every = [shown for board in boards for shown in board.widgets]
    _fill_metrics(cloudwatch, every, minute, now)
    if any(shown.widget["type"] == "alarm" for shown in every):
        _fill_alarms(cloudwatch, every)
    for shown in every:
        if shown.widget["type"] == "log":
            _fill_log(client("logs"), shown, now)
    return boards


def _fill_metrics(client: Any, every: Sequence[Shown], minute: float, now: float) -> None:
    batch: list[tuple[str, Shown, list[Query]]] = []
    count = 0
    for number, shown in enumerate(every):
        if shown.widget["type"] != "metric":
            continue
        try:
            asked = queries(shown.properties, client, minute)
        except ClientError as error:
            shown.problem = str(error)
            continue
        if count + len(asked) > QUERIES_AT_ONCE:
            _ask(client, batch, now)
            batch, count = [], 0
        batch.append((f"w{number}", shown, asked))
        count += len(asked)
    _ask(client, batch, now)


def _ask(client: Any, batch: Sequence[tuple[str, Shown, list[Query]]], now: float) -> None:
    """One call for many widgets; if it is refused, one for each, to tell whose fault it is."""
    batch = [one for one in batch if one[2]]
    if not batch:
        return
    data = [
        query.asked(prefix, [one.id for one in asked])
        for prefix, _, asked in batch
        for query in asked
    ]
    points: dict[str, list[tuple[float, float]]] = {}
    try:
        pages = client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=data,
            StartTime=now - SPAN_SECONDS,
            EndTime=now,
            ScanBy="TimestampAscending",
        )
        for page in pages:
            for result in page["MetricDataResults"]:
                pairs = zip(result["Timestamps"], result["Values"], strict=True)
                points.setdefault(result["Id"], []).extend(
                    (moment.timestamp(), value) for moment, value in pairs
                )
    except ClientError as error:
        if len(batch) == 1:
            batch[0][1].problem = str(error)
            return
        for one in batch:
            _ask(client, [one], now)
        return
    for prefix, shown, asked in batch:
        shown.series = [
            Series(
                query.label,
                query.statistic,
                query.period,
                sorted(points.get(f"{prefix}_{query.id}", [])),
            )
            for query in asked
            if query.shown
        ]


def _fill_alarms(client: Any, every: Sequence[Shown]) -> None:
    found: dict[str, AlarmState] = {}
    pages = client.get_paginator("describe_alarms").paginate(
        AlarmTypes=["CompositeAlarm", "MetricAlarm"]
    )
    for page in pages:
        for kind in ("CompositeAlarms", "MetricAlarms"):
            for alarm in page.get(kind, []):
                found[alarm["AlarmArn"]] = AlarmState(
                    alarm["AlarmName"],
                    alarm["StateValue"],
                    alarm.get("StateReason", ""),
                    kind == "CompositeAlarms",
                )
    gone = "There is no such alarm."
    for shown in every:
        if shown.widget["type"] == "alarm":
            shown.alarms = [
                found.get(arn, AlarmState(arn.rpartition(":")[2], "INSUFFICIENT_DATA", gone, False))
                for arn in shown.properties.get("alarms", [])
            ]


def _fill_log(client: Any, shown: Shown, now: float) -> None:
    groups, query = [], str(shown.properties.get("query", ""))
    while query.lstrip().upper().startswith("SOURCE "):
        source, _, query = query.lstrip().partition("|")
        groups.append(source.strip()[len("SOURCE ") :].strip().strip("'"))
    try:
        started = client.start_query(
            logGroupNames=groups,
            queryString=query.strip(),
            startTime=int(now - SPAN_SECONDS),
            endTime=int(now) + 1,
        )
        until = time.monotonic() + LOG_PATIENCE_SECONDS
        answer = client.get_query_results(queryId=started["queryId"])
        while answer["status"] in ("Scheduled", "Running") and time.monotonic() < until:
            time.sleep(0.1)
            answer = client.get_query_results(queryId=started["queryId"])
    except ClientError as error:
        shown.problem = str(error)
        return
    rows = [
        {one["field"]: one.get("value", "") for one in row if one["field"] != "@ptr"}
        for row in answer["results"]
    ]
    shown.columns = list(dict.fromkeys(name for row in rows for name in row))
    shown.rows = [[row.get(name, "") for name in shown.columns] for row in rows]
    if answer["status"] != "Complete":
        shown.problem = f"The query is {answer['status'].lower()}."
