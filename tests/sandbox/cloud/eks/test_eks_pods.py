"""Pods of a cluster run, and call AWS as the role of their service account or as nobody."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.kubernetes.client import Api

from ...kubernetes.pods import address, get_quietly, pod_spec, ready
from ..world import until
from .eks_world import EksWorld, trust

pytestmark = pytest.mark.sandbox

NAME = "pods"
AGENT = "eks-pod-identity-agent"


@pytest.fixture(scope="module")
def api(real: EksWorld) -> Iterator[Api]:
    """A cluster with two nodes, two tables, and a role that may write into one of them."""
    assert real.cluster(NAME)["status"] == "ACTIVE"
    real.group(NAME, "web", scalingConfig={"minSize": 2, "maxSize": 2, "desiredSize": 2})
    for table in ("allowed", "forbidden"):
        real.client("dynamodb").create_table(
            TableName=table,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    statement = {"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": "*"}
    statement["Resource"] = "arn:aws:dynamodb:us-east-1:123456789012:table/allowed"
    pods = trust("pods.eks.amazonaws.com", "sts:AssumeRole", "sts:TagSession")
    role = real.role("pods-writer", [statement], trust=pods)
    api = real.api(NAME)
    for account in ("writer", "nobody"):
        metadata = {"name": account, "namespace": "default"}
        api.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
    real.eks.create_pod_identity_association(
        clusterName=NAME, namespace="default", serviceAccount="writer", roleArn=role
    )
    yield api
    assert _processes(real)
    real.remove_group(NAME, "web")
    real.remove(NAME)
    assert _processes(real) == []


def run(real: EksWorld, api: Api, name: str, account: str) -> str:
    """A pod and its Service; the address at which it answers."""
    region = [{"name": "AWS_DEFAULT_REGION", "value": real.cloud.region}]
    given = {"image": real.image(), "env": region, "spec": {"serviceAccountName": account}}
    spec = pod_spec(given)
    metadata = {"name": name, "namespace": "default", "labels": {"app": name}}
    api.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
    ports = [{"port": 80, "targetPort": "http"}]
    balanced = {"type": "LoadBalancer", "selector": {"app": name}, "ports": ports}
    api.create({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": balanced})
    until(lambda: ready(api.get("v1", "Pod", name, "default") or {}))
    return str(until(lambda: address(api.get("v1", "Service", name, "default") or {})))


def put(where: str, table: str) -> dict[str, Any]:
    found = until(lambda: get_quietly(where, f"/put-item?table={table}"))
    assert found is not None
    answer: dict[str, Any] = found[1]
    return answer


def test_without_the_agent_or_an_association_a_pod_is_nobody(real: EksWorld, api: Api) -> None:
    where = run(real, api, "early", "writer")
    assert "Unable to locate credentials" in put(where, "allowed")["error"]
    real.eks.create_addon(clusterName=NAME, addonName=AGENT)
    real.eks.get_waiter("addon_active").wait(
        clusterName=NAME, addonName=AGENT, WaiterConfig={"Delay": 1}
    )
    where = run(real, api, "other", "nobody")
    assert "Unable to locate credentials" in put(where, "allowed")["error"]


def test_a_pod_may_do_what_the_role_of_its_service_account_may(real: EksWorld, api: Api) -> None:
    where = run(real, api, "late", "writer")
    answer = put(where, "allowed")
    assert f"assumed-role/pods-writer/eks-{NAME}-late-" in answer.get("caller", ""), answer
    refused = put(where, "forbidden")["error"]
    assert "AccessDenied" in refused
    assert "dynamodb:PutItem" in refused


def test_the_pods_output_is_among_the_logs(real: EksWorld, api: Api) -> None:
    log = real.state / "logs" / f"eks-{NAME}-default-late-web.log"
    assert "serving version" in log.read_text()


def _processes(real: EksWorld) -> list[str]:
    """Command lines of the pods that run."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            variables = (place / "environ").read_bytes().split(b"\0")
            line = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if b"AWS_ENDPOINT_URL=" + real.cloud.endpoint.encode() in variables and "server.py" in line:
            found.append(json.dumps(line))
    return found
