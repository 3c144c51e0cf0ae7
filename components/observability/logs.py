"""Metric filters that count errors in JSON logs, and queries that are saved for people."""

import json
from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from ..alarms.logs import LEVELS, NAMESPACE, PATTERN, ROLE
from ..watched import Watched
from .alarms import physical, prefix
from .dashboards import LOG_QUERY
from .settings import Group, counts_errors

MOST_GROUPS = 50
"""Log groups of one query (CloudWatch Logs API reference, StartQuery)."""
ERRORS_QUERY = f"""\
filter level in {json.dumps(LEVELS)}
| stats count(*) as errors, max(@timestamp) as latest by message
| sort errors desc
| limit 50"""
SLOWEST_QUERY = """\
filter type = "platform.report"
| fields @timestamp, record.requestId, record.metrics.durationMs
| sort record.metrics.durationMs desc
| limit 20"""
"""Of functions that log in JSON, where Lambda's report of a call is an object as well (Lambda
developer guide, "Working with the Lambda telemetry API")."""
FAILED_QUERY = """\
filter type in ["ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"]
| fields @timestamp, execution_arn, details.error, details.cause
| sort @timestamp desc
| limit 50"""


def make_filters(name: str, groups: Sequence[Group], opts: pulumi.ResourceOptions) -> None:
    """One metric of errors for each log group in which a line has a level."""
    for group in groups:
        for thing in group.things:
            metric = next((item.metric for item in thing.formulas if item.role == ROLE), None)
            if not counts_errors(thing) or thing.log_group_name is None or metric is None:
                continue
            aws.cloudwatch.LogMetricFilter(
                f"{prefix(name, group.name, thing.name)}-errors",
                log_group_name=thing.log_group_name,
                pattern=PATTERN,
                # Zero for other lines: an alarm then sees that errors have stopped.
                metric_transformation={
                    "name": metric,
                    "namespace": NAMESPACE,
                    "value": "1",
                    "default_value": "0",
                    "unit": "Count",
                },
                opts=opts,
            )


def make_queries(name: str, groups: Sequence[Group], opts: pulumi.ResourceOptions) -> None:
    """Queries in a folder a service, over the log groups that it has."""
    for group in groups:
        for title, (text, things) in _queries(group.things).items():
            logs = [thing.log_group_name for thing in things if thing.log_group_name is not None]
            if not logs:
                continue
            aws.cloudwatch.QueryDefinition(
                f"{name}-{group.name}-{title.replace(' ', '-')}",
                name=f"{physical(name)}/{group.name}/{title}",
                query_string=text,
                log_group_names=logs[:MOST_GROUPS],
                opts=opts,
            )


def _queries(things: Sequence[Watched]) -> Mapping[str, tuple[str, Sequence[Watched]]]:
    """By title: the query, and whose logs it reads."""
    told = [thing for thing in things if thing.json_logs]
    return {
        "last 100 entries": (LOG_QUERY, things),
        "errors by message": (ERRORS_QUERY, told),
        "slowest calls": (SLOWEST_QUERY, [thing for thing in told if thing.kind == "function"]),
        "failed executions": (
            FAILED_QUERY,
            [thing for thing in things if thing.kind == "workflow"],
        ),
    }
