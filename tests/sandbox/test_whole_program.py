"""The whole program in the embedded cloud: deployed once, looked at, updated in place."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests

from sandbox.cloud.bridge import gateway_address
from sandbox.kubernetes import build
from tests.sandbox.conftest import ROOT, Finished, Sandbox, environment_of, images_of

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def sandbox(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    state = tmp_path_factory.mktemp("sandbox") / "state"
    sandbox = Sandbox(state, environment_of(engine))
    yield sandbox
    sandbox.run("down")


@pytest.fixture(scope="module")
def up(sandbox: Sandbox) -> Finished:
    return sandbox.run("up", "--json")


@pytest.fixture(scope="module")
def outputs(up: Finished) -> Any:
    assert up.code == 0, up.text
    return up.document["outputs"]


@pytest.fixture(scope="module")
def aws(sandbox: Sandbox, outputs: Any) -> Any:
    """A boto3 session with what `. .sandbox/env` sets."""
    env = _shell(sandbox)
    return lambda service: boto3.client(
        service,
        endpoint_url=env["AWS_ENDPOINT_URL"],
        region_name=env["AWS_REGION"],
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
    )


def test_up_deploys_the_program_and_every_journey_passes(up: Finished, engine: str) -> None:
    assert not _failed(up)
    assert up.code == 0, up.text
    assert up.document["cloud"]["engine"] == engine
    journeys = up.document["journeys"]
    # Where no control plane has been built, and only there, some cannot be taken.
    skipped = [item["evidence"][-1] for item in journeys if item["verdict"] == "skipped"]
    assert len(skipped) == (7 if build.binaries() is None else 0), skipped
    assert all("the mock runs no pods" in reason for reason in skipped)


def _failed(up: Finished) -> dict[str, Any]:
    """Evidence of the journeys that failed, by title."""
    journeys = up.document["journeys"] if up.out else []
    return {item["title"]: item["evidence"] for item in journeys if item["verdict"] == "failed"}


def test_the_storefront_answers_json_to_programs_and_a_page_to_browsers(outputs: Any) -> None:
    url = outputs["storefront_url"]
    answer = requests.get(f"{url}/", timeout=60)
    assert answer.status_code == 200
    assert answer.json()["message"] == "Hello from ECS Fargate!"
    assert answer.json()["version"] == "1.0"
    page = requests.get(f"{url}/", headers={"Accept": "text/html"}, timeout=60)
    assert page.headers["Content-Type"].startswith("text/html")
    assert requests.get(f"{url}/health", timeout=60).json() == {"status": "healthy"}
    assert requests.get(f"{url}/ready", timeout=60).status_code == 200


def test_both_tasks_serve(outputs: Any) -> None:
    hosts = {
        requests.get(f"{outputs['storefront_url']}/", timeout=60).json()["hostname"]
        for _ in range(20)
    }
    assert len(hosts) == 2, hosts


def test_aws_tools_show_what_a_reader_of_the_program_expects(outputs: Any, aws: Any) -> None:
    ecs = aws("ecs")
    cluster = outputs["storefront_cluster"]
    service = ecs.describe_services(cluster=cluster, services=[outputs["storefront_service"]])[
        "services"
    ][0]
    assert (service["desiredCount"], service["runningCount"]) == (2, 2)
    assert service["deploymentConfiguration"]["deploymentCircuitBreaker"] == {
        "enable": True,
        "rollback": True,
    }
    task = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    assert (task["cpu"], task["memory"], task["networkMode"]) == ("256", "512", "awsvpc")
    container = task["containerDefinitions"][0]
    assert container["image"] == outputs["image_uri"]
    repository, _, digest = container["image"].partition("@")
    images = aws("ecr").describe_images(
        repositoryName=repository.partition("/")[2], imageIds=[{"imageDigest": digest}]
    )["imageDetails"]
    assert images[0]["imageDigest"] == digest
    assert images[0]["imageTags"]

    group = outputs["storefront_log_group"]
    described = aws("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]
    assert described["retentionInDays"] == 7

    role = aws("iam").get_role(RoleName=task["executionRoleArn"].rpartition("/")[2])["Role"]
    principal = role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]
    assert principal == {"Service": "ecs-tasks.amazonaws.com"}

    health = aws("elbv2").describe_target_health(
        TargetGroupArn=service["loadBalancers"][0]["targetGroupArn"]
    )["TargetHealthDescriptions"]
    assert [item["TargetHealth"]["State"] for item in health] == ["healthy", "healthy"]


def test_only_the_load_balancer_reaches_the_tasks(outputs: Any, aws: Any) -> None:
    ecs, ec2 = aws("ecs"), aws("ec2")
    service = ecs.describe_services(
        cluster=outputs["storefront_cluster"], services=[outputs["storefront_service"]]
    )["services"][0]
    groups = service["networkConfiguration"]["awsvpcConfiguration"]["securityGroups"]
    balancers = aws("elbv2").describe_load_balancers()["LoadBalancers"]
    allowed = [
        (rule["FromPort"], rule["ToPort"], rule.get("CidrIpv4"), _peer(rule))
        for rule in ec2.describe_security_group_rules(
            Filters=[{"Name": "group-id", "Values": groups}]
        )["SecurityGroupRules"]
        if not rule["IsEgress"]
    ]
    assert allowed == [(5000, 5000, None, balancers[0]["SecurityGroups"][0])]


def _peer(rule: Any) -> str | None:
    peer = rule.get("ReferencedGroupInfo", {}).get("GroupId")
    return str(peer) if peer else None


def test_the_emulators_own_way_in_reaches_the_tasks_too(
    sandbox: Sandbox, outputs: Any, aws: Any
) -> None:
    # Without help it would call the made-up addresses of the process engine on the network.
    name = aws("elbv2").describe_load_balancers()["LoadBalancers"][0]["LoadBalancerName"]
    endpoint = sandbox.run("status", "--json").document["cloud"]["endpoint"]
    answer = requests.get(f"{endpoint}/_alb/{name}/health", timeout=60)
    assert answer.json() == {"status": "healthy"}


def test_logs_reach_the_log_group(sandbox: Sandbox, outputs: Any) -> None:
    requests.get(f"{outputs['storefront_url']}/api/products?from=the-test", timeout=60)
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        shown = sandbox.run("logs", "--lines", "200")
        if "/api/products" in shown.out:
            return
        time.sleep(0.5)
    pytest.fail(f"no access log line arrived: {shown.text[-500:]}")


def test_a_second_up_changes_nothing(sandbox: Sandbox, outputs: Any) -> None:
    again = sandbox.run("up", "--json")
    assert not _failed(again)
    assert again.code == 0, again.text
    assert {item["op"] for item in again.document["resources"]} == {"unchanged"}
    assert again.document["outputs"] == outputs
    assert "already runs" in again.err


def test_the_health_command_finds_what_is_not_well_and_its_next_step(
    sandbox: Sandbox, outputs: Any, aws: Any, tmp_path: Path
) -> None:
    exported = tmp_path / "outputs.json"
    exported.write_text(sandbox.run("outputs", "--json").out)
    health = [sys.executable, "-m", "components.health", "--outputs", str(exported)]
    environment = {**os.environ, **_shell(sandbox)}

    def ask() -> tuple[int, str]:
        done = subprocess.run(
            health, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + done.stderr

    def until(code: int) -> str:
        # What the journeys broke on purpose may still ring.
        deadline = time.monotonic() + 300
        while (answer := ask())[0] != code and time.monotonic() < deadline:
            time.sleep(2)
        assert answer[0] == code, answer[1]
        return answer[1]

    until(0)
    sqs, queue = aws("sqs"), outputs["failed_orders_queue_url"]
    sqs.send_message(QueueUrl=queue, MessageBody='{"order": {"orderId": "ORD-LOST"}}')
    said = until(1)
    assert "failed-orders" in said
    assert "->" in said, "no next step"
    sqs.purge_queue(QueueUrl=queue)
    until(0)


def _shell(sandbox: Sandbox) -> dict[str, str]:
    """What `. .sandbox/env` sets."""
    lines = (sandbox.state / "env").read_text().splitlines()
    return dict(line.removeprefix("export ").split("=", 1) for line in lines if "export" in line)


class Caller(threading.Thread):
    """A client that keeps calling, and remembers what came back."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.versions: list[str] = []
        self.failures: list[str] = []
        self._stop_it = threading.Event()

    def run(self) -> None:
        with requests.Session() as session:
            while not self._stop_it.is_set():
                try:
                    answer = session.get(self.url, timeout=60)
                    answer.raise_for_status()
                    self.versions.append(answer.json()["version"])
                except (requests.RequestException, ValueError) as error:
                    self.failures.append(str(error))
                time.sleep(0.005)

    def await_version(self, version: str) -> None:
        """Wait until this one answers, or something has failed."""
        deadline = time.monotonic() + 90
        while self.versions[-10:] != [version] * 10 and not self.failures:
            assert time.monotonic() < deadline, f"{version} never came: {self.versions[-10:]}"
            time.sleep(0.01)

    def finish(self) -> None:
        self._stop_it.set()
        self.join()


def test_a_new_version_rolls_out_without_a_failed_request(
    sandbox: Sandbox, outputs: Any, engine: str, capsys: pytest.CaptureFixture[str]
) -> None:
    caller = Caller(f"{outputs['storefront_url']}/")
    caller.start()
    try:
        caller.await_version("1.0")
        updated = sandbox.run("deploy", "--json", "-c", "appVersion=2.0")
        caller.await_version("2.0")
    finally:
        caller.finish()
    assert updated.code == 0, updated.text
    with capsys.disabled():
        print(
            f"\n{engine}: {len(caller.versions) + len(caller.failures)} calls during the rollout, "
            f"{len(caller.failures)} failed, {caller.versions.count('1.0')} answered by 1.0 and "
            f"{caller.versions.count('2.0')} by 2.0"
        )
    assert caller.failures == []
    assert caller.versions[0] == "1.0"
    assert caller.versions[-1] == "2.0"
    assert set(caller.versions) == {"1.0", "2.0"}
    changed = {
        item["type"]: item["op"]
        for item in updated.document["resources"]
        if item["op"] != "unchanged"
    }
    assert changed == {
        "aws:ecs/taskDefinition:TaskDefinition": "replaced",
        "aws:ecs/service:Service": "updated",
        "kubernetes:apps/v1:Deployment": "updated",
    }


def test_status_and_outputs_answer_for_scripts(sandbox: Sandbox, outputs: Any) -> None:
    assert sandbox.run("outputs", "storefront_url").out.strip() == outputs["storefront_url"]
    assert sandbox.run("outputs", "--json").document == outputs
    assert sandbox.run("status", "--json").document["running"] is True
    alarms = sandbox.run("outputs", "alarms").document
    assert alarms == outputs["alarms"]
    assert f"{len(alarms)} entries: python -m sandbox outputs alarms" in sandbox.run("outputs").text
    missing = sandbox.run("outputs", "storefront_ulr")
    assert missing.code == 2
    assert "This stack exports no 'storefront_ulr'. It exports: alarm_topic_arn, " in missing.text


def test_the_sandbox_listens_on_loopback_alone(sandbox: Sandbox, outputs: Any) -> None:
    import psutil

    cloud = psutil.Process(sandbox.run("status", "--json").document["cloud"]["pid"])
    addresses = set()
    for process in [cloud, *cloud.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):  # functions come and go
            addresses |= {
                connection.laddr.ip
                for connection in process.net_connections("inet")
                if connection.status == psutil.CONN_LISTEN
            }
    bridge = _docker_bridge() if "docker" in sandbox.environment["SANDBOX_ENGINE"] else set()
    assert addresses - bridge == {"127.0.0.1"}


def _docker_bridge() -> set[str | None]:
    import docker

    client = docker.from_env()
    try:
        return {gateway_address(client)}
    finally:
        client.close()


def test_down_leaves_no_process_and_no_container(
    sandbox: Sandbox, outputs: Any, engine: str
) -> None:
    if engine == "docker":
        # Two tasks, and as many pods as the autoscaler wants where there is a control plane.
        assert len(sandbox.containers()) >= 2
        assert images_of(outputs["image_uri"].partition("/")[0]) != []
    else:
        assert sum("gunicorn" in line for line in sandbox.processes()) >= 2
    down = sandbox.run("down")
    assert (down.code, "The sandbox is down." in down.text) == (0, True), down.text
    assert sandbox.processes() == []
    if engine == "docker":
        assert sandbox.containers() == []
        assert images_of(outputs["image_uri"].partition("/")[0]) == []
    assert sandbox.run("status", "--json").document == {"running": False}


def test_down_without_a_sandbox_is_no_error(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path / "state", environment_of("process"))
    assert "No sandbox was running" in sandbox.run("down").text
    assert sandbox.run("status", "--json").document == {"running": False}
