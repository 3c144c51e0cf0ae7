"""Whether this process should be sent requests: its dependencies, and whether it is stopping."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

log = logging.getLogger(__name__)

Check = Callable[[], None]
"""Returns when a dependency can be used; raises, with the reason as its text, when not."""


class Cached:
    """A check that is really made at most once in `seconds`; in between, its last outcome holds.

    Load balancers ask each process every few seconds, and each real check may cost something.
    """

    def __init__(
        self, check: Check, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._check = check
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()  # callers at the same time share one real check
        self._until: float | None = None
        self._error: Exception | None = None

    def __call__(self) -> None:
        """Return or raise as the check did."""
        with self._lock:
            if self._until is None or self._clock() >= self._until:
                self._error = None
                try:
                    self._check()
                except Exception as error:  # noqa: BLE001  (whatever it is, it is the outcome)
                    self._error = error
                self._until = self._clock() + self._seconds
            outcome = self._error
        if outcome is not None:
            raise outcome.with_traceback(None)  # which grows each time that it is raised


@dataclass(slots=True)
class Readiness:
    """Whether this process should be sent requests."""

    checks: Mapping[str, Check] = field(default_factory=dict[str, Check])
    """A check for each configured dependency, by its name."""
    draining: bool = False
    """Set by SIGTERM: what is in flight is finished, nothing new should come."""

    def failures(self) -> dict[str, str]:
        """Return the reason for each thing that is not ready; empty when all is well."""
        failures: dict[str, str] = {}
        if self.draining:
            failures["process"] = "draining: it was asked to stop and finishes what it has begun"
        for name, check in self.checks.items():
            try:
                check()
            except Exception as error:  # whatever it is: not ready
                log.warning("%s is not ready", name, exc_info=error)
                failures[name] = str(error) or type(error).__name__
        return failures
