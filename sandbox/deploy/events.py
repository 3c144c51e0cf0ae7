"""What a deploy tells its caller: events while it runs, a result, one error."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal[
    "start",
    "created",
    "updated",
    "replaced",
    "unchanged",
    "deleted",
    "failed",
    "log",
    "note",
]
Op = Literal["created", "updated", "replaced", "unchanged", "deleted"]


@dataclass(frozen=True)
class Event:
    """One thing that happened; ``detail`` of ``start`` is create, update, replace or delete."""

    kind: Kind
    urn: str = ""
    type: str = ""
    name: str = ""
    seconds: float = 0.0
    detail: str = ""
    level: str = ""
    """Of a ``log`` event: info, warning or error."""


@dataclass(frozen=True)
class Deployed:
    """One resource of the program and what became of it."""

    urn: str
    type: str
    name: str
    op: Op
    verdict: Literal["real", "recorded"]
    reason: str = ""
    """Why it is recorded only."""


@dataclass(frozen=True)
class Result:
    """What a deploy left behind."""

    outputs: dict[str, Any] = field(default_factory=dict)
    """The program's exports, in clear."""
    secret_outputs: frozenset[str] = frozenset()
    """Names of the exports that must not be printed."""
    resources: list[Deployed] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def counts(self) -> dict[str, int]:
        """How many resources were created, updated, …"""
        return dict(Counter(resource.op for resource in self.resources))


class DeployError(Exception):
    """A deploy that failed, in one message; ``__cause__`` is the original exception."""

    def __init__(self, message: str, *, urn: str = "", type: str = "", name: str = "") -> None:
        super().__init__(message)
        self.urn = urn
        self.type = type
        self.name = name


class Reporter:
    """Hands events to the caller one at a time, from whatever thread they come."""

    def __init__(self, listener: Callable[[Event], None] | None) -> None:
        self._listener = listener
        self._lock = threading.Lock()
        self.last = time.monotonic()
        """When something last happened; the watchdog reads it."""

    def __call__(self, event: Event) -> None:
        """Report one event."""
        with self._lock:
            self.last = time.monotonic()
            if self._listener:
                self._listener(event)


def explain(error: BaseException) -> str:
    """What an exception says, with AWS's own code and message where it has them."""
    response = getattr(error, "response", None)
    if isinstance(response, dict) and "Error" in response:
        problem = response["Error"]
        operation = getattr(error, "operation_name", "")
        code, message = problem.get("Code", "Unknown"), problem.get("Message", "")
        return " ".join(f"{operation}: {code}: {message or 'no message'}".split())
    text = str(error)
    if isinstance(error, KeyError) or not text:
        text = f"{type(error).__name__}: {text}".removesuffix(": ")
    return text.strip()


def lost_connection(error: BaseException | None) -> bool:
    """Whether the embedded cloud did not answer (refused, closed, timed out)."""
    from botocore.exceptions import ConnectionError as Unreachable
    from botocore.exceptions import HTTPClientError

    return isinstance(error, Unreachable | HTTPClientError | ConnectionError)
