"""What a pod asks of the engine, and what nobody here can give it."""

import copy
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox.kubernetes.pods import spec as pod_spec
from sandbox.kubernetes.pods import status as pod_status
from sandbox.kubernetes.pods.container import ContainerRun

REGISTRY = "127.0.0.1:4566"
POD: dict[str, Any] = {
    "metadata": {"name": "web-1", "namespace": "shop", "uid": "u"},
    "spec": {
        "containers": [
            {
                "name": "web",
                "image": f"{REGISTRY}/shop@sha256:0",
                "ports": [
                    {"name": "dns", "containerPort": 53, "protocol": "UDP"},
                    {"name": "http", "containerPort": 5000},
                ],
                "readinessProbe": {"httpGet": {"port": 5001}},
                "livenessProbe": {"httpGet": {"port": "http"}},
            }
        ],
        "volumes": [
            {"name": "tmp", "emptyDir": {}},
            {"name": "kube-api-access-x2", "projected": {}},
        ],
    },
}


def changed(**container: Any) -> dict[str, Any]:
    pod = copy.deepcopy(POD)
    pod["spec"]["containers"][0].update(container)
    return pod


def test_an_ordinary_web_app_can_be_run() -> None:
    assert pod_spec.unrunnable(POD, REGISTRY) is None


@pytest.mark.parametrize(
    ("pod", "why"),
    [
        (changed(image="nginx"), 'image "nginx" is not of the sandbox\'s own registry'),
        (changed(startupProbe={"grpc": {"port": 1}}), "the startupProbe of container web speaks"),
        (changed(lifecycle={"postStart": {}}), "container web has a postStart hook"),
        (
            changed(env=[{"name": "A", "valueFrom": {"resourceFieldRef": {}}}]),
            "container web takes its environment from resourceFieldRef",
        ),
        (
            {**POD, "spec": {**POD["spec"], "volumes": [{"name": "v", "configMap": {}}]}},
            "it mounts the volume v (configMap)",
        ),
        ({**POD, "spec": {**POD["spec"], "initContainers": [{}]}}, "it has init containers"),
    ],
)
def test_what_nobody_here_can_run_is_named(pod: dict[str, Any], why: str) -> None:
    assert why in (pod_spec.unrunnable(pod, REGISTRY) or "")


def test_ports_are_those_of_tcp_and_those_that_probes_ask() -> None:
    container = POD["spec"]["containers"][0]
    assert pod_spec.ports(container) == [5000, 5001]
    assert pod_spec.named_ports(container) == {"dns": 53, "http": 5000}


@pytest.mark.parametrize(
    ("text", "number"), [("500m", 0.5), ("128Mi", 2**27), ("2", 2), ("1e3", 1000), ("1G", 10**9)]
)
def test_quantities(text: str, number: float) -> None:
    assert pod_spec.quantity(text) == pytest.approx(number)


def test_a_quantity_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="'lots' is not a quantity"):
        pod_spec.quantity("lots")


def test_a_missing_key_is_told_in_the_words_of_the_kubelet() -> None:
    def lookup(kind: str, name: str) -> Mapping[str, Any] | None:
        return {"data": {}} if name == "there" else None

    def value(name: str) -> dict[str, Any]:
        reference = {"configMapKeyRef": {"name": name, "key": "k"}}
        return {"env": [{"name": "A", "valueFrom": reference}]}

    with pytest.raises(
        pod_spec.ConfigError, match=r"^couldn't find key k in ConfigMap shop/there$"
    ):
        pod_spec.environment(value("there"), POD, lookup)
    with pytest.raises(pod_spec.ConfigError, match=r'^configmap "gone" not found$'):
        pod_spec.environment(value("gone"), POD, lookup)


def container(**changes: Any) -> pod_status.Container:
    given: dict[str, Any] = {
        "name": "web", "image": "i", "state": {"running": {}}, "last": None, "restarts": 0,
        "started": True, "ready": True, "image_id": "", "id": "",
    }  # fmt: skip
    return pod_status.Container(**{**given, **changes})


def condition(patch: Mapping[str, Any], type: str) -> dict[str, Any]:
    found: dict[str, Any] = next(item for item in patch["conditions"] if item["type"] == type)
    return found


def test_a_pod_is_ready_when_its_containers_and_its_gates_are() -> None:
    gated = {**POD, "spec": {**POD["spec"], "readinessGates": [{"conditionType": "lb"}]}}
    patch = pod_status.patch(gated, [container()])
    assert condition(patch, "ContainersReady")["status"] == "True"
    assert condition(patch, "Ready")["status"] == "False"
    assert condition(patch, "Ready")["message"] == "the readiness gates are not true: lb"
    opened = {**gated, "status": {"conditions": [{"type": "lb", "status": "True"}]}}
    assert condition(pod_status.patch(opened, [container()]), "Ready")["status"] == "True"


def test_the_time_of_a_condition_is_that_of_its_change() -> None:
    patch = pod_status.patch(POD, [container()])
    old = {"type": "Ready", "status": "True", "lastTransitionTime": "2001-01-01T00:00:00Z"}
    told = pod_status.stamped(patch, {"conditions": [old]})
    assert condition(told, "Ready")["lastTransitionTime"] == "2001-01-01T00:00:00Z"
    assert condition(told, "ContainersReady")["lastTransitionTime"] > "2020"
    assert "lastTransitionTime" not in condition(patch, "Ready")


def test_a_pod_is_pending_until_every_container_has_started_once() -> None:
    waiting = {"waiting": {"reason": "ContainerCreating"}}
    assert pod_status.patch(POD, [container(), container(state=waiting)])["phase"] == "Pending"
    again = container(state=waiting, last={"exitCode": 1})
    assert pod_status.patch(POD, [container(), again])["phase"] == "Running"


def test_an_engine_is_given_whole_seconds_to_stop_a_container() -> None:
    # Docker refuses a fraction, and the container would run for ever.
    given: list[object] = []
    engine_container = SimpleNamespace(stop=lambda *, timeout: given.append(timeout))
    running = SimpleNamespace(_container=engine_container, _note_end=lambda: None)
    ContainerRun.stop(running, 34.2)  # type: ignore[arg-type]  # all of it that stop needs
    assert given == [35]
    assert isinstance(given[0], int)
