"""The Kubernetes mock: what it keeps, what it refuses, and that it says what it is."""

import copy
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests

from sandbox.cloud.errors import CloudError
from sandbox.kubernetes import mock
from sandbox.kubernetes.client import Api, Refused, connect

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[mock.MockPlane]:
    plane = mock.start(tmp_path_factory.mktemp("mock"), "shop")
    yield plane
    plane.stop()


@pytest.fixture(scope="module")
def api(plane: mock.MockPlane) -> Iterator[Api]:
    api = connect(plane.kubeconfig)
    yield api
    api.close()


@pytest.fixture
def namespace(api: Api) -> str:
    name = f"ns-{uuid4().hex[:8]}"
    api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}, manager="t")
    return name


def _deployment(namespace: str, name: str = "web", **spec: Any) -> dict[str, Any]:
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "web", "image": "shop:1"}]},
            },
            **spec,
        },
    }


def _config(namespace: str, name: str, **data: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace},
        "data": data,
    }


def _refused(call: Callable[[], object]) -> Refused:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value


def test_it_has_the_fields_of_a_control_plane_and_says_that_it_is_a_mock(
    plane: mock.MockPlane, api: Api
) -> None:
    assert (plane.name, plane.ca) == ("shop", b"")
    assert plane.endpoint.startswith("http://127.0.0.1:")
    assert plane.kubeconfig["current-context"] == "shop"
    assert mock.is_mock(plane.kubeconfig)
    assert not mock.is_mock({"clusters": [{"name": "shop"}]})
    assert api.version()["gitVersion"] == plane.version == mock.VERSION
    assert "no pod ever runs" in mock.NOTE


def test_what_was_applied_is_there_with_the_servers_metadata(api: Api, namespace: str) -> None:
    sent = _deployment(namespace, replicas=3)
    answered = api.apply(sent, manager="up")
    assert answered["spec"] == sent["spec"]
    assert {"uid", "creationTimestamp", "resourceVersion"} <= answered["metadata"].keys()
    assert answered["metadata"]["generation"] == 1
    assert api.get("apps/v1", "Deployment", "web", namespace) == answered
    assert api.list("apps/v1", "Deployment", namespace) == [answered]


def test_applying_the_same_again_changes_nothing(api: Api, namespace: str) -> None:
    first = api.apply(_deployment(namespace), manager="up")
    assert api.apply(_deployment(namespace), manager="up") == first


def test_only_a_new_spec_is_a_new_generation(api: Api, namespace: str) -> None:
    manifest = _deployment(namespace, replicas=1)
    api.apply(manifest, manager="up")
    manifest["metadata"]["annotations"] = {"a": "b"}
    assert api.apply(manifest, manager="up")["metadata"]["generation"] == 1
    manifest["spec"]["replicas"] = 2
    assert api.apply(manifest, manager="up")["metadata"]["generation"] == 2


def test_a_field_that_is_no_longer_applied_goes_unless_another_manager_has_it(
    api: Api, namespace: str
) -> None:
    api.apply(_config(namespace, "c", mine="1", ours="1"), manager="up")
    api.apply(_config(namespace, "c", ours="1"), manager="other")
    left = api.apply(_config(namespace, "c"), manager="up")
    assert left["data"] == {"ours": "1"}


def test_replicas_that_a_program_lets_go_stay_with_the_autoscaler(api: Api, namespace: str) -> None:
    api.apply(_deployment(namespace, replicas=2), manager="up")
    api.patch(
        "apps/v1", "Deployment", "web", namespace, patch={"spec": {"replicas": 7}}, manager="hpa"
    )
    conflict = _refused(lambda: api.apply(_deployment(namespace, replicas=2), manager="up"))
    assert (conflict.status, conflict.reason) == (409, "Conflict")
    assert str(conflict) == 'Apply failed with 1 conflict: conflict with "hpa": .spec.replicas'
    assert api.apply(_deployment(namespace), manager="up")["spec"]["replicas"] == 7
    forced = api.apply(_deployment(namespace, replicas=3), manager="up", force=True)
    assert forced["spec"]["replicas"] == 3
    assert api.apply(_deployment(namespace), manager="up")["spec"].get("replicas") is None


def test_a_null_is_a_field_that_is_not_there(api: Api, namespace: str) -> None:
    applied = api.apply(_deployment(namespace, paused=None), manager="up")
    assert "paused" not in applied["spec"]


def test_an_empty_map_is_kept(api: Api, namespace: str) -> None:
    policy = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "p", "namespace": namespace},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
    }
    assert api.apply(policy, manager="up")["spec"]["podSelector"] == {}


def test_a_dry_run_changes_nothing(api: Api, namespace: str) -> None:
    answered = api.apply(_deployment(namespace), manager="up", dry_run=True)
    assert answered["spec"]["template"]
    assert api.list("apps/v1", "Deployment", namespace) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda it: it["spec"].update(replicas="three"),
            "Deployment.apps \"web\" is invalid: spec.replicas: 'three' is not of type 'integer'",
        ),
        (
            lambda it: it["spec"]["template"]["spec"]["containers"][0].update(imagee="x"),
            "spec.template.spec.containers[0]: Additional properties are not allowed "
            "('imagee' was unexpected)",
        ),
        (lambda it: it["spec"].pop("selector"), "spec: 'selector' is a required property"),
    ],
    ids=["wrong type", "misspelt", "missing"],
)
def test_what_breaks_the_schema_is_refused_with_its_place(
    api: Api, namespace: str, change: Callable[[dict[str, Any]], Any], message: str
) -> None:
    manifest = _deployment(namespace)
    change(manifest)
    refused = _refused(lambda: api.apply(manifest, manager="up"))
    assert (refused.status, refused.reason) == (422, "Invalid")
    assert message in str(refused)
    assert api.list("apps/v1", "Deployment", namespace) == []


def test_addresses_that_are_wrong_are_refused(
    plane: mock.MockPlane, api: Api, namespace: str
) -> None:
    missing = _refused(lambda: api.apply(_config("nowhere", "c"), manager="up"))
    assert (missing.status, str(missing)) == (404, 'namespaces "nowhere" not found')
    unknown = _refused(lambda: api.resource("apps/v1", "Deploymint"))
    assert "Deploymint" in str(unknown)
    other = _refused(
        lambda: api.request(
            "POST", f"/api/v1/namespaces/{namespace}/configmaps", body={"kind": "Secret"}
        )
    )
    assert "kind is 'Secret' and the request is for 'ConfigMap'" in str(other)
    api.create(_config(namespace, "c"))
    again = _refused(lambda: api.create(_config(namespace, "c")))
    assert (again.reason, str(again)) == ("AlreadyExists", 'configmaps "c" already exists')
    eviction = _refused(
        lambda: api.request("POST", f"/api/v1/namespaces/{namespace}/pods/x/eviction", body={})
    )
    assert "nothing runs behind it" in str(eviction)


def test_nobody_comes_in_without_the_token(plane: mock.MockPlane) -> None:
    for headers in ({}, {"Authorization": "Bearer guess"}):
        answer = requests.get(f"{plane.endpoint}/api/v1/namespaces", headers=headers, timeout=60)
        assert (answer.status_code, answer.json()["reason"]) == (401, "Unauthorized")


def test_an_object_replaced_from_an_old_version_is_a_conflict(api: Api, namespace: str) -> None:
    old = api.create(_config(namespace, "c", a="1"))
    api.patch("v1", "ConfigMap", "c", namespace, patch={"data": {"a": "2"}})
    path = api.resource("v1", "ConfigMap").path("c", namespace)
    refused = _refused(lambda: api.request("PUT", path, body=old))
    assert "please apply your changes to the latest version" in str(refused)


def test_the_status_is_written_by_its_subresource_alone(api: Api, namespace: str) -> None:
    status = {"observedGeneration": 1, "replicas": 2}
    api.apply(_deployment(namespace), manager="up")
    where = ("apps/v1", "Deployment", "web", namespace)
    assert "status" not in api.patch(*where, patch={"status": status})
    patch = {"status": status, "spec": {"replicas": 9}}
    written = api.patch(*where, patch=patch, subresource="status")
    assert written["status"] == status
    assert "replicas" not in written["spec"]
    assert api.apply(_deployment(namespace, replicas=2), manager="up")["status"] == status


def test_json_patches_apply_and_say_when_they_do_not(api: Api, namespace: str) -> None:
    api.create(_config(namespace, "c", a="1"))
    where = ("v1", "ConfigMap", "c", namespace)
    patch = [{"op": "replace", "path": "/data/a", "value": "2"}]
    assert api.patch(*where, patch=patch, kind_of_patch="json")["data"] == {"a": "2"}
    refused = _refused(
        lambda: api.patch(*where, patch=[{"op": "remove", "path": "/data/z"}], kind_of_patch="json")
    )
    assert "does not apply" in str(refused)


def test_finalizers_hold_an_object_until_they_are_gone(api: Api, namespace: str) -> None:
    held = _config(namespace, "c")
    held["metadata"]["finalizers"] = ["slipway/hold"]
    api.create(held)
    where = ("v1", "ConfigMap", "c", namespace)
    assert api.delete(*where)
    waiting = api.get(*where)
    assert waiting is not None
    assert waiting["metadata"]["deletionTimestamp"]
    api.patch(*where, patch={"metadata": {"finalizers": None}})
    assert api.get(*where) is None
    assert not api.delete(*where)


def test_a_namespace_takes_all_that_is_in_it_along(api: Api, namespace: str) -> None:
    api.apply(_deployment(namespace), manager="up")
    api.delete("v1", "Namespace", namespace)
    assert api.get("apps/v1", "Deployment", "web", namespace) is None
    assert namespace not in {it["metadata"]["name"] for it in api.list("v1", "Namespace")}


@pytest.mark.parametrize(
    ("labels", "fields", "found"),
    [
        ("tier=a", "", {"one"}),
        ("tier!=a", "", {"two", "three"}),
        ("tier in (a, b)", "", {"one", "two"}),
        ("tier notin (a,b),!odd", "", set()),
        ("odd", "", {"three"}),
        ("", "metadata.name=two", {"two"}),
        ("", "metadata.name!=two", {"one", "three"}),
    ],
)
def test_selectors_choose(
    api: Api, namespace: str, labels: str, fields: str, found: set[str]
) -> None:
    marks = {"one": {"tier": "a"}, "two": {"tier": "b"}, "three": {"odd": "yes"}}
    for name, mark in marks.items():
        manifest = _config(namespace, name)
        manifest["metadata"]["labels"] = mark
        api.create(manifest)
    listed = api.list("v1", "ConfigMap", namespace, labels=labels, fields=fields)
    assert {item["metadata"]["name"] for item in listed} == found


def test_a_watch_tells_what_is_there_and_what_happens_then(api: Api, namespace: str) -> None:
    api.create(_config(namespace, "before"))
    events = api.watch("v1", "ConfigMap", namespace, seconds=10)
    first = next(events)
    assert (first.type, first.object["metadata"]["name"]) == ("ADDED", "before")
    api.create(_config(namespace, "after", a="1"))
    api.patch("v1", "ConfigMap", "after", namespace, patch={"data": {"a": "2"}})
    api.delete("v1", "ConfigMap", "before", namespace)
    seen = [(it.type, it.object["metadata"]["name"]) for it in islice(events, 3)]
    assert seen == [("ADDED", "after"), ("MODIFIED", "after"), ("DELETED", "before")]


def test_a_watch_goes_on_where_a_list_ended_and_ends_in_its_time(api: Api, namespace: str) -> None:
    since = api.create(_config(namespace, "one"))["metadata"]["resourceVersion"]
    api.create(_config(namespace, "two"))
    began = time.monotonic()
    events = list(api.watch("v1", "ConfigMap", namespace, since=since, seconds=1))
    assert [it.object["metadata"]["name"] for it in events] == ["two"]
    assert time.monotonic() - began > 0.9


def test_many_at_once_lose_nothing(api: Api, namespace: str) -> None:
    api.create(_config(namespace, "shared"))
    told: list[str] = []

    def follow() -> None:
        for event in api.watch("v1", "ConfigMap", namespace, fields="metadata.name=shared"):
            told.append(event.type)
            if len(event.object.get("data", {})) == 100:
                return

    follower = threading.Thread(target=follow)
    follower.start()

    def write(number: int) -> None:
        patch = {"data": {f"k{number}": "x"}}
        api.patch("v1", "ConfigMap", "shared", namespace, patch=patch, manager=f"m{number}")
        api.apply(_config(namespace, f"own-{number}", a="1"), manager="up")

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(write, range(100)))
    follower.join(60)
    assert not follower.is_alive()
    assert told[-1] == "MODIFIED"
    shared = api.get("v1", "ConfigMap", "shared", namespace)
    assert shared is not None
    assert len(shared["data"]) == 100
    assert len(api.list("v1", "ConfigMap", namespace)) == 101


def test_a_mock_whose_starter_is_gone_ends_too(tmp_path: Path) -> None:
    code = (
        "import os; from pathlib import Path; from sandbox.kubernetes import mock\n"
        f"plane = mock.start(Path({str(tmp_path)!r}), 'shop')\n"
        "print(plane.endpoint, flush=True); os._exit(0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, check=True
    )
    endpoint = done.stdout.decode().strip()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            requests.get(f"{endpoint}/readyz", timeout=60)
        except requests.ConnectionError:
            return
        time.sleep(0.05)
    pytest.fail(f"{endpoint} still answers")


def test_a_mock_that_cannot_start_shows_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mock, "TOKEN_VARIABLE", "SOMETHING_ELSE")
    with pytest.raises(CloudError, match=r"ended during its start \(code 1\)(.|\n)*KeyError"):
        mock.start(tmp_path, "shop")


def test_it_stops(tmp_path: Path) -> None:
    plane = mock.start(tmp_path, "shop")
    plane.stop()
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{plane.endpoint}/readyz", timeout=60)
    assert json.loads((tmp_path / mock.ADDRESS).read_text())["port"]
    assert copy.copy(plane).endpoint == plane.endpoint
