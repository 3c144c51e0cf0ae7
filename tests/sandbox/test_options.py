"""The options of the components in the embedded cloud: programs of a few lines, really deployed."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config
from urllib3.exceptions import InsecureRequestWarning

from tests.sandbox.conftest import ROOT, Finished, Sandbox, environment_of

pytestmark = pytest.mark.sandbox

HEAD = """
import pulumi
from components import (
    ContainerImage, FargateWebService, Network, WebApp, allow,
)
config = pulumi.Config()
network = Network("net", {"zone_count": 2})
image = ContainerImage("img", {
    "context": "app", "architecture": config.require("architecture"), "force_delete": True,
})
def service(name, app=None, **more):
    return FargateWebService(name, {
        "app": WebApp(image=image.uri, architecture=config.require("architecture"), replicas=1,
                      **(app or {})),
        "network": network.placement,
        "execution_permissions": image.pull_policy(),
        "rollout_timeout_seconds": 120,
        **more,
    })
"""
PROJECT = """
name: slipway
runtime: python
config:
  slipway:architecture: {type: string, default: x86_64}
"""


class Options:
    """One cloud for all of them; each test deploys its own program over the last one."""

    def __init__(self, sandbox: Sandbox, project: Path) -> None:
        self.sandbox, self.project = sandbox, project

    def deploy(self, program: str, *arguments: str) -> Finished:
        (self.project / "__main__.py").write_text(HEAD + program)
        return self.sandbox.run(
            "up", "--json", "--no-verify", "--program", str(self.project), *arguments
        )

    def client(self, service: str) -> Any:
        cloud = json.loads((self.sandbox.state / "cloud.json").read_text())
        factory: Any = boto3.client  # its overloads want literal names
        return factory(
            service,
            endpoint_url=f"http://127.0.0.1:{cloud['port']}",
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(inject_host_prefix=False),  # data-127.0.0.1 is no host
        )

    @property
    def listeners(self) -> list[dict[str, Any]]:
        return list(json.loads((self.sandbox.state / "listeners.json").read_text()).values())


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Options]:
    folder = tmp_path_factory.mktemp("options")
    project = folder / "project"
    for name in ("components", "app"):
        shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
    (project / "Pulumi.yaml").write_text(PROJECT)
    (project / "Pulumi.local.yaml").write_text("config:\n  aws:region: us-east-1\n")
    sandbox = Sandbox(folder / "state", environment_of("process"))
    yield Options(sandbox, project)
    sandbox.run("down")
    assert sandbox.processes() == []


def _ok(done: Finished) -> Any:
    assert done.code == 0, done.text
    return done.document["outputs"]


def test_three_services_share_one_load_balancer_by_path(options: Options) -> None:
    outputs = _ok(
        options.deploy(
            """
def named(name):
    return {"environment": {"APP_VERSION": name}}
a = service("a", named("A"))
b = service("b", named("B"), cluster_arn=a.cluster_arn, cluster_name=a.cluster_name,
    attach={"to": a.attachment, "priority": 10, "path_patterns": ["/api/products"]})
c = service("c", named("C"), cluster_arn=a.cluster_arn, cluster_name=a.cluster_name,
    attach={"to": a.attachment, "priority": 20, "host_headers": ["c.example.com"]})
pulumi.export("url", a.url)
"""
        )
    )
    balancers = options.client("elbv2").describe_load_balancers()["LoadBalancers"]
    assert len(balancers) == 1
    url = outputs["url"]
    assert requests.get(f"{url}/", timeout=60).json()["version"] == "A"
    assert requests.get(f"{url}/api/products", timeout=60).status_code == 200
    by_host = requests.get(f"{url}/", headers={"Host": "c.example.com"}, timeout=60)
    assert by_host.json()["version"] == "C"
    assert _who_logged(options.client("logs"), "/api/products") == {"b"}


def _who_logged(logs: Any, path: str) -> set[str]:
    """Components whose log group has a request of this path; the log arrives a little later."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        groups = [item["logGroupName"] for item in logs.describe_log_groups()["logGroups"]]
        found = {
            group.partition("-")[0]
            for group in groups
            if path in str(logs.filter_log_events(logGroupName=group)["events"])
        }
        if found:
            return found
        time.sleep(0.2)
    return set()


def test_a_domain_brings_https_the_redirect_and_the_alias_record(options: Options) -> None:
    zone = (
        options.client("route53")
        .create_hosted_zone(Name="example.com", CallerReference="domain")["HostedZone"]["Id"]
        .rpartition("/")[2]
    )
    outputs = _ok(
        options.deploy(
            f"""
shop = service("shop", {{"domain": {{"name": "shop.example.com", "zone_id": "{zone}"}}}})
pulumi.export("url", shop.url)
pulumi.export("dns", shop.load_balancer_dns_name)
"""
        )
    )
    assert outputs["url"] == "https://shop.example.com"
    plain = requests.get(
        f"http://{outputs['dns']}/cart",
        headers={"Host": "shop.example.com"},
        allow_redirects=False,
        timeout=60,
    )
    assert plain.status_code == 301
    assert plain.headers["Location"].startswith("https://")
    assert plain.headers["Location"].endswith("/cart")
    secure = next(item for item in options.listeners if item["protocol"] == "HTTPS")
    with pytest.warns(InsecureRequestWarning):  # the sandbox signs its certificates itself
        served = requests.get(secure["url"], verify=False, timeout=60)
    assert served.json()["message"] == "Hello from ECS Fargate!"
    records = options.client("route53").list_resource_record_sets(HostedZoneId=zone)
    alias = [
        item
        for item in records["ResourceRecordSets"]
        if item["Name"] == "shop.example.com." and item["Type"] == "A"
    ]
    assert len(alias) == 1
    assert alias[0]["AliasTarget"]["DNSName"].rstrip(".") == outputs["dns"]


def test_secrets_reach_the_task_and_only_those_it_names(options: Options) -> None:
    options.deploy("")
    arns = {}
    for name in ("named", "other"):
        options.client("ssm").put_parameter(
            Name=f"/shop/{name}", Value=f"{name}-version", Type="SecureString", Overwrite=True
        )
        parameter = options.client("ssm").get_parameter(Name=f"/shop/{name}")["Parameter"]
        arns[name] = parameter["ARN"]
    outputs = _ok(
        options.deploy(
            f"""
shop = service("shop", {{"secrets": {{"APP_VERSION": "{arns["named"]}"}}}})
pulumi.export("url", shop.url)
pulumi.export("service", shop.service_name)
pulumi.export("cluster", shop.cluster_name)
"""
        )
    )
    assert requests.get(outputs["url"], timeout=60).json()["version"] == "named-version"
    ecs, iam = options.client("ecs"), options.client("iam")
    described = ecs.describe_services(cluster=outputs["cluster"], services=[outputs["service"]])
    definition = described["services"][0]["taskDefinition"]
    task = ecs.describe_task_definition(taskDefinition=definition)["taskDefinition"]
    verdicts = {
        result["EvalResourceName"]: result["EvalDecision"]
        for arn in arns.values()
        for result in iam.simulate_principal_policy(
            PolicySourceArn=task["executionRoleArn"],
            ActionNames=["ssm:GetParameters"],
            ResourceArns=[arn],
        )["EvaluationResults"]
    }
    assert verdicts == {arns["named"]: "allowed", arns["other"]: "implicitDeny"}


def test_a_migration_gates_the_rollout(options: Options) -> None:
    gate = """
shop = service("shop", {{"environment": {{"APP_VERSION": "{version}"}}}},
    before_deploy={{"command": ["python3", "-c", "{code}"], "timeout_seconds": 60}})
pulumi.export("url", shop.url)
"""
    code = "print('migrated')"
    outputs = _ok(options.deploy(gate.format(version="1.0", code=code)))
    url = outputs["url"]
    assert requests.get(url, timeout=60).json()["version"] == "1.0"
    broken = "import sys; print('table is locked'); sys.exit(3)"
    refused = options.deploy(gate.format(version="2.0", code=broken))
    assert refused.code == 1
    assert "table is locked" in refused.text
    assert "exit code 3" in refused.text
    assert requests.get(url, timeout=60).json()["version"] == "1.0", "traffic must not have moved"


def test_tasks_are_found_under_a_private_name(options: Options) -> None:
    _ok(
        options.deploy(
            """
shop = service("shop", discovery={"namespace": "shop.internal"})
"""
        )
    )
    found = options.client("servicediscovery").discover_instances(
        NamespaceName="shop.internal", ServiceName="shop"
    )["Instances"]
    assert len(found) == 1
    where = found[0]["Attributes"]
    peer = f"http://{where['AWS_INSTANCE_IPV4']}:{where['AWS_INSTANCE_PORT']}"
    assert requests.get(f"{peer}/health", timeout=60).json() == {"status": "healthy"}


def test_scaling_spot_insights_and_nat_deploy(options: Options) -> None:
    done = options.deploy(
        """
private = Network("private", {"zone_count": 2, "cidr": "10.1.0.0/16", "nat": "single"})
shop = FargateWebService("shop", {
    "app": WebApp(image=image.uri, architecture=config.require("architecture"), exec=True,
                  read_only_root=False,
                  scaling={"memory_percent": 80, "requests_per_target": 500}),
    "network": private.placement,
    "execution_permissions": image.pull_policy(),
    "spot_percent": 50,
    "container_insights": "enhanced",
})
pulumi.export("url", shop.url)
"""
    )
    outputs = _ok(done)
    assert requests.get(outputs["url"], timeout=60).status_code == 200
    recorded = {
        item["type"] for item in done.document["resources"] if item["verdict"] == "recorded"
    }
    assert recorded == {"aws:appautoscaling/target:Target", "aws:appautoscaling/policy:Policy"}


def test_a_task_may_do_what_its_role_allows_and_nothing_else(
    options: Options, tmp_path: Path
) -> None:
    ssm: Callable[..., Any] = options.client("ssm").put_parameter
    for name in ("mine", "theirs"):
        ssm(Name=f"/task/{name}", Value=f"value-of-{name}", Type="String", Overwrite=True)
    code = (
        "import boto3\\n"
        "ssm = boto3.client('ssm')\\n"
        "print(ssm.get_parameter(Name='/task/mine')['Parameter']['Value'])\\n"
        "try:\\n"
        "    print(ssm.get_parameter(Name='/task/theirs')['Parameter']['Value'])\\n"
        "except Exception as error:\\n"
        "    print(type(error).__name__, 'AccessDenied' in str(error))\\n"
    )
    arn = options.client("ssm").get_parameter(Name="/task/mine")["Parameter"]["ARN"]
    outputs = _ok(
        options.deploy(
            f"""
shop = service("shop", {{"permissions": [allow("ssm:GetParameter", "{arn}")]}},
    before_deploy={{"command": ["python3", "-c", "{code}"], "timeout_seconds": 60}})
pulumi.export("log_group", shop.log_group_name)
"""
        )
    )
    events = options.client("logs").filter_log_events(logGroupName=outputs["log_group"])["events"]
    lines = [item["message"] for item in events]
    assert "value-of-mine" in lines
    assert "ClientError True" in lines or "AccessDeniedException True" in lines
    assert "value-of-theirs" not in lines
