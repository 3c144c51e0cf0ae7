"""What a single task gets and how it ends, with the process engine."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from .world import Held, World, get, until

pytestmark = pytest.mark.sandbox


def run(world: World, name: str, definition: str) -> Any:
    """Run one task and wait until it has stopped."""
    ecs = world.client("ecs")
    ecs.create_cluster(clusterName=name)
    network = {"awsvpcConfiguration": {"subnets": [world.network()[1]]}}
    arn = ecs.run_task(
        cluster=name, taskDefinition=definition, launchType="FARGATE", networkConfiguration=network
    )["tasks"][0]["taskArn"]

    def stopped() -> Any:
        task = ecs.describe_tasks(cluster=name, tasks=[arn])["tasks"][0]
        return task if task["lastStatus"] == "STOPPED" else None

    return until(stopped)


def serve(world: World, name: str, definition: str, **changes: Any) -> str:
    """A service of one task behind its own load balancer; returns the address."""
    address, _, group = world.load_balancer(name)
    world.service(name, definition, group, desiredCount=1, **changes)
    world.rollout(name)
    return address


def test_a_request_in_flight_is_answered_before_the_task_stops(
    world: World, tmp_path: Path
) -> None:
    address = serve(world, "drain", world.definition("drain"))
    answers: list[tuple[int, Any]] = []
    held = Held(tmp_path)
    slow = threading.Thread(target=lambda: answers.append(get(address, held.path)))
    slow.start()
    until(held.begun)
    group = world.client("elbv2").describe_target_groups(Names=["drain"])["TargetGroups"][0]
    world.client("ecs").update_service(cluster="drain", service="drain", desiredCount=0)
    until(lambda: world.states(group["TargetGroupArn"]) == ["draining"])
    task = world.tasks("drain", "STOPPED")[0]
    assert task["lastStatus"] == "DEACTIVATING"
    assert answers == []
    held.release()
    slow.join()
    assert answers[0][0] == 200
    until(lambda: world.tasks("drain", "STOPPED")[0]["lastStatus"] == "STOPPED")
    assert "terminated" in world.lines("drain")
    world.remove("drain")


def test_a_task_that_ignores_sigterm_is_killed_after_its_stop_timeout(world: World) -> None:
    serve(world, "stubborn", world.definition("stubborn", {"IGNORE_SIGTERM": "1"}, stopTimeout=2))
    begin = time.monotonic()
    world.remove("stubborn")
    assert time.monotonic() - begin > 1.5
    assert world.tasks("stubborn", "STOPPED")[0]["containers"][0]["exitCode"] == 137


def test_environment_is_the_definitions_and_nothing_of_the_users(
    world: World,
) -> None:
    definition = world.definition("environment", {"GREETING": "hello"})
    address = serve(world, "environment", definition)
    _, seen = get(address, "/environment")
    assert seen["GREETING"] == "hello"
    assert seen["FROM_IMAGE"] == "yes"
    assert seen["AWS_REGION"] == seen["AWS_DEFAULT_REGION"] == "us-east-1"
    assert seen["AWS_ENDPOINT_URL"] == world.cloud.endpoint
    assert not [key for key in seen if key.startswith("AWS_CONTAINER_CRED")]
    assert {"AWS_ACCESS_KEY_ID", "MINISTACK_ACCOUNT_ID", "VIRTUAL_ENV"}.isdisjoint(seen)
    world.remove("environment")


def test_the_task_role_decides_what_the_task_may_do(world: World) -> None:
    world.client("dynamodb").create_table(
        TableName="granted",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    table = "arn:aws:dynamodb:us-east-1:123456789012:table/granted"
    role = world.role(
        "granted", [{"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": table}]
    )
    address = serve(world, "granted", world.definition("granted", taskRoleArn=role))
    _, allowed = get(address, "/put-item?table=granted")
    assert ":assumed-role/granted/" in allowed["caller"]
    _, denied = get(address, "/put-item?table=other")
    assert "not authorized to perform: dynamodb:PutItem" in denied["error"]
    world.remove("granted")


def test_a_task_without_a_role_has_no_credentials(world: World) -> None:
    address = serve(world, "roleless", world.definition("roleless"))
    _, answer = get(address, "/put-item?table=any")
    assert "Unable to locate credentials" in answer["error"]
    world.remove("roleless")


def test_secrets_reach_the_task_in_plain(world: World) -> None:
    world.client("ssm").put_parameter(Name="/test/key", Value="s3cret", Type="SecureString")
    arn = "arn:aws:ssm:us-east-1:123456789012:parameter/test/key"
    role = world.role(
        "reads-secrets",
        [{"Effect": "Allow", "Action": "ssm:GetParameters", "Resource": arn}],
        managed="arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy",
    )
    secrets = [{"name": "API_KEY", "valueFrom": arn}]
    definition = world.definition("secret", executionRoleArn=role, secrets=secrets)
    assert get(serve(world, "secret", definition), "/environment")[1]["API_KEY"] == "s3cret"
    world.remove("secret")


def test_an_execution_role_that_may_not_read_the_secret_fails_the_start(world: World) -> None:
    world.client("ssm").put_parameter(Name="/test/hidden", Value="s3cret", Type="String")
    secrets = [{"name": "API_KEY", "valueFrom": "/test/hidden"}]
    task = run(world, "hidden", world.definition("hidden", secrets=secrets))
    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"].startswith(
        "ResourceInitializationError: unable to pull secrets or registry auth"
    )
    assert "is not authorized to perform: ssm:GetParameters" in task["stoppedReason"]


def test_an_execution_role_without_ecr_rights_fails_the_start(world: World) -> None:
    logs = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
    role = world.role("no-ecr", [logs])
    task = run(world, "no-ecr", world.definition("no-ecr", executionRoleArn=role))
    assert "is not authorized to perform: ecr:GetAuthorizationToken" in task["stoppedReason"]


def test_an_execution_role_that_tasks_may_not_assume_fails_the_start(world: World) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    role = world.role("not-trusting", trust=trust)
    task = run(world, "untrusted", world.definition("untrusted", executionRoleArn=role))
    assert "ECS was unable to assume the role" in task["stoppedReason"]


def test_a_missing_log_group_fails_the_start(world: World) -> None:
    log = {
        "logDriver": "awslogs",
        "options": {
            "awslogs-group": "/nowhere",
            "awslogs-region": "us-east-1",
            "awslogs-stream-prefix": "x",
        },
    }
    task = run(world, "logless", world.definition("logless", logConfiguration=log))
    assert "The specified log group does not exist" in task["stoppedReason"]


def test_a_command_that_this_machine_lacks_fails_the_start(world: World) -> None:
    task = run(world, "lacking", world.definition("lacking", command=["/opt/no-such-program"]))
    assert 'exec: "/opt/no-such-program": executable file not found' in task["stoppedReason"]


def test_an_image_that_was_never_pushed_fails_the_start(world: World) -> None:
    missing = world.image().partition("@")[0] + "@sha256:" + "0" * 64
    task = run(world, "missing", world.definition("missing", image=missing))
    assert "not found (404)" in task["stoppedReason"]


def test_a_one_off_task_runs_to_its_end_with_its_own_command(world: World) -> None:
    command = ["python3", "-c", "import os; print('migrated', os.getcwd()); raise SystemExit(7)"]
    task = run(world, "one-off", world.definition("one-off", command=command))
    assert task["containers"][0]["exitCode"] == 7
    assert task["stopCode"] == "EssentialContainerExited"
    assert any(line.startswith("migrated") for line in world.lines("one-off"))


def test_running_tasks_are_found_by_name(world: World) -> None:
    discovery = world.client("servicediscovery")
    vpc, _ = world.network()
    operation = discovery.create_private_dns_namespace(Name="test.local", Vpc=vpc)["OperationId"]
    targets = discovery.get_operation(OperationId=operation)["Operation"]["Targets"]
    registry = discovery.create_service(
        Name="api",
        NamespaceId=targets["NAMESPACE"],
        DnsConfig={"DnsRecords": [{"Type": "A", "TTL": 10}]},
    )["Service"]["Arn"]
    world.service("api", world.definition("api"), serviceRegistries=[{"registryArn": registry}])
    world.rollout("api")

    def found() -> list[dict[str, Any]]:
        answer = discovery.discover_instances(NamespaceName="test.local", ServiceName="api")
        return list(answer["Instances"])

    until(lambda: len(found()) == 2)
    instances = found()
    attributes = instances[0]["Attributes"]
    address = f"{attributes['AWS_INSTANCE_IPV4']}:{attributes['AWS_INSTANCE_PORT']}"
    assert get(address)[1]["version"] == "1"
    world.remove("api")
    assert found() == []
