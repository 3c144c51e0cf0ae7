"""What the linter says: problems, and the report that collects and orders them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import nearest

Steps = tuple[str | int, ...]
"""The way to a value in a JSON document: keys and indices."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, or that is probably not meant."""

    state: str
    """Where: ``""`` is the machine itself, ``Fan/branch 1/Inner`` a state in the first branch of
    the Parallel state ``Fan``, ``Each/Inner`` one in the item processor of the Map ``Each``."""
    field: str
    """The field as a reader would look for it: ``Retry[0].IntervalSeconds``."""
    message: str
    """What is wrong, what is allowed, and the next step."""
    warning: bool = False
    """AWS would take it; it rarely does what was meant."""

    def __str__(self) -> str:
        where = f"state {self.state!r}" if self.state else "machine"
        return (
            f"{where}, {self.field}: {self.message}" if self.field else f"{where}: {self.message}"
        )


@dataclass(frozen=True)
class Place:
    """A state, or the machine, as problems refer to it."""

    name: str = ""
    location: Steps = ()


@dataclass
class Report:
    """Collects problems in any order and gives them in the order of the document."""

    document: Any
    found: dict[Problem, tuple[int, ...]] = field(default_factory=dict)
    _order: dict[int, Mapping[str, int]] = field(default_factory=dict)

    def error(self, place: Place, steps: Steps, message: str) -> None:
        """Something that AWS refuses, or that cannot work."""
        self._add(place, steps, message, warning=False)

    def warn(self, place: Place, steps: Steps, message: str) -> None:
        """Something that is probably not meant."""
        self._add(place, steps, message, warning=True)

    def problems(self) -> list[Problem]:
        """Each once; those of one value in the order in which the checks ran."""
        return [problem for problem, _ in sorted(self.found.items(), key=lambda item: item[1])]

    def _add(self, place: Place, steps: Steps, message: str, *, warning: bool) -> None:
        problem = Problem(place.name, field_name(steps), message, warning)
        self.found[problem] = self._position(place.location + steps)

    def _position(self, steps: Steps) -> tuple[int, ...]:
        value, position = self.document, []
        for step in steps:
            if isinstance(value, dict) and step in value:
                if id(value) not in self._order:
                    self._order[id(value)] = {key: index for index, key in enumerate(value)}
                position.append(self._order[id(value)][str(step)])
                value = value[step]
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                position.append(step)
                value = value[step]
            else:  # something that is missing comes before what is there
                position.append(-1)
                break
        return tuple(position)


def field_name(steps: Sequence[str | int]) -> str:
    """``Retry[0].IntervalSeconds`` for ``("Retry", 0, "IntervalSeconds")``."""
    text = ""
    for step in steps:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def a(noun: str) -> str:
    """``a branch``, ``an item processor``."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def suggestion(given: str, valid: Sequence[str] | Mapping[str, Any]) -> str:
    """``Did you mean 'x'?``, or what there is."""
    close = nearest(given, valid)
    return f"Did you mean {close!r}?" if close else f"There is {', '.join(sorted(valid))}."
