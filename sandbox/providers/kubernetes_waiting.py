"""When an object is ready, as pulumi-kubernetes sees it, and why it is not.

What is looked at: a Deployment's rollout, a Service's address and endpoints, a namespace's
phase, a pod's readiness. Everything else is ready when it is stored.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.kubernetes.client import Api

from .kubernetes_fields import Manifest, at

READY_SECONDS = 600
"""pulumi-kubernetes gives Deployments and Services ten minutes."""
GONE_SECONDS = 600
"""Pods may take their whole grace period, one after another in a drained namespace."""
REFUSED_SECONDS = 20
"""A refusal to make pods (pod security, quota) that lasts so long does not go by waiting."""
POLL_SECONDS = 0.25

Look = Callable[[Api, Manifest], str]
"""Says why a live object is not ready yet; empty when it is. Hopeless ends the wait."""


class Hopeless(Exception):  # noqa: N818 - says what it is
    """Waiting longer would not help."""


def seconds_of(manifest: Mapping[str, Any], default: int) -> float:
    """How long may be waited: the annotation ``pulumi.com/timeoutSeconds``, or the default."""
    given = annotation(manifest, "timeoutSeconds")
    try:
        return float(given) if given else default
    except ValueError:
        raise ValueError(
            f"the annotation pulumi.com/timeoutSeconds={given!r} is no number of seconds."
        ) from None


def annotation(manifest: Mapping[str, Any], name: str) -> str | None:
    """One of Pulumi's own annotations on an object."""
    value = ((manifest.get("metadata") or {}).get("annotations") or {}).get(f"pulumi.com/{name}")
    return None if value is None else str(value)


def until_ready(api: Api, live: Manifest, seconds: float) -> Manifest:
    """The object as it is when it is ready.

    Raises TimeoutError or Hopeless with what the cluster says is the matter.
    """
    look = LOOKS.get(live["kind"])
    if look is None:
        return live
    metadata, deadline = live["metadata"], time.monotonic() + seconds
    where = (live["apiVersion"], live["kind"], metadata["name"], metadata.get("namespace"))
    while reason := look(api, live):
        if time.monotonic() > deadline:
            told = _why(reason, api, live) if live["kind"] == "Deployment" else reason
            raise TimeoutError(f"not ready after {seconds:g} s: {told}")
        time.sleep(POLL_SECONDS)
        now = api.get(*where)
        if now is None:
            raise Hopeless("somebody has deleted it while it became ready")
        live = now
    return live


def until_gone(api: Api, outputs: Mapping[str, Any], seconds: float) -> None:
    """Wait for the end of what is being deleted; TimeoutError says what holds it."""
    metadata, deadline = outputs["metadata"], time.monotonic() + seconds
    where = (outputs["apiVersion"], outputs["kind"], metadata["name"], metadata.get("namespace"))
    while now := api.get(*where):
        if now["metadata"].get("uid") != metadata.get("uid"):
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"still there after {seconds:g} s: {_holding(now)}")
        time.sleep(POLL_SECONDS)


def _holding(live: Manifest) -> str:
    finalizers = [
        *(live["metadata"].get("finalizers") or []),
        *((live.get("spec") or {}).get("finalizers") or []),
    ]
    said = [
        item["message"]
        for item in at(live, "status.conditions") or []
        if item.get("status") == "True" and item.get("message")
    ]
    held = f"its finalizers are {', '.join(finalizers)}" if finalizers else "it has no finalizers"
    return "; ".join([held, *said])


def _deployment(api: Api, live: Manifest) -> str:
    spec, status = live["spec"], live.get("status") or {}
    if spec.get("paused"):
        return ""
    if status.get("observedGeneration", 0) < live["metadata"].get("generation", 0):
        return "the deployment controller has not seen it"
    conditions = {item["type"]: item for item in status.get("conditions") or []}
    progress, refused = conditions.get("Progressing"), conditions.get("ReplicaFailure")
    if progress and progress.get("reason") == "ProgressDeadlineExceeded":
        raise Hopeless(_why(progress["message"], api, live))
    if refused and refused["status"] == "True" and _age(refused) > REFUSED_SECONDS:
        raise Hopeless(refused["message"])
    wanted, updated = spec.get("replicas", 1), status.get("updatedReplicas", 0)
    existing, available = status.get("replicas", 0), status.get("availableReplicas", 0)
    if updated < wanted:
        waiting = f"{updated} of {wanted} pods are of the new template"
        return f"{waiting}; {refused['message']}" if refused else waiting
    if existing > updated:
        return f"{existing - updated} old pods are still there"
    if available < updated:
        return f"{available} of {updated} pods are available"
    return ""


def _why(said: str, api: Api, live: Manifest) -> str:
    """What the cluster said, with what is the matter with the pods that are not ready."""
    metadata, selector = live["metadata"], at(live, "spec.selector.matchLabels") or {}
    labels = ",".join(f"{key}={value}" for key, value in selector.items())
    pods = api.list("v1", "Pod", metadata["namespace"], labels=labels)
    troubles = [f"pod {pod['metadata']['name']}: {text}" for pod in pods if (text := _trouble(pod))]
    events = [
        item["message"]
        for item in api.list("v1", "Event", metadata["namespace"], fields="type=Warning")
        if any(item["involvedObject"].get("uid") == pod["metadata"]["uid"] for pod in pods)
    ]
    return "; ".join([said, *_distinct(troubles, 3), *_distinct(reversed(events), 3)])


def _pod(_api: Api, live: Manifest) -> str:
    if at(live, "status.phase") == "Failed":
        raise Hopeless(_trouble(live))
    return _trouble(live)


def _trouble(pod: Manifest) -> str:
    """Why a pod is not ready."""
    status = pod.get("status") or {}
    conditions = {item["type"]: item for item in status.get("conditions") or []}
    if status.get("phase") == "Failed":
        return str(status.get("message") or status.get("reason") or "the pod has failed")
    if status.get("phase") == "Succeeded" or conditions.get("Ready", {}).get("status") == "True":
        return ""
    scheduled = conditions.get("PodScheduled", {})
    if scheduled.get("status") == "False":
        return f"not scheduled: {scheduled.get('message', scheduled.get('reason'))}"
    for item in status.get("containerStatuses") or []:
        waiting = (item.get("state") or {}).get("waiting")
        ended = (item.get("lastState") or {}).get("terminated")
        told = [_told(part) for part in (waiting, ended) if part]
        if told:
            return f"container {item['name']}: {'; before that '.join(told)}"
    return str(conditions.get("Ready", {}).get("message") or "its containers are not ready")


def _told(state: Mapping[str, Any]) -> str:
    code = f" (exit code {state['exitCode']})" if "exitCode" in state else ""
    return f"{state.get('reason', 'waiting')}{code} {state.get('message', '')}".strip()


def _service(api: Api, live: Manifest) -> str:
    spec, metadata = live["spec"], live["metadata"]
    if spec.get("type") == "ExternalName":
        return ""
    if spec.get("type") == "LoadBalancer" and not at(live, "status.loadBalancer.ingress"):
        return "no load balancer has given it an address"
    if not spec.get("selector") or spec.get("clusterIP") == "None":
        return ""
    slices = api.list(
        "discovery.k8s.io/v1",
        "EndpointSlice",
        metadata["namespace"],
        labels=f"kubernetes.io/service-name={metadata['name']}",
    )
    ready = any(
        (endpoint.get("conditions") or {}).get("ready") is not False
        for item in slices
        for endpoint in item.get("endpoints") or []
    )
    return "" if ready else "it has no ready endpoints (pods that its selector matches)"


def _namespace(_api: Api, live: Manifest) -> str:
    phase = at(live, "status.phase")
    return "" if phase == "Active" else f"its phase is {phase}"


LOOKS: Mapping[str, Look] = {
    "Deployment": _deployment,
    "Namespace": _namespace,
    "Pod": _pod,
    "Service": _service,
}


def _age(condition: Mapping[str, Any]) -> float:
    since = datetime.fromisoformat(condition["lastTransitionTime"].replace("Z", "+00:00"))
    return (datetime.now(UTC) - since).total_seconds()


def _distinct(texts: Iterable[str], most: int) -> list[str]:
    return list(dict.fromkeys(texts))[:most]
