"""A tiny cloud in memory, providers for it, and a project directory to deploy from."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Any, ClassVar

import pytest
from pydantic import Field

from sandbox.deploy import Event, Result, deploy, destroy
from sandbox.providers import Registry
from sandbox.providers.base import Context, Inputs, Provider, Tagged, Unfinished

HEADER = """
import pulumi
from pulumi import ResourceOptions as Options

class Thing(pulumi.CustomResource):
    value: pulumi.Output
    arn: pulumi.Output
    def __init__(self, name, opts=None, kind="fake:index:Thing", **props):
        super().__init__(kind, name, {"value": None, "arn": None, **props}, opts)
"""


@dataclass
class Cloud:
    """What exists, what was called in which order, and what is to fail."""

    things: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    fail: dict[str, list[BaseException]] = field(default_factory=dict)
    delay: float = 0.0
    together: threading.Barrier | None = None
    """Nobody goes on before so many have come."""
    at_once: int = 0
    most_at_once: int = 0
    ignored: list[str] = field(default_factory=list)
    made: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def call(self, text: str) -> None:
        with self.lock:
            self.calls.append(text)
            self.at_once += 1
            self.most_at_once = max(self.at_once, self.most_at_once)
            failures = self.fail.get(text)
            failure = failures.pop(0) if failures else None
        try:
            if self.together:
                self.together.wait(60)
            time.sleep(self.delay)
            if failure:
                raise failure
        finally:
            with self.lock:
                self.at_once -= 1

    def make(self, name: str, value: Any) -> str:
        with self.lock:
            self.made += 1
            id = f"{name}-{self.made}"
            self.things[id] = {"value": value}
        return id

    def taken(self) -> list[str]:
        """The calls since the last question."""
        with self.lock:
            calls, self.calls = self.calls, []
        return calls


cloud = Cloud()


class ThingInputs(Tagged):
    value: Any = None
    size: int = 1
    fixed: str = ""
    secret: str = ""
    code: Any = None


class Thing(Provider[ThingInputs]):
    token = "fake:index:Thing"
    inputs = ThingInputs
    replaces = frozenset({"fixed"})
    outputs = frozenset({"arn"})

    def create(self, name: str, inputs: ThingInputs) -> tuple[str, dict[str, Any]]:
        cloud.call(f"create {name}")
        id = cloud.make(name, inputs.value)
        cloud.things[id] |= {"size": inputs.size, "tags": self.tags(inputs), "code": inputs.code}
        return id, {"arn": f"arn:{id}", "when": None}

    def update(
        self, id: str, old: ThingInputs, new: ThingInputs, outputs: dict[str, Any]
    ) -> dict[str, Any]:
        cloud.call(f"update {id}")
        cloud.things[id] = {"value": new.value, "size": new.size, "tags": self.tags(new)}
        return outputs

    def delete(self, id: str, outputs: dict[str, Any]) -> None:
        cloud.call(f"delete {id}")
        del cloud.things[id]

    def read(self, id: str) -> dict[str, Any]:
        return {"arn": f"arn:{id}", **cloud.things[id]}


class Unique(Thing):
    token = "fake:index:Unique"
    delete_before_replace = True


class Forgetful(Thing):
    token = "fake:index:Forgetful"
    outputs = frozenset({"arn", "url"})


class Recorded(Thing):
    token = "fake:index:Recorded"
    recorded = "nothing behind it"


class PlaceInputs(Inputs):
    site: str
    door: str = ""


class Place(Provider[PlaceInputs]):
    """An explicit provider."""

    token = "pulumi:providers:fake"
    inputs = PlaceInputs
    replaces = frozenset({"site"})

    def create(self, name: str, inputs: PlaceInputs) -> tuple[str, dict[str, Any]]:
        cloud.call(f"open {inputs.site}")
        return cloud.make(name, inputs.site), {}

    def update(
        self, id: str, old: PlaceInputs, new: PlaceInputs, outputs: dict[str, Any]
    ) -> dict[str, Any]:
        cloud.call(f"move {new.door}")
        return outputs

    def delete(self, id: str, outputs: dict[str, Any]) -> None:
        cloud.call(f"close {id}")


class Placed(Thing):
    """Says at which site, and by which door, it is handled."""

    token = "fake:index:Placed"

    def create(self, name: str, inputs: ThingInputs) -> tuple[str, dict[str, Any]]:
        cloud.call(f"create {name} {self._where}")
        id = cloud.make(name, inputs.value)
        outputs = {"arn": f"arn:{id}"}
        if inputs.value == "slow":
            raise Unfinished("it never became ready", id, outputs)
        return id, outputs

    def ignoring(self, inputs: ThingInputs, paths: Sequence[str]) -> ThingInputs:
        cloud.ignored = list(paths)
        return inputs

    def update(
        self, id: str, old: ThingInputs, new: ThingInputs, outputs: dict[str, Any]
    ) -> dict[str, Any]:
        cloud.call(f"update {id} {self._where}")
        if new.value == "slow":
            raise Unfinished("it never became ready", id, outputs)
        return outputs

    def delete(self, id: str, outputs: dict[str, Any]) -> None:
        cloud.call(f"delete {id} {self._where}")

    def read(self, id: str) -> dict[str, Any]:
        return {"arn": f"arn:{self._where}"}

    @property
    def _where(self) -> str:
        place = self.context.provider
        return f"at {place['site']}{place['door']}" if place else "nowhere"


class EmptyInputs(Inputs):
    name_prefix: str = Field(default="")


class Bad(Provider[EmptyInputs]):
    token: ClassVar[str] = "fake:index:Bad"
    inputs = EmptyInputs

    def create(self, name: str, inputs: EmptyInputs) -> tuple[str, dict[str, Any]]:
        return "bad", {"when": object()}

    def delete(self, id: str, outputs: dict[str, Any]) -> None:
        pass


def zones(context: Context, args: Mapping[str, Any]) -> dict[str, Any]:
    return {"names": [context.region + letter for letter in args["letters"]]}


REGISTRY = Registry(
    {cls.token: cls for cls in (Thing, Unique, Forgetful, Recorded, Bad, Place, Placed)},
    {"fake:index/zones:zones": zones},
)


class Project:
    """A project directory, deployed again and again into the same cloud."""

    def __init__(self, root: Path) -> None:
        self.directory = root / "project"
        self.state = root / ".sandbox"
        self.cloud = cloud
        self.events: list[Event] = []
        self.context = Context(lambda service: None, "us-east-1", "123456789012")
        self.header = HEADER
        self.directory.mkdir()

    def write(self, program: str, **files: str) -> None:
        (self.directory / "__main__.py").write_text(self.header + dedent(program))
        for name, text in files.items():
            (self.directory / name.replace("__", ".")).write_text(dedent(text))

    def up(self, program: str | None = None, **options: Any) -> Result:
        if program is not None:
            self.write(program)
        return deploy(
            self.directory,
            **{
                "stack": "local",
                "state": self.state,
                "context": self.context,
                "registry": REGISTRY,
                "on_event": self.events.append,
                **options,
            },
        )

    def down(self, **options: Any) -> None:
        destroy(
            self.state,
            context=self.context,
            registry=REGISTRY,
            on_event=self.events.append,
            **options,
        )

    def said(self, kind: str) -> list[str]:
        """Details of the events of a kind."""
        return [event.detail for event in self.events if event.kind == kind]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    cloud.__init__()  # type: ignore[misc]  # a fresh one that the providers know already
    return Project(tmp_path)


Program = Callable[[str], Result]
