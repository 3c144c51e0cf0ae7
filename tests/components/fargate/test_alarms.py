"""Alarms of a service: those it makes, and what it tells whoever watches it."""

from typing import Any

from components.fargate import FargateWebService
from components.testing import deploy
from components.watched import Watchable, Watched

from .helpers import SERVICE, names, refusal, settings, web

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
TOPIC = "arn:aws:sns:us-east-1:123456789012:alarms"
SHARED: dict[str, Any] = {
    "listener_arn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/x/1/2",
    "load_balancer_arn_suffix": "app/x/1",
    "load_balancer_security_group_id": "sg-x",
    "load_balancer_dns_name": "x.example.com",
    "load_balancer_zone_id": "ZX",
    "url": "http://x.example.com",
}


def watched(app: dict[str, Any] | None = None, **args: Any) -> tuple[Watched, Watched, Any]:
    """The service's two things, and their dimensions and checks once known."""
    found: list[Watched] = []

    def program() -> dict[str, Any]:
        service = FargateWebService("web", settings(app, **args))
        assert isinstance(service, Watchable)
        found.extend(service.watched())
        return {
            "dimensions": [thing.dimensions for thing in found],
            "check": found[0].check,
            "log_group": found[0].log_group_name,
        }

    deployment = deploy(program, stack="dev")
    one, two = found
    return one, two, deployment.result


def roles(thing: Watched) -> list[str]:
    return [item.role for item in thing.formulas]


def test_alarms_watch_errors_health_latency_cpu_and_memory() -> None:
    deployment = web()
    assert names(deployment, ALARM) == [
        "web-cpu",
        "web-errors",
        "web-latency",
        "web-memory",
        "web-unhealthy",
    ]
    both = {
        "LoadBalancer": "app/web/0123456789abcdef",
        "TargetGroup": "targetgroup/web/0123456789abcdef",
    }
    unhealthy = deployment.one(ALARM, "web-unhealthy").inputs
    assert unhealthy["namespace"] == "AWS/ApplicationELB"
    assert unhealthy["metricName"] == "UnHealthyHostCount"
    assert unhealthy["dimensions"] == both
    assert unhealthy["threshold"] == 1
    cpu = deployment.one(ALARM, "web-cpu").inputs
    assert cpu["dimensions"] == {"ClusterName": "web", "ServiceName": "web"}
    assert cpu["statistic"] == "Average"


def test_the_error_alarm_is_a_rate_that_ignores_single_requests() -> None:
    inputs = web().one(ALARM, "web-errors").inputs
    value, errors, requests = inputs["metricQueries"]
    assert value["expression"] == "IF(requests >= 20, 100 * FILL(errors, 0) / requests, 0)"
    assert value["returnData"] is True
    assert errors["metric"]["metricName"] == "HTTPCode_Target_5XX_Count"
    assert requests["metric"]["metricName"] == "RequestCount"
    assert {item["metric"]["stat"] for item in (errors, requests)} == {"Sum"}
    assert inputs["threshold"] == 5
    assert not {"metricName", "namespace", "statistic"} & set(inputs)


def test_thresholds_follow_the_services_own_settings() -> None:
    deployment = web(
        {
            "health": {"timeout_seconds": 8, "interval_seconds": 10},
            "scaling": {"cpu_percent": 60, "memory_percent": 80},
        }
    )
    latency = deployment.one(ALARM, "web-latency").inputs
    assert latency["extendedStatistic"] == "p95"
    assert latency["threshold"] == 4
    assert latency["evaluateLowSampleCountPercentiles"] == "ignore"
    assert deployment.one(ALARM, "web-cpu").inputs["threshold"] == 80
    assert deployment.one(ALARM, "web-memory").inputs["threshold"] == 90
    assert web().one(ALARM, "web-cpu").inputs["threshold"] == 85


def test_missing_data_are_judged_per_metric() -> None:
    found = {item.name: item.inputs["treatMissingData"] for item in web().of(ALARM)}
    assert found == {
        "web-errors": "notBreaching",
        "web-unhealthy": "notBreaching",
        "web-latency": "notBreaching",
        "web-cpu": "missing",
        "web-memory": "missing",
    }


def test_alarms_on_traffic_fail_a_deployment() -> None:
    deployment = web()
    wired = deployment.one(SERVICE).inputs["alarms"]
    assert wired["enable"] is True
    assert wired["rollback"] is True
    assert wired["alarmNames"] == ["web-errors", "web-unhealthy", "web-latency"]


def test_alarms_can_be_left_out() -> None:
    deployment = web(alarms=False)
    assert deployment.of(ALARM) == []
    assert "alarms" not in deployment.one(SERVICE).inputs


def test_an_alarm_that_is_left_out_judges_no_deployment() -> None:
    gone = {f"balancer/{role}": {"enabled": False} for role in ("errors", "unhealthy", "latency")}
    some = web(alarm_overrides={"balancer/errors": {"enabled": False}})
    assert some.one(SERVICE).inputs["alarms"]["alarmNames"] == ["web-unhealthy", "web-latency"]
    assert "alarms" not in web(alarm_overrides=gone).one(SERVICE).inputs


def test_numbers_can_be_given_by_alarm() -> None:
    deployment = web(
        alarm_overrides={
            "cpu": {"threshold": 95, "periods": 2},
            "balancer/errors": {"statistic": "Sum", "threshold": 5, "period_seconds": 300},
        }
    )
    cpu = deployment.one(ALARM, "web-cpu").inputs
    assert (cpu["threshold"], cpu["evaluationPeriods"], cpu["datapointsToAlarm"]) == (95, 2, 2)
    errors = deployment.one(ALARM, "web-errors").inputs
    assert (errors["metricName"], errors["statistic"]) == ("HTTPCode_Target_5XX_Count", "Sum")
    assert (errors["threshold"], errors["period"]) == (5, 300)
    assert "metricQueries" not in errors


def test_an_override_of_no_alarm_names_the_nearest() -> None:
    assert refusal(alarm_overrides={"balancer/error": {"threshold": 1}}) == (
        "FargateWebService 'web': alarm_overrides='balancer/error' is not valid. Allowed: "
        "balancer/errors, balancer/latency, balancer/rejected, balancer/unhealthy, cpu, memory, "
        "running. Did you mean 'balancer/errors'?"
    )


def test_a_period_that_cloudwatch_refuses_is_refused() -> None:
    text = refusal(alarm_overrides={"cpu": {"period_seconds": 45}})
    assert "alarm_overrides['cpu'].period_seconds=45 is not valid." in text


def test_a_topic_is_told_when_an_alarm_starts_and_ends() -> None:
    for alarm in web(alarm_topic_arn=TOPIC).of(ALARM):
        assert alarm.inputs["alarmActions"] == [TOPIC]
        assert alarm.inputs["okActions"] == [TOPIC]
    assert web().one(ALARM, "web-cpu").inputs["alarmActions"] == []


def test_a_service_tells_what_it_is_made_of() -> None:
    service, balancer, known = watched(json_logs=True)
    assert (service.kind, service.name, service.key("cpu")) == ("service", "", "cpu")
    assert (balancer.kind, balancer.key("errors")) == ("load_balancer", "balancer/errors")
    assert roles(service) == ["running", "cpu", "memory"]
    assert roles(balancer) == ["errors", "unhealthy", "latency", "rejected"]
    assert (set(service.made), set(balancer.made)) == (
        {"cpu", "memory"},
        {"errors", "unhealthy", "latency"},
    )
    assert known["dimensions"] == [
        {"ClusterName": "web", "ServiceName": "web"},
        {
            "LoadBalancer": "app/web/0123456789abcdef",
            "TargetGroup": "targetgroup/web/0123456789abcdef",
        },
    ]
    assert known["check"]["cluster"] == known["check"]["service"] == "web"
    assert known["check"]["url"].endswith("/health")
    assert known["log_group"] == "web"
    assert (service.insights, service.json_logs) == ("off", True)


def test_tasks_are_counted_against_the_fewest_there_may_be() -> None:
    def running(app: dict[str, Any] | None = None, **args: Any) -> Any:
        service, _, _ = watched(app, **args)
        return next((item for item in service.formulas if item.role == "running"), None)

    assert running({"replicas": 3}).threshold == 3
    assert running({"replicas": 3, "scaling": {"min": 4, "max": 6}}).threshold == 4
    assert running({"scaling": {"min": 0, "max": 6}}) is None
    plain, insights = running(), running(container_insights="enhanced")
    assert (plain.namespace, plain.statistic, plain.expression) == ("AWS/ECS", "SampleCount", None)
    assert (insights.namespace, insights.threshold) == ("ECS/ContainerInsights", 0)
    given: dict[str, Any] = {
        "cluster_arn": "arn:aws:ecs:us-east-1:123456789012:cluster/x",
        "cluster_name": "x",
    }
    assert running(**given).statistic == "SampleCount"
    assert watched(**given)[0].insights is None


def test_an_attached_service_leaves_the_load_balancers_own_errors_to_its_owner() -> None:
    _, balancer, known = watched(attach={"to": SHARED, "priority": 1, "path_patterns": ["/api/*"]})
    assert "rejected" not in roles(balancer)
    assert known["dimensions"][1]["LoadBalancer"] == "app/x/1"
    # Behind a path nobody can ask for the health path.
    assert "url" not in known["check"]
    _, _, named = watched(attach={"to": SHARED, "priority": 2, "host_headers": ["a.example.com"]})
    assert named["check"]["url"] == "http://a.example.com/health"


def test_without_alarms_of_its_own_the_formulas_stay_with_their_numbers() -> None:
    service, balancer, _ = watched(alarms=False, alarm_overrides={"cpu": {"threshold": 99}})
    assert (service.made, balancer.made) == ({}, {})
    assert next(item for item in service.formulas if item.role == "cpu").threshold == 99
    assert roles(balancer) == ["errors", "unhealthy", "latency", "rejected"]


def test_everything_is_watched_before_anything_is_known() -> None:
    def program() -> None:
        service = FargateWebService("web", settings())
        assert [thing.kind for thing in service.watched()] == ["service", "load_balancer"]

    deploy(program, known=False)
