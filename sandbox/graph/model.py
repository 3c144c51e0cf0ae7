"""A deployed program as boxes and arrows, derived from its records alone.

A box is a component at the top of the program, with everything inside it. An arrow stands for
properties of one component's resources that were made from another's: an environment that holds the
name of a table, a policy that allows to start a workflow. Order alone is no arrow.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sandbox.deploy.state import PROVIDER, Record

from .kinds import ENTRIES, FLOWS, KINDS, SUPPORTS, TRIGGERS, WATCHING, Kind

TAG = "slipway:component"
"""``Class/name``: what the library tags its resources with."""
LOOSE = "without a component"


@dataclass
class Component:
    """One box."""

    key: str
    """``Class/name``."""
    type: str
    """The class."""
    name: str
    records: list[Record] = field(default_factory=list)

    @property
    def counts(self) -> list[tuple[Kind, int]]:
        """Of each kind of resource that has a name, in the order of ``KINDS``."""
        found = Counter(record.type for record in self.records)
        by_word: dict[str, tuple[Kind, int]] = {}
        for type_, kind in KINDS.items():
            if found[type_]:
                before = by_word.get(kind.one, (kind, 0))[1]
                by_word[kind.one] = (kind, before + found[type_])
        return [*by_word.values(), *self._sizes()]

    @property
    def family(self) -> str:
        """What it is for: the family of its first count that runs something."""
        families = [kind.family for kind, _ in self.counts if not kind.minor]
        for leading in ("compute", "watch"):
            if leading in families:
                return leading
        return families[0] if families else "other"

    def _sizes(self) -> Iterable[tuple[Kind, int]]:
        for record in self.records:
            spec = record.inputs.get("spec")
            if record.type == "aws:ecs/service:Service" and record.inputs.get("desiredCount"):
                yield Kind("compute", "task"), int(record.inputs["desiredCount"])
            if record.type.endswith(":HorizontalPodAutoscaler") and isinstance(spec, dict):
                yield Kind("compute", "pod"), int(spec.get("minReplicas", 1))


@dataclass(frozen=True)
class Arrow:
    """From one box to another."""

    source: str
    target: str
    labels: tuple[str, ...]
    flow: bool
    """Whether data flow; otherwise the target is made of the source or placed in it."""


@dataclass(frozen=True)
class Program:
    """Everything that a picture shows."""

    components: Mapping[str, Component]
    arrows: tuple[Arrow, ...]
    outside: tuple[str, ...]
    """Who calls from outside; they stand in ``arrows`` as well."""
    watchers: Mapping[str, frozenset[str]]
    """Components that look at others: their keys, and whom they look at."""
    resources: int


def understood(records: Iterable[Record]) -> Program:
    """The program that left these records."""
    live = sorted(
        (one for one in records if not one.replaced and not one.type.startswith(PROVIDER)),
        key=lambda one: one.urn,
    )
    owners = _owners(live)
    components: dict[str, Component] = {}
    for record in live:
        key = owners[record.urn]
        type_, _, name = key.partition("/")
        component = components.setdefault(key, Component(key, type_, name))
        component.records.append(record)
    labels: dict[tuple[str, str, bool], dict[str, None]] = defaultdict(dict)
    watchers: dict[str, set[str]] = defaultdict(set)
    by_urn = {record.urn: record for record in live}
    for record in live:
        here = owners[record.urn]
        for property_, urns in sorted(record.property_dependencies.items()):
            for urn in sorted(urns):
                other = by_urn.get(urn)
                if other is None or owners[urn] == here:
                    continue
                if record.type in WATCHING:
                    watchers[here].add(owners[urn])
                elif found := _arrow(record, property_, other, here, owners[urn]):
                    labels[found[0], found[1], found[2]][found[3]] = None
        if record.type in ENTRIES and _open(record):
            who, how = ENTRIES[record.type]
            labels[who, here, True][how] = None
    busy = {end for source, target, _ in labels for end in (source, target)}
    arrows = tuple(
        Arrow(source, target, tuple(sorted(words, key=_weight)), flow)
        for (source, target, flow), words in sorted(labels.items())
        if flow or (source, target, True) not in labels
    )
    return Program(
        components=components,
        arrows=arrows,
        outside=tuple(sorted({who for who, _ in ENTRIES.values()} & busy)),
        watchers={
            key: frozenset(seen) for key, seen in sorted(watchers.items()) if key not in busy
        },
        resources=len(live),
    )


def _arrow(
    record: Record, property_: str, other: Record, here: str, there: str
) -> tuple[str, str, bool, str] | None:
    if other.type in SUPPORTS:
        return there, here, False, SUPPORTS[other.type]
    label = FLOWS.get(other.type)
    if label is None:
        return None
    if property_ in TRIGGERS.get(record.type, ()):
        return there, here, True, label
    return here, there, True, label


def _open(record: Record) -> bool:
    """Whether somebody outside can reach it."""
    if record.type == "kubernetes:core/v1:Service":
        return bool(record.inputs.get("spec", {}).get("type") == "LoadBalancer")
    return not record.inputs.get("internal")


def _weight(word: str) -> tuple[int, str]:
    words = list(dict.fromkeys(FLOWS.values()))
    return words.index(word) if word in words else len(words), word


def _owners(records: Iterable[Record]) -> dict[str, str]:
    """The component at the top, of each resource.

    A URN tells the component's type and not its name. The library tags its resources with both;
    for what has no tags, and for the components of others, names tell: a child's name begins with
    its component's.
    """
    tops: dict[str, list[Record]] = defaultdict(list)
    owners: dict[str, str] = {}
    for record in records:
        above = record.urn.split("::")[2].split("$")[:-1]
        if above:
            tops[above[0]].append(record)
        else:
            owners[record.urn] = f"/{LOOSE}"
    for type_, members in tops.items():
        short = type_.rpartition(":")[2]
        tagged = {
            tag.partition("/")[2]
            for record in members
            if (tag := _tag(record)).startswith(f"{short}/")
        }
        names: set[str] = set()
        for name in sorted(tagged | {record.name for record in members}, key=lambda one: len(one)):
            if name in tagged or not _longest(name, names | tagged):
                names.add(name)
        for record in members:
            owners[record.urn] = f"{short}/{_longest(record.name, names)}"
    return owners


def _longest(name: str, names: Iterable[str]) -> str:
    return max(
        (one for one in names if name == one or name.startswith(f"{one}-")), key=len, default=""
    )


def _tag(record: Record) -> str:
    tags = record.inputs.get("tags")
    return str(tags.get(TAG, "")) if isinstance(tags, dict) else ""
