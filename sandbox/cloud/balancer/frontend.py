"""The client's side of a listener: parses requests, one exchange each, in order.

What a client pipelines waits until the response before it is complete.
"""

import asyncio
import time
from typing import TYPE_CHECKING, cast

import httptools

from .exchange import Exchange
from .routing import failure

if TYPE_CHECKING:
    from .listener import Listener


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
        """A client connected."""
        self.transport = cast("asyncio.Transport", transport)
        self.peer = str(transport.get_extra_info("peername")[0]).encode()
        self.listener.clients.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """The client is gone; so is what it waited for."""
        self.transport = None
        self.listener.clients.discard(self)
        if self.current is not None:
            self.current.client_gone()
        self.current = None
        self._backlog.clear()

    def data_received(self, data: bytes) -> None:
        """Bytes of one or several requests."""
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
        """A request begins."""
        self._reading = Exchange(self)

    def on_url(self, url: bytes) -> None:
        """A piece of its target."""
        if self._reading is not None:
            self._reading.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        if self._reading is not None:
            self._reading.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """The head is whole: a request with a body is served from here on."""
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
        """A piece of the body."""
        if self._reading is not None:
            self._reading.body(body)

    def on_message_complete(self) -> None:
        """The request is whole: one without a body is served from here on."""
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
        """The client is slower than the target."""
        upstream = self.current.upstream if self.current is not None else None
        if upstream is not None and upstream.transport is not None:
            upstream.transport.pause_reading()

    def resume_writing(self) -> None:
        """The client has caught up."""
        upstream = self.current.upstream if self.current is not None else None
        if upstream is not None and upstream.transport is not None:
            upstream.transport.resume_reading()
