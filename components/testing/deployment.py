"""What a deployment in memory leaves behind: plain data to assert on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final


class _Unknown:
    """A value that only a real deployment would know."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __bool__(self) -> bool:
        raise TypeError("UNKNOWN is neither true nor false: compare with 'is UNKNOWN'")


UNKNOWN: Final = _Unknown()
"""Stands for each value that is not known on a first preview. Compare with ``is``."""


@dataclass(frozen=True)
class Resource:
    """One registered resource, custom or component, as the program declared it."""

    urn: str
    type: str
    """Type token, for instance ``aws:ecs/service:Service`` or ``slipway:index:Network``."""
    name: str
    """Name in the program, not the physical one."""
    id: Any
    """Physical id; ``UNKNOWN`` on a preview, None for a component."""
    inputs: Mapping[str, Any]
    """Properties as sent, camelCase; whole numbers are ints, assets are Pulumi's objects."""
    outputs: Mapping[str, Any]
    """What the mock answered; for a component what it passed to ``register_outputs``."""
    custom: bool
    """False for a component."""
    parent: str = ""
    """URN of the parent; the stack's for a resource without one."""
    secrets: frozenset[str] = frozenset()
    """Inputs that hold a secret, by their top-level name. Their values are plain in ``inputs``."""
    depends_on: tuple[str, ...] = ()
    """URNs that must exist first, from ``depends_on`` and from the inputs alike."""
    provider: str = ""
    """Explicit provider, ``urn::id``; empty for the default one."""
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    additional_secret_outputs: tuple[str, ...] = ()
    delete_before_replace: bool | None = None
    """None where the program leaves it to the provider."""
    protect: bool = False
    retain_on_delete: bool = False
    import_id: str = ""
    aliases: tuple[str, ...] = ()
    """Former URNs, names or types, whichever was given."""
    timeouts: Mapping[str, str] = field(default_factory=dict)
    """Custom timeouts that are set: ``{"create": "20m"}``."""
    hooks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Names of the bound resource hooks: ``{"after_create": ("shop-watch",)}``."""


@dataclass(frozen=True)
class Deployment:
    """Everything that a program registered, exported and returned."""

    resources: tuple[Resource, ...]
    """What a resource needs comes before it; otherwise by URN, so that lists can be compared."""
    outputs: Mapping[str, Any]
    """The stack's exports."""
    secret_outputs: frozenset[str]
    """Names of the exports that are secret."""
    result: Any
    """What the program returned, with outputs resolved. A component is a dict of its public
    outputs, by attribute name; containers keep their shape."""
    warnings: tuple[str, ...] = ()
    """What the program warned of with ``pulumi.warn``."""

    def of(self, type: str) -> list[Resource]:
        """Every resource of this type token."""
        return [resource for resource in self.resources if resource.type == type]

    def one(self, type: str, name: str | None = None) -> Resource:
        """The only resource of this type, or the only one with this name as well.

        Raises:
            AssertionError: there is none or more than one; lists what there is.
        """
        found = [item for item in self.of(type) if name is None or item.name == name]
        if len(found) == 1:
            return found[0]
        wanted = type if name is None else f"{type} named {name!r}"
        same = ", ".join(repr(item.name) for item in self.of(type))
        types = ", ".join(sorted({item.type for item in self.resources})) or "none"
        there = f"of this type there are {same}" if same else f"the types are {types}"
        raise AssertionError(f"expected one {wanted}, found {len(found)}; {there}")

    def children(self, parent: Resource) -> list[Resource]:
        """The resources whose parent is ``parent``, without their own children."""
        return [resource for resource in self.resources if resource.parent == parent.urn]
