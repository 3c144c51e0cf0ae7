"""What Observability makes of what it watches."""

import json
from typing import Any

import pulumi
import pytest

from components import Observability
from components.testing import UNKNOWN, deploy

from .helpers import (
    ALARM,
    COMPOSITE,
    DASHBOARD,
    LEGACY,
    SUBSCRIPTION,
    function,
    guarded,
    names,
    watch,
)


def test_alarms_that_a_component_made_are_not_made_again() -> None:
    deployment = watch(fakes={"events": guarded})
    assert sorted(names(deployment, ALARM)) == [
        "events-errors",
        "shop-events-duration",
        "shop-events-failures-depth",
        "shop-events-logged-errors",
        "shop-events-throttles",
    ]
    assert deployment.result["alarm_names"]["events/errors"] == "events-errors"
    assert deployment.result["alarm_names"]["events/failures/depth"] == "shop-events-failures-depth"


def test_only_the_composite_alarm_tells_and_it_is_over_all_of_them() -> None:
    deployment = watch(fakes={"events": guarded})
    topic = deployment.result["topic_arn"]
    for alarm in deployment.of(ALARM):
        assert alarm.inputs.get("alarmActions") in (None, [])
    composite = deployment.one(COMPOSITE, "shop-events")
    assert composite.inputs["alarmActions"] == composite.inputs["okActions"] == [topic]
    assert composite.inputs["alarmName"] == "shop-test-events"
    assert composite.outputs["arn"].endswith(":alarm:shop-test-events")
    children = sorted(deployment.result["alarm_names"].values())
    assert composite.inputs["alarmRule"] == " OR ".join(f'ALARM("{one}")' for one in children)
    assert "/shop-test-events" in composite.inputs["alarmDescription"]


def test_a_thing_without_alarms_has_no_composite_and_still_a_dashboard() -> None:
    deployment = watch(fakes={"quiet": lambda _: [function(formulas=())]})
    assert deployment.of(COMPOSITE) == []
    assert deployment.result["alarm_names"] == deployment.result["composite_alarm_names"] == {}
    assert names(deployment, DASHBOARD) == ["shop-overview", "shop-quiet"]


def test_an_override_is_by_key_and_reaches_the_alarm_and_the_dashboard() -> None:
    deployment = watch({"functions": LEGACY, "overrides": {"legacy/duration": {"threshold": 5000}}})
    assert deployment.one(ALARM, "shop-legacy-duration").inputs["threshold"] == 5000
    assert "5000" in deployment.one(DASHBOARD, "shop-legacy").inputs["dashboardBody"]
    computed = watch().one(ALARM, "shop-legacy-duration").inputs["threshold"]
    assert computed == 10_000


def test_the_numbers_of_the_source_material_come_out_of_an_override() -> None:
    errors = {"statistic": "Sum", "threshold": 5, "period_seconds": 300, "periods": 2}
    deployment = watch({"functions": LEGACY, "overrides": {"legacy/errors": errors}})
    alarm = deployment.one(ALARM, "shop-legacy-errors").inputs
    assert (alarm["statistic"], alarm["threshold"], alarm["period"]) == ("Sum", 5, 300)
    assert alarm["evaluationPeriods"] == alarm["datapointsToAlarm"] == 2


def test_an_alarm_that_is_switched_off_is_nowhere() -> None:
    deployment = watch({"functions": LEGACY, "overrides": {"legacy/throttles": {"enabled": False}}})
    assert "shop-legacy-throttles" not in names(deployment, ALARM)
    assert "legacy/throttles" not in deployment.result["alarm_names"]


def test_every_kind_that_slipway_did_not_make_is_watched() -> None:
    args = {
        "functions": {"fn": {"name": "fn", "timeout_seconds": 3, "alias": "live"}},
        "queues": {
            "jobs": {"name": "jobs", "dead_letter_name": "dead", "visibility_seconds": 10},
            "lost": {"name": "lost", "dead_letter": True},
        },
        "tables": {"stock": {"name": "stock"}},
        "apis": {
            "rest": {"kind": "rest", "name": "rest", "stage": "v1"},
            "http": {"kind": "http", "id": "abc"},
        },
        "workflows": {"flow": {"arn": "arn:aws:states:x:1:stateMachine:flow", "express": True}},
        "services": {
            "web": {
                "cluster": "c",
                "service": "s",
                "tasks": 2,
                "load_balancer": "app/web/1",
                "target_group": "targetgroup/web/1",
                "url": "https://web.example.com/health",
            }
        },
        "clusters": {"kube": {"name": "kube"}},
    }
    deployment = watch(args)
    alarms = deployment.result["alarm_names"]
    watched = {key.partition("/")[0] for key in alarms}
    assert watched == {"fn", "jobs", "lost", "stock", "rest", "http", "flow", "web", "kube"}
    assert set(deployment.result["composite_alarm_names"]) == watched
    assert set(deployment.result["dashboard_names"]) == watched | {"overview"}

    def dimensions(key: str) -> Any:
        return deployment.one(ALARM, alarms[key]).inputs["dimensions"]

    assert dimensions("fn/duration") == {"FunctionName": "fn", "Resource": "fn:live"}
    assert dimensions("jobs/oldest") == {"QueueName": "jobs"}
    assert dimensions("jobs/dead-letters/depth") == {"QueueName": "dead"}
    assert dimensions("lost/depth") == {"QueueName": "lost"}
    assert dimensions("rest/latency") == {"ApiName": "rest", "Stage": "v1"}
    assert dimensions("http/latency") == {"ApiId": "abc", "Stage": "$default"}
    assert dimensions("web/cpu") == {"ClusterName": "c", "ServiceName": "s"}
    assert dimensions("web/balancer/latency")["LoadBalancer"] == "app/web/1"
    assert dimensions("kube/unschedulable") == {"ClusterName": "kube"}
    asked = {item["service"]: item["check"] for item in deployment.result["health"]["checks"]}
    assert asked["fn"] == {"function": "fn", "alias": "live"}
    assert asked["web"]["url"] == "https://web.example.com/health"


def test_a_first_preview_makes_the_same_resources_and_knows_the_price() -> None:
    def both(known: bool) -> Any:
        return watch({"emails": ["ops@example.com"]}, {"events": guarded}, known=known)

    unknown, known = both(False), both(True)
    assert [item.urn for item in unknown.resources] != []
    assert {item.urn for item in unknown.resources} == {item.urn for item in known.resources}
    assert unknown.result["monthly_cost_usd"] == known.result["monthly_cost_usd"] > 0
    assert unknown.result["alarm_names"] is UNKNOWN
    assert unknown.one(DASHBOARD, "shop-events").inputs["dashboardBody"] is UNKNOWN
    assert unknown.one(COMPOSITE).inputs["alarmRule"] is UNKNOWN


def test_what_it_costs_is_said_at_preview_and_only_there(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "info", lambda text, **_: said.append(text))
    watch(fakes={"events": guarded})
    assert said == []
    watch(fakes={"events": guarded}, known=False)
    (line,) = said
    assert line.startswith("Observability 'shop': 5 alarms on 6 metrics, 1 composite alarms")
    assert "8.40 USD a month" in line


def test_the_same_input_gives_the_same_bodies() -> None:
    def bodies() -> list[str]:
        return [item.inputs["dashboardBody"] for item in watch(fakes={"a": guarded}).of(DASHBOARD)]

    assert bodies() == bodies()
    for body in bodies():
        json.loads(body)


def test_deployments_are_marked_on_every_dashboard() -> None:
    mark = {"label": "1.4.0", "at": "2026-11-21T10:00:00Z"}
    deployment = watch({"functions": LEGACY, "deployments": [mark]})
    for dashboard in deployment.of(DASHBOARD):
        assert "1.4.0" in dashboard.inputs["dashboardBody"]


def test_every_child_has_the_component_as_parent_and_its_tags() -> None:
    deployment = watch(
        {
            "functions": LEGACY,
            "emails": ["ops@example.com"],
            "chat": {"slack_workspace_id": "T0123", "slack_channel_id": "C0123"},
            "tags": {"team": "shop"},
        }
    )
    top = deployment.one("slipway:index:Observability")
    taggable = 0
    for child in deployment.resources:
        if child.urn == top.urn:
            continue
        assert child.parent == top.urn
        assert child.name.startswith("shop")
        if (tags := child.inputs.get("tags")) is not None:
            taggable += 1
            assert tags == {"slipway:component": "Observability/shop", "team": "shop"}
    assert taggable >= 8


def test_the_overview_is_seen_at_an_address_of_the_region() -> None:
    def url(region: str) -> Any:
        answer = {"aws:index/getRegion:getRegion": lambda _: {"id": region, "region": region}}
        return deploy(lambda: Observability("shop", {"functions": LEGACY}), invokes=answer).result[
            "dashboard_url"
        ]

    end = "/cloudwatch/home?region={0}#dashboards/dashboard/shop-test"
    for region, domain in (
        ("eu-west-1", "aws.amazon.com"),
        ("cn-north-1", "amazonaws.cn"),
        ("us-gov-west-1", "amazonaws-us-gov.com"),
    ):
        assert url(region) == f"https://{region}.console.{domain}{end.format(region)}"


def test_people_and_machines_are_told_and_the_address_of_a_machine_is_in_no_name() -> None:
    deployment = watch(
        lambda: {
            "functions": LEGACY,
            "emails": ["Ops.Team@example.com"],
            "https": ["https://events.example.com/key-4711", pulumi.Output.secret("https://a.b/c")],
        }
    )
    told = {
        item.name: (item.inputs["protocol"], item.inputs["endpoint"])
        for item in deployment.of(SUBSCRIPTION)
    }
    assert told["shop-email-ops-team-example-com"] == ("email", "Ops.Team@example.com")
    assert ("https", "https://events.example.com/key-4711") in told.values()
    assert told["shop-https-2"] == ("https", "https://a.b/c")
    assert not any("4711" in name for name in told)
    secret = deployment.one(SUBSCRIPTION, "shop-https-2")
    assert "endpoint" in secret.secrets


def test_the_topic_is_encrypted_and_cloudwatch_publishes_to_it() -> None:
    deployment = watch()
    key = deployment.one("aws:kms/key:Key")
    assert deployment.one("aws:sns/topic:Topic").inputs["kmsMasterKeyId"] == key.outputs["arn"]
    text = deployment.one("aws:sns/topicPolicy:TopicPolicy").inputs["policy"]
    allowed = [item for item in json.loads(text)["Statement"] if item["Effect"] == "Allow"]
    assert [item["Principal"] for item in allowed] == [{"Service": ["cloudwatch.amazonaws.com"]}]


def test_a_chat_channel_sees_and_changes_nothing() -> None:
    chat = {"slack_workspace_id": "T0123", "slack_channel_id": "C0123"}
    deployment = watch({"functions": LEGACY, "chat": chat})
    made = deployment.one("aws:chatbot/slackChannelConfiguration:SlackChannelConfiguration").inputs
    assert (made["slackTeamId"], made["slackChannelId"]) == ("T0123", "C0123")
    assert made["snsTopicArns"] == [deployment.result["topic_arn"]]
    assert made["guardrailPolicyArns"] == ["arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess"]
    (statement,) = json.loads(deployment.one("aws:iam/rolePolicy:RolePolicy").inputs["policy"])[
        "Statement"
    ]
    assert all(
        action.split(":")[1].startswith(("Describe", "Get")) for action in statement["Action"]
    )
