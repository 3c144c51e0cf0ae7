"""Target groups at run time: who is registered, how they fare, whose turn it is.

Owned by the balancer's loop; other threads only read single attributes and wait for
``Target.drained``.
"""

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.cloud import addresses

if TYPE_CHECKING:
    from .upstream import Upstream

IDLE_CONNECTIONS = 64
"""Kept-alive connections per target beyond which a finished one is closed."""
IDLE_SECONDS = 30.0
"""A pooled connection older than this is not trusted any more."""


@dataclass(frozen=True)
class GroupSettings:
    """What the API says about a target group."""

    arn: str
    protocol: str
    check_enabled: bool
    check_path: str
    check_port: str
    interval: float
    timeout: float
    healthy_threshold: int
    unhealthy_threshold: int
    codes: str
    deregistration_delay: float
    in_use: bool
    """Whether a listener or rule forwards to the group."""


@dataclass(frozen=True)
class Health:
    """A target's state as DescribeTargetHealth words it."""

    state: str
    reason: str = ""
    description: str = ""


HEALTHY = Health("healthy")
REGISTERING = Health("initial", "Elb.RegistrationInProgress", "Target registration is in progress")
CHECKING = Health("initial", "Elb.InitialHealthChecking", "Initial health checks in progress")
DRAINING = Health(
    "draining", "Target.DeregistrationInProgress", "Target deregistration is in progress"
)
UNUSED = Health(
    "unused",
    "Target.NotInUse",
    "Target group is not configured to receive traffic from the load balancer",
)
UNREGISTERED = Health(
    "unused", "Target.NotRegistered", "Target is not registered to the target group"
)
DISABLED = Health("unavailable", "Target.HealthCheckDisabled", "Health checks are disabled")


@dataclass(eq=False)
class Target:
    """One registered (or draining) address of a group."""

    ip: str
    port: int
    health: Health = REGISTERING
    in_flight: int = 0
    idle: "list[Upstream]" = field(default_factory=list)
    draining_until: float | None = None
    drained: threading.Event = field(default_factory=threading.Event)

    @property
    def address(self) -> tuple[str, int]:
        """What to connect to."""
        return addresses.resolve(self.ip, self.port)

    def take_idle(self, max_age: float = IDLE_SECONDS) -> "Upstream | None":
        """A kept-alive connection that was used less than ``max_age`` seconds ago."""
        now = time.monotonic()
        while self.idle:
            connection = self.idle.pop()
            if now - connection.idle_since < max_age:
                return connection
            connection.close()
        return None

    def give_back(self, connection: "Upstream") -> None:
        """Keep a connection for the next request, if there will be one."""
        if self.draining_until is not None or len(self.idle) >= IDLE_CONNECTIONS:
            connection.close()
            return
        connection.idle_since = time.monotonic()
        self.idle.append(connection)

    def release(self) -> None:
        """A request of this target ended."""
        self.in_flight -= 1
        if self.draining_until is not None and self.in_flight <= 0:
            self.drained.set()

    def drain(self, delay: float) -> None:
        """Stop being chosen; be drained once nothing is in flight or ``delay`` is over."""
        self.health = DRAINING
        self.draining_until = time.monotonic() + delay
        self.drop_idle()
        if self.in_flight <= 0:
            self.drained.set()

    def drop_idle(self) -> None:
        """Close the kept-alive connections."""
        for connection in self.idle:
            connection.close()
        self.idle.clear()


class Group:
    """A target group and its rotation."""

    def __init__(self, settings: GroupSettings) -> None:
        self.settings = settings
        self.targets: dict[tuple[str, int], Target] = {}
        self.draining: list[Target] = []
        self._rotation: list[Target] = []
        self._turn = 0

    def pick(self) -> Target | None:
        """The next target: healthy ones in turn; if all are unhealthy, any (fail open)."""
        rotation = self._rotation
        if not rotation:
            return None
        self._turn += 1
        return rotation[self._turn % len(rotation)]

    def refresh(self) -> None:
        """Rebuild the rotation after a change of membership or health."""
        targets = list(self.targets.values())
        usable = [t for t in targets if t.health.state in ("healthy", "unavailable")]
        self._rotation = usable or [t for t in targets if t.health.state == "unhealthy"]

    def forget_drained(self) -> None:
        """Drop draining targets that are done, or whose time is over."""
        now = time.monotonic()
        for target in self.draining:
            if target.draining_until is not None and now >= target.draining_until:
                target.drained.set()
        self.draining = [t for t in self.draining if not t.drained.is_set()]
