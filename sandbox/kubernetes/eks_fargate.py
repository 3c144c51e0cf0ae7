"""Fargate's scheduler: gives pods that a profile selects to the profile's own nodes.

On AWS every pod gets a machine of its own. Here a profile has one node in each zone of its
subnets, tainted so that no other pod comes there, and pods are spread over them.
"""

import fnmatch
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from . import nodes
from .client import Api, Manifest, Refused
from .watching import Informer

COMPUTE = "eks.amazonaws.com/compute-type"
PROFILE = "eks.amazonaws.com/fargate-profile"
TAINT = {"key": COMPUTE, "value": "fargate", "effect": "NoSchedule"}
INSTANCE_TYPE, CPU, MEMORY_MIB = "fargate", 64, 256 * 1024
"""More than the pods of a sandbox ask for: Fargate makes room for each."""
JOIN_SECONDS = 30


class Placer:
    """One profile at work."""

    def __init__(
        self, api: Api, selectors: Sequence[Mapping[str, Any]], machines: Sequence[nodes.Node]
    ) -> None:
        self._api = Api(api.access)  # of its own, so that closing it ends its watch only
        self._selectors, self._machines = selectors, machines
        self._placed: dict[str, str] = {}
        self._pods = Informer(self._api, "v1", "Pod", self._notice)

    def start(self) -> None:
        """Let the nodes join, then place pods."""
        for machine in self._machines:
            nodes.join(self._api, machine)
        self._pods.start()

    def stop(self) -> None:
        """Place no more; the nodes leave and their pods with them."""
        self.halt()
        api = Api(self._api.access)
        try:
            for machine in self._machines:
                nodes.leave(api, machine.name)
        finally:
            api.close()

    def halt(self) -> None:
        """Place no more; the cluster itself is going."""
        self._pods.stop()
        self._api.close()
        self._pods.join(JOIN_SECONDS)

    def _notice(self, pod: Manifest, gone: bool) -> None:
        uid, spec = pod["metadata"]["uid"], pod["spec"]
        if gone:
            self._placed.pop(uid, None)
        elif spec.get("nodeName"):
            self._placed[uid] = spec["nodeName"]
        elif not pod["metadata"].get("deletionTimestamp") and selected(pod, self._selectors):
            self._place(pod)

    def _place(self, pod: Manifest) -> None:
        taken = Counter(self._placed.values())
        machine = min(self._machines, key=lambda machine: taken[machine.name])
        name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
        binding = {
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {"name": name},
            "target": {"apiVersion": "v1", "kind": "Node", "name": machine.name},
        }
        path = f"/api/v1/namespaces/{namespace}/pods/{name}/binding"
        try:
            self._api.request("POST", path, body=binding)
        except Refused as error:
            if error.status not in (404, 409):  # gone, or placed by another meanwhile
                raise
        else:
            self._placed[pod["metadata"]["uid"]] = machine.name


def selected(pod: Manifest, selectors: Sequence[Mapping[str, Any]]) -> bool:
    """Whether one of the selectors matches; ``*`` and ``?`` stand for what they do on EKS."""
    labels = pod["metadata"].get("labels") or {}
    return any(
        fnmatch.fnmatchcase(pod["metadata"]["namespace"], selector["namespace"])
        and all(
            any(
                fnmatch.fnmatchcase(name, key) and fnmatch.fnmatchcase(str(found), value)
                for name, found in labels.items()
            )
            for key, value in (selector.get("labels") or {}).items()
        )
        for selector in selectors
    )
