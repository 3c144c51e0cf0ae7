"""Kubernetes clusters for the tests of providers: the mock, and a real control plane."""

import contextlib
import json
import uuid
from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sandbox.kubernetes import annotations, mock
from sandbox.kubernetes.client import Api, connect
from sandbox.kubernetes.nodes import Node, join
from sandbox.providers import discover
from sandbox.providers.base import Context, Outputs

MANAGER = "somebody"
OFFLINE = Context(lambda service: None, "us-east-1", "123456789012")
PROVIDERS = discover().providers


@dataclass(frozen=True)
class Cluster:
    """An API server, and providers that reach it."""

    kind: str
    kubeconfig: Mapping[str, Any]
    api: Api

    def context(self, **settings: Any) -> Context:
        """What a provider gets when the program has an explicit provider."""
        return replace(OFFLINE, provider={"kubeconfig": json.dumps(self.kubeconfig), **settings})

    def provider(self, short: str, **settings: Any) -> Any:
        """``core/v1:Secret`` as it is served, by an explicit provider with these settings."""
        return PROVIDERS[f"kubernetes:{short}"](self.context(**settings))

    def make(self, short: str, name: str, /, **properties: Any) -> tuple[str, Outputs]:
        provider = self.provider(short)
        id, outputs = provider.create(name, provider.check(name, properties))
        return id, outputs

    def update(
        self,
        short: str,
        made: tuple[str, Outputs],
        old: Mapping[str, Any],
        new: Mapping[str, Any],
        *,
        ignored: list[str] | None = None,
        **settings: Any,
    ) -> Outputs:
        provider = self.provider(short, **settings)
        before = provider.check("thing", old)
        after = provider.ignoring(provider.check("thing", new), ignored or [])
        outputs: Outputs = provider.update(made[0], before, after, made[1])
        return outputs

    def get(self, api_version: str, kind: str, id: str) -> dict[str, Any] | None:
        namespace, _, name = id.rpartition("/")
        return self.api.get(api_version, kind, name, namespace or None)

    def namespace(self, **labels: str) -> str:
        """A new namespace."""
        metadata = {"name": f"ns-{uuid.uuid4().hex[:8]}", "labels": labels}
        return self.make("core/v1:Namespace", "ns", metadata=metadata)[0]


@contextlib.contextmanager
def mocked(folder: Path) -> Generator[Cluster]:
    """An API server in memory."""
    plane = mock.start(folder, "shop")
    try:
        yield Cluster("mock", plane.kubeconfig, connect(plane.kubeconfig))
    finally:
        plane.stop()


@contextlib.contextmanager
def built(folder: Path, binaries: Path) -> Generator[Cluster]:
    """A real control plane with two nodes, whose pods KWOK plays."""
    from sandbox.kubernetes import plane

    control = plane.start(folder, name="shop", binaries=binaries)
    try:
        api = connect(control.kubeconfig)
        for number, zone in enumerate("ab"):
            join(
                api,
                Node(
                    name=f"ip-10-0-{number}-7.ec2.internal",
                    zone=f"us-east-1{zone}",
                    region="us-east-1",
                    instance_type="t3.medium",
                    architecture="amd64",
                    group="nodes",
                    cpu="2",
                    memory_mib=4096,
                ),
            )
        yield Cluster("built", control.kubeconfig, api)
    finally:
        control.stop()


def deployment(namespace: str, *, replicas: int | None = 2, **container: Any) -> dict[str, Any]:
    """A deployment whose pods are simulated, so that they become ready where there are nodes."""
    labels = {"app": "web"}
    spec: dict[str, Any] = {
        "selector": {"matchLabels": labels},
        "template": {
            "metadata": {"labels": labels, "annotations": {annotations.SIMULATED: "true"}},
            "spec": {"containers": [{"name": "web", "image": "shop:1", **container}]},
        },
    }
    if replicas is not None:
        spec["replicas"] = float(replicas)  # as every number on the wire
    return {"metadata": {"name": "web", "namespace": namespace}, "spec": spec}
