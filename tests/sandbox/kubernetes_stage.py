"""A real control plane with the manifests of ``k8s/`` on it, and no cloud around.

KWOK plays the pods; a small server stands in for the load balancer and answers in the name
of whichever pods are ready. What the journeys see is otherwise what a deployment leaves.
"""

import itertools
import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.journeys import Journey, Report, Visit, every_journey, take
from sandbox.journeys.kubernetes_app import App, find, is_ready, settle
from sandbox.kubernetes import annotations, build, nodes, plane
from sandbox.kubernetes.client import Api

ROOT = Path(__file__).resolve().parents[2]
NAME = "storefront"
MANAGER = "program"
ZONES = ("us-east-1a", "us-east-1b")


class Stage:
    """The web app on its control plane."""

    def __init__(self, started: plane.ControlPlane, url: str, balancer: "Balancer") -> None:
        self.plane, self.url, self.balancer = started, url, balancer
        self.api = started.api()
        self.outputs = {
            "eks_cluster": started.name,
            "kubeconfig": json.dumps(started.kubeconfig),
            "eks_web_app_url": url,
        }

    def visit(self, patience: float = 180) -> Visit:
        return Visit(self.outputs, lambda service: None, patience=patience)

    def app(self) -> App:
        return find(self.visit())

    def settle(self) -> None:
        settle(self.visit(), self.app(), "between two tests")

    def take(self, title: str, *, patience: float = 180) -> Report:
        return take(journey(title), self.visit(patience))

    def get(self, api_version: str, kind: str) -> Any:
        namespace = None if kind == "Namespace" else NAME
        return self.api.get(api_version, kind, NAME, namespace)

    def patch(self, api_version: str, kind: str, patch: Any) -> None:
        namespace = None if kind == "Namespace" else NAME
        self.api.patch(api_version, kind, NAME, namespace, patch=patch, manager=MANAGER)

    def apply(self) -> None:
        """What the program would apply, with pods that KWOK plays."""
        for manifest in manifests():
            if manifest["kind"] == "Deployment":
                metadata = manifest["spec"]["template"]["metadata"]
                metadata["annotations"] = {annotations.SIMULATED: annotations.TRUE}
            if manifest["kind"] == "Service":
                address = self.url.removeprefix("http://")
                manifest["metadata"]["annotations"][annotations.ADDRESS] = address
            self.api.apply(manifest, manager=MANAGER, force=True)


def journey(title: str) -> Journey:
    """The one journey whose title contains ``title``."""
    found = [item for item in every_journey() if title in item.title]
    assert len(found) == 1, [item.title for item in found]
    return found[0]


def manifests() -> list[dict[str, Any]]:
    """The objects of ``k8s/``, in the order in which kustomize names them."""
    folder = ROOT / "k8s"
    names = yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"]
    return [yaml.safe_load((folder / name).read_text()) for name in names]


@contextmanager
def staged(folder: Path) -> Generator[Stage]:
    """Start a control plane, join two nodes in two zones, apply the manifests."""
    binaries = build.binaries()
    if binaries is None:
        pytest.skip("no control plane was built: `make kubernetes` (needs Go)")
    started = plane.start(folder, name="shop", binaries=binaries)
    try:
        api = started.api()
        for number, zone in enumerate(ZONES):
            nodes.join(api, _node(number, zone))
        balancer = Balancer(api)
        with balancer.listening() as url:
            stage = Stage(started, url, balancer)
            stage.apply()
            stage.settle()
            yield stage
            stage.api.close()
        api.close()
    finally:
        started.stop()


def _node(number: int, zone: str) -> nodes.Node:
    return nodes.Node(
        name=f"ip-10-0-{number}-10.ec2.internal",
        zone=zone,
        region="us-east-1",
        instance_type="t3.medium",
        architecture="amd64",
        group="shop",
        cpu="2",
        memory_mib=4096,
    )


class Balancer:
    """A load balancer of one's own: answers as the app would, in a ready pod's name."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._turn = itertools.count()
        self.most = 100
        """How many of the ready pods get requests."""

    def answer(self, path: str) -> tuple[int, dict[str, str]]:
        pods = self._api.list("v1", "Pod", NAME, labels=f"app.kubernetes.io/name={NAME}")
        ready = sorted(item["metadata"]["name"] for item in pods if is_ready(item))[: self.most]
        if not ready:
            return 503, {"message": "no pod is ready"}
        if path == "/health":
            return 200, {"status": "healthy"}
        host = ready[next(self._turn) % len(ready)]
        return 200, {"message": "Hello from ECS Fargate!", "hostname": host}

    @contextmanager
    def listening(self) -> Generator[str]:
        balancer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = balancer.answer(self.path)
                text = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
