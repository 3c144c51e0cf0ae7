"""One connection to a target: sends a request, carries the response to the client.

Response bytes pass through as they are; only the head is looked at, for framing and for
the headers that belong to one hop. Everything here is on the hot path.
"""

import asyncio
import re
from typing import TYPE_CHECKING, cast

import httptools

if TYPE_CHECKING:
    from .exchange import Exchange
    from .targets import Target

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r]*chunked", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection:[^\r]*close", re.IGNORECASE)
_HOP = re.compile(rb"\r\n(?:connection|keep-alive|proxy-connection):[^\r]*", re.IGNORECASE)
_ENCODED = re.compile(rb"\r\ntransfer-encoding:[^\r]*", re.IGNORECASE)
MAX_HEAD = 64 * 1024

_HEAD, _COUNTED, _CHUNKS, _UNTIL_CLOSE = range(4)


class Upstream(asyncio.Protocol):
    """A connection to ``target``, used by one exchange at a time."""

    __slots__ = (
        "_chunks", "_head", "_left", "_mode", "_reusable", "exchange", "idle_since", "received",
        "reused", "target", "transport",
    )  # fmt: skip

    def __init__(self, target: "Target") -> None:
        self.target = target
        self.transport: asyncio.Transport | None = None
        self.exchange: Exchange | None = None
        self.idle_since = 0.0
        self.reused = False
        self.received = False
        """Whether any byte of the current response has come."""
        self._head = b""
        self._mode = _HEAD
        self._left = 0
        self._reusable = False
        self._chunks: _Chunks | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The target accepted."""
        self.transport = cast("asyncio.Transport", transport)

    def begin(self, exchange: "Exchange") -> None:
        """Serve ``exchange`` next."""
        self.exchange = exchange
        self.received = False
        self._mode = _HEAD
        self._head = b""

    def write(self, data: bytes) -> None:
        """Send request bytes."""
        if self.transport is not None:
            self.transport.write(data)

    def close(self) -> None:
        """Close it, whatever it is doing."""
        self.exchange = None
        if self.transport is not None:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        """Response bytes."""
        exchange = self.exchange
        if exchange is None:
            self.close()  # bytes that nobody asked for
            return
        self.received = True
        mode = self._mode
        if mode == _HEAD:
            self._on_head(exchange, self._head + data if self._head else data)
        elif mode == _COUNTED:
            self._left -= len(data)
            exchange.forward(data)
            if self._left <= 0:
                self._finish(exchange)
        else:
            self._on_stream(exchange, data)

    def _on_head(self, exchange: "Exchange", data: bytes) -> None:
        end = data.find(b"\r\n\r\n")
        if end < 0:
            self._head = data
            if len(data) > MAX_HEAD:
                self._fail(exchange)
            return
        head, body = data[:end], data[end + 4 :]
        if not head.startswith(b"HTTP/1.") or not head[9:12].isdigit():
            self._fail(exchange)
            return
        status = int(head[9:12])
        if 100 <= status < 200:
            self._head = b""
            if status == 101:
                self._fail(exchange)
            elif body:
                self._on_head(exchange, body)
            return
        self._reusable = head.startswith(b"HTTP/1.1") and not _CLOSE.search(head)
        length = _LENGTH.search(head)
        cleaned = b"HTTP/1.1" + _HOP.sub(b"", head[8:])
        if exchange.head_only or status in (204, 304):
            exchange.forward_head(cleaned, b"")
            self._finish(exchange)
        elif _CHUNKED.search(head):
            self._begin_stream(exchange, cleaned, body, _Chunks(exchange))
        elif length:
            self._left = int(length[1]) - len(body)
            self._mode = _COUNTED
            exchange.forward_head(cleaned, body)
            if self._left <= 0:
                self._finish(exchange)
        else:
            self._reusable = False
            self._begin_stream(exchange, cleaned, body, None)

    def _begin_stream(
        self, exchange: "Exchange", head: bytes, body: bytes, chunks: "_Chunks | None"
    ) -> None:
        self._chunks = chunks
        self._mode = _UNTIL_CLOSE if chunks is None else _CHUNKS
        if exchange.http11 and chunks is None:
            head += b"\r\nTransfer-Encoding: chunked"
        elif not exchange.http11:
            head = _ENCODED.sub(b"", head)
            exchange.keep_alive = False
        exchange.forward_head(head, b"")
        if body:
            self._on_stream(exchange, body)

    def _on_stream(self, exchange: "Exchange", data: bytes) -> None:
        chunks = self._chunks
        if chunks is None:
            exchange.forward(b"%x\r\n%b\r\n" % (len(data), data) if exchange.http11 else data)
            return
        if exchange.http11:
            exchange.forward(data)
        try:
            chunks.feed(data)
        except httptools.HttpParserError:
            self._fail(exchange)
            return
        if chunks.over:
            self._finish(exchange)

    def _finish(self, exchange: "Exchange") -> None:
        reusable = self._reusable and self._left <= 0 and exchange.body_sent
        self.exchange = None
        if reusable and self.transport is not None and not self.transport.is_closing():
            self.reused = True
            self.target.give_back(self)
        else:
            self.close()
        exchange.complete()

    def _fail(self, exchange: "Exchange") -> None:
        self.close()
        exchange.broken(retry=False)

    def connection_lost(self, exc: Exception | None) -> None:
        """The target hung up: the end of a response, or of an exchange."""
        exchange, self.exchange = self.exchange, None
        if exchange is None:
            if self in self.target.idle:
                self.target.idle.remove(self)
            return
        if self._mode == _UNTIL_CLOSE and exc is None:
            if exchange.http11:
                exchange.forward(b"0\r\n\r\n")
            exchange.complete()
            return
        exchange.broken(retry=self.reused and not self.received)

    def pause_writing(self) -> None:
        """The target is slower than the client."""
        if self.exchange is not None:
            self.exchange.pause_client()

    def resume_writing(self) -> None:
        """The target has caught up."""
        if self.exchange is not None:
            self.exchange.resume_client()


class _Chunks:
    """Finds the end of a chunked body; hands out the plain bytes to an HTTP/1.0 client."""

    def __init__(self, exchange: "Exchange") -> None:
        self.over = False
        self._exchange = exchange
        self._parser = httptools.HttpResponseParser(self)
        self._parser.feed_data(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")

    def feed(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        if not self._exchange.http11:
            self._exchange.forward(body)

    def on_message_complete(self) -> None:
        self.over = True
