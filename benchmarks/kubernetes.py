"""The sandbox's control planes, and what N `EksWebApp` cost a program.

Start: from nothing to an API server that is ready with its controllers and its scheduler; beside
it the API in memory that stands in where nothing was built. Apply to ready: the manifests of
`k8s/`, from the first one sent until the Deployment is available and its pods are spread over two
nodes. Its pods are KWOK's: no container is started, so what is measured is the control plane.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from benchmarks import evaluation
from benchmarks.measure import ROOT, Say, in_turns, summarize

REAL, MEMORY = "control plane", "API in memory"
ROUNDS = 5
NODES = 2
READY_SECONDS = 120
FIELD_MANAGER = "bench"
SIMULATED = {"sandbox.slipway/simulated": "true"}


def measure(say: Say, *, quick: bool = False) -> dict[str, Any]:
    """Seconds to a ready control plane and to ready pods; the cost of evaluating the component.

    Raises:
        RuntimeError: no control plane has been built.
    """
    from sandbox.kubernetes import build, mock, plane

    binaries = build.binaries()
    if binaries is None:
        raise RuntimeError("no control plane has been built; run `make kubernetes` first")
    starts: dict[str, Callable[[Path], Any]] = {
        REAL: lambda folder: plane.start(folder, name="bench", binaries=binaries),
        MEMORY: lambda folder: mock.start(folder, "bench"),
    }
    rounds = 2 if quick else ROUNDS
    applied: list[float] = []

    def one(kind: str) -> float:
        say(f"kubernetes: starting the {kind}")
        with _started(starts[kind]) as (running, seconds):
            if kind == REAL:
                say("kubernetes: applying k8s/")
                applied.append(_apply_to_ready(running))
        return seconds

    started = in_turns(list(starts), rounds, one)
    return {
        **report(started, applied),
        "evaluation": evaluation.measure(say, quick=quick, component="EksWebApp"),
    }


def report(started: Mapping[str, Sequence[float]], applied: Sequence[float]) -> dict[str, Any]:
    """The figures of each kind of control plane, and of the manifests on the real one."""
    return {
        "start_s": {kind: vars(summarize(seconds)) for kind, seconds in started.items()},
        "apply_to_ready_s": vars(summarize(applied)),
    }


@contextmanager
def _started(start: Callable[[Path], Any]) -> Iterator[tuple[Any, float]]:
    folder = Path(tempfile.mkdtemp(prefix="bench-kubernetes-"))
    try:
        began = time.perf_counter()
        running = start(folder)
        seconds = time.perf_counter() - began
        try:
            yield running, seconds
        finally:
            running.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _apply_to_ready(running: Any) -> float:
    """Seconds from the first manifest until the Deployment is available, on nodes of our own."""
    from sandbox.kubernetes import nodes
    from sandbox.kubernetes.client import connect

    api = connect(running.kubeconfig)
    for number in range(NODES):
        nodes.join(
            api,
            nodes.Node(
                name=f"node-{number}",
                zone=f"us-east-1{'ab'[number]}",
                region="us-east-1",
                instance_type="t3.medium",
                architecture="amd64",
                group="bench",
                cpu="2",
                memory_mib=4096,
            ),
        )
    manifests = [
        yaml.safe_load((ROOT / "k8s" / name).read_text())
        for name in yaml.safe_load((ROOT / "k8s" / "kustomization.yaml").read_text())["resources"]
    ]
    began = time.perf_counter()
    for manifest in manifests:
        if manifest["kind"] == "Deployment":
            manifest["spec"]["template"]["metadata"]["annotations"] = SIMULATED
        api.apply(manifest, manager=FIELD_MANAGER)
    while not _available(api.get("apps/v1", "Deployment", "storefront", namespace="storefront")):
        if time.perf_counter() - began > READY_SECONDS:
            raise RuntimeError(f"k8s/ was not ready within {READY_SECONDS} s")
        time.sleep(0.05)
    return time.perf_counter() - began


def _available(deployment: Mapping[str, Any] | None) -> bool:
    status = (deployment or {}).get("status", {})
    return bool(deployment and status.get("availableReplicas") == deployment["spec"]["replicas"])
