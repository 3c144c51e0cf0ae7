"""A way from containers to the gateway, which listens on loopback alone.

On Linux a container reaches the machine at the bridge's gateway address. A forwarder
listens there, on that address only, and hands every connection to the cloud. Docker
Desktop forwards ``host.docker.internal`` to loopback by itself.
"""

import asyncio
import contextlib
import ipaddress
import sys
import threading
from typing import Any

_CHUNK = 65536


def gateway_address(client: Any) -> str | None:
    """The machine's address on Docker's default bridge; None where there is none."""
    if sys.platform != "linux":
        return None
    for item in client.networks.get("bridge").attrs["IPAM"]["Config"] or []:
        network = ipaddress.ip_network(item["Subnet"])
        if network.version == 4:
            # Docker takes the first address for itself where none was configured.
            return str(item.get("Gateway") or network[1])
    return None


def open_bridge(address: str, port: int) -> None:
    """Forward ``address:port`` to ``127.0.0.1:port`` until the process ends.

    Raises OSError if the address cannot be listened on.
    """
    ready = threading.Event()
    failure: list[OSError] = []

    async def serve() -> None:
        try:
            server = await asyncio.start_server(lambda r, w: _carry(r, w, port), address, port)
        except OSError as error:
            failure.append(error)
            return
        finally:
            ready.set()
        await server.serve_forever()

    threading.Thread(
        target=lambda: asyncio.run(serve()), daemon=True, name="sandbox-bridge"
    ).start()
    ready.wait()
    if failure:
        raise failure[0]


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    try:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        writer.close()
        return
    await asyncio.gather(_pump(reader, inner_writer), _pump(inner_reader, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
            return
    with contextlib.suppress(OSError):
        writer.close()
