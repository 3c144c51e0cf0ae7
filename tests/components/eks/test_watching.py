"""What EksWebApp tells whoever watches it, and Container Insights."""

import json
from typing import Any

from components.eks import EksWebApp
from components.testing import deploy
from components.watched import Watchable, Watched

from .helpers import ADDON, INVOKES, KUBECONFIG, NODES, placement, refusal, settings, web

LOGS = "aws:cloudwatch/logGroup:LogGroup"
ROLE = "aws:iam/role:Role"
INSIGHTS = "amazon-cloudwatch-observability"
GIVEN: dict[str, Any] = {"cluster": {"name": "shared", "kubeconfig": KUBECONFIG}}
FREE = ["unschedulable", "api-errors", "storage"]


def watched(*, known: bool = True, **args: Any) -> tuple[Watched, Any]:
    """The app's one thing, and what of it is known only later."""
    found: list[Watched] = []

    def program() -> dict[str, Any]:
        app = EksWebApp("web", settings(**args))
        assert isinstance(app, Watchable)
        found.extend(app.watched())
        (thing,) = found
        return {
            "dimensions": thing.dimensions,
            "check": thing.check,
            "log_group": thing.log_group_name,
        }

    deployment = deploy(program, stack="dev", invokes=INVOKES, known=known)
    return found[0], deployment.result


def roles(thing: Watched) -> list[str]:
    return [item.role for item in thing.formulas]


def test_the_control_plane_is_watched_without_container_insights() -> None:
    thing, known = watched()
    assert (thing.kind, thing.name, thing.insights) == ("cluster", "", "off")
    assert roles(thing) == FREE
    assert thing.made == {}
    assert known["dimensions"] == {"ClusterName": "web-dev", "Namespace": "web", "PodName": "web"}
    assert known["log_group"] == "/aws/eks/web-dev/cluster"
    assert known["check"]["kubernetes"] == "web-dev"
    assert known["check"]["url"].startswith("http://")
    assert known["check"]["url"].endswith("/health")


def test_container_insights_adds_nodes_and_restarts() -> None:
    for insights in ("on", "enhanced"):
        thing, _ = watched(container_insights=insights)
        assert thing.insights == insights
        assert roles(thing) == [*FREE, "nodes", "restarts"]


def test_of_a_given_cluster_nobody_knows_what_it_measures() -> None:
    thing, known = watched(**GIVEN)
    assert thing.insights is None
    assert roles(thing) == FREE
    assert known["log_group"] is None
    assert known["check"]["kubernetes"] == "shared"


def test_everything_is_watched_before_anything_is_known() -> None:
    thing, _ = watched(known=False, container_insights="on")
    assert thing.kind == "cluster"


def test_nothing_measures_unless_asked_for() -> None:
    deployment = web()
    assert f"web-{INSIGHTS}" not in [item.name for item in deployment.of(ADDON)]
    assert [item.name for item in deployment.of(LOGS)] == ["web-control-plane"]


def test_the_add_on_measures_and_forwards_no_logs() -> None:
    deployment = web(container_insights="enhanced", log_retention_days=7)
    addon = deployment.one(ADDON, f"web-{INSIGHTS}")
    assert json.loads(addon.inputs["configurationValues"]) == {
        "agent": {
            "config": {
                "logs": {
                    "metrics_collected": {
                        "kubernetes": {
                            "enhanced_container_insights": True,
                            "accelerated_compute_metrics": False,
                        }
                    }
                }
            }
        },
        "containerLogs": {"enabled": False},
        "manager": {"applicationSignals": {"autoMonitor": {"monitorAllServices": False}}},
    }
    plain = web(container_insights="on").one(ADDON, f"web-{INSIGHTS}").inputs
    assert '"enhanced_container_insights": false' in plain["configurationValues"]
    # It runs on nodes, and would make its log group without retention.
    group = deployment.one(LOGS, "web-insights")
    assert group.inputs["name"] == "/aws/containerinsights/web-dev/performance"
    assert group.inputs["retentionInDays"] == 7
    assert {group.urn, deployment.one(NODES).urn} <= set(addon.depends_on)


def test_its_agent_has_a_role_that_only_its_pods_can_take() -> None:
    deployment = web(container_insights="on")
    role = deployment.one(ROLE, "web-insights")
    (statement,) = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
    assert statement["Condition"]["StringEquals"] == {
        "aws:RequestTag/eks-cluster-name": "web-dev",
        "aws:RequestTag/kubernetes-namespace": "amazon-cloudwatch",
        "aws:RequestTag/kubernetes-service-account": "cloudwatch-agent",
    }
    associations = deployment.one(ADDON, f"web-{INSIGHTS}").inputs["podIdentityAssociations"]
    assert associations == [{"roleArn": role.outputs["arn"], "serviceAccount": "cloudwatch-agent"}]
    policies = deployment.of("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
    assert [
        item.inputs["policyArn"] for item in policies if item.name.startswith("web-insights")
    ] == ["arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"]


def test_its_version_can_be_pinned_where_it_is_made() -> None:
    pinned = {INSIGHTS: "v4.8.0-eksbuild.1"}
    made = web(container_insights="on", addon_versions=pinned).one(ADDON, f"web-{INSIGHTS}")
    assert made.inputs["addonVersion"] == "v4.8.0-eksbuild.1"
    assert f"addon_versions={INSIGHTS!r} is not valid." in refusal(addon_versions=pinned)


def test_numbers_can_be_given_by_alarm() -> None:
    thing, _ = watched(
        container_insights="on",
        alarm_overrides={"restarts": {"threshold": 9}, "storage": {"enabled": False}},
    )
    assert "storage" not in roles(thing)
    assert next(item for item in thing.formulas if item.role == "restarts").threshold == 9


def test_what_cannot_be_is_refused() -> None:
    assert "container_insights='full' is not valid. Allowed: 'off', 'on', 'enhanced'." in refusal(
        container_insights="full"
    )
    on_fargate = refusal(
        {"architecture": "x86_64"},
        container_insights="on",
        fargate=True,
        network=placement("single"),
    )
    assert "Its agent runs on nodes and sees no pod on Fargate" in on_fargate
    assert "container_insights='on' is not valid. Allowed: without cluster." in refusal(
        container_insights="on", **GIVEN
    )
    assert refusal(alarm_overrides={"restarts": {"threshold": 9}}) == (
        "EksWebApp 'web': alarm_overrides='restarts' is not valid. Allowed: api-errors, storage, "
        "unschedulable."
    )
