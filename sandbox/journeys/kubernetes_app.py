"""The web app on Kubernetes, as an operator sees it: found by its address, read through the API."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sandbox.journeys import JourneyFailed, JourneySkipped, Visit
from sandbox.journeys.traces import wait
from sandbox.kubernetes import annotations, kubeconfig, mock
from sandbox.kubernetes.client import Api, Manifest, connect

NEEDS = ("eks_cluster", "kubeconfig", "eks_web_app_url")
CONNECT_SECONDS = 30
"""For the API server's first answer; it is on this machine, or as near as the user's own."""
SECONDS_A_POD = 30.0
"""For one pod after the other to be replaced: start, readiness, the old one's grace."""
FIRST_SECONDS = 60.0
"""After a Deployment was made, within which its controller has made the first pods."""
ZONE = "topology.kubernetes.io/zone"


@dataclass(frozen=True)
class App:
    """A Deployment behind a Service of type LoadBalancer."""

    api: Api
    namespace: str
    name: str
    """Of the Deployment."""
    service: str
    labels: str
    """Selector of its pods."""

    def deployment(self) -> Manifest:
        """The Deployment as it is now."""
        found = self.api.get("apps/v1", "Deployment", self.name, self.namespace)
        if found is None:
            raise JourneyFailed(f"the Deployment {self.name} is gone")
        return found

    def pods(self) -> list[Manifest]:
        """Its pods, those that are ending left out."""
        return [
            pod
            for pod in self.api.list("v1", "Pod", self.namespace, labels=self.labels)
            if "deletionTimestamp" not in pod["metadata"]
        ]

    def ready(self) -> list[Manifest]:
        """Its pods that take requests."""
        return [pod for pod in self.pods() if is_ready(pod)]

    def endpoints(self) -> list[str]:
        """Addresses of the Service that take requests."""
        slices = self.api.list(
            "discovery.k8s.io/v1",
            "EndpointSlice",
            self.namespace,
            labels=f"kubernetes.io/service-name={self.service}",
        )
        return [
            address
            for item in slices
            for endpoint in item.get("endpoints") or []
            if (endpoint.get("conditions") or {}).get("ready")
            for address in endpoint["addresses"]
        ]

    def autoscaler(self) -> Manifest | None:
        """The HorizontalPodAutoscaler of the Deployment, if it has one."""
        return next(
            (
                item
                for item in self.api.list(
                    "autoscaling/v2", "HorizontalPodAutoscaler", self.namespace
                )
                if item["spec"]["scaleTargetRef"]["name"] == self.name
            ),
            None,
        )

    def budget(self, replicas: int) -> int:
        """Fewest ready pods that its PodDisruptionBudget allows of ``replicas``."""
        labels = self.deployment()["spec"]["selector"]["matchLabels"]
        for item in self.api.list("policy/v1", "PodDisruptionBudget", self.namespace):
            spec = item["spec"]
            if (spec.get("selector") or {}).get("matchLabels") == labels:
                if "minAvailable" in spec:
                    return _share(spec["minAvailable"], replicas)
                return replicas - _share(spec["maxUnavailable"], replicas)
        raise JourneyFailed(f"no PodDisruptionBudget in {self.namespace} is for {labels}")

    def settled(self) -> bool:
        """Whether every pod that the Deployment asks for is of its newest version and ready."""
        now = self.deployment()
        status, wanted = now.get("status", {}), now["spec"]["replicas"]
        counts = [
            status.get(key, 0) for key in ("replicas", "updatedReplicas", "availableReplicas")
        ]
        current = status.get("observedGeneration") == now["metadata"]["generation"]
        return bool(current and counts == [wanted] * 3)

    def begun(self) -> int | None:
        """With how many pods it was made, while the cluster remembers (events live for an hour)."""
        made = self.deployment()["metadata"]["creationTimestamp"]
        fields = f"involvedObject.name={self.name},reason=ScalingReplicaSet"
        for event in self.api.list("v1", "Event", self.namespace, fields=fields):
            count = re.search(r"from 0 to (\d+)$", event["message"])
            after = _date(event["metadata"]["creationTimestamp"]) - _date(made)
            if count and after.total_seconds() < FIRST_SECONDS:
                return int(count[1])
        return None

    def zones(self, pods: Iterable[Manifest]) -> Counter[str]:
        """How many of ``pods`` run in each zone that has a node, zones without one included."""
        nodes = {
            node["metadata"]["name"]: node["metadata"]["labels"].get(ZONE, "no zone")
            for node in self.api.list("v1", "Node")
        }
        found = Counter(dict.fromkeys(nodes.values(), 0))
        found.update(nodes[pod["spec"]["nodeName"]] for pod in pods)
        return found

    def is_simulated(self) -> bool:
        """Whether the nodes are the sandbox's, which report what they are told as usage."""
        return any(
            annotations.NODE in (node["metadata"].get("annotations") or {})
            for node in self.api.list("v1", "Node")
        )


def find(visit: Visit) -> App:
    """The app behind ``eks_web_app_url``; the journey is skipped where no pod can run."""
    api = reach(visit)
    if on_mock(visit):
        raise JourneySkipped(
            "the mock runs no pods: `make kubernetes` builds a real control plane (needs Go)"
        )
    url = str(visit.outputs["eks_web_app_url"])
    services = [
        item for item in api.list("v1", "Service") if item["spec"].get("type") == "LoadBalancer"
    ]
    # Behind a domain of one's own the URL does not name the load balancer.
    found = [item for item in services if _address(item) in url] or services
    if len(found) != 1:
        names = [item["metadata"]["name"] for item in found]
        raise JourneyFailed(f"{len(found)} Services of type LoadBalancer could be {url}: {names}")
    service = found[0]["metadata"]
    selector = found[0]["spec"]["selector"]
    for item in api.list("apps/v1", "Deployment", service["namespace"]):
        spec = item["spec"]
        if selector.items() <= spec["template"]["metadata"]["labels"].items():
            labels = ",".join(f"{key}={value}" for key, value in selector.items())
            name = item["metadata"]["name"]
            return App(api, service["namespace"], name, service["name"], labels)
    raise JourneyFailed(f"no Deployment's pods are those of the Service {service['name']}")


def reach(visit: Visit) -> Api:
    """The API server of the exported kubeconfig."""
    return connect(visit.outputs["kubeconfig"], seconds=CONNECT_SECONDS)


def on_mock(visit: Visit) -> bool:
    """Whether the kubeconfig is that of the mock."""
    return kubeconfig.read(visit.outputs["kubeconfig"]).cluster == mock.CLUSTER


def settle(visit: Visit, app: App, otherwise: str) -> None:
    """Wait until the Deployment is as it should be and no pod is on its way out."""
    patience = max(visit.patience, SECONDS_A_POD * len(app.pods()))
    patient = replace(visit, patience=patience)
    wait(patient, app.settled, f"{otherwise}: the Deployment never came to rest")
    wait(
        patient,
        lambda: len(app.api.list("v1", "Pod", app.namespace, labels=app.labels)) == len(app.pods()),
        f"{otherwise}: pods that were to end are still there",
    )


def is_ready(pod: Manifest) -> bool:
    """Whether the pod takes requests."""
    conditions: list[Any] = pod.get("status", {}).get("conditions") or []
    return any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)


def _date(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _address(service: Manifest) -> str:
    """Where the load balancer answers; the sandbox's is a port, which the status cannot say."""
    marks = service["metadata"].get("annotations") or {}
    ingress = service.get("status", {}).get("loadBalancer", {}).get("ingress") or [{}]
    named = ingress[0].get("hostname") or ingress[0].get("ip")
    return marks.get(annotations.ADDRESS) or named or "no address yet"


def _share(amount: int | str, of: int) -> int:
    """``2`` or ``25%`` of ``of``, rounded up as Kubernetes does for budgets."""
    if isinstance(amount, int):
        return amount
    return -(-int(amount.rstrip("%")) * of // 100)
