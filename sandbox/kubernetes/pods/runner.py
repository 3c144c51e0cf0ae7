"""One pod of an embedded node: its containers run, its status tells, its end is orderly.

The end goes as on a node: the pod leaves the endpoints (the control plane sees to that), its
preStop hooks run, SIGTERM, what is left of the grace period, SIGKILL; then the object goes.
"""

import contextlib
import logging
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .. import client, eks_fargate
from . import container as pod_container
from . import probes
from . import spec as pod_spec
from . import status as pod_status
from .engine import Engine, where

RETRY_SECONDS = 1.0
LEAST_GRACE = 2.0
"""What a container has between SIGTERM and SIGKILL although its preStop hook used up the grace
period; the kubelet's own number."""
MANAGER = "sandbox-kubelet"
_log = logging.getLogger("sandbox.kubernetes")

Credentials = Callable[[str, str, str], Mapping[str, str]]
"""Namespace, service account and pod name -> variables that give a container its AWS identity."""


class PodRunner:
    """Runs the containers of one pod in a thread of its own."""

    def __init__(
        self, api: client.Api, pod: client.Manifest, engine: Engine, credentials: Credentials
    ) -> None:
        self._api, self._engine, self._credentials = api, engine, credentials
        self._pod = pod
        self._metadata: Mapping[str, Any] = pod["metadata"]
        self._identity: Mapping[str, str] | None = None
        self._containers = [
            pod_container.ContainerRun(
                spec, self._metadata["uid"], engine, self._environment, self.tell
            )
            for spec in pod["spec"]["containers"]
        ]
        self._sent: dict[str, Any] = {}
        self._wake = threading.Event()
        self._halted = threading.Event()
        self._thread = threading.Thread(
            target=self._run, daemon=True, name=f"sandbox-pod-{self._metadata['name']}"
        )

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def update(self, pod: client.Manifest) -> None:
        """Take in the newest state of the object."""
        self._pod = pod
        self._wake.set()

    def halt(self) -> None:
        """The object is gone, or everything ends: no container goes on, nothing is written."""
        self._halted.set()
        self._wake.set()
        for container in self._containers:
            container.kill()

    def join(self, seconds: float) -> None:
        """Wait until no container is left."""
        self._thread.join(seconds)

    def tell(self, type: str, reason: str, message: str) -> None:
        """Write an event on the pod, as ``kubectl describe`` shows it."""
        tell(self._api, self._pod, type, reason, message)

    def _run(self) -> None:
        try:
            while not self._halted.is_set():
                self._wake.clear()
                try:
                    if self._pod["metadata"].get("deletionTimestamp"):
                        self._end()
                        return
                    if (self._pod.get("status") or {}).get("podIP"):
                        self._turn()
                    self._wake.wait(self._pause())
                except client.Unreachable as error:
                    self._halted.wait(RETRY_SECONDS)
                    _log.info("pod %s: %s", self._metadata["name"], error)
                except Exception as error:  # noqa: BLE001 - said on the pod, and it goes on
                    _log.exception("pod %s", self._metadata["name"])
                    self.tell("Warning", "FailedSync", f"the sandbox failed to run it: {error!r}")
                    self._halted.wait(RETRY_SECONDS)
        finally:
            self._halted.set()
            for container in self._containers:
                container.kill()
                container.stop(0)

    def _turn(self) -> None:
        pod = self._pod
        for container in self._containers:
            container.tick(pod)
            if container.ended and _again(pod, container.exit_code):
                container.again(pod)
        self._publish(over=all(container.ended for container in self._containers))

    def _pause(self) -> float:
        due = min(container.due() for container in self._containers) - time.monotonic()
        return min(self._engine.poll_seconds, max(0.0, due))

    def _end(self) -> None:
        metadata = self._pod["metadata"]
        until = time.monotonic() + float(metadata.get("deletionGracePeriodSeconds") or 0)
        with ThreadPoolExecutor(max_workers=len(self._containers)) as pool:
            for container in self._containers:
                pool.submit(self._end_container, container, until)
        if not self._halted.is_set():
            with contextlib.suppress(client.Refused):
                self._publish(over=True)
            remove(self._api, self._pod)

    def _end_container(self, container: pod_container.ContainerRun, until: float) -> None:
        if not container.running:
            return
        self.tell("Normal", "Killing", f"Stopping container {container.name}")
        hook = (container.spec.get("lifecycle") or {}).get("preStop") or {}
        seconds = max(0.0, until - time.monotonic())
        if "sleep" in hook:
            self._halted.wait(min(seconds, float(hook["sleep"]["seconds"])))
        elif "exec" in hook or "httpGet" in hook:
            self._call(container, hook, seconds)
        container.stop(max(LEAST_GRACE, until - time.monotonic()))

    def _call(
        self, container: pod_container.ContainerRun, hook: Mapping[str, Any], seconds: float
    ) -> None:
        spec = {**hook, "timeoutSeconds": max(1.0, seconds)}
        named = pod_spec.named_ports(container.spec)
        ip = (self._pod.get("status") or {}).get("podIP") or ""
        with contextlib.suppress(KeyError):
            failure = probes.ask(
                probes.parse("preStop", spec, named),
                ip,
                lambda port: where(self._metadata["uid"], port),
                lambda command, limit: container.execute(list(command), limit),
            )
            if failure is not None:
                self.tell("Warning", "FailedPreStopHook", f"PreStopHook failed: {failure}")

    def _environment(self, spec: Mapping[str, Any]) -> dict[str, str]:
        namespace, name = self._metadata["namespace"], self._metadata["name"]
        if self._identity is None:
            account = self._pod["spec"].get("serviceAccountName") or "default"
            # AWS does not offer Pod Identity on Fargate.
            known = {} if self._on_fargate() else self._credentials(namespace, account, name)
            self._identity = known
        asked = pod_spec.environment(
            spec, self._pod, lambda kind, name: self._api.get("v1", kind, name, namespace)
        )
        return {**self._identity, **asked}

    def _on_fargate(self) -> bool:
        node = self._api.get("v1", "Node", self._pod["spec"]["nodeName"]) or {}
        labels = (node.get("metadata") or {}).get("labels") or {}
        return bool(labels.get(eks_fargate.COMPUTE) == "fargate")

    def _publish(self, *, over: bool) -> None:
        pod = self._pod
        wanted = pod_status.patch(pod, [item.status() for item in self._containers], over=over)
        if wanted == self._sent:
            return
        body = {
            "metadata": {"uid": self._metadata["uid"]},
            "status": pod_status.stamped(wanted, pod.get("status") or {}),
        }
        try:
            self._api.patch(
                "v1",
                "Pod",
                self._metadata["name"],
                self._metadata["namespace"],
                patch=body,
                kind_of_patch="strategic",
                manager=MANAGER,
                subresource="status",
            )
            self._sent = wanted
        except client.Refused as error:
            if error.status not in (404, 409):  # gone, or another pod of the same name
                raise


def _again(pod: client.Manifest, exit_code: int) -> bool:
    """Whether a container that ended starts again."""
    policy = pod["spec"].get("restartPolicy", "Always")
    return policy == "Always" or (policy == "OnFailure" and exit_code != 0)


def remove(api: client.Api, pod: client.Manifest) -> None:
    """Take the object of a terminating pod away: nothing of it runs any more."""
    metadata = pod["metadata"]
    path = api.resource("v1", "Pod").path(metadata["name"], metadata["namespace"])
    body = {"gracePeriodSeconds": 0, "preconditions": {"uid": metadata["uid"]}}
    with contextlib.suppress(client.Refused):  # gone, or another pod of the same name
        api.request("DELETE", path, body=body)


def tell(api: client.Api, pod: client.Manifest, type: str, reason: str, message: str) -> None:
    """Write an event on a pod; what cannot be written is only logged."""
    metadata, now = pod["metadata"], pod_status.now()
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": f"{metadata['name']}.{secrets.token_hex(8)}",
            "namespace": metadata["namespace"],
        },
        "involvedObject": {
            "apiVersion": "v1",
            "kind": "Pod",
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "uid": metadata["uid"],
        },
        "type": type,
        "reason": reason,
        "message": message[:1024],
        "source": {"component": MANAGER, "host": pod["spec"].get("nodeName")},
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }
    try:
        api.create(event, manager=MANAGER)
    except (client.Refused, client.Unreachable) as error:
        _log.info("%s of pod %s is not told: %s", reason, metadata["name"], error)
