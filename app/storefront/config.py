"""The storefront's configuration: environment variables, checked all at once at the start."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass

LOG_LEVELS = ("debug", "info", "warning", "error")

# Fargate kills a task 120 s after it was asked to stop, at the latest; the rest is for exiting.
MAX_DRAIN_SECONDS = 115

_TABLE = re.compile(r"[A-Za-z0-9_.-]{3,255}")
_WORKFLOW = re.compile(
    r"arn:aws[a-z-]*:states:[a-z0-9-]+:[0-9]{12}:stateMachine:[A-Za-z0-9_-]{1,80}"
    r"(:[A-Za-z0-9_.-]{1,80})?"
)


class ConfigError(ValueError):
    """The environment has values that the storefront cannot start with; names each of them."""


@dataclass(frozen=True)
class Settings:
    """Checked settings. An empty variable counts as unset."""

    host: str = "0.0.0.0"  # noqa: S104  (inside a container; its security group decides)
    """HOST: the IP address to listen on, or `localhost`."""
    port: int = 5000
    """PORT: 1 to 65535."""
    version: str = "1.0"
    """APP_VERSION: what `/` and the page show; 1 to 64 visible characters."""
    log_level: str = "info"
    """LOG_LEVEL: debug, info, warning or error. Health checks are logged at debug."""
    workers: int = 1
    """WEB_CONCURRENCY: processes, 1 to 32; one is right for less than two CPUs."""
    threads: int = 8
    """THREADS: threads a process, 1 to 128."""
    drain_seconds: int = 25
    """DRAIN_SECONDS: how long requests in flight may take after SIGTERM, 1 to 115. Keep it
    under the time after which the platform kills the task (30 s on ECS unless set)."""
    orders_table: str = ""
    """ORDERS_TABLE: the name of the DynamoDB table of orders, with the string key `id`. Together
    with the next one, or neither: then no orders are taken."""
    order_workflow_arn: str = ""
    """ORDER_WORKFLOW_ARN: the state machine that an order goes through, best by its alias. Table
    and workflow are in the region that this names."""

    @property
    def bind(self) -> str:
        """The address as gunicorn takes it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Read the variables named at each field; ConfigError lists every one that is wrong."""
        reader = _Reader(env)
        settings = cls(
            host=reader.address("HOST", cls.host),
            port=reader.number("PORT", cls.port, 1, 65535),
            version=reader.text("APP_VERSION", cls.version, max_length=64),
            log_level=reader.choice("LOG_LEVEL", cls.log_level, LOG_LEVELS),
            workers=reader.number("WEB_CONCURRENCY", cls.workers, 1, 32),
            threads=reader.number("THREADS", cls.threads, 1, 128),
            drain_seconds=reader.number("DRAIN_SECONDS", cls.drain_seconds, 1, MAX_DRAIN_SECONDS),
            orders_table=reader.matching(
                "ORDERS_TABLE", _TABLE, "a table's name: 3 to 255 letters, digits or _ . -"
            ),
            order_workflow_arn=reader.matching(
                "ORDER_WORKFLOW_ARN",
                _WORKFLOW,
                "the ARN of a state machine or of its alias, such as "
                "arn:aws:states:eu-west-1:123456789012:stateMachine:orders:live",
            ),
        )
        reader.together("ORDERS_TABLE", "ORDER_WORKFLOW_ARN")
        if reader.problems:
            raise ConfigError("\n".join(reader.problems))
        return settings


class _Reader:
    """Reads variables and collects what is wrong with them."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self.problems: list[str] = []

    def number(self, name: str, default: int, low: int, high: int) -> int:
        value = self._env.get(name)
        if not value:
            return default
        if re.fullmatch(r"[0-9]{1,9}", value) and low <= int(value) <= high:
            return int(value)
        self._reject(name, value, f"a whole number from {low} to {high}", f"{default}")
        return default

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        value = self._env.get(name)
        if not value:
            return default
        if value.lower() in allowed:
            return value.lower()
        self._reject(name, value, " or ".join(allowed), default)
        return default

    def text(self, name: str, default: str, max_length: int) -> str:
        value = self._env.get(name)
        if not value:
            return default
        if value.isprintable() and value.strip() and len(value) <= max_length:
            return value
        self._reject(name, value, f"1 to {max_length} visible characters", default)
        return default

    def address(self, name: str, default: str) -> str:
        value = self._env.get(name)
        if not value:
            return default
        if value != "localhost":
            try:
                ipaddress.ip_address(value)
            except ValueError:
                self._reject(name, value, "an IP address, or localhost", default)
                return default
        return value

    def matching(self, name: str, pattern: re.Pattern[str], allowed: str) -> str:
        value = self._env.get(name, "")
        if value and not pattern.fullmatch(value):
            self._reject(name, value, allowed, None)
        return value

    def together(self, one: str, other: str) -> None:
        for given, missing in ((one, other), (other, one)):
            if self._env.get(given) and not self._env.get(missing):
                self.problems.append(
                    f"storefront: {given} is set and {missing} is not. Taking orders needs both: "
                    f"set {missing} too, or unset {given} to take no orders."
                )

    def _reject(self, name: str, value: str, allowed: str, default: str | None) -> None:
        fallback = f" for the default, {default}" if default else ""
        self.problems.append(
            f"storefront: {name}={value!r} is not valid. Allowed: {allowed}. "
            f"Correct the environment variable, or unset it{fallback}."
        )
