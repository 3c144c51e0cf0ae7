"""The explicit Kubernetes provider, and the connection that its settings lead to.

``pulumi_kubernetes.Provider`` is a resource like any other: it makes nothing, and what is
deployed through it finds its inputs in ``Context.provider``.
"""

import functools
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import yaml

from sandbox.kubernetes import kubeconfig as kubeconfigs
from sandbox.kubernetes.client import Api, Unreachable
from sandbox.kubernetes.mock import CLUSTER as MOCK

from .base import Context, Inputs, Outputs, Provider, UnsupportedInput

CONNECT_SECONDS = 30
"""How long an API server may take to answer at all; a living one on an idle machine needs
milliseconds."""


class ProviderInputs(Inputs):
    """Inputs of the provider; booleans arrive as JSON text and are read as such."""

    kubeconfig: str | None = None
    context: str | None = None
    cluster: str | None = None
    cluster_identifier: str | None = None
    namespace: str | None = None
    enable_server_side_apply: bool = True
    enable_patch_force: bool = False
    enable_config_map_mutable: bool = False
    enable_secret_mutable: bool = False
    upsert_existing_objects: bool = False
    delete_unreachable: bool = False
    suppress_deprecation_warnings: bool = False
    suppress_helm_hook_warnings: bool = False


class KubernetesProvider(Provider[ProviderInputs]):
    """Where ``kubernetes:*`` resources go."""

    token = "pulumi:providers:kubernetes"
    inputs = ProviderInputs
    replaces = frozenset({"clusterIdentifier", "kubeconfig"})
    inert: ClassVar[Mapping[str, str]] = {
        "suppressDeprecationWarnings": "the sandbox gives none",
        "suppressHelmHookWarnings": "the sandbox gives none",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> ProviderInputs:
        inputs = super().check(name, properties)
        if inputs.kubeconfig is None:
            raise UnsupportedInput(
                f"{self.token} '{name}': kubeconfig is missing. Give it a cluster's kubeconfig: "
                "the sandbox never takes the one of your shell."
            )
        if not inputs.enable_server_side_apply:
            raise UnsupportedInput(
                f"{self.token} '{name}': enableServerSideApply=false is not served: the sandbox "
                "applies on the server's side only. Leave it out."
            )
        if "\n" not in inputs.kubeconfig and not inputs.kubeconfig.lstrip().startswith("{"):
            file = Path(inputs.kubeconfig).expanduser().resolve()
            if not file.is_file():
                raise UnsupportedInput(
                    f"{self.token} '{name}': kubeconfig={inputs.kubeconfig!r} is no file. Give "
                    "the kubeconfig itself, or the path of one."
                )
            inputs = inputs.model_copy(update={"kubeconfig": str(file)})
        _access(inputs)
        return inputs

    def must_replace(
        self, changed: frozenset[str], old: ProviderInputs, new: ProviderInputs
    ) -> bool:
        """A given identifier decides; without one, whether the API server is another."""
        if old.cluster_identifier or new.cluster_identifier:
            return old.cluster_identifier != new.cluster_identifier
        if not changed & {"kubeconfig", "context", "cluster"}:
            return False
        return _access(old).server != _access(new).server

    def create(self, name: str, inputs: ProviderInputs) -> tuple[str, Outputs]:
        return str(uuid.uuid4()), {}

    def update(
        self, id: str, old: ProviderInputs, new: ProviderInputs, outputs: Outputs
    ) -> Outputs:
        return outputs

    def delete(self, id: str, outputs: Outputs) -> None:
        """Nothing to do: what went through it is gone before."""


@dataclass(frozen=True)
class Link:
    """A connection, and what is known of the other end."""

    api: Api
    version: str
    """``v1.34.4``."""
    mock: bool
    """Whether nothing runs behind the API: no object ever becomes ready."""


def settings(context: Context, token: str, name: str) -> ProviderInputs:
    """The settings of the explicit provider; an error where there is none."""
    if context.provider is None:
        raise UnsupportedInput(
            f"{token} '{name}': no Kubernetes provider. The sandbox has no default cluster: pass "
            "opts=pulumi.ResourceOptions(provider=pulumi_kubernetes.Provider(..., "
            "kubeconfig=...)), or give the component above it providers=[...]."
        )
    return ProviderInputs.model_validate(dict(context.provider))


def link(inputs: ProviderInputs) -> Link:
    """Reach the cluster; Unreachable says where and how long was waited."""
    return _link(inputs.kubeconfig or "", inputs.context or "", inputs.cluster or "")


def default_namespace(inputs: ProviderInputs) -> str:
    """Where objects go that name no namespace."""
    return inputs.namespace or _access(inputs).namespace


def unreachable(error: Exception) -> bool:
    """Whether no API server answered."""
    return isinstance(error, Unreachable)


# A whole deploy goes through one pool of connections; a rotated kubeconfig gets another.
@functools.lru_cache(maxsize=16)
def _link(kubeconfig: str, context: str, cluster: str) -> Link:
    api = Api(_resolve(kubeconfig, context, cluster))
    version = str(api.version(seconds=CONNECT_SECONDS)["gitVersion"])
    return Link(api, version, api.access.cluster == MOCK)


def _access(inputs: ProviderInputs) -> kubeconfigs.Access:
    return _resolve(inputs.kubeconfig or "", inputs.context or "", inputs.cluster or "")


def _resolve(kubeconfig: str, context: str, cluster: str) -> kubeconfigs.Access:
    folder = None
    if kubeconfig.startswith("/"):
        file = Path(kubeconfig)
        kubeconfig, folder = file.read_text(encoding="utf-8"), file.parent
    if not context and not cluster:
        return kubeconfigs.read(kubeconfig, folder=folder)
    document = yaml.safe_load(kubeconfig)
    chosen = context or document["current-context"]
    return kubeconfigs.read(
        {
            **document,
            "current-context": chosen,
            "contexts": [
                {**entry, "context": {**entry["context"], "cluster": cluster}}
                if cluster and entry["name"] == chosen
                else entry
                for entry in document["contexts"]
            ],
        },
        folder=folder,
    )
