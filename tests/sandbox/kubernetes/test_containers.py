"""Pods with an image of the embedded registry run, and their status tells the truth."""

import base64
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.cloud import start, stop
from sandbox.cloud.sessions import started
from sandbox.kubernetes import build, client, plane

from ..cloud.world import World
from .pods import Cluster, get, get_quietly, open_cluster, ready, until

pytestmark = pytest.mark.sandbox

GATEWAY = 4990
"""Of the cloud whose registry has the image."""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    if (binaries := build.binaries()) is None:
        pytest.skip("needs the control plane that `make kubernetes` builds")
    state = tmp_path_factory.mktemp("cloud")
    own = tmp_path_factory.mktemp("pods")
    world = World(start(state, port=GATEWAY, engine="process"), state)
    control = plane.start(own / "plane", name="test", binaries=binaries)
    try:
        api = client.connect(control.kubeconfig)
        opened = open_cluster(api, world, own)
        yield opened
        opened.attendant.stop()
    finally:
        control.stop()
        stop(state)


def container(pod: dict[str, Any]) -> dict[str, Any]:
    """The status of a pod's only container, or nothing."""
    found = (pod.get("status") or {}).get("containerStatuses") or [{}]
    status: dict[str, Any] = found[0]
    return status


def waiting(pod: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = (container(pod).get("state") or {}).get("waiting") or {}
    return found


def flag_probe(flag: Path, **more: Any) -> dict[str, Any]:
    """A probe that passes while ``flag`` exists."""
    script = f"import os, sys; sys.exit(not os.path.exists({str(flag)!r}))"
    return {"exec": {"command": ["python3", "-c", script]}, "timeoutSeconds": 60, **more}


def pid_of(status: dict[str, Any], cluster: Cluster) -> int:
    id = status["containerID"].removeprefix("process://")
    engine: Any = cluster.attendant._engine._client
    return int(engine.containers.get(id)._process.pid)


def test_a_deployment_is_available_and_answers_through_its_service(cluster: Cluster) -> None:
    cluster.deploy("shop", 2, env=[{"name": "VERSION", "value": "7"}])
    where = cluster.expose("shop")
    until(lambda: sum(map(ready, cluster.living("shop"))) == 2, "two ready pods")
    assert until(lambda: get_quietly(where), "an answer") == (200, {"version": "7", "path": "/"})
    ports = until(
        lambda: len({get(where, "/environment")[1]["PORT"] for _ in range(4)}) == 2,
        "both pods to be asked in turn",
    )
    assert ports
    cluster.remove("shop", "Service")
    assert until(lambda: get_quietly(where) is None, "the port to close")
    cluster.remove("shop", "Deployment", "apps/v1")
    until(lambda: not cluster.living("shop"), "the pods to go")


def test_the_environment_comes_from_values_secrets_config_maps_and_fields(
    cluster: Cluster,
) -> None:
    secret = {"key": base64.b64encode(b"s3cret").decode()}
    for kind, name, data in (
        ("Secret", "keys", secret),
        ("ConfigMap", "numbers", {"ONE": "1", "TWO": "2"}),
    ):
        metadata = {"name": name, "namespace": "default"}
        cluster.api.create({"apiVersion": "v1", "kind": kind, "metadata": metadata, "data": data})
    cluster.identities["shop"] = {"AWS_REGION": "us-east-1", "FROM_IDENTITY": "yes"}
    cluster.api.create(
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": "shop", "namespace": "default"},
        }
    )
    field = {"fieldRef": {"fieldPath": "metadata.labels['app']"}}
    cluster.run(
        "reader",
        spec={"serviceAccountName": "shop"},
        envFrom=[{"configMapRef": {"name": "numbers"}, "prefix": "N_"}],
        env=[
            {"name": "PLAIN", "value": "a-$(N_ONE)-$(NOBODY)-$$(N_ONE)"},
            {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "key"}}},
            {"name": "TWO", "valueFrom": {"configMapKeyRef": {"name": "numbers", "key": "TWO"}}},
            {
                "name": "NONE",
                "valueFrom": {"configMapKeyRef": {"name": "no", "key": "k", "optional": True}},
            },
            {"name": "LABEL", "valueFrom": field},
            {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        ],
        command=["python3", "-u"],
        args=["server.py", "$(PLAIN)"],
    )
    until(lambda: ready(cluster.pod("reader")), "the pod")
    pod = cluster.pod("reader")
    where = cluster.expose("reader")
    told = until(lambda: get_quietly(where, "/environment"), "an answer")[1]
    assert told["PLAIN"] == "a-1-$(NOBODY)-$(N_ONE)"
    assert (told["KEY"], told["TWO"], told["LABEL"]) == ("s3cret", "2", "reader")
    assert told["POD_IP"] == pod["status"]["podIP"]
    assert told["FROM_IDENTITY"] == "yes"
    assert told["AWS_ENDPOINT_URL"] == cluster.cloud.endpoint
    assert told["HOSTNAME"] == "reader"
    assert "NONE" not in told
    line = Path(f"/proc/{pid_of(container(pod), cluster)}/cmdline").read_bytes().split(b"\0")
    assert line[-3:-1] == [b"server.py", b"a-1-$(NOBODY)-$(N_ONE)"]
    cluster.remove("reader", "Service")
    cluster.remove("reader")


def test_readiness_comes_and_goes_with_the_probe_and_nothing_is_started_again(
    cluster: Cluster, tmp_path: Path
) -> None:
    flag = tmp_path / "flag"
    cluster.run("moody", readinessProbe=flag_probe(flag, periodSeconds=1, failureThreshold=2))
    until(lambda: "running" in (container(cluster.pod("moody")).get("state") or {}), "the start")
    assert not ready(cluster.pod("moody"))
    flag.touch()
    until(lambda: ready(cluster.pod("moody")), "readiness")
    flag.unlink()
    until(lambda: not ready(cluster.pod("moody")), "readiness to go")
    pod = cluster.pod("moody")
    assert container(pod)["restartCount"] == 0
    conditions = {item["type"]: item for item in pod["status"]["conditions"]}
    assert conditions["Ready"]["message"] == "containers with unready status: [web]"
    assert "Readiness probe failed: command exited with 1" in cluster.events("moody")["Unhealthy"]
    flag.touch()
    until(lambda: ready(cluster.pod("moody")), "readiness again")
    cluster.remove("moody")


def test_a_container_that_fails_its_liveness_probe_is_started_again(
    cluster: Cluster, tmp_path: Path
) -> None:
    flag = tmp_path / "flag"
    flag.touch()
    cluster.run(
        "mortal",
        livenessProbe=flag_probe(flag, periodSeconds=1, failureThreshold=2),
    )
    until(lambda: ready(cluster.pod("mortal")), "readiness")
    first = pid_of(container(cluster.pod("mortal")), cluster)
    flag.unlink()
    until(lambda: container(cluster.pod("mortal"))["restartCount"] >= 1, "a restart")
    flag.touch()
    until(lambda: ready(cluster.pod("mortal")), "readiness again")
    status = container(cluster.pod("mortal"))
    assert status["restartCount"] >= 1
    assert status["lastState"]["terminated"]["reason"] in ("Completed", "Error")
    assert pid_of(status, cluster) != first
    assert started(first) is None
    assert cluster.events("mortal")["Killing"].endswith("failed liveness probe, will be restarted")
    cluster.remove("mortal")


def test_a_slow_start_is_waited_for_by_the_startup_probe(cluster: Cluster, tmp_path: Path) -> None:
    flag, dead = tmp_path / "flag", tmp_path / "never"
    cluster.run(
        "slow",
        startupProbe=flag_probe(flag, periodSeconds=1, failureThreshold=30),
        livenessProbe=flag_probe(dead, periodSeconds=60, initialDelaySeconds=60),
    )
    until(lambda: "running" in (container(cluster.pod("slow")).get("state") or {}), "the start")
    time.sleep(1)
    status = container(cluster.pod("slow"))
    assert (status["started"], status["ready"]) == (False, False)
    flag.touch()
    until(lambda: ready(cluster.pod("slow")), "readiness")
    assert container(cluster.pod("slow"))["started"] is True
    cluster.remove("slow")


def test_a_container_that_keeps_ending_backs_off_and_tells_its_last_words(
    cluster: Cluster,
) -> None:
    cluster.run(
        "broken",
        env=[{"name": "CRASH", "value": "1"}],
        terminationMessagePolicy="FallbackToLogsOnError",
    )
    until(
        lambda: waiting(cluster.pod("broken")).get("reason") == "CrashLoopBackOff", "the back-off"
    )
    status = container(cluster.pod("broken"))
    assert status["restartCount"] >= 2
    ended = status["lastState"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (3, "Error")
    assert ended["message"] == "about to crash: no database"
    assert "back-off" in status["state"]["waiting"]["message"]
    cluster.remove("broken")


def test_a_pod_that_is_to_run_once_succeeds_or_fails(cluster: Cluster) -> None:
    for name, code in (("good", 0), ("bad", 4)):
        cluster.run(
            name,
            spec={"restartPolicy": "Never"},
            command=["python3", "-c", f"raise SystemExit({code})"],
            readinessProbe=None,
        )
    phases = {"good": "Succeeded", "bad": "Failed"}
    for name, phase in phases.items():
        until(lambda: cluster.pod(name)["status"]["phase"] == phase, f"{name} to end")  # noqa: B023
    assert container(cluster.pod("bad"))["state"]["terminated"]["exitCode"] == 4
    for name in phases:
        cluster.remove(name)


def test_an_image_that_is_not_there_is_said(cluster: Cluster) -> None:
    image = cluster.image.partition("@")[0] + ":never-pushed"
    cluster.run("imageless", image=image)
    until(lambda: waiting(cluster.pod("imageless")).get("reason") == "ImagePullBackOff", "no image")
    assert image in waiting(cluster.pod("imageless"))["message"]
    assert "not found" in cluster.events("imageless")["Failed"]
    cluster.remove("imageless")


def test_a_command_that_is_not_there_is_said(cluster: Cluster) -> None:
    cluster.run("commandless", command=["/no/such/program"])
    until(
        lambda: waiting(cluster.pod("commandless")).get("reason") == "CrashLoopBackOff",
        "the back-off",
    )
    ended = container(cluster.pod("commandless"))["lastState"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (128, "StartError")
    assert "executable file not found" in ended["message"]
    cluster.remove("commandless")


def test_a_missing_secret_is_waited_for(cluster: Cluster) -> None:
    reference = {"secretKeyRef": {"name": "late", "key": "token"}}
    cluster.run("patient", env=[{"name": "TOKEN", "valueFrom": reference}])
    until(
        lambda: waiting(cluster.pod("patient")).get("reason") == "CreateContainerConfigError",
        "the complaint",
    )
    assert waiting(cluster.pod("patient"))["message"] == 'secret "late" not found'
    metadata = {"name": "late", "namespace": "default"}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}
    cluster.api.create({**secret, "stringData": {"token": "t"}})
    until(lambda: ready(cluster.pod("patient")), "readiness")
    cluster.remove("patient")


def test_a_pod_that_nobody_can_run_is_played_and_says_so(cluster: Cluster) -> None:
    cluster.run("foreign", image="docker.io/library/nginx:1.29")
    until(lambda: ready(cluster.pod("foreign")), "readiness")
    assert (
        'image "docker.io/library/nginx:1.29" is not of' in cluster.events("foreign")["Simulated"]
    )
    cluster.remove("foreign")


def test_a_pod_ends_with_its_hook_then_sigterm_then_the_grace_period(
    cluster: Cluster, tmp_path: Path
) -> None:
    begun, go = tmp_path / "begun", tmp_path / "go"
    hook = (
        "import pathlib, time\n"
        f"pathlib.Path({str(begun)!r}).touch()\n"
        f"while not pathlib.Path({str(go)!r}).exists(): time.sleep(0.05)"
    )
    cluster.run(
        "polite",
        lifecycle={"preStop": {"exec": {"command": ["python3", "-c", hook]}}},
        spec={"terminationGracePeriodSeconds": 600},
    )
    cluster.run(
        "stubborn",
        env=[{"name": "IGNORE_SIGTERM", "value": "1"}],
        spec={"terminationGracePeriodSeconds": 1},
    )
    pids = {}
    for name in ("polite", "stubborn"):
        until(lambda: ready(cluster.pod(name)), name)  # noqa: B023
        pids[name] = pid_of(container(cluster.pod(name)), cluster)
    cluster.api.delete("v1", "Pod", "polite", "default")
    until(begun.exists, "the hook to begin")
    time.sleep(0.5)
    assert started(pids["polite"]), "SIGTERM comes after the hook only"
    assert "terminated" not in cluster.log("polite")
    go.touch()
    until(lambda: cluster.api.get("v1", "Pod", "polite", "default") is None, "polite to go")
    assert cluster.log("polite").endswith("terminated\n")
    begin = time.monotonic()
    cluster.remove("stubborn")
    assert time.monotonic() - begin > 1.5, "two seconds are the least"
    assert [started(pid) for pid in pids.values()] == [None, None]


def test_a_forced_deletion_kills_at_once(cluster: Cluster) -> None:
    cluster.run(
        "forced",
        env=[{"name": "IGNORE_SIGTERM", "value": "1"}],
        spec={"terminationGracePeriodSeconds": 600},
    )
    until(lambda: ready(cluster.pod("forced")), "readiness")
    pid = pid_of(container(cluster.pod("forced")), cluster)
    cluster.api.delete("v1", "Pod", "forced", "default", grace_seconds=0)
    until(lambda: started(pid) is None, "the process to end")


def test_the_end_of_the_attendant_leaves_no_process(cluster: Cluster) -> None:
    """The last test of this module: nothing runs after it."""
    cluster.run(
        "last",
        env=[{"name": "IGNORE_SIGTERM", "value": "1"}],
        spec={"terminationGracePeriodSeconds": 600},
    )
    until(lambda: ready(cluster.pod("last")), "readiness")
    pid = pid_of(container(cluster.pod("last")), cluster)
    cluster.attendant.stop()
    assert started(pid) is None
