"""One request and its response: routed, sent to a target, answered.

Bodies are streamed. A request that met a stale kept-alive connection is repeated once on
a new one, if it is idempotent and its body is still at hand; nothing else is repeated.
"""

import asyncio
import time
from typing import TYPE_CHECKING

from .routing import Answer, Forward, Redirect, Request, failure, first_match
from .targets import Target
from .upstream import Upstream

if TYPE_CHECKING:
    from .frontend import Frontend

CONNECT_SECONDS = 10.0
REPLAY_BYTES = 64 * 1024
"""Largest request body that is kept for a repetition."""
BUFFER_BYTES = 256 * 1024
"""Body bytes accepted while the target is being connected."""
FRESH_SECONDS = 0.5
"""How idle a connection may be for a request that cannot be repeated."""
_IDEMPOTENT = frozenset((b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE", b"TRACE"))


class Exchange:
    """One request and its response."""

    __slots__ = (
        "answered", "body_sent", "buffered", "chunked", "client", "complete_body", "group",
        "handed", "has_body", "head_only", "headers", "http11", "keep_alive", "kept", "method",
        "over", "since", "started", "target", "tries", "upstream", "url",
    )  # fmt: skip

    def __init__(self, client: "Frontend") -> None:
        self.client = client
        self.url = b""
        self.method = b"GET"
        self.headers: list[tuple[bytes, bytes]] = []
        self.http11 = True
        self.keep_alive = True
        self.head_only = False
        self.has_body = self.chunked = False
        self.complete_body = False
        self.body_sent = False
        """Whether the whole request has gone to the target."""
        self.kept: list[bytes] | None = []
        """Body as sent, for a repetition; None once it is too large."""
        self.buffered = 0
        self.started = False
        self.over = False
        self.answered = False
        """Whether a byte of the response has gone to the client."""
        self.group = ""
        """ARN of the target's group."""
        self.handed = 0.0
        """When the target got it."""
        self.target: Target | None = None
        self.upstream: Upstream | None = None
        self.tries = 0
        self.since = time.monotonic()

    def start(self) -> None:
        """Route the request and begin to serve it."""
        self.started = True
        listener = self.client.listener
        action = listener.default
        if listener.rules:
            rule = first_match(listener.rules, self.seen(), listener.match)
            action = rule.action if rule is not None else action
        if isinstance(action, Forward):
            group = action.choose()
            target = group.pick() if group is not None else None
            if target is None or group is None:
                self.answer(failure(503))
                return
            self.group = group.settings.arn
            listener.service.told.chosen(listener.load_balancer, self.group)
            self._send_to(target)
        elif isinstance(action, Redirect):
            listener.service.told.redirected(listener.load_balancer)
            self.answer(action.answer(self.seen()))
        else:
            self.answer(action)

    def seen(self) -> Request:
        """The request as rules see it."""
        path, _, query = self.url.decode("latin-1").partition("?")
        headers: dict[str, str] = {}
        for name, value in self.headers:
            key, text = name.lower().decode("latin-1"), value.decode("latin-1")
            headers[key] = f"{headers[key]}, {text}" if key in headers else text
        return Request(self.method.decode(), path, query, headers)

    def _send_to(self, target: Target) -> None:
        self.target = target
        target.in_flight += 1
        listener = self.client.listener
        listener.active.add(self)
        idle = target.take_idle() if self.method in _IDEMPOTENT else target.take_idle(FRESH_SECONDS)
        if idle is not None:
            self._use(idle)
        else:
            self._connect(target)

    def _connect(self, target: Target) -> None:
        self.client.listener.service.spawn(self._open(target))

    async def _open(self, target: Target) -> None:
        host, port = target.address
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                _, upstream = await loop.create_connection(lambda: Upstream(target), host, port)
        except (TimeoutError, OSError) as error:
            listener = self.client.listener
            listener.service.told.unanswered(listener.load_balancer, self.group)
            self._give_up(504 if isinstance(error, TimeoutError) else 502)
            return
        if self.over:
            upstream.close()
            return
        self._use(upstream)

    def _use(self, upstream: Upstream) -> None:
        self.upstream = upstream
        self.handed = time.monotonic()
        upstream.begin(self)
        head = self.client.listener.request_head(self)
        if self.kept:
            upstream.write(head + b"".join(self.kept))
        else:
            upstream.write(head)
        self.body_sent = self.complete_body
        self.resume_client()

    def body(self, data: bytes) -> None:
        """A piece of the request's body."""
        if self.chunked:
            data = b"%x\r\n%b\r\n" % (len(data), data)
        self._body_bytes(data)

    def end_of_body(self) -> None:
        """The request is complete."""
        if self.chunked:
            self._body_bytes(b"0\r\n\r\n")
        self.complete_body = True
        if not self.started:
            return
        if self.upstream is not None:
            self.body_sent = True
        if self.over:
            self.client.finished(self)

    def _body_bytes(self, data: bytes) -> None:
        if self.over:
            return
        self.since = time.monotonic()
        if self.kept is not None:
            self.kept.append(data)
            self.buffered += len(data)
            if self.upstream is not None and self.buffered > REPLAY_BYTES:
                self.kept = None
        if self.upstream is not None:
            self.upstream.write(data)
        elif self.buffered > BUFFER_BYTES:
            self.pause_client()

    def forward_head(self, head: bytes, body: bytes) -> None:
        """The target's response head, hop-by-hop headers removed, and what came with it."""
        self.answered = True
        listener = self.client.listener
        took = time.monotonic() - self.handed
        listener.service.told.answered(listener.load_balancer, self.group, int(head[9:12]), took)
        added = listener.response_headers
        if added:
            head += added
        if not self.keep_alive:
            head += b"\r\nConnection: close"
        elif not self.http11:
            head += b"\r\nConnection: keep-alive"
        self.client.write(head + b"\r\n\r\n" + body)

    def forward(self, data: bytes) -> None:
        """Body bytes of the response, framed as announced."""
        self.since = time.monotonic()
        self.client.write(data)

    def complete(self) -> None:
        """The response is complete."""
        self._release()
        if self.complete_body:
            self.client.finished(self)
        else:
            self.keep_alive = False  # an answer before the end of the request ends the connection
            self.client.finished(self)

    def broken(self, *, retry: bool) -> None:
        """The target went away in mid-exchange."""
        target = self.target
        repeatable = self.method in _IDEMPOTENT and self.kept is not None and not self.answered
        if retry and repeatable and self.tries == 0 and target is not None:
            self.tries += 1
            self.upstream = None
            self._connect(target)
            return
        self._give_up(502)

    def timed_out(self) -> None:
        """Nothing moved for the load balancer's idle timeout."""
        self._give_up(504)

    def _give_up(self, status: int) -> None:
        if self.over:
            return
        self._release()
        if self.answered:
            self.client.abort()
        else:
            self.keep_alive = self.keep_alive and self.complete_body
            self.answer(failure(status))

    def answer(self, answer: Answer) -> None:
        """Answer without a target."""
        self.over = True
        if answer.own:
            listener = self.client.listener
            listener.service.told.own(listener.load_balancer, answer.status)
        self.keep_alive = self.keep_alive and self.complete_body
        self.client.write(answer.encode(head_only=self.head_only, keep_alive=self.keep_alive))
        self.client.finished(self)

    def client_gone(self) -> None:
        """The client hung up: end the exchange with the target too."""
        if not self.over:
            self._release()

    def _release(self) -> None:
        self.over = True
        self.client.listener.active.discard(self)
        if self.upstream is not None and self.upstream.exchange is self:
            self.upstream.close()
        self.upstream = None
        target, self.target = self.target, None
        if target is not None:
            target.release()

    def pause_client(self) -> None:
        """The target is slower than the client."""
        self.client.pause()

    def resume_client(self) -> None:
        """The target has caught up."""
        self.client.resume()
