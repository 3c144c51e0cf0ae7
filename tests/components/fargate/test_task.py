"""The task definition, its log group and its two roles."""

import json
from typing import Any

import pulumi
import pytest

from components.fargate import FargateWebService
from components.fargate.task import check_command
from components.policy import allow
from components.testing import UNKNOWN, deploy

from .helpers import IMAGE, SERVICE, container, settings, statements, web

DEFINITION = "aws:ecs/taskDefinition:TaskDefinition"
ROLE = "aws:iam/role:Role"
PARAMETER = "arn:aws:ssm:us-east-1:123456789012:parameter/shop/key"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf"


def test_the_default_task_is_256_cpu_512_mib_on_arm64_with_awsvpc() -> None:
    inputs = web().one(DEFINITION).inputs
    assert inputs["cpu"] == "256"
    assert inputs["memory"] == "512"
    assert inputs["networkMode"] == "awsvpc"
    assert inputs["requiresCompatibilities"] == ["FARGATE"]
    assert inputs["runtimePlatform"] == {
        "operatingSystemFamily": "LINUX",
        "cpuArchitecture": "ARM64",
    }


def test_the_architecture_reaches_the_task() -> None:
    inputs = web({"architecture": "x86_64"}).one(DEFINITION).inputs
    assert inputs["runtimePlatform"]["cpuArchitecture"] == "X86_64"


def test_old_revisions_stay_so_that_a_rollback_finds_them() -> None:
    assert web().one(DEFINITION).inputs["skipDestroy"] is True


def test_stacks_of_one_account_have_families_of_their_own() -> None:
    assert web(stack="prod").one(DEFINITION).inputs["family"] == "web-prod"


def test_the_image_passes_through_with_its_digest_and_the_port_is_mapped() -> None:
    found = container(web({"port": 8080}))
    assert found["image"] == IMAGE
    assert found["portMappings"] == [{"containerPort": 8080, "protocol": "tcp"}]
    assert found["linuxParameters"] == {"initProcessEnabled": True}
    assert "command" not in found
    assert container(web({"command": ["serve"]}))["command"] == ["serve"]


def test_the_root_is_read_only_with_a_writable_tmp() -> None:
    deployment = web()
    found = container(deployment)
    assert found["readonlyRootFilesystem"] is True
    assert deployment.one(DEFINITION).inputs["volumes"] == [{"name": "tmp"}]
    assert found["mountPoints"] == [
        {"sourceVolume": "tmp", "containerPath": "/tmp", "readOnly": False}
    ]


def test_a_writable_root_needs_no_volume() -> None:
    deployment = web({"read_only_root": False})
    assert container(deployment)["readonlyRootFilesystem"] is False
    assert "mountPoints" not in container(deployment)
    assert "volumes" not in deployment.one(DEFINITION).inputs


def test_one_health_and_drain_contract_sets_every_check() -> None:
    deployment = web(
        {
            "port": 8000,
            "drain_seconds": 45,
            "health": {
                "path": "/up",
                "interval_seconds": 20,
                "timeout_seconds": 7,
                "healthy_threshold": 3,
                "unhealthy_threshold": 4,
                "grace_seconds": 90,
                "success_codes": "200-299",
            },
        }
    )
    found = container(deployment)
    assert found["stopTimeout"] == 45
    assert found["healthCheck"] == {
        "command": check_command(8000, "/up", 7),
        "interval": 20,
        "timeout": 7,
        "retries": 4,
        "startPeriod": 90,
    }
    group = deployment.one("aws:lb/targetGroup:TargetGroup").inputs
    assert group["deregistrationDelay"] == 45
    assert group["healthCheck"] == {
        "enabled": True,
        "path": "/up",
        "port": "traffic-port",
        "protocol": "HTTP",
        "interval": 20,
        "timeout": 7,
        "healthyThreshold": 3,
        "unhealthyThreshold": 4,
        "matcher": "200-299",
    }
    assert deployment.one(SERVICE).inputs["healthCheckGracePeriodSeconds"] == 90


def test_the_stop_timeout_is_never_below_what_ecs_takes() -> None:
    assert container(web({"drain_seconds": 1}))["stopTimeout"] == 2


def test_the_container_check_needs_no_curl_and_can_be_replaced_or_left_out() -> None:
    assert container(web())["healthCheck"]["command"][:3] == ["CMD", "python3", "-c"]
    own = container(web(container_check_command=["CMD", "/health"]))
    assert own["healthCheck"]["command"] == ["CMD", "/health"]
    assert "healthCheck" not in container(web(container_check_command=["NONE"]))


def test_the_default_check_really_asks_the_health_path() -> None:
    import http.server
    import subprocess
    import sys
    import threading

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/health" else 500)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        codes = []
        for path in ("/health", "/broken"):
            command = check_command(port, path, 5)
            assert command[:2] == ["CMD", "python3"]
            done = subprocess.run([sys.executable, *command[2:]], capture_output=True, check=False)
            codes.append(done.returncode)
        server.shutdown()
    assert codes == [0, 1]


def test_logs_go_to_the_components_own_group_with_retention() -> None:
    deployment = web()
    group = deployment.one("aws:cloudwatch/logGroup:LogGroup")
    assert group.inputs["retentionInDays"] == 30
    assert container(deployment)["logConfiguration"] == {
        "logDriver": "awslogs",
        "options": {
            "awslogs-group": "web",
            "awslogs-region": "us-east-1",
            "awslogs-stream-prefix": "web",
        },
    }
    longer = web(log_retention_days=90).one("aws:cloudwatch/logGroup:LogGroup")
    assert longer.inputs["retentionInDays"] == 90


def test_environment_is_sorted_and_secrets_are_references() -> None:
    found = container(web({"environment": {"B": "2", "A": "1"}, "secrets": {"KEY": PARAMETER}}))
    assert found["environment"] == [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    assert found["secrets"] == [{"name": "KEY", "valueFrom": PARAMETER}]


def test_a_secret_environment_value_stays_a_secret() -> None:
    def program() -> None:
        FargateWebService(
            "web", settings({"environment": {"A_TOKEN": pulumi.Output.secret("hush")}})
        )

    definition = deploy(program).one(DEFINITION)
    assert "containerDefinitions" in definition.secrets


def test_tasks_roles_are_only_for_this_accounts_ecs_tasks() -> None:
    deployment = web()
    for role in ("web-execution", "web-task"):
        trust = json.loads(deployment.one(ROLE, role).inputs["assumeRolePolicy"])
        (statement,) = trust["Statement"]
        assert statement["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
        assert statement["Condition"] == {
            "StringEquals": {"aws:SourceAccount": "123456789012"},
            "ArnLike": {"aws:SourceArn": "arn:aws:ecs:us-east-1:123456789012:*"},
        }


def test_the_execution_role_may_write_its_logs_and_nothing_else() -> None:
    assert statements(web(), "web-execution") == [
        {
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Effect": "Allow",
            "Resource": ["arn:aws:logs:us-east-1:123456789012:log-group:web:*"],
        }
    ]


def test_the_execution_role_reads_exactly_the_given_secrets() -> None:
    deployment = web(
        {"secrets": {"KEY": PARAMETER, "USER": f"{SECRET}:user::", "PASSWORD": f"{SECRET}:pass::"}}
    )
    found = {
        tuple(item["Action"]): item["Resource"] for item in statements(deployment, "web-execution")
    }
    assert found[("ssm:GetParameters",)] == [PARAMETER]
    assert found[("secretsmanager:GetSecretValue",)] == [SECRET]
    assert len(found) == 3
    assert deployment.of("aws:iam/rolePolicy:RolePolicy") == [
        deployment.one("aws:iam/rolePolicy:RolePolicy", "web-execution")
    ]


def test_one_kind_of_secret_brings_one_permission() -> None:
    actions = [
        item["Action"] for item in statements(web({"secrets": {"K": PARAMETER}}), "web-execution")
    ]
    assert ["secretsmanager:GetSecretValue"] not in actions
    assert len(actions) == 2


def test_pull_permissions_go_to_the_execution_role_only() -> None:
    pull = [
        allow("ecr:BatchGetImage", "arn:aws:ecr:us-east-1:123456789012:repository/web"),
        allow("ecr:GetAuthorizationToken", "*", reason="it has no resource"),
    ]
    deployment = web(execution_permissions=pull)
    actions = [
        action for item in statements(deployment, "web-execution") for action in item["Action"]
    ]
    assert "ecr:BatchGetImage" in actions
    assert "ecr:GetAuthorizationToken" in actions
    assert [item.name for item in deployment.of("aws:iam/rolePolicy:RolePolicy")] == [
        "web-execution"
    ]


def test_the_task_role_has_what_the_app_was_given() -> None:
    arn = "arn:aws:dynamodb:us-east-1:123456789012:table/orders"
    deployment = web({"permissions": [allow("dynamodb:PutItem", arn)]})
    assert statements(deployment, "web-task") == [
        {"Action": ["dynamodb:PutItem"], "Effect": "Allow", "Resource": [arn]}
    ]


def test_exec_opens_its_channels_and_nothing_more() -> None:
    deployment = web({"exec": True, "read_only_root": False})
    assert deployment.one(SERVICE).inputs["enableExecuteCommand"] is True
    (statement,) = statements(deployment, "web-task")
    assert statement["Resource"] == ["*"]
    assert [action.split(":")[0] for action in statement["Action"]] == ["ssmmessages"] * 4
    assert web().one(SERVICE).inputs["enableExecuteCommand"] is False


def test_no_statement_has_a_wildcard_action_or_an_unreasoned_wildcard_resource() -> None:
    deployment = web({"secrets": {"K": PARAMETER}, "exec": True, "read_only_root": False})
    for policy in deployment.of("aws:iam/rolePolicy:RolePolicy"):
        for statement in json.loads(policy.inputs["policy"])["Statement"]:
            assert not [action for action in statement["Action"] if "*" in action]
            if "*" in statement["Resource"]:
                assert statement["Action"][0].startswith("ssmmessages:")


def test_secrets_with_unknown_arns_make_the_policy_unknown_not_wrong() -> None:
    def program() -> None:
        import pulumi_aws as aws

        parameter = aws.ssm.Parameter("key", type="String", value="x")
        FargateWebService("web", settings({"secrets": {"KEY": parameter.arn}}))

    preview = deploy(program, known=False)
    policy = preview.one("aws:iam/rolePolicy:RolePolicy", "web-execution")
    assert policy.inputs["policy"] is UNKNOWN


def test_a_secret_that_is_neither_parameter_nor_secret_is_refused() -> None:
    def program() -> None:
        bucket = pulumi.Output.from_input("arn:aws:s3:::bucket")
        FargateWebService("web", settings({"secrets": {"KEY": bucket}}))

    with pytest.raises(ValueError, match="neither an SSM parameter's nor a Secrets Manager"):
        deploy(program)
