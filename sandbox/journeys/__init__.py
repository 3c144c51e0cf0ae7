"""Journeys drive every entry point of the deployed program as a user would.

A journey yields lines of evidence, what came back in so many words, and raises
`JourneyFailed` when that is not what a user must get. One that cannot run says why.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import requests

TIMEOUT_SECONDS = 30
"""Longest wait for the answer to one request; most take milliseconds, a first one after a
deploy some seconds where processes and journeys share two slow cores."""
PATIENCE_SECONDS = 90.0
"""Longest wait for something to arrive by itself; most things take about a second. An order whose
function had to be tried again, on a machine that is busy with everything else, takes a minute."""


class JourneyFailed(Exception):  # noqa: N818 - it reads as what happened
    """What a user asked for did not happen; the text says what came back instead."""


class JourneySkipped(Exception):  # noqa: N818 - it reads as what happened
    """The journey cannot be made in this sandbox; the text says why."""


@dataclass(frozen=True)
class Visit:
    """What a journey may use: the program's exports, HTTP, and AWS clients."""

    outputs: Mapping[str, Any]
    client: Callable[[str], Any]
    http: requests.Session = field(default_factory=requests.Session)
    patience: float = PATIENCE_SECONDS
    """Seconds to wait for what arrives by itself."""

    def get(self, url: str, **options: Any) -> requests.Response:
        """GET with a time-out; no redirect is followed unseen."""
        return self.request("GET", url, **options)

    def post(self, url: str, **options: Any) -> requests.Response:
        """POST with a time-out."""
        return self.request("POST", url, **options)

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        """Any request; a connection that fails is a failed journey."""
        try:
            return self.http.request(
                method, url, timeout=TIMEOUT_SECONDS, allow_redirects=False, **options
            )
        except requests.RequestException as error:
            raise JourneyFailed(f"{method} {url} got no answer: {error}") from None


Drive = Callable[[Visit], Iterator[str]]


@dataclass(frozen=True)
class Journey:
    """One way through the deployed program."""

    title: str
    needs: tuple[str, ...]
    """Exports without which the journey cannot run."""
    unless: str | None
    """An export that makes the journey pointless."""
    drive: Drive

    def is_pointless(self, outputs: Mapping[str, Any]) -> bool:
        """Whether it is about the lack of something that this stack has."""
        return self.unless is not None and outputs.get(self.unless) is not None

    @property
    def module(self) -> str:
        """Journeys of one module are taken one after the other, modules side by side."""
        return self.drive.__module__


@dataclass(frozen=True)
class Report:
    """How a journey went."""

    title: str
    verdict: Literal["passed", "failed", "skipped"]
    evidence: tuple[str, ...]
    """What was seen; of a failed or skipped journey the last line is the reason."""


_JOURNEYS: list[Journey] = []


def journey(
    title: str, *, needs: tuple[str, ...], unless: str | None = None
) -> Callable[[Drive], Drive]:
    """Register a generator of evidence as a journey."""

    def register(drive: Drive) -> Drive:
        _JOURNEYS.append(Journey(title, needs, unless, drive))
        return drive

    return register


def every_journey() -> list[Journey]:
    """All journeys, in the order of the modules' names and of the lines in them."""
    for module in sorted(item.name for item in pkgutil.iter_modules(__path__)):
        importlib.import_module(f"{__name__}.{module}")
    return list(_JOURNEYS)


def take(one: Journey, visit: Visit) -> Report:
    """Drive one journey to its end and say how it went."""
    if missing := [name for name in one.needs if visit.outputs.get(name) is None]:
        return Report(one.title, "skipped", (f"this stack exports no {', '.join(missing)}",))
    if one.is_pointless(visit.outputs):
        return Report(one.title, "skipped", (f"this stack exports {one.unless}",))
    evidence: list[str] = []
    try:
        for line in one.drive(visit):
            evidence.append(line)  # noqa: PERF402 - what came before a failure is kept
    except JourneySkipped as reason:
        return Report(one.title, "skipped", (*evidence, str(reason)))
    except JourneyFailed as failure:
        return Report(one.title, "failed", (*evidence, str(failure)))
    except Exception as error:  # noqa: BLE001 - any error in a journey is its verdict
        return Report(one.title, "failed", (*evidence, f"{type(error).__name__}: {error}"))
    return Report(one.title, "passed", tuple(evidence))


def expect(met: bool, otherwise: str) -> None:
    """Go on when `met`, else fail the journey with what came back."""
    if not met:
        raise JourneyFailed(otherwise)
