"""The web app on Kubernetes: its pods, its address, its updates, its autoscaler, its limits.

One module, because journeys of a module go one after the other and these share one Deployment.
"""

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from sandbox.journeys import JourneyFailed, Visit, expect, journey
from sandbox.journeys.kubernetes_app import NEEDS, App, find, on_mock, reach, settle
from sandbox.journeys.kubernetes_load import steps, up_and_down, usage
from sandbox.journeys.kubernetes_rollout import replace_every_pod, watched
from sandbox.journeys.traces import wait
from sandbox.kubernetes.client import Api, Manifest, Refused

REQUESTS_PER_POD = 12
"""Enough that each pod gets one, however the load balancer chooses."""
METRICS_SECONDS = 180.0
"""For the first numbers of new pods: two scrapes, 10 s apart, and the autoscaler's next look."""
METADATA_ADDRESS = "169.254.169.254"
MANAGER = "journey"


@journey("The web app's pods are ready on Kubernetes, spread over the zones", needs=NEEDS)
def runs_on_kubernetes(visit: Visit) -> Iterator[str]:
    """What `kubectl get pods -o wide` shows."""
    app = find(visit)
    # The autoscaler may be at it: what counts is where it comes to rest.
    with suppress(JourneyFailed):
        wait(visit, app.settled, "")
    deployment, ready = app.deployment(), app.ready()
    wanted = deployment["spec"]["replicas"]
    expect(len(ready) == wanted, f"{len(ready)} of {wanted} pods of {app.name} are ready")
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    limits = container["resources"]
    yield (
        f"{app.namespace}/{app.name}: {len(ready)} of {wanted} pods ready, requests "
        f"{limits['requests']}, limits {limits.get('limits')}, image "
        f"{container['image'].rpartition('/')[2]}"
    )
    if (begun := app.begun()) not in (None, wanted):
        yield f"begun with {begun} pods; the autoscaler wants {wanted} of them now"
    zones = app.zones(ready)
    expect(
        max(zones.values()) - min(zones.values()) <= 1,
        f"the pods are spread unevenly: {dict(zones)}",
    )
    yield ", ".join(f"{zone}: {count}" for zone, count in sorted(zones.items()))


@journey("Every ready pod is behind the web app's address, and it answers", needs=NEEDS)
def answers_through_its_service(visit: Visit) -> Iterator[str]:
    """The load balancer, the Service's endpoints, the pods."""
    app, url = find(visit), visit.outputs["eks_web_app_url"]
    wait(visit, lambda: _complete(app), f"the endpoints of {app.service} were not the ready pods")
    endpoints = app.endpoints()
    yield f"Service {app.service}: {len(endpoints)} endpoints, the ready pods"
    count = REQUESTS_PER_POD * len(endpoints)
    answers = [visit.get(f"{url}/", headers={"Connection": "close"}) for _ in range(count)]
    codes = sorted({answer.status_code for answer in answers})
    expect(codes == [200], f"{count} times GET / → {codes}: {answers[0].text[:200]}")
    bodies = [answer.json() for answer in answers]
    greeting = bodies[0].get("message")
    expect(greeting == "Hello from ECS Fargate!", f"the greeting is {bodies[0]!r}")
    hosts = {body["hostname"] for body in bodies}
    expect(
        len(hosts) == len(endpoints),
        f"{count} requests were answered by {len(hosts)} of {len(endpoints)} pods: {hosts}",
    )
    yield f"GET {url}/ → 200 {answers[0].text.strip()}"
    health = visit.get(f"{url}/health")
    expect(health.status_code == 200, f"GET /health → {health.status_code}")
    yield f"{count} requests, answered by {len(hosts)} pods; /health → 200 {health.text.strip()}"


@journey("A pod that breaks the restricted pod security is refused", needs=NEEDS)
def refuses_privileged_pods(visit: Visit) -> Iterator[str]:
    """A dry run: admission says what it would, and nothing is made."""
    app = find(visit)
    refused = _refusal(
        app.api,
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "journey-privileged", "namespace": app.namespace},
            "spec": {
                "hostNetwork": True,
                "containers": [
                    {"name": "root", "image": "any:1", "securityContext": {"privileged": True}}
                ],
            },
        },
    )
    expect(
        refused is not None and refused.status == 403 and "PodSecurity" in str(refused),
        f"a privileged pod on the node's network in {app.namespace}: {refused or 'accepted'}",
    )
    yield f"403: {refused}"


@journey("An invalid manifest is refused with the API server's own words", needs=NEEDS)
def refuses_invalid_manifests(visit: Visit) -> Iterator[str]:
    """A dry run as well; the mock knows the schema only."""
    api = reach(visit)
    refused = _refusal(api, _deployment(memoryy="1Gi"))
    expect(
        refused is not None and "memoryy" in str(refused),
        f"a misspelt field: {refused or 'accepted'}",
    )
    yield f"a misspelt field → {refused}"
    if on_mock(visit):
        yield "the mock knows the schema and no more: requests above limits are not tried"
        return
    refused = _refusal(
        api, _deployment(resources={"requests": {"cpu": "2"}, "limits": {"cpu": "500m"}})
    )
    expect(
        refused is not None and "limit" in str(refused),
        f"requests above limits: {refused or 'accepted'}",
    )
    yield f"requests above limits → {refused}"


@journey("A network policy is about the web app's pods", needs=NEEDS)
def has_a_network_policy(visit: Visit) -> Iterator[str]:
    """Recorded only: no network lies between the sandbox's pods that could enforce it."""
    app = find(visit)
    template = app.deployment()["spec"]["template"]
    labels = template["metadata"]["labels"].items()
    policies = [
        item
        for item in app.api.list("networking.k8s.io/v1", "NetworkPolicy", app.namespace)
        if (item["spec"]["podSelector"].get("matchLabels") or {}).items() <= labels
    ]
    expect(bool(policies), f"no NetworkPolicy in {app.namespace} selects the pods")
    spec = policies[0]["spec"]
    ports = _ports(spec.get("ingress") or [])
    listening = {port["containerPort"] for port in template["spec"]["containers"][0]["ports"]}
    expect(ports == listening, f"it lets requests in on {ports}; the app is on {listening}")
    outward: list[Any] = spec.get("egress") or []
    kept = [
        address
        for rule in outward
        for peer in rule.get("to") or []
        for address in (peer.get("ipBlock") or {}).get("except") or []
    ]
    expect(
        "Egress" in spec["policyTypes"] and f"{METADATA_ADDRESS}/32" in kept,
        f"it does not keep the pods from the node's metadata: {outward}",
    )
    yield (
        f"{policies[0]['metadata']['name']}: in on {sorted(ports)} only, never out to "
        f"{', '.join(kept)}; recorded only, nothing in the sandbox enforces it"
    )


@journey("An update replaces every pod, and the budget holds", needs=NEEDS)
def updates_without_a_gap(visit: Visit) -> Iterator[str]:
    """A new template, then the old one again, under requests all the while."""
    app, url = find(visit), visit.outputs["eks_web_app_url"]
    settle(visit, app, "before the update")
    before = {pod["metadata"]["uid"] for pod in app.pods()}
    replicas = len(before)
    budget = app.budget(replicas)
    with watched(visit, app, url, replicas=replicas) as seen:
        try:
            seconds = replace_every_pod(visit, app)
            left = before & {pod["metadata"]["uid"] for pod in app.pods()}
        finally:
            back = replace_every_pod(visit, app, undo=True)
    expect(not left, f"{len(left)} of {replicas} pods were not replaced")
    yield f"{replicas} pods replaced in {seconds:.0f} s, and by the old version in {back:.0f} s"
    least = seen.least or 0
    expect(least >= budget, f"only {least} pods were ready at one time; the budget is {budget}")
    yield f"never fewer than {least} of {replicas} pods ready, at most {seen.most}; budget {budget}"
    expect(
        seen.answered > 0 and not seen.failed,
        f"{len(seen.failed)} of {seen.answered + len(seen.failed)} requests failed: "
        f"{seen.failed[:1]}",
    )
    yield f"{seen.answered} requests meanwhile: all answered, none failed"


@journey("The autoscaler reads the pods' usage and follows the load", needs=NEEDS)
def follows_the_load(visit: Visit) -> Iterator[str]:
    """Up by two pods and down; all the way to its maximum takes longer and is left to a test."""
    app = find(visit)
    autoscaler = app.autoscaler()
    if autoscaler is None:
        raise JourneyFailed(f"the Deployment {app.name} has no autoscaler")
    read: dict[str, int] = wait(
        replace(visit, patience=max(visit.patience, METRICS_SECONDS)),
        lambda: usage(app.autoscaler() or {}),
        "the autoscaler reads no metrics",
    )
    yield f"it reads {', '.join(f'{name} {value} %' for name, value in read.items())}"
    if not app.is_simulated():
        yield "this cluster's nodes are real: no load is put on them"
        return
    began = time.monotonic()
    path = up_and_down(visit, app, autoscaler)
    yield f"under load and after it: {steps(path)} pods in {time.monotonic() - began:.0f} s"


def _complete(app: App) -> bool:
    """Whether the Service has exactly the ready pods as endpoints."""
    addresses = {pod["status"].get("podIP") for pod in app.ready()}
    return bool(addresses) and set(app.endpoints()) == addresses


def _refusal(api: Api, manifest: Manifest) -> Refused | None:
    """What the API server says to the manifest; None if it would take it."""
    try:
        api.apply(manifest, manager=MANAGER, dry_run=True)
    except Refused as refused:
        return refused
    return None


def _deployment(**container: Any) -> Manifest:
    labels = {"app": "journey"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "journey-invalid", "namespace": "default"},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "app", "image": "any:1", **container}]},
            },
        },
    }


def _ports(rules: list[Any]) -> set[int]:
    return {port["port"] for rule in rules for port in rule.get("ports") or []}
