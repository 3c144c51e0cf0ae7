"""The client's side of a listener: parse requests, pair each with a target.

Requests of one connection are answered in order; what a client pipelines waits. Bodies
are streamed. A request that met a stale kept-alive connection is repeated once on a new
one, if it is idempotent and its body is still at hand; nothing else is ever repeated.
"""

import asyncio
import random
import time
from typing import TYPE_CHECKING, cast

import httptools

from .routing import Answer, Forward, Redirect, Request, failure, first_match
from .targets import Target
from .upstream import Upstream

if TYPE_CHECKING:
    from .service import Listener

CONNECT_SECONDS = 10.0
REPLAY_BYTES = 64 * 1024
"""Largest request body that is kept for a repetition."""
BUFFER_BYTES = 256 * 1024
"""Body bytes accepted while the target is being connected."""
FRESH_SECONDS = 0.5
"""How idle a connection may be for a request that cannot be repeated."""
_IDEMPOTENT = frozenset((b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE", b"TRACE"))
_DROPPED = frozenset(
    (
        b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate", b"te",
        b"trailer", b"upgrade", b"expect", b"host", b"x-forwarded-for", b"x-forwarded-proto",
        b"x-forwarded-port", b"x-amzn-trace-id",
    )
)  # fmt: skip


class Exchange:
    """One request and its response."""

    __slots__ = (
        "answered", "body_sent", "buffered", "chunked", "client", "complete_body", "has_body",
        "head_only", "headers", "http11", "keep_alive", "kept", "method", "over", "since",
        "started", "target", "tries", "upstream", "url",
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
            if target is None:
                self.answer(failure(503))
                return
            self._send_to(target)
        elif isinstance(action, Redirect):
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
        except TimeoutError:
            self._give_up(504)
            return
        except OSError:
            self._give_up(502)
            return
        if self.over:
            upstream.close()
            return
        self._use(upstream)

    def _use(self, upstream: Upstream) -> None:
        self.upstream = upstream
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
        added = self.client.listener.response_headers
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
        self.client.pause()

    def resume_client(self) -> None:
        self.client.resume()


class Frontend(asyncio.Protocol):
    """One client connection."""

    __slots__ = (
        "_backlog",
        "_parser",
        "_paused",
        "_reading",
        "current",
        "idle_since",
        "listener",
        "peer",
        "transport",
    )  # fmt: skip

    def __init__(self, listener: "Listener") -> None:
        self.listener = listener
        self.transport: asyncio.Transport | None = None
        self.peer = b"127.0.0.1"
        self.current: Exchange | None = None
        self.idle_since = time.monotonic()
        self._reading: Exchange | None = None
        self._backlog: list[Exchange] = []
        self._parser = httptools.HttpRequestParser(self)
        self._paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.peer = str(transport.get_extra_info("peername")[0]).encode()
        self.listener.clients.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        self.listener.clients.discard(self)
        if self.current is not None:
            self.current.client_gone()
        self.current = None
        self._backlog.clear()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            # The upgrade is declined by serving the request as it is.
            self._parser = httptools.HttpRequestParser(self)
            if rest := data[upgrade.args[0] :]:
                self.data_received(rest)
        except httptools.HttpParserError:
            self._refuse()

    def _refuse(self) -> None:
        if self.current is None:
            self.write(failure(400).encode(head_only=False, keep_alive=False))
        if self.transport is not None:
            self.transport.close()

    # The parser's callbacks, in the order it calls them.

    def on_message_begin(self) -> None:
        self._reading = Exchange(self)

    def on_url(self, url: bytes) -> None:
        if self._reading is not None:
            self._reading.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._reading is not None:
            self._reading.headers.append((name, value))

    def on_headers_complete(self) -> None:
        exchange = self._reading
        if exchange is None:
            return
        parser = self._parser
        exchange.method = parser.get_method()
        exchange.head_only = exchange.method == b"HEAD"
        exchange.http11 = parser.get_http_version() == "1.1"
        exchange.keep_alive = parser.should_keep_alive()
        for name, value in exchange.headers:
            if len(name) == 14 and name.lower() == b"content-length":
                exchange.has_body = value != b"0"
            elif len(name) == 17 and name.lower() == b"transfer-encoding":
                exchange.has_body = exchange.chunked = True
            elif len(name) == 6 and name.lower() == b"expect" and exchange.http11:
                self.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if exchange.has_body:
            self._begin(exchange)

    def on_body(self, body: bytes) -> None:
        if self._reading is not None:
            self._reading.body(body)

    def on_message_complete(self) -> None:
        exchange, self._reading = self._reading, None
        if exchange is None:
            return
        if exchange.has_body:
            exchange.end_of_body()
        else:
            exchange.complete_body = True
            self._begin(exchange)

    def _begin(self, exchange: Exchange) -> None:
        if self.current is None:
            self.current = exchange
            exchange.start()
        else:
            self._backlog.append(exchange)
            self.pause()

    def finished(self, exchange: Exchange) -> None:
        """The response of ``exchange`` is on its way; turn to the next request."""
        if self.current is not exchange:
            return
        self.current = None
        self.idle_since = time.monotonic()
        if not exchange.keep_alive or self.listener.closing:
            if self.transport is not None:
                self.transport.close()
        elif self._backlog:
            following = self._backlog.pop(0)
            self.current = following
            following.start()
        elif self._paused:
            self.resume()

    def write(self, data: bytes) -> None:
        """Send bytes to the client, if it is still there."""
        if self.transport is not None:
            self.transport.write(data)

    def abort(self) -> None:
        """Cut the connection: a response that broke off must not look complete."""
        if self.transport is not None:
            self.transport.abort()

    def pause(self) -> None:
        """Take no more from the client for now."""
        if self.transport is not None and not self._paused:
            self._paused = True
            self.transport.pause_reading()

    def resume(self) -> None:
        """Listen to the client again, unless pipelined requests still wait."""
        if self.transport is not None and self._paused and not self._backlog:
            self._paused = False
            self.transport.resume_reading()

    def pause_writing(self) -> None:
        upstream = self.current.upstream if self.current is not None else None
        if upstream is not None and upstream.transport is not None:
            upstream.transport.pause_reading()

    def resume_writing(self) -> None:
        upstream = self.current.upstream if self.current is not None else None
        if upstream is not None and upstream.transport is not None:
            upstream.transport.resume_reading()


def trace_id() -> bytes:
    """A new request id as load balancers make them."""
    return b"1-%08x-%024x" % (int(time.time()), random.getrandbits(96))


def head_of(
    exchange: Exchange,
    *,
    protocol: bytes,
    port: int,
    xff_mode: str,
    keep_host: bool,
) -> bytes:
    """The request head that a target receives: the client's, with the balancer's headers."""
    host = forwarded = trace = b""
    named: frozenset[bytes] = frozenset()
    lines = []
    for name, value in exchange.headers:
        low = name.lower()
        if low not in _DROPPED:
            lines.append(b"\r\n%b: %b" % (name, value))
        elif low == b"host":
            host = value
        elif low == b"x-forwarded-for":
            forwarded = value if not forwarded else b"%b, %b" % (forwarded, value)
        elif low == b"x-amzn-trace-id":
            trace = value
        elif low == b"connection" and value.lower() not in (b"keep-alive", b"close"):
            named = frozenset(item.strip().lower() for item in value.split(b","))
    if named:
        lines = [line for line in lines if line[2:].partition(b":")[0].lower() not in named]
    if not keep_host:
        host = _target_host(host, port)
    peer = exchange.client.peer
    if xff_mode == "append":
        forwarded = b"%b, %b" % (forwarded, peer) if forwarded else peer
    elif xff_mode == "remove":
        forwarded = b""
    if forwarded:
        lines.append(b"\r\nX-Forwarded-For: " + forwarded)
    url = exchange.url
    if not url.startswith((b"/", b"*")):
        parsed = httptools.parse_url(url)
        url = (parsed.path or b"/") + (b"?" + parsed.query if parsed.query else b"")
    return (
        b"%b %b HTTP/1.1\r\nHost: %b%b\r\nX-Forwarded-Proto: %b\r\nX-Forwarded-Port: %d\r\nX-Amzn-Trace-Id: %b\r\n\r\n"
        % (
            exchange.method,
            url,
            host,
            b"".join(lines),
            protocol,
            port,
            _traced(trace) if trace else b"Root=" + trace_id(),
        )
    )


def _target_host(host: bytes, port: int) -> bytes:
    """Host as a target sees it: no port on 80 and 443, else the listener's port."""
    name, colon, given = host.rpartition(b":")
    if not (colon and given.isdigit()):
        name = host
    return name if port in (80, 443) else b"%b:%d" % (name, port)


def _traced(given: bytes) -> bytes:
    """A trace header that a client sent, with this hop's Self (or Root) added."""
    fields = [item.strip() for item in given.split(b";") if item.strip()]
    new = b"Self=" + trace_id()
    if any(item.startswith(b"Self=") for item in fields):
        fields = [new if item.startswith(b"Self=") else item for item in fields]
    elif any(item.startswith(b"Root=") for item in fields):
        fields.insert(0, new)
    else:
        fields.insert(0, b"Root=" + trace_id())
    return b";".join(fields)
