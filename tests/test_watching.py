"""Nothing of the program is unwatched: an alarm, a log retention and a dashboard entry each."""

from collections.abc import Iterable
from functools import cache

import pytest

from components.testing import Deployment, Resource
from tests.test_program import ROOT, run

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
DASHBOARD = "aws:cloudwatch/dashboard:Dashboard"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
COMPOSITE = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
WATCHED = (
    "aws:apigateway/restApi:RestApi",
    "aws:apigatewayv2/api:Api",
    "aws:dynamodb/table:Table",
    "aws:ecs/service:Service",
    "aws:lambda/function:Function",
    "aws:lb/loadBalancer:LoadBalancer",
    "aws:sfn/stateMachine:StateMachine",
    "aws:sqs/queue:Queue",
    "eks:index:Cluster",
)
"""What may fail on its own while everything else is well."""
STAGE = "aws:apigateway/stage:Stage"
"""Logs where `apiAccessLogs` is set: an account without API Gateway's role for logs refuses it."""
LOGS = {
    STAGE: "accessLogSettings",
    "aws:ecs/taskDefinition:TaskDefinition": "containerDefinitions",
    "aws:lambda/function:Function": "loggingConfig",
    "aws:sfn/stateMachine:StateMachine": "loggingConfiguration",
}
"""What writes logs, and the input that says where."""


@cache
def _deployment(stack: str) -> Deployment:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        return run(stack)


def _unwatched(
    deployment: Deployment, things: Iterable[Resource], by: Iterable[Resource]
) -> list[str]:
    seen = {urn for one in by for urn in one.depends_on}
    return [f"{thing.type} {thing.name}" for thing in things if thing.urn not in seen]


@pytest.fixture(params=["dev", "prod", "local"])
def deployment(request: pytest.FixtureRequest) -> Deployment:
    return _deployment(request.param)


@pytest.mark.parametrize("type", WATCHED)
def test_each_has_an_alarm_and_a_dashboard_entry(deployment: Deployment, type: str) -> None:
    things = deployment.of(type)
    assert _unwatched(deployment, things, deployment.of(ALARM)) == []
    assert _unwatched(deployment, things, deployment.of(DASHBOARD)) == []


def test_what_is_walked_over_is_there() -> None:
    found = {type for type in WATCHED if _deployment("local").of(type)}
    assert found == set(WATCHED) - {"aws:apigatewayv2/api:Api"}


def test_each_alarm_counts_in_the_composite_of_its_service(deployment: Deployment) -> None:
    alarms = deployment.of(ALARM)
    assert len(alarms) > 40
    assert _unwatched(deployment, alarms, deployment.of(COMPOSITE)) == []


def test_each_log_group_ends_and_each_writer_has_one(deployment: Deployment) -> None:
    groups = deployment.of(LOG_GROUP)
    assert [group.name for group in groups if not group.inputs.get("retentionInDays")] == []
    urns = {group.urn for group in groups}
    for type, key in LOGS.items():
        for writer in deployment.of(type):
            if type == STAGE and deployment is not _deployment("local"):
                continue
            assert writer.inputs.get(key), f"{writer.name} says not where it logs"
            assert urns & set(writer.depends_on), f"{writer.name} logs into a group of nobody"


def test_one_that_is_taken_away_is_missed() -> None:
    deployment = _deployment("dev")
    function = deployment.of("aws:lambda/function:Function")[0]
    others = [alarm for alarm in deployment.of(ALARM) if function.urn not in alarm.depends_on]
    assert _unwatched(deployment, [function], others) == [f"{function.type} {function.name}"]
