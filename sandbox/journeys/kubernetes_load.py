"""Load on the web app's pods, as its autoscaler sees it.

The nodes of the sandbox report as a pod's usage what an annotation on the pod says, so load
is a number here: so many pods' worth of CPU, shared by the pods that are ready.
"""

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from itertools import groupby
from typing import Any

from sandbox.journeys import JourneyFailed, Visit, expect
from sandbox.journeys.kubernetes_app import App, reach, settle
from sandbox.kubernetes import annotations
from sandbox.kubernetes.client import Manifest, Refused

SHARE_SECONDS = 0.5
"""How often the load is shared anew."""
SCALE_SECONDS = 300.0
"""For one change of direction: usage is measured every 10 s, and the autoscaler waits 15 s before
it adds to what it added, or takes away."""
IDLE_MILLICORES = 2
"""Of a pod without load. Never nothing: metrics-server takes a pod that has not used any CPU for
one that it knows nothing of, and the autoscaler then takes it for busy."""
IDLE_MEMORY = 0.2
"""Of the request, so that memory does not hold the pods that CPU no longer needs."""


class Load:
    """The demand that ``shared`` keeps on the pods."""

    def __init__(self) -> None:
        self.millicores = 0.0


def up_and_down(
    visit: Visit, app: App, autoscaler: Manifest, *, to_the_top: bool = False
) -> list[int]:
    """Put a load on the app, take it off again; the numbers of pods that it was given.

    The load is two pods' worth more than there are, or as much as the most pods can bear
    (``to_the_top``). What is left is what the autoscaler makes of pods without load, as before.
    """
    least, most = autoscaler["spec"]["minReplicas"], autoscaler["spec"]["maxReplicas"]
    before = int(app.deployment()["spec"]["replicas"])
    goal = most if to_the_top else min(before + 2, most)
    with shared(visit, app) as load:
        load.millicores = goal * _aim(app, autoscaler)
        up = follow(app, lambda now: now >= goal, f"{before} pods did not become {goal}")
        load.millicores = 0
        down = follow(app, lambda now: now == least, f"{up[-1]} pods did not become {least}")
        settle(visit, app, "after the load")
    return [number for number, _ in groupby([before, *up, *down])]


@contextmanager
def shared(visit: Visit, app: App) -> Generator[Load]:
    """Keep a load on the app's ready pods, all of them, until the block ends."""
    load, over, api = Load(), threading.Event(), reach(visit)
    own = App(api, app.namespace, app.name, app.service, app.labels)
    container = app.deployment()["spec"]["template"]["spec"]["containers"][0]["resources"]
    most = millicores((container.get("limits") or container["requests"])["cpu"])
    memory = f"{int(mebibytes(container['requests']['memory']) * IDLE_MEMORY)}Mi"

    def share() -> None:
        told: dict[str, str] = {}
        while not over.wait(SHARE_SECONDS):
            pods = own.ready()
            each = min(load.millicores / max(len(pods), 1), most)
            cpu = f"{max(int(each), IDLE_MILLICORES)}m"
            for pod in pods:
                if told.get(pod["metadata"]["name"]) != cpu:
                    _tell(own, pod, {annotations.USAGE_CPU: cpu, annotations.USAGE_MEMORY: memory})
                    told[pod["metadata"]["name"]] = cpu

    thread = threading.Thread(target=share)
    thread.start()
    try:
        yield load
    finally:
        over.set()
        thread.join()
        for pod in own.pods():
            _tell(own, pod, {annotations.USAGE_CPU: None, annotations.USAGE_MEMORY: None})
        api.close()


def follow(app: App, until: Callable[[int], bool], otherwise: str) -> list[int]:
    """Numbers of pods that the autoscaler asks for, up to the first that is ``until``."""
    path: list[int] = []
    deadline = time.monotonic() + SCALE_SECONDS
    while time.monotonic() < deadline:
        wanted = int(app.deployment()["spec"]["replicas"])
        if not path or path[-1] != wanted:
            path.append(wanted)
        if until(wanted):
            return path
        time.sleep(0.2)
    raise JourneyFailed(f"{otherwise} within {SCALE_SECONDS:g} s: {steps(path)}; {_said(app)}")


def usage(autoscaler: Manifest) -> dict[str, int]:
    """What the autoscaler reads, in per cent of the requests; empty if it cannot."""
    status = autoscaler.get("status", {})
    active = [it for it in status.get("conditions") or [] if it["type"] == "ScalingActive"]
    if not active or active[0]["status"] != "True":
        return {}  # what it has read before stays in its status
    measured = status.get("currentMetrics") or []
    return {
        item["resource"]["name"]: item["resource"]["current"]["averageUtilization"]
        for item in measured
        if item["type"] == "Resource" and "averageUtilization" in item["resource"]["current"]
    }


def steps(path: list[int]) -> str:
    """``3 → 6 → 10``."""
    return " → ".join(str(number) for number in path)


def millicores(quantity: str) -> float:
    """``250m`` or ``0.25`` of a processor."""
    if quantity.endswith("m"):
        return float(quantity[:-1])
    return float(quantity) * 1000


def mebibytes(quantity: str) -> float:
    """``64Mi``, ``1Gi``, ``524288Ki`` or bytes."""
    for suffix, factor in (("Ki", 1 / 1024), ("Mi", 1), ("Gi", 1024)):
        if quantity.endswith(suffix):
            return float(quantity.removesuffix(suffix)) * factor
    return float(quantity) / 1024**2


def _tell(app: App, pod: Manifest, marks: dict[str, Any]) -> None:
    with suppress(Refused):  # it has ended meanwhile
        app.api.patch(
            "v1",
            "Pod",
            pod["metadata"]["name"],
            app.namespace,
            patch={"metadata": {"annotations": marks}},
            manager="journey-load",
        )


def _aim(app: App, autoscaler: Manifest) -> float:
    """Millicores that keep one pod exactly as busy as the autoscaler wants it."""
    targets = [
        item["resource"]["target"].get("averageUtilization")
        for item in autoscaler["spec"]["metrics"]
        if item["type"] == "Resource" and item["resource"]["name"] == "cpu"
    ]
    expect(bool(targets and targets[0]), f"the autoscaler has no target for CPU: {autoscaler}")
    container = app.deployment()["spec"]["template"]["spec"]["containers"][0]
    return millicores(container["resources"]["requests"]["cpu"]) * int(targets[0]) / 100


def _said(app: App) -> str:
    """Why the autoscaler did not, in its own words."""
    autoscaler = app.autoscaler() or {}
    conditions = autoscaler.get("status", {}).get("conditions") or []
    said = [f"{item['reason']}: {item['message']}" for item in conditions]
    return f"it reads {usage(autoscaler) or 'nothing'}; {' | '.join(said) or 'it says nothing'}"
