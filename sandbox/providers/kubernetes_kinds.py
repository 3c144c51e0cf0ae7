"""The kinds of Kubernetes objects that programs may declare."""

from collections.abc import Mapping
from typing import Any

import pydantic

from sandbox.kubernetes.annotations import ADDRESS

from .base import Outputs
from .kubernetes_fields import Manifest, encoded
from .kubernetes_object import KubernetesObject, ObjectInputs
from .kubernetes_provider import Link, settings

NOWHERE = "unscheduled.invalid"
"""The address of every load balancer of a mock; RFC 2606 keeps it from leading anywhere."""


class SpecInputs(ObjectInputs):
    """Inputs of the kinds that are all ``spec``."""

    spec: dict[str, Any] = pydantic.Field(default_factory=dict)


class Namespace(KubernetesObject):
    """A namespace; it takes what is in it along."""

    token = "kubernetes:core/v1:Namespace"
    inputs = SpecInputs
    namespaced = False


class Deployment(KubernetesObject):
    """A deployment; ready when its rollout is."""

    token = "kubernetes:apps/v1:Deployment"
    inputs = SpecInputs
    immutable = ("spec.selector",)


class Pod(KubernetesObject):
    """A pod on its own; nearly nothing of it can change."""

    token = "kubernetes:core/v1:Pod"
    inputs = SpecInputs
    immutable = ("spec",)


class Service(KubernetesObject):
    """A service; ready when it has endpoints and, if it is to have one, an address."""

    token = "kubernetes:core/v1:Service"
    inputs = SpecInputs
    immutable = ("spec.clusterIP",)
    outputs = KubernetesObject.outputs | {"spec", "status"}

    def _seen(self, connection: Link, live: Manifest, manager: str) -> Outputs:
        """With an address that a program on this machine can use.

        A load balancer of the sandbox listens on loopback, on a port that the status has no
        place for; as with the names of our ALBs, the port is part of the host name.
        """
        outputs = super()._seen(connection, live, manager)
        outputs.setdefault("status", {})
        address = (live["metadata"].get("annotations") or {}).get(ADDRESS)
        if connection.mock and live["spec"].get("type") == "LoadBalancer":
            address = NOWHERE
        if address:
            outputs["status"] = {"loadBalancer": {"ingress": [{"hostname": address}]}}
        return outputs


class HorizontalPodAutoscaler(KubernetesObject):
    """An autoscaler."""

    token = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
    inputs = SpecInputs


class PodDisruptionBudget(KubernetesObject):
    """How many pods may be missing at once."""

    token = "kubernetes:policy/v1:PodDisruptionBudget"
    inputs = SpecInputs


class NetworkPolicy(KubernetesObject):
    """Who may talk to pods."""

    token = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
    inputs = SpecInputs
    recorded = "the API server keeps it, but pods here share loopback, where nothing enforces it"


class LimitRange(KubernetesObject):
    """Defaults and limits of what containers ask for."""

    token = "kubernetes:core/v1:LimitRange"
    inputs = SpecInputs


class ResourceQuota(KubernetesObject):
    """What a namespace may use in all."""

    token = "kubernetes:core/v1:ResourceQuota"
    inputs = SpecInputs
    immutable = ("spec.scopes",)


class ServiceAccountInputs(ObjectInputs):
    """Inputs of a service account."""

    automount_service_account_token: bool | None = None
    image_pull_secrets: list[dict[str, Any]] | None = None
    secrets: list[dict[str, Any]] | None = None


class ServiceAccount(KubernetesObject):
    """Who a pod is."""

    token = "kubernetes:core/v1:ServiceAccount"
    inputs = ServiceAccountInputs


class ConfigMapInputs(ObjectInputs):
    """Inputs of a config map."""

    data: dict[str, str] | None = None
    binary_data: dict[str, str] | None = None
    immutable: bool | None = None


class ConfigMap(KubernetesObject):
    """Plain configuration; other data is another object unless the provider is told otherwise."""

    token = "kubernetes:core/v1:ConfigMap"
    inputs = ConfigMapInputs
    immutable = ("data", "binaryData")

    def fixed(self, inputs: ObjectInputs) -> tuple[str, ...]:
        provider = settings(self.context, self.token, "")
        frozen = isinstance(inputs, ConfigMapInputs) and inputs.immutable
        return () if provider.enable_config_map_mutable and not frozen else self.immutable


class SecretInputs(ObjectInputs):
    """Inputs of a secret."""

    data: dict[str, str] | None = None
    string_data: dict[str, str] | None = None
    type: str | None = None
    immutable: bool | None = None


class Secret(KubernetesObject):
    """Secret configuration; as with config maps, other data is another object."""

    token = "kubernetes:core/v1:Secret"
    inputs = SecretInputs
    immutable = ("type", "data")

    def refine(self, properties: Mapping[str, Any]) -> Mapping[str, Any]:
        return encoded(properties)

    def fixed(self, inputs: ObjectInputs) -> tuple[str, ...]:
        provider = settings(self.context, self.token, "")
        frozen = isinstance(inputs, SecretInputs) and inputs.immutable
        return ("type",) if provider.enable_secret_mutable and not frozen else self.immutable


class RoleInputs(ObjectInputs):
    """Inputs of a role."""

    rules: list[dict[str, Any]] | None = None


class Role(KubernetesObject):
    """What may be done in a namespace."""

    token = "kubernetes:rbac.authorization.k8s.io/v1:Role"
    inputs = RoleInputs


class RoleBindingInputs(ObjectInputs):
    """Inputs of a role binding."""

    role_ref: dict[str, Any]
    subjects: list[dict[str, Any]] | None = None


class RoleBinding(KubernetesObject):
    """Who has a role."""

    token = "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"
    inputs = RoleBindingInputs
    immutable = ("roleRef",)
