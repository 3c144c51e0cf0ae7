"""Whether this process should be sent requests: its dependencies, and whether it is stopping."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

log = logging.getLogger(__name__)

Check = Callable[[], None]
"""Returns when a dependency can be used; raises, with the reason as its text, when not."""


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
