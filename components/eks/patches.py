"""Writes what a WebApp says into the manifests: pure functions on plain data.

Whatever the WebApp does not speak of (spread, pod security, budget) stays as the files have it,
and so does every container but the first. Values may be Outputs; they are only passed on.
"""

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pulumi

from ..web_app import ResolvedHealthCheck
from . import quantities
from .load_balancer import patch_service
from .machines import NODE_ARCHITECTURES
from .manifests import containers
from .secrets import names_of
from .settings import Settings

NAME_LABEL = "app.kubernetes.io/name"
"""Kubernetes's recommended label; where a manifest carries it, it gets the component's name."""
PORT_NAME = "http"
PRE_STOP_SECONDS = 5
"""Longer than a node needs to learn that a pod is gone (well under a second for a few hundred
services), short enough that rollouts stay quick."""
STARTUP_PERIOD_SECONDS = 2
"""The start is asked after often, so that a quick app is ready quickly."""
SCRATCH_PATH = "/tmp"  # noqa: S108 - in the pod


def patched(
    settings: Settings, secret: pulumi.Input[str] | None, certificate: pulumi.Input[str] | None
) -> dict[str, dict[str, Any]]:
    """Every object of the app by kind, as it is to be applied.

    Args:
        settings: of the component.
        secret: name of the Secret with the app's secrets; None without any.
        certificate: ARN of the domain's certificate; None without a domain.
    """
    objects = {kind: manifest.copy() for kind, manifest in settings.manifests.items()}
    if settings.app.scaling is None:
        objects.pop("HorizontalPodAutoscaler", None)
    for item in objects.values():
        _rename(item, settings)
    _namespace(objects["Namespace"], settings)
    _deployment(objects["Deployment"], settings, secret)
    if (policy := objects.get("NetworkPolicy")) is not None:
        _network_policy(policy, settings)
    if (scaler := objects.get("HorizontalPodAutoscaler")) is not None:
        _scaler(scaler, settings)
    patch_service(objects["Service"], settings, certificate)
    return objects


def _rename(item: dict[str, Any], settings: Settings) -> None:
    """The component's names: of the item, in its labels, and in whatever selects by them."""
    metadata = item["metadata"]
    if item["kind"] == "Namespace":
        metadata["name"] = settings.namespace
    else:
        metadata["name"], metadata["namespace"] = settings.name, settings.namespace
    _relabel(item, settings.name)


def _relabel(value: Any, name: str) -> None:
    if isinstance(value, dict):
        if NAME_LABEL in value:
            value[NAME_LABEL] = name
        for item in value.values():
            _relabel(item, name)
    elif isinstance(value, list):
        for item in value:
            _relabel(item, name)


def _namespace(namespace: dict[str, Any], settings: Settings) -> None:
    gates = {
        "service.k8s.aws/nlb": "elbv2.k8s.aws/pod-readiness-gate-inject",
        "eks.amazonaws.com/nlb": "eks.amazonaws.com/pod-readiness-gate-inject",
    }
    # A pod then counts as ready once the load balancer sends requests to it, not before: a
    # rollout that went on earlier would leave nobody to answer.
    if (gate := gates.get(settings.load_balancer_class or "")) is not None:
        namespace["metadata"].setdefault("labels", {})[gate] = "enabled"


def _deployment(
    deployment: dict[str, Any], settings: Settings, secret: pulumi.Input[str] | None
) -> None:
    app, spec = settings.app, deployment["spec"]
    spec["replicas"] = settings.replicas
    # A pod may take its whole grace to start, and a second one after a crash.
    deadline = int(spec.get("progressDeadlineSeconds", 600))
    spec["progressDeadlineSeconds"] = max(deadline, 2 * app.health.grace_seconds)
    pod = spec["template"]["spec"]
    pod["serviceAccountName"] = settings.name
    pre_stop = pre_stop_seconds(settings)
    pod["terminationGracePeriodSeconds"] = pre_stop + app.drain_seconds
    if not settings.fargate:
        # Nodes of another architecture may join later; there the image would crash.
        architecture = {"kubernetes.io/arch": NODE_ARCHITECTURES[app.architecture]}
        pod["nodeSelector"] = {**pod.get("nodeSelector", {}), **architecture}
    container = containers(deployment)[0]
    container["name"] = settings.name
    container["image"] = app.image
    container["ports"] = [{"name": PORT_NAME, "containerPort": app.port, "protocol": "TCP"}]
    container["env"] = _environment(container.get("env", ()), settings, secret)
    if app.command:
        container["args"] = list(app.command)  # an image's entry point stays, as it does on ECS
    container["resources"] = _resources(container.get("resources") or {}, app.cpu, app.memory)
    container.update(_probes(app.health, settings.readiness_path))
    container["lifecycle"] = {
        **container.get("lifecycle", {}),
        "preStop": {"sleep": {"seconds": pre_stop}},
    }
    _root(pod, container, app.read_only_root)


def pre_stop_seconds(settings: Settings) -> int:
    """How long a pod that goes still takes requests.

    A controller that sends them straight to pods must first take this one out of its target
    group, which takes as long as a deregistration delay; through the nodes it is a matter of
    their rules.
    """
    drain = settings.app.drain_seconds
    return PRE_STOP_SECONDS if settings.load_balancer_class is None else drain


def _environment(
    given: Any, settings: Settings, secret: pulumi.Input[str] | None
) -> list[dict[str, Any]]:
    """The manifest's variables under the app's, which win; secret ones by reference."""
    app, secret_names = settings.app, set(names_of(settings.app))
    own = {**app.environment, **app.secrets}
    kept = [item for item in given if item["name"] not in own]
    written: list[dict[str, Any]] = []
    for key in sorted(own):
        if key in secret_names:
            source: dict[str, Any] = {"secretKeyRef": {"name": secret, "key": key}}
            written.append({"name": key, "valueFrom": source})
        else:
            written.append({"name": key, "value": app.environment[key]})
    return [*kept, *written]


def _resources(given: Mapping[str, Any], cpu: int, memory: int) -> dict[str, Any]:
    """What the app reserves; its limits keep the distance that the manifest gives them."""
    figures = [("cpu", math.ceil(cpu * 1000 / 1024), "m"), ("memory", memory, "Mi")]
    requests, limits = dict(given.get("requests") or {}), dict(given.get("limits") or {})
    for key, amount, unit in figures:
        asked, limit = quantities.parse(requests.get(key)), quantities.parse(limits.get(key))
        requests[key] = f"{amount}{unit}"
        if limit is not None:
            ratio = limit / asked if asked else Decimal(1)
            limits[key] = f"{math.ceil(amount * ratio)}{unit}"
    return {**given, "requests": requests, **({"limits": limits} if limits else {})}


def _probes(health: ResolvedHealthCheck, readiness_path: str) -> dict[str, Any]:
    """The contract of ``web_app/spec.py``: one set of numbers for all three probes."""

    def probe(path: str, **more: int) -> dict[str, Any]:
        return {
            "httpGet": {"path": path, "port": PORT_NAME},
            "periodSeconds": health.interval_seconds,
            "timeoutSeconds": health.timeout_seconds,
            "failureThreshold": health.unhealthy_threshold,
            **more,
        }

    return {
        "startupProbe": probe(
            health.path,
            periodSeconds=STARTUP_PERIOD_SECONDS,
            failureThreshold=math.ceil(health.grace_seconds / STARTUP_PERIOD_SECONDS),
        ),
        "livenessProbe": probe(health.path),
        "readinessProbe": probe(readiness_path, successThreshold=health.healthy_threshold),
    }


def _root(pod: dict[str, Any], container: dict[str, Any], read_only: bool) -> None:
    """Read-only with a scratch volume, or writable without one."""
    container["securityContext"] = {
        **container.get("securityContext", {}),
        "readOnlyRootFilesystem": read_only,
    }
    mounts = list(container.get("volumeMounts") or ())
    scratch = [mount for mount in mounts if mount.get("mountPath") == SCRATCH_PATH]
    if read_only and not scratch:
        container["volumeMounts"] = [*mounts, {"name": "tmp", "mountPath": SCRATCH_PATH}]
        pod["volumes"] = [*(pod.get("volumes") or ()), {"name": "tmp", "emptyDir": {}}]
    elif not read_only and scratch:
        gone = {mount["name"] for mount in scratch}
        container["volumeMounts"] = [mount for mount in mounts if mount not in scratch]
        pod["volumes"] = [item for item in pod.get("volumes") or () if item["name"] not in gone]


def _network_policy(policy: dict[str, Any], settings: Settings) -> None:
    for rule in policy["spec"].get("ingress") or ():
        rule["ports"] = [{"protocol": "TCP", "port": settings.app.port}]


def _scaler(scaler: dict[str, Any], settings: Settings) -> None:
    scaling = settings.app.scaling
    assert scaling is not None
    spec = scaler["spec"]
    spec["scaleTargetRef"] = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "name": settings.name,
    }
    spec["minReplicas"], spec["maxReplicas"] = scaling.min, scaling.max
    wanted = {"cpu": scaling.cpu_percent, "memory": scaling.memory_percent}
    others = [
        metric
        for metric in spec.get("metrics") or ()
        if (metric.get("resource") or {}).get("name") not in wanted
    ]
    spec["metrics"] = [
        {
            "type": "Resource",
            "resource": {
                "name": key,
                "target": {"type": "Utilization", "averageUtilization": percent},
            },
        }
        for key, percent in wanted.items()
        if percent is not None
    ] + others
