"""Sockets on loopback, and the loop that serves them."""

import asyncio
import contextlib
import socket


def new_loop() -> asyncio.AbstractEventLoop:
    """uvloop's, where there is one."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def bind(port: int) -> socket.socket:
    """A socket on the port, not yet listening; 0 takes any.

    Raises:
        OSError: somebody has it.
    """
    sock = socket.socket()
    # Lets a port be taken again right after its last owner closed it.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(("127.0.0.1", port))
    except OSError:
        sock.close()
        raise
    return sock


async def bind_soon(port: int) -> socket.socket:
    """Bind a port whose last server is being closed by the loop."""
    for _ in range(100):
        with contextlib.suppress(OSError):
            return bind(port)
        await asyncio.sleep(0.01)
    return bind(port)
