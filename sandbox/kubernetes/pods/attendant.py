"""Pods that really run: the containers of a cluster's pods on the engine of the ECS tasks.

Who calls ``attend`` makes every pod with an image of the embedded registry a container of
this machine, probed as its specification says, and every Service of type LoadBalancer an
address on loopback. A pod that nobody can run here is left to KWOK, which plays it; an
event on the pod says so.
"""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ...cloud.settings import Settings
from .. import annotations, client
from ..watching import Informer
from . import identity as pod_identity
from . import spec as pod_spec
from .engine import Engine
from .load_balancer import LoadBalancers
from .runner import Credentials, PodRunner, remove, tell

__all__ = ["Attendant", "attend"]

STOP_SECONDS = 30
"""How long the end of all containers may take; they are killed, not asked."""
_OVER = frozenset(("Succeeded", "Failed"))
_log = logging.getLogger("sandbox.kubernetes")


def attend(
    api: client.Api,
    *,
    cluster: str,
    engine: Any,
    settings: Settings,
    credentials: Credentials | None = None,
) -> "Attendant":
    """Run the pods of a cluster and serve its load balancers until ``stop``.

    Args:
        api: the cluster's API server, as its administrator.
        cluster: the cluster's name, part of the names of containers and logs.
        engine: the docker-py client or its look-alike that runs ECS tasks.
        settings: of the cloud: state directory, gateway port, kind of engine.
        credentials: AWS identity of a pod; default Pod Identity as EKS keeps it.
    """
    attendant = Attendant(
        client.Api(api.access),  # of its own, so that closing it ends its watches only
        Engine(engine, settings, cluster),
        settings,
        credentials or pod_identity.credentials(settings, cluster),
    )
    attendant.start()
    return attendant


class Attendant:
    """Everything that runs on behalf of one cluster."""

    def __init__(
        self, api: client.Api, engine: Engine, settings: Settings, credentials: Credentials
    ) -> None:
        self._api, self._engine, self._credentials = api, engine, credentials
        self._runners: dict[str, PodRunner] = {}
        self._lock = threading.Lock()
        self._balancers = LoadBalancers(api, settings)
        self._pods = Informer(api, "v1", "Pod", self._notice)

    def start(self) -> None:
        """Begin; returns at once."""
        self._balancers.start()
        self._pods.start()

    def stop(self) -> None:
        """Kill every container, close every port; the objects stay as they are."""
        self._pods.stop()
        self._balancers.stop()
        self._api.close()
        self._pods.join(STOP_SECONDS)
        with self._lock:
            runners = list(self._runners.values())
        if runners:
            with ThreadPoolExecutor(max_workers=len(runners)) as pool:
                list(pool.map(PodRunner.halt, runners))
            for runner in runners:
                runner.join(STOP_SECONDS)

    def _notice(self, pod: client.Manifest, gone: bool) -> None:
        uid = pod["metadata"]["uid"]
        with self._lock:
            runner = self._runners.get(uid)
            if gone:
                self._runners.pop(uid, None)
        if runner is not None:
            if gone:
                runner.halt()
            else:
                runner.update(pod)
        elif not gone and _is_ours(pod):
            if pod["metadata"].get("deletionTimestamp"):
                remove(self._api, pod)  # it never ran
            else:
                self._adopt(pod)

    def _adopt(self, pod: client.Manifest) -> None:
        metadata = pod["metadata"]
        reason = pod_spec.unrunnable(pod, self._engine.registry)
        mark = annotations.STARTED if reason is None else annotations.SIMULATED
        try:
            pod = self._api.patch(
                "v1",
                "Pod",
                metadata["name"],
                metadata["namespace"],
                patch={
                    "metadata": {
                        "uid": metadata["uid"],
                        "annotations": {mark: annotations.TRUE},
                    }
                },
            )
        except client.Refused:  # gone already
            return
        if reason is not None:
            tell(
                self._api, pod, "Warning", "Simulated",
                f"Nothing runs for this pod, the sandbox only plays it: {reason}",
            )  # fmt: skip
            return
        runner = PodRunner(self._api, pod, self._engine, self._credentials)
        with self._lock:
            self._runners[metadata["uid"]] = runner
        runner.start()


def _is_ours(pod: client.Manifest) -> bool:
    """Whether the pod is on a node and nobody plays it or ran it to its end."""
    marks = pod["metadata"].get("annotations") or {}
    return (
        bool(pod["spec"].get("nodeName"))
        and (pod.get("status") or {}).get("phase") not in _OVER
        and marks.get(annotations.SIMULATED) != annotations.TRUE
    )
