"""What every provider shares: typed inputs, the verbs, names and tags.

A provider serves one Pulumi resource type against the embedded cloud. It has the
shape of Pulumi's resource provider protocol (check, diff, create, update, delete)
and knows nothing of the runner that calls it, so that the same class can be served
to the official engine one day.
"""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

import pydantic
from pydantic.alias_generators import to_camel

Outputs = dict[str, Any]
"""A resource's outputs, camelCase as on Pulumi's wire, JSON values only."""


class Inputs(pydantic.BaseModel):
    """Typed inputs of one resource type; an input that nobody consumes is an error.

    Fields are snake_case; the wire is camelCase. Whole floats become integers, since
    every number on Pulumi's wire is a float.
    """

    model_config = pydantic.ConfigDict(
        extra="forbid", alias_generator=to_camel, populate_by_name=True, frozen=True
    )


class Tagged(Inputs):
    """Inputs of a taggable resource."""

    tags: dict[str, str] = pydantic.Field(default_factory=dict)


I = TypeVar("I", bound=Inputs)  # noqa: E741 - the conventional name for "inputs" here


@dataclass(frozen=True)
class Context:
    """What a provider may use of its surroundings."""

    client: Callable[[str], Any]
    """``client("ecs")`` returns a boto3 client, made once, safe to share over threads."""
    region: str
    account: str
    default_tags: Mapping[str, str] = field(default_factory=dict)
    """``aws:defaultTags`` of the stack; ``Provider.tags`` merges them."""
    engine: str = "process"
    """``docker`` or ``process``: who runs containers and builds images."""
    endpoint: str = "http://127.0.0.1:4566"
    provider: Mapping[str, Any] | None = None
    """Inputs of the resource's explicit provider (``opts.provider``), as its type checked them."""


class Unfinished(Exception):  # noqa: N818 - says what it is
    """The resource exists, but did not become what it is to be.

    It is recorded with ``id`` and ``outputs``, so that it is not forgotten, and the next
    deploy updates it, changed or not.
    """

    def __init__(self, message: str, id: str, outputs: Outputs) -> None:
        super().__init__(message)
        self.id = id
        self.outputs = outputs


class UnsupportedInput(ValueError):  # noqa: N818 - says what it is
    """The program sets a property that this provider would silently drop."""


class Provider(ABC, Generic[I]):
    """One resource type. Subclasses are registered by their ``token``."""

    token: ClassVar[str]
    """Pulumi's type token, for instance ``aws:ecs/service:Service``."""
    inputs: ClassVar[type[Inputs]]
    replaces: ClassVar[frozenset[str]] = frozenset()
    """Wire names of the inputs whose change means a new resource."""
    delete_before_replace: ClassVar[bool] = False
    """True where two of them cannot exist at once (fixed names, associations)."""
    recorded: ClassVar[str | None] = None
    """Why this type is *recorded only*: accepted, checked, listed, but without effect."""
    outputs: ClassVar[frozenset[str]] = frozenset()
    """Wire names that create, update and read must return; one left out fails the deploy.

    Without this an output that a provider forgets is None in the program, silently.
    """

    inert: ClassVar[Mapping[str, str]] = {}
    """Inputs that are stored or checked but have no effect here: wire name to reason."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def check(self, name: str, properties: Mapping[str, Any]) -> I:
        """Parse the wire inputs of resource ``name``, or say what cannot be served."""
        try:
            return self.inputs.model_validate(dict(properties))  # type: ignore[return-value]
        except pydantic.ValidationError as error:
            problems = "; ".join(
                f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}"
                for item in error.errors()
            )
            raise UnsupportedInput(
                f"{self.token} '{name}': the sandbox cannot honour {problems}. "
                "Add the property to its provider in sandbox/providers/ or leave it out."
            ) from None

    def changed(self, old: I, new: I) -> frozenset[str]:
        """Wire names of the inputs that differ."""
        before, after = (model.model_dump(by_alias=True) for model in (old, new))
        return frozenset(key for key in after if before.get(key) != after[key])

    def ignoring(self, inputs: I, paths: Sequence[str]) -> I:
        """Note the program's ``ignore_changes``; the engine has kept the old values already.

        For who shares an object with others: an ignored field may be left to them.
        """
        return inputs

    def deletes_first(self, old: I | None, new: I) -> bool:
        """Whether a replacement must wait until the old one is gone."""
        return self.delete_before_replace

    def must_replace(self, changed: frozenset[str], old: I, new: I) -> bool:
        """Whether these changes mean a new resource; override where it depends on the values."""
        return bool(changed & self.replaces)

    @abstractmethod
    def create(self, name: str, inputs: I) -> tuple[str, Outputs]:
        """Make it; return the physical id and every output that a program may read."""

    def update(self, id: str, old: I, new: I, outputs: Outputs) -> Outputs:
        """Change it in place; return the new outputs."""
        raise NotImplementedError(f"{self.token} has no in-place update")

    def read(self, id: str) -> Outputs:
        """Look up an existing one for ``X.get(name, id)``; KeyError when there is none."""
        raise NotImplementedError(f"{self.token} cannot be read")

    @abstractmethod
    def delete(self, id: str, outputs: Outputs) -> None:
        """Remove it; a resource that is already gone is not an error."""

    def tags(self, inputs: Tagged) -> dict[str, str]:
        """The resource's tags over the stack's default tags; the resource wins."""
        return {**self.context.default_tags, **inputs.tags}


def auto_name(name: str, *, limit: int = 255, prefix: str | None = None) -> str:
    """A physical name as Pulumi makes it: the logical name and seven random hex digits."""
    import secrets

    suffix = secrets.token_hex(4)[:7]
    stem = prefix if prefix is not None else f"{name}-"
    return f"{stem[: limit - len(suffix)]}{suffix}"


def fingerprint(value: Any) -> str:
    """A stable short hash of JSON-able data."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]
