"""What a request to the mock is about, and what it may say of itself."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import kmock

from . import fields

Object = dict[str, Any]

_NOT_SENT = ("managedFields", "uid", "creationTimestamp", "generation", "deletionTimestamp")
"""What a client may send back and cannot change."""


class Refusal(Exception):  # noqa: N818 - what happened, not a fault of the program
    """What the API server answers instead; becomes a ``Status``."""

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason


@dataclass(frozen=True)
class Kind:
    """A kind that is served."""

    resource: kmock.resource
    info: kmock.ResourceInfo

    @property
    def api_version(self) -> str:
        """``v1`` or ``apps/v1``."""
        group = self.resource.group
        return f"{group}/{self.resource.version}" if group else str(self.resource.version)

    @property
    def plural(self) -> str:
        """As error messages name it: ``pods`` or ``deployments.apps``."""
        group = self.resource.group
        return f"{self.resource.plural}.{group}" if group else str(self.resource.plural)

    @property
    def has_status(self) -> bool:
        """Whether the status is a subresource."""
        return "status" in self.info.subresources

    def __str__(self) -> str:
        group = self.resource.group
        return f"{self.info.kind}.{group}" if group else str(self.info.kind)


@dataclass(frozen=True)
class Target:
    """What a request is about."""

    kind: Kind
    namespace: str | None
    name: str | None
    subresource: str | None = None


def addressed(target: Target, body: Any) -> Object:
    """The manifest with its address filled in; Refusal if it says another one."""
    if not isinstance(body, Mapping):
        raise Refusal(400, "BadRequest", "the body of the request is no object")
    body = fields.without_nulls(body)
    metadata = dict(body.get("metadata") or {})
    if "name" not in metadata and target.name is None and metadata.get("generateName"):
        metadata["name"] = f"{metadata['generateName']}{secrets.token_hex(3)[:5]}"
    address = {
        "apiVersion": (body.get("apiVersion"), target.kind.api_version),
        "kind": (body.get("kind"), target.kind.info.kind),
        "metadata.name": (metadata.get("name"), target.name or metadata.get("name")),
        "metadata.namespace": (metadata.get("namespace"), target.namespace),
    }
    for field, (said, served) in address.items():
        if said not in (None, served):
            raise Refusal(
                400, "BadRequest", f"{field} is {said!r} and the request is for {served!r}"
            )
    if not (name := target.name or metadata.get("name")):
        raise invalid(target.kind, "", "metadata.name: Required value: name is required")
    metadata["name"] = name
    if target.namespace is not None:
        metadata["namespace"] = target.namespace
    for key in _NOT_SENT:
        metadata.pop(key, None)
    return {
        **body,
        "apiVersion": target.kind.api_version,
        "kind": target.kind.info.kind,
        "metadata": metadata,
    }


def invalid(kind: Kind, name: str, why: str) -> Refusal:
    """What the schema does not allow."""
    return Refusal(422, "Invalid", f'{kind} "{name}" is invalid: {why}')
