"""The app's objects in Kubernetes, as pulumi-kubernetes's own types, in the order they need.

Every object waits for the machines, for the sake of the way back: pods that go after their nodes
cannot drain, and a load balancer whose controller has gone stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from .settings import Settings


@dataclass(frozen=True)
class App:
    """What the component tells of its objects."""

    namespace: pulumi.Output[str]
    service_account: pulumi.Output[str]
    deployment: pulumi.Output[str]
    service: "k8s.core.v1.Service"


class Objects:
    """Makes objects, each with what it was told to wait for."""

    def __init__(
        self,
        settings: Settings,
        parent: pulumi.Resource,
        provider: "k8s.Provider | None",
        ready: Sequence[pulumi.Resource],
    ) -> None:
        self._name = settings.name
        self._scaling = settings.app.scaling is not None
        self._parent, self._provider = parent, provider
        self._ready = list(ready)

    def _opts(self, *needs: pulumi.Resource, **more: Any) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(
            parent=self._parent, provider=self._provider, depends_on=[*self._ready, *needs], **more
        )

    def namespace(self, item: dict[str, Any]) -> "k8s.core.v1.Namespace":
        """The namespace; everything else is in it."""
        made = k8s.core.v1.Namespace(self._name, **_fields(item), opts=self._opts())
        self._ready.append(made)
        return made

    def secret(self, namespace: str, values: dict[str, pulumi.Output[str]]) -> pulumi.Output[str]:
        """One Secret with ``values``; its name.

        Pulumi chooses the name, and a new one for each change of a value: so the pods change as
        well and are replaced, and those of the old revision keep theirs until they are gone.
        """
        made = k8s.core.v1.Secret(
            f"{self._name}-secrets",
            metadata={"namespace": namespace},
            immutable=True,
            type="Opaque",
            string_data=values,
            opts=self._opts(),
        )
        return made.metadata.name

    def app(self, objects: dict[str, dict[str, Any]], namespace: "k8s.core.v1.Namespace") -> App:
        """Everything else; a Deployment is done when its pods are ready."""
        account = k8s.core.v1.ServiceAccount(
            self._name, **_fields(objects["ServiceAccount"]), opts=self._opts()
        )
        before: list[pulumi.Resource] = [account]
        if (policy := objects.get("NetworkPolicy")) is not None:
            # Before the pods: they would run unguarded for a while.
            before.append(
                k8s.networking.v1.NetworkPolicy(self._name, **_fields(policy), opts=self._opts())
            )
        deployment = k8s.apps.v1.Deployment(
            self._name,
            **_fields(objects["Deployment"]),
            opts=self._opts(
                *before,
                # With scaling on, the number of pods is the autoscaler's; without, the program's.
                ignore_changes=["spec.replicas"] if self._scaling else None,
            ),
        )
        if (budget := objects.get("PodDisruptionBudget")) is not None:
            k8s.policy.v1.PodDisruptionBudget(self._name, **_fields(budget), opts=self._opts())
        if (scaler := objects.get("HorizontalPodAutoscaler")) is not None:
            k8s.autoscaling.v2.HorizontalPodAutoscaler(
                self._name, **_fields(scaler), opts=self._opts(deployment)
            )
        service = k8s.core.v1.Service(
            self._name, **_fields(objects["Service"]), opts=self._opts(deployment)
        )
        return App(
            namespace=namespace.metadata.name,
            service_account=account.metadata.name,
            deployment=deployment.metadata.name,
            service=service,
        )


def _fields(item: dict[str, Any]) -> dict[str, Any]:
    """A manifest as arguments: Python's names at the top, Kubernetes's own below."""
    renamed = {"automountServiceAccountToken": "automount_service_account_token"}
    return {
        renamed.get(key, key): value
        for key, value in item.items()
        if key not in ("apiVersion", "kind")
    }
