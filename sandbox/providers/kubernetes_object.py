"""What every ``kubernetes:*`` resource has in common: server-side apply, readiness, an end.

As pulumi-kubernetes does it: an object without a name gets one, a field manager of the
resource's own, fields that cannot change mean a new object, and creation and update last
until the object is ready. ``kubernetes_kinds`` lists the kinds.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pydantic

from sandbox.cloud.errors import CloudError
from sandbox.kubernetes.client import Refused

from . import kubernetes_schema as schema
from .base import Inputs, Outputs, Provider, Unfinished, UnsupportedInput, auto_name
from .kubernetes_fields import Manifest, at, plain, shared, shown
from .kubernetes_provider import (
    Link,
    ProviderInputs,
    default_namespace,
    link,
    settings,
    unreachable,
)
from .kubernetes_waiting import (
    GONE_SECONDS,
    READY_SECONDS,
    Hopeless,
    annotation,
    seconds_of,
    until_gone,
    until_ready,
)

NAME_LIMIT = 63
"""The shortest limit of all kinds (a Service's name is a DNS label)."""
ATTEMPTS = 5
"""An autoscaler may move between our look at an object and our apply."""


class ObjectInputs(Inputs):
    """What every object has; its own part comes with its kind."""

    api_version: str | None = None
    kind: str | None = None
    metadata: dict[str, Any] = pydantic.Field(default_factory=dict)

    _ignored: tuple[str, ...] = ()


class KubernetesObject(Provider[ObjectInputs]):
    """One kind; its id is ``namespace/name``, or the name where there are no namespaces."""

    inputs = ObjectInputs
    replaces = frozenset({"metadata"})
    outputs = frozenset({"apiVersion", "kind", "metadata"})
    namespaced: ClassVar[bool] = True
    immutable: ClassVar[tuple[str, ...]] = ()
    """Paths whose change means a new object."""

    def check(self, name: str, properties: Mapping[str, Any]) -> ObjectInputs:
        """Held against the schema of the cluster's own version: nothing wrong is ever sent."""
        label = f"{self.token} '{name}'"
        inputs = super().check(name, plain(self.refine(properties)))
        if inputs.metadata.get("generateName"):
            raise UnsupportedInput(
                f"{label}: metadata.generateName is not served. Leave metadata.name out: the "
                "object is then named after the resource, with random digits."
            )
        provider = settings(self.context, self.token, name)
        metadata = dict(inputs.metadata)
        if self.namespaced:
            metadata.setdefault("namespace", default_namespace(provider))
        inputs = inputs.model_copy(
            update={"api_version": self.api_version, "kind": self.kind, "metadata": metadata}
        )
        manifest = _manifest(inputs, str(metadata.get("name") or name))
        seconds_of(manifest, READY_SECONDS)
        schema.check(label, manifest, link(provider).version, secret=self.kind == "Secret")
        return inputs

    def refine(self, properties: Mapping[str, Any]) -> Mapping[str, Any]:
        """The wire's properties in the one form that is compared and sent."""
        return properties

    def ignoring(self, inputs: ObjectInputs, paths: Sequence[str]) -> ObjectInputs:
        noted = inputs.model_copy()
        noted._ignored = tuple(paths)
        return noted

    def must_replace(self, changed: frozenset[str], old: ObjectInputs, new: ObjectInputs) -> bool:
        before, after = old.model_dump(by_alias=True), new.model_dump(by_alias=True)
        fixed = ("metadata.name", "metadata.namespace", *self.fixed(new))
        return any(at(before, path) != at(after, path) for path in fixed)

    def fixed(self, inputs: ObjectInputs) -> tuple[str, ...]:
        """The paths that cannot change, where that depends on settings."""
        return self.immutable

    def deletes_first(self, old: ObjectInputs | None, new: ObjectInputs) -> bool:
        """Two objects cannot have one name; with names of our own the new one comes first."""
        name = new.metadata.get("name")
        return name is not None and (
            old is None
            or all(old.metadata.get(key) == new.metadata.get(key) for key in ("name", "namespace"))
        )

    def create(self, name: str, inputs: ObjectInputs) -> tuple[str, Outputs]:
        provider = settings(self.context, self.token, name)
        connection = link(provider)
        manifest = _manifest(
            inputs, inputs.metadata.get("name") or auto_name(name, limit=NAME_LIMIT)
        )
        metadata = manifest["metadata"]
        there = connection.api.get(
            self.api_version, self.kind, metadata["name"], metadata.get("namespace")
        )
        if there is not None and not provider.upsert_existing_objects:
            raise ValueError(
                f"{self.kind} {_id(there)} already exists. Delete it, give this one another name, "
                "or set upsert_existing_objects on the provider to take it over."
            )
        manager = f"pulumi-kubernetes-{secrets.token_hex(4)}"
        live = self._apply(connection, provider, manifest, manager)
        return _id(live), self._awaited(connection, manifest, live, manager)

    def update(self, id: str, old: ObjectInputs, new: ObjectInputs, outputs: Outputs) -> Outputs:
        provider = settings(self.context, self.token, id)
        connection, manager = link(provider), outputs["fieldManager"]
        manifest = _manifest(new, outputs["metadata"]["name"])
        live = self._yielding(connection, provider, manifest, manager, new._ignored)
        return self._awaited(connection, manifest, live, manager)

    def read(self, id: str) -> Outputs:
        namespace, _, name = id.rpartition("/")
        connection = link(settings(self.context, self.token, id))
        live = connection.api.get(self.api_version, self.kind, name, namespace or None)
        if live is None:
            raise KeyError(id)
        return self._seen(connection, live, "")

    def delete(self, id: str, outputs: Outputs) -> None:
        """Gone, not only marked: what has a finalizer or a grace period is waited for."""
        provider, metadata = settings(self.context, self.token, id), outputs["metadata"]
        try:
            connection = link(provider)
            propagation = annotation(outputs, "deletionPropagationPolicy") or "Foreground"
            if connection.mock:
                propagation = "Background"  # no collector there would ever finish the other one
            there = connection.api.delete(
                self.api_version,
                self.kind,
                metadata["name"],
                metadata.get("namespace"),
                propagation=propagation.capitalize(),
            )
            if there and annotation(outputs, "skipAwait") != "true":
                until_gone(connection.api, outputs, seconds_of(outputs, GONE_SECONDS))
        except Exception as error:
            if not (provider.delete_unreachable and unreachable(error)):
                raise

    def _apply(
        self, connection: Link, provider: ProviderInputs, manifest: Manifest, manager: str
    ) -> Manifest:
        force = provider.enable_patch_force or annotation(manifest, "patchForce") == "true"
        return connection.api.apply(manifest, manager=manager, force=force)

    def _yielding(
        self,
        connection: Link,
        provider: ProviderInputs,
        manifest: Manifest,
        manager: str,
        ignored: Sequence[str],
    ) -> Manifest:
        """Apply, leaving ``ignored`` fields to who has set them."""
        metadata = manifest["metadata"]
        for attempt in range(ATTEMPTS):
            wanted, held = manifest, False
            if ignored:
                live = connection.api.get(
                    self.api_version, self.kind, metadata["name"], metadata.get("namespace")
                )
                wanted, held = (
                    shared(manifest, live, ignored, manager) if live else (manifest, False)
                )
            try:
                return self._apply(connection, provider, wanted, manager)
            except Refused as error:
                if error.reason != "Conflict":
                    raise
                if not held or attempt == ATTEMPTS - 1:
                    raise ValueError(
                        f"{error}. Leave the field to its owner with ignore_changes, or take it "
                        'with the annotation pulumi.com/patchForce: "true".'
                    ) from error
        raise AssertionError("unreachable")

    def _awaited(
        self, connection: Link, manifest: Manifest, live: Manifest, manager: str
    ) -> Outputs:
        if connection.mock or annotation(manifest, "skipAwait") == "true":
            return self._seen(connection, live, manager)
        try:
            seconds = seconds_of(manifest, READY_SECONDS)
            live = until_ready(connection.api, live, seconds)
        except (Hopeless, TimeoutError, CloudError) as error:
            outputs = self._seen(connection, live, manager)
            raise Unfinished(f"{self.kind} {_id(live)}: {error}", _id(live), outputs) from error
        return self._seen(connection, live, manager)

    def _seen(self, connection: Link, live: Manifest, manager: str) -> Outputs:
        """The object as the program sees it."""
        return shown(live, manager)

    @property
    def kind(self) -> str:
        """``Deployment``."""
        return self.token.rpartition(":")[2]

    @property
    def api_version(self) -> str:
        """``apps/v1``; of the core group ``v1``."""
        return self.token.split(":")[1].removeprefix("core/")


def _manifest(inputs: ObjectInputs, name: str) -> Manifest:
    """The object to apply; a name that the program has not given is marked as such."""
    manifest: Manifest = plain(inputs.model_dump(by_alias=True))
    metadata: Manifest = {**manifest["metadata"], "name": name}
    if not inputs.metadata.get("name"):
        given = metadata.get("annotations") or {}
        metadata["annotations"] = {**given, "pulumi.com/autonamed": "true"}
    return {**manifest, "metadata": metadata}


def _id(live: Mapping[str, Any]) -> str:
    metadata = live["metadata"]
    namespace = metadata.get("namespace")
    return f"{namespace}/{metadata['name']}" if namespace else str(metadata["name"])
