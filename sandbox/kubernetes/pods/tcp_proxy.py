"""Ports of 127.0.0.1 that hand each connection to one of several pods, in turn."""

import asyncio
import contextlib
import logging
import socket
import ssl
import threading
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...cloud.balancer import certificates
from . import engine as pod_engine

FIRST_PORT = 8180
"""Load balancers of Kubernetes prefer ports from here upwards; ECS's begin at 8080."""
ATTEMPTS = 1000
CONNECT_SECONDS = 10
CALL_SECONDS = 60
_CHUNK = 65536
_log = logging.getLogger("sandbox.kubernetes")


@dataclass(frozen=True)
class Place:
    """One pod's port."""

    uid: str
    port: int


class Proxies:
    """A thread with an event loop that serves all ports of one cluster."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._loop = asyncio.new_event_loop()
        self._open: set[Proxy] = set()
        self._thread = threading.Thread(
            target=self._loop.run_forever, daemon=True, name="sandbox-service-ports"
        )

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Close every port and break every connection; a second time does nothing."""
        if self._loop.is_closed():
            return

        async def end() -> None:
            for proxy in list(self._open):
                proxy.shut()
            mine = asyncio.current_task()
            others = [task for task in asyncio.all_tasks() if task is not mine]
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            await asyncio.sleep(0)  # transports close in the loop's next turn

        self.call(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CALL_SECONDS)
        self._loop.close()

    def open(self, preferred: int, domains: tuple[str, ...] | None) -> "Proxy":
        """Listen, on the ``preferred`` port if it is free; with TLS for ``domains`` if given."""
        context = None
        if domains is not None:
            context = certificates.server_context(domains, self._state / "tmp")
        proxy = Proxy(self, _bind(preferred), domains, context)

        async def serve() -> None:
            proxy.listen(self._loop)
            self._open.add(proxy)

        self.call(serve())
        return proxy

    def forget(self, proxy: "Proxy") -> None:
        """The proxy has closed."""
        self._open.discard(proxy)

    def call(self, work: Coroutine[Any, Any, None]) -> None:
        """Run ``work`` in the loop and wait for its end."""
        asyncio.run_coroutine_threadsafe(work, self._loop).result(CALL_SECONDS)


class Proxy:
    """One port.

    It accepts by itself: a connection that ``asyncio.Server`` accepts in the moment in which it
    is closed is neither served nor closed, and its client waits for ever.
    """

    def __init__(
        self,
        owner: Proxies,
        sock: socket.socket,
        domains: tuple[str, ...] | None,
        context: ssl.SSLContext | None,
    ) -> None:
        self.domains = domains
        self.name = ""
        """Of the Service's port, which may change while the proxy lives."""
        self.places: Sequence[Place] = ()
        """Where new connections go; replaced as a whole, from any thread."""
        self.port = int(sock.getsockname()[1])
        self._owner, self._sock, self._context = owner, sock, context
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = 0

    def listen(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin, from the loop."""
        self._loop = loop
        loop.add_reader(self._sock, self._accept)

    def close(self) -> None:
        """Take no new connection; established ones go on. From any thread but the loop's."""

        async def shut() -> None:
            self.shut()

        self._owner.call(shut())

    def shut(self) -> None:
        """The same, from the loop."""
        if self._loop is not None:
            self._loop.remove_reader(self._sock)
        self._sock.close()
        self._owner.forget(self)

    def _accept(self) -> None:
        assert self._loop is not None
        try:
            client, _ = self._sock.accept()
        except OSError:  # it gave up meanwhile
            return
        client.setblocking(False)
        task = self._loop.create_task(self._carry(client))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, client: socket.socket) -> None:
        """One client's connection, to the end."""
        loop = asyncio.get_running_loop()
        writers: list[asyncio.StreamWriter] = []
        try:
            places = self.places
            if not places:
                client.close()
                return
            reader = asyncio.StreamReader()
            protocol = asyncio.StreamReaderProtocol(reader)
            transport, _ = await loop.connect_accepted_socket(
                lambda: protocol, client, ssl=self._context
            )
            writers.append(asyncio.StreamWriter(transport, protocol, reader, loop))
            self._turn += 1
            place = places[self._turn % len(places)]
            async with asyncio.timeout(CONNECT_SECONDS):
                there, writer = await asyncio.open_connection(
                    *pod_engine.where(place.uid, place.port)
                )
            writers.append(writer)
            async with asyncio.TaskGroup() as group:
                group.create_task(_pump(reader, writers[1]))
                group.create_task(_pump(there, writers[0]))
        except (OSError, TimeoutError, ExceptionGroup) as error:
            _log.debug("a connection to port %d ended: %s", self.port, error)
        finally:
            for writer in writers:
                writer.close()
            for writer in writers:
                with contextlib.suppress(OSError):
                    await writer.wait_closed()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy until the reader's side has said all, and pass that on."""
    while data := await reader.read(_CHUNK):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
    else:
        writer.close()  # TLS knows no half-closed connection


def _bind(preferred: int) -> socket.socket:
    """A listening address: the wanted port, else the first free one from FIRST_PORT."""
    wanted = [preferred] if preferred else []
    for port in [*wanted, *range(FIRST_PORT, FIRST_PORT + ATTEMPTS)]:
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(("127.0.0.1", port))
            sock.listen(1024)
            sock.setblocking(False)
        except OSError:
            sock.close()
            continue
        return sock
    raise OSError(f"no free port from {FIRST_PORT} on 127.0.0.1")
