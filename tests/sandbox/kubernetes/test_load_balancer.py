"""Services of type LoadBalancer lead to ready pods, on a port of this machine."""

import http.client
import itertools
import json
import socket
import ssl
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from sandbox.kubernetes.pods import load_balancer
from sandbox.kubernetes.pods.tcp_proxy import Place, Proxies

from .pods import Cluster, get, get_quietly, ready, until
from .test_containers import cluster, flag_probe

pytestmark = pytest.mark.sandbox

__all__ = ["cluster"]


def slice_of(*endpoints: dict[str, Any], name: str = "") -> dict[str, Any]:
    return {"ports": [{"name": name, "port": 5000}], "endpoints": list(endpoints)}


def endpoint(
    uid: str, *, ready: bool, serving: bool = True, ending: bool = False
) -> dict[str, Any]:
    conditions = {"ready": ready, "serving": serving, "terminating": ending}
    return {"conditions": conditions, "targetRef": {"kind": "Pod", "uid": uid}}


def test_only_ready_pods_take_new_connections_while_there_is_one() -> None:
    endpoints = (
        endpoint("a", ready=True),
        endpoint("b", ready=False, serving=False),
        endpoint("c", ready=False, ending=True),
    )
    assert load_balancer.places([slice_of(*endpoints)], "") == [Place("a", 5000)]
    assert load_balancer.places([slice_of(*endpoints[1:])], "") == [Place("c", 5000)]
    assert load_balancer.places([slice_of(endpoints[1])], "") == []
    assert load_balancer.places([slice_of(*endpoints, name="other")], "http") == []


def test_a_port_without_pods_closes_its_connections_at_once(tmp_path: Path) -> None:
    proxies = Proxies(tmp_path)
    proxies.start()
    proxy = proxies.open(0, None)
    with socket.create_connection(("127.0.0.1", proxy.port), 2) as client:
        assert client.recv(1) == b""
    proxies.stop()
    proxies.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", proxy.port), 2)


def test_a_taken_port_is_not_taken_twice(tmp_path: Path) -> None:
    proxies = Proxies(tmp_path)
    proxies.start()
    first = proxies.open(0, None)
    assert proxies.open(first.port, None).port != first.port
    proxies.stop()


def test_the_address_stays_when_the_service_changes_and_goes_with_it(cluster: Cluster) -> None:
    cluster.deploy("steady", 1)
    where = cluster.expose("steady")
    until(lambda: get_quietly(where), "an answer")
    service = cluster.service("steady")
    assert service["status"]["loadBalancer"]["ingress"][0]["ip"] == "127.0.0.1"
    ports = [
        {"name": "http", "port": 80, "targetPort": 5000},
        {"name": "more", "port": 81, "targetPort": 5000},
    ]
    cluster.api.patch("v1", "Service", "steady", "default", patch={"spec": {"ports": ports}})
    until(lambda: get_quietly(where), "an answer again")
    cluster.api.patch("v1", "Service", "steady", "default", patch={"spec": {"type": "ClusterIP"}})
    assert until(lambda: get_quietly(where) is None, "the port to close")
    cluster.remove("steady", "Service")
    cluster.remove("steady", "Deployment", "apps/v1")


def test_an_established_connection_stays_with_a_pod_that_is_no_longer_ready(
    cluster: Cluster, tmp_path: Path
) -> None:
    flag = tmp_path / "flag"
    flag.touch()
    probe = flag_probe(flag, periodSeconds=1, failureThreshold=1)
    cluster.deploy("kept", 1, readinessProbe=probe)
    where = cluster.expose("kept")
    until(lambda: get_quietly(where), "an answer")
    connection = http.client.HTTPConnection(where, timeout=60)
    connection.request("GET", "/")
    assert connection.getresponse().read()
    flag.unlink()
    until(lambda: get_quietly(where) is None, "new connections to be refused")
    connection.request("GET", "/")
    assert json.loads(connection.getresponse().read())["path"] == "/"
    connection.close()
    cluster.remove("kept", "Service")
    cluster.remove("kept", "Deployment", "apps/v1")


def test_a_rolling_update_answers_every_request(cluster: Cluster) -> None:
    cluster.deploy(
        "rolling",
        2,
        env=[{"name": "VERSION", "value": "1"}],
        lifecycle={"preStop": {"sleep": {"seconds": 2}}},
        spec={"terminationGracePeriodSeconds": 10},
    )
    where = cluster.expose("rolling")
    until(lambda: sum(map(ready, cluster.living("rolling"))) == 2, "two ready pods")
    until(lambda: get_quietly(where), "an answer")
    seen: list[str] = []
    over = threading.Event()
    errors: list[BaseException] = []

    def ask() -> None:
        while not over.is_set():
            try:
                seen.append(get(where)[1]["version"])
            except (OSError, ValueError, http.client.HTTPException) as error:
                errors.append(error)
            time.sleep(0.01)

    asking = [threading.Thread(target=ask) for _ in range(3)]
    for thread in asking:
        thread.start()
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
    variable = [{"name": "VERSION", "value": "2"}]
    change = {"template": {"spec": {"containers": [{"name": "web", "env": variable}]}}}
    cluster.api.patch(
        "apps/v1",
        "Deployment",
        "rolling",
        "default",
        patch={"spec": {"strategy": strategy, **change}},
        kind_of_patch="strategic",
    )
    try:
        until(lambda: seen[-20:] == ["2"] * 20, "the new version everywhere")
        until(lambda: len(cluster.living("rolling")) == 2, "the old pods to go")
    finally:
        over.set()
        for thread in asking:
            thread.join()
    assert errors == []
    assert [version for version, _ in itertools.groupby(sorted(seen))] == ["1", "2"]
    cluster.remove("rolling", "Service")
    cluster.remove("rolling", "Deployment", "apps/v1")


def test_a_certificate_ends_tls_at_the_balancer(cluster: Cluster) -> None:
    cluster.deploy("secure", 1)
    marks = {
        "service.beta.kubernetes.io/aws-load-balancer-ssl-cert": "arn:aws:acm:x:1:certificate/y",
        "service.beta.kubernetes.io/aws-load-balancer-ssl-ports": "443",
    }
    where = cluster.expose(
        "secure",
        metadata={"annotations": marks},
        ports=[{"port": 443, "targetPort": 5000}],
    )
    until(lambda: any(map(ready, cluster.living("secure"))), "readiness")
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

    def answer() -> int | None:
        connection = http.client.HTTPSConnection(where, timeout=60, context=context)
        try:
            connection.request("GET", "/", headers={"Connection": "close"})
            return connection.getresponse().status
        except OSError:
            return None
        finally:
            connection.close()

    assert until(answer, "an answer over TLS") == 200
    cluster.remove("secure", "Service")
    cluster.remove("secure", "Deployment", "apps/v1")


def test_a_class_that_nobody_serves_gets_no_address(cluster: Cluster) -> None:
    with pytest.raises(AssertionError, match="waited 2 s for an address"):
        cluster.expose("odd", seconds=2, loadBalancerClass="example.com/other")
    assert "ingress" not in (cluster.service("odd").get("status") or {}).get("loadBalancer", {})
    cluster.remove("odd", "Service")
