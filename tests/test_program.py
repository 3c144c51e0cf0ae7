"""The whole program under mocks: every stack, with known ids and as on a first preview."""

import json
import re
import runpy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.testing import Deployment, deploy

ROOT = Path(__file__).resolve().parents[1]
DOMAIN = {
    "slipway:domain": "shop.example.com",
    "slipway:zoneId": "Z123",
}
INVOKES: dict[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]] = {
    "aws:index/getAvailabilityZones:getAvailabilityZones": lambda args: {
        "names": [f"us-east-1{letter}" for letter in "abcdef"],
        "zoneIds": [],
    },
    "aws:ecr/getAuthorizationToken:getAuthorizationToken": lambda args: {
        "userName": "AWS",
        "password": "secret",
    },
}


def _config(stack: str) -> dict[str, str]:
    """A stack's configuration as the engine hands it over: text, objects as JSON."""
    document = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]
    return {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in document.items()
    }


def run(stack: str, more: Mapping[str, str] | None = None, *, known: bool = True) -> Deployment:
    def program() -> None:
        runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")

    return deploy(
        program,
        known=known,
        config={**_config(stack), **(more or {})},
        project="slipway",
        stack=stack,
        invokes=INVOKES,
    )


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize("known", [True, False], ids=["known", "first preview"])
@pytest.mark.parametrize("stack", ["dev", "prod", "local"])
def test_every_stack_evaluates(stack: str, known: bool) -> None:
    deployment = run(stack, known=known)
    assert len(deployment.of("aws:ecs/service:Service")) == 1
    cluster = {"eks_cluster", "eks_web_app_url", "kubeconfig"}
    assert set(deployment.outputs) == (cluster if stack == "local" else set()) | {
        "alarm_topic_arn",
        "alarms",
        "api_url",
        "approvals_table",
        "composite_alarms",
        "dashboard_url",
        "data_workflow_arn",
        "failed_orders_queue_url",
        "failed_refunds_queue_url",
        "function_alias_arn",
        "function_name",
        "health",
        "image_uri",
        "layer_function_name",
        "monthly_cost_usd",
        "order_workflow_arn",
        "orders_table",
        "payment_function",
        "payments_table",
        "queue_url",
        "storefront_cluster",
        "storefront_log_group",
        "storefront_service",
        "storefront_url",
        "upload_bucket",
    }


@pytest.mark.parametrize("known", [True, False], ids=["known", "first preview"])
@pytest.mark.parametrize(
    "more",
    [
        DOMAIN,
        {**DOMAIN, "slipway:certificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/c"},
        {"slipway:scaling": "true"},
        {"slipway:nat": "single"},
        {"slipway:nat": "per_zone", "slipway:zones": "3"},
        {"slipway:readOnlyRoot": "false", "slipway:exec": "true"},
        {"slipway:containerInsights": "enhanced", "slipway:spotPercent": "100"},
        {"slipway:architecture": "x86_64", "slipway:baseImage": "python:3.13"},
        {"slipway:runtime": "python3.12", "slipway:debug": "true"},
        {"slipway:approvalAbove": "0"},
        {"slipway:apiAccessLogs": "true"},
        {"slipway:observability": "false"},
        {
            "slipway:alarmEmails": '["ops@example.com"]',
            "slipway:alarmHttps": '["https://example.com/alarms"]',
            "slipway:alarmOverrides": '["events/duration.threshold=5000"]',
            "slipway:slackWorkspaceId": "T0123456789",
            "slipway:slackChannelId": "C0123456789",
            "slipway:deployments": '["2026-11-21T10:00:00Z 1.4.0"]',
        },
        {"slipway:kubernetes": "true"},
        {
            "slipway:kubernetes": "true",
            "slipway:nat": "single",
            "slipway:kubernetesVersion": "1.36",
            "slipway:kubernetesAdmins": '["arn:aws:iam::123456789012:role/platform"]',
            "slipway:nodeInstanceType": "m7g.large",
        },
    ],
    ids=lambda more: " ".join(key.removeprefix("slipway:") for key in more),
)
def test_every_option_evaluates(more: dict[str, str], known: bool) -> None:
    assert run("dev", more, known=known).of("aws:ecs/service:Service")


def test_dev_is_cheap_and_prod_is_private() -> None:
    dev, prod = run("dev"), run("prod")
    assert dev.of("aws:ec2/natGateway:NatGateway") == []
    assert len(prod.of("aws:ec2/natGateway:NatGateway")) == 2
    place = "networkConfiguration"
    assert dev.one("aws:ecs/service:Service").inputs[place]["assignPublicIp"] is True
    assert not prod.one("aws:ecs/service:Service").inputs[place].get("assignPublicIp")
    assert prod.of("aws:appautoscaling/target:Target")
    assert prod.one("aws:lb/loadBalancer:LoadBalancer").inputs["enableDeletionProtection"] is True


def test_one_architecture_reaches_the_image_and_the_task() -> None:
    deployment = run("dev", {"slipway:architecture": "x86_64"})
    image = deployment.one("docker:index/image:Image")
    task = deployment.one("aws:ecs/taskDefinition:TaskDefinition")
    assert image.inputs["build"]["platform"] == "linux/amd64"
    assert task.inputs["runtimePlatform"]["cpuArchitecture"] == "X86_64"


def test_one_architecture_and_runtime_reach_the_functions_and_the_layer() -> None:
    deployment = run("dev", {"slipway:architecture": "x86_64", "slipway:runtime": "python3.12"})
    functions = deployment.of("aws:lambda/function:Function")
    assert len(functions) == 10
    assert {(*item.inputs["architectures"], item.inputs["runtime"]) for item in functions} == {
        ("x86_64", "python3.12")
    }
    layer = deployment.one("aws:lambda/layerVersion:LayerVersion").inputs
    assert layer["compatibleArchitectures"] == ["x86_64"]
    assert layer["compatibleRuntimes"] == ["python3.12"]


def test_the_secret_key_is_a_reference_in_the_function_s_environment() -> None:
    deployment = run("dev")
    report = deployment.one("aws:lambda/function:Function", "report").inputs
    environment = report["environment"]["variables"]
    parameter = next(
        item
        for item in deployment.of("aws:ssm/parameter:Parameter")
        if item.inputs["type"] == "SecureString"
    )
    assert environment["API_KEY"] == parameter.outputs["arn"]
    assert {"ENVIRONMENT", "DEBUG", "EXTERNAL_URL"} <= environment.keys()
    assert deployment.one("aws:lambda/alias:Alias", "report").inputs["name"] == "PROD"


def test_a_domain_makes_the_address_https() -> None:
    assert run("dev", DOMAIN).outputs["storefront_url"] == "https://shop.example.com"


LOG_DELIVERY = {
    *("logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery"),
    *("logs:DeleteLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy"),
    *("logs:DescribeResourcePolicies", "logs:DescribeLogGroups"),
}
"""What Step Functions needs to write logs; AWS knows no resource for these."""


def test_the_storefront_may_place_orders_and_no_more() -> None:
    deployment = run("dev")
    policies = {
        item.name: json.loads(item.inputs["policy"])["Statement"]
        for item in deployment.of("aws:iam/rolePolicy:RolePolicy")
    }
    (task,) = [name for name in policies if name.startswith("storefront") and "task" in name]
    actions = {action for one in policies[task] for action in one["Action"]}
    assert {item for item in actions if item.startswith(("dynamodb:", "states:"))} == {
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "states:StartExecution",
    }


def test_no_policy_allows_every_action_or_an_unexplained_every_resource() -> None:
    found = 0
    for role_policy in run("prod").of("aws:iam/rolePolicy:RolePolicy"):
        for statement in json.loads(role_policy.inputs["policy"])["Statement"]:
            found += 1
            actions = statement["Action"]
            actions = [actions] if isinstance(actions, str) else actions
            assert not [action for action in actions if action.endswith("*")]
            resources = statement["Resource"]
            if resources in ("*", ["*"]):
                assert set(actions) <= {"ecr:GetAuthorizationToken", *LOG_DELIVERY}
    assert found >= 3


def _example(page: str) -> Deployment:
    """The page's first example, run."""
    example = re.search(r"```python\n(.*?)```", (ROOT / page).read_text(), re.S)
    assert example
    return deploy(lambda: exec(example[1], {}), invokes=INVOKES)


def test_the_readmes_example_evaluates() -> None:
    assert len(_example("README.md").of("aws:ecs/service:Service")) == 1


def test_the_example_of_the_workflows_page_evaluates() -> None:
    machine = _example("docs/workflows.md").one("aws:sfn/stateMachine:StateMachine")
    assert "${" not in machine.inputs["definition"]


def test_the_example_of_the_kubernetes_page_evaluates() -> None:
    scaler = _example("docs/kubernetes.md").one("kubernetes:autoscaling/v2:HorizontalPodAutoscaler")
    assert scaler.inputs["spec"]["maxReplicas"] == 10


def test_the_program_is_readable_aloud() -> None:
    text = (ROOT / "__main__.py").read_text()
    assert len(text.splitlines()) < 100
    assert not re.search(r"pulumi_aws|\baws\.", text)


def test_the_library_imports_nothing_that_stands_beside_it() -> None:
    for path in (ROOT / "components").rglob("*.py"):
        assert not re.search(
            r"^\s*(from|import) (app|functions|sandbox|settings)\b", path.read_text(), re.M
        ), path
    for name in ("components", "app"):
        for path in (ROOT / name).rglob("*.py"):
            assert "ministack" not in path.read_text().lower(), path
