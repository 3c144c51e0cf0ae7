"""What the tests of pods share: one control plane with two nodes, whose pods really run."""

import dataclasses
import http.client
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from sandbox.cloud import Cloud
from sandbox.cloud.processes import ProcessEngine
from sandbox.cloud.settings import Settings
from sandbox.kubernetes import client, nodes
from sandbox.kubernetes.pods import attendant as pods

from ..cloud.world import PATIENCE_SECONDS, World

T = TypeVar("T")
APP = Path(__file__).parent.parent / "cloud" / "app"
PORT = 5000
PROBE = {"path": "/health", "port": "http"}
"""The test app's own health check."""


@dataclasses.dataclass
class Cluster:
    """A control plane, the attendant of its pods, and an image that they can run."""

    api: client.Api
    image: str
    cloud: Cloud
    state: Path
    identities: dict[str, dict[str, str]]
    """Service account -> the variables of its AWS identity."""
    attendant: pods.Attendant

    def pod(self, name: str, namespace: str = "default") -> dict[str, Any]:
        found = self.api.get("v1", "Pod", name, namespace)
        assert found is not None, f"pod {name} is gone"
        return found

    def run(self, name: str, **changes: Any) -> None:
        """Make a pod of the test app; ``changes`` are of its container, ``spec`` of the pod."""
        self.api.create(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": name, "namespace": "default", "labels": {"app": name}},
                "spec": pod_spec({"image": self.image, **changes}),
            }
        )

    def deploy(self, name: str, replicas: int, **changes: Any) -> None:
        """Make a Deployment of the test app."""
        labels = {"app": name}
        self.api.create(
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {"name": name, "namespace": "default"},
                "spec": {
                    "replicas": replicas,
                    "selector": {"matchLabels": labels},
                    "template": {
                        "metadata": {"labels": labels},
                        "spec": pod_spec({"image": self.image, **changes}),
                    },
                },
            }
        )

    def expose(self, name: str, *, seconds: float = PATIENCE_SECONDS, **changes: Any) -> str:
        """Make a Service of type LoadBalancer for a Deployment, return its address."""
        self.api.create(
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": name, "namespace": "default", **changes.pop("metadata", {})},
                "spec": {
                    "type": "LoadBalancer",
                    "selector": {"app": name},
                    "ports": [{"port": 80, "targetPort": PORT}],
                    **changes,
                },
            }
        )
        return until(lambda: address(self.service(name)), f"an address for {name}", seconds)

    def service(self, name: str) -> dict[str, Any]:
        return self.api.get("v1", "Service", name, "default") or {}

    def remove(self, name: str, kind: str = "Pod", api_version: str = "v1") -> None:
        self.api.delete(api_version, kind, name, "default")
        until(lambda: self.api.get(api_version, kind, name, "default") is None, f"{name} to go")

    def living(self, name: str) -> list[dict[str, Any]]:
        """The pods of a Deployment."""
        return self.api.list("v1", "Pod", "default", labels=f"app={name}")

    def events(self, name: str) -> dict[str, str]:
        """Reason -> the newest message, of the events on a pod."""
        found = self.api.list("v1", "Event", "default", fields=f"involvedObject.name={name}")
        return {event["reason"]: event["message"] for event in found}

    def log(self, name: str) -> str:
        path = self.state / "logs" / f"eks-test-default-{name}-web.log"
        return path.read_text() if path.exists() else ""


def pod_spec(changes: dict[str, Any]) -> dict[str, Any]:
    """A pod of the test app; ``changes`` are of its container, ``spec`` of the pod."""
    spec = changes.pop("spec", {})
    container = {
        "name": "web",
        "ports": [{"name": "http", "containerPort": PORT}],
        "readinessProbe": {"httpGet": PROBE, "periodSeconds": 1, "timeoutSeconds": 30},
        **changes,
    }
    return {"containers": [container], "terminationGracePeriodSeconds": 5, **spec}


def open_cluster(
    api: client.Api, world: World, state: Path, *, engine: Any = None, image: str = ""
) -> Cluster:
    """Two nodes, and pods that run, as processes unless there is a Docker client."""
    for zone in ("a", "b"):
        node = nodes.Node(
            name=f"node-{zone}",
            zone=f"us-east-1{zone}",
            region="us-east-1",
            instance_type="t4g.medium",
            architecture="arm64",
            group="web",
            cpu="4",
            memory_mib=8192,
        )
        nodes.join(api, node)
    settings = Settings(
        state=state,
        engine="docker" if engine is not None else "process",
        port=world.cloud.port,
        boot="test",
        hostname="test",
        account=world.cloud.account,
        region=world.cloud.region,
    )
    for folder in ("tmp", "logs"):
        (state / folder).mkdir(exist_ok=True)
    identities: dict[str, dict[str, str]] = {}
    attendant = pods.attend(
        api,
        cluster="test",
        engine=engine or ProcessEngine(state, {}),
        settings=settings,
        credentials=lambda namespace, account, pod: identities.get(account, {}),
    )
    return Cluster(api, image or world.image(APP), world.cloud, state, identities, attendant)


def address(service: dict[str, Any]) -> str | None:
    """Where a Service of type LoadBalancer answers, once its status has an address too."""
    if not (service.get("status") or {}).get("loadBalancer"):
        return None
    marks: dict[str, str] = service["metadata"].get("annotations") or {}
    return marks.get("sandbox.slipway/address")


def ready(pod: dict[str, Any]) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or []
    return any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)


def until(question: Callable[[], T | None], what: str, seconds: float = PATIENCE_SECONDS) -> T:
    """Ask until the answer is true; the failure says what was waited for."""
    deadline = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.05)
    return answer


def get(where: str, path: str = "/") -> tuple[int, Any]:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection(where, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", path, headers={"Connection": "close"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def get_quietly(where: str, path: str = "/") -> tuple[int, Any] | None:
    try:
        return get(where, path)
    except (OSError, ValueError):
        return None
