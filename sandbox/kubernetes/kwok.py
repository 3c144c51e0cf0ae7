"""What KWOK does as the kubelet of every node: its stages, and the usage it reports.

KWOK never runs anything. It makes nodes Ready, gives a scheduled pod its address, and
plays a pod that is marked as simulated. Every other pod belongs to ``containers.py``, which
runs it and writes its status: KWOK must not touch it, or the two would fight.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from . import annotations

USAGE_OF_REQUESTS = {"cpu": 0.1, "memory": 0.4}
"""What a container without a usage annotation is said to use, as a share of its requests: an
idle web application. Below two thirds of the usual targets (70 and 80 %), so that an
autoscaler comes all the way down again when a load is over."""
USAGE_WITHOUT_REQUESTS = {"cpu": "1m", "memory": "8Mi"}
USAGE_OF_SYSTEM = {"cpu": "node.SinceSecond() * 0.05", "memory": "300.0 * 1024.0 * 1024.0"}
"""What a node uses besides its pods (CPU in all since its start): without it an empty node would
show nothing at all, which the metrics server takes for a node that does not answer."""
METRICS_PATH = "/metrics/nodes/{nodeName}/metrics/resource"
"""Where KWOK serves what a kubelet has under ``/metrics/resource``, for each node."""
HEARTBEAT_SECONDS = 600
"""Between two writes of a node's conditions; its lease is the heartbeat that counts."""

_API = "kwok.x-k8s.io/v1alpha1"
_READY = '.status.conditions.[] | select( .type == "Ready" ) | .status'


def write(path: Path) -> Path:
    """Write KWOK's configuration file."""
    documents = [*_node_stages(), *_pod_stages(), _usage(), _metric()]
    # JSON is YAML; one object a document.
    path.write_text("\n---\n".join(json.dumps(document, indent=1) for document in documents))
    return path


def _node_stages() -> list[dict[str, Any]]:
    return [
        _stage(
            "node-initialize", "Node", [_is_not(_READY, "True")], {"statusTemplate": _NODE_STARTS}
        ),
        _stage(
            "node-heartbeat",
            "Node",
            [_is(_READY, "True")],
            {"statusTemplate": _NODE_CONDITIONS},
            delay={"durationMilliseconds": HEARTBEAT_SECONDS * 1000},
        ),
    ]


def _pod_stages() -> list[dict[str, Any]]:
    living = {"key": ".metadata.deletionTimestamp", "operator": "DoesNotExist"}
    dying = {"key": ".metadata.deletionTimestamp", "operator": "Exists"}
    no_address = {"key": ".status.podIP", "operator": "DoesNotExist"}
    has_address = {"key": ".status.podIP", "operator": "Exists"}
    simulated = _annotated(annotations.SIMULATED)
    ended = f"{simulated}, {_annotated(annotations.STOPPED)}"
    unfinished = [_is_not(".status.phase", "Succeeded"), _is_not(".status.phase", "Failed")]
    owner_is_job = _is(".metadata.ownerReferences.[].kind", "Job")
    return [
        _stage("pod-create", "Pod", [living, no_address], {"statusTemplate": _POD_CREATED}),
        _stage(
            "pod-simulated",
            "Pod",
            [living, has_address, _is(simulated, "true"), _is_not(_READY, "True"), *unfinished],
            {"statusTemplate": _POD_RUNS},
        ),
        _stage(
            "pod-simulated-job",
            "Pod",
            [living, _is(simulated, "true"), _is(_READY, "True"), owner_is_job, *unfinished],
            {"statusTemplate": _POD_SUCCEEDED},
        ),
        _stage("pod-delete", "Pod", [dying, _is(ended, "true")], {"delete": True}),
    ]


def _usage() -> dict[str, Any]:
    marks = {"cpu": annotations.USAGE_CPU, "memory": annotations.USAGE_MEMORY}
    usage = {
        resource: {
            "expression": (
                f'"{mark}" in pod.metadata.annotations'
                f' ? Quantity(pod.metadata.annotations["{mark}"])'
                f' : ("{resource}" in container.resources.requests'
                f' ? container.resources.requests["{resource}"] * {USAGE_OF_REQUESTS[resource]}'
                f' : Quantity("{USAGE_WITHOUT_REQUESTS[resource]}"))'
            )
        }
        for resource, mark in marks.items()
    }
    return _object("ClusterResourceUsage", "usage", {"usages": [{"usage": usage}]})


def _metric() -> dict[str, Any]:
    container = {
        "container": "container.name",
        "namespace": "pod.metadata.namespace",
        "pod": "pod.metadata.name",
    }
    pod = {key: container[key] for key in ("namespace", "pod")}
    metrics = [
        _series("scrape_error", "node", "gauge", {}, "0"),
        _series(
            "container_start_time_seconds", "container", "gauge", container, "pod.SinceSecond()"
        ),
        *(
            series
            for scope, labels, of in (
                ("container", container, "pod"),
                ("pod", pod, "pod"),
                ("node", {}, "node"),
            )
            for series in _usage_series(scope, labels, of)
        ),
    ]
    return _object("Metric", "metrics-resource", {"path": METRICS_PATH, "metrics": metrics})


def _usage_series(scope: str, labels: Mapping[str, str], of: str) -> list[dict[str, Any]]:
    only = ", container.name" if scope == "container" else ""
    more = {key: f" + {value}" for key, value in USAGE_OF_SYSTEM.items() if scope == "node"}
    return [
        _series(
            f"{scope}_cpu_usage_seconds_total",
            scope,
            "counter",
            labels,
            f'{of}.CumulativeUsage("cpu"{only})' + more.get("cpu", ""),
        ),
        _series(
            f"{scope}_memory_working_set_bytes",
            scope,
            "gauge",
            labels,
            f'{of}.Usage("memory"{only})' + more.get("memory", ""),
        ),
    ]


def _series(
    name: str, scope: str, kind: str, labels: Mapping[str, str], value: str
) -> dict[str, Any]:
    named = [{"name": key, "value": expression} for key, expression in labels.items()]
    return {
        "name": name,
        "dimension": scope,
        "kind": kind,
        "help": name.replace("_", " "),
        "labels": named,
        "value": value,
    }


def _stage(
    name: str,
    kind: str,
    when: Sequence[Mapping[str, Any]],
    then: Mapping[str, Any],
    **more: Any,
) -> dict[str, Any]:
    spec = {
        "resourceRef": {"apiGroup": "v1", "kind": kind},
        "selector": {"matchExpressions": list(when)},
        "next": then,
        **more,
    }
    return _object("Stage", name, spec)


def _object(kind: str, name: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    return {"apiVersion": _API, "kind": kind, "metadata": {"name": name}, "spec": spec}


def _is(key: str, value: str) -> dict[str, Any]:
    return {"key": key, "operator": "In", "values": [value]}


def _is_not(key: str, value: str) -> dict[str, Any]:
    return {"key": key, "operator": "NotIn", "values": [value]}


def _annotated(name: str) -> str:
    return f'.metadata.annotations["{name}"]'


_NODE_CONDITIONS = """
{{ $now := Now }}
{{ $since := or .metadata.creationTimestamp $now }}
conditions:
{{ range NodeConditions }}
- lastHeartbeatTime: {{ $now | Quote }}
  lastTransitionTime: {{ $since | Quote }}
  message: {{ .message | Quote }}
  reason: {{ .reason | Quote }}
  status: {{ .status | Quote }}
  type: {{ .type | Quote }}
{{ end }}
"""

_NODE_STARTS = f"""
{_NODE_CONDITIONS}
daemonEndpoints:
  kubeletEndpoint:
    Port: {{{{ NodePort }}}}
phase: Running
"""

_POD_CREATED = """
{{ $now := Now }}
conditions:
- {type: Initialized, status: "True", lastTransitionTime: {{ $now | Quote }}}
- type: Ready
  status: "False"
  reason: ContainersNotReady
  message: 'containers with unready status: [{{ range .spec.containers }} {{ .name }} {{ end }}]'
  lastTransitionTime: {{ $now | Quote }}
- type: ContainersReady
  status: "False"
  reason: ContainersNotReady
  message: 'containers with unready status: [{{ range .spec.containers }} {{ .name }} {{ end }}]'
  lastTransitionTime: {{ $now | Quote }}
containerStatuses:
{{ range .spec.containers }}
- image: {{ .image | Quote }}
  imageID: ""
  name: {{ .name | Quote }}
  ready: false
  restartCount: 0
  started: false
  state: {waiting: {reason: ContainerCreating}}
{{ end }}
hostIP: {{ NodeIPWith .spec.nodeName | Quote }}
{{ $ips := PodIPsWith .spec.nodeName ( or .spec.hostNetwork false ) \
( or .metadata.uid "" ) ( or .metadata.name "" ) ( or .metadata.namespace "" ) }}
podIP: {{ index $ips 0 | Quote }}
podIPs:
{{ range $ips }}
- ip: {{ . | Quote }}
{{ end }}
phase: Pending
startTime: {{ $now | Quote }}
"""

_POD_RUNS = """
{{ $now := Now }}
conditions:
- {type: Initialized, status: "True", lastTransitionTime: {{ $now | Quote }}}
- type: Ready
  status: "True"
  reason: ""
  message: ""
  lastTransitionTime: {{ $now | Quote }}
- type: ContainersReady
  status: "True"
  reason: ""
  message: ""
  lastTransitionTime: {{ $now | Quote }}
{{ range .spec.readinessGates }}
- {type: {{ .conditionType | Quote }}, status: "True", lastTransitionTime: {{ $now | Quote }}}
{{ end }}
containerStatuses:
{{ range .spec.containers }}
- image: {{ .image | Quote }}
  imageID: ""
  name: {{ .name | Quote }}
  ready: true
  restartCount: 0
  started: true
  state: {running: {startedAt: {{ $now | Quote }}}}
{{ end }}
phase: Running
"""

_POD_SUCCEEDED = """
{{ $now := Now }}
conditions:
- {type: Ready, status: "False", reason: PodCompleted, lastTransitionTime: {{ $now | Quote }}}
- {type: ContainersReady, status: "False", reason: PodCompleted, \
lastTransitionTime: {{ $now | Quote }}}
containerStatuses:
{{ range .spec.containers }}
- image: {{ .image | Quote }}
  imageID: ""
  name: {{ .name | Quote }}
  ready: false
  restartCount: 0
  started: false
  state:
    terminated:
      exitCode: 0
      reason: Completed
      startedAt: {{ $now | Quote }}
      finishedAt: {{ $now | Quote }}
{{ end }}
phase: Succeeded
"""
