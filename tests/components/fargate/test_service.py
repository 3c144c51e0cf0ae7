"""The service itself: cluster, capacity, deployment rules, network, hooks, outputs."""

from typing import Any

import pytest

from components.fargate import FargateWebService, clients
from components.testing import UNKNOWN, deploy

from .helpers import SERVICE, names, placement, settings, web

CLUSTER = "aws:ecs/cluster:Cluster"
PROVIDERS = "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders"
SHARED: dict[str, Any] = {
    "cluster_arn": "arn:aws:ecs:eu-west-1:123456789012:cluster/shared",
    "cluster_name": "shared",
}


def test_a_deployment_keeps_every_task_until_new_ones_are_healthy() -> None:
    inputs = web().one(SERVICE).inputs
    assert inputs["deploymentMinimumHealthyPercent"] == 100
    assert inputs["deploymentMaximumPercent"] == 200
    assert inputs["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert inputs["healthCheckGracePeriodSeconds"] == 60
    assert inputs["availabilityZoneRebalancing"] == "ENABLED"


def test_rollback_can_be_switched_off_where_migrations_forbid_it() -> None:
    inputs = web(rollback=False).one(SERVICE).inputs
    assert inputs["deploymentCircuitBreaker"] == {"enable": True, "rollback": False}
    assert inputs["alarms"]["rollback"] is False


def test_two_tasks_run_by_default_and_the_program_owns_their_number() -> None:
    service = web().one(SERVICE)
    assert service.inputs["desiredCount"] == 2
    assert service.ignore_changes == ()


def test_tasks_carry_the_services_tags() -> None:
    deployment = web(tags={"team": "shop"})
    inputs = deployment.one(SERVICE).inputs
    assert inputs["propagateTags"] == "SERVICE"
    assert inputs["enableEcsManagedTags"] is True
    expected = {"slipway:component": "FargateWebService/web", "team": "shop"}
    untagged = {
        PROVIDERS,
        "aws:iam/rolePolicy:RolePolicy",
        "slipway:index:FargateWebService",
    }
    tagged = [item for item in deployment.resources if item.type not in untagged]
    assert len(tagged) > 12
    assert {item.name: item.inputs.get("tags") for item in tagged} == {
        item.name: expected for item in tagged
    }


def test_without_nat_tasks_live_in_public_subnets_with_a_public_address() -> None:
    config = web().one(SERVICE).inputs["networkConfiguration"]
    assert config["subnets"] == ["subnet-a", "subnet-b"]
    assert config["assignPublicIp"] is True


@pytest.mark.parametrize("nat", ["single", "per_zone"])
def test_with_nat_tasks_live_in_private_subnets(nat: str) -> None:
    deployment = web(network=placement(nat))
    config = deployment.one(SERVICE).inputs["networkConfiguration"]
    assert config["subnets"] == ["subnet-c", "subnet-d"]
    assert config["assignPublicIp"] is False
    balancer = deployment.one("aws:lb/loadBalancer:LoadBalancer")
    assert balancer.inputs["subnets"] == ["subnet-a", "subnet-b"]


@pytest.mark.parametrize(
    ("given", "sent"), [("off", "disabled"), ("on", "enabled"), ("enhanced", "enhanced")]
)
def test_container_insights_is_a_choice(given: str, sent: str) -> None:
    inputs = web(container_insights=given).one(CLUSTER).inputs
    assert inputs["settings"] == [{"name": "containerInsights", "value": sent}]


def test_container_insights_is_off_unless_asked_for_since_it_is_metered() -> None:
    assert web().one(CLUSTER).inputs["settings"][0]["value"] == "disabled"


def test_the_cluster_offers_fargate_and_spot_before_the_service_uses_them() -> None:
    deployment = web()
    providers = deployment.one(PROVIDERS)
    assert providers.inputs["capacityProviders"] == ["FARGATE", "FARGATE_SPOT"]
    assert providers.urn in deployment.one(SERVICE).depends_on


@pytest.mark.parametrize(
    ("args", "strategy"),
    [
        ({}, [{"capacityProvider": "FARGATE", "weight": 1}]),
        (
            {"spot_percent": 70},
            [
                {"capacityProvider": "FARGATE", "weight": 30, "base": 1},
                {"capacityProvider": "FARGATE_SPOT", "weight": 70},
            ],
        ),
        (
            {"spot_percent": 100, "on_demand_base": 0},
            [{"capacityProvider": "FARGATE_SPOT", "weight": 100}],
        ),
        (
            {"spot_percent": 100},
            [
                {"capacityProvider": "FARGATE", "weight": 0, "base": 1},
                {"capacityProvider": "FARGATE_SPOT", "weight": 100},
            ],
        ),
    ],
)
def test_spot_takes_its_share_beyond_an_on_demand_base(
    args: dict[str, Any], strategy: list[dict[str, Any]]
) -> None:
    inputs = web(**args).one(SERVICE).inputs
    assert inputs["capacityProviderStrategies"] == strategy
    assert "launchType" not in inputs
    assert inputs["forceNewDeployment"] is True


def test_a_given_cluster_is_used_as_it_is() -> None:
    deployment = web(**SHARED)
    assert deployment.of(CLUSTER) == []
    assert deployment.of(PROVIDERS) == []
    inputs = deployment.one(SERVICE).inputs
    assert inputs["cluster"] == SHARED["cluster_arn"]
    assert inputs["launchType"] == "FARGATE"
    assert "capacityProviderStrategies" not in inputs
    assert deployment.result["cluster_name"] == "shared"


def test_a_given_cluster_can_run_spot() -> None:
    inputs = web(spot_percent=50, **SHARED).one(SERVICE).inputs
    assert len(inputs["capacityProviderStrategies"]) == 2
    assert "launchType" not in inputs


def test_the_service_waits_for_all_that_a_task_needs() -> None:
    deployment = web({"permissions": [{"actions": ["sqs:SendMessage"], "resources": ["arn:q"]}]})
    needed = [
        item.urn
        for item in deployment.resources
        if item.type
        in {
            "aws:iam/rolePolicy:RolePolicy",
            "aws:lb/listener:Listener",
            "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
            "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        }
    ]
    assert len(needed) == 7
    assert set(needed) <= set(deployment.one(SERVICE).depends_on)


def test_rollouts_are_followed_by_hooks_that_wait_instead_of_the_provider() -> None:
    service = web().one(SERVICE)
    assert service.inputs["waitForSteadyState"] is False
    assert set(service.hooks) == {"after_create", "after_update"}
    assert service.timeouts == {}


def test_without_hooks_the_provider_waits_as_long_as_the_rollout_may_take() -> None:
    service = web(explain_rollouts=False, rollout_timeout_seconds=600).one(SERVICE)
    assert service.inputs["waitForSteadyState"] is True
    assert service.hooks == {}
    assert service.timeouts == {"create": "720s", "update": "720s"}


def test_without_boto3_the_provider_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "available", lambda: False)
    service = web().one(SERVICE)
    assert service.inputs["waitForSteadyState"] is True
    assert service.hooks == {}


def test_a_gate_is_bound_before_create_and_update() -> None:
    service = web(before_deploy={"command": ["migrate"]}).one(SERVICE)
    assert set(service.hooks) == {"before_create", "before_update", "after_create", "after_update"}


def test_the_outputs_say_where_everything_is() -> None:
    result = web().result
    assert result["url"] == "http://web.us-east-1.elb.amazonaws.com"
    assert result["service_name"] == "web"
    assert result["log_group_name"] == "web"
    assert result["cluster_arn"].endswith(":cluster/web")
    assert ":listener/" in result["listener_arn"]
    assert result["security_group_id"] == "web-id"
    assert result["discovery_name"] is None
    assert not [key for key, value in result.items() if value is UNKNOWN]
    assert set(result) - {"urn"} == set(FargateWebService.__annotations__)


def test_the_outputs_are_registered() -> None:
    deployment = web(discovery={"namespace": "shop.internal"})
    registered = deployment.one("slipway:index:FargateWebService").outputs
    assert registered == {key: deployment.result[key] for key in FargateWebService.__annotations__}


ALL: dict[str, Any] = {
    "app": {
        "secrets": {"KEY": "arn:aws:ssm:us-east-1:123456789012:parameter/key"},
        "scaling": {"memory_percent": 80, "requests_per_target": 500},
        "domain": {"name": "shop.example.com", "zone_id": "Z1"},
        "environment": {"A": "b"},
    },
    "spot_percent": 50,
    "discovery": {"namespace": "shop.internal"},
    "before_deploy": {"command": ["migrate"]},
    "allow_from": ["sg-peer"],
    "dual_stack": True,
}


@pytest.mark.parametrize("args", [{}, ALL])
def test_a_first_preview_registers_the_same_resources_with_every_id_unknown(
    args: dict[str, Any],
) -> None:
    args = dict(args)
    app = args.pop("app", None)
    preview, update = web(app, known=False, **args), web(app, **args)
    assert sorted(item.urn for item in preview.resources) == sorted(
        item.urn for item in update.resources
    )
    service = preview.one(SERVICE)
    assert service.inputs["cluster"] is UNKNOWN
    assert service.inputs["desiredCount"] == 2
    assert preview.result["listener_arn"] is UNKNOWN


def test_every_child_belongs_to_the_component_and_carries_its_name() -> None:
    args = dict(ALL)
    deployment = web(args.pop("app"), **args)
    parent = deployment.one("slipway:index:FargateWebService")
    children = deployment.children(parent)
    assert len(children) == len(deployment.resources) - 1 > 30
    assert [
        item.name for item in children if item.name != "web" and not item.name.startswith("web-")
    ] == []


def test_two_services_live_side_by_side_in_one_program() -> None:
    def program() -> None:
        FargateWebService("one", settings())
        FargateWebService("two", settings())

    assert names(deploy(program), SERVICE) == ["one", "two"]
