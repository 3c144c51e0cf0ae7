"""A real control plane: private, like EKS in what it allows, and gone when it is stopped."""

import itertools
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.cloud.errors import CloudError
from sandbox.cloud.sessions import started
from sandbox.kubernetes import annotations, build, children, kubeconfig, nodes, plane
from sandbox.kubernetes.client import Api, Refused, connect

from .conftest import node

pytestmark = pytest.mark.sandbox

RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}
SIMULATED = {annotations.SIMULATED: annotations.TRUE}
_numbers = itertools.count()


@pytest.fixture
def namespace(api: Api) -> Iterator[str]:
    name = f"test-{next(_numbers)}"
    api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    until(lambda: api.get("v1", "ServiceAccount", "default", name))
    yield name
    api.delete("v1", "Namespace", name)
    for found in api.list("v1", "Pod", name):
        api.delete("v1", "Pod", found["metadata"]["name"], name, grace_seconds=0)


def until(check: Callable[[], Any], seconds: float = 90) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
    return found


def pod(namespace: str, name: str = "one", **metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, **metadata},
        "spec": {"containers": [{"name": "main", "image": "example"}]},
    }


def deployment(namespace: str, replicas: int, **spec: Any) -> dict[str, Any]:
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels, "annotations": SIMULATED}}
    containers = [{"name": "main", "image": "example"}]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": namespace},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {**template, "spec": {"containers": containers, **spec}},
        },
    }


def is_ready(pod: dict[str, Any]) -> bool:
    conditions = pod.get("status", {}).get("conditions") or []
    return any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)


def ready_on(api: Api, namespace: str) -> list[str]:
    """The nodes of the ready pods, one entry a pod."""
    found = [item for item in api.list("v1", "Pod", namespace) if is_ready(item)]
    return sorted(
        item["spec"]["nodeName"] for item in found if "deletionTimestamp" not in item["metadata"]
    )


def test_is_the_version_that_was_built(control_plane: plane.ControlPlane) -> None:
    assert control_plane.version == f"v{build.kubernetes_version()}"
    assert control_plane.ended() is None


def test_listens_on_loopback_only(control_plane: plane.ControlPlane) -> None:
    inodes = set()
    for child in control_plane._children.values():
        for entry in Path(f"/proc/{child.pid}/fd").iterdir():
            if (match := re.match(r"socket:\[(\d+)\]", str(entry.readlink()))) is not None:
                inodes.add(match[1])
    listening = [
        fields[1].partition(":")[0]
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        if (fields := line.split())[3] == "0A" and fields[9] in inodes
    ]
    assert len(listening) >= len(control_plane._children)
    assert set(listening) == {"0100007F"}


def test_the_official_client_takes_its_kubeconfig(control_plane: plane.ControlPlane) -> None:
    from kubernetes import client, config

    core = client.CoreV1Api(config.new_client_from_config_dict(control_plane.kubeconfig))
    assert len(core.list_node().items) == 3
    core.api_client.close()


def test_keys_and_kubeconfigs_are_for_this_user_only(control_plane: plane.ControlPlane) -> None:
    folder = control_plane.folder
    secret = [*folder.glob("pki/*.key"), *folder.glob("kubeconfigs/*")]
    assert len(secret) > 10
    assert {path.stat().st_mode & 0o777 for path in secret} == {0o600}


def test_nobody_reads_the_store_past_the_api(control_plane: plane.ControlPlane) -> None:
    assert not children.healthy(f"https://127.0.0.1:{control_plane._ports.etcd}/health")


def test_a_stranger_and_a_service_account_may_not_read_secrets(
    api: Api, control_plane: plane.ControlPlane, namespace: str
) -> None:
    stranger = kubeconfig.read(_without_credentials(control_plane))
    with pytest.raises(Refused, match='User "system:anonymous" cannot') as refused:
        Api(stranger).list("v1", "Secret", namespace)
    assert refused.value.status == 403

    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/default/token"
    token = api.request("POST", path, body={"spec": {}})["status"]["token"]
    document = {**_without_credentials(control_plane)}
    document["users"] = [{"name": "tests", "user": {"token": token}}]
    with pytest.raises(Refused, match=f"system:serviceaccount:{namespace}:default"):
        connect(document).list("v1", "Secret", namespace)


def test_a_pod_that_breaks_pod_security_is_refused_with_the_reason(
    api: Api, namespace: str
) -> None:
    api.patch("v1", "Namespace", namespace, patch={"metadata": {"labels": RESTRICTED}})
    with pytest.raises(Refused, match='violates PodSecurity "restricted') as refused:
        api.apply(pod(namespace), manager="test")
    assert refused.value.status == 403
    assert "allowPrivilegeEscalation != false" in str(refused.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"replicas": "three"}, "expected numeric"),
        ({"replica": 3}, "field not declared in schema"),
        ({"selector": {"matchLabels": {"app": "other"}}}, "`selector` does not match"),
    ],
)
def test_an_invalid_manifest_is_refused_with_the_servers_message(
    api: Api, namespace: str, change: dict[str, Any], message: str
) -> None:
    manifest = deployment(namespace, 1)
    manifest["spec"].update(change)
    with pytest.raises(Refused, match=re.escape(message)):
        api.apply(manifest, manager="test")


def test_a_node_is_labelled_as_eks_does_and_ready(api: Api) -> None:
    found = api.get("v1", "Node", "ip-10-0-1-10.ec2.internal")
    assert found is not None
    labels = found["metadata"]["labels"]
    assert {
        "topology.kubernetes.io/zone": "us-east-1b",
        "topology.kubernetes.io/region": "us-east-1",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/os": "linux",
        "kubernetes.io/hostname": "ip-10-0-1-10.ec2.internal",
        "node.kubernetes.io/instance-type": "t3.medium",
        "eks.amazonaws.com/nodegroup": "workers",
    }.items() <= labels.items()
    assert re.fullmatch(r"aws:///us-east-1b/i-[0-9a-f]{17}", found["spec"]["providerID"])
    assert "taints" not in found["spec"]
    assert nodes.is_ready(found)
    addresses = {item["type"]: item["address"] for item in found["status"]["addresses"]}
    assert addresses["InternalIP"] == "10.0.1.10"
    assert found["status"]["capacity"] == {"cpu": "2", "memory": "4Gi", "pods": "17"}


def test_simulated_pods_get_ready_on_nodes_of_every_zone(api: Api, namespace: str) -> None:
    spread = {
        "maxSkew": 1,
        "topologyKey": "topology.kubernetes.io/zone",
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app": "web"}},
    }
    api.apply(deployment(namespace, 3, topologySpreadConstraints=[spread]), manager="test")
    placed = until(lambda: len(ready_on(api, namespace)) == 3 and ready_on(api, namespace))
    assert placed == [f"ip-10-0-{number}-10.ec2.internal" for number in range(3)]


def test_a_pod_that_nobody_runs_gets_an_address_and_no_readiness(api: Api, namespace: str) -> None:
    api.create(pod(namespace))
    found = until(
        lambda: (
            (item := api.get("v1", "Pod", "one", namespace)) and "podIP" in item["status"] and item
        )
    )
    assert found["status"]["phase"] == "Pending"
    assert found["status"]["hostIP"].startswith("10.0.")
    assert found["status"]["podIP"].startswith("10.244.")
    waiting = found["status"]["containerStatuses"][0]["state"]["waiting"]
    assert waiting["reason"] == "ContainerCreating"
    assert not is_ready(found)


def test_kwok_leaves_a_running_pods_status_and_end_to_who_runs_it(api: Api, namespace: str) -> None:
    api.create(pod(namespace, annotations={annotations.STARTED: annotations.TRUE}))
    until(lambda: (api.get("v1", "Pod", "one", namespace) or {})["status"].get("podIP"))
    running = {"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}]}
    api.patch(
        "v1",
        "Pod",
        "one",
        namespace,
        patch={"status": running},
        kind_of_patch="strategic",
        subresource="status",
    )
    api.delete("v1", "Pod", "one", namespace, grace_seconds=5)
    time.sleep(1)
    left = api.get("v1", "Pod", "one", namespace)
    assert left is not None
    assert left["status"]["phase"] == "Running"
    assert not is_ready(left)

    marks = {"metadata": {"annotations": {annotations.STOPPED: annotations.TRUE}}}
    api.patch("v1", "Pod", "one", namespace, patch=marks)
    until(lambda: api.get("v1", "Pod", "one", namespace) is None)


def test_a_simulated_job_succeeds(api: Api, namespace: str) -> None:
    containers = [{"name": "main", "image": "example"}]
    template = {
        "metadata": {"annotations": SIMULATED},
        "spec": {"restartPolicy": "Never", "containers": containers},
    }
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "once", "namespace": namespace},
        "spec": {"template": template},
    }
    api.create(job)
    until(lambda: (api.get("batch/v1", "Job", "once", namespace) or {})["status"].get("succeeded"))


def test_a_leaving_node_is_drained_within_the_disruption_budget(
    api: Api, control_plane: plane.ControlPlane, namespace: str
) -> None:
    extra = "ip-10-0-9-10.ec2.internal"
    nodes.join(api, node(extra, "us-east-1a"))
    api.apply(deployment(namespace, 2), manager="test")
    until(lambda: len(ready_on(api, namespace)) == 2)
    for name in ("ip-10-0-0-10", "ip-10-0-1-10", "ip-10-0-2-10"):
        _cordon(api, f"{name}.ec2.internal", cordoned=True)
    try:
        # Both pods go where the only open node is; then it leaves and they must come back.
        for item in api.list("v1", "Pod", namespace):
            api.delete("v1", "Pod", item["metadata"]["name"], namespace)
        until(lambda: ready_on(api, namespace) == [extra, extra])
    finally:
        for name in ("ip-10-0-0-10", "ip-10-0-1-10", "ip-10-0-2-10"):
            _cordon(api, f"{name}.ec2.internal", cordoned=False)
    budget = {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}
    metadata = {"name": "web", "namespace": namespace}
    api.create(
        {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget"}
        | {"metadata": metadata, "spec": budget}
    )
    until(
        lambda: (
            (api.get("policy/v1", "PodDisruptionBudget", "web", namespace) or {})["status"].get(
                "disruptionsAllowed"
            )
            == 1
        )
    )
    watcher = control_plane.api()
    counts: list[int] = []
    thread = threading.Thread(target=_count_ready, args=[watcher, namespace, counts])
    thread.start()
    until(lambda: 2 in counts)
    counts[:] = [2]
    nodes.leave(api, extra)
    assert api.get("v1", "Node", extra) is None
    until(lambda: len(ready_on(api, namespace)) == 2)
    assert extra not in ready_on(api, namespace)
    until(lambda: 1 in counts and counts[-1] == 2)
    watcher.close()
    thread.join(timeout=60)
    assert not thread.is_alive()
    assert min(counts) == 1


def test_a_node_that_is_not_there_leaves_without_an_error(api: Api) -> None:
    nodes.leave(api, "nobody")


def test_stop_ends_every_program_and_keeps_the_logs(binaries: Path, tmp_path: Path) -> None:
    own = plane.start(tmp_path / "own", name="own", binaries=binaries)
    pids = [child.pid for child in own._children.values()]
    assert all(started(pid) for pid in pids)
    own.stop()
    own.stop()
    assert not any(started(pid) for pid in pids)
    assert sorted(path.name for path in own.folder.iterdir()) == ["kwok.yaml", "logs"]
    assert own.log().read_text()


def test_a_taken_port_is_no_reason_to_fail(
    binaries: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        squatter.listen()
        taken = squatter.getsockname()[1]
        answers = iter([[taken, *children.free_ports(6)], children.free_ports(7)])
        monkeypatch.setattr(plane, "free_ports", lambda count: next(answers))
        own = plane.start(tmp_path, name="own", binaries=binaries)
        own.stop()
    assert next(answers, None) is None
    assert own.endpoint != f"https://127.0.0.1:{taken}"


def test_a_program_that_ends_early_is_quoted_and_the_others_are_ended(
    binaries: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "bin"
    broken.mkdir()
    for program in binaries.iterdir():
        (broken / program.name).symlink_to(program)
    (broken / "kube-scheduler").unlink()
    (broken / "kube-scheduler").write_text("#!/bin/sh\necho out of ideas\nexit 3\n")
    (broken / "kube-scheduler").chmod(0o755)
    folder = tmp_path / "own"
    with pytest.raises(CloudError) as failure:
        plane.start(folder, name="own", binaries=broken)
    assert "kube-scheduler ended (code 3)" in str(failure.value)
    assert str(failure.value).endswith("out of ideas")
    assert not _processes_in(folder)


def _without_credentials(control_plane: plane.ControlPlane) -> dict[str, Any]:
    return {**control_plane.kubeconfig, "users": [{"name": "tests", "user": {}}]}


def _cordon(api: Api, name: str, *, cordoned: bool) -> None:
    api.patch("v1", "Node", name, patch={"spec": {"unschedulable": cordoned or None}})


def _count_ready(api: Api, namespace: str, counts: list[int]) -> None:
    """How many pods are ready after each event, until the client is closed."""
    pods: dict[str, bool] = {}
    for event in api.watch("v1", "Pod", namespace):
        metadata = event.object["metadata"]
        alive = event.type != "DELETED" and "deletionTimestamp" not in metadata
        pods[metadata["name"]] = alive and is_ready(event.object)
        counts.append(sum(pods.values()))


def _processes_in(folder: Path) -> list[str]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if str((entry / "cwd").readlink()) == str(folder):
                found.append(entry.name)
        except OSError:
            continue
    return found
