"""The mock's objects and what the verbs of an API server do to them.

kmock knows which kinds there are and keeps the objects; kubernetes-validate says whether a
manifest is one. Nothing is admitted, defaulted, scheduled or controlled.
"""

import copy
import datetime
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import kmock
import kubernetes_validate

from . import fields
from .kinds import Kind, Object, Refusal, Target, addressed, invalid

SCHEMA = "1.34"
"""The Kubernetes version whose schema manifests must fit: the real control plane's."""
REMEMBERED = 10_000
"""Changes that a watch can still be told of; older ones are answered with 410, as etcd does."""
_SERVERS = ("uid", "creationTimestamp", "generation", "deletionTimestamp", "resourceVersion")
"""What only the server writes in the metadata."""
NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")
"""There from the start, as in every cluster."""


@dataclass(frozen=True)
class Change:
    """One line of the log that watches read."""

    version: int
    type: str
    resource: kmock.resource
    object: Object


class Store:
    """Objects by kind, namespace and name; one thread, so that no lock is needed."""

    def __init__(self, api: kmock.KubernetesEmulator) -> None:
        self._api = api
        self._version = 0
        self._log: deque[Change] = deque(maxlen=REMEMBERED)
        self.changed: Callable[[], None] = lambda: None
        """Called after every change."""
        for name in NAMESPACES:
            self.create(self._namespaces(None), {"metadata": {"name": name}}, "mock")

    @property
    def version(self) -> str:
        """The resourceVersion of now."""
        return str(self._version)

    def read(self, target: Target) -> Object:
        """One object; Refusal 404 if it is not there."""
        key = self._key(target)
        if key not in self._api.objects:
            raise Refusal(404, "NotFound", f'{target.kind.plural} "{target.name}" not found')
        return copy.deepcopy(self._api.objects[key].raw)

    def list(self, target: Target) -> list[Object]:
        """Objects of a kind, of one namespace or of all."""
        return [
            copy.deepcopy(item.raw)
            for (resource, namespace, name), item in self._api.objects.items()
            if resource == target.kind.resource
            and target.namespace in (None, namespace)
            and target.name in (None, name)
        ]

    def since(self, version: int) -> Iterator[Change]:
        """What changed after ``version``; Refusal 410 if that is forgotten."""
        if self._log and version < self._log[0].version - 1:
            raise Refusal(410, "Expired", f"too old resource version: {version}")
        return (change for change in list(self._log) if change.version > version)

    def create(self, target: Target, body: Object, manager: str, *, dry: bool = False) -> Object:
        """POST."""
        body = addressed(target, body)
        target = Target(target.kind, target.namespace, body["metadata"]["name"])
        if self._key(target) in self._api.objects:
            raise Refusal(
                409, "AlreadyExists", f'{target.kind.plural} "{target.name}" already exists'
            )
        body = _scoped(target, None, body)
        return self._put(target, None, fields.updated(_bare(body), body, manager), dry=dry)

    def replace(self, target: Target, body: Object, manager: str, *, dry: bool = False) -> Object:
        """PUT."""
        live = self.read(target)
        body = addressed(target, body)
        version = body["metadata"].get("resourceVersion")
        if version not in (None, live["metadata"]["resourceVersion"]):
            raise Refusal(
                409,
                "Conflict",
                f'Operation cannot be fulfilled on {target.kind.plural} "{target.name}": the '
                "object has been modified; please apply your changes to the latest version and "
                "try again",
            )
        body = _scoped(target, live, body)
        return self._put(target, live, fields.updated(live, body, manager), dry=dry)

    def patch(
        self, target: Target, change: Callable[[Object], Any], manager: str, *, dry: bool = False
    ) -> Object:
        """PATCH with a merge or JSON patch, given as what it does to the object."""
        live = self.read(target)
        body = addressed(target, change(copy.deepcopy(live)))
        body = _scoped(target, live, body)
        return self._put(target, live, fields.updated(live, body, manager), dry=dry)

    def apply(
        self, target: Target, body: Object, manager: str, *, force: bool, dry: bool = False
    ) -> tuple[Object, bool]:
        """PATCH by server-side apply: the object, and whether it is new."""
        body = addressed(target, body)
        new = self._key(target) not in self._api.objects
        live = _scoped(target, None, _bare(body)) if new else self.read(target)
        status = {"status": body["status"]} if "status" in body else {}
        if target.subresource == "status":
            body = {**_bare(body), **status}
        elif status and target.kind.has_status:
            del body["status"]
        try:
            result = fields.applied(live, body, manager, force=force)
        except fields.FieldConflict as conflict:
            raise Refusal(409, "Conflict", str(conflict)) from None
        return self._put(target, None if new else live, result, dry=dry), new

    def delete(self, target: Target, *, dry: bool = False) -> Object:
        """DELETE of one object; one with finalizers stays until they are gone."""
        live = self.read(target)
        if dry:
            return live
        if live["metadata"].get("finalizers"):
            if "deletionTimestamp" in live["metadata"]:
                return live
            going = copy.deepcopy(live)
            going["metadata"]["deletionTimestamp"] = _now()
            return self._put(target, live, going)
        if target.kind.plural == "namespaces":
            for resource, namespace, name in list(self._api.objects):
                if namespace == target.name:
                    self._drop(resource, namespace, name)
        return self._drop(target.kind.resource, target.namespace, str(target.name))

    def _put(
        self, target: Target, live: Object | None, body: Object, *, dry: bool = False
    ) -> Object:
        """Check and keep what a verb made of the object; the same again is no change."""
        metadata = body["metadata"]
        if live is None:
            self._expect_namespace(target)
            metadata |= {"uid": str(uuid.uuid4()), "creationTimestamp": _now(), "generation": 1}
        else:
            metadata |= {key: live["metadata"][key] for key in _SERVERS if key in live["metadata"]}
            if body == live:
                return live
            if body.get("spec") != live.get("spec"):
                metadata["generation"] += 1
        self._expect_schema(target, body)
        if dry:
            return body
        going = live is not None and "deletionTimestamp" in metadata
        if going and not metadata.get("finalizers"):
            return self._drop(target.kind.resource, target.namespace, str(target.name))
        self._version += 1
        metadata["resourceVersion"] = str(self._version)
        self._api.objects[self._key(target)] = copy.deepcopy(body)
        self._tell("ADDED" if live is None else "MODIFIED", target.kind.resource, body)
        return body

    def _drop(self, resource: kmock.resource, namespace: str | None, name: str) -> Object:
        last = copy.deepcopy(self._api.objects[resource, namespace, name].raw)
        del self._api.objects[resource, namespace, name]
        self._version += 1
        last["metadata"]["resourceVersion"] = str(self._version)
        self._tell("DELETED", resource, last)
        return last

    def _tell(self, type: str, resource: kmock.resource, item: Object) -> None:
        self._log.append(Change(self._version, type, resource, copy.deepcopy(item)))
        self.changed()

    def _expect_namespace(self, target: Target) -> None:
        if target.namespace is not None:
            self.read(self._namespaces(target.namespace))

    def _expect_schema(self, target: Target, body: Object) -> None:
        try:
            kubernetes_validate.validate(body, SCHEMA, strict=True)
        except kubernetes_validate.ValidationError as error:
            where = "".join(
                f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.path
            )
            name = body["metadata"]["name"]
            raise invalid(target.kind, name, f"{where[1:] or '<root>'}: {error.message}") from None
        except kubernetes_validate.SchemaNotFoundError:
            raise Refusal(
                404, "NotFound", f"the mock has no schema of {target.kind} in Kubernetes {SCHEMA}"
            ) from None

    def _namespaces(self, name: str | None) -> Target:
        resource = kmock.resource("", "v1", "namespaces")
        return Target(Kind(resource, self._api.resources[resource]), None, name)

    @staticmethod
    def _key(target: Target) -> tuple[kmock.resource, str | None, str]:
        return (target.kind.resource, target.namespace, str(target.name))


def _bare(body: Object) -> Object:
    """An object that has nothing yet but its address."""
    metadata = {
        key: body["metadata"][key] for key in ("name", "namespace") if key in body["metadata"]
    }
    return {"apiVersion": body["apiVersion"], "kind": body["kind"], "metadata": metadata}


def _scoped(target: Target, live: Object | None, body: Object) -> Object:
    """What a write may change: the status by the subresource of that name alone."""
    if live is not None and target.subresource == "status":
        return {**live, "status": body.get("status", {})}
    if not target.kind.has_status:
        return body
    rest = {key: value for key, value in body.items() if key != "status"}
    active = {"phase": "Active"} if target.kind.plural == "namespaces" else None
    status = active if live is None else live.get("status")
    return rest if status is None else {**rest, "status": status}


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
