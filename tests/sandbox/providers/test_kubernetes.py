"""Kubernetes objects by their providers, against a mock and a real control plane."""

import base64
import json
import re
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from sandbox.kubernetes.annotations import ADDRESS
from sandbox.providers import kubernetes_provider, kubernetes_waiting
from sandbox.providers.base import Unfinished, UnsupportedInput

from .clusters import MANAGER, OFFLINE, PROVIDERS, Cluster, deployment

pytestmark = pytest.mark.sandbox

CONFIG, SECRET, DEPLOYMENT = "core/v1:ConfigMap", "core/v1:Secret", "apps/v1:Deployment"
SERVICE, NAMESPACE = "core/v1:Service", "core/v1:Namespace"


def test_an_object_is_made_changed_in_place_and_removed(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    first = {"metadata": {"name": "a", "namespace": namespace}, "data": {"k": "v"}}
    made = cluster.make(CONFIG, "a", **first)
    id, outputs = made
    assert id == f"{namespace}/a"
    assert outputs["metadata"]["uid"]
    assert outputs["data"] == {"k": "v"}
    assert "managedFields" not in outputs["metadata"]

    later = {**first, "metadata": {**first["metadata"], "labels": {"team": "a"}}}
    outputs = cluster.update(CONFIG, made, first, later)
    live = cluster.get("v1", "ConfigMap", id)
    assert live is not None
    assert live["metadata"]["labels"] == outputs["metadata"]["labels"] == {"team": "a"}

    cluster.update(CONFIG, (id, outputs), later, first)  # what is taken out goes
    live = cluster.get("v1", "ConfigMap", id)
    assert live is not None
    assert "labels" not in live["metadata"]

    provider = cluster.provider(CONFIG)
    assert provider.read(id)["data"] == {"k": "v"}
    provider.delete(id, outputs)
    assert cluster.get("v1", "ConfigMap", id) is None
    provider.delete(id, outputs)  # what is gone already is no error
    with pytest.raises(KeyError):
        provider.read(id)


def test_an_object_without_a_name_gets_one_and_keeps_it(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    first = {"metadata": {"namespace": namespace}, "stringData": {"password": "p"}}
    made = cluster.make(SECRET, "db", **first)
    name = made[1]["metadata"]["name"]
    assert re.fullmatch(r"db-[0-9a-f]{7}", name)
    assert made[1]["metadata"]["annotations"] == {"pulumi.com/autonamed": "true"}
    assert made[1]["data"] == {"password": base64.b64encode(b"p").decode()}
    later = {**first, "metadata": {"namespace": namespace, "labels": {"a": "b"}}}
    outputs = cluster.update(SECRET, made, first, later)
    assert outputs["metadata"]["name"] == name
    assert outputs["metadata"]["annotations"] == {"pulumi.com/autonamed": "true"}


def test_a_key_taken_out_of_string_data_goes(cluster: Cluster) -> None:
    metadata = {"name": "s", "namespace": cluster.namespace()}
    first = {"metadata": metadata, "stringData": {"a": "1", "b": "2"}}
    made = cluster.make(SECRET, "s", **first)
    later = {"metadata": metadata, "stringData": {"a": "1"}}
    assert cluster.update(SECRET, made, first, later)["data"] == {"a": "MQ=="}


def test_objects_go_where_the_provider_says_unless_they_say_otherwise(cluster: Cluster) -> None:
    one, other = cluster.namespace(), cluster.namespace()
    provider = cluster.provider(CONFIG, namespace=one)
    assert provider.create("a", provider.check("a", {"metadata": {"name": "a"}}))[0] == f"{one}/a"
    elsewhere = {"metadata": {"name": "a", "namespace": other}}
    assert provider.create("a", provider.check("a", elsewhere))[0] == f"{other}/a"
    plain = cluster.provider(CONFIG).check("a", {"metadata": {"name": "a"}})
    assert plain.metadata["namespace"] == "default"
    assert "namespace" not in cluster.provider(NAMESPACE).check("a", {}).metadata


def test_what_the_schema_does_not_have_is_refused_before_anything_is_sent(
    cluster: Cluster,
) -> None:
    wrong = deployment("nowhere", memory="64Mi")
    with pytest.raises(UnsupportedInput) as error:
        cluster.provider(DEPLOYMENT).check("web", wrong)
    for part in ("'web'", "Kubernetes 1.34", "spec.template.spec.containers[0]", "'memory'"):
        assert part in str(error.value)


def test_a_secrets_value_is_in_no_message(cluster: Cluster) -> None:
    wrong = {"metadata": {"annotations": {"password": 4711.0}}}
    with pytest.raises(UnsupportedInput, match=r"annotations\.password: the value does") as error:
        cluster.provider(SECRET).check("s", wrong)
    assert "4711" not in str(error.value)


def test_an_object_that_exists_already_is_not_taken_over(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    given = {"metadata": {"name": "a", "namespace": namespace}, "data": {"k": "v"}}
    cluster.make(CONFIG, "a", **given)
    with pytest.raises(ValueError, match=rf"ConfigMap {namespace}/a already exists.*upsert"):
        cluster.make(CONFIG, "other", **given)
    provider = cluster.provider(CONFIG, upsertExistingObjects=True)
    assert provider.create("a", provider.check("a", given))[0] == f"{namespace}/a"


def test_replicas_that_an_autoscaler_has_set_are_left_to_it(cluster: Cluster) -> None:
    first, later = (deployment(cluster.namespace()) for _ in "ab")
    later = deployment(first["metadata"]["namespace"], image="shop:2")
    made = cluster.make(DEPLOYMENT, "web", **first)
    cluster.api.apply(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": first["metadata"],
            "spec": {"replicas": 4},
        },
        manager=MANAGER,
        force=True,
    )
    outputs = cluster.update(DEPLOYMENT, made, first, later, ignored=["spec.replicas"])
    assert outputs["spec"]["replicas"] == 4
    container = outputs["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == "shop:2"
    live = cluster.get("apps/v1", "Deployment", made[0])
    assert live is not None
    owners = [
        entry["manager"]
        for entry in live["metadata"]["managedFields"]
        if "f:replicas" in entry["fieldsV1"].get("f:spec", {})
    ]
    assert owners == [MANAGER]


def test_ignored_replicas_that_nobody_has_set_stay_as_they_are(cluster: Cluster) -> None:
    first = deployment(cluster.namespace(), replicas=3)
    made = cluster.make(DEPLOYMENT, "web", **first)
    later = deployment(first["metadata"]["namespace"], replicas=3, image="shop:2")
    outputs = cluster.update(DEPLOYMENT, made, first, later, ignored=["spec.replicas"])
    assert outputs["spec"]["replicas"] == 3


@pytest.mark.parametrize("how", ["annotation", "provider"])
def test_a_field_of_somebody_elses_is_a_conflict_unless_it_is_taken(
    cluster: Cluster, how: str
) -> None:
    first = {"metadata": {"name": "a", "namespace": cluster.namespace()}, "data": {"k": "v"}}
    made = cluster.make(CONFIG, "a", **first)
    theirs = {**first, "apiVersion": "v1", "kind": "ConfigMap", "data": {"k": "theirs"}}
    cluster.api.apply(theirs, manager=MANAGER, force=True)
    later: dict[str, Any] = {**first, "data": {"k": "ours"}}
    with pytest.raises(ValueError, match=r"conflict.*ignore_changes.*patchForce") as error:
        cluster.update(CONFIG, made, first, later)
    assert MANAGER in str(error.value)
    settings: dict[str, Any] = {}
    if how == "provider":
        settings = {"enablePatchForce": "true"}
    else:
        marks = {"pulumi.com/patchForce": "true"}
        later = {**later, "metadata": {**later["metadata"], "annotations": marks}}
    assert cluster.update(CONFIG, made, first, later, **settings)["data"] == {"k": "ours"}


def test_the_mock_awaits_nothing_and_its_load_balancers_lead_nowhere(
    mock_cluster: Cluster,
) -> None:
    namespace = mock_cluster.namespace()
    mock_cluster.make(DEPLOYMENT, "web", **deployment(namespace))
    spec = {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"port": 80.0}]}
    made = mock_cluster.make(
        SERVICE, "web", metadata={"name": "web", "namespace": namespace}, spec=spec
    )
    assert made[1]["status"] == {"loadBalancer": {"ingress": [{"hostname": "unscheduled.invalid"}]}}


@pytest.mark.kubernetes
def test_a_deployment_is_awaited_and_so_are_its_services_endpoints_and_address(
    built_cluster: Cluster,
) -> None:
    namespace = built_cluster.namespace()
    metadata = {"name": "web", "namespace": namespace}
    spec = {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"port": 80.0}]}

    def balance() -> None:
        """What the sandbox's load balancers do, once the service is there."""
        while built_cluster.get("v1", "Service", f"{namespace}/web") is None:
            time.sleep(0.05)
        place = ("v1", "Service", "web", namespace)
        marks = {"metadata": {"annotations": {ADDRESS: "127.0.0.1:8081"}}}
        built_cluster.api.patch(*place, patch=marks)
        status = {"status": {"loadBalancer": {"ingress": [{"ip": "127.0.0.1"}]}}}
        built_cluster.api.patch(*place, patch=status, subresource="status")
        built_cluster.make(DEPLOYMENT, "web", **deployment(namespace))

    balancer = threading.Thread(target=balance)
    balancer.start()
    _, outputs = built_cluster.make(SERVICE, "web", metadata=metadata, spec=spec)
    balancer.join()
    assert outputs["status"] == {"loadBalancer": {"ingress": [{"hostname": "127.0.0.1:8081"}]}}
    live = built_cluster.get("apps/v1", "Deployment", f"{namespace}/web")
    assert live is not None
    assert live["status"]["availableReplicas"] == 2


@pytest.mark.kubernetes
def test_pods_that_pod_security_refuses_fail_the_deployment_with_its_words(
    built_cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubernetes_waiting, "REFUSED_SECONDS", 1)
    namespace = built_cluster.namespace(**{"pod-security.kubernetes.io/enforce": "restricted"})
    with pytest.raises(Unfinished, match="violates PodSecurity") as error:
        built_cluster.make(DEPLOYMENT, "web", **deployment(namespace))
    assert error.value.id == f"{namespace}/web"
    provider = built_cluster.provider(DEPLOYMENT)
    provider.delete(error.value.id, error.value.outputs)
    assert built_cluster.get("apps/v1", "Deployment", error.value.id) is None


@pytest.mark.kubernetes
def test_pods_that_fit_on_no_node_fail_the_deployment_with_the_schedulers_words(
    built_cluster: Cluster,
) -> None:
    asked = deployment(built_cluster.namespace(), resources={"requests": {"cpu": "64"}})
    asked["spec"]["progressDeadlineSeconds"] = 8.0
    with pytest.raises(Unfinished) as error:
        built_cluster.make(DEPLOYMENT, "web", **asked)
    assert "has timed out progressing" in str(error.value)
    assert "Insufficient cpu" in str(error.value)
    built_cluster.provider(DEPLOYMENT).delete(error.value.id, error.value.outputs)


@pytest.mark.kubernetes
def test_the_programs_time_out_ends_the_wait(built_cluster: Cluster) -> None:
    asked = deployment(built_cluster.namespace(), resources={"requests": {"cpu": "64"}})
    asked["metadata"]["annotations"] = {"pulumi.com/timeoutSeconds": "8"}
    with pytest.raises(Unfinished, match=r"not ready after 8 s.*Insufficient cpu"):
        built_cluster.make(DEPLOYMENT, "web", **asked)


@pytest.mark.kubernetes
def test_skip_await_waits_for_nothing(built_cluster: Cluster) -> None:
    asked = deployment(built_cluster.namespace(), resources={"requests": {"cpu": "64"}})
    asked["metadata"]["annotations"] = {"pulumi.com/skipAwait": "true"}
    assert built_cluster.make(DEPLOYMENT, "web", **asked)[0].endswith("/web")


@pytest.mark.kubernetes
def test_what_the_api_server_refuses_is_told_in_its_words(built_cluster: Cluster) -> None:
    asked = deployment(built_cluster.namespace())
    asked["spec"]["selector"] = {"matchLabels": {"app": "other"}}
    with pytest.raises(Exception, match="`selector` does not match template `labels`"):
        built_cluster.make(DEPLOYMENT, "web", **asked)


@pytest.mark.kubernetes
def test_a_finalizer_holds_the_deletion_and_is_named(built_cluster: Cluster) -> None:
    metadata = {
        "name": "held",
        "namespace": built_cluster.namespace(),
        "finalizers": ["shop.example/hold"],
        "annotations": {"pulumi.com/timeoutSeconds": "1"},
    }
    id, outputs = built_cluster.make(CONFIG, "held", metadata=metadata)
    provider = built_cluster.provider(CONFIG)
    with pytest.raises(TimeoutError, match=r"still there after 1 s: .* shop\.example/hold"):
        provider.delete(id, outputs)
    free = {"metadata": {"finalizers": None}}
    built_cluster.api.patch("v1", "ConfigMap", "held", metadata["namespace"], patch=free)  # type: ignore[arg-type]
    provider.delete(id, outputs)
    assert built_cluster.get("v1", "ConfigMap", id) is None


@pytest.mark.kubernetes
def test_a_deployment_is_gone_with_its_pods(built_cluster: Cluster) -> None:
    namespace = built_cluster.namespace()
    id, outputs = built_cluster.make(DEPLOYMENT, "web", **deployment(namespace))
    assert len(built_cluster.api.list("v1", "Pod", namespace)) == 2
    built_cluster.provider(DEPLOYMENT).delete(id, outputs)
    assert built_cluster.api.list("v1", "Pod", namespace) == []


KINDS: dict[str, dict[str, Any]] = {
    "core/v1:ServiceAccount": {"automountServiceAccountToken": False},
    "autoscaling/v2:HorizontalPodAutoscaler": {
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "minReplicas": 2.0,
            "maxReplicas": 10.0,
            "metrics": [
                {
                    "type": "Resource",
                    "resource": {
                        "name": "cpu",
                        "target": {"type": "Utilization", "averageUtilization": 70.0},
                    },
                }
            ],
        }
    },
    "policy/v1:PodDisruptionBudget": {
        "spec": {"maxUnavailable": 1.0, "selector": {"matchLabels": {"app": "web"}}}
    },
    "networking.k8s.io/v1:NetworkPolicy": {
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{}]}
    },
    "core/v1:LimitRange": {"spec": {"limits": [{"type": "Container", "default": {"cpu": "100m"}}]}},
    "core/v1:ResourceQuota": {"spec": {"hard": {"pods": "10"}}},
    "rbac.authorization.k8s.io/v1:Role": {
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
    },
    "rbac.authorization.k8s.io/v1:RoleBinding": {
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"},
        "subjects": [{"kind": "ServiceAccount", "name": "web"}],
    },
}


@pytest.mark.parametrize("short", KINDS)
def test_other_kinds_are_made_and_removed(cluster: Cluster, short: str) -> None:
    metadata = {"name": "web", "namespace": cluster.namespace()}
    id, outputs = cluster.make(short, "web", metadata=metadata, **KINDS[short])
    assert outputs["kind"] == short.partition(":")[2]
    cluster.provider(short).delete(id, outputs)
    assert cluster.get(outputs["apiVersion"], outputs["kind"], id) is None


def test_without_an_explicit_provider_nothing_is_served() -> None:
    provider = PROVIDERS[f"kubernetes:{CONFIG}"](OFFLINE)
    with pytest.raises(UnsupportedInput, match=r"'a': no Kubernetes provider\. .*provider="):
        provider.check("a", {"metadata": {"name": "a"}})


def test_a_kubeconfig_that_points_nowhere_is_an_error_and_no_hang(
    mock_cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubernetes_provider, "CONNECT_SECONDS", 0.5)
    made = mock_cluster.make(CONFIG, "a", metadata={"namespace": mock_cluster.namespace()})
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts, and never answers
        port = silent.getsockname()[1]
        nowhere = json.loads(json.dumps(mock_cluster.kubeconfig))
        nowhere["clusters"][0]["cluster"]["server"] = f"http://127.0.0.1:{port}"
        lost = replace(mock_cluster, kubeconfig=nowhere)
        started = time.monotonic()
        with pytest.raises(Exception, match=rf"127\.0\.0\.1:{port}.*0\.5 s"):
            lost.provider(CONFIG).check("a", {"metadata": {"name": "a"}})
        with pytest.raises(Exception, match=rf"127\.0\.0\.1:{port}"):
            lost.provider(CONFIG).delete(*made)
        lost.provider(CONFIG, deleteUnreachable="true").delete(*made)
        assert time.monotonic() - started < 30  # by itself one attempt has as long


CHANGES: list[tuple[str, Mapping[str, Any], Mapping[str, Any], Mapping[str, Any], bool]] = [
    (CONFIG, {"data": {"a": "1"}}, {"data": {"a": "2"}}, {}, True),
    (CONFIG, {"data": {"a": "1"}}, {"data": {"a": "2"}}, {"enableConfigMapMutable": "true"}, False),
    (
        CONFIG,
        {"data": {"a": "1"}, "immutable": True},
        {"data": {"a": "2"}, "immutable": True},
        {"enableConfigMapMutable": "true"},
        True,
    ),
    (SECRET, {"data": {"a": "MQ=="}}, {"data": {"a": "Mg=="}}, {}, True),
    (
        SECRET,
        {"data": {"a": "MQ=="}},
        {"data": {"a": "Mg=="}},
        {"enableSecretMutable": "true"},
        False,
    ),
    (SECRET, {"type": "a/b"}, {"type": "Opaque"}, {"enableSecretMutable": "true"}, True),
    (CONFIG, {"metadata": {"name": "a"}}, {"metadata": {"name": "b"}}, {}, True),
    (CONFIG, {"metadata": {"name": "a"}}, {"metadata": {}}, {}, True),
    (CONFIG, {"metadata": {"namespace": "a"}}, {"metadata": {"namespace": "b"}}, {}, True),
    (CONFIG, {"metadata": {"labels": {"a": "b"}}}, {"metadata": {}}, {}, False),
    (SERVICE, {"spec": {"clusterIP": "None"}}, {"spec": {}}, {}, True),
    (SERVICE, {"spec": {"type": "LoadBalancer"}}, {"spec": {"type": "ClusterIP"}}, {}, False),
    (
        DEPLOYMENT,
        {"spec": {"selector": {"matchLabels": {"a": "b"}}}},
        {"spec": {"selector": {"matchLabels": {"a": "c"}}}},
        {},
        True,
    ),
    (DEPLOYMENT, {"spec": {"replicas": 1}}, {"spec": {"replicas": 2}}, {}, False),
    (
        "rbac.authorization.k8s.io/v1:RoleBinding",
        {"roleRef": {"name": "a"}},
        {"roleRef": {"name": "b"}},
        {},
        True,
    ),
]


@pytest.mark.parametrize(("short", "old", "new", "settings", "replaced"), CHANGES)
def test_what_cannot_change_in_place_means_a_new_object(
    short: str,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    settings: Mapping[str, Any],
    replaced: bool,
) -> None:
    provider = PROVIDERS[f"kubernetes:{short}"](replace(OFFLINE, provider=dict(settings)))
    before, after = (provider.inputs.model_validate(side) for side in (old, new))
    changed = provider.changed(before, after)
    assert changed
    assert provider.must_replace(changed, before, after) is replaced


@pytest.mark.parametrize(
    ("old", "new", "first"),
    [
        ({"name": "a"}, {"name": "a"}, True),
        ({"name": "a"}, {"name": "b"}, False),
        ({"name": "a", "namespace": "x"}, {"name": "a", "namespace": "y"}, False),
        ({}, {}, False),
        (None, {"name": "a"}, True),
    ],
)
def test_the_old_object_goes_first_only_if_the_new_one_needs_its_name(
    old: dict[str, Any] | None, new: dict[str, Any], first: bool
) -> None:
    provider = PROVIDERS[f"kubernetes:{CONFIG}"](OFFLINE)
    before, after = (
        side if side is None else provider.inputs.model_validate({"metadata": side})
        for side in (old, new)
    )
    assert provider.deletes_first(before, after) is first
