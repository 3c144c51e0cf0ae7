"""The state file: what was deployed, in the order in which it was registered.

Written whole and atomically after every operation, so that nothing that exists in the
cloud is forgotten when a deploy is killed. Each record is serialised once when it
changes; a write only joins the pieces. Secrets are in clear: the file is readable by its
owner alone and holds what the sandbox made up.
"""

import json
import os
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .events import DeployError

FILE = "state.json"
VERSION = 1
PROVIDER = "pulumi:providers:"
"""What the types of explicit providers begin with."""


@dataclass
class Record:
    """One resource that exists in the cloud."""

    urn: str
    type: str
    name: str
    id: str
    inputs: dict[str, Any]
    """As the program gave them; assets encoded."""
    checked: dict[str, Any]
    """As the provider understood them: what the next run is compared with."""
    outputs: dict[str, Any]
    dependencies: list[str] = field(default_factory=list)
    property_dependencies: dict[str, list[str]] = field(default_factory=dict)
    provider: str = ""
    """Its explicit provider: ``urn::id``."""
    recorded: str = ""
    """Why it is recorded only."""
    protect: bool = False
    retain: bool = False
    deleted_with: str = ""
    hooks: dict[str, list[str]] = field(default_factory=dict)
    """Names of its delete hooks, by binding."""
    replaced: bool = False
    """Superseded by another record of the same URN; to be deleted at the end of a deploy."""
    unsettled: bool = False
    """An after-hook failed or never ran: the next deploy updates it again, changed or not."""


class State:
    """The records of one cloud, safe to use from many threads."""

    def __init__(self, directory: Path, boot: str) -> None:
        self._file = directory / FILE
        self._boot = boot
        self._lock = threading.RLock()
        self._serial = 0
        self._records: dict[int, Record] = {}
        self._texts: dict[int, str] = {}
        self._live: dict[str, int] = {}
        self.outputs: dict[str, Any] = {}
        self.secret_outputs: frozenset[str] = frozenset()
        self.foreign = False
        """Whether the file was of another boot of the cloud and has been ignored."""
        try:
            document = json.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            raise DeployError(f"{self._file} cannot be read ({error}). Delete it.") from error
        if document.get("version") != VERSION:
            raise DeployError(f"{self._file} has a format this version cannot read. Delete it.")
        if document["boot"] != boot:
            self.foreign = True
            return
        self.outputs = document["outputs"]
        self.secret_outputs = frozenset(document["secret_outputs"])
        for entry in document["resources"]:
            self._append(Record(**entry))

    def __iter__(self) -> Iterator[Record]:
        """Every record, dependencies before dependents."""
        with self._lock:
            return iter(list(self._records.values()))

    def get(self, urn: str) -> Record | None:
        """The live record of a URN."""
        with self._lock:
            serial = self._live.get(urn)
            return None if serial is None else self._records[serial]

    def provider(self, reference: str) -> Record | None:
        """The explicit provider ``urn::id``, superseded or not.

        Found by its id alone, which is unique: an alias may have changed its URN.
        """
        id = reference.rpartition("::")[2]
        with self._lock:
            for record in self._records.values():
                if record.id == id and record.type.startswith(PROVIDER):
                    return record
            return None

    def put(self, record: Record, *, superseding: Record | None = None) -> None:
        """Store a record as the newest one; ``superseding`` stays until it is deleted."""
        with self._lock:
            if superseding is not None:
                superseding.replaced = True
                self._store(self._live.pop(superseding.urn), superseding)
            elif (serial := self._live.pop(record.urn, None)) is not None:
                self._drop(serial)
            self._append(record)
            self.save()

    def touch(self, record: Record) -> None:
        """Move an unchanged record to the newest place; written with the next save."""
        with self._lock:
            self._drop(self._live[record.urn])
            self._append(record)

    def rename(self, record: Record, urn: str, name: str) -> None:
        """Give a record the URN under which the program knows it now."""
        with self._lock:
            serial = self._live.pop(record.urn)
            record.urn, record.name = urn, name
            self._live[urn] = serial
            self._store(serial, record)
            self.save()

    def remove(self, record: Record) -> None:
        """Forget a record whose resource is gone."""
        with self._lock:
            serial = next(key for key, value in self._records.items() if value is record)
            if self._live.get(record.urn) == serial:
                del self._live[record.urn]
            self._drop(serial)
            self.save()

    def save(self) -> None:
        """Write the file; DeployError when the disk refuses."""
        with self._lock:
            head = {
                "version": VERSION,
                "boot": self._boot,
                "outputs": self.outputs,
                "secret_outputs": sorted(self.secret_outputs),
            }
            text = json.dumps(head)[:-1] + ', "resources": [\n'
            text += ",\n".join(self._texts.values()) + "\n]}\n"
            draft = self._file.with_suffix(".new")
            try:
                self._file.parent.mkdir(parents=True, exist_ok=True)
                handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                with os.fdopen(handle, "w", encoding="utf-8") as stream:
                    stream.write(text)
                draft.replace(self._file)
            except OSError as error:
                raise DeployError(
                    f"the sandbox's state cannot be written: {error.strerror} ({self._file})"
                ) from error

    def _append(self, record: Record) -> None:
        self._serial += 1
        if not record.replaced:
            self._live[record.urn] = self._serial
        self._store(self._serial, record)

    def _store(self, serial: int, record: Record) -> None:
        self._records[serial] = record
        self._texts[serial] = json.dumps(vars(record))

    def _drop(self, serial: int) -> None:
        del self._records[serial]
        del self._texts[serial]


def dependents_first(state: Iterable[Record]) -> list[Record]:
    """In the order of deletion: last made first, and nothing before what stands on it.

    The order in the state alone will not do: a deploy that failed half-way has moved what it
    found unchanged behind what it never came to.
    """
    records = list(state)
    above: dict[str, list[Record]] = {}
    for record in records:
        provider = record.provider.rpartition("::")[2]
        for below in {*record.dependencies, *([provider] if provider else [])}:
            above.setdefault(below, []).append(record)
    ordered: dict[int, Record] = {}
    visited: set[int] = set()

    def place(record: Record) -> None:
        if id(record) in visited:
            return
        visited.add(id(record))
        key = record.id if record.type.startswith(PROVIDER) else record.urn
        for dependent in reversed(above.get(key, []) + above.get(record.urn, [])):
            place(dependent)
        ordered[id(record)] = record

    for record in reversed(records):
        place(record)
    return list(ordered.values())
