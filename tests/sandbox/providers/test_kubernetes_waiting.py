"""When an object counts as ready, and what is said when it does not become so."""

import copy
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.providers import kubernetes_waiting as waiting
from sandbox.providers.kubernetes_waiting import Hopeless, until_gone, until_ready

Manifest = dict[str, Any]


class Scripted:
    """An API server whose object is another one each time it is asked for."""

    def __init__(self, *states: Manifest | None, **lists: list[Manifest]) -> None:
        self.states = list(states)
        self.lists = lists
        self.asked = 0

    def get(self, *where: Any) -> Manifest | None:
        self.asked += 1
        return copy.deepcopy(self.states.pop(0) if len(self.states) > 1 else self.states[0])

    def list(self, api_version: str, kind: str, *_: Any, **__: Any) -> list[Manifest]:
        return self.lists.get(kind, [])


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "POLL_SECONDS", 0.001)


def thing(kind: str, spec: Mapping[str, Any] | None = None, **status: Any) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": {"name": "web", "namespace": "shop", "uid": "1", "generation": 2},
        "spec": dict(spec or {}),
        "status": status,
    }


def deployment(*conditions: Manifest, **status: Any) -> Manifest:
    spec = {"replicas": 3, "selector": {"matchLabels": {"app": "web"}}}
    whole = {
        "observedGeneration": 2,
        "replicas": 3,
        "updatedReplicas": 3,
        "availableReplicas": 3,
        "conditions": list(conditions),
    }
    return thing("Deployment", spec, **{**whole, **status})


def pod(name: str, **container: Any) -> Manifest:
    return {
        "metadata": {"name": name, "uid": name},
        "status": {
            "phase": "Pending",
            "containerStatuses": [{"name": "web", **container}],
        },
    }


def ready(live: Manifest, api: Any = None, seconds: float = 0) -> Manifest:
    server: Any = api or Scripted(live)
    return until_ready(server, live, seconds)


DONE = deployment()


def test_a_finished_rollout_is_ready_at_once() -> None:
    api = Scripted(DONE)
    assert until_ready(api, DONE, 0) == DONE  # type: ignore[arg-type]
    assert api.asked == 0


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({"observedGeneration": 1}, "the deployment controller has not seen it"),
        ({"updatedReplicas": 1}, "1 of 3 pods are of the new template"),
        ({"replicas": 4}, "1 old pods are still there"),
        ({"availableReplicas": 2}, "2 of 3 pods are available"),
    ],
)
def test_a_rollout_is_waited_for_to_its_end(status: dict[str, Any], said: str) -> None:
    under_way = deployment(**status)
    assert ready(under_way, Scripted(under_way, under_way, DONE), 5) == DONE
    with pytest.raises(TimeoutError, match=rf"not ready after 0 s: {said}"):
        ready(under_way)


def test_a_rollout_past_its_deadline_ends_the_wait_with_what_is_the_matter() -> None:
    late = {
        "type": "Progressing",
        "status": "False",
        "reason": "ProgressDeadlineExceeded",
        "message": 'ReplicaSet "web-1" has timed out progressing.',
    }
    stuck = deployment(late, availableReplicas=0)
    pods = [
        pod("web-a", state={"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}),
        pod(
            "web-b",
            state={"waiting": {"reason": "CrashLoopBackOff"}},
            lastState={"terminated": {"reason": "Error", "exitCode": 3}},
        ),
    ]
    event = {"message": "Readiness probe failed: 503", "involvedObject": {"uid": "web-a"}}
    other = {"message": "of somebody else", "involvedObject": {"uid": "x"}}
    with pytest.raises(Hopeless) as error:
        ready(stuck, Scripted(stuck, Pod=pods, Event=[event, other]), 60)
    assert str(error.value) == (
        'ReplicaSet "web-1" has timed out progressing.; '
        "pod web-a: container web: ImagePullBackOff no such image; "
        "pod web-b: container web: CrashLoopBackOff; before that Error (exit code 3); "
        "Readiness probe failed: 503"
    )


@pytest.mark.parametrize(("age", "hopeless"), [(0, False), (60, True)])
def test_a_refusal_to_make_pods_is_given_up_when_it_lasts(age: int, hopeless: bool) -> None:
    since = (datetime.now(UTC) - timedelta(seconds=age)).strftime("%Y-%m-%dT%H:%M:%SZ")
    message = 'pods "web-1" is forbidden: violates PodSecurity "restricted:latest"'
    refused = {
        "type": "ReplicaFailure",
        "status": "True",
        "reason": "FailedCreate",
        "message": message,
        "lastTransitionTime": since,
    }
    with pytest.raises(Hopeless if hopeless else TimeoutError, match="violates PodSecurity"):
        ready(deployment(refused, updatedReplicas=0))


def test_a_paused_deployment_is_not_waited_for() -> None:
    paused = deployment(updatedReplicas=0)
    paused["spec"]["paused"] = True
    assert ready(paused) == paused


def slices(*readiness: bool | None) -> list[Manifest]:
    return [{"endpoints": [{"conditions": {"ready": value}} for value in readiness]}]


BALANCED = {"type": "LoadBalancer", "selector": {"app": "web"}, "clusterIP": "10.0.0.1"}
INTERNAL = {**BALANCED, "type": "ClusterIP"}
ADDRESS = {"loadBalancer": {"ingress": [{"ip": "127.0.0.1"}]}}


@pytest.mark.parametrize(
    ("spec", "status", "endpoints", "said"),
    [
        (BALANCED, ADDRESS, slices(False, True), ""),
        (BALANCED, {}, slices(True), "no load balancer has given it an address"),
        (BALANCED, ADDRESS, slices(False), "it has no ready endpoints"),
        (INTERNAL, {}, [], "it has no ready endpoints"),
        (INTERNAL, {}, slices(None), ""),
        ({**INTERNAL, "clusterIP": "None"}, {}, [], ""),
        ({"type": "ClusterIP", "clusterIP": "10.0.0.1"}, {}, [], ""),
        ({"type": "ExternalName", "selector": {"a": "b"}}, {}, [], ""),
    ],
)
def test_a_service_is_ready_with_address_and_endpoints(
    spec: dict[str, Any], status: dict[str, Any], endpoints: list[Manifest], said: str
) -> None:
    live = thing("Service", spec, **status)
    api = Scripted(live, EndpointSlice=endpoints)
    if said:
        with pytest.raises(TimeoutError, match=said):
            ready(live, api)
    else:
        assert ready(live, api) == live


@pytest.mark.parametrize(
    ("live", "error", "said"),
    [
        (thing("Namespace", phase="Active"), None, ""),
        (thing("Namespace", phase="Terminating"), TimeoutError, "its phase is Terminating"),
        (thing("Pod", phase="Succeeded"), None, ""),
        (thing("Pod", phase="Failed", reason="Evicted"), Hopeless, "Evicted"),
        (
            thing(
                "Pod",
                phase="Pending",
                conditions=[
                    {"type": "PodScheduled", "status": "False", "message": "0/2 nodes available"}
                ],
            ),
            TimeoutError,
            "not scheduled: 0/2 nodes available",
        ),
        (
            thing("Pod", phase="Running", conditions=[{"type": "Ready", "status": "True"}]),
            None,
            "",
        ),
        (thing("ConfigMap"), None, ""),
    ],
)
def test_other_kinds(live: Manifest, error: type[Exception] | None, said: str) -> None:
    if error is None:
        assert ready(live) == live
    else:
        with pytest.raises(error, match=said):
            ready(live)


def test_what_somebody_deletes_meanwhile_is_not_waited_for() -> None:
    with pytest.raises(Hopeless, match="somebody has deleted it"):
        ready(thing("Namespace", phase="Pending"), Scripted(None), 60)


def test_the_end_is_waited_for() -> None:
    live = thing("Pod")
    api = Scripted(live, live, None)
    until_gone(api, live, 60)  # type: ignore[arg-type]
    assert api.asked == 3


def test_another_object_of_the_same_name_is_none_of_ours() -> None:
    live = thing("Pod")
    other = {**live, "metadata": {**live["metadata"], "uid": "2"}}
    until_gone(Scripted(other), live, 0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("finalizers", "said"),
    [
        (["a/b", "c"], "still there after 0 s: its finalizers are a/b, c; 3 pods remain"),
        ([], "still there after 0 s: it has no finalizers; 3 pods remain"),
    ],
)
def test_what_holds_a_deletion_is_said(finalizers: list[str], said: str) -> None:
    live = thing(
        "Namespace",
        conditions=[
            {"type": "A", "status": "True", "message": "3 pods remain"},
            {"type": "B", "status": "False", "message": "all is well"},
        ],
    )
    live["metadata"]["finalizers"] = finalizers
    with pytest.raises(TimeoutError) as error:
        until_gone(Scripted(live), live, 0)  # type: ignore[arg-type]
    assert str(error.value) == said


@pytest.mark.parametrize(("given", "seconds"), [("5", 5.0), ("0.5", 0.5), (None, 600.0)])
def test_the_annotation_says_how_long_to_wait(given: str | None, seconds: float) -> None:
    marks = {} if given is None else {"pulumi.com/timeoutSeconds": given}
    assert waiting.seconds_of({"metadata": {"annotations": marks}}, 600) == seconds


def test_a_time_out_that_is_no_number_is_refused() -> None:
    marks = {"pulumi.com/timeoutSeconds": "5m"}
    with pytest.raises(ValueError, match=r"pulumi\.com/timeoutSeconds='5m' is no number"):
        waiting.seconds_of({"metadata": {"annotations": marks}}, 600)
