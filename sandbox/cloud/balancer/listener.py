"""A listening socket of a load balancer."""

import asyncio
import functools
from typing import TYPE_CHECKING

from .exchange import Exchange
from .frontend import Frontend
from .request_head import head_of
from .routing import Answer, Forward, Matcher, Redirect, Rule, failure

if TYPE_CHECKING:
    from .service import Balancer


class Listener:
    """One listening socket and what it does with a request."""

    def __init__(self, service: "Balancer", port: int) -> None:
        self.service, self.port, self.load_balancer = service, port, ""
        self.clients: set[Frontend] = set()
        self.active: set[Exchange] = set()
        self.rules: list[Rule] = []
        """Rules with conditions; the default action stands apart."""
        self.default: Forward | Redirect | Answer = failure(503)
        self.match: Matcher = service.match
        self.response_headers = b""
        self.idle_timeout = 60.0
        self.closing = False
        self.server: asyncio.Server | None = None
        self.domains: tuple[str, ...] = ()
        self.request_head = functools.partial(
            head_of, protocol=b"http", port=80, xff_mode="append", keep_host=False
        )

    def close(self) -> None:
        """Stop listening; connections end after their current response."""
        self.closing = True
        if self.server is not None:
            self.server.close()
        for client in list(self.clients):
            if client.current is None and client.transport is not None:
                client.transport.close()
