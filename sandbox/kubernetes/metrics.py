"""The metrics API of a cluster: the real metrics server, and its registration.

On EKS it is an add-on, so a cluster has it only once somebody asked for it.
"""

import base64
import time
from typing import Any

from ..cloud.errors import CloudError
from .client import Api, Refused

RESOLUTION_SECONDS = 10
"""Between two looks at every node: the least that the metrics server accepts."""
AVAILABLE_SECONDS = 180
"""For the API server to find it; its own check comes every few seconds."""
NAMESPACE, SERVICE = "kube-system", "metrics-server"
API_SERVICE = "v1beta1.metrics.k8s.io"
_MANAGER = "sandbox-metrics"
_LABELS = {"k8s-app": "metrics-server"}


def register(api: Api, *, port: int, ca: bytes) -> None:
    """Make the API server answer for metrics.k8s.io by what listens on ``port``; wait for it.

    No pod of the cluster serves it: the Service only leads back to loopback.
    """
    for manifest in (*_access(), _service(), _api_service(port, ca)):
        api.apply(manifest, manager=_MANAGER, force=True)
    deadline = time.monotonic() + AVAILABLE_SECONDS
    while (why := _unavailable(api)) is not None:
        if time.monotonic() > deadline:
            raise CloudError(
                f"The metrics API was not available within {AVAILABLE_SECONDS} s: {why}. "
                "See logs/metrics-server.log beside the cluster's other logs."
            )
        time.sleep(0.1)


def unregister(api: Api) -> None:
    """Take it away again."""
    for manifest in reversed([*_access(), _service(), _api_service(0, b"")]):
        metadata = manifest["metadata"]
        api.delete(
            manifest["apiVersion"], manifest["kind"], metadata["name"], metadata.get("namespace")
        )


def _unavailable(api: Api) -> str | None:
    found = api.get("apiregistration.k8s.io/v1", "APIService", API_SERVICE) or {}
    for condition in found.get("status", {}).get("conditions") or []:
        if condition["type"] == "Available" and condition["status"] != "True":
            return str(condition.get("message"))
    try:
        api.request("GET", "/apis/metrics.k8s.io/v1beta1")
    except Refused as error:
        return str(error)
    return None


def _service() -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": SERVICE, "namespace": NAMESPACE, "labels": _LABELS},
        "spec": {"type": "ExternalName", "externalName": "localhost"},
    }


def _api_service(port: int, ca: bytes) -> dict[str, Any]:
    return {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": API_SERVICE, "labels": _LABELS},
        "spec": {
            "group": "metrics.k8s.io",
            "version": "v1beta1",
            "groupPriorityMinimum": 100,
            "versionPriority": 100,
            "caBundle": base64.b64encode(ca).decode(),
            "service": {"name": SERVICE, "namespace": NAMESPACE, "port": port},
        },
    }


def _access() -> list[dict[str, Any]]:
    """Who may read metrics: everybody who may view a namespace, as the real add-on has it."""
    return [
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {
                "name": "system:aggregated-metrics-reader",
                "labels": {
                    **_LABELS,
                    "rbac.authorization.k8s.io/aggregate-to-admin": "true",
                    "rbac.authorization.k8s.io/aggregate-to-edit": "true",
                    "rbac.authorization.k8s.io/aggregate-to-view": "true",
                },
            },
            "rules": [
                {
                    "apiGroups": ["metrics.k8s.io"],
                    "resources": ["pods", "nodes"],
                    "verbs": ["get", "list", "watch"],
                }
            ],
        }
    ]
