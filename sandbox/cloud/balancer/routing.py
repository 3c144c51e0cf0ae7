"""Where a request of a listener goes: rules, and the answers a balancer gives itself."""

import html
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from .targets import Group

Condition = Mapping[str, Any]
Matcher = Callable[[Condition, str, str, dict[str, str], dict[str, list[str]]], bool]


@dataclass(frozen=True)
class Answer:
    """A response without a target."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    own: bool = False
    """Whether it is the load balancer's own error, and nothing that it was told to say."""

    def encode(self, *, head_only: bool, keep_alive: bool) -> bytes:
        """The bytes on the wire."""
        try:
            phrase = HTTPStatus(self.status).phrase
        except ValueError:
            phrase = "Unknown"
        lines = [
            f"HTTP/1.1 {self.status} {phrase}",
            "Server: awselb/2.0",
            f"Date: {formatdate(usegmt=True)}",
            *(f"{name}: {value}" for name, value in self.headers),
            f"Content-Length: {len(self.body)}",
            f"Connection: {'keep-alive' if keep_alive else 'close'}",
        ]
        head = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n"
        return head if head_only else head + self.body


def failure(status: int) -> Answer:
    """The page that a load balancer shows for its own errors."""
    title = f"{status} {HTTPStatus(status).phrase}"
    page = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{html.escape(title)}</h1></center>\r\n</body>\r\n</html>\r\n"
    )
    return Answer(status, (("Content-Type", "text/html"),), page.encode(), own=True)


@dataclass(frozen=True)
class Request:
    """What rules look at."""

    method: str
    path: str
    query: str
    headers: dict[str, str]


@dataclass(frozen=True)
class Rule:
    """One listener rule, its action already looked up."""

    conditions: Sequence[Condition]
    action: "Forward | Redirect | Answer"


@dataclass(frozen=True)
class Forward:
    """Hand the request to one of the groups, by weight."""

    groups: tuple[tuple[Group, int], ...]

    def choose(self) -> Group | None:
        """One group; None if every weight is 0."""
        if len(self.groups) == 1:
            return self.groups[0][0]
        weights = [weight for _, weight in self.groups]
        if not any(weights):
            return None
        return random.choices([group for group, _ in self.groups], weights)[0]  # noqa: S311


@dataclass(frozen=True)
class Redirect:
    """Send the client elsewhere; ``#{…}`` placeholders as in the API."""

    config: Mapping[str, str]
    protocol: str
    port: int
    loopback_ports: Mapping[int, int]
    """Ports of the balancer's listeners -> where they listen on this machine."""

    def answer(self, request: Request) -> Answer:
        """The redirect of ``request``.

        A target port that is a listener of the same load balancer is written as the
        loopback port of that listener, or the address would lead nowhere.
        """
        host = request.headers.get("host", "localhost")
        name = host.rpartition(":")[0] or host
        known = {
            "#{protocol}": self.protocol.lower(),
            "#{host}": name,
            "#{port}": str(self.port),
            "#{path}": request.path.lstrip("/"),
            "#{query}": request.query,
        }

        def fill(key: str, default: str) -> str:
            text = self.config.get(key) or default
            for mark, value in known.items():
                text = text.replace(mark, value)
            return text

        port = fill("Port", "#{port}")
        port = str(self.loopback_ports.get(int(port), port)) if port.isdigit() else port
        query = fill("Query", "#{query}")
        place = (
            f"{fill('Protocol', '#{protocol}').lower()}://{fill('Host', '#{host}')}:{port}"
            f"{fill('Path', '/#{path}')}" + (f"?{query}" if query else "")
        )
        status = int(str(self.config.get("StatusCode", "HTTP_301")).removeprefix("HTTP_"))
        return Answer(status, (("Location", place), ("Content-Type", "text/html")))


def first_match(rules: Sequence[Rule], request: Request, match: Matcher) -> Rule | None:
    """The rule that serves ``request``; ``rules`` are in order of priority."""
    query = parse_qs(request.query, keep_blank_values=True)
    for rule in rules:
        if all(
            match(condition, request.method, request.path, request.headers, query)
            for condition in rule.conditions
        ):
            return rule
    return None
