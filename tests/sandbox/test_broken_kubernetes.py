"""The journeys of Kubernetes on a real control plane: each passes, and tells what is broken."""

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox.journeys import Report, Visit, kubernetes, kubernetes_app, kubernetes_load, take
from sandbox.journeys.kubernetes_load import steps, up_and_down, usage
from sandbox.journeys.traces import wait
from sandbox.kubernetes import annotations, mock
from tests.sandbox.kubernetes_stage import Stage, journey, staged

pytestmark = pytest.mark.kubernetes

SPREAD = "spread over the zones"
ADDRESS = "Every ready pod is behind"
SECURITY = "restricted pod security"
INVALID = "An invalid manifest"
POLICY = "A network policy"
UPDATE = "An update replaces"
AUTOSCALER = "The autoscaler"
TITLES = (SPREAD, ADDRESS, SECURITY, INVALID, POLICY, UPDATE)
ROLLING = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
DEPLOYMENT = ("apps/v1", "Deployment")
SCALER = ("autoscaling/v2", "HorizontalPodAutoscaler")
NETWORK = ("networking.k8s.io/v1", "NetworkPolicy")
ENFORCE = "pod-security.kubernetes.io/enforce"


@dataclass(frozen=True)
class Break:
    """What is changed on the cluster, how it is changed back, and what the journey then says."""

    journey: str
    kind: tuple[str, str]
    patch: dict[str, Any]
    undo: dict[str, Any]
    verdict: str
    settles: bool = True


def _pods(**spec: Any) -> dict[str, Any]:
    return {"spec": {"template": {"spec": spec}}}


BREAKS = {
    "all pods in one zone": Break(
        SPREAD,
        DEPLOYMENT,
        _pods(nodeSelector={"topology.kubernetes.io/zone": "us-east-1a"}),
        _pods(nodeSelector=None),
        "spread unevenly",
    ),
    "pods that no node takes": Break(
        SPREAD,
        DEPLOYMENT,
        {
            "spec": {
                "strategy": {"type": "Recreate", "rollingUpdate": None},
                **_pods(nodeSelector={"nowhere": "1"})["spec"],
            }
        },
        {"spec": {"strategy": ROLLING, **_pods(nodeSelector=None)["spec"]}},
        "0 of 3 pods of storefront are ready",
        settles=False,
    ),
    "a Service for nobody's pods": Break(
        ADDRESS,
        ("v1", "Service"),
        {"spec": {"selector": {"tier": "none"}}},
        {"spec": {"selector": {"tier": None}}},
        "no Deployment's pods are those of the Service storefront",
    ),
    "a namespace that allows everything": Break(
        SECURITY,
        ("v1", "Namespace"),
        {"metadata": {"labels": {ENFORCE: None}}},
        {"metadata": {"labels": {ENFORCE: "restricted"}}},
        "accepted",
    ),
    "a policy for another port": Break(
        POLICY,
        NETWORK,
        {"spec": {"ingress": [{"ports": [{"protocol": "TCP", "port": 80}]}]}},
        {"spec": {"ingress": [{"ports": [{"protocol": "TCP", "port": 5000}]}]}},
        "it lets requests in on {80}; the app is on {5000}",
    ),
    "a policy that lets pods reach the node's metadata": Break(
        POLICY,
        NETWORK,
        {"spec": {"egress": [{}]}},
        {"spec": {"egress": [{"to": [{"ipBlock": {
            "cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}}]}]}},
        "does not keep the pods from the node's metadata",
    ),
    "a policy for other pods": Break(
        POLICY,
        NETWORK,
        {"spec": {"podSelector": {"matchLabels": {"tier": "none"}}}},
        {"spec": {"podSelector": {"matchLabels": {"tier": None}}}},
        "no NetworkPolicy in storefront selects the pods",
    ),
    "an update that stops every pod first": Break(
        UPDATE,
        DEPLOYMENT,
        {"spec": {"strategy": {"type": "Recreate", "rollingUpdate": None}}},
        {"spec": {"strategy": ROLLING}},
        "only 0 pods were ready at one time; the budget is 2",
    ),
    "a budget for other pods": Break(
        UPDATE,
        ("policy/v1", "PodDisruptionBudget"),
        {"spec": {"selector": {"matchLabels": {"tier": "none"}}}},
        {"spec": {"selector": {"matchLabels": {"tier": None}}}},
        "no PodDisruptionBudget in storefront",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("plane")) as stage:
        yield stage


@contextmanager
def _broken(stage: Stage, wrong: Break) -> Generator[None]:
    stage.patch(*wrong.kind, wrong.patch)
    try:
        if wrong.settles and wrong.kind != ("v1", "Service"):
            stage.settle()
        yield
    finally:
        stage.patch(*wrong.kind, wrong.undo)
        stage.settle()


def _said(report: Report) -> str:
    return f"{report.verdict}: {' | '.join(report.evidence)}"


@pytest.mark.parametrize("title", TITLES)
def test_a_journey_passes_on_what_is_right_and_leaves_it_as_it_was(
    stage: Stage, title: str
) -> None:
    before = _state(stage)
    report = stage.take(title)
    assert report.verdict == "passed", _said(report)
    assert report.evidence
    assert _state(stage) == before


def _state(stage: Stage) -> Any:
    """Everything in the namespace that somebody wrote down."""
    kinds = [DEPLOYMENT, NETWORK, SCALER, ("v1", "Service"), ("v1", "Namespace")]
    kinds.append(("policy/v1", "PodDisruptionBudget"))
    found = {kind: stage.get(*kind) for kind in kinds}
    pods = [pod["metadata"].get("annotations") for pod in stage.app().pods()]
    managers = {
        item["manager"] for one in found.values() for item in one["metadata"]["managedFields"]
    }
    return [found[kind]["spec"] for kind in kinds], pods, {it for it in managers if "journey" in it}


@pytest.mark.parametrize("name", BREAKS)
def test_a_journey_tells_what_is_broken(stage: Stage, name: str) -> None:
    wrong = BREAKS[name]
    with _broken(stage, wrong):
        report = stage.take(wrong.journey, patience=5)
    assert report.verdict == "failed", _said(report)
    assert wrong.verdict in report.evidence[-1], _said(report)


def test_fewer_pods_than_it_began_with_are_no_failure_and_are_told(stage: Stage) -> None:
    stage.patch(*DEPLOYMENT, {"spec": {"replicas": 2}})
    try:
        report = stage.take(SPREAD)
    finally:
        stage.patch(*DEPLOYMENT, {"spec": {"replicas": 3}})
        stage.settle()
    assert report.verdict == "passed", _said(report)
    assert "begun with 3 pods; the autoscaler wants 2 of them now" in report.evidence
    assert report.evidence[-1] == "us-east-1a: 1, us-east-1b: 1"


def test_a_load_balancer_that_forgets_a_pod_is_noticed(stage: Stage) -> None:
    stage.balancer.most = 2
    try:
        report = stage.take(ADDRESS)
    finally:
        stage.balancer.most = 100
    assert "requests were answered by 2 of 3 pods" in _said(report)
    assert report.verdict == "failed"


def test_requests_that_fail_during_an_update_are_counted(stage: Stage) -> None:
    stage.balancer.most = 0
    try:
        report = stage.take(UPDATE)
    finally:
        stage.balancer.most = 100
    assert report.verdict == "failed"
    assert "requests failed: ['503" in report.evidence[-1], _said(report)


def test_an_update_that_never_ends_is_given_up_and_taken_back(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubernetes_app, "SECONDS_A_POD", 1.0)
    stage.patch("apps/v1", "Deployment", {"spec": {"paused": True}})
    try:
        report = stage.take(UPDATE, patience=1)
    finally:
        stage.patch("apps/v1", "Deployment", {"spec": {"paused": None}})
        stage.settle()
    assert report.verdict == "failed"
    assert "never came to rest" in report.evidence[-1], _said(report)


def test_a_server_that_takes_nonsense_is_noticed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = kubernetes._deployment
    for key, words in (("memoryy", "a misspelt field: accepted"), ("resources", "requests above")):
        with monkeypatch.context() as patch:
            patch.setattr(
                kubernetes,
                "_deployment",
                lambda key=key, **container: honest(
                    **{name: value for name, value in container.items() if name != key}
                ),
            )
            report = stage.take(INVALID)
        assert report.verdict == "failed"
        assert words in report.evidence[-1], _said(report)


def test_the_autoscaler_without_metrics_is_noticed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubernetes, "METRICS_SECONDS", 1.0)
    report = stage.take(AUTOSCALER, patience=1)
    assert report.verdict == "failed"
    assert "the autoscaler reads no metrics" in report.evidence[-1]


def test_under_load_the_autoscaler_goes_to_its_maximum_and_back(stage: Stage) -> None:
    stage.plane.metrics(on=True)
    wait(stage.visit(90), lambda: usage(stage.app().autoscaler() or {}), "no metrics")
    app = stage.app()
    path = up_and_down(stage.visit(), app, app.autoscaler() or {}, to_the_top=True)
    print(f"pods: {steps(path)}")
    top = path.index(10)
    assert path[: top + 1] == sorted(path[: top + 1])
    assert path[top:] == sorted(path[top:], reverse=True)
    assert path[-1] == 2
    marks = [pod["metadata"].get("annotations") or {} for pod in app.pods()]
    assert not [mark for mark in marks if annotations.USAGE_CPU in mark]


def test_an_autoscaler_that_does_not_follow_is_noticed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubernetes_load, "SCALE_SECONDS", 25.0)
    stage.patch(*SCALER, {"spec": {"behavior": {"scaleUp": {"selectPolicy": "Disabled"}}}})
    try:
        report = stage.take(AUTOSCALER)
    finally:
        stage.patch(*SCALER, {"spec": {"behavior": None}})
    assert report.verdict == "failed"
    assert "2 pods did not become 4 within 25 s: 2; it reads" in report.evidence[-1]
    assert "ScalingDisabled" in report.evidence[-1] or "cpu" in report.evidence[-1]


@pytest.mark.parametrize("title", [*TITLES, AUTOSCALER])
def test_on_the_mock_a_journey_says_why_it_cannot_be_made(tmp_path: Path, title: str) -> None:
    plane = mock.start(tmp_path, "shop")
    try:
        outputs = {
            "eks_cluster": "shop",
            "kubeconfig": json.dumps(plane.kubeconfig),
            "eks_web_app_url": "http://unscheduled.invalid",
        }
        report = take(journey(title), Visit(outputs, lambda service: None))
    finally:
        plane.stop()
    if title == INVALID:
        assert report.verdict == "passed", _said(report)
        assert "'memoryy' was unexpected" in report.evidence[0]
        assert "not tried" in report.evidence[1]
    else:
        assert report.verdict == "skipped"
        assert "the mock runs no pods: `make kubernetes`" in report.evidence[-1]


def test_a_control_plane_that_is_gone_fails_the_journey_in_seconds(stage: Stage) -> None:
    gone = json.loads(stage.outputs["kubeconfig"])
    gone["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:9"
    outputs = {**stage.outputs, "kubeconfig": json.dumps(gone)}
    report = take(journey(SPREAD), Visit(outputs, lambda service: None))
    assert report.verdict == "failed"
    assert "127.0.0.1:9" in report.evidence[-1]
