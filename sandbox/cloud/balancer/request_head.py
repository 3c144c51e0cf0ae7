"""The request head that a target receives: the client's, with the balancer's headers."""

import random
import time
from typing import TYPE_CHECKING

import httptools

if TYPE_CHECKING:
    from .exchange import Exchange

_DROPPED = frozenset(
    (
        b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate", b"te",
        b"trailer", b"upgrade", b"expect", b"host", b"x-forwarded-for", b"x-forwarded-proto",
        b"x-forwarded-port", b"x-amzn-trace-id",
    )
)  # fmt: skip


def trace_id() -> bytes:
    """A new request id as load balancers make them."""
    return b"1-%08x-%024x" % (int(time.time()), random.getrandbits(96))


def head_of(
    exchange: "Exchange",
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
        b"%b %b HTTP/1.1\r\nHost: %b%b\r\nX-Forwarded-Proto: %b\r\n"
        b"X-Forwarded-Port: %d\r\nX-Amzn-Trace-Id: %b\r\n\r\n"
    ) % (
        exchange.method,
        url,
        host,
        b"".join(lines),
        protocol,
        port,
        _traced(trace) if trace else b"Root=" + trace_id(),
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
