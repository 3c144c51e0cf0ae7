"""What the cloud's tests share: boto3 clients and a web service made of one call."""

import http.client
import json
import time
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import boto3
from botocore.config import Config

from sandbox.cloud import Cloud
from sandbox.images import build_and_push

T = TypeVar("T")
PATIENCE_SECONDS = 90.0
"""Longest wait for what must come by itself; green, it costs nothing."""
APP = Path(__file__).parent / "app"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ecs-tasks.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
EXECUTION = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"


class World:
    """One cloud and how the tests use it. Names are the caller's and must be unique."""

    def __init__(self, cloud: Cloud, state: Path) -> None:
        self.cloud, self.state = cloud, state

    @cache  # noqa: B019 - one world lives as long as the test session
    def client(self, name: str) -> Any:
        return boto3.client(
            name,  # type: ignore[call-overload]
            endpoint_url=self.cloud.endpoint,
            region_name=self.cloud.region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            # Cloud Map's data plane would be looked for at data-127.0.0.1.
            config=Config(inject_host_prefix=False),
        )

    @cache  # noqa: B019
    def image(self, context: Path = APP) -> str:
        """The test app in ECR, by digest."""
        made = self.client("ecr").create_repository(repositoryName=f"test/{context.name}")
        uri = made["repository"]["repositoryUri"]
        digest = build_and_push(self.cloud.engine, context=context, repository=uri, tag="1")
        return f"{uri}@{digest}"

    @cache  # noqa: B019
    def network(self) -> tuple[str, str]:
        ec2 = self.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.7.1.0/24")["Subnet"]["SubnetId"]
        return vpc, subnet

    def role(
        self,
        name: str,
        statements: list[dict[str, Any]] | None = None,
        managed: str | None = None,
        trust: Mapping[str, Any] = TRUST,
    ) -> str:
        iam = self.client("iam")
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
        if managed:
            iam.attach_role_policy(RoleName=name, PolicyArn=managed)
        if statements:
            document = {"Version": "2012-10-17", "Statement": statements}
            iam.put_role_policy(
                RoleName=name, PolicyName="inline", PolicyDocument=json.dumps(document)
            )
        return str(made["Role"]["Arn"])

    @cache  # noqa: B019
    def execution_role(self) -> str:
        return self.role("test-execution", managed=EXECUTION)

    def log_group(self, name: str) -> str:
        logs = self.client("logs")
        if not logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]:
            logs.create_log_group(logGroupName=name)
        return name

    def definition(
        self, family: str, environment: Mapping[str, str] | None = None, **changes: Any
    ) -> str:
        """Register a task definition of the test app; ``changes`` go to the container."""
        top = {
            key: changes.pop(key) for key in ("taskRoleArn", "executionRoleArn") if key in changes
        }
        container = {
            "name": "app",
            "image": self.image() if "image" not in changes else changes["image"],
            "essential": True,
            "stopTimeout": 60,
            "portMappings": [{"containerPort": 5000}],
            "environment": [{"name": k, "value": v} for k, v in (environment or {}).items()],
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": self.log_group("/test"),
                    "awslogs-region": self.cloud.region,
                    "awslogs-stream-prefix": family,
                },
            },
            **changes,
        }
        made = self.client("ecs").register_task_definition(
            family=family,
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            containerDefinitions=[container],
            **{"executionRoleArn": self.execution_role(), **top},
        )
        return str(made["taskDefinition"]["taskDefinitionArn"])

    def load_balancer(self, name: str, **check: Any) -> tuple[str, str, str]:
        """A load balancer with an HTTP listener: (address, listener ARN, target group ARN)."""
        elb = self.client("elbv2")
        vpc, subnet = self.network()
        balancer = elb.create_load_balancer(Name=name, Subnets=[subnet])["LoadBalancers"][0]
        group = elb.create_target_group(
            Name=name,
            Protocol="HTTP",
            Port=5000,
            VpcId=vpc,
            TargetType="ip",
            **{
                "HealthCheckPath": "/health",
                # A busy machine is no reason to judge a target that works.
                "HealthCheckIntervalSeconds": 20,
                "HealthCheckTimeoutSeconds": 15,
                "UnhealthyThresholdCount": 2,
                **check,
            },
        )["TargetGroups"][0]["TargetGroupArn"]
        listener = elb.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"],
            Port=80,
            Protocol="HTTP",
            DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
        )["Listeners"][0]["ListenerArn"]
        return balancer["DNSName"], listener, group

    def service(self, name: str, definition: str, group: str | None = None, **changes: Any) -> None:
        ecs = self.client("ecs")
        ecs.create_cluster(clusterName=name)
        balancers = [{"targetGroupArn": group, "containerName": "app", "containerPort": 5000}]
        ecs.create_service(
            cluster=name,
            serviceName=name,
            taskDefinition=definition,
            launchType="FARGATE",
            networkConfiguration={"awsvpcConfiguration": {"subnets": [self.network()[1]]}},
            **{
                "desiredCount": 2,
                "deploymentConfiguration": {
                    "minimumHealthyPercent": 100,
                    "maximumPercent": 200,
                    "deploymentCircuitBreaker": {"enable": True, "rollback": True},
                },
                **({"loadBalancers": balancers} if group else {}),
                **changes,
            },
        )

    def deployments(self, name: str) -> list[dict[str, Any]]:
        found = self.client("ecs").describe_services(cluster=name, services=[name])
        return list(found["services"][0]["deployments"])

    def rollout(self, name: str, state: str = "COMPLETED") -> dict[str, Any]:
        """Wait until the primary deployment is in ``state``."""
        return until(
            lambda: [
                deployment
                for deployment in self.deployments(name)
                if deployment["status"] == "PRIMARY" and deployment["rolloutState"] == state
            ],
            complaint=lambda: json.dumps(self.explained(name), indent=1, default=str),
        )[0]

    def explained(self, name: str) -> dict[str, Any]:
        service = self.client("ecs").describe_services(cluster=name, services=[name])
        return {
            "events": [e["message"] for e in service["services"][0]["events"][:5]],
            "deployments": self.deployments(name),
            "tasks": [
                (task["lastStatus"], task["healthStatus"], task.get("stoppedReason"))
                for task in self.tasks(name) + self.tasks(name, "STOPPED")
            ],
        }

    def tasks(self, name: str, status: str = "RUNNING") -> list[dict[str, Any]]:
        ecs = self.client("ecs")
        arns = ecs.list_tasks(cluster=name, desiredStatus=status)["taskArns"]
        return list(ecs.describe_tasks(cluster=name, tasks=arns)["tasks"]) if arns else []

    def remove(self, name: str) -> None:
        """Delete the service and wait until its tasks are gone."""
        self.client("ecs").delete_service(cluster=name, service=name, force=True)
        until(lambda: all(task["lastStatus"] == "STOPPED" for task in self.tasks(name, "STOPPED")))

    def states(self, group: str) -> list[str]:
        """The health states of a target group's targets."""
        found = self.client("elbv2").describe_target_health(TargetGroupArn=group)
        return [item["TargetHealth"]["State"] for item in found["TargetHealthDescriptions"]]

    def lines(self, prefix: str) -> list[str]:
        """Log lines of the tasks of a family."""
        found = self.client("logs").filter_log_events(
            logGroupName="/test", logStreamNamePrefix=prefix
        )
        return [event["message"] for event in found["events"]]


class Held:
    """Requests to the test app, as a process, that are answered when the test says so."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.path = f"/held?folder={folder}"

    def begun(self) -> int:
        """How many requests have come."""
        return len(list(self._folder.glob("begun-*")))

    def release(self) -> None:
        """Answer them."""
        (self._folder / "go").touch()


def get(address: str, path: str = "/", headers: Mapping[str, str] | None = None) -> tuple[int, Any]:
    """GET once; returns status and parsed JSON (or text)."""
    connection = http.client.HTTPConnection(address, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", path, headers=dict(headers or {}))
        answer = connection.getresponse()
        body = answer.read().decode()
    finally:
        connection.close()
    try:
        return answer.status, json.loads(body)
    except ValueError:
        return answer.status, body


def until(
    question: Callable[[], T],
    seconds: float = PATIENCE_SECONDS,
    complaint: Callable[[], str] = lambda: "",
) -> T:
    """Ask until the answer is true; fail after ``seconds``."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := question():
            return answer
        time.sleep(0.1)
    raise AssertionError(f"still not true after {seconds} s {complaint()}")
